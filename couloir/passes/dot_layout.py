"""Puts the operands of dot products in the order in which loops read them.

    dot_general(x, w, contracting = [1] x [1])  =>  dot_general(x, transpose(w), contracting = [1] x [0])
    convolution(x, w), one window  =>  dot_general(x, w)

The innermost loop then runs over adjacent elements. A constant is transposed once, by constant folding; anything else
only if each of its elements is used several times.
"""

from __future__ import annotations

import math
from typing import Final

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo import DotDimensionNumbers
from couloir.dialects.hlo.window import WindowDimension
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rewriter, is_constant, rule
from couloir.ir.types import TensorType

MIN_USES: Final = 4
"""How often the elements of an operand are used at least, to transpose it first: once for each row of the left."""


@rule
def contract_leading_dimensions(op: hlo.DotGeneral, rewriter: Rewriter) -> str | None:
    """dot_general(x, y)  =>  dot_general(x, transpose(y)): batching, then contracting dimensions first"""
    constant = is_constant(op.rhs)
    numbers = op.dot_dimension_numbers
    if not constant:
        uses = math.prod(
            op.lhs.type.dims[axis] or 1
            for axis in range(op.lhs.type.rank)
            if axis not in (*numbers.lhs_batching_dimensions, *numbers.lhs_contracting_dimensions)
        )
        if uses < MIN_USES:
            return f"{constant.reason}, and each element is used {uses} times"
    batching, contracting = numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions
    leading = (*batching, *contracting)
    if leading == tuple(range(len(leading))):
        return "they come first already"
    rest = tuple(axis for axis in range(op.rhs.type.rank) if axis not in leading)
    op.rhs = hlo.Transpose(op.rhs, (*leading, *rest))
    op.dot_dimension_numbers = DotDimensionNumbers(
        numbers.lhs_batching_dimensions,
        tuple(range(len(batching))),
        numbers.lhs_contracting_dimensions,
        tuple(range(len(batching), len(leading))),
    )
    rewriter.changed(op)
    return None


_CONVOLUTION_OF_ONE_WINDOW: Final = """
func.func @main(%x: tensor<2x3x4x2xf32>, %w: tensor<3x4x2x5xf32>) -> tensor<2x1x1x5xf32> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<2x3x4x2xf32>, tensor<3x4x2x5xf32>) -> tensor<2x1x1x5xf32>
  return %0 : tensor<2x1x1x5xf32>
}
"""
_OTHER_ORDER_AND_GROUPS: Final = """
func.func @main(%x: tensor<4x3x2xf32>, %w: tensor<3x4x5xf32>, %half: tensor<3x2x4xf32>, %k: tensor<3x4x6xf32>,
    %y: tensor<2x3x4xf32>, %u: tensor<?x3x4xf32>, %v: tensor<3x4x?xf32>)
    -> (tensor<5x1x2xf32>, tensor<2x1x4xf32>, tensor<1x1x6xf32>, tensor<?x1x5xf32>, tensor<2x1x?xf32>) {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [f, 0, b]x[0, i, o]->[f, 0, b], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<4x3x2xf32>, tensor<3x4x5xf32>) -> tensor<5x1x2xf32>
  %1 = stablehlo.convolution(%y, %half) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<2x3x4xf32>, tensor<3x2x4xf32>) -> tensor<2x1x4xf32>
  %2 = stablehlo.convolution(%y, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 2 : i64, feature_group_count = 1 : i64} : (tensor<2x3x4xf32>, tensor<3x4x6xf32>) -> tensor<1x1x6xf32>
  %3 = stablehlo.convolution(%u, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<?x3x4xf32>, tensor<3x4x5xf32>) -> tensor<?x1x5xf32>
  %4 = stablehlo.convolution(%y, %v) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x3x4xf32>, tensor<3x4x?xf32>) -> tensor<2x1x?xf32>
  return %0, %1, %2, %3, %4 : tensor<5x1x2xf32>, tensor<2x1x4xf32>, tensor<1x1x6xf32>, tensor<?x1x5xf32>, tensor<2x1x?xf32>
}
"""
"""One convolution with another order of dimensions, and some that are left alone."""


@rule(examples=(_CONVOLUTION_OF_ONE_WINDOW, _OTHER_ORDER_AND_GROUPS))
def convolution_of_one_window(op: hlo.Convolution, rewriter: Rewriter) -> str | None:
    """convolution(x, w)  =>  dot_general(reshape(x), reshape(w)), when the window is the whole of x"""
    numbers, x, w = op.dimension_numbers, op.lhs.type, op.rhs.type
    if op.feature_group_count != 1 or op.batch_group_count != 1:
        return "there are groups"
    sizes = [x.shape[d] for d in numbers.input_spatial_dimensions]
    window = [WindowDimension(size) for size in sizes]
    if list(op.window) != window:
        return "there is more than one window, or it is padded, dilated or mirrored"
    left = (numbers.input_batch_dimension, numbers.input_feature_dimension, *numbers.input_spatial_dimensions)
    right = (
        numbers.kernel_output_feature_dimension,
        numbers.kernel_input_feature_dimension,
        *numbers.kernel_spatial_dimensions,
    )
    summed = math.prod([x.shape[numbers.input_feature_dimension], *sizes])
    rows = hlo.reshape(hlo.Transpose(op.lhs, left), (x.shape[numbers.input_batch_dimension], summed))
    columns = hlo.reshape(hlo.Transpose(op.rhs, right), (w.shape[numbers.kernel_output_feature_dimension], summed))
    type = TensorType((rows.result.type.shape[0], columns.result.type.shape[0]), op.result.type.element_type)
    product = hlo.DotGeneral(rows, columns, DotDimensionNumbers((), (), (1,), (1,)), result_types=[type])
    if numbers.output_batch_dimension > numbers.output_feature_dimension:
        product = hlo.Transpose(product, (1, 0))
    rewriter.replace(op, hlo.reshape(product, op.result.type.shape))
    return None


@attrs.frozen
class DotLayout(Pass, name="dot-layout"):
    """Transposes operands of dot products so that the loops read adjacent elements."""

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [convolution_of_one_window, contract_leading_dimensions])
