"""Transpose: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.transpose import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "DoubleTranspose",
        "%x: tensor<2x3x4xf32>",
        """
%0 = transpose %x, dims = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
%r = transpose %0, dims = [1, 0, 2] : (tensor<4x2x3xf32>) -> tensor<2x4x3xf32>""",
        """
%0 = transpose %x, dims = [0, 2, 1] : (tensor<2x3x4xf32>) -> tensor<2x4x3xf32>
return %0""",
    ),
    Law(
        "IdentityTranspose",
        "%x: tensor<2x3xf32>",
        "%r = transpose %x, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>",
        "return %x",
    ),
    Law(
        "TransposeOfSplat",
        "",
        """
%0 = constant dense<1.5> : tensor<2x3xf32>
%r = transpose %0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<3x2xf32>
return %0""",
    ),
    Law(
        "TransposeOfIota",
        "",
        """
%0 = iota dim = 2 : tensor<2x3x4xi32>
%r = transpose %0, dims = [1, 2, 0] : (tensor<2x3x4xi32>) -> tensor<3x4x2xi32>""",
        """
%0 = iota dim = 1 : tensor<3x4x2xi32>
return %0""",
    ),
    Law(
        "TransposeOfBroadcast",
        "%x: tensor<2x3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x4x3xf32>
%r = transpose %0, dims = [2, 0, 1] : (tensor<2x4x3xf32>) -> tensor<3x2x4xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2x4xf32>
return %0""",
    ),
    Law(
        "TransposeOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1, 0], high = [2, -1], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<5x4xf32>
%r = transpose %0, dims = [1, 0] : (tensor<5x4xf32>) -> tensor<4x5xf32>""",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%1 = pad %0, %v, low = [0, 1], high = [-1, 2], interior = [1, 0] : (tensor<3x2xf32>, tensor<f32>) -> tensor<4x5xf32>
return %1""",
    ),
    Law(
        "TransposeOfOnes",
        "%x: tensor<2x1x3xf32>",
        "%r = transpose %x, dims = [1, 0, 2] : (tensor<2x1x3xf32>) -> tensor<1x2x3xf32>",
        """
%0 = reshape %x : (tensor<2x1x3xf32>) -> tensor<1x2x3xf32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "IdentityTranspose",
        "%x: tensor<2x2xf32>",
        "%r = transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>",
        "the permutation (1, 0) moves something",
    ),
    Kept(
        "TransposeOfSplat",
        "",
        """
%0 = constant dense<[[1, 2]]> : tensor<1x2xi32>
%r = transpose %0, dims = [1, 0] : (tensor<1x2xi32>) -> tensor<2x1xi32>""",
        "the result of `stablehlo.constant` is not a constant with one value",
    ),
    Kept(
        "TransposeOfOnes",
        "%x: tensor<2x3x1xf32>",
        "%r = transpose %x, dims = [1, 0, 2] : (tensor<2x3x1xf32>) -> tensor<3x2x1xf32>",
        "the permutation (1, 0, 2) moves elements",
    ),
    Kept(
        "TransposeOfOnes",
        "%x: tensor<?x1x?xf32>",
        "%r = transpose %x, dims = [1, 0, 2] : (tensor<?x1x?xf32>) -> tensor<1x?x?xf32>",
        "a size is not known",
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
