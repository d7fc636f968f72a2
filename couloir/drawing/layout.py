"""Where everything is: a layered layout of a graph with nested clusters.

Each cluster is laid out by itself, the innermost first, and is then one box in the cluster around it. A wire that
goes into a cluster enters through a port on the upper side, one that comes out leaves through a port on the lower
side, so no line runs across a foreign box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from couloir.drawing.display import Point
from couloir.drawing.graph import ClusterPath, Graph
from couloir.drawing.layered import Arrangement, arrange
from couloir.drawing.layering import back_edges
from couloir.drawing.ranked import End, Item, Pin, Spacing, Wire
from couloir.drawing.routing import Stroke, append_point, move_point

_CLUSTER_PADDING: Final = 12.0
_CLUSTER_HEADER: Final = 20.0
_PORT_HEADER: Final = 7.0
_TITLE_INSET: Final = 6.0
_TITLE_GAP: Final = 4.0
_ROUNDING: Final = 1e-6
_LOOP_REACH: Final = 16.0
_LOOP_STEP: Final = 10.0
_LOOP_LABEL_GAP: Final = 4.0

_Net = tuple[int, str, int]  # the node that a value comes from, its label, and the edge if it is turned round (else -1)


@attrs.frozen
class Box:
    """A rectangle: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower side."""
        return self.y + self.height


@attrs.frozen
class Sizes:
    """What the layout has to know of texts: sizes of nodes, and widths of edge labels and cluster titles.

    Args:
        nodes: Width and height per node.
        labels: Width per edge, 0 for none.
        titles: Width per cluster.
        spacing: Distances.
    """

    nodes: Sequence[tuple[float, float]]
    labels: Sequence[float]
    titles: Mapping[ClusterPath, float]
    spacing: Spacing


@attrs.frozen
class ClusterBox:
    """Where a cluster is, and where its title begins, such that no wire crosses it."""

    path: ClusterPath
    box: Box
    title_x: float


@attrs.frozen
class Note:
    """The text of `edges` begins at `point` (left end, half the height)."""

    point: Point
    edges: tuple[int, ...]


@attrs.frozen
class Loop:
    """An edge from a node to itself: from (x, start) on the right side of its box round to (x, stop), `reach` wide."""

    edge: int
    x: float
    start: float
    stop: float
    reach: float


@attrs.frozen
class Layout:
    """A finished layout.

    Args:
        width: Width of the whole.
        height: Height of the whole.
        nodes: A box per node.
        clusters: The clusters, outer ones first.
        strokes: The lines of each edge in its direction; edges that are too long to be drawn through have two or
            more.
        loops: The edges from a node to itself, which have no strokes.
        labels: Labels of edges; edges on one wire share theirs.
        heads: Notes at sources of edges that are cut.
        tails: Notes at targets of edges that are cut.
    """

    width: float
    height: float
    nodes: tuple[Box, ...]
    clusters: tuple[ClusterBox, ...]
    strokes: tuple[tuple[Stroke, ...], ...]
    loops: tuple[Loop, ...]
    labels: tuple[Note, ...]
    heads: tuple[Note, ...]
    tails: tuple[Note, ...]


def lay_out(graph: Graph, sizes: Sizes) -> Layout:
    """Finds a place for everything in the graph. Takes time about linear in the number of nodes and drawn links."""
    return _Layouter(graph, sizes).run()


_NOT_ARRANGED: Final = Arrangement(0, 0, (), (), ())


@attrs.define
class _WireBuilder:
    number: int
    source: int
    label_width: float
    ends: list[tuple[int, list[int]]] = attrs.field(factory=list[tuple[int, list[int]]])
    """Per end the item that it leads to and the edges on it."""
    to_port: dict[int, int] = attrs.field(factory=dict[int, int])
    """Ends that edges share, by the item (a port, or the port of a cluster) that they lead to."""


@attrs.define
class _Region:
    """A cluster (or, without a parent, the whole): its items are nodes, smaller regions and, after those, ports."""

    path: ClusterPath
    parent: int
    item: int
    depth: int
    children: list[tuple[bool, int]] = attrs.field(factory=list[tuple[bool, int]])
    """Whether it is a region, and the number of the node or region."""
    ports: dict[tuple[Pin, _Net], int] = attrs.field(factory=dict[tuple[Pin, _Net], int])
    wires: dict[tuple[int, _Net], _WireBuilder] = attrs.field(factory=dict[tuple[int, _Net], _WireBuilder])
    arrangement: Arrangement = _NOT_ARRANGED
    inset: Point = (0.0, 0.0)
    size: tuple[float, float] = (0.0, 0.0)
    origin: Point = (0.0, 0.0)

    def port_x(self, pin: Pin, net: _Net) -> float:
        """Where a port is, from the left side of the region."""
        return self.arrangement.x[len(self.children) + self.ports[pin, net]] + self.inset[0]


class _Layouter:
    def __init__(self, graph: Graph, sizes: Sizes) -> None:
        self._graph = graph
        self._sizes = sizes
        number = {node.id: index for index, node in enumerate(graph.nodes)}
        self._ends = [(number[edge.source], number[edge.target]) for edge in graph.edges]
        self._regions = [_Region((), -1, -1, 0)]
        self._region_of: list[int] = []
        self._item_of: list[int] = []
        self._loops_at: dict[int, list[int]] = {}
        # Per edge the wires that it consists of, from its upper end down: region, wire, number of the end.
        self._pieces: list[list[tuple[int, tuple[int, _Net], int]]] = [[] for _ in graph.edges]
        self._reversed = [False] * len(graph.edges)

    def run(self) -> Layout:
        self._make_regions()
        self._thread_edges()
        for index in sorted(range(len(self._regions)), key=lambda i: -self._regions[i].depth):
            self._arrange_region(self._regions[index])
        for region in self._regions[1:]:  # outer regions come before inner ones
            parent = self._regions[region.parent]
            arranged = parent.arrangement
            region.origin = (
                parent.origin[0] + parent.inset[0] + arranged.x[region.item] - region.size[0] / 2,
                parent.origin[1] + parent.inset[1] + arranged.top[region.item],
            )
        boxes = self._node_boxes()
        labels, heads, tails = self._notes()
        loops, loop_labels = self._loops(boxes)
        return Layout(
            *self._regions[0].size,
            boxes,
            tuple(self._cluster_box(region) for region in self._regions[1:]),
            tuple(self._strokes(edge) for edge in range(len(self._graph.edges))),
            loops,
            (*labels, *loop_labels),
            heads,
            tails,
        )

    # -- regions and wires

    def _make_regions(self) -> None:
        known: dict[ClusterPath, int] = {(): 0}
        for index, node in enumerate(self._graph.nodes):
            depth = len(node.cluster)
            while node.cluster[:depth] not in known:
                depth -= 1
            region = known[node.cluster[:depth]]
            for inner in range(depth + 1, len(node.cluster) + 1):
                path = node.cluster[:inner]
                parent = self._regions[region]
                self._regions.append(_Region(path, region, len(parent.children), inner))
                region = known[path] = len(self._regions) - 1
                parent.children.append((True, region))
            self._region_of.append(region)
            self._item_of.append(len(self._regions[region].children))
            self._regions[region].children.append((False, index))

    def _meeting(self, source: int, target: int) -> tuple[int, int, int]:
        """The innermost region around both nodes, and the items in it that are or contain them."""
        regions = self._regions
        a, b = self._region_of[source], self._region_of[target]
        item_a, item_b = self._item_of[source], self._item_of[target]
        while a != b:
            if regions[a].depth >= regions[b].depth:
                item_a, a = regions[a].item, regions[a].parent
            else:
                item_b, b = regions[b].item, regions[b].parent
        return a, item_a, item_b

    def _thread_edges(self) -> None:
        meetings: list[tuple[int, int, int]] = []
        edges_in: list[list[int]] = [[] for _ in self._regions]
        for edge, (source, target) in enumerate(self._ends):
            meetings.append(self._meeting(source, target))
            if source == target:
                self._loops_at.setdefault(source, []).append(edge)
            else:
                edges_in[meetings[edge][0]].append(edge)
        for region, edges in zip(self._regions, edges_in, strict=True):
            pairs = [meetings[edge][1:] for edge in edges]
            for edge, back in zip(edges, back_edges(len(region.children), pairs), strict=True):
                self._reversed[edge] = back
        for edge, (source, target) in enumerate(self._ends):
            if source != target:
                self._thread_edge(edge, meetings[edge][0])

    def _thread_edge(self, edge: int, meeting: int) -> None:
        upper, lower = self._ends[edge][::-1] if self._reversed[edge] else self._ends[edge]
        label = self._graph.edges[edge].label
        net = (upper, label, edge if self._reversed[edge] else -1)
        label_width = self._sizes.labels[edge]
        region, item = self._region_of[upper], self._item_of[upper]
        while region != meeting:
            port = self._port(region, Pin.BOTTOM, net)
            self._join(edge, region, item, port, net, label_width)
            label_width = 0.0  # only where the wire leaves its node
            region, item = self._regions[region].parent, self._regions[region].item
        inner: list[int] = []
        below = self._region_of[lower]
        while below != meeting:
            inner.append(below)
            below = self._regions[below].parent
        for step in reversed(inner):
            self._join(edge, region, item, self._regions[step].item, net, label_width)
            label_width = 0.0
            region, item = step, self._port(step, Pin.TOP, net)
        self._join(edge, region, item, self._item_of[lower], net, label_width)

    def _port(self, region: int, pin: Pin, net: _Net) -> int:
        """The item that stands for a port, made if need be."""
        ports = self._regions[region].ports
        return len(self._regions[region].children) + ports.setdefault((pin, net), len(ports))

    def _join(self, edge: int, region: int, item: int, target: int, net: _Net, label_width: float) -> None:
        """Leads an edge from one item of a region to another."""
        here = self._regions[region]
        wire = here.wires.setdefault((item, net), _WireBuilder(len(here.wires), item, label_width))
        is_node = target < len(here.children) and not here.children[target][0]
        if is_node or target not in wire.to_port:
            if not is_node:
                wire.to_port[target] = len(wire.ends)
            wire.ends.append((target, []))
        end = len(wire.ends) - 1 if is_node else wire.to_port[target]
        wire.ends[end][1].append(edge)
        self._pieces[edge].append((region, (item, net), end))

    # -- sizes and places

    def _node_size(self, node: int) -> tuple[float, float]:
        width, height = self._sizes.nodes[node]
        loops = len(self._loops_at.get(node, ()))
        return width, max(height, loops * self._sizes.spacing.label_height + 8) if loops else height

    def _loop_room(self, node: int) -> float:
        loops = self._loops_at.get(node, ())
        if not loops:
            return 0.0
        widest = max(self._sizes.labels[edge] for edge in loops)
        return _LOOP_REACH + _LOOP_STEP * (len(loops) - 1) + (_LOOP_LABEL_GAP + widest if widest else 0.0)

    def _item(self, child: tuple[bool, int]) -> Item:
        is_region, index = child
        width, height = self._regions[index].size if is_region else self._node_size(index)
        return Item(width / 2, width / 2 + (0.0 if is_region else self._loop_room(index)), height)

    def _arrange_region(self, region: _Region) -> None:
        items = [self._item(child) for child in region.children]
        items += [Item(0.0, 0.0, 0.0, pin) for pin, _ in region.ports]
        wires = [
            Wire(
                wire.source,
                self._offset(region, wire.source, Pin.BOTTOM, net),
                tuple(End(target, self._offset(region, target, Pin.TOP, net)) for target, _ in wire.ends),
                wire.label_width,
            )
            for (_, net), wire in region.wires.items()
        ]
        arrangement = region.arrangement = arrange(items, wires, self._sizes.spacing)
        if region.parent < 0:
            region.size = arrangement.width, arrangement.height
            return
        width = max(arrangement.width, self._sizes.titles[region.path])
        # Ports are in a layer of their own, whose distance from the next one is padding already.
        pins = {pin for pin, _ in region.ports}
        header = _PORT_HEADER if Pin.TOP in pins else _CLUSTER_HEADER
        footer = 0.0 if Pin.BOTTOM in pins else _CLUSTER_PADDING
        region.inset = _CLUSTER_PADDING + (width - arrangement.width) / 2, header
        region.size = width + 2 * _CLUSTER_PADDING, arrangement.height + header + footer
        gaps = self._title_gaps(region)
        if max(gap for _, gap in gaps) < self._sizes.titles[region.path]:
            # No gap is wide enough: the region grows until the last one is.
            missing = self._sizes.titles[region.path] - gaps[-1][1]
            region.size = region.size[0] + missing, region.size[1]

    def _offset(self, region: _Region, item: int, pin: Pin, net: _Net) -> float | None:
        """Where a wire touches an item: at the port of a region, anywhere on a node, at the middle of a port."""
        if item >= len(region.children):
            return 0.0
        is_region, index = region.children[item]
        if not is_region:
            return None
        inner = self._regions[index]
        return inner.port_x(pin, net) - inner.size[0] / 2

    def _node_boxes(self) -> tuple[Box, ...]:
        boxes: list[Box] = []
        for node, (index, item) in enumerate(zip(self._region_of, self._item_of, strict=True)):
            region = self._regions[index]
            arranged = region.arrangement
            width, height = self._node_size(node)
            x = region.origin[0] + region.inset[0] + arranged.x[item] - width / 2
            boxes.append(Box(x, region.origin[1] + region.inset[1] + arranged.top[item], width, height))
        return tuple(boxes)

    def _title_gaps(self, region: _Region) -> list[tuple[float, float]]:
        """The places for a title between the ports on the upper side: where they begin, and how wide they are."""
        crossed = sorted(region.port_x(pin, net) for pin, net in region.ports if pin is Pin.TOP)
        starts = [_TITLE_INSET, *(x + _TITLE_GAP for x in crossed)]
        stops = [*(x - _TITLE_GAP for x in crossed), region.size[0] - _TITLE_INSET]
        return [(start, stop - start) for start, stop in zip(starts, stops, strict=True)]

    def _cluster_box(self, region: _Region) -> ClusterBox:
        needed = self._sizes.titles[region.path] - _ROUNDING
        start = next(start for start, width in self._title_gaps(region) if width >= needed)
        return ClusterBox(region.path, Box(*region.origin, *region.size), region.origin[0] + start)

    # -- lines and notes

    def _base(self, region: _Region) -> Point:
        return region.origin[0] + region.inset[0], region.origin[1] + region.inset[1]

    def _strokes(self, edge: int) -> tuple[Stroke, ...]:
        finished: list[list[Point]] = []
        current: list[Point] = []
        for index, key, end in self._pieces[edge]:
            region = self._regions[index]
            base = self._base(region)
            wire = region.wires[key].number
            for number, stroke in enumerate(region.arrangement.wires[wire].strokes[end]):
                if number:
                    finished.append(current)
                    current = []
                for point in stroke:
                    append_point(current, move_point(point, *base))
        if current:
            finished.append(current)
        if self._reversed[edge]:
            return tuple(tuple(reversed(stroke)) for stroke in reversed(finished))
        return tuple(tuple(stroke) for stroke in finished)

    def _notes(self) -> tuple[tuple[Note, ...], tuple[Note, ...], tuple[Note, ...]]:
        labels: list[Note] = []
        heads: list[Note] = []
        tails: list[Note] = []
        for region in self._regions:
            base = self._base(region)
            for wire, geometry in zip(region.wires.values(), region.arrangement.wires, strict=True):
                cut = dict(geometry.tails)
                if geometry.label:
                    edges = [edge for _, on_end in wire.ends for edge in on_end]
                    labels.append(Note(move_point(geometry.label, *base), tuple(edges)))
                if geometry.head:
                    edges = [edge for end in cut for edge in wire.ends[end][1]]
                    heads.append(Note(move_point(geometry.head, *base), tuple(edges)))
                tails += [Note(move_point(point, *base), tuple(wire.ends[end][1])) for end, point in cut.items()]
        return tuple(labels), tuple(heads), tuple(tails)

    def _loops(self, boxes: Sequence[Box]) -> tuple[tuple[Loop, ...], tuple[Note, ...]]:
        loops: list[Loop] = []
        labels: list[Note] = []
        line = self._sizes.spacing.label_height
        for node, edges in self._loops_at.items():
            box = boxes[node]
            middle = box.y + box.height / 2
            outermost = _LOOP_REACH + _LOOP_STEP * (len(edges) - 1)
            for place, edge in enumerate(edges):
                half = (box.height / 2 - 4) * (place + 1) / len(edges)
                loops.append(Loop(edge, box.right, middle + half, middle - half, _LOOP_REACH + _LOOP_STEP * place))
                y = middle + (place - (len(edges) - 1) / 2) * line
                if self._sizes.labels[edge]:
                    labels.append(Note((box.right + outermost + _LOOP_LABEL_GAP, y), (edge,)))
        return tuple(loops), tuple(labels)
