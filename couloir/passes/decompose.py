"""Writes ops that are abbreviations as what they abbreviate, so that lowerings need not know them.

top_k(x, k)                =>  slices of sort(x, iota)
batch_norm_inference(x)    =>  (x - mean) / sqrt(variance + epsilon) * scale + offset
batch_norm_training(x)     =>  mean and variance of x, and batch_norm_inference
batch_norm_grad(x)         =>  its formula
composite @f(x)            =>  call @f(x)
erf_inv(x)                 =>  polynomials
fft(x)                     =>  dot products (fourier.py)
cholesky, triangular_solve =>  loops (triangular_matrices.py)
rng_bit_generator(state)   =>  arithmetic (random_numbers.py)
bitcast_convert, mulhi, ... =>  shifts (bits.py)
lgamma, digamma, zeta, ...  =>  arithmetic (special_functions.py)
custom_call @lapack_...    =>  loops over columns (lapack)
map(x) by f                =>  f(x), chlo.scan a loop (bodies.py)
broadcast, einsum, chlo.broadcast_add, ...  =>  what took their place (older_ops.py)
reduce(x) in a wider type  =>  reduce(convert(x))
replica_id, all_reduce, ... =>  those of one device (one_device.py)
sdy.sharding_constraint(x)  =>  x
get_tuple_element(tuple)   =>  the element
chlo.constant              =>  stablehlo.constant
check.expect_eq(x, y), ... =>  comparisons and cf.assert (expectations.py)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import attrs

from couloir.dialects import chlo, func, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType
from couloir.dialects.hlo.elements import is_quantized
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import ComplexType, FloatType, TensorType, f32, f64, i32
from couloir.passes.bits import bitcast_by_shifts, high_half_of_a_product, next_float
from couloir.passes.bodies import (
    async_as_sync,
    complex_select_and_scatter,
    map_as_its_body,
    reduction_in_a_wider_type,
    scan_as_loop,
    select_and_scatter_in_a_wider_type,
)
from couloir.passes.expectations import expectation_as_assertion, expected_call_as_assertion
from couloir.passes.fourier import fft_as_dot_products
from couloir.passes.lapack.table import lapack_call_written_out
from couloir.passes.older_ops import OLDER
from couloir.passes.one_device import (
    annotation_dropped,
    collective_of_one_device,
    mesh_dropped,
    number_of_the_one_device,
    permutation_of_one_device,
    sharding_dropped,
)
from couloir.passes.ragged_dot import ragged_dot_by_masks
from couloir.passes.random_numbers import random_bits_as_arithmetic
from couloir.passes.special_functions import SPECIAL_FUNCTIONS
from couloir.passes.triangular_matrices import cholesky_by_columns, triangular_solve_by_rows

_QUANTIZED: Final = "its elements are quantized"


@rule
def top_k_by_sorting(op: chlo.TopK, rewriter: Rewriter) -> str | None:
    """top_k(x, k)  =>  the first k of sort(x, iota) by x, the largest first; a stable sort keeps the first of equals"""
    type = op.operand.type
    shape, axis, element = type.shape, type.rank - 1, type.element_type
    if isinstance(element, ComplexType):
        return "complex numbers have no order"
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
    if is_quantized(op.operand.type.element_type):
        return _QUANTIZED
    by = _ByFeature(op.operand, op.feature_index, op.epsilon)
    rewriter.replace(op, by.normalized(op.operand, op.scale, op.offset, op.mean, op.variance))
    return None


@rule
def batch_norm_of_the_batch(op: hlo.BatchNormTraining, rewriter: Rewriter) -> str | None:
    """batch_norm_training(x)  =>  batch_norm_inference(x, mean(x), variance(x)) and these two"""
    if is_quantized(op.operand.type.element_type):
        return _QUANTIZED
    by = _ByFeature(op.operand, op.feature_index, op.epsilon)
    mean = by.mean(op.operand)
    centered = hlo.Subtract(op.operand, by.spread(mean)).result
    variance = by.mean(hlo.Multiply(centered, centered).result)
    rewriter.replace(op, by.normalized(op.operand, op.scale, op.offset, mean, variance), mean, variance)
    return None


@rule
def batch_norm_gradient(op: hlo.BatchNormGrad, rewriter: Rewriter) -> str | None:
    """batch_norm_grad  =>  the formula of the StableHLO specification"""
    if is_quantized(op.operand.type.element_type):
        return _QUANTIZED
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


_COMPOSITE_AS_CALL: Final = """
func.func private @twice(%a: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.add %a, %a : tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.composite "my.twice" %x {decomposition = @twice} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""


@rule(examples=(_COMPOSITE_AS_CALL,))
def composite_as_call(op: hlo.Composite, rewriter: Rewriter) -> str | None:
    """composite @f(x)  =>  call @f(x)"""
    made = func.Call(op.decomposition, list(op.inputs), result_types=[value.type for value in op.outputs])
    rewriter.replace(op, *made.results)
    return None


_NEAR: Final = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_FAR: Final = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip
"""Polynomials of w = -log(1 - x^2) for w < 5 and of sqrt(w) beyond. Source: M. Giles, "Approximating the erfinv function"."""


_ERF_INV_AS_ARITHMETIC: Final = """
func.func @main(%y: tensor<3xf32>) -> (tensor<8xf64>, tensor<3xf32>) {
  %0 = stablehlo.constant dense<[0.999999999999, -0.99999999, 0.9, -0.6, 0.3, -0.001, 1.0e-12, 1.0]> : tensor<8xf64>
  %1 = chlo.erf_inv %0 : tensor<8xf64> -> tensor<8xf64>
  %2 = chlo.erf_inv %y : tensor<3xf32> -> tensor<3xf32>
  return %1, %2 : tensor<8xf64>, tensor<3xf32>
}
"""


@rule(examples=(_ERF_INV_AS_ARITHMETIC,))
def erf_inv_as_arithmetic(op: chlo.ErfInv, rewriter: Rewriter) -> str | None:
    """erf_inv(x)  =>  x * polynomial(log(1 - x^2)); in f64 steps of Halley's method follow"""
    type = op.operand.type
    element = type.element_type
    compute = f64 if element is f64 else f32
    x = hlo.convert(op.operand, compute)

    def number(value: float) -> Any:
        return hlo.constant(value, compute, shape=type.shape).output

    def polynomial(coefficients: Sequence[float], of: Any) -> Any:
        total = number(coefficients[0])
        for coefficient in coefficients[1:]:
            total = hlo.Add(hlo.Multiply(total, of), number(coefficient)).result
        return total

    one = number(1.0)
    w = hlo.Negate(hlo.Log(hlo.Multiply(hlo.Subtract(one, x), hlo.Add(one, x)))).result  # 1 - x^2 would cancel
    near = polynomial(_NEAR, hlo.Subtract(w, number(2.5)).result)
    far = polynomial(_FAR, hlo.Subtract(hlo.Sqrt(w), number(3.0)).result)
    is_near = hlo.Compare(w, number(5.0), ComparisonDirection.LT).result
    y = hlo.Multiply(hlo.Select(is_near, near, far), x).result
    if compute is f64:
        for _ in range(6):  # far from f32, the polynomial is a guess
            y = _halley_step(x, y, number)
    ends = hlo.Compare(hlo.Abs(x), number(1.0), ComparisonDirection.EQ).result
    made = hlo.Select(ends, hlo.Multiply(x, number(float("inf"))), y).result
    rewriter.replace(op, hlo.convert(made, element))
    return None


def _halley_step(x: Any, y: Any, number: Any) -> Any:
    """A better y with erf(y) = x; near the ends of the range by erfc, as 1 - |x| is exact there."""
    size = hlo.Abs(y).result
    rest = hlo.Subtract(hlo.Subtract(number(1.0), hlo.Abs(x)), chlo.Erfc(size)).result
    direct = hlo.Subtract(chlo.Erf(size), hlo.Abs(x)).result
    beyond = hlo.Compare(hlo.Abs(x), number(0.5), ComparisonDirection.GT).result
    slope = hlo.Multiply(number(2 / math.sqrt(math.pi)), hlo.Exponential(hlo.Negate(hlo.Multiply(y, y)))).result
    step = hlo.Divide(hlo.Select(beyond, rest, direct), slope).result
    better = hlo.Subtract(size, hlo.Divide(step, hlo.Add(number(1.0), hlo.Multiply(size, step)))).result
    return hlo.Multiply(better, hlo.Sign(x)).result


_ELEMENT_OF_A_TUPLE: Final = """
func.func @main(%x: tensor<2xf32>, %y: tensor<3xi32>) -> tensor<3xi32> {
  %0 = "stablehlo.tuple"(%x, %y) : (tensor<2xf32>, tensor<3xi32>) -> tuple<tensor<2xf32>, tensor<3xi32>>
  %1 = "stablehlo.get_tuple_element"(%0) <{index = 1 : i32}> : (tuple<tensor<2xf32>, tensor<3xi32>>) -> tensor<3xi32>
  return %1 : tensor<3xi32>
}
"""


@rule(examples=(_ELEMENT_OF_A_TUPLE,))
def element_of_a_tuple(op: hlo.GetTupleElement, rewriter: Rewriter) -> str | None:
    """get_tuple_element(tuple(x, y), 1)  =>  y"""
    made = op.operand.defining_op
    if not isinstance(made, hlo.Tuple):
        return "the tuple is not made here"
    rewriter.replace(op, made.val[op.index])
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
    erf_inv_as_arithmetic,
    fft_as_dot_products,
    cholesky_by_columns,
    triangular_solve_by_rows,
    random_bits_as_arithmetic,
    bitcast_by_shifts,
    high_half_of_a_product,
    next_float,
    *SPECIAL_FUNCTIONS,
    lapack_call_written_out,
    *OLDER,
    ragged_dot_by_masks,
    map_as_its_body,
    scan_as_loop,
    async_as_sync,
    complex_select_and_scatter,
    reduction_in_a_wider_type,
    select_and_scatter_in_a_wider_type,
    number_of_the_one_device,
    collective_of_one_device,
    permutation_of_one_device,
    annotation_dropped,
    sharding_dropped,
    mesh_dropped,
    element_of_a_tuple,
    constant_of_stablehlo,
    expectation_as_assertion,
    expected_call_as_assertion,
)


@attrs.frozen
class Decompose(Pass, name="decompose"):
    """Writes top_k, batch normalisation, composites and the like as the ops that they stand for."""

    dialects = ("stablehlo", "chlo")

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, DECOMPOSITIONS)
