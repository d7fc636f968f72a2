"""Pad."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


@rule
def no_padding(op: hlo.Pad, rewriter: Rewriter) -> str | None:
    """pad(x) by nothing  =>  x"""
    if any((*op.edge_padding_low, *op.edge_padding_high, *op.interior_padding)):
        return "it pads"
    if op.operand.type is not op.result.type:
        return "the declared type says more or less than the operand's"
    rewriter.replace(op, op.operand)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (no_padding,)
