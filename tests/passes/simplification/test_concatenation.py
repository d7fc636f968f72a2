"""Concatenate: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.concatenation import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "SingleConcatenate",
        "%x: tensor<2xf32>",
        "%r = concatenate %x, dim = 0 : (tensor<2xf32>) -> tensor<2xf32>",
        "return %x",
    ),
    Law(
        "ConcatenateWithNothing",
        "%x: tensor<2x0xf32>, %y: tensor<2x3xf32>",
        "%r = concatenate %x, %y, %x, dim = 1 : (tensor<2x0xf32>, tensor<2x3xf32>, tensor<2x0xf32>) -> tensor<2x3xf32>",
        """
%0 = concatenate %y, dim = 1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
return %0""",
    ),
    Law(
        "ConcatenateWithNothing",
        "%x: tensor<0xf32>, %y: tensor<0xf32>",
        "%r = concatenate %x, %y, dim = 0 : (tensor<0xf32>, tensor<0xf32>) -> tensor<0xf32>",
        """
%0 = concatenate %x, dim = 0 : (tensor<0xf32>) -> tensor<0xf32>
return %0""",
    ),
    Law(
        "NestedConcatenate",
        "%x: tensor<1x2xf32>, %y: tensor<1x3xf32>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
%1 = concatenate %y, %x, dim = 1 : (tensor<1x3xf32>, tensor<1x2xf32>) -> tensor<1x5xf32>
%r = concatenate %0, %x, %1, dim = 1 : (tensor<1x5xf32>, tensor<1x2xf32>, tensor<1x5xf32>) -> tensor<1x12xf32>""",
        """
%0 = concatenate %x, %y, %x, %y, %x, dim = 1 : (tensor<1x2xf32>, tensor<1x3xf32>, tensor<1x2xf32>, tensor<1x3xf32>, tensor<1x2xf32>) -> tensor<1x12xf32>
return %0""",
    ),
    Law(
        "ConcatenateOfSlices",
        "%x: tensor<6x5xf32>, %y: tensor<1x3xf32>",
        """
%0 = slice %x [1:3, 0:5:2] : (tensor<6x5xf32>) -> tensor<2x3xf32>
%1 = slice %x [3:6, 0:5:2] : (tensor<6x5xf32>) -> tensor<3x3xf32>
%r = concatenate %y, %0, %1, dim = 0 : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<6x3xf32>""",
        """
%0 = slice %x [1:6, 0:5:2] : (tensor<6x5xf32>) -> tensor<5x3xf32>
%1 = concatenate %y, %0, dim = 0 : (tensor<1x3xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
return %1""",
    ),
    Law(
        "ConcatenateOfSplats",
        "",
        """
%0 = constant dense<0.0> : tensor<2xf32>
%1 = constant dense<0.0> : tensor<3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<5xf32>
return %0""",
    ),
    Law(
        "ConcatenateOfBroadcasts",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%1 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<6x3xf32>
return %0""",
    ),
    Law(
        "ConcatenateOfBroadcasts",
        "%x: tensor<1x3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<2x3xf32>
%1 = broadcast_in_dim %x, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<4x3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<6x3xf32>
return %0""",
    ),
    Law(
        "ConcatenateOfItself",
        "%x: tensor<2x1xf32>",
        "%r = concatenate %x, %x, %x, dim = 1 : (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0, 1] : (tensor<2x1xf32>) -> tensor<2x3xf32>
return %0""",
    ),
    Law(
        "ConcatenateOfTransposes",
        "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%1 = transpose %y, dims = [1, 0] : (tensor<2x4xf32>) -> tensor<4x2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<3x2xf32>, tensor<4x2xf32>) -> tensor<7x2xf32>""",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
%1 = transpose %0, dims = [1, 0] : (tensor<2x7xf32>) -> tensor<7x2xf32>
return %1""",
    ),
    Law(
        "ConcatenateOfReverses",
        "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<2x3xf32>
%1 = reverse %y, dims = [0] : tensor<2x4xf32>
%r = concatenate %0, %1, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>""",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
%1 = reverse %0, dims = [0] : tensor<2x7xf32>
return %1""",
    ),
    Law(
        "ConcatenateOfUnary",
        "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>",
        """
%0 = negate %x : tensor<2x3xf32>
%1 = negate %y : tensor<2x4xf32>
%r = concatenate %0, %1, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>""",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
%1 = negate %0 : tensor<2x7xf32>
return %1""",
    ),
    Law(
        "ConcatenateIsPadHigh",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2x4xf32>
%r = concatenate %x, %0, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>""",
        """
%0 = pad %x, %v, low = [0, 0], high = [0, 4], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x7xf32>
return %0""",
    ),
    Law(
        "ConcatenateIsPadLow",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2x4xf32>
%r = concatenate %0, %x, dim = 1 : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x7xf32>""",
        """
%0 = pad %x, %v, low = [0, 4], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x7xf32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "SingleConcatenate",
        "%x: tensor<2xf32>",
        "%r = concatenate %x, dim = 0 : (tensor<2xf32>) -> tensor<?xf32>",
        "it gives `tensor<2xf32>` where `tensor<?xf32>` is declared",
    ),
    Kept(
        "ConcatenateWithNothing",
        "%x: tensor<2x3xf32>",
        "%r = concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>",
        "each operand has elements along the dimension",
    ),
    Kept(
        "ConcatenateWithNothing",
        "%x: tensor<0xf32>",
        "%r = concatenate %x, dim = 0 : (tensor<0xf32>) -> tensor<0xf32>",
        "there is one operand",
    ),
    Kept(
        "NestedConcatenate",
        "%x: tensor<2x2xf32>, %y: tensor<4x2xf32>",
        """
%0 = concatenate %x, %x, dim = 0 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
%r = concatenate %0, %y, dim = 1 : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x4xf32>""",
        "no operand is joined along the dimension",
    ),
    Kept(
        "ConcatenateOfSlices",
        "%x: tensor<6xf32>, %y: tensor<6xf32>",
        """
%0 = slice %x [1:3] : (tensor<6xf32>) -> tensor<2xf32>
%1 = slice %y [3:6] : (tensor<6xf32>) -> tensor<3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>""",
        "no two operands are neighbours",
    ),
    Kept(
        "ConcatenateOfSlices",
        "%x: tensor<6xf32>",
        """
%0 = slice %x [1:3] : (tensor<6xf32>) -> tensor<2xf32>
%1 = slice %x [4:6] : (tensor<6xf32>) -> tensor<2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>""",
        "no two operands are neighbours",
    ),
    Kept(
        "ConcatenateOfSlices",
        "%x: tensor<6x6xf32>",
        """
%0 = slice %x [0:2, 0:2] : (tensor<6x6xf32>) -> tensor<2x2xf32>
%1 = slice %x [2:4, 2:4] : (tensor<6x6xf32>) -> tensor<2x2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>""",
        "no two operands are neighbours",
    ),
    Kept(
        "ConcatenateOfSlices",
        "%x: tensor<6xf32>",
        """
%0 = slice %x [0:3:2] : (tensor<6xf32>) -> tensor<2xf32>
%1 = slice %x [3:6:2] : (tensor<6xf32>) -> tensor<2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>""",
        "no two operands are neighbours",
    ),
    Kept(
        "ConcatenateOfSlices",
        "%x: tensor<6x6xf32>",
        """
%0 = slice %x [0:2, 0:4:2] : (tensor<6x6xf32>) -> tensor<2x2xf32>
%1 = slice %x [2:4, 0:4:3] : (tensor<6x6xf32>) -> tensor<2x2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>""",
        "no two operands are neighbours",
    ),
    Kept(
        "ConcatenateOfSplats",
        "",
        """
%0 = constant dense<0.0> : tensor<2xf32>
%1 = constant dense<-0.0> : tensor<3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>""",
        "the operands differ",
    ),
    Kept(
        "ConcatenateOfSplats",
        "%x: tensor<2xf32>",
        "%r = concatenate %x, %x, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "ConcatenateOfBroadcasts",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<3x3xf32>
%1 = broadcast_in_dim %x, dims = [0] : (tensor<3xf32>) -> tensor<3x3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<6x3xf32>""",
        "different tensors are repeated",
    ),
    Kept(
        "ConcatenateOfBroadcasts",
        "%x: tensor<f32>, %y: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<3xf32>
%1 = broadcast_in_dim %y, dims = [] : (tensor<f32>) -> tensor<3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>""",
        "different tensors are repeated",
    ),
    Kept(
        "ConcatenateOfBroadcasts",
        "%x: tensor<f32>, %y: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<3xf32>
%r = concatenate %0, %y, dim = 0 : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>""",
        "not all operands are broadcasts",
    ),
    Kept(
        "ConcatenateOfBroadcasts",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = concatenate %0, %0, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>""",
        "it is not repeated along the dimension",
    ),
    Kept(
        "ConcatenateOfItself",
        "%x: tensor<1xf32>",
        "%r = concatenate %x, dim = 0 : (tensor<1xf32>) -> tensor<1xf32>",
        "there is one operand",
    ),
    Kept(
        "ConcatenateOfItself",
        "%x: tensor<1xf32>, %y: tensor<1xf32>",
        "%r = concatenate %x, %y, dim = 0 : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>",
        "the operands differ",
    ),
    Kept(
        "ConcatenateOfItself",
        "%x: tensor<2xf32>",
        "%r = concatenate %x, %x, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>",
        "it has more than one element along the dimension",
    ),
    Kept(
        "ConcatenateOfItself",
        "%x: tensor<1x?xf32>",
        "%r = concatenate %x, %x, dim = 0 : (tensor<1x?xf32>, tensor<1x?xf32>) -> tensor<2x?xf32>",
        "needs to know a size",
    ),
    Kept(
        "ConcatenateOfTransposes",
        "%x: tensor<2x2x2xf32>, %y: tensor<2x2x2xf32>",
        """
%0 = transpose %x, dims = [1, 2, 0] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
%1 = transpose %y, dims = [0, 2, 1] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<4x2x2xf32>""",
        "the permutations differ",
    ),
    Kept(
        "ConcatenateOfTransposes",
        "%x: tensor<2x2xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
%r = concatenate %0, %x, dim = 0 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>""",
        "not all operands come from the same op",
    ),
    Kept(
        "ConcatenateOfTransposes",
        "%x: tensor<2x3xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%1 = negate %0 : tensor<3x2xf32>
%r = concatenate %0, %0, dim = 0 : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>""",
        "an operand is also used elsewhere",
    ),
    Kept(
        "ConcatenateOfReverses",
        "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<2x3xf32>
%1 = reverse %y, dims = [] : tensor<2x3xf32>
%r = concatenate %0, %1, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>""",
        "they are reversed along different dimensions",
    ),
    Kept(
        "ConcatenateOfReverses",
        "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<2x3xf32>
%1 = reverse %y, dims = [0] : tensor<2x3xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>""",
        "they are reversed along the dimension",
    ),
    Kept(
        "ConcatenateOfUnary",
        "%x: tensor<2xf32>, %y: tensor<2xi32>",
        """
%0 = convert %x : (tensor<2xf32>) -> tensor<2xf16>
%1 = convert %y : (tensor<2xi32>) -> tensor<2xf16>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf16>, tensor<2xf16>) -> tensor<4xf16>""",
        "attributes or element types differ",
    ),
    Kept(
        "ConcatenateOfUnary",
        "%x: tensor<2xf32>, %y: tensor<2xf32>",
        """
%0 = reduce_precision %x, format = e5m10 : tensor<2xf32>
%1 = reduce_precision %y, format = e8m7 : tensor<2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>""",
        "attributes or element types differ",
    ),
    Kept(
        "ConcatenateOfUnary",
        "%x: tensor<2xf32>, %y: tensor<2xf32>",
        """
%0 = negate %x : tensor<2xf32>
%1 = abs %y : tensor<2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>""",
        "not all operands come from the same op",
    ),
    Kept(
        "ConcatenateOfUnary",
        "%x: tensor<2xf32>, %y: tensor<2xf32>",
        """
%0 = add %x, %y : tensor<2xf32>
%1 = add %y, %x : tensor<2xf32>
%r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>""",
        "the first operand is no such f(x)",
    ),
    Kept(
        "ConcatenateIsPadHigh",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<?xf32, #stablehlo.bounds<3>>
%r = concatenate %x, %0, dim = 0 : (tensor<2xf32>, tensor<?xf32, #stablehlo.bounds<3>>) -> tensor<?xf32, #stablehlo.bounds<5>>""",
        "is not known before it runs",
    ),
    Kept(
        "ConcatenateIsPadLow",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<?xf32, #stablehlo.bounds<3>>
%r = concatenate %0, %x, dim = 0 : (tensor<?xf32, #stablehlo.bounds<3>>, tensor<2xf32>) -> tensor<?xf32, #stablehlo.bounds<5>>""",
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
