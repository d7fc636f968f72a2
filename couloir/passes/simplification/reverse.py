"""Reverse."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


class DoubleReverse(Rule):
    """reverse(reverse(x, d), d)  =>  x"""

    def pattern(x, d):
        return hlo.Reverse(hlo.Reverse(x, d), d)

    def rewrite(x):
        return x


@rule
def empty_reverse(op: hlo.Reverse, rewriter: Rewriter) -> str | None:
    """reverse(x) along dimensions of size 1 or none  =>  x"""
    if any(op.operand.type.dims[axis] != 1 for axis in op.dimensions):
        return "it moves something"
    rewriter.replace(op, op.operand)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleReverse,
    empty_reverse,
)
