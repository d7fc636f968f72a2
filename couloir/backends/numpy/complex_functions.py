"""Functions of complex numbers where NumPy's are inexact or differ from the rest of this back end.

complex<f32> is computed in complex<f64> and rounded once. Corner cases are those of StableHLO's own tests (tests/math).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from couloir.backends.numpy.element_types import Array

_WIDE: Final = np.dtype(np.complex128)
#: 2^27 + 1: a product with it splits an f64 into two halves (Veltkamp).
_SPLITTER: Final = 134217729.0


def parts(operand: Array) -> tuple[Array, Array]:
    """The real and the imaginary part."""
    return np.real(operand), np.imag(operand)


def joined(real: Array, imag: Array) -> Array:
    """Complex numbers from their parts, which may be infinite or NaN without touching each other."""
    result = np.empty(np.broadcast_shapes(real.shape, imag.shape), np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imag
    return result


def rounded_once(function: Callable[..., Array]) -> Callable[..., Array]:
    """`function` in complex<f64>, and its results rounded to the type of the operands."""

    def compute(*operands: Array) -> Array:
        if operands[0].dtype == _WIDE:
            return np.asarray(function(*operands))
        return np.asarray(function(*(operand.astype(_WIDE) for operand in operands))).astype(operands[0].dtype)

    return compute


def exponential(operand: Array) -> Array:
    """exp; NaN in both parts where both parts of the operand are infinite, as the angle is then anything."""
    return np.where(np.isinf(np.real(operand)) & np.isinf(np.imag(operand)), np.nan * (1 + 1j), np.exp(operand))


def exponential_minus_one(operand: Array) -> Array:
    """exp(z) - 1; real for real z, where infinity times the sine of zero would be NaN."""
    result = np.asarray(np.expm1(operand))
    return np.where(np.imag(operand) == 0, joined(np.real(result), np.imag(operand)), result)


def divide(lhs: Array, rhs: Array) -> Array:
    """lhs / rhs, where infinities and zeros are what C's Annex G makes of them: 1 / 0 is infinite, 1 / infinity is 0."""
    result = np.asarray(np.divide(lhs, rhs))
    lost = np.isnan(np.real(result)) & np.isnan(np.imag(result))
    (a, b), (c, d) = parts(lhs), parts(rhs)
    by_zero = (c == 0) & (d == 0)
    if not lost.any() and not by_zero.any():
        return result
    upper, lower = np.isinf(a) | np.isinf(b), np.isinf(c) | np.isinf(d)
    at_infinity = upper & np.isfinite(c) & np.isfinite(d)
    into_zero = lower & np.isfinite(a) & np.isfinite(b)
    result = np.where(by_zero, joined(np.copysign(np.inf, c) * a, np.copysign(np.inf, c) * b), result)
    p, q = _unit(a, np.isinf(a)), _unit(b, np.isinf(b))
    result = np.where(lost & at_infinity, joined(np.inf * (p * c + q * d), np.inf * (q * c - p * d)), result)
    r, s = _unit(c, np.isinf(c)), _unit(d, np.isinf(d))
    return np.where(lost & into_zero, joined(0.0 * (a * r + b * s), 0.0 * (b * r - a * s)), result)


def _unit(x: Array, infinite: Array) -> Array:
    """1 or -1 for an infinity, 0 or -0 for anything else."""
    return np.copysign(np.where(infinite, 1.0, 0.0), x)


def rsqrt(operand: Array) -> Array:
    """1 / sqrt(z)."""
    return divide(np.ones_like(operand), np.sqrt(operand))


def logistic(operand: Array) -> Array:
    """1 / (1 + exp(-z))."""
    return divide(np.ones_like(operand), 1 + exponential(-operand))


def _greater(lhs: Array, rhs: Array) -> Array:
    """Lexicographic order; a part that is NaN is not greater than anything."""
    (a, b), (c, d) = parts(lhs), parts(rhs)
    return (a > c) | ((a == c) & (b > d))


def maximum(lhs: Array, rhs: Array) -> Array:
    """The lexicographically greater one; the second, where neither is."""
    return np.where(_greater(lhs, rhs), lhs, rhs)


def minimum(lhs: Array, rhs: Array) -> Array:
    """The lexicographically lesser one; the second, where neither is."""
    return np.where(_greater(rhs, lhs), lhs, rhs)


def log_plus_one(operand: Array) -> Array:
    """log(1 + z). Near z = 0 the modulus is taken as log1p(2 x + x^2 + y^2) / 2, whose argument is summed without loss."""
    x, y = parts(operand)
    far = np.asarray(np.log(joined(1 + x, y)))
    small = np.maximum(np.abs(x), np.abs(y)) < 2
    near_x, near_y = np.where(small, x, 0.0), np.where(small, y, 0.0)
    excess = _sum([2 * near_x, *_square(near_x), *_square(near_y)])
    modulus = np.where(excess > -0.5, np.log1p(excess) / 2, np.real(far))
    # Where y^2 is too small to tell: the first terms of the series.
    tiny = np.maximum(np.abs(x), np.abs(y)) < 1e-150
    modulus = np.where(tiny, x + y * (y / 2), modulus)
    return joined(np.where(small, modulus, np.real(far)), np.imag(far))


def _square(x: Array) -> tuple[Array, Array]:
    """The square of f64 numbers as a sum of two without rounding (Dekker, 1971)."""
    high = x * _SPLITTER
    high = high - (high - x)
    low = x - high
    square = x * x
    return square, ((high * high - square) + 2 * high * low) + low * low


def _sum(terms: list[Array]) -> Array:
    """The sum of a few f64 numbers; roundings are kept and added twice (Ogita, Rump and Oishi, 2005: Sum3)."""
    for _ in range(2):
        for index in range(1, len(terms)):
            first, second = terms[index], terms[index - 1]
            total = first + second
            back = total - first
            terms[index - 1] = (first - (total - back)) + (second - back)
            terms[index] = total
    rest = terms[0]
    for term in terms[1:-1]:
        rest = rest + term
    return rest + terms[-1]


def square(operand: Array) -> Array:
    """z * z, whose real part is (x - y) (x + y): no infinity minus infinity where |x| = |y|."""
    x, y = parts(operand)
    real = np.where((np.abs(x) == np.abs(y)) & np.isfinite(x), 0.0, (x - y) * (x + y))
    return joined(real, np.asarray(x * y) * 2)


def asin_acos_kernel(operand: Array) -> Array:
    """w with asin(z) = atan2(x, Re w) + i sign(y) Im w, and acos(z) = atan2(Re w, x) - i sign(y) Im w.

    Source: W. Kahan, "Branch cuts for complex elementary functions", 1987: Re w is that of sqrt(1 - z) sqrt(1 + z).
    """
    root = np.sqrt(1 - operand) * np.sqrt(1 + operand)
    return joined(np.real(root), np.abs(np.imag(np.arcsin(operand))))
