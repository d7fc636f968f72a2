"""Tuples and tokens: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.tuples import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "ElementOfTuple",
        "%x: tensor<2xf32>, %y: tensor<i32>",
        """
%0 = tuple %x, %y : tuple<tensor<2xf32>, tensor<i32>>
%r = get_tuple_element %0[1] : (tuple<tensor<2xf32>, tensor<i32>>) -> tensor<i32>""",
        "return %y",
    ),
    Law(
        "TupleOfElements",
        "%t: tuple<tensor<f32>, tensor<i32>>",
        """
%0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<f32>
%1 = get_tuple_element %t[1] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<i32>
%r = tuple %0, %1 : tuple<tensor<f32>, tensor<i32>>""",
        "return %t",
    ),
    Law("AfterOneToken", "%t: !stablehlo.token", "%r = after_all %t : !stablehlo.token", "return %t"),
]

KEPT = [
    Kept(
        "TupleOfElements",
        "%t: tuple<tensor<f32>, tensor<f32>>",
        """
%0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
%1 = get_tuple_element %t[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
%r = tuple %1, %0 : tuple<tensor<f32>, tensor<f32>>""",
        "they are in another order",
    ),
    Kept(
        "TupleOfElements",
        "%t: tuple<tensor<f32>, tensor<f32>>",
        """
%0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
%r = tuple %0 : tuple<tensor<f32>>""",
        "the tuple has more",
    ),
    Kept(
        "TupleOfElements",
        "%t: tuple<tensor<f32>, tensor<f32>>, %s: tuple<tensor<f32>, tensor<f32>>",
        """
%0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
%1 = get_tuple_element %s[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
%r = tuple %0, %1 : tuple<tensor<f32>, tensor<f32>>""",
        "they come from several tuples",
    ),
    Kept("TupleOfElements", "%x: tensor<f32>", "%r = tuple %x : tuple<tensor<f32>>", "not all come from a tuple"),
    Kept(
        "AfterOneToken",
        "%t: !stablehlo.token",
        "%r = after_all %t, %t : !stablehlo.token",
        "`stablehlo.after_all` has 2 operands, in the pattern 1",
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
