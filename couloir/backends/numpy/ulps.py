"""The distance of floats, counted in floats: units in the last place."""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.backends.numpy.element_types import Array, kind, to_bits
from couloir.ir.errors import Error

#: The distance of a number from infinity or NaN.
APART: Final = 2**64 - 1


@np.errstate(invalid="ignore")  # a signalling NaN, which is one all the same
def ulp_distance(actual: Array, expected: Array) -> Array:
    """How many floats lie between two floats of one type, the first one counted: 0 for the same.

    Zeros of both signs are 0 apart, and so are any two NaNs. Infinities and NaN are `APART` from everything else. Of complex
    numbers the greater distance of both parts. uint64, of the shape of the operands.
    """
    if kind(actual.dtype) == "complex":
        parts = [ulp_distance(part(actual), part(expected)) for part in (np.real, np.imag)]
        return np.maximum(*parts)
    if kind(actual.dtype) != "float":
        raise Error(f"elements of {actual.dtype} have no units in the last place")
    left, left_negative = _magnitude(actual)
    right, right_negative = _magnitude(expected)
    same_side = np.maximum(left, right) - np.minimum(left, right)
    distance = np.where(left_negative == right_negative, same_side, left + right)
    wide, other = actual.astype(np.float64), expected.astype(np.float64)
    both_nan = np.isnan(wide) & np.isnan(other)
    finite = np.isfinite(wide) & np.isfinite(other)
    distance = np.where(finite, distance, np.uint64(APART))
    return np.where((wide == other) | both_nan, np.uint64(0), distance)


def _magnitude(operand: Array) -> tuple[Array, Array]:
    """How far from zero floats are, in floats, and which of them are negative."""
    negative = np.signbit(operand.astype(np.float64))
    return to_bits(np.where(negative, -operand, operand)).astype(np.uint64), negative
