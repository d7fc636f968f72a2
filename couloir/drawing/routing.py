"""From x coordinates to lines: where wires touch boxes, where layers are, and the strokes of each wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from couloir.drawing.display import Point
from couloir.drawing.ranked import NOTE_GAP, Course, Item, RankedGraph, Spacing

Stroke = tuple[Point, ...]
"""A drawn line: straight between successive points with one x, otherwise a curve that is vertical at both ends."""

_ATTACH_INSET: Final = 9.0
_ATTACH_SPACING: Final = 9.0
_SLOPE: Final = 0.18
_FAR_SLOPE: Final = 0.04
_EXTRA_GAP: Final = 50.0
_MAX_EXTRA_GAP: Final = 300.0
_STRAIGHT_WEIGHT: Final = 1e4  # a wire that can be straight should be
_STRAIGHT: Final = 0.1  # nobody sees a bend of less than this
_SAME: Final = 1e-6


@attrs.frozen
class WireGeometry:
    """Where a wire runs: per end one stroke (two if it is cut), and where its label begins (left end, half its height).

    If ends are cut, `head` is where the note under the source begins, and `tails` (per end) are the notes at the
    other side.
    """

    strokes: tuple[tuple[Stroke, ...], ...]
    label: Point | None
    head: Point | None
    tails: tuple[tuple[int, Point], ...]

    def moved(self, dx: float, dy: float) -> WireGeometry:
        """The same wire elsewhere."""
        return WireGeometry(
            tuple(tuple(move_stroke(stroke, dx, dy) for stroke in strokes) for strokes in self.strokes),
            self.label and move_point(self.label, dx, dy),
            self.head and move_point(self.head, dx, dy),
            tuple((end, move_point(point, dx, dy)) for end, point in self.tails),
        )


def move_point(point: Point, dx: float, dy: float) -> Point:
    """The same point elsewhere."""
    return point[0] + dx, point[1] + dy


def move_stroke(stroke: Stroke, dx: float, dy: float) -> Stroke:
    """The same line elsewhere."""
    return tuple((x + dx, y + dy) for x, y in stroke)


def append_point(stroke: list[Point], point: Point) -> None:
    """Continues a stroke; a point in the middle of a vertical line is left out."""
    if stroke and abs(stroke[-1][0] - point[0]) < _STRAIGHT:
        point = stroke[-1][0], point[1]
    if len(stroke) >= 2 and stroke[-1][0] == stroke[-2][0] == point[0]:
        stroke[-1] = point
    elif not stroke or stroke[-1][0] != point[0] or abs(stroke[-1][1] - point[1]) > _SAME:
        stroke.append(point)


@attrs.frozen
class Wish:
    """Where a wire would like to be attached, and how much it matters."""

    place: float
    weight: float


def spread(wishes: Sequence[Wish], low: float, high: float, spacing: float = _ATTACH_SPACING) -> list[float]:
    """Places between `low` and `high`, in the order of the wishes, at least `spacing` apart if there is room.

    The sum of weighted squares of the distances to the wishes is least: isotonic regression by pooling adjacent
    violators.
    """
    count = len(wishes)
    if not count:
        return []
    spacing = min(spacing, max(high - low, 0.0) / max(count - 1, 1))
    pools: list[tuple[float, float, int]] = []  # mean, weight and size of runs that are as close as they may be
    for index, wish in enumerate(wishes):
        mean, weight, size = wish.place - index * spacing, wish.weight, 1
        while pools and pools[-1][0] >= mean:
            other, other_weight, other_size = pools.pop()
            # Exactly the place of the heavier one if they agree, so that straight wires stay straight.
            mean = mean if mean == other else (mean * weight + other * other_weight) / (weight + other_weight)
            weight, size = weight + other_weight, size + other_size
        pools.append((mean, weight, size))
    last = high - (count - 1) * spacing
    means = [mean for mean, _, size in pools for _ in range(size)]
    return [max(low, min(mean, last)) + index * spacing for index, mean in enumerate(means)]


def attachments(graph: RankedGraph, items: Sequence[Item], x: Sequence[float]) -> tuple[list[float], list[float]]:
    """Per link where it leaves its upper vertex and where it arrives at its lower one.

    Boxes let wires come in anywhere along their side: straight from above where that is possible, and never two at
    one place.
    """
    leaving = [x[link.upper] + link.upper_shift for link in graph.links]
    arriving = [x[link.lower] + link.lower_shift for link in graph.links]
    out: list[dict[int, list[int]]] = [{} for _ in items]
    into: list[list[int]] = [[] for _ in items]
    for index, link in enumerate(graph.links):
        if link.upper_offset is None:
            out[link.upper].setdefault(link.wire, []).append(index)
        if link.lower_offset is None:
            into[link.lower].append(index)
    for item, (wires, links) in enumerate(zip(out, into, strict=True)):
        # The links with which one wire leaves stay together; links that come in are set apart even if they are of one
        # wire.
        groups = [(sum(arriving[i] for i in group) / len(group), group) for group in wires.values()]
        _attach(leaving, groups, x[item], items[item].left)
        _attach(arriving, [(leaving[i], [i]) for i in links], x[item], items[item].left)
    return leaving, arriving


def _attach(attached: list[float], groups: list[tuple[float, list[int]]], centre: float, half: float) -> None:
    groups.sort()
    inset = min(_ATTACH_INSET, half / 2)
    # What comes from beyond the side of the box goes to its middle, if alone, and never to its very corner.
    reach = 0.0 if len(groups) == 1 else min(half - inset, max(half / 2, _ATTACH_SPACING))
    wishes = [
        Wish(wish, _STRAIGHT_WEIGHT)
        if abs(wish - centre) <= half - inset
        else Wish(max(centre - reach, min(wish, centre + reach)), 1.0)
        for wish, _ in groups
    ]
    for place, (_, indices) in zip(spread(wishes, centre - half + inset, centre + half - inset), groups, strict=True):
        for index in indices:
            attached[index] = place


def layer_bands(
    graph: RankedGraph,
    layers: Sequence[Sequence[int]],
    leaving: Sequence[float],
    arriving: Sequence[float],
    spacing: Spacing,
) -> list[tuple[float, float]]:
    """The upper and lower y of each layer; layers are farther apart where wires go far to the side."""
    widest = [0.0] * len(layers)
    for link, start, stop in zip(graph.links, leaving, arriving, strict=True):
        rank = graph.rank[link.upper]
        widest[rank] = max(widest[rank], abs(start - stop))
    bands: list[tuple[float, float]] = []
    y = 0.0
    for layer, reach in zip(layers, widest, strict=True):
        height = max((graph.height[vertex] for vertex in layer), default=0.0)
        bands.append((y, y + height))
        y += height + spacing.rank_gap + min(_SLOPE * reach, _EXTRA_GAP + _FAR_SLOPE * reach, _MAX_EXTRA_GAP)
    return bands


class WireDrawer:
    """Draws wires through the layers: vertically within a layer, where boxes may be near, and freely between layers."""

    def __init__(
        self,
        graph: RankedGraph,
        x: Sequence[float],
        leaving: Sequence[float],
        arriving: Sequence[float],
        bands: Sequence[tuple[float, float]],
    ) -> None:
        self._graph = graph
        self._x = x
        self._leaving = leaving
        self._arriving = arriving
        self._bands = bands

    def top(self, vertex: int) -> float:
        """The upper side of a vertex, which is in the middle of its layer."""
        low, high = self._bands[self._graph.rank[vertex]]
        return low + (high - low - self._graph.height[vertex]) / 2

    def draw(self, course: Course, ends: int) -> WireGeometry:
        """The strokes and notes of one wire with a number of ends."""
        corners, lengths = self._chain(course)
        strokes: list[tuple[Stroke, ...]] = []
        head_stroke = self._head(course)
        for end in range(ends):
            if end in course.branches:
                link = course.branches[end]
                stroke = list(corners[: lengths[self._graph.links[link].upper]])
                if not stroke:
                    stroke = self._departure(link)
                else:
                    # The prefix of a longer line may end before the layer's lower side, where the line goes on.
                    x = stroke[-1][0]
                    append_point(stroke, (x, self._bands[self._graph.rank[self._graph.links[link].upper]][1]))
                self._arrive(stroke, link)
                strokes.append((tuple(stroke),))
            else:
                tail, link = course.tails[end]
                low, high = self._bands[self._graph.rank[tail]]
                stroke = [(self._x[tail], low), (self._x[tail], high)]
                self._arrive(stroke, link)
                strokes.append((head_stroke, tuple(stroke)))
        return WireGeometry(
            tuple(strokes),
            None if course.note is None else self._note(course.note),
            None if course.head is None else self._note(course.head[0]),
            tuple((end, self._note(tail)) for end, (tail, _) in course.tails.items()),
        )

    def _note(self, vertex: int) -> Point:
        low, high = self._bands[self._graph.rank[vertex]]
        return self._x[vertex] + NOTE_GAP, (low + high) / 2

    def _departure(self, link: int) -> list[Point]:
        upper = self._graph.links[link].upper
        x = self._leaving[link]
        stroke: list[Point] = [(x, self.top(upper) + self._graph.height[upper])]
        append_point(stroke, (x, self._bands[self._graph.rank[upper]][1]))
        return stroke

    def _arrive(self, stroke: list[Point], link: int) -> None:
        lower = self._graph.links[link].lower
        append_point(stroke, (self._arriving[link], self._bands[self._graph.rank[lower]][0]))
        append_point(stroke, (self._arriving[link], self.top(lower)))

    def _chain(self, course: Course) -> tuple[list[Point], dict[int, int]]:
        """The line along the chain, and per vertex how many of its points lead there (0 for the source)."""
        lengths = {course.chain[0]: 0}
        if not course.links:
            return [], lengths
        corners = self._departure(course.links[0])
        for link in course.links:
            vertex = self._graph.links[link].lower
            low, high = self._bands[self._graph.rank[vertex]]
            append_point(corners, (self._x[vertex], low))
            lengths[vertex] = len(corners)
            append_point(corners, (self._x[vertex], high))
        return corners, lengths

    def _head(self, course: Course) -> Stroke:
        if course.head is None:
            return ()
        vertex, link = course.head
        stroke = self._departure(link)
        low, high = self._bands[self._graph.rank[vertex]]
        append_point(stroke, (self._arriving[link], low))
        append_point(stroke, (self._arriving[link], high))
        return tuple(stroke)
