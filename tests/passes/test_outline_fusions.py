"""The pass `outline-fusions`: what will be one kernel is one function."""

from __future__ import annotations

from pathlib import Path

import pytest

import couloir
from couloir.costs.marks import FUSION_KIND
from couloir.dialects import func

LENET = Path(__file__).resolve().parents[2] / "labs/data/lenet.onnx"

BEFORE = """
func.func @main(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>, %b: tensor<3xf32>) -> tensor<4x3xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<4x3xf32>
  %0 = stablehlo.negate %x : tensor<4x8xf32>
  %1 = stablehlo.dot_general %0, %w, contracting_dims = [1] x [0] : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
  %2 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
  %3 = stablehlo.add %1, %2 : tensor<4x3xf32>
  %4 = stablehlo.maximum %3, %zero : tensor<4x3xf32>
  return %4 : tensor<4x3xf32>
}
"""
AFTER = """module {
  func.func @main(%arg0: tensor<4x8xf32>, %arg1: tensor<8x3xf32>, %arg2: tensor<3xf32>) -> tensor<4x3xf32> {
    %0 = call @fused_elementwise_0(%arg0) {couloir.fusion_kind = "elementwise"} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = call @fused_dot_general_0(%0, %arg1, %arg2) {couloir.fusion_kind = "dot_general"} : (tensor<4x8xf32>, tensor<8x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
    return %1 : tensor<4x3xf32>
  }
  func.func private @fused_elementwise_0(%arg0: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = stablehlo.negate %arg0 : tensor<4x8xf32>
    return %0 : tensor<4x8xf32>
  }
  func.func private @fused_dot_general_0(%arg0: tensor<4x8xf32>, %arg1: tensor<8x3xf32>, %arg2: tensor<3xf32>) -> tensor<4x3xf32> {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<4x3xf32>
    %1 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0] : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
    %2 = stablehlo.broadcast_in_dim %arg2, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
    %3 = stablehlo.add %1, %2 : tensor<4x3xf32>
    %4 = stablehlo.maximum %3, %0 : tensor<4x3xf32>
    return %4 : tensor<4x3xf32>
  }
}"""
LOOP = """
func.func @main(%x: tensor<5xf32>, %n: tensor<i32>, %t: tensor<9xf32>, %i: tensor<5x1xi32>) -> (tensor<5xf32>, tensor<f32>) {
  %one = stablehlo.constant dense<1> : tensor<i32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %half = stablehlo.constant dense<0.5> : tensor<5xf32>
  %r:2 = stablehlo.while(%k = %n, %y = %x) : tensor<i32>, tensor<5xf32>
  cond {
    %limit = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %k, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %a = stablehlo.add %k, %one : tensor<i32>
    %b = stablehlo.multiply %y, %half : tensor<5xf32>
    %c = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>,
      slice_sizes = array<i64: 1>, indices_are_sorted = false}> : (tensor<9xf32>, tensor<5x1xi32>) -> tensor<5xf32>
    %d = stablehlo.add %b, %c : tensor<5xf32>
    stablehlo.return %a, %d : tensor<i32>, tensor<5xf32>
  }
  %q = stablehlo.exponential %r#1 : tensor<5xf32>
  %s = "stablehlo.reduce"(%q, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%u: tensor<f32>, %v: tensor<f32>):
    %w = stablehlo.maximum %u, %v : tensor<f32>
    stablehlo.return %w : tensor<f32>
  }) : (tensor<5xf32>, tensor<f32>) -> tensor<f32>
  return %r#1, %s : tensor<5xf32>, tensor<f32>
}
"""


def kinds(module) -> list[str]:
    """Of the fusions, in order."""
    return [op.attributes[FUSION_KIND].value for op in module.walk() if isinstance(op, func.Call)]


def test_before_and_after() -> None:
    module, _ = couloir.opt(couloir.parse(BEFORE), "outline-fusions")
    assert str(module) == AFTER
    again, _ = couloir.opt(module, "outline-fusions")
    assert str(again) == AFTER


@pytest.mark.parametrize("text", [BEFORE, LOOP])
def test_the_results_are_the_same(text) -> None:
    module, _ = couloir.opt(couloir.parse(text), "outline-fusions", check_each=True)
    assert kinds(module)


def test_fusions_are_the_kernels_of_the_lowering() -> None:
    """What is called in the lowered LeNet, in the same order."""
    model = couloir.lower(LENET, dims={"N": 1})
    prepared = "decompose,inline,canonicalize,cse,explicit-padding,dot-layout,canonicalize"
    outlined, _ = couloir.opt(model, f"{prepared},outline-fusions", check_each=True)
    loops, _ = couloir.opt(model, f"{prepared},hlo-to-loops")
    kernels = [op.callee.rpartition("_")[0] for op in loops.walk() if isinstance(op, func.Call)]
    assert kinds(outlined) == kernels


def test_loops_keep_their_regions() -> None:
    module, _ = couloir.opt(couloir.parse(LOOP), "outline-fusions")
    loop = next(op for op in module.walk() if op.name == "stablehlo.while")
    assert sum(isinstance(op, func.Call) for op in loop.walk()) == 3  # the condition, the counter, and what is carried


def test_it_runs_on_modules() -> None:
    with pytest.raises(couloir.Error, match="runs on a module"):
        couloir.opt(couloir.parse(BEFORE), "func.func(outline-fusions)")
