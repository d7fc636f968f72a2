"""Types, constants and attributes as the messages of onnx.proto3, and types back from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from couloir.dialects.onnx.types import (
    BY_NUMBER,
    BY_TYPE,
    AnyType,
    MapType,
    OptionalType,
    SequenceType,
    SparseEncodingAttr,
    StringsAttr,
    unknown,
)
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    ArrayAttr,
    DenseArrayAttr,
    DenseElementsAttr,
    DenseResourceAttr,
    FloatAttr,
    IntegerAttr,
    SparseElementsAttr,
    StringAttr,
)
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, UnrankedTensorType

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, np.dtype[Any]]


# -- types -------------------------------------------------------------------------------------------------------------


def type_from_proto(proto: onnx.TypeProto, bind: Mapping[str, int] | None = None) -> Type:
    """The type that a TypeProto describes; `!onnx.any` where it leaves the element type open.

    Args:
        proto: The type.
        bind: Sizes of symbolic dimensions, by name; the others become dynamic.
    """
    wrap: list[Callable[[Type], Type]] = []
    while True:
        kind = proto.WhichOneof("value")
        if kind == "sequence_type":
            wrap.append(SequenceType)
            proto = proto.sequence_type.elem_type
        elif kind == "optional_type":
            wrap.append(OptionalType)
            proto = proto.optional_type.elem_type
        elif kind == "map_type":
            key = BY_NUMBER.get(proto.map_type.key_type)
            if key is None:
                raise Error(f"the keys of a map have the unknown element type {proto.map_type.key_type}")
            wrap.append(_map_from(key.type))
            proto = proto.map_type.value_type
        elif kind in ("tensor_type", "sparse_tensor_type"):
            found = _tensor_type(proto, kind == "sparse_tensor_type", bind or {})
            break
        elif kind is None:
            found = unknown
            break
        else:
            raise Error(f"values of the kind `{kind}` are not supported")
    for outer in reversed(wrap):
        found = outer(found)
    return found


def _map_from(key: Type) -> Callable[[Type], Type]:
    return lambda value: MapType(key, value)


def _tensor_type(proto: onnx.TypeProto, sparse: bool, bind: Mapping[str, int]) -> Type:
    tensor = proto.sparse_tensor_type if sparse else proto.tensor_type
    element = BY_NUMBER.get(tensor.elem_type)
    if element is None:
        return unknown
    if not tensor.HasField("shape"):
        return UnrankedTensorType(element.type)
    dims = tuple([_dim(dim, bind) for dim in tensor.shape.dim])
    return TensorType(dims, element.type, SparseEncodingAttr() if sparse else None)


def _dim(dim: onnx.TensorShapeProto.Dimension, bind: Mapping[str, int]) -> int | None:
    if dim.HasField("dim_value"):
        return dim.dim_value if dim.dim_value >= 0 else None  # some exporters write -1 for "unknown"
    return bind.get(dim.dim_param) if dim.dim_param else None


def type_to_proto(type: Type, names: Sequence[str] = ()) -> onnx.TypeProto:
    """The TypeProto for a type; `names` are those of its symbolic dimensions, `""` where there is none.

    Raises:
        Error: for a type that ONNX does not have.
    """
    root = onnx.TypeProto()
    proto = root
    while True:
        match type:
            case SequenceType():
                proto.sequence_type.SetInParent()
                proto, type = proto.sequence_type.elem_type, type.element_type
            case OptionalType():
                proto.optional_type.SetInParent()
                proto, type = proto.optional_type.elem_type, type.element_type
            case MapType():
                proto.map_type.key_type = _number(type.key_type)
                proto, type = proto.map_type.value_type, type.value_type
            case TensorType() | UnrankedTensorType():
                sparse = isinstance(type, TensorType) and isinstance(type.encoding, SparseEncodingAttr)
                tensor = proto.sparse_tensor_type if sparse else proto.tensor_type
                tensor.elem_type = _number(type.element_type)
                if isinstance(type, TensorType):
                    _add_shape(tensor, type, names)
                return root
            case AnyType():
                return root
            case _:
                raise Error(f"ONNX has no type `{type}`")


def _add_shape(tensor: Any, type: TensorType, names: Sequence[str]) -> None:
    tensor.shape.SetInParent()
    for index, dim in enumerate(type.dims):
        added = tensor.shape.dim.add()
        if dim is not None:
            added.dim_value = dim
        elif index < len(names) and names[index]:
            added.dim_param = names[index]


def _number(type: Type) -> int:
    found = BY_TYPE.get(type)
    if found is None:
        raise Error(f"ONNX has no tensors of `{type}`")
    return found.number


# -- constants ---------------------------------------------------------------------------------------------------------


def tensor_to_proto(value: Attribute, name: str = "") -> onnx.TensorProto:
    """A constant tensor as a TensorProto with its data inside. Raises `couloir.Error` for what ONNX cannot hold."""
    proto = onnx.TensorProto(name=name)
    if isinstance(value, StringsAttr):
        proto.data_type = onnx.TensorProto.STRING
        proto.dims.extend(value.type.shape)
        proto.string_data.extend(encode_text(text) for text in value.values)
        return proto
    array = value.array if isinstance(value, DenseElementsAttr | DenseResourceAttr) else None
    if array is None:
        raise Error(
            f"the constant `{value}` has no elements", hint="a `dense_resource` needs its bytes beside the text"
        )
    type: Any = getattr(value, "type")  # noqa: B009 -- of either class
    element = BY_TYPE.get(type.element_type)
    if element is None:
        raise Error(f"ONNX has no tensors of `{type.element_type}`")
    proto.data_type = element.number
    proto.dims.extend(array.shape)
    proto.raw_data = pack(array, element.bits)
    return proto


def pack(array: Array, bits: int) -> bytes:
    """The elements of an array as ONNX stores them: little-endian, those below 8 bits packed, lowest bits first."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if bits in (2, 4):
        return _pack_small(flat.view(np.uint8) & np.uint8((1 << bits) - 1), bits)
    if bits == 6:
        return _pack_six_bits(flat.view(np.uint8) & np.uint8(0x3F))
    if sys.byteorder == "big":
        width = flat.dtype.itemsize // (2 if flat.dtype.kind == "c" else 1)
        return flat.view(np.uint8).reshape(-1, width)[:, ::-1].tobytes()
    return flat.tobytes()


def _pack_small(codes: Array, bits: int) -> bytes:
    per_byte = 8 // bits
    padded = np.zeros(-(-len(codes) // per_byte) * per_byte, np.uint8)
    padded[: len(codes)] = codes
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return np.bitwise_or.reduce(padded.reshape(-1, per_byte) << shifts, axis=1).astype(np.uint8).tobytes()


def _pack_six_bits(codes: Array) -> bytes:
    """A stream of bits, lowest first: four elements in three bytes; bytes that hold no element are left out."""
    padded = np.zeros(-(-len(codes) // 4) * 4, np.uint16)
    padded[: len(codes)] = codes
    a, b, c, d = padded.reshape(-1, 4).T
    triples = np.stack([a | b << 6, b >> 2 | c << 4, c >> 4 | d << 2], axis=1).astype(np.uint8)
    return triples.tobytes()[: -(-len(codes) * 6 // 8)]


def sparse_to_proto(value: SparseElementsAttr, name: str = "") -> onnx.SparseTensorProto:
    """A sparse constant as a SparseTensorProto; the name is that of its values, as ONNX has it."""
    if not isinstance(value.type, TensorType):
        raise Error(f"a sparse constant has a tensor type, not `{value.type}`")
    return onnx.SparseTensorProto(
        values=tensor_to_proto(value.values, name), indices=tensor_to_proto(value.indices), dims=value.type.shape
    )


# -- attributes --------------------------------------------------------------------------------------------------------


def encode_text(text: str) -> bytes:
    """A string as ONNX stores it; bytes that are no UTF-8 come back as they were read."""
    return text.encode("utf-8", "surrogateescape")


def attribute_to_proto(name: str, value: Attribute) -> onnx.AttributeProto:
    """An attribute of an op as an AttributeProto; its form tells the type. Raises `couloir.Error` for what ONNX has
    not."""
    proto = onnx.AttributeProto(name=name)
    match value:
        case IntegerAttr():
            proto.type, proto.i = onnx.AttributeProto.INT, value.value
        case FloatAttr():
            proto.type, proto.f = onnx.AttributeProto.FLOAT, value.value
        case StringAttr():
            proto.type, proto.s = onnx.AttributeProto.STRING, encode_text(value.value)
        case DenseArrayAttr():
            floats = value.element_type in BY_TYPE and BY_TYPE[value.element_type].name == "float"
            proto.type = onnx.AttributeProto.FLOATS if floats else onnx.AttributeProto.INTS
            (proto.floats if floats else proto.ints).extend(value.values)
        case ArrayAttr():
            proto.type = onnx.AttributeProto.STRINGS
            for item in value:
                if not isinstance(item, StringAttr):
                    raise Error(f"attribute `{name}`: ONNX has no form for `{value}`")
                proto.strings.append(encode_text(item.value))
        case SparseElementsAttr():
            proto.type = onnx.AttributeProto.SPARSE_TENSOR
            proto.sparse_tensor.CopyFrom(sparse_to_proto(value))
        case StringsAttr() | DenseElementsAttr() | DenseResourceAttr():
            proto.type = onnx.AttributeProto.TENSOR
            proto.t.CopyFrom(tensor_to_proto(value))
        case Type():
            proto.type = onnx.AttributeProto.TYPE_PROTO
            proto.tp.CopyFrom(type_to_proto(value))
        case _:
            raise Error(f"attribute `{name}`: ONNX has no form for `{value}`")
    return proto
