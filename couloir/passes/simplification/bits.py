"""Bits and booleans."""

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
from couloir.passes.simplification.guards import all_ones, booleans, filled, integers, is_ones


class DoubleNot(Rule):
    """not(not(x))  =>  x"""

    def pattern(x):
        return hlo.Not(hlo.Not(x))

    def rewrite(x):
        return x


class AndSelf(Rule):
    """x & x  =>  x"""

    def pattern(x):
        return hlo.And(x, x)

    def rewrite(x):
        return x


class AndZero(Rule):
    """x & 0  =>  0"""

    def pattern(x, zero: ConstantLike):
        return hlo.And(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class AndOnes(Rule):
    """x & -1  =>  x"""

    def pattern(x, ones: ConstantLike):
        return hlo.And(x, ones)

    def where(ones):
        return is_ones(ones)

    def rewrite(x):
        return x


class AndNot(Rule):
    """x & not(x)  =>  0"""

    def pattern(x):
        return hlo.And(x, hlo.Not(x))

    def rewrite(x):
        return filled(x, 0)


class AndAbsorbs(Rule):
    """x & (x | y)  =>  x"""

    allow_shared = True

    def pattern(x, y):
        return hlo.And(x, hlo.Or(x, y))

    def rewrite(x):
        return x


class AndOfOrNot(Rule):
    """x & (not(x) | y)  =>  x & y"""

    def pattern(x, y):
        return hlo.And(x, hlo.Or(hlo.Not(x), y))

    def rewrite(x, y):
        return hlo.And(x, y)


class AndOfNots(Rule):
    """not(x) & not(y)  =>  not(x | y)"""

    def pattern(x, y):
        return hlo.And(hlo.Not(x), hlo.Not(y))

    def rewrite(x, y):
        return hlo.Not(hlo.Or(x, y))


class OrSelf(Rule):
    """x | x  =>  x"""

    def pattern(x):
        return hlo.Or(x, x)

    def rewrite(x):
        return x


class OrZero(Rule):
    """x | 0  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.Or(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class OrOnes(Rule):
    """x | -1  =>  -1"""

    def pattern(x, ones: ConstantLike):
        return hlo.Or(x, ones)

    def where(ones):
        return is_ones(ones)

    def rewrite(ones):
        return ones


class OrNot(Rule):
    """x | not(x)  =>  -1"""

    def pattern(x):
        return hlo.Or(x, hlo.Not(x))

    def rewrite(x):
        return all_ones(x)


class OrAbsorbs(Rule):
    """x | (x & y)  =>  x"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Or(x, hlo.And(x, y))

    def rewrite(x):
        return x


class OrOfAndNot(Rule):
    """x | (not(x) & y)  =>  x | y"""

    def pattern(x, y):
        return hlo.Or(x, hlo.And(hlo.Not(x), y))

    def rewrite(x, y):
        return hlo.Or(x, y)


class OrOfNots(Rule):
    """not(x) | not(y)  =>  not(x & y)"""

    def pattern(x, y):
        return hlo.Or(hlo.Not(x), hlo.Not(y))

    def rewrite(x, y):
        return hlo.Not(hlo.And(x, y))


class OrOfParts(Rule):
    """(x & y) | (x & not(y))  =>  x"""

    def pattern(x, y):
        return hlo.Or(hlo.And(x, y), hlo.And(x, hlo.Not(y)))

    def rewrite(x):
        return x


class OrOfXorAndAnd(Rule):
    """(x ^ y) | (x & y)  =>  x | y"""

    def pattern(x, y):
        return hlo.Or(hlo.Xor(x, y), hlo.And(x, y))

    def rewrite(x, y):
        return hlo.Or(x, y)


class XorSelf(Rule):
    """x ^ x  =>  0"""

    def pattern(x):
        return hlo.Xor(x, x)

    def rewrite(x):
        return filled(x, 0)


class XorZero(Rule):
    """x ^ 0  =>  x"""

    def pattern(x, zero: ConstantLike):
        return hlo.Xor(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class XorOnes(Rule):
    """x ^ -1  =>  not(x)"""

    def pattern(x, ones: ConstantLike):
        return hlo.Xor(x, ones)

    def where(ones):
        return is_ones(ones)

    def rewrite(x):
        return hlo.Not(x)


class XorNot(Rule):
    """x ^ not(x)  =>  -1"""

    def pattern(x):
        return hlo.Xor(x, hlo.Not(x))

    def rewrite(x):
        return all_ones(x)


class XorTwice(Rule):
    """(x ^ y) ^ y  =>  x"""

    allow_shared = True

    def pattern(x, y):
        return hlo.Xor(hlo.Xor(x, y), y)

    def rewrite(x):
        return x


class XorOfNots(Rule):
    """not(x) ^ not(y)  =>  x ^ y"""

    def pattern(x, y):
        return hlo.Xor(hlo.Not(x), hlo.Not(y))

    def rewrite(x, y):
        return hlo.Xor(x, y)


class XorOfOrAndAnd(Rule):
    """(x | y) ^ (x & y)  =>  x ^ y"""

    def pattern(x, y):
        return hlo.Xor(hlo.Or(x, y), hlo.And(x, y))

    def rewrite(x, y):
        return hlo.Xor(x, y)


class FactorOutOfOr(Rule):
    """(x & z) | (y & z)  =>  (x | y) & z"""

    def pattern(x, y, z):
        return hlo.Or(hlo.And(x, z), hlo.And(y, z))

    def rewrite(x, y, z):
        return hlo.And(hlo.Or(x, y), z)


class FactorOutOfAnd(Rule):
    """(x | z) & (y | z)  =>  (x & y) | z"""

    def pattern(x, y, z):
        return hlo.And(hlo.Or(x, z), hlo.Or(y, z))

    def rewrite(x, y, z):
        return hlo.Or(hlo.And(x, y), z)


class FactorOutOfXor(Rule):
    """(x & z) ^ (y & z)  =>  (x ^ y) & z"""

    def pattern(x, y, z):
        return hlo.Xor(hlo.And(x, z), hlo.And(y, z))

    def rewrite(x, y, z):
        return hlo.And(hlo.Xor(x, y), z)


class AddAndOr(Rule):
    """(x & y) + (x | y)  =>  x + y, of integers"""

    def pattern(x, y):
        return hlo.Add(hlo.And(x, y), hlo.Or(x, y))

    def where(x):
        return integers(x)

    def rewrite(x, y):
        return hlo.Add(x, y)


class AddXorAnd(Rule):
    """(x ^ y) + (x & y)  =>  x | y"""

    def pattern(x, y):
        return hlo.Add(hlo.Xor(x, y), hlo.And(x, y))

    def rewrite(x, y):
        return hlo.Or(x, y)


class SubtractAndFromOr(Rule):
    """(x | y) - (x & y)  =>  x ^ y"""

    def pattern(x, y):
        return hlo.Subtract(hlo.Or(x, y), hlo.And(x, y))

    def rewrite(x, y):
        return hlo.Xor(x, y)


class AddNot(Rule):
    """x + not(x)  =>  -1"""

    def pattern(x):
        return hlo.Add(x, hlo.Not(x))

    def rewrite(x):
        return all_ones(x)


class NotPlusOne(Rule):
    """not(x) + 1  =>  -x, of integers"""

    def pattern(x, one: ConstantLike):
        return hlo.Add(hlo.Not(x), one)

    def where(one):
        return is_splat(one, 1) & integers(one)

    def rewrite(x):
        return hlo.Negate(x)


class NegateMinusOne(Rule):
    """-x - 1  =>  not(x), of integers"""

    def pattern(x, one: ConstantLike):
        return hlo.Subtract(hlo.Negate(x), one)

    def where(one):
        return is_splat(one, 1) & integers(one)

    def rewrite(x):
        return hlo.Not(x)


class NegateNot(Rule):
    """-not(x)  =>  x + 1"""

    def pattern(x):
        return hlo.Negate(hlo.Not(x))

    def rewrite(x):
        return hlo.Add(x, filled(x, 1))


class NotNegate(Rule):
    """not(-x)  =>  x - 1"""

    def pattern(x):
        return hlo.Not(hlo.Negate(x))

    def rewrite(x):
        return hlo.Subtract(x, filled(x, 1))


class AddBooleans(Rule):
    """p + q  =>  p | q, of booleans"""

    def pattern(p, q):
        return hlo.Add(p, q)

    def where(p):
        return booleans(p)

    def rewrite(p, q):
        return hlo.Or(p, q)


class MultiplyBooleans(Rule):
    """p * q  =>  p & q, of booleans"""

    def pattern(p, q):
        return hlo.Multiply(p, q)

    def where(p):
        return booleans(p)

    def rewrite(p, q):
        return hlo.And(p, q)


class MaximumOfBooleans(Rule):
    """max(p, q)  =>  p | q, of booleans"""

    def pattern(p, q):
        return hlo.Maximum(p, q)

    def where(p):
        return booleans(p)

    def rewrite(p, q):
        return hlo.Or(p, q)


class MinimumOfBooleans(Rule):
    """min(p, q)  =>  p & q, of booleans"""

    def pattern(p, q):
        return hlo.Minimum(p, q)

    def where(p):
        return booleans(p)

    def rewrite(p, q):
        return hlo.And(p, q)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleNot,
    AndSelf,
    AndZero,
    AndOnes,
    AndNot,
    AndAbsorbs,
    AndOfOrNot,
    AndOfNots,
    OrSelf,
    OrZero,
    OrOnes,
    OrNot,
    OrAbsorbs,
    OrOfAndNot,
    OrOfNots,
    OrOfParts,
    OrOfXorAndAnd,
    XorSelf,
    XorZero,
    XorOnes,
    XorNot,
    XorTwice,
    XorOfNots,
    XorOfOrAndAnd,
    FactorOutOfOr,
    FactorOutOfAnd,
    FactorOutOfXor,
    AddAndOr,
    AddXorAnd,
    SubtractAndFromOr,
    AddNot,
    NotPlusOne,
    NegateMinusOne,
    NegateNot,
    NotNegate,
    AddBooleans,
    MultiplyBooleans,
    MaximumOfBooleans,
    MinimumOfBooleans,
)
