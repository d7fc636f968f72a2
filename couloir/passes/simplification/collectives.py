"""Collectives of one process."""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.collectives import group_size
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, rule
from couloir.passes.simplification.examples import program


@rule(
    examples=(
        program(
            "%x: tensor<4xf32>",
            """
            %r = "stablehlo.all_gather"(%x)
              <{all_gather_dim = 0 : i64, replica_groups = dense<[[0]]> : tensor<1x1xi64>}> : (tensor<4xf32>)
              -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xf32>",
            """
            %r = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0]]> : tensor<1x1xi64>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = add %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<4xf32>) -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xf16>",
            """
            %0 = "stablehlo.async_start"(%x) ({
            ^bb0(%a: tensor<4xf16>):
            %g = "stablehlo.all_gather"(%a)
              <{all_gather_dim = 0 : i64, replica_groups = dense<[[0]]> : tensor<1x1xi64>}> : (tensor<4xf16>) -> tensor<4xf16>
            stablehlo.return %g : tensor<4xf16>
            }) : (tensor<4xf16>) -> !stablehlo.future<tensor<4xf16>>
            %1 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<4xf16>>) -> tensor<4xf16>
            %2 = "stablehlo.all_gather"(%1)
              <{all_gather_dim = 0 : i64, replica_groups = dense<[[0]]> : tensor<1x1xi64>}> : (tensor<4xf16>) -> tensor<4xf16>
            %r = "stablehlo.all_reduce"(%2) <{replica_groups = dense<[[0]]> : tensor<1x1xi64>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = add %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<4xf16>) -> tensor<4xf32>""",
        ),
    )
)
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
