"""The graph between ranking and drawing: every link goes from one layer to the next.

A *wire* is one value on its way: it leaves its source once and branches to its ends. It passes the layers between on
a *trunk*, which all its ends share, so a constant with a hundred users is one line with a hundred branches.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import attrs

from couloir.drawing.layering import assign_ranks, topological_order


class Pin(enum.Enum):
    """Whether an item is free, or a port in the first or the last layer."""

    FREE = "free"
    TOP = "top"
    BOTTOM = "bottom"


@attrs.frozen
class Item:
    """Something to place. `left` and `right` are how far it reaches from the x at which its wires are centred."""

    left: float
    right: float
    height: float
    pin: Pin = Pin.FREE


@attrs.frozen
class End:
    """Where a wire ends: an item and the place on its upper side, relative to the item's x (None: anywhere)."""

    item: int
    offset: float | None = None


@attrs.frozen
class Wire:
    """A value from the lower side of one item to the upper sides of others; `label_width` is 0 without a label."""

    source: int
    offset: float | None
    ends: tuple[End, ...]
    label_width: float = 0


@attrs.frozen
class Spacing:
    """Distances that the layout keeps; see `couloir.drawing.Style`.

    A stub is the note at a line that is not drawn through.
    """

    node_gap: float
    wire_gap: float
    rank_gap: float
    label_height: float
    stub_width: float


class VertexKind(enum.Enum):
    """What a vertex of the ranked graph stands for."""

    ITEM = "item"
    TRUNK = "trunk"
    NOTE = "note"


class Priority(enum.IntEnum):
    """How much a link ought to be a straight vertical line."""

    DETOUR = 0
    FROM_SOURCE = 1  # from an item that nothing leads to, such as a constant
    MAIN = 2
    SPINE = 3  # on a longest path: the main branch of a residual block, say, and not its shortcut
    TRUNK = 4


@attrs.frozen
class Link:
    """From a vertex to one in the next layer, at offsets from their x (None: anywhere along the side of a box)."""

    wire: int
    upper: int
    lower: int
    upper_offset: float | None
    lower_offset: float | None
    priority: Priority

    @property
    def upper_shift(self) -> float:
        """Where the link ideally leaves, relative to the x of its upper vertex."""
        return self.upper_offset or 0.0

    @property
    def lower_shift(self) -> float:
        """Where the link ideally arrives, relative to the x of its lower vertex."""
        return self.lower_offset or 0.0


@attrs.define
class Course:
    """How one wire runs.

    Args:
        chain: Its vertices, one per rank, from the source down.
        links: The links between them: `links[k]` enters `chain[k + 1]`.
        branches: Per end that is reached from the chain, the last link.
        note: The vertex in the chain that carries the label.
        head: For ends that are too far away, a vertex under the source that says so, and the link to it.
        tails: Per such end, the vertex above it that names the source, and the link from there.
    """

    chain: list[int]
    links: list[int] = attrs.field(factory=list[int])
    branches: dict[int, int] = attrs.field(factory=dict[int, int])
    note: int | None = None
    head: tuple[int, int] | None = None
    tails: dict[int, tuple[int, int]] = attrs.field(factory=dict[int, tuple[int, int]])


NOTE_GAP: Final = 4.0
"""Distance of a note from its wire."""


class RankedGraph:
    """Vertices with sizes and layers, links, and the course of every wire. The first vertices are the items."""

    def __init__(self, items: Sequence[Item], wires: Sequence[Wire], ranks: Sequence[int], spacing: Spacing) -> None:
        self.left = [item.left for item in items]
        self.right = [item.right for item in items]
        self.height = [item.height for item in items]
        self.kind = [VertexKind.ITEM] * len(items)
        self.rank = list(ranks)
        self.links: list[Link] = []
        self.courses: list[Course] = []
        reached = {end.item for wire in wires for end in wire.ends}
        self.main = [wire.source in reached or items[wire.source].pin is Pin.TOP for wire in wires]
        self._spacing = spacing

    def add_vertex(self, rank: int, kind: VertexKind, width: float = 0) -> int:
        """A trunk vertex, or a note with a text to the right of the wire."""
        note = kind is VertexKind.NOTE
        self.left.append(0)
        self.right.append(NOTE_GAP + width if note else 0)
        self.height.append(self._spacing.label_height if note else 0)
        self.kind.append(kind)
        self.rank.append(rank)
        return len(self.rank) - 1

    def link(
        self, wire: int, upper: int, lower: int, offsets: tuple[float | None, float | None], *, spine: bool
    ) -> int:
        """Joins two vertices of successive layers and returns the number of the link."""
        trunks = (self.kind[upper] is VertexKind.TRUNK) + (self.kind[lower] is VertexKind.TRUNK)
        if trunks == 2:
            priority = Priority.TRUNK
        elif trunks == 1:
            priority = Priority.DETOUR
        else:
            priority = Priority.SPINE if spine else Priority.MAIN if self.main[wire] else Priority.FROM_SOURCE
        self.links.append(Link(wire, upper, lower, *offsets, priority))
        return len(self.links) - 1

    def layers(self) -> list[list[int]]:
        """The vertices of each layer, in the order of their numbers."""
        layers: list[list[int]] = [[] for _ in range(max(self.rank, default=-1) + 1)]
        for vertex, rank in enumerate(self.rank):
            layers[rank].append(vertex)
        return layers


# Crossing reduction and placing take about 20 microseconds per vertex; this many trunk vertices keep a drawing within
# seconds.
_TRUNK_BUDGET: Final = 20_000
_TRUNKS_PER_ITEM: Final = 12


def rank_items(items: Sequence[Item], wires: Sequence[Wire]) -> list[int]:
    """A rank per item: pinned items come first or last, and labels find room in a rank of their own."""
    step = 2 if any(wire.label_width for wire in wires) else 1
    free = [index for index, item in enumerate(items) if item.pin is Pin.FREE]
    number = {index: position for position, index in enumerate(free)}
    pairs = {
        (number[wire.source], number[end.item]): None
        for wire in wires
        for end in wire.ends
        if wire.source in number and end.item in number
    }
    free_ranks = assign_ranks(len(free), list(pairs), step)
    below_top = 1 if any(item.pin is Pin.TOP for item in items) else 0
    last = max(free_ranks, default=-1) + below_top
    ranks = [last + step if item.pin is Pin.BOTTOM else 0 for item in items]
    for index, rank in zip(free, free_ranks, strict=True):
        ranks[index] = rank + below_top
    return ranks


def _longest_span(items: Sequence[Item], wires: Sequence[Wire], ranks: Sequence[int]) -> int:
    """Links that span more ranks than this are cut, as drawing them through would take too many trunk vertices."""
    spans = [sorted(ranks[end.item] - ranks[wire.source] for end in wire.ends) for wire in wires]
    budget = _TRUNK_BUDGET + _TRUNKS_PER_ITEM * len(items)
    candidates = sorted({span for wire_spans in spans for span in wire_spans})
    if not candidates:
        return 0
    # How many trunk vertices are needed if links up to a span are drawn grows with the span: one pass per probe of a
    # bisection.
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high + 1) // 2
        limit = candidates[middle]
        needed = sum(max((span for span in wire_spans if span <= limit), default=0) for wire_spans in spans)
        if needed <= budget:
            low = middle
        else:
            high = middle - 1
    return candidates[low]


def _spines(count: int, wires: Sequence[Wire]) -> list[set[int]]:
    """Per wire the ends that are on a longest path, counted in items."""
    pairs = [(wire.source, end.item) for wire in wires for end in wire.ends]
    order = topological_order(count, pairs)
    position = {item: place for place, item in enumerate(order)}
    above, below = [0] * count, [0] * count
    for source, target in sorted(pairs, key=lambda pair: position[pair[0]]):
        above[target] = max(above[target], above[source] + 1)
    for source, target in sorted(pairs, key=lambda pair: -position[pair[1]]):
        below[source] = max(below[source], below[target] + 1)
    longest = max(above, default=0)
    return [
        {i for i, end in enumerate(wire.ends) if above[wire.source] + 1 + below[end.item] == longest} for wire in wires
    ]


def build_ranked(items: Sequence[Item], wires: Sequence[Wire], spacing: Spacing) -> RankedGraph:
    """Ranks the items of an acyclic graph and threads the wires through the layers."""
    ranks = rank_items(items, wires)
    graph = RankedGraph(items, wires, ranks, spacing)
    limit = _longest_span(items, wires, ranks)
    spines = _spines(len(items), wires)
    for number, wire in enumerate(wires):
        near = [i for i, end in enumerate(wire.ends) if ranks[end.item] - ranks[wire.source] <= limit]
        course = Course([wire.source])
        _thread_near(graph, number, wire, near, course, spines[number])
        if len(near) < len(wire.ends):
            far = sorted(set(range(len(wire.ends))).difference(near))
            _thread_far(graph, number, wire, far, course, spacing.stub_width)
        graph.courses.append(course)
    return graph


def _thread_near(
    graph: RankedGraph, number: int, wire: Wire, near: Sequence[int], course: Course, spine: set[int]
) -> None:
    """Adds the label, the trunk and the branches to the ends that are drawn through."""
    top = graph.rank[wire.source]

    def extend(kind: VertexKind, width: float = 0) -> int:
        upper = course.chain[-1]
        vertex = graph.add_vertex(top + len(course.chain), kind, width)
        offset = wire.offset if upper == wire.source else 0.0
        course.links.append(graph.link(number, upper, vertex, (offset, 0.0), spine=bool(spine)))
        course.chain.append(vertex)
        return vertex

    if near and wire.label_width:
        course.note = extend(VertexKind.NOTE, wire.label_width)
    for i in sorted(near, key=lambda i: graph.rank[wire.ends[i].item]):
        end = wire.ends[i]
        place = graph.rank[end.item] - top - 1
        while len(course.chain) <= place:
            extend(VertexKind.TRUNK)
        offset = 0.0 if place else wire.offset
        course.branches[i] = graph.link(number, course.chain[place], end.item, (offset, end.offset), spine=i in spine)


def _thread_far(graph: RankedGraph, number: int, wire: Wire, far: Sequence[int], course: Course, width: float) -> None:
    """Adds the stubs of the ends that are not drawn through."""
    head = graph.add_vertex(graph.rank[wire.source] + 1, VertexKind.NOTE, width)
    course.head = head, graph.link(number, wire.source, head, (wire.offset, 0.0), spine=False)
    for i in far:
        end = wire.ends[i]
        tail = graph.add_vertex(graph.rank[end.item] - 1, VertexKind.NOTE, width)
        course.tails[i] = tail, graph.link(number, tail, end.item, (0.0, end.offset), spine=False)
