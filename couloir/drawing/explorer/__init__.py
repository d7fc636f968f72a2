"""The explorer: a trace as one HTML file that needs no network and no server.

`write_page(Trace.load("lenet.trace.json"), "lenet.html")`

The page holds the trace compressed, and a script that shows it. Texts of the model are data: the script makes text nodes of them,
and the page's policy forbids it the network and any other script.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.drawing import write_file
from couloir.drawing.explorer.difference import Change, changes, split_by
from couloir.drawing.explorer.graphs import Graphs
from couloir.drawing.pages import html_page
from couloir.ir.passes.trace import Edit

if TYPE_CHECKING:
    from couloir.ir.passes.trace import Trace

SCRIPTS: Final = (
    "elements.js",
    "data.js",
    "list.js",
    "code.js",
    "lines.js",
    "pane.js",
    "graph.js",
    "panels.js",
    "main.js",
)
"""Parts of one script, in this order."""


def write_page(trace: Trace, path: str | Path) -> None:
    """Writes the page of a trace, whole or not at all.

    Raises:
        Error: The file cannot be written.
    """
    write_file(Path(path), page(trace).encode("utf-8"))


def page(trace: Trace) -> str:
    """The HTML of a trace."""
    return html_page(
        part("page.html"),
        title=f"{trace.model} · Couloir" if trace.model else "Couloir",
        style=part("page.css"),
        scripts=map(part, SCRIPTS),
        data=payload(trace),
    )


def payload(trace: Trace) -> dict[str, Any]:
    """What the page's script works on.

    * `trace`: as in its file;
    * `changes`: for each pass, what it changed: (first line before, end, first line after, end) each;
    * `graphs`: pictures; `whole` has the numbers of those of functions, by the functions' lines, `parts` for each pass
      those of large functions before and after, by the functions' first lines.
    """
    graphs = Graphs(trace)
    differences: list[list[Change]] = []
    parts: list[list[dict[int, int]]] = []
    texts = trace.texts()
    graphs.draw_all(before := list(next(texts)))
    for text, run in zip(texts, trace.passes, strict=True):
        found: list[Change] = []
        if run.edit != Edit():
            found = differences_of(trace, before, text, run.edit)
            old = graphs.draw_changed(before, [(i1, i2) for i1, i2, _, _ in found])
            new = graphs.draw_changed(text, [(j1, j2) for _, _, j1, j2 in found])
            before = list(text)
        else:
            old = new = {}
        differences.append(found)
        parts.append([old, new])
    return {
        "trace": trace.to_json(),
        "changes": differences,
        "graphs": graphs.pictures,
        "whole": graphs.whole,
        "parts": parts,
    }


def differences_of(trace: Trace, before: Sequence[int], after: Sequence[int], edit: Edit) -> list[Change]:
    """What an edit of a text changes, in detail; what was lowered stands beside what it became."""

    def old_origin(row: int) -> str:
        return trace.lines[before[row]].location

    def new_origin(row: int) -> str:
        return trace.lines[after[row]].location

    start, end = edit.start, edit.end + len(after) - len(before)
    found = [
        (i1 + start, i2 + start, j1 + start, j2 + start)
        for i1, i2, j1, j2 in changes(before[start : edit.end], after[start:end])
    ]
    return [part for change in found for part in split_by(change, old_origin, new_origin)]


def part(name: str) -> str:
    """A file that pages are made of."""
    return files(__name__).joinpath("page", name).read_text(encoding="utf-8")
