"""Operators that read between elements, at positions that are computed when the model runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.ir.types import Type, bit_width, f32, f64, i64
from couloir.passes.onnx_to_hlo.convolution import grouped_product
from couloir.passes.onnx_to_hlo.elementwise import compare
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import along, convert, expand_like, full, full_like, reduce, reshape
from couloir.passes.onnx_to_hlo.windows import entries, pairs, span

_LESS: Final = hlo.ComparisonDirection.LT
_GREATER: Final = hlo.ComparisonDirection.GT


def _plus(x: Tensor, summand: float) -> Tensor:
    return hlo.Add(x, full_like(x, summand)).result


def _times(x: Tensor, factor: float) -> Tensor:
    return hlo.Multiply(x, full_like(x, factor)).result


def _product(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Multiply(a, b).result


def _clipped(x: Tensor, low: float, high: float) -> Tensor:
    return hlo.Minimum(hlo.Maximum(x, full_like(x, low)), full_like(x, high)).result


def _within(x: Tensor, size: int) -> Tensor:
    """Where a position is one of an element."""
    low = compare(x, 0, hlo.ComparisonDirection.GE)
    return hlo.And(low, compare(x, size - 1, hlo.ComparisonDirection.LE)).result


def _elements(x: Tensor, positions: Sequence[Tensor]) -> Tensor:
    """The elements at positions [batch, ...] along each spatial dimension: [batch, channels, ...]."""
    rank = len(positions)
    shape = positions[0].type.shape
    columns = [reshape(convert(position, i64), (*shape, 1)) for position in positions]
    vectors = columns[0] if rank == 1 else hlo.Concatenate(columns, len(shape)).result
    spatial = tuple(range(2, 2 + rank))
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(1,),
        collapsed_slice_dims=spatial,
        operand_batching_dims=(0,),
        start_indices_batching_dims=(0,),
        start_index_map=spatial,
        index_vector_dim=len(shape),
    )
    return hlo.Gather(x, vectors, numbers, (1, x.type.shape[1], *(1,) * rank)).result


def _weighted(x: Tensor, weight: Tensor) -> Tensor:
    """`x` [batch, channels, ...] times a weight [batch, ...]."""
    return _product(x, expand_like(convert(weight, x.type.element_type), x.type.shape, [1]))


Taps = Sequence[tuple[Tensor, Tensor]]
"""Along one dimension: positions of elements, as floats, and their weights; all [batch, ...]."""


def _sum(x: Tensor, taps: Sequence[Taps], bounded: Callable[[Tensor, int], Tensor] | None) -> Tensor:
    """The sum over all combinations of taps.

    Args:
        x: [batch, channels, ...]
        taps: For each spatial dimension.
        bounded: From a position and the size to a position inside; None where what is outside counts as zero.
    """
    sizes = x.type.shape[2:]
    total: Tensor | None = None
    for combination in itertools.product(*taps):
        weight: Tensor | None = None
        places: list[Tensor] = []
        for (position, factor), size in zip(combination, sizes, strict=True):
            if bounded is None:
                factor = hlo.Select(_within(position, size), factor, full_like(factor, 0)).result
            inside = position if bounded is None else bounded(position, size)
            places.append(_clipped(inside, 0, size - 1))
            weight = factor if weight is None else _product(weight, factor)
        if weight is None:
            raise NotLowered("there are no spatial dimensions")
        part = _weighted(_elements(x, places), weight)
        total = part if total is None else hlo.Add(total, part).result
    if total is None:
        raise NotLowered("there are no spatial dimensions")
    return total


def _linear_taps(position: Tensor) -> Taps:
    below = hlo.Floor(position).result
    part = hlo.Subtract(position, below).result
    return [(below, hlo.Subtract(full_like(part, 1), part).result), (_plus(below, 1), part)]


def _cubic_taps(position: Tensor, a: float = -0.75) -> Taps:
    """Keys' kernel (1981)."""
    below = hlo.Floor(position).result
    part = hlo.Subtract(position, below).result
    rest = hlo.Subtract(full_like(part, 1), part).result

    def near(d: Tensor) -> Tensor:
        return _plus(_product(_product(_plus(_times(d, a + 2), -(a + 3)), d), d), 1)

    def far(d: Tensor) -> Tensor:
        return _plus(_product(_plus(_product(_plus(_times(d, a), -5 * a), d), 8 * a), d), -4 * a)

    weights = [far(_plus(part, 1)), near(part), near(rest), far(_plus(rest, 1))]
    return [(_plus(below, step), weight) for step, weight in zip((-1, 0, 1, 2), weights, strict=True)]


def _nearest_taps(position: Tensor) -> Taps:
    return [(hlo.RoundNearestEven(position).result, full_like(position, 1))]


_KERNELS: Final = {
    "linear": _linear_taps,
    "bilinear": _linear_taps,
    "cubic": _cubic_taps,
    "bicubic": _cubic_taps,
    "nearest": _nearest_taps,
}


def _reflected(position: Tensor, size: int, *, corners: bool) -> Tensor:
    """Mirrored at the first and last element, or with `corners` off at the outer edges of these, as often as needed."""
    low, length = (0.0, size - 1.0) if corners else (-0.5, float(size))
    if length == 0:
        return full_like(position, 0)
    distance = hlo.Abs(_plus(position, -low)).result
    turns = hlo.Floor(_times(distance, 1 / length)).result
    extra = hlo.Subtract(distance, _times(turns, length)).result
    odd = compare(hlo.Remainder(turns, full_like(turns, 2)).result, 1, hlo.ComparisonDirection.EQ)
    return _plus(hlo.Select(odd, hlo.Subtract(full_like(extra, length), extra), extra).result, low)


@lowers("GridSample")
def grid_sample(node: Node) -> Lowered:
    """`GridSample` since 16 (two dimensions), 20, 22: reads at positions from -1 to 1, the last dimension first."""
    x, grid = node[0], node[1]
    rank = x.type.rank - 2
    corners, mode = bool(node.integer("align_corners")), node.string("mode", "linear")
    padding = node.string("padding_mode", "zeros")
    taps_of = _KERNELS.get(mode)
    if taps_of is None or padding not in ("zeros", "border", "reflection"):
        raise NotLowered(f"the mode `{mode}` or the padding `{padding}` is not known")
    element, sizes = x.type.element_type, x.type.shape[2:]
    shape = grid.type.shape[:-1]
    positions: list[Tensor] = []
    for axis, size in enumerate(sizes):
        number = rank - 1 - axis
        given = convert(reshape(take_range(grid, grid.type.rank - 1, number, number + 1), shape), _working(grid))
        scale, offset = ((size - 1) / 2, (size - 1) / 2) if corners else (size / 2, (size - 1) / 2)
        positions.append(_plus(_times(given, scale), offset))

    def bounded(position: Tensor, size: int) -> Tensor:
        if padding == "reflection":
            position = _reflected(position, size, corners=corners)
        return _clipped(position, 0, size - 1)

    if padding != "zeros" and taps_of is not _cubic_taps:
        positions = [bounded(position, size) for position, size in zip(positions, sizes, strict=True)]
    wide = convert(x, max(element, f32, key=bit_width)) if taps_of is not _nearest_taps else x
    taps = [taps_of(position) for position in positions]
    return convert(_sum(wide, taps, None if padding == "zeros" else bounded), element)


def _working(x: Tensor) -> Type:
    """The type in which positions are computed."""
    return f64 if x.type.element_type is f64 else f32


@lowers("RoiAlign")
def roi_align(node: Node) -> Lowered:
    """`RoiAlign` since 10, 16 (`half_pixel`), 22: means or maxima of samples in the cells of a grid over each region."""
    x, rois = node[0], node[1]
    ratio, mode = node.integer("sampling_ratio"), node.string("mode", "avg")
    if ratio <= 0:
        raise NotLowered("with `sampling_ratio = 0` the number of samples depends on the regions")
    count = rois.type.shape[0]
    channels, height, width = x.type.shape[1:]
    half = node.version >= 16 and node.string("coordinate_transformation_mode", "half_pixel") == "half_pixel"
    scaled = _plus(_times(rois, node.number("spatial_scale", 1.0)), -0.5 if half else 0.0)
    cells = (node.integer("output_height", 1), node.integer("output_width", 1))
    axes: list[Tensor] = []
    for number, cell in zip((1, 0), cells, strict=True):
        start, end = (reshape(take_range(scaled, 1, column, column + 1), (count,)) for column in (number, number + 2))
        length = hlo.Subtract(end, start).result
        if not half:
            length = hlo.Maximum(length, full_like(length, 1)).result
        shape = (count, cell * ratio)
        steps = _times(_plus(convert(hlo.iota(shape, i64, 1).output, start.type.element_type), 0.5), 1 / (cell * ratio))
        axes.append(hlo.Add(along(start, shape, 0), _product(along(length, shape, 0), steps)).result)
    chosen = hlo.GatherDimensionNumbers(
        offset_dims=(1, 2, 3), collapsed_slice_dims=(0,), start_index_map=(0,), index_vector_dim=1
    )
    regions = hlo.Gather(x, reshape(node[2], (count, 1)), chosen, (1, channels, height, width)).result
    grid = (count, cells[0] * ratio, cells[1] * ratio)
    spread = [hlo.broadcast_in_dim(axis, grid, (0, number + 1)).result for number, axis in enumerate(axes)]
    corners, inside = _corners(regions, spread)
    blocks = (count, channels, cells[0], ratio, cells[1], ratio)
    if mode == "max":
        largest = corners[0]
        for corner in corners[1:]:
            largest = hlo.Maximum(largest, corner).result
        return reduce(reshape(_masked(largest, inside), blocks), [3, 5], "maximum")
    total = corners[0]
    for corner in corners[1:]:
        total = hlo.Add(total, corner).result
    return _times(reduce(reshape(_masked(total, inside), blocks), [3, 5], "add"), 1 / (ratio * ratio))


def _masked(x: Tensor, inside: Tensor) -> Tensor:
    return hlo.Select(expand_like(inside, x.type.shape, [1]), x, full_like(x, 0)).result


def _corners(x: Tensor, positions: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
    """The four elements around positions, each times its weight, and where a position is near enough to count."""
    inside: Tensor | None = None
    taps: list[Taps] = []
    for position, size in zip(positions, x.type.shape[2:], strict=True):
        near = hlo.And(
            compare(position, -1, hlo.ComparisonDirection.GE), compare(position, size, hlo.ComparisonDirection.LE)
        ).result
        inside = near if inside is None else hlo.And(inside, near).result
        taps.append(_linear_taps(_clipped(position, 0, size - 1)))
    if inside is None:
        raise NotLowered("there are no spatial dimensions")
    found: list[Tensor] = []
    for (row, by_row), (column, by_column) in itertools.product(*taps):
        places = [_clipped(row, 0, x.type.shape[2] - 1), _clipped(column, 0, x.type.shape[3] - 1)]
        found.append(_weighted(_elements(x, places), _product(by_row, by_column)))
    return found, inside


@lowers("DeformConv")
def deformable_convolution(node: Node) -> Lowered:
    """`DeformConv` since 19, 22: a convolution that reads each element of its window at an offset of its own."""
    x, w, offset, bias, mask = node[0], node[1], node[2], node.optional(3), node.optional(4)
    rank = x.type.rank - 2
    batch, channels = x.type.shape[:2]
    groups, kernel = node.integer("offset_group", 1), w.type.shape[2:]
    strides, dilations = entries(node, "strides", rank), entries(node, "dilations", rank)
    pads = pairs(entries(node, "pads", 2 * rank, 0))
    taps = math.prod(kernel)
    out = offset.type.shape[2:]
    parts = zip(x.type.shape[2:], pads, kernel, strides, dilations, strict=True)
    if tuple((n + low + high - span(k, d)) // s + 1 for n, (low, high), k, s, d in parts) != out:
        raise Error(f"the offsets are for {out} windows, which is not as many as there are")
    shape = (batch * groups, taps, *out)
    offsets = reshape(offset, (batch * groups, taps, rank, *out))
    positions: list[Tensor] = []
    element = offset.type.element_type
    for axis in range(rank):
        moved = reshape(take_range(offsets, 2, axis, axis + 1), shape)
        windows = hlo.iota(shape, i64, 2 + axis).output
        base = _plus(_times(windows, strides[axis]), -pads[axis][0])
        inner = math.prod(kernel[axis + 1 :])
        steps = [(tap // inner) % kernel[axis] * dilations[axis] for tap in range(taps)]
        base = hlo.Add(base, along(hlo.constant(steps, i64).output, shape, 1)).result
        positions.append(hlo.Add(convert(base, element), moved).result)
    grouped = reshape(x, (batch * groups, channels // groups, *x.type.shape[2:]))
    columns = _sum(grouped, [_linear_taps(position) for position in positions], None)
    if mask is not None:
        columns = _weighted(columns, reshape(mask, shape))
    columns = reshape(columns, (batch, channels * taps, *out))
    return grouped_product(columns, w, bias, node.integer("group", 1))


@lowers("Col2Im")
def column_to_image(node: Node) -> Lowered:
    """`Col2Im` since 18: adds up blocks where they overlap."""
    x = node[0]
    image, block = node.constant_integers(1, "image shape"), node.constant_integers(2, "block shape")
    rank = len(image)
    strides, dilations = entries(node, "strides", rank), entries(node, "dilations", rank)
    pads = pairs(entries(node, "pads", 2 * rank, 0))
    batch, rows = x.type.shape[:2]
    channels = rows // math.prod(block)
    parts = zip(image, pads, block, strides, dilations, strict=True)
    counts = [(n + low + high - span(k, d)) // s + 1 for n, (low, high), k, s, d in parts]
    columns = reshape(x, (batch, channels, *block, *counts))
    padded = tuple(n + low + high for n, (low, high) in zip(image, pads, strict=True))
    total: Tensor = full(0, (batch, channels, *padded), x.type.element_type)
    zero = full(0, (), x.type.element_type)
    for tap in itertools.product(*map(range, block)):
        part = columns
        for axis, number in enumerate(tap):
            part = take_range(part, 2 + axis, number, number + 1)
        part = reshape(part, (batch, channels, *counts))
        low = [number * dilation for number, dilation in zip(tap, dilations, strict=True)]
        ends = zip(padded, low, counts, strides, strict=True)
        high = [size - start - ((count - 1) * stride + 1) for size, start, count, stride in ends]
        inner = [stride - 1 for stride in strides]
        placed = hlo.Pad(part, zero, (0, 0, *low), (0, 0, *high), (0, 0, *inner))
        total = hlo.Add(total, placed).result
    for axis, (low, _) in enumerate(pads):
        total = take_range(total, 2 + axis, low, low + image[axis])
    return total


@lowers("AffineGrid")
def affine_grid(node: Node) -> Lowered:
    """`AffineGrid` since 20: positions between -1 and 1 by a matrix for each image. (ONNX's own body fails for one image.)"""
    theta = node[0]
    batch, _, *sizes = node.constant_integers(1, "size")
    rank = len(sizes)
    if theta.type.shape != (batch, rank, rank + 1):
        raise Error(f"the matrices are `{theta.type}`, not {batch} of {rank} rows and {rank + 1} columns")
    aligned = node.integer("align_corners")
    axes = [_centres(size, aligned=bool(aligned)) for size in sizes]
    grid = np.meshgrid(*axes, indexing="ij")[::-1]  # the last axis comes first
    points = np.stack([*grid, np.ones(sizes)]).reshape(rank + 1, -1)
    element = theta.type.element_type
    numbers = hlo.DotDimensionNumbers((), (), (2,), (0,))
    found = hlo.DotGeneral(theta, hlo.constant(points, element).output, numbers).result
    return reshape(hlo.Transpose(found, (0, 2, 1)), (batch, *sizes, rank))


def _centres(size: int, *, aligned: bool) -> np.ndarray:
    """Positions of the elements of an axis: from -1 to 1, or in the middles of as many parts."""
    steps = np.arange(size)
    return steps * (2 / max(size - 1, 1)) - 1 if aligned else (2 * steps + 1) / max(size, 1) - 1
