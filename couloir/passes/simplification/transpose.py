"""Transpose."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard


class DoubleTranspose(Rule):
    """transpose(transpose(x, p), q)  =>  transpose(x, p after q)"""

    def pattern(x, p, q):
        return hlo.Transpose(hlo.Transpose(x, p), q)

    def rewrite(x, p, q):
        return hlo.Transpose(x, tuple(p[axis] for axis in q))


class IdentityTranspose(Rule):
    """transpose(x, 0 1 2 ...)  =>  x"""

    def pattern(x, p):
        return hlo.Transpose(x, p)

    def where(p):
        return guard(tuple(p) == tuple(range(len(p))), f"the permutation {p} moves something")

    def rewrite(x):
        return x


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleTranspose,
    IdentityTranspose,
)
