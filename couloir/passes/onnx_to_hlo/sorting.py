"""Operators that sort."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.dialects.shapes import inside
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, Type, i64
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.shape import take_range


def sort_with_positions(x: Tensor, axis: int, *, descending: bool = False) -> tuple[Tensor, Tensor]:
    """The elements along an axis in order, and where they were; of equal ones the first is first."""
    positions = hlo.iota(x.type.shape, i64, axis).output
    types: list[Type] = [x.type.element_type, x.type.element_type, i64, i64]
    block = Block([TensorType((), type) for type in types])
    direction = hlo.ComparisonDirection.GT if descending else hlo.ComparisonDirection.LT
    with inside(block):
        hlo.Return([hlo.Compare(block.arguments[0], block.arguments[1], direction).result])
    made = hlo.Sort([x, positions], axis, is_stable=True, comparator=Region([block]))
    return made.outputs[0], made.outputs[1]


@lowers("TopK")
def top_k(node: Node) -> Lowered:
    """`TopK` since 1 (k is an attribute), 10 (an input), 11 (`largest`), 24: values and positions, in order."""
    x = node[0]
    axis = node.axis(x.type.rank, default=-1)
    count = node.integer("k") if node.version < 10 else int(node.constant(1, "k").reshape(-1)[0])
    if not 0 <= count <= x.type.shape[axis]:
        raise Error(f"the axis has {x.type.shape[axis]} elements, of which {count} are asked for")
    values, positions = sort_with_positions(x, axis, descending=bool(node.integer("largest", 1)))
    return [take_range(values, axis, 0, count), take_range(positions, axis, 0, count)]
