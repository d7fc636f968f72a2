"""Types of the results of one node, by the shape inference of the installed onnx package, kept within bounds.

Inference runs in native code, which nothing can stop halfway. It therefore sees one node at a time, never a graph; no
attribute by which it would divide by zero or that it would take for a length; and no list of integers so long that it
would make a tensor with as many dimensions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import onnx
from google.protobuf.message import DecodeError, EncodeError
from onnx import AttributeProto, NodeProto, TensorProto, shape_inference

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.inference import refuse_negative
from couloir.dialects.onnx.protos import tensor_to_proto, type_from_proto, type_to_proto
from couloir.dialects.onnx.schemas import find_schema
from couloir.dialects.onnx.types import AnyType, unknown
from couloir.frontends.onnx.sizes import MAX_ITEMS, Known, integer_attribute, known_constant
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.errors import Error
from couloir.ir.types import MAX_DIM, IntegerType, TensorType

_POSITIVE: Final = frozenset(
    {"strides", "kernel_shape", "dilations", "group", "num_groups", "blocksize", "block_size", "size", "num_outputs"}
)
"""Attributes that must be positive wherever they appear: native code divides by them, or counts to them."""
_LARGEST: Final = 1 << 31
"""Attributes beyond this overflow native arithmetic; only bounds of slices are legally so large."""
_BOUNDS: Final = frozenset({"starts", "ends", "start", "end"})

_SAME_AS_FIRST: Final = frozenset({"MeanVarianceNormalization", "GroupNormalization"})
_LIKE: Final = {"GreaterOrEqual": "Greater", "LessOrEqual": "Less"}
"""Operators whose schema has no inference in some versions, though it is that of another one."""

_LENGTH: Final = "length:"
"""Marks the size of a long list of integers, which native code gets to see as a name, and never counts to."""


class NodeInference:
    """Infers types for the nodes of one model."""

    def __init__(self, ir_version: int, opset_imports: Mapping[str, int]) -> None:
        self._ir_version = ir_version
        self._opsets = [onnx.OperatorSetIdProto(domain=d, version=v) for d, v in opset_imports.items()]
        self._encoded: dict[Type, onnx.TypeProto] = {}

    def results(
        self,
        cls: type[OnnxOp],
        node: NodeProto,
        inputs: Sequence[Type | None],
        constants: Sequence[Attribute | Known | None],
        outputs: Sequence[int],
    ) -> dict[int, Type]:
        """The types of a node's outputs, by position; those that cannot be told are missing.

        Args:
            cls: The class that the node's operator has.
            node: The node, without graphs inside it. Its names do not matter.
            inputs: The type of each input; None for one that is not given.
            constants: What the value of each input is, as far as it is known.
            outputs: The positions of the outputs that are there.

        Raises:
            Error: when operands or attributes break the operator's rules.
        """
        refuse_negative(node)
        harmless = _is_harmless(cls, node)
        if not harmless or not outputs or any(isinstance(type, AnyType) for type in inputs):
            return {}
        operator = cls.operator
        if operator in _SAME_AS_FIRST and not cls.schema().has_type_and_shape_inference_function:
            return {0: inputs[0]} if inputs and inputs[0] is not None else {}
        if operator == "Range":
            return _range(inputs, constants)
        schema = cls.schema() if operator not in _LIKE else find_schema(_LIKE[operator], cls.since_version)
        if schema is None or not schema.has_type_and_shape_inference_function:
            return {}
        names = ["" if type is None else f"i{number}" for number, type in enumerate(inputs)]
        given = set(outputs)
        wanted = [f"o{number}" if number in given else "" for number in range(len(node.output))]
        plain = NodeProto(
            op_type=node.op_type, domain=node.domain, input=names, output=wanted, attribute=node.attribute
        )
        try:
            types = {name: self._encode(type) for name, type in zip(names, inputs, strict=True) if type is not None}
        except Error:
            return {}  # a type that ONNX does not have; the verifier says so
        data = {
            name: tensor
            for name, value in zip(names, constants, strict=True)
            if name and value is not None and (tensor := _small_constant(operator, value))
        }
        try:
            found = shape_inference.infer_node_outputs(
                schema, plain, types, data, opset_imports=self._opsets, ir_version=self._ir_version
            )
        except shape_inference.InferenceError as error:
            raise Error(_plain(error)) from error
        except (onnx.checker.ValidationError, RuntimeError, ValueError, DecodeError, EncodeError):
            return {}  # what onnx cannot digest; the verifier tells better what is wrong with a node
        return {int(name[1:]): _decode(proto) for name, proto in found.items() if name}

    def _encode(self, type: Type) -> onnx.TypeProto:
        found = self._encoded.get(type)
        if found is None:
            found = self._encoded[type] = type_to_proto(type)
            if isinstance(type, TensorType) and isinstance(type.element_type, IntegerType) and type.rank == 1:
                size = type.dims[0]
                if size is not None and size > MAX_ITEMS:
                    found.tensor_type.shape.dim[0].dim_param = f"{_LENGTH}{size}"
        return found


def _decode(proto: onnx.TypeProto) -> Type:
    """A type from native code; unknown where a size overflowed."""
    for dim in proto.tensor_type.shape.dim if proto.HasField("tensor_type") else ():
        if dim.dim_param.startswith(_LENGTH):
            dim.dim_value = int(dim.dim_param.removeprefix(_LENGTH))
    try:
        return type_from_proto(proto)
    except Error:
        return unknown


def _small_constant(operator: str, value: Attribute | Known) -> TensorProto | None:
    """A constant as a TensorProto, if it is small and all of it is known."""
    if isinstance(value, Known):
        items = value.items
        if operator == "Reshape" and items.count(None) == 1 and -1 not in items:
            value = Known(tuple(-1 if item is None else item for item in items), value.scalar, value.element)
        if not value.is_complete:
            return None
        return tensor_to_proto(DenseElementsAttr.from_numpy(value.array(), value.element))
    if isinstance(value, DenseElementsAttr) and value.array.size <= MAX_ITEMS:
        return tensor_to_proto(value)
    return None


def _is_harmless(cls: type[OnnxOp], node: NodeProto) -> bool:
    """Whether native code can be shown the node's attributes. Raises `Error` for those that no operator accepts."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.INT:
            values: Sequence[int] = (attribute.i,)
        elif attribute.type == AttributeProto.INTS:
            values = attribute.ints
        else:
            if attribute.type == AttributeProto.TENSOR and attribute.t.data_location == TensorProto.EXTERNAL:
                return False
            continue
        wrong = [value for value in values if value <= 0] if attribute.name in _POSITIVE else []
        if wrong:
            raise Error(f"the attribute `{attribute.name}` of {cls.operator} must be positive, but is {wrong[0]}")
        if not _is_free(attribute.name) and any(not -_LARGEST < value < _LARGEST for value in values):
            return False
    count = integer_attribute(node, "num_outputs", len(node.output))
    if count != len(node.output):
        raise Error(
            f"the attribute `num_outputs` of {cls.operator} is {count}, but the node has {len(node.output)} outputs"
        )
    return True


def _is_free(name: str) -> bool:
    """Whether an attribute may have any value: bounds of slices, and the data of constants and tables."""
    return name in _BOUNDS or name.startswith("value_") or "int64" in name


def _plain(error: Exception) -> str:
    """What native code says, without its marks of origin: `[ShapeInferenceError] axis must be in [-4, 3]`."""
    lines = [line for line in str(error).strip().split("\n") if line.strip()]
    text = re.sub(r"^(\[\w+\]\s*|\(op_type:[^)]*\):?\s*)+", "", lines[0].strip()) if lines else ""
    return text or "onnx finds no types for the results"


def _range(inputs: Sequence[Type | None], constants: Sequence[Attribute | Known | None]) -> dict[int, Type]:
    """The type of a `Range`, whose length native code computes with overflow."""
    element = getattr(inputs[0], "element_type", None) if inputs else None
    if element is None:
        return {}
    numbers = [_number(value) for value in constants]
    size: int | None = None
    if None not in numbers and len(numbers) == 3:
        start, limit, delta = (Fraction(number) for number in numbers if number is not None)
        if delta == 0:
            raise Error("the step of Range is 0")
        size = max(math.ceil((limit - start) / delta), 0)
        if size > MAX_DIM:
            raise Error(f"Range gives {size} elements, which is more than a tensor can have")
    return {0: TensorType((size,), element)}


def _number(value: Attribute | Known | None) -> int | float | None:
    """The finite number that a scalar constant is, if it is known."""
    known = value if isinstance(value, Known) else known_constant(value)
    number = None if known is None or len(known.items) != 1 else known.items[0]
    return number if number is not None and math.isfinite(number) else None


def refine(node: NodeProto, result: Type, types: Sequence[Type | None], known: Sequence[Known | None]) -> Type:
    """The type of a node's first result with the sizes that a target shape, of which only some elements are known,
    gives it.

    Args:
        node: The node.
        result: The type that inference tells without the target shape.
        types: The types of the node's inputs; None for one that is not given.
        known: What is known of their values.
    """
    position = {"ConstantOfShape": 0, "Reshape": 1, "Expand": 1}.get(node.op_type)
    if position is None or position >= len(known) or node.domain not in ("", "ai.onnx"):
        return result
    target, element = known[position], getattr(result, "element_type", None)
    if target is None or element is None or target.is_complete:
        return result
    if node.op_type == "Expand":
        return _expanded(result, types[0], target)
    least = 0 if node.op_type == "ConstantOfShape" else 1  # for Reshape, 0 and -1 have meanings of their own
    sizes = tuple(int(item) if item is not None and item >= least else None for item in target.items)
    if isinstance(result, TensorType):
        if len(result.dims) != len(sizes):
            return result
        sizes = tuple(a if a is not None else b for a, b in zip(result.dims, sizes, strict=True))
    return TensorType(sizes, element)


def _expanded(result: Type, operand: Type | None, target: Known) -> Type:
    """The result of an `Expand` to a shape that is known in part: a size above 1 is the result's, where there is a 1 it
    is the operand's."""
    if not isinstance(result, TensorType) or not isinstance(operand, TensorType):
        return result
    rank = len(result.dims)
    if max(len(target.items), len(operand.dims)) != rank:
        return result
    wanted = (1,) * (rank - len(target.items)) + target.items
    own = (1,) * (rank - len(operand.dims)) + operand.dims
    sizes = [
        dim if dim is not None else size if item == 1 else None if item is None else int(item)
        for dim, item, size in zip(result.dims, wanted, own, strict=True)
    ]
    return TensorType(tuple(sizes), result.element_type)
