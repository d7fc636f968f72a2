"""Symbol dead code elimination: functions and globals that nothing can refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.analysis.calls import SymbolTables, is_private
from couloir.ir.attributes import StringAttr
from couloir.ir.passes import Pass, PassContext
from couloir.ir.symbols import references
from couloir.ir.traits import Symbol, SymbolTable

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


@attrs.frozen
class SymbolDce(Pass, name="symbol-dce"):
    """Removes symbols to which nothing refers and that others cannot see.

    Private symbols are seen in their own table only; nested ones by whoever sees their table, so that they may go when
    that is in a private table, or no op is around the one on which the pass runs. What is public stays. A symbol is
    needed when something that is needed refers to it: functions that only call each other go together. Source: MLIR,
    `symbol-dce`.
    """

    dialects = ("stablehlo",)
    after = "outline-fusions,inline"

    def run(self, op: Operation, context: PassContext) -> None:
        needed = _needed(op)
        doomed = [
            symbol
            for table in op.walk()
            if table.has_trait(SymbolTable)
            for region in table.regions
            for symbol in region.ops
            if symbol not in needed and _may_go(symbol, table, op)
        ]
        for symbol in doomed:
            symbol.erase()
        context.notes.append(f"{len(doomed)} symbols removed")


def _needed(root: Operation) -> set[Operation]:
    """The ops inside `root` that are needed, as far as symbols tell."""
    tables = SymbolTables()
    needed = {root}
    todo = [root]
    while todo:
        op = todo.pop()
        found: list[Operation] = []
        for attribute in op.stored_attributes.values():
            for reference in references(attribute):
                found += tables.path(op, reference)
        is_table = op.has_trait(SymbolTable)
        for region in op.regions:
            found += [inner for inner in region.ops if not (is_table and _may_go(inner, op, root))]
        for other in found:
            if other not in needed:
                needed.add(other)
                todo.append(other)
    return needed


def _may_go(symbol: Operation, table: Operation, root: Operation) -> bool:
    """Whether a symbol of a table may go if nothing inside `root` refers to it."""
    if not symbol.has_trait(Symbol) or "sym_name" not in symbol.stored_attributes:
        return False
    if is_private(symbol):
        return True
    visibility = symbol.stored_attributes.get("sym_visibility")
    if not isinstance(visibility, StringAttr) or visibility.value != "nested":
        return False
    around: Operation | None = table
    while around is not None and around is not root:
        if is_private(around):
            return True
        around = around.parent_op
    return root.parent_op is None or is_private(root)
