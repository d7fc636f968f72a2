"""Elementwise ops: one result element from the elements at the same position.

Every function takes the domain first, then arrays of one shape and element type, and names its section of the StableHLO
specification. Names are StableHLO's; those that Python reserves end in an underscore.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, DType, from_bits, kind, to_bits, width
from couloir.ir.errors import Error, nearest

ComparisonDirection: TypeAlias = Literal["EQ", "NE", "GE", "GT", "LE", "LT"]
ComparisonType: TypeAlias = Literal["FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED"]

_DIRECTIONS: Final = get_args(ComparisonDirection)


def _elementwise(xp: ArrayNamespace, op: str, *operands: Array) -> Array:
    operands = xp.alike(*operands)
    first = operands[0]
    for other in operands[1:]:
        if other.shape != first.shape or other.dtype != first.dtype:
            raise Error(
                f"`{op}` takes tensors of one shape and element type, "
                f"not {first.dtype}{list(first.shape)} and {other.dtype}{list(other.shape)}",
                hint="broadcast or convert one of them first",
            )
    return xp.apply(op, *operands)


def abs(xp: ArrayNamespace, operand: Array) -> Array:
    """The absolute value; of complex numbers the modulus, which is real. StableHLO `abs`."""
    return _elementwise(xp, "abs", operand)


def add(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The sum; of booleans OR. Integers wrap. StableHLO `add`."""
    return _elementwise(xp, "add", lhs, rhs)


def and_(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """AND of booleans or of the bits of integers. StableHLO `and`."""
    return _elementwise(xp, "and", lhs, rhs)


def atan2(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The angle of the point (rhs, lhs), in radians. StableHLO `atan2`."""
    return _elementwise(xp, "atan2", lhs, rhs)


def cbrt(xp: ArrayNamespace, operand: Array) -> Array:
    """The cube root. StableHLO `cbrt`."""
    return _elementwise(xp, "cbrt", operand)


def ceil(xp: ArrayNamespace, operand: Array) -> Array:
    """Rounded towards positive infinity. StableHLO `ceil`."""
    return _elementwise(xp, "ceil", operand)


def complex(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """Complex numbers from real and imaginary parts of f32 or f64. StableHLO `complex`."""
    return _elementwise(xp, "complex", lhs, rhs)


def cosine(xp: ArrayNamespace, operand: Array) -> Array:
    """The cosine of radians. StableHLO `cosine`."""
    return _elementwise(xp, "cosine", operand)


def count_leading_zeros(xp: ArrayNamespace, operand: Array) -> Array:
    """How many bits of an integer are zero above its highest one. StableHLO `count_leading_zeros`."""
    return _elementwise(xp, "count_leading_zeros", operand)


def divide(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The quotient; of integers truncated towards zero, by zero all ones (as in XLA). StableHLO `divide`."""
    return _elementwise(xp, "divide", lhs, rhs)


def erf(xp: ArrayNamespace, operand: Array) -> Array:
    """The error function of floats. CHLO `erf`."""
    return _elementwise(xp, "erf", operand)


def exponential(xp: ArrayNamespace, operand: Array) -> Array:
    """e to the power of the operand. StableHLO `exponential`."""
    return _elementwise(xp, "exponential", operand)


def exponential_minus_one(xp: ArrayNamespace, operand: Array) -> Array:
    """e^x - 1, accurate near zero. StableHLO `exponential_minus_one`."""
    return _elementwise(xp, "exponential_minus_one", operand)


def floor(xp: ArrayNamespace, operand: Array) -> Array:
    """Rounded towards negative infinity. StableHLO `floor`."""
    return _elementwise(xp, "floor", operand)


def imag(xp: ArrayNamespace, operand: Array) -> Array:
    """The imaginary part; of floats zero. StableHLO `imag`."""
    return _elementwise(xp, "imag", operand)


def is_finite(xp: ArrayNamespace, operand: Array) -> Array:
    """Whether a float is neither infinite nor NaN; booleans. StableHLO `is_finite`."""
    return _elementwise(xp, "is_finite", operand)


def log(xp: ArrayNamespace, operand: Array) -> Array:
    """The natural logarithm. StableHLO `log`."""
    return _elementwise(xp, "log", operand)


def log_plus_one(xp: ArrayNamespace, operand: Array) -> Array:
    """log(1 + x), accurate near zero. StableHLO `log_plus_one`."""
    return _elementwise(xp, "log_plus_one", operand)


def logistic(xp: ArrayNamespace, operand: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow on the way. StableHLO `logistic`."""
    return _elementwise(xp, "logistic", operand)


def maximum(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The greater one; NaN if either is, +0 over -0; of booleans OR. StableHLO `maximum`."""
    return _elementwise(xp, "maximum", lhs, rhs)


def minimum(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The lesser one; NaN if either is, -0 over +0; of booleans AND. StableHLO `minimum`."""
    return _elementwise(xp, "minimum", lhs, rhs)


def multiply(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The product; of booleans AND. Integers wrap. StableHLO `multiply`."""
    return _elementwise(xp, "multiply", lhs, rhs)


def negate(xp: ArrayNamespace, operand: Array) -> Array:
    """The negative; integers wrap. StableHLO `negate`."""
    return _elementwise(xp, "negate", operand)


def not_(xp: ArrayNamespace, operand: Array) -> Array:
    """NOT of booleans or of the bits of integers. StableHLO `not`."""
    return _elementwise(xp, "not", operand)


def or_(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """OR of booleans or of the bits of integers. StableHLO `or`."""
    return _elementwise(xp, "or", lhs, rhs)


def popcnt(xp: ArrayNamespace, operand: Array) -> Array:
    """How many bits of an integer are one. StableHLO `popcnt`."""
    return _elementwise(xp, "popcnt", operand)


def power(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """`lhs` to the power of `rhs`. Integers wrap; negative exponents give 0 unless |lhs| = 1. StableHLO `power`."""
    return _elementwise(xp, "power", lhs, rhs)


def real(xp: ArrayNamespace, operand: Array) -> Array:
    """The real part. StableHLO `real`."""
    return _elementwise(xp, "real", operand)


def remainder(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The rest of truncating division, with the sign of `lhs`; of integers by zero `lhs`. StableHLO `remainder`."""
    return _elementwise(xp, "remainder", lhs, rhs)


def round_nearest_afz(xp: ArrayNamespace, operand: Array) -> Array:
    """The nearest integer, ties away from zero. StableHLO `round_nearest_afz`."""
    return _elementwise(xp, "round_nearest_afz", operand)


def round_nearest_even(xp: ArrayNamespace, operand: Array) -> Array:
    """The nearest integer, ties to even. StableHLO `round_nearest_even`."""
    return _elementwise(xp, "round_nearest_even", operand)


def rsqrt(xp: ArrayNamespace, operand: Array) -> Array:
    """One over the square root. StableHLO `rsqrt`."""
    return _elementwise(xp, "rsqrt", operand)


def shift_left(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """Bits moved up by `rhs`, read as unsigned; the width or more gives 0. StableHLO `shift_left`."""
    return _elementwise(xp, "shift_left", lhs, rhs)


def shift_right_arithmetic(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """Bits moved down by `rhs`, read as unsigned, the highest one repeated. StableHLO `shift_right_arithmetic`."""
    return _elementwise(xp, "shift_right_arithmetic", lhs, rhs)


def shift_right_logical(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """Bits moved down by `rhs`, read as unsigned; the width or more gives 0. StableHLO `shift_right_logical`."""
    return _elementwise(xp, "shift_right_logical", lhs, rhs)


def sign(xp: ArrayNamespace, operand: Array) -> Array:
    """-1, 0 or 1; of floats zeros and NaN as they are; of complex numbers x / |x|. StableHLO `sign`."""
    return _elementwise(xp, "sign", operand)


def sine(xp: ArrayNamespace, operand: Array) -> Array:
    """The sine of radians. StableHLO `sine`."""
    return _elementwise(xp, "sine", operand)


def sqrt(xp: ArrayNamespace, operand: Array) -> Array:
    """The square root. StableHLO `sqrt`."""
    return _elementwise(xp, "sqrt", operand)


def subtract(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The difference; integers wrap. StableHLO `subtract`."""
    return _elementwise(xp, "subtract", lhs, rhs)


def tan(xp: ArrayNamespace, operand: Array) -> Array:
    """The tangent of radians. StableHLO `tan`."""
    return _elementwise(xp, "tan", operand)


def tanh(xp: ArrayNamespace, operand: Array) -> Array:
    """The hyperbolic tangent. StableHLO `tanh`."""
    return _elementwise(xp, "tanh", operand)


def xor(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """XOR of booleans or of the bits of integers. StableHLO `xor`."""
    return _elementwise(xp, "xor", lhs, rhs)


def compare(
    xp: ArrayNamespace,
    lhs: Array,
    rhs: Array,
    *,
    comparison_direction: ComparisonDirection,
    compare_type: ComparisonType | None = None,
) -> Array:
    """Whether `lhs` stands in the named relation to `rhs`; booleans. StableHLO `compare`.

    Floats compare as IEEE-754's quiet comparisons (only NE holds of a NaN), with `TOTALORDER` by `totalOrder`; complex
    numbers by (real, imaginary).
    """
    if comparison_direction not in _DIRECTIONS:
        raise Error(
            f"there is no comparison direction `{comparison_direction}`",
            hint=nearest(comparison_direction, _DIRECTIONS) or "it is one of " + ", ".join(_DIRECTIONS),
        )
    if compare_type == "TOTALORDER":
        lhs, rhs = xp.apply("total_order", lhs), xp.apply("total_order", rhs)
    return _elementwise(xp, f"compare {comparison_direction}", lhs, rhs)


def select(xp: ArrayNamespace, pred: Array, on_true: Array, on_false: Array) -> Array:
    """`on_true` where `pred` holds, else `on_false`; `pred` has their shape or rank 0. StableHLO `select`."""
    on_true, on_false = xp.alike(on_true, on_false)
    if on_true.shape != on_false.shape or on_true.dtype != on_false.dtype or pred.shape not in ((), on_true.shape):
        raise Error(
            "`select` takes a predicate of rank 0 or of the shape of both branches, which are of one type, "
            f"not {list(pred.shape)}, {on_true.dtype}{list(on_true.shape)} and {on_false.dtype}{list(on_false.shape)}"
        )
    return xp.select(pred, on_true, on_false)


def clamp(xp: ArrayNamespace, min: Array, operand: Array, max: Array) -> Array:
    """`minimum(maximum(operand, min), max)`; the bounds have the operand's shape or rank 0. StableHLO `clamp`."""
    min, operand, max = xp.alike(min, operand, max)
    for bound in (min, max):
        if bound.dtype != operand.dtype or bound.shape not in ((), operand.shape):
            raise Error(
                f"a bound of `clamp` has the operand's shape {list(operand.shape)} or rank 0, and its element type, "
                f"unlike {bound.dtype}{list(bound.shape)}"
            )
    return xp.apply("minimum", xp.apply("maximum", operand, min), max)


def convert(xp: ArrayNamespace, operand: Array, dtype: DType) -> Array:
    """The values as elements of `dtype`. StableHLO `convert`.

    Where the specification leaves it open: floats round to nearest even; floats to integers saturate, and NaN becomes 0
    (as in XLA); integers wrap; what is not zero is true. Of complex numbers the real part is taken.
    """
    return xp.convert(operand, dtype)


def bitcast_convert(xp: ArrayNamespace, operand: Array, dtype: DType) -> Array:
    """The same bits, little-endian, as elements of `dtype`. StableHLO `bitcast_convert`.

    Narrower elements get a new last dimension, wider ones use the last dimension up.
    """
    if xp.element_type(operand.dtype) == dtype and kind(operand.dtype) != "other":
        return operand
    if kind(operand.dtype) == "other" or xp.carrier(dtype) != dtype:
        return xp.bitcast(operand, dtype)
    source, target = width(operand.dtype), width(dtype)
    count = target // source if target > source else source // target
    if (count * source != target and count * target != source) or (target > source and operand.shape[-1:] != (count,)):
        raise Error(f"`bitcast_convert` cannot make {dtype} from {operand.dtype}{list(operand.shape)}")
    if "complex" in (kind(operand.dtype), kind(dtype)):
        if kind(operand.dtype) != kind(dtype):
            raise Error("`bitcast_convert` makes complex numbers only from complex numbers")
        return _view_complex(operand, dtype)
    bits = to_bits(operand)
    unsigned = np.dtype(f"u{max(operand.dtype.itemsize, dtype.itemsize)}")
    shifts = (np.arange(count) * min(source, target)).astype(unsigned)
    if target < source:
        bits = (bits[..., np.newaxis] >> shifts) & unsigned.type((1 << target) - 1)
    elif target > source:
        bits = np.asarray(np.bitwise_or.reduce(bits.astype(unsigned) << shifts, axis=-1))
    return from_bits(bits, dtype)


def _view_complex(operand: Array, dtype: DType) -> Array:
    parts = np.ascontiguousarray(operand).view(dtype)
    return parts.reshape(operand.shape[:-1] if dtype.itemsize > operand.dtype.itemsize else (*operand.shape, 2))
