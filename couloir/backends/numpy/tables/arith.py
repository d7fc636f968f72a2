"""The arith dialect: numbers, and vectors and tensors of them.

Integers have no sign: an op reads them as signed or as unsigned. What arith leaves undefined (division by zero, shifts by
the width, conversions out of range) has the meaning that StableHLO gives it, as in the C back end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy import tensor
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, DType, kind
from couloir.backends.numpy.meanings import meaning
from couloir.dialects import arith
from couloir.dialects.arith import CmpFPredicate, CmpIPredicate
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import ShapedType, dtype_of

Binary: TypeAlias = Callable[[ArrayNamespace, Array, Array], Array]
Reading: TypeAlias = Callable[[ArrayNamespace, Array], Array]


def signed(xp: ArrayNamespace, operand: Array) -> Array:
    """Integers read as signed; true is -1."""
    if xp.element_type(operand.dtype) == np.bool_:
        return xp.apply("negate", xp.convert(operand, np.dtype(np.int8)))
    return operand


def unsigned(xp: ArrayNamespace, operand: Array) -> Array:
    """Integers read as unsigned; true is 1."""
    return xp.convert(operand, unsigned_type(xp.element_type(operand.dtype)))


def unsigned_type(dtype: DType) -> DType:
    """The unsigned type of the width of a signless one."""
    return np.dtype(np.uint8) if dtype == np.bool_ else np.dtype(dtype.name.replace("int", "uint"))


def signless(xp: ArrayNamespace, operand: Array, dtype: DType) -> Array:
    """The low bits of integers as values of a program, which have no sign."""
    if xp.element_type(dtype) == np.bool_ and xp.element_type(operand.dtype) != np.bool_:
        operand = xp.apply("and", operand, np.ones((), xp.element_type(operand.dtype)))
    return xp.convert(operand, dtype)


def _by(op: str) -> Binary:
    return lambda xp, lhs, rhs: xp.apply(op, lhs, rhs)


def _floor_divide(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The truncated quotient, less one where that is more than the true one."""
    return xp.apply("subtract", xp.apply("divide", lhs, rhs), _where_inexact(xp, lhs, rhs, "NE"))


def _ceil_divide(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
    """The truncated quotient, plus one where that is less than the true one."""
    return xp.apply("add", xp.apply("divide", lhs, rhs), _where_inexact(xp, lhs, rhs, "EQ"))


def _where_inexact(xp: ArrayNamespace, lhs: Array, rhs: Array, signs: str) -> Array:
    """One where the division leaves a remainder, and the signs of the operands are equal or not, else zero."""
    zero = np.zeros((), lhs.dtype)
    inexact = xp.apply("compare NE", xp.apply("remainder", lhs, rhs), zero)
    related = xp.apply(f"compare {signs}", xp.apply("compare LT", lhs, zero), xp.apply("compare LT", rhs, zero))
    return xp.convert(xp.apply("and", inexact, related), xp.element_type(lhs.dtype))


INTEGER: Final[dict[type[Operation], tuple[Reading, Binary]]] = {
    arith.AddI: (signed, _by("add")),
    arith.SubI: (signed, _by("subtract")),
    arith.MulI: (signed, _by("multiply")),
    arith.ShLI: (unsigned, _by("shift_left")),
    arith.DivSI: (signed, _by("divide")),
    arith.DivUI: (unsigned, _by("divide")),
    arith.CeilDivSI: (signed, _ceil_divide),
    arith.CeilDivUI: (unsigned, _ceil_divide),
    arith.FloorDivSI: (signed, _floor_divide),
    arith.RemSI: (signed, _by("remainder")),
    arith.RemUI: (unsigned, _by("remainder")),
    arith.AndI: (unsigned, _by("and")),
    arith.OrI: (unsigned, _by("or")),
    arith.XOrI: (unsigned, _by("xor")),
    arith.ShRSI: (signed, _by("shift_right_arithmetic")),
    arith.ShRUI: (unsigned, _by("shift_right_logical")),
    arith.MinSI: (signed, _by("minimum")),
    arith.MaxSI: (signed, _by("maximum")),
    arith.MinUI: (unsigned, _by("minimum")),
    arith.MaxUI: (unsigned, _by("maximum")),
}
"""How each op reads its operands, and what it computes."""


def _is_nan(xp: ArrayNamespace, operand: Array) -> Array:
    return xp.apply("compare NE", operand, operand)


def _number_of_two(op: str) -> Binary:
    """`op`, but of a number and a NaN the number."""

    def choose(xp: ArrayNamespace, lhs: Array, rhs: Array) -> Array:
        either = xp.select(_is_nan(xp, rhs), lhs, xp.apply(op, lhs, rhs))
        return xp.select(_is_nan(xp, lhs), rhs, either)

    return choose


FLOAT: Final[dict[type[Operation], Binary]] = {
    arith.AddF: _by("add"),
    arith.SubF: _by("subtract"),
    arith.MulF: _by("multiply"),
    arith.DivF: _by("divide"),
    arith.RemF: _by("remainder"),
    arith.MinimumF: _by("minimum"),
    arith.MaximumF: _by("maximum"),
    arith.MinNumF: _number_of_two("minimum"),
    arith.MaxNumF: _number_of_two("maximum"),
}


def combine(xp: ArrayNamespace, cls: type[Operation], lhs: Array, rhs: Array) -> Array:
    """What the binary op `cls` makes of two arrays."""
    if cls in FLOAT:
        return FLOAT[cls](xp, lhs, rhs)
    reading, function = INTEGER[cls]
    return signless(xp, function(xp, reading(xp, lhs), reading(xp, rhs)), lhs.dtype)


@meaning(*INTEGER, *FLOAT)
def _binary(xp: ArrayNamespace, op: Operation, lhs: Array, rhs: Array) -> Array:
    _check_rounding(op)
    return combine(xp, type(op), lhs, rhs)


def _check_rounding(op: Operation) -> None:
    mode: Any = getattr(op, "roundingmode", None)
    if mode not in (None, arith.RoundingMode.TO_NEAREST_EVEN):
        raise Error(f"`{op.name}` rounds {mode.value}; only to_nearest_even can be evaluated")


@meaning(arith.Constant)
def _constant(xp: ArrayNamespace, op: arith.Constant) -> Array:
    return xp.array(constant_array(op.value))


@meaning(arith.NegF)
def _negf(xp: ArrayNamespace, op: arith.NegF, operand: Array) -> Array:
    return xp.apply("negate", operand)


@meaning(arith.CmpI)
def _cmpi(xp: ArrayNamespace, op: arith.CmpI, lhs: Array, rhs: Array) -> Array:
    predicate = op.predicate
    is_unsigned = predicate in (CmpIPredicate.ULT, CmpIPredicate.ULE, CmpIPredicate.UGT, CmpIPredicate.UGE)
    read = unsigned if is_unsigned else signed
    return xp.apply(f"compare {predicate.name[-2:]}", read(xp, lhs), read(xp, rhs))


@meaning(arith.CmpF)
def _cmpf(xp: ArrayNamespace, op: arith.CmpF, lhs: Array, rhs: Array) -> Array:
    """Ordered relations are false of a NaN, unordered ones true."""
    unordered = xp.apply("or", _is_nan(xp, lhs), _is_nan(xp, rhs))
    match op.predicate:
        case CmpFPredicate.TRUE | CmpFPredicate.FALSE:
            return np.full(lhs.shape, op.predicate is CmpFPredicate.TRUE)
        case CmpFPredicate.ORD:
            return xp.apply("not", unordered)
        case CmpFPredicate.UNO:
            return unordered
        case predicate:
            related = xp.apply(f"compare {predicate.name[1:]}", lhs, rhs)
            if predicate.name[0] == "O":
                return xp.apply("and", related, xp.apply("not", unordered))
            return xp.apply("or", related, unordered)


@meaning(arith.Select)
def _select(xp: ArrayNamespace, op: arith.Select, condition: Array, true_value: Array, false_value: Array) -> Array:
    if condition.ndim == 0 and condition.dtype == np.bool_:
        return true_value if condition else false_value
    return xp.select(condition, true_value, false_value)


# -- conversions ----------------------------------------------------------------------------------------------------


def _target(value: Value[Any]) -> DType:
    return dtype_of(value.type.element_type if isinstance(value.type, ShapedType) else value.type)


@meaning(arith.ExtF, arith.TruncF)
def _between_floats(xp: ArrayNamespace, op: arith.ExtF | arith.TruncF, operand: Array) -> Array:
    _check_rounding(op)
    return xp.convert(operand, xp.carrier(_target(op.out)))


@meaning(arith.ExtSI, arith.TruncI, arith.IndexCast)
def _between_signed(xp: ArrayNamespace, op: arith.ExtSI | arith.TruncI | arith.IndexCast, operand: Array) -> Array:
    return signless(xp, signed(xp, operand), _target(op.out))


@meaning(arith.ExtUI, arith.IndexCastUI)
def _between_unsigned(xp: ArrayNamespace, op: arith.ExtUI | arith.IndexCastUI, operand: Array) -> Array:
    return signless(xp, unsigned(xp, operand), _target(op.out))


@meaning(arith.SIToFP)
def _sitofp(xp: ArrayNamespace, op: arith.SIToFP, operand: Array) -> Array:
    return xp.convert(signed(xp, operand), xp.carrier(_target(op.out)))


@meaning(arith.UIToFP)
def _uitofp(xp: ArrayNamespace, op: arith.UIToFP, operand: Array) -> Array:
    return xp.convert(unsigned(xp, operand), xp.carrier(_target(op.out)))


@meaning(arith.FPToSI)
def _fptosi(xp: ArrayNamespace, op: arith.FPToSI, operand: Array) -> Array:
    target = _target(op.out)
    return signless(xp, xp.convert(operand, np.dtype(np.int8) if kind(target) == "bool" else target), target)


@meaning(arith.FPToUI)
def _fptoui(xp: ArrayNamespace, op: arith.FPToUI, operand: Array) -> Array:
    target = _target(op.out)
    return signless(xp, xp.convert(operand, unsigned_type(target)), target)


@meaning(arith.Bitcast)
def _bitcast(xp: ArrayNamespace, op: arith.Bitcast, operand: Array) -> Array:
    return tensor.bitcast_convert(xp, operand, _target(op.out))
