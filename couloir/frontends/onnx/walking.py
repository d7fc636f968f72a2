"""Going through the messages of a model without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import onnx
from onnx import AttributeProto, GraphProto, NodeProto


def graphs_of(node: NodeProto) -> list[GraphProto]:
    """The graphs directly inside a node."""
    return [g for a in node.attribute for g in ((a.g,) if a.type == AttributeProto.GRAPH else a.graphs)]


def walk_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """A graph and all graphs inside it."""
    todo = [graph]
    while todo:
        current = todo.pop()
        yield current
        for node in current.node:
            todo += graphs_of(node)


def walk_nodes(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """Nodes and all nodes in graphs inside them."""
    for node in nodes:
        yield node
        for graph in graphs_of(node):
            for inner in walk_graphs(graph):
                yield from inner.node


def dimensions(type: onnx.TypeProto) -> Sequence[onnx.TensorShapeProto.Dimension]:
    """The dimensions of the tensor type that is at the bottom of a type."""
    while True:
        kind = type.WhichOneof("value")
        if kind == "sequence_type":
            type = type.sequence_type.elem_type
        elif kind == "optional_type":
            type = type.optional_type.elem_type
        elif kind == "map_type":
            type = type.map_type.value_type
        elif kind == "sparse_tensor_type":
            return type.sparse_tensor_type.shape.dim
        else:
            return type.tensor_type.shape.dim
