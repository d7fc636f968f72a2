"""Opcodes that compute each element of the result from the elements at the same place."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import Tensor, compare, convert, full_like
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.frontends.hlo_text.shapes import Tuple
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import FloatType, IntegerType, bit_width

UNARY: Final[dict[str, type[Operation]]] = {
    "abs": hlo.Abs,
    "acos": chlo.Acos,
    "acosh": chlo.Acosh,
    "asin": chlo.Asin,
    "asinh": chlo.Asinh,
    "atanh": chlo.Atanh,
    "cbrt": hlo.Cbrt,
    "ceil": hlo.Ceil,
    "cosh": chlo.Cosh,
    "cosine": hlo.Cosine,
    "count-leading-zeros": hlo.CountLeadingZeros,
    "erf": chlo.Erf,
    "exponential": hlo.Exponential,
    "exponential-minus-one": hlo.ExponentialMinusOne,
    "floor": hlo.Floor,
    "imag": hlo.Imag,
    "is-finite": hlo.IsFinite,
    "log": hlo.Log,
    "log-plus-one": hlo.LogPlusOne,
    "logistic": hlo.Logistic,
    "negate": hlo.Negate,
    "not": hlo.Not,
    "popcnt": hlo.PopulationCount,
    "real": hlo.Real,
    "round-nearest-afz": hlo.RoundNearestAfz,
    "round-nearest-even": hlo.RoundNearestEven,
    "rsqrt": hlo.Rsqrt,
    "sign": hlo.Sign,
    "sine": hlo.Sine,
    "sinh": chlo.Sinh,
    "sqrt": hlo.Sqrt,
    "tan": hlo.Tan,
    "tanh": hlo.Tanh,
}
BINARY: Final[dict[str, type[Operation]]] = {
    "add": hlo.Add,
    "and": hlo.And,
    "atan2": hlo.Atan2,
    "complex": hlo.Complex,
    "divide": hlo.Divide,
    "maximum": hlo.Maximum,
    "minimum": hlo.Minimum,
    "mulhi": chlo.Mulhi,
    "multiply": hlo.Multiply,
    "or": hlo.Or,
    "power": hlo.Power,
    "remainder": hlo.Remainder,
    "shift-left": hlo.ShiftLeft,
    "shift-right-arithmetic": hlo.ShiftRightArithmetic,
    "shift-right-logical": hlo.ShiftRightLogical,
    "subtract": hlo.Subtract,
    "xor": hlo.Xor,
}
_TOLERANCE: Final = re.compile(r"\{\s*tolerance\s*=\s*\{([^{}]*)\}\s*\}")
_MODE: Final = re.compile(r"\{\s*mode\s*=\s*(\w+)\s*\}")


def _unary(node: Node) -> Lowered:
    cls: Any = UNARY[node.opcode]
    x = node.tensor()
    if issubclass(cls, hlo.Transcendental) and node.has("result_accuracy"):
        return cls(x, _accuracy(node.text("result_accuracy")))
    return cls(x)


for _opcode, _cls in UNARY.items():
    lowers(_opcode, named=_cls.name)(_unary)


def _accuracy(text: str) -> hlo.ResultAccuracy | None:
    tolerance, mode = _TOLERANCE.fullmatch(text), _MODE.fullmatch(text)
    try:
        if mode is not None:
            return hlo.ResultAccuracy(mode=hlo.ResultAccuracyMode[mode[1].upper()])
        if tolerance is not None:
            found = dict(part.strip().split("=", 1) for part in tolerance[1].split(",") if part.strip())
            return hlo.ResultAccuracy(
                float(found.pop("atol", 0)),
                float(found.pop("rtol", 0)),
                int(found.pop("ulps", 0)),
                hlo.ResultAccuracyMode.TOLERANCE,
            )
    except (KeyError, ValueError):
        pass
    raise Error(f"`{text[:40]}` is no accuracy", hint="`{mode=highest}` or `{tolerance={atol=0,rtol=0,ulps=1}}`")


def _binary(node: Node) -> Lowered:
    cls: Any = BINARY[node.opcode]
    return cls(*node.agreeing(*node.tensors(2)))


for _opcode, _cls in BINARY.items():
    lowers(_opcode, named=_cls.name)(_binary)


@lowers("compare", named="stablehlo.compare")
def compare_rule(node: Node) -> Lowered:
    """Compares two arrays."""
    kind = node.member("type", hlo.ComparisonType) if node.has("type") else None
    lhs, rhs = node.agreeing(*node.tensors(2))
    return hlo.Compare(lhs, rhs, node.member("direction", hlo.ComparisonDirection), kind)


@lowers("select", "tuple-select", named="stablehlo.select")
def select(node: Node) -> Lowered:
    """Elements of one array or of another; of older texts, one of two tuples."""
    if len(node.operands) == 3 and isinstance(node.instruction.shape, Tuple):
        pred, on_true, on_false = node.operands
        if len(pred) != 1 or len(on_true) != len(on_false):
            raise Error(f"`{node.opcode}` chooses between two tuples of the same shape")
        return [hlo.Select(pred[0], a, b) for a, b in zip(on_true, on_false, strict=True)]
    pred, on_true, on_false = node.tensors(3)
    return hlo.Select(pred, *node.agreeing(on_true, on_false))


@lowers("clamp", named="stablehlo.clamp")
def clamp(node: Node) -> Lowered:
    """Elements between two bounds."""
    return hlo.Clamp(*node.tensors(3))


@lowers("convert", named="stablehlo.convert")
def convert_rule(node: Node) -> Lowered:
    """Another element type."""
    return hlo.convert(node.tensor(), node.type.element_type)


@lowers("bitcast-convert", named="stablehlo.bitcast_convert")
def bitcast_convert(node: Node) -> Lowered:
    """The bits as another element type."""
    return hlo.BitcastConvert(node.tensor(), result_types=[node.type])


@lowers("reduce-precision", named="stablehlo.reduce_precision")
def reduce_precision(node: Node) -> Lowered:
    """Rounds to fewer bits."""
    return hlo.ReducePrecision(node.tensor(), node.number("exponent_bits"), node.number("mantissa_bits"))


@lowers("stochastic-convert")
def stochastic_convert(node: Node) -> Lowered:
    """Rounds to whole numbers, up or down by chance: up where the fraction exceeds the random number.

    Source: XLA, `StochasticConvertOp`: the random number is read as a fraction of its type's range.
    """
    x, random = node.tensors(2)
    source, drawn, target = x.type.element_type, random.type.element_type, node.type.element_type
    fits = isinstance(source, FloatType) and isinstance(drawn, IntegerType) and drawn.minimum == 0
    if not fits or not isinstance(target, IntegerType) or bit_width(source) != bit_width(drawn):
        raise Error(
            "`stochastic-convert` takes floats and unsigned numbers of as many bits, and gives integers",
            hint="XLA itself computes no other form",
        )
    size = hlo.Abs(x).result
    whole = hlo.Floor(size).result
    fraction = hlo.Multiply(hlo.Subtract(size, whole), full_like(size, 2.0 ** bit_width(source))).result
    up = hlo.Compare(random, convert(fraction, drawn), hlo.ComparisonDirection.LT).result
    rounded = hlo.Add(whole, convert(up, source)).result
    signed = hlo.Select(compare(x, 0.0, hlo.ComparisonDirection.LT), hlo.Negate(rounded), rounded).result
    return _saturated(signed, x, target)


def _saturated(x: Tensor, original: Tensor, target: IntegerType) -> Lowered:
    """`x` as an integer: the nearest one of the type for what is out of its range, 0 for what is no number."""
    direction = hlo.ComparisonDirection
    made = convert(x, target)
    made = hlo.Select(compare(x, float(target.maximum), direction.GE), full_like(made, target.maximum), made).result
    made = hlo.Select(compare(x, float(target.minimum), direction.LE), full_like(made, target.minimum), made).result
    return hlo.Select(hlo.Compare(original, original, direction.NE), full_like(made, np.int8(0)), made)
