"""CHLO: the ops that broadcast their operands, as NumPy does; `couloir.dialects.chlo` exports them.

Source: openxla/stablehlo, stablehlo/dialect/ChloOps.td.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from couloir.dialects.hlo.bounds import bounded, most_of
from couloir.dialects.hlo.elements import (
    ANY_OR_PER_AXIS,
    FLOAT_ONLY,
    PRED,
    PRED_OR_INTEGER,
    SameBaselineElementType,
)
from couloir.dialects.shapes import Dim, unique, within
from couloir.ir import fields
from couloir.ir.attributes import enum_attribute
from couloir.ir.constraints import Holds, one_of
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Result, attr, attr_optional
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import ComplexType, TensorType, Type, f32, f64, i1


@enum_attribute("chlo.comparison_direction", bracketed=False)
class ComparisonDirection(enum.Enum):
    """What a comparison asks."""

    EQ = "EQ"
    NE = "NE"
    GE = "GE"
    GT = "GT"
    LE = "LE"
    LT = "LT"


@enum_attribute("chlo.comparison_type", bracketed=False)
class ComparisonType(enum.Enum):
    """As what a comparison reads the elements."""

    NOTYPE = "NOTYPE"
    FLOAT = "FLOAT"
    TOTALORDER = "TOTALORDER"
    SIGNED = "SIGNED"
    UNSIGNED = "UNSIGNED"


def places(op: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions of the result that those of `lhs` and of `rhs` are; without `broadcast_dimensions` the last ones.

    As upstream, operands of one rank go together dimension by dimension, whatever `broadcast_dimensions` says.
    """
    lhs, rhs = op.lhs.type.rank, op.rhs.type.rank
    rank = max(lhs, rhs)
    found = [tuple(range(rank - side, rank)) for side in (lhs, rhs)]
    if op.broadcast_dimensions is not None and lhs != rhs:
        found[0 if lhs < rhs else 1] = op.broadcast_dimensions
    return found[0], found[1]


def _dimensions_fit(op: Any) -> bool | str:
    given: tuple[int, ...] | None = op.broadcast_dimensions
    lhs, rhs = op.lhs.type.rank, op.rhs.type.rank
    if given is None or lhs == rhs:
        return True
    fits = len(given) == min(lhs, rhs) and unique(given) and within(given, max(lhs, rhs))
    return fits or f"{list(given)} for {min(lhs, rhs)} of {max(lhs, rhs)} dimensions"


def _together(a: Dim, b: Dim) -> Dim:
    """The size of a dimension of the result. Raises `couloir.Error` when there is none."""
    if a == 1:
        return b
    if b == 1 or a == b or b is None:
        return a
    if a is None:
        return b
    raise Error(f"sizes {a} and {b} do not broadcast")


def _spread(types: Sequence[TensorType], where: Sequence[Sequence[int]], element_type: Type) -> TensorType:
    """The type of tensors of these types together. Raises `couloir.Error` when their shapes do not broadcast.

    Args:
        types: The types.
        where: The dimensions of the result that the dimensions of each are.
        element_type: That of the result.
    """
    rank = max(type.rank for type in types)
    dims: list[Dim] = [1] * rank
    bounds: list[int | None] = [1] * rank
    for type, axes in zip(types, where, strict=True):
        for axis, size, most in zip(axes, type.dims, most_of(type), strict=True):
            dims[axis] = _together(dims[axis], size)
            before = bounds[axis]
            bounds[axis] = None if before is None or most is None else max(before, most)
    return bounded(dims, bounds, element_type)


def _result_type(op: Any, element_type: Type) -> TensorType:
    return _spread([op.lhs.type, op.rhs.type], places(op), element_type)


def _shapes_fit(op: Any) -> bool | str:
    try:
        _result_type(op, op.lhs.type.element_type)
    except Error as error:
        return error.message
    return True


BROADCASTS = (
    Holds(
        "`broadcast_dimensions` are dimensions of the operand of higher rank, one for each of the other",
        _dimensions_fit,
    ),
    Holds("the shapes broadcast", _shapes_fit),
)


class BroadcastBinary(Operation, traits=(Pure,)):
    """Base of the ops of two tensors of one element type, which is the result's as well."""

    lhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    broadcast_dimensions: tuple[int, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result()

    constraints = (SameBaselineElementType("lhs", "rhs"), *BROADCASTS)
    assembly_format = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return _result_type(self, self.lhs.type.element_type)


class BroadcastAdd(BroadcastBinary, name="chlo.broadcast_add"):
    """Sum."""


class BroadcastAnd(BroadcastBinary, name="chlo.broadcast_and"):
    """AND."""

    lhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)


class BroadcastAtan2(BroadcastBinary, name="chlo.broadcast_atan2"):
    """The angle of the point (`rhs`, `lhs`)."""


class BroadcastDivide(BroadcastBinary, name="chlo.broadcast_divide"):
    """Quotient."""


class BroadcastMaximum(BroadcastBinary, name="chlo.broadcast_maximum"):
    """The larger one."""


class BroadcastMinimum(BroadcastBinary, name="chlo.broadcast_minimum"):
    """The smaller one."""


class BroadcastMultiply(BroadcastBinary, name="chlo.broadcast_multiply"):
    """Product."""


class BroadcastNextAfter(BroadcastBinary, name="chlo.broadcast_next_after"):
    """The next float after `lhs` in the direction of `rhs`."""


class BroadcastOr(BroadcastBinary, name="chlo.broadcast_or"):
    """OR."""

    lhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)


class BroadcastPolygamma(BroadcastBinary, name="chlo.broadcast_polygamma"):
    """The `lhs`-th derivative of the digamma function at `rhs`."""


class BroadcastPower(BroadcastBinary, name="chlo.broadcast_power"):
    """`lhs ** rhs`."""


class BroadcastRemainder(BroadcastBinary, name="chlo.broadcast_remainder"):
    """What division towards zero leaves."""


class BroadcastShiftLeft(BroadcastBinary, name="chlo.broadcast_shift_left"):
    """`lhs << rhs`."""


class BroadcastShiftRightArithmetic(BroadcastBinary, name="chlo.broadcast_shift_right_arithmetic"):
    """`lhs >> rhs`, filled with the sign bit."""


class BroadcastShiftRightLogical(BroadcastBinary, name="chlo.broadcast_shift_right_logical"):
    """`lhs >> rhs`, filled with zeros."""


class BroadcastSubtract(BroadcastBinary, name="chlo.broadcast_subtract"):
    """Difference."""


class BroadcastXor(BroadcastBinary, name="chlo.broadcast_xor"):
    """XOR."""

    lhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)


class BroadcastZeta(BroadcastBinary, name="chlo.broadcast_zeta"):
    """The Hurwitz zeta function."""

    lhs: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    rhs: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)


class BroadcastComplex(BroadcastBinary, name="chlo.broadcast_complex"):
    """The complex numbers with real part `lhs` and imaginary part `rhs`."""

    lhs: Operand[TensorType] = fields.operand(elements=one_of("f32 or f64", (f32, f64)))
    rhs: Operand[TensorType] = fields.operand(elements=one_of("f32 or f64", (f32, f64)))

    def infer(self) -> Type:
        return _result_type(self, ComplexType(self.lhs.type.element_type))


class BroadcastCompare(BroadcastBinary, name="chlo.broadcast_compare"):
    """Compares two tensors."""

    comparison_direction: ComparisonDirection = attr(kw_only=True)
    compare_type: ComparisonType | None = attr_optional(default=None)

    def infer(self) -> Type:
        return _result_type(self, i1)


def _selected(op: BroadcastSelect) -> TensorType:
    types = [value.type for value in (op.pred, op.on_true, op.on_false)]
    rank = max(type.rank for type in types)
    return _spread(types, [range(rank - type.rank, rank) for type in types], op.on_true.type.element_type)


def _selection_fits(op: BroadcastSelect) -> bool | str:
    try:
        _selected(op)
    except Error as error:
        return error.message
    return True


class BroadcastSelect(Operation, name="chlo.broadcast_select", traits=(Pure,)):
    """Elements of `on_true` where `pred` holds, of `on_false` elsewhere."""

    pred: Operand[TensorType] = fields.operand(elements=PRED)
    on_true: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    on_false: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    result: Result[TensorType] = fields.result()

    constraints = (SameBaselineElementType("on_true", "on_false"), Holds("the shapes broadcast", _selection_fits))
    assembly_format = "$pred `,` $on_true `,` $on_false attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return _selected(self)
