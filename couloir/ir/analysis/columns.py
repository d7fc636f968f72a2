"""What the edges of a region op join: a loop-carried value is its first value, the argument of the body, what the body
yields for it, and the result. Such a column can only be changed or removed as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.dataflow.forward import region_edges

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


@attrs.define(eq=False)
class Column:
    """What receives a value, and the operands that pass one, where edges join them."""

    inputs: dict[Value[Any], None] = attrs.field(factory=dict)
    slots: dict[tuple[Operation, int], None] = attrs.field(factory=dict)
    edges: list[int] = attrs.field(factory=list)
    """The numbers of the edges that pass a value by this column."""
    values: list[Value[Any]] = attrs.field(factory=list)
    """The value that each of those edges passes."""


def columns_of(op: Operation) -> list[Column]:
    """The columns of a region op, in the order of its edges. Values that the op makes itself (loop variables) are in none."""
    leaders: dict[object, object] = {}

    def leader(item: object) -> object:
        while leaders.setdefault(item, item) is not item:
            leaders[item] = leaders[leaders[item]]
            item = leaders[item]
        return item

    edges = region_edges(op)
    for source, edge in edges:
        for offset, (value, target) in enumerate(zip(edge.values, edge.inputs, strict=True)):
            passing = value if edge.first is None else (source, edge.first + offset)
            leaders[leader(passing)] = leader(target)
    columns: dict[object, Column] = {}
    for number, (source, edge) in enumerate(edges):
        for offset, (value, target) in enumerate(zip(edge.values, edge.inputs, strict=True)):
            column = columns.setdefault(leader(target), Column())
            column.inputs[target] = None
            column.edges.append(number)
            column.values.append(value)
            if edge.first is not None:
                column.slots[source, edge.first + offset] = None
    return list(columns.values())
