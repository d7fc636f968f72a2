"""Convolutions.

Convolutions take in transposes, paddings and reversals of what they read.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard, is_splat
from couloir.ir.types import TensorType
from couloir.passes.simplification.axes import (
    has_floats,
    has_integers,
    inverse,
    is_empty,
    keeps_elements,
    picked,
)
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.guards import is_zero

_FIELDS: Final = (
    "window_strides",
    "padding",
    "lhs_dilation",
    "rhs_dilation",
    "window_reversal",
    "dimension_numbers",
    "feature_group_count",
    "batch_group_count",
    "precision_config",
)


def _again(op, x, w, type, **changes):
    """A convolution like another, of other operands, with other attributes."""
    attributes = {name: getattr(op, name) for name in _FIELDS} | changes
    return hlo.Convolution(x, w, **attributes, result_types=[type])


def _moved(numbers, part, places):
    """Dimension numbers for an operand (`input`, `kernel`) or result (`output`) whose dimensions are at other places."""
    return hlo.ConvDimensionNumbers(
        **{
            name: _at(places, getattr(numbers, name)) if name.startswith(part) else getattr(numbers, name)
            for name in hlo.ConvDimensionNumbers.parameters
        }
    )


def _at(places, axes):
    return places[axes] if isinstance(axes, int) else picked(places, axes)


class ConvolutionOfTransposedInput(Rule):
    """convolution(transpose(x, p), w)  =>  convolution(x, w), with the dimensions of x where they were"""

    examples = (
        program(
            "%x: tensor<3x5x2xi32>, %w: tensor<2x3x4xi32>",
            """
            %0 = transpose %x, dims = [2, 1, 0] : (tensor<3x5x2xi32>) -> tensor<2x5x3xi32>
            %r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        ),
    )

    allow_shared = True

    def pattern(x, p, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            hlo.Transpose(x, p), w, strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def rewrite(x, p, w, numbers, op):
        return _again(op, x, w, op.result.type, dimension_numbers=_moved(numbers, "input", p))


class ConvolutionOfTransposedKernel(Rule):
    """convolution(x, transpose(w, p))  =>  convolution(x, w), with the dimensions of w where they were"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<3x4x2xi32>",
            """
            %0 = transpose %w, dims = [2, 0, 1] : (tensor<3x4x2xi32>) -> tensor<2x3x4xi32>
            %r = convolution(%x, %0) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2]}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x2x4xi32>""",
        ),
    )

    allow_shared = True

    def pattern(x, p, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            x, hlo.Transpose(w, p), strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def rewrite(x, p, w, numbers, op):
        return _again(op, x, w, op.result.type, dimension_numbers=_moved(numbers, "kernel", p))


class TransposeOfConvolution(Rule):
    """transpose(convolution(x, w), p)  =>  convolution(x, w), with the dimensions of the result where p puts them"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
            """
            %0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
            %r = transpose %0, dims = [2, 0, 1] : (tensor<2x4x4xi32>) -> tensor<4x2x4xi32>""",
        ),
    )

    def pattern(x, p, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        inner = hlo.Convolution(
            x, w, strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip
        return hlo.Transpose(inner, p)

    def rewrite(x, p, w, numbers, op):
        new = _moved(numbers, "output", inverse(p))
        return _again(op.operand.defining_op, x, w, op.result.type, dimension_numbers=new)


class ConvolutionOfPad(Rule):
    """convolution(pad(x, 0), w)  =>  convolution(x, w) with the padding of both, when only spatial dimensions are padded"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = pad %x, %c, low = [0, 1, 0], high = [0, -1, 0], interior = [0, 1, 0]
              : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x9x3xi32>
            %r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 0]]}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x9x3xi32>, tensor<2x3x4xi32>) -> tensor<2x9x4xi32>""",
        ),
    )

    allow_shared = True

    def pattern(x, v, low, high, inner, w, strides, padding, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            hlo.Pad(x, v, low, high, inner), w, strides, padding, None, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(v, low, high, inner, padding, numbers):
        space = numbers.input_spatial_dimensions
        others = (numbers.input_batch_dimension, numbers.input_feature_dimension)
        amounts = padding or ((0, 0),) * len(space)
        pairs = [(low[axis], before) for axis, (before, _) in zip(space, amounts, strict=True)]
        pairs += [(high[axis], behind) for axis, (_, behind) in zip(space, amounts, strict=True)]
        return (
            is_splat(v, 0)
            & guard(
                not any((*picked(low, others), *picked(high, others), *picked(inner, others))),
                "batches or features are padded",
            )
            & guard(all(first >= 0 or second <= 0 for first, second in pairs), "it puts back what was cut off")
        )

    def rewrite(x, low, high, inner, w, padding, numbers, op):
        space = numbers.input_spatial_dimensions
        amounts = padding or ((0, 0),) * len(space)
        both = tuple((low[a] + before, high[a] + behind) for a, (before, behind) in zip(space, amounts, strict=True))
        return _again(op, x, w, op.result.type, padding=both, lhs_dilation=tuple(inner[axis] + 1 for axis in space))


class ConvolutionOfReversedKernel(Rule):
    """convolution(x, reverse(w, r))  =>  convolution(x, w) by mirrored windows, when only spatial dimensions are reversed"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
            """
            %0 = reverse %w, dims = [0] : tensor<2x3x4xi32>
            %r = convolution(%x, %0) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        ),
    )

    allow_shared = True

    def pattern(x, w, r, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            x, hlo.Reverse(w, r), strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(r, numbers):
        return guard(all(axis in numbers.kernel_spatial_dimensions for axis in r), "features are reversed")

    def rewrite(x, w, r, reversal, numbers, op):
        space = numbers.kernel_spatial_dimensions
        before = reversal or (False,) * len(space)
        mirrored = tuple((axis in r) != old for axis, old in zip(space, before, strict=True))
        return _again(op, x, w, op.result.type, window_reversal=mirrored)


class ConvolutionIsDot(Rule):
    """convolution(x, w)  =>  transpose(dot_general(x, w)), when each window is one element"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
            """
            %r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[f, b, 0], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<4x2x5xi32>""",
        ),
        program(
            "%x: tensor<3x2x5xi32>, %w: tensor<4x3x1xi32>",
            """
            %r = convolution(%x, %w) dim_numbers = [f, b, 0]x[o, i, 0]->[0, b, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<3x2x5xi32>, tensor<4x3x1xi32>) -> tensor<5x2x4xi32>""",
        ),
        program(
            "%x: tensor<2x5x6x3xi32>, %w: tensor<1x1x3x4xi32>, %v: tensor<1x2x3x4xi32>",
            """
            %0 = convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x1x3x4xi32>) -> tensor<2x5x6x4xi32>
            %1 = convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 2]}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x1x3x4xi32>) -> tensor<2x5x3x4xi32>
            %2 = convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {pad = [[0, 0], [0, 1]]}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x1x3x4xi32>) -> tensor<2x5x7x4xi32>
            %3 = convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {pad = [[0, 0], [1, 0]]}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x1x3x4xi32>) -> tensor<2x5x7x4xi32>
            %4 = convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {lhs_dilate = [1, 2]}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x1x3x4xi32>) -> tensor<2x5x11x4xi32>
            %5 = convolution(%x, %v) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x6x3xi32>, tensor<1x2x3x4xi32>) -> tensor<2x5x5x4xi32>
            %r = concatenate %0, %1, %2, %3, %4, %5, dim = 2
            : (tensor<2x5x6x4xi32>, tensor<2x5x3x4xi32>, tensor<2x5x7x4xi32>, tensor<2x5x7x4xi32>, tensor<2x5x11x4xi32>,
            tensor<2x5x5x4xi32>) -> tensor<2x5x39x4xi32>""",
        ),
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>, %v: tensor<2x3x4xi32>, %p: tensor<2x5x3xi8>, %q: tensor<1x3x4xi8>",
            """
            %0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<2x5x4xi32>
            %1 = convolution(%x, %v) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
            %2 = convolution(%p, %q) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x3xi8>, tensor<1x3x4xi8>) -> tensor<2x5x4xi32>
            %r = concatenate %0, %1, %2, dim = 1
            : (tensor<2x5x4xi32>, tensor<2x4x4xi32>, tensor<2x5x4xi32>) -> tensor<2x14x4xi32>""",
        ),
    )

    def pattern(x, w, strides, padding, dilation, holes, reversal, numbers, precision):
        return hlo.Convolution(
            x, w, strides, padding, dilation, holes, reversal, dimension_numbers=numbers, precision_config=precision
        )

    def where(op):
        return (
            guard(all(window.size == 1 for window in op.window), "windows have several elements")
            & guard(all(window.stride == 1 for window in op.window), "elements are left out")
            & guard(not any(window.padding_low or window.padding_high for window in op.window), "there is padding")
            & guard(all(window.base_dilation == 1 for window in op.window), "there is padding between elements")
            & keeps_elements(op)
        )

    def rewrite(x, w, numbers, precision, op):
        features = (numbers.kernel_input_feature_dimension, numbers.kernel_output_feature_dimension)
        matrix = TensorType(picked(w.type.shape, sorted(features)), w.type.element_type)
        source = numbers.input_feature_dimension
        contraction = hlo.DotDimensionNumbers((), (), (source,), (0 if features[0] < features[1] else 1,))
        dot = hlo.DotGeneral(x, hlo.Reshape(w, result_types=[matrix]), contraction, precision)
        # The dot product has what stays of x, in its order, and then the features.
        origins = {
            numbers.output_batch_dimension: numbers.input_batch_dimension,
            **dict(zip(numbers.output_spatial_dimensions, numbers.input_spatial_dimensions, strict=True)),
        }
        places = {target: axis - (axis > source) for target, axis in origins.items()}
        places[numbers.output_feature_dimension] = x.type.rank - 1
        return hlo.Transpose(dot, tuple(places[axis] for axis in range(x.type.rank)))


class ConvolutionOfNegates(Rule):
    """convolution(-x, -w)  =>  convolution(x, w)"""

    examples = (
        program(
            "%x: tensor<2x5x3xi8>, %w: tensor<2x3x4xi8>",
            """
            %0 = negate %x : tensor<2x5x3xi8>
            %1 = negate %w : tensor<2x3x4xi8>
            %r = convolution(%0, %1) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi8>, tensor<2x3x4xi8>) -> tensor<2x4x4xi8>""",
        ),
    )

    def pattern(x, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            hlo.Negate(x), hlo.Negate(w), strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(op):  # -x of the least integer is x, but not in wider ones
        return keeps_elements(op)

    def rewrite(x, w, op):
        return _again(op, x, w, op.result.type)


class ConvolutionOfNothing(Rule):
    """convolution(x, w)  =>  0, when w has no elements"""

    examples = (
        program(
            "%x: tensor<2x5x0xf32>, %w: tensor<2x0x4xf32>",
            """
            %r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x0xf32>, tensor<2x0x4xf32>) -> tensor<2x4x4xf32>""",
        ),
        program(
            "%x: tensor<2x5x0xf32>, %w: tensor<2x0x4xf32>, %y: tensor<2x5x3xf32>, %v: tensor<2x3x4xf32>",
            """
            %0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x0xf32>, tensor<2x0x4xf32>) -> tensor<2x4x4xf32>
            %1 = convolution(%y, %v) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x3xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>
            %r = add %0, %1 : tensor<2x4x4xf32>""",
        ),
        program(
            "%x: tensor<2x5x0xf32>, %w: tensor<2x0x4xf32>",
            """
            %0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x0xf32>, tensor<2x0x4xf32>) -> tensor<2x4x4xf32>
            %1 = uniform_quantize %x : (tensor<2x5x0xf32>) -> tensor<2x5x0x!quant.uniform<i8:f32, 0.5>>
            %2 = uniform_quantize %w : (tensor<2x0x4xf32>) -> tensor<2x0x4x!quant.uniform<i8:f32, 0.5>>
            %3 = convolution(%1, %2) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
            {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
            : (tensor<2x5x0x!quant.uniform<i8:f32, 0.5>>, tensor<2x0x4x!quant.uniform<i8:f32, 0.5>>)
            -> tensor<2x4x4x!quant.uniform<i8:f32, 0.5:3>>
            %4 = uniform_dequantize %3 : (tensor<2x4x4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x4x4xf32>
            %r = add %0, %4 : tensor<2x4x4xf32>""",
        ),
    )

    def pattern(x, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            x, w, strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(w, op):
        return is_empty(w) & keeps_elements(op)

    def rewrite(op):
        return hlo.constant(0, op.result.type.element_type, shape=op.result.type.shape)


class ConvolutionOfZeros(Rule):
    """convolution(x, 0)  =>  0, for integers, and on either side"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>",
            """
            %w = constant dense<0> : tensor<2x3x4xi32>
            %r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        ),
    )

    def pattern(x, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            x, w, strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(x, w):
        return (is_splat(x, 0) | is_splat(w, 0)) & has_integers(x)

    def rewrite(op):
        return hlo.constant(0, op.result.type.element_type, shape=op.result.type.shape)


class ConvolutionOfZerosRounded(Rule):
    """convolution(x, 0)  =>  0, for floats, and on either side"""

    examples = (
        program(
            "%w: tensor<2x3x4xf32>",
            """
            %x = constant dense<-0.0> : tensor<2x5x3xf32>
            %r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
              {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
              : (tensor<2x5x3xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>""",
        ),
    )

    assumes = ("no NaN", "no infinities", "no signed zeros")

    def pattern(x, w, strides, padding, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.Convolution(
            x, w, strides, padding, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def where(x, w):
        return (is_zero(x) | is_zero(w)) & has_floats(x)

    def rewrite(op):
        return hlo.constant(0, op.result.type.element_type, shape=op.result.type.shape)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    ConvolutionOfNothing,
    ConvolutionOfZeros,
    ConvolutionOfZerosRounded,
    ConvolutionOfTransposedInput,
    ConvolutionOfTransposedKernel,
    TransposeOfConvolution,
    ConvolutionOfPad,
    ConvolutionOfReversedKernel,
    ConvolutionOfNegates,
    ConvolutionIsDot,
)
