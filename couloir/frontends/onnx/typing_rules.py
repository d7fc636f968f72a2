"""Lattice of types: what two sources together say about a value, and what holds of either of two values."""

from __future__ import annotations

from couloir.dialects.onnx.types import AnyType, OptionalType, SequenceType, unknown
from couloir.ir.attribute import Type
from couloir.ir.types import TensorType, UnrankedTensorType


def meet(inferred: Type, declared: Type) -> Type:
    """All that two statements about one value say. Where they contradict each other, `inferred` holds.

    Files often carry declared types from before the model was edited; runtimes do not believe these either.
    """
    if inferred is declared or isinstance(declared, AnyType):
        return inferred
    if isinstance(inferred, AnyType):
        return declared
    if isinstance(inferred, SequenceType) and isinstance(declared, SequenceType):
        return SequenceType(meet(inferred.element_type, declared.element_type))
    if isinstance(inferred, OptionalType) and isinstance(declared, OptionalType):
        return OptionalType(meet(inferred.element_type, declared.element_type))
    if not isinstance(declared, TensorType) or getattr(inferred, "element_type", None) is not declared.element_type:
        return inferred
    if isinstance(inferred, UnrankedTensorType):
        return declared
    if isinstance(inferred, TensorType) and len(inferred.dims) == len(declared.dims) and not inferred.is_static:
        pairs = zip(inferred.dims, declared.dims, strict=True)
        return TensorType(tuple(b if a is None else a for a, b in pairs), inferred.element_type, inferred.encoding)
    return inferred


def join(a: Type, b: Type) -> Type:
    """What holds of a value that has one type or the other; `!onnx.any` when nothing does."""
    if a is b:
        return a
    if isinstance(a, SequenceType) and isinstance(b, SequenceType):
        return SequenceType(join(a.element_type, b.element_type))
    if isinstance(a, OptionalType) and isinstance(b, OptionalType):
        return OptionalType(join(a.element_type, b.element_type))
    tensors = (TensorType, UnrankedTensorType)
    if not isinstance(a, tensors) or not isinstance(b, tensors) or a.element_type is not b.element_type:
        return unknown
    if isinstance(a, TensorType) and isinstance(b, TensorType) and len(a.dims) == len(b.dims):
        pairs = zip(a.dims, b.dims, strict=True)
        return TensorType(tuple(x if x == y else None for x, y in pairs), a.element_type)
    return UnrankedTensorType(a.element_type)


def without_shape(type: Type) -> Type:
    """The type of a tensor whose shape may change: only its element type remains."""
    return UnrankedTensorType(type.element_type) if isinstance(type, TensorType) else type


def without_axis(type: Type, axis: int) -> Type:
    """The type of the slices of a tensor along an axis."""
    if not isinstance(type, TensorType) or not type.dims:
        return type
    axis %= len(type.dims)
    return TensorType(type.dims[:axis] + type.dims[axis + 1 :], type.element_type)


def with_axis(type: Type, axis: int, size: int | None) -> Type:
    """The type of slices stacked along a new axis."""
    if not isinstance(type, TensorType):
        return type
    axis %= len(type.dims) + 1
    return TensorType((*type.dims[:axis], size, *type.dims[axis:]), type.element_type)


def axis_size(type: Type, axis: int) -> int | None:
    """The size of a tensor along an axis, if it is known."""
    return type.dims[axis] if isinstance(type, TensorType) and -len(type.dims) <= axis < len(type.dims) else None
