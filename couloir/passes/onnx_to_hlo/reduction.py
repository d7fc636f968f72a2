"""Reductions over axes, positions of extremes, and running sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.scans import extreme_position, moved, scan
from couloir.ir.types import Type, f64, i1, i64
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.tensors import (
    accumulator,
    convert,
    expand_like,
    full_like,
    is_float,
    is_unsigned,
    reduce,
    reshape,
    with_ones,
)


def _axes(node: Node) -> list[int] | None:
    """The axes, which became an input in version 18 (13 for ReduceSum); all of them when none are given; None for none at all."""
    rank = node[0].type.rank
    as_input = node.version >= (13 if node.op.operator == "ReduceSum" else 18)
    if as_input:
        axes = node.constant_integers(1, "axes") if node.has(1) else None
    else:
        axes = node.integers("axes")
    if not axes:
        return None if node.integer("noop_with_empty_axes") else list(range(rank))
    return sorted({normal_axis(axis, rank) for axis in axes})


def _reduction(node: Node, before: Callable[[Tensor], Tensor], body: str, working: Type) -> Tensor:
    """Reduces `before(x)`, computed with elements of type `working`; the dimensions stay as the node says."""
    x, axes = convert(node[0], working), _axes(node)
    prepared = before(x)
    if axes is None:
        return prepared
    return reduce(prepared, axes, body, keep=bool(node.integer("keepdims", 1)))


def _same(x: Tensor) -> Tensor:
    return x


def _absolute(x: Tensor) -> Tensor:
    return x if is_unsigned(x.type.element_type) else hlo.Abs(x).result


def _square(x: Tensor) -> Tensor:
    return hlo.Multiply(x, x).result


def _real(element: Type) -> Type:
    """The type in which functions of a sum are computed: f64 for integers."""
    return accumulator(element) if is_float(element) else f64


@lowers("ReduceSum")
def reduce_sum(node: Node) -> Lowered:
    """`ReduceSum` since 1, 11, 13."""
    element = node[0].type.element_type
    return convert(_reduction(node, _same, "add", accumulator(element)), element)


@lowers("ReduceSumSquare")
def reduce_sum_square(node: Node) -> Lowered:
    """`ReduceSumSquare` since 1, 11, 13, 18."""
    element = node[0].type.element_type
    return convert(_reduction(node, _square, "add", accumulator(element)), element)


@lowers("ReduceL1")
def reduce_l1(node: Node) -> Lowered:
    """`ReduceL1` since 1, 11, 13, 18."""
    element = node[0].type.element_type
    return convert(_reduction(node, _absolute, "add", accumulator(element)), element)


@lowers("ReduceL2")
def reduce_l2(node: Node) -> Lowered:
    """`ReduceL2` since 1, 11, 13, 18."""
    element = node[0].type.element_type
    return convert(hlo.Sqrt(_reduction(node, _square, "add", _real(element))), element)


@lowers("ReduceLogSum")
def reduce_log_sum(node: Node) -> Lowered:
    """`ReduceLogSum` since 1, 11, 13, 18, 28."""
    element = node[0].type.element_type
    return convert(hlo.Log(_reduction(node, _same, "add", _real(element))), element)


@lowers("ReduceLogSumExp")
def reduce_log_sum_exp(node: Node) -> Lowered:
    """`ReduceLogSumExp` since 1, 11, 13, 18, 28: without overflow, by taking out the largest element."""
    element = node[0].type.element_type
    x, axes = convert(node[0], _real(element)), _axes(node)
    if axes is None:
        return convert(x, element)  # log(exp(x))
    largest = reduce(x, axes, "maximum")
    offset = hlo.Select(hlo.IsFinite(largest), largest, full_like(largest, 0))  # inf - inf is no number
    parts = hlo.Exponential(hlo.Subtract(x, expand_like(offset, x.type.shape, axes))).result
    total = hlo.Add(hlo.Log(reduce(parts, axes, "add")), offset).result
    if node.integer("keepdims", 1):
        total = reshape(total, with_ones(x.type.shape, axes))
    return convert(total, element)


@lowers("ReduceMean")
def reduce_mean(node: Node) -> Lowered:
    """`ReduceMean` since 1, 11, 13, 18; of integers with the fraction dropped."""
    x, axes = node[0], _axes(node)
    if axes is None:
        return x
    total = _reduction(node, _same, "add", accumulator(x.type.element_type))
    count = math.prod(x.type.shape[axis] for axis in axes)
    return convert(hlo.Divide(total, full_like(total, count)), x.type.element_type)


@lowers("ReduceProd")
def reduce_product(node: Node) -> Lowered:
    """`ReduceProd` since 1, 11, 13, 18."""
    element = node[0].type.element_type
    return convert(_reduction(node, _same, "multiply", accumulator(element)), element)


@lowers("ReduceMax")
def reduce_max(node: Node) -> Lowered:
    """`ReduceMax` since 1, 11, 12, 13, 18, 20."""
    element = node[0].type.element_type
    return _reduction(node, _same, "or" if element is i1 else "maximum", element)


@lowers("ReduceMin")
def reduce_min(node: Node) -> Lowered:
    """`ReduceMin` since 1, 11, 12, 13, 18, 20."""
    element = node[0].type.element_type
    return _reduction(node, _same, "and" if element is i1 else "minimum", element)


# -- positions ---------------------------------------------------------------------------------------------------------------


def _arg_extreme(node: Node, body: str) -> Tensor:
    x = node[0]
    axis = node.axis(x.type.rank)
    found = extreme_position(x, axis, body, last=bool(node.integer("select_last_index")))
    return reshape(found, with_ones(x.type.shape, [axis])) if node.integer("keepdims", 1) else found


@lowers("ArgMax")
def arg_max(node: Node) -> Lowered:
    """`ArgMax` since 1, 11, 12, 13."""
    return _arg_extreme(node, "maximum")


@lowers("ArgMin")
def arg_min(node: Node) -> Lowered:
    """`ArgMin` since 1, 11, 12, 13."""
    return _arg_extreme(node, "minimum")


@lowers("Hardmax")
def hardmax(node: Node) -> Lowered:
    """`Hardmax` since 1, 11, 13: 1 at the first largest element, 0 elsewhere."""
    x = node[0]
    rank = x.type.rank
    if node.version >= 13:
        axis = node.axis(rank, default=-1)
        return _one_at(x, axis)
    axis = node.axis(rank, default=1, end=True)
    matrix = reshape(x, (math.prod(x.type.shape[:axis]), math.prod(x.type.shape[axis:])))
    return reshape(_one_at(matrix, 1), x.type.shape)


def _one_at(x: Tensor, axis: int) -> Tensor:
    position = expand_like(extreme_position(x, axis, "maximum"), x.type.shape, [axis])
    chosen = hlo.Compare(hlo.iota(x.type.shape, i64, axis), position, hlo.ComparisonDirection.EQ)
    return convert(chosen, x.type.element_type)


# -- running sums ------------------------------------------------------------------------------------------------------------


def _cumulative(node: Node, combine: Callable[[Tensor, Tensor], Tensor], neutral: float) -> Tensor:
    x = node[0]
    axis = normal_axis(int(node.constant(1, "axis").reshape(-1)[0]), x.type.rank)
    backwards: Sequence[int] = (axis,) if node.integer("reverse") else ()
    element = x.type.element_type
    x = convert(x, accumulator(element))
    if backwards:
        x = hlo.Reverse(x, tuple(backwards)).result
    if node.integer("exclusive"):
        x = moved(x, axis, 1, neutral)
    x = scan(x, axis, combine, neutral)
    if backwards:
        x = hlo.Reverse(x, tuple(backwards)).result
    return convert(x, element)


@lowers("CumSum")
def cumulative_sum(node: Node) -> Lowered:
    """`CumSum` since 11, 14."""
    return _cumulative(node, lambda a, b: hlo.Add(a, b).result, 0)


@lowers("CumProd")
def cumulative_product(node: Node) -> Lowered:
    """`CumProd` since 26."""
    return _cumulative(node, lambda a, b: hlo.Multiply(a, b).result, 1)
