"""CHLO's special functions as arithmetic: lgamma, digamma, zeta, polygamma and bessel_i1e.

Computed in f64 and rounded once, by the formulas of `couloir.backends.numpy.special_functions`, which names their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from couloir.backends.numpy.special_functions import BERNOULLI, BESSEL_NODES, LANCZOS, LANCZOS_G, ZETA
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import convert
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType, f64
from couloir.passes.formulas import Array, State, repeat

Tensor: TypeAlias = "Value[TensorType]"


def lgamma(x: Array) -> Array:
    """log |gamma(x)|."""
    reflected = x < 0.5
    z = (1 - x).where(reflected, x) - 1
    total = x.number(LANCZOS[0])
    for place, coefficient in enumerate(LANCZOS[1:], 1):
        total = total + coefficient / (z + place)
    t = z + (LANCZOS_G + 0.5)
    result = 0.5 * math.log(2 * math.pi) + (z + 0.5) * t.apply(hlo.Log) - t + total.apply(hlo.Log)
    result = _lgamma_near_one(z).where(abs(z - 0.5) < 0.75, result)
    fraction = x - x.apply(hlo.Floor)
    sine = abs((math.pi * (1 - fraction).where(fraction > 0.5, fraction)).apply(hlo.Sine))
    result = (math.log(math.pi) - sine.apply(hlo.Log) - result).where(reflected, result)
    return x.number(math.inf).where(abs(x).is_(math.inf), result)


def _lgamma_near_one(z: Array) -> Array:
    beyond = z > 0.5
    w = (z - 1).where(beyond, z)
    series = z.number(0.0)
    for k in range(60, 1, -1):
        series = w * ((-1) ** k * ZETA[k] / k + series)
    result = w * (series - _EULER)
    return (result + w.apply(hlo.LogPlusOne)).where(beyond, result)


_EULER: Final = 0.5772156649015329


def digamma(x: Array) -> Array:
    """The derivative of lgamma; NaN at 0, -1, -2, ..."""
    reflected = x < 0.5
    z = (1 - x).where(reflected, x)
    result = x.number(0.0)
    for _ in range(10):
        small = z < 10
        result = (result - 1 / z).where(small, result)
        z = (z + 1).where(small, z)
    inverse = 1 / (z * z)
    series = x.number(0.0)
    for j in range(len(BERNOULLI), 0, -1):
        series = inverse * (BERNOULLI[j - 1] / (2 * j) + series)
    result = result + z.apply(hlo.Log) - 0.5 / z - series
    fraction = x - x.apply(hlo.RoundNearestEven)
    poles = (x <= 0.0) & fraction.is_(0.0)
    result = (result - math.pi / (math.pi * fraction).apply(hlo.Tan)).where(reflected, result)
    return x.number(math.nan).where(poles, result)


def zeta(x: Array, q: Array) -> Array:
    """The Hurwitz zeta function; terms with a negative base are those of two more sums."""
    negative = q < 0.0
    fraction = (-q) - (-q).apply(hlo.Floor)
    one = q.number(1.0)
    total = _zeta_of_positive(x, (1 - fraction).where(negative, q))
    finite = _zeta_of_positive(x, fraction.where(negative, one)) - _zeta_of_positive(x, (1 - q).where(negative, one))
    half = x * 0.5
    sign = one.where(half.is_(half.apply(hlo.Floor)), -1.0).where(x.is_(x.apply(hlo.Floor)), math.nan)
    total = (total + sign * finite).where(negative, total)
    total = x.number(math.inf).where(x.is_(1.0), x.number(math.nan).where(x < 1.0, total))
    poles = (q <= 0.0) & q.is_(q.apply(hlo.Floor)) & (x > 1.0)
    return x.number(math.inf).where(poles, total)


def _zeta_of_positive(x: Array, q: Array) -> Array:
    """Terms one by one until they no longer count, then the Euler-Maclaurin formula."""

    def counts(a: Array, total: Array) -> Array:
        return (a < 10 + x) & (a ** (-x) > 1e-18 * total)

    def go_on(state: State) -> Array:
        return counts(*state).any(*range(len(x.shape))).reshape()

    def step(state: State) -> State:
        a, total = state
        more = counts(a, total)
        return [(a + 1).where(more, a), (total + a ** (-x)).where(more, total)]

    a, total = repeat(go_on, step, [q, q.number(0.0)])
    rest = a ** (1 - x) / (x - 1) + 0.5 * a ** (-x)
    factor = x * a ** (-x - 1)
    for j, bernoulli in enumerate(BERNOULLI, 1):
        rest = rest + bernoulli / math.factorial(2 * j) * factor
        factor = factor * (x + (2 * j - 1)) * (x + 2 * j) / (a * a)
    return total.where(a < 10 + x, total + rest)


def polygamma(n: Array, x: Array) -> Array:
    """The n-th derivative of digamma, n = 0, 1, 2, ...; NaN for other n."""
    half = n * 0.5
    sign = n.number(-1.0).where(half.is_(half.apply(hlo.Floor)), 1.0)
    derivative = sign * lgamma(n + 1).apply(hlo.Exponential) * zeta(n + 1, x)
    result = digamma(x).where(n.is_(0.0), derivative)
    fits = ~(n < 0.0) & n.is_(n.apply(hlo.Floor))
    return result.where(fits, math.nan)


def bessel_i1e(x: Array) -> Array:
    """exp(-|x|) I1(x)."""
    size = abs(x)
    total = x.number(0.0)
    middle = size.where(size < 50, 50.0)
    for node in range(BESSEL_NODES + 1):
        cosine = math.cos(math.pi * node / BESSEL_NODES)
        weight = 0.5 if node in (0, BESSEL_NODES) else 1.0
        total = total + weight * cosine * (middle * (cosine - 1)).apply(hlo.Exponential)
    term, series = x.number(1.0), x.number(1.0)
    large = size.where(size > 50, 50.0)
    for k in range(1, 16):
        term = term * -(4 - (2 * k - 1) ** 2) / (k * 8 * large)
        series = series + term
    little = size.where(size < 1, 1.0)
    near, power = x.number(0.0), little / 2
    for k in range(12):
        near = near + power / (math.factorial(k) * math.factorial(k + 1))
        power = power * (little * little) / 4
    result = (series / (2 * math.pi * large).apply(hlo.Sqrt)).where(size > 50, total / BESSEL_NODES)
    result = (near * (-size).apply(hlo.Exponential)).where(size < 1, result)
    signed = x.where(x.is_(0.0), (-result).where(x < 0.0, result))  # zeros keep their sign
    return x.where(x.is_nan(), signed)


def _rewritten(op: Any, rewriter: Rewriter, function: Callable[..., Array], operands: Sequence[Tensor]) -> None:
    made = function(*(Array(convert(value, f64)) for value in operands))
    rewriter.replace(op, convert(made.value, op.result.type.element_type))


@rule
def lgamma_as_arithmetic(op: chlo.Lgamma, rewriter: Rewriter) -> None:
    """lgamma(x)  =>  Lanczos' sum of fractions"""
    _rewritten(op, rewriter, lgamma, op.operands)


@rule
def digamma_as_arithmetic(op: chlo.Digamma, rewriter: Rewriter) -> None:
    """digamma(x)  =>  its asymptotic series"""
    _rewritten(op, rewriter, digamma, op.operands)


@rule
def zeta_as_arithmetic(op: chlo.Zeta, rewriter: Rewriter) -> None:
    """zeta(x, q)  =>  a loop over terms, and the Euler-Maclaurin formula"""
    _rewritten(op, rewriter, zeta, op.operands)


@rule
def polygamma_as_arithmetic(op: chlo.Polygamma, rewriter: Rewriter) -> None:
    """polygamma(n, x)  =>  by zeta(n + 1, x)"""
    _rewritten(op, rewriter, polygamma, op.operands)


@rule
def bessel_as_arithmetic(op: chlo.BesselI1e, rewriter: Rewriter) -> None:
    """bessel_i1e(x)  =>  an integral by the trapezoidal rule, and two series"""
    _rewritten(op, rewriter, bessel_i1e, op.operands)


SPECIAL_FUNCTIONS: Final[Sequence[Any]] = (
    lgamma_as_arithmetic,
    digamma_as_arithmetic,
    zeta_as_arithmetic,
    polygamma_as_arithmetic,
    bessel_as_arithmetic,
)
