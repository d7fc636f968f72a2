"""Pictures of graphs: a layered layout with nested clusters, written as SVG or PDF, in pure Python.

The room knows nothing of the IR.

from couloir.drawing import A4, Edge, Graph, Node, save

graph = Graph([Node("x", "input", kind="input"), Node("r", "Relu", kind="activation")], [Edge("x", "r", "1x28x28")])
save(graph, "model.svg")
save(graph, "model.pdf", paper=A4)  # a poster on sheets of A4; without `paper` it is one page
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path as FilePath

from couloir.drawing.display import Anchor, Curve, Display, Group, Line, Path, Point, Rectangle, Role, Shape, Text
from couloir.drawing.graph import ClusterPath, Edge, Graph, Node
from couloir.drawing.paging import A4, Paper
from couloir.drawing.pdf import to_pdf
from couloir.drawing.render import draw
from couloir.drawing.style import PALETTE, Paint, Style
from couloir.drawing.svg import to_svg
from couloir.ir.errors import Error, file_trouble

__all__ = [
    "A4",
    "PALETTE",
    "Anchor",
    "ClusterPath",
    "Curve",
    "Display",
    "Edge",
    "Graph",
    "Group",
    "Line",
    "Node",
    "Paint",
    "Paper",
    "Path",
    "Point",
    "Rectangle",
    "Role",
    "Shape",
    "Style",
    "Text",
    "draw",
    "save",
    "to_pdf",
    "to_svg",
    "write_file",
]


def save(graph: Graph, path: str | os.PathLike[str], *, style: Style | None = None, paper: Paper | None = None) -> None:
    """Draws a graph into a file; its name ends in .svg or .pdf. The file appears whole or not at all.

    Args:
        graph: What to draw.
        path: The file to write; one that is there already is replaced.
        style: Sizes of text and gaps.
        paper: For .pdf: cut the picture into sheets of this size, for printing.

    Raises:
        Error: The name ends in something else, `paper` is given for SVG, or the file cannot be written.
    """
    target = FilePath(path)
    suffix = target.suffix.lower()
    if suffix not in (".svg", ".pdf"):
        raise Error(
            f"cannot draw into a file named {target.name!r}", where=str(target), hint="end the name in .svg or .pdf"
        )
    if suffix == ".svg" and paper is not None:
        raise Error("an SVG file has no pages", where=str(target), hint="leave `paper` out, or write a .pdf")
    display = draw(graph, style)
    write_file(target, to_svg(display).encode("utf-8") if suffix == ".svg" else to_pdf(display, paper))


def write_file(target: FilePath, data: bytes) -> None:
    """Replaces a file in one step, so that nobody ever sees half of it. Raises `couloir.Error`."""
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    try:
        try:
            with draft.open("xb") as file:
                file.write(data)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise Error(f"cannot write: {file_trouble(error)}", where=str(target)) from error
