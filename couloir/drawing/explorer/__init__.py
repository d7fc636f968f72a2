"""The explorer: a trace as one HTML file that needs no network and no server.

`write_page(Trace.load("lenet.trace.json"), "lenet.html")`

The page holds the trace compressed, and a script that shows it. Texts of the model are data: the script makes text nodes of them,
and the page's policy forbids it the network and any other script.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.drawing import write_file
from couloir.drawing.explorer.difference import Change, changes, split_by
from couloir.drawing.explorer.graphs import Graphs

if TYPE_CHECKING:
    from couloir.ir.passes.trace import Trace

SCRIPTS: Final = ("data.js", "list.js", "code.js", "lines.js", "graph.js", "panels.js", "main.js")
"""Parts of one script, in this order."""


def write_page(trace: Trace, path: str | Path) -> None:
    """Writes the page of a trace, whole or not at all.

    Raises:
        Error: The file cannot be written.
    """
    write_file(Path(path), page(trace).encode("utf-8"))


def page(trace: Trace) -> str:
    """The HTML of a trace."""
    style, script = _part("page.css"), f'"use strict";\n(() => {{\n{"".join(map(_part, SCRIPTS))}}})();\n'
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = json.dumps(payload(trace), separators=(",", ":"), allow_nan=False).encode("ascii")
    parts = {
        "POLICY": policy,
        "TITLE": html.escape(f"{trace.model} · Couloir" if trace.model else "Couloir"),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii"),
    }
    head, *rest = _part("page.html").split("%")
    text = [head]
    for index, piece in enumerate(rest):  # the odd ones are names of parts
        text.append(piece if index % 2 else parts[piece])
    return "".join(text).encode("utf-8", "replace").decode("utf-8")


def payload(trace: Trace) -> dict[str, Any]:
    """What the page's script works on: the trace, what each pass changed, the graphs."""
    texts = list(trace.texts)
    graphs = Graphs(trace)
    differences: list[list[Change]] = []
    functions = [[[], graphs.of_text(texts[0], [])]]
    for before, after in pairwise(texts):
        found = differences_of(trace, before, after)
        differences.append(found)
        removed, added = [(i1, i2) for i1, i2, _, _ in found], [(j1, j2) for _, _, j1, j2 in found]
        functions.append([graphs.of_text(before, removed), graphs.of_text(after, added)])
    return {"trace": trace.to_json(), "changes": differences, "functions": functions, "graphs": graphs.drawn}


def differences_of(trace: Trace, before: Sequence[int], after: Sequence[int]) -> list[Change]:
    """What is different between two texts; what was lowered stands beside what it became."""

    def old_origin(row: int) -> str:
        return trace.lines[before[row]].location

    def new_origin(row: int) -> str:
        return trace.lines[after[row]].location

    return [part for change in changes(before, after) for part in split_by(change, old_origin, new_origin)]


def _part(name: str) -> str:
    return files(__name__).joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
