"""Floats rounded to fewer bits."""

from __future__ import annotations

import math
from typing import Any, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array, DType, from_bits, kind, to_bits, width
from couloir.ir.errors import Error


@np.errstate(invalid="ignore")  # signalling NaNs
def reduce_precision(xp: ArrayNamespace, operand: Array, *, exponent_bits: int, mantissa_bits: int) -> Array:
    """Rounds to the floats of so many exponent and mantissa bits; the type stays. StableHLO `reduce_precision`.

    Ties go to even. As in XLA, what is too small for a normal number becomes zero, what is too large infinite; without
    mantissa bits there is no NaN, which becomes infinite.
    """
    if kind(operand.dtype) != "float":
        raise NotInDomain("reduce_precision", xp.name, "its numbers have no bits")
    if exponent_bits < 1 or mantissa_bits < 0:
        raise Error(f"no float has {exponent_bits} exponent and {mantissa_bits} mantissa bits")
    own_mantissa, own_exponent = bit_counts(operand.dtype)
    bits = to_bits(operand)
    word = bits.dtype.type
    sign_bit = word(1 << (own_mantissa + own_exponent))
    sign, magnitude = bits & sign_bit, bits & (sign_bit - word(1))
    infinite: Array = sign | to_bits(np.asarray(np.inf).astype(operand.dtype))
    dropped = own_mantissa - mantissa_bits
    if dropped > 0:
        last = (magnitude >> word(dropped)) & word(1)
        magnitude = (magnitude + (word((1 << (dropped - 1)) - 1) + last)) & ~word((1 << dropped) - 1)
    # beyond the largest number of a format without infinities
    bits = np.where(magnitude >= sign_bit, infinite, sign | magnitude)
    if exponent_bits < own_exponent:
        exponent = magnitude >> word(own_mantissa)
        bias = 1 - round(math.log2(float(cast("Any", ml_dtypes.finfo(operand.dtype)).smallest_normal)))
        reduced_bias = (1 << (exponent_bits - 1)) - 1
        # some formats have one zero alone
        zero = sign * (from_bits(sign, operand.dtype) == 0).astype(sign.dtype)
        bits = np.where(exponent > word(bias + reduced_bias), infinite, bits)
        bits = np.where(exponent <= word(bias - reduced_bias), zero, bits)
    nan = operand if mantissa_bits else np.copysign(np.asarray(np.inf, operand.dtype), operand)
    return np.where(operand != operand, nan, from_bits(bits, operand.dtype))


def bit_counts(dtype: DType) -> tuple[int, int]:
    """The mantissa and exponent bits of a float; its sign takes one more."""
    mantissa = cast(int, ml_dtypes.finfo(dtype).nmant)
    return mantissa, width(dtype) - 1 - mantissa
