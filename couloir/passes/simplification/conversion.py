"""Conversions between element types."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


@rule
def identity_convert(op: hlo.Convert, rewriter: Rewriter) -> str | None:
    """convert(x) to the type of x  =>  x"""
    if op.operand.type is not op.result.type:
        return "the element type changes"
    rewriter.replace(op, op.operand)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (identity_convert,)
