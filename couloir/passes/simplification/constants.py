"""Constants: gathered into one, on the right."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Final

from couloir.backends.numpy.rounding import smallest_normal
from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, guard, is_constant, rule
from couloir.ir.rewriting.guards import constant_op
from couloir.ir.traits import ConstantLike
from couloir.ir.types import dtype_of
from couloir.passes.simplification.guards import (
    booleans,
    complex_numbers,
    filled,
    floats,
    integers,
    number,
    numbers,
    reals,
    wide_floats,
)


def _is_power_of_two(a):
    """Whether a constant is a power of two everywhere, whose reciprocal is a normal number too."""
    value = number(a)
    holds = isinstance(value, float) and math.isfinite(value) and abs(math.frexp(value)[0]) == 0.5
    return guard(holds, "it is not one power of two") & _has_reciprocal(a)


def _has_reciprocal(a):
    """Whether the reciprocal of a constant with one number everywhere is a normal number."""
    value = number(a)
    if not floats(a) or not value:
        return guard(False, "it is not one float other than 0")
    least = smallest_normal(dtype_of(a.type.element_type))
    return guard(least <= abs(1 / value) < math.inf, "its reciprocal is no normal number")


def _reciprocal(a):
    return filled(a, 1 / number(a))


class AddConstants(Rule):
    """(x + a) + b  =>  x + (a + b), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Add(hlo.Add(x, a), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Add(x, hlo.Add(a, b))


class AddFloatConstants(Rule):
    """(x + a) + b  =>  x + (a + b), of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Add(hlo.Add(x, a), b)

    def where(x):
        return wide_floats(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Add(x, hlo.Add(a, b))


class AddAfterSubtract(Rule):
    """(x - a) + b  =>  x + (b - a), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Add(hlo.Subtract(x, a), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Add(x, hlo.Subtract(b, a))


class AddAfterSubtractFrom(Rule):
    """(a - x) + b  =>  (a + b) - x, of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Add(hlo.Subtract(a, x), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Subtract(hlo.Add(a, b), x)


class SubtractConstants(Rule):
    """(x - a) - b  =>  x - (a + b), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(hlo.Subtract(x, a), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Subtract(x, hlo.Add(a, b))


class SubtractAfterAdd(Rule):
    """(x + a) - b  =>  x + (a - b), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(hlo.Add(x, a), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Add(x, hlo.Subtract(a, b))


class SubtractAfterSubtractFrom(Rule):
    """(a - x) - b  =>  (a - b) - x, of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(hlo.Subtract(a, x), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Subtract(hlo.Subtract(a, b), x)


class SubtractSumFromConstant(Rule):
    """a - (x + b)  =>  (a - b) - x, of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(a, hlo.Add(x, b))

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Subtract(hlo.Subtract(a, b), x)


class SubtractDifferenceFromConstant(Rule):
    """a - (x - b)  =>  (a + b) - x, of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(a, hlo.Subtract(x, b))

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Subtract(hlo.Add(a, b), x)


class SubtractRestFromConstant(Rule):
    """a - (b - x)  =>  x + (a - b), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Subtract(a, hlo.Subtract(b, x))

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Add(x, hlo.Subtract(a, b))


class AddConstantLast(Rule):
    """(x + a) + y  =>  (x + y) + a, of integers"""

    def pattern(x, y, a: ConstantLike):
        return hlo.Add(hlo.Add(x, a), y)

    def where(x, y):
        return integers(x) & ~is_constant(x) & ~is_constant(y)

    def rewrite(x, y, a):
        return hlo.Add(hlo.Add(x, y), a)


class MultiplyConstants(Rule):
    """(x * a) * b  =>  x * (a * b), of integers"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Multiply(hlo.Multiply(x, a), b)

    def where(x):
        return integers(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Multiply(x, hlo.Multiply(a, b))


class MultiplyFloatConstants(Rule):
    """(x * a) * b  =>  x * (a * b), of floats"""

    assumes = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Multiply(hlo.Multiply(x, a), b)

    def where(x):
        return wide_floats(x) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Multiply(x, hlo.Multiply(a, b))


class MultiplyConstantLast(Rule):
    """(x * a) * y  =>  (x * y) * a, of integers"""

    def pattern(x, y, a: ConstantLike):
        return hlo.Multiply(hlo.Multiply(x, a), y)

    def where(x, y):
        return integers(x) & ~is_constant(x) & ~is_constant(y)

    def rewrite(x, y, a):
        return hlo.Multiply(hlo.Multiply(x, y), a)


class AndConstants(Rule):
    """(x & a) & b  =>  x & (a & b)"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.And(hlo.And(x, a), b)

    def where(x):
        return ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.And(x, hlo.And(a, b))


class OrConstants(Rule):
    """(x | a) | b  =>  x | (a | b)"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Or(hlo.Or(x, a), b)

    def where(x):
        return ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Or(x, hlo.Or(a, b))


class XorConstants(Rule):
    """(x ^ a) ^ b  =>  x ^ (a ^ b)"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Xor(hlo.Xor(x, a), b)

    def where(x):
        return ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Xor(x, hlo.Xor(a, b))


class MaximumOfConstants(Rule):
    """max(max(x, a), b)  =>  max(x, max(a, b))"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Maximum(hlo.Maximum(x, a), b)

    def where(x):
        return (reals(x) | booleans(x)) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Maximum(x, hlo.Maximum(a, b))


class MinimumOfConstants(Rule):
    """min(min(x, a), b)  =>  min(x, min(a, b))"""

    def pattern(x, a: ConstantLike, b: ConstantLike):
        return hlo.Minimum(hlo.Minimum(x, a), b)

    def where(x):
        return (reals(x) | booleans(x)) & ~is_constant(x)

    def rewrite(x, a, b):
        return hlo.Minimum(x, hlo.Minimum(a, b))


class MultiplyNegatedByConstant(Rule):
    """-x * a  =>  x * -a"""

    def pattern(x, a: ConstantLike):
        return hlo.Multiply(hlo.Negate(x), a)

    def where(x):
        return numbers(x) & ~is_constant(x)

    def rewrite(x, a):
        return hlo.Multiply(x, hlo.Negate(a))


class NegateProductWithConstant(Rule):
    """-(x * a)  =>  x * -a"""

    def pattern(x, a: ConstantLike):
        return hlo.Negate(hlo.Multiply(x, a))

    def where(x):
        return numbers(x)

    def rewrite(x, a):
        return hlo.Multiply(x, hlo.Negate(a))


class DivideNegatedByConstant(Rule):
    """-x / a  =>  x / -a, of floats"""

    def pattern(x, a: ConstantLike):
        return hlo.Divide(hlo.Negate(x), a)

    def where(x):
        return floats(x)

    def rewrite(x, a):
        return hlo.Divide(x, hlo.Negate(a))


class NegateSumWithConstant(Rule):
    """-(x + a)  =>  -a - x, of integers"""

    def pattern(x, a: ConstantLike):
        return hlo.Negate(hlo.Add(x, a))

    def where(x):
        return integers(x)

    def rewrite(x, a):
        return hlo.Subtract(hlo.Negate(a), x)


class NotXorConstant(Rule):
    """not(x ^ a)  =>  x ^ not(a)"""

    def pattern(x, a: ConstantLike):
        return hlo.Not(hlo.Xor(x, a))

    def rewrite(x, a):
        return hlo.Xor(x, hlo.Not(a))


class DivideByFloatPowerOfTwo(Rule):
    """x / 2**n  =>  x * 2**-n, of floats"""

    def pattern(x, a: ConstantLike):
        return hlo.Divide(x, a)

    def where(a):
        return _is_power_of_two(a)

    def rewrite(x, a):
        return hlo.Multiply(x, _reciprocal(a))


class DivideByFloatConstant(Rule):
    """x / a  =>  x * (1 / a), of floats"""

    assumes = ("no overflow", "reassociation")

    def pattern(x, a: ConstantLike):
        return hlo.Divide(x, a)

    def where(a):
        return wide_floats(a) & _has_reciprocal(a)

    def rewrite(x, a):
        return hlo.Multiply(x, _reciprocal(a))


@rule
def constant_to_the_right(
    op: hlo.Add | hlo.Multiply | hlo.And | hlo.Or | hlo.Xor | hlo.Maximum | hlo.Minimum, rewriter: Rewriter
) -> str | None:
    """f(constant, x)  =>  f(x, constant), where f is commutative"""
    if constant_op(op.lhs) is None:
        return "the left operand is no constant"
    if constant_op(op.rhs) is not None:
        return "both operands are constants"
    if isinstance(op, hlo.Maximum | hlo.Minimum) and complex_numbers(op.lhs):
        return "of complex zeros the second is taken for the greater"
    op.set_operands([op.rhs, op.lhs])
    rewriter.changed(op)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    constant_to_the_right,
    AddConstants,
    AddFloatConstants,
    AddAfterSubtract,
    AddAfterSubtractFrom,
    SubtractConstants,
    SubtractAfterAdd,
    SubtractAfterSubtractFrom,
    SubtractSumFromConstant,
    SubtractDifferenceFromConstant,
    SubtractRestFromConstant,
    AddConstantLast,
    MultiplyConstants,
    MultiplyFloatConstants,
    MultiplyConstantLast,
    AndConstants,
    OrConstants,
    XorConstants,
    MaximumOfConstants,
    MinimumOfConstants,
    MultiplyNegatedByConstant,
    NegateProductWithConstant,
    DivideNegatedByConstant,
    NegateSumWithConstant,
    NotXorConstant,
    DivideByFloatPowerOfTwo,
    DivideByFloatConstant,
)
