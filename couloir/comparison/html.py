"""The comparison as one HTML file that needs no network: both programs side by side, and what is what in them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.costs import Cost, total
from couloir.costs.report import as_json as cost_as_json
from couloir.drawing import write_file
from couloir.drawing.explorer import part
from couloir.drawing.explorer.graphs import picture_of, short_type
from couloir.drawing.graph import Edge, Graph, Node
from couloir.drawing.pages import html_page
from couloir.drawing.program import kind_of_name
from couloir.drawing.render import draw
from couloir.ir.text.facts import facts

if TYPE_CHECKING:
    from couloir.comparison.comparison import Comparison, Side
    from couloir.ir.operation import Operation

MAX_DRAWN: Final = 600
"""Ops of a program, constants aside, that are drawn; of larger ones the page has only the list."""
MAX_LINES: Final = 3


def write_page(comparison: Comparison, path: str | Path) -> None:
    """Writes the page of a comparison, whole or not at all.

    Raises:
        Error: The file cannot be written.
    """
    write_file(Path(path), page(comparison).encode("utf-8"))


def page(comparison: Comparison) -> str:
    """The HTML of a comparison."""
    return html_page(
        _part("page.html"),
        title=f"{comparison.first.name} and {comparison.second.name} · Couloir",
        style=part("page.css") + _part("page.css"),
        scripts=[part("elements.js"), part("list.js"), part("pane.js"), _part("page.js")],
        data=payload(comparison),
    )


def payload(comparison: Comparison) -> dict[str, Any]:
    """What the page's script works on: the comparison as JSON, a picture of each side, and for each op attributes and cost."""
    found = comparison.to_json()
    for label, side in (("first", comparison.first), ("second", comparison.second)):
        costs = _costs(side)
        found[label]["picture"] = _picture(side)
        for entry, node in zip(found[label]["ops"], side.flow.nodes, strict=True):
            entry["facts"] = [] if node.op is None else facts(node.op)
            entry["cost"] = None if node.op is None else cost_as_json(costs.get(node.op, Cost()))
    return found


def _picture(side: Side) -> dict[str, Any] | None:
    """The graph of a program, laid out: a box for each op but constants, and a frame for each fusion."""
    shown = [node for node in side.flow.counting if not node.is_constant and (node.users or not node.is_argument)]
    if len(shown) > MAX_DRAWN:
        return None
    known = set(shown)
    nodes: list[Node] = []
    edges: list[Edge] = []
    titles: dict[tuple[str, ...], str] = {}
    for node in shown:
        cluster = () if node.fusion is None else (f"fusion {node.fusion.number}",)
        if node.fusion is not None:
            titles[cluster] = f"@{node.fusion.name} ({node.fusion.kind})"
        lines = [short_type(str(type)) for type in node.types[:1]] + ([] if node.op is None else facts(node.op))
        kind = "input" if node.is_argument else "output" if node.is_terminator else kind_of_name(node.name)
        title = side.place(node) if node.is_argument else node.name.partition(".")[2] or node.name
        nodes.append(Node(str(node.number), title, tuple(lines[:MAX_LINES]), kind, cluster))
        for source in dict.fromkeys(source for source, _ in node.operands if source in known):
            edges.append(Edge(str(source.number), str(node.number)))
    return picture_of(draw(Graph(nodes, edges, cluster_titles=titles)))


def _costs(side: Side) -> dict[Operation, Cost]:
    """The cost of all runs of each op."""
    found: dict[Operation, list[Cost]] = {}
    for item in side.costs.ops:
        found.setdefault(item.op, []).append(item.cost)
    return {op: total(costs) for op, costs in found.items()}


def _part(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("page", name).read_text(encoding="utf-8")
