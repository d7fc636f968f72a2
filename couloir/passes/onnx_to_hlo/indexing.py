"""Operators that take or mask elements by position: gathers, ranges, triangles, one-hot."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.ir.types import IntegerType, Type, f64, i32, i64
from couloir.passes.onnx_to_hlo.constants import Array
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range, take_ranges
from couloir.passes.onnx_to_hlo.tensors import (
    along,
    broadcast,
    compare,
    convert,
    expand_like,
    full,
    full_like,
    is_float,
    is_unsigned,
    reshape,
)


def from_the_front(indices: Tensor, size: int) -> Tensor:
    """Indices of which negative ones count from the end."""
    if is_unsigned(indices.type.element_type):
        return indices
    negative = compare(indices, 0, hlo.ComparisonDirection.LT)
    return hlo.Select(negative, hlo.Add(indices, full_like(indices, size)), indices).result


def take(x: Tensor, axis: int, indices: Array) -> Tensor:
    """The slices at known positions of one axis: by a slice or a repetition where the positions allow it, else by a gather.

    Args:
        x: A tensor.
        axis: One of its dimensions.
        indices: A vector of integers, from 0 to less than the size.
    """
    shape, size = x.type.shape, x.type.shape[axis]
    count = len(indices)
    steps = np.diff(indices)
    if count and (count == 1 or ((steps == steps[0]).all() and steps[0])):
        step = int(steps[0]) if count > 1 else 1
        ranges = [range(length) for length in shape]
        ranges[axis] = range(int(indices[0]), int(indices[-1]) + (1 if step > 0 else -1), step)
        return x if ranges[axis] == range(size) else take_ranges(x, ranges)
    if count and size and count % size == 0 and (indices == np.repeat(np.arange(size), count // size)).all():
        wide = (*shape[: axis + 1], count // size, *shape[axis + 1 :])
        repeated = expand_like(x, wide, [axis + 1])
        return reshape(repeated, (*shape[:axis], count, *shape[axis + 1 :]))
    return gathered(x, hlo.constant(indices, i64).output, axis)


@lowers("Gather")
def gather(node: Node) -> Lowered:
    """`Gather` since 1, 11, 13: slices along one axis, in the places of the indices."""
    x, indices = node[0], node[1]
    shape, axis = x.type.shape, node.axis(x.type.rank)
    run = _run(node, shape[axis])
    if run is not None:
        result = (*shape[:axis], *indices.type.shape, *shape[axis + 1 :])
        return reshape(take_range(x, axis, run.start, run.stop, run.step), result)
    return gathered(x, from_the_front(indices, shape[axis]), axis)


def gathered(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """The slices at positions of one axis, in the places of the indices, none of which is negative."""
    shape, rank = x.type.shape, indices.type.rank
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(*range(axis), *range(axis + rank, axis + rank + x.type.rank - axis - 1)),
        collapsed_slice_dims=(axis,),
        start_index_map=(axis,),
        index_vector_dim=rank,
    )
    sizes = tuple(1 if number == axis else size for number, size in enumerate(shape))
    return hlo.Gather(x, indices, numbers, sizes).result


def _run(node: Node, size: int) -> range | None:
    """The indices as a range, when they are known and ascend evenly: then the gather is a slice."""
    known = node.constants.array(node[1])
    if known is None or not known.size:
        return None
    indices = [int(index) + (size if index < 0 else 0) for index in known.reshape(-1)]
    for index in (min(indices), max(indices)):
        if not 0 <= index < size:
            raise Error(f"the index {index} is not within the {size} elements of the axis")
    step = indices[1] - indices[0] if len(indices) > 1 else 1
    run = range(indices[0], indices[-1] + 1, step) if step > 0 else range(0)
    return run if list(run) == indices else None


@lowers("GatherElements")
def gather_elements(node: Node) -> Lowered:
    """`GatherElements` since 11, 13: along one axis at the index, along the others at the same place."""
    x, indices = node[0], node[1]
    axis, rank = node.axis(x.type.rank), x.type.rank
    vectors = element_positions(from_the_front(indices, x.type.shape[axis]), axis)
    every = tuple(range(rank))
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(), collapsed_slice_dims=every, start_index_map=every, index_vector_dim=rank
    )
    return hlo.Gather(x, vectors, numbers, (1,) * rank)


def element_positions(chosen: Tensor, axis: int) -> Tensor:
    """For each element its position, with what is chosen along one axis: [..., rank]."""
    shape, rank = chosen.type.shape, chosen.type.rank
    columns = [
        chosen if number == axis else hlo.iota(shape, chosen.type.element_type, number).output for number in range(rank)
    ]
    return hlo.Concatenate([reshape(column, (*shape, 1)) for column in columns], rank).result


def vectors_from_the_front(indices: Tensor, sizes: Sequence[int]) -> Tensor:
    """Vectors of indices, in the last dimension, along dimensions of these sizes; negative ones count from the end."""
    limits = hlo.constant(list(sizes), indices.type.element_type).output
    negative = compare(indices, 0, hlo.ComparisonDirection.LT)
    moved = hlo.Add(indices, along(limits, indices.type.shape, indices.type.rank - 1))
    return hlo.Select(negative, moved, indices).result


@lowers("GatherND")
def gather_nd(node: Node) -> Lowered:
    """`GatherND` since 11, 12 (`batch_dims`), 13: the last dimension of the indices holds positions."""
    x, indices = node[0], node[1]
    batch, rank, depth = node.integer("batch_dims"), indices.type.rank, indices.type.shape[-1]
    mapped = tuple(range(batch, batch + depth))
    vectors = vectors_from_the_front(indices, [x.type.shape[axis] for axis in mapped])
    rest = x.type.rank - batch - depth
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=tuple(range(rank - 1, rank - 1 + rest)),
        collapsed_slice_dims=mapped,
        operand_batching_dims=tuple(range(batch)),
        start_indices_batching_dims=tuple(range(batch)),
        start_index_map=mapped,
        index_vector_dim=rank - 1,
    )
    sizes = (1,) * (batch + depth) + x.type.shape[batch + depth :]
    return hlo.Gather(x, vectors, numbers, sizes)


@lowers("Range")
def range_(node: Node) -> Lowered:
    """`Range` since 11, 27: `start + i * delta`."""
    start, limit, delta = (
        node.constant(index, name).reshape(-1)[0] for index, name in enumerate(("start", "limit", "delta"))
    )
    if not delta:
        raise Error("the delta of `Range` is 0")
    exact = float if is_float(node[0].type.element_type) else int
    count = max(math.ceil((exact(limit) - exact(start)) / exact(delta)), 0)
    element = node[0].type.element_type
    working = element if not isinstance(element, IntegerType) or element.width >= 32 else i32
    steps = hlo.Multiply(hlo.iota((count,), working, 0), full(delta, (count,), working))
    return convert(hlo.Add(steps, full(start, (count,), working)), element)


@lowers("Trilu")
def triangle(node: Node) -> Lowered:
    """`Trilu` since 14: the upper or lower triangle of matrices."""
    x = node[0]
    offset = int(node.constant(1, "k").reshape(-1)[0]) if node.has(1) else 0
    kept = _diagonals(x, offset, hlo.ComparisonDirection.LE if node.integer("upper", 1) else hlo.ComparisonDirection.GE)
    return hlo.Select(kept, x, full_like(x, 0))


def _diagonals(x: Tensor, offset: int, direction: hlo.ComparisonDirection) -> Tensor:
    """Where `row + offset` compares so with the column."""
    rank, shape = x.type.rank, x.type.shape
    limit = max((1 << 30) - 1, *shape)
    rows = hlo.iota(shape, i64, rank - 2)
    moved = hlo.Add(rows, full(min(max(offset, -limit), limit), shape, i64))
    return hlo.Compare(moved, hlo.iota(shape, i64, rank - 1), direction).result


@lowers("EyeLike")
def eye_like(node: Node) -> Lowered:
    """`EyeLike` since 9, 22: ones on a diagonal."""
    return convert(_diagonals(node[0], node.integer("k"), hlo.ComparisonDirection.EQ), node.result_element())


@lowers("OneHot")
def one_hot(node: Node) -> Lowered:
    """`OneHot` since 9, 11, 28: a new axis, with one value at the index and another elsewhere."""
    indices, values = node[0], node[2]
    depth = int(node.constant(1, "depth").reshape(-1)[0])
    rank = indices.type.rank + 1
    axis = normal_axis(node.integer("axis", -1), rank)
    shape = (*indices.type.shape[:axis], depth, *indices.type.shape[axis:])
    working: Type = indices.type.element_type
    chosen = from_the_front(indices, depth)
    if not isinstance(working, IntegerType) or working.width < 32:
        working = i64 if isinstance(working, IntegerType) else f64
        chosen = convert(chosen, working)
    places = hlo.iota(shape, working, axis).output
    hit = compare(places, expand_like(chosen, shape, [axis]), hlo.ComparisonDirection.EQ)
    off, on = (broadcast(reshape(take_range(values, 0, i, i + 1), ()), shape) for i in range(2))
    return hlo.Select(hit, on, off)
