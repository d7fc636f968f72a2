"""Concatenate."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


@rule
def single_concatenate(op: hlo.Concatenate, rewriter: Rewriter) -> str | None:
    """concatenate(x)  =>  x"""
    if len(op.inputs) != 1:
        return "it joins several tensors"
    if op.inputs[0].type is not op.result.type:
        return "the declared type says more or less than the operand's"
    rewriter.replace(op, op.inputs[0])
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (single_concatenate,)
