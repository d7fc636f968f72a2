"""Slices."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule
from couloir.passes.simplification.guards import same_size


@rule
def whole_slice(op: hlo.Slice, rewriter: Rewriter) -> str | None:
    """slice(x) of all elements  =>  x"""
    if not same_size(op.operand, op.result):
        return "it takes only a part"
    rewriter.replace(op, op.operand)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (whole_slice,)
