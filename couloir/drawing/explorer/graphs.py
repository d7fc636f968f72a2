"""The graphs of a trace's texts, laid out: each function once for each form that it takes.

A function is found again by its lines, so that one that ten passes leave alone is drawn once. Of a function that is too large to
draw, what stands around the changes is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.drawing.display import Display, Path, Rectangle, Role, Text
from couloir.drawing.graph import ClusterPath, Edge, Graph, Node
from couloir.drawing.program import kind_of_name
from couloir.drawing.render import draw
from couloir.drawing.svg import path_data
from couloir.ir.passes.trace import packed
from couloir.ir.text.facts import cut

if TYPE_CHECKING:
    from couloir.ir.passes.trace import Trace
    from couloir.ir.passes.trace_text import Line

    Json: TypeAlias = dict[str, Any]

MAX_OPS: Final = 1_200
"""Functions with more ops than this, constants aside, are not drawn whole."""
AROUND: Final = 2
"""How many steps from a changed op are drawn of them."""
MAX_DRAWN: Final = 30_000
"""When this many ops have been drawn in all, further functions are not; when half of them, only those that change."""
MAX_WIRES: Final = 100
"""Of one op's operands so many are drawn."""
MAX_LINES: Final = 4
MAX_CLUSTERS: Final = 12
"""Regions nested deeper are drawn in the cluster of this level."""


def _is_box(line: Line) -> bool:
    """Whether a line begins an op that is drawn; constants are shown in the boxes of their users."""
    return bool(line.op) and (bool(line.operands) or kind_of_name(line.op) != "constant")


class Graphs:
    """Draws functions, and remembers what it has drawn."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.pictures: list[Json] = []
        self.whole: dict[str, int] = {}
        """The number of the picture of a function, by its lines: runs such as `12+40,60+3`."""
        self._known: dict[object, int] = {}
        self._ops = 0

    def draw_all(self, text: Sequence[int]) -> None:
        """Draws the functions of a text, as far as they are small."""
        row = 0
        while row < len(text):
            found = self._around(text, row)
            if found is None:
                row += 1
                continue
            self._picture(text, *found, ())
            row = found[1]

    def draw_changed(self, text: Sequence[int], changed: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Draws the functions of a text in which lines are changed; of large ones a part.

        Returns the numbers of the pictures of parts, by the first line of the function.
        """
        parts: dict[int, int] = {}
        inside: dict[tuple[int, int], list[int]] = {}
        for start, end in changed:
            row = start
            while row < len(text) and (row < end or row == start):
                found = self._around(text, row)
                if found is not None:
                    rows = inside.setdefault(found, [])
                    rows += range(row, min(end, found[1]))
                row = found[1] if found is not None else row + 1
        for (start, end), rows in inside.items():
            part = self._picture(text, start, end, rows)
            if part is not None:
                parts[start] = part
        return parts

    def _around(self, text: Sequence[int], row: int) -> tuple[int, int] | None:
        """The top-level op with a body around a row: its first row, and the row after its last."""
        lines = self.trace.lines
        start = row
        while start >= 0 and not (lines[text[start]].op and lines[text[start]].depth <= 1):
            start -= 1
        if start < 0 or lines[text[start]].depth != 1:
            return None
        end = start + 1
        while end < len(text) - 1 and not (lines[text[end]].op and lines[text[end]].depth <= 1):
            end += 1
        return (start, end) if start + 1 < end and row < end else None

    def _picture(self, text: Sequence[int], start: int, end: int, changed: Sequence[int]) -> int | None:
        """Draws a function that was not drawn yet. Gives the number of the picture of a part."""
        numbers = text[start:end]
        lines = [self.trace.lines[n] for n in numbers]
        if sum(map(_is_box, lines)) <= MAX_OPS:
            key = ",".join([f"{first}+{count}" for first, count in packed(numbers)])
            if key not in self.whole and self._ops < (MAX_DRAWN if changed else MAX_DRAWN // 2):
                self.whole[key] = self._draw(lines, None)
        elif changed and self._ops < MAX_DRAWN:
            return self._draw(lines, [n - start for n in changed])
        return None

    def _draw(self, lines: Sequence[Line], changed: Sequence[int] | None) -> int:
        body = _Body(lines)
        kept = None if changed is None else body.around(changed)
        graph = body.graph(kept)
        key = graph.nodes, graph.edges, tuple(sorted(graph.cluster_titles.items()))
        if key in self._known:  # other lines, but nothing else in the boxes
            return self._known[key]
        self._known[key] = len(self.pictures)
        self._ops += len(graph.nodes)
        picture = picture_of(draw(graph))
        if kept is not None:
            picture["part"] = [sum(1 for n in kept if _is_box(lines[n])), sum(1 for line in lines[1:] if _is_box(line))]
        self.pictures.append(picture)
        return len(self.pictures) - 1


class _Body:
    """The ops of a function, read from its lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.definer: dict[str, int] = {}
        self.clusters: dict[int, tuple[str, ...]] = {}
        self.ops: list[int] = []
        path: list[tuple[int, int]] = []  # the ops around, with their depths
        for number, line in enumerate(lines):
            if not line.op:
                continue
            while path and path[-1][1] >= line.depth:
                path.pop()
            self.clusters[number] = tuple(str(n) for n, _ in path[1 : MAX_CLUSTERS + 1])
            path.append((number, line.depth))
            if number:
                self.ops.append(number)
            for name in line.results:
                self.definer[name] = number
        self.owners = {int(c) for clusters in self.clusters.values() for c in clusters}

    def around(self, changed: Iterable[int]) -> set[int]:
        """The changed ops and those a few steps away, at most `MAX_OPS`."""
        users: dict[int, list[int]] = {}
        for number in self.ops:
            for name in self.lines[number].operands:
                if name in self.definer:
                    users.setdefault(self.definer[name], []).append(number)
        kept = dict.fromkeys([n for n in changed if n and _is_box(self.lines[n])][:MAX_OPS])
        edge = list(kept)
        for _ in range(AROUND):
            reached: list[int] = []
            for number in edge:
                near = [self.definer[o] for o in self.lines[number].operands if o in self.definer]
                for other in (*near, *users.get(number, ())):
                    if other not in kept and len(kept) < MAX_OPS and _is_box(self.lines[other]):
                        kept[other] = None
                        reached.append(other)
            edge = reached
        return set(kept)

    def graph(self, kept: set[int] | None) -> Graph:
        """The graph, or the part of it with the ops `kept`. A node's id is the number of its line, an argument's is `aN`."""
        nodes: list[Node] = []
        edges: list[Edge] = []
        types: dict[str, str] = {}
        ids: dict[str, str] = {}
        head = self.lines[0]
        used = {name for n in (self.ops if kept is None else kept) for name in self.lines[n].operands}
        for index, name in enumerate(head.arguments):
            type = head.types[len(head.results) + index] if len(head.results) + index < len(head.types) else ""
            types[name] = type
            if kept is None or name in used:
                ids[name] = f"a{index}"
                nodes.append(Node(f"a{index}", name, (short_type(type),), "input"))
        shown = [n for n in self.ops if (kept is None or n in kept) and _is_box(self.lines[n])]
        # An op with regions, but without operands and results, is only the cluster of what is inside.
        boxes = [n for n in shown if n not in self.owners or self.lines[n].operands or self.lines[n].results]
        for number in boxes:
            line = self.lines[number]
            for name, type in zip(line.results, line.types, strict=False):
                ids[name] = str(number)
                types[name] = type
        for number in boxes:
            nodes.append(self._node(number, types))
        for number in boxes:
            for name in list(dict.fromkeys(self.lines[number].operands))[:MAX_WIRES]:
                if name in ids and ids[name] != str(number):
                    edges.append(Edge(ids[name], str(number), short_type(types[name]), types[name]))
        titles: dict[ClusterPath, str] = {
            (*self.clusters[n], str(n)): cut(self.lines[n].text.strip().rstrip("{ ")) for n in self.owners
        }
        return Graph(nodes, edges, cluster_titles=titles)

    def _node(self, number: int, types: dict[str, str]) -> Node:
        line = self.lines[number]
        # A path of a file is of no use in a box; the page has it in the details of the op.
        details = [cut(line.location)] if line.location and not line.location.startswith(("<", "/")) else []
        for index, name in enumerate(line.operands[:MAX_WIRES]):
            definer = self.definer.get(name)
            if definer is not None and not _is_box(self.lines[definer]):
                details.append(cut(f"operand {index}: {short_type((*self.lines[definer].types, '')[0])}"))
        details += line.facts
        if len(details) > MAX_LINES:
            details = [*details[: MAX_LINES - 1], f"… {len(details) - MAX_LINES + 1} more"]
        last = line.op.rpartition(".")[2]
        kind = "output" if last in ("return", "yield") else kind_of_name(line.op)
        return Node(str(number), line.op.partition(".")[2] or line.op, tuple(details), kind, self.clusters[number])


def short_type(type: str) -> str:
    """`1x28x28xf32` for `tensor<1x28x28xf32>`."""
    for prefix in ("tensor<", "memref<", "vector<"):
        if type.startswith(prefix) and type.endswith(">"):
            return cut(type[len(prefix) : -1])
    return cut(type)


def picture_of(display: Display) -> Json:
    """A display list as short JSON: what a script needs to paint it."""
    nodes: list[Any] = []
    edges: list[Any] = []
    clusters: list[Any] = []
    for group in display.groups:
        data = dict(group.data)
        boxes = [s for s in group.shapes if isinstance(s, Rectangle)]
        texts = [[_round(t.x), _round(t.y), t.text] for t in group.shapes if isinstance(t, Text)]
        if group.role is Role.NODE:
            bar = boxes[1].height
            nodes.append([data["id"], data["kind"], *_sides(boxes[0]), _round(bar), texts])
        elif group.role is Role.CLUSTER:
            clusters.append([*_sides(boxes[0]), texts])
        else:
            paths = [path_data(p, 1) for p in group.shapes if isinstance(p, Path)]
            wires = [p for p in paths if not p.endswith("Z")]
            heads = [p for p in paths if p.endswith("Z")]
            edges.append([data["source"], data["target"], "".join(wires), "".join(heads), texts, group.tooltip])
    return {
        "size": [_round(display.width), _round(display.height)],
        "nodes": nodes,
        "edges": edges,
        "clusters": clusters,
    }


def _sides(box: Rectangle) -> list[float]:
    return [_round(box.x), _round(box.y), _round(box.width), _round(box.height)]


def _round(value: float) -> float:
    """To a tenth of a point; whole numbers as such, which are shorter."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded
