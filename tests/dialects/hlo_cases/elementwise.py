"""Ops that compute each element alone: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.ir.registry import REGISTRY
from couloir.ir.types import ComplexType, IntegerType, TensorType, f32, f64, i1, i8, i16, i32
from tests.dialects.hlo_cases import accepts, breaks, quantized

THREE = [TensorType((3,), f32)]


def of_three(cls: Any, element: Any, operands: int) -> Any:
    """An op of two elements whose result has three."""
    types = [TensorType((3,), element)]
    return lambda b: cls(*(b.tensor(2, of=element) for _ in range(operands)), result_types=types)


for _cls in REGISTRY.operations("stablehlo"):
    _element = i32 if issubclass(_cls, hlo.IntegerUnary | hlo.IntegerBinary | hlo.LogicalBinary | hlo.Not) else f32
    _operands = 1 if issubclass(_cls, hlo.Unary) else 2 if issubclass(_cls, hlo.Binary) else 0
    if _operands:
        breaks(_cls.name.removeprefix("stablehlo."), "C1")(of_three(_cls, _element, _operands))
for _cls in (hlo.Abs, hlo.Real, hlo.Imag, hlo.Convert):
    breaks(_cls.name.removeprefix("stablehlo."), "C1")(of_three(_cls, f32, 1))
for _cls in (hlo.Abs, hlo.Real, hlo.Imag):
    breaks(_cls.name.removeprefix("stablehlo."), "C2")(
        lambda b, cls=_cls: cls(b.tensor(2, of=ComplexType(f32)), result_types=[TensorType((2,), f64)])
    )
breaks("is_finite", "C1")(lambda b: hlo.IsFinite(b.tensor(2), result_types=[TensorType((3,), i1)]))
breaks("reduce_precision", "C1")(lambda b: hlo.ReducePrecision(b.tensor(2), 5, 3, result_types=THREE))
breaks("complex", "C1")(lambda b: hlo.Complex(b.tensor(2), b.tensor(2, of=f64)))
breaks("complex", "C2")(
    lambda b: hlo.Complex(b.tensor(2), b.tensor(2), result_types=[TensorType((3,), ComplexType(f32))])
)
breaks("complex", "C3")(
    lambda b: hlo.Complex(b.tensor(2), b.tensor(2), result_types=[TensorType((2,), ComplexType(f64))])
)


def adds(lhs: Any, rhs: Any, result: Any) -> Any:
    """A sum of two elements, of these element types."""
    return lambda b: hlo.Add(b.tensor(2, of=lhs), b.tensor(2, of=rhs), result_types=[TensorType((2,), result)])


PER_AXIS = quantized((0.5, 0.25), axis=0)
accepts(adds(quantized(0.5), quantized(0.25), quantized(0.125, 3)))
accepts(adds(PER_AXIS, quantized(0.25), PER_AXIS))
accepts(
    lambda b: hlo.Add(b.tensor(2, of=quantized(0.5)), b.tensor(2, of=PER_AXIS)),
    unlike_upstream="the result is quantized per axis if an operand is (C5)",
)
breaks("add", "C2")(adds(quantized(), f32, quantized()))
breaks("add", "C3")(adds(quantized(), quantized(storage=IntegerType(4)), quantized()))
breaks("add", "C4")(adds(quantized(), quantized(expressed=f64), quantized()))
breaks("add", "C5")(adds(PER_AXIS, PER_AXIS, quantized()))
for _id, _lhs, _rhs in (("C6", 1, 0), ("C7", 0, 1)):
    breaks("add", _id)(
        lambda b, axes=(_lhs, _rhs): hlo.Add(
            *(b.tensor(2, 2, of=quantized((0.5, 0.25), axis=axis)) for axis in axes),
            result_types=[TensorType((2, 2), quantized((0.5, 0.25), axis=0))],
        )
    )

breaks("reduce_precision", "C2")(lambda b: hlo.ReducePrecision(b.tensor(2), 0, 3))
breaks("reduce_precision", "C3")(lambda b: hlo.ReducePrecision(b.tensor(2), 5, -1))
accepts(
    lambda b: hlo.Compare(
        b.tensor(2, of=i32), b.tensor(2, of=i32), hlo.ComparisonDirection.LT, hlo.ComparisonType.TOTALORDER
    )
)
breaks("compare", "C3")(
    lambda b: hlo.Compare(b.tensor(2), b.tensor(2), hlo.ComparisonDirection.LT, hlo.ComparisonType.SIGNED)
)
breaks("compare", "C1")(lambda b: hlo.Compare(b.tensor(2), b.tensor(2, of=i16), hlo.ComparisonDirection.LT))
breaks("compare", "C2")(lambda b: hlo.Compare(b.tensor(2), b.tensor(3), hlo.ComparisonDirection.LT))
accepts(
    lambda b: hlo.Compare(
        b.tensor(2, of=quantized(0.5)), b.tensor(2, of=quantized(0.25, 1)), hlo.ComparisonDirection.LT
    )
)
breaks("select", "C2")(lambda b: hlo.Select(b.tensor(of=i1), b.tensor(2), b.tensor(3)))
breaks("select", "C1")(lambda b: hlo.Select(b.tensor(3, of=i1), b.tensor(2), b.tensor(2)))
breaks("clamp", "C1")(lambda b: hlo.Clamp(b.tensor(3), b.tensor(2), b.tensor()))
breaks("clamp", "C2")(lambda b: hlo.Clamp(b.tensor(), b.tensor(2), b.tensor(3)))
breaks("clamp", "C3")(lambda b: hlo.Clamp(b.tensor(of=i8), b.tensor(2), b.tensor()))
breaks("clamp", "C4")(lambda b: hlo.Clamp(b.tensor(), b.tensor(2), b.tensor(), result_types=THREE))
accepts(
    lambda b: hlo.Clamp(
        b.tensor(of=quantized(0.5)),
        b.tensor(2, of=quantized(0.25)),
        b.tensor(2, of=quantized(0.125)),
        result_types=[TensorType((2,), quantized(0.5, 7))],
    )
)
