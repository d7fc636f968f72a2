"""Normalizations and softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    accumulator,
    along,
    broadcast,
    convert,
    expand_like,
    full,
    reduce,
    reshape,
    sizes_of,
    with_ones,
)
from couloir.dialects.hlo.scans import inverse_deviation, normalized
from couloir.frontends.torch.node import Lowered, Node, lowers, normal_axis


@lowers("aten._native_batch_norm_legit_no_training")
def batch_norm(
    node: Node,
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    momentum: float,
    epsilon: float,
) -> Lowered:
    """By a stored mean and variance for each channel."""
    wide, sizes = convert(x, accumulator(x.type.element_type)), sizes_of(x)
    element = wide.type.element_type
    factor = inverse_deviation(convert(variance, element), epsilon)
    if weight is not None:
        factor = hlo.Multiply(factor, convert(weight, element)).result
    y = hlo.Multiply(hlo.Subtract(wide, along(convert(mean, element), sizes, 1)), along(factor, sizes, 1)).result
    if bias is not None:
        y = hlo.Add(y, along(convert(bias, element), sizes, 1)).result
    none = [None if kind is None else full(0, (0,), kind) for kind in node.elements[1:]]
    return [convert(y, x.type.element_type), *none]


@lowers("aten.native_layer_norm")
def layer_norm(
    node: Node, x: Tensor, shape: Sequence[Size], weight: Tensor | None, bias: Tensor | None, epsilon: float
) -> Lowered:
    """Over the last dimensions."""
    axes = list(range(x.type.rank - len(shape), x.type.rank))
    wide = convert(x, accumulator(x.type.element_type))
    y, mean, inverse = normalized(wide, axes, epsilon)
    y = _affine(y, weight, bias, lambda part: broadcast(part, sizes_of(y)))
    kept = with_ones(sizes_of(x), axes)
    statistics = [
        None if kind is None else convert(reshape(value, kept), kind)
        for value, kind in zip((mean, inverse), node.elements[1:], strict=True)
    ]
    return [convert(y, x.type.element_type), *statistics]


def _affine(y: Tensor, weight: Tensor | None, bias: Tensor | None, spread: Callable[[Tensor], Tensor]) -> Tensor:
    """`y * weight + bias`, both first made as large as `y`."""
    element = y.type.element_type
    if weight is not None:
        y = hlo.Multiply(y, spread(convert(weight, element))).result
    if bias is not None:
        y = hlo.Add(y, spread(convert(bias, element))).result
    return y


@lowers("aten.native_group_norm")
def group_norm(
    node: Node,
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    batch: Size,
    channels: Size,
    spatial: Size,
    groups: int,
    epsilon: float,
) -> Lowered:
    """Over the channels of a group and all positions."""
    sizes = sizes_of(x)
    wide = convert(x, accumulator(x.type.element_type))
    features = x.type.dims[1] or 0
    grouped = reshape(wide, (sizes[0], groups, features // groups, *sizes[2:]))
    axes = list(range(2, grouped.type.rank))
    y, mean, inverse = normalized(grouped, axes, epsilon)
    y = _affine(reshape(y, sizes), weight, bias, lambda part: along(part, sizes, 1))
    statistics = [
        None if kind is None else convert(value, kind)
        for value, kind in zip((mean, inverse), node.elements[1:], strict=True)
    ]
    return [convert(y, x.type.element_type), *statistics]


@lowers("aten._softmax")
def softmax(node: Node, x: Tensor, dim: int, half_to_float: bool = False) -> Lowered:
    """`exp(x) / sum(exp(x))`, without overflow."""
    if not x.type.rank:
        return full(1, (), node.element)
    axes, sizes = [normal_axis(dim, x.type.rank)], sizes_of(x)
    wide = convert(x, accumulator(x.type.element_type))
    largest = expand_like(reduce(wide, axes, "maximum"), sizes, axes)
    parts = hlo.Exponential(hlo.Subtract(wide, largest)).result
    return convert(hlo.Divide(parts, expand_like(reduce(parts, axes, "add"), sizes, axes)), node.element)


@lowers("aten._safe_softmax")
def safe_softmax(node: Node, x: Tensor, dim: int, dtype: object = None) -> Lowered:
    """As softmax; 0 in rows that are -infinity everywhere."""
    axes, sizes = [normal_axis(dim, x.type.rank)], sizes_of(x)
    wide = convert(x, accumulator(node.element))
    largest = reduce(wide, axes, "maximum")
    lowest = full(-math.inf, sizes_of(largest), largest.type.element_type)
    hidden = hlo.Compare(largest, lowest, hlo.ComparisonDirection.EQ).result
    zero = full(0, sizes_of(largest), largest.type.element_type)
    shift = expand_like(hlo.Select(hidden, zero, largest), sizes, axes)
    parts = hlo.Exponential(hlo.Subtract(wide, shift)).result
    total = reduce(parts, axes, "add")
    one = full(1, sizes_of(total), total.type.element_type)
    return convert(hlo.Divide(parts, expand_like(hlo.Select(hidden, one, total), sizes, axes)), node.element)


@lowers("aten._log_softmax")
def log_softmax(node: Node, x: Tensor, dim: int, half_to_float: bool = False) -> Lowered:
    """`x - log(sum(exp(x)))`, without overflow."""
    if not x.type.rank:
        return full(0, (), node.element)
    axes, sizes = [normal_axis(dim, x.type.rank)], sizes_of(x)
    wide = convert(x, accumulator(x.type.element_type))
    shifted = hlo.Subtract(wide, expand_like(reduce(wide, axes, "maximum"), sizes, axes)).result
    total = hlo.Log(reduce(hlo.Exponential(shifted).result, axes, "add")).result
    return convert(hlo.Subtract(shifted, expand_like(total, sizes, axes)), node.element)
