"""Broadcast in dimensions."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, constant_array, is_splat, rule
from couloir.passes.simplification.guards import same_size


@rule
def identity_broadcast(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(x, 0 1 2 ...) to the type of x  =>  x"""
    if not same_size(op.operand, op.result):
        return "the shape changes"
    if op.broadcast_dimensions != tuple(range(op.operand.type.rank)):
        return "dimensions are exchanged"
    rewriter.replace(op, op.operand)
    return None


@rule
def double_broadcast(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(broadcast_in_dim(x, p), q)  =>  broadcast_in_dim(x, q after p)"""
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.BroadcastInDim):
        return "the operand is not a broadcast"
    op.broadcast_dimensions = tuple(op.broadcast_dimensions[axis] for axis in inner.broadcast_dimensions)
    op.operand = inner.operand
    rewriter.changed(op)
    return None


@rule
def broadcast_of_splat(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(constant with one value)  =>  constant with one value"""
    if not op.result.type.is_static:
        return "the shape is not known"
    array = constant_array(op.operand)
    splat = is_splat(op.operand)
    if array is None or not splat:
        return splat.reason
    type = op.result.type
    rewriter.replace(op, hlo.constant(array[(0,) * array.ndim], type.element_type, shape=type.shape))
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    identity_broadcast,
    double_broadcast,
    broadcast_of_splat,
)
