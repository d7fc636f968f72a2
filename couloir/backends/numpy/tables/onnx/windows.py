"""Convolutions and pools of ONNX: where their windows lie, and what they compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, integer_range, kind
from couloir.backends.numpy.tables.onnx.dispatch import operator
from couloir.ir.errors import Error


@attrs.frozen
class Windows:
    """How windows move over the spatial dimensions, an entry for each."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    """Elements before the first and after the last, as the op says."""
    reach: tuple[tuple[int, int], ...]
    """The same, with what the last, incomplete windows of `ceil_mode` reach beyond."""


def windows(op: Any, sizes: Sequence[int], kernel: Sequence[int]) -> Windows:
    """The windows of an op over spatial dimensions of these sizes. Source: ONNX, Conv, MaxPool, AveragePool."""
    rank = len(sizes)
    strides = tuple(op.strides or (1,) * rank)
    dilations = tuple(getattr(op, "dilations", None) or (1,) * rank)
    pads = tuple(op.pads or (0,) * (2 * rank))
    if {len(kernel), len(strides), len(dilations), len(pads) // 2} != {rank}:
        raise Error(f"`{op.name}` has attributes that do not fit {rank} spatial dimensions")
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    ends = tuple(zip(pads[:rank], pads[rank:], strict=True))
    if op.auto_pad == "VALID":
        ends = ((0, 0),) * rank
    elif op.auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        parts = zip(sizes, strides, spans, strict=True)
        ends = tuple(_same(*part, upper=op.auto_pad == "SAME_UPPER") for part in parts)
    reach = ends
    if getattr(op, "ceil_mode", 0):
        reach = tuple(
            (low, max(high, _last_end(size + low, high, stride, span) - size - low))
            for size, (low, high), stride, span in zip(sizes, ends, strides, spans, strict=True)
        )
    return Windows(tuple(kernel), strides, dilations, ends, reach)


def _same(size: int, stride: int, span: int, *, upper: bool) -> tuple[int, int]:
    """Padding for ceil(size / stride) windows: as much before as after, an odd element after, or before."""
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    less = total // 2
    return (less, total - less) if upper else (total - less, less)


def _last_end(begin: int, high: int, stride: int, span: int) -> int:
    """Where the last window ends. It may end beyond the padding, but begins before the padding at the end (`begin`)."""
    last = -(-(begin + high - span) // stride)
    return (last - 1 if last * stride >= begin else last) * stride + span


@operator("Conv")
def conv(xp: ArrayNamespace, op: Any, x: Array, w: Array, b: Array | None = None) -> Array:
    """Cross-correlation with groups, and a bias for each feature."""
    spatial = list(range(2, x.ndim))
    area = windows(op, x.shape[2:], w.shape[2:])
    result = tensor.convolution(
        xp,
        x,
        w,
        window_strides=area.strides,
        padding=area.pads,
        lhs_dilation=[1] * len(spatial),
        rhs_dilation=area.dilations,
        window_reversal=[False] * len(spatial),
        input_batch_dimension=0,
        input_feature_dimension=1,
        input_spatial_dimensions=spatial,
        kernel_output_feature_dimension=0,
        kernel_input_feature_dimension=1,
        kernel_spatial_dimensions=spatial,
        output_batch_dimension=0,
        output_feature_dimension=1,
        output_spatial_dimensions=spatial,
        feature_group_count=op.group,
    )
    return result if b is None else xp.apply("add", result, b.reshape([-1, *[1] * len(spatial)]))


@operator("ConvTranspose")
def transposed_convolution(xp: ArrayNamespace, op: Any, x: Array, w: Array, b: Array | None = None) -> Array:
    """The mirrored kernel over `x` with `strides - 1` zeros between its elements. (onnx's own has no groups with dilations.)"""
    spatial = list(range(2, x.ndim))
    area = windows(op, x.shape[2:], w.shape[2:])
    groups, (features, outputs) = op.group, w.shape[:2]
    kernel = w.reshape(groups, features // groups, outputs, *area.kernel).swapaxes(0, 1)
    result = tensor.convolution(
        xp,
        x,
        kernel.reshape(features // groups, groups * outputs, *area.kernel),
        window_strides=[1] * len(spatial),
        padding=_transposed_padding(op, x.shape[2:], area),
        lhs_dilation=area.strides,
        rhs_dilation=area.dilations,
        window_reversal=[True] * len(spatial),
        input_batch_dimension=0,
        input_feature_dimension=1,
        input_spatial_dimensions=spatial,
        kernel_output_feature_dimension=1,
        kernel_input_feature_dimension=0,
        kernel_spatial_dimensions=spatial,
        output_batch_dimension=0,
        output_feature_dimension=1,
        output_spatial_dimensions=spatial,
        feature_group_count=groups,
    )
    return result if b is None else xp.apply("add", result, b.reshape([-1, *[1] * len(spatial)]))


def _transposed_padding(op: Any, sizes: Sequence[int], area: Windows) -> list[tuple[int, int]]:
    """Padding of the dilated input: what a window spans beyond one element, less what the operator cuts off."""
    rank = len(sizes)
    extra = op.output_padding or (0,) * rank
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(area.kernel, area.dilations, strict=True)]
    same = op.auto_pad in ("SAME_UPPER", "SAME_LOWER") and not op.output_shape
    wanted = [n * s for n, s in zip(sizes, area.strides, strict=True)] if same else list(op.output_shape or ())[-rank:]
    pads = [(0, 0)] * rank if op.auto_pad == "VALID" else list(area.pads)
    if wanted:
        parts = zip(sizes, area.strides, extra, spans, wanted, strict=True)
        totals = [stride * (n - 1) + more + span - size for n, stride, more, span, size in parts]
        totals = [max(total, 0) if same else total for total in totals]
        pads = [(total // 2, total - total // 2) for total in totals]
        pads = pads if op.auto_pad == "SAME_UPPER" else [(high, low) for low, high in pads]
    ends = zip(spans, pads, extra, strict=True)
    return [(span - 1 - low, span - 1 - high + more) for span, (low, high), more in ends]


def _pool(xp: ArrayNamespace, area: Windows, x: Array, init: Array, monoid: tensor.Monoid) -> Array:
    ones = [1] * x.ndim
    return tensor.reduce_window(
        xp,
        x,
        init,
        window_dimensions=[1, 1, *area.kernel],
        window_strides=[1, 1, *area.strides],
        base_dilations=ones,
        window_dilations=[1, 1, *area.dilations],
        padding=[(0, 0), (0, 0), *area.reach],
        monoid=monoid,
    )


@operator("MaxPool")
def max_pool(xp: ArrayNamespace, op: Any, x: Array) -> list[Array]:
    """The largest element of each window; padding does not count. With `Indices`, where the first such element is."""
    area = windows(op, x.shape[2:], op.kernel_shape)
    largest = _pool(xp, area, x, _lowest(xp, x), "maximum")
    return (
        [largest] if len(op.results) == 1 else [largest, _places(area, x, largest, column_major=op.storage_order == 1)]
    )


def _places(area: Windows, x: Array, largest: Array, *, column_major: bool) -> Array:
    """The place in the flat `x` of the first element of each window that equals the largest; NaN equals itself here."""
    sizes: tuple[int, ...] = x.shape[2:]
    order = range(len(sizes)) if not column_major else range(len(sizes) - 1, -1, -1)
    planes: int = x.shape[0] * x.shape[1]
    images: Array = np.arange(planes).reshape([*x.shape[:2], *[1] * len(sizes)])
    found: Array = np.full(largest.shape, -1, np.int64)
    for offset in np.ndindex(area.kernel):
        index = [_along(area, largest.shape, axis, step) for axis, step in enumerate(offset)]
        inside: Array = np.ones(largest.shape, np.bool_)
        for at, size in zip(index, sizes, strict=True):
            inside &= (at >= 0) & (at < size)
        index = [np.clip(at, 0, size - 1) for at, size in zip(index, sizes, strict=True)]
        values = x[(slice(None), slice(None), *index)]
        equal = (values == largest) | ((values != values) & (largest != largest))
        place = images
        for axis in order:
            place = place * sizes[axis] + index[axis]
        found = np.where((found < 0) & inside & equal, place, found)
    return found


def _along(area: Windows, shape: Sequence[int], axis: int, step: int) -> Array:
    """Where element `step` of each window lies along one spatial dimension; its shape broadcasts with the others."""
    first = step * area.dilations[axis] - area.reach[axis][0]
    sizes = [-1 if d == axis else 1 for d in range(len(shape) - 2)]
    return (np.arange(shape[axis + 2]) * area.strides[axis] + first).reshape(sizes)


def _lowest(xp: ArrayNamespace, x: Array) -> Array:
    if kind(x.dtype) in ("signed", "unsigned"):
        return np.asarray(integer_range(x.dtype)[0], dtype=x.dtype)
    if kind(x.dtype) == "float":
        return xp.array(np.asarray(-np.inf).astype(x.dtype))
    # Exact numbers have no infinity: less than all of them is as good.
    least = xp.reduce("minimum", x.reshape(-1), (0,)) if x.size else np.zeros((), x.dtype)
    return xp.apply("subtract", least, xp.convert(np.ones((), np.int32), x.dtype))


@operator("AveragePool")
def average_pool(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The mean of each window: of its elements inside, with `count_include_pad` of those in the padding, too."""
    area = windows(op, x.shape[2:], op.kernel_shape)
    wide = xp.accumulation_dtype(x.dtype)
    total = _pool(xp, area, xp.convert(x, wide), np.zeros((), wide), "add")
    counted = np.ones(x.shape[2:], np.int64)
    if getattr(op, "count_include_pad", 0):
        counted = np.ones([n + low + high for n, (low, high) in zip(counted.shape, area.pads, strict=True)], np.int64)
        beyond = [
            (0, reach[1] - pads[1]) for reach, pads in zip(area.reach, area.pads, strict=True)
        ]  # what only `ceil_mode` reaches
        area = attrs.evolve(area, reach=tuple(beyond))
    counts = _pool(xp, area, counted[np.newaxis, np.newaxis], np.zeros((), np.int64), "add")
    return xp.convert(xp.apply("divide", total, xp.convert(counts, wide)), x.dtype)


@operator("GlobalAveragePool")
def global_average_pool(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The mean over all spatial dimensions, which keep size 1."""
    wide = xp.accumulation_dtype(x.dtype)
    axes = tuple(range(2, x.ndim))
    total = tensor.reduce(xp, xp.convert(x, wide), np.zeros((), wide), dimensions=axes, monoid="add")
    count = np.asarray(np.prod(x.shape[2:], dtype=np.int64))
    mean = xp.apply("divide", total, xp.convert(count, wide))
    return xp.convert(mean, x.dtype).reshape([*x.shape[:2], *[1] * len(axes)])


@operator("GlobalMaxPool")
def global_max_pool(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The largest element over all spatial dimensions, which keep size 1."""
    return xp.reduce("maximum", x, tuple(range(2, x.ndim))).reshape([*x.shape[:2], *[1] * (x.ndim - 2)])
