"""Reduce window: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.window import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "WindowOfOne",
        "%x: tensor<3x4xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x4xf32>""",
        """
%0 = slice %x [0:3:2, 0:4] : (tensor<3x4xf32>) -> tensor<2x4xf32>
return %0""",
    ),
    Law(
        "WindowOfOneFromInit",
        "%x: tensor<3x4xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x4xf32>""",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2x4xf32>
%1 = slice %x [0:3:2, 0:4] : (tensor<3x4xf32>) -> tensor<2x4xf32>
%2 = add %0, %1 : tensor<2x4xf32>
return %2""",
    ),
    Law(
        "WholeWindow",
        "%x: tensor<3x4xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 2, 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<1x4xf32>""",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
%1 = reshape %0 : (tensor<4xf32>) -> tensor<1x4xf32>
return %1""",
    ),
    Law(
        "WindowOfPad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1], high = [-1], interior = [1] : (tensor<3xf32>, tensor<f32>) -> tensor<5xf32>
%r = "stablehlo.reduce_window"(%0, %v) <{window_dimensions = array<i64: 2>, padding = dense<[[1, -1]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<5xf32>, tensor<f32>) -> tensor<4xf32>""",
        """
%0 = "reduce_window"(%x, %v) <{base_dilations = array<i64: 2>, padding = dense<[[2, -2]]> : tensor<1x2xi64>, window_dimensions = array<i64: 2>}> ({
^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
%1 = add %arg2, %arg3 : tensor<f32>
return %1 : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
return %0""",
        exact=False,
    ),
]

KEPT = [
    Kept(
        "WindowOfOne",
        "%x: tensor<3x4xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1, 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x3xf32>""",
        "windows have several elements",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<3x4xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1, 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>""",
        "the result of `stablehlo.constant` is 0.0, not -0.0",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>""",
        "there is padding",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>""",
        "there is padding",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1>, base_dilations = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<5xf32>""",
        "there is padding between elements",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = subtract %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<3xi32>, tensor<i32>) -> tensor<3xi32>""",
        "its body is not one op like add",
    ),
    Kept(
        "WindowOfOne",
        "%x: tensor<?xi32>",
        """
%c = constant dense<0> : tensor<i32>
%r = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = add %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<?xi32>, tensor<i32>) -> tensor<?xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "WindowOfOneFromInit",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "windows have several elements",
    ),
    Kept(
        "WindowOfOneFromInit",
        "%x: tensor<?xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3x4xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3, 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<1x3xf32>""",
        "there are several windows of several elements",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3x4xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 1, 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<1x2xf32>""",
        "there are several windows of several elements",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "there is padding",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "there is padding",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>, base_dilations = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "there is padding between elements",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>, window_dilations = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<3xf32>, tensor<f32>) -> tensor<1xf32>""",
        "windows have holes",
    ),
    Kept(
        "WholeWindow",
        "%x: tensor<?x1xf32>, %v: tensor<f32>",
        """
%r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = maximum %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "WindowOfPad",
        "%x: tensor<3xf32>, %v: tensor<f32>, %w: tensor<f32>",
        """
%0 = pad %x, %w, low = [1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
%r = "stablehlo.reduce_window"(%0, %v) <{window_dimensions = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>""",
        "`v` stands for two different values",
    ),
    Kept(
        "WindowOfPad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [-1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>
%r = "stablehlo.reduce_window"(%0, %v) <{window_dimensions = array<i64: 2>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "WindowOfPad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0], high = [-1], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>
%r = "stablehlo.reduce_window"(%0, %v) <{window_dimensions = array<i64: 2>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it puts back what was cut off",
    ),
    Kept(
        "WindowOfPad",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
%r = "stablehlo.reduce_window"(%0, %v) <{window_dimensions = array<i64: 2>, base_dilations = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<4xf32>, tensor<f32>) -> tensor<6xf32>""",
        "`base_dilations` of `stablehlo.reduce_window` is array<i64: 2>, in the pattern absent",
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
