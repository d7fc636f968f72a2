"""Operators that move elements without computing with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    broadcast,
    broadcast_along,
    compare,
    convert,
    dims_of_sizes,
    full,
    full_like,
    iota,
    reshape,
    scalar,
    size_of,
    sizes_of,
    slice_range,
    static_sizes,
)
from couloir.frontends.torch.node import Lowered, Node, NotLowered, Scalar, lowers, normal_axis
from couloir.ir.operation import Value
from couloir.ir.types import i1, i32, i64


@lowers(
    "aten.view.default",
    "aten.reshape",
    "aten._unsafe_view",
    "aten._reshape_alias",
    "aten.unsqueeze",
    "aten.squeeze",
    "aten.flatten",
    "aten.unflatten",
    "aten.view_copy.default",
    "prims.view_of",
)
def view(node: Node, x: Tensor, *_: Any) -> Lowered:
    """The same elements in the shape of the result."""
    return reshape(x, node.sizes)


@lowers("aten.permute")
def permute(node: Node, x: Tensor, dims: Sequence[int]) -> Lowered:
    """Dimension i of the result is dimension `dims[i]`."""
    return _turned(x, [normal_axis(dim, x.type.rank) for dim in dims])


def _turned(x: Tensor, order: Sequence[int]) -> Tensor:
    return x if list(order) == list(range(x.type.rank)) else hlo.Transpose(x, tuple(order)).result


@lowers("aten.transpose.int", "aten.swapaxes")
def transpose(node: Node, x: Tensor, first: int, second: int) -> Lowered:
    """Two dimensions change places."""
    if not x.type.rank:
        return x
    order = list(range(x.type.rank))
    a, b = normal_axis(first, x.type.rank), normal_axis(second, x.type.rank)
    order[a], order[b] = b, a
    return _turned(x, order)


@lowers("aten.t", "aten.numpy_T")
def t(node: Node, x: Tensor) -> Lowered:
    """The matrix turned."""
    return _turned(x, range(x.type.rank - 1, -1, -1))


@lowers("aten.expand")
def expand(node: Node, x: Tensor, *_: Any, **__: Any) -> Lowered:
    """Repeated along dimensions of size 1 and new ones in front."""
    return broadcast(x, node.sizes)


@lowers("aten.repeat")
def repeat(node: Node, x: Tensor, repeats: Sequence[Size]) -> Lowered:
    """The whole tensor repeated along each dimension."""
    new = len(repeats) - x.type.rank
    sizes = [1] * new + list(sizes_of(x))
    shape: list[Size] = []
    for count, size in zip(repeats, sizes, strict=True):
        shape += [count, size]
    dimensions = [2 * (new + axis) + 1 for axis in range(x.type.rank)]
    numbers = static_sizes(shape)
    if numbers is None:
        return reshape(broadcast_along(x, shape, dimensions), node.sizes)
    return reshape(hlo.broadcast_in_dim(x, numbers, dimensions), node.sizes)


@lowers("aten.cat")
def cat(node: Node, tensors: Sequence[Tensor], dim: int = 0) -> Lowered:
    """Tensors one after the other; empty vectors count for nothing."""
    rank = len(node.sizes)
    parts = [convert(x, node.element) for x in tensors if x.type.rank == rank and x.type.dims != (0,)]
    if not parts:
        return convert(tensors[0], node.element)
    return parts[0] if len(parts) == 1 else hlo.Concatenate(parts, normal_axis(dim, rank))


# -- parts -------------------------------------------------------------------------------------------------------------


def _bound(position: Size | None, size: Size, default: Size) -> Size:
    """A bound of a slice, counted from the front and brought into the tensor."""
    if position is None:
        return default
    if isinstance(position, int) and isinstance(size, int):
        return min(max(position + size if position < 0 else position, 0), size)
    if isinstance(position, int) and position == 0:
        return 0
    if isinstance(position, int) and position >= _ENDLESS:
        return size
    at, length = (scalar(item, i32) if isinstance(item, int) else item for item in (position, size))
    if not isinstance(position, int) or position < 0:
        negative = compare(at, 0, hlo.ComparisonDirection.LT)
        at = hlo.Select(negative, hlo.Add(at, length), at).result
    return hlo.Minimum(hlo.Maximum(at, full_like(at, 0)), length).result


_ENDLESS = (1 << 31) - 1
"""PyTorch's bounds that mean the end are this at least."""


def _cut(x: Tensor, axis: int, start: Size, limit: Size, step: int, sizes: Sequence[Size]) -> Tensor:
    """A slice, which has the sizes that PyTorch says where they are known."""
    made = slice_range(x, axis, start, limit, step)
    if made is x or made.type.dims == dims_of_sizes(sizes):
        return made
    return reshape(made, sizes)  # its size is a number, though its bounds are not


@lowers("aten.slice.Tensor", "aten.slice_copy.Tensor")
def slice_(
    node: Node, x: Tensor, dim: int = 0, start: Size | None = None, end: Size | None = None, step: int = 1
) -> Lowered:
    """A range of one dimension."""
    axis = normal_axis(dim, x.type.rank)
    size = size_of(x, axis)
    first, limit = _bound(start, size, 0), _bound(end, size, size)
    if isinstance(first, int) and isinstance(limit, int):
        limit = max(first, limit)
    elif not (isinstance(first, int) and first == 0):
        a, b = (scalar(item, i32) if isinstance(item, int) else item for item in (first, limit))
        limit = hlo.Maximum(a, b).result
    return _cut(x, axis, first, limit, step, node.sizes)


@lowers("aten.narrow")
def narrow(node: Node, x: Tensor, dim: int, start: Size, length: Size) -> Lowered:
    """A range of one dimension, by its length."""
    axis = normal_axis(dim, x.type.rank)
    if not isinstance(start, int) or not isinstance(length, int):
        raise NotLowered("where it begins is computed")
    first = start + (x.type.dims[axis] or 0) if start < 0 else start
    return slice_range(x, axis, first, first + length)


@lowers("aten.select.int", "aten.select_copy.int")
def select(node: Node, x: Tensor, dim: int, index: Size) -> Lowered:
    """One index of a dimension, which goes."""
    axis = normal_axis(dim, x.type.rank)
    first, limit = _one(x, axis, index)
    return reshape(slice_range(x, axis, first, limit), node.sizes)


def _one(x: Tensor, axis: int, index: Size) -> tuple[Size, Size]:
    """The bounds of one element."""
    size = size_of(x, axis)
    if isinstance(index, int) and (index >= 0 or isinstance(size, int)):
        first = index if index >= 0 else index + (size if isinstance(size, int) else 0)
        return first, first + 1
    at = _bound(index, size, 0)
    value = scalar(at, i32) if isinstance(at, int) else at
    return value, hlo.Add(value, full_like(value, 1)).result


@lowers("aten.split_with_sizes", "aten.split_with_sizes_copy")
def split_with_sizes(node: Node, x: Tensor, sizes: Sequence[Size], dim: int = 0) -> Lowered:
    """Parts of one dimension, of these sizes."""
    axis, start = normal_axis(dim, x.type.rank), 0
    parts: list[Tensor] = []
    for size in sizes:
        if not isinstance(size, int):
            raise NotLowered("the sizes of its parts are computed")
        parts.append(slice_range(x, axis, start, start + size))
        start += size
    return parts


@lowers("aten.split.Tensor", "aten.chunk")
def split(node: Node, x: Tensor, count: Size, dim: int = 0) -> Lowered:
    """Parts of one dimension, as large as the results."""
    axis = normal_axis(dim, x.type.rank)
    return split_with_sizes(node, x, [shape()[axis] for shape in node.shapes], dim)


@lowers("aten.unbind")
def unbind(node: Node, x: Tensor, dim: int = 0) -> Lowered:
    """Each index of a dimension, which goes."""
    axis = normal_axis(dim, x.type.rank)
    return [reshape(slice_range(x, axis, i, i + 1), shape()) for i, shape in enumerate(node.shapes)]


@lowers("aten.diagonal")
def diagonal(node: Node, x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Lowered:
    """The diagonal of two dimensions, as a last one."""
    rows, columns = normal_axis(dim1, x.type.rank), normal_axis(dim2, x.type.rank)
    others = [axis for axis in range(x.type.rank) if axis not in (rows, columns)]
    turned = _turned(x, [*others, rows, columns])
    shape = static_sizes(sizes_of(turned))
    if shape is None:
        raise NotLowered("its sizes are not all known")
    *outer, height, width = shape
    first = (0, offset) if offset >= 0 else (-offset, 0)
    count = max(min(height - first[0], width - first[1]), 0)
    # Elements of a diagonal are `width + 1` apart.
    flat = reshape(turned, (*outer, height * width))
    start = first[0] * width + first[1]
    last = start + (count - 1) * (width + 1) + 1 if count else start
    return slice_range(flat, len(outer), min(start, height * width), min(last, height * width), width + 1)


@lowers("aten.as_strided")
def as_strided(
    node: Node, x: Tensor, size: Sequence[Size], stride: Sequence[Size], storage_offset: Size | None = None
) -> Lowered:
    """A view by strides of a dense tensor: one element of it for each index."""
    sizes, strides = static_sizes(size), static_sizes(stride)
    if sizes is None or strides is None or not x.type.is_static or not isinstance(storage_offset or 0, int):
        raise NotLowered("its sizes or strides are not all known")
    place = full_like(iota(sizes, i64, 0), storage_offset or 0) if sizes else scalar(storage_offset or 0, i64)
    for axis, step in enumerate(strides):
        counted = iota(sizes, i64, axis)
        place = hlo.Add(place, hlo.Multiply(counted, full_like(counted, step))).result
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(), collapsed_slice_dims=(0,), start_index_map=(0,), index_vector_dim=len(sizes)
    )
    return hlo.Gather(reshape(x, (x.type.size,)), place, numbers, (1,))


@lowers("aten.flip")
def flip(node: Node, x: Tensor, dims: Sequence[int]) -> Lowered:
    """The order turned round along dimensions."""
    axes = tuple(sorted({normal_axis(dim, x.type.rank) for dim in dims})) if x.type.rank else ()
    return hlo.Reverse(x, axes) if axes else x


@lowers("aten.roll")
def roll(node: Node, x: Tensor, shifts: Sequence[int], dims: Sequence[int] = ()) -> Lowered:
    """Elements moved along dimensions; those that leave come back in front."""
    if not dims:
        if not x.type.is_static:
            raise NotLowered("its sizes are not all known")
        return reshape(roll_one(reshape(x, (x.type.size,)), 0, shifts[0]), node.sizes)
    for shift, dim in zip(shifts, dims, strict=True):
        x = roll_one(x, normal_axis(dim, x.type.rank), shift)
    return x


def roll_one(x: Tensor, axis: int, shift: int) -> Tensor:
    """Elements moved along a dimension of known size."""
    size = x.type.dims[axis]
    if size is None:
        raise NotLowered(f"the size of dimension {axis}, along which it moves, is not known")
    at = -shift % size if size else 0
    if not at:
        return x
    return hlo.Concatenate([slice_range(x, axis, at, size), slice_range(x, axis, 0, at)], axis).result


# -- padding and replacing ---------------------------------------------------------------------------------------------


@lowers("aten.constant_pad_nd")
def constant_pad(node: Node, x: Tensor, pad: Sequence[Size], value: Scalar = 0) -> Lowered:
    """A number around the tensor; the padding of the last dimension comes first, and may be negative."""
    amounts = static_sizes(pad)
    if amounts is None:
        raise NotLowered("how much it pads is computed")
    low, high = [0] * x.type.rank, [0] * x.type.rank
    for number in range(len(amounts) // 2):
        low[-1 - number], high[-1 - number] = amounts[2 * number], amounts[2 * number + 1]
    made = hlo.Pad(x, scalar(value, x.type.element_type), tuple(low), tuple(high), (0,) * x.type.rank).result
    return made


@lowers("aten.select_scatter")
def select_scatter(node: Node, x: Tensor, source: Tensor, dim: int, index: Size) -> Lowered:
    """`x` with one index of a dimension replaced."""
    axis = normal_axis(dim, x.type.rank)
    first, _ = _one(x, axis, index)
    sizes = list(sizes_of(x))
    sizes[axis] = 1
    return _replaced(x, reshape(convert(source, x.type.element_type), sizes), axis, first)


@lowers("aten.slice_scatter")
def slice_scatter(
    node: Node,
    x: Tensor,
    source: Tensor,
    dim: int = 0,
    start: Size | None = None,
    end: Size | None = None,
    step: int = 1,
) -> Lowered:
    """`x` with a range of one dimension replaced."""
    axis = normal_axis(dim, x.type.rank)
    size = size_of(x, axis)
    first, limit = _bound(start, size, 0), _bound(end, size, size)
    part = convert(source, x.type.element_type)
    if step == 1:
        return _replaced(x, part, axis, first)
    if not (isinstance(size, int) and isinstance(first, int) and isinstance(limit, int)):
        raise NotLowered("its bounds are not known")
    count = max(-(-(limit - first) // step), 0)
    low, high, inner = [0] * x.type.rank, [0] * x.type.rank, [0] * x.type.rank
    low[axis], inner[axis] = first, step - 1
    high[axis] = size - first - (count + max(count - 1, 0) * (step - 1))
    kind = x.type.element_type
    spaced = hlo.Pad(part, scalar(0, kind), tuple(low), tuple(high), tuple(inner))
    everywhere = full(True, sizes_of(part), i1)
    here = hlo.Pad(everywhere, scalar(False, i1), tuple(low), tuple(high), tuple(inner))
    return hlo.Select(here, spaced, x)


def _replaced(x: Tensor, part: Tensor, axis: int, start: Size) -> Tensor:
    if 0 in part.type.dims:
        return x
    starts = [start if number == axis else 0 for number in range(x.type.rank)]
    indices = [item if isinstance(item, Value) else scalar(item, i32) for item in starts]
    return hlo.DynamicUpdateSlice(x, part, indices).result


@lowers("aten.tril", "aten.triu")
def triangle(node: Node, x: Tensor, diagonal: int = 0) -> Lowered:
    """The lower or upper triangle of matrices; 0 elsewhere."""
    sizes, rank = sizes_of(x), x.type.rank
    rows, columns = iota(sizes, i64, rank - 2), iota(sizes, i64, rank - 1)
    lower = node.target.startswith("aten.tril")
    direction = hlo.ComparisonDirection.LE if lower else hlo.ComparisonDirection.GE
    kept = hlo.Compare(columns, hlo.Add(rows, full_like(rows, diagonal)), direction)
    return hlo.Select(kept, x, full_like(x, 0))
