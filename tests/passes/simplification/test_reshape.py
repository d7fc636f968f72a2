"""Reshape: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.reshape import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "IdentityReshape", "%x: tensor<2x3xf32>", "%r = reshape %x : (tensor<2x3xf32>) -> tensor<2x3xf32>", "return %x"
    ),
    Law(
        "DoubleReshape",
        "%x: tensor<2x3xf32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
%r = reshape %0 : (tensor<6xf32>) -> tensor<3x2xf32>""",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
return %0""",
    ),
    Law(
        "ReshapeOfSplat",
        "",
        """
%0 = constant dense<-0.0> : tensor<2x3xf32>
%r = reshape %0 : (tensor<2x3xf32>) -> tensor<6xf32>""",
        """
%0 = constant dense<-0.000000e+00> : tensor<6xf32>
return %0""",
    ),
    Law(
        "ReshapeOfBroadcastScalar",
        "%x: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%r = reshape %0 : (tensor<2x3xf32>) -> tensor<6xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<6xf32>
return %0""",
    ),
    Law(
        "ReshapeOfBroadcast",
        "%x: tensor<2x3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0, 3] : (tensor<2x3xf32>) -> tensor<2x1x4x3xf32>
%r = reshape %0 : (tensor<2x1x4x3xf32>) -> tensor<1x2x4x1x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1, 4] : (tensor<2x3xf32>) -> tensor<1x2x4x1x3xf32>
return %0""",
    ),
    Law(
        "ReshapeOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<1x3x4xi32>
%r = reshape %0 : (tensor<1x3x4xi32>) -> tensor<3x1x4xi32>""",
        """
%0 = iota dim = 0 : tensor<3x1x4xi32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "IdentityReshape",
        "%x: tensor<2x3xf32>",
        "%r = reshape %x : (tensor<2x3xf32>) -> tensor<3x2xf32>",
        "the shape changes",
    ),
    Kept(
        "ReshapeOfSplat",
        "",
        """
%0 = constant dense<[1, 2]> : tensor<2xi32>
%r = reshape %0 : (tensor<2xi32>) -> tensor<2x1xi32>""",
        "the result of `stablehlo.constant` is not a constant with one value",
    ),
    Kept(
        "ReshapeOfSplat",
        "",
        """
%0 = constant dense<2> : tensor<2xi32>
%r = reshape %0 : (tensor<2xi32>) -> tensor<?xi32, #stablehlo.bounds<3>>""",
        "a size is not known",
    ),
    Kept(
        "ReshapeOfBroadcast",
        "%x: tensor<2xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<2xf32>) -> tensor<2x3xf32>
%r = reshape %0 : (tensor<2x3xf32>) -> tensor<3x2xf32>""",
        "elements or dimensions of x change places",
    ),
    Kept(
        "ReshapeOfBroadcast",
        "%x: tensor<2x1xf32>",
        """
%0 = broadcast_in_dim %x, dims = [0, 1] : (tensor<2x1xf32>) -> tensor<2x1x3xf32>
%r = reshape %0 : (tensor<2x1x3xf32>) -> tensor<2x3xf32>""",
        "elements or dimensions of x change places",
    ),
    Kept(
        "ReshapeOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<2x3xi32>
%r = reshape %0 : (tensor<2x3xi32>) -> tensor<3x2xi32>""",
        "elements change places",
    ),
    Kept(
        "ReshapeOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<1x3xi32>
%r = reshape %0 : (tensor<1x3xi32>) -> tensor<3xi32>""",
        "elements change places",
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
