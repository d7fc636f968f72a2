"""Collectives of one process."""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.collectives import group_size
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule


@rule
def collective_of_one(
    op: hlo.AllGather | hlo.AllReduce | hlo.ReduceScatter | hlo.AllToAll, rewriter: Rewriter
) -> str | None:
    """all_gather(x), all_reduce(x), reduce_scatter(x), all_to_all(x)  =>  x, when each process is alone in its group"""
    if group_size(op) != 1:
        return "other processes may take part"
    if isinstance(op.parent_op, hlo.AsyncStart):
        return "it is the body of an async_start"
    operands: list[Any] = list(op.operands)
    if [value.type for value in operands] != [result.type for result in op.results]:
        return "the types change"
    rewriter.replace(op, *operands)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (collective_of_one,)
