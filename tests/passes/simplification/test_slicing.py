"""Slices: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.slicing import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "FullSlice",
        "%x: tensor<2x3xf32>",
        "%r = slice %x [0:2, 0:3] : (tensor<2x3xf32>) -> tensor<2x3xf32>",
        "return %x",
    ),
    Law(
        "DoubleSlice",
        "%x: tensor<20x9xf32>",
        """
%0 = slice %x [3:20:2, 1:8] : (tensor<20x9xf32>) -> tensor<9x7xf32>
%r = slice %0 [1:9:3, 2:4] : (tensor<9x7xf32>) -> tensor<3x2xf32>""",
        """
%0 = slice %x [5:20:6, 3:5] : (tensor<20x9xf32>) -> tensor<3x2xf32>
return %0""",
    ),
    Law(
        "DoubleSlice",
        "%x: tensor<6xf32>",
        """
%0 = slice %x [1:6:2] : (tensor<6xf32>) -> tensor<3xf32>
%r = slice %0 [3:3] : (tensor<3xf32>) -> tensor<0xf32>""",
        """
%0 = slice %x [6:6:2] : (tensor<6xf32>) -> tensor<0xf32>
return %0""",
    ),
    Law(
        "SliceOfOneElement",
        "%x: tensor<9x9xf32>",
        "%r = slice %x [2:4:3, 0:9:2] : (tensor<9x9xf32>) -> tensor<1x5xf32>",
        """
%0 = slice %x [2:3, 0:9:2] : (tensor<9x9xf32>) -> tensor<1x5xf32>
return %0""",
    ),
    Law(
        "SliceOfSplat",
        "",
        """
%0 = constant dense<true> : tensor<4x3xi1>
%r = slice %0 [1:3, 0:3] : (tensor<4x3xi1>) -> tensor<2x3xi1>""",
        """
%0 = constant dense<true> : tensor<2x3xi1>
return %0""",
    ),
    Law(
        "SliceOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<5x7xi32>
%r = slice %0 [1:5:2, 0:3] : (tensor<5x7xi32>) -> tensor<2x3xi32>""",
        """
%0 = iota dim = 1 : tensor<2x3xi32>
return %0""",
    ),
    Law(
        "SliceOfPad",
        "%x: tensor<5x4xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2, -1], high = [3, 0], interior = [0, 0] : (tensor<5x4xf32>, tensor<f32>) -> tensor<10x3xf32>
%r = slice %0 [2:7:2, 1:3] : (tensor<10x3xf32>) -> tensor<3x2xf32>""",
        """
%0 = slice %x [0:5:2, 2:4] : (tensor<5x4xf32>) -> tensor<3x2xf32>
return %0""",
    ),
    Law(
        "SliceOfPadding",
        "%x: tensor<5x4xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0, 0], high = [3, 0], interior = [0, 1] : (tensor<5x4xf32>, tensor<f32>) -> tensor<8x7xf32>
%r = slice %0 [5:8, 0:7:3] : (tensor<8x7xf32>) -> tensor<3x3xf32>""",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<3x3xf32>
return %0""",
    ),
    Law(
        "SliceOfPadding",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [0], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<7xf32>
%r = slice %0 [0:2] : (tensor<7xf32>) -> tensor<2xf32>""",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "SliceOfConcatenate",
        "%x: tensor<2xf32>, %y: tensor<3xf32>, %z: tensor<4xf32>",
        """
%0 = concatenate %x, %y, %z, dim = 0 : (tensor<2xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<9xf32>
%r = slice %0 [2:5:2] : (tensor<9xf32>) -> tensor<2xf32>""",
        """
%0 = concatenate %y, dim = 0 : (tensor<3xf32>) -> tensor<3xf32>
%1 = slice %0 [0:3:2] : (tensor<3xf32>) -> tensor<2xf32>
return %1""",
    ),
    Law(
        "SliceOfConcatenate",
        "%x: tensor<2x5xf32>, %y: tensor<3x5xf32>, %z: tensor<4x5xf32>",
        """
%0 = concatenate %x, %y, %z, dim = 0 : (tensor<2x5xf32>, tensor<3x5xf32>, tensor<4x5xf32>) -> tensor<9x5xf32>
%r = slice %0 [3:7, 1:2] : (tensor<9x5xf32>) -> tensor<4x1xf32>""",
        """
%0 = concatenate %y, %z, dim = 0 : (tensor<3x5xf32>, tensor<4x5xf32>) -> tensor<7x5xf32>
%1 = slice %0 [1:5, 1:2] : (tensor<7x5xf32>) -> tensor<4x1xf32>
return %1""",
    ),
    Law(
        "SliceOfBroadcast",
        "%x: tensor<5x1xf32>",
        """
%0 = broadcast_in_dim %x, dims = [2, 0] : (tensor<5x1xf32>) -> tensor<3x4x5xf32>
%r = slice %0 [1:3, 0:4:2, 1:5:2] : (tensor<3x4x5xf32>) -> tensor<2x2x2xf32>""",
        """
%0 = slice %x [1:5:2, 0:1] : (tensor<5x1xf32>) -> tensor<2x1xf32>
%1 = broadcast_in_dim %0, dims = [2, 0] : (tensor<2x1xf32>) -> tensor<2x2x2xf32>
return %1""",
    ),
    Law(
        "SliceOfReverse",
        "%x: tensor<7x5xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<7x5xf32>
%r = slice %0 [1:6:2, 0:2] : (tensor<7x5xf32>) -> tensor<3x2xf32>""",
        """
%0 = slice %x [1:6:2, 0:2] : (tensor<7x5xf32>) -> tensor<3x2xf32>
%1 = reverse %0, dims = [0] : tensor<3x2xf32>
return %1""",
    ),
    Law(
        "SliceOfReverse",
        "%x: tensor<3xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<3xf32>
%r = slice %0 [3:3] : (tensor<3xf32>) -> tensor<0xf32>""",
        """
%0 = slice %x [3:3] : (tensor<3xf32>) -> tensor<0xf32>
%1 = reverse %0, dims = [0] : tensor<0xf32>
return %1""",
    ),
    Law(
        "SliceOfTranspose",
        "%x: tensor<4x5x6xf32>",
        """
%0 = transpose %x, dims = [1, 2, 0] : (tensor<4x5x6xf32>) -> tensor<5x6x4xf32>
%r = slice %0 [1:5:2, 0:6, 2:3] : (tensor<5x6x4xf32>) -> tensor<2x6x1xf32>""",
        """
%0 = slice %x [2:3, 1:5:2, 0:6] : (tensor<4x5x6xf32>) -> tensor<1x2x6xf32>
%1 = transpose %0, dims = [1, 2, 0] : (tensor<1x2x6xf32>) -> tensor<2x6x1xf32>
return %1""",
    ),
    Law(
        "SliceOfReshape",
        "%x: tensor<4x5xf32>",
        """
%0 = reshape %x : (tensor<4x5xf32>) -> tensor<4x1x5xf32>
%r = slice %0 [1:3, 0:1, 0:5:2] : (tensor<4x1x5xf32>) -> tensor<2x1x3xf32>""",
        """
%0 = slice %x [1:3, 0:5:2] : (tensor<4x5xf32>) -> tensor<2x3xf32>
%1 = reshape %0 : (tensor<2x3xf32>) -> tensor<2x1x3xf32>
return %1""",
    ),
    Law(
        "SliceOfUnary",
        "%x: tensor<4x5xi32>",
        """
%0 = convert %x : (tensor<4x5xi32>) -> tensor<4x5xf32>
%r = slice %0 [1:3, 0:5:2] : (tensor<4x5xf32>) -> tensor<2x3xf32>""",
        """
%0 = slice %x [1:3, 0:5:2] : (tensor<4x5xi32>) -> tensor<2x3xi32>
%1 = convert %0 : (tensor<2x3xi32>) -> tensor<2x3xf32>
return %1""",
    ),
    Law(
        "SliceOfReduce",
        "%x: tensor<4x5x6xi32>, %v: tensor<i32>",
        """
%0 = reduce(%x init: %v) applies stablehlo.add across dimensions = [1] : (tensor<4x5x6xi32>, tensor<i32>) -> tensor<4x6xi32>
%r = slice %0 [1:3, 0:5:2] : (tensor<4x6xi32>) -> tensor<2x3xi32>""",
        """
%0 = slice %x [1:3, 0:5, 0:5:2] : (tensor<4x5x6xi32>) -> tensor<2x5x3xi32>
%1 = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x5x3xi32>, tensor<i32>) -> tensor<2x3xi32>
return %1""",
    ),
    Law(
        "SliceOfDot",
        "%x: tensor<2x3x4xi32>, %y: tensor<4x2x5xi32>",
        """
%0 = dot_general %x, %y, batching_dims = [0] x [1], contracting_dims = [2] x [0], precision = [HIGHEST, DEFAULT] : (tensor<2x3x4xi32>, tensor<4x2x5xi32>) -> tensor<2x3x5xi32>
%r = slice %0 [1:2, 0:2, 1:5:2] : (tensor<2x3x5xi32>) -> tensor<1x2x2xi32>""",
        """
%0 = slice %x [1:2, 0:2, 0:4] : (tensor<2x3x4xi32>) -> tensor<1x2x4xi32>
%1 = slice %y [0:4, 1:2, 1:5:2] : (tensor<4x2x5xi32>) -> tensor<4x1x2xi32>
%2 = dot_general %0, %1, batching_dims = [0] x [1], contracting_dims = [2] x [0], precision = [HIGHEST, DEFAULT] : (tensor<1x2x4xi32>, tensor<4x1x2xi32>) -> tensor<1x2x2xi32>
return %2""",
    ),
]

KEPT = [
    Kept(
        "FullSlice",
        "%x: tensor<2x3xf32>",
        "%r = slice %x [0:1, 0:3] : (tensor<2x3xf32>) -> tensor<1x3xf32>",
        "the shape changes, or is not known",
    ),
    Kept(
        "SliceOfOneElement",
        "%x: tensor<9x9xf32>",
        "%r = slice %x [2:4, 0:9:2] : (tensor<9x9xf32>) -> tensor<2x5xf32>",
        "strides along dimensions of one element are 1",
    ),
    Kept(
        "SliceOfSplat",
        "%x: tensor<3xf32>",
        "%r = slice %x [1:2] : (tensor<3xf32>) -> tensor<1xf32>",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "SliceOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<5xi32>
%r = slice %0 [1:5] : (tensor<5xi32>) -> tensor<4xi32>""",
        "it does not start at 0",
    ),
    Kept(
        "SliceOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<5xi32>
%r = slice %0 [0:5:2] : (tensor<5xi32>) -> tensor<3xi32>""",
        "it leaves numbers out",
    ),
    Kept(
        "SliceOfPad",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [3], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<10xf32>
%r = slice %0 [1:7] : (tensor<10xf32>) -> tensor<6xf32>""",
        "it takes padding",
    ),
    Kept(
        "SliceOfPad",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [3], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<10xf32>
%r = slice %0 [2:8] : (tensor<10xf32>) -> tensor<6xf32>""",
        "it takes padding",
    ),
    Kept(
        "SliceOfPad",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0], high = [0], interior = [1] : (tensor<5xf32>, tensor<f32>) -> tensor<9xf32>
%r = slice %0 [0:3] : (tensor<9xf32>) -> tensor<3xf32>""",
        "there is padding between elements",
    ),
    Kept(
        "SliceOfPad",
        "%x: tensor<?xf32, #stablehlo.bounds<5>>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0], high = [3], interior = [0] : (tensor<?xf32, #stablehlo.bounds<5>>, tensor<f32>) -> tensor<?xf32, #stablehlo.bounds<8>>
%r = slice %0 [0:1] : (tensor<?xf32, #stablehlo.bounds<8>>) -> tensor<1xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfPadding",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [3], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<10xf32>
%r = slice %0 [0:3] : (tensor<10xf32>) -> tensor<3xf32>""",
        "it may take elements of x",
    ),
    Kept(
        "SliceOfPadding",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [3], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<10xf32>
%r = slice %0 [6:10] : (tensor<10xf32>) -> tensor<4xf32>""",
        "it may take elements of x",
    ),
    Kept(
        "SliceOfPadding",
        "%x: tensor<?xf32, #stablehlo.bounds<5>>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [2], high = [3], interior = [0] : (tensor<?xf32, #stablehlo.bounds<5>>, tensor<f32>) -> tensor<?xf32, #stablehlo.bounds<10>>
%r = slice %0 [0:3] : (tensor<?xf32, #stablehlo.bounds<10>>) -> tensor<3xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfConcatenate",
        "%x: tensor<2xf32>, %y: tensor<3xf32>",
        """
%0 = concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
%r = slice %0 [1:3] : (tensor<5xf32>) -> tensor<2xf32>""",
        "it takes elements of each operand",
    ),
    Kept(
        "SliceOfConcatenate",
        "%x: tensor<?xf32, #stablehlo.bounds<5>>, %y: tensor<3xf32>",
        """
%0 = concatenate %x, %y, dim = 0 : (tensor<?xf32, #stablehlo.bounds<5>>, tensor<3xf32>) -> tensor<?xf32, #stablehlo.bounds<8>>
%r = slice %0 [1:3] : (tensor<?xf32, #stablehlo.bounds<8>>) -> tensor<2xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfBroadcast",
        "%x: tensor<?xf32, #stablehlo.bounds<5>>",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<?xf32, #stablehlo.bounds<5>>) -> tensor<?x3xf32, #stablehlo.bounds<5, ?>>
%r = slice %0 [0:1, 0:2] : (tensor<?x3xf32, #stablehlo.bounds<5, ?>>) -> tensor<1x2xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfReverse",
        "%x: tensor<?xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<?xf32>
%r = slice %0 [1:3] : (tensor<?xf32>) -> tensor<2xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfReshape",
        "%x: tensor<4x5xf32>",
        """
%0 = reshape %x : (tensor<4x5xf32>) -> tensor<5x4xf32>
%r = slice %0 [1:3, 0:1] : (tensor<5x4xf32>) -> tensor<2x1xf32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "SliceOfReshape",
        "%x: tensor<4x1xf32>",
        """
%0 = reshape %x : (tensor<4x1xf32>) -> tensor<4xf32>
%r = slice %0 [1:3] : (tensor<4xf32>) -> tensor<2xf32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "SliceOfReshape",
        "%x: tensor<4xf32>",
        """
%0 = reshape %x : (tensor<4xf32>) -> tensor<4x1xf32>
%r = slice %0 [1:3, 0:0] : (tensor<4x1xf32>) -> tensor<2x0xf32>""",
        "nothing is taken along a dimension that was added",
    ),
    Kept(
        "SliceOfUnary",
        "%x: tensor<4xf32>",
        """
%0 = add %x, %x : tensor<4xf32>
%r = slice %0 [1:3] : (tensor<4xf32>) -> tensor<2xf32>""",
        "f takes several operands",
    ),
    Kept(
        "SliceOfUnary",
        "%x: tensor<4xf32>",
        """
%0 = negate %x : tensor<4xf32>
%1 = add %0, %x : tensor<4xf32>
%r = slice %0 [1:3] : (tensor<4xf32>) -> tensor<2xf32>""",
        "the result of `stablehlo.negate` has 2 uses, not one",
    ),
    Kept(
        "SliceOfReduce",
        "%x: tensor<?x3xi32>, %v: tensor<i32>",
        """
%0 = reduce(%x init: %v) applies stablehlo.add across dimensions = [0] : (tensor<?x3xi32>, tensor<i32>) -> tensor<3xi32>
%r = slice %0 [1:3] : (tensor<3xi32>) -> tensor<2xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "SliceOfDot",
        "%x: tensor<?x3xi32>, %y: tensor<3x4xi32>",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<?x3xi32>, tensor<3x4xi32>) -> tensor<?x4xi32>
%r = slice %0 [1:3, 0:4] : (tensor<?x4xi32>) -> tensor<2x4xi32>""",
        "is not known before it runs",
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
