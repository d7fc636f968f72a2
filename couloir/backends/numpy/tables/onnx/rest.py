"""ONNX operators that the onnx package has no implementation of, or not one that does what its text says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, floats
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.tables.onnx import reference
from couloir.backends.numpy.tables.onnx.dispatch import operator
from couloir.dialects.onnx.schemas import schema_class
from couloir.dialects.onnx.types import BY_NUMBER
from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block
from couloir.ir.types import FloatType, dtype_of


@operator("DequantizeLinear", when=lambda xp, op: op.since_version < 19)
def dequantize_linear(xp: ArrayNamespace, op: Any, x: Array, scale: Array, zero_point: Array | None = None) -> Array:
    """`(x - zero_point) * scale`, for the whole tensor or along an axis."""
    if scale.ndim:
        axis = getattr(op, "axis", 0)
        sizes = [-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]
        scale = scale.reshape(sizes)
        zero_point = None if zero_point is None else zero_point.reshape(sizes)
    shifted = x.astype(np.int64) - (0 if zero_point is None else zero_point.astype(np.int64))
    return xp.apply("multiply", xp.convert(shifted, scale.dtype), scale)


@operator("GridSample", since=16, when=lambda xp, op: op.since_version < 20)
def grid_sample(xp: ArrayNamespace, op: Any, x: Array, grid: Array) -> list[Any]:
    """As version 20, in which two of the modes have other names."""
    given = Block([value.type for value in op.operands])
    attributes = dict(op.attributes)
    attributes["mode"] = StringAttr({"bilinear": "linear", "bicubic": "cubic"}.get(op.mode, str(op.mode)))
    types = [value.type for value in op.results]
    newer = schema_class("GridSample", 20).create(given.arguments, types, attributes, location=op.location)
    return reference.compute(xp, newer, x, grid)


@operator("GlobalLpPool")
def global_lp_pool(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The p-norm over all spatial dimensions, which keep size 1."""
    axes = tuple(range(2, x.ndim))
    order = xp.convert(xp.array(np.asarray(op.p, np.float32)), x.dtype)
    powers = xp.apply("power", xp.apply("abs", x), order)
    total = tensor.reduce(xp, powers, np.zeros((), x.dtype), dimensions=axes, monoid="add")
    one = xp.convert(np.ones((), np.int32), x.dtype)
    return xp.apply("power", total, xp.apply("divide", one, order)).reshape([*x.shape[:2], *[1] * len(axes)])


@operator("LpNormalization")
def lp_normalization(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """`x / norm(x)` by the 1-norm or 2-norm along an axis; 0 where the norm is 0. (onnx's own sums x, not its absolute values.)"""
    axis = op.axis % x.ndim
    terms = xp.apply("abs", x) if op.p == 1 else xp.apply("multiply", x, x)
    total = tensor.reduce(xp, terms, np.zeros((), x.dtype), dimensions=(axis,), monoid="add")
    norm = np.expand_dims(total if op.p == 1 else xp.apply("sqrt", total), axis)
    one = xp.convert(np.ones((), np.int32), x.dtype)
    return xp.apply("divide", x, np.where(norm == 0, one, norm))


@operator("Erf", when=lambda xp, op: isinstance(op.operands[0].type.element_type, FloatType))
def erf(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The error function. (onnx's own rounds to single precision.)"""
    return xp.apply("erf", x)


@operator("GatherElements")
def gather_elements(xp: ArrayNamespace, op: Any, x: Array, indices: Array) -> Array:
    """Along one axis at the index, along the others at the same place. (onnx's own takes axes of at most 64 elements.)"""
    axis = op.axis % x.ndim
    if (indices < -x.shape[axis]).any() or (indices >= x.shape[axis]).any():
        raise Error(
            f"`{op.name}` cannot be computed: an index is not within the {x.shape[axis]} elements of axis {axis}"
        )
    places: list[Any] = list(np.indices(indices.shape, sparse=True))
    places[axis] = indices
    return x[tuple(places)]


@operator("Resize", when=lambda xp, op: op.since_version == 10)
@operator("Upsample")
def upsample(xp: ArrayNamespace, op: Any, x: Array, scales: Array | None = None) -> Array:
    """Each axis by a factor: the position of an output is `output / scale`, between two inputs or nearest to one."""
    factors = op.scales if scales is None else scales.tolist()
    y = x
    for axis, scale in enumerate(map(float, factors)):
        size = x.shape[axis]
        at = np.arange(math.floor(size * scale)) / scale
        if scale == 1:
            continue
        if op.mode == "nearest":
            y = y.take(np.minimum(np.ceil(at) if scale < 1 else np.floor(at), size - 1).astype(np.int64), axis)
            continue
        if xp is not floats:
            raise NotInDomain(op.name, xp.name)
        low = np.floor(at).astype(np.int64)
        weight = (at - low).reshape([-1 if d == axis else 1 for d in range(x.ndim)])
        first, second = y.take(low, axis), y.take(np.minimum(low + 1, size - 1), axis)
        y = first * (1 - weight) + second * weight
    return y.astype(x.dtype)


@operator("LRN")
def local_response_normalization(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """`x / (bias + alpha / size * sum(x**2 of near channels)) ** beta`. (onnx's own counts channels by the size of the batch.)"""
    if xp is not floats:
        raise NotInDomain(op.name, xp.name)
    before, after = (op.size - 1) // 2, op.size // 2
    wide = x.astype(np.float64)
    sums = np.zeros_like(wide)
    for channel in range(x.shape[1]):
        sums[:, channel] = (wide[:, max(channel - before, 0) : channel + after + 1] ** 2).sum(1)
    return (wide / (op.bias + op.alpha / op.size * sums) ** op.beta).astype(x.dtype)


@operator("Pad", since=11)
def pad(
    xp: ArrayNamespace, op: Any, x: Array, pads: Array, value: Array | None = None, axes: Array | None = None
) -> Array:
    """Elements of the tensor before and after each axis; negative numbers cut off, first. (onnx's own takes none.)"""
    numbers = range(x.ndim) if axes is None else [int(axis) % x.ndim for axis in axes]
    amounts: list[int] = pads.tolist()
    for axis, low, high in zip(numbers, amounts[: len(numbers)], amounts[len(numbers) :], strict=True):
        positions = list(range(max(-low, 0), int(x.shape[axis]) - max(-high, 0)))
        ends = (max(low, 0), max(high, 0))
        if op.mode != "constant":
            x = x.take(np.pad(positions, ends, mode=op.mode), axis)
            continue
        shape = [sum(ends) + len(positions) if d == axis else size for d, size in enumerate(x.shape)]
        padded = np.full(shape, np.zeros((), x.dtype) if value is None else value.reshape(()), x.dtype)
        padded[(slice(None),) * axis + (slice(ends[0], ends[0] + len(positions)),)] = x.take(positions, axis)
        x = padded
    return x


@operator("MaxRoiPool")
def max_roi_pool(xp: ArrayNamespace, op: Any, x: Array, rois: Array) -> Array:
    """The largest element of each of `pooled_shape` bins of each region (image, x1, y1, x2, y2); 0 of an empty bin."""
    rows, columns = op.pooled_shape
    result = np.zeros([len(rois), x.shape[1], rows, columns], x.dtype)
    for number, (image, *corners) in enumerate(rois.tolist()):
        left, top, right, bottom = (math.floor(corner * op.spatial_scale + 0.5) for corner in corners)
        height, width = max(bottom - top + 1, 1) / rows, max(right - left + 1, 1) / columns
        for row in range(rows):
            upper, lower = _bin(top, row, height, x.shape[2])
            for column in range(columns):
                first, last = _bin(left, column, width, x.shape[3])
                if upper < lower and first < last:
                    part = x[int(image), :, upper:lower, first:last]
                    result[number, :, row, column] = xp.reduce("maximum", part, (1, 2))
    return result


def _bin(start: int, number: int, size: float, extent: int) -> tuple[int, int]:
    ends = (math.floor(number * size) + start, math.ceil((number + 1) * size) + start)
    return min(max(ends[0], 0), extent), min(max(ends[1], 0), extent)


@operator("Multinomial")
def multinomial(xp: ArrayNamespace, op: Any, logits: Array) -> Array:
    """Samples of classes by unnormalised log-probabilities (by the largest of them plus Gumbel noise)."""
    if xp is not floats:
        raise NotInDomain("onnx.Multinomial", xp.name)
    rng = np.random.default_rng(None if op.seed is None else int(np.float32(op.seed).view(np.uint32)))
    noise = rng.gumbel(size=(logits.shape[0], op.sample_size, logits.shape[1]))
    return np.argmax(logits[:, np.newaxis, :] + noise, axis=2).astype(dtype_of(BY_NUMBER[op.dtype].type))


# -- ai.onnx.ml -------------------------------------------------------------------------------------------------------


@operator("ZipMap", domain="ai.onnx.ml")
def zip_map(xp: ArrayNamespace, op: Any, x: Array) -> list[Any]:
    """A sequence with a map from class to score for each row."""
    keys: list[Any] = list(op.classlabels_strings or op.classlabels_int64s or ())
    rows: list[Any] = list(np.atleast_2d(x))
    if any(len(row) != len(keys) for row in rows):
        raise Error(f"there are {len(keys)} classes for {x.shape[-1]} scores")
    return [[dict(zip(keys, row, strict=True)) for row in rows]]


@operator("CategoryMapper", domain="ai.onnx.ml")
def category_mapper(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """Strings to integers or integers to strings, by two lists of categories."""
    if x.dtype == object:
        numbers = dict(zip(op.cats_strings, op.cats_int64s, strict=True))
        flat = [numbers.get(text, op.default_int64) for text in x.reshape(-1)]
        return np.array(flat, dtype=np.int64).reshape(x.shape)
    texts = dict(zip(op.cats_int64s, op.cats_strings, strict=True))
    return np.array([texts.get(int(v), op.default_string) for v in x.reshape(-1)], dtype=object).reshape(x.shape)


@operator("CastMap", domain="ai.onnx.ml")
def cast_map(xp: ArrayNamespace, op: Any, x: dict[int, Any]) -> Array:
    """The values of a map in the order of its keys, as one row; in the form SPARSE each at the place of its key."""
    keys = sorted(x)
    if op.map_form == "SPARSE":
        values = [x.get(key, 0) for key in range(op.max_map)]
    else:
        values = [x[key] for key in keys]
    if op.cast_to == "TO_STRING":
        return np.array([[str(value) for value in values]], dtype=object)
    dtype = np.float32 if op.cast_to == "TO_FLOAT" else np.int64
    return xp.array(np.array([[float(value) for value in values]]).astype(dtype))
