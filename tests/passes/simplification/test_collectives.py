"""Collectives of one process: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.collectives import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "collective_of_one",
        "%x: tensor<4xf32>",
        """%r = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0]]> : tensor<1x1xi64>}> : (tensor<4xf32>) -> tensor<4xf32>""",
        "return %x",
    ),
    Law(
        "collective_of_one",
        "%x: tensor<4xf32>",
        """
%r = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0]]> : tensor<1x1xi64>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = add %a, %b : tensor<f32>
stablehlo.return %z : tensor<f32>
}) : (tensor<4xf32>) -> tensor<4xf32>""",
        "return %x",
    ),
]

KEPT = [
    Kept(
        "collective_of_one",
        "%x: tensor<4xf32>",
        """%r = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4xf32>) -> tensor<8xf32>""",
        "other processes may take part",
    ),
    Kept(
        "collective_of_one",
        "%x: tensor<4xf32>",
        """%r = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0]]> : tensor<1x1xi64>, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>}> : (tensor<4xf32>) -> tensor<4xf32>""",
        "other processes may take part",
    ),
    Kept(
        "collective_of_one",
        "%x: tensor<4xi8>",
        """
%r = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0]]> : tensor<1x1xi64>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = add %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<4xi8>) -> tensor<4xi32>""",
        "the types change",
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
