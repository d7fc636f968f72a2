"""A constant of a quantized type holds integers: passes do not take them for the numbers that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

import couloir

Q = "!quant.uniform<i8:f32, 5.000000e-01:3>"
TEXT = f"""
func.func @main(%x: tensor<2x{Q}>) -> (tensor<2x{Q}>, tensor<2x{Q}>, tensor<2x{Q}>, tensor<2xf32>) {{
  %zero = stablehlo.constant() <{{value = dense<0> : tensor<2xi8>}}> : () -> tensor<2x{Q}>
  %one = stablehlo.constant() <{{value = dense<1> : tensor<2xi8>}}> : () -> tensor<2x{Q}>
  %a = stablehlo.add %x, %zero : tensor<2x{Q}>
  %b = stablehlo.multiply %x, %one : tensor<2x{Q}>
  %c = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q = stablehlo.uniform_quantize %c : (tensor<2xf32>) -> tensor<2x{Q}>
  %d = stablehlo.uniform_dequantize %one : (tensor<2x{Q}>) -> tensor<2xf32>
  return %a, %b, %q, %d : tensor<2x{Q}>, tensor<2x{Q}>, tensor<2x{Q}>, tensor<2xf32>
}}
"""


def results(module: couloir.Module) -> list[list[float]]:
    return [found.tolist() for found in couloir.run(module, np.array([5, -7], np.int8))]


def test_the_integers_stand_for_numbers():
    # 0 is -1.5, 1 is -1, 5 is 1, -7 is -5.
    assert results(couloir.parse(TEXT)) == [[2, -10], [1, 13], [5, 7], [-1.0, -1.0]]


@pytest.mark.parametrize("pipeline", ["canonicalize", "sccp", "cse"])
def test_passes_keep_the_numbers(pipeline):
    module, _ = couloir.opt(couloir.parse(TEXT), pipeline)
    assert results(module) == results(couloir.parse(TEXT))
    assert f"dense<[5, 7]> : tensor<2x{Q}>" not in str(module)  # MLIR has no literals of such types
    assert couloir.parse(str(module))
