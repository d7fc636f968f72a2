"""Result types of a single op by the shape inference of the installed onnx package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
from onnx import shape_inference

from couloir.dialects.onnx.base import schema_class
from couloir.dialects.onnx.protos import attribute_to_proto, tensor_to_proto, type_from_proto, type_to_proto
from couloir.dialects.onnx.types import AnyType, StringsAttr
from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value

_SMALL = 4096  # elements of a constant operand that inference looks at, such as the target shape of a Reshape


_NOT_NEGATIVE = frozenset({"batch_dims"})
"""Attributes with which native code reads outside of its memory when they are negative."""


def refuse_negative(node: onnx.NodeProto) -> None:
    """Raises `couloir.Error` for attributes that native code must not be shown."""
    for attribute in node.attribute:
        if attribute.name in _NOT_NEGATIVE and attribute.i < 0:
            raise Error(
                f"the attribute `{attribute.name}` of {node.op_type} must not be negative, but is {attribute.i}"
            )


def node_of(op: Operation, inputs: list[str], outputs: list[str]) -> onnx.NodeProto:
    """A node for an op without regions, with the given names for its values."""
    cls = schema_class(op)
    node = onnx.NodeProto(op_type=cls.operator, domain=cls.domain, input=inputs, output=outputs)
    for field in op.definition.attributes:
        stored = op.attributes.get(field.key)
        if stored is not None:
            node.attribute.append(attribute_to_proto(field.key, stored))
    return node


def positions(op: Operation, kind: str) -> list[int | None]:
    """For each position of the node's inputs (or outputs) the number of the op's operand (or result), None where it has
    none."""
    found: list[int | None] = []
    number = 0
    for size in op.definition.group_sizes(op, kind):
        found += list(range(number, number + size)) or [None]
        number += size
    while found and found[-1] is None:
        found.pop()
    return found


def infer_result_types(op: Operation) -> dict[str, Type]:
    """The types of the single results of an op, by field; one that does not follow is not in the dict.

    Raises:
        Error: when the operands or attributes break the operator's rules.
    """
    fields = op.definition.results
    if op.regions or any(isinstance(operand.type, AnyType) for operand in op.operands):
        return {}
    inputs = ["" if number is None else f"i{number}" for number in positions(op, "operand")]
    names = [field.name for field in fields if field.arity == "single"]
    node = node_of(op, inputs, names)
    refuse_negative(node)
    types = {f"i{number}": type_to_proto(operand.type) for number, operand in enumerate(op.operands)}
    data = {f"i{n}": proto for n, operand in enumerate(op.operands) if (proto := _constant(operand)) is not None}
    try:
        found = shape_inference.infer_node_outputs(schema_class(op).schema(), node, types, data)
    except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError) as error:
        raise Error(f"`{op.name}`: {_first_line(error)}", where=op.location.label or None) from error
    return {name: type for name, proto in found.items() if not isinstance(type := type_from_proto(proto), AnyType)}


def _constant(value: Value[Any]) -> onnx.TensorProto | None:
    """The tensor that a value is known to be, if it is small."""
    definer = value.defining_op
    stored = None if definer is None or definer.operands else definer.attributes.get("value")
    if isinstance(stored, DenseElementsAttr | StringsAttr) and stored.array.size <= _SMALL:
        return tensor_to_proto(stored)
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
