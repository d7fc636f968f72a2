"""Activation functions."""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.dialects import chlo, hlo
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import broadcast, compare, full_like

_GREATER = hlo.ComparisonDirection.GT
_LESS = hlo.ComparisonDirection.LT
_SIXTH: Final = float(np.float32(1 / 6))
"""As the attribute of ONNX's definition of `HardSwish` holds it."""


def times(x: Tensor, factor: float) -> Tensor:
    """`x * factor`."""
    return hlo.Multiply(x, full_like(x, factor)).result


def plus(x: Tensor, summand: float) -> Tensor:
    """`x + summand`."""
    return hlo.Add(x, full_like(x, summand)).result


def between_0_and_1(x: Tensor) -> Tensor:
    """`min(max(x, 0), 1)`."""
    return hlo.Minimum(hlo.Maximum(x, full_like(x, 0)), full_like(x, 1)).result


@lowers("Relu")
def relu(node: Node) -> Lowered:
    """`Relu` since 6, 13, 14."""
    return hlo.Maximum(node[0], full_like(node[0], 0))


@lowers("LeakyRelu")
def leaky_relu(node: Node) -> Lowered:
    """`LeakyRelu` since 6, 16."""
    x = node[0]
    return hlo.Select(compare(x, 0, _LESS), times(x, node.number("alpha", 0.01)), x)


@lowers("PRelu")
def prelu(node: Node) -> Lowered:
    """`PRelu` since 7, 9, 16: the slope is broadcast to the input."""
    x, slope = node[0], node[1]
    return hlo.Select(compare(x, 0, _LESS), hlo.Multiply(x, broadcast(slope, x.type.shape)), x)


@lowers("ThresholdedRelu")
def thresholded_relu(node: Node) -> Lowered:
    """`ThresholdedRelu` since 10, 22."""
    x = node[0]
    return hlo.Select(compare(x, node.number("alpha", 1.0), _GREATER), x, full_like(x, 0))


@lowers("Elu")
def elu(node: Node) -> Lowered:
    """`Elu` since 6, 22."""
    x = node[0]
    return hlo.Select(compare(x, 0, _LESS), times(hlo.ExponentialMinusOne(x).result, node.number("alpha", 1.0)), x)


@lowers("Selu")
def selu(node: Node) -> Lowered:
    """`Selu` since 6, 22."""
    x = node[0]
    alpha, gamma = node.number("alpha", 1.6732632), node.number("gamma", 1.05070102)
    curve = times(hlo.ExponentialMinusOne(x).result, alpha)
    return times(hlo.Select(compare(x, 0, _GREATER), x, curve).result, gamma)


@lowers("Celu")
def celu(node: Node) -> Lowered:
    """`Celu` since 12, 28."""
    x, alpha = node[0], node.number("alpha", 1.0)
    curve = times(hlo.ExponentialMinusOne(hlo.Divide(x, full_like(x, alpha))).result, alpha)
    zero = full_like(x, 0)
    return hlo.Add(hlo.Maximum(zero, x), hlo.Minimum(zero, curve))


@lowers("Gelu")
def gelu(node: Node) -> Lowered:
    """`Gelu` since 20, exact or by tanh."""
    x = node[0]
    if node.string("approximate", "none") == "tanh":
        cube = hlo.Multiply(hlo.Multiply(x, x), x).result
        inner = times(hlo.Add(x, times(cube, 0.044715)).result, 0.7978845608028654)  # sqrt(2 / pi)
        part = hlo.Tanh(inner).result
    else:
        part = chlo.Erf(times(x, 0.7071067811865476)).result  # sqrt(1 / 2)
    return hlo.Multiply(times(x, 0.5), plus(part, 1.0))


@lowers("HardSigmoid")
def hard_sigmoid(node: Node) -> Lowered:
    """`HardSigmoid` since 6, 22."""
    x = node[0]
    return between_0_and_1(plus(times(x, node.number("alpha", 0.2)), node.number("beta", 0.5)))


@lowers("HardSwish")
def hard_swish(node: Node) -> Lowered:
    """`HardSwish` since 14, 22."""
    x = node[0]
    return hlo.Multiply(x, between_0_and_1(plus(times(x, _SIXTH), 0.5)))


def softplus_of(x: Tensor) -> Tensor:
    """`log(exp(x) + 1)`, without overflow: `max(x, 0) + log(1 + exp(-|x|))`."""
    tail = hlo.LogPlusOne(hlo.Exponential(hlo.Negate(hlo.Abs(x))))
    return hlo.Add(hlo.Maximum(x, full_like(x, 0)), tail).result


@lowers("Softplus")
def softplus(node: Node) -> Lowered:
    """`Softplus` since 1, 22."""
    return softplus_of(node[0])


@lowers("Mish")
def mish(node: Node) -> Lowered:
    """`Mish` since 18, 22."""
    return hlo.Multiply(node[0], hlo.Tanh(softplus_of(node[0])))


@lowers("Softsign")
def softsign(node: Node) -> Lowered:
    """`Softsign` since 1, 22."""
    return hlo.Divide(node[0], plus(hlo.Abs(node[0]).result, 1))


@lowers("Swish")
def swish(node: Node) -> Lowered:
    """`Swish` since 24."""
    x, alpha = node[0], node.number("alpha", 1.0)
    return hlo.Multiply(x, hlo.Logistic(x if alpha == 1.0 else times(x, alpha)))


@lowers("Shrink")
def shrink(node: Node) -> Lowered:
    """`Shrink` since 9."""
    x, bias, threshold = node[0], node.number("bias", 0.0), node.number("lambd", 0.5)
    above = hlo.Select(compare(x, threshold, _GREATER), plus(x, -bias), full_like(x, 0))
    return hlo.Select(compare(x, -threshold, _LESS), plus(x, bias), above)
