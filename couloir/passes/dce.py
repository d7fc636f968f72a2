"""Dead code elimination: ops without effects whose results nobody uses, and private functions that nobody calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.attributes import StringAttr
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.symbols import references, symbol_name
from couloir.ir.traits import SymbolTable

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


@attrs.frozen
class Dce(Pass, name="dce"):
    """Removes ops without side effects whose results are not used."""

    def run(self, op: Operation, context: PassContext) -> None:
        removed = 0
        # From the end, so that an op is met after its users; a second look is needed only across loops of blocks.
        worklist = list(op.walk_postorder())
        while worklist:
            inner = worklist.pop()
            if inner is op or inner.parent is None or not is_dead(inner):
                continue
            definers = [v.defining_op for v in inner.operands]
            inner.erase()
            removed += 1
            worklist += [d for d in definers if d is not None]
        context.notes.append(f"{removed} ops removed")


@attrs.frozen
class SymbolDce(Pass, name="symbol-dce"):
    """Removes private symbols that nothing refers to."""

    def run(self, op: Operation, context: PassContext) -> None:
        for table in [o for o in op.walk() if o.has_trait(SymbolTable)]:
            _remove_unused(table)


def _remove_unused(table: Operation) -> None:
    private: dict[str, Operation] = {}
    own = {reference.root for attribute in table.attributes.values() for reference in references(attribute)}
    uses: dict[str | None, set[str]] = {None: own}
    for region in table.regions:
        for symbol in region.ops:
            name = symbol_name(symbol)
            visibility = symbol.attributes.get("sym_visibility")
            hidden = isinstance(visibility, StringAttr) and visibility.value == "private"
            if name is not None and hidden:
                private[name] = symbol
            owner = name if hidden else None
            found = uses.setdefault(owner, set())
            for inner in symbol.walk():
                for attribute in inner.attributes.values():
                    found.update(reference.root for reference in references(attribute))
    alive: set[str] = set()
    todo = list(uses.get(None, ()))
    while todo:
        name = todo.pop()
        if name in private and name not in alive:
            alive.add(name)
            todo += uses.get(name, ())
    for name, symbol in private.items():
        if name not in alive:
            symbol.erase()
