"""Quantized tensors: arrays of the integers that stand for numbers, against the formulas of the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy import run
from couloir.dialects import hlo
from couloir.dialects.quant import UniformType
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import TensorType, f32, i8
from tests.backends.numpy.programs import program

COARSE = UniformType(i8, f32, (0.5,), (3,))


def quantized(values: Any, element: UniformType) -> Any:
    x = np.asarray(values, "f4")
    types = [TensorType(x.shape, element)]
    return run(program([x], lambda v: hlo.UniformQuantize(v, result_types=types)), x)[0]


def test_numbers_are_scaled_shifted_clamped_and_rounded_to_even() -> None:
    found = quantized([0.0, 0.25, 0.75, -0.25, 1.0, 1000.0, -np.inf, np.nan], COARSE)
    assert found.dtype == np.int8
    assert found.tolist() == [3, 4, 4, 2, 5, 127, -128, 3]  # 3.5 and 4.5 go to 4, 2.5 to 2


def test_the_range_in_use_may_be_smaller() -> None:
    narrow = UniformType(i8, f32, (0.5,), (0,), None, -7, 7)
    assert quantized([100.0, -100.0, 1.0], narrow).tolist() == [7, -7, 2]


def test_scales_may_differ_along_a_dimension() -> None:
    element = UniformType(i8, f32, (0.5, 0.25, 1.0), (0, 1, -3), 1)
    x = np.array([[1.0, 1.0, 1.0], [-2.0, 0.5, 4.0]], "f4")
    assert quantized(x, element).tolist() == [[2, 5, -2], [-4, 3, 1]]
    types = [TensorType(x.shape, element)]
    module = program([x], lambda v: hlo.UniformDequantize(hlo.UniformQuantize(v, result_types=types)))
    np.testing.assert_array_equal(run(module, x)[0], x)


Q = "tensor<4x!quant.uniform<i8:f32, 0.5:3>>"
U = "tensor<4x!quant.uniform<u8:f32, 0.25>>"


def test_integers_are_the_arguments_and_results() -> None:
    module = parse_module_op(f"""
    func.func @main(%q: {Q}) -> (tensor<4xf32>, {U}) {{
      %0 = stablehlo.uniform_dequantize %q : ({Q}) -> tensor<4xf32>
      %1 = stablehlo.uniform_quantize %q : ({Q}) -> {U}
      return %0, %1 : tensor<4xf32>, {U}
    }}""")
    numbers, again = run(module, np.array([-128, 3, 4, 127], "i1"))
    assert numbers.tolist() == [-65.5, 0.0, 0.5, 62.0]
    assert (again.dtype, again.tolist()) == (np.uint8, [0, 0, 2, 248])


def test_elementwise_ops_compute_with_the_numbers() -> None:
    """Integers alone would give other sums: 3 stands for 0."""
    module = parse_module_op(f"""
    func.func @main(%a: {Q}, %b: {Q}) -> ({Q}, {Q}, {Q}, tensor<4xi1>, {Q}) {{
      %0 = stablehlo.add %a, %b : {Q}
      %1 = stablehlo.multiply %a, %b : {Q}
      %2 = stablehlo.negate %a : {Q}
      %3 = stablehlo.compare LT, %a, %b : ({Q}, {Q}) -> tensor<4xi1>
      %4 = stablehlo.reverse %a, dims = [0] : {Q}
      return %0, %1, %2, %3, %4 : {Q}, {Q}, {Q}, tensor<4xi1>, {Q}
    }}""")
    a, b = np.array([3, 5, 7, 127], "i1"), np.array([3, 7, -3, 127], "i1")
    x, y = (a.astype("f4") - 3) / 2, (b.astype("f4") - 3) / 2
    sums, products, negative, less, reverse = run(module, a, b)
    for found, wanted in ((sums, x + y), (products, x * y), (negative, -x)):
        np.testing.assert_array_equal(found, np.clip(np.rint(wanted * 2 + 3), -128, 127).astype("i1"))
    np.testing.assert_array_equal(less, x < y)
    np.testing.assert_array_equal(reverse, a[::-1])


def test_what_has_no_meaning_on_quantized_tensors_is_refused() -> None:
    module = parse_module_op(f"""
    func.func @main(%q: {Q}) -> tensor<!quant.uniform<i32:f64, 0.25>> {{
      %0 = stablehlo.dot_general %q, %q, contracting_dims = [0] x [0] : ({Q}, {Q}) -> tensor<!quant.uniform<i32:f64, 0.25>>
      return %0 : tensor<!quant.uniform<i32:f64, 0.25>>
    }}""")
    with pytest.raises(Error, match="no meaning in the NumPy back end"):
        run(module, np.zeros(4, "i1"))
