"""Arithmetic modulo the Mersenne prime p = 2^31 - 1, on int64 arrays of residues 0 ... p - 1.

A product is below 2^62 and 2^32 reduced products still fit int64. As 2^31 = 1 (mod p), reducing is adding the high
bits to the low ones.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.backends.numpy.element_types import Array

_BITS: Final = 31
P: Final = (1 << _BITS) - 1

_HALF_BITS: Final = 16
#: Products of 16-bit halves are below 2^32: this many of them sum up exactly in float64 (2^32 * 2^21 = 2^53).
_EXACT_SUMMANDS: Final = 1 << 21


def reduced(values: Array) -> Array:
    """The residues of int64 values 0 ... 2^63 - 1."""
    folded = (values & P) + (values >> _BITS)  # < 2^33
    folded = (folded & P) + (folded >> _BITS)  # <= p + 3
    return np.where(folded >= P, folded - P, folded)


def add(lhs: Array, rhs: Array) -> Array:
    """lhs + rhs."""
    return reduced(lhs + rhs)


def subtract(lhs: Array, rhs: Array) -> Array:
    """lhs - rhs."""
    return reduced(lhs + (P - rhs))


def negate(operand: Array) -> Array:
    """-operand."""
    return reduced(P - operand)


def multiply(lhs: Array, rhs: Array) -> Array:
    """lhs * rhs."""
    return reduced(lhs * rhs)


def inverse(operand: Array) -> Array:
    """1 / operand = operand^(p - 2) (Fermat). Raises `ZeroDivisionError`."""
    if np.any(operand == 0):
        raise ZeroDivisionError("0 has no inverse")
    result, base, exponent = np.ones_like(operand), operand, P - 2
    while exponent:
        if exponent & 1:
            result = multiply(result, base)
        base = multiply(base, base)
        exponent >>= 1
    return result


def divide(lhs: Array, rhs: Array) -> Array:
    """lhs / rhs. Raises `ZeroDivisionError`."""
    return multiply(lhs, inverse(rhs))


def from_floats(values: Array) -> Array:
    """The residues of floats: n * 2^e becomes n times the e-th power of 2, which has order 31.

    Raises `ArithmeticError` for infinities and NaN.
    """
    if not np.isfinite(values).all():
        raise ArithmeticError("infinities and NaN are not in a field")
    mantissa, exponent = np.frexp(values.astype(np.float64))
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    power = np.left_shift(np.int64(1), (exponent.astype(np.int64) - 53) % _BITS)
    magnitude = multiply(reduced(np.abs(whole)), power)
    return np.where(whole < 0, negate(magnitude), magnitude)


def from_integers(values: Array) -> Array:
    """The residues of integers or booleans of any dtype."""
    if values.dtype == np.uint64:
        return (values % np.uint64(P)).astype(np.int64)
    return values.astype(np.int64) % P


def total(operand: Array) -> Array:
    """The sum over the last axis, of fewer than 2^32 elements."""
    return reduced(np.asarray(operand.sum(axis=-1, dtype=np.int64)))


def product(operand: Array) -> Array:
    """The product over the last axis, which is not empty: halves multiplied pairwise."""
    while operand.shape[-1] > 1:
        half = operand.shape[-1] // 2
        paired = multiply(operand[..., :half], operand[..., half : 2 * half])
        operand = np.concatenate([paired, operand[..., 2 * half :]], axis=-1)
    return operand[..., 0]


def matmul(lhs: Array, rhs: Array) -> Array:
    """`[..., m, k] @ [..., k, n]`: four products of 16-bit halves, each exact in float64 and so done by BLAS."""
    result = _matmul_exact(lhs[..., :_EXACT_SUMMANDS], rhs[..., :_EXACT_SUMMANDS, :])
    for start in range(_EXACT_SUMMANDS, lhs.shape[-1], _EXACT_SUMMANDS):
        stop = start + _EXACT_SUMMANDS
        result = add(result, _matmul_exact(lhs[..., start:stop], rhs[..., start:stop, :]))
    return result


def _matmul_exact(lhs: Array, rhs: Array) -> Array:
    left_low, left_high = _halves(lhs)
    right_low, right_high = _halves(rhs)

    def times(left: Array, right: Array) -> Array:
        return reduced(np.matmul(left, right).astype(np.int64))

    middle = add(times(left_low, right_high), times(left_high, right_low))
    # 2^32 = 2 (mod p); every term is below 2^49.
    return reduced(times(left_low, right_low) + (middle << _HALF_BITS) + 2 * times(left_high, right_high))


def _halves(operand: Array) -> tuple[Array, Array]:
    low = operand & ((1 << _HALF_BITS) - 1)
    return low.astype(np.float64), (operand >> _HALF_BITS).astype(np.float64)
