"""Odd and even functions: trigonometric, hyperbolic and the cube root."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule
from couloir.passes.simplification.guards import filled, floats, numbers, wide_floats


class SineOfNegated(Rule):
    """sin(-x)  =>  -sin(x)"""

    def pattern(x, accuracy):
        return hlo.Sine(hlo.Negate(x), accuracy)

    def where(x):
        return floats(x)  # of complex ones the sign of what stands beside NaN is open

    def rewrite(x, accuracy):
        return hlo.Negate(hlo.Sine(x, accuracy))


class CosineOfNegated(Rule):
    """cos(-x)  =>  cos(x)"""

    def pattern(x, accuracy):
        return hlo.Cosine(hlo.Negate(x), accuracy)

    def where(x):
        return floats(x)  # of complex ones the sign of what stands beside NaN is open

    def rewrite(x, accuracy):
        return hlo.Cosine(x, accuracy)


class CosineOfAbs(Rule):
    """cos(abs(x))  =>  cos(x)"""

    def pattern(x, accuracy):
        return hlo.Cosine(hlo.Abs(x), accuracy)

    def where(x):
        return floats(x)

    def rewrite(x, accuracy):
        return hlo.Cosine(x, accuracy)


class TanOfNegated(Rule):
    """tan(-x)  =>  -tan(x)"""

    def pattern(x, accuracy):
        return hlo.Tan(hlo.Negate(x), accuracy)

    def where(x):
        return numbers(x)

    def rewrite(x, accuracy):
        return hlo.Negate(hlo.Tan(x, accuracy))


class TanhOfNegated(Rule):
    """tanh(-x)  =>  -tanh(x)"""

    def pattern(x, accuracy):
        return hlo.Tanh(hlo.Negate(x), accuracy)

    def where(x):
        return numbers(x)

    def rewrite(x, accuracy):
        return hlo.Negate(hlo.Tanh(x, accuracy))


class CbrtOfNegated(Rule):
    """cbrt(-x)  =>  -cbrt(x)"""

    def pattern(x, accuracy):
        return hlo.Cbrt(hlo.Negate(x), accuracy)

    def where(x):
        return floats(x)

    def rewrite(x, accuracy):
        return hlo.Negate(hlo.Cbrt(x, accuracy))


class Atan2OfNegated(Rule):
    """atan2(-y, x)  =>  -atan2(y, x)"""

    def pattern(x, y):
        return hlo.Atan2(hlo.Negate(y), x)

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Negate(hlo.Atan2(y, x))


class SineOverCosine(Rule):
    """sin(x) / cos(x)  =>  tan(x)"""

    assumes = ("reassociation",)

    def pattern(x):
        return hlo.Divide(hlo.Sine(x), hlo.Cosine(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Tan(x)


class TanTimesCosine(Rule):
    """tan(x) * cos(x)  =>  sin(x)"""

    assumes = ("reassociation",)

    def pattern(x):
        return hlo.Multiply(hlo.Tan(x), hlo.Cosine(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Sine(x)


class SquaresOfSineAndCosine(Rule):
    """sin(x) * sin(x) + cos(x) * cos(x)  =>  1.0"""

    assumes = ("no NaN", "no infinities", "reassociation")

    def pattern(x):
        return hlo.Add(hlo.Multiply(hlo.Sine(x), hlo.Sine(x)), hlo.Multiply(hlo.Cosine(x), hlo.Cosine(x)))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return filled(x, 1)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SineOfNegated,
    CosineOfNegated,
    CosineOfAbs,
    TanOfNegated,
    TanhOfNegated,
    CbrtOfNegated,
    Atan2OfNegated,
    SineOverCosine,
    TanTimesCosine,
    SquaresOfSineAndCosine,
)
