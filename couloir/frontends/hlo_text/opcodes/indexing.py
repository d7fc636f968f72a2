"""Opcodes that read and write at positions known only when the program runs, and sorting."""

from __future__ import annotations

import numpy as np

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import (
    Tensor,
    broadcast_along,
    compare,
    convert,
    full_like,
    reshape,
    slice_range,
)
from couloir.dialects.shapes import inside, within
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import FloatType, TensorType, i32, i64


def _starts(operand: Tensor, starts: list[Tensor]) -> list[Tensor]:
    """A scalar for each dimension; in older texts it is one list."""
    if len(starts) == 1 and starts[0].type.rank == 1:
        return [reshape(slice_range(starts[0], 0, i, i + 1), ()) for i in range(operand.type.rank)]
    return starts


@lowers("dynamic-slice", named="stablehlo.dynamic_slice")
def dynamic_slice(node: Node) -> Lowered:
    """A part of an array, from a position on."""
    x, *starts = node.tensors(at_least=1)
    return hlo.DynamicSlice(x, _starts(x, starts), node.numbers("dynamic_slice_sizes"))


@lowers("dynamic-update-slice", named="stablehlo.dynamic_update_slice")
def dynamic_update_slice(node: Node) -> Lowered:
    """An array with a part of it replaced."""
    x, update, *starts = node.tensors(at_least=2)
    return hlo.DynamicUpdateSlice(x, update, _starts(x, starts))


@lowers("gather", named="stablehlo.gather")
def gather(node: Node) -> Lowered:
    """Parts of an array at positions."""
    numbers = hlo.GatherDimensionNumbers(
        node.numbers("offset_dims"),
        node.numbers("collapsed_slice_dims"),
        node.numbers("operand_batching_dims", ()),
        node.numbers("start_indices_batching_dims", ()),
        node.numbers("start_index_map"),
        node.number("index_vector_dim"),
    )
    x, indices = node.tensors(2)
    return hlo.Gather(x, indices, numbers, node.numbers("slice_sizes"), node.flag("indices_are_sorted"))


@lowers("scatter", named="stablehlo.scatter")
def scatter(node: Node) -> Lowered:
    """Arrays with parts of them combined with updates."""
    numbers = hlo.ScatterDimensionNumbers(
        node.numbers("update_window_dims"),
        node.numbers("inserted_window_dims"),
        node.numbers("input_batching_dims", ()),
        node.numbers("scatter_indices_batching_dims", ()),
        node.numbers("scatter_dims_to_operand_dims"),
        node.number("index_vector_dim"),
    )
    operands = node.tensors()
    count = len(operands) // 2
    if len(operands) != 2 * count + 1 or not count:
        raise Error("`scatter` has arrays, indices, and an update for each array")
    made = hlo.Scatter(
        operands[:count],
        _whole_windows(numbers, operands[0], operands[count], operands[-1]),
        operands[count + 1 :],
        numbers,
        node.flag("indices_are_sorted"),
        node.flag("unique_indices"),
        node.region(),
    )
    return made.results


def _whole_windows(numbers: hlo.ScatterDimensionNumbers, x: Tensor, indices: Tensor, update: Tensor) -> Tensor:
    """Indices that leave out each window of which a part is out of bounds; StableHLO leaves out that part alone."""
    hidden = (*numbers.inserted_window_dims, *numbers.input_batching_dims)
    kept = [axis for axis in range(x.type.rank) if axis not in hidden]
    if len(kept) != len(numbers.update_window_dims) or not within(numbers.update_window_dims, update.type.rank):
        return indices  # the op says what is wrong
    sizes = dict(zip(kept, (update.type.shape[axis] for axis in numbers.update_window_dims), strict=True))
    targets = numbers.scatter_dims_to_operand_dims
    if not within(targets, x.type.rank) or all(sizes.get(axis, 1) == 1 for axis in targets):
        return indices
    shape, position = indices.type.shape, numbers.index_vector_dim
    if (shape[position] if 0 <= position < len(shape) else 1) != len(targets):
        return indices
    wide = convert(indices, i64)

    def along(numbers: list[int]) -> Tensor:
        """One number for each component of an index."""
        made = hlo.constant(np.asarray(numbers, np.int64)).output
        return broadcast_along(made, shape, (position,)) if position < len(shape) else full_like(wide, numbers[0])

    direction = hlo.ComparisonDirection
    fits = hlo.And(
        compare(wide, 0, direction.GE),
        compare(wide, along([x.type.shape[axis] - sizes.get(axis, 1) for axis in targets]), direction.LE),
    )
    return hlo.Select(fits, wide, along([x.type.shape[axis] for axis in targets])).result


@lowers("sort", named="stablehlo.sort")
def sort(node: Node) -> Lowered:
    """Arrays sorted along a dimension."""
    operands, dimensions = node.tensors(), node.numbers("dimensions", ())
    if len(dimensions) != 1:
        raise Error("`sort` goes along one dimension")
    return hlo.Sort(operands, dimensions[0], node.flag("is_stable"), node.region()).results


@lowers("topk", named="chlo.top_k")
def topk(node: Node) -> Lowered:
    """The largest or smallest elements along the last dimension, and their positions."""
    return largest(node.tensor(), node.number("k"), smallest=node.has("largest") and not node.flag("largest"))


def largest(x: Tensor, k: int, *, smallest: bool = False) -> Lowered:
    """The `k` largest elements along the last dimension and their positions, or the smallest ones."""
    if not smallest:
        return chlo.TopK(x, k).results
    axis = x.type.rank - 1
    positions = hlo.iota(x.type.shape, i32, axis).output
    made = hlo.Sort([x, positions], axis, True, _ascending(x)).results
    return [slice_range(value, axis, 0, k) for value in made]


def _ascending(x: Tensor) -> Region:
    scalars = [x.type.with_dims(())] * 2 + [TensorType((), i32)] * 2
    block = Block(scalars)
    with inside(block):
        a, b, *_ = block.arguments
        kind = hlo.ComparisonType.TOTALORDER if isinstance(x.type.element_type, FloatType) else None
        hlo.Return([hlo.Compare(a, b, hlo.ComparisonDirection.LT, kind)])
    return Region([block])
