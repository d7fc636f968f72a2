"""Short ways to StableHLO that frontends and passes share: constants like a tensor, broadcasting as in NumPy, reductions.

A size is a whole number, or a value that holds it when the program runs (a `tensor<i32>`). The functions make the
static op where all sizes are numbers, and the dynamic one otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.dynamic import (
    dynamic_broadcast_in_dim,
    dynamic_iota,
    dynamic_reshape,
    real_dynamic_slice,
)
from couloir.dialects.hlo.elementwise import Compare
from couloir.dialects.hlo.elementwise import convert as hlo_convert
from couloir.dialects.hlo.reduction import reduce as hlo_reduce
from couloir.dialects.hlo.shape import (
    Concatenate,
    GetDimensionSize,
    Slice,
    broadcast_in_dim,
    constant,
)
from couloir.dialects.hlo.shape import iota as hlo_iota
from couloir.dialects.hlo.shape import reshape as hlo_reshape
from couloir.dialects.shapes import Dims, as_tensor
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import FloatType, IntegerType, TensorType, Type, bf16, f16, f32

Tensor: TypeAlias = "Value[TensorType]"
Size: TypeAlias = "int | Value[TensorType]"
"""A number, or a scalar of type i32 that holds it when the program runs."""


# -- sizes -------------------------------------------------------------------------------------------------------------


def size_of(x: Tensor, axis: int) -> Size:
    """The size of one dimension."""
    found = x.type.dims[axis]
    return GetDimensionSize(x, axis).result if found is None else found


def sizes_of(x: Tensor) -> tuple[Size, ...]:
    """The sizes of all dimensions."""
    return tuple(size_of(x, axis) for axis in range(x.type.rank))


def dims_of_sizes(sizes: Sequence[Size]) -> Dims:
    """The dimensions of a type with these sizes."""
    return tuple(size if isinstance(size, int) else None for size in sizes)


def static_sizes(sizes: Sequence[Size]) -> tuple[int, ...] | None:
    """The sizes as numbers, or None when one is known only when the program runs."""
    found = [size for size in sizes if isinstance(size, int)]
    return tuple(found) if len(found) == len(sizes) else None


def shape_operand(sizes: Sequence[Size]) -> Tensor:
    """Sizes as one `tensor<nxi32>`, which dynamic ops take."""
    numbers = static_sizes(sizes)
    if numbers is not None:
        return constant(np.asarray(numbers, np.int32)).output
    parts = [
        constant(np.asarray([size], np.int32)).output if isinstance(size, int) else hlo_reshape(size, (1,)).result
        for size in sizes
    ]
    return parts[0] if len(parts) == 1 else Concatenate(parts, 0).result


# -- constants ---------------------------------------------------------------------------------------------------------


def scalar(number: Any, element: Type) -> Tensor:
    """A constant of rank 0."""
    return constant(number, element).output


def full(number: Any, sizes: Sequence[Size], element: Type) -> Tensor:
    """A constant with one value everywhere."""
    numbers = static_sizes(sizes)
    if numbers is not None:
        return constant(number, element, shape=numbers).output
    return dynamic_broadcast_in_dim(scalar(number, element), shape_operand(sizes), (), dims=dims_of_sizes(sizes)).result


def full_like(x: Tensor, number: Any) -> Tensor:
    """A constant with one value everywhere, of the type of `x`."""
    return full(number, sizes_of(x), x.type.element_type)


def iota(sizes: Sequence[Size], element: Type, axis: int) -> Tensor:
    """Counts from 0 along `axis`."""
    numbers = static_sizes(sizes)
    if numbers is not None:
        return hlo_iota(numbers, element, axis).output
    return dynamic_iota(shape_operand(sizes), element, axis, dims=dims_of_sizes(sizes)).result


# -- shapes ------------------------------------------------------------------------------------------------------------


def convert(x: Tensor | Operation, element: Type) -> Tensor:
    """`x` with another element type; `x` itself when it has that type."""
    value = as_tensor(x)
    return value if value.type.element_type is element else hlo_convert(value, element).result


def reshape(x: Tensor | Operation, sizes: Sequence[Size]) -> Tensor:
    """`x` in another shape; `x` itself when it has that shape. Raises `couloir.Error` when it has not as many elements."""
    value = as_tensor(x)
    numbers = static_sizes(sizes)
    if numbers is None:
        return dynamic_reshape(value, shape_operand(sizes), dims=dims_of_sizes(sizes)).result
    if value.type.is_static and value.type.size != math.prod(numbers):
        raise Error(f"a tensor of shape {value.type.shape} cannot be reshaped to {numbers}")
    return value if value.type.dims == numbers else hlo_reshape(value, numbers).result


def broadcast_shapes(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The common shape of tensors that are broadcast to each other. Raises `couloir.Error` when there is none."""
    try:
        return np.broadcast_shapes(*map(tuple, shapes))
    except ValueError:
        listed = ", ".join("x".join(map(str, shape)) or "scalar" for shape in shapes)
        raise Error(f"the shapes {listed} cannot be broadcast to each other") from None


def common_sizes(shapes: Sequence[Sequence[Size]]) -> tuple[Size, ...]:
    """As `broadcast_shapes`, for sizes that may be known only when the program runs.

    Such a size is never taken for 1: it is the same in all tensors that have it, and is the number where one has it.
    """
    numbers = [found for shape in shapes if (found := static_sizes(shape)) is not None]
    if len(numbers) == len(shapes):
        return broadcast_shapes(numbers)
    rank = max(map(len, shapes))
    result: list[Size] = []
    for axis in range(-rank, 0):
        found = [shape[axis] for shape in shapes if len(shape) >= -axis]
        known = {size for size in found if isinstance(size, int) and size != 1}
        if len(known) > 1:
            raise Error(f"the sizes {', '.join(map(str, sorted(known)))} cannot be broadcast to each other")
        result.append(known.pop() if known else next((size for size in found if isinstance(size, Value)), 1))
    return tuple(result)


def broadcast(x: Tensor | Operation, sizes: Sequence[Size]) -> Tensor:
    """`x` repeated to a shape as NumPy does: dimensions are aligned at the last one."""
    value = as_tensor(x)
    wanted = tuple(sizes)
    numbers = static_sizes(wanted)
    first = len(wanted) - value.type.rank
    if numbers is not None and value.type.is_static:
        if value.type.dims == numbers:
            return value
        if broadcast_shapes([value.type.shape, numbers]) != numbers:
            raise Error(f"a tensor of shape {value.type.shape} cannot be broadcast to {numbers}")
        return broadcast_in_dim(value, numbers, range(first, len(wanted))).result
    return broadcast_along(value, wanted, range(first, len(wanted)))


def broadcast_along(x: Tensor | Operation, sizes: Sequence[Size], dimensions: Sequence[int]) -> Tensor:
    """`x`, whose dimension i becomes dimension `dimensions[i]`, repeated along the others and from size 1."""
    value = as_tensor(x)
    numbers = static_sizes(sizes)
    if numbers is not None:
        return broadcast_in_dim(value, numbers, tuple(dimensions)).result
    if value.type.dims == dims_of_sizes(sizes) and tuple(dimensions) == tuple(range(len(sizes))):
        return value  # sizes that are open on both sides are the same
    pairs = [(value.type.dims[i], sizes[axis]) for i, axis in enumerate(dimensions)]
    # Which dimensions repeat is known, though not how often: upstream cannot infer it from the types.
    expanding = tuple(i for i, (size, wanted) in enumerate(pairs) if size == 1 and wanted != 1)
    rest = tuple(i for i in range(len(pairs)) if i not in expanding)
    return dynamic_broadcast_in_dim(
        value,
        shape_operand(sizes),
        tuple(dimensions),
        dims=dims_of_sizes(sizes),
        known_expanding_dimensions=expanding,
        known_nonexpanding_dimensions=rest,
    ).result


def broadcast_together(*values: Tensor) -> list[Tensor]:
    """Tensors repeated to their common shape."""
    sizes = common_sizes([sizes_of(value) for value in values])
    return [broadcast(value, sizes) for value in values]


def along(x: Tensor, sizes: Sequence[Size], axis: int) -> Tensor:
    """A list, one element for each index of dimension `axis`, repeated to a shape."""
    return broadcast_along(x, sizes, (axis,))


def expand_like(x: Tensor | Operation, sizes: Sequence[Size], missing: Sequence[int]) -> Tensor:
    """A tensor whose dimensions are those of a shape but for `missing`, repeated along these."""
    kept = [axis for axis in range(len(sizes)) if axis not in missing]
    return broadcast_along(x, sizes, kept)


def with_ones(sizes: Sequence[Size], axes: Sequence[int]) -> tuple[Any, ...]:
    """The shape with size 1 at `axes`."""
    return tuple(1 if axis in axes else size for axis, size in enumerate(sizes))


def slice_range(x: Tensor, axis: int, start: Size, limit: Size, stride: int = 1) -> Tensor:
    """The elements of one dimension from `start` up to but without `limit`, every `stride`-th; `x` itself when these are all."""
    size, rank = size_of(x, axis), x.type.rank
    if isinstance(start, int) and start == 0 and stride == 1 and (limit is size or limit == size):
        return x
    starts: list[Size] = [0] * rank
    limits = list(sizes_of(x))
    strides = [1] * rank
    starts[axis], limits[axis], strides[axis] = start, limit, stride
    fixed, ends = static_sizes(starts), static_sizes(limits)
    if fixed is not None and ends is not None:
        return Slice(x, fixed, ends, tuple(strides)).result
    dims = list(x.type.dims)
    dims[axis] = -((start - limit) // stride) if isinstance(start, int) and isinstance(limit, int) else None
    return real_dynamic_slice(
        x, shape_operand(starts), shape_operand(limits), shape_operand(strides), dims=tuple(dims)
    ).result


# -- element types and reductions --------------------------------------------------------------------------------------


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
    raise Error(f"there is no least element of `{element}`")


def highest(element: Type) -> Any:
    """The neutral element of the minimum."""
    if isinstance(element, FloatType):
        return np.inf
    if isinstance(element, IntegerType):
        return element.maximum
    raise Error(f"there is no greatest element of `{element}`")


def neutral(body: str, element: Type) -> Any:
    """What a reduction by `add`, `multiply`, `maximum`, `minimum`, `and` or `or` starts from."""
    match body:
        case "maximum":
            return lowest(element)
        case "minimum":
            return highest(element)
        case _:
            return {"add": 0, "multiply": 1, "and": True, "or": False}[body]


def reduce(x: Tensor, axes: Sequence[int], body: str, *, keep: bool = False) -> Tensor:
    """Reduces with `add`, `multiply`, `maximum`, `minimum`, `and` or `or`, from its neutral element.

    With `keep` the dimensions stay, of size 1.
    """
    element = x.type.element_type
    made = hlo_reduce(x, scalar(neutral(body, element), element), sorted(axes), body).outputs[0]
    return reshape(made, with_ones(sizes_of(x), axes)) if keep else made


def compare(a: Tensor, b: Tensor | float, direction: ComparisonDirection) -> Tensor:
    """Compares a tensor with another of its type, or with a number."""
    other = full_like(a, b) if isinstance(b, int | float) else b
    return Compare(a, other, direction).result
