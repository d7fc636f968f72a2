"""Elementwise ops and movement of elements: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.movement import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "ClampByScalars",
        "%a: tensor<f32>, %x: tensor<2xf32>, %b: tensor<f32>",
        """
%0 = broadcast_in_dim %a, dims = [] : (tensor<f32>) -> tensor<2xf32>
%1 = broadcast_in_dim %b, dims = [] : (tensor<f32>) -> tensor<2xf32>
%r = clamp %0, %x, %1 : tensor<2xf32>""",
        """
%0 = clamp %a, %x, %b : (tensor<f32>, tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "elementwise_of_transposes",
        "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%1 = transpose %y, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%r = compare LT, %0, %1 : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xi1>""",
        """
%0 = compare LT, %x, %y : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
%1 = transpose %0, dims = [1, 0] : (tensor<2x3xi1>) -> tensor<3x2xi1>
return %1""",
    ),
    Law(
        "elementwise_of_transposes",
        "%x: tensor<2x3xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%r = multiply %0, %0 : tensor<3x2xf32>""",
        """
%0 = multiply %x, %x : tensor<2x3xf32>
%1 = transpose %0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
return %1""",
    ),
    Law(
        "elementwise_of_reshapes",
        "%x: tensor<2x3xf32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
%1 = constant dense<2.0> : tensor<6xf32>
%r = divide %1, %0 : tensor<6xf32>""",
        """
%0 = constant dense<2.000000e+00> : tensor<2x3xf32>
%1 = divide %0, %x : tensor<2x3xf32>
%2 = reshape %1 : (tensor<2x3xf32>) -> tensor<6xf32>
return %2""",
    ),
    Law(
        "elementwise_of_reverses",
        "%p: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>",
        """
%0 = reverse %p, dims = [0] : tensor<3xi1>
%1 = reverse %x, dims = [0] : tensor<3xf32>
%2 = reverse %y, dims = [0] : tensor<3xf32>
%r = select %0, %1, %2 : tensor<3xi1>, tensor<3xf32>""",
        """
%0 = select %p, %x, %y : tensor<3xi1>, tensor<3xf32>
%1 = reverse %0, dims = [0] : tensor<3xf32>
return %1""",
    ),
    Law(
        "elementwise_of_broadcasts",
        "%x: tensor<3xf32>, %y: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%1 = broadcast_in_dim %y, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = add %0, %1 : tensor<2x3xf32>""",
        """
%0 = add %x, %y : tensor<3xf32>
%1 = broadcast_in_dim %0, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
return %1""",
    ),
    Law(
        "elementwise_of_broadcasts",
        "%x: tensor<i32>",
        """
%0 = broadcast_in_dim %x, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%r = convert %0 : (tensor<2x3xi32>) -> tensor<2x3xf32>""",
        """
%0 = convert %x : (tensor<i32>) -> tensor<f32>
%1 = broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
return %1""",
    ),
    Law(
        "unary_of_pad",
        "%x: tensor<2xi32>, %v: tensor<i32>",
        """
%0 = pad %x, %v, low = [1], high = [-1], interior = [1] : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
%r = convert %0 : (tensor<3xi32>) -> tensor<3xf32>""",
        """
%0 = convert %x : (tensor<2xi32>) -> tensor<2xf32>
%1 = convert %v : (tensor<i32>) -> tensor<f32>
%2 = pad %0, %1, low = [1], high = [-1], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<3xf32>
return %2""",
    ),
]

KEPT = [
    Kept(
        "unary_of_pad",
        "%x: tensor<2xi32>, %v: tensor<i32>",
        """
%0 = pad %x, %v, low = [1], high = [-1], interior = [1] : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
%r = convert %0 : (tensor<3xi32>) -> tensor<?xf32>""",
        "the shapes are declared differently",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2x2xf32>, %y: tensor<2x2x2xf32>",
        """
%0 = transpose %x, dims = [1, 0, 2] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
%1 = transpose %y, dims = [0, 2, 1] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
%r = add %0, %1 : tensor<2x2x2xf32>""",
        "the operands are moved in different ways",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
%r = add %0, %x : tensor<2x2xf32>""",
        "an operand is neither moved nor the same everywhere",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2xf32>",
        "%r = negate %x : tensor<2x2xf32>",
        "no operand comes from `stablehlo.transpose`",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2xf32>, %p: tensor<i1>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
%1 = constant dense<true> : tensor<i1>
%r = select %1, %0, %0 : tensor<i1>, tensor<2x2xf32>""",
        "an operand is a scalar",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
%1 = dot_general %0, %x, contracting_dims = [1] x [0] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
%r = negate %0 : tensor<2x2xf32>""",
        "what is moved is also used elsewhere",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x2x!quant.uniform<i8:f32, 0.5>>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x2x!quant.uniform<i8:f32, 0.5>>
%r = negate %0 : tensor<2x2x!quant.uniform<i8:f32, 0.5>>""",
        "an operand is quantized",
    ),
    Kept(
        "elementwise_of_transposes",
        "%x: tensor<2x?xf32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x?xf32>) -> tensor<?x2xf32>
%r = negate %0 : tensor<?x2xf32>""",
        "a size is not known",
    ),
    Kept(
        "elementwise_of_reshapes",
        "%x: tensor<2x3xf32>, %y: tensor<3x2xf32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
%1 = reshape %y : (tensor<3x2xf32>) -> tensor<6xf32>
%r = divide %1, %0 : tensor<6xf32>""",
        "the operands are moved in different ways",
    ),
    Kept(
        "elementwise_of_reverses",
        "%x: tensor<3x3xf32>, %y: tensor<3x3xf32>",
        """
%0 = reverse %x, dims = [0] : tensor<3x3xf32>
%1 = reverse %y, dims = [1] : tensor<3x3xf32>
%r = add %0, %1 : tensor<3x3xf32>""",
        "the operands are moved in different ways",
    ),
    Kept(
        "elementwise_of_broadcasts",
        "%x: tensor<3xf32>, %y: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<3x3xf32>
%1 = broadcast_in_dim %y, dims = [0] : (tensor<3xf32>) -> tensor<3x3xf32>
%r = add %0, %1 : tensor<3x3xf32>""",
        "the operands are moved in different ways",
    ),
    Kept(
        "elementwise_of_broadcasts",
        "%x: tensor<1xf32>, %y: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<1xf32>) -> tensor<3x3xf32>
%1 = broadcast_in_dim %y, dims = [1] : (tensor<3xf32>) -> tensor<3x3xf32>
%r = add %0, %1 : tensor<3x3xf32>""",
        "the operands are moved in different ways",
    ),
    Kept(
        "unary_of_pad",
        "%x: tensor<2xi32>, %v: tensor<i32>",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
%r = add %0, %0 : tensor<3xi32>""",
        "it is no f(pad(x, v))",
    ),
    Kept(
        "unary_of_pad",
        "%x: tensor<2xi32>, %v: tensor<i32>",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
%1 = add %0, %0 : tensor<3xi32>
%r = negate %0 : tensor<3xi32>""",
        "what is padded is also used elsewhere",
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
