"""Symbols: ops with a name, found from anywhere below the table that holds them."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, cast

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    ArrayAttr,
    DenseElementsAttr,
    DenseResourceAttr,
    DictionaryAttr,
    StringAttr,
    SymbolRefAttr,
)
from couloir.ir.errors import Error, nearest
from couloir.ir.traits import SymbolTable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from couloir.ir.operation import Operation


_KEPT: Final[ContextVar[dict[Operation, dict[str, Operation]] | None]] = ContextVar("couloir symbols", default=None)


@contextmanager
def symbols_kept() -> Generator[None]:
    """Inside the `with`, `lookup` reads each table only once; nothing may change symbols meanwhile."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def symbol_name(op: Operation) -> str | None:
    """The op's `sym_name`, or None when it has none."""
    stored = op.stored_attributes.get("sym_name")
    return stored.value if isinstance(stored, StringAttr) else None


def symbols_in(table: Operation) -> dict[str, Operation]:
    """The symbols that stand directly in the regions of a symbol table; of two with one name the first."""
    found: dict[str, Operation] = {}
    for region in table.regions:
        for op in region.ops:
            name = symbol_name(op)
            if name is not None:
                found.setdefault(name, op)
    return found


def nearest_table(op: Operation) -> Operation | None:
    """The closest symbol table around `op`, or `op` itself if it is one."""
    if op.has_trait(SymbolTable):
        return op
    return next((a for a in op.ancestors() if a.has_trait(SymbolTable)), None)


def lookup(op: Operation, name: str | SymbolRefAttr) -> Operation | None:
    """The symbol that `name` means at `op`: looked up in the nearest table, then in those around it."""
    reference = name if isinstance(name, SymbolRefAttr) else SymbolRefAttr(name)
    table = nearest_table(op)
    while table is not None:
        found = _symbols(table).get(reference.root)
        for part in reference.nested:
            found = None if found is None else _symbols(found).get(part)
        if found is not None:
            return found
        table = next((a for a in table.ancestors() if a.has_trait(SymbolTable)), None)
    return None


def _symbols(table: Operation) -> dict[str, Operation]:
    kept = _KEPT.get()
    if kept is None:
        return symbols_in(table)
    if table not in kept:
        kept[table] = symbols_in(table)
    return kept[table]


def lookup_or_raise(op: Operation, name: str | SymbolRefAttr) -> Operation:
    """As `lookup`; a name that means nothing is an error with the nearest known ones."""
    found = lookup(op, name)
    if found is None:
        table = nearest_table(op)
        known = [] if table is None else list(symbols_in(table))
        text = name.leaf if isinstance(name, SymbolRefAttr) else name
        raise Error(f"there is no symbol @{text}", where=op.location.label or None, hint=nearest(text, known))
    return found


def references(attribute: Attribute) -> Iterator[SymbolRefAttr]:
    """The symbol references inside an attribute: in arrays, dictionaries, and the parameters of any other."""
    todo = [attribute]
    while todo:
        item = todo.pop()
        if isinstance(item, SymbolRefAttr):
            yield item
        elif isinstance(item, ArrayAttr):
            todo.extend(item.elements)
        elif isinstance(item, DictionaryAttr):
            todo.extend(value for _, value in item.entries)
        elif not isinstance(item, Type | DenseElementsAttr | DenseResourceAttr):
            for name in type(item).parameters:
                value = getattr(item, name)
                parts = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
                todo.extend(part for part in parts if isinstance(part, Attribute))
