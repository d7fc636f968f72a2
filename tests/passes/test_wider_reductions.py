"""Reductions that compute in a wider type than their inputs have: the inputs are converted first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import couloir
from tests.passes.loop_programs import agree, lowered

BODY = """({{
  ^bb0(%x: tensor<{wide}>, %y: tensor<{wide}>):
    %1 = stablehlo.add %x, %y : tensor<{wide}>
    stablehlo.return %1 : tensor<{wide}>
  }})"""
REDUCE = """func.func @main(%a: tensor<4x3x{narrow}>, %i: tensor<{narrow}>) -> tensor<3x{wide}> {{
  %0 = "stablehlo.reduce"(%a, %i) <{{dimensions = array<i64: 0>}}> {body}
    : (tensor<4x3x{narrow}>, tensor<{narrow}>) -> tensor<3x{wide}>
  return %0 : tensor<3x{wide}>
}}"""
WINDOWS = """func.func @main(%a: tensor<4x3x{narrow}>, %i: tensor<{narrow}>) -> tensor<2x3x{wide}> {{
  %0 = "stablehlo.reduce_window"(%a, %i)
    <{{window_dimensions = array<i64: 3, 1>, padding = dense<0> : tensor<2x2xi64>}}> {body}
    : (tensor<4x3x{narrow}>, tensor<{narrow}>) -> tensor<2x3x{wide}>
  return %0 : tensor<2x3x{wide}>
}}"""
SCATTER = """func.func @main(%a: tensor<4x3x{narrow}>, %u: tensor<{narrow}>) -> tensor<4x3x{wide}> {{
  %p = stablehlo.constant dense<[[2], [2], [0]]> : tensor<3x1xi32>
  %v = stablehlo.broadcast_in_dim %u, dims = [] : (tensor<{narrow}>) -> tensor<3x3x{narrow}>
  %0 = "stablehlo.scatter"(%a, %p, %v) <{{scatter_dimension_numbers = #stablehlo.scatter<
    update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}}> {body}
    : (tensor<4x3x{narrow}>, tensor<3x1xi32>, tensor<3x3x{narrow}>) -> tensor<4x3x{wide}>
  return %0 : tensor<4x3x{wide}>
}}"""


@pytest.mark.parametrize(("narrow", "wide"), [("i8", "i32"), ("f32", "f64")])
@pytest.mark.parametrize("text", [REDUCE, WINDOWS, SCATTER], ids=["reduce", "reduce_window", "scatter"])
def test_the_inputs_become_what_the_body_computes_with(text: str, narrow: str, wide: str, tmp_path: Path) -> None:
    """Sums of 100s do not fit in `i8`; those of 16777217 times a half are not exact in `f32`."""
    module = couloir.parse(text.format(narrow=narrow, wide=wide, body=BODY.format(wide=wide)))
    large, dtype = (100, "i1") if narrow == "i8" else (2.0**24, "f4")
    x = (np.arange(12).reshape(4, 3) % 2 * large + 1).astype(dtype)
    found = agree(module, [x, np.array(large, dtype)], tmp_path)
    assert found[0].dtype == ("i4" if wide == "i32" else "f8")
    assert found[0].max() > large


POOL = """func.func @main(%a: tensor<4x4xf32>, %s: tensor<2x2xf32>, %i: tensor<f32>) -> tensor<4x4xf64> {
  %0 = "stablehlo.select_and_scatter"(%a, %s, %i) <{window_dimensions = array<i64: 3, 3>, window_strides = array<i64: 1, 1>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %1 = stablehlo.compare GE, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }, {
  ^bb0(%x: tensor<f64>, %y: tensor<f64>):
    %1 = stablehlo.add %x, %y : tensor<f64>
    stablehlo.return %1 : tensor<f64>
  }) : (tensor<4x4xf32>, tensor<2x2xf32>, tensor<f32>) -> tensor<4x4xf64>
  return %0 : tensor<4x4xf64>
}"""


def test_a_pool_s_gradient_is_added_up_in_the_wider_type(tmp_path: Path) -> None:
    x = np.random.default_rng(0).permutation(16).reshape(4, 4).astype("f4")
    (found,) = agree(couloir.parse(POOL), [x, np.full((2, 2), 2.0**24, "f4"), np.float32(0.5)], tmp_path)
    assert found.max() > 2.0**24 and (found % 1 == 0.5).all()


def test_a_body_of_the_same_type_leaves_the_inputs_alone() -> None:
    text = REDUCE.format(narrow="f32", wide="f32", body=BODY.format(wide="f32"))
    assert "arith.extf" not in str(lowered(couloir.parse(text)))
