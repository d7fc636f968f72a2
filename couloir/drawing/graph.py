"""The graph to draw: nodes, edges and nested clusters, as plain values that know nothing of the IR.

graph = Graph(
    nodes=(Node("x", "input", kind="input"), Node("c", "Conv", ("kernel 5x5",), kind="linear", cluster=("block 1",))),
    edges=(Edge("x", "c", "1x28x28"),),
)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from couloir.ir.errors import Error, nearest

ClusterPath = tuple[str, ...]
"""The clusters around a node, outermost first. Two nodes are in the same cluster if their paths are equal."""


def _names(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise Error(
            f"expected a sequence of texts, got the text {value[:40]!r}", hint="write ('text',), with a comma, for one"
        )
    return tuple(value)


@attrs.frozen
class Node:
    """A box.

    Args:
        id: Its name in edges; unique in the graph, never shown as such.
        title: The text in the title bar, elided if it is too long to show.
        lines: Details under the title, one line each.
        kind: The class of op that chooses the colour: a key of `couloir.drawing.PALETTE`. Other texts are drawn as
            "other".
        cluster: The clusters that the node is in, outermost first.
        tooltip: What a viewer shows under the pointer; by default the title and all the lines, unabridged.
    """

    id: str
    title: str
    lines: tuple[str, ...] = attrs.field(default=(), converter=_names)
    kind: str = "other"
    cluster: ClusterPath = attrs.field(default=(), converter=_names)
    tooltip: str = ""


@attrs.frozen
class Edge:
    """An arrow from one node to another, by their ids.

    Edges of one source with the same label are one value: they share a line until they part.
    """

    source: str
    target: str
    label: str = ""
    tooltip: str = ""


@attrs.frozen
class Graph:
    """What is drawn. The order of nodes and edges breaks ties in the layout, so put first what should be left.

    Args:
        nodes: The boxes.
        edges: The arrows; cycles, self-loops and several edges between two nodes are fine.
        title: The name of the picture (not drawn, but kept in the file).
        cluster_titles: What to write on a cluster instead of the last part of its path.

    Raises:
        Error: Two nodes have the same id, or an edge names a node that is not there, or something that should be a
            text is none.
    """

    nodes: tuple[Node, ...] = attrs.field(default=(), converter=tuple[Node, ...])
    edges: tuple[Edge, ...] = attrs.field(default=(), converter=tuple[Edge, ...])
    title: str = ""
    cluster_titles: Mapping[ClusterPath, str] = attrs.field(
        factory=dict[ClusterPath, str], converter=dict[ClusterPath, str]
    )

    def __attrs_post_init__(self) -> None:
        ids: set[str] = set()
        for node in self.nodes:
            _check_texts(
                f"node {node.id!r}", (node.id, node.title, node.kind, node.tooltip, *node.lines, *node.cluster)
            )
            if node.id in ids:
                raise Error(
                    f"two nodes have the id {node.id!r}",
                    where=f"graph {self.title!r}",
                    hint="give every node an id of its own",
                )
            ids.add(node.id)
        for edge in self.edges:
            where = f"edge {edge.source!r} -> {edge.target!r}"
            _check_texts(where, (edge.source, edge.target, edge.label, edge.tooltip))
            for end in (edge.source, edge.target):
                if end not in ids:
                    raise Error(f"there is no node with the id {end!r}", where=where, hint=nearest(end, sorted(ids)))


def _check_texts(where: str, values: Iterable[object]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise Error(
                f"expected a text, got {type(value).__name__} {value!r}", where=where, hint="convert it with str()"
            )
