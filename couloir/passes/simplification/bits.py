"""Bits and booleans: and, or, xor, not, counts of bits."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule


class DoubleNot(Rule):
    """not(not(x))  =>  x"""

    def pattern(x):
        return hlo.Not(hlo.Not(x))

    def rewrite(x):
        return x


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (DoubleNot,)
