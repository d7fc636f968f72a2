"""CHLO's special functions as arithmetic: lgamma, digamma, zeta, polygamma and bessel_i1e.

Computed in f64 and rounded once, by the formulas of `couloir.backends.numpy.special_functions`, which names their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from couloir.backends.numpy.special_functions import BERNOULLI, BESSEL_NODES, LANCZOS, LANCZOS_G, ZETA
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import convert
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region, Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType, f64, i1

Tensor: TypeAlias = "Value[TensorType]"


class _Number:
    """A tensor in formulas: arithmetic with other tensors and with numbers."""

    __slots__ = ("value",)

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def number(self, number: float) -> _Number:
        """A constant of the same type."""
        return _Number(hlo.constant(number, f64, shape=self.value.type.shape).output)

    def _with(self, cls: Any, other: _Number | float, *, reverse: bool = False) -> _Number:
        right = other if isinstance(other, _Number) else self.number(other)
        pair = (right.value, self.value) if reverse else (self.value, right.value)
        return _Number(cls(*pair).result)

    def __add__(self, other: _Number | float) -> _Number:
        return self._with(hlo.Add, other)

    def __sub__(self, other: _Number | float) -> _Number:
        return self._with(hlo.Subtract, other)

    def __mul__(self, other: _Number | float) -> _Number:
        return self._with(hlo.Multiply, other)

    def __truediv__(self, other: _Number | float) -> _Number:
        return self._with(hlo.Divide, other)

    def __pow__(self, other: _Number | float) -> _Number:
        return self._with(hlo.Power, other)

    def __radd__(self, other: float) -> _Number:
        return self._with(hlo.Add, other, reverse=True)

    def __rsub__(self, other: float) -> _Number:
        return self._with(hlo.Subtract, other, reverse=True)

    def __rmul__(self, other: float) -> _Number:
        return self._with(hlo.Multiply, other, reverse=True)

    def __rtruediv__(self, other: float) -> _Number:
        return self._with(hlo.Divide, other, reverse=True)

    def __neg__(self) -> _Number:
        return self.apply(hlo.Negate)

    def __abs__(self) -> _Number:
        return self.apply(hlo.Abs)

    def __lt__(self, other: _Number | float) -> Tensor:
        return self.compare(ComparisonDirection.LT, other)

    def __gt__(self, other: _Number | float) -> Tensor:
        return self.compare(ComparisonDirection.GT, other)

    def __le__(self, other: _Number | float) -> Tensor:
        return self.compare(ComparisonDirection.LE, other)

    def is_(self, other: _Number | float) -> Tensor:
        """Whether the numbers are equal."""
        return self.compare(ComparisonDirection.EQ, other)

    def compare(self, direction: ComparisonDirection, other: _Number | float) -> Tensor:
        """Whether the relation holds."""
        right = other if isinstance(other, _Number) else self.number(other)
        return hlo.Compare(self.value, right.value, direction).result

    def apply(self, cls: Any) -> _Number:
        """An elementwise function of it."""
        return _Number(cls(self.value).result)

    def where(self, condition: Tensor, other: _Number | float) -> _Number:
        """This where the condition holds, the other one elsewhere."""
        right = other if isinstance(other, _Number) else self.number(other)
        return _Number(hlo.Select(condition, self.value, right.value).result)


def _and(*conditions: Tensor) -> Tensor:
    result, *rest = conditions
    for condition in rest:
        result = hlo.And(result, condition).result
    return result


def _not(condition: Tensor) -> Tensor:
    return hlo.Not(condition).result


def lgamma(x: _Number) -> _Number:
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


def _lgamma_near_one(z: _Number) -> _Number:
    beyond = z > 0.5
    w = (z - 1).where(beyond, z)
    series = z.number(0.0)
    for k in range(60, 1, -1):
        series = w * ((-1) ** k * ZETA[k] / k + series)
    result = w * (series - _EULER)
    return (result + w.apply(hlo.LogPlusOne)).where(beyond, result)


_EULER: Final = 0.5772156649015329


def digamma(x: _Number) -> _Number:
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
    poles = _and(x <= 0.0, fraction.is_(0.0))
    result = (result - math.pi / (math.pi * fraction).apply(hlo.Tan)).where(reflected, result)
    return x.number(math.nan).where(poles, result)


def zeta(x: _Number, q: _Number) -> _Number:
    """The Hurwitz zeta function: terms one by one until they no longer count, then the Euler-Maclaurin formula."""

    def counts(a: _Number, total: _Number) -> Tensor:
        return _and(a < 10 + x, a ** (-x) > 1e-18 * total)

    a, total = _while_any(counts, lambda more, a, s: [(a + 1).where(more, a), (s + a ** (-x)).where(more, s)], q)
    rest = a ** (1 - x) / (x - 1) + 0.5 * a ** (-x)
    factor = x * a ** (-x - 1)
    for j, bernoulli in enumerate(BERNOULLI, 1):
        rest = rest + bernoulli / math.factorial(2 * j) * factor
        factor = factor * (x + (2 * j - 1)) * (x + 2 * j) / (a * a)
    total = total.where(a < 10 + x, total + rest)
    total = x.number(math.inf).where(x.is_(1.0), x.number(math.nan).where(x < 1.0, total))
    poles = _and(q <= 0.0, q.is_(q.apply(hlo.Floor)), x > 1.0)
    return x.number(math.inf).where(poles, total)


def _while_any(
    condition: Callable[[_Number, _Number], Tensor],
    step: Callable[[Tensor, _Number, _Number], list[_Number]],
    start: _Number,
) -> tuple[_Number, _Number]:
    """Repeats a step while the condition holds for any element; from `start` and 0."""
    initial = [start.value, start.number(0.0).value]
    blocks = [Block([value.type for value in initial]) for _ in range(2)]
    for position, block in enumerate(blocks):
        with inside(block):
            arguments: list[Any] = list(block.arguments)
            a, total = map(_Number, arguments)
            more = condition(a, total)
            if position == 0:
                none = hlo.constant(False, i1)
                hlo.Return([hlo.reduce(more, none, range(more.type.rank), "or").results[0]])
            else:
                hlo.Return([number.value for number in step(more, a, total)])
    made: Any = hlo.While(initial, *(Region([block]) for block in blocks)).results
    return _Number(made[0]), _Number(made[1])


def polygamma(n: _Number, x: _Number) -> _Number:
    """The n-th derivative of digamma, n = 0, 1, 2, ...; NaN for other n."""
    half = n * 0.5
    sign = n.number(-1.0).where(half.is_(half.apply(hlo.Floor)), 1.0)
    derivative = sign * lgamma(n + 1).apply(hlo.Exponential) * zeta(n + 1, x)
    result = digamma(x).where(n.is_(0.0), derivative)
    fits = _and(_not(n < 0.0), n.is_(n.apply(hlo.Floor)))
    return result.where(fits, math.nan)


def bessel_i1e(x: _Number) -> _Number:
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
    return x.where(x.compare(ComparisonDirection.NE, x), signed)


def _rewritten(op: Any, rewriter: Rewriter, function: Callable[..., _Number], operands: Sequence[Tensor]) -> str | None:
    type = op.result.type
    if not all(value.type.is_static for value in operands):
        return "a size is not known"
    made = function(*(_Number(convert(value, f64)) for value in operands))
    rewriter.replace(op, convert(made.value, type.element_type))
    return None


@rule
def lgamma_as_arithmetic(op: chlo.Lgamma, rewriter: Rewriter) -> str | None:
    """lgamma(x)  =>  Lanczos' sum of fractions"""
    return _rewritten(op, rewriter, lgamma, op.operands)


@rule
def digamma_as_arithmetic(op: chlo.Digamma, rewriter: Rewriter) -> str | None:
    """digamma(x)  =>  its asymptotic series"""
    return _rewritten(op, rewriter, digamma, op.operands)


@rule
def zeta_as_arithmetic(op: chlo.Zeta, rewriter: Rewriter) -> str | None:
    """zeta(x, q)  =>  a loop over terms, and the Euler-Maclaurin formula"""
    return _rewritten(op, rewriter, zeta, op.operands)


@rule
def polygamma_as_arithmetic(op: chlo.Polygamma, rewriter: Rewriter) -> str | None:
    """polygamma(n, x)  =>  by zeta(n + 1, x)"""
    return _rewritten(op, rewriter, polygamma, op.operands)


@rule
def bessel_as_arithmetic(op: chlo.BesselI1e, rewriter: Rewriter) -> str | None:
    """bessel_i1e(x)  =>  an integral by the trapezoidal rule, and two series"""
    return _rewritten(op, rewriter, bessel_i1e, op.operands)


SPECIAL_FUNCTIONS: Final[Sequence[Any]] = (
    lgamma_as_arithmetic,
    digamma_as_arithmetic,
    zeta_as_arithmetic,
    polygamma_as_arithmetic,
    bessel_as_arithmetic,
)
