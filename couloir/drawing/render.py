"""From a graph to a display list: measures the texts, lays the graph out, and paints clusters, edges and nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import attrs

from couloir.drawing.display import Anchor, Curve, Display, Group, Line, Path, Point, Rectangle, Role, Shape, Text
from couloir.drawing.fonts import elide, one_line, text_width
from couloir.drawing.graph import ClusterPath, Edge, Graph, Node
from couloir.drawing.layout import Box, ClusterBox, Layout, Loop, Sizes, lay_out
from couloir.drawing.ranked import Spacing
from couloir.drawing.routing import Stroke
from couloir.drawing.style import PALETTE, Style

_PADDING: Final = 9.0
_BAR_PADDING: Final = 4.5
_LINES_PADDING: Final = 4.0
_LEADING: Final = 1.3
_CAP_HEIGHT: Final = 0.718  # of Helvetica, for centring text vertically
_MIN_WIDTH: Final = 44.0
_RADIUS: Final = 4.0
_STUB_WIDTH: Final = 90.0
_ARROW_LENGTH: Final = 6.5
_ARROW_HALF_WIDTH: Final = 2.6

_WIRE: Final = "#66707c"
_LABEL: Final = "#4a535f"
_BORDER: Final = "#39414b"
_BODY: Final = "#ffffff"
_INK: Final = "#262d36"
_CLUSTER_FILLS: Final = ("#f5f7f9", "#eaeef2")
_CLUSTER_BORDER: Final = "#aab3bf"


def draw(graph: Graph, style: Style | None = None) -> Display:
    """The picture of a graph, from top to bottom. Equal graphs give equal pictures."""
    return _Painter(graph, style or Style()).paint()


@attrs.frozen
class _Face:
    """The texts on a node as they are shown, and its size."""

    title: str
    lines: tuple[str, ...]
    width: float
    height: float


def _shown_lines(lines: Sequence[str], style: Style) -> tuple[str, ...]:
    shown = [elide(one_line(line), style.max_text_width, style.text_size) for line in lines[: style.max_lines]]
    if len(lines) > style.max_lines:
        shown[-1] = f"\u2026 and {len(lines) - style.max_lines + 1} more"
    return tuple(shown)


def _bar_height(style: Style) -> float:
    return style.title_size + 2 * _BAR_PADDING


def _face(node: Node, style: Style) -> _Face:
    title = elide(one_line(node.title), style.max_text_width, style.title_size, bold=True)
    lines = _shown_lines(node.lines, style)
    widths = [text_width(title, style.title_size, bold=True), *(text_width(line, style.text_size) for line in lines)]
    height = _bar_height(style)
    if lines:
        height += len(lines) * style.text_size * _LEADING + 2 * _LINES_PADDING
    return _Face(title, lines, max(_MIN_WIDTH, max(widths) + 2 * _PADDING), height)


class _Painter:
    def __init__(self, graph: Graph, style: Style) -> None:
        self._graph = graph
        self._style = style
        self._faces = [_face(node, style) for node in graph.nodes]
        self._labels = [elide(one_line(edge.label), style.max_label_width, style.label_size) for edge in graph.edges]
        self._titles: dict[ClusterPath, str] = {}
        for node in graph.nodes:
            path = node.cluster
            while path and path not in self._titles:  # those around one that is known are known
                self._titles[path] = self._cluster_title(path)
                path = path[:-1]
        self._node_titles = {node.id: one_line(node.title) for node in graph.nodes}

    def paint(self) -> Display:
        style = self._style
        layout = lay_out(
            self._graph,
            Sizes(
                [(face.width, face.height) for face in self._faces],
                [text_width(label, style.label_size) for label in self._labels],
                {path: text_width(title, style.label_size, bold=True) for path, title in self._titles.items()},
                Spacing(style.node_gap, style.wire_gap, style.rank_gap, style.label_size * 1.25, _STUB_WIDTH),
            ),
        )
        groups = [
            *(self._cluster(box) for box in layout.clusters),
            *self._edges(layout),
            *(self._node(*parts) for parts in zip(self._graph.nodes, self._faces, layout.nodes, strict=True)),
        ]
        margin = style.margin
        return Display(
            layout.width + 2 * margin,
            layout.height + 2 * margin,
            tuple(move_group(group, margin, margin) for group in groups),
            self._graph.title,
        )

    # -- clusters

    def _cluster_title(self, path: ClusterPath) -> str:
        title = self._graph.cluster_titles.get(path, path[-1])
        return elide(one_line(title), self._style.max_text_width, self._style.label_size, bold=True)

    def _cluster(self, cluster: ClusterBox) -> Group:
        box, size = cluster.box, self._style.label_size
        fill = _CLUSTER_FILLS[(len(cluster.path) - 1) % len(_CLUSTER_FILLS)]
        frame = Rectangle(
            box.x, box.y, box.width, box.height, fill, _CLUSTER_BORDER, 0.75, top_radius=_RADIUS, bottom_radius=_RADIUS
        )
        text = Text(cluster.title_x, box.y + size + 3, self._titles[cluster.path], size, _LABEL, bold=True)
        full = self._graph.cluster_titles.get(cluster.path, cluster.path[-1])
        return Group(Role.CLUSTER, (frame, text), full, (("path", "/".join(cluster.path)),))

    # -- nodes

    def _node(self, node: Node, face: _Face, box: Box) -> Group:
        style = self._style
        paint = PALETTE.get(node.kind, PALETTE["other"])
        bar = _bar_height(style) if face.lines else box.height
        shapes: list[Shape] = [
            Rectangle(box.x, box.y, box.width, box.height, _BODY, top_radius=_RADIUS, bottom_radius=_RADIUS),
            Rectangle(box.x, box.y, box.width, bar, paint.bar, None, 0, _RADIUS, 0 if face.lines else _RADIUS),
            Text(
                box.x + (_PADDING if face.lines else box.width / 2),
                box.y + bar / 2 + style.title_size * _CAP_HEIGHT / 2,
                face.title,
                style.title_size,
                paint.text,
                bold=True,
                anchor=Anchor.START if face.lines else Anchor.MIDDLE,
            ),
        ]
        y = box.y + bar + _LINES_PADDING + style.text_size
        for line in face.lines:
            shapes.append(Text(box.x + _PADDING, y, line, style.text_size, _INK))
            y += style.text_size * _LEADING
        shapes.append(
            Rectangle(
                box.x, box.y, box.width, box.height, None, _BORDER, 0.75, top_radius=_RADIUS, bottom_radius=_RADIUS
            )
        )
        tooltip = node.tooltip or "\n".join((node.title, *node.lines))
        return Group(Role.NODE, tuple(shapes), tooltip, (("id", node.id), ("kind", node.kind)))

    # -- edges

    def _edges(self, layout: Layout) -> list[Group]:
        shapes: list[list[Shape]] = [_wire(strokes) for strokes in layout.strokes]
        for loop in layout.loops:
            shapes[loop.edge] = _loop(loop)
        for note in layout.labels:
            shapes[note.edges[0]].append(self._note(note.point, self._labels[note.edges[0]]))
        for note in layout.heads:
            shapes[note.edges[0]].append(self._note(note.point, self._head_text(note.edges)))
        for note in layout.tails:
            source = self._node_titles[self._graph.edges[note.edges[0]].source]
            shapes[note.edges[0]].append(self._note(note.point, f"from {source}"))
        return [self._edge(edge, drawn) for edge, drawn in zip(self._graph.edges, shapes, strict=True)]

    def _head_text(self, edges: Sequence[int]) -> str:
        targets = list(dict.fromkeys(self._graph.edges[edge].target for edge in edges))
        return f"to {self._node_titles[targets[0]]}" if len(targets) == 1 else f"to {len(targets)} nodes"

    def _note(self, point: Point, text: str) -> Text:
        size = self._style.label_size
        width = max(self._style.max_label_width, _STUB_WIDTH) if text in self._labels else _STUB_WIDTH
        return Text(point[0], point[1] + size * _CAP_HEIGHT / 2, elide(text, width, size), size, _LABEL)

    def _edge(self, edge: Edge, shapes: Sequence[Shape]) -> Group:
        ends = f"{self._node_titles[edge.source]} \u2192 {self._node_titles[edge.target]}"
        tooltip = edge.tooltip or (f"{ends}\n{edge.label}" if edge.label else ends)
        data = (("source", edge.source), ("target", edge.target))
        return Group(Role.EDGE, tuple(shapes), tooltip, data)


def _wire(strokes: Sequence[Stroke]) -> list[Shape]:
    shapes: list[Shape] = []
    for stroke in strokes:
        direction = 1 if stroke[-1][1] >= stroke[-2][1] else -1
        shapes.append(_stroke_path(stroke, stroke[-1][1] - direction * (_ARROW_LENGTH - 1)))
        shapes.append(_arrow_head(stroke[-1], (0, direction)))
    return shapes


def _stroke_path(stroke: Stroke, end_y: float) -> Path:
    points = [*stroke[:-1], (stroke[-1][0], end_y)]
    segments: list[Line | Curve] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        segments.append(Line((x1, y1)) if x0 == x1 else Curve((x0, middle), (x1, middle), (x1, y1)))
    return Path(points[0], tuple(segments), _WIRE)


def _arrow_head(tip: Point, direction: tuple[int, int]) -> Path:
    (x, y), (dx, dy) = tip, direction
    base_x, base_y = x - dx * _ARROW_LENGTH, y - dy * _ARROW_LENGTH
    side_x, side_y = dy * _ARROW_HALF_WIDTH, dx * _ARROW_HALF_WIDTH
    corners = (Line((base_x + side_x, base_y + side_y)), Line((base_x - side_x, base_y - side_y)))
    return Path(tip, corners, None, 0, _WIRE, closed=True)


def _loop(loop: Loop) -> list[Shape]:
    control = loop.x + loop.reach * 4 / 3  # a cubic Bezier curve comes to 3/4 of the way to its controls
    curve = Curve((control, loop.start), (control, loop.stop), (loop.x + _ARROW_LENGTH - 1, loop.stop))
    return [Path((loop.x, loop.start), (curve,), _WIRE), _arrow_head((loop.x, loop.stop), (-1, 0))]


def move_group(group: Group, dx: float, dy: float) -> Group:
    """The same shapes elsewhere."""
    return attrs.evolve(group, shapes=tuple(_move_shape(shape, dx, dy) for shape in group.shapes))


def _move_shape(shape: Shape, dx: float, dy: float) -> Shape:
    if isinstance(shape, Path):
        segments = tuple(_move_segment(segment, dx, dy) for segment in shape.segments)
        return attrs.evolve(shape, start=(shape.start[0] + dx, shape.start[1] + dy), segments=segments)
    return attrs.evolve(shape, x=shape.x + dx, y=shape.y + dy)


def _move_segment(segment: Line | Curve, dx: float, dy: float) -> Line | Curve:
    end = segment.end[0] + dx, segment.end[1] + dy
    if isinstance(segment, Line):
        return Line(end)
    (x1, y1), (x2, y2) = segment.first_control, segment.second_control
    return Curve((x1 + dx, y1 + dy), (x2 + dx, y2 + dy), end)
