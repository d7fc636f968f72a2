"""Resizing by interpolation: separable, so that one axis is resized after the other.

Along an axis, each output is a sum of a few inputs (taps) with weights. Sizes and scales are known now, and with them which inputs
and which weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import attrs
import numpy as np

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.ir.types import f32, i1
from couloir.passes.onnx_to_hlo.constants import Array
from couloir.passes.onnx_to_hlo.indexing import take
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.tensors import accumulator, along, convert, full_like, is_float

MAX_TAPS: Final = 256
"""An output is the sum of at most so many inputs along an axis."""

_NEAREST: Final[dict[str, Callable[[Array], Array]]] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


@attrs.frozen
class Axis:
    """How one axis is resized."""

    number: int
    size: int
    """Elements before."""
    count: int
    """Elements after."""
    scale: float
    """Which need not be their ratio: the count is rounded."""
    start: float = 0.0
    """Where the region of interest begins and ends, as fractions of the size."""
    end: float = 1.0

    @property
    def changes(self) -> bool:
        """Whether anything is resampled."""
        return self.size != self.count or self.scale != 1 or (self.start, self.end) != (0, 1)


@lowers("Resize")
def resize(node: Node) -> Lowered:
    """`Resize` since 10 (scales), 11 (sizes, regions, coordinates), 13, 18 (antialias, axes), 19."""
    x = node[0]
    if node.version == 10:
        return _as_in_opset_10(node, node.constant(1, "scales"))
    for axis in _axes(node):
        if axis.changes:
            x = _resampled(node, x, axis)
    return convert(x, node[0].type.element_type)


@lowers("Upsample")
def upsample(node: Node) -> Lowered:
    """`Upsample` since 7 (scales are an attribute), 9 (an input), 10."""
    if node.version < 9:
        return _as_in_opset_10(node, np.asarray(node.attribute("scales")))
    return _as_in_opset_10(node, node.constant(1, "scales"))


def _as_in_opset_10(node: Node, scales: Array) -> Tensor:
    """Positions are `output / scale`; the nearest element is the one below, or above when the axis shrinks, as in onnxruntime."""
    x, mode = node[0], node.string("mode", "nearest")
    if scales.size != x.type.rank:
        raise Error(f"there are {scales.size} scales for a tensor of rank {x.type.rank}")
    for axis in _by_scales(x, range(x.type.rank), scales.reshape(-1)):
        if axis.changes:
            at = np.arange(axis.count) / axis.scale
            if mode == "nearest":
                x = take(x, axis.number, _clamped(np.ceil(at) if axis.scale < 1 else np.floor(at), axis.size))
            else:
                x = _interpolated(x, axis, at, _linear, 1, clip=True)
    return convert(x, node[0].type.element_type)


def _axes(node: Node) -> list[Axis]:
    """The axes to be resized, by scales or by sizes."""
    x = node[0]
    rank = x.type.rank
    numbers = [normal_axis(axis, rank) for axis in node.integers("axes") or range(rank)]
    sizes = node.constant_integers(3, "sizes") if node.has(3) else ()
    if sizes:
        if len(sizes) != len(numbers):
            raise Error(f"there are {len(sizes)} sizes for {len(numbers)} axes")
        found = _by_sizes(node, numbers, sizes)
    else:
        scales = node.constant(2, "scales").reshape(-1)
        if scales.size != len(numbers):
            raise Error(f"there are {scales.size} scales for {len(numbers)} axes")
        found = _by_scales(x, numbers, scales)
    if node.string("coordinate_transformation_mode") != "tf_crop_and_resize":
        return found
    roi = node.constant(1, "region of interest").reshape(-1)
    if roi.size != 2 * len(numbers):
        raise Error(f"the region of interest has {roi.size} bounds for {len(numbers)} axes")
    return [
        attrs.evolve(axis, start=float(roi[number]), end=float(roi[number + len(numbers)]))
        for number, axis in enumerate(found)
    ]


def _by_scales(x: Tensor, numbers: Sequence[int], scales: Array) -> list[Axis]:
    found: list[Axis] = []
    for number, scale in zip(numbers, scales.tolist(), strict=True):
        if not (scale > 0 and math.isfinite(scale)):
            raise Error(f"the scale {scale} is not positive")
        size = x.type.shape[number]
        found.append(Axis(number, size, math.floor(size * scale), scale))
    return found


def _by_sizes(node: Node, numbers: list[int], sizes: tuple[int, ...]) -> list[Axis]:
    x, policy = node[0], node.string("keep_aspect_ratio_policy", "stretch")
    if any(size < 0 for size in sizes):
        raise Error(f"the sizes {list(sizes)} are not all positive")
    given = [x.type.shape[number] for number in numbers]
    if 0 in given:
        raise NotLowered("a dimension to be resized is empty")
    scales = [size / old for size, old in zip(sizes, given, strict=True)]
    if policy != "stretch":
        scale = min(scales) if policy == "not_larger" else max(scales)
        return [
            Axis(number, old, math.floor(scale * old + 0.5), scale) for number, old in zip(numbers, given, strict=True)
        ]
    return [Axis(*parts) for parts in zip(numbers, given, sizes, scales, strict=True)]


def _positions(axis: Axis, mode: str) -> Array:
    """Where each output lies among the inputs, by `coordinate_transformation_mode`."""
    y = np.arange(axis.count, dtype=np.float64)
    width = axis.scale * axis.size
    half = (y + 0.5) / axis.scale - 0.5
    match mode:
        case "half_pixel":
            return half
        case "half_pixel_symmetric":
            return axis.size / 2 * (1 - axis.count / width) + half
        case "pytorch_half_pixel":
            return half if width > 1 else np.full(axis.count, -0.5 if width == 1 else 0.0)
        case "align_corners":
            return y * (axis.size - 1) / (width - 1) if width != 1 else np.zeros(axis.count)
        case "asymmetric":
            return y / axis.scale
        case "tf_half_pixel_for_nn":
            return (y + 0.5) / axis.scale
        case "tf_crop_and_resize":
            last = axis.size - 1
            if width == 1:
                return np.full(axis.count, (axis.start + axis.end) * last / 2)
            return axis.start * last + y * (axis.end - axis.start) * last / (width - 1)
        case _:
            raise NotLowered(f"the coordinates `{mode}` are not known")


def _clamped(indices: Array, size: int) -> Array:
    return np.clip(indices, 0, size - 1).astype(np.int64)


def _linear(distance: Array) -> Array:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(a: float) -> Callable[[Array], Array]:
    """Keys' kernel (1981): its parameter is the slope at distance 1."""

    def weight(distance: Array) -> Array:
        d = np.abs(distance)
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        return np.where(d <= 1, near, np.where(d < 2, far, 0))

    return weight


def _resampled(node: Node, x: Tensor, axis: Axis) -> Tensor:
    """`x` resized along one axis."""
    coordinates = node.string("coordinate_transformation_mode", "half_pixel")
    at = _positions(axis, coordinates)
    mode = node.string("mode", "nearest")
    if not axis.size and axis.count:
        raise NotLowered("a dimension to be resized is empty")
    if mode == "nearest":
        rounding = _NEAREST.get(node.string("nearest_mode", "round_prefer_floor"))
        if rounding is None:
            raise NotLowered(f"the rounding `{node.string('nearest_mode')}` is not known")
        made = take(x, axis.number, _clamped(rounding(at), axis.size))
    elif mode in ("linear", "cubic"):
        kernel, reach = (_linear, 1) if mode == "linear" else (_cubic(node.number("cubic_coeff_a", -0.75)), 2)
        spread = min(axis.scale, 1.0) if node.integer("antialias") else 1.0
        excluded = bool(node.integer("exclude_outside"))
        made = _interpolated(x, axis, at, kernel, reach, spread=spread, excluded=excluded)
    else:
        raise NotLowered(f"the mode `{mode}` is not known")
    if coordinates != "tf_crop_and_resize":
        return made
    outside = (at < 0) | (at > axis.size - 1)
    if not outside.any():
        return made
    mask = along(hlo.constant(outside, i1).output, made.type.shape, axis.number)
    return hlo.Select(mask, full_like(made, node.number("extrapolation_value")), made).result


def _interpolated(
    x: Tensor,
    axis: Axis,
    at: Array,
    kernel: Callable[[Array], Array],
    reach: int,
    *,
    spread: float = 1.0,
    excluded: bool = False,
    clip: bool = False,
) -> Tensor:
    """The sum of the inputs around each position, with the kernel's weights; beyond the ends the last one counts.

    Args:
        x: Integers are converted to f32 first.
        axis: The axis.
        at: The position of each output.
        kernel: From the distance to the weight; 0 from `reach` on.
        reach: See there.
        spread: Less than 1 widens the kernel (antialias); weights then add up to 1 by division.
        excluded: Inputs beyond the ends weigh nothing instead.
        clip: Positions are moved between the first and the last input.
    """
    element = x.type.element_type
    x = convert(x, accumulator(element)) if is_float(element) else convert(x, f32)
    if clip:
        at = np.clip(at, 0, axis.size - 1)
    width = math.ceil(reach / spread)
    if 2 * width > MAX_TAPS:
        raise NotLowered(f"an output is the sum of {2 * width} inputs along axis {axis.number}")
    first = np.floor(at) - width + 1
    taps = first[:, None] + np.arange(2 * width)
    weights = kernel((taps - at[:, None]) * spread)
    if excluded:
        weights = np.where((taps >= 0) & (taps < axis.size), weights, 0)
    if excluded or spread < 1:
        weights = weights / weights.sum(axis=1, keepdims=True)
    total: Tensor | None = None
    for tap in np.flatnonzero(weights.any(axis=0)):
        part = take(x, axis.number, _clamped(taps[:, tap], axis.size))
        factor = hlo.constant(weights[:, tap], x.type.element_type).output
        part = hlo.Multiply(part, along(factor, part.type.shape, axis.number)).result
        total = part if total is None else hlo.Add(total, part).result
    if total is None:  # no output at all
        return take(x, axis.number, np.zeros(axis.count, np.int64))
    return total
