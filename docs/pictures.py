"""Draws the pictures of the documents: `python docs/pictures.py` writes docs/rooms.svg."""

from __future__ import annotations

from pathlib import Path

from couloir.drawing import Edge, Graph, Node, save

ROOMS = {
    "ir": ("values, ops, types, text,", "verifier, rules, conversion,", "passes, analyses"),
    "dialects": ("onnx, stablehlo, affine,", "scf, arith, memref, func, ..."),
    "drawing": ("graphs as SVG and PDF,", "the explorer"),
    "backends.numpy": ("what each op means", ""),
    "frontends": ("ways in: ONNX, PyTorch", ""),
    "costs": ("flops, bytes",),
    "passes": ("ways down: rewrites,", "lowerings, pipelines.py"),
    "comparison": ("graphs side by side",),
    "backends.c": ("ways out: C, compiled", "and loaded"),
    "api": ("couloir.load, lower, opt,", "run, compile, trace, ..."),
    "cli": ("the command `couloir`", ""),
}
USES = (
    ("ir", "dialects"),
    ("ir", "drawing"),
    ("dialects", "backends.numpy"),
    ("dialects", "frontends"),
    ("backends.numpy", "passes"),
    ("passes", "backends.c"),
    ("dialects", "costs"),
    ("costs", "comparison"),
    ("passes", "comparison"),
    ("comparison", "api"),
    ("frontends", "api"),
    ("backends.c", "api"),
    ("drawing", "api"),
    ("api", "cli"),
)
KINDS = {"ir": "constant", "dialects": "constant", "frontends": "input", "passes": "linear", "backends.c": "output"}


def rooms() -> Graph:
    """Who stands on whom: an arrow leads from a room to one that imports it."""
    nodes = [
        Node(name, name, tuple(filter(None, lines)), kind=KINDS.get(name, "other")) for name, lines in ROOMS.items()
    ]
    return Graph(tuple(nodes), tuple(Edge(a, b) for a, b in USES))


if __name__ == "__main__":
    save(rooms(), Path(__file__).parent / "rooms.svg")
