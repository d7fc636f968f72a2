"""Bounds: maximum, minimum and clamp."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import (
    booleans,
    floats,
    integers,
    is_greatest,
    is_least,
    number,
    reals,
    same_type,
    signed_integers,
)


def _not_positive(a):
    value = number(a)
    return guard(value is not None and value <= 0, "the constant is positive, or not one number")


def _in_order(low, high):
    first, second = number(low), number(high)
    if first is None or second is None:
        return guard(False, "the bounds are not known")
    # Maximum and minimum tell zeros apart: 0.0 to -0.0 is not in order.
    ordered = first < second or (first == second and math.copysign(1, first) <= math.copysign(1, second))
    return guard(ordered, "the bounds are not in order")


class MaximumOfSame(Rule):
    """max(x, x)  =>  x"""

    def pattern(x):
        return hlo.Maximum(x, x)

    def rewrite(x):
        return x


class MinimumOfSame(Rule):
    """min(x, x)  =>  x"""

    def pattern(x):
        return hlo.Minimum(x, x)

    def rewrite(x):
        return x


class MaximumTwice(Rule):
    """max(x, max(x, y))  =>  max(x, y)"""

    def pattern(x, y):
        return hlo.Maximum(x, hlo.Maximum(x, y))

    def where(x):
        return reals(x) | booleans(x)

    def rewrite(x, y):
        return hlo.Maximum(x, y)


class MinimumTwice(Rule):
    """min(x, min(x, y))  =>  min(x, y)"""

    def pattern(x, y):
        return hlo.Minimum(x, hlo.Minimum(x, y))

    def where(x):
        return reals(x) | booleans(x)

    def rewrite(x, y):
        return hlo.Minimum(x, y)


class MaximumAbsorbs(Rule):
    """max(x, min(x, y))  =>  x, of integers and booleans"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Maximum(x, hlo.Minimum(x, y))

    def where(x):
        return integers(x) | booleans(x)

    def rewrite(x):
        return x


class MinimumAbsorbs(Rule):
    """min(x, max(x, y))  =>  x, of integers and booleans"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Minimum(x, hlo.Maximum(x, y))

    def where(x):
        return integers(x) | booleans(x)

    def rewrite(x):
        return x


class MaximumAbsorbsFloat(Rule):
    """max(x, min(x, y))  =>  x, also of floats and complex numbers"""

    assumes = ("no NaN",)

    allow_shared = True

    def pattern(x, y):
        return hlo.Maximum(x, hlo.Minimum(x, y))

    def rewrite(x):
        return x


class MinimumAbsorbsFloat(Rule):
    """min(x, max(x, y))  =>  x, also of floats and complex numbers"""

    assumes = ("no NaN",)

    allow_shared = True

    def pattern(x, y):
        return hlo.Minimum(x, hlo.Maximum(x, y))

    def rewrite(x):
        return x


class MaximumWithLeast(Rule):
    """max(x, the least number)  =>  x"""

    def pattern(x, least: ConstantLike):
        return hlo.Maximum(x, least)

    def where(least):
        return (reals(least) | booleans(least)) & is_least(least)

    def rewrite(x):
        return x


class MinimumWithGreatest(Rule):
    """min(x, the greatest number)  =>  x"""

    def pattern(x, greatest: ConstantLike):
        return hlo.Minimum(x, greatest)

    def where(greatest):
        return (reals(greatest) | booleans(greatest)) & is_greatest(greatest)

    def rewrite(x):
        return x


class MaximumWithGreatest(Rule):
    """max(x, the greatest number)  =>  the greatest number, of integers and booleans"""

    def pattern(x, greatest: ConstantLike):
        return hlo.Maximum(x, greatest)

    def where(greatest):
        return (integers(greatest) | booleans(greatest)) & is_greatest(greatest)

    def rewrite(greatest):
        return greatest


class MinimumWithLeast(Rule):
    """min(x, the least number)  =>  the least number, of integers and booleans"""

    def pattern(x, least: ConstantLike):
        return hlo.Minimum(x, least)

    def where(least):
        return (integers(least) | booleans(least)) & is_least(least)

    def rewrite(least):
        return least


class MaximumWithInfinity(Rule):
    """max(x, inf)  =>  inf"""

    assumes = ("no NaN",)

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = stablehlo.constant dense<0x7F800000> : tensor<2x3xf32>
  %r = stablehlo.maximum %x, %c : tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(x, greatest: ConstantLike):
        return hlo.Maximum(x, greatest)

    def where(greatest):
        return floats(greatest) & is_greatest(greatest)

    def rewrite(greatest):
        return greatest


class MinimumWithInfinity(Rule):
    """min(x, -inf)  =>  -inf"""

    assumes = ("no NaN",)

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = stablehlo.constant dense<0xFF800000> : tensor<2x3xf32>
  %r = stablehlo.minimum %x, %c : tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(x, least: ConstantLike):
        return hlo.Minimum(x, least)

    def where(least):
        return floats(least) & is_least(least)

    def rewrite(least):
        return least


class MaximumOfNegated(Rule):
    """max(-x, -y)  =>  -min(x, y), of floats"""

    def pattern(x, y):
        return hlo.Maximum(hlo.Negate(x), hlo.Negate(y))

    def where(x):
        return floats(x)

    def rewrite(x, y):
        return hlo.Negate(hlo.Minimum(x, y))


class MinimumOfNegated(Rule):
    """min(-x, -y)  =>  -max(x, y), of floats"""

    def pattern(x, y):
        return hlo.Minimum(hlo.Negate(x), hlo.Negate(y))

    def where(x):
        return floats(x)

    def rewrite(x, y):
        return hlo.Negate(hlo.Maximum(x, y))


class MaximumOfNots(Rule):
    """max(not(x), not(y))  =>  not(min(x, y))"""

    def pattern(x, y):
        return hlo.Maximum(hlo.Not(x), hlo.Not(y))

    def rewrite(x, y):
        return hlo.Not(hlo.Minimum(x, y))


class MinimumOfNots(Rule):
    """min(not(x), not(y))  =>  not(max(x, y))"""

    def pattern(x, y):
        return hlo.Minimum(hlo.Not(x), hlo.Not(y))

    def rewrite(x, y):
        return hlo.Not(hlo.Maximum(x, y))


class MaximumWithNegated(Rule):
    """max(x, -x)  =>  abs(x)"""

    def pattern(x):
        return hlo.Maximum(x, hlo.Negate(x))

    def where(x):
        return signed_integers(x) | floats(x)

    def rewrite(x):
        return hlo.Abs(x)


class MinimumWithNegated(Rule):
    """min(x, -x)  =>  -abs(x), of floats"""

    def pattern(x):
        return hlo.Minimum(x, hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.Abs(x))


class MaximumOfAbs(Rule):
    """max(abs(x), a)  =>  abs(x), of floats, when a is a constant that is not positive"""

    def pattern(x, a: ConstantLike):
        return hlo.Maximum(hlo.Abs(x), a)

    def where(x, a):
        return floats(x) & _not_positive(a)

    def rewrite(x):
        return hlo.Abs(x)


class MaximumOfExponential(Rule):
    """max(exp(x), a)  =>  exp(x), of floats, when a is a constant that is not positive"""

    def pattern(x, a: ConstantLike, accuracy):
        return hlo.Maximum(hlo.Exponential(x, accuracy), a)

    def where(a):
        return _not_positive(a)

    def rewrite(x, accuracy):
        return hlo.Exponential(x, accuracy)


class ClampWritten(Rule):
    """min(max(x, low), high)  =>  clamp(low, x, high), when the bounds are constants"""

    def pattern(x, low: ConstantLike, high: ConstantLike):
        return hlo.Minimum(hlo.Maximum(x, low), high)

    def where(low):
        return reals(low) | booleans(low)

    def rewrite(x, low, high):
        return hlo.Clamp(low, x, high)


class ClampWrittenFromAbove(Rule):
    """max(min(x, high), low)  =>  clamp(low, x, high), when the bounds are constants and low <= high"""

    def pattern(x, low: ConstantLike, high: ConstantLike):
        return hlo.Maximum(hlo.Minimum(x, high), low)

    def where(low, high):
        return reals(low) & _in_order(low, high)

    def rewrite(x, low, high):
        return hlo.Clamp(low, x, high)


class ClampTwice(Rule):
    """clamp(low, clamp(low, x, high), high)  =>  clamp(low, x, high)"""

    def pattern(x, low, high):
        return hlo.Clamp(low, hlo.Clamp(low, x, high), high)

    def rewrite(x, low, high):
        return hlo.Clamp(low, x, high)


class ClampClamped(Rule):
    """clamp(a, clamp(low, x, high), b)  =>  clamp(clamp(a, low, b), x, clamp(a, high, b)), when all bounds are constants"""

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %low = stablehlo.constant dense<-1.0> : tensor<f32>
  %high = stablehlo.constant dense<2.0> : tensor<f32>
  %a = stablehlo.constant dense<0.0> : tensor<f32>
  %b = stablehlo.constant dense<3.0> : tensor<f32>
  %0 = stablehlo.clamp %low, %x, %high : (tensor<f32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %r = stablehlo.clamp %a, %0, %b : (tensor<f32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(x, low: ConstantLike, high: ConstantLike, a: ConstantLike, b: ConstantLike):
        return hlo.Clamp(a, hlo.Clamp(low, x, high), b)

    def where(low, high, a, b):
        return guard(low.type is high.type is a.type is b.type, "the bounds have not one type")

    def rewrite(x, low, high, a, b):
        return hlo.Clamp(hlo.Clamp(a, low, b), x, hlo.Clamp(a, high, b))


class ClampToLeast(Rule):
    """clamp(the least number, x, high)  =>  min(x, high)"""

    def pattern(x, least: ConstantLike, high):
        return hlo.Clamp(least, x, high)

    def where(x, least, high):
        return (reals(x) | booleans(x)) & is_least(least) & same_type(x, high)

    def rewrite(x, high):
        return hlo.Minimum(x, high)


class ClampToGreatest(Rule):
    """clamp(low, x, the greatest number)  =>  max(x, low)"""

    def pattern(x, low, greatest: ConstantLike):
        return hlo.Clamp(low, x, greatest)

    def where(x, low, greatest):
        return (reals(x) | booleans(x)) & is_greatest(greatest) & same_type(x, low)

    def rewrite(x, low):
        return hlo.Maximum(x, low)


class ClampToOne(Rule):
    """clamp(y, x, y)  =>  y, of integers and booleans"""

    def pattern(x, y):
        return hlo.Clamp(y, x, y)

    def where(x, y):
        return (integers(x) | booleans(x)) & same_type(x, y)

    def rewrite(y):
        return y


class ClampToOneFloat(Rule):
    """clamp(y, x, y)  =>  y, also of floats and complex numbers"""

    assumes = ("no NaN",)

    def pattern(x, y):
        return hlo.Clamp(y, x, y)

    def where(x, y):
        return same_type(x, y)

    def rewrite(y):
        return y


class MinimumOfClamped(Rule):
    """min(clamp(low, x, high), a)  =>  clamp(low, x, min(high, a)), when high and a are constants"""

    def pattern(x, low, high: ConstantLike, a: ConstantLike):
        return hlo.Minimum(hlo.Clamp(low, x, high), a)

    def where(x, high, a):
        return (reals(x) | booleans(x)) & same_type(high, a)

    def rewrite(x, low, high, a):
        return hlo.Clamp(low, x, hlo.Minimum(high, a))


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    MaximumOfSame,
    MinimumOfSame,
    MaximumTwice,
    MinimumTwice,
    MaximumAbsorbs,
    MinimumAbsorbs,
    MaximumAbsorbsFloat,
    MinimumAbsorbsFloat,
    MaximumWithLeast,
    MinimumWithGreatest,
    MaximumWithGreatest,
    MinimumWithLeast,
    MaximumWithInfinity,
    MinimumWithInfinity,
    MaximumOfNegated,
    MinimumOfNegated,
    MaximumOfNots,
    MinimumOfNots,
    MaximumWithNegated,
    MinimumWithNegated,
    MaximumOfAbs,
    MaximumOfExponential,
    ClampWritten,
    ClampWrittenFromAbove,
    ClampTwice,
    ClampClamped,
    ClampToLeast,
    ClampToGreatest,
    ClampToOne,
    ClampToOneFloat,
    MinimumOfClamped,
)
