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
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rewriter, rule

_CUT: Final = "negative padding takes more elements away than there are"


def _cuts_all(sizes: Sequence[int | None], windows: Sequence[WindowDimension]) -> bool:
    """Whether negative padding would leave less than nothing along a dimension."""
    for size, window in zip(sizes, windows, strict=True):
        if size is not None:
            dilated = max(0, (size - 1) * window.base_dilation + 1) if size else 0
            if dilated + window.padding_low + window.padding_high < 0:
                return True
    return False


_PAD_CONVOLUTION_INPUT: Final = """
func.func @main(%x: tensor<1x5x4x2xf32>, %w: tensor<3x2x2x3xf32>) -> tensor<1x5x4x3xf32> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
    window = {stride = [2, 1], pad = [[1, 1], [0, 1]], lhs_dilate = [2, 1]}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<1x5x4x2xf32>, tensor<3x2x2x3xf32>) -> tensor<1x5x4x3xf32>
  return %0 : tensor<1x5x4x3xf32>
}
"""


@rule(examples=(_PAD_CONVOLUTION_INPUT,))
def pad_convolution_input(op: hlo.Convolution, rewriter: Rewriter) -> str | None:
    """convolution(x, w, padding) => convolution(pad(x, 0), w)"""
    if all(w.padding_low == w.padding_high == 0 and w.base_dilation == 1 for w in op.window):
        return "there is no padding and no dilation of the input"
    spatial = op.dimension_numbers.input_spatial_dimensions
    type = op.lhs.type
    if _cuts_all([type.dims[dimension] for dimension in spatial], op.window):
        return _CUT
    low, high, inner = [0] * type.rank, [0] * type.rank, [0] * type.rank
    for dimension, window in zip(spatial, op.window, strict=True):
        low[dimension], high[dimension] = window.padding_low, window.padding_high
        inner[dimension] = window.base_dilation - 1
    zero = hlo.constant(0, type.element_type)
    op.lhs = hlo.Pad(op.lhs, zero, tuple(low), tuple(high), tuple(inner))
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
    if all(w.padding_low == w.padding_high == 0 and w.base_dilation == 1 for w in op.window):
        return "there is no padding and no dilation of the input"
    if _cuts_all(op.inputs[0].type.dims, op.window):
        return _CUT
    low = tuple(w.padding_low for w in op.window)
    high = tuple(w.padding_high for w in op.window)
    inner = tuple(w.base_dilation - 1 for w in op.window)
    op.inputs = [hlo.Pad(x, init, low, high, inner) for x, init in zip(op.inputs, op.init_values, strict=True)]
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
