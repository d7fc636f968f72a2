"""Control flow between the blocks of a region: predecessors, reverse postorder, dominators."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region


def successors(block: Block) -> list[Block]:
    """The blocks to which control may go from `block`."""
    last = block.last_op
    return [] if last is None else last.successors


def predecessors(region: Region) -> dict[Block, list[Block]]:
    """For each block of a region the blocks from which control may come, each once."""
    found: dict[Block, list[Block]] = {block: [] for block in region.blocks}
    for block in region.blocks:
        for target in dict.fromkeys(successors(block)):
            if target in found:
                found[target].append(block)
    return found


def reverse_postorder(region: Region) -> list[Block]:
    """The blocks that can be reached from the entry, each before those that it leads to (loops aside)."""
    entry = region.first_block
    if entry is None:
        return []
    order: list[Block] = []
    seen = {entry}
    stack = [(entry, iter(successors(entry)))]
    while stack:
        block, rest = stack[-1]
        following = next((b for b in rest if b not in seen and b.parent is region), None)
        if following is None:
            order.append(block)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(successors(following))))
    return order[::-1]


def immediate_dominators(region: Region) -> dict[Block, Block | None]:
    """For each reachable block the nearest block through which every path from the entry must come; None for the entry.

    Source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm".
    """
    order = reverse_postorder(region)
    if not order:
        return {}
    number = {block: i for i, block in enumerate(order)}
    before = predecessors(region)
    dominator: list[int] = [-1] * len(order)
    dominator[0] = 0
    changed = True
    while changed:
        changed = False
        for i, block in enumerate(order[1:], start=1):
            new = -1
            for candidate in before[block]:
                j = number.get(candidate, -1)
                if j < 0 or dominator[j] < 0:
                    continue
                new = j if new < 0 else _meet(dominator, j, new)
            if new != dominator[i]:
                dominator[i] = new
                changed = True
    return {block: None if i == 0 else order[dominator[i]] for i, block in enumerate(order)}


def _meet(dominator: list[int], a: int, b: int) -> int:
    while a != b:
        while a > b:
            a = dominator[a]
        while b > a:
            b = dominator[b]
    return a


def dominator_tree(region: Region) -> dict[Block, list[Block]]:
    """For each reachable block the blocks that it immediately dominates."""
    children: dict[Block, list[Block]] = {}
    for block, parent in immediate_dominators(region).items():
        children.setdefault(block, [])
        if parent is not None:
            children.setdefault(parent, []).append(block)
    return children


def ancestor_in(op: Operation, region: Region) -> Operation | None:
    """`op` itself or the op around it that stands directly in `region`; None when it is not inside."""
    current: Operation | None = op
    while current is not None:
        if current.parent_region is region:
            return current
        current = current.parent_op
    return None
