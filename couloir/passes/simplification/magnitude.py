"""Magnitudes and signs: abs and sign."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule
from couloir.passes.simplification.guards import floats, numbers, reals


class AbsTwice(Rule):
    """abs(abs(x))  =>  abs(x)"""

    def pattern(x):
        return hlo.Abs(hlo.Abs(x))

    def where(x):
        return numbers(x)

    def rewrite(x):
        return hlo.Abs(x)


class AbsOfNegated(Rule):
    """abs(-x)  =>  abs(x)"""

    def pattern(x):
        return hlo.Abs(hlo.Negate(x))

    def where(x):
        return numbers(x)

    def rewrite(x):
        return hlo.Abs(x)


class AbsOfSquare(Rule):
    """abs(x * x)  =>  x * x, of floats"""

    def pattern(x):
        return hlo.Abs(hlo.Multiply(x, x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Multiply(x, x)


class AbsOfExponential(Rule):
    """abs(exp(x))  =>  exp(x), of floats"""

    def pattern(x, accuracy):
        return hlo.Abs(hlo.Exponential(x, accuracy))

    def where(x):
        return floats(x)

    def rewrite(x, accuracy):
        return hlo.Exponential(x, accuracy)


class AbsOfLogistic(Rule):
    """abs(logistic(x))  =>  logistic(x), of floats"""

    def pattern(x, accuracy):
        return hlo.Abs(hlo.Logistic(x, accuracy))

    def where(x):
        return floats(x)

    def rewrite(x, accuracy):
        return hlo.Logistic(x, accuracy)


class AbsOfSqrt(Rule):
    """abs(sqrt(x))  =>  sqrt(x), of floats"""

    assumes = ("no signed zeros",)

    def pattern(x, accuracy):
        return hlo.Abs(hlo.Sqrt(x, accuracy))

    def where(x):
        return floats(x)

    def rewrite(x, accuracy):
        return hlo.Sqrt(x, accuracy)


class SquareOfAbs(Rule):
    """abs(x) * abs(x)  =>  x * x"""

    def pattern(x):
        return hlo.Multiply(hlo.Abs(x), hlo.Abs(x))

    def where(x):
        return reals(x)

    def rewrite(x):
        return hlo.Multiply(x, x)


class ProductOfAbs(Rule):
    """abs(x) * abs(y)  =>  abs(x * y), of floats"""

    def pattern(x, y):
        return hlo.Multiply(hlo.Abs(x), hlo.Abs(y))

    def where(x, y):
        return floats(x) & floats(y)  # abs of a complex number is a float, too

    def rewrite(x, y):
        return hlo.Abs(hlo.Multiply(x, y))


class QuotientOfAbs(Rule):
    """abs(x) / abs(y)  =>  abs(x / y), of floats"""

    def pattern(x, y):
        return hlo.Divide(hlo.Abs(x), hlo.Abs(y))

    def where(x, y):
        return floats(x) & floats(y)  # abs of a complex number is a float, too

    def rewrite(x, y):
        return hlo.Abs(hlo.Divide(x, y))


class SignTwice(Rule):
    """sign(sign(x))  =>  sign(x)"""

    def pattern(x):
        return hlo.Sign(hlo.Sign(x))

    def rewrite(x):
        return hlo.Sign(x)


class SignOfNegated(Rule):
    """sign(-x)  =>  -sign(x), of floats"""

    def pattern(x):
        return hlo.Sign(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.Sign(x))


class SignTimesAbs(Rule):
    """sign(x) * abs(x)  =>  x"""

    allow_shared = True

    def pattern(x):
        return hlo.Multiply(hlo.Sign(x), hlo.Abs(x))

    def where(x):
        return reals(x)

    def rewrite(x):
        return x


class SignTimesSelf(Rule):
    """sign(x) * x  =>  abs(x)"""

    def pattern(x):
        return hlo.Multiply(hlo.Sign(x), x)

    def where(x):
        return reals(x)

    def rewrite(x):
        return hlo.Abs(x)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    AbsTwice,
    AbsOfNegated,
    AbsOfSquare,
    AbsOfExponential,
    AbsOfLogistic,
    AbsOfSqrt,
    SquareOfAbs,
    ProductOfAbs,
    QuotientOfAbs,
    SignTwice,
    SignOfNegated,
    SignTimesAbs,
    SignTimesSelf,
)
