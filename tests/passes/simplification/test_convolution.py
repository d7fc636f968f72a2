"""Convolutions: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.convolution import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "ConvolutionOfNothing",
        "%x: tensor<2x5x0xf32>, %w: tensor<2x0x4xf32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x0xf32>, tensor<2x0x4xf32>) -> tensor<2x4x4xf32>",
        """
%0 = constant dense<0.000000e+00> : tensor<2x4x4xf32>
return %0""",
    ),
    Law(
        "ConvolutionOfZeros",
        "%x: tensor<2x5x3xi32>",
        """
%w = constant dense<0> : tensor<2x3x4xi32>
%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        """
%0 = constant dense<0> : tensor<2x4x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionOfZerosRounded",
        "%w: tensor<2x3x4xf32>",
        """
%x = constant dense<-0.0> : tensor<2x5x3xf32>
%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<2x4x4xf32>
return %0""",
        exact=False,
    ),
    Law(
        "ConvolutionOfTransposedInput",
        "%x: tensor<3x5x2xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = transpose %x, dims = [2, 1, 0] : (tensor<3x5x2xi32>) -> tensor<2x5x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [f, 0, b]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<3x5x2xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionOfTransposedKernel",
        "%x: tensor<2x5x3xi32>, %w: tensor<3x4x2xi32>",
        """
%0 = transpose %w, dims = [2, 0, 1] : (tensor<3x4x2xi32>) -> tensor<2x3x4xi32>
%r = convolution(%x, %0) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x2x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[i, o, 0]->[b, 0, f], window = {stride = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<3x4x2xi32>) -> tensor<2x2x4xi32>
return %0""",
    ),
    Law(
        "TransposeOfConvolution",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
%r = transpose %0, dims = [2, 0, 1] : (tensor<2x4x4xi32>) -> tensor<4x2x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[f, b, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<4x2x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [0, 1, 0], high = [0, -1, 0], interior = [0, 1, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x9x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x9x3xi32>, tensor<2x3x4xi32>) -> tensor<2x9x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[2, -1]], lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x9x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionOfReversedKernel",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = reverse %w, dims = [0] : tensor<2x3x4xi32>
%r = convolution(%x, %0) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionOfNegates",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = negate %x : tensor<2x5x3xi32>
%1 = negate %w : tensor<2x3x4xi32>
%r = convolution(%0, %1) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>
return %0""",
    ),
    Law(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[f, b, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<4x2x5xi32>",
        """
%0 = reshape %w : (tensor<1x3x4xi32>) -> tensor<3x4xi32>
%1 = dot_general %x, %0, contracting_dims = [2] x [0] : (tensor<2x5x3xi32>, tensor<3x4xi32>) -> tensor<2x5x4xi32>
%2 = transpose %1, dims = [2, 0, 1] : (tensor<2x5x4xi32>) -> tensor<4x2x5xi32>
return %2""",
    ),
    Law(
        "ConvolutionIsDot",
        "%x: tensor<3x2x5xi32>, %w: tensor<4x3x1xi32>",
        "%r = convolution(%x, %w) dim_numbers = [f, b, 0]x[o, i, 0]->[0, b, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<3x2x5xi32>, tensor<4x3x1xi32>) -> tensor<5x2x4xi32>",
        """
%0 = reshape %w : (tensor<4x3x1xi32>) -> tensor<4x3xi32>
%1 = dot_general %x, %0, contracting_dims = [0] x [1] : (tensor<3x2x5xi32>, tensor<4x3xi32>) -> tensor<2x5x4xi32>
%2 = transpose %1, dims = [1, 0, 2] : (tensor<2x5x4xi32>) -> tensor<5x2x4xi32>
return %2""",
    ),
]

KEPT = [
    Kept(
        "ConvolutionOfNegates",
        "%x: tensor<2x5x3xi8>, %w: tensor<2x3x4xi8>",
        """
%0 = negate %x : tensor<2x5x3xi8>
%1 = negate %w : tensor<2x3x4xi8>
%r = convolution(%0, %1) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi8>, tensor<2x3x4xi8>) -> tensor<2x4x4xi32>""",
        "it changes the element type",
    ),
    Kept(
        "ConvolutionOfNothing",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>",
        "it may have elements",
    ),
    Kept(
        "ConvolutionOfNothing",
        "%x: tensor<?x5x0xf32>, %w: tensor<2x0x4xf32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<?x5x0xf32>, tensor<2x0x4xf32>) -> tensor<?x4x4xf32>",
        "is not known before it runs",
    ),
    Kept(
        "ConvolutionOfZeros",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ConvolutionOfZeros",
        "%x: tensor<2x5x3xf32>",
        """
%w = constant dense<0.0> : tensor<2x3x4xf32>
%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "ConvolutionOfZeros",
        "%x: tensor<?x5x3xi32>",
        """
%w = constant dense<0> : tensor<2x3x4xi32>
%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<?x5x3xi32>, tensor<2x3x4xi32>) -> tensor<?x4x4xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "ConvolutionOfZerosRounded",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ConvolutionOfZerosRounded",
        "%x: tensor<2x5x3xi32>",
        """
%w = constant dense<0> : tensor<2x3x4xi32>
%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>, %c: tensor<i32>",
        """
%0 = pad %x, %c, low = [0, 1, 0], high = [0, 0, 0], interior = [0, 0, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x6x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x6x3xi32>, tensor<2x3x4xi32>) -> tensor<2x5x4xi32>""",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [1, 0, 0], high = [0, 0, 0], interior = [0, 0, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<3x5x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<3x5x3xi32>, tensor<2x3x4xi32>) -> tensor<3x4x4xi32>""",
        "batches or features are padded",
    ),
    Kept(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [0, -1, 0], high = [0, 0, 0], interior = [0, 0, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x4x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x4x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [0, 0, 0], high = [0, -1, 0], interior = [0, 0, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x4x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[0, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x4x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "ConvolutionOfPad",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [0, 1, 0], high = [0, 0, 0], interior = [0, 0, 0] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x6x3xi32>
%r = convolution(%0, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x6x3xi32>, tensor<2x3x4xi32>) -> tensor<2x10x4xi32>""",
        "`lhs_dilation` of `stablehlo.convolution` is array<i64: 2>, in the pattern absent",
    ),
    Kept(
        "ConvolutionOfReversedKernel",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = reverse %w, dims = [0, 1] : tensor<2x3x4xi32>
%r = convolution(%x, %0) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>""",
        "features are reversed",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x4x4xi32>",
        "windows have several elements",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<2x3x4xi32>",
        "elements are left out",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<2x6x4xi32>",
        "there is padding",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[0, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<2x6x4xi32>",
        "there is padding",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<1x3x4xi32>) -> tensor<2x9x4xi32>",
        "there is padding between elements",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x6xi32>, %w: tensor<1x3x4xi32>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<2x5x6xi32>, tensor<1x3x4xi32>) -> tensor<2x5x4xi32>",
        "`feature_group_count` of `stablehlo.convolution` is 2 : i64, in the pattern 1 : i64",
    ),
    Kept(
        "ConvolutionIsDot",
        "%x: tensor<2x5x3xi8>, %w: tensor<1x3x4xi8>",
        "%r = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi8>, tensor<1x3x4xi8>) -> tensor<2x5x4xi32>",
        "it changes the element type",
    ),
]


@pytest.mark.parametrize("law", LAWS, ids=names(LAWS))
def test_what_a_rule_makes_of_a_program(law: Law) -> None:
    assert rewritten(law.rule, law.arguments, law.before, exact=law.exact) == law.after.strip()


@pytest.mark.parametrize("kept", KEPT, ids=names(KEPT))
def test_what_a_guard_keeps_a_rule_from(kept: Kept) -> None:
    assert kept.reason in refusal(kept.rule, kept.arguments, kept.before)


def test_each_rule_has_a_program() -> None:
    assert {law.rule for law in LAWS} == {as_rewrite(rule).name for rule in RULES}
