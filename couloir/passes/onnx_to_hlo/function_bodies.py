"""Operators by ONNX's own definition: an operator whose schema has a function body is lowered as the nodes of that body.

Source: the schemas of the installed onnx package; some of the bodies depend on the node and the types of its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.onnx.arity import distribute, schema_types
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.codecs import ATTRIBUTES
from couloir.dialects.onnx.inference import infer_result_types, node_of, positions
from couloir.dialects.onnx.protos import type_to_proto
from couloir.dialects.onnx.schemas import attribute_kinds, class_at
from couloir.dialects.onnx.structure import Return
from couloir.dialects.onnx.types import AnyType, unknown
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region, Value
from couloir.ir.types import i32

if TYPE_CHECKING:
    import onnx

NEWEST: Final = (1 << 31) - 1
"""The operator set of a body that names none: what holds in the installed onnx package."""

_OFFICIAL: Final = ("", "ai.onnx")


def body_of(op: OnnxOp, types: Sequence[Type | None]) -> Block | None:
    """The nodes that define an operator, as ops of ONNX in a block that ends with `onnx.Return`.

    Args:
        op: The operator. Its regions are empty.
        types: The types of its inputs, by position in the schema; None for one that is not given.

    Returns:
        The block, with an argument for each input that is given; None when there is no body for these types.
    """
    function = _function(op, types)
    if function is None:
        return None
    block = Block([type for type in types if type is not None])
    given: Iterator[Value[Any]] = iter(block.arguments)
    scope: dict[str, Value[Any] | None] = dict.fromkeys(function.input)
    for name, type in zip(function.input, types, strict=False):
        if type is not None:
            scope[name] = next(given)
    builder = _Builder(op, function)
    builder.nodes(function.node, block, scope)
    named = [name for name, number in zip(function.output, positions(op, "result"), strict=False) if number is not None]
    outputs = [value for name in named if (value := scope.get(name)) is not None]
    if len(outputs) < len(op.results):
        return None
    block.append(Return.create(outputs, location=op.location))
    return block


def _function(op: OnnxOp, types: Sequence[Type | None]) -> onnx.FunctionProto | None:
    import onnx

    schema: Any = op.schema()
    if schema.has_function:
        versions = schema.function_opset_versions
        found = schema.get_function_with_opset_version(_version(versions, op.since_version))
    elif schema.has_context_dependent_function:
        inputs = ["" if type is None else f"i{number}" for number, type in enumerate(types)]
        while inputs and not inputs[-1]:
            inputs.pop()
        outputs = ["" if number is None else f"o{number}" for number in positions(op, "result")]
        protos = [onnx.TypeProto() if type is None else type_to_proto(type) for type in types[: len(inputs)]]
        try:
            found = schema.get_context_dependent_function_with_opset_version(
                _version(schema.context_dependent_function_opset_versions, op.since_version),
                node_of(op, inputs, outputs).SerializeToString(),
                [proto.SerializeToString() for proto in protos],
            )
        except (RuntimeError, onnx.checker.ValidationError):
            return None
    else:
        return None
    return onnx.FunctionProto.FromString(found) if isinstance(found, bytes) else found


def _version(versions: Sequence[int], since: int) -> int:
    """The operator set of the body to take: that of the operator, or the first one after it."""
    return min((version for version in versions if version >= since), default=max(versions, default=since))


class _Builder:
    """Makes ops of nodes. The bodies come from the onnx package: they are small, and known to be valid."""

    def __init__(self, op: OnnxOp, function: onnx.FunctionProto) -> None:
        self.op = op
        self.versions = {
            "" if entry.domain in _OFFICIAL else entry.domain: entry.version for entry in function.opset_import
        }
        self.defaults = {attribute.name: attribute for attribute in function.attribute_proto}

    def nodes(self, nodes: Any, block: Block, scope: dict[str, Value[Any] | None]) -> None:
        """Appends ops for nodes, and notes their results in `scope`."""
        for node in nodes:
            self._node(node, block, scope)

    def _node(self, node: onnx.NodeProto, block: Block, scope: dict[str, Value[Any] | None]) -> None:
        domain = "" if node.domain in _OFFICIAL else node.domain
        cls = class_at(node.op_type, self.versions.get(domain, NEWEST), domain)
        if cls is None:
            raise Error(f"the body of `{self.op.name}` uses {node.op_type}, which is not known")
        inputs = [scope.get(name) for name in node.input]
        given, sizes = distribute(cls, "operand", [value is not None for value in inputs])
        present, result_sizes = distribute(cls, "result", [bool(name) for name in node.output])
        attributes = dict(self._attributes(cls, node))
        if cls.definition.needs_segments("operand"):
            attributes["operandSegmentSizes"] = DenseArrayAttr(i32, tuple(sizes))
        if cls.definition.needs_segments("result"):
            attributes["resultSegmentSizes"] = DenseArrayAttr(i32, tuple(result_sizes))
        regions = [self._region(node, field.key, scope) for field in cls.definition.regions]
        values = [value for number in given if (value := inputs[number]) is not None]
        made = cls.create(values, [unknown] * len(present), attributes, regions, location=self.op.location)
        block.append(made)
        _set_types(made)
        for position, result in zip(present, made.results, strict=True):
            scope[node.output[position]] = result

    def _attributes(self, cls: type[OnnxOp], node: onnx.NodeProto) -> Iterator[tuple[str, Attribute]]:
        import onnx

        kinds = attribute_kinds(cls)
        for proto in node.attribute:
            if proto.type == onnx.AttributeProto.GRAPH:
                continue
            if proto.ref_attr_name:
                found = self._referred(proto.ref_attr_name)
                if found is not None:
                    yield proto.name, found
                continue
            yield proto.name, _encoded(kinds[proto.name], proto)

    def _referred(self, name: str) -> Attribute | None:
        """The value of an attribute of the operator itself: as given, or by default."""
        stored = self.op.attributes.get(name)
        if stored is not None:
            return stored
        default: Any = getattr(self.op.schema().attributes.get(name), "default_value", None) or self.defaults.get(name)
        if default is None or not default.type:
            return None
        return _encoded(attribute_kinds(type(self.op))[name], default)

    def _region(self, node: onnx.NodeProto, key: str, scope: Mapping[str, Value[Any] | None]) -> Region:
        graph = next((proto.g for proto in node.attribute if proto.name == key), None)
        if graph is None:
            return Region()
        block = Block()
        inner = dict(scope)
        for value in graph.input:
            inner[value.name] = block.add_argument(unknown, value.name)
        self.nodes(graph.node, block, inner)
        outputs = [value for entry in graph.output if (value := inner.get(entry.name)) is not None]
        block.append(Return.create(outputs, location=self.op.location))
        return Region([block])


def _encoded(kind: str, proto: onnx.AttributeProto) -> Attribute:
    import onnx

    value: Any = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        value = value.decode()
    elif isinstance(value, onnx.TensorProto):
        value = onnx.numpy_helper.to_array(value)
    elif kind == "STRINGS":
        value = tuple(item.decode() for item in value)
    found = ATTRIBUTES[kind][1].encode(value)
    if found is None:
        raise Error(f"an attribute of type {kind} has no value")
    return found


def _set_types(op: OnnxOp) -> None:
    """Gives the results of an op the types that onnx infers, or at least the element types that the schema tells."""
    try:
        found = infer_result_types(op)
    except Error:
        found = {}
    guesses = schema_types(op)
    sizes = op.definition.group_sizes(op, "result")
    results = iter(zip(op.results, guesses, strict=True))
    for field, size in zip(op.definition.results, sizes, strict=True):
        for _ in range(size):
            result, guess = next(results)
            type = found.get(field.name, unknown)
            result.set_type(guess if isinstance(type, AnyType) else type)
