"""Operators whose results have a size that depends on values.

StableHLO's sizes are known. So these are lowered when the values are known, or on request with results of the largest size (the
option `pad_indices` of the pass).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.scans import extreme_position
from couloir.ir.types import i64
from couloir.passes.onnx_to_hlo.elementwise import compare
from couloir.passes.onnx_to_hlo.indexing import gathered, take
from couloir.passes.onnx_to_hlo.loops import counted, with_row
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.sorting import sort_with_positions
from couloir.passes.onnx_to_hlo.tensors import broadcast, expand_like, full, full_like, reduce, reshape, scalar

_UNKNOWN: Final = "how large its result is depends on values that are known only when the model runs"
_PADDED: Final = (
    "onnx-to-hlo{pad-indices=true} gives the largest number of indices, with -1 for those that are not there"
)


@lowers("Unique", "MelWeightMatrix")
def by_values(node: Node) -> Lowered:
    """`Unique` and `MelWeightMatrix` of constants, which are computed."""
    raise NotLowered(_UNKNOWN)


@lowers("Compress")
def compress(node: Node) -> Lowered:
    """`Compress` since 9, 11, 28: the slices for which a known condition holds."""
    x, axis = node[0], node.attribute("axis")
    chosen = np.flatnonzero(node.constant(1, "condition"))
    if axis is None:
        return take(reshape(x, (math.prod(x.type.shape),)), 0, chosen)
    return take(x, normal_axis(axis, x.type.rank), chosen)


def _compacted(rows: Tensor, present: Tensor) -> Tensor:
    """The rows that are present, in order, and after them -1.

    Args:
        rows: [count, width] of i64.
        present: [count] of i1.
    """
    count = rows.type.shape[0]
    places = hlo.iota((count,), i64, 0).output
    later = hlo.Select(present, places, hlo.Add(places, full_like(places, count))).result
    _, order = sort_with_positions(later, 0)
    shown = hlo.Select(expand_like(present, rows.type.shape, [1]), rows, full_like(rows, -1)).result
    return gathered(shown, order, 0)


PADDED: Final = frozenset({"NonZero", "NonMaxSuppression"})
"""What `pad_indices` is about."""


@lowers("NonZero")
def non_zero(node: Node) -> Lowered:
    """`NonZero` since 9, 13, 28, of the largest size: the positions of what is not zero, one column each, and then -1."""
    if not node.pad_indices:
        raise NotLowered(_UNKNOWN, hint=_PADDED)
    x = node[0]
    count = math.prod(x.type.shape)
    columns = [reshape(hlo.iota(x.type.shape, i64, axis), (count, 1)) for axis in range(x.type.rank)] or [
        full(0, (count, 1), i64)
    ]
    rows = columns[0] if len(columns) == 1 else hlo.Concatenate(columns, 1).result
    present = reshape(compare(x, 0, hlo.ComparisonDirection.NE), (count,))
    return hlo.Transpose(_compacted(rows, present), (1, 0))


# -- boxes -------------------------------------------------------------------------------------------------------------------


@lowers("NonMaxSuppression")
def non_max_suppression(node: Node) -> Lowered:
    """`NonMaxSuppression` since 10, 11, of the largest size: batch, class and number of the boxes that are kept, and then -1.

    Of each class the box with the highest score is kept, and what overlaps it too much dropped; then the next one.
    """
    if not node.pad_indices:
        raise NotLowered(_UNKNOWN, hint=_PADDED)
    boxes, scores = node[0], node[1]
    batches, classes, count = scores.type.shape
    groups = batches * classes
    wanted = int(node.constant(2, "number of boxes").reshape(-1)[0]) if node.has(2) else 0
    steps = min(max(wanted, 0), count)
    if not steps or not groups:
        return full(0, (0, 3), i64)
    edges = _edges(node, boxes, classes)
    flat = reshape(scores, (groups, count))
    lowest = full_like(flat, -np.inf)
    bound = node.optional(4)
    if bound is not None:
        above = hlo.Compare(flat, broadcast(reshape(bound, ()), flat.type.shape), hlo.ComparisonDirection.GT)
        flat = hlo.Select(above, flat, lowest).result
    overlap = node.optional(3)
    limit = scalar(0, flat.type.element_type) if overlap is None else reshape(overlap, ())

    def step(number: Tensor, carried: list[Tensor]) -> list[Tensor]:
        chosen, left = carried
        best = extreme_position(left, 1, "maximum")
        is_there = compare(reduce(left, [1], "maximum"), -np.inf, hlo.ComparisonDirection.GT)
        kept = hlo.Select(is_there, best, full_like(best, -1)).result
        places = hlo.iota((groups, count), i64, 1).output
        here = hlo.Compare(places, expand_like(best, (groups, count), [1]), hlo.ComparisonDirection.EQ).result
        near = _overlap(edges, here)
        dropped = hlo.Or(here, hlo.Compare(near, broadcast(limit, near.type.shape), hlo.ComparisonDirection.GT))
        return [with_row(chosen, number, kept), hlo.Select(dropped, lowest, left).result]

    chosen, _ = counted(steps, [full(0, (steps, groups), i64), flat], step)
    numbers = reshape(hlo.Transpose(chosen, (1, 0)), (groups * steps, 1))
    shape = (batches, classes, steps)
    columns = [reshape(hlo.iota(shape, i64, axis), (groups * steps, 1)) for axis in range(2)]
    rows = hlo.Concatenate([*columns, numbers], 1).result
    present = compare(reshape(numbers, (groups * steps,)), 0, hlo.ComparisonDirection.GE)
    return _compacted(rows, present)


def _edges(node: Node, boxes: Tensor, classes: int) -> list[Tensor]:
    """Top, left, bottom and right of each box, once for each class: [batches * classes, boxes]."""
    batches, count, _ = boxes.type.shape
    columns = [reshape(take_range(boxes, 2, number, number + 1), (batches, count)) for number in range(4)]
    if node.integer("center_point_box"):
        x, y, width, height = columns
        halves = [hlo.Multiply(size, full_like(size, 0.5)).result for size in (width, height)]
        columns = [
            hlo.Subtract(y, halves[1]).result,
            hlo.Subtract(x, halves[0]).result,
            hlo.Add(y, halves[1]).result,
            hlo.Add(x, halves[0]).result,
        ]
    pairs = ((0, 2), (1, 3))
    low = [hlo.Minimum(columns[a], columns[b]).result for a, b in pairs]
    high = [hlo.Maximum(columns[a], columns[b]).result for a, b in pairs]
    shape = (batches, classes, count)
    return [reshape(expand_like(edge, shape, [1]), (batches * classes, count)) for edge in (*low, *high)]


def _overlap(edges: list[Tensor], here: Tensor) -> Tensor:
    """The area that each box shares with the one that is marked, by the area of both together; 0 where that is 0."""
    shape = here.type.shape
    top, left, bottom, right = edges
    marked = [
        expand_like(reduce(hlo.Select(here, edge, full_like(edge, 0)).result, [1], "add"), shape, [1]) for edge in edges
    ]

    def area(top: Tensor, left: Tensor, bottom: Tensor, right: Tensor) -> Tensor:
        height, width = hlo.Subtract(bottom, top).result, hlo.Subtract(right, left).result
        sizes = [hlo.Maximum(size, full_like(size, 0)).result for size in (height, width)]
        return hlo.Multiply(*sizes).result

    shared = area(
        hlo.Maximum(top, marked[0]).result,
        hlo.Maximum(left, marked[1]).result,
        hlo.Minimum(bottom, marked[2]).result,
        hlo.Minimum(right, marked[3]).result,
    )
    both = hlo.Subtract(hlo.Add(area(*edges), area(*marked)), shared).result
    is_zero = compare(both, 0, hlo.ComparisonDirection.LE)
    return hlo.Select(is_zero, full_like(both, 0), hlo.Divide(shared, both)).result
