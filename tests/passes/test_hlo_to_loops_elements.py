"""All element types, and the ops on single elements: loops and C give what the NumPy backend gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType, DotDimensionNumbers
from couloir.ir.floats import FLOATS
from couloir.ir.types import FloatType, IntegerType, TensorType, bf16, dtype_of, f16, f32, f64, i1, i32, i64
from tests.passes.loop_programs import agree, joined, lowered, program, run_sanitized

NARROW = [FloatType(kind) for kind, (width, dtype) in FLOATS.items() if width <= 8 and dtype is not None]
FLOAT_TYPES = [f16, bf16, f32, f64]
INTEGERS = [
    IntegerType(width, sign) for width in (2, 4, 8, 16, 32, 64) for sign in ("signless", "unsigned")
]  # as in StableHLO, signless ones are signed
SCALE = FloatType("f8E8M0FNU")
"""Powers of two; ml_dtypes does not convert between it and other narrow floats, and the least one to false."""
TYPES = [i1, *INTEGERS, *FLOAT_TYPES, *NARROW]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def every_value(type: Any) -> Any:
    """All numbers of a narrow type; of a wide one the extremes, small ones, and random bits."""
    dtype = dtype_of(type)
    if type is i1:
        return np.array([False, True])
    if type.width <= 8:
        codes = np.arange(1 << type.width, dtype=np.uint8)
        return codes.view(dtype)
    if isinstance(type, IntegerType):
        info = np.iinfo(dtype)
        small = np.arange(-3 if info.min else 0, 200).astype(dtype)
        return np.concatenate([small, np.array([info.min, info.min + 1, info.max - 1, info.max], dtype)])
    special = [0.0, -0.0, 0.5, 1.5, 2.5, -1.5, 3.0, 448.0, 1e9, -1e9, np.inf, -np.inf, np.nan]
    random = np.random.default_rng(0).standard_normal(100) * np.exp2(np.linspace(-20, 20, 100))
    with np.errstate(over="ignore"):
        return np.concatenate([special, random]).astype(dtype)


@pytest.mark.parametrize("source", TYPES, ids=str)
def test_conversions_between_all_types(cache: Path, source: Any) -> None:
    x = every_value(source)
    targets = [t for t in TYPES if t is not source and not (SCALE in (source, t) and {source, t} <= {*NARROW, i1})]
    agree(program([x], lambda v: [hlo.convert(v, t) for t in targets]), [x], cache)


@pytest.mark.parametrize("type", INTEGERS, ids=str)
def test_integers(cache: Path, type: Any) -> None:
    values = every_value(type)
    values = values if type.width < 8 else np.concatenate([values[:6], values[100:106], values[-6:]])
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    binary = [
        hlo.Add, hlo.Subtract, hlo.Multiply, hlo.Divide, hlo.Remainder, hlo.Maximum, hlo.Minimum, hlo.And, hlo.Or,
        hlo.Xor, hlo.ShiftLeft, hlo.ShiftRightArithmetic, hlo.ShiftRightLogical, hlo.Power,
    ]  # fmt: skip
    unary = [hlo.Not, hlo.PopulationCount, hlo.CountLeadingZeros, hlo.Negate]
    if type.is_signed:
        unary += [hlo.Abs, hlo.Sign]

    def body(a: Any, b: Any) -> Any:
        results = [cls(a, b) for cls in binary] + [cls(a) for cls in unary]
        results += [hlo.Compare(a, b, direction) for direction in ComparisonDirection]
        results += [hlo.Select(hlo.Compare(a, b, ComparisonDirection.LT), a, b), hlo.Clamp(a, b, a)]
        return [*results, hlo.iota((2, 3), type, 1)]

    agree(program([x, y], body), [x, y], cache)


@pytest.mark.parametrize("type", [*FLOAT_TYPES, *NARROW], ids=str)
def test_floats(cache: Path, type: Any) -> None:
    values = every_value(type)
    if len(values) > 20:
        values = np.concatenate([values[:13], values[:: len(values) // 7]])
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    binary = [hlo.Add, hlo.Subtract, hlo.Multiply, hlo.Divide, hlo.Maximum, hlo.Minimum]
    unary = [hlo.Negate, hlo.Abs, hlo.Floor, hlo.Ceil, hlo.RoundNearestEven, hlo.IsFinite]

    def body(a: Any, b: Any) -> Any:
        results: list[Any] = [cls(a, b) for cls in binary] + [cls(a) for cls in unary]
        results += [hlo.Compare(a, b, direction) for direction in ComparisonDirection]
        results += [hlo.Select(hlo.Compare(a, b, ComparisonDirection.LT), a, b)]
        results += [hlo.constant(1.5, type, shape=(3,))]
        return [*results, *([hlo.iota((2, 3), type, 1)] if type.kind != "f8E8M0FNU" else [])]

    with np.errstate(all="ignore"):
        agree(program([x, y], body), [x, y], cache)


@pytest.mark.parametrize("type", FLOAT_TYPES, ids=str)
def test_total_order_and_precisions(cache: Path, type: Any) -> None:
    values = every_value(type)[:16]
    x, y = (v.ravel() for v in np.meshgrid(values, values))

    def body(a: Any, b: Any) -> Any:
        results: list[Any] = [hlo.Compare(a, b, d, ComparisonType.TOTALORDER) for d in ComparisonDirection]
        for exponent, mantissa in ((5, 10), (8, 7), (4, 3), (8, 30), (1, 0), (2, 1)):
            results.append(hlo.ReducePrecision(a, exponent, mantissa))
        bits = IntegerType(type.width)
        results.append(hlo.BitcastConvert(a, result_types=[TensorType(x.shape, bits)]))
        return [*results, chlo.IsInf(a), chlo.IsPosInf(a), chlo.IsNegInf(a), chlo.Square(a)]

    with np.errstate(all="ignore"):
        agree(program([x, y], body), [x, y], cache)


@pytest.mark.parametrize("type", [f32, f64], ids=str)
def test_functions_of_floats(cache: Path, type: Any) -> None:
    """The C library and NumPy are each at most a few units in the last place off."""
    dtype = dtype_of(type)
    everywhere = np.linspace(-4, 4, 41).astype(dtype)
    inside, beyond = np.linspace(-1, 1, 41).astype(dtype), np.linspace(1, 9, 41).astype(dtype)

    def body(x: Any, y: Any, z: Any) -> Any:
        results: list[Any] = [cls(x) for cls in (chlo.Asinh, chlo.Atan, chlo.Cosh, chlo.Sinh, chlo.Tan, chlo.Erfc)]
        results += [cls(y) for cls in (chlo.Acos, chlo.Asin)] + [chlo.Acosh(z)]
        return [*results, hlo.GetDimensionSize(x, 0)]

    arrays = [everywhere, inside, beyond]
    agree(program(arrays, body), arrays, cache, tolerance=4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize(
    "type", [IntegerType(8), IntegerType(8, "unsigned"), IntegerType(4), IntegerType(4, "unsigned"), i64, f16], ids=str
)
def test_dot_products_of_narrow_numbers_into_wide_ones(cache: Path, type: Any) -> None:
    values = every_value(type)
    rng = np.random.default_rng(0)
    if isinstance(type, FloatType):
        x, y = (rng.integers(-4, 5, shape).astype(dtype_of(type)) for shape in ((3, 4), (4, 5)))
    else:
        x, y = (values[rng.integers(0, len(values), shape)] for shape in ((3, 4), (4, 5)))
    wide = [type, *([] if type is i64 else [f32, f64] if isinstance(type, FloatType) else [i32, i64])]

    def body(a: Any, b: Any) -> Any:
        numbers = DotDimensionNumbers((), (), (1,), (0,))
        return [hlo.DotGeneral(a, b, numbers, result_types=[TensorType((3, 5), t)]) for t in wide]

    agree(program([x, y], body), [x, y], cache)


def test_sorting_the_largest_first_with_nan(cache: Path) -> None:
    x = np.array([[3.0, np.nan, -0.0, 0.0, 3.0, -np.inf, np.inf, 1.0]], np.float32)
    whole = np.array([[3, -1, 7, 7, 2]], np.int8)

    def body(a: Any, b: Any) -> Any:
        return [*chlo.TopK(a, 5).results, *chlo.TopK(b, 3).results]

    agree(program([x, whole], body), [x, whole], cache)


def test_batch_normalisation(cache: Path) -> None:
    rng = np.random.default_rng(0)
    x, gradient = (rng.standard_normal((2, 3, 4)).astype(np.float32) for _ in range(2))
    scale, offset, mean = (rng.standard_normal(3).astype(np.float32) for _ in range(3))
    variance = np.square(rng.standard_normal(3)).astype(np.float32)

    def body(*values: Any) -> Any:
        v, g, s, o, m, w = values
        return [
            hlo.BatchNormInference(v, s, o, m, w, 0.001, 1).result,
            *hlo.BatchNormTraining(v, s, o, 0.001, 1).results,
            *hlo.BatchNormGrad(v, s, m, w, g, 0.001, 1).results,
        ]

    arrays = [x, gradient, scale, offset, mean, variance]
    agree(program(arrays, body), arrays, cache, tolerance=40 * 2**-24)  # sums of 8 in any order, a few roundings each


@pytest.mark.parametrize(("type", "units"), [(f32, 6), (f64, 8), (bf16, 1)], ids=str)
def test_the_inverse_of_the_error_function(type: Any, units: int) -> None:
    dtype = dtype_of(type)
    x = np.concatenate([np.linspace(-1, 1, 201), 1 - np.exp2(-np.arange(1.0, 50))]).astype(dtype)
    module = program([x], chlo.ErfInv)
    found, expected = (evaluate(m, x)[0].astype(np.float64) for m in (lowered(module), module))
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite])
    unit = 2.0 ** -{f32: 23, f64: 52, bf16: 7}[type]
    np.testing.assert_allclose(found[finite], expected[finite], rtol=units * unit, atol=0)


def test_elements_of_tuples_are_the_values_themselves(cache: Path) -> None:
    text = """
    func.func @main(%x: tensor<3xf32>, %y: tensor<i32>) -> (tensor<i32>, tensor<3xf32>) {
      %t = stablehlo.tuple %x, %y : tuple<tensor<3xf32>, tensor<i32>>
      %b = stablehlo.get_tuple_element %t[1] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<i32>
      %a = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>
      return %b, %a : tensor<i32>, tensor<3xf32>
    }"""
    x = np.arange(3, dtype=np.float32)
    found = agree(couloir.parse(text), [x, np.array(7, np.int32)], cache)
    assert found[0] == 7
    np.testing.assert_array_equal(found[1], x)


def test_no_number_is_undefined_behaviour(tmp_path: Path) -> None:
    """Conversions and arithmetic of the extremes of a type of each kind, under sanitizers."""
    cases: list[Any] = []
    types = [i1, IntegerType(4), IntegerType(8), IntegerType(64, "unsigned"), i64, f16, f64, FloatType("f8E4M3FN")]
    for type in types:
        values = every_value(type)
        x = np.concatenate([values[:13], values[-8:]])
        y = np.random.default_rng(0).permutation(x)

        def body(a: Any, b: Any, type: Any = type) -> Any:
            results: list[Any] = [hlo.convert(a, t).result for t in types if t is not type]
            binary: list[Any] = [hlo.Add, hlo.Multiply, hlo.Maximum, hlo.Minimum]
            if type is not i1:
                binary += [hlo.Divide, hlo.Remainder, hlo.Power, hlo.Subtract]
            if isinstance(type, IntegerType) and type is not i1:
                binary += [hlo.ShiftLeft, hlo.ShiftRightArithmetic, hlo.ShiftRightLogical]
                results += [hlo.PopulationCount(a).result, hlo.CountLeadingZeros(a).result, hlo.Negate(a).result]
            if isinstance(type, FloatType):
                results += [cls(a).result for cls in (hlo.Exponential, hlo.Log, hlo.RoundNearestEven, hlo.Sign)]
            return [*results, *(cls(a, b).result for cls in binary)]

        cases.append(([x, y], body))
    arrays, body = joined(cases)
    run_sanitized(program(arrays, body), arrays, tmp_path)
