"""Normalizations."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.scans import inverse_deviation, mean, normalized, statistics
from couloir.dialects.onnx.types import BY_NUMBER
from couloir.ir.types import Type, bit_width, f32
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.tensors import (
    accumulator,
    along,
    broadcast,
    compare,
    convert,
    expand_like,
    full_like,
    reduce,
    reshape,
    scalar,
    with_ones,
)


@lowers("BatchNormalization")
def batch_normalization(node: Node) -> Lowered:
    """`BatchNormalization` since 7, 9, 14, 15, of one mean and variance for each channel.

    With `training_mode` they are those of the batch, and running ones are updated.
    """
    training = bool(node.integer("training_mode"))
    if not training and any(result.has_uses for result in node.op.results[1:]):
        raise NotLowered("it trains: its outputs with statistics are used")
    if not node.integer("spatial", 1):
        raise NotLowered("`spatial = 0` has statistics for each position")
    element = max((node[index].type.element_type for index in range(5)), key=bit_width)
    x, scale, bias, mean, variance = (convert(node[index], element) for index in range(5))
    running: list[Tensor] = []
    if training:
        old, momentum = (mean, variance), node.number("momentum", 0.9)
        mean, variance = statistics(x, [axis for axis in range(x.type.rank) if axis != 1])
        kept = node[3].type.element_type
        running = [convert(_weighted(a, momentum, b), kept) for a, b in zip(old, (mean, variance), strict=True)]
    factor = hlo.Multiply(scale, inverse_deviation(variance, node.number("epsilon", 1e-5))).result
    shape = x.type.shape
    centred = hlo.Subtract(x, along(mean, shape, 1))
    y = hlo.Add(hlo.Multiply(centred, along(factor, shape, 1)), along(bias, shape, 1))
    return [convert(y, node[0].type.element_type), *running]


def _weighted(a: Tensor, weight: float, b: Tensor) -> Tensor:
    """`a * weight + b * (1 - weight)`."""
    return hlo.Add(hlo.Multiply(a, full_like(a, weight)), hlo.Multiply(b, full_like(b, 1 - weight))).result


def _stash_type(node: Node) -> Type:
    """The element type in which statistics are computed: by the attribute `stash_type`, at least that of the input."""
    found = BY_NUMBER.get(node.integer("stash_type", 1))
    return max((found.type if found else f32, node[0].type.element_type), key=bit_width)


@lowers("LayerNormalization")
def layer_normalization(node: Node) -> Lowered:
    """`LayerNormalization` since 17: over all dimensions from `axis` on."""
    x = node[0]
    rank, element = x.type.rank, x.type.element_type
    axes = list(range(node.axis(rank, default=-1), rank))
    y, mean, inverse = normalized(convert(x, _stash_type(node)), axes, node.number("epsilon", 1e-5))
    y = hlo.Multiply(convert(y, element), broadcast(node[1], x.type.shape)).result
    bias = node.optional(2)
    if bias is not None:
        y = hlo.Add(y, broadcast(bias, x.type.shape)).result
    results: list[Tensor] = [y]
    for index, value in ((1, mean), (2, inverse)):
        position = node.result_position(index)
        if position is not None:
            results.append(reshape(convert(value, node.result_element(position)), with_ones(x.type.shape, axes)))
    return results


@lowers("RMSNormalization")
def rms_normalization(node: Node) -> Lowered:
    """`RMSNormalization` since 23: by the root of the mean square over all dimensions from `axis` on."""
    x = node[0]
    rank, element = x.type.rank, x.type.element_type
    axes = list(range(node.axis(rank, default=-1), rank))
    wide = convert(x, _stash_type(node))
    inverse = inverse_deviation(mean(hlo.Multiply(wide, wide).result, axes), node.number("epsilon", 1e-5))
    y = hlo.Multiply(wide, expand_like(inverse, x.type.shape, axes)).result
    return hlo.Multiply(convert(y, element), broadcast(node[1], x.type.shape))


@lowers("InstanceNormalization")
def instance_normalization(node: Node) -> Lowered:
    """`InstanceNormalization` since 6, 22: over the spatial dimensions."""
    x = node[0]
    element, shape = x.type.element_type, x.type.shape
    if x.type.rank < 2 or any(node[index].type.dims != shape[1:2] for index in (1, 2)):
        raise NotLowered("scale and bias have one element for each channel")
    wide = convert(x, accumulator(element))
    y, _, _ = normalized(wide, list(range(2, x.type.rank)), node.number("epsilon", 1e-5))
    scale, bias = (along(convert(node[index], y.type.element_type), shape, 1) for index in (1, 2))
    return convert(hlo.Add(hlo.Multiply(y, scale), bias), element)


@lowers("GroupNormalization")
def group_normalization(node: Node) -> Lowered:
    """`GroupNormalization` since 18 (scale and bias for each group), 21 (for each channel)."""
    x, groups = node[0], node.integer("num_groups")
    element, shape = x.type.element_type, x.type.shape
    if groups < 1 or x.type.rank < 2 or shape[1] % groups:
        raise NotLowered(f"the channels of `{x.type}` are not {groups} groups of one size")
    if node[1].type.rank != 1 or node[2].type.rank != 1:
        raise NotLowered("scale and bias are not vectors")
    grouped = reshape(x, (shape[0], groups, shape[1] // groups, *shape[2:]))
    working = _stash_type(node) if node.version >= 21 else accumulator(element)
    y, _, _ = normalized(convert(grouped, working), list(range(2, grouped.type.rank)), node.number("epsilon", 1e-5))
    y = convert(y, element)
    if node.version >= 21:
        y = reshape(y, shape)
    made = hlo.Add(hlo.Multiply(y, along(node[1], y.type.shape, 1)), along(node[2], y.type.shape, 1))
    return reshape(made, shape)


@lowers("MeanVarianceNormalization")
def mean_variance_normalization(node: Node) -> Lowered:
    """`MeanVarianceNormalization` since 9, 13."""
    x = node[0]
    axes = [normal_axis(axis, x.type.rank) for axis in node.integers("axes") or (0, 2, 3)]
    wide = convert(x, accumulator(x.type.element_type))
    mean, variance = statistics(wide, axes)
    deviation = hlo.Add(hlo.Sqrt(variance), full_like(variance, 1e-9))
    centred = hlo.Subtract(wide, expand_like(mean, x.type.shape, axes))
    return convert(hlo.Divide(centred, expand_like(deviation, x.type.shape, axes)), x.type.element_type)


@lowers("LpNormalization")
def lp_normalization(node: Node) -> Lowered:
    """`LpNormalization` since 1, 22: by the 1-norm or 2-norm along an axis; 0 where that is 0."""
    x = node[0]
    axis = node.axis(x.type.rank, default=-1)
    if node.integer("p", 2) == 1:
        norm = reduce(hlo.Abs(x).result, [axis], "add")
    else:
        norm = hlo.Sqrt(reduce(hlo.Multiply(x, x).result, [axis], "add")).result
    wide = expand_like(norm, x.type.shape, [axis])
    is_zero = compare(wide, 0, hlo.ComparisonDirection.EQ)
    return hlo.Select(is_zero, full_like(x, 0), hlo.Divide(x, wide))


@lowers("LRN")
def local_response_normalization(node: Node) -> Lowered:
    """`LRN` since 1, 13: across channels."""
    x, size = node[0], node.integer("size")
    rank = x.type.rank
    channels = x.type.shape[1]  # a window that reaches further sees zeros only
    low, high = min((size - 1) // 2, channels), min(size - 1 - (size - 1) // 2, channels)
    padding = [(0, 0)] * rank
    padding[1] = (low, high)
    window = [1] * rank
    window[1] = low + 1 + high
    squares = hlo.Multiply(x, x)
    zero = scalar(0, x.type.element_type)
    total = hlo.reduce_window(squares, zero, "add", window_dimensions=window, padding=padding).outputs[0]
    scaled = hlo.Multiply(total, full_like(x, node.number("alpha", 1e-4) / size))
    base = hlo.Add(scaled, full_like(x, node.number("bias", 1.0)))
    return hlo.Divide(x, hlo.Power(base, full_like(x, node.number("beta", 0.75))))


# -- along an axis -----------------------------------------------------------------------------------------------------------


def _softmax_axes(node: Node) -> list[int]:
    """One axis since version 13; before, everything from the axis on counts as one."""
    rank = node[0].type.rank
    if node.version >= 13:
        return [node.axis(rank, default=-1)]
    return list(range(node.axis(rank, default=1, end=True), rank))


def _shifted(x: Tensor, axes: Sequence[int]) -> Tensor:
    """`x` less its largest element: the exponential does not overflow then."""
    return hlo.Subtract(x, expand_like(reduce(x, axes, "maximum"), x.type.shape, axes)).result


@lowers("Softmax")
def softmax(node: Node) -> Lowered:
    """`Softmax` since 1, 11, 13."""
    x, axes = node[0], _softmax_axes(node)
    wide = _shifted(convert(x, accumulator(x.type.element_type)), axes)
    parts = hlo.Exponential(wide).result
    total = expand_like(reduce(parts, axes, "add"), x.type.shape, axes)
    return convert(hlo.Divide(parts, total), x.type.element_type)


@lowers("LogSoftmax")
def log_softmax(node: Node) -> Lowered:
    """`LogSoftmax` since 1, 11, 13."""
    x, axes = node[0], _softmax_axes(node)
    wide = _shifted(convert(x, accumulator(x.type.element_type)), axes)
    total = hlo.Log(reduce(hlo.Exponential(wide).result, axes, "add"))
    return convert(hlo.Subtract(wide, expand_like(total, x.type.shape, axes)), x.type.element_type)
