"""Upstream MLIR reads what comes out of the lowering to loops: control flow, computed indices, sorts, narrow numbers."""

from __future__ import annotations

import pytest

import couloir
from couloir.api import lower
from tests.interop.upstream import Upstream

PROGRAMS = {
    "gather and scatter": """
func.func @main(%x: tensor<5x4xf32>, %at: tensor<3x1xui32>) -> (tensor<3x4xf32>, tensor<5x4xf32>) {
  %rows = "stablehlo.gather"(%x, %at) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0],
    index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (tensor<5x4xf32>, tensor<3x1xui32>) -> tensor<3x4xf32>
  %y = "stablehlo.scatter"(%x, %at, %rows) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0],
    scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %s = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<5x4xf32>, tensor<3x1xui32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %rows, %y : tensor<3x4xf32>, tensor<5x4xf32>
}""",
    "a sort inside of a loop": """
func.func @main(%x: tensor<7xbf16>, %n: tensor<i32>) -> tensor<7xbf16> {
  %r:2 = stablehlo.while(%v = %x, %i = %n) : tensor<7xbf16>, tensor<i32>
  cond {
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %c = stablehlo.compare GT, %i, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %j = stablehlo.subtract %i, %one : tensor<i32>
    %twice = stablehlo.negate %v : tensor<7xbf16>
    %w = "stablehlo.sort"(%twice) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%a: tensor<bf16>, %b: tensor<bf16>):
      %l = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<bf16>, tensor<bf16>) -> tensor<i1>
      stablehlo.return %l : tensor<i1>
    }) : (tensor<7xbf16>) -> tensor<7xbf16>
    stablehlo.return %w, %j : tensor<7xbf16>, tensor<i32>
  }
  return %r#0 : tensor<7xbf16>
}""",
    "branches and narrow numbers": """
func.func @main(%i: tensor<i32>, %x: tensor<4xi4>, %y: tensor<4xf8E4M3FN>) -> (tensor<4xi4>, tensor<4xf8E4M3FN>) {
  %r:2 = "stablehlo.case"(%i) ({
    %a = stablehlo.add %x, %x : tensor<4xi4>
    stablehlo.return %a, %y : tensor<4xi4>, tensor<4xf8E4M3FN>
  }, {
    %b = stablehlo.multiply %y, %y : tensor<4xf8E4M3FN>
    stablehlo.return %x, %b : tensor<4xi4>, tensor<4xf8E4M3FN>
  }) : (tensor<i32>) -> (tensor<4xi4>, tensor<4xf8E4M3FN>)
  return %r#0, %r#1 : tensor<4xi4>, tensor<4xf8E4M3FN>
}""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_upstream_reads_the_loops(upstream: Upstream, name: str) -> None:
    loops = lower(couloir.parse(PROGRAMS[name]), "loops")
    assert upstream.read(str(loops), unregistered=True).operation.verify()
