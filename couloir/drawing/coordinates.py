"""The fourth step of a layered drawing: x coordinates.

After Brandes and Köpf (2001), with ports after Rüegg et al. (2015). Vertices that are joined by a link are stacked
into blocks that are straight vertical lines; blocks are pushed together. This is done four times, towards each
corner, and each vertex takes the mean of its two middle positions. Trunks are straightened first, then the main flow,
as `Priority` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import attrs

from couloir.drawing.ordering import Neighbour
from couloir.drawing.ranked import Priority, RankedGraph, Spacing, VertexKind


@attrs.frozen
class _Alignable:
    """Per vertex the neighbours that it may be stacked with, left to right, and the offsets that straighten links."""

    up: list[list[Neighbour]]
    down: list[list[Neighbour]]


def assign_x(graph: RankedGraph, layers: Sequence[Sequence[int]], spacing: Spacing) -> list[float]:
    """An x per vertex; in each layer, neighbours keep their distance and their order."""
    position = [0] * len(graph.rank)
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place
    alignable = _alignable(graph, layers, position)
    separations = [[separation(graph, left, right, spacing) for left, right in pairwise(layer)] for layer in layers]
    candidates: list[list[float]] = []
    for neighbours, ordered in ((alignable.up, layers), (alignable.down, layers[::-1])):
        for mirrored in (False, True):
            root, shift = _stack(ordered, neighbours, position, mirrored=mirrored)
            candidates.append(_compact(layers, separations, root, shift, mirrored=mirrored))
    return _balance(graph, candidates)


def separation(graph: RankedGraph, left: int, right: int, spacing: Spacing) -> float:
    """The least distance between the x of two neighbours in a layer."""
    items = graph.kind[left] is VertexKind.ITEM and graph.kind[right] is VertexKind.ITEM
    return graph.right[left] + (spacing.node_gap if items else spacing.wire_gap) + graph.left[right]


def _alignable(graph: RankedGraph, layers: Sequence[Sequence[int]], position: Sequence[int]) -> _Alignable:
    count = len(graph.rank)
    best_up = [Priority.DETOUR] * count
    best_down = [Priority.DETOUR] * count
    for link in graph.links:
        best_up[link.lower] = max(best_up[link.lower], link.priority)
        best_down[link.upper] = max(best_down[link.upper], link.priority)
    crossed = crossing_a_trunk(graph, layers, position)
    up: list[list[Neighbour]] = [[] for _ in range(count)]
    down: list[list[Neighbour]] = [[] for _ in range(count)]
    for index, link in enumerate(graph.links):
        # Only what is the most important link at both its ends may fix them; else a detour would bend the main flow.
        if link.priority == best_up[link.lower] == best_down[link.upper] and not crossed[index]:
            up[link.lower].append((link.upper, link.upper_shift - link.lower_shift))
            down[link.upper].append((link.lower, link.lower_shift - link.upper_shift))
    for neighbours in (up, down):
        for entries in neighbours:
            if len(entries) > 1:
                entries.sort(key=lambda entry: (position[entry[0]], -entry[1]))
    return _Alignable(up, down)


def crossing_a_trunk(graph: RankedGraph, layers: Sequence[Sequence[int]], position: Sequence[int]) -> list[bool]:
    """Which links cross a trunk link ("type 1 conflicts")."""
    per_rank: list[list[int]] = [[] for _ in layers]
    for index, link in enumerate(graph.links):
        per_rank[graph.rank[link.upper]].append(index)
    crossed = [False] * len(graph.links)
    for indices in per_rank:
        trunks = sorted(
            (position[graph.links[i].lower], position[graph.links[i].upper])
            for i in indices
            if graph.links[i].priority == Priority.TRUNK
        )
        if not trunks:
            continue
        # highest_before[k], lowest_from[k]: extreme upper places of the trunk links left, and right, of the k-th
        # lower place.
        highest_before, lowest_from = [-1], [len(position)]
        for _, upper in trunks:
            highest_before.append(max(highest_before[-1], upper))
        for _, upper in reversed(trunks):
            lowest_from.append(min(lowest_from[-1], upper))
        lowest_from.reverse()
        others = sorted(
            (i for i in indices if graph.links[i].priority != Priority.TRUNK),
            key=lambda i: position[graph.links[i].lower],
        )
        before = 0
        for i in others:
            lower, upper = position[graph.links[i].lower], position[graph.links[i].upper]
            while before < len(trunks) and trunks[before][0] < lower:
                before += 1
            after = before
            while after < len(trunks) and trunks[after][0] == lower:
                after += 1
            crossed[i] = highest_before[before] > upper or lowest_from[after] < upper
    return crossed


def _stack(
    layers: Sequence[Sequence[int]],
    neighbours: Sequence[Sequence[Neighbour]],
    position: Sequence[int],
    *,
    mirrored: bool,
) -> tuple[list[int], list[float]]:
    """Stacks vertices into blocks: per vertex the first vertex of its block and its x relative to that."""
    root = list(range(len(neighbours)))
    shift = [0.0] * len(neighbours)
    for layer in layers:
        last = len(neighbours) if mirrored else -1
        for vertex in reversed(layer) if mirrored else layer:
            entries = neighbours[vertex]
            if not entries:
                continue
            middle = len(entries) // 2
            lower, upper = (len(entries) - 1) // 2, middle
            for choice in (upper, lower) if mirrored else (lower, upper):
                other, offset = entries[choice]
                place = position[other]
                if place < last if mirrored else place > last:
                    root[vertex] = root[other]
                    shift[vertex] = shift[other] + offset
                    last = place
                    break
    return root, shift


def _compact(
    layers: Sequence[Sequence[int]],
    separations: Sequence[Sequence[float]],
    root: Sequence[int],
    shift: Sequence[float],
    *,
    mirrored: bool,
) -> list[float]:
    """Places the blocks as far left (right, if mirrored) as they go, then closes gaps towards the other side."""
    successors: dict[int, list[tuple[int, float]]] = {
        vertex: [] for vertex, first in enumerate(root) if first == vertex
    }
    missing = dict.fromkeys(successors, 0)
    for layer, distances in zip(layers, separations, strict=True):
        for left, right, distance in zip(layer, layer[1:], distances, strict=False):
            apart = distance + shift[left] - shift[right]
            first, second = (root[right], root[left]) if mirrored else (root[left], root[right])
            successors[first].append((second, apart))
            missing[second] += 1
    x = dict.fromkeys(successors, 0.0)
    ready = [block for block, count in missing.items() if not count]
    entered = set[int]()
    for block in ready:  # grows while we walk it
        for other, apart in successors[block]:
            x[other] = max(x[other], x[block] + apart) if other in entered else x[block] + apart
            entered.add(other)
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    for block in reversed(ready):
        if successors[block]:
            x[block] = min(x[other] - apart for other, apart in successors[block])
    sign = -1 if mirrored else 1
    return [sign * x[first] + offset for first, offset in zip(root, shift, strict=True)]


def _balance(graph: RankedGraph, candidates: Sequence[Sequence[float]]) -> list[float]:
    """Moves the four placements over the narrowest and takes the mean of the two middle positions of each vertex."""
    bounds = [
        (
            min((x - left for x, left in zip(candidate, graph.left, strict=True)), default=0.0),
            max((x + right for x, right in zip(candidate, graph.right, strict=True)), default=0.0),
        )
        for candidate in candidates
    ]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    moved: list[list[float]] = []
    for index, (candidate, (start, stop)) in enumerate(zip(candidates, bounds, strict=True)):
        move = high - stop if index % 2 else low - start
        moved.append([x + move for x in candidate])
    middles = [sorted(choices)[1:3] for choices in zip(*moved, strict=True)]
    x = [(first + second) / 2 for first, second in middles]
    first = min((value - left for value, left in zip(x, graph.left, strict=True)), default=0.0)
    return [value - first for value in x]
