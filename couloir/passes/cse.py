"""Common subexpression elimination: of ops that compute the same, one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.analysis.dominance import dominated_blocks
from couloir.ir.analysis.effects import Effect, own_effects
from couloir.ir.location import fuse
from couloir.ir.passes import Pass, PassContext
from couloir.ir.traits import Commutative, IsolatedFromAbove, Pure, RecursiveMemoryEffects

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region, Value

MAX_OPS_INSIDE: Final = 256
"""Ops with more ops than this in their regions are not compared, so that the time stays linear in a deep nest."""


@attrs.frozen
class Cse(Pass, name="cse"):
    """Removes ops that compute again what a dominating op has computed: pure ones, also with regions, and in a block
    reads of memory that nothing has changed since.
    """

    dialects = ("stablehlo", "chlo")
    after = "decompose"

    def run(self, op: Operation, context: PassContext) -> None:
        removed = 0
        changing = _changing(op)
        for inner in [op, *(o for o in op.walk() if o.has_trait(IsolatedFromAbove) and o is not op)]:
            removed += _Elimination(inner, changing).run()
        context.notes.append(f"{removed} ops removed")


def key_of(op: Operation) -> object:
    """Equal for ops that compute the same: class, operands (in any order for commutative ops), attributes, result types,
    and, with regions, the same of all ops inside.
    """
    if not op.regions:
        return _shallow_key(op, [id(v) for v in op.operands])
    # Values that are defined inside are told apart by where, those from outside by what they are.
    numbers: dict[Value[Any], int] = {}
    blocks: dict[Block, int] = {}
    parts: list[object] = []
    for inner in op.walk():
        for region in inner.regions:
            parts.append("region")
            for block in region.blocks:
                blocks[block] = -len(blocks) - 1
                parts.append((blocks[block], tuple([id(a.type) for a in block.arguments])))
                for argument in block.arguments:
                    numbers[argument] = -len(numbers) - 1
        place = () if inner is op else (blocks[inner.parent],)  # pyright: ignore[reportArgumentType] -- it stands in one
        operands = [numbers.get(v) or id(v) for v in inner.operands]
        parts.append((*place, _shallow_key(inner, operands), tuple([blocks.get(b, 0) for b in inner.successors])))
        if inner is not op:
            for result in inner.results:
                numbers[result] = -len(numbers) - 1
    return tuple(parts)


def _shallow_key(op: Operation, operands: list[int]) -> object:
    if op.has_trait(Commutative):
        operands.sort()
    attributes = tuple(sorted(((k, id(v)) for k, v in op.stored_attributes.items()), key=lambda item: item[0]))
    return type(op), op.name, tuple(operands), attributes, tuple([id(r.type) for r in op.results])


def _is_pure(op: Operation) -> bool:
    """Whether an op, regions included, has no effects. False for one with too many ops inside to look at."""
    if not op.regions:
        return op.has_trait(Pure)
    for count, inner in enumerate(op.walk()):
        if count > MAX_OPS_INSIDE or (inner is op and not op.has_trait(RecursiveMemoryEffects)):
            return False
        if own_effects(inner):
            return False
    return True


def _changing(root: Operation) -> set[Operation]:
    """Ops in `root` that change memory, or have an op inside that does."""
    found: set[Operation] = set()
    for op in root.walk_postorder():
        if own_effects(op).changes_memory:
            found.add(op)
        around = op.parent_op
        if op in found and around is not None and op is not root:
            found.add(around)
    return found


#: What is still to do: a block with its dominator tree; ops to go on with, what they have made known, and the reads that
#: are still valid; an op whose regions are done; what to forget.
_Task = tuple[str, Any, Any, Any]


class _Elimination:
    """Goes through the regions of one isolated op along the dominator tree. What is known in a block is known in
    those it dominates; what has been read, only in its own block.
    """

    def __init__(self, root: Operation, changing: set[Operation]) -> None:
        self.root = root
        self.removed = 0
        self.known: dict[object, Operation] = {}
        self.todo: list[_Task] = []
        self.changing = changing

    def run(self) -> int:
        for region in self.root.regions:
            self.enter(region)
        while self.todo:
            kind, item, added, reads = self.todo.pop()
            if kind == "forget":
                for key in item:
                    del self.known[key]
            elif kind == "block":
                new: list[object] = []
                self.todo.append(("forget", new, None, None))
                self.todo += [("block", child, added, None) for child in added.get(item, ())]
                self.todo.append(("ops", item.ops, new, {}))
            elif kind == "op":
                self.visit(item, added, reads)
            else:
                self.go_on(item, added, reads)
        return self.removed

    def enter(self, region: Region) -> None:
        first: Block | None = region.first_block
        if first is not None:
            self.todo.append(("block", first, {} if first is region.last_block else dominated_blocks(region), None))

    def go_on(self, ops: Iterator[Operation], added: list[object], reads: dict[object, Operation]) -> None:
        for op in ops:
            if op.regions and not op.has_trait(IsolatedFromAbove):
                self.todo.append(("ops", ops, added, reads))
                self.todo.append(("op", op, added, reads))
                for region in op.regions:
                    self.enter(region)
                return
            self.visit(op, added, reads)

    def visit(self, op: Operation, added: list[object], reads: dict[object, Operation]) -> None:
        if op in self.changing:
            reads.clear()
        elif not op.results:
            return
        elif _is_pure(op):
            self.once(op, self.known, added)
        elif own_effects(op) is Effect.READ:
            self.once(op, reads, None)

    def once(self, op: Operation, known: dict[object, Operation], added: list[object] | None) -> None:
        """Remembers an op, or puts the one that is known in its place."""
        key = key_of(op)
        first = known.get(key)
        if first is None:
            known[key] = op
            if added is not None:
                added.append(key)
            return
        first.location = fuse([first.location, op.location])
        op.replace_all_uses_with(first)
        op.erase()
        self.removed += 1
