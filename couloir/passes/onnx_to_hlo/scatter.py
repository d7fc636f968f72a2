"""Operators that write elements by position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.reduction import reducer
from couloir.ir.errors import Error
from couloir.ir.types import i1, i64
from couloir.passes.onnx_to_hlo.indexing import element_positions, from_the_front, vectors_from_the_front
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import convert, full, reshape, scalar

_REDUCTIONS: Final = {"add": "add", "mul": "multiply", "max": "maximum", "min": "minimum"}


def _second(old: Tensor, new: Tensor) -> Tensor:
    return new


def _scattered(
    x: Tensor, indices: Tensor, updates: Tensor, reduction: str, *, windows: Sequence[int], written: Sequence[int]
) -> Tensor:
    """`x` with updates at the positions that the last dimension of the indices holds.

    Args:
        x: What is written to.
        indices: [..., depth]: positions along the dimensions `written`.
        updates: [..., windows]
        reduction: `none`, where an update replaces the element, or as of ONNX's operators.
        windows: The dimensions of the updates that are whole dimensions of `x`.
        written: See there.
    """
    element = x.type.element_type
    if reduction == "none":
        body = reducer(_second, [element])
    elif reduction not in _REDUCTIONS:
        raise NotLowered(f"the reduction `{reduction}` is not known")
    elif element is i1:
        body = reducer("or" if reduction in ("add", "max") else "and", [element])
    else:
        body = reducer(_REDUCTIONS[reduction], [element])
    numbers = hlo.ScatterDimensionNumbers(
        update_window_dims=tuple(windows),
        inserted_window_dims=tuple(written),
        scatter_dims_to_operand_dims=tuple(written),
        index_vector_dim=indices.type.rank - 1,
    )
    made: Any = hlo.Scatter([x], indices, [updates], numbers, update_computation=body)
    return made.outputs[0]


@lowers("ScatterElements", "Scatter")
def scatter_elements(node: Node) -> Lowered:
    """`ScatterElements` since 11, 13, 16 (`reduction`), 18, and `Scatter` since 9: along one axis at the index."""
    x, indices, updates = node[0], node[1], node[2]
    axis, rank = node.axis(x.type.rank), x.type.rank
    positions = element_positions(from_the_front(indices, x.type.shape[axis]), axis)
    return _scattered(x, positions, updates, node.string("reduction", "none"), windows=(), written=range(rank))


@lowers("ScatterND")
def scatter_nd(node: Node) -> Lowered:
    """`ScatterND` since 11, 13, 16 (`reduction`), 18: the last dimension of the indices holds positions."""
    x, indices, updates = node[0], node[1], node[2]
    depth, batch = indices.type.shape[-1], indices.type.rank - 1
    positions = vectors_from_the_front(indices, x.type.shape[:depth])
    windows = range(batch, updates.type.rank)
    return _scattered(x, positions, updates, node.string("reduction", "none"), windows=windows, written=range(depth))


@lowers("TensorScatter")
def tensor_scatter(node: Node) -> Lowered:
    """`TensorScatter` since 24: writes a run of elements along an axis, from a position of each batch on; as a cache does."""
    x, update, starts = node[0], node[1], node.optional(2)
    shape, axis = x.type.shape, node.axis(x.type.rank, default=-2)
    size, run = shape[axis], update.type.shape
    places = hlo.iota(run, i64, axis).output
    if starts is not None:
        places = hlo.Add(places, hlo.broadcast_in_dim(convert(starts, i64), run, (0,))).result
    if node.string("mode", "linear") == "circular":
        places = hlo.Remainder(places, full(size, run, i64)).result
    return _scattered(x, element_positions(places, axis), update, "none", windows=(), written=range(x.type.rank))


@lowers("MaxUnpool")
def max_unpool(node: Node) -> Lowered:
    """`MaxUnpool` since 9, 11, 22: puts each element at its index in the flat result, among zeros."""
    x, indices = node[0], node[1]
    spatial = x.type.shape[2:]
    rank = len(spatial)
    kernel = node.integers("kernel_shape") or ()
    strides = node.integers("strides") or (1,) * rank
    pads = node.integers("pads") or (0,) * (2 * rank)
    # The indices count in a result of this shape, whatever shape is asked for.
    inferred = [
        (size - 1) * stride + width - pads[number] - pads[number + rank]
        for number, (size, stride, width) in enumerate(zip(spatial, strides, kernel, strict=True))
    ]
    natural = (*x.type.shape[:2], *inferred)
    flat = full(0, (math.prod(natural),), x.type.element_type)
    count = math.prod(x.type.shape)
    positions = reshape(indices, (count, 1))
    made = reshape(_scattered(flat, positions, reshape(x, (count,)), "none", windows=(), written=(0,)), natural)
    if not node.has(2):
        return made
    wanted = node.constant_integers(2, "output shape")
    if len(wanted) != len(natural):
        raise Error(f"the output shape {list(wanted)} has not the rank of the input, {len(natural)}")
    extra = tuple(size - old for size, old in zip(wanted, natural, strict=True))
    zeros = (0,) * len(extra)
    return hlo.Pad(made, scalar(0, x.type.element_type), zeros, extra, zeros)


@lowers("ReverseSequence")
def reverse_sequence(node: Node) -> Lowered:
    """`ReverseSequence` since 10: the first elements along one axis backwards, as many as each batch says."""
    x, lengths = node[0], convert(node[1], i64)
    shape = x.type.shape
    batch, time = node.integer("batch_axis", 1), node.integer("time_axis", 0)
    places = hlo.iota(shape, i64, time).output
    counts = hlo.broadcast_in_dim(lengths, shape, (batch,)).result
    mirrored = hlo.Subtract(hlo.Subtract(counts, places), full(1, shape, i64)).result
    inside = hlo.Compare(places, counts, hlo.ComparisonDirection.LT)
    chosen = hlo.Select(inside, mirrored, places).result
    every = tuple(range(x.type.rank))
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(), collapsed_slice_dims=every, start_index_map=every, index_vector_dim=x.type.rank
    )
    return hlo.Gather(x, element_positions(chosen, time), numbers, (1,) * x.type.rank)
