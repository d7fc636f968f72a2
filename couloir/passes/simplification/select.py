"""Select."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, is_splat


class SelectSame(Rule):
    """select(p, x, x)  =>  x"""

    def pattern(p, x):
        return hlo.Select(p, x, x)

    def rewrite(x):
        return x


class SelectTrue(Rule):
    """select(true, x, y)  =>  x"""

    def pattern(p, x, y):
        return hlo.Select(p, x, y)

    def where(p):
        return is_splat(p, True)

    def rewrite(x):
        return x


class SelectFalse(Rule):
    """select(false, x, y)  =>  y"""

    def pattern(p, x, y):
        return hlo.Select(p, x, y)

    def where(p):
        return is_splat(p, False)

    def rewrite(y):
        return y


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SelectSame,
    SelectTrue,
    SelectFalse,
)
