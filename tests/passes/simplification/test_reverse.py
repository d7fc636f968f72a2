"""Reverse: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.reverse import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "DoubleReverse",
        "%x: tensor<2x3xf32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x3xf32>
%r = reverse %0, dims = [1] : tensor<2x3xf32>""",
        "return %x",
    ),
    Law(
        "ReverseOfReverse",
        "%x: tensor<2x3x4xf32>",
        """
%0 = reverse %x, dims = [2, 1] : tensor<2x3x4xf32>
%r = reverse %0, dims = [0, 1] : tensor<2x3x4xf32>""",
        """
%0 = reverse %x, dims = [2, 0] : tensor<2x3x4xf32>
return %0""",
    ),
    Law("ReverseOfNothing", "%x: tensor<1x3x0xf32>", "%r = reverse %x, dims = [0, 2] : tensor<1x3x0xf32>", "return %x"),
    Law(
        "ReverseWithoutOnes",
        "%x: tensor<1x3xf32>",
        "%r = reverse %x, dims = [0, 1] : tensor<1x3xf32>",
        """
%0 = reverse %x, dims = [1] : tensor<1x3xf32>
return %0""",
    ),
    Law(
        "ReverseOfSplat",
        "",
        """
%0 = constant dense<1.5> : tensor<2x3xf32>
%r = reverse %0, dims = [1] : tensor<2x3xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<2x3xf32>
return %0""",
    ),
    Law(
        "ReverseOfBroadcast",
        "%x: tensor<3x1xf32>",
        """
%0 = broadcast_in_dim %x, dims = [2, 0] : (tensor<3x1xf32>) -> tensor<2x4x3xf32>
%r = reverse %0, dims = [0, 1, 2] : tensor<2x4x3xf32>""",
        """
%0 = reverse %x, dims = [0, 1] : tensor<3x1xf32>
%1 = broadcast_in_dim %0, dims = [2, 0] : (tensor<3x1xf32>) -> tensor<2x4x3xf32>
return %1""",
    ),
    Law(
        "ReverseOfBroadcast",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<3xf32>) -> tensor<3x2xf32>
%r = reverse %0, dims = [1] : tensor<3x2xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<3xf32>) -> tensor<3x2xf32>
return %0""",
    ),
    Law(
        "ReverseOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<2x3xi32>
%r = reverse %0, dims = [0] : tensor<2x3xi32>""",
        """
%0 = iota dim = 1 : tensor<2x3xi32>
return %0""",
    ),
    Law(
        "ReverseOfConcatenate",
        "%x: tensor<2x1xf32>, %y: tensor<2x1xf32>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
%r = reverse %0, dims = [1] : tensor<2x2xf32>""",
        """
%0 = concatenate %y, %x, dim = 1 : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
return %0""",
    ),
    Law(
        "ReverseOfTranspose",
        "%x: tensor<2x3x4xf32>",
        """
%0 = transpose %x, dims = [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
%r = reverse %0, dims = [0] : tensor<3x4x2xf32>""",
        """
%0 = reverse %x, dims = [1] : tensor<2x3x4xf32>
%1 = transpose %0, dims = [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
return %1""",
    ),
    Law(
        "ReverseOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1, 2], high = [0, -1], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x6xf32>
%r = reverse %0, dims = [1] : tensor<3x6xf32>""",
        """
%0 = reverse %x, dims = [1] : tensor<2x3xf32>
%1 = pad %0, %v, low = [1, -1], high = [0, 2], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x6xf32>
return %1""",
    ),
]

KEPT = [
    Kept(
        "ReverseOfNothing",
        "%x: tensor<1x3xf32>",
        "%r = reverse %x, dims = [0, 1] : tensor<1x3xf32>",
        "it moves something",
    ),
    Kept(
        "ReverseWithoutOnes",
        "%x: tensor<1x3xf32>",
        "%r = reverse %x, dims = [1] : tensor<1x3xf32>",
        "no dimension has size 1",
    ),
    Kept(
        "ReverseOfSplat",
        "",
        """
%0 = constant dense<[1, 2]> : tensor<2xi32>
%r = reverse %0, dims = [0] : tensor<2xi32>""",
        "the result of `stablehlo.constant` is not a constant with one value",
    ),
    Kept(
        "ReverseOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<2x3xi32>
%r = reverse %0, dims = [0, 1] : tensor<2x3xi32>""",
        "the numbers are reversed",
    ),
    Kept(
        "ReverseOfConcatenate",
        "%x: tensor<2x1xf32>, %y: tensor<2x2xf32>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x1xf32>, tensor<2x2xf32>) -> tensor<2x3xf32>
%r = reverse %0, dims = [1] : tensor<2x3xf32>""",
        "an operand is itself reversed",
    ),
    Kept(
        "ReverseOfConcatenate",
        "%x: tensor<2x1xf32>, %y: tensor<2x1xf32>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
%r = reverse %0, dims = [0, 1] : tensor<2x2xf32>""",
        "other dimensions are reversed",
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
