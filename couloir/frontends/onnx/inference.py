"""Types of all values of a graph, by the shape inference of the installed onnx package, kept within bounds.

Inference runs in native code, which nothing can stop halfway. It therefore gets a copy of the graph without large constants, only
graphs of ordinary depth, and no attribute values with which it would divide by zero; and values of shapes are followed ("data propagation") only
where they stay short, since a chain of `Concat(x, x)` doubles them with each node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import onnx
from google.protobuf.message import DecodeError, EncodeError
from onnx import AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto, ValueInfoProto, shape_inference

from couloir.frontends.onnx.tensors import ELEMENT_TYPES

_SMALL = 1024
"""Elements of a constant that inference looks at, such as the target shape of a Reshape; larger ones are only typed."""
_LONGEST = 4096
"""Items of a list of sizes, up to which its values are followed."""
_DEEPEST = 24
"""Levels of graphs in graphs: each takes three levels of messages, of which protobuf allows 100."""
_LARGEST = 1 << 30
"""Bytes of a graph, constants aside: a message of 2 GiB cannot be encoded."""

_POSITIVE = frozenset({"strides", "kernel_shape", "dilations", "group", "num_groups", "blocksize", "size", "num_outputs", "block_size"})
"""Attributes whose values must be positive wherever they appear."""


class TypedGraph:
    """What is known about the types of the values of one graph, and of the graphs inside its nodes."""

    __slots__ = ("_graph", "_known", "_nested")

    def __init__(self, graph: GraphProto | None, fallback: Iterable[ValueInfoProto] = ()) -> None:
        self._graph = graph
        self._known: dict[str, onnx.TypeProto] = {info.name: info.type for info in fallback if info.HasField("type")}
        if graph is not None:
            for info in (*graph.value_info, *graph.input, *graph.output):
                if info.HasField("type"):
                    self._known[info.name] = info.type
        self._nested: dict[str, NodeProto] | None = None

    def type_of(self, name: str) -> onnx.TypeProto | None:
        """The type of a value of this graph, or None."""
        return self._known.get(name)

    def nested(self, node: NodeProto, attribute: str, original: GraphProto) -> TypedGraph:
        """The types in a graph inside a node, of which `original` is the text of the model."""
        if self._nested is None:
            nodes = () if self._graph is None else self._graph.node
            self._nested = {name: inner for inner in nodes if has_graphs(inner) for name in inner.output if name}
        twin = next((self._nested[name] for name in node.output if name in self._nested), None)
        graphs = () if twin is None else (a.g for a in twin.attribute if a.name == attribute)
        return TypedGraph(next(iter(graphs), None), (*original.value_info, *original.output, *original.input))


def has_graphs(node: NodeProto) -> bool:
    """Whether a node has graphs inside it."""
    return any(a.type == AttributeProto.GRAPH or a.type == AttributeProto.GRAPHS for a in node.attribute)


def infer_types(
    graph: GraphProto,
    *,
    ir_version: int,
    opset_imports: Iterable[onnx.OperatorSetIdProto],
    functions: Sequence[FunctionProto] = (),
    bind: Mapping[str, int],
) -> TypedGraph:
    """Infers the types of a graph's values; what cannot be inferred is as the graph declares it.

    Args:
        graph: The graph; it is not changed.
        ir_version: That of the model.
        opset_imports: The operator sets and versions for its nodes.
        functions: The model-local functions that it may call.
        bind: Sizes of symbolic dimensions, by name.
    """
    declared = (*graph.value_info, *graph.output, *graph.input)
    model = onnx.ModelProto(ir_version=ir_version, opset_import=opset_imports)
    _copy_without_constants(graph, model.graph)
    bodies = [model.graph.node, *(function.node for function in functions)]
    if any(_is_dangerous(nodes) for nodes in bodies) or model.ByteSize() > _LARGEST:
        return TypedGraph(None, declared)
    if _call_depth(functions) <= _DEEPEST:
        model.functions.extend(functions)
    bind_dimensions(model.graph, bind)
    inferred = _infer(model)
    return TypedGraph(None if inferred is None else inferred.graph, declared)


def _infer(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """Shapes first, and then again with the values of shapes where these are short."""
    plain = _run(model, data_prop=False)
    if plain is None or not _lists_are_short(plain):
        return plain
    return _run(model, data_prop=True) or plain


def _run(model: onnx.ModelProto, *, data_prop: bool) -> onnx.ModelProto | None:
    try:
        return shape_inference.infer_shapes(model, data_prop=data_prop)
    except (shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError, DecodeError, EncodeError):
        return None  # the declared types remain; what is wrong with the model the verifier tells better


def _lists_are_short(model: onnx.ModelProto) -> bool:
    """Whether no list of integers, which could hold sizes, is long. Inside functions nobody knows, so concatenation there is too much."""
    if any(node.op_type == "Concat" for function in model.functions for node in walk_nodes(function.node)):
        return False
    for graph in walk_graphs(model.graph):
        for info in graph.value_info:
            tensor = info.type.tensor_type
            if tensor.elem_type in (TensorProto.INT64, TensorProto.INT32) and len(tensor.shape.dim) == 1:
                if tensor.shape.dim[0].dim_value > _LONGEST:
                    return False
    return True


# -- the copy ----------------------------------------------------------------------------------------------------------------


def _copy_without_constants(graph: GraphProto, copy: GraphProto) -> None:
    """Copies a graph; large constants become inputs."""
    copy.name = graph.name
    copy.input.extend(graph.input)
    copy.output.extend(graph.output)
    copy.value_info.extend(graph.value_info)
    inputs = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if _is_small(tensor):
            copy.initializer.append(tensor)
        elif tensor.name not in inputs:
            _add_input(copy, tensor.name, tensor)
    for sparse in graph.sparse_initializer:
        if sparse.values.name not in inputs:
            _add_input(copy, sparse.values.name, sparse)
    for node in graph.node:
        constant = _constant(node)
        if constant is None or _is_small(constant):
            copy.node.append(node)
        else:
            _add_input(copy, node.output[0], constant)


def _is_small(tensor: TensorProto) -> bool:
    count = 1
    for size in tensor.dims:
        count *= size
    return 0 <= count <= _SMALL and tensor.data_location != TensorProto.EXTERNAL and tensor.data_type in ELEMENT_TYPES


def _constant(node: NodeProto) -> TensorProto | None:
    if node.op_type != "Constant" or len(node.attribute) != 1 or len(node.output) != 1:
        return None
    return node.attribute[0].t if node.attribute[0].type == AttributeProto.TENSOR else None


def _add_input(graph: GraphProto, name: str, tensor: TensorProto | onnx.SparseTensorProto) -> None:
    added = graph.input.add(name=name).type.tensor_type
    added.elem_type = tensor.data_type if isinstance(tensor, TensorProto) else tensor.values.data_type
    added.shape.SetInParent()
    for size in tensor.dims:
        added.shape.dim.add(dim_value=size)


def bind_dimensions(graph: GraphProto, bind: Mapping[str, int]) -> None:
    """Replaces symbolic dimensions by their sizes, and sizes of -1 by unknown ones, in a graph and all graphs inside it."""
    for inner in walk_graphs(graph):
        for info in (*inner.input, *inner.output, *inner.value_info):
            for dim in dimensions(info.type):
                if dim.dim_param in bind:
                    dim.dim_value = bind[dim.dim_param]
                elif dim.dim_value < 0:
                    dim.ClearField("dim_value")


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


# -- what native code must not see -------------------------------------------------------------------------------------------


def walk_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """A graph and all graphs inside it."""
    todo = [graph]
    while todo:
        current = todo.pop()
        yield current
        for node in current.node:
            todo += graphs_of(node)


def graphs_of(node: NodeProto) -> list[GraphProto]:
    """The graphs directly inside a node."""
    return [g for a in node.attribute for g in ((a.g,) if a.type == AttributeProto.GRAPH else a.graphs)]


def walk_nodes(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """Nodes and all nodes in graphs inside them."""
    for node in nodes:
        yield node
        for graph in (inner for g in graphs_of(node) for inner in walk_graphs(g)):
            yield from graph.node


def _is_dangerous(nodes: Iterable[NodeProto]) -> bool:
    """Whether graphs are nested too deeply, or an attribute that is divided by is not positive."""
    todo = [(node, 0) for node in nodes]
    while todo:
        node, depth = todo.pop()
        for attribute in node.attribute:
            if attribute.name in _POSITIVE and any(value <= 0 for value in (attribute.i, *attribute.ints)[not attribute.i :]):
                return True
        inner = graphs_of(node)
        if inner and depth >= _DEEPEST:
            return True
        todo += [(child, depth + 1) for graph in inner for child in graph.node]
    return False


def _call_depth(functions: Sequence[FunctionProto]) -> int:
    """The longest chain of calls among functions, which do not call each other in a circle."""
    from couloir.frontends.onnx.checking import function_key

    if not functions:
        return 0
    from graphlib import TopologicalSorter

    known = {function_key(function): function for function in functions}
    calls = {
        key: {callee for node in walk_nodes(function.node) if (callee := function_key(node)) in known}
        for key, function in known.items()
    }
    depth: dict[object, int] = {}
    for key in TopologicalSorter(calls).static_order():
        depth[key] = 1 + max((depth[callee] for callee in calls[key]), default=0)
    return max(depth.values())
