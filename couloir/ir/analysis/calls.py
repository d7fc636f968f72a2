"""Which function calls which, which op a symbol means, and which functions may be called from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from couloir.ir.attributes import StringAttr
from couloir.ir.interfaces import CallableOpInterface, CallOpInterface
from couloir.ir.symbols import nearest_table, references, symbols_in
from couloir.ir.traits import SymbolTable

if TYPE_CHECKING:
    from couloir.ir.attributes import SymbolRefAttr
    from couloir.ir.operation import Operation


class SymbolTables:
    """Looks symbols up, and reads each table only once. After an edit of the symbols, make a new one."""

    def __init__(self) -> None:
        self._tables: dict[Operation, dict[str, Operation]] = {}

    def lookup(self, op: Operation, reference: SymbolRefAttr) -> Operation | None:
        """What `reference` means at `op`: looked up in the nearest table, then in those around it."""
        found = self.path(op, reference)
        return found[-1] if found else None

    def path(self, op: Operation, reference: SymbolRefAttr) -> list[Operation]:
        """The op that each part of `reference` means at `op`; empty when it means nothing."""
        table = nearest_table(op)
        while table is not None:
            found: list[Operation] = []
            inside: Operation | None = table
            for part in (reference.root, *reference.nested):
                inside = self._symbols(inside).get(part) if inside is not None else None
                if inside is not None:
                    found.append(inside)
            if inside is not None:
                return found
            table = next((around for around in table.ancestors() if around.has_trait(SymbolTable)), None)
        return []

    def _symbols(self, table: Operation) -> dict[str, Operation]:
        if table not in self._tables:
            self._tables[table] = symbols_in(table)
        return self._tables[table]


def is_private(symbol: Operation) -> bool:
    """Whether only the ops of its own symbol table may refer to it. Symbols are public unless they say otherwise."""
    visibility = symbol.stored_attributes.get("sym_visibility")
    return isinstance(visibility, StringAttr) and visibility.value == "private"


class Calls:
    """The functions and calls inside `root`. After an edit, make a new one.

    Attributes:
        functions: The functions, in order, declarations included.
        callee: For each call the function that it calls; calls of functions that are not inside `root` are left out.
        callers: For each function its calls, in order.
        external: Functions that may be called from elsewhere: they are not private, something that is no call refers to
            them, or the symbol table that holds them is not inside `root`.
    """

    def __init__(self, root: Operation) -> None:
        tables = SymbolTables()
        self.functions: list[Operation] = []
        self.callee: dict[Operation, Operation] = {}
        self.callers: dict[Operation, list[Operation]] = {}
        self.external: set[Operation] = set()
        for op in root.walk():
            if op.has_trait(CallableOpInterface):
                self.functions.append(op)
                if op is root or not is_private(op) or not _has_table(op, root):
                    self.external.add(op)
        inside = set(self.functions)
        for op in root.walk():
            call = CallOpInterface.of(op)
            callee = None if call is None else call.callee_symbol()
            for attribute in op.stored_attributes.values():
                for reference in references(attribute):
                    target = tables.lookup(op, reference)
                    if target is None:
                        continue
                    if reference is callee:
                        callee = None  # a second mention is no call
                        if target in inside:
                            self.callee[op] = target
                            self.callers.setdefault(target, []).append(op)
                    else:
                        self.external.add(target)

    def caller(self, call: Operation) -> Operation:
        """The function that holds a call; outside of functions, the op around it."""
        found = next((around for around in call.ancestors() if around.has_trait(CallableOpInterface)), None)
        return found or call.parent_op or call


def _has_table(function: Operation, root: Operation) -> bool:
    """Whether the symbol table that holds a function inside `root` is inside, too, or is `root`."""
    for around in function.ancestors():
        if around.has_trait(SymbolTable):
            return True
        if around is root:
            break
    return False
