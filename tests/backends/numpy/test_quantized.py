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
from couloir.ir.types import TensorType, f16, f32, i8
from tests.backends.numpy.programs import program

COARSE = UniformType(i8, f32, (0.5,), (3,))


def quantized(values: Any, element: UniformType) -> Any:
    x = np.asarray(values, "f4")
    types = [TensorType(x.shape, element)]
    return run(program([x], lambda v: hlo.UniformQuantize(v, result_types=types)), x)[0]


def test_numbers_are_scaled_shifted_clamped_and_rounded_to_even() -> None:
    found = quantized([0.0, 0.25, 0.75, -0.25, 1.0, 1000.0, -np.inf, np.nan], COARSE)
    assert found.dtype == np.int8
    assert found.tolist() == [3, 4, 4, 2, 5, 127, -128, 0]  # 3.5 and 4.5 go to 4, 2.5 to 2


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
    func.func @main(%q: {Q}) -> {Q} {{
      %0 = "stablehlo.einsum"(%q, %q) {{einsum_config = "a,a->a"}} : ({Q}, {Q}) -> {Q}
      return %0 : {Q}
    }}""")
    with pytest.raises(Error, match="no meaning in the NumPy back end"):
        run(module, np.zeros(4, "i1"))


def dequantized(q: Any, scale: Any, point: Any) -> Any:
    return (q.astype("f4") - np.float32(point)) * np.float32(scale)


@pytest.mark.parametrize("hybrid", [False, True])
def test_products_of_quantized_tensors_are_those_of_the_numbers(hybrid: bool) -> None:
    rng = np.random.default_rng(0)
    lhs = rng.integers(-128, 128, (2, 3)).astype("i1")
    rhs = rng.integers(-128, 128, (3, 4)).astype("i1")
    left = "tensor<2x3xf32>" if hybrid else "tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>"
    right = "tensor<3x4x!quant.uniform<i8:f32:1, {0.25:1, 0.5:0, 1.0:-2, 0.125:5}>>"
    result = (
        "tensor<2x4xf32>" if hybrid else "tensor<2x4x!quant.uniform<i32:f32:1, {0.125:0, 0.25:0, 0.5:0, 0.0625:0}>>"
    )
    module = parse_module_op(f"""
    func.func @main(%a: {left}, %b: {right}) -> {result} {{
      %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : ({left}, {right}) -> {result}
      return %0 : {result}
    }}""")
    a = dequantized(lhs, 0.5, 3)
    expected = a @ dequantized(rhs, [0.25, 0.5, 1.0, 0.125], [1, 0, -2, 5])
    (found,) = run(module, a if hybrid else lhs, rhs)
    if hybrid:
        np.testing.assert_array_equal(found, expected)
    else:
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found * np.array([0.125, 0.25, 0.5, 0.0625]), expected)


def test_convolutions_of_quantized_tensors_pad_with_the_number_zero() -> None:
    x, w = "tensor<1x3x1x!quant.uniform<i8:f32, 0.5:7>>", "tensor<2x1x1x!quant.uniform<i8:f32, 0.25:0>>"
    y = "tensor<1x4x1x!quant.uniform<i32:f32, 0.125:0>>"
    module = parse_module_op(f"""
    func.func @main(%x: {x}, %w: {w}) -> {y} {{
      %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {{pad = [[1, 1]]}}
        {{batch_group_count = 1 : i64, feature_group_count = 1 : i64}} : ({x}, {w}) -> {y}
      return %0 : {y}
    }}""")
    (found,) = run(module, np.array([1, 2, 3], "i1").reshape(1, 3, 1), np.array([4, 5], "i1").reshape(2, 1, 1))
    numbers = np.convolve(dequantized(np.array([1, 2, 3]), 0.5, 7), dequantized(np.array([5, 4]), 0.25, 0))
    np.testing.assert_array_equal(found.reshape(-1) * 0.125, numbers)


BODY = "!quant.uniform<i32:f32, 0.5:0>"


def test_a_body_computes_with_the_numbers_of_its_own_type() -> None:
    """`to_destination_type`: the operands have another scale than the body."""
    x, total = "tensor<3x2x!quant.uniform<i8:f32, 0.25:4>>", f"tensor<2x{BODY}>"
    start = "tensor<!quant.uniform<i8:f32, 0.25:4>>"
    module = parse_module_op(f"""
    func.func @main(%x: {x}, %i: {start}) -> {total} {{
      %0 = "stablehlo.reduce"(%x, %i) ({{
        ^bb0(%a: tensor<{BODY}>, %b: tensor<{BODY}>):
          %s = stablehlo.add %a, %b : tensor<{BODY}>
          stablehlo.return %s : tensor<{BODY}>
      }}) {{dimensions = array<i64: 0>}} : ({x}, {start}) -> {total}
      return %0 : {total}
    }}""")
    values = np.array([[6, 8], [10, 4], [8, 2]], "i1")
    (found,) = run(module, values, np.array(6, "i1"))
    np.testing.assert_array_equal(found * 0.5, dequantized(values, 0.25, 4).sum(0) + 0.5)


def test_selected_numbers_are_quantized_anew() -> None:
    module = parse_module_op(f"""
    func.func @main(%p: tensor<4xi1>, %q: {Q}, %r: {Q}) -> {Q} {{
      %0 = stablehlo.select %p, %q, %r : tensor<4xi1>, {Q}
      return %0 : {Q}
    }}""")
    pick = np.array([True, False, True, False])
    (found,) = run(module, pick, np.array([1, 2, 3, 4], "i1"), np.array([5, 6, 7, 8], "i1"))
    assert found.tolist() == [1, 6, 3, 8]


def test_numbers_of_a_narrow_type_are_rounded_at_each_step() -> None:
    element = UniformType(i8, f16, (0.1,), (0,))
    x = np.linspace(-12, 12, 97).astype(np.float16)
    types = [TensorType(x.shape, element)]
    module = program([x], lambda v: hlo.UniformDequantize(hlo.UniformQuantize(v, result_types=types)))
    scale = np.float16(0.1)
    steps = np.rint(np.clip((x / scale).astype(np.float16), -128, 127))
    np.testing.assert_array_equal(run(module, x)[0], (steps.astype(np.float16) * scale).astype(np.float16))
