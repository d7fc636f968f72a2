"""The natural loops of a region: where they begin, what is in them, how they nest, and cycles that are no loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from couloir.ir.analysis.dominance import Dominance, predecessors, reverse_postorder, successors
from couloir.ir.analysis.orders import strong_components

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Region


@attrs.define(eq=False)
class Loop:
    """A natural loop: the blocks from which a back edge to `header` can be reached without passing `header`.

    Back edges to one header make one loop.
    """

    header: Block
    latches: list[Block] = attrs.field(factory=list)
    """The blocks with an edge back to the header."""
    parent: Loop | None = None
    """The innermost loop around this one."""
    children: list[Loop] = attrs.field(factory=list)
    """The loops directly inside it."""
    own_blocks: list[Block] = attrs.field(factory=list)
    """The blocks that are in no inner loop."""

    @property
    def blocks(self) -> list[Block]:
        """All blocks of the loop, the header first."""
        found: list[Block] = []
        todo: list[Loop] = [self]
        while todo:
            loop = todo.pop()
            found += loop.own_blocks
            todo.extend(reversed(loop.children))
        return found

    @property
    def exits(self) -> list[tuple[Block, Block]]:
        """The edges that leave the loop, from a block of it to one outside."""
        inside = set(self.blocks)
        return [(b, t) for b in self.blocks for t in dict.fromkeys(successors(b)) if t not in inside]

    @property
    def depth(self) -> int:
        """1 for an outermost loop, one more for each loop around it."""
        depth, around = 1, self.parent
        while around is not None:
            depth, around = depth + 1, around.parent
        return depth


@attrs.frozen(eq=False)
class LoopForest:
    """The loops of a region. Blocks that control never reaches belong to none."""

    roots: list[Loop]
    """The outermost loops."""
    innermost: dict[Block, Loop]
    """For each block in a loop the innermost one."""
    irreducible: list[list[Block]]
    """Cycles that can be entered at several blocks, so that no block is their header; the loops in them are not found."""

    def __iter__(self) -> Iterator[Loop]:
        """All loops, each before those inside it."""
        todo = self.roots[::-1]
        while todo:
            loop = todo.pop()
            yield loop
            todo.extend(reversed(loop.children))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def depth(self, block: Block) -> int:
        """How many loops a block is in."""
        loop = self.innermost.get(block)
        return 0 if loop is None else loop.depth


def loops(region: Region) -> LoopForest:
    """Finds the natural loops of a region. Nearly linear in the number of edges, whatever their nesting."""
    order = reverse_postorder(region)
    reachable = set(order)
    before = {b: [p for p in ps if p in reachable] for b, ps in predecessors(region).items() if b in reachable}
    dominance = Dominance()
    innermost: dict[Block, Loop] = {}
    outermost: dict[Loop, Loop] = {}  # a link to a loop further out, with its paths compressed
    found: list[Loop] = []
    for header in reversed(order):  # inner headers come after outer ones in the order
        latches = [block for block in before[header] if dominance.block_dominates(header, block)]
        if not latches:
            continue
        loop = Loop(header, latches)
        found.append(loop)
        todo = list(latches)
        while todo:
            block = todo.pop()
            inner = innermost.get(block)
            if inner is None:
                innermost[block] = loop
                if block is not header:
                    todo += before[block]
                continue
            inner = _outermost(inner, outermost)
            if inner is not loop:
                inner.parent = outermost[inner] = loop
                todo += [b for b in before[inner.header] if not dominance.block_dominates(inner.header, b)]
    for block in order:
        if block in innermost:
            innermost[block].own_blocks.append(block)
    roots: list[Loop] = []
    for loop in reversed(found):
        (roots if loop.parent is None else loop.parent.children).append(loop)
    return LoopForest(roots, innermost, _irreducible(order, dominance))


def _outermost(loop: Loop, links: dict[Loop, Loop]) -> Loop:
    top = loop
    while top in links:
        top = links[top]
    while loop in links:
        links[loop], loop = top, links[loop]
    links.pop(top, None)
    return top


def _irreducible(order: list[Block], dominance: Dominance) -> list[list[Block]]:
    """The cycles that are left when the back edges of natural loops are taken away."""
    reachable = set(order)
    forward = {
        block: [
            t for t in dict.fromkeys(successors(block)) if t in reachable and not dominance.block_dominates(t, block)
        ]
        for block in order
    }
    place = {block: number for number, block in enumerate(order)}
    cycles = [sorted(group, key=place.__getitem__) for group in strong_components(forward) if len(group) > 1]
    return sorted(cycles, key=lambda cycle: place[cycle[0]])
