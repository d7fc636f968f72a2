"""Reshape."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


@rule
def identity_reshape(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
    """reshape(x) to the shape of x  =>  x"""
    if op.operand.type is not op.result.type:
        return "the shape changes"
    rewriter.replace(op, op.operand)
    return None


@rule
def double_reshape(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
    """reshape(reshape(x))  =>  reshape(x)"""
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.Reshape):
        return "the operand is not a reshape"
    op.operand = inner.operand
    rewriter.changed(op)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    identity_reshape,
    double_reshape,
)
