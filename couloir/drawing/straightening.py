"""After placing: removes bends from wires where there is room to.

Placing keeps one link of a box straight; a box with many ports (a cluster), or a mean of four placements, leaves
small jogs in the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from couloir.drawing.coordinates import separation
from couloir.drawing.ranked import Link, RankedGraph, Spacing

_ROUNDS: Final = 3
_CANDIDATES: Final = 4
_SAME: Final = 1e-6
_REACH: Final = 0.3  # the part of a box's width, to either side of its middle, where a wire may come in straight


def straighten(graph: RankedGraph, layers: Sequence[Sequence[int]], x: list[float], spacing: Spacing) -> None:
    """Moves pieces of wires sideways, within the room between their neighbours, where that leaves fewer bends."""
    _Straightener(graph, layers, x, spacing).run()


class _Straightener:
    def __init__(self, graph: RankedGraph, layers: Sequence[Sequence[int]], x: list[float], spacing: Spacing) -> None:
        self._graph = graph
        self._layers = layers
        self._x = x
        self._spacing = spacing
        self._place = [0] * len(x)
        for layer in layers:
            for place, vertex in enumerate(layer):
                self._place[vertex] = place
        self._up: list[list[int]] = [[] for _ in x]
        self._down: list[list[int]] = [[] for _ in x]
        for index, link in enumerate(graph.links):
            self._down[link.upper].append(index)
            self._up[link.lower].append(index)

    def run(self) -> None:
        for _ in range(_ROUNDS):
            moved = False
            for course in self._graph.courses:
                for piece in self._pieces(course.chain[1:]):
                    moved = self._improve(piece) or moved
            if not moved:
                break

    def _pieces(self, wire: Sequence[int]) -> list[list[int]]:
        """The vertices of a wire in vertical pieces."""
        pieces: list[list[int]] = []
        for vertex in wire:
            if pieces and abs(self._x[pieces[-1][-1]] - self._x[vertex]) < _SAME:
                pieces[-1].append(vertex)
            else:
                pieces.append([vertex])
        return pieces

    def _improve(self, piece: Sequence[int]) -> bool:
        """Moves a piece to the x of one of its ends if that leaves fewer bends (or as many, but shorter ones)."""
        low, high = self._room(piece)
        inside = set(piece)
        links = [(link, link.upper) for index in self._up[piece[0]] for link in [self._graph.links[index]]]
        for vertex in piece:
            below = [self._graph.links[index] for index in self._down[vertex]]
            links += [(link, link.lower) for link in below if link.lower not in inside]
        x = self._x[piece[0]]
        targets = [self._nearest(link, other, x) for link, other in links[:_CANDIDATES]]
        wishes = [x, *(wish for wish in targets if low <= wish <= high)]
        best = min(wishes, key=lambda wish: self._cost(links, wish))
        if abs(best - x) < _SAME or self._cost(links, best) >= self._cost(links, x):
            return False
        for vertex in piece:
            self._x[vertex] = best
        return True

    def _room(self, piece: Sequence[int]) -> tuple[float, float]:
        low, high = -math.inf, math.inf
        for vertex in piece:
            layer, place = self._layers[self._graph.rank[vertex]], self._place[vertex]
            if place:
                left = layer[place - 1]
                low = max(low, self._x[left] + separation(self._graph, left, vertex, self._spacing))
            if place + 1 < len(layer):
                right = layer[place + 1]
                high = min(high, self._x[right] - separation(self._graph, vertex, right, self._spacing))
        return low, high

    def _nearest(self, link: Link, vertex: int, x: float) -> float:
        """Where a link touches the vertex at one of its ends if its wire is at x."""
        offset = link.upper_offset if vertex == link.upper else link.lower_offset
        if offset is not None:
            return self._x[vertex] + offset
        reach = _REACH * 2 * self._graph.left[vertex]
        return max(self._x[vertex] - reach, min(x, self._x[vertex] + reach))

    def _cost(self, links: Sequence[tuple[Link, int]], x: float) -> tuple[int, float]:
        distances = [abs(self._nearest(link, other, x) - x) for link, other in links]
        return sum(distance > _SAME for distance in distances), round(sum(distances), 3)
