"""Broadcast in dimensions: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.broadcast import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "IdentityBroadcast",
        "%x: tensor<2x3xf32>",
        "%r = broadcast_in_dim %x, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>",
        "return %x",
    ),
    Law(
        "DoubleBroadcast",
        "%x: tensor<2x1xf32>",
        """
%0 = broadcast_in_dim %x, dims = [2, 0] : (tensor<2x1xf32>) -> tensor<3x4x2xf32>
%r = broadcast_in_dim %0, dims = [2, 0, 1] : (tensor<3x4x2xf32>) -> tensor<4x2x3x5xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<4x2x3x5xf32>
return %0""",
    ),
    Law(
        "BroadcastOfSplat",
        "",
        """
%0 = constant dense<7> : tensor<2xi8>
%r = broadcast_in_dim %0, dims = [1] : (tensor<2xi8>) -> tensor<3x2xi8>""",
        """
%0 = constant dense<7> : tensor<3x2xi8>
return %0""",
    ),
    Law(
        "BroadcastOfTranspose",
        "%x: tensor<2x3x4xf32>",
        """
%0 = transpose %x, dims = [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
%r = broadcast_in_dim %0, dims = [0, 3, 1] : (tensor<3x4x2xf32>) -> tensor<3x2x5x4xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1, 0, 3] : (tensor<2x3x4xf32>) -> tensor<3x2x5x4xf32>
return %0""",
    ),
    Law(
        "BroadcastOfReshape",
        "%x: tensor<2x3xf32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<1x2x1x3xf32>
%r = broadcast_in_dim %0, dims = [0, 2, 1, 3] : (tensor<1x2x1x3xf32>) -> tensor<4x5x2x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [2, 3] : (tensor<2x3xf32>) -> tensor<4x5x2x3xf32>
return %0""",
    ),
    Law(
        "BroadcastOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<2x3xi32>
%r = broadcast_in_dim %0, dims = [2, 0] : (tensor<2x3xi32>) -> tensor<3x4x2xi32>""",
        """
%0 = iota dim = 0 : tensor<3x4x2xi32>
return %0""",
    ),
    Law(
        "BroadcastIsReshape",
        "%x: tensor<2x1x3xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 0, 3] : (tensor<2x1x3xf32>) -> tensor<1x2x1x3xf32>",
        """
%0 = reshape %x : (tensor<2x1x3xf32>) -> tensor<1x2x1x3xf32>
return %0""",
    ),
    Law(
        "BroadcastIsTranspose",
        "%x: tensor<2x3x4xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>",
        """
%0 = transpose %x, dims = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "IdentityBroadcast",
        "%x: tensor<2x2xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>",
        "dimensions are exchanged",
    ),
    Kept(
        "IdentityBroadcast",
        "%x: tensor<1x2xf32>",
        "%r = broadcast_in_dim %x, dims = [0, 1] : (tensor<1x2xf32>) -> tensor<3x2xf32>",
        "the shape changes, or is not known",
    ),
    Kept(
        "IdentityBroadcast",
        "%x: tensor<?xf32, #stablehlo.bounds<3>>",
        "%r = broadcast_in_dim %x, dims = [0] : (tensor<?xf32, #stablehlo.bounds<3>>) -> tensor<?xf32, #stablehlo.bounds<3>>",
        "the shape changes, or is not known",
    ),
    Kept(
        "BroadcastOfSplat",
        "%x: tensor<1xf32>",
        "%r = broadcast_in_dim %x, dims = [0] : (tensor<1xf32>) -> tensor<3xf32>",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "BroadcastOfSplat",
        "",
        """
%0 = constant dense<7> : tensor<i8>
%r = broadcast_in_dim %0, dims = [] : (tensor<i8>) -> tensor<?xi8, #stablehlo.bounds<3>>""",
        "is not known before it runs",
    ),
    Kept(
        "BroadcastOfReshape",
        "%x: tensor<2x1xf32>",
        """
%0 = reshape %x : (tensor<2x1xf32>) -> tensor<2xf32>
%r = broadcast_in_dim %0, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "BroadcastOfReshape",
        "%x: tensor<2x3xf32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
%r = broadcast_in_dim %0, dims = [1] : (tensor<6xf32>) -> tensor<4x6xf32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "BroadcastOfIota",
        "",
        """
%0 = iota dim = 1 : tensor<2x1xi32>
%r = broadcast_in_dim %0, dims = [0, 1] : (tensor<2x1xi32>) -> tensor<2x3xi32>""",
        "the numbers are repeated",
    ),
    Kept(
        "BroadcastOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<2xi32>
%r = broadcast_in_dim %0, dims = [1] : (tensor<2xi32>) -> tensor<?x2xi32, #stablehlo.bounds<3, ?>>""",
        "needs to know a size",
    ),
    Kept(
        "BroadcastIsReshape",
        "%x: tensor<2x3xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>",
        "dimensions are exchanged",
    ),
    Kept(
        "BroadcastIsReshape",
        "%x: tensor<1x3xf32>",
        "%r = broadcast_in_dim %x, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<2x3xf32>",
        "the number of elements changes",
    ),
    Kept(
        "BroadcastIsReshape",
        "%x: tensor<?xf32, #stablehlo.bounds<3>>",
        "%r = broadcast_in_dim %x, dims = [0] : (tensor<?xf32, #stablehlo.bounds<3>>) -> tensor<?xf32, #stablehlo.bounds<3>>",
        "a size is not known",
    ),
    Kept(
        "BroadcastIsTranspose",
        "%x: tensor<2x1xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 0] : (tensor<2x1xf32>) -> tensor<3x2xf32>",
        "something is repeated or added",
    ),
    Kept(
        "BroadcastIsTranspose",
        "%x: tensor<2x3xf32>",
        "%r = broadcast_in_dim %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2x1xf32>",
        "something is repeated or added",
    ),
    Kept(
        "BroadcastIsTranspose",
        "%x: tensor<?x2xf32, #stablehlo.bounds<3, ?>>",
        "%r = broadcast_in_dim %x, dims = [1, 0] : (tensor<?x2xf32, #stablehlo.bounds<3, ?>>) -> tensor<2x?xf32, #stablehlo.bounds<?, 3>>",
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
