"""The static memory plan: every intermediate buffer gets a place in one workspace, and buffers that are not needed at
the same time share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from couloir.dialects import memref
from couloir.dialects.func import Call, FuncOp
from couloir.ir.attributes import IntegerAttr
from couloir.ir.operation import Operation, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.types import MemRefType, dtype_of, i64
from couloir.passes.calls import callees_first

OFFSET: Final = "couloir.offset"
"""Attribute of a `memref.alloc`: its first byte in the workspace. Of a call: where the callee's workspace begins."""
WORKSPACE: Final = "couloir.workspace"
"""Attribute of a function: the size of its workspace in bytes."""
ALIGNMENT: Final = 64
SPAN: Final = 64
"""Ops in a span of time: buffers that share no span are not compared, so that long programs take time in proportion."""


@attrs.frozen
class MemoryPlan(Pass, name="memory-plan"):
    """Gives each intermediate buffer its place in one workspace; buffers with disjoint lives share memory.

    A buffer made inside a loop or branch lives within one iteration; one that is used there but made outside lives for the
    whole loop. A function that is called has its own plan, and the caller gives it a part of the workspace for the call.

    Greedy by size: the largest buffer first, each at the lowest place that is free for its whole life (Pisarchyk and
    Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
    """

    dialects = ("stablehlo",)
    after = "known-sizes,decompose,inline,symbol-dce,complex-to-real,canonicalize,cse,explicit-padding,dot-layout,hlo-to-loops"

    def run(self, op: Operation, context: PassContext) -> None:
        functions = [inner for inner in op.walk() if isinstance(inner, FuncOp) and not inner.is_declaration]
        workspaces: dict[str, int] = {}
        for function in callees_first(functions, functions):
            workspaces[function.sym_name] = plan(function, workspaces, context)


def byte_size(type: MemRefType) -> int:
    """Bytes of a buffer, rounded up to the alignment."""
    size = type.size * dtype_of(type.element_type).itemsize
    return -(-size // ALIGNMENT) * ALIGNMENT


@attrs.define
class _Life:
    op: memref.Alloc | Call
    size: int
    first: int
    last: int
    offset: int = 0

    def meets(self, other: _Life) -> bool:
        """Whether both are needed at the same time."""
        return self.first <= other.last and other.first <= self.last


def plan(function: FuncOp, workspaces: Mapping[str, int], context: PassContext) -> int:
    """Plans the buffers of one function, given the workspaces of those that it calls. Returns the size of its own."""
    lives = _lives(function, workspaces)
    placed: dict[int, list[_Life]] = {}  # by the spans of time that they are needed in
    for life in sorted(lives, key=lambda item: (-item.size, item.first)):
        spans = range(life.first // SPAN, life.last // SPAN + 1)
        others = {id(p): p for span in spans for p in placed.get(span, ()) if p.meets(life)}
        offset = 0
        for other in sorted(others.values(), key=lambda item: item.offset):
            if offset + life.size <= other.offset:
                break
            offset = max(offset, other.offset + other.size)
        life.offset = offset
        for span in spans:
            placed.setdefault(span, []).append(life)
        life.op.attributes[OFFSET] = IntegerAttr(offset, i64)
    total = max((p.offset + p.size for p in lives), default=0)
    function.attributes[WORKSPACE] = IntegerAttr(total, i64)
    if lives:
        naive = sum(p.size for p in lives)
        context.notes.append(f"{len(lives)} buffers of {naive / 1e6:.2f} MB in a workspace of {total / 1e6:.2f} MB")
    return total


def _lives(function: FuncOp, workspaces: Mapping[str, int]) -> list[_Life]:
    """When each buffer, and the workspace of each call, is needed.

    Time is the position of an op in the text, where an op with regions lasts until the end of the last region.
    """
    start, end = _times(function)
    found: list[_Life] = []
    for op in start:
        if isinstance(op, memref.Alloc):
            beside = [_beside(user, op) for user in _users(op.memref)]
            users = [user for user in beside if user is not None]
            first = min((start[user] for user in users), default=start[op])
            last = max((end[user] for user in users), default=first)
            if len(users) < len(beside):  # control may come back from there
                first, last = 0, len(start)
            found.append(_Life(op, byte_size(op.memref.type), first, last))
        elif isinstance(op, Call) and workspaces.get(op.callee):
            found.append(_Life(op, workspaces[op.callee], start[op], end[op]))
    return found


def _times(function: FuncOp) -> tuple[dict[Operation, int], dict[Operation, int]]:
    """When each op begins and ends."""
    start: dict[Operation, int] = {}
    end: dict[Operation, int] = {}
    for op in function.walk():
        start[op] = len(start)
    for op in function.walk_postorder():
        last = start[op]
        for region in op.regions:
            for block in region.blocks:
                if block.last_op is not None:
                    last = max(last, end[block.last_op])
        end[op] = last
    return start, end


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


def _beside(user: Operation, alloc: Operation) -> Operation | None:
    """The op of the block of `alloc` in which `user` stands: itself, or the loop or branch around it.

    None when the use is in another block.
    """
    current: Operation | None = user
    while current is not None and current.parent is not alloc.parent:
        current = current.parent_op
    return current
