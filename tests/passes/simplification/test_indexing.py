"""Dynamic slices, gather and scatter: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.indexing import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "FullDynamicSlice",
        "%x: tensor<2x3xf32>, %i: tensor<i32>, %j: tensor<i32>",
        "%r = dynamic_slice %x, %i, %j, sizes = [2, 3] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<2x3xf32>",
        "return %x",
    ),
    Law(
        "DynamicSliceIsSlice",
        "%x: tensor<4x5x6xf32>",
        """
%0 = constant dense<1> : tensor<i32>
%1 = constant dense<-7> : tensor<i32>
%2 = constant dense<9> : tensor<i32>
%r = dynamic_slice %x, %0, %1, %2, sizes = [2, 3, 2] : (tensor<4x5x6xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<2x3x2xf32>""",
        """
%0 = slice %x [1:3, 0:3, 4:6] : (tensor<4x5x6xf32>) -> tensor<2x3x2xf32>
return %0""",
    ),
    Law(
        "DynamicSliceOfSplat",
        "%i: tensor<i32>",
        """
%0 = constant dense<1.5> : tensor<4xf32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<2xf32>
return %0""",
    ),
    Law(
        "DynamicSliceOfBroadcast",
        "%x: tensor<3x1xf32>, %i: tensor<i32>",
        """
%0 = broadcast_in_dim %x, dims = [1, 2] : (tensor<3x1xf32>) -> tensor<4x3x5xf32>
%r = dynamic_slice %0, %i, %i, %i, sizes = [2, 3, 2] : (tensor<4x3x5xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<2x3x2xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [1, 2] : (tensor<3x1xf32>) -> tensor<2x3x2xf32>
return %0""",
    ),
    Law(
        "DynamicSliceOfIota",
        "%i: tensor<i32>",
        """
%0 = iota dim = 1 : tensor<4x5xi32>
%r = dynamic_slice %0, %i, %i, sizes = [2, 5] : (tensor<4x5xi32>, tensor<i32>, tensor<i32>) -> tensor<2x5xi32>""",
        """
%0 = iota dim = 1 : tensor<2x5xi32>
return %0""",
    ),
    Law(
        "DynamicSliceOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>""",
        "return %u",
    ),
    Law(
        "DynamicSliceOfTranspose",
        "%x: tensor<4x5x6xf32>, %i: tensor<i32>, %j: tensor<i32>",
        """
%0 = transpose %x, dims = [1, 2, 0] : (tensor<4x5x6xf32>) -> tensor<5x6x4xf32>
%r = dynamic_slice %0, %i, %j, %j, sizes = [1, 2, 3] : (tensor<5x6x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x2x3xf32>""",
        """
%0 = dynamic_slice %x, %j, %i, %j, sizes = [3, 1, 2] : (tensor<4x5x6xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<3x1x2xf32>
%1 = transpose %0, dims = [1, 2, 0] : (tensor<3x1x2xf32>) -> tensor<1x2x3xf32>
return %1""",
    ),
    Law(
        "DynamicSliceOfUnary",
        "%x: tensor<4xi32>, %i: tensor<i32>",
        """
%0 = convert %x : (tensor<4xi32>) -> tensor<4xf32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>""",
        """
%0 = dynamic_slice %x, %i, sizes = [2] : (tensor<4xi32>, tensor<i32>) -> tensor<2xi32>
%1 = convert %0 : (tensor<2xi32>) -> tensor<2xf32>
return %1""",
    ),
    Law(
        "FullUpdate",
        "%x: tensor<4xf32>, %u: tensor<4xf32>, %i: tensor<i32>",
        "%r = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<4xf32>, tensor<i32>) -> tensor<4xf32>",
        "return %u",
    ),
    Law(
        "EmptyUpdate",
        "%x: tensor<4xf32>, %u: tensor<0xf32>, %i: tensor<i32>",
        "%r = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<0xf32>, tensor<i32>) -> tensor<4xf32>",
        "return %x",
    ),
    Law(
        "UpdateOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<2xf32>, %w: tensor<2xf32>, %i: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_update_slice %0, %w, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        """
%0 = dynamic_update_slice %x, %w, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
return %0""",
    ),
    Law(
        "UpdateByItself",
        "%x: tensor<4xf32>, %i: tensor<i32>",
        """
%0 = dynamic_slice %x, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>
%r = dynamic_update_slice %x, %0, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        "return %x",
    ),
    Law(
        "UpdateOfBroadcast",
        "%v: tensor<f32>, %u: tensor<2x3xf32>",
        """
%0 = constant dense<1> : tensor<i32>
%1 = constant dense<9> : tensor<i32>
%2 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
%r = dynamic_update_slice %2, %u, %0, %1 : (tensor<4x5xf32>, tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<4x5xf32>""",
        """
%0 = pad %u, %v, low = [1, 2], high = [1, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<4x5xf32>
return %0""",
    ),
    Law(
        "GatherOfSplat",
        "%i: tensor<2xi32>",
        """
%0 = constant dense<1.5> : tensor<4x5xf32>
%r = "stablehlo.gather"(%0, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        """
%0 = constant dense<1.500000e+00> : tensor<3xf32>
return %0""",
    ),
    Law(
        "GatherIsSlice",
        "%x: tensor<4x5xf32>",
        """
%0 = constant dense<[2, 7]> : tensor<2xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        """
%0 = slice %x [1:4, 2:3] : (tensor<4x5xf32>) -> tensor<3x1xf32>
%1 = reshape %0 : (tensor<3x1xf32>) -> tensor<3xf32>
return %1""",
    ),
    Law(
        "GatherIsSlice",
        "%x: tensor<4x5xf32>",
        """
%0 = constant dense<[[-3, 0]]> : tensor<1x2xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<1x2xi32>) -> tensor<1x3xf32>""",
        """
%0 = slice %x [0:3, 0:1] : (tensor<4x5xf32>) -> tensor<3x1xf32>
%1 = reshape %0 : (tensor<3x1xf32>) -> tensor<1x3xf32>
return %1""",
    ),
    Law(
        "ScatterOfNothing",
        "%x: tensor<4xf32>, %i: tensor<0x1xi32>, %u: tensor<0xf32>",
        """
%r = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
stablehlo.return %b : tensor<f32>
}) : (tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>) -> tensor<4xf32>""",
        "return %x",
    ),
]

KEPT = [
    Kept(
        "FullDynamicSlice",
        "%x: tensor<2xf32>, %i: tensor<i32>",
        "%r = dynamic_slice %x, %i, sizes = [1] : (tensor<2xf32>, tensor<i32>) -> tensor<1xf32>",
        "it takes only a part",
    ),
    Kept(
        "DynamicSliceIsSlice",
        "%x: tensor<2x3xf32>, %i: tensor<i32>",
        """
%0 = constant dense<1> : tensor<i32>
%r = dynamic_slice %x, %0, %i, sizes = [1, 1] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<1x1xf32>""",
        "a start is not known",
    ),
    Kept(
        "DynamicSliceIsSlice",
        "%x: tensor<?xf32>",
        """
%0 = constant dense<1> : tensor<i32>
%r = dynamic_slice %x, %0, sizes = [1] : (tensor<?xf32>, tensor<i32>) -> tensor<1xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "DynamicSliceOfSplat",
        "%x: tensor<2xf32>, %i: tensor<i32>",
        "%r = dynamic_slice %x, %i, sizes = [1] : (tensor<2xf32>, tensor<i32>) -> tensor<1xf32>",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "DynamicSliceOfBroadcast",
        "%x: tensor<3xf32>, %i: tensor<i32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
%r = dynamic_slice %0, %i, %i, sizes = [4, 2] : (tensor<4x3xf32>, tensor<i32>, tensor<i32>) -> tensor<4x2xf32>""",
        "it takes only a part of x",
    ),
    Kept(
        "DynamicSliceOfIota",
        "%i: tensor<i32>",
        """
%0 = iota dim = 0 : tensor<4xi32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xi32>, tensor<i32>) -> tensor<2xi32>""",
        "it takes only a part of the numbers",
    ),
    Kept(
        "DynamicSliceOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_slice %0, %i, sizes = [3] : (tensor<4xf32>, tensor<i32>) -> tensor<3xf32>""",
        "it takes other elements",
    ),
    Kept(
        "DynamicSliceOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i32>, %j: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_slice %0, %j, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>""",
        "`starts` stands for two different values",
    ),
    Kept(
        "DynamicSliceOfUnary",
        "%x: tensor<4xi32>, %i: tensor<i32>",
        """
%0 = add %x, %x : tensor<4xi32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xi32>, tensor<i32>) -> tensor<2xi32>""",
        "f takes several operands",
    ),
    Kept(
        "DynamicSliceOfUnary",
        "%x: tensor<4xi32>, %i: tensor<i32>",
        """
%0 = negate %x : tensor<4xi32>
%1 = add %0, %x : tensor<4xi32>
%r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xi32>, tensor<i32>) -> tensor<2xi32>""",
        "the result of `stablehlo.negate` has 2 uses, not one",
    ),
    Kept(
        "FullUpdate",
        "%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i32>",
        "%r = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>",
        "the shape changes, or is not known",
    ),
    Kept(
        "FullUpdate",
        "%x: tensor<?xf32>, %u: tensor<?xf32>, %i: tensor<i32>",
        "%r = dynamic_update_slice %x, %u, %i : (tensor<?xf32>, tensor<?xf32>, tensor<i32>) -> tensor<?xf32>",
        "the shape changes, or is not known",
    ),
    Kept(
        "EmptyUpdate",
        "%x: tensor<4xf32>, %u: tensor<1xf32>, %i: tensor<i32>",
        "%r = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<1xf32>, tensor<i32>) -> tensor<4xf32>",
        "it may have elements",
    ),
    Kept(
        "UpdateOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<3xf32>, %w: tensor<2xf32>, %i: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<3xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_update_slice %0, %w, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        "the shape changes, or is not known",
    ),
    Kept(
        "UpdateOfUpdate",
        "%x: tensor<4xf32>, %u: tensor<?xf32>, %w: tensor<?xf32>, %i: tensor<i32>",
        """
%0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<?xf32>, tensor<i32>) -> tensor<4xf32>
%r = dynamic_update_slice %0, %w, %i : (tensor<4xf32>, tensor<?xf32>, tensor<i32>) -> tensor<4xf32>""",
        "the shape changes, or is not known",
    ),
    Kept(
        "UpdateByItself",
        "%x: tensor<4xf32>, %i: tensor<i32>, %j: tensor<i32>",
        """
%0 = dynamic_slice %x, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>
%r = dynamic_update_slice %x, %0, %j : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        "`starts` stands for two different values",
    ),
    Kept(
        "UpdateOfBroadcast",
        "%v: tensor<f32>, %u: tensor<2xf32>, %i: tensor<i32>",
        """
%2 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<4xf32>
%r = dynamic_update_slice %2, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        "a start is not known",
    ),
    Kept(
        "UpdateOfBroadcast",
        "%v: tensor<f32>, %u: tensor<?xf32>",
        """
%0 = constant dense<1> : tensor<i32>
%2 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<4xf32>
%r = dynamic_update_slice %2, %u, %0 : (tensor<4xf32>, tensor<?xf32>, tensor<i32>) -> tensor<4xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "GatherOfSplat",
        "%x: tensor<4x5xf32>, %i: tensor<2xi32>",
        """%r = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        "a block argument is not a constant with one value",
    ),
    Kept(
        "GatherOfSplat",
        "%i: tensor<?x2xi32>",
        """
%0 = constant dense<1.5> : tensor<4x5xf32>
%r = "stablehlo.gather"(%0, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<?x2xi32>) -> tensor<?x3xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "GatherIsSlice",
        "%x: tensor<4x5xf32>, %i: tensor<2xi32>",
        """%r = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        "the position is not known",
    ),
    Kept(
        "GatherIsSlice",
        "%x: tensor<4x5xf32>",
        """
%0 = constant dense<0> : tensor<2x2xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2x2xi32>) -> tensor<2x3xf32>""",
        "it takes several slices, or none",
    ),
    Kept(
        "GatherIsSlice",
        "%x: tensor<4x5xf32>",
        """
%0 = constant dense<0> : tensor<2xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 0>}> : (tensor<4x5xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        "a dimension of nothing is left out",
    ),
    Kept(
        "GatherIsSlice",
        "%x: tensor<4x?xf32>",
        """
%0 = constant dense<0> : tensor<2xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1, 0], index_vector_dim = 0>, indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x?xf32>, tensor<2xi32>) -> tensor<3xf32>""",
        "is not known before it runs",
    ),
    Kept(
        "GatherIsSlice",
        "%x: tensor<1x5xf32>",
        """
%0 = constant dense<0> : tensor<1x1xi32>
%r = "stablehlo.gather"(%x, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 3>}> : (tensor<1x5xf32>, tensor<1x1xi32>) -> tensor<1x3xf32>""",
        "there are batching dimensions",
    ),
    Kept(
        "ScatterOfNothing",
        "%x: tensor<4xf32>, %i: tensor<1x1xi32>, %u: tensor<1xf32>",
        """
%r = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
stablehlo.return %b : tensor<f32>
}) : (tensor<4xf32>, tensor<1x1xi32>, tensor<1xf32>) -> tensor<4xf32>""",
        "it may have elements",
    ),
    Kept(
        "ScatterOfNothing",
        "%x: tensor<4xi8>, %i: tensor<0x1xi32>, %u: tensor<0xi8>",
        """
%r = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
stablehlo.return %b : tensor<i32>
}) : (tensor<4xi8>, tensor<0x1xi32>, tensor<0xi8>) -> tensor<4xi32>""",
        "the element type changes",
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
