"""Reductions over dimensions, positions of extremes, and running sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Tensor,
    accumulator,
    broadcast_together,
    compare,
    convert,
    expand_like,
    full_like,
    highest,
    iota,
    is_float,
    lowest,
    reduce,
    reshape,
    scalar,
    size_of,
    sizes_of,
    with_ones,
)
from couloir.dialects.hlo.scans import divide_by_count, extreme_position, mean, scan
from couloir.frontends.torch.aten.elementwise import as_element, truth
from couloir.frontends.torch.node import Lowered, Node, NotLowered, lowers, normal_axes, normal_axis
from couloir.ir.types import ComplexType, i1, i32, i64

Axes: TypeAlias = "Sequence[int] | int | None"


def _reduced(node: Node, x: Tensor, axes: Sequence[int], body: str, keep: bool) -> Tensor:
    """A reduction in the accumulator of the result's type."""
    element = accumulator(node.element)
    return convert(reduce(as_element(x, element), axes, body, keep=keep), node.element)


@lowers("aten.sum", "prims.sum")
def sum_(node: Node, x: Tensor, dim: Axes = None, keepdim: bool = False, **_: Any) -> Lowered:
    """The sum."""
    return _reduced(node, x, normal_axes(dim, x.type.rank), "add", keepdim)


@lowers("aten.prod", "prims.prod")
def prod(node: Node, x: Tensor, dim: Axes = None, keepdim: bool = False, **_: Any) -> Lowered:
    """The product."""
    return _reduced(node, x, normal_axes(dim, x.type.rank), "multiply", keepdim)


@lowers("aten.mean")
def mean_(node: Node, x: Tensor, dim: Axes = None, keepdim: bool = False, **_: Any) -> Tensor:
    """The mean."""
    axes = normal_axes(dim, x.type.rank)
    wide = convert(x, accumulator(node.element))
    found = mean(wide, axes)
    return convert(reshape(found, with_ones(sizes_of(x), axes)) if keepdim else found, node.element)


@lowers("aten.var")
def var(
    node: Node, x: Tensor, dim: Axes = None, unbiased: Any = True, keepdim: bool = False, *, correction: Any = None
) -> Tensor:
    """The variance: the sum of squares by the count less `correction`."""
    axes = normal_axes(dim, x.type.rank)
    less = (1.0 if unbiased else 0.0) if correction is None else float(correction)
    if isinstance(x.type.element_type, ComplexType):
        raise NotLowered("its operand is complex")
    wide = convert(x, accumulator(node.element))
    centred = hlo.Subtract(wide, expand_like(mean(wide, axes), sizes_of(x), axes)).result
    total = reduce(hlo.Multiply(centred, centred).result, axes, "add")
    ones = divide_by_count(full_like(total, 1), [size_of(x, axis) for axis in axes])
    count = hlo.Subtract(hlo.Divide(full_like(total, 1), ones), full_like(total, less))
    counted = hlo.Maximum(count, full_like(total, 0))
    found = hlo.Divide(total, counted).result
    return convert(reshape(found, with_ones(sizes_of(x), axes)) if keepdim else found, node.element)


@lowers("aten.var_mean")
def var_mean(
    node: Node, x: Tensor, dim: Axes = None, unbiased: Any = True, keepdim: bool = False, *, correction: Any = None
) -> Lowered:
    """The variance and the mean."""
    return [var(node, x, dim, unbiased, keepdim, correction=correction), mean_(node, x, dim, keepdim)]


@lowers("aten._cdist_forward")
def cdist(node: Node, x: Tensor, y: Tensor, p: float, mode: int | None = None) -> Lowered:
    """The p-norm of the difference of each row of `x` and each of `y`."""
    last = max(x.type.rank, y.type.rank) - 1
    rows = reshape(x, (*sizes_of(x)[:-1], 1, size_of(x, x.type.rank - 1)))
    columns = reshape(y, (*sizes_of(y)[:-2], 1, *sizes_of(y)[-2:]))
    return norm(hlo.Subtract(*broadcast_together(rows, columns)).result, last + 1, p)


def norm(x: Tensor, axis: int, p: float) -> Tensor:
    """The p-norm along a dimension, which goes."""
    distance = hlo.Abs(x).result
    if p == math.inf:
        return reduce(distance, [axis], "maximum")
    if p == 0:
        return reduce(convert(truth(distance), x.type.element_type), [axis], "add")
    if p == 1:
        return reduce(distance, [axis], "add")
    if p == 2:
        return hlo.Sqrt(reduce(hlo.Multiply(distance, distance).result, [axis], "add")).result
    total = reduce(hlo.Power(distance, full_like(distance, p)).result, [axis], "add")
    return hlo.Power(total, full_like(total, 1 / p)).result


@lowers("prims.var")
def prims_var(node: Node, x: Tensor, dims: Sequence[int], correction: float = 1, **_: Any) -> Lowered:
    """As `aten.var`."""
    return var(node, x, dims, correction=correction)


@lowers("aten.amax", "prims.amax")
def amax(node: Node, x: Tensor, dim: Axes = (), keepdim: bool = False) -> Lowered:
    """The greatest element."""
    return reduce(x, normal_axes(dim, x.type.rank), _extreme(x, "maximum"), keep=keepdim)


@lowers("aten.amin", "prims.amin")
def amin(node: Node, x: Tensor, dim: Axes = (), keepdim: bool = False) -> Lowered:
    """The least element."""
    return reduce(x, normal_axes(dim, x.type.rank), _extreme(x, "minimum"), keep=keepdim)


@lowers("aten.max.default")
def max_(node: Node, x: Tensor) -> Lowered:
    """The greatest of all elements."""
    return amax(node, x)


@lowers("aten.min.default")
def min_(node: Node, x: Tensor) -> Lowered:
    """The least of all elements."""
    return amin(node, x)


def _extreme(x: Tensor, body: str) -> str:
    """The reducer; booleans have `or` and `and`."""
    return {"maximum": "or", "minimum": "and"}[body] if x.type.element_type is i1 else body


def _with_position(node: Node, x: Tensor, dim: int, keepdim: bool, body: str) -> Lowered:
    if not x.type.rank:
        return [x, scalar(0, i64)]
    axis = normal_axis(dim, x.type.rank)
    kind = _extreme(x, body)
    found = [reduce(x, [axis], kind), extreme_position(x, axis, kind)]
    kept = with_ones(sizes_of(x), [axis])
    return [reshape(value, kept) for value in found] if keepdim else found


@lowers("aten.max.dim")
def max_dim(node: Node, x: Tensor, dim: int, keepdim: bool = False) -> Lowered:
    """The greatest element along a dimension, and where the first such is."""
    return _with_position(node, x, dim, keepdim, "maximum")


@lowers("aten.min.dim")
def min_dim(node: Node, x: Tensor, dim: int, keepdim: bool = False) -> Lowered:
    """The least element along a dimension, and where the first such is."""
    return _with_position(node, x, dim, keepdim, "minimum")


def _position(node: Node, x: Tensor, dim: int | None, keepdim: bool, body: str) -> Tensor:
    if not x.type.rank:
        return scalar(0, i64)
    sizes = sizes_of(x)
    if dim is None:
        found = extreme_position(_flat(x), 0, _extreme(x, body))
        return reshape(found, [1] * x.type.rank) if keepdim else found
    axis = normal_axis(dim, x.type.rank)
    found = extreme_position(x, axis, _extreme(x, body))
    return reshape(found, with_ones(sizes, [axis])) if keepdim else found


def _flat(x: Tensor) -> Tensor:
    """All elements in one dimension."""
    if x.type.is_static:
        return reshape(x, (x.type.size,))
    count = size_of(x, 0)
    for axis in range(1, x.type.rank):
        size = size_of(x, axis)
        a, b = (scalar(s, i32) if isinstance(s, int) else s for s in (count, size))
        count = hlo.Multiply(a, b).result
    return reshape(x, (count,))


@lowers("aten.argmax")
def argmax(node: Node, x: Tensor, dim: int | None = None, keepdim: bool = False) -> Lowered:
    """Where the first greatest element is."""
    return _position(node, x, dim, keepdim, "maximum")


@lowers("aten.argmin")
def argmin(node: Node, x: Tensor, dim: int | None = None, keepdim: bool = False) -> Lowered:
    """Where the first least element is."""
    return _position(node, x, dim, keepdim, "minimum")


@lowers("aten.any")
def any_(node: Node, x: Tensor, dim: Axes = None, keepdim: bool = False) -> Lowered:
    """Whether an element is not 0."""
    return convert(reduce(truth(x), normal_axes(dim, x.type.rank), "or", keep=keepdim), node.element)


@lowers("aten.all")
def all_(node: Node, x: Tensor, dim: Axes = None, keepdim: bool = False) -> Lowered:
    """Whether no element is 0."""
    return convert(reduce(truth(x), normal_axes(dim, x.type.rank), "and", keep=keepdim), node.element)


@lowers("aten.cumsum")
def cumsum(node: Node, x: Tensor, dim: int, **_: Any) -> Lowered:
    """Each element plus all before it."""
    return _running(node, x, dim, hlo.Add, 0)


@lowers("aten.cumprod")
def cumprod(node: Node, x: Tensor, dim: int, **_: Any) -> Lowered:
    """Each element times all before it."""
    return _running(node, x, dim, hlo.Multiply, 1)


@lowers("aten.cummax", "aten.cummin")
def extremes_so_far(node: Node, x: Tensor, dim: int) -> Lowered:
    """The greatest or least of each element and all before it, and where the last such one is; NaN is both."""
    if not x.type.rank:
        return [x, scalar(0, i64)]
    axis = normal_axis(dim, x.type.rank)
    is_max = "cummax" in node.target
    element = x.type.element_type
    start = lowest(element) if is_max else highest(element)
    found = _running(node, x, dim, hlo.Maximum if is_max else hlo.Minimum, start)
    here = compare(x, found, hlo.ComparisonDirection.EQ)
    if is_float(element):
        here = hlo.Or(here, compare(x, x, hlo.ComparisonDirection.NE)).result
    places = iota(sizes_of(x), i64, axis)
    marked = hlo.Select(here, places, full_like(places, 0)).result
    return [found, scan(marked, axis, lambda a, b: hlo.Maximum(a, b).result, 0)]


def _running(node: Node, x: Tensor, dim: int, make: Any, neutral: float) -> Tensor:
    wide = as_element(x, accumulator(node.element))
    if not x.type.rank:
        return convert(wide, node.element)
    axis = normal_axis(dim, x.type.rank)
    if x.type.dims[axis] is None:
        raise NotLowered(f"the size of dimension {axis}, along which it runs, is not known")
    return convert(scan(wide, axis, lambda a, b: make(a, b).result, neutral), node.element)


@lowers("aten.logcumsumexp")
def logcumsumexp(node: Node, x: Tensor, dim: int) -> Lowered:
    """The logarithm of the sum of the exponentials of each element and all before it, without overflow."""
    wide = convert(x, accumulator(node.element))
    if not x.type.rank:
        return x
    axis = normal_axis(dim, x.type.rank)
    if x.type.dims[axis] is None:
        raise NotLowered(f"the size of dimension {axis}, along which it runs, is not known")
    return convert(scan(wide, axis, _log_add_exp, -math.inf), node.element)


def _log_add_exp(a: Tensor, b: Tensor) -> Tensor:
    """`log(exp(a) + exp(b))`; equal infinities are themselves."""
    greater = hlo.Maximum(a, b).result
    rest = hlo.LogPlusOne(hlo.Exponential(hlo.Negate(hlo.Abs(hlo.Subtract(a, b)))))
    endless = compare(hlo.Abs(greater).result, math.inf, hlo.ComparisonDirection.EQ)
    return hlo.Select(endless, greater, hlo.Add(greater, rest)).result
