"""Arithmetic, comparisons and logic, element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce as fold
from typing import Any, Final

import numpy as np

from couloir.dialects import chlo, hlo
from couloir.ir.operation import Operation
from couloir.ir.types import FloatType, bit_width, dtype_of, f32, f64, i1
from couloir.passes.onnx_to_hlo.node import Lowered, Lowering, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import (
    broadcast_together,
    compare,
    convert,
    full,
    full_like,
    is_float,
    is_unsigned,
)

UNARY: Final[dict[str, type[Operation]]] = {
    "Neg": hlo.Negate,
    "Exp": hlo.Exponential,
    "Log": hlo.Log,
    "Sqrt": hlo.Sqrt,
    "Floor": hlo.Floor,
    "Ceil": hlo.Ceil,
    "Round": hlo.RoundNearestEven,
    "Sin": hlo.Sine,
    "Cos": hlo.Cosine,
    "Tan": hlo.Tan,
    "Tanh": hlo.Tanh,
    "Sigmoid": hlo.Logistic,
    "Not": hlo.Not,
    "BitwiseNot": hlo.Not,
    "Erf": chlo.Erf,
    "Asin": chlo.Asin,
    "Acos": chlo.Acos,
    "Atan": chlo.Atan,
    "Sinh": chlo.Sinh,
    "Cosh": chlo.Cosh,
    "Asinh": chlo.Asinh,
    "Acosh": chlo.Acosh,
    "Atanh": chlo.Atanh,
}
"""Operators that are one op of the same type."""

BINARY: Final[dict[str, type[Operation]]] = {
    "Add": hlo.Add,
    "Sub": hlo.Subtract,
    "Mul": hlo.Multiply,
    "Div": hlo.Divide,
    "And": hlo.And,
    "Or": hlo.Or,
    "Xor": hlo.Xor,
    "BitwiseAnd": hlo.And,
    "BitwiseOr": hlo.Or,
    "BitwiseXor": hlo.Xor,
}
"""Operators of two tensors that are one op after broadcasting."""

VARIADIC: Final[dict[str, type[Operation]]] = {"Sum": hlo.Add, "Max": hlo.Maximum, "Min": hlo.Minimum}
"""Operators of any number of tensors."""

COMPARISONS: Final[dict[str, hlo.ComparisonDirection]] = {
    "Equal": hlo.ComparisonDirection.EQ,
    "Greater": hlo.ComparisonDirection.GT,
    "GreaterOrEqual": hlo.ComparisonDirection.GE,
    "Less": hlo.ComparisonDirection.LT,
    "LessOrEqual": hlo.ComparisonDirection.LE,
}


def _unary(make: Callable[..., Any]) -> Lowering:
    return lambda node: make(node[0])


def _binary(make: Callable[..., Any]) -> Lowering:
    return lambda node: make(*broadcast_together(node[0], node[1]))


def _variadic(make: Callable[..., Any]) -> Lowering:
    return lambda node: fold(make, broadcast_together(*node.given))


def _comparison(direction: hlo.ComparisonDirection) -> Lowering:
    def lowering(node: Node) -> Lowered:
        a, b = broadcast_together(node[0], node[1])
        return hlo.Compare(a, b, direction)

    return lowering


for _name, _make in UNARY.items():
    lowers(_name)(_unary(_make))
for _name, _make in BINARY.items():
    lowers(_name)(_binary(_make))
for _name, _make in VARIADIC.items():
    lowers(_name)(_variadic(_make))
for _name, _direction in COMPARISONS.items():
    lowers(_name)(_comparison(_direction))


@lowers("Abs")
def absolute(node: Node) -> Lowered:
    """`Abs` since 6, 13; unsigned integers have no sign."""
    x = node[0]
    return x if is_unsigned(x.type.element_type) else hlo.Abs(x)


@lowers("Sign")
def sign(node: Node) -> Lowered:
    """`Sign` since 9, 13."""
    x = node[0]
    return hlo.Minimum(x, full_like(x, 1)) if is_unsigned(x.type.element_type) else hlo.Sign(x)


@lowers("Reciprocal")
def reciprocal(node: Node) -> Lowered:
    """`Reciprocal` since 6, 13."""
    return hlo.Divide(full_like(node[0], 1), node[0])


@lowers("Mean")
def mean(node: Node) -> Lowered:
    """`Mean` since 6, 8, 13, of any number of tensors."""
    values = broadcast_together(*node.given)
    total: Any = fold(hlo.Add, values)
    return hlo.Divide(total, full_like(values[0], len(values)))


@lowers("Pow")
def power(node: Node) -> Lowered:
    """`Pow` since 7, 12, 13, 15: the exponent may have a type of its own; the result has that of the base."""
    base, exponent = broadcast_together(node[0], node[1])
    element, other = base.type.element_type, exponent.type.element_type
    if is_float(element):
        working = element
    elif is_float(other):
        working = f64 if bit_width(element) > 16 or other is f64 else f32
    else:
        working = max(element, other, key=bit_width)
    return convert(hlo.Power(convert(base, working), convert(exponent, working)), element)


@lowers("Mod")
def modulo(node: Node) -> Lowered:
    """`Mod` since 10, 13, 28: the result has the sign of the divisor, or with `fmod` that of the dividend."""
    a, b = broadcast_together(node[0], node[1])
    rest = hlo.Remainder(a, b).result
    if node.integer("fmod") or is_unsigned(a.type.element_type):
        return rest
    less = hlo.ComparisonDirection.LT
    signs_differ = hlo.Compare(compare(rest, 0, less), compare(b, 0, less), hlo.ComparisonDirection.NE)
    is_zero = compare(rest, 0, hlo.ComparisonDirection.EQ)
    exact = rest
    if is_float(a.type.element_type):  # a zero has the sign of the divisor, too
        exact = hlo.Select(compare(b, 0, less), full_like(b, -0.0), full_like(b, 0.0)).result
    return hlo.Select(is_zero, exact, hlo.Select(signs_differ, hlo.Add(rest, b), rest))


@lowers("BitShift")
def bit_shift(node: Node) -> Lowered:
    """`BitShift` since 11, 28."""
    a, b = broadcast_together(node[0], node[1])
    if node.string("direction") == "LEFT":
        return hlo.ShiftLeft(a, b)
    return hlo.ShiftRightLogical(a, b) if is_unsigned(a.type.element_type) else hlo.ShiftRightArithmetic(a, b)


@lowers("Where")
def where(node: Node) -> Lowered:
    """`Where` since 9, 16."""
    return hlo.Select(*broadcast_together(node[0], node[1], node[2]))


@lowers("IsNaN")
def is_nan(node: Node) -> Lowered:
    """`IsNaN` since 9, 13, 20: what is not equal to itself."""
    return compare(node[0], node[0], hlo.ComparisonDirection.NE)


@lowers("IsInf")
def is_inf(node: Node) -> Lowered:
    """`IsInf` since 10, 20, of one sign or of both."""
    x = node[0]
    element = x.type.element_type
    if not isinstance(element, FloatType) or not np.isinf(_infinity(x)):
        return full(False, x.type.shape, i1)
    found: list[Tensor] = []
    if node.integer("detect_positive", 1):
        found.append(compare(x, np.inf, hlo.ComparisonDirection.EQ))
    if node.integer("detect_negative", 1):
        found.append(compare(x, -np.inf, hlo.ComparisonDirection.EQ))
    if not found:
        return full(False, x.type.shape, i1)
    return found[0] if len(found) == 1 else hlo.Or(found[0], found[1])


def _infinity(x: Tensor) -> float:
    """Infinity as the element type holds it: some narrow floats have none, and hold NaN instead."""
    return float(np.asarray(np.inf).astype(dtype_of(x.type.element_type)))


@lowers("Clip")
def clip(node: Node) -> Lowered:
    """`Clip` since 6 (bounds are attributes), 11, 12, 13 (optional inputs)."""
    x = node[0]
    low, high = _bounds_from_attributes(node) if node.version < 11 else (node.optional(1), node.optional(2))
    if low is not None:
        (x, low) = broadcast_together(x, low)
        x = hlo.Maximum(x, low).result
    if high is not None:
        (x, high) = broadcast_together(x, high)
        x = hlo.Minimum(x, high).result
    return x


def _bounds_from_attributes(node: Node) -> tuple[Tensor | None, Tensor | None]:
    """The attributes; their defaults, the extremes of f32, stand for no bound."""
    extreme = float(np.finfo(np.float32).max)
    low, high = node.number("min", -extreme), node.number("max", extreme)
    x = node[0]
    return (None if low <= -extreme else full_like(x, low), None if high >= extreme else full_like(x, high))
