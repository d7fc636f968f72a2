"""Normalizations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from couloir.dialects import hlo
from couloir.ir.types import bit_width
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import (
    accumulator,
    along,
    convert,
    expand_like,
    full_like,
    reduce,
    scalar,
)


@lowers("BatchNormalization")
def batch_normalization(node: Node) -> Lowered:
    """`BatchNormalization` since 7, 9, 14, 15, for inference: `(x - mean) * (scale / sqrt(var + epsilon)) + bias`."""
    if node.integer("training_mode") or any(result.has_uses for result in node.op.results[1:]):
        raise NotLowered("it trains: only inference is lowered")
    if not node.integer("spatial", 1):
        raise NotLowered("`spatial = 0` has statistics for each position")
    x = node[0]
    element = max((node[index].type.element_type for index in range(5)), key=bit_width)
    wide, scale, bias, mean, variance = (convert(node[index], element) for index in range(5))
    factor = hlo.Divide(scale, hlo.Sqrt(hlo.Add(variance, full_like(variance, node.number("epsilon", 1e-5))))).result
    shape = x.type.shape
    centred = hlo.Subtract(wide, along(mean, shape, 1))
    y = hlo.Add(hlo.Multiply(centred, along(factor, shape, 1)), along(bias, shape, 1))
    return [convert(y, x.type.element_type), *[None] * (len(node.op.results) - 1)]


@lowers("LRN")
def local_response_normalization(node: Node) -> Lowered:
    """`LRN` since 1, 13: across channels."""
    x, size = node[0], node.integer("size")
    rank = x.type.rank
    low, high = (size - 1) // 2, size - 1 - (size - 1) // 2
    padding = [(0, 0)] * rank
    padding[1] = (low, high)
    window = [1] * rank
    window[1] = size
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


def mean_over(x: Tensor, axes: Sequence[int]) -> Tensor:
    """The mean along `axes`, which go."""
    total = reduce(x, axes, "add")
    return hlo.Divide(total, full_like(total, math.prod(x.type.shape[axis] for axis in axes))).result
