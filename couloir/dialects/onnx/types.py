"""The types of ONNX that MLIR's builtin types lack, and the correspondence between element types.

A tensor of ONNX is a `tensor<...>`; strings, sequences, optionals and maps are the types of this file. Where a file
does not say what type a value has and inference does not tell either, the type is `!onnx.any`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IntegerType,
    ShapedType,
    TensorType,
    UnrankedTensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
    ui8,
    ui16,
    ui32,
    ui64,
)

if TYPE_CHECKING:
    import numpy as np


class StringType(Type, name="onnx.string"):
    """A text, as an element of a tensor: `tensor<2x!onnx.string>`."""


class SequenceType(Type, name="onnx.seq"):
    """A list of values of one type: `!onnx.seq<tensor<*xf32>>`. Source: ONNX, TypeProto.Sequence."""

    element_type: Type


class OptionalType(Type, name="onnx.opt"):
    """A value or none: `!onnx.opt<tensor<2xf32>>`. Source: ONNX, TypeProto.Optional."""

    element_type: Type


class MapType(Type, name="onnx.map"):
    """Keys, which are integers or strings, to values: `!onnx.map<i64, tensor<*xf32>>`. Source: ONNX-ML,
    TypeProto.Map."""

    key_type: Type
    value_type: Type


class AnyType(Type, name="onnx.any"):
    """Some type that neither the model nor inference tells."""


class SparseEncodingAttr(Attribute, name="onnx.sparse"):
    """Marks a tensor type as sparse: `tensor<2x3xf32, #onnx.sparse>`. Source: ONNX, TypeProto.SparseTensor."""


class StringsAttr(Attribute, name="onnx.strings"):
    """A constant tensor of strings, in row-major order: `#onnx.strings<tensor<2x!onnx.string>, ["a", "b"]>`."""

    type: TensorType
    values: tuple[str, ...]

    @classmethod
    def normalize(cls, type: TensorType, values: Sequence[str]) -> tuple[Any, ...]:
        return type, tuple(values)

    def verify_parameters(self) -> None:
        if self.type.element_type is not string:
            raise Error(f"a tensor of strings has the element type `{string}`, not `{self.type.element_type}`")
        if len(self.values) != self.type.size:
            raise Error(f"`{self.type}` has {self.type.size} elements, not {len(self.values)}")

    @property
    def array(self) -> np.ndarray[Any, np.dtype[Any]]:
        """The strings as an array of Python objects."""
        import numpy as np

        return np.array(self.values, dtype=object).reshape(self.type.shape)


string: Final = StringType()
unknown: Final = AnyType()


@attrs.frozen
class ElementType:
    """One element type: ONNX's number (`TensorProto.DataType`), its name in type strings (`"float"`), and our type."""

    number: int
    name: str
    type: Type
    bits: int
    """Bits of an element as ONNX packs it; 0 for strings."""


def _element(number: int, name: str, type: Type, bits: int) -> ElementType:
    return ElementType(number, name, type, bits)


ELEMENTS: Final = (
    _element(1, "float", f32, 32),
    _element(2, "uint8", ui8, 8),
    _element(3, "int8", i8, 8),
    _element(4, "uint16", ui16, 16),
    _element(5, "int16", i16, 16),
    _element(6, "int32", i32, 32),
    _element(7, "int64", i64, 64),
    _element(8, "string", string, 0),
    _element(9, "bool", i1, 8),
    _element(10, "float16", f16, 16),
    _element(11, "double", f64, 64),
    _element(12, "uint32", ui32, 32),
    _element(13, "uint64", ui64, 64),
    _element(14, "complex64", ComplexType(f32), 64),
    _element(15, "complex128", ComplexType(f64), 128),
    _element(16, "bfloat16", bf16, 16),
    _element(17, "float8e4m3fn", FloatType("f8E4M3FN"), 8),
    _element(18, "float8e4m3fnuz", FloatType("f8E4M3FNUZ"), 8),
    _element(19, "float8e5m2", FloatType("f8E5M2"), 8),
    _element(20, "float8e5m2fnuz", FloatType("f8E5M2FNUZ"), 8),
    _element(21, "uint4", IntegerType(4, "unsigned"), 4),
    _element(22, "int4", IntegerType(4), 4),
    _element(23, "float4e2m1", FloatType("f4E2M1FN"), 4),
    _element(24, "float8e8m0", FloatType("f8E8M0FNU"), 8),
    _element(25, "uint2", IntegerType(2, "unsigned"), 2),
    _element(26, "int2", IntegerType(2), 2),
    _element(27, "float6e2m3", FloatType("f6E2M3FN"), 6),
    _element(28, "float6e3m2", FloatType("f6E3M2FN"), 6),
)
"""All element types of ONNX. Source: onnx.proto3, TensorProto.DataType."""

BY_NUMBER: Final = {element.number: element for element in ELEMENTS}
BY_NAME: Final = {element.name: element for element in ELEMENTS}
BY_TYPE: Final = {element.type: element for element in ELEMENTS}


def type_string(type: Type) -> str | None:
    """ONNX's name of a type without its shape: `"tensor(float)"`, `"seq(tensor(int64))"`. None where ONNX has no such
    type.

    `!onnx.any`, and types that contain it, have no name either.
    """
    opening: list[str] = []
    while True:
        match type:
            case SequenceType():
                opening.append("seq(")
                type = type.element_type
            case OptionalType():
                opening.append("optional(")
                type = type.element_type
            case MapType():
                key = BY_TYPE.get(type.key_type)
                if key is None:
                    return None
                opening.append(f"map({key.name},")
                type = type.value_type
            case ShapedType() | UnrankedTensorType():
                element = BY_TYPE.get(type.element_type)
                if element is None or not isinstance(type, TensorType | UnrankedTensorType):
                    return None
                sparse = isinstance(type, TensorType) and isinstance(type.encoding, SparseEncodingAttr)
                name = f"{'sparse_tensor' if sparse else 'tensor'}({element.name})"
                return "".join(opening) + name + ")" * len(opening)
            case _:
                return None
