"""Elementwise ops against Python's integers and fractions, JAX, and IEEE-754's rules."""

from __future__ import annotations

import cmath
import itertools
import math
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import NotInDomain, floats
from couloir.backends.numpy.element_types import integer_range, width
from couloir.ir.errors import Error

SMALL_INTEGERS = [np.dtype(t) for t in (ml_dtypes.int2, ml_dtypes.uint2, ml_dtypes.int4, ml_dtypes.uint4, "i1", "u1")]
LARGE_INTEGERS = [np.dtype(t) for t in ("i2", "u2", "i4", "u4", "i8", "u8")]
NARROW_FLOATS = [
    np.dtype(t)
    for t in (np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.float4_e2m1fn)
]
FLOATS = [np.dtype("f4"), np.dtype("f8"), np.dtype("f2"), np.dtype(ml_dtypes.bfloat16)]
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -2.5,
    0.49999997,
    3.0,
    1e-3,
    7e4,
    -7e4,
    np.inf,
    -np.inf,
    np.nan,
    2.0,
    100.0,
]


def cast(values: Any, dtype: Any) -> Any:
    """An array of `dtype`; what is too large for it is infinite, without a warning."""
    if dtype == np.uint64:
        return np.array(values, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(values).astype(dtype)


def wrap(value: int, dtype: Any) -> int:
    low, _ = integer_range(dtype)
    return (value - low) % (1 << width(dtype)) + low


def quotient(a: int, b: int, dtype: Any) -> int:
    if b == 0:
        return wrap(-1, dtype)  # all ones
    return wrap(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1), dtype)


def power(a: int, b: int, dtype: Any) -> int:
    if b < 0:
        return a ** (b % 2) if abs(a) == 1 else 0
    return wrap(pow(a, b, 1 << width(dtype)), dtype)


def bits(value: int, dtype: Any) -> int:
    return value % (1 << width(dtype))


BINARY: dict[str, Any] = {
    "add": lambda a, b, t: wrap(a + b, t),
    "subtract": lambda a, b, t: wrap(a - b, t),
    "multiply": lambda a, b, t: wrap(a * b, t),
    "divide": quotient,
    "remainder": lambda a, b, t: a if b == 0 else wrap(a - quotient(a, b, t) * b, t),
    "power": power,
    "maximum": lambda a, b, t: max(a, b),
    "minimum": lambda a, b, t: min(a, b),
    "and_": lambda a, b, t: a & b,
    "or_": lambda a, b, t: a | b,
    "xor": lambda a, b, t: a ^ b,
    "shift_left": lambda a, b, t: wrap(a << bits(b, t), t) if bits(b, t) < width(t) else 0,
    "shift_right_logical": lambda a, b, t: wrap(bits(a, t) >> bits(b, t), t) if bits(b, t) < width(t) else 0,
    "shift_right_arithmetic": lambda a, b, t: wrap(as_signed(a, t) >> min(bits(b, t), width(t)), t),
}
UNARY: dict[str, Any] = {
    "abs": lambda a, t: wrap(abs(a), t),
    "negate": lambda a, t: wrap(-a, t),
    "sign": lambda a, t: (a > 0) - (a < 0),
    "not_": lambda a, t: wrap(~a, t),
    "popcnt": lambda a, t: wrap(bits(a, t).bit_count(), t),
    "count_leading_zeros": lambda a, t: wrap(width(t) - bits(a, t).bit_length(), t),
}


def as_signed(value: int, dtype: Any) -> int:
    size = 1 << width(dtype)
    return bits(value, dtype) - size if bits(value, dtype) >= size // 2 else value


def all_or_edge_values(dtype: Any) -> list[int]:
    low, high = integer_range(dtype)
    if width(dtype) <= 4:
        return list(range(low, high + 1))
    edges = [0, 1, 2, 3, 5, 7, -1, -2, -3, -7, low, low + 1, high, high - 1, high // 3, width(dtype) - 1, width(dtype)]
    return sorted({value for value in edges if low <= value <= high})


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("dtype", SMALL_INTEGERS + LARGE_INTEGERS, ids=str)
def test_binary_ops_of_integers_are_those_of_python_modulo_two_to_the_width(op: str, dtype: Any) -> None:
    pairs = list(itertools.product(all_or_edge_values(dtype), repeat=2))
    lhs, rhs = (cast(side, dtype) for side in zip(*pairs, strict=True))
    result = getattr(tensor, op)(floats, lhs, rhs)
    assert result.dtype == dtype
    assert [int(value) for value in result] == [BINARY[op](a, b, dtype) for a, b in pairs]


@pytest.mark.parametrize("op", UNARY)
@pytest.mark.parametrize("dtype", SMALL_INTEGERS + LARGE_INTEGERS, ids=str)
def test_unary_ops_of_integers_are_those_of_python_modulo_two_to_the_width(op: str, dtype: Any) -> None:
    values = all_or_edge_values(dtype)
    result = getattr(tensor, op)(floats, cast(values, dtype))
    assert result.dtype == dtype
    assert [int(value) for value in result] == [UNARY[op](value, dtype) for value in values]


@pytest.mark.parametrize("dtype", ["i4", "u4"])
def test_what_the_specification_leaves_open_of_integers_is_as_in_xla(dtype: str, lax: Any, assert_same: Any) -> None:
    pairs = np.array(list(itertools.product(all_or_edge_values(np.dtype(dtype)), repeat=2))).astype(dtype)
    lhs, rhs = np.ascontiguousarray(pairs.T)
    assert_same(tensor.divide(floats, lhs, rhs), lax.div(lhs, rhs))
    assert_same(tensor.remainder(floats, lhs, rhs), lax.rem(lhs, rhs))
    assert_same(tensor.shift_left(floats, lhs, rhs), lax.shift_left(lhs, rhs))
    assert_same(tensor.shift_right_logical(floats, lhs, rhs), lax.shift_right_logical(lhs, rhs))
    assert_same(tensor.shift_right_arithmetic(floats, lhs, rhs), lax.shift_right_arithmetic(lhs, rhs))


def test_booleans_add_as_or_and_multiply_as_and() -> None:
    lhs, rhs = np.array([False, False, True, True]), np.array([False, True, False, True])
    for op in ("add", "maximum", "or_"):
        assert getattr(tensor, op)(floats, lhs, rhs).tolist() == [False, True, True, True]
    for op in ("multiply", "minimum", "and_"):
        assert getattr(tensor, op)(floats, lhs, rhs).tolist() == [False, False, False, True]
    assert tensor.xor(floats, lhs, rhs).tolist() == [False, True, True, False]
    assert tensor.not_(floats, lhs).tolist() == [True, True, False, False]
    with pytest.raises(NotInDomain, match="`subtract`"):
        tensor.subtract(floats, lhs, rhs)


EXACT = {
    "abs": "abs",
    "add": "add",
    "ceil": "ceil",
    "divide": "div",
    "floor": "floor",
    "is_finite": "is_finite",
    "maximum": "max",
    "minimum": "min",
    "multiply": "mul",
    "negate": "neg",
    "round_nearest_even": "round",
    "sign": "sign",
    "subtract": "sub",
}
OF_TWO = {"add", "divide", "maximum", "minimum", "multiply", "subtract"}


def special_pairs(dtype: Any) -> tuple[Any, Any]:
    values = cast(SPECIAL, dtype)
    lhs, rhs = np.meshgrid(values, values)
    return lhs, rhs


@pytest.mark.parametrize("op", EXACT)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_correctly_rounded_ops_of_floats_are_those_of_xla(op: str, dtype: Any, lax: Any, assert_same: Any) -> None:
    operands = special_pairs(dtype)[: 2 if op in OF_TWO else 1]
    theirs = getattr(lax, EXACT[op])
    expected = (
        theirs(*operands, lax.RoundingMethod.TO_NEAREST_EVEN) if op == "round_nearest_even" else theirs(*operands)
    )
    assert_same(getattr(tensor, op)(floats, *operands), expected)


@given(data=st.data())
def test_narrow_arithmetic_is_correctly_rounded(data: Any) -> None:
    """Against fractions: no neighbour of the result is nearer to the exact value."""
    dtype = data.draw(st.sampled_from(NARROW_FLOATS))
    op, exact = data.draw(st.sampled_from([("add", Fraction.__add__), ("multiply", Fraction.__mul__)]))
    patterns = st.integers(0, (1 << width(dtype)) - 1)
    pair = [np.array(data.draw(patterns)).astype(f"u{dtype.itemsize}").view(dtype) for _ in range(2)]
    result = getattr(tensor, op)(floats, *pair)
    if not all(math.isfinite(float(value)) for value in (*pair, result)):
        return
    assert_nearest(result, exact(*(Fraction(float(value)) for value in pair)))


def assert_nearest(result: Any, exact: Fraction) -> None:
    """`result`, of rank 0, is the float of its type nearest to `exact`, and the even one of two."""
    pattern = int(result.view(f"u{result.dtype.itemsize}"))
    error = abs(Fraction(float(result)) - exact)
    for other in (pattern - 1, pattern + 1):
        if not 0 <= other < 1 << width(result.dtype):
            continue
        value = float(np.array(other).astype(f"u{result.dtype.itemsize}").view(result.dtype))
        if math.isfinite(value) and value != float(result):
            distance = abs(Fraction(value) - exact)
            assert error < distance or (error == distance and pattern % 2 == 0), (result, value, float(exact))


TRANSCENDENTAL = {
    "cbrt": "cbrt",
    "cosine": "cos",
    "erf": "erf",
    "exponential": "exp",
    "exponential_minus_one": "expm1",
    "log": "log",
    "log_plus_one": "log1p",
    "logistic": "logistic",
    "rsqrt": "rsqrt",
    "sine": "sin",
    "sqrt": "sqrt",
    "tan": "tan",
    "tanh": "tanh",
}

OF_C: dict[str, Any] = {
    "cbrt": math.cbrt,
    "cosine": math.cos,
    "exponential": math.exp,
    "exponential_minus_one": math.expm1,
    "log": math.log,
    "log_plus_one": math.log1p,
    "sine": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}

#: NumPy's own bound for its vectorised f32 functions is 4 ulp; erf is computed in f64, and sqrt is IEEE-754's.
ULPS = {"erf": 0.5001, "sqrt": 0.5}


def spacing(expected: Any, dtype: Any) -> Any:
    """One unit in the last place of `dtype` at each expected value; at subnormals that of the smallest normal."""
    info = ml_dtypes.finfo(dtype)
    finite = np.where(np.isfinite(expected), np.abs(expected), 1.0)
    return np.exp2(np.maximum(np.floor(np.log2(np.maximum(finite, float(info.tiny)))), info.minexp)) * float(info.eps)


@pytest.mark.parametrize("op", TRANSCENDENTAL)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_transcendental_ops_lie_within_ulps_of_f64(op: str, dtype: Any, lax: Any, assert_within: Any) -> None:
    rng = np.random.default_rng(7)
    scale = {"tan": 1.5, "sine": 30.0, "cosine": 30.0}.get(op, 8.0)
    drawn = cast(np.concatenate([SPECIAL, rng.uniform(-scale, scale, 2000), rng.uniform(-1e-3, 1e-3, 500)]), dtype)
    exact = drawn.astype(np.float64)
    expected = np.array(getattr(lax, TRANSCENDENTAL[op])(exact))
    if op in OF_C:  # XLA decides what is infinite or NaN; the C library is the more accurate one (log1p of XLA is not)
        finite = np.isfinite(expected) & np.isfinite(exact)
        expected[finite] = [OF_C[op](value) for value in exact[finite]]
    rounded = cast(expected, dtype).astype(np.float64)
    expected = np.where(np.isfinite(rounded), expected, rounded)
    ulps = ULPS.get(op, 4)
    if dtype == np.float64:
        ulps = 8  # two implementations of f64 are compared, so both errors count
    elif dtype != np.float32:
        ulps = 0.5001 + ulps * 2.0**-8  # computed in f32, of at least eight more bits, and rounded
    assert_within(getattr(tensor, op)(floats, drawn), expected, ulps * spacing(expected, dtype))


def test_erf_is_that_of_the_c_library(assert_within: Any) -> None:
    values = np.concatenate([np.linspace(-7, 7, 4001), [1e-300, -1e-8, 5.99999, 1e300]])
    expected = np.array([math.erf(value) for value in values])
    assert_within(tensor.erf(floats, values), expected, 2 * np.spacing(np.abs(expected)))
    single = cast(values, np.float32)
    expected = np.array([math.erf(value) for value in single.tolist()])
    assert_within(tensor.erf(floats, single), expected, 0.5001 * np.spacing(np.abs(expected).astype(np.float32)))
    assert np.signbit(tensor.erf(floats, np.array(-0.0)))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_power_atan2_and_remainder_of_floats(dtype: Any, lax: Any, assert_same: Any, assert_within: Any) -> None:
    lhs, rhs = special_pairs(dtype)
    assert_same(tensor.remainder(floats, lhs, rhs), lax.rem(lhs, rhs))
    for op, theirs in (("power", lax.pow), ("atan2", lax.atan2)):
        expected = np.asarray(theirs(lhs.astype(np.float64), rhs.astype(np.float64)))
        rounded = cast(expected, dtype).astype(np.float64)
        expected = np.where(np.isfinite(rounded), expected, rounded)
        ulps = 8 if dtype == np.float64 else 4.5
        assert_within(getattr(tensor, op)(floats, lhs, rhs), expected, ulps * spacing(expected, dtype))


@pytest.mark.parametrize("dtype", [*FLOATS, *NARROW_FLOATS[2:4]], ids=str)
def test_the_greater_of_two_zeros_is_positive_and_nan_wins(dtype: Any) -> None:
    lhs = np.array([0.0, -0.0, -0.0, np.nan, 1.0]).astype(dtype)
    rhs = np.array([-0.0, 0.0, -0.0, 1.0, np.nan]).astype(dtype)
    greater = tensor.maximum(floats, lhs, rhs).astype(np.float64)
    lesser = tensor.minimum(floats, lhs, rhs).astype(np.float64)
    assert np.signbit(greater[:3]).tolist() == [False, False, True]
    assert np.signbit(lesser[:3]).tolist() == [True, True, True]
    assert np.isnan(greater[3:]).all() and np.isnan(lesser[3:]).all()


def test_rounding_ties_go_away_from_zero_or_to_even() -> None:
    values = np.array([-2.5, -0.5, 0.49999997, 0.5, 1.5, 2.5, -0.2, 8388609.0, np.inf], dtype=np.float32)
    away = tensor.round_nearest_afz(floats, values)
    assert away.tolist() == [-3.0, -1.0, 0.0, 1.0, 2.0, 3.0, -0.0, 8388609.0, np.inf]
    even = tensor.round_nearest_even(floats, values)
    assert even.tolist() == [-2.0, -0.0, 0.0, 0.0, 2.0, 2.0, -0.0, 8388609.0, np.inf]
    assert np.signbit(away[6]) and np.signbit(even[1])


COMPLEX_FUNCTIONS: dict[str, Any] = {
    "abs": abs,
    "cbrt": lambda z: z ** (1 / 3),
    "cosine": cmath.cos,
    "exponential": cmath.exp,
    "exponential_minus_one": lambda z: cmath.exp(z) - 1,
    "log": cmath.log,
    "logistic": lambda z: 1 / (1 + cmath.exp(-z)),
    "rsqrt": lambda z: 1 / cmath.sqrt(z),
    "sign": lambda z: z / abs(z),
    "sine": cmath.sin,
    "sqrt": cmath.sqrt,
    "tan": cmath.tan,
    "tanh": cmath.tanh,
}


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_complex_numbers(dtype: str, lax: Any, assert_same: Any, assert_within: Any) -> None:
    rng = np.random.default_rng(3)
    real, imag = rng.uniform(-2, 2, (2, 200)).astype("f4" if dtype == "c8" else "f8")
    lhs = tensor.complex(floats, real, imag)
    assert_same(lhs, lax.complex(real, imag))
    assert_same(tensor.real(floats, lhs), real)
    assert_same(tensor.imag(floats, lhs), imag)
    rhs = lhs[::-1]
    unit = np.finfo(dtype).eps
    for op, exact in COMPLEX_FUNCTIONS.items():
        expected = np.array([exact(number) for number in lhs.tolist()])
        # Complex functions are compositions of a few real ones: ten units of the number (or of one).
        assert_within(getattr(tensor, op)(floats, lhs), expected, 10 * unit * np.maximum(np.abs(expected), 1))
    # Through log(1 + x), whose sum is rounded.
    expected = np.array([cmath.log(1 + number) for number in lhs.tolist()])
    bound = 10 * unit * np.maximum(np.abs(expected), 1) / np.minimum(np.abs(1 + lhs), 1)
    assert_within(tensor.log_plus_one(floats, lhs), expected, bound)
    for op, theirs in (("add", "add"), ("multiply", "mul"), ("divide", "div"), ("power", "pow")):
        expected = np.asarray(getattr(lax, theirs)(lhs.astype(np.complex128), rhs.astype(np.complex128)))
        assert_within(getattr(tensor, op)(floats, lhs, rhs), expected, 20 * unit * np.maximum(np.abs(expected), 1))
    assert tensor.sign(floats, np.array([0j, complex(np.nan, 1)])).tolist()[0] == 0
    with pytest.raises(NotInDomain):
        tensor.floor(floats, lhs)


def test_atan2_of_complex_numbers_extends_that_of_reals(assert_within: Any) -> None:
    y, x = np.random.default_rng(5).uniform(-2, 2, (2, 50))
    result = tensor.atan2(floats, y.astype(complex), x.astype(complex))
    assert_within(result, np.arctan2(y, x), 20 * np.finfo(float).eps * np.pi)


DIRECTIONS = {"EQ": "eq", "NE": "ne", "GE": "ge", "GT": "gt", "LE": "le", "LT": "lt"}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("dtype", [*FLOATS, np.dtype("i4"), np.dtype("u1"), np.dtype(ml_dtypes.int4)], ids=str)
def test_compare(direction: Any, dtype: Any, assert_same: Any) -> None:
    values = cast(SPECIAL, dtype) if dtype in FLOATS else np.array([0, 1, 5, 7]).astype(dtype)
    lhs, rhs = np.meshgrid(values, values)
    expected = [[getattr(float(a), f"__{DIRECTIONS[direction]}__")(float(b)) for a, b in zip(*rows, strict=True)]
                for rows in zip(lhs, rhs, strict=True)]  # fmt: skip
    assert_same(tensor.compare(floats, lhs, rhs, comparison_direction=direction), np.array(expected))


@pytest.mark.parametrize("dtype", [*FLOATS, *NARROW_FLOATS[2:4]], ids=str)
def test_total_order_puts_negative_zero_below_positive_and_nan_at_the_ends(dtype: Any) -> None:
    nan = np.array([np.nan]).astype(dtype).astype(np.float32)
    ascending = np.concatenate([-np.abs(nan), [-448.0, -1.0, -0.0, 0.0, 1.0, 448.0], np.abs(nan)]).astype(dtype)
    if not np.signbit(ascending.astype(np.float32)[0]):  # e.g. bf16 keeps the sign of a NaN, but be sure
        pytest.skip("this type has one NaN")
    lhs, rhs = np.meshgrid(ascending, ascending, indexing="ij")
    places = np.arange(len(ascending))
    less = tensor.compare(floats, lhs, rhs, comparison_direction="LT", compare_type="TOTALORDER")
    equal = tensor.compare(floats, lhs, rhs, comparison_direction="EQ", compare_type="TOTALORDER")
    assert (less == (places[:, None] < places)).all()
    assert (equal == (places[:, None] == places)).all()


def test_complex_numbers_compare_by_real_then_imaginary_part() -> None:
    lhs, rhs = np.array([1 + 2j, 1 + 2j, 0 + 9j]), np.array([1 + 3j, 1 + 2j, 1 + 0j])
    assert tensor.compare(floats, lhs, rhs, comparison_direction="LT").tolist() == [True, False, True]
    assert tensor.maximum(floats, lhs, rhs).tolist() == [1 + 3j, 1 + 2j, 1 + 0j]


def test_select_and_clamp(assert_same: Any) -> None:
    lhs, rhs = np.arange(4.0), -np.arange(4.0)
    assert tensor.select(floats, np.array([True, False, True, False]), lhs, rhs).tolist() == [0.0, -1.0, 2.0, -3.0]
    assert tensor.select(floats, np.array(False), lhs, rhs).tolist() == rhs.tolist()
    low, high = np.array(1, dtype="i4"), np.array([0, 5, 9, 2], dtype="i4")
    assert_same(
        tensor.clamp(floats, low, np.array([-1, 7, 7, 7], dtype="i4"), high), np.array([0, 5, 7, 2], dtype="i4")
    )
    assert np.isnan(tensor.clamp(floats, np.array(0.0), np.array(np.nan), np.array(1.0)))


@pytest.mark.parametrize("target", SMALL_INTEGERS + LARGE_INTEGERS, ids=str)
@pytest.mark.parametrize("source", [np.dtype("f4"), np.dtype("f8"), *NARROW_FLOATS[:4]], ids=str)
def test_floats_convert_to_integers_by_truncating_and_saturating(source: Any, target: Any) -> None:
    low, high = integer_range(target)
    with np.errstate(over="ignore"):
        edges = np.array([float(low), float(high), float(high) + 1, low - 1.0, float(high) * 2, float(low) * 2, 1e30])
        values = np.concatenate([edges, SPECIAL, [-0.9, 127.9, -128.9, 3.7, -3.7]]).astype(source)
    result = tensor.convert(floats, values, target)
    assert result.dtype == target
    expected = [
        0 if math.isnan(v) else (low if v < 0 else high) if math.isinf(v) else min(max(math.trunc(v), low), high)
        for v in values.astype(np.float64).tolist()
    ]
    assert [int(value) for value in result] == expected


@pytest.mark.parametrize("target", ["i1", "i4", "i8", "u4"])
def test_floats_convert_to_integers_as_in_xla(target: str, lax: Any, assert_same: Any) -> None:
    values = np.array([*SPECIAL, 3e9, -3e9, 1e20, -1e20], dtype=np.float32)
    assert_same(tensor.convert(floats, values, np.dtype(target)), lax.convert_element_type(values, target))


@pytest.mark.parametrize("target", SMALL_INTEGERS + LARGE_INTEGERS, ids=str)
@pytest.mark.parametrize("source", SMALL_INTEGERS + LARGE_INTEGERS, ids=str)
def test_integers_convert_to_integers_by_wrapping(source: Any, target: Any) -> None:
    values = all_or_edge_values(source)
    result = tensor.convert(floats, cast(values, source), target)
    assert [int(value) for value in result] == [wrap(value, target) for value in values]


@given(value=st.integers(-(2**63), 2**64 - 1), dtype=st.sampled_from([*NARROW_FLOATS[:2], np.dtype("f4")]))
def test_integers_convert_to_the_nearest_float(value: int, dtype: Any) -> None:
    if dtype == np.float16:
        value %= 1 << 15  # beyond 65504 are infinities
    operand = np.array(value, dtype=np.uint64 if value >= 1 << 63 else np.int64)
    assert_nearest(tensor.convert(floats, operand, dtype), Fraction(value))


@pytest.mark.parametrize("bits_below", [20, 30, 40])
def test_narrow_floats_are_rounded_once(bits_below: int) -> None:
    """Just above a tie of bf16: f32 would round it to the tie, and then to even, which is down."""
    tie = Fraction(257, 256)
    just_above = tie + Fraction(1, 1 << bits_below)
    assert_nearest(tensor.convert(floats, np.array(float(just_above)), np.dtype(ml_dtypes.bfloat16)), just_above)
    whole = (257 << 52) + (1 << (52 - bits_below))
    assert_nearest(tensor.convert(floats, np.array(whole), np.dtype(ml_dtypes.bfloat16)), Fraction(whole))


@given(value=st.floats(-3e38, 3e38), dtype=st.sampled_from([*NARROW_FLOATS[:4], np.dtype("f4")]))
def test_floats_convert_to_the_nearest_float(value: float, dtype: Any) -> None:
    result = tensor.convert(floats, np.array(value), dtype)
    if np.isfinite(result.astype(np.float32)):
        assert_nearest(result, Fraction(value))


def test_conversion_to_booleans_and_from_complex_numbers(assert_same: Any) -> None:
    boolean = np.dtype(bool)
    assert tensor.convert(floats, np.array([0.0, -0.0, 0.5, np.nan]), boolean).tolist() == [False, False, True, True]
    assert tensor.convert(floats, np.array([0, 2, -2]), boolean).tolist() == [False, True, True]
    assert tensor.convert(floats, np.array([True, False]), np.dtype(ml_dtypes.int4)).astype(int).tolist() == [1, 0]
    number = np.array([2.7 - 1j])
    assert_same(tensor.convert(floats, number, np.dtype("i4")), np.array([2], dtype="i4"))
    assert_same(tensor.convert(floats, number, np.dtype("f4")), np.array([2.7], dtype="f4"))
    assert_same(tensor.convert(floats, np.array([3], dtype="i2"), np.dtype("c8")), np.array([3 + 0j], dtype="c8"))


BITCASTS = ["u1", "i2", "u4", "i8", "f2", "f4", "f8"]


@pytest.mark.parametrize("target", BITCASTS)
@pytest.mark.parametrize("source", BITCASTS)
def test_bitcast_convert_is_a_view_of_the_memory(source: str, target: str, lax: Any, assert_same: Any) -> None:
    size, wanted = np.dtype(source).itemsize, np.dtype(target).itemsize
    tail = [wanted // size] if wanted > size else []
    operand = np.random.default_rng(1).integers(0, 100, [3, *tail, size], dtype=np.uint8).view(source)[..., 0]
    result = tensor.bitcast_convert(floats, operand, np.dtype(target))
    assert_same(result, lax.bitcast_convert_type(operand, target))
    assert_same(tensor.bitcast_convert(floats, result, np.dtype(source)), operand)


def test_bitcast_convert_below_a_byte(assert_same: Any) -> None:
    int4 = np.dtype(ml_dtypes.int4)
    nibbles = tensor.bitcast_convert(floats, np.array([0x7F, 0x21], dtype=np.uint8), int4)
    assert nibbles.astype(int).tolist() == [[-1, 7], [1, 2]]
    assert_same(tensor.bitcast_convert(floats, nibbles, np.dtype("u1")), np.array([0x7F, 0x21], dtype=np.uint8))
    assert tensor.bitcast_convert(floats, np.array(5, dtype=np.uint8), np.dtype(bool)).tolist() == [
        True, False, True, False, False, False, False, False,
    ]  # fmt: skip
    number = np.array([1 + 2j, 3 - 4j], dtype="c8")
    assert_same(
        tensor.bitcast_convert(floats, tensor.bitcast_convert(floats, number, np.dtype("c16")), np.dtype("c8")), number
    )


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
@pytest.mark.parametrize("dtype", [*FLOATS, np.dtype("i4"), np.dtype(ml_dtypes.int4)], ids=str)
def test_rank_0_and_empty_tensors_keep_shape_and_type(shape: Any, dtype: Any) -> None:
    operand = np.ones(shape, dtype)
    names = ["abs", "sign", "negate"] + (
        ["exponential", "erf", "logistic", "round_nearest_afz"] if dtype in FLOATS else []
    )
    results = [getattr(tensor, name)(floats, operand) for name in names]
    results += [
        getattr(tensor, name)(floats, operand, operand) for name in ("add", "divide", "remainder", "maximum", "power")
    ]
    results.append(tensor.convert(floats, operand.astype("f4"), dtype))
    for result in results:
        assert isinstance(result, np.ndarray)
        assert (result.shape, result.dtype) == (shape, dtype)


ONE = np.ones(3, "f4")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tensor.add(floats, ONE, np.ones(2, "f4")), "not float32.3. and float32.2."),
        (lambda: tensor.add(floats, ONE, np.ones(3)), "not float32.3. and float64.3."),
        (lambda: tensor.compare(floats, ONE, ONE, comparison_direction="GTE"), "no comparison direction `GTE`"),
        (lambda: tensor.select(floats, np.ones(2, bool), ONE, ONE), "predicate of rank 0"),
        (lambda: tensor.select(floats, np.array(True), ONE, ONE.astype("f8")), "predicate of rank 0"),
        (lambda: tensor.clamp(floats, np.ones(2, "f4"), ONE, ONE), "bound of `clamp`"),
        (lambda: tensor.clamp(floats, ONE, ONE, ONE.astype("f8")), "bound of `clamp`"),
        (lambda: tensor.bitcast_convert(floats, ONE, np.dtype("f8")), "cannot make float64 from float32"),
        (lambda: tensor.bitcast_convert(floats, ONE, np.dtype(ml_dtypes.float6_e2m3fn)), "cannot make float6"),
        (lambda: tensor.bitcast_convert(floats, np.ones(2), np.dtype("c16")), "complex"),
        (lambda: tensor.bitcast_convert(floats, np.ones(2, "c8"), np.dtype("f8")), "only from complex"),
        (lambda: tensor.exponential(floats, np.arange(3)), "`exponential` is not in the domain of int64 elements"),
    ],
)  # fmt: skip
def test_bad_operands_are_told_apart(call: Any, message: str) -> None:
    with pytest.raises(Error, match=message):
        call()
