"""Rounding to whole numbers."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule
from couloir.passes.simplification.guards import floats


class FloorTwice(Rule):
    """floor(floor(x))  =>  floor(x)"""

    def pattern(x):
        return hlo.Floor(hlo.Floor(x))

    def rewrite(x):
        return hlo.Floor(x)


class CeilTwice(Rule):
    """ceil(ceil(x))  =>  ceil(x)"""

    def pattern(x):
        return hlo.Ceil(hlo.Ceil(x))

    def rewrite(x):
        return hlo.Ceil(x)


class RoundAfzTwice(Rule):
    """round_nearest_afz(round_nearest_afz(x))  =>  round_nearest_afz(x)"""

    def pattern(x):
        return hlo.RoundNearestAfz(hlo.RoundNearestAfz(x))

    def rewrite(x):
        return hlo.RoundNearestAfz(x)


class RoundEvenTwice(Rule):
    """round_nearest_even(round_nearest_even(x))  =>  round_nearest_even(x)"""

    def pattern(x):
        return hlo.RoundNearestEven(hlo.RoundNearestEven(x))

    def rewrite(x):
        return hlo.RoundNearestEven(x)


class FloorOfNegated(Rule):
    """floor(-x)  =>  -ceil(x)"""

    def pattern(x):
        return hlo.Floor(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.Ceil(x))


class CeilOfNegated(Rule):
    """ceil(-x)  =>  -floor(x)"""

    def pattern(x):
        return hlo.Ceil(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.Floor(x))


class RoundAfzOfNegated(Rule):
    """round_nearest_afz(-x)  =>  -round_nearest_afz(x)"""

    def pattern(x):
        return hlo.RoundNearestAfz(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.RoundNearestAfz(x))


class RoundEvenOfNegated(Rule):
    """round_nearest_even(-x)  =>  -round_nearest_even(x)"""

    def pattern(x):
        return hlo.RoundNearestEven(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.Negate(hlo.RoundNearestEven(x))


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    FloorTwice,
    CeilTwice,
    RoundAfzTwice,
    RoundEvenTwice,
    FloorOfNegated,
    CeilOfNegated,
    RoundAfzOfNegated,
    RoundEvenOfNegated,
)
