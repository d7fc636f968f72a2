"""Which values get a buffer, and which are computed where they are used.

Elementwise ops, broadcasts, transposes, slices and the like are computed inside the loops of the op that uses them. A
value gets a buffer when it is returned, when its user reads its elements many times (convolutions, dot products,
pools), when several ops would compute it again, or when the expression would grow too large. Convolutions, dot
products and reductions, in turn, take the elementwise ops that follow them into the loop that writes their results
(bias, residual, activation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.operation import Block, Operation, OpResult, Value
from couloir.ir.traits import ConstantLike, Elementwise
from couloir.passes.hlo_to_loops.scalars import SCALARS
from couloir.passes.hlo_to_loops.table import KERNELS

if TYPE_CHECKING:
    from couloir.dialects.func import FuncOp

MAX_EXPRESSION: Final = 48
"""Ops computed inside one loop at the most."""

MOVES: Final = (
    hlo.BroadcastInDim,
    hlo.Transpose,
    hlo.Slice,
    hlo.Reverse,
    hlo.Iota,
    hlo.DynamicSlice,
    hlo.Gather,
    hlo.GetDimensionSize,
)


@attrs.frozen
class FusionPlan:
    """What is stored, and which results are finished in the loops of which op."""

    stored: frozenset[Value[Any]]
    heroes: dict[Value[Any], Operation]
    """For a stored value: the convolution, dot product or reduction in whose loops it is computed."""


def is_splat(value: Value[Any]) -> bool:
    """Whether a value is a constant with one number for all elements."""
    op = value.defining_op
    if op is None or not op.has_trait(ConstantLike):
        return False
    stored = op.attributes.get("value")
    return isinstance(stored, DenseElementsAttr) and stored.is_splat


def only_unit_dimensions_change(op: hlo.Reshape) -> bool:
    """Whether a reshape only adds or removes dimensions of size 1."""
    before = [d for d in op.operand.type.dims if d != 1]
    return before == [d for d in op.result.type.dims if d != 1]


def is_inline(op: Operation) -> bool:
    """Whether an op can be computed inside the loops of its user."""
    if isinstance(op, hlo.Reshape):
        return only_unit_dimensions_change(op)
    return type(op) in SCALARS or isinstance(op, MOVES)


def _reads_often(user: Operation, producer: Operation) -> bool:
    """Whether `user` wants its operand in a buffer."""
    rule = KERNELS.get(type(user))
    if rule is not None:
        return rule.reads != "once"
    if isinstance(user, hlo.BroadcastInDim | hlo.DynamicSlice | hlo.Gather):  # would compute an element many times
        grows = user.result.type.size > producer.results[0].type.size
        return grows and type(producer) in SCALARS
    return not is_inline(user)


def _reads_whole(user: Operation) -> bool:
    rule = KERNELS.get(type(user))
    return rule is None or rule.reads == "whole"


def levels(function: FuncOp) -> list[Block]:
    """The blocks of ops on tensors: the body of a function, and the regions of control flow in it, outer ones first."""
    found = [function.entry]
    for block in found:  # grows while it is read
        for op in block.ops:
            if isinstance(op, hlo.While | hlo.If | hlo.Case):
                found += [region.block for region in op.regions]
    return found


def _bodies(blocks: Sequence[Block]) -> dict[Block, Operation]:
    """The blocks inside ops with a kernel, and that op."""
    found: dict[Block, Operation] = {}
    for op in (op for block in blocks for op in block.ops if type(op) in KERNELS and op.regions):
        for inner in op.walk():
            found.update((block, op) for region in inner.regions for block in region.blocks)
    return found


def plan_fusion(function: FuncOp) -> FusionPlan:
    """Decides for every value of a function."""
    stored: set[Value[Any]] = set()
    size: dict[Value[Any], int] = {}
    blocks = levels(function)
    bodies = _bodies(blocks)
    for op in (op for block in blocks for op in block.ops):
        for result in op.results:
            grown = 1 + sum(size.get(v, 0) for v in op.operands if v not in stored)
            size[result] = grown
            if _needs_buffer(op, result, grown, bodies):
                stored.add(result)
    heroes: dict[Value[Any], Operation] = {}
    for op in (op for block in blocks for op in block.ops):
        rule = KERNELS.get(type(op))
        if rule is not None and rule.finishes and len(op.results) == 1:
            root = _epilogue_root(op.results[0], stored)
            if root is not None and root not in heroes:
                heroes[root] = op
                stored.discard(op.results[0])
    return FusionPlan(frozenset(stored), heroes)


def _needs_buffer(op: Operation, result: OpResult[Any], size: int, bodies: Mapping[Block, Operation]) -> bool:
    if not result.has_uses:  # a kernel of its own writes all its results
        return type(op) in KERNELS and any(other.has_uses for other in op.results)
    readers = [user if user.parent is None else bodies.get(user.parent, user) for user in result.users]
    if is_splat(result):
        return any(not is_inline(reader) and _reads_whole(reader) for reader in readers)
    if not is_inline(op) or size > MAX_EXPRESSION:
        return True
    if any(reader is not user for reader, user in zip(readers, result.users, strict=True)):
        return True  # a body would compute it again for each element
    if any(reader.parent is not op.parent or _reads_often(reader, op) for reader in readers):
        return True
    return not result.has_one_use and type(op) in SCALARS


def _epilogue_root(value: OpResult[Any], stored: set[Value[Any]]) -> Value[Any] | None:
    """The value at the end of the elementwise ops that follow `value` and nothing else."""
    current: OpResult[Any] = value
    while current.has_one_use:
        user = current.uses[0].user
        if user.parent is not value.owner.parent:
            return None
        keeps_place = user.has_trait(Elementwise) or isinstance(user, hlo.Select | hlo.Clamp)
        if type(user) not in SCALARS or not keeps_place or user.results[0].type.dims != current.type.dims:
            return None
        following = user.results[0]
        if following in stored:
            return following
        current = following
    return None
