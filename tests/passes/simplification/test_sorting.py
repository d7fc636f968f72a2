"""Sort: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.sorting import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "SortOfOne",
        "%x: tensor<1x3xf32>",
        """
%r = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<1x3xf32>) -> tensor<1x3xf32>""",
        "return %x",
    ),
    Law(
        "SortOfSplat",
        "",
        """
%0 = constant dense<1.5> : tensor<4xf32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4xf32>) -> tensor<4xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<4xf32>
return %0""",
    ),
    Law(
        "SortOfBroadcast",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
%r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare GT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
return %0""",
    ),
    Law(
        "SortOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LE, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
return %0""",
    ),
    Law(
        "SortOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = 1 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
return %0""",
    ),
    Law(
        "SortOfSort",
        "%x: tensor<4x3xi32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare GE, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare GT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        """
%0 = "sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%arg1: tensor<i32>, %arg2: tensor<i32>):
%1 = compare GE, %arg1, %arg2 : (tensor<i32>, tensor<i32>) -> tensor<i1>
return %1 : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>
return %0""",
    ),
    Law(
        "SortOfSort",
        "%x: tensor<4x3xf32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        """
%0 = "sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
%1 = compare LT, %arg1, %arg2, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
return %1 : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "SortOfSort",
        "%x: tensor<4xf32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%y = compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
%z = compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4xf32>) -> tensor<4xf32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
%z = compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4xf32>) -> tensor<4xf32>""",
        "the order leaves different elements in any order",
    ),
    Kept(
        "SortOfOne",
        "%x: tensor<2x1xf32>",
        """
%r = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<2x1xf32>) -> tensor<2x1xf32>""",
        "there are several elements",
    ),
    Kept(
        "SortOfSplat",
        "%x: tensor<2x1xf32>",
        """
%r = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<2x1xf32>) -> tensor<2x1xf32>""",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "SortOfBroadcast",
        "%x: tensor<3xf32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
%r = "stablehlo.sort"(%0) <{dimension = -1 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        "the elements differ",
    ),
    Kept(
        "SortOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare GT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        "it does not sort upwards",
    ),
    Kept(
        "SortOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LT, %b0, %a0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        "it does not sort upwards",
    ),
    Kept(
        "SortOfIota",
        "",
        """
%0 = iota dim = 0 : tensor<200xi8>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i8>, %b0: tensor<i8>):
%z = compare LT, %a0, %b0 : (tensor<i8>, tensor<i8>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<200xi8>) -> tensor<200xi8>""",
        "the type does not have all the numbers",
    ),
    Kept(
        "SortOfSort",
        "%x: tensor<4x3xi32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare GT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        "they sort differently",
    ),
    Kept(
        "SortOfSort",
        "%x: tensor<4x3xi32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>
%r = "stablehlo.sort"(%0) <{dimension = 1 : i64, is_stable = true}> ({
^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
%z = compare LT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        "they sort along different dimensions",
    ),
    Kept(
        "SortOfSort",
        "%x: tensor<4x3xf32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        "the order leaves different elements in any order",
    ),
    Kept(
        "SortOfSort",
        "%x: tensor<4x3xf32>",
        """
%0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>
%r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
%z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
stablehlo.return %z : tensor<i1>
}) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        "the order leaves different elements in any order",
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
