"""Control flow between the blocks of a region: predecessors, reverse postorder, dominators and post-dominators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from couloir.ir.operation import Operation
from couloir.ir.traits import GraphRegion

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Region, Value

N = TypeVar("N")


def successors(block: Block) -> list[Block]:
    """The blocks to which control may go from `block`."""
    last = block.last_op
    return [] if last is None else list(last.successors)


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


# -- dominators ------------------------------------------------------------------------------------------------------------


def immediate_dominators(region: Region) -> dict[Block, Block | None]:
    """For each reachable block the nearest block through which every path from the entry must come; None for the entry."""
    entry = region.first_block
    if entry is None:
        return {}
    return dominators_of_graph(entry, lambda block: [b for b in successors(block) if b.parent is region])


def immediate_post_dominators(region: Region) -> dict[Block, Block | None]:
    """For each block the nearest other block through which every path to an exit of the region must come.

    Exits are the blocks without successors; None stands for the place behind all of them. Blocks from which no exit can
    be reached (endless loops) are left out.
    """
    before = predecessors(region)
    exits: list[Block | None] = [block for block in region.blocks if not successors(block)]

    def backwards(block: Block | None) -> Iterable[Block | None]:
        return exits if block is None else before[block]

    found: dict[Block | None, Block | None] = dominators_of_graph(None, backwards)
    return {block: parent for block, parent in found.items() if block is not None}


def dominators_of_graph(entry: N, successors: Callable[[N], Iterable[N]]) -> dict[N, N | None]:
    """The immediate dominator of each node that can be reached from `entry`; None for `entry`. O(edges * log nodes).

    Source: Lengauer, Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph", the simple version.
    """
    nodes, parent, before = _depth_first(entry, successors)
    count = len(nodes)
    semi, label = list(range(count)), list(range(count))
    above = [-1] * count  # the forest of what has been done, with its paths compressed
    dominator = [0] * count
    waiting: list[list[int]] = [[] for _ in nodes]
    for node in range(count - 1, 0, -1):
        for source in before[node]:
            semi[node] = min(semi[node], semi[_least(source, above, semi, label)])
        waiting[semi[node]].append(node)
        above[node] = parent[node]
        for other in waiting[parent[node]]:
            least = _least(other, above, semi, label)
            dominator[other] = least if semi[least] < semi[other] else parent[node]
        waiting[parent[node]] = []
    for node in range(1, count):
        if dominator[node] != semi[node]:
            dominator[node] = dominator[dominator[node]]
    return {node: nodes[dominator[i]] if i else None for i, node in enumerate(nodes)}


def _depth_first(entry: N, successors: Callable[[N], Iterable[N]]) -> tuple[list[N], list[int], list[list[int]]]:
    """The nodes in the order of a depth-first search, their parents in its tree, and the predecessors, all by number."""
    number = {entry: 0}
    nodes, parent = [entry], [0]
    before: list[list[int]] = [[]]
    stack = [(0, iter(successors(entry)))]
    while stack:
        source, rest = stack[-1]
        for target in rest:
            found = number.get(target)
            if found is None:
                number[target] = found = len(nodes)
                nodes.append(target)
                parent.append(source)
                before.append([source])
                stack.append((found, iter(successors(target))))
                break
            before[found].append(source)
        else:
            stack.pop()
    return nodes, parent, before


def _least(node: int, above: list[int], semi: list[int], label: list[int]) -> int:
    """The node with the least semidominator between `node` and the root of its tree, the root left out."""
    if above[node] < 0:
        return node
    path: list[int] = []
    while above[above[node]] >= 0:
        path.append(node)
        node = above[node]
    top = above[node]
    for below in reversed(path):
        if semi[label[node]] < semi[label[below]]:
            label[below] = label[node]
        above[below] = top
        node = below
    return label[node]


def children_of(parents: Mapping[N, N | None]) -> dict[N, list[N]]:
    """A tree turned round: for each node the nodes whose parent it is."""
    children: dict[N, list[N]] = {node: [] for node in parents}
    for node, parent in parents.items():
        if parent is not None:
            children[parent].append(node)
    return children


def dominated_blocks(region: Region) -> dict[Block, list[Block]]:
    """The dominator tree: for each reachable block the blocks that it immediately dominates."""
    return children_of(immediate_dominators(region))


# -- questions ---------------------------------------------------------------------------------------------------------------


class Dominance:
    """Answers whether something dominates something else. Trees are made when first needed; after an edit, make a new one."""

    def __init__(self) -> None:
        self._intervals: dict[Region, dict[Block, tuple[int, int]]] = {}

    def block_dominates(self, a: Block, b: Block) -> bool:
        """Whether every path from the entry of their region to `b` comes through `a`. Blocks that control never
        reaches are dominated by all.
        """
        if a is b:
            return True
        region = a.parent
        if region is None or region is not b.parent:
            return False
        intervals = self._intervals_of(region)
        if b not in intervals:
            return True
        if a not in intervals:
            return False
        return intervals[a][0] <= intervals[b][0] and intervals[b][1] <= intervals[a][1]

    def dominates(self, a: Value[Any] | Operation, b: Operation) -> bool:
        """Whether `a` has been computed (or, an op, has run) when `b` begins, wherever `b` is nested.

        An op does not dominate itself.
        """
        definer = a if isinstance(a, Operation) else a.defining_op
        home = a.parent if isinstance(a, Operation) else a.parent_block
        if home is None or home.parent is None:
            return False
        inside = ancestor_in(b, home.parent)
        if inside is None or inside.parent is None:
            return False
        if definer is None:
            return self.block_dominates(home, inside.parent)
        if inside is definer:
            return False
        if home is not inside.parent:
            return self.block_dominates(home, inside.parent)
        around = home.parent_op
        return definer.is_before(inside) or (around is not None and around.has_trait(GraphRegion))

    def _intervals_of(self, region: Region) -> dict[Block, tuple[int, int]]:
        """For each block when a walk through the dominator tree enters and leaves it."""
        found = self._intervals.get(region)
        if found is None:
            found = self._intervals[region] = {}
            children = dominated_blocks(region)
            time = 0
            entered: dict[Block, int] = {}
            todo = [region.first_block] if region.first_block is not None else []
            while todo:
                block = todo[-1]
                if block in entered:
                    todo.pop()
                    found[block] = (entered[block], time)
                else:
                    entered[block] = time
                    todo += children[block]
                time += 1
        return found


def ancestor_in(op: Operation, region: Region) -> Operation | None:
    """`op` itself or the op around it that stands directly in `region`; None when it is not inside."""
    current: Operation | None = op
    while current is not None:
        if current.parent_region is region:
            return current
        current = current.parent_op
    return None
