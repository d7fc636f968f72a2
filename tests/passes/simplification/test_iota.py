"""Iota, and sizes as numbers: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.iota import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "IotaOfOne",
        "",
        "%r = iota dim = 1 : tensor<2x1xf32>",
        """
%0 = constant dense<0.000000e+00> : tensor<2x1xf32>
return %0""",
    ),
    Law(
        "ConvertOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<200x2xi32>
%r = convert %0 : (tensor<200x2xi32>) -> tensor<200x2xbf16>""",
        """
%0 = iota dim = 0 : tensor<200x2xbf16>
return %0""",
    ),
    Law(
        "SizeOfDimension",
        "%x: tensor<?x3xf32>",
        "%r = get_dimension_size %x, dim = 1 : (tensor<?x3xf32>) -> tensor<i32>",
        """
%0 = constant dense<3> : tensor<i32>
return %0""",
    ),
]

KEPT = [
    Kept("IotaOfOne", "", "%r = iota dim = 0 : tensor<2x1xf32>", "it counts"),
    Kept(
        "ConvertOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<300x2xi32>
%r = convert %0 : (tensor<300x2xi32>) -> tensor<300x2xbf16>""",
        "a type does not have all the numbers",
    ),
    Kept(
        "ConvertOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<200xi8>
%r = convert %0 : (tensor<200xi8>) -> tensor<200xi32>""",
        "a type does not have all the numbers",
    ),
    Kept(
        "ConvertOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<200xi32>
%r = convert %0 : (tensor<200xi32>) -> tensor<?xf32>""",
        "the shapes are declared differently",
    ),
    Kept(
        "SizeOfDimension",
        "%x: tensor<?x3xf32>",
        "%r = get_dimension_size %x, dim = 0 : (tensor<?x3xf32>) -> tensor<i32>",
        "the size is not known",
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
