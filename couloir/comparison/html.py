"""The comparison as one HTML file that needs no network: both programs side by side, and what is what in them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from couloir.costs import Cost, total
from couloir.costs.report import as_json as cost_as_json
from couloir.drawing import write_file
from couloir.drawing.explorer import part
from couloir.drawing.pages import html_page
from couloir.ir.text.facts import facts

if TYPE_CHECKING:
    from couloir.comparison.comparison import Comparison, Side
    from couloir.ir.operation import Operation


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
        scripts=[part("elements.js"), part("list.js"), _part("page.js")],
        data=payload(comparison),
    )


def payload(comparison: Comparison) -> dict[str, Any]:
    """What the page's script works on: the comparison as JSON, and for each op its attributes and its cost."""
    found = comparison.to_json()
    for label, side in (("first", comparison.first), ("second", comparison.second)):
        costs = _costs(side)
        for entry, node in zip(found[label]["ops"], side.flow.nodes, strict=True):
            entry["facts"] = [] if node.op is None else facts(node.op)
            entry["cost"] = None if node.op is None else cost_as_json(costs.get(node.op, Cost()))
    return found


def _costs(side: Side) -> dict[Operation, Cost]:
    """The cost of all runs of each op."""
    found: dict[Operation, list[Cost]] = {}
    for item in side.costs.ops:
        found.setdefault(item.op, []).append(item.cost)
    return {op: total(costs) for op, costs in found.items()}


def _part(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("page", name).read_text(encoding="utf-8")
