"""Arithmetic: sums, differences, products and negatives."""

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
    booleans,
    filled,
    floats,
    integers,
    is_neutral,
    is_zero,
    numbers,
    reals,
    wide_floats,
)


class DoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def where(x):
        return numbers(x)

    def rewrite(x):
        return x


class AddNeutral(Rule):
    """x + 0  =>  x, where 0 is -0.0 for floats: 0.0 would turn -0.0 into 0.0"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return is_neutral(zero) & (reals(zero) | booleans(zero))

    def rewrite(x):
        return x


class AddFloatZero(Rule):
    """x + 0.0  =>  x"""

    assumes = ("no signed zeros",)

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return is_splat(zero, 0.0) & floats(zero)

    def rewrite(x):
        return x


class AddNegated(Rule):
    """x + -y  =>  x - y"""

    def pattern(x, y):
        return hlo.Add(x, hlo.Negate(y))

    def where(x):
        return numbers(x)

    def rewrite(x, y):
        return hlo.Subtract(x, y)


class AddSubtracted(Rule):
    """(x - y) + y  =>  x, of integers"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Add(hlo.Subtract(x, y), y)

    def where(x):
        return integers(x)

    def rewrite(x):
        return x


class AddSubtractedFloat(Rule):
    """(x - y) + y  =>  x, of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    allow_shared = True

    def pattern(x, y):
        return hlo.Add(hlo.Subtract(x, y), y)

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class SubtractZero(Rule):
    """x - 0  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.Subtract(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class SubtractFromNeutral(Rule):
    """0 - x  =>  -x, where 0 is -0.0 for floats"""

    def pattern(x, zero: ConstantLike):
        return hlo.Subtract(zero, x)

    def where(zero):
        return is_neutral(zero) & reals(zero)

    def rewrite(x):
        return hlo.Negate(x)


class SubtractFromFloatZero(Rule):
    """0 - x  =>  -x, also of floats and complex numbers"""

    assumes = ("no signed zeros",)

    def pattern(x, zero: ConstantLike):
        return hlo.Subtract(zero, x)

    def where(zero):
        return is_splat(zero, 0.0)

    def rewrite(x):
        return hlo.Negate(x)


class SubtractSelf(Rule):
    """x - x  =>  0, of integers"""

    def pattern(x):
        return hlo.Subtract(x, x)

    def where(x):
        return integers(x)

    def rewrite(x):
        return filled(x, 0)


class SubtractFloatSelf(Rule):
    """x - x  =>  0.0, of floats"""

    assumes = ("no NaN", "no infinities")

    def pattern(x):
        return hlo.Subtract(x, x)

    def where(x):
        return floats(x)

    def rewrite(x):
        return filled(x, 0)


class SubtractNegated(Rule):
    """x - -y  =>  x + y"""

    def pattern(x, y):
        return hlo.Subtract(x, hlo.Negate(y))

    def where(x):
        return numbers(x)

    def rewrite(x, y):
        return hlo.Add(x, y)


class SubtractFromSum(Rule):
    """(x + y) - y  =>  x, of integers"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Subtract(hlo.Add(x, y), y)

    def where(x):
        return integers(x)

    def rewrite(x):
        return x


class SubtractFromFloatSum(Rule):
    """(x + y) - y  =>  x, of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    allow_shared = True

    def pattern(x, y):
        return hlo.Subtract(hlo.Add(x, y), y)

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class SubtractDifference(Rule):
    """x - (x - y)  =>  y, of integers"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Subtract(x, hlo.Subtract(x, y))

    def where(x):
        return integers(x)

    def rewrite(y):
        return y


class SubtractSum(Rule):
    """x - (x + y)  =>  -y, of integers"""

    def pattern(x, y):
        return hlo.Subtract(x, hlo.Add(x, y))

    def where(x):
        return integers(x)

    def rewrite(y):
        return hlo.Negate(y)


class NegateDifference(Rule):
    """-(x - y)  =>  y - x, of integers"""

    def pattern(x, y):
        return hlo.Negate(hlo.Subtract(x, y))

    def where(x):
        return integers(x)

    def rewrite(x, y):
        return hlo.Subtract(y, x)


class NegateFloatDifference(Rule):
    """-(x - y)  =>  y - x, also of floats and complex numbers"""

    assumes = ("no signed zeros",)

    def pattern(x, y):
        return hlo.Negate(hlo.Subtract(x, y))

    def where(x):
        return numbers(x)

    def rewrite(x, y):
        return hlo.Subtract(y, x)


class MultiplyByOne(Rule):
    """x * 1  =>  x"""

    def pattern(x, one: ConstantLike):
        return hlo.Multiply(x, one)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class MultiplyByZero(Rule):
    """x * 0  =>  0, of integers and booleans"""

    def pattern(x, zero: ConstantLike):
        return hlo.Multiply(x, zero)

    def where(zero):
        return is_splat(zero, 0) & (integers(zero) | booleans(zero))

    def rewrite(zero):
        return zero


class MultiplyFloatByZero(Rule):
    """x * 0  =>  0, also of floats and complex numbers"""

    assumes = ("no NaN", "no infinities", "no signed zeros")

    def pattern(x, zero: ConstantLike):
        return hlo.Multiply(x, zero)

    def where(zero):
        return is_zero(zero)

    def rewrite(zero):
        return zero


class MultiplyByMinusOne(Rule):
    """x * -1  =>  -x"""

    def pattern(x, minus: ConstantLike):
        return hlo.Multiply(x, minus)

    def where(minus):
        return is_splat(minus, -1)

    def rewrite(x):
        return hlo.Negate(x)


class MultiplyNegated(Rule):
    """-x * -y  =>  x * y"""

    def pattern(x, y):
        return hlo.Multiply(hlo.Negate(x), hlo.Negate(y))

    def where(x):
        return numbers(x)

    def rewrite(x, y):
        return hlo.Multiply(x, y)


class FactorOutOfSum(Rule):
    """x * z + y * z  =>  (x + y) * z, of integers"""

    def pattern(x, y, z):
        return hlo.Add(hlo.Multiply(x, z), hlo.Multiply(y, z))

    def where(x):
        return integers(x)

    def rewrite(x, y, z):
        return hlo.Multiply(hlo.Add(x, y), z)


class FactorOutOfFloatSum(Rule):
    """x * z + y * z  =>  (x + y) * z, of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(x, y, z):
        return hlo.Add(hlo.Multiply(x, z), hlo.Multiply(y, z))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y, z):
        return hlo.Multiply(hlo.Add(x, y), z)


class FactorOutOfDifference(Rule):
    """x * z - y * z  =>  (x - y) * z, of integers"""

    def pattern(x, y, z):
        return hlo.Subtract(hlo.Multiply(x, z), hlo.Multiply(y, z))

    def where(x):
        return integers(x)

    def rewrite(x, y, z):
        return hlo.Multiply(hlo.Subtract(x, y), z)


class FactorOutOfFloatDifference(Rule):
    """x * z - y * z  =>  (x - y) * z, of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(x, y, z):
        return hlo.Subtract(hlo.Multiply(x, z), hlo.Multiply(y, z))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y, z):
        return hlo.Multiply(hlo.Subtract(x, y), z)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleNegate,
    AddNeutral,
    AddFloatZero,
    AddNegated,
    AddSubtracted,
    AddSubtractedFloat,
    SubtractZero,
    SubtractFromNeutral,
    SubtractFromFloatZero,
    SubtractSelf,
    SubtractFloatSelf,
    SubtractNegated,
    SubtractFromSum,
    SubtractFromFloatSum,
    SubtractDifference,
    SubtractSum,
    NegateDifference,
    NegateFloatDifference,
    MultiplyByOne,
    MultiplyByZero,
    MultiplyFloatByZero,
    MultiplyByMinusOne,
    MultiplyNegated,
    FactorOutOfSum,
    FactorOutOfFloatSum,
    FactorOutOfDifference,
    FactorOutOfFloatDifference,
)
