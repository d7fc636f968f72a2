"""The memref dialect: a buffer is an array that is written to in place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from couloir.backends.numpy import memory
from couloir.backends.numpy.arguments import new_buffer
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Global, Steps, meaning
from couloir.dialects import memref
from couloir.dialects.index_lists import DYNAMIC
from couloir.ir.attributes import UnitAttr
from couloir.ir.errors import Error
from couloir.ir.types import MemRefType, ShapedType, StridedLayoutAttr


def dynamic_shape(type: ShapedType, sizes: Sequence[Array]) -> list[int]:
    """The shape of a type whose unknown dimensions have the given sizes."""
    given = iter(sizes)
    return [int(next(given)) if size is None else size for size in type.dims]


@meaning(memref.Alloc, memref.Alloca)
def _alloc(xp: ArrayNamespace, op: memref.Alloc | memref.Alloca, *sizes: Array) -> Array:
    return new_buffer(xp, op.memref.type, dynamic_shape(op.memref.type, sizes))


@meaning(memref.Dealloc)
def _dealloc(xp: ArrayNamespace, op: memref.Dealloc, buffer: Array) -> None:
    """The array goes when nobody refers to it."""


@meaning(memref.Load)
def _load(xp: ArrayNamespace, op: memref.Load, buffer: Array, *indices: Array) -> Array:
    return memory.element(buffer, [int(index) for index in indices])


@meaning(memref.Store)
def _store(xp: ArrayNamespace, op: memref.Store, value: Array, buffer: Array, *indices: Array) -> None:
    memory.store(buffer, [int(index) for index in indices], value)


@meaning(memref.Copy)
def _copy(xp: ArrayNamespace, op: memref.Copy, source: Array, target: Array) -> None:
    if source.shape != target.shape:
        raise Error(f"a buffer of shape {list(source.shape)} is copied to one of shape {list(target.shape)}")
    target[...] = source


@meaning(memref.Dim)
def _dim(xp: ArrayNamespace, op: memref.Dim, source: Array, index: Array) -> Array:
    return size_of_dimension(source, index)


def size_of_dimension(source: Array, index: Array) -> Array:
    """The size of a dimension whose number is an index."""
    if not 0 <= int(index) < source.ndim:
        raise Error(f"there is no dimension {int(index)} in the shape {list(source.shape)}")
    return np.asarray(source.shape[int(index)], dtype=np.int64)


@meaning(memref.Cast)
def _cast(xp: ArrayNamespace, op: memref.Cast, source: Array) -> Array:
    check_dims(source, op.dest.type)
    return source


def check_dims(source: Array, type: object) -> None:
    """Raises `couloir.Error` unless an array has the dimensions that a type knows."""
    if isinstance(type, ShapedType) and (
        source.ndim != type.rank or any(d is not None and d != s for d, s in zip(type.dims, source.shape, strict=True))
    ):
        raise Error(f"an array of shape {list(source.shape)} is cast to `{type}`")


@meaning(memref.Global)
def _global(xp: ArrayNamespace, op: memref.Global) -> Array:
    value = op.initial_value
    if value is None or isinstance(value, UnitAttr):
        return new_buffer(xp, op.type, op.type.shape)
    array = xp.array(constant_array(value)).reshape(op.type.shape)
    return array if op.constant else array.copy()


@meaning(memref.GetGlobal)
def _get_global(xp: ArrayNamespace, op: memref.GetGlobal) -> Steps:
    return (yield Global(op.name_))


@meaning(memref.ReinterpretCast)
def _reinterpret_cast(xp: ArrayNamespace, op: memref.ReinterpretCast, source: Array, *indices: Array) -> Array:
    """The same memory. The offset counts from the start of the buffer of which the source may be a part."""
    numbers = iter([int(index) for index in indices])
    offsets, sizes, strides = (
        [next(numbers) if number == DYNAMIC else number for number in static]
        for static in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    start = offsets[0] - _offset(op.source.type)
    item = source.itemsize
    extent = 1 + sum((size - 1) * (step // item) for size, step in zip(source.shape, source.strides, strict=True))
    last = start + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if 0 in sizes:
        return np.zeros(sizes, source.dtype)
    if min(start, *strides, *sizes, 0) < 0 or source.size == 0 or last >= extent:
        raise Error(
            f"elements {start} to {last} are reached in a buffer of {extent if source.size else 0}",
            hint="offset, sizes and strides count elements",
        )
    flat = as_strided(source, [extent], [item])
    return as_strided(flat[start:], sizes, [stride * item for stride in strides])


@meaning(memref.SubView)
def _subview(xp: ArrayNamespace, op: memref.SubView, source: Array, *indices: Array) -> Array:
    """The same memory; dimensions of size 1 that the type leaves out are gone."""
    numbers = iter([int(index) for index in indices])
    offsets, sizes, strides = (
        [next(numbers) if number == DYNAMIC else number for number in static]
        for static in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    part: list[slice] = []
    for axis, (start, size, step, extent) in enumerate(zip(offsets, sizes, strides, source.shape, strict=True)):
        last = start + (size - 1) * step
        if start < 0 or size < 0 or step < 1 or (size and last >= extent):
            raise Error(f"elements {start} to {last} are taken of dimension {axis} of size {extent}")
        part.append(slice(start, start + size * step, step))
    return source[tuple(part)][_kept(op.static_sizes, op.result.type)]


def _kept(sizes: Sequence[int], type: MemRefType) -> tuple[int | slice, ...]:
    """Of the dimensions of a part those that its type has; it may leave out static ones of size 1."""
    dims, kept = list(type.dims), list[int | slice]()
    for size in sizes:
        if dims and dims[0] == (None if size == DYNAMIC else size):
            kept.append(slice(None))
            dims.pop(0)
        elif size == 1:
            kept.append(0)
        else:
            dims.append(-1)  # fits nothing
    if dims:
        raise Error(f"a part of the sizes {['?' if size == DYNAMIC else size for size in sizes]} is no `{type}`")
    return tuple(kept)


@meaning(memref.ExpandShape)
def _expand_shape(xp: ArrayNamespace, op: memref.ExpandShape, source: Array, *sizes: Array) -> Array:
    numbers = iter([int(size) for size in sizes])
    shape = [next(numbers) if size == DYNAMIC else size for size in op.static_output_shape]
    return _reshaped_view(source, shape)


@meaning(memref.CollapseShape)
def _collapse_shape(xp: ArrayNamespace, op: memref.CollapseShape, source: Array) -> Array:
    return _reshaped_view(source, [math.prod(source.shape[axis] for axis in group) for group in op.reassociation])


def _reshaped_view(source: Array, shape: Sequence[int]) -> Array:
    """The same memory in another shape. Raises `couloir.Error` where that would need a copy."""
    if math.prod(shape) != source.size:
        raise Error(f"a buffer of shape {list(source.shape)} cannot have the shape {list(shape)}")
    view = source.reshape(shape)
    if source.size and not np.may_share_memory(view, source):
        raise Error(f"the elements of a buffer of shape {list(source.shape)} do not lie together for {list(shape)}")
    return view


def _offset(type: object) -> int:
    layout = type.layout if isinstance(type, MemRefType) else None
    offset = layout.offset if isinstance(layout, StridedLayoutAttr) else 0
    if offset is None:
        raise Error(f"where a buffer of type `{type}` begins is not known")
    return offset
