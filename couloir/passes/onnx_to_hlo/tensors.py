"""What the lowerings share: constants like a tensor, broadcasting as in NumPy, shapes with and without dimensions of size 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.shapes import as_tensor
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import FloatType, IntegerType, Type, bf16, f16, f32
from couloir.passes.onnx_to_hlo.node import NotLowered, Tensor


def scalar(number: Any, element: Type) -> Tensor:
    """A constant of rank 0."""
    return hlo.constant(number, element).output


def full(number: Any, shape: Sequence[int], element: Type) -> Tensor:
    """A constant with one value everywhere."""
    return hlo.constant(number, element, shape=shape).output


def full_like(x: Tensor, number: Any) -> Tensor:
    """A constant with one value everywhere, of the type of `x`."""
    return full(number, x.type.shape, x.type.element_type)


def convert(x: Tensor | Operation, element: Type) -> Tensor:
    """`x` with another element type; `x` itself when it has that type."""
    value = as_tensor(x)
    return value if value.type.element_type is element else hlo.convert(value, element).result


def reshape(x: Tensor | Operation, shape: Sequence[int]) -> Tensor:
    """`x` in another shape; `x` itself when it has that shape."""
    value = as_tensor(x)
    return value if value.type.dims == tuple(shape) else hlo.reshape(value, shape).result


def broadcast_shapes(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The common shape of tensors that are broadcast to each other. Raises `couloir.Error` when there is none."""
    try:
        return np.broadcast_shapes(*map(tuple, shapes))
    except ValueError:
        listed = ", ".join("x".join(map(str, shape)) or "scalar" for shape in shapes)
        raise Error(f"the shapes {listed} cannot be broadcast to each other") from None


def broadcast(x: Tensor | Operation, shape: Sequence[int]) -> Tensor:
    """`x` repeated to `shape` as NumPy does: dimensions are aligned at the last one."""
    value = as_tensor(x)
    wanted = tuple(shape)
    if value.type.dims == wanted:
        return value
    if broadcast_shapes([value.type.shape, wanted]) != wanted:
        raise Error(f"a tensor of shape {value.type.shape} cannot be broadcast to {wanted}")
    first = len(wanted) - value.type.rank
    return hlo.broadcast_in_dim(value, wanted, range(first, len(wanted))).result


def broadcast_together(*values: Tensor) -> list[Tensor]:
    """Tensors repeated to their common shape."""
    shape = broadcast_shapes([value.type.shape for value in values])
    return [broadcast(value, shape) for value in values]


def along(x: Tensor, shape: Sequence[int], axis: int) -> Tensor:
    """A list, one element for each index of dimension `axis`, repeated to `shape`."""
    return hlo.broadcast_in_dim(x, shape, (axis,)).result


def expand_like(x: Tensor | Operation, shape: Sequence[int], missing: Sequence[int]) -> Tensor:
    """A tensor whose dimensions are those of `shape` but for `missing`, repeated along these."""
    kept = [axis for axis in range(len(shape)) if axis not in missing]
    return hlo.broadcast_in_dim(x, shape, kept).result


def with_ones(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The shape with size 1 at `axes`."""
    return tuple(1 if axis in axes else size for axis, size in enumerate(shape))


def is_float(element: Type) -> bool:
    """Whether it is a float type."""
    return isinstance(element, FloatType)


def is_unsigned(element: Type) -> bool:
    """Whether it is an unsigned integer type, or i1."""
    return isinstance(element, IntegerType) and (not element.is_signed or element.width == 1)


def accumulator(element: Type) -> Type:
    """The type in which sums are computed: f32 for half-precision floats, otherwise the same."""
    return f32 if element in (f16, bf16) else element


def lowest(element: Type) -> Any:
    """The neutral element of the maximum."""
    if isinstance(element, FloatType):
        return -np.inf
    if isinstance(element, IntegerType):
        return element.minimum
    raise NotLowered(f"there is no least element of `{element}`")


def highest(element: Type) -> Any:
    """The neutral element of the minimum."""
    if isinstance(element, FloatType):
        return np.inf
    if isinstance(element, IntegerType):
        return element.maximum
    raise NotLowered(f"there is no greatest element of `{element}`")


def reduce(x: Tensor, axes: Sequence[int], body: str, *, keep: bool = False) -> Tensor:
    """Reduces with `add`, `multiply`, `maximum`, `minimum`, `and` or `or`, from its neutral element.

    With `keep` the dimensions stay, of size 1.
    """
    element = x.type.element_type
    match body:
        case "maximum":
            init = lowest(element)
        case "minimum":
            init = highest(element)
        case _:
            init = {"add": 0, "multiply": 1, "and": True, "or": False}[body]
    made = hlo.reduce(x, scalar(init, element), sorted(axes), body).outputs[0]
    return reshape(made, with_ones(x.type.shape, axes)) if keep else made
