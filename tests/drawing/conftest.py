"""What the tests of drawings share: small graphs and what can be read off a display list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from couloir.drawing import Edge, Graph, Node


def _residual() -> Graph:
    titles = ["Input", "Conv", "BatchNormalization", "Relu", "Conv", "BatchNormalization", "Add", "Relu", "Output"]
    kinds = ["input", "linear", "normalization", "activation", "linear", "normalization", "elementwise", "", "output"]
    nodes = [Node(f"n{i}", title, kind=kind) for i, (title, kind) in enumerate(zip(titles, kinds, strict=True))]
    edges = [Edge(f"n{i}", f"n{i + 1}", "1x64x56x56") for i in range(len(titles) - 1)]
    return Graph(nodes, [*edges, Edge("n0", "n6", "1x64x56x56")], "residual block")


@pytest.fixture
def residual() -> Graph:
    """A residual block: a chain of nine nodes, and a shortcut from the first to the seventh."""
    return _residual()


@pytest.fixture
def chain() -> Callable[[int], Graph]:
    """`chain(n)`: n nodes in a row, with labels."""

    def make(count: int) -> Graph:
        nodes = [Node(str(i), f"op {i}", ("axis = 1",)) for i in range(count)]
        return Graph(nodes, [Edge(str(i), str(i + 1), "2x3") for i in range(count - 1)])

    return make
