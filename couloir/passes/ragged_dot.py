"""A rule for `chlo.ragged_dot`: one dot product, in which each group sees its rows alone."""

from __future__ import annotations

from typing import Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, DotDimensionNumbers
from couloir.dialects.hlo.building import compare, convert, full_like, reduce
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType, i64

_RAGGED_DOT_BY_MASKS: Final = """
func.func @main(%x: tensor<2x3xf32>, %w: tensor<3x3x4xf32>) -> tensor<2x4xf32> {
  %g = stablehlo.constant dense<[1, 0, 1]> : tensor<3xi32>
  %0 = "chlo.ragged_dot"(%x, %w, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [],
    rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1],
    lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>}>
    : (tensor<2x3xf32>, tensor<3x3x4xf32>, tensor<3xi32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
"""
_RAGGED_BATCHES: Final = """
func.func @main(%x: tensor<2x5x3xf32>, %h: tensor<2x5x3xf16>, %w: tensor<3x2x3x4xf32>, %y: tensor<2x3x4xf32>,
    %each: tensor<2x3xi32>) -> (tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) {
  %g = stablehlo.constant dense<[2, 0, 1]> : tensor<3xi32>
  %0 = "chlo.ragged_dot"(%x, %w, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0],
    rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2],
    lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>}>
    : (tensor<2x5x3xf32>, tensor<3x2x3x4xf32>, tensor<3xi32>) -> tensor<2x5x4xf32>
  %1 = "chlo.ragged_dot"(%x, %w, %each) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0],
    rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2],
    lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>}>
    : (tensor<2x5x3xf32>, tensor<3x2x3x4xf32>, tensor<2x3xi32>) -> tensor<2x5x4xf32>
  %n = stablehlo.constant dense<[1, 1]> : tensor<2xi32>
  %2 = "chlo.ragged_dot"(%x, %y, %n) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0],
    rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1],
    lhs_ragged_dimensions = [0], rhs_group_dimensions = []>}>
    : (tensor<2x5x3xf32>, tensor<2x3x4xf32>, tensor<2xi32>) -> tensor<2x5x4xf32>
  %3 = "chlo.ragged_dot"(%h, %w, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0],
    rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2],
    lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>}>
    : (tensor<2x5x3xf16>, tensor<3x2x3x4xf32>, tensor<3xi32>) -> tensor<2x5x4xf32>
  return %0, %1, %2, %3 : tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>
}
"""
_RAGGED_SUMS: Final = """
func.func @main(%x: tensor<5x2x3xf32>, %y: tensor<2x5x4xf32>, %z: tensor<5x4xf32>, %w: tensor<5x2xf32>)
    -> (tensor<3x2x3x4xf32>, tensor<3x4x2xf32>) {
  %g = stablehlo.constant dense<[2, 0, 2]> : tensor<3xi32>
  %0 = "chlo.ragged_dot"(%x, %y, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [1],
    rhs_batching_dimensions = [0], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [1],
    lhs_ragged_dimensions = [0], rhs_group_dimensions = []>}>
    : (tensor<5x2x3xf32>, tensor<2x5x4xf32>, tensor<3xi32>) -> tensor<3x2x3x4xf32>
  %1 = "chlo.ragged_dot"(%z, %w, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [],
    rhs_batching_dimensions = [], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0],
    lhs_ragged_dimensions = [0], rhs_group_dimensions = []>}>
    : (tensor<5x4xf32>, tensor<5x2xf32>, tensor<3xi32>) -> tensor<3x4x2xf32>
  return %0, %1 : tensor<3x2x3x4xf32>, tensor<3x4x2xf32>
}
"""


@rule(
    assumes=("no NaN", "no infinities", "no signed zeros"),
    examples=(_RAGGED_DOT_BY_MASKS, _RAGGED_BATCHES, _RAGGED_SUMS),
)
def ragged_dot_by_masks(op: chlo.RaggedDot, rewriter: Rewriter) -> str | None:
    """ragged_dot(x, y, sizes)  =>  dot_general(x for each group, 0 where rows are not of the group; y)"""
    lhs, numbers = op.lhs.type, op.ragged_dot_dimension_numbers
    if lhs.element_type is not op.rhs.type.element_type:
        return "the operands have different element types"
    (axis,) = numbers.lhs_ragged_dimensions
    if op.group_sizes.type.rank != 1 or axis in numbers.lhs_batching_dimensions:
        return "each batch has groups of its own"
    groups = op.group_sizes.type.shape[0]
    mask = hlo.broadcast_in_dim(
        _membership(op.group_sizes, lhs.shape[axis]), (groups, *lhs.shape), (0, axis + 1)
    ).result
    spread = hlo.broadcast_in_dim(op.lhs, (groups, *lhs.shape), tuple(range(1, lhs.rank + 1))).result
    masked = hlo.Select(mask, spread, full_like(spread, 0)).result
    batch = tuple(d + 1 for d in numbers.lhs_batching_dimensions)
    summed = tuple(d + 1 for d in numbers.lhs_contracting_dimensions)
    rhs_summed = tuple(numbers.rhs_contracting_dimensions)
    contracted = axis in numbers.lhs_contracting_dimensions
    if not contracted:
        summed, rhs_summed = (0, *summed), (*numbers.rhs_group_dimensions, *rhs_summed)
    dims = DotDimensionNumbers(batch, tuple(numbers.rhs_batching_dimensions), summed, rhs_summed)
    shape = op.result.type.shape
    if contracted:  # the group is the first free dimension of the left operand
        shape = (*shape[1 : 1 + len(batch)], shape[0], *shape[1 + len(batch) :])
    made = hlo.DotGeneral(masked, op.rhs, dims, result_types=[TensorType(shape, op.result.type.element_type)]).result
    if contracted and batch:
        made = hlo.Transpose(made, (len(batch), *range(len(batch)), *range(len(batch) + 1, len(shape)))).result
    rewriter.replace(op, made)
    return None


def _membership(sizes: Value[TensorType], rows: int) -> Value[TensorType]:
    """Which rows are of which group: groups follow each other, and rows behind the last belong to none."""
    count = sizes.type.shape[0]
    square, table = (count, count), (count, rows)
    number = convert(sizes, i64)
    earlier = compare(hlo.iota(square, i64, 1).output, hlo.iota(square, i64, 0).output, ComparisonDirection.LE)
    along = hlo.broadcast_in_dim(number, square, (1,)).result
    ends = reduce(hlo.Select(earlier, along, full_like(along, 0)).result, [1], "add")
    starts = hlo.Subtract(ends, number).result
    row = hlo.iota(table, i64, 1).output
    first, last = (hlo.broadcast_in_dim(value, table, (0,)).result for value in (starts, ends))
    return hlo.And(compare(row, first, ComparisonDirection.GE), compare(row, last, ComparisonDirection.LT)).result
