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
from couloir.ir.types import FloatType, IntegerType, TensorType, Type, f32, f64, i1, i8
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
    check = _CHECKS.get(type(op))
    return check(op) if check is not None else None


SUPPORTED_ELEMENTS: Final = "floats of at most 64 bits, integers of 1, 2, 4, 8, 16, 32 and 64 bits"


def unsupported_element(element: Type) -> str | None:
    """Why elements of a type cannot be computed with, or None when they can."""
    if isinstance(element, FloatType) and element.kind not in ("tf32", "f80", "f128"):
        return None
    if isinstance(element, IntegerType) and element.width in (1, 2, 4, 8, 16, 32, 64):
        return None
    return f"elements of type `{element}` are not lowered to loops yet"


def lower_scalar(op: Operation, *arguments: Scalar) -> Scalar:
    """One element of the result of `op` from one element of each operand.

    Floats of less than 32 bits are computed in f32, integers of 2 and 4 bits in i8; each result is rounded or wrapped, as
    StableHLO has it.
    """
    if isinstance(op, hlo.BitcastConvert | hlo.ReducePrecision):
        return SCALARS[type(op)](op, *arguments)
    wide = [
        _widen(a, type(op) in _READ_BITS or not (v.type.element_type.is_signed or type(op) is hlo.ShiftRightArithmetic))
        if is_narrow_integer(a.type)
        else _widen(a, False)
        for a, v in zip(arguments, op.operands, strict=True)
    ]
    return rounded(SCALARS[type(op)](op, *wide), op.results[0].type.element_type)


def rounded(value: Scalar, element: Type) -> Scalar:
    """A number as an element of a tensor: rounded to a narrower float, or the low bits of an integer."""
    wanted = storage_type(element)
    if value.type is wanted:
        return value
    if isinstance(wanted, FloatType):
        return arith.TruncF(value, result_types=[wanted]).out
    return arith.TruncI(value, result_types=[wanted]).out


def is_narrow_integer(type: Type) -> bool:
    """Whether it has 2 or 4 bits."""
    return isinstance(type, IntegerType) and 1 < type.width < 8


def computing_type(element: Type) -> Type:
    """The type in which numbers of an element type are computed."""
    storage = storage_type(element)
    if is_narrow_integer(storage):
        return i8
    return f32 if isinstance(storage, FloatType) and storage.width < 32 else storage


_READ_BITS: Final = (hlo.ShiftRightLogical, hlo.PopulationCount, hlo.CountLeadingZeros)
"""Ops that read the bits of a number, whatever its sign."""


def _widen(value: Scalar, as_unsigned: bool) -> Scalar:
    if isinstance(value.type, FloatType) and value.type.width < 32:
        return arith.ExtF(value, result_types=[f32]).out
    if is_narrow_integer(value.type):
        return (arith.ExtUI if as_unsigned else arith.ExtSI)(value, result_types=[i8]).out
    return value


def _element(op: Operation) -> Type:
    type = op.operands[-1].type
    assert isinstance(type, TensorType)
    return type.element_type


def _is_unsigned(op: Operation) -> bool:
    element = _element(op)
    return isinstance(element, IntegerType) and (not element.is_signed or element is i1)


# -- arithmetic: one class for floats, for signed integers, for unsigned integers, for booleans -------------------------------


def _unsigned_power(x: Scalar, n: Scalar) -> arith.MulI:
    """x ** n by half of n twice, as `ipowi` reads exponents as signed numbers."""
    one = number(1, n.type)
    half = math.IPowI(x, arith.ShRUI(n, one)).result
    is_odd = arith.CmpI(CmpIPredicate.NE, arith.AndI(n, one), number(0, n.type))
    return arith.MulI(arith.MulI(half, half), arith.Select(is_odd, x, one))


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
    hlo.Power: (math.PowF, math.IPowI, _unsigned_power, None),
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
    chlo.Acos: math.Acos,
    chlo.Acosh: math.Acosh,
    chlo.Asin: math.Asin,
    chlo.Asinh: math.Asinh,
    chlo.Atan: math.Atan,
    chlo.Atanh: math.Atanh,
    chlo.Cosh: math.Cosh,
    chlo.Sinh: math.Sinh,
    chlo.Tan: math.Tan,
    chlo.Erfc: math.Erfc,
    chlo.IsInf: math.IsInf,
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


@scalar_of(hlo.Real, hlo.Imag, chlo.Conj)
def _part_of_a_real_number(op: Operation, x: Scalar) -> Scalar:
    return number(0, x.type) if isinstance(op, hlo.Imag) else x


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
    zeros = math.CountLeadingZeros(x).result
    element = _element(op)
    missing = x.type.width - element.width if isinstance(element, IntegerType) else 0
    return arith.SubI(zeros, number(missing, x.type)).result if missing else zeros


@scalar_of(chlo.IsPosInf, chlo.IsNegInf)
def _is_infinity(op: Operation, x: Scalar) -> Scalar:
    infinity = number(float("inf") if isinstance(op, chlo.IsPosInf) else -float("inf"), x.type)
    return arith.CmpF(CmpFPredicate.OEQ, x, infinity).result


@scalar_of(chlo.Square)
def _square(op: Operation, x: Scalar) -> Scalar:
    return (arith.MulF if isinstance(x.type, FloatType) else arith.MulI)(x, x).result


@scalar_of(hlo.BitcastConvert)
def _bitcast(op: hlo.BitcastConvert, x: Scalar) -> Scalar:
    wanted = storage_type(op.result.type.element_type)
    return x if x.type is wanted else arith.Bitcast(x, result_types=[wanted]).out


@scalar_of(hlo.ReducePrecision)
def _reduce_precision(op: hlo.ReducePrecision, x: Scalar) -> Scalar:
    """On the bits: ties go to even, what is too small for a normal number becomes zero, what is too large infinite.

    NaN stays, unless no mantissa is left to tell it from an infinity.
    """
    own_exponent, own_mantissa = _FIELDS[x.type.kind]
    bits = IntegerType(x.type.width)

    def word(value: int) -> Scalar:
        return number(value if value < 1 << (bits.width - 1) else value - (1 << bits.width), bits)

    raw = arith.Bitcast(x, result_types=[bits]).out
    made = raw
    dropped = own_mantissa - op.mantissa_bits
    if dropped > 0:
        last = arith.AndI(arith.ShRUI(made, word(dropped)), word(1))
        made = arith.AddI(made, arith.AddI(last, word((1 << (dropped - 1)) - 1))).result
        made = arith.AndI(made, word(-1 << dropped)).result
    if op.exponent_bits < own_exponent:
        sign = arith.AndI(made, word(1 << (bits.width - 1))).result
        magnitude = arith.AndI(made, word((1 << (bits.width - 1)) - 1)).result
        bias, reduced = (1 << (own_exponent - 1)) - 1, (1 << (op.exponent_bits - 1)) - 1
        infinite = arith.OrI(sign, word(((1 << own_exponent) - 1) << own_mantissa)).result
        too_large = arith.CmpI(CmpIPredicate.SGE, magnitude, word((bias + reduced + 1) << own_mantissa))
        too_small = arith.CmpI(CmpIPredicate.SLT, magnitude, word((bias - reduced + 1) << own_mantissa))
        made = arith.Select(too_small, sign, arith.Select(too_large, infinite, made)).result
    magnitude = arith.AndI(raw, word((1 << (bits.width - 1)) - 1)).result
    largest = word(((1 << own_exponent) - 1) << own_mantissa)
    is_nan = arith.CmpI(CmpIPredicate.SGT, magnitude, largest).result
    nan = raw if op.mantissa_bits else arith.OrI(arith.AndI(raw, word(1 << (bits.width - 1))), largest).result
    return arith.Bitcast(arith.Select(is_nan, nan, made), result_types=[x.type]).out


_FIELDS: Final = {"f16": (5, 10), "bf16": (8, 7), "f32": (8, 23), "f64": (11, 52)}
"""Bits of exponent and mantissa."""


def _unsupported_reduce_precision(op: hlo.ReducePrecision) -> str | None:
    element = op.operand.type.element_type
    return None if getattr(element, "kind", None) in _FIELDS else f"elements of type `{element}` are too narrow"


def _unsupported_bitcast(op: hlo.BitcastConvert) -> str | None:
    before, after = (storage_type(v.type.element_type) for v in (op.operand, op.result))
    same = getattr(before, "width", 0) == getattr(after, "width", 0)
    return None if same else f"`{before}` and `{after}` differ in width"


_CHECKS: Final[dict[type[Operation], Callable[[Any], str | None]]] = {
    hlo.BitcastConvert: _unsupported_bitcast,
    hlo.ReducePrecision: _unsupported_reduce_precision,
}


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
    wanted = computing_type(after)
    from_unsigned = isinstance(before, IntegerType) and (not before.is_signed or before is i1)
    to_unsigned = isinstance(after, IntegerType) and not after.is_signed
    if isinstance(wanted, FloatType):
        if isinstance(x.type, FloatType):
            if x.type is wanted or (x.type is f64 and wanted is not after):  # from f64, rounded once, to the result
                return x
            cls = arith.ExtF if x.type.width < wanted.width else arith.TruncF
            return cls(x, result_types=[wanted]).out
        through = f64 if x.type.width > 16 and wanted is not after else wanted
        return (arith.UIToFP if from_unsigned else arith.SIToFP)(x, result_types=[through]).out
    assert isinstance(wanted, IntegerType)
    if after is i1:
        if isinstance(x.type, FloatType):
            return arith.CmpF(CmpFPredicate.UNE, x, number(0, x.type)).result
        return arith.CmpI(CmpIPredicate.NE, x, number(0, x.type)).result
    if isinstance(x.type, FloatType):
        made = (arith.FPToUI if to_unsigned else arith.FPToSI)(x, result_types=[wanted]).out
        return _saturated(made, after) if wanted is not storage_type(after) else made
    if x.type is wanted:
        return x
    assert isinstance(x.type, IntegerType)
    if x.type.width > wanted.width:
        return arith.TruncI(x, result_types=[wanted]).out
    return (arith.ExtUI if from_unsigned else arith.ExtSI)(x, result_types=[wanted]).out


def _saturated(value: Scalar, element: Type) -> Scalar:
    """A number moved into the range of an integer of 2 or 4 bits."""
    assert isinstance(element, IntegerType)
    if element.is_signed:
        high = (1 << (element.width - 1)) - 1
        return arith.MinSI(arith.MaxSI(value, number(-high - 1, value.type)), number(high, value.type)).result
    return arith.MinUI(value, number((1 << element.width) - 1, value.type)).result
