"""Ops in an order in which each comes after those that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, TypeVar

import attrs

from couloir.ir.analysis.dominance import ancestor_in
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region

N = TypeVar("N")


@attrs.frozen
class TopologicalOrder:
    """The ops of a block, each after those that define its operands."""

    ops: tuple[Operation, ...]
    """As near to their order in the block as that allows. Ops on a cycle, and what needs them, come last, as they stand."""
    cycles: Sequence[Sequence[Operation]]
    """Groups of ops that need each other (strongly connected components), in the order of the block. Only a graph
    region may have them."""

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.ops)

    def raise_if_cyclic(self) -> None:
        """Raises `couloir.Error` when ops need each other, with the ops of the first cycle."""
        if self.cycles:
            first, *others = self.cycles
            names = ", ".join(f"`{op.name}`" for op in first[:8])
            raise Error(
                f"{len(first)} ops need each other's results: {names}{', ...' if len(first) > 8 else ''}",
                where=first[0].location.label or None,
                notes=[f"there are {len(others)} more such cycles"] if others else (),
            )


def topological_order(block: Block) -> TopologicalOrder:
    """Sorts the ops of a block by their operands, those of the ops inside them included. O(n log n); the block is not changed."""
    ops = list(block.ops)
    place = {op: number for number, op in enumerate(ops)}
    needs = [_needed(op, block, place) for op in ops]
    users: list[list[int]] = [[] for _ in ops]
    for number, needed in enumerate(needs):
        for other in needed:
            users[other].append(number)
    missing = [len(needed) for needed in needs]
    ready = [number for number, count in enumerate(missing) if not count]
    heapify(ready)
    order: list[int] = []
    while ready:
        number = heappop(ready)
        order.append(number)
        for user in users[number]:
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, user)
    if len(order) == len(ops):
        return TopologicalOrder(tuple([ops[i] for i in order]), ())
    done = set(order)
    rest = [number for number in range(len(ops)) if number not in done]
    graph = {number: [n for n in needs[number] if n not in done] for number in rest}
    cycles = [sorted(group) for group in strong_components(graph) if len(group) > 1 or group[0] in graph[group[0]]]
    return TopologicalOrder(
        tuple([ops[i] for i in (*order, *rest)]), tuple([tuple([ops[i] for i in cycle]) for cycle in sorted(cycles)])
    )


def _needed(op: Operation, block: Block, place: Mapping[Operation, int]) -> list[int]:
    """The numbers of the ops of the block whose results `op` or an op inside it takes; itself only for its own operands."""
    found: dict[int, None] = {}
    region: Region | None = block.parent
    for inner in op.walk() if op.regions else (op,):
        for value in inner.operands:
            definer = value.defining_op
            if definer is None or definer.parent is not block:
                continue
            number = place[definer]
            if definer is not op or inner is op or (region is not None and ancestor_in(inner, region) is op):
                found[number] = None
    return list(found)


def strong_components(graph: Mapping[N, Iterable[N]]) -> list[Sequence[N]]:
    """The strongly connected components of a graph, each after those that it leads to. Linear, without recursion.

    Source: Tarjan, "Depth-First Search and Linear Graph Algorithms".
    """
    number: dict[N, int] = {}
    low: dict[N, int] = {}
    on_stack: set[N] = set()
    stack: list[N] = []
    found: list[Sequence[N]] = []
    for root in graph:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        todo = [(root, iter(graph[root]))]
        while todo:
            node, rest = todo[-1]
            for target in rest:
                if target not in number:
                    number[target] = low[target] = len(number)
                    stack.append(target)
                    on_stack.add(target)
                    todo.append((target, iter(graph[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], number[target])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == number[node]:
                    component: list[N] = []
                    while not component or component[-1] is not node:
                        component.append(stack.pop())
                        on_stack.discard(component[-1])
                    found.append(component)
    return found
