"""Pad: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.padding import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "NoPadding",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [0, 0], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>",
        "return %x",
    ),
    Law(
        "PadOfNothing",
        "%x: tensor<2x0xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [0, 1], high = [0, 1], interior = [1, 0] : (tensor<2x0xf32>, tensor<f32>) -> tensor<3x2xf32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<3x2xf32>
return %0""",
    ),
    Law(
        "PadBetweenNothing",
        "%x: tensor<1x3xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1, 0], high = [0, 1], interior = [2, 2] : (tensor<1x3xf32>, tensor<f32>) -> tensor<2x8xf32>",
        """
%0 = pad %x, %v, low = [1, 0], high = [0, 1], interior = [0, 2] : (tensor<1x3xf32>, tensor<f32>) -> tensor<2x8xf32>
return %0""",
    ),
    Law(
        "NegativePad",
        "%x: tensor<5x3x4xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [-1, 1, -2], high = [2, 0, -1], interior = [0, 1, 0] : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<6x6x1xf32>",
        """
%0 = slice %x [1:5, 0:3, 2:3] : (tensor<5x3x4xf32>) -> tensor<4x3x1xf32>
%1 = pad %0, %v, low = [0, 1, 0], high = [2, 0, 0], interior = [0, 1, 0] : (tensor<4x3x1xf32>, tensor<f32>) -> tensor<6x6x1xf32>
return %1""",
    ),
    Law(
        "DoublePad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1, -1], high = [2, 0], interior = [1, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<6x2xf32>
%r = pad %0, %v, low = [-2, -1], high = [1, 3], interior = [0, 0] : (tensor<6x2xf32>, tensor<f32>) -> tensor<5x4xf32>""",
        """
%0 = pad %x, %v, low = [-1, -2], high = [3, 3], interior = [1, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<5x4xf32>
return %0""",
    ),
    Law(
        "PadOfSplat",
        "",
        """
%0 = constant dense<1.5> : tensor<2xf32>
%1 = constant dense<1.5> : tensor<f32>
%r = pad %0, %1, low = [1], high = [1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<4xf32>
return %0""",
    ),
    Law(
        "PadOfBroadcast",
        "%v: tensor<f32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%r = pad %0, %v, low = [1, 0], high = [0, 0], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x5xf32>""",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<3x5xf32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "NoPadding",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1], high = [-1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>",
        "it pads",
    ),
    Kept(
        "NoPadding",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [0], high = [-1], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>",
        "it pads",
    ),
    Kept(
        "NoPadding",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [0], high = [0], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<?xf32>",
        "it gives `tensor<2xf32>` where `tensor<?xf32>` is declared",
    ),
    Kept(
        "PadOfNothing",
        "%x: tensor<1xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<1xf32>, tensor<f32>) -> tensor<2xf32>",
        "it may have elements",
    ),
    Kept(
        "PadOfNothing",
        "%x: tensor<0x?xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1, 0], high = [0, 0], interior = [0, 0] : (tensor<0x?xf32>, tensor<f32>) -> tensor<1x?xf32>",
        "needs to know a size",
    ),
    Kept(
        "PadBetweenNothing",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1], high = [0], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>",
        "there are elements to pad between",
    ),
    Kept(
        "PadBetweenNothing",
        "%x: tensor<1xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<1xf32>, tensor<f32>) -> tensor<2xf32>",
        "there are elements to pad between",
    ),
    Kept(
        "NegativePad",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<6xf32>",
        "it cuts nothing off",
    ),
    Kept(
        "NegativePad",
        "%x: tensor<5xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [-1], high = [0], interior = [1] : (tensor<5xf32>, tensor<f32>) -> tensor<8xf32>",
        "padding between elements is cut off",
    ),
    Kept(
        "NegativePad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [-5], high = [4], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>",
        "padding is cut off",
    ),
    Kept(
        "NegativePad",
        "%x: tensor<?xf32>, %v: tensor<f32>",
        "%r = pad %x, %v, low = [-5], high = [4], interior = [0] : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>",
        "is not known before it runs",
    ),
    Kept(
        "DoublePad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [-1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>
%r = pad %0, %v, low = [1], high = [0], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "DoublePad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0], high = [-1], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>
%r = pad %0, %v, low = [0], high = [1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "DoublePad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
%r = pad %0, %v, low = [0], high = [0], interior = [1] : (tensor<4xf32>, tensor<f32>) -> tensor<7xf32>""",
        "it pads between elements",
    ),
    Kept(
        "DoublePad",
        "%x: tensor<3xf32>, %v: tensor<f32>, %w: tensor<f32>",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
%r = pad %0, %w, low = [1], high = [0], interior = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>""",
        "`v` stands for two different values",
    ),
    Kept(
        "PadOfSplat",
        "",
        """
%0 = constant dense<0.0> : tensor<2xf32>
%1 = constant dense<-0.0> : tensor<f32>
%r = pad %0, %1, low = [1], high = [1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>""",
        "they are different constants",
    ),
    Kept(
        "PadOfSplat",
        "%v: tensor<f32>",
        """
%0 = constant dense<0.0> : tensor<2xf32>
%r = pad %0, %v, low = [1], high = [1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>""",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "PadOfSplat",
        "%v: tensor<f32>",
        "%r = pad %v, %v, low = [], high = [], interior = [] : (tensor<f32>, tensor<f32>) -> tensor<f32>",
        "a block argument is not a constant with one value",
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
