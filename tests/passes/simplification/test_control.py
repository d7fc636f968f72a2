"""Control flow, barriers and tokens: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.control import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "if_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>",
        """
%p = constant dense<true> : tensor<i1>
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        """
%0 = negate %x : tensor<f32>
return %0""",
    ),
    Law(
        "if_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>",
        """
%p = constant dense<false> : tensor<i1>
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "return %y",
    ),
    Law(
        "case_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>",
        """
%p = constant dense<0> : tensor<i32>
%r = "stablehlo.case"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}, {
stablehlo.return %x : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>""",
        """
%0 = negate %x : tensor<f32>
return %0""",
    ),
    Law(
        "case_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>",
        """
%p = constant dense<-1> : tensor<i32>
%r = "stablehlo.case"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %x : tensor<f32>
}, {
%n = negate %y : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>""",
        """
%0 = negate %y : tensor<f32>
return %0""",
    ),
    Law(
        "case_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i32>",
        """
%r = "stablehlo.case"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>""",
        """
%0 = negate %x : tensor<f32>
return %0""",
    ),
    Law(
        "if_that_selects",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
stablehlo.return %x : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        """
%0 = select %p, %x, %y : tensor<i1>, tensor<f32>
return %0""",
    ),
    Law(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        """
%0 = negate %x : tensor<f32>
return %0""",
    ),
    Law(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i32>",
        """
%r = "stablehlo.case"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>""",
        """
%0 = negate %x : tensor<f32>
return %0""",
    ),
    Law(
        "unused_results_of_branches",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%0:2 = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n, %x : tensor<f32>, tensor<f32>
}, {
%n = negate %y : tensor<f32>
stablehlo.return %y, %n : tensor<f32>, tensor<f32>
}) : (tensor<i1>) -> (tensor<f32>, tensor<f32>)
%r = abs %0#1 : tensor<f32>""",
        """
%0 = "if"(%p) ({
return %x : tensor<f32>
}, {
%2 = negate %y : tensor<f32>
return %2 : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>
%1 = abs %0 : tensor<f32>
return %1""",
    ),
    Law(
        "while_of_false",
        "%x: tensor<f32>",
        """
%r = "stablehlo.while"(%x) ({
^bb0(%c0: tensor<f32>):
%f = constant dense<false> : tensor<i1>
stablehlo.return %f : tensor<i1>
}, {
^bb0(%b0: tensor<f32>):
%n = negate %b0 : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<f32>) -> tensor<f32>""",
        "return %x",
    ),
    Law(
        "unchanged_in_while",
        "%x: tensor<f32>, %i: tensor<i32>",
        """
%0:2 = "stablehlo.while"(%x, %i) ({
^bb0(%c0: tensor<f32>, %c1: tensor<i32>):
%l = compare LT, %c1, %i : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %l : tensor<i1>
}, {
^bb0(%b0: tensor<f32>, %b1: tensor<i32>):
%n = convert %b0 : (tensor<f32>) -> tensor<i32>
stablehlo.return %b0, %n : tensor<f32>, tensor<i32>
}) : (tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
%r = abs %0#0 : tensor<f32>""",
        """
%0 = abs %x : tensor<f32>
return %0""",
    ),
    Law(
        "unused_barrier",
        "%x: tensor<f32>",
        """
%0 = optimization_barrier %x : tensor<f32>
%r = abs %x : tensor<f32>""",
        """
%0 = abs %x : tensor<f32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "if_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "case_of_constant",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i32>",
        """
%r = "stablehlo.case"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>""",
        "the index is not a constant",
    ),
    Kept(
        "if_that_selects",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches compute something",
    ),
    Kept(
        "if_that_selects",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
stablehlo.return %x : tensor<f32>
}, {
%n = negate %y : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches compute something",
    ),
    Kept(
        "if_that_selects",
        "%x: tensor<2xf32>, %y: tensor<?xf32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
stablehlo.return %x : tensor<2xf32>
}, {
stablehlo.return %y : tensor<?xf32>
}) : (tensor<i1>) -> tensor<?xf32>""",
        "the branches return other types than the op",
    ),
    Kept(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
%n = negate %y : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches differ",
    ),
    Kept(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
%n = abs %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches differ",
    ),
    Kept(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%c = constant dense<1.0> : tensor<f32>
stablehlo.return %c : tensor<f32>
}, {
%c = constant dense<2.0> : tensor<f32>
stablehlo.return %c : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches differ",
    ),
    Kept(
        "branches_alike",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %x : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "the branches differ",
    ),
    Kept(
        "unused_results_of_branches",
        "%x: tensor<f32>, %y: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.if"(%p) ({
%n = negate %x : tensor<f32>
stablehlo.return %n : tensor<f32>
}, {
stablehlo.return %y : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>""",
        "all results are used, or none",
    ),
    Kept(
        "while_of_false",
        "%x: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.while"(%x) ({
^bb0(%c0: tensor<f32>):
stablehlo.return %p : tensor<i1>
}, {
^bb0(%b0: tensor<f32>):
%n = negate %b0 : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<f32>) -> tensor<f32>""",
        "the condition is not the constant false",
    ),
    Kept(
        "while_of_false",
        "%x: tensor<f32>",
        """
%t = constant dense<true> : tensor<i1>
%r = "stablehlo.while"(%x) ({
^bb0(%c0: tensor<f32>):
stablehlo.return %t : tensor<i1>
}, {
^bb0(%b0: tensor<f32>):
%n = negate %b0 : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<f32>) -> tensor<f32>""",
        "the condition is not the constant false",
    ),
    Kept(
        "while_of_false",
        "%x: tensor<f32>",
        """
%r = "stablehlo.while"(%x) ({
^bb0(%c0: tensor<f32>):
%u = "stablehlo.custom_call"(%c0) <{call_target_name = "foo", has_side_effect = true}> : (tensor<f32>) -> tensor<f32>
%f = constant dense<false> : tensor<i1>
stablehlo.return %f : tensor<i1>
}, {
^bb0(%b0: tensor<f32>):
%n = negate %b0 : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<f32>) -> tensor<f32>""",
        "the condition has side effects",
    ),
    Kept(
        "unchanged_in_while",
        "%x: tensor<f32>, %p: tensor<i1>",
        """
%r = "stablehlo.while"(%x) ({
^bb0(%c0: tensor<f32>):
stablehlo.return %p : tensor<i1>
}, {
^bb0(%b0: tensor<f32>):
%n = negate %b0 : tensor<f32>
stablehlo.return %n : tensor<f32>
}) : (tensor<f32>) -> tensor<f32>""",
        "each value changes, or is not read",
    ),
    Kept(
        "unused_barrier",
        "%x: tensor<f32>",
        """
%0 = optimization_barrier %x : tensor<f32>
%r = abs %0 : tensor<f32>""",
        "its results are used",
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
