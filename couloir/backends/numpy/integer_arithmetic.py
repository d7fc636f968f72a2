"""Integers and booleans, exactly as StableHLO computes them: two's complement that wraps. The same in every domain.

What the specification leaves open follows XLA: x / 0 is all ones, x % 0 is x, the least value divided by -1 is itself.
Functions take and return arrays of one dtype (comparisons return booleans). The tables are keyed by StableHLO op name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from couloir.backends.numpy.element_types import (
    NARROW_INTEGERS,
    Array,
    DType,
    from_bits,
    kind,
    to_bits,
    width,
)

#: Sums of products below this are exact in float64, so that BLAS can be used.
_EXACT_IN_FLOAT64: Final = 1 << 53


def _is_signed(dtype: DType) -> bool:
    return kind(dtype) == "signed"


def _divide(lhs: Array, rhs: Array) -> Array:
    by_zero = rhs == 0
    divisor = np.where(by_zero, np.ones_like(rhs), rhs)
    quotient = lhs // divisor
    if _is_signed(lhs.dtype):
        inexact = quotient * divisor != lhs
        quotient = quotient + (inexact & ((lhs < 0) != (divisor < 0))).astype(lhs.dtype)
    return np.where(by_zero, ~np.zeros_like(lhs), quotient)


def _remainder(lhs: Array, rhs: Array) -> Array:
    return np.where(rhs == 0, lhs, lhs - _divide(lhs, rhs) * rhs)


def _power(lhs: Array, rhs: Array) -> Array:
    """Square and multiply. A negative exponent gives 0 but for the units 1 and -1, as in the reference interpreter."""
    negative = rhs < 0
    unit = (lhs == 1) | (~lhs == 0) if _is_signed(lhs.dtype) else lhs == 1
    exponent = to_bits(np.where(negative & unit, -rhs, rhs))
    exponent = np.where(negative & ~unit, np.zeros_like(exponent), exponent)
    base, result = lhs, np.ones_like(lhs)
    while exponent.any():
        result = np.where(exponent & 1, result * base, result)
        base = base * base
        exponent = exponent >> 1
    return np.where(negative & ~unit, np.zeros_like(lhs), result)


def _mask(dtype: DType) -> int:
    return (1 << width(dtype)) - 1


def _shift_left(lhs: Array, rhs: Array) -> Array:
    bits, count = to_bits(lhs), to_bits(rhs)
    over = count >= width(lhs.dtype)
    shifted = np.where(over, 0, bits << np.where(over, 0, count).astype(bits.dtype))
    return from_bits(shifted & _mask(lhs.dtype), lhs.dtype)


def _shift_right_logical(lhs: Array, rhs: Array) -> Array:
    bits, count = to_bits(lhs), to_bits(rhs)
    over = count >= width(lhs.dtype)
    return from_bits(np.where(over, 0, bits >> np.where(over, 0, count).astype(bits.dtype)), lhs.dtype)


def _shift_right_arithmetic(lhs: Array, rhs: Array) -> Array:
    """An over-wide count leaves the sign everywhere, as does a count of the width less one."""
    bits = to_bits(lhs)
    spare = lhs.dtype.itemsize * 8 - width(lhs.dtype)
    extended = (bits << spare).view(f"i{lhs.dtype.itemsize}") >> spare
    count = np.minimum(to_bits(rhs), width(lhs.dtype) - 1).view(extended.dtype)
    return from_bits((extended >> count).view(bits.dtype) & _mask(lhs.dtype), lhs.dtype)


def _count_leading_zeros(operand: Array) -> Array:
    """Smears the highest one downwards; what is then still zero leads."""
    bits = to_bits(operand)
    distance = 1
    while distance < width(operand.dtype):
        bits = bits | (bits >> distance)
        distance *= 2
    return (width(operand.dtype) - np.bitwise_count(bits)).astype(operand.dtype)


def _popcnt(operand: Array) -> Array:
    return np.bitwise_count(to_bits(operand)).astype(operand.dtype)


_COMPARISONS: Final[dict[str, Callable[..., Array]]] = {
    "compare EQ": np.equal,
    "compare NE": np.not_equal,
    "compare GE": np.greater_equal,
    "compare GT": np.greater,
    "compare LE": np.less_equal,
    "compare LT": np.less,
}

_INTEGER_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    **_COMPARISONS,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": _divide,
    "remainder": _remainder,
    "power": _power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "negate": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
}

_BITWISE_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    "shift_left": _shift_left,
    "shift_right_logical": _shift_right_logical,
    "shift_right_arithmetic": _shift_right_arithmetic,
    "popcnt": _popcnt,
    "count_leading_zeros": _count_leading_zeros,
}

_BOOLEAN_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    **_COMPARISONS,
    "add": np.logical_or,
    "multiply": np.logical_and,
    "maximum": np.logical_or,
    "minimum": np.logical_and,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "not": np.logical_not,
}


def function(op: str, dtype: DType) -> Callable[..., Array] | None:
    """The meaning of `op` on integers or booleans of `dtype`, or None where it has none."""
    if kind(dtype) == "bool":
        return _BOOLEAN_FUNCTIONS.get(op)
    arithmetic = _INTEGER_FUNCTIONS.get(op)
    if arithmetic is None:
        return _BITWISE_FUNCTIONS.get(op)
    return _in_8_bits(arithmetic) if dtype in NARROW_INTEGERS else arithmetic


def _in_8_bits(arithmetic: Callable[..., Array]) -> Callable[..., Array]:
    """`arithmetic` for 2 and 4-bit integers: computed in 8 bits, and wrapped."""

    def narrow(*operands: Array) -> Array:
        dtype = operands[0].dtype
        wide = np.int8 if _is_signed(dtype) else np.uint8
        result = np.asarray(arithmetic(*(operand.astype(wide) for operand in operands)))
        return result if result.dtype == np.bool_ else result.astype(dtype)

    return narrow


def convert(operand: Array, dtype: DType) -> Array:
    """Integers or booleans as integers or booleans of `dtype`: wraps; to boolean, what is not zero is true."""
    if kind(dtype) == "bool":
        return operand != 0
    # ml_dtypes does not convert between its own integers.
    return operand.astype(np.int64).astype(dtype) if operand.dtype in NARROW_INTEGERS else operand.astype(dtype)


_REDUCERS: Final[Mapping[str, np.ufunc]] = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}

_BOOLEAN_REDUCERS: Final[Mapping[str, np.ufunc]] = {
    "add": np.logical_or,
    "multiply": np.logical_and,
    "maximum": np.logical_or,
    "minimum": np.logical_and,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
}


def ufunc_of(monoid: str, dtype: DType) -> np.ufunc | None:
    """The ufunc of a monoid on elements of `dtype`, or None where it has no meaning for them."""
    return (_BOOLEAN_REDUCERS if kind(dtype) == "bool" else _REDUCERS).get(monoid)


def reducer(monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
    """Reduction of elements of `dtype` over axes, none of which is empty, or None where `monoid` has no meaning."""
    ufunc = ufunc_of(monoid, dtype)
    if ufunc is None:
        return None
    # The dtype is named because NumPy would sum small integers in 64 bits.
    wide = np.dtype(np.int64) if dtype in NARROW_INTEGERS else dtype

    def reduce(operand: Array, axes: tuple[int, ...]) -> Array:
        return np.asarray(ufunc.reduce(operand.astype(wide, copy=False), axis=axes, dtype=wide)).astype(dtype)

    return reduce


def largest_magnitude(operand: Array) -> int:
    """The greatest absolute value as a Python integer; 0 for an empty array."""
    return max(abs(int(operand.min())), abs(int(operand.max()))) if operand.size else 0


def matmul(lhs: Array, rhs: Array) -> Array:
    """Exact product `[..., m, k] @ [..., k, n]` modulo 2^width; by BLAS where no sum leaves float64's integers.

    Booleans: OR of ANDs.
    """
    dtype = lhs.dtype
    if kind(dtype) == "bool":
        return np.matmul(lhs, rhs)
    if dtype in NARROW_INTEGERS:
        return matmul(lhs.astype(np.int64), rhs.astype(np.int64)).astype(dtype)
    if lhs.shape[-1] * largest_magnitude(lhs) * largest_magnitude(rhs) < _EXACT_IN_FLOAT64:
        product = np.matmul(lhs.astype(np.float64), rhs.astype(np.float64))
        return product.astype(np.int64).astype(dtype)
    return np.matmul(lhs, rhs)
