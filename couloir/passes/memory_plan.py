"""The static memory plan: every intermediate buffer gets a place in one workspace, and buffers that are not needed at
the same time share it.
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from couloir.dialects import memref
from couloir.dialects.func import FuncOp
from couloir.ir.attributes import IntegerAttr
from couloir.ir.operation import Operation, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.types import MemRefType, dtype_of, i64

OFFSET: Final = "couloir.offset"
"""Attribute of a `memref.alloc`: its first byte in the workspace."""
WORKSPACE: Final = "couloir.workspace"
"""Attribute of a function: the size of its workspace in bytes."""
ALIGNMENT: Final = 64


@attrs.frozen
class MemoryPlan(Pass, name="memory-plan"):
    """Gives each intermediate buffer its place in one workspace; buffers with disjoint lives share memory.

    Greedy by size: the largest buffer first, each at the lowest place that is free for its whole life (Pisarchyk and
    Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
    """

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in op.walk():
            if isinstance(inner, FuncOp) and not inner.is_declaration:
                plan(inner, context)


def byte_size(type: MemRefType) -> int:
    """Bytes of a buffer, rounded up to the alignment."""
    size = type.size * dtype_of(type.element_type).itemsize
    return -(-size // ALIGNMENT) * ALIGNMENT


@attrs.define
class _Life:
    op: memref.Alloc
    size: int
    first: int
    last: int
    offset: int = 0

    def meets(self, other: _Life) -> bool:
        """Whether both are needed at the same time."""
        return self.first <= other.last and other.first <= self.last


def plan(function: FuncOp, context: PassContext) -> None:
    """Plans the buffers of one function. Only those made at its top level are planned."""
    lives = _lives(function)
    placed: list[_Life] = []
    for life in sorted(lives, key=lambda item: (-item.size, item.first)):
        offset = 0
        for other in sorted((p for p in placed if p.meets(life)), key=lambda item: item.offset):
            if offset + life.size <= other.offset:
                break
            offset = max(offset, other.offset + other.size)
        life.offset = offset
        placed.append(life)
        life.op.attributes[OFFSET] = IntegerAttr(offset, i64)
    total = max((p.offset + p.size for p in placed), default=0)
    function.attributes[WORKSPACE] = IntegerAttr(total, i64)
    if placed:
        naive = sum(p.size for p in placed)
        context.notes.append(f"{len(placed)} buffers of {naive / 1e6:.2f} MB in a workspace of {total / 1e6:.2f} MB")


def _lives(function: FuncOp) -> list[_Life]:
    """From the op that makes a buffer to the last one that uses it or a view of it."""
    number = {op: position for position, op in enumerate(function.entry.ops)}
    found: list[_Life] = []
    for op in function.entry.ops:
        if isinstance(op, memref.Alloc):
            users = _users(op.memref)
            tops = [_top_level(user, function) for user in users]
            # A use in another block may come at any time: the buffer then lives throughout.
            times = [t for top in tops for t in ((0, len(number)) if top is None else (number[top],))]
            first = min(times, default=number[op])
            found.append(_Life(op, byte_size(op.memref.type), first, max(times, default=first)))
    return found


def _users(buffer: Value[Any]) -> list[Operation]:
    """The ops that use a buffer, directly or through views of it."""
    todo: list[Value[Any]] = [buffer]
    users: list[Operation] = []
    while todo:
        for user in todo.pop().users:
            users.append(user)
            if isinstance(user, memref.ReinterpretCast | memref.Cast):
                todo.extend(user.results)
    return users


def _top_level(op: Operation, function: FuncOp) -> Operation | None:
    current: Operation | None = op
    while current is not None and current.parent is not function.entry:
        current = current.parent_op
    return current
