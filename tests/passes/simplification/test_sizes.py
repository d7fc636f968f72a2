"""Ops that take sizes and positions as operands: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.sizes import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "DynamicReshapeIsReshape",
        "%x: tensor<6xf32>, %s: tensor<2xi32>",
        """
%0 = constant dense<[2, 3]> : tensor<2xi32>
%r = dynamic_reshape %x, %0 : (tensor<6xf32>, tensor<2xi32>) -> tensor<2x3xf32>""",
        """
%0 = reshape %x : (tensor<6xf32>) -> tensor<2x3xf32>
return %0""",
    ),
    Law(
        "DynamicBroadcastIsBroadcast",
        "%x: tensor<3xf32>",
        """
%0 = constant dense<[2, 3]> : tensor<2xi32>
%r = dynamic_broadcast_in_dim %x, %0, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<2x3xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
return %0""",
    ),
    Law(
        "DynamicIotaIsIota",
        "",
        """
%0 = constant dense<[2, 3]> : tensor<2xi32>
%r = dynamic_iota %0, dim = 1 : (tensor<2xi32>) -> tensor<2x3xf32>""",
        """
%0 = iota dim = 1 : tensor<2x3xf32>
return %0""",
    ),
    Law(
        "DynamicPadIsPad",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        """
%0 = constant dense<1> : tensor<1xi32>
%1 = constant dense<0> : tensor<1xi32>
%r = dynamic_pad %x, %v, %0, %1, %0 : (tensor<2xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<4xf32>""",
        """
%0 = pad %x, %v, low = [1], high = [0], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
return %0""",
    ),
    Law(
        "RealDynamicSliceIsSlice",
        "%x: tensor<5xf32>",
        """
%0 = constant dense<1> : tensor<1xi32>
%1 = constant dense<5> : tensor<1xi32>
%2 = constant dense<2> : tensor<1xi32>
%r = real_dynamic_slice %x, %0, %1, %2 : (tensor<5xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<2xf32>""",
        """
%0 = slice %x [1:5:2] : (tensor<5xf32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "DynamicGatherIsGather",
        "%x: tensor<4x5xf32>, %i: tensor<2xi32>",
        """
%0 = constant dense<[3, 1]> : tensor<2xi32>
%r = "stablehlo.dynamic_gather"(%x, %i, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>}> : (tensor<4x5xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3xf32>""",
        """
%0 = "gather"(%x, %i) <{dimension_numbers = #gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0]>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>
return %0""",
    ),
    Law(
        "DynamicConvIsConvolution",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
        """
%0 = constant dense<[[1, 0]]> : tensor<1x2xi32>
%r = "stablehlo.dynamic_conv"(%x, %w, %0) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, feature_group_count = 1 : i64}> : (tensor<2x5x3xi32>, tensor<2x3x4xi32>, tensor<1x2xi32>) -> tensor<2x5x4xi32>""",
        """
%0 = convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi32>, tensor<2x3x4xi32>) -> tensor<2x5x4xi32>
return %0""",
    ),
]

KEPT = [
    Kept(
        "DynamicReshapeIsReshape",
        "%x: tensor<6xf32>, %s: tensor<2xi32>",
        "%r = dynamic_reshape %x, %s : (tensor<6xf32>, tensor<2xi32>) -> tensor<?x3xf32>",
        "needs to know a size",
    ),
    Kept(
        "DynamicBroadcastIsBroadcast",
        "%x: tensor<3xf32>, %s: tensor<2xi32>",
        "%r = dynamic_broadcast_in_dim %x, %s, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<?x3xf32>",
        "a size is not known",
    ),
    Kept(
        "DynamicBroadcastIsBroadcast",
        "%x: tensor<?xf32>, %s: tensor<2xi32>",
        "%r = dynamic_broadcast_in_dim %x, %s, dims = [1] : (tensor<?xf32>, tensor<2xi32>) -> tensor<2x3xf32>",
        "a size is not known",
    ),
    Kept(
        "DynamicIotaIsIota",
        "%s: tensor<2xi32>",
        "%r = dynamic_iota %s, dim = 1 : (tensor<2xi32>) -> tensor<2x?xf32>",
        "needs to know a size",
    ),
    Kept(
        "DynamicPadIsPad",
        "%x: tensor<2xf32>, %v: tensor<f32>, %s: tensor<1xi32>",
        "%r = dynamic_pad %x, %v, %s, %s, %s : (tensor<2xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<4xf32>",
        "a size or position is not known",
    ),
    Kept(
        "DynamicPadIsPad",
        "%x: tensor<2xf32>, %v: tensor<f32>",
        """
%0 = constant dense<1> : tensor<1xi32>
%r = dynamic_pad %x, %v, %0, %0, %0 : (tensor<2xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>""",
        "it gives `tensor<5xf32>` where `tensor<?xf32>` is declared",
    ),
    Kept(
        "RealDynamicSliceIsSlice",
        "%x: tensor<5xf32>",
        """
%0 = constant dense<0> : tensor<1xi32>
%1 = constant dense<5> : tensor<1xi32>
%r = real_dynamic_slice %x, %0, %1, %0 : (tensor<5xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<5xf32>""",
        "`stablehlo.slice`: `strides` are positive (C4)",
    ),
    Kept(
        "RealDynamicSliceIsSlice",
        "%x: tensor<5xf32>, %s: tensor<1xi32>",
        "%r = real_dynamic_slice %x, %s, %s, %s : (tensor<5xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<2xf32>",
        "a size or position is not known",
    ),
    Kept(
        "DynamicGatherIsGather",
        "%x: tensor<4x5xf32>, %i: tensor<2xi32>",
        """%r = "stablehlo.dynamic_gather"(%x, %i, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>}> : (tensor<4x5xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3xf32>""",
        "a size or position is not known",
    ),
    Kept(
        "DynamicConvIsConvolution",
        "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>, %s: tensor<1x2xi32>",
        """%r = "stablehlo.dynamic_conv"(%x, %w, %s) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, feature_group_count = 1 : i64}> : (tensor<2x5x3xi32>, tensor<2x3x4xi32>, tensor<1x2xi32>) -> tensor<2x5x4xi32>""",
        "a size or position is not known",
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
