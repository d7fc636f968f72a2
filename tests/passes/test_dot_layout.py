"""Constant right operands are transposed so that their contracted dimensions come first."""

from __future__ import annotations

import numpy as np

import couloir
from couloir.dialects import hlo
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import apply_rules, why_not
from couloir.passes.constant_folding import ConstantFolding
from couloir.passes.dot_layout import DotLayout, contract_leading_dimensions

TEXT = f"""
func.func @main(%x: tensor<2x5x3xf32>, %y: tensor<4x2x3xf32>) -> (tensor<2x5x4xf32>, tensor<2x5x4xf32>) {{
  %w = stablehlo.constant dense<{np.arange(24).reshape(4, 2, 3).astype(float).tolist()}> : tensor<4x2x3xf32>
  %a = "stablehlo.dot_general"(%x, %w) <{{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1],
    lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2]>}}> : (tensor<2x5x3xf32>, tensor<4x2x3xf32>) -> tensor<2x5x4xf32>
  %b = "stablehlo.dot_general"(%x, %y) <{{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1],
    lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2]>}}> : (tensor<2x5x3xf32>, tensor<4x2x3xf32>) -> tensor<2x5x4xf32>
  return %a, %b : tensor<2x5x4xf32>, tensor<2x5x4xf32>
}}
"""


def dots(module: couloir.Module) -> list[hlo.DotGeneral]:
    return [op for op in module.walk() if isinstance(op, hlo.DotGeneral)]


def test_the_constant_is_transposed_and_the_results_stay() -> None:
    before = couloir.parse(TEXT)
    after = before.clone()
    PassPipeline.of(DotLayout(), ConstantFolding()).run(after)
    constant, other = dots(after)
    assert constant.rhs.type.shape == (2, 3, 4)
    assert constant.dot_dimension_numbers.rhs_contracting_dimensions == (1,)
    assert isinstance(constant.rhs.defining_op, hlo.Constant)
    assert other.rhs.type.shape == (4, 2, 3)  # an argument stays as it is
    x, y = np.arange(30, dtype=np.float32).reshape(2, 5, 3), np.ones((4, 2, 3), np.float32)
    for one, two in zip(couloir.run(before, x, y), couloir.run(after, x, y), strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_says_why_it_does_not_apply() -> None:
    module = couloir.parse(TEXT)
    assert "not a constant" in why_not(contract_leading_dimensions, dots(module)[1]).reason
    apply_rules(module, [contract_leading_dimensions])
    first = dots(module)[0]
    assert not why_not(contract_leading_dimensions, first)
    assert apply_rules(module, [contract_leading_dimensions]).applications == 0
