"""Whether numbers are finite."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from ml_dtypes import finfo

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.ir.types import dtype_of
from couloir.passes.simplification.guards import floats, truth


def _greatest_is_whole(x):
    """Whether no finite number is rounded to infinity, as 15.5 of f8E3M4 is."""
    greatest = float(finfo(dtype_of(x.type.element_type)).max) if floats(x) else 0.5
    return guard(greatest.is_integer(), "rounding can overflow")


class IsFiniteAssumed(Rule):
    """is_finite(x)  =>  true"""

    assumes = ("no NaN", "no infinities")

    def pattern(x):
        return hlo.IsFinite(x)

    def rewrite(x):
        return truth(x, True)


class IsFiniteOfNegated(Rule):
    """is_finite(-x)  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.Negate(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfAbs(Rule):
    """is_finite(abs(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.Abs(x))

    def where(x):
        return floats(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfFloor(Rule):
    """is_finite(floor(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.Floor(x))

    def where(x):
        return _greatest_is_whole(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfCeil(Rule):
    """is_finite(ceil(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.Ceil(x))

    def where(x):
        return _greatest_is_whole(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfRoundedAfz(Rule):
    """is_finite(round_nearest_afz(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.RoundNearestAfz(x))

    def where(x):
        return _greatest_is_whole(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfRoundedEven(Rule):
    """is_finite(round_nearest_even(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.RoundNearestEven(x))

    def where(x):
        return _greatest_is_whole(x)

    def rewrite(x):
        return hlo.IsFinite(x)


class IsFiniteOfCbrt(Rule):
    """is_finite(cbrt(x))  =>  is_finite(x)"""

    def pattern(x):
        return hlo.IsFinite(hlo.Cbrt(x))

    def rewrite(x):
        return hlo.IsFinite(x)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    IsFiniteAssumed,
    IsFiniteOfNegated,
    IsFiniteOfAbs,
    IsFiniteOfFloor,
    IsFiniteOfCeil,
    IsFiniteOfRoundedAfz,
    IsFiniteOfRoundedEven,
    IsFiniteOfCbrt,
)
