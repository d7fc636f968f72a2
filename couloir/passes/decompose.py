"""Writes ops that are abbreviations as what they abbreviate, so that lowerings need not know them.

top_k(x, k)                =>  slices of sort(x, iota)
batch_norm_inference(x)    =>  (x - mean) / sqrt(variance + epsilon) * scale + offset
batch_norm_training(x)     =>  mean and variance of x, and batch_norm_inference
batch_norm_grad(x)         =>  its formula
composite @f(x)            =>  call @f(x)
chlo.constant              =>  stablehlo.constant
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from couloir.dialects import chlo, func, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import FloatType, TensorType, f32, i32

_OPEN: Final = "a size is not known"


@rule
def top_k_by_sorting(op: chlo.TopK, rewriter: Rewriter) -> str | None:
    """top_k(x, k)  =>  the first k of sort(x, iota) by x, the largest first; a stable sort keeps the first of equals"""
    type = op.operand.type
    if not type.is_static:
        return _OPEN
    shape, axis, element = type.shape, type.rank - 1, type.element_type
    places = hlo.iota(shape, i32, axis)
    order = Block([TensorType((), element)] * 2 + [TensorType((), i32)] * 2)
    with inside(order):
        total = ComparisonType.TOTALORDER if isinstance(element, FloatType) else None
        first, second, *_ = order.arguments
        hlo.Return([hlo.Compare(first, second, ComparisonDirection.GT, total).result])
    made = hlo.Sort([op.operand, places], axis, True, Region([order]))
    limits = (*shape[:-1], op.k)
    parts = [hlo.Slice(value, (0,) * len(shape), limits, (1,) * len(shape)) for value in made.outputs]
    rewriter.replace(op, *parts)
    return None


class _ByFeature:
    """Arithmetic of a batch normalisation: numbers of features spread over the operand, and sums by feature."""

    def __init__(self, operand: Value[TensorType], feature: int, epsilon: float) -> None:
        self.type, self.feature, self.epsilon = operand.type, feature, epsilon
        self.element = operand.type.element_type
        self.others = [axis for axis in range(self.type.rank) if axis != feature]
        features = self.type.shape[feature]
        self.count = self.type.size // features if self.type.size else 0

    def number(self, value: float, like: Any) -> Any:
        """A constant in the shape of a value; rounded to f32 first, as the attribute is."""
        exact = hlo.constant(value, f32, shape=like.type.shape)
        return hlo.convert(exact, self.element)

    def spread(self, value: Any) -> Any:
        """Numbers of features, one for each element."""
        return hlo.broadcast_in_dim(value, self.type.shape, (self.feature,)).result

    def total(self, value: Any) -> Any:
        """Sums by feature."""
        return hlo.reduce(value, hlo.constant(0.0, self.element), self.others, "add").results[0]

    def mean(self, value: Any) -> Any:
        """Means by feature."""
        total = self.total(value)
        return hlo.Divide(total, self.number(self.count, total)).result

    def deviation(self, variance: Any) -> Any:
        """sqrt(variance + epsilon)."""
        return hlo.Sqrt(hlo.Add(variance, self.number(self.epsilon, variance))).result

    def normalized(self, operand: Any, scale: Any, offset: Any, mean: Any, variance: Any) -> Any:
        """What batch_norm_inference computes."""
        centered = hlo.Subtract(operand, self.spread(mean))
        ratio = hlo.Divide(centered, self.spread(self.deviation(variance)))
        return hlo.Add(hlo.Multiply(self.spread(scale), ratio), self.spread(offset)).result


@rule
def batch_norm_as_arithmetic(op: hlo.BatchNormInference, rewriter: Rewriter) -> str | None:
    """batch_norm_inference(x)  =>  scale * (x - mean) / sqrt(variance + epsilon) + offset"""
    if not op.operand.type.is_static:
        return _OPEN
    by = _ByFeature(op.operand, op.feature_index, op.epsilon)
    rewriter.replace(op, by.normalized(op.operand, op.scale, op.offset, op.mean, op.variance))
    return None


@rule
def batch_norm_of_the_batch(op: hlo.BatchNormTraining, rewriter: Rewriter) -> str | None:
    """batch_norm_training(x)  =>  batch_norm_inference(x, mean(x), variance(x)) and these two"""
    if not op.operand.type.is_static:
        return _OPEN
    by = _ByFeature(op.operand, op.feature_index, op.epsilon)
    mean = by.mean(op.operand)
    centered = hlo.Subtract(op.operand, by.spread(mean)).result
    variance = by.mean(hlo.Multiply(centered, centered).result)
    rewriter.replace(op, by.normalized(op.operand, op.scale, op.offset, mean, variance), mean, variance)
    return None


@rule
def batch_norm_gradient(op: hlo.BatchNormGrad, rewriter: Rewriter) -> str | None:
    """batch_norm_grad  =>  the formula of the StableHLO specification"""
    if not op.operand.type.is_static:
        return _OPEN
    by, gradient = _ByFeature(op.operand, op.feature_index, op.epsilon), op.grad_output
    stable = hlo.Add(op.variance, by.number(op.epsilon, op.variance)).result
    deviation = hlo.Sqrt(stable).result
    centered = hlo.Subtract(op.operand, by.spread(op.mean)).result
    normalized = hlo.Divide(centered, by.spread(deviation)).result
    offset = by.total(gradient)
    along_mean = hlo.Subtract(hlo.Multiply(gradient, by.number(by.count, gradient)), by.spread(offset)).result
    product = by.spread(by.total(hlo.Multiply(gradient, centered).result))
    along_variance = hlo.Divide(hlo.Multiply(product, centered), by.spread(stable)).result
    factor = hlo.Divide(hlo.Divide(op.scale, deviation), by.number(by.count, op.scale)).result
    rewriter.replace(
        op,
        hlo.Multiply(by.spread(factor), hlo.Subtract(along_mean, along_variance)),
        by.total(hlo.Multiply(gradient, normalized).result),
        offset,
    )
    return None


@rule
def composite_as_call(op: hlo.Composite, rewriter: Rewriter) -> str | None:
    """composite @f(x)  =>  call @f(x)"""
    made = func.Call(op.decomposition, list(op.inputs), result_types=[value.type for value in op.outputs])
    rewriter.replace(op, *made.results)
    return None


@rule
def constant_of_stablehlo(op: chlo.Constant, rewriter: Rewriter) -> str | None:
    """chlo.constant  =>  stablehlo.constant"""
    rewriter.replace(op, hlo.Constant(op.value))
    return None


DECOMPOSITIONS: Final[Sequence[Any]] = (
    top_k_by_sorting,
    batch_norm_as_arithmetic,
    batch_norm_of_the_batch,
    batch_norm_gradient,
    composite_as_call,
    constant_of_stablehlo,
)


@attrs.frozen
class Decompose(Pass, name="decompose"):
    """Writes top_k, batch normalisation, composites and the like as the ops that they stand for."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, DECOMPOSITIONS)
