"""The first two steps of a layered drawing: make the graph acyclic, and give every item a layer (rank).

After Sugiyama, Tagawa and Toda (1981).

Items are numbered from 0 and edges are pairs of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

_TIGHTENING_ROUNDS = 4


def _successors(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    successors: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        successors[source].append(target)
    return successors


def back_edges(count: int, edges: Sequence[tuple[int, int]]) -> list[bool]:
    """Which edges to turn round so that no cycle is left: those that lead back to an ancestor in a depth-first search.

    The search starts at the items without predecessors, in order. No edge of an acyclic graph is turned. Self-loops
    are not allowed.
    """
    outgoing: list[list[int]] = [[] for _ in range(count)]
    has_predecessor = [False] * count
    for index, (source, target) in enumerate(edges):
        outgoing[source].append(index)
        has_predecessor[target] = True
    back = [False] * len(edges)
    unseen, active, done = 0, 1, 2
    state = [unseen] * count
    sources = (item for item in range(count) if not has_predecessor[item])
    for root in chain(sources, range(count)):
        if state[root] != unseen:
            continue
        state[root] = active
        stack = [(root, iter(outgoing[root]))]
        while stack:
            item, pending = stack[-1]
            for index in pending:
                target = edges[index][1]
                if state[target] == active:
                    back[index] = True
                elif state[target] == unseen:
                    state[target] = active
                    stack.append((target, iter(outgoing[target])))
                    break
            else:
                state[item] = done
                stack.pop()
    return back


def topological_order(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The items such that every edge of an acyclic graph goes forwards."""
    successors = _successors(count, edges)
    missing = [0] * count
    for target in chain.from_iterable(successors):
        missing[target] += 1
    order = [item for item in range(count) if not missing[item]]
    for item in order:  # grows while we walk it
        for target in successors[item]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    return order


def assign_ranks(count: int, edges: Sequence[tuple[int, int]], step: int) -> list[int]:
    """A rank per item, from 0, such that each edge of an acyclic graph goes down by `step` at least.

    Starts from longest paths and then moves single items towards where most of their edges lead, as long as that
    makes edges shorter in
    total: constants sink to their users instead of crowding the first layer.
    """
    order = topological_order(count, edges)
    successors = _successors(count, edges)
    predecessors = _successors(count, ((target, source) for source, target in edges))
    ranks = [0] * count
    for item in order:
        for target in successors[item]:
            ranks[target] = max(ranks[target], ranks[item] + step)
    for _ in range(_TIGHTENING_ROUNDS):
        moved = False
        # On a tie an item first goes down, so that what hangs above it can follow, and then back up, where branches
        # are usually expected.
        for item in reversed(order):
            if successors[item] and len(successors[item]) >= len(predecessors[item]):
                lowest = min(ranks[target] for target in successors[item]) - step
                moved = moved or (lowest != ranks[item] and len(successors[item]) > len(predecessors[item]))
                ranks[item] = lowest
        for item in order:
            if predecessors[item] and len(predecessors[item]) >= len(successors[item]):
                highest = max(ranks[source] for source in predecessors[item]) + step
                moved = moved or (highest != ranks[item] and len(predecessors[item]) > len(successors[item]))
                ranks[item] = highest
        if not moved:
            break
    first = min(ranks, default=0)
    return [rank - first for rank in ranks]


def components(count: int, groups: Iterable[Iterable[int]]) -> list[list[int]]:
    """The items in connected parts, where every group is connected. Parts are in the order of their first items."""
    parent = list(range(count))

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for group in groups:
        first: int | None = None
        for item in group:
            if first is None:
                first = find(item)
            else:
                parent[find(item)] = first
    parts: dict[int, list[int]] = {}
    for item in range(count):
        parts.setdefault(find(item), []).append(item)
    return list(parts.values())
