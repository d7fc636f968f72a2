"""Comparisons."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection, ComparisonType
from couloir.ir.rewriting import Rewrite, Rule, guard, is_constant, is_splat
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import (
    booleans,
    filled,
    floats,
    holds_all_of,
    integers,
    is_greatest,
    is_least,
    is_zero,
    number,
    numbers,
    reals,
    same_type,
    truth,
)

EQ: Final = ComparisonDirection.EQ
NE: Final = ComparisonDirection.NE
GE: Final = ComparisonDirection.GE
GT: Final = ComparisonDirection.GT
LE: Final = ComparisonDirection.LE
LT: Final = ComparisonDirection.LT

_OF_EQUAL: Final = (EQ, GE, LE)
_SWAPPED: Final = {EQ: EQ, NE: NE, GE: LE, GT: LT, LE: GE, LT: GT}
_NEGATED: Final = {EQ: NE, NE: EQ, GE: LT, GT: LE, LE: GT, LT: GE}

_ORDERED: Final = frozenset("<=>")
_RELATIONS: Final = {
    direction: frozenset(relations)
    for direction, relations in {EQ: "=", NE: "<>?", GE: ">=", GT: ">", LE: "<=", LT: "<"}.items()
}
"""Which of the relations less, equal, greater and unordered (a NaN) a direction allows."""


def is_one_of(d, *directions):
    """Whether a direction is one of some."""
    return guard(d in directions, lambda: f"the direction {d.value} is another")


def _direction(x, relations):
    """The direction that allows just these relations between elements like those of `x`, or None."""
    possible = _ORDERED if integers(x) | booleans(x) else _ORDERED | {"?"}
    return next((d for d, allowed in _RELATIONS.items() if allowed & possible == relations & possible), None)


def _is_direction(x, relations):
    return guard(_direction(x, relations) is not None, "no direction says so")


def not_total(kind):
    """Whether a comparison is not by totalOrder."""
    return guard(kind is not ComparisonType.TOTALORDER, "totalOrder tells zeros and NaNs apart")


def _has(x, a):
    """Whether the integer that a constant has everywhere is one of the integers like those of `x`."""
    value, element = number(a), x.type.element_type
    holds = isinstance(value, int) and integers(x) and element.minimum <= value <= element.maximum
    return guard(bool(holds), "the constant is no number of the narrower type")


class CompareSelf(Rule):
    """compare(x, x, d)  =>  whether d holds of equal numbers, of integers and booleans"""

    def pattern(x, d, kind):
        return hlo.Compare(x, x, d, kind)

    def where(x):
        return integers(x) | booleans(x)

    def rewrite(x, d):
        return truth(x, d in _OF_EQUAL)


class CompareFloatSelf(Rule):
    """compare(x, x, d)  =>  whether d holds of equal numbers, also of floats and complex numbers"""

    assumes = ("no NaN",)

    def pattern(x, d, kind):
        return hlo.Compare(x, x, d, kind)

    def rewrite(x, d):
        return truth(x, d in _OF_EQUAL)


class CompareSelfStrictly(Rule):
    """compare(x, x, LT or GT)  =>  false"""

    def pattern(x, d, kind):
        return hlo.Compare(x, x, d, kind)

    def where(d):
        return is_one_of(d, LT, GT)

    def rewrite(x):
        return truth(x, False)


class CompareConstantFirst(Rule):
    """compare(a, x, d)  =>  compare(x, a, the opposite of d), when a is a constant"""

    def pattern(x, a: ConstantLike, d, kind):
        return hlo.Compare(a, x, d, kind)

    def where(x):
        return ~is_constant(x)

    def rewrite(x, a, d, kind):
        return hlo.Compare(x, a, _SWAPPED[d], kind)


class NotOfCompare(Rule):
    """not(compare(x, y, d))  =>  compare(x, y, what d is not), of integers and booleans; of all elements for EQ and NE"""

    def pattern(x, y, d, kind):
        return hlo.Not(hlo.Compare(x, y, d, kind))

    def where(x, d):
        return integers(x) | booleans(x) | is_one_of(d, EQ, NE)

    def rewrite(x, y, d, kind):
        return hlo.Compare(x, y, _NEGATED[d], kind)


class NotOfFloatCompare(Rule):
    """not(compare(x, y, d))  =>  compare(x, y, what d is not), of floats"""

    assumes = ("no NaN",)

    def pattern(x, y, d, kind):
        return hlo.Not(hlo.Compare(x, y, d, kind))

    def where(x):
        return floats(x)

    def rewrite(x, y, d, kind):
        return hlo.Compare(x, y, _NEGATED[d], kind)


class AndOfComparisons(Rule):
    """compare(x, y, d) & compare(x, y, e)  =>  compare(x, y, d and e)"""

    def pattern(x, y, d, e, kind):
        return hlo.And(hlo.Compare(x, y, d, kind), hlo.Compare(x, y, e, kind))

    def where(x, d, e):
        return _is_direction(x, _RELATIONS[d] & _RELATIONS[e])

    def rewrite(x, y, d, e, kind):
        return hlo.Compare(x, y, _direction(x, _RELATIONS[d] & _RELATIONS[e]), kind)


class OrOfComparisons(Rule):
    """compare(x, y, d) | compare(x, y, e)  =>  compare(x, y, d or e)"""

    def pattern(x, y, d, e, kind):
        return hlo.Or(hlo.Compare(x, y, d, kind), hlo.Compare(x, y, e, kind))

    def where(x, d, e):
        return _is_direction(x, _RELATIONS[d] | _RELATIONS[e])

    def rewrite(x, y, d, e, kind):
        return hlo.Compare(x, y, _direction(x, _RELATIONS[d] | _RELATIONS[e]), kind)


class AndOfContraries(Rule):
    """compare(x, y, d) & compare(x, y, e)  =>  false, when d and e exclude each other"""

    def pattern(x, y, d, e, kind):
        return hlo.And(hlo.Compare(x, y, d, kind), hlo.Compare(x, y, e, kind))

    def where(d, e):
        return guard(not _RELATIONS[d] & _RELATIONS[e], "both can hold at once")

    def rewrite(x):
        return truth(x, False)


class OrOfContraries(Rule):
    """compare(x, y, d) | compare(x, y, e)  =>  true, of integers and booleans, when one of d and e always holds"""

    def pattern(x, y, d, e, kind):
        return hlo.Or(hlo.Compare(x, y, d, kind), hlo.Compare(x, y, e, kind))

    def where(x, d, e):
        return (integers(x) | booleans(x)) & guard(_RELATIONS[d] | _RELATIONS[e] >= _ORDERED, "neither may hold")

    def rewrite(x):
        return truth(x, True)


class LessThanLeast(Rule):
    """compare(x, the least number, LT)  =>  false, of integers and booleans; GE gives true"""

    def pattern(x, least: ConstantLike, d, kind):
        return hlo.Compare(x, least, d, kind)

    def where(least, d):
        return (integers(least) | booleans(least)) & is_least(least) & is_one_of(d, LT, GE)

    def rewrite(x, d):
        return truth(x, d is GE)


class GreaterThanGreatest(Rule):
    """compare(x, the greatest number, GT)  =>  false, of integers and booleans; LE gives true"""

    def pattern(x, greatest: ConstantLike, d, kind):
        return hlo.Compare(x, greatest, d, kind)

    def where(greatest, d):
        return (integers(greatest) | booleans(greatest)) & is_greatest(greatest) & is_one_of(d, GT, LE)

    def rewrite(x, d):
        return truth(x, d is LE)


class LessOrLeast(Rule):
    """compare(x, the least number, LE)  =>  compare(x, the least number, EQ), of integers; GT gives NE"""

    examples = (
        """
func.func @main(%x: tensor<2x3xui8>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<0> : tensor<2x3xui8>
  %r = stablehlo.compare LE, %x, %c : (tensor<2x3xui8>, tensor<2x3xui8>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(x, least: ConstantLike, d, kind):
        return hlo.Compare(x, least, d, kind)

    def where(least, d):
        return integers(least) & is_least(least) & is_one_of(d, LE, GT)

    def rewrite(x, least, d, kind):
        return hlo.Compare(x, least, EQ if d is LE else NE, kind)


class GreaterOrGreatest(Rule):
    """compare(x, the greatest number, GE)  =>  compare(x, the greatest number, EQ), of integers; LT gives NE"""

    examples = (
        """
func.func @main(%x: tensor<2x3xui8>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<255> : tensor<2x3xui8>
  %r = stablehlo.compare GE, %x, %c : (tensor<2x3xui8>, tensor<2x3xui8>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(x, greatest: ConstantLike, d, kind):
        return hlo.Compare(x, greatest, d, kind)

    def where(greatest, d):
        return integers(greatest) & is_greatest(greatest) & is_one_of(d, GE, LT)

    def rewrite(x, greatest, d, kind):
        return hlo.Compare(x, greatest, EQ if d is GE else NE, kind)


class CompareWithTrue(Rule):
    """compare(p, true, EQ)  =>  p; also compare(p, false, NE)"""

    examples = (
        """
func.func @main(%p: tensor<2x3xi1>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<true> : tensor<2x3xi1>
  %r = stablehlo.compare EQ, %p, %c : (tensor<2x3xi1>, tensor<2x3xi1>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(p, a: ConstantLike, d, kind):
        return hlo.Compare(p, a, d, kind)

    def where(p, a, d):
        return booleans(p) & ((is_splat(a, True) & is_one_of(d, EQ)) | (is_splat(a, False) & is_one_of(d, NE)))

    def rewrite(p):
        return p


class CompareWithFalse(Rule):
    """compare(p, false, EQ)  =>  not(p); also compare(p, true, NE)"""

    examples = (
        """
func.func @main(%p: tensor<2x3xi1>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<false> : tensor<2x3xi1>
  %r = stablehlo.compare EQ, %p, %c : (tensor<2x3xi1>, tensor<2x3xi1>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(p, a: ConstantLike, d, kind):
        return hlo.Compare(p, a, d, kind)

    def where(p, a, d):
        return booleans(p) & ((is_splat(a, False) & is_one_of(d, EQ)) | (is_splat(a, True) & is_one_of(d, NE)))

    def rewrite(p):
        return hlo.Not(p)


class BooleansDiffer(Rule):
    """compare(p, q, NE)  =>  p ^ q, of booleans"""

    def pattern(p, q, kind):
        return hlo.Compare(p, q, NE, kind)

    def where(p, q):
        return booleans(p)

    def rewrite(p, q):
        return hlo.Xor(p, q)


class CompareNegated(Rule):
    """compare(-x, -y, d)  =>  compare(y, x, d), of floats; of all numbers for EQ and NE"""

    def pattern(x, y, d, kind):
        return hlo.Compare(hlo.Negate(x), hlo.Negate(y), d, kind)

    def where(x, d, kind):
        return (floats(x) & not_total(kind)) | (numbers(x) & is_one_of(d, EQ, NE))

    def rewrite(x, y, d, kind):
        return hlo.Compare(y, x, d, kind)


class CompareNegatedWithConstant(Rule):
    """compare(-x, a, d)  =>  compare(x, -a, the opposite of d), of floats; of integers for EQ and NE"""

    def pattern(x, a: ConstantLike, d, kind):
        return hlo.Compare(hlo.Negate(x), a, d, kind)

    def where(x, d, kind):
        return (floats(x) | (integers(x) & is_one_of(d, EQ, NE))) & ~is_constant(x) & not_total(kind)

    def rewrite(x, a, d, kind):
        return hlo.Compare(x, hlo.Negate(a), _SWAPPED[d], kind)


class CompareNots(Rule):
    """compare(not(x), not(y), d)  =>  compare(y, x, d)"""

    def pattern(x, y, d, kind):
        return hlo.Compare(hlo.Not(x), hlo.Not(y), d, kind)

    def rewrite(x, y, d, kind):
        return hlo.Compare(y, x, d, kind)


class DifferenceIsZero(Rule):
    """compare(x - y, 0, EQ)  =>  compare(x, y, EQ), of integers; also NE"""

    examples = (
        """
func.func @main(%x: tensor<2x3xi32>, %y: tensor<2x3xi32>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<0> : tensor<2x3xi32>
  %0 = stablehlo.subtract %x, %y : tensor<2x3xi32>
  %r = stablehlo.compare EQ, %0, %c : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(x, y, zero: ConstantLike, d, kind):
        return hlo.Compare(hlo.Subtract(x, y), zero, d, kind)

    def where(zero, d):
        return integers(zero) & is_splat(zero, 0) & is_one_of(d, EQ, NE)

    def rewrite(x, y, d, kind):
        return hlo.Compare(x, y, d, kind)


class XorIsZero(Rule):
    """compare(x ^ y, 0, EQ)  =>  compare(x, y, EQ); also NE"""

    def pattern(x, y, zero: ConstantLike, d, kind):
        return hlo.Compare(hlo.Xor(x, y), zero, d, kind)

    def where(zero, d):
        return is_splat(zero, 0) & is_one_of(d, EQ, NE)

    def rewrite(x, y, d, kind):
        return hlo.Compare(x, y, d, kind)


class AbsIsZero(Rule):
    """compare(abs(x), 0, EQ)  =>  compare(x, 0, EQ); also NE"""

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xi1> {
  %c = stablehlo.constant dense<0.0> : tensor<2x3xf32>
  %0 = stablehlo.abs %x : tensor<2x3xf32>
  %r = stablehlo.compare EQ, %0, %c : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(x, zero: ConstantLike, d, kind):
        return hlo.Compare(hlo.Abs(x), zero, d, kind)

    def where(x, zero, d, kind):
        return reals(x) & is_zero(zero) & is_one_of(d, EQ, NE) & not_total(kind)

    def rewrite(x, zero, d, kind):
        return hlo.Compare(x, zero, d, kind)


class AbsIsNegative(Rule):
    """compare(abs(x), 0.0, LT)  =>  false, of floats"""

    def pattern(x, zero: ConstantLike, kind):
        return hlo.Compare(hlo.Abs(x), zero, LT, kind)

    def where(x, zero, kind):
        return floats(x) & is_zero(zero) & not_total(kind)

    def rewrite(x):
        return truth(x, False)


class PopulationIsZero(Rule):
    """compare(popcnt(x), 0, EQ)  =>  compare(x, 0, EQ); also NE"""

    def pattern(x, zero: ConstantLike, d, kind):
        return hlo.Compare(hlo.PopulationCount(x), zero, d, kind)

    def where(zero, d):
        return is_splat(zero, 0) & is_one_of(d, EQ, NE)

    def rewrite(x, zero, d, kind):
        return hlo.Compare(x, zero, d, kind)


class CompareSumWithConstant(Rule):
    """compare(x + a, b, EQ)  =>  compare(x, b - a, EQ), of integers; also NE"""

    def pattern(x, a: ConstantLike, b: ConstantLike, d, kind):
        return hlo.Compare(hlo.Add(x, a), b, d, kind)

    def where(x, d):
        return integers(x) & is_one_of(d, EQ, NE) & ~is_constant(x)

    def rewrite(x, a, b, d, kind):
        return hlo.Compare(x, hlo.Subtract(b, a), d, kind)


class CompareXorWithConstant(Rule):
    """compare(x ^ a, b, EQ)  =>  compare(x, a ^ b, EQ); also NE"""

    def pattern(x, a: ConstantLike, b: ConstantLike, d, kind):
        return hlo.Compare(hlo.Xor(x, a), b, d, kind)

    def where(x, d):
        return is_one_of(d, EQ, NE) & ~is_constant(x)

    def rewrite(x, a, b, d, kind):
        return hlo.Compare(x, hlo.Xor(a, b), d, kind)


class CompareWithSum(Rule):
    """compare(x + z, y + z, EQ)  =>  compare(x, y, EQ), of integers; also NE"""

    def pattern(x, y, z, d, kind):
        return hlo.Compare(hlo.Add(x, z), hlo.Add(y, z), d, kind)

    def where(x, d):
        return integers(x) & is_one_of(d, EQ, NE)

    def rewrite(x, y, d, kind):
        return hlo.Compare(x, y, d, kind)


class MaximumIsLess(Rule):
    """compare(max(x, y), x, LT)  =>  false"""

    allow_shared = True

    def pattern(x, y, kind):
        return hlo.Compare(hlo.Maximum(x, y), x, LT, kind)

    def where(kind):
        return not_total(kind)

    def rewrite(x):
        return truth(x, False)


class MaximumIsNotLess(Rule):
    """compare(max(x, y), x, GE)  =>  true, of integers"""

    allow_shared = True

    def pattern(x, y, kind):
        return hlo.Compare(hlo.Maximum(x, y), x, GE, kind)

    def where(x):
        return integers(x)

    def rewrite(x):
        return truth(x, True)


class MinimumIsGreater(Rule):
    """compare(min(x, y), x, GT)  =>  false"""

    allow_shared = True

    def pattern(x, y, kind):
        return hlo.Compare(hlo.Minimum(x, y), x, GT, kind)

    def where(kind):
        return not_total(kind)

    def rewrite(x):
        return truth(x, False)


class MinimumIsNotGreater(Rule):
    """compare(min(x, y), x, LE)  =>  true, of integers"""

    allow_shared = True

    def pattern(x, y, kind):
        return hlo.Compare(hlo.Minimum(x, y), x, LE, kind)

    def where(x):
        return integers(x)

    def rewrite(x):
        return truth(x, True)


class CompareConverted(Rule):
    """compare(convert(x), convert(y), d)  =>  compare(x, y, d), when all numbers of x and y are in the wider type"""

    def pattern(x, y, d, kind):
        return hlo.Compare(hlo.Convert(x), hlo.Convert(y), d, kind)

    def where(x, y, op, kind):
        return same_type(x, y) & holds_all_of(op.lhs, x) & not_total(kind)

    def rewrite(x, y, d):
        return hlo.Compare(x, y, d)


class CompareConvertedWithConstant(Rule):
    """compare(convert(x), a, d)  =>  compare(x, convert(a), d), of integers, when the type of x has a"""

    def pattern(x, a: ConstantLike, d, kind):
        return hlo.Compare(hlo.Convert(x), a, d, kind)

    def where(x, a):
        return _has(x, a) & integers(a) & holds_all_of(a, x) & ~is_constant(x)

    def rewrite(x, a, d):
        return hlo.Compare(x, filled(x, number(a)), d)


class ConvertedBooleanIsOne(Rule):
    """compare(convert(p), 0, NE)  =>  p, when p is boolean; EQ gives not(p)"""

    examples = (
        """
func.func @main(%p: tensor<2x3xi1>) -> tensor<2x3xi1> {
  %0 = stablehlo.convert %p : (tensor<2x3xi1>) -> tensor<2x3xi32>
  %1 = stablehlo.constant dense<0> : tensor<2x3xi32>
  %r = stablehlo.compare NE, %0, %1 : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi1>
  return %r : tensor<2x3xi1>
}
""",
    )

    def pattern(p, zero: ConstantLike, d, kind):
        return hlo.Compare(hlo.Convert(p), zero, d, kind)

    def where(p, zero, d, kind):
        return booleans(p) & reals(zero) & is_zero(zero) & is_one_of(d, EQ, NE) & not_total(kind)

    def rewrite(p, d):
        return p if d is NE else hlo.Not(p)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    CompareSelf,
    CompareFloatSelf,
    CompareSelfStrictly,
    CompareConstantFirst,
    NotOfCompare,
    NotOfFloatCompare,
    AndOfComparisons,
    OrOfComparisons,
    AndOfContraries,
    OrOfContraries,
    LessThanLeast,
    GreaterThanGreatest,
    LessOrLeast,
    GreaterOrGreatest,
    CompareWithTrue,
    CompareWithFalse,
    BooleansDiffer,
    CompareNegated,
    CompareNegatedWithConstant,
    CompareNots,
    DifferenceIsZero,
    XorIsZero,
    AbsIsZero,
    AbsIsNegative,
    PopulationIsZero,
    CompareSumWithConstant,
    CompareXorWithConstant,
    CompareWithSum,
    MaximumIsLess,
    MaximumIsNotLess,
    MinimumIsGreater,
    MinimumIsNotGreater,
    CompareConverted,
    CompareConvertedWithConstant,
    ConvertedBooleanIsOne,
)
