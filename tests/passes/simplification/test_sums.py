"""Sums, and reductions in another order: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.sums import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "SumOfBroadcast",
        "%x: tensor<3xi8>",
        """
%c = constant dense<0> : tensor<i8>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi8>) -> tensor<2x3x5xi8>
%r = reduce(%0 init: %c) applies add across dimensions = [0, 2] : (tensor<2x3x5xi8>, tensor<i8>) -> tensor<3xi8>""",
        """
%0 = constant dense<0> : tensor<i8>
%1 = broadcast_in_dim %x, dims = [0] : (tensor<3xi8>) -> tensor<3xi8>
%2 = reduce(%1 init: %0) applies add across dimensions = [] : (tensor<3xi8>, tensor<i8>) -> tensor<3xi8>
%3 = constant dense<10> : tensor<3xi8>
%4 = multiply %2, %3 : tensor<3xi8>
return %4""",
    ),
    Law(
        "SumOfBroadcastRounded",
        "%x: tensor<3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = broadcast_in_dim %x, dims = [0] : (tensor<3xf32>) -> tensor<3xf32>
%2 = reduce(%1 init: %0) applies add across dimensions = [] : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
%3 = constant dense<2.000000e+00> : tensor<3xf32>
%4 = multiply %2, %3 : tensor<3xf32>
return %4""",
        exact=False,
    ),
    Law(
        "SumOfNegate",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = negate %x : tensor<2x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = reduce(%x init: %0) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%2 = negate %1 : tensor<2xf32>
return %2""",
        exact=False,
    ),
    Law(
        "SumOfScaled",
        "%x: tensor<2x3xi32>, %s: tensor<i32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%1 = multiply %0, %x : tensor<2x3xi32>
%r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        """
%0 = constant dense<0> : tensor<i32>
%1 = reduce(%x init: %0) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
%2 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2xi32>
%3 = multiply %1, %2 : tensor<2xi32>
return %3""",
    ),
    Law(
        "SumOfScaledRounded",
        "%x: tensor<2x3xf32>, %s: tensor<f32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%1 = multiply %x, %0 : tensor<2x3xf32>
%r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = reduce(%x init: %0) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%2 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2xf32>
%3 = multiply %1, %2 : tensor<2xf32>
return %3""",
        exact=False,
    ),
    Law(
        "ReduceOfReduceRounded",
        "%x: tensor<2x3x4xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = reduce(%x init: %c) applies add across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = reduce(%x init: %0) applies add across dimensions = [0, 2] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3xf32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfTransposeRounded",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [0, 1] : (tensor<3x2xf32>, tensor<f32>) -> tensor<f32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<f32>
%1 = transpose %0, dims = [] : (tensor<f32>) -> tensor<f32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfReverseRounded",
        "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
        """
%0 = reverse %x, dims = [1, 2] : tensor<2x3x4xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x4xf32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x4xf32>
%1 = reverse %0, dims = [1] : tensor<2x4xf32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfConcatenateRounded",
        "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x7xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = reduce(%x init: %0) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%2 = reduce(%y init: %0) applies add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
%3 = add %1, %2 : tensor<2xf32>
return %3""",
        exact=False,
    ),
]

KEPT = [
    Kept(
        "SumOfBroadcast",
        "%x: tensor<3xi32>",
        """
%c = constant dense<1> : tensor<i32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xi32>, tensor<i32>) -> tensor<3xi32>""",
        "the result of `stablehlo.constant` is 1, not 0, and the result of `stablehlo.constant` is 1, not -0.0",
    ),
    Kept(
        "SumOfBroadcast",
        "%x: tensor<3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %c) applies xor across dimensions = [0] : (tensor<2x3xi32>, tensor<i32>) -> tensor<3xi32>""",
        "it is no sum",
    ),
    Kept(
        "SumOfBroadcast",
        "%x: tensor<3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "SumOfBroadcast",
        "%x: tensor<3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "it reduces nothing that is repeated",
    ),
    Kept(
        "SumOfBroadcastRounded",
        "%x: tensor<3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xi32>, tensor<i32>) -> tensor<3xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "SumOfBroadcastRounded",
        "%x: tensor<3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<0x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<0x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it reduces nothing",
    ),
    Kept(
        "SumOfBroadcastRounded",
        "%x: tensor<3xf32>, %c: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "SumOfNegate",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = negate %x : tensor<2x3xf32>
%r = reduce(%0 init: %c) applies maximum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it is no sum",
    ),
    Kept(
        "SumOfNegate",
        "%x: tensor<2x3xf32>, %c: tensor<f32>",
        """
%0 = negate %x : tensor<2x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "SumOfScaled",
        "%x: tensor<2x3xf32>, %s: tensor<f32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%1 = multiply %x, %0 : tensor<2x3xf32>
%r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "SumOfScaled",
        "%x: tensor<2x3xi32>, %s: tensor<i32>, %c: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%1 = multiply %0, %x : tensor<2x3xi32>
%r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "SumOfScaledRounded",
        "%x: tensor<2x3xi32>, %s: tensor<i32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%1 = multiply %0, %x : tensor<2x3xi32>
%r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "SumOfScaledRounded",
        "%x: tensor<2x3xf32>, %s: tensor<f32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%1 = multiply %x, %0 : tensor<2x3xf32>
%r = reduce(%1 init: %c) applies minimum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it is no sum",
    ),
    Kept(
        "ReduceOfReduceRounded",
        "%x: tensor<2x3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>""",
        "the order does not matter",
    ),
    Kept(
        "ReduceOfReduceRounded",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<f32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ReduceOfReduceRounded",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = reduce(%x init: %c) applies multiply across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<f32>""",
        "the inner reduction does something else",
    ),
    Kept(
        "ReduceOfTransposeRounded",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [0] : (tensor<3x2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the order stays",
    ),
    Kept(
        "ReduceOfTransposeRounded",
        "%x: tensor<2x3xi32>, %v: tensor<i32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xi32>) -> tensor<3x2xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [0, 1] : (tensor<3x2xi32>, tensor<i32>) -> tensor<i32>""",
        "the order does not matter",
    ),
    Kept(
        "ReduceOfReverseRounded",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x3xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the order does not matter",
    ),
    Kept(
        "ReduceOfConcatenateRounded",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x6xf32>, tensor<f32>) -> tensor<2xf32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ReduceOfConcatenateRounded",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = concatenate %x, %x, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<4x3xf32>, tensor<f32>) -> tensor<4xf32>""",
        "the dimension is not reduced",
    ),
    Kept(
        "ReduceOfConcatenateRounded",
        "%x: tensor<2x3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = concatenate %x, %x, dim = 1 : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x6xi32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x6xi32>, tensor<i32>) -> tensor<2xi32>""",
        "the order does not matter",
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
