"""From one elementwise op on tensors to the scalar ops for one element.

A table: op class -> function of the tensor op and the scalars of its operands. The meaning is StableHLO's; where
arith leaves a case undefined (division by zero, shifts by the width, conversions out of range) the C backend gives it
StableHLO's meaning too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from couloir.dialects import arith, chlo, hlo, math
from couloir.dialects.arith import CmpFPredicate, CmpIPredicate
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import FloatType, IntegerType, TensorType, Type, f32, i1
from couloir.passes.hlo_to_loops.loops import Scalar, number, storage_type

Lowering: TypeAlias = Callable[..., Scalar]

SCALARS: Final[dict[type[Operation], Lowering]] = {}


def scalar_of(*classes: type[Operation]) -> Callable[[Lowering], Lowering]:
    """Decorator: this function computes one element of these ops."""

    def register(function: Lowering) -> Lowering:
        for cls in classes:
            SCALARS[cls] = function
        return function

    return register


def supports(op: Operation) -> str | None:
    """Why one element of `op` cannot be computed by scalar ops, or None when it can."""
    if type(op) not in SCALARS:
        return "there is no lowering to loops"
    for value in (*op.operands, *op.results):
        element = value.type.element_type
        reason = unsupported_element(element)
        if reason:
            return reason
    return None


def unsupported_element(element: Type) -> str | None:
    """Why elements of a type cannot be computed with, or None when they can."""
    if isinstance(element, FloatType) and element.kind in ("f16", "bf16", "f32", "f64"):
        return None
    if isinstance(element, IntegerType) and element.width in (1, 8, 16, 32, 64):
        return None
    return f"elements of type `{element}` are not lowered to loops yet"


def lower_scalar(op: Operation, *arguments: Scalar) -> Scalar:
    """One element of the result of `op` from one element of each operand.

    f16 and bf16 are computed in f32, and each result is rounded, as StableHLO has it.
    """
    wide = [_widen(a) for a in arguments]
    made = SCALARS[type(op)](op, *wide)
    wanted = storage_type(op.results[0].type.element_type)
    if made.type is not wanted and isinstance(wanted, FloatType) and wanted.width < 32:
        return arith.TruncF(made, result_types=[wanted]).out
    return made


def _widen(value: Scalar) -> Scalar:
    if isinstance(value.type, FloatType) and value.type.width < 32:
        return arith.ExtF(value, result_types=[f32]).out
    return value


def _element(op: Operation) -> Type:
    type = op.operands[-1].type
    assert isinstance(type, TensorType)
    return type.element_type


def _is_unsigned(op: Operation) -> bool:
    element = _element(op)
    return isinstance(element, IntegerType) and (not element.is_signed or element is i1)


# -- arithmetic: one class for floats, for signed integers, for unsigned integers, for booleans -------------------------------

_BINARY: Final[dict[type[Operation], tuple[Any, Any, Any, Any]]] = {
    hlo.Add: (arith.AddF, arith.AddI, arith.AddI, arith.OrI),
    hlo.Subtract: (arith.SubF, arith.SubI, arith.SubI, arith.SubI),
    hlo.Multiply: (arith.MulF, arith.MulI, arith.MulI, arith.AndI),
    hlo.Divide: (arith.DivF, arith.DivSI, arith.DivUI, None),
    hlo.Remainder: (arith.RemF, arith.RemSI, arith.RemUI, None),
    hlo.Maximum: (arith.MaximumF, arith.MaxSI, arith.MaxUI, arith.OrI),
    hlo.Minimum: (arith.MinimumF, arith.MinSI, arith.MinUI, arith.AndI),
    hlo.And: (None, arith.AndI, arith.AndI, arith.AndI),
    hlo.Or: (None, arith.OrI, arith.OrI, arith.OrI),
    hlo.Xor: (None, arith.XOrI, arith.XOrI, arith.XOrI),
    hlo.ShiftLeft: (None, arith.ShLI, arith.ShLI, None),
    hlo.ShiftRightArithmetic: (None, arith.ShRSI, arith.ShRSI, None),
    hlo.ShiftRightLogical: (None, arith.ShRUI, arith.ShRUI, None),
    hlo.Power: (math.PowF, math.IPowI, math.IPowI, None),
    hlo.Atan2: (math.Atan2, None, None, None),
}


@scalar_of(*_BINARY)
def _binary(op: Operation, lhs: Scalar, rhs: Scalar) -> Scalar:
    element = _element(op)
    column = 0 if isinstance(element, FloatType) else 3 if element is i1 else 2 if _is_unsigned(op) else 1
    cls = _BINARY[type(op)][column]
    if cls is None:
        raise Error(f"`{op.name}` has no meaning for `{element}`", where=op.location.label or None)
    return cls(lhs, rhs).result


_FLOAT_UNARY: Final[dict[type[Operation], Any]] = {
    hlo.Exponential: math.Exp,
    hlo.ExponentialMinusOne: math.ExpM1,
    hlo.Log: math.Log,
    hlo.LogPlusOne: math.Log1p,
    hlo.Tanh: math.Tanh,
    hlo.Tan: math.Tan,
    hlo.Sine: math.Sin,
    hlo.Cosine: math.Cos,
    hlo.Sqrt: math.Sqrt,
    hlo.Rsqrt: math.Rsqrt,
    hlo.Cbrt: math.Cbrt,
    hlo.Floor: math.Floor,
    hlo.Ceil: math.Ceil,
    hlo.RoundNearestAfz: math.Round,
    hlo.RoundNearestEven: math.RoundEven,
    chlo.Erf: math.Erf,
}


@scalar_of(*_FLOAT_UNARY)
def _float_unary(op: Operation, x: Scalar) -> Scalar:
    return _FLOAT_UNARY[type(op)](x).result


@scalar_of(hlo.Logistic)
def _logistic(op: Operation, x: Scalar) -> Scalar:
    one = number(1, x.type)
    return arith.DivF(one, arith.AddF(one, math.Exp(arith.NegF(x)))).result


@scalar_of(hlo.Negate)
def _negate(op: Operation, x: Scalar) -> Scalar:
    if isinstance(x.type, FloatType):
        return arith.NegF(x).result
    return arith.SubI(number(0, x.type), x).result


@scalar_of(hlo.Abs)
def _abs(op: Operation, x: Scalar) -> Scalar:
    return math.AbsF(x).result if isinstance(x.type, FloatType) else math.AbsI(x).result


@scalar_of(hlo.Sign)
def _sign(op: Operation, x: Scalar) -> Scalar:
    zero, one, minus = number(0, x.type), number(1, x.type), number(-1, x.type)
    if isinstance(x.type, FloatType):  # zeros keep their sign, and NaN stays
        negative = arith.Select(arith.CmpF(CmpFPredicate.OLT, x, zero), minus, x)
        return arith.Select(arith.CmpF(CmpFPredicate.OGT, x, zero), one, negative).result
    negative = arith.Select(arith.CmpI(CmpIPredicate.SLT, x, zero), minus, x)
    return arith.Select(arith.CmpI(CmpIPredicate.SGT, x, zero), one, negative).result


@scalar_of(hlo.Not)
def _not(op: Operation, x: Scalar) -> Scalar:
    return arith.XOrI(x, number(1 if x.type is i1 else -1, x.type)).result


@scalar_of(hlo.PopulationCount)
def _popcnt(op: Operation, x: Scalar) -> Scalar:
    return math.CtPop(x).result


@scalar_of(hlo.CountLeadingZeros)
def _clz(op: Operation, x: Scalar) -> Scalar:
    return math.CountLeadingZeros(x).result


@scalar_of(hlo.IsFinite)
def _is_finite(op: Operation, x: Scalar) -> Scalar:
    return math.IsFinite(x).result


_DIRECTIONS: Final[dict[ComparisonDirection, tuple[CmpFPredicate, CmpIPredicate, CmpIPredicate]]] = {
    ComparisonDirection.EQ: (CmpFPredicate.OEQ, CmpIPredicate.EQ, CmpIPredicate.EQ),
    ComparisonDirection.NE: (CmpFPredicate.UNE, CmpIPredicate.NE, CmpIPredicate.NE),
    ComparisonDirection.LT: (CmpFPredicate.OLT, CmpIPredicate.SLT, CmpIPredicate.ULT),
    ComparisonDirection.LE: (CmpFPredicate.OLE, CmpIPredicate.SLE, CmpIPredicate.ULE),
    ComparisonDirection.GT: (CmpFPredicate.OGT, CmpIPredicate.SGT, CmpIPredicate.UGT),
    ComparisonDirection.GE: (CmpFPredicate.OGE, CmpIPredicate.SGE, CmpIPredicate.UGE),
}


@scalar_of(hlo.Compare)
def _compare(op: hlo.Compare, lhs: Scalar, rhs: Scalar) -> Scalar:
    floating, signed, unsigned = _DIRECTIONS[op.comparison_direction]
    if isinstance(lhs.type, FloatType):
        if op.compare_type is ComparisonType.TOTALORDER:
            return arith.CmpI(signed, _total_order(lhs), _total_order(rhs)).result
        return arith.CmpF(floating, lhs, rhs).result
    return arith.CmpI(unsigned if _is_unsigned(op) else signed, lhs, rhs).result


def _total_order(x: Scalar) -> Scalar:
    """An integer in the order of IEEE-754's totalOrder: the bits, with those of negative numbers but the sign inverted."""
    bits = IntegerType(x.type.width)
    raw = arith.Bitcast(x, result_types=[bits]).out
    negative = arith.ShRSI(raw, number(bits.width - 1, bits)).result
    return arith.XOrI(raw, arith.ShRUI(negative, number(1, bits)).result).result


@scalar_of(hlo.Select)
def _select(op: Operation, condition: Scalar, on_true: Scalar, on_false: Scalar) -> Scalar:
    return arith.Select(condition, on_true, on_false).result


@scalar_of(hlo.Clamp)
def _clamp(op: Operation, low: Scalar, x: Scalar, high: Scalar) -> Scalar:
    if isinstance(x.type, FloatType):
        return arith.MinimumF(arith.MaximumF(x, low), high).result
    if _is_unsigned(op):
        return arith.MinUI(arith.MaxUI(x, low), high).result
    return arith.MinSI(arith.MaxSI(x, low), high).result


@scalar_of(hlo.Convert)
def _convert(op: hlo.Convert, x: Scalar) -> Scalar:
    before, after = op.operand.type.element_type, op.result.type.element_type
    wanted = storage_type(after)
    from_unsigned = isinstance(before, IntegerType) and (not before.is_signed or before is i1)
    to_unsigned = isinstance(after, IntegerType) and not after.is_signed
    if isinstance(after, FloatType):
        compute = f32 if after.width < 32 else after
        if isinstance(x.type, FloatType):
            if x.type is compute:
                return x
            cls = arith.ExtF if x.type.width < compute.width else arith.TruncF
            return cls(x, result_types=[compute]).out
        return (arith.UIToFP if from_unsigned else arith.SIToFP)(x, result_types=[compute]).out
    assert isinstance(wanted, IntegerType)
    if after is i1:
        if isinstance(x.type, FloatType):
            return arith.CmpF(CmpFPredicate.UNE, x, number(0, x.type)).result
        return arith.CmpI(CmpIPredicate.NE, x, number(0, x.type)).result
    if isinstance(x.type, FloatType):
        return (arith.FPToUI if to_unsigned else arith.FPToSI)(x, result_types=[wanted]).out
    if x.type is wanted:
        return x
    assert isinstance(x.type, IntegerType)
    if x.type.width > wanted.width:
        return arith.TruncI(x, result_types=[wanted]).out
    return (arith.ExtUI if from_unsigned else arith.ExtSI)(x, result_types=[wanted]).out
