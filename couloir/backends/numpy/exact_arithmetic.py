"""Exact numbers as Python objects: integers without bound, and fractions.

Arrays of dtype object hold int or Fraction elements; both have `numerator` and `denominator`, and mix freely. The
infinities are admitted as floats because `max` starts from -inf; arithmetic on them that would make a NaN raises
`ArithmeticError`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy import integer_arithmetic
from couloir.backends.numpy.element_types import Array, is_discrete

#: One element.
Number: TypeAlias = int | Fraction | float

#: Larger exponents than this are taken for a mistake rather than computed digit by digit.
_LARGEST_EXPONENT: Final = 4096


def lifted(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of numbers as a function of arrays of objects, of any rank."""

    def on_arrays(*operands: Array) -> Array:
        result = np.frompyfunc(function, len(operands), 1)(*operands)
        return np.asarray(result, dtype=object)

    return on_arrays


def _predicate(function: Callable[..., Any]) -> Callable[..., Array]:
    objects = lifted(function)
    return lambda *operands: objects(*operands).astype(np.bool_)


def _arithmetic(function: Callable[..., Any]) -> Callable[..., Array]:
    """`lifted`, for functions that can leave the extended rationals: inf - inf, 0 * inf."""
    objects = lifted(function)

    def checked(*operands: Array) -> Array:
        result = objects(*operands)
        if np.any(result != result):
            raise ArithmeticError("it makes a NaN of infinities")
        return result

    return checked


def quotient(lhs: Number, rhs: Number) -> Number:
    """`lhs / rhs` as a fraction; an int where it is one. Raises `ZeroDivisionError`."""
    if isinstance(rhs, float):
        if isinstance(lhs, float):
            raise ArithmeticError("an infinity divided by an infinity is not a number")
        return 0
    if isinstance(lhs, float):
        return lhs / rhs
    return simplified(Fraction(lhs, rhs))


def integer_quotient(lhs: Number, rhs: Number) -> Number:
    """`lhs / rhs` if that is an integer. Raises `ArithmeticError` if not."""
    result = quotient(lhs, rhs)
    if isinstance(result, Fraction):
        raise ArithmeticError(f"{lhs} / {rhs} is not an integer")
    return result


def simplified(number: Fraction) -> int | Fraction:
    """An int where the fraction is one."""
    return number.numerator if number.denominator == 1 else number


def _remainder(lhs: Number, rhs: Number) -> Number:
    return lhs - rhs * math.trunc(quotient(lhs, rhs))


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, float):
        raise ArithmeticError("powers of infinities are left to floats")
    if isinstance(exponent, float) or exponent.denominator != 1:
        raise ArithmeticError(f"the exponent {exponent} is not an integer")
    if abs(exponent) > _LARGEST_EXPONENT:
        raise ArithmeticError(f"the exponent {exponent} is larger than {_LARGEST_EXPONENT}")
    whole = int(exponent)
    return simplified(Fraction(base) ** whole)


def _integer_power(base: Number, exponent: Number) -> Number:
    result = _power(base, exponent)
    if isinstance(result, Fraction):
        raise ArithmeticError(f"{base} to the power of {exponent} is not an integer")
    return result


def _sqrt(number: Number) -> Number:
    if number < 0:
        raise ArithmeticError(f"{number} is negative")
    if isinstance(number, float):
        return number
    top, bottom = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if top * top != number.numerator or bottom * bottom != number.denominator:
        raise ArithmeticError(f"{number} has no rational square root")
    return simplified(Fraction(top, bottom))


def _rsqrt(number: Number) -> Number:
    return quotient(1, _sqrt(number))


def _sign(number: Number) -> int:
    return (number > 0) - (number < 0)


def _whole(rounded: Callable[[Any], Number]) -> Callable[[Number], Number]:
    """Rounding to an integer, which leaves infinities as they are."""
    return lambda number: number if isinstance(number, float) else rounded(number)


def _round_nearest_afz(number: Number) -> Number:
    return _sign(number) * math.floor(abs(number) + Fraction(1, 2))


#: What integers and fractions share: op name -> meaning.
_ORDERED: Final[Mapping[str, Callable[..., Array]]] = {
    "abs": lifted(abs),
    "add": _arithmetic(operator.add),
    "ceil": lifted(_whole(math.ceil)),
    "compare EQ": _predicate(operator.eq),
    "compare GE": _predicate(operator.ge),
    "compare GT": _predicate(operator.gt),
    "compare LE": _predicate(operator.le),
    "compare LT": _predicate(operator.lt),
    "compare NE": _predicate(operator.ne),
    "floor": lifted(_whole(math.floor)),
    "is_finite": _predicate(math.isfinite),
    "maximum": lifted(max),
    "minimum": lifted(min),
    "multiply": _arithmetic(operator.mul),
    "negate": lifted(operator.neg),
    "real": np.copy,
    "imag": np.zeros_like,
    "remainder": _arithmetic(_remainder),
    "round_nearest_afz": lifted(_whole(_round_nearest_afz)),
    "round_nearest_even": lifted(_whole(round)),
    "sign": lifted(_sign),
    "sqrt": lifted(_sqrt),
    "subtract": _arithmetic(operator.sub),
    "total_order": np.copy,
}

INTEGER_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    **_ORDERED,
    "divide": _arithmetic(integer_quotient),
    "power": lifted(_integer_power),
}

RATIONAL_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    **_ORDERED,
    "divide": _arithmetic(quotient),
    "power": lifted(_power),
    "rsqrt": lifted(_rsqrt),
}


def from_array(values: Array, *, whole: bool) -> Array:
    """Floats, integers or booleans of any dtype as exact numbers; `whole` admits only integers and infinities.

    Raises `ArithmeticError` for NaN, and for a fraction where `whole`.
    """
    if is_discrete(values.dtype):
        return values.astype(np.uint64 if values.dtype == np.uint64 else np.int64).astype(object)

    def number(value: float) -> Number:
        if math.isnan(value):
            raise ArithmeticError("NaN is not a number")
        if math.isinf(value):
            return value
        if whole and not value.is_integer():
            raise ArithmeticError(f"{value} is not an integer")
        return simplified(Fraction(value))

    return lifted(number)(values.astype(np.float64))


def to_integers(operand: Array, low: int, high: int) -> Array:
    """Truncated towards zero and clamped to `low` ... `high`, still as objects."""

    def clamped(number: Number) -> int:
        bounded = min(max(number, low), high)
        return math.trunc(bounded)

    return lifted(clamped)(operand)


def matmul(lhs: Array, rhs: Array) -> Array:
    """`[..., m, k] @ [..., k, n]`, exactly.

    Fractions are brought to one denominator per operand, so that the sums are sums of integers; those are done by BLAS
    or in int64 where they fit. Raises `ArithmeticError` for infinities.
    """
    (left, left_scale), (right, right_scale) = _common_denominator(lhs), _common_denominator(rhs)
    product = _integer_matmul(left, right)
    scale = left_scale * right_scale

    def unscaled(number: int) -> Number:
        return simplified(Fraction(number, scale))

    return product if scale == 1 else lifted(unscaled)(product)


def _common_denominator(operand: Array) -> tuple[Array, int]:
    if any(isinstance(number, float) for number in operand.flat):
        raise ArithmeticError("an infinity has no product with 0")
    scale = math.lcm(*{number.denominator for number in operand.flat})
    if scale == 1:
        return operand, 1

    def scaled(number: int | Fraction) -> int:
        return number.numerator * (scale // number.denominator)

    return lifted(scaled)(operand), scale


def _integer_matmul(lhs: Array, rhs: Array) -> Array:
    left, right = integer_arithmetic.largest_magnitude(lhs), integer_arithmetic.largest_magnitude(rhs)
    if max(left, right, lhs.shape[-1] * left * right) < 1 << 63:
        return integer_arithmetic.matmul(lhs.astype(np.int64), rhs.astype(np.int64)).astype(object)
    return np.asarray(np.matmul(lhs, rhs), dtype=object)


_REDUCERS: Final[Mapping[str, np.ufunc]] = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def reducer(monoid: str) -> Callable[[Array], Array] | None:
    """Reduction over the last axis, which is not empty, or None where `monoid` has no meaning for numbers."""
    ufunc = _REDUCERS.get(monoid)
    if ufunc is None:
        return None

    def reduce(operand: Array) -> Array:
        result = np.asarray(ufunc.reduce(operand, axis=-1), dtype=object)
        if np.any(result != result):
            raise ArithmeticError("it makes a NaN of infinities")
        return result

    return reduce
