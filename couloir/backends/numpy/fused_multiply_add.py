"""Multiplication and addition with one rounding.

Source: S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd",
IEEE Transactions on Computers 57(4), 2008.
"""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import NARROW_FLOATS, Array


def fma(xp: ArrayNamespace, a: Array, b: Array, c: Array) -> Array:
    """`a * b + c`, rounded once where the domain rounds. f64 may round twice near the ends of its range."""
    if a.dtype == np.float64:
        with np.errstate(all="ignore"):
            return _fma_double(a, b, c)
    if a.dtype == np.float32 or a.dtype in NARROW_FLOATS:
        # The product is exact in f64, and the sum is rounded to odd there: the second rounding cannot go wrong.
        with np.errstate(all="ignore"):
            wide = _sum_to_odd(a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64))
        return xp.convert(wide, a.dtype)
    return xp.fma(a, b, c)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The rounded sum and its error (Knuth)."""
    total = np.asarray(a + b)
    part = total - a
    return total, np.asarray((a - (total - part)) + (b - part))


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """The rounded product and its error (Dekker, Veltkamp)."""

    def halves(x: Array) -> tuple[Array, Array]:
        scaled = x * 134217729.0  # 2^27 + 1
        high = scaled - (scaled - x)
        return high, x - high

    product = np.asarray(a * b)
    (a1, a2), (b1, b2) = halves(a), halves(b)
    return product, np.asarray(((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2)


def _sum_to_odd(a: Array, b: Array) -> Array:
    """The sum; when it is not exact, of the two neighbours the one with an odd last bit."""
    total, error = _two_sum(a, b)
    even = (total.view(np.uint64) & np.uint64(1)) == 0
    towards = np.nextafter(total, np.copysign(np.inf, error))
    return np.where(even & (error != 0) & np.isfinite(error), towards, total)


def _fma_double(a: Array, b: Array, c: Array) -> Array:
    product, error = _two_product(a, b)
    middle, low = _two_sum(c, error)
    high, rest = _two_sum(product, middle)
    once = np.asarray(high + _sum_to_odd(low, rest))
    separate = np.where(np.isinf(c) & np.isfinite(a) & np.isfinite(b), c, a * b + c)
    return np.where(np.isfinite(once), once, separate)
