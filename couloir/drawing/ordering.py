"""The third step of a layered drawing: the order within each layer, such that few links cross.

Barycentre sweeps down and up from a depth-first order, the best order kept; then neighbours are exchanged while that
removes crossings.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import Final

from couloir.drawing.ranked import RankedGraph

_SWEEPS: Final = 24
_PATIENCE: Final = 6
_EXCHANGE_ROUNDS: Final = 8
_EXCHANGE_LIMIT: Final = 40_000

# A neighbour and where on it the link is attached, as a fraction of its width: -0.5 is its left end, 0.5 its right.
Neighbour = tuple[int, float]


class Neighbourhood:
    """The links of a ranked graph, per vertex."""

    def __init__(self, graph: RankedGraph) -> None:
        count = len(graph.rank)
        self.up: list[list[Neighbour]] = [[] for _ in range(count)]
        self.down: list[list[Neighbour]] = [[] for _ in range(count)]
        self.links: list[list[tuple[Neighbour, Neighbour]]] = [[] for _ in range(max(graph.rank, default=0) + 1)]
        """Per layer the links to the next one, as their upper and lower ends."""
        for link in graph.links:
            upper = link.upper, _fraction(graph, link.upper, link.upper_shift)
            lower = link.lower, _fraction(graph, link.lower, link.lower_shift)
            self.down[link.upper].append(lower)
            self.up[link.lower].append(upper)
            self.links[graph.rank[link.upper]].append((upper, lower))


def _fraction(graph: RankedGraph, vertex: int, offset: float) -> float:
    if not offset:
        return 0.0
    return 0.9 * offset / (graph.left[vertex] + graph.right[vertex])


def order_layers(graph: RankedGraph) -> list[list[int]]:
    """The vertices of each layer from left to right."""
    near = Neighbourhood(graph)
    layers = _depth_first(graph, near)
    if all(len(layer) < 2 for layer in layers):
        return layers
    best, fewest, stale = [list(layer) for layer in layers], count_crossings(layers, near), 0
    for sweep in range(_SWEEPS):
        if not fewest or stale >= _PATIENCE:
            break
        _sweep(layers, near, downwards=sweep % 2 == 0, ties_reversed=sweep % 4 >= 2)
        crossings = count_crossings(layers, near)
        if crossings < fewest:
            best, fewest, stale = [list(layer) for layer in layers], crossings, 0
        else:
            stale += 1
    if fewest and len(graph.links) <= _EXCHANGE_LIMIT:
        _exchange(best, near)
    return best


def _depth_first(graph: RankedGraph, near: Neighbourhood) -> list[list[int]]:
    """A first order: as a depth-first search from the top finds the vertices. It draws trees without crossings."""
    layers: list[list[int]] = [[] for _ in graph.layers()]
    seen = [False] * len(graph.rank)
    for root in sorted(range(len(graph.rank)), key=lambda vertex: graph.rank[vertex]):
        stack = [root]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = True
            layers[graph.rank[vertex]].append(vertex)
            stack.extend(below for below, _ in reversed(near.down[vertex]))
    return layers


def _positions(layer: Sequence[int]) -> dict[int, int]:
    return {vertex: position for position, vertex in enumerate(layer)}


def _sweep(layers: list[list[int]], near: Neighbourhood, *, downwards: bool, ties_reversed: bool) -> None:
    """Sorts each layer by the mean position of the neighbours in the layer before; what has none there stays."""
    neighbours = near.up if downwards else near.down
    order = range(1, len(layers)) if downwards else range(len(layers) - 2, -1, -1)
    for rank in order:
        layer = layers[rank]
        if len(layer) < 2:
            continue
        at = _positions(layers[rank - 1 if downwards else rank + 1])
        keyed: list[tuple[float, int, int]] = []
        for position, vertex in enumerate(layer):
            links = neighbours[vertex]
            if links:
                mean = sum(at[other] + fraction for other, fraction in links) / len(links)
                keyed.append((mean, -position if ties_reversed else position, vertex))
        keyed.sort()
        movable = iter(keyed)
        layers[rank] = [next(movable)[2] if neighbours[vertex] else vertex for vertex in layer]


def count_crossings(layers: Sequence[Sequence[int]], near: Neighbourhood) -> int:
    """How many pairs of links cross, all layers together."""
    return sum(
        _crossings_between(_positions(layers[rank]), _positions(layers[rank + 1]), near.links[rank])
        for rank in range(len(layers) - 1)
    )


def _crossings_between(
    above: Mapping[int, int], below: Mapping[int, int], links: Sequence[tuple[Neighbour, Neighbour]]
) -> int:
    if len(links) < 2:
        return 0
    ends = sorted((above[upper] + shift, below[lower] + other) for (upper, shift), (lower, other) in links)
    # Two links cross if their upper ends are in the one order and their lower ends in the other.
    crossings = 0
    passed: list[float] = []
    for _, position in ends:
        crossings += len(passed) - bisect_right(passed, position)
        insort(passed, position)
    return crossings


def _exchange(layers: list[list[int]], near: Neighbourhood) -> None:
    """Exchanges neighbours in a layer while that removes crossings."""
    for _ in range(_EXCHANGE_ROUNDS):
        improved = False
        for rank, layer in enumerate(layers):
            if len(layer) < 2:
                continue
            above = _positions(layers[rank - 1]) if rank else {}
            below = _positions(layers[rank + 1]) if rank + 1 < len(layers) else {}
            keys = {
                vertex: (
                    sorted(above[other] + fraction for other, fraction in near.up[vertex]),
                    sorted(below[other] + fraction for other, fraction in near.down[vertex]),
                )
                for vertex in layer
            }
            for i in range(len(layer) - 1):
                (up_left, down_left), (up_right, down_right) = keys[layer[i]], keys[layer[i + 1]]
                now = _inversions(up_left, up_right) + _inversions(down_left, down_right)
                then = _inversions(up_right, up_left) + _inversions(down_right, down_left)
                if then < now:
                    layer[i], layer[i + 1] = layer[i + 1], layer[i]
                    improved = True
        if not improved:
            break


def _inversions(left: Sequence[float], right: Sequence[float]) -> int:
    """How many pairs of sorted positions are in the wrong order if `left` belongs to the left vertex."""
    total, passed = 0, 0
    for value in left:
        while passed < len(right) and right[passed] < value:
            passed += 1
        total += passed
    return total
