"""Custom calls: by their targets; and those that check what a program computes."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import couloir
from couloir.backends import numpy as backend
from couloir.backends.numpy.domains import NotInDomain, rationals
from couloir.backends.numpy.ulps import APART, ulp_distance
from couloir.ir.errors import Error

CHECK = """
func.func @main(%actual: {type}, %expected: {type}) {{
  stablehlo.custom_call @check.{check}(%actual, %expected) {{has_side_effect = true{options}}} : ({type}, {type}) -> ()
  return
}}"""


def check(check: str, actual: object, expected: object, type: str, dtype: object, options: str = "") -> None:
    module = couloir.parse(CHECK.format(check=check, type=type, options=options))
    couloir.run(module, np.array(actual, dtype), np.array(expected, dtype))


def test_what_holds_passes() -> None:
    check("expect_eq", [1, 2], [1, 2], "tensor<2xi32>", "i4")
    check("expect_eq", [0.0, np.inf], [-0.0, np.inf], "tensor<2xf32>", "f4")
    check("expect_almost_eq", [1.0, np.nan], [1.0001, np.nan], "tensor<2xf64>", "f8")
    check("expect_close", [1.0, np.nan, -0.0], [1 + 3 * 2.0**-23, np.nan, 0.0], "tensor<3xf32>", "f4")
    check("expect_close", [1 + 1j], [1 + 2.0**-22 + 1j], "tensor<1xcomplex<f32>>", "c8")


@pytest.mark.parametrize(
    ("name", "actual", "expected", "type", "dtype", "said"),
    [
        ("expect_eq", [[1, 2]], [[1, 3]], "tensor<1x2xi32>", "i4", r"1 of 2 .* index \[0, 1\]: 2 \(actual\), 3 \(exp"),
        ("expect_eq", np.nan, np.nan, "tensor<f32>", "f4", "nan"),
        ("expect_almost_eq", [1.0, 2.0], [1.0, 2.01], "tensor<2xf64>", "f8", r"index \[1\]: 2.0 .* 2.01"),
        ("expect_almost_eq", [1 + 1j], [1 + 2j], "tensor<1xcomplex<f32>>", "c8", "apart"),
        ("expect_close", [1.0], [1 + 4 * 2.0**-23], "tensor<1xf32>", "f4", "4 ULPs apart"),
        ("expect_close", [1j], [1j + 4 * 2.0**-149], "tensor<1xcomplex<f32>>", "c8", "4 ULPs apart"),
        ("expect_close", [1.0], [np.inf], "tensor<1xf32>", "f4", "not a number that is finite"),
    ],
)
def test_a_check_that_fails_says_where_and_how_far(
    name: str, actual: object, expected: object, type: str, dtype: str, said: str
) -> None:
    with pytest.raises(Error, match=said) as caught:
        check(name, actual, expected, type, dtype)
    assert "<text>:3:3" in str(caught.value)


def test_limits_of_a_check_are_attributes() -> None:
    further = ", max_ulp_difference = 4 : ui64"
    check("expect_close", [1.0], [1 + 4 * 2.0**-23], "tensor<1xf32>", "f4", further)
    with pytest.raises(Error, match="4 to 9 ULPs"):
        options = ", max_ulp_difference = 9 : ui64, min_ulp_difference = 4 : ui64"
        check("expect_close", [1.0], [1.0], "tensor<1xf32>", "f4", options)
    check("expect_almost_eq", [1.0], [1.5], "tensor<1xf32>", "f4", ", tolerance = 0.5 : f64")


def test_bad_checks_are_errors() -> None:
    with pytest.raises(Error, match=r"`max_ulp_difference` of .* is a number, not"):
        check("expect_close", [1.0], [1.0], "tensor<1xf32>", "f4", ', max_ulp_difference = "a"')
    with pytest.raises(Error, match="compares floats, not int32"):
        check("expect_close", [1], [1], "tensor<1xi32>", "i4")
    one = couloir.parse("""
        func.func @main(%x: tensor<2xf32>) {
          stablehlo.custom_call @check.expect_eq(%x) : (tensor<2xf32>) -> ()
          return
        }""")
    with pytest.raises(Error, match="has two operands and no results, not 1 and 0"):
        couloir.run(one, np.zeros(2, "f4"))
    with pytest.raises(NotInDomain):
        backend.run(
            couloir.parse(CHECK.format(check="expect_close", type="tensor<1xf32>", options="")),
            *[np.ones(1, "f4")] * 2,
            domain=rationals,
        )


def test_the_older_form_gives_true() -> None:
    module = couloir.parse("""
        func.func @main(%a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<i1> {
          %0 = stablehlo.custom_call @check.eq(%a, %b) : (tensor<2xf32>, tensor<2xf32>) -> tensor<i1>
          return %0 : tensor<i1>
        }""")
    x = np.array([1, 2], "f4")
    assert couloir.run(module, x, x + np.float32(5e-5))[0]
    with pytest.raises(Error, match="apart"):
        couloir.run(module, x, x + np.float32(5e-3))


def test_a_target_is_given_a_meaning() -> None:
    @backend.custom_call("test_custom_calls.twice")
    def twice(xp: backend.ArrayNamespace, op: object, operand: np.ndarray) -> np.ndarray:
        return xp.apply("add", operand, operand)

    module = couloir.parse("""
        func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.custom_call @test_custom_calls.twice(%x) : (tensor<2xf32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }""")
    np.testing.assert_array_equal(couloir.run(module, np.array([1, 2], "f4"))[0], [2, 4])


def test_a_target_without_a_meaning_is_named() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.custom_call @test_custom_calls.nobody(%x) : (tensor<2xf32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }""")
    with pytest.raises(Error, match=r"`stablehlo.custom_call @test_custom_calls.nobody`.*"):
        couloir.run(module, np.zeros(2, "f4"))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_ulps_count_the_floats_between(dtype: object) -> None:
    """All floats in order, across zero: neighbours are one apart, but for the two zeros, which are the same."""
    dtype = np.dtype(dtype)
    bits = np.arange(256).astype(f"u{dtype.itemsize}")
    positive = bits[: 100 if dtype.itemsize == 1 else 256].view(dtype)
    ordered = np.concatenate([-positive[:0:-1], positive])
    places = np.arange(len(ordered))
    for other in (0, 50, len(positive) - 1, len(ordered) - 1):
        distance = ulp_distance(ordered, np.full(len(ordered), ordered[other]))
        np.testing.assert_array_equal(distance, np.abs(places - other))


def test_ulps_of_zeros_and_their_neighbours() -> None:
    tiny = 2.0**-149
    values = np.array([-tiny, -0.0, 0.0, tiny], "f4")
    places = np.array([-1, 0, 0, 1])
    distance = ulp_distance(values[:, None], values[None, :])
    np.testing.assert_array_equal(distance, np.abs(places[:, None] - places[None, :]))


def test_ulps_of_what_is_not_finite() -> None:
    values = np.array([np.inf, -np.inf, np.nan, 1.0], "f4")
    distance = ulp_distance(values[:, None], values[None, :])
    np.testing.assert_array_equal(distance, np.where(np.eye(4, dtype=bool), 0, np.uint64(APART)))
    signalling = np.array([0x7D00, 0x7E00], "u2").view("f2")
    assert ulp_distance(signalling, signalling[::-1]).tolist() == [0, 0]
