"""Pools: the largest element, the mean or a norm of each window, or of everything."""

from __future__ import annotations

import itertools
import math

import numpy as np

from couloir.dialects import hlo
from couloir.ir.types import i64
from couloir.passes.onnx_to_hlo.constants import Array
from couloir.passes.onnx_to_hlo.elementwise import compare
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import accumulator, convert, full, full_like, lowest, reduce, scalar
from couloir.passes.onnx_to_hlo.windows import Windows, entries, read_windows


def _windows(node: Node, x: Tensor) -> Windows:
    kernel = entries(node, "kernel_shape", x.type.rank - 2)
    return read_windows(node, x.type.shape[2:], kernel, ceil_mode=bool(node.integer("ceil_mode")))


def _pool(x: Tensor, windows: Windows, init: float, body: str) -> Tensor:
    made = hlo.reduce_window(
        x,
        scalar(init, x.type.element_type),
        body,
        window_dimensions=(1, 1, *windows.kernel),
        window_strides=(1, 1, *windows.strides),
        window_dilations=(1, 1, *windows.dilations),
        padding=((0, 0), (0, 0), *windows.padding),
    )
    return made.outputs[0]


@lowers("MaxPool")
def max_pool(node: Node) -> Lowered:
    """`MaxPool` since 8, 10, 11, 12, 22."""
    x = node[0]
    windows = _windows(node, x)
    if node.uses_result(1):
        return _pool_with_positions(x, windows, columns_first=bool(node.integer("storage_order")))
    return node.present([_pool(x, windows, lowest(x.type.element_type), "maximum")] * 2)


def _pool_with_positions(x: Tensor, windows: Windows, *, columns_first: bool) -> list[Tensor]:
    """The first largest element of each window and its place in the whole tensor, by one comparison for each place in a window."""
    shape, spatial = x.type.shape, windows.sizes
    steps = [math.prod(spatial[axis + 1 :]) for axis in range(len(spatial))]
    if columns_first:
        steps = [math.prod(spatial[:axis]) for axis in range(len(spatial))]
    plane = math.prod(spatial)
    places: Tensor = full(0, shape, i64)
    for axis, step in enumerate((shape[1] * plane, plane, *steps)):
        counted = hlo.iota(shape, i64, axis)
        places = hlo.Add(places, hlo.Multiply(counted, full(step, shape, i64))).result
    low, high = ((0, 0, *(pad[side] for pad in windows.padding)) for side in (0, 1))
    zeros = (0,) * len(shape)
    padded = hlo.Pad(x, scalar(lowest(x.type.element_type), x.type.element_type), low, high, zeros).result
    numbers = hlo.Pad(places, scalar(-1, i64), low, high, zeros).result
    best: tuple[Tensor, Tensor] | None = None
    for tap in itertools.product(*map(range, windows.kernel)):
        starts = [0, 0, *(number * dilation for number, dilation in zip(tap, windows.dilations, strict=True))]
        strides = [1, 1, *windows.strides]
        counts = [*shape[:2], *windows.counts]
        limits = [start + (count - 1) * step + 1 for start, count, step in zip(starts, counts, strides, strict=True)]
        value, number = (hlo.Slice(y, tuple(starts), tuple(limits), tuple(strides)).result for y in (padded, numbers))
        if best is None:
            best = (value, number)
            continue
        inside = compare(number, 0, hlo.ComparisonDirection.GE)
        first = hlo.And(inside, compare(best[1], 0, hlo.ComparisonDirection.LT))
        larger = hlo.Or(first, hlo.And(inside, hlo.Compare(value, best[0], hlo.ComparisonDirection.GT)))
        best = (hlo.Select(larger, value, best[0]).result, hlo.Select(larger, number, best[1]).result)
    return [] if best is None else list(best)


@lowers("AveragePool")
def average_pool(node: Node) -> Lowered:
    """`AveragePool` since 7, 10, 11, 19, 22: the sum of each window by the number of its elements that count."""
    x = node[0]
    windows = _windows(node, x)
    total = _pool(convert(x, accumulator(x.type.element_type)), windows, 0, "add")
    counts = _counts(windows, with_padding=bool(node.integer("count_include_pad")))
    return convert(hlo.Divide(total, _divisor(counts, total)), x.type.element_type)


def _counts(windows: Windows, *, with_padding: bool) -> Array:
    """How many elements each sum is divided by.

    Those of the input; `with_padding` those of the padding, too, but never those that only `ceil_mode` adds.
    """
    found: Array = np.ones((), np.int64)
    geometry = zip(
        windows.sizes, windows.kernel, windows.strides, windows.dilations, windows.pads, windows.counts, strict=True
    )
    for size, kernel, stride, dilation, (low, high), count in geometry:
        taps: Array = np.arange(kernel, dtype=np.int64) * dilation
        positions: Array = np.add.outer(np.arange(count, dtype=np.int64) * stride, taps)
        first, last = (0, low + size + high) if with_padding else (low, low + size)
        inside: Array = np.count_nonzero((positions >= first) & (positions < last), axis=1)
        found = np.multiply.outer(found, inside)
    return found


def _divisor(counts: Array, like: Tensor) -> Tensor:
    if counts.size and (counts == counts.flat[0]).all():
        return full_like(like, counts.flat[0])
    constant = hlo.constant(counts, like.type.element_type)
    return hlo.broadcast_in_dim(constant, like.type.shape, range(2, like.type.rank)).result


@lowers("LpPool")
def lp_pool(node: Node) -> Lowered:
    """`LpPool` since 2, 11, 18, 22: the p-norm of each window."""
    x, p = node[0], node.integer("p", 2)
    return _root(_pool(_power(x, p), _windows(node, x), 0, "add"), p)


def _power(x: Tensor, p: int) -> Tensor:
    """`|x| ** p`."""
    if p == 2:
        return hlo.Multiply(x, x).result
    magnitude = hlo.Abs(x).result
    return magnitude if p == 1 else hlo.Power(magnitude, full_like(x, p)).result


def _root(x: Tensor, p: int) -> Tensor:
    if p == 2:
        return hlo.Sqrt(x).result
    return x if p == 1 else hlo.Power(x, full_like(x, 1 / p)).result


@lowers("GlobalMaxPool")
def global_max_pool(node: Node) -> Lowered:
    """`GlobalMaxPool` since 1, 22."""
    x = node[0]
    return reduce(x, range(2, x.type.rank), "maximum", keep=True)


@lowers("GlobalAveragePool")
def global_average_pool(node: Node) -> Lowered:
    """`GlobalAveragePool` since 1, 22."""
    x = node[0]
    total = reduce(convert(x, accumulator(x.type.element_type)), range(2, x.type.rank), "add", keep=True)
    count = math.prod(x.type.shape[2:])
    return convert(hlo.Divide(total, full_like(total, count)), x.type.element_type)


@lowers("GlobalLpPool")
def global_lp_pool(node: Node) -> Lowered:
    """`GlobalLpPool` since 2, 22."""
    x, p = node[0], node.integer("p", 2)
    return _root(reduce(_power(x, p), range(2, x.type.rank), "add", keep=True), p)
