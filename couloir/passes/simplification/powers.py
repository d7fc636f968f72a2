"""Powers and roots."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, is_splat
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import filled, integers, is_zero, reals, wide_floats


class PowerOfOne(Rule):
    """power(x, 1)  =>  x"""

    def pattern(x, one: ConstantLike):
        return hlo.Power(x, one)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class PowerOfZero(Rule):
    """power(x, 0)  =>  1, also for NaN"""

    def pattern(x, zero: ConstantLike):
        return hlo.Power(x, zero)

    def where(zero):
        return is_zero(zero)

    def rewrite(x):
        return filled(x, 1)


class PowerOfTwo(Rule):
    """power(x, 2)  =>  x * x"""

    def pattern(x, two: ConstantLike):
        return hlo.Power(x, two)

    def where(two):
        return is_splat(two, 2)

    def rewrite(x):
        return hlo.Multiply(x, x)


class PowerOfThree(Rule):
    """power(x, 3)  =>  (x * x) * x"""

    assumes = ("no overflow", "reassociation")

    def pattern(x, three: ConstantLike):
        return hlo.Power(x, three)

    def where(three):
        return is_splat(three, 3) & (integers(three) | wide_floats(three))

    def rewrite(x):
        return hlo.Multiply(hlo.Multiply(x, x), x)


class PowerOfMinusOne(Rule):
    """power(x, -1)  =>  1 / x, of floats"""

    def pattern(x, minus: ConstantLike):
        return hlo.Power(x, minus)

    def where(minus):
        return is_splat(minus, -1) & wide_floats(minus)

    def rewrite(x):
        return hlo.Divide(filled(x, 1), x)


class PowerOfHalf(Rule):
    """power(x, 0.5)  =>  sqrt(x)"""

    assumes = ("no infinities", "no signed zeros")

    def pattern(x, half: ConstantLike):
        return hlo.Power(x, half)

    def where(half):
        return is_splat(half, 0.5) & wide_floats(half)

    def rewrite(x):
        return hlo.Sqrt(x)


class PowerOfMinusHalf(Rule):
    """power(x, -0.5)  =>  rsqrt(x)"""

    assumes = ("no infinities", "no signed zeros")

    def pattern(x, half: ConstantLike):
        return hlo.Power(x, half)

    def where(half):
        return is_splat(half, -0.5) & wide_floats(half)

    def rewrite(x):
        return hlo.Rsqrt(x)


class PowerOfBaseOne(Rule):
    """power(1, x)  =>  1, also for NaN"""

    def pattern(x, one: ConstantLike):
        return hlo.Power(one, x)

    def where(one):
        return is_splat(one, 1) & reals(one)

    def rewrite(one):
        return one


class SqrtOfSquare(Rule):
    """sqrt(x * x)  =>  abs(x)"""

    assumes = ("no overflow", "reassociation")

    def pattern(x):
        return hlo.Sqrt(hlo.Multiply(x, x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Abs(x)


class SquareOfSqrt(Rule):
    """sqrt(x) * sqrt(x)  =>  x"""

    assumes = ("no NaN", "no signed zeros", "reassociation")

    def pattern(x):
        return hlo.Multiply(hlo.Sqrt(x), hlo.Sqrt(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class SquareOfRsqrt(Rule):
    """rsqrt(x) * rsqrt(x)  =>  1 / x"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "reassociation")

    def pattern(x):
        return hlo.Multiply(hlo.Rsqrt(x), hlo.Rsqrt(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Divide(filled(x, 1), x)


class ReciprocalOfSqrt(Rule):
    """1 / sqrt(x)  =>  rsqrt(x)"""

    def pattern(one: ConstantLike, x):
        return hlo.Divide(one, hlo.Sqrt(x))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Rsqrt(x)


class ReciprocalOfRsqrt(Rule):
    """1 / rsqrt(x)  =>  sqrt(x)"""

    def pattern(one: ConstantLike, x):
        return hlo.Divide(one, hlo.Rsqrt(x))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Sqrt(x)


class DivideBySqrt(Rule):
    """x / sqrt(y)  =>  x * rsqrt(y)"""

    assumes = ("reassociation", "no overflow")

    def pattern(x, y):
        return hlo.Divide(x, hlo.Sqrt(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Multiply(x, hlo.Rsqrt(y))


class DivideByRsqrt(Rule):
    """x / rsqrt(y)  =>  x * sqrt(y)"""

    assumes = ("reassociation", "no overflow")

    def pattern(x, y):
        return hlo.Divide(x, hlo.Rsqrt(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Multiply(x, hlo.Sqrt(y))


class MultiplyByRsqrt(Rule):
    """x * rsqrt(x)  =>  sqrt(x)"""

    assumes = ("no NaN", "reassociation")

    def pattern(x):
        return hlo.Multiply(x, hlo.Rsqrt(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Sqrt(x)


class SqrtOfReciprocal(Rule):
    """sqrt(1 / x)  =>  rsqrt(x)"""

    assumes = ("no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(one: ConstantLike, x):
        return hlo.Sqrt(hlo.Divide(one, x))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Rsqrt(x)


class CubeOfCbrt(Rule):
    """cbrt(x) * (cbrt(x) * cbrt(x))  =>  x"""

    assumes = ("no overflow", "reassociation")

    def pattern(x):
        return hlo.Multiply(hlo.Cbrt(x), hlo.Multiply(hlo.Cbrt(x), hlo.Cbrt(x)))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    PowerOfOne,
    PowerOfZero,
    PowerOfTwo,
    PowerOfThree,
    PowerOfMinusOne,
    PowerOfHalf,
    PowerOfMinusHalf,
    PowerOfBaseOne,
    SqrtOfSquare,
    SquareOfSqrt,
    SquareOfRsqrt,
    ReciprocalOfSqrt,
    ReciprocalOfRsqrt,
    DivideBySqrt,
    DivideByRsqrt,
    MultiplyByRsqrt,
    SqrtOfReciprocal,
    CubeOfCbrt,
)
