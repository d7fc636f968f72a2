"""Integers: shifts, powers of two, division by constants."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard, is_constant, is_splat
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import (
    all_ones,
    filled,
    integers,
    is_ones,
    number,
    unsigned_integers,
)


def _bits(c):
    """The bits of a constant with one number everywhere, as an unsigned number; 0 of other values."""
    return (number(c) or 0) & ((1 << c.type.element_type.width) - 1) if integers(c) else 0


def _is_power_of_two(c):
    return guard(_bits(c).bit_count() == 1, "it is not one power of two")


def _exponent(c):
    return filled(c, _bits(c).bit_length() - 1)


def _positive(c):
    """A constant with one positive integer everywhere, as a number; 0 of other values."""
    value = number(c) if integers(c) else None
    return max(value or 0, 0)


def _product_fits(a, b):
    first, second = _positive(a), _positive(b)
    fits = first and second and first * second <= a.type.element_type.maximum
    return guard(bool(fits), "they are not two positive integers whose product fits the type")


def _divides(b, a):
    first, second = _positive(a), _positive(b)
    holds = bool(first) and bool(second) and first % second == 0
    return guard(holds, "one is not a multiple of the other")


def _shifts_out(n):
    return guard(_bits(n) >= n.type.element_type.width, "it shifts by less than the width")


def _fits_width(a, b):
    known = number(a) is not None and number(b) is not None
    holds = known and _bits(a) + _bits(b) < a.type.element_type.width
    return guard(holds, "they are not two numbers, together less than the width")


class MultiplyByPowerOfTwo(Rule):
    """x * 2**n  =>  x << n, of integers"""

    def pattern(x, c: ConstantLike):
        return hlo.Multiply(x, c)

    def where(c):
        return _is_power_of_two(c)

    def rewrite(x, c):
        return hlo.ShiftLeft(x, _exponent(c))


class DivideByPowerOfTwo(Rule):
    """x / 2**n  =>  x >> n, of unsigned integers"""

    def pattern(x, c: ConstantLike):
        return hlo.Divide(x, c)

    def where(c):
        return unsigned_integers(c) & _is_power_of_two(c)

    def rewrite(x, c):
        return hlo.ShiftRightLogical(x, _exponent(c))


class RemainderByPowerOfTwo(Rule):
    """remainder(x, 2**n)  =>  x & (2**n - 1), of unsigned integers"""

    def pattern(x, c: ConstantLike):
        return hlo.Remainder(x, c)

    def where(c):
        return unsigned_integers(c) & _is_power_of_two(c)

    def rewrite(x, c):
        return hlo.And(x, hlo.Subtract(c, filled(c, 1)))


class DivideTwice(Rule):
    """(x / a) / b  =>  x / (a * b), of integers, when a and b are positive constants and a * b is in range"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Divide(hlo.Divide(x, a), b)

    def where(a, b):
        return _product_fits(a, b)

    def rewrite(x, a, b):
        return hlo.Divide(x, hlo.Multiply(a, b))


class RemainderOfMultiple(Rule):
    """remainder(remainder(x, a), b)  =>  remainder(x, b), of integers, when b divides a"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Remainder(hlo.Remainder(x, a), b)

    def where(a, b):
        return _divides(b, a)

    def rewrite(x, b):
        return hlo.Remainder(x, b)


class MultiplyPlusSelf(Rule):
    """x * c + x  =>  x * (c + 1), of integers, when c is a constant"""

    def pattern(x, c: ConstantLike):
        return hlo.Add(hlo.Multiply(x, c), x)

    def where(x, c):
        return integers(x)

    def rewrite(x, c):
        return hlo.Multiply(x, hlo.Add(c, filled(c, 1)))


class MultiplyMinusSelf(Rule):
    """x * c - x  =>  x * (c - 1), of integers, when c is a constant"""

    def pattern(x, c: ConstantLike):
        return hlo.Subtract(hlo.Multiply(x, c), x)

    def where(x, c):
        return integers(x)

    def rewrite(x, c):
        return hlo.Multiply(x, hlo.Subtract(c, filled(c, 1)))


class MultiplyShifted(Rule):
    """(x << a) * b  =>  x * (b << a), when a and b are constants"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Multiply(hlo.ShiftLeft(x, a), b)

    def where(x):
        return ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Multiply(x, hlo.ShiftLeft(b, a))


class ShiftLeftByZero(Rule):
    """x << 0  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftLeft(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ShiftRightLogicalByZero(Rule):
    """shift_right_logical(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftRightLogical(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ShiftRightArithmeticByZero(Rule):
    """shift_right_arithmetic(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftRightArithmetic(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ShiftLeftOfZero(Rule):
    """0 << x  =>  0"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftLeft(zero, x)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class ShiftRightLogicalOfZero(Rule):
    """shift_right_logical(0, x)  =>  0"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftRightLogical(zero, x)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class ShiftRightArithmeticOfZero(Rule):
    """shift_right_arithmetic(0, x)  =>  0"""

    def pattern(x, zero: ConstantLike):
        return hlo.ShiftRightArithmetic(zero, x)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class ShiftRightArithmeticOfOnes(Rule):
    """shift_right_arithmetic(-1, x)  =>  -1"""

    def pattern(x, minus: ConstantLike):
        return hlo.ShiftRightArithmetic(minus, x)

    def where(minus):
        return is_ones(minus)

    def rewrite(minus):
        return minus


class ShiftLeftOut(Rule):
    """x << n  =>  0, when n is a constant of the width or more"""

    def pattern(x, n: ConstantLike):
        return hlo.ShiftLeft(x, n)

    def where(n):
        return _shifts_out(n)

    def rewrite(x):
        return filled(x, 0)


class ShiftRightLogicalOut(Rule):
    """shift_right_logical(x, n)  =>  0, when n is a constant of the width or more"""

    def pattern(x, n: ConstantLike):
        return hlo.ShiftRightLogical(x, n)

    def where(n):
        return _shifts_out(n)

    def rewrite(x):
        return filled(x, 0)


class ShiftLeftTwice(Rule):
    """(x << a) << b  =>  x << (a + b), when a and b are constants, together less than the width"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.ShiftLeft(hlo.ShiftLeft(x, a), b)

    def where(a, b):
        return _fits_width(a, b)

    def rewrite(x, a, b):
        return hlo.ShiftLeft(x, hlo.Add(a, b))


class ShiftRightLogicalTwice(Rule):
    """(x >> a) >> b  =>  x >> (a + b), logical, when a and b are constants, together less than the width"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.ShiftRightLogical(hlo.ShiftRightLogical(x, a), b)

    def where(a, b):
        return _fits_width(a, b)

    def rewrite(x, a, b):
        return hlo.ShiftRightLogical(x, hlo.Add(a, b))


class ShiftRightArithmeticTwice(Rule):
    """(x >> a) >> b  =>  x >> (a + b), arithmetic, when a and b are constants, together less than the width"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.ShiftRightArithmetic(hlo.ShiftRightArithmetic(x, a), b)

    def where(a, b):
        return _fits_width(a, b)

    def rewrite(x, a, b):
        return hlo.ShiftRightArithmetic(x, hlo.Add(a, b))


class ShiftLeftAndBack(Rule):
    """shift_right_logical(x << n, n)  =>  x & shift_right_logical(-1, n), when n is a constant"""

    def pattern(x, n: ConstantLike):
        return hlo.ShiftRightLogical(hlo.ShiftLeft(x, n), n)

    def rewrite(x, n):
        return hlo.And(x, hlo.ShiftRightLogical(all_ones(x), n))


class ShiftRightLogicalAndBack(Rule):
    """shift_right_logical(x, n) << n  =>  x & (-1 << n), when n is a constant"""

    def pattern(x, n: ConstantLike):
        return hlo.ShiftLeft(hlo.ShiftRightLogical(x, n), n)

    def rewrite(x, n):
        return hlo.And(x, hlo.ShiftLeft(all_ones(x), n))


class ShiftRightArithmeticAndBack(Rule):
    """shift_right_arithmetic(x, n) << n  =>  x & (-1 << n), when n is a constant"""

    def pattern(x, n: ConstantLike):
        return hlo.ShiftLeft(hlo.ShiftRightArithmetic(x, n), n)

    def rewrite(x, n):
        return hlo.And(x, hlo.ShiftLeft(all_ones(x), n))


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    MultiplyByPowerOfTwo,
    DivideByPowerOfTwo,
    RemainderByPowerOfTwo,
    DivideTwice,
    RemainderOfMultiple,
    MultiplyPlusSelf,
    MultiplyMinusSelf,
    MultiplyShifted,
    ShiftLeftByZero,
    ShiftRightLogicalByZero,
    ShiftRightArithmeticByZero,
    ShiftLeftOfZero,
    ShiftRightLogicalOfZero,
    ShiftRightArithmeticOfZero,
    ShiftRightArithmeticOfOnes,
    ShiftLeftOut,
    ShiftRightLogicalOut,
    ShiftLeftTwice,
    ShiftRightLogicalTwice,
    ShiftRightArithmeticTwice,
    ShiftLeftAndBack,
    ShiftRightLogicalAndBack,
    ShiftRightArithmeticAndBack,
)
