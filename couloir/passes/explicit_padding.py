"""Makes the padding and dilation of windows an op of its own, so that loops need no tests at the borders.

convolution(x, w, padding, lhs_dilation)  =>  convolution(pad(x, 0), w)
reduce_window(x, init, padding, base_dilations)  =>  reduce_window(pad(x, init), init)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo.window import WindowDimension
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import NoMatch, Rewriter, rule
from couloir.ir.types import TensorType

_NONE: Final = (0, 0, 0)


def _padded(
    x: Value[TensorType], value: Value[TensorType], amounts: Sequence[tuple[int, int, int]]
) -> Value[TensorType]:
    """`pad(x, value)`, by (low, high, interior) along each dimension; no rule where more is taken away than there is."""
    low, high, inner = (tuple(numbers) for numbers in zip(*amounts, strict=True))
    try:
        return hlo.Pad(x, value, low, high, inner).result
    except Error as error:
        raise NoMatch(error.message) from error


def _amounts(window: Sequence[WindowDimension]) -> list[tuple[int, int, int]]:
    return [(w.padding_low, w.padding_high, w.base_dilation - 1) for w in window]


_PAD_CONVOLUTION_INPUT: Final = """
func.func @main(%x: tensor<1x5x4x2xf32>, %w: tensor<3x2x2x3xf32>) -> tensor<1x5x4x3xf32> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
    window = {stride = [2, 1], pad = [[1, 1], [0, 1]], lhs_dilate = [2, 1]}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<1x5x4x2xf32>, tensor<3x2x2x3xf32>) -> tensor<1x5x4x3xf32>
  return %0 : tensor<1x5x4x3xf32>
}
"""
_CONVOLUTIONS_CUT: Final = """
func.func @main(%x: tensor<1x5x2xf32>, %w: tensor<3x2x3xf32>) -> (tensor<1x2x3xf32>, tensor<1x0x3xf32>, tensor<1x3x3xf32>) {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, -2]]}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x5x2xf32>, tensor<3x2x3xf32>) -> tensor<1x2x3xf32>
  %1 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[-4, -3]]}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x5x2xf32>, tensor<3x2x3xf32>) -> tensor<1x0x3xf32>
  %2 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x5x2xf32>, tensor<3x2x3xf32>) -> tensor<1x3x3xf32>
  return %0, %1, %2 : tensor<1x2x3xf32>, tensor<1x0x3xf32>, tensor<1x3x3xf32>
}
"""
"""Padding that takes something away, more than there is, and nothing."""


@rule(examples=(_PAD_CONVOLUTION_INPUT, _CONVOLUTIONS_CUT))
def pad_convolution_input(op: hlo.Convolution, rewriter: Rewriter) -> str | None:
    """convolution(x, w, padding) => convolution(pad(x, 0), w)"""
    amounts: list[tuple[int, int, int]] = [_NONE] * op.lhs.type.rank
    for dimension, amount in zip(op.dimension_numbers.input_spatial_dimensions, _amounts(op.window), strict=True):
        amounts[dimension] = amount
    if all(amount == _NONE for amount in amounts):
        return "there is no padding and no dilation of the input"
    op.lhs = _padded(op.lhs, hlo.constant(0, op.lhs.type.element_type).output, amounts)
    op.padding = None
    op.lhs_dilation = None
    rewriter.changed(op)
    return None


_PAD_REDUCE_WINDOW_INPUT: Final = """
func.func @main(%x: tensor<5x4xf32>, %i: tensor<f32>) -> tensor<5x4xf32> {
  %0 = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 1>,
    base_dilations = array<i64: 2, 1>, padding = dense<[[1, 0], [0, 1]]> : tensor<2x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<5x4xf32>, tensor<f32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}
"""


@rule(examples=(_PAD_REDUCE_WINDOW_INPUT,))
def pad_reduce_window_input(op: hlo.ReduceWindow, rewriter: Rewriter) -> str | None:
    """reduce_window(x, init, padding) => reduce_window(pad(x, init), init)"""
    amounts = _amounts(op.window)
    if all(amount == _NONE for amount in amounts):
        return "there is no padding and no dilation of the input"
    op.inputs = [_padded(x, init, amounts) for x, init in zip(op.inputs, op.init_values, strict=True)]
    op.padding = None
    op.base_dilations = None
    rewriter.changed(op)
    return None


RULES: Sequence[object] = (pad_convolution_input, pad_reduce_window_input)


@attrs.frozen
class ExplicitPadding(Pass, name="explicit-padding"):
    """Makes the padding of convolutions and pools an op of its own."""

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [pad_convolution_input, pad_reduce_window_input])
