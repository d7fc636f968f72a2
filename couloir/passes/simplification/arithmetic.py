"""Arithmetic: add, subtract, multiply, divide, negate."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard, is_splat
from couloir.ir.traits import ConstantLike
from couloir.ir.types import ComplexType, FloatType


def _not_complex(value):
    """Complex arithmetic mixes the parts: (-0.0 - 1i) * 1 and (-0.0 - 0.0i) + 0 have another sign of zero."""
    return guard(not isinstance(value.type.element_type, ComplexType), "the signs of complex zeros would change")


class DoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


class MultiplyByOne(Rule):
    """x * 1  =>  x"""

    def pattern(x, one: ConstantLike):
        return hlo.Multiply(x, one)

    def where(one):
        return is_splat(one, 1) & _not_complex(one)

    def rewrite(x):
        return x


class AddNeutral(Rule):
    """x + 0  =>  x, where 0 is -0.0 for floats: 0.0 would turn -0.0 into 0.0"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return is_splat(zero, -0.0 if isinstance(zero.type.element_type, FloatType) else 0) & _not_complex(zero)

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


class DivideByOne(Rule):
    """x / 1  =>  x"""

    def pattern(x, one: ConstantLike):
        return hlo.Divide(x, one)

    def where(one):
        return is_splat(one, 1) & _not_complex(one)

    def rewrite(x):
        return x


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleNegate,
    MultiplyByOne,
    AddNeutral,
    SubtractZero,
    DivideByOne,
)
