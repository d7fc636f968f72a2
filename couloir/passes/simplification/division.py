"""Division: quotients and remainders."""

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
from couloir.passes.simplification.guards import (
    filled,
    floats,
    integers,
    is_zero,
    reals,
    signed_integers,
    wide_floats,
)


class DivideByOne(Rule):
    """x / 1  =>  x"""

    def pattern(x, one: ConstantLike):
        return hlo.Divide(x, one)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class DivideByMinusOne(Rule):
    """x / -1  =>  -x"""

    def pattern(x, minus: ConstantLike):
        return hlo.Divide(x, minus)

    def where(minus):
        return is_splat(minus, -1)

    def rewrite(x):
        return hlo.Negate(x)


class DivideSelf(Rule):
    """x / x  =>  1.0, of floats"""

    assumes = ("no NaN", "no infinities")

    def pattern(x):
        return hlo.Divide(x, x)

    def where(x):
        return floats(x)

    def rewrite(x):
        return filled(x, 1)


class DivideZero(Rule):
    """0.0 / x  =>  0.0, of floats"""

    assumes = ("no NaN", "no signed zeros")

    def pattern(x, zero: ConstantLike):
        return hlo.Divide(zero, x)

    def where(zero):
        return is_zero(zero) & floats(zero)

    def rewrite(zero):
        return zero


class DivideNegated(Rule):
    """-x / -y  =>  x / y, of floats"""

    def pattern(x, y):
        return hlo.Divide(hlo.Negate(x), hlo.Negate(y))

    def where(x):
        return floats(x)

    def rewrite(x, y):
        return hlo.Divide(x, y)


class DivideQuotient(Rule):
    """(x / y) / z  =>  x / (y * z), of floats"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    def pattern(x, y, z):
        return hlo.Divide(hlo.Divide(x, y), z)

    def where(x):
        return wide_floats(x)

    def rewrite(x, y, z):
        return hlo.Divide(x, hlo.Multiply(y, z))


class DivideByQuotient(Rule):
    """x / (y / z)  =>  (x * z) / y, of floats"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    def pattern(x, y, z):
        return hlo.Divide(x, hlo.Divide(y, z))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y, z):
        return hlo.Divide(hlo.Multiply(x, z), y)


class MultiplyByReciprocal(Rule):
    """x * (1 / y)  =>  x / y, of floats"""

    assumes = ("reassociation", "no overflow")

    def pattern(x, one: ConstantLike, y):
        return hlo.Multiply(x, hlo.Divide(one, y))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x, y):
        return hlo.Divide(x, y)


class DivideProduct(Rule):
    """(x * y) / y  =>  x, of floats"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    allow_shared = True

    def pattern(x, y):
        return hlo.Divide(hlo.Multiply(x, y), y)

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class MultiplyQuotient(Rule):
    """(x / y) * y  =>  x, of floats"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    allow_shared = True

    def pattern(x, y):
        return hlo.Multiply(hlo.Divide(x, y), y)

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class SubtractQuotient(Rule):
    """x - (x / y) * y  =>  remainder(x, y), of integers"""

    def pattern(x, y):
        return hlo.Subtract(x, hlo.Multiply(hlo.Divide(x, y), y))

    def where(x):
        return integers(x)

    def rewrite(x, y):
        return hlo.Remainder(x, y)


class RemainderByUnit(Rule):
    """remainder(x, 1)  =>  0, of integers, also by -1"""

    def pattern(x, unit: ConstantLike):
        return hlo.Remainder(x, unit)

    def where(unit):
        return (is_splat(unit, 1) & integers(unit)) | (is_splat(unit, -1) & signed_integers(unit))

    def rewrite(x):
        return filled(x, 0)


class RemainderTwice(Rule):
    """remainder(remainder(x, y), y)  =>  remainder(x, y)"""

    def pattern(x, y):
        return hlo.Remainder(hlo.Remainder(x, y), y)

    def where(x):
        return reals(x)

    def rewrite(x, y):
        return hlo.Remainder(x, y)


class RemainderByNegated(Rule):
    """remainder(x, -y)  =>  remainder(x, y)"""

    def pattern(x, y):
        return hlo.Remainder(x, hlo.Negate(y))

    def where(x):
        return signed_integers(x) | floats(x)

    def rewrite(x, y):
        return hlo.Remainder(x, y)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DivideByOne,
    DivideByMinusOne,
    DivideSelf,
    DivideZero,
    DivideNegated,
    DivideQuotient,
    DivideByQuotient,
    MultiplyByReciprocal,
    DivideProduct,
    MultiplyQuotient,
    SubtractQuotient,
    RemainderByUnit,
    RemainderTwice,
    RemainderByNegated,
)
