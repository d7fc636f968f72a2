"""Floats and complex numbers, as StableHLO computes them with IEEE-754 arithmetic.

f32 and f64 use NumPy's own loops; for complex numbers see `complex_functions`. The narrow floats (f16, bf16 and below) are
computed in f32 and rounded once, to nearest even: for + - * / and sqrt on types of up to 11 significant bits this is the correctly
rounded result (24 >= 2 * 11 + 2).
Sums and products of many narrow floats stay in f32 until the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np

from couloir.backends.numpy import complex_functions
from couloir.backends.numpy.complex_functions import rounded_once
from couloir.backends.numpy.element_types import NARROW_FLOATS, Array, DType, integer_range, kind, to_bits, width


def widen(operand: Array) -> Array:
    """A narrow float as f32, which holds it exactly; everything else as it is."""
    return operand.astype(np.float32) if operand.dtype in NARROW_FLOATS else operand


def round_to(operand: Array, dtype: DType) -> Array:
    """Floats, complex numbers or integers as floats of `dtype`, rounded once to nearest even.

    ml_dtypes rounds to f32 first and then again; rounding to odd in between makes the second rounding the only one
    (Boldo and Melquiond, "When double rounding is odd", 2005).
    """
    operand = widen(operand)  # exact; ml_dtypes does not convert between all of its own
    if dtype not in NARROW_FLOATS or operand.dtype == np.float32:
        return operand.astype(dtype)
    return _to_float32_odd(_to_float64_odd(operand)).astype(dtype)


def _to_float64_odd(operand: Array) -> Array:
    """64-bit integers as f64: the eleven bits that may not fit leave a mark in the last one that does."""
    if kind(operand.dtype) in ("float", "bool") or width(operand.dtype) < 64:
        return operand.astype(np.float64)
    lost = np.array((1 << 12) - 1, dtype=operand.dtype)
    marked = (operand & ~lost) | np.where(operand & lost != 0, lost + 1, 0).astype(operand.dtype)
    large = (operand >= 1 << 53) | ((operand <= -(1 << 53)) if kind(operand.dtype) == "signed" else False)
    return np.where(large, marked, operand).astype(np.float64)


def _to_float32_odd(operand: Array) -> Array:
    """f64 as f32: exact, or the neighbour whose last bit is one."""
    nearest = operand.astype(np.float32)
    inexact = (nearest != operand) & np.isfinite(nearest)
    even = to_bits(nearest) & np.uint32(1) == 0
    towards = np.where(operand > nearest, np.float32(np.inf), np.float32(-np.inf))
    return np.where(inexact & even, np.nextafter(nearest, towards), nearest)


def _negative_zeros(operand: Array) -> bool:
    """Whether there is a -0.0: its bits are the sign alone."""
    return bool((to_bits(operand) == 1 << (operand.dtype.itemsize * 8 - 1)).any())


def maximum(lhs: Array, rhs: Array) -> Array:
    """IEEE-754 `maximum`: NaN wins, and +0 is greater than -0, which `numpy.maximum` leaves open."""
    result = np.asarray(np.maximum(lhs, rhs))
    if kind(lhs.dtype) == "float" and (_negative_zeros(lhs) or _negative_zeros(rhs)):
        both_zero = (lhs == 0) & (rhs == 0)
        result = np.where(both_zero, lhs + rhs, result)  # -0 only where both are
    return result


def minimum(lhs: Array, rhs: Array) -> Array:
    """IEEE-754 `minimum`: NaN wins, and -0 is less than +0, which `numpy.minimum` leaves open."""
    result = np.asarray(np.minimum(lhs, rhs))
    if kind(lhs.dtype) == "float" and (_negative_zeros(lhs) or _negative_zeros(rhs)):
        both_zero = (lhs == 0) & (rhs == 0)
        result = np.where(both_zero, -(-lhs - rhs), result)  # +0 only where both are
    return result


def total_order(operand: Array) -> Array:
    """Integers that compare as IEEE-754 `totalOrder` does: -NaN < -inf < ... < -0 < +0 < ... < inf < NaN."""
    signed = to_bits(operand).view(f"i{operand.dtype.itemsize}")
    return np.where(signed < 0, signed ^ np.iinfo(signed.dtype).max, signed)


def _sign(operand: Array) -> Array:
    if kind(operand.dtype) == "complex":
        magnitude = np.abs(operand)
        unit = operand / np.where(magnitude == 0, 1, magnitude)
        return np.where(np.isnan(operand), np.array(complex(np.nan, np.nan), dtype=operand.dtype), unit)
    return np.where((operand == 0) | np.isnan(operand), operand, np.copysign(np.ones_like(operand), operand))


def _round_nearest_afz(operand: Array) -> Array:
    truncated = np.trunc(operand)
    # The difference is exact, so that 0.49999997 does not become 1 as it would by adding 0.5.
    away = np.abs(operand - truncated) >= 0.5
    return np.where(away, truncated + np.copysign(np.ones_like(operand), operand), truncated)


def _logistic(operand: Array) -> Array:
    decay = np.exp(-np.abs(operand))  # never overflows
    return np.where(operand < 0, decay, np.ones_like(decay)) / (1 + decay)


def _cbrt(operand: Array) -> Array:
    return np.power(operand, 1 / 3) if kind(operand.dtype) == "complex" else np.cbrt(operand)


def _atan2(lhs: Array, rhs: Array) -> Array:
    if kind(lhs.dtype) == "complex":
        return -1j * np.log((rhs + 1j * lhs) / np.sqrt(rhs * rhs + lhs * lhs))
    return np.arctan2(lhs, rhs)


def _imag(operand: Array) -> Array:
    return np.imag(operand)


def _rsqrt(operand: Array) -> Array:
    return 1 / np.sqrt(operand)


_ERF_STEP: Final = 1 / 16
_ERF_TERMS: Final = 12


@cache
def _erf_series() -> Array:
    """Taylor coefficients of erf about 0, 1/16, 2/16, ... 6; shape [12, 97].

    The derivatives are Hermite polynomials times a Gaussian (DLMF 7.10.1):
    d^(n+1) erf(c) = (-1)^n 2/sqrt(pi) H_n(c) exp(-c^2).
    """
    rows: list[list[float]] = []
    for index in range(round(6 / _ERF_STEP) + 1):
        centre = index * _ERF_STEP
        gauss = 2 / math.sqrt(math.pi) * math.exp(-centre * centre)
        row, previous, hermite = [math.erf(centre)], 0.0, 1.0
        for n in range(_ERF_TERMS - 1):
            row.append((-1) ** n * gauss * hermite / math.factorial(n + 1))
            previous, hermite = hermite, 2 * centre * hermite - 2 * n * previous
        rows.append(row)
    return np.array(rows).T.copy()


def _erf(operand: Array) -> Array:
    """The error function, in f64: a Taylor series about the nearest of 97 points, at most 1/32 away; 1 beyond 6."""
    series = _erf_series()
    magnitude = np.minimum(np.abs(operand.astype(np.float64)), 6.0)
    nearest = np.rint(np.where(np.isnan(magnitude), 0.0, magnitude) / _ERF_STEP).astype(np.intp)
    offset = magnitude - nearest * _ERF_STEP
    # What the terms left out could add is at most 2^-5 to their power: 2^-60 for f64, 2^-35 for f32.
    terms = _ERF_TERMS if operand.dtype == np.float64 else 7
    value = series[terms - 1].take(nearest)
    for term in range(terms - 2, -1, -1):
        value *= offset
        value += series[term].take(nearest)
    return np.copysign(value, operand).astype(operand.dtype)


#: op name -> its meaning on f32, f64 and (where StableHLO has it) complex arrays.
_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    "abs": np.abs,
    "add": np.add,
    "atan2": _atan2,
    "cbrt": _cbrt,
    "ceil": np.ceil,
    "compare EQ": np.equal,
    "compare GE": np.greater_equal,
    "compare GT": np.greater,
    "compare LE": np.less_equal,
    "compare LT": np.less,
    "compare NE": np.not_equal,
    "complex": complex_functions.joined,
    "cosine": np.cos,
    "divide": np.divide,
    "erf": _erf,
    "exponential": np.exp,
    "exponential_minus_one": np.expm1,
    "floor": np.floor,
    "imag": _imag,
    "is_finite": np.isfinite,
    "log": np.log,
    "log_plus_one": np.log1p,
    "logistic": _logistic,
    "maximum": maximum,
    "minimum": minimum,
    "multiply": np.multiply,
    "negate": np.negative,
    "power": np.power,
    "real": np.real,
    "remainder": np.fmod,
    "round_nearest_afz": _round_nearest_afz,
    "round_nearest_even": np.rint,
    "rsqrt": _rsqrt,
    "sign": _sign,
    "sine": np.sin,
    "sqrt": np.sqrt,
    "subtract": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
    "total_order": total_order,
}

_NOT_FOR_COMPLEX: Final = frozenset(
    ("ceil", "complex", "erf", "floor", "remainder", "round_nearest_afz", "round_nearest_even", "total_order")
)


#: Those whose results are rounded more than once in complex<f32>, or are no use there.
_COMPLEX_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    **{
        op: rounded_once(_FUNCTIONS[op])
        for op in (*("atan2", "cbrt", "cosine", "log", "power", "sign", "sine", "sqrt", "tan", "tanh"),)
    },
    "divide": rounded_once(complex_functions.divide),
    "exponential": rounded_once(complex_functions.exponential),
    "exponential_minus_one": rounded_once(complex_functions.exponential_minus_one),
    "log_plus_one": rounded_once(complex_functions.log_plus_one),
    "logistic": rounded_once(complex_functions.logistic),
    "maximum": complex_functions.maximum,
    "minimum": complex_functions.minimum,
    "rsqrt": rounded_once(complex_functions.rsqrt),
}


def function(op: str, dtype: DType) -> Callable[..., Array] | None:
    """The meaning of `op` on floats or complex numbers of `dtype`, or None where it has none."""
    native = _FUNCTIONS.get(op)
    if native is None:
        return None
    if kind(dtype) == "complex":
        return None if op in _NOT_FOR_COMPLEX else _COMPLEX_FUNCTIONS.get(op, native)
    return _in_float32(native) if dtype in NARROW_FLOATS else native


def _in_float32(native: Callable[..., Array]) -> Callable[..., Array]:
    """`native` for narrow floats: computed in f32, and float results rounded once."""

    def narrow(*operands: Array) -> Array:
        result = np.asarray(native(*(operand.astype(np.float32) for operand in operands)))
        return result.astype(operands[0].dtype) if result.dtype == np.float32 else result

    return narrow


def to_integers(operand: Array, dtype: DType) -> Array:
    """Floats as integers: the fraction is dropped, what is out of range becomes the nearest bound, NaN 0, as in XLA."""
    wide = widen(operand)
    low, high = integer_range(dtype)
    truncated = np.trunc(wide)
    # `high` itself may not be a float of this type, but `high + 1` is a power of two.
    below, above = truncated < low, truncated >= float(high + 1)
    inside = ~(below | above | np.isnan(wide))
    exact = np.where(inside, truncated, 0).astype(np.int64 if kind(dtype) == "signed" else np.uint64).astype(dtype)
    bounds = np.where(below, np.array(low).astype(dtype), np.array(high, dtype=np.uint64).astype(dtype))
    return np.where(below | above, bounds, exact)


_REDUCERS: Final[Mapping[str, np.ufunc]] = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def ufunc_of(monoid: str) -> np.ufunc | None:
    """The ufunc of a monoid on floats, or None where it has no meaning for them."""
    return _REDUCERS.get(monoid)


def reducer(monoid: str) -> Callable[[Array, tuple[int, ...]], Array] | None:
    """Reduction of floats over axes, none of which is empty, or None where `monoid` has no meaning for them."""
    ufunc = ufunc_of(monoid)
    if ufunc is None:
        return None

    def reduce(operand: Array, axes: tuple[int, ...]) -> Array:
        if monoid in ("maximum", "minimum") and kind(operand.dtype) == "complex":
            return by_halves(_COMPLEX_FUNCTIONS[monoid], operand, axes)
        wide = widen(operand)
        if monoid == "add":  # NumPy itself starts from 0.0, which makes 0.0 of -0.0
            zero = complex(-0.0, -0.0) if kind(wide.dtype) == "complex" else -0.0
            result = np.asarray(ufunc.reduce(wide, axis=axes, initial=zero))
        else:
            result = np.asarray(ufunc.reduce(wide, axis=axes))
        if monoid in ("maximum", "minimum"):
            result = _with_sign_of_zero(monoid, wide, axes, result)
        return result.astype(operand.dtype, copy=False)

    return reduce


def by_halves(function: Callable[..., Array], operand: Array, axes: tuple[int, ...]) -> Array:
    """Reduces by a function of two arrays: as a tree over the first half and the second, with what is left over."""
    kept = [axis for axis in range(operand.ndim) if axis not in axes]
    rest = operand.transpose([*axes, *kept]).reshape([-1, *[operand.shape[axis] for axis in kept]])
    while len(rest) > 1:
        half = len(rest) // 2
        joined = function(rest[:half], rest[half : 2 * half])
        rest = np.concatenate([joined, rest[2 * half :]]) if len(rest) % 2 else joined
    return rest[0]


def _with_sign_of_zero(monoid: str, operand: Array, axes: tuple[int, ...], result: Array) -> Array:
    """`result`, where zeros are +0 if any +0 took part in a maximum, and -0 if any -0 took part in a minimum."""
    if kind(operand.dtype) != "float" or not _negative_zeros(operand):
        return result
    negative_wins = monoid == "minimum"
    winner_present = ((operand == 0) & (np.signbit(operand) == negative_wins)).any(axis=axes)
    sign = np.where(winner_present == negative_wins, -1.0, 1.0)
    return np.where(result == 0, np.copysign(0.0, sign), result).astype(operand.dtype)


#: A sum of at most so many products, for at most so many results, is made in order, term by term; BLAS would not be faster,
#: and orders and fuses as it likes, which shows where terms cancel.
_ORDERED_TERMS: Final = 8
_ORDERED_RESULTS: Final = 1 << 8


def matmul(lhs: Array, rhs: Array) -> Array:
    """`[..., m, k] @ [..., k, n]`; narrow floats are summed in f32 and rounded once."""
    left, right = widen(lhs), widen(rhs)
    terms = lhs.shape[-1]
    if 0 < terms <= _ORDERED_TERMS and math.prod(lhs.shape[:-1]) * rhs.shape[-1] <= _ORDERED_RESULTS:
        product = left.dtype.type(0)
        for term in range(terms):
            product = product + left[..., term : term + 1] * right[..., term : term + 1, :]
        return product.astype(lhs.dtype, copy=False)
    return np.asarray(np.matmul(left, right)).astype(lhs.dtype, copy=False)
