"""The arith dialect: arithmetic on integers, floats and indices, and on vectors and tensors of them, element by element.

Names and semantics are upstream's (MLIR, "arith" dialect).
"""

from __future__ import annotations

import enum
from typing import Any

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr, enum_attribute
from couloir.ir.codecs import enumeration_as_integer
from couloir.ir.constraints import FLOAT, INDEX, SIGNLESS, Holds, SameShape, SameType, element_type
from couloir.ir.fields import Operand, Result, attr, attr_default, operand, result
from couloir.ir.operation import Operation
from couloir.ir.traits import Associative, Commutative, ConstantLike, Elementwise, Idempotent, Involution, Pure
from couloir.ir.types import ShapedType, Type, i1, i64

INTEGER_LIKE = SIGNLESS | INDEX


@enum_attribute("arith.fastmath")
class FastMath(enum.Enum):
    """What a compiler may assume of floats. (Combinations are kept as their text.)"""

    NONE = "none"
    REASSOC = "reassoc"
    NNAN = "nnan"
    NINF = "ninf"
    NSZ = "nsz"
    ARCP = "arcp"
    CONTRACT = "contract"
    AFN = "afn"
    FAST = "fast"


@enum_attribute("arith.overflow")
class Overflow(enum.Enum):
    """What a compiler may assume of overflow."""

    NONE = "none"
    NSW = "nsw"
    NUW = "nuw"
    BOTH = "nsw, nuw"


class CmpIPredicate(enum.Enum):
    """Comparisons of integers: equal, not equal; signed and unsigned less, less or equal, greater, greater or equal."""

    EQ = "eq"
    NE = "ne"
    SLT = "slt"
    SLE = "sle"
    SGT = "sgt"
    SGE = "sge"
    ULT = "ult"
    ULE = "ule"
    UGT = "ugt"
    UGE = "uge"


class CmpFPredicate(enum.Enum):
    """Comparisons of floats; ordered ones (`o..`) are false for NaN, unordered ones (`u..`) true."""

    FALSE = "false"
    OEQ = "oeq"
    OGT = "ogt"
    OGE = "oge"
    OLT = "olt"
    OLE = "ole"
    ONE = "one"
    ORD = "ord"
    UEQ = "ueq"
    UGT = "ugt"
    UGE = "uge"
    ULT = "ult"
    ULE = "ule"
    UNE = "une"
    UNO = "uno"
    TRUE = "true"


def _like(type: Type, element: Type) -> Type:
    return type.with_element_type(element) if isinstance(type, ShapedType) else element


class Constant(Operation, name="arith.constant", traits=(Pure, ConstantLike)):
    """A number, or a vector or tensor of numbers, with the type of its attribute."""

    value: Attribute
    result: Result[Type] = result()

    def infer(self) -> Type:
        value = self.value
        if isinstance(value, IntegerAttr | FloatAttr | DenseElementsAttr):
            return value.type
        return self.results[0].type


class _IntegerBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two integers."""

    lhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    rhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class _OverflowBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two integers that wrap around."""

    lhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    rhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    overflow_flags: Overflow = attr_default(default=Overflow.NONE, key="overflowFlags")
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class _ExactBinary(_IntegerBinary):
    """Base of divisions and right shifts."""


class _FloatBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two floats."""

    lhs: Operand[Type] = operand(elements=FLOAT)
    rhs: Operand[Type] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE)
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class AddI(_OverflowBinary, name="arith.addi", traits=(Commutative, Associative)):
    """Sum; wraps around."""


class SubI(_OverflowBinary, name="arith.subi"):
    """Difference; wraps around."""


class MulI(_OverflowBinary, name="arith.muli", traits=(Commutative, Associative)):
    """Product; wraps around."""


class ShLI(_OverflowBinary, name="arith.shli"):
    """Shift to the left; poison when the shift is the width or more."""


class DivSI(_ExactBinary, name="arith.divsi"):
    """Signed quotient, rounded towards zero; undefined for a divisor of 0 and for the least value by -1."""


class DivUI(_ExactBinary, name="arith.divui"):
    """Unsigned quotient; undefined for a divisor of 0."""


class CeilDivSI(_IntegerBinary, name="arith.ceildivsi"):
    """Signed quotient, rounded up."""


class CeilDivUI(_IntegerBinary, name="arith.ceildivui"):
    """Unsigned quotient, rounded up."""


class FloorDivSI(_IntegerBinary, name="arith.floordivsi"):
    """Signed quotient, rounded down."""


class RemSI(_IntegerBinary, name="arith.remsi"):
    """Signed remainder, with the sign of the dividend."""


class RemUI(_IntegerBinary, name="arith.remui"):
    """Unsigned remainder."""


class AndI(_IntegerBinary, name="arith.andi", traits=(Commutative, Associative, Idempotent)):
    """Bitwise AND."""


class OrI(_IntegerBinary, name="arith.ori", traits=(Commutative, Associative, Idempotent)):
    """Bitwise OR."""


class XOrI(_IntegerBinary, name="arith.xori", traits=(Commutative, Associative)):
    """Bitwise XOR."""


class ShRSI(_ExactBinary, name="arith.shrsi"):
    """Shift to the right that keeps the sign."""


class ShRUI(_ExactBinary, name="arith.shrui"):
    """Shift to the right that fills with zeros."""


class MinSI(_IntegerBinary, name="arith.minsi", traits=(Commutative, Associative, Idempotent)):
    """Signed minimum."""


class MaxSI(_IntegerBinary, name="arith.maxsi", traits=(Commutative, Associative, Idempotent)):
    """Signed maximum."""


class MinUI(_IntegerBinary, name="arith.minui", traits=(Commutative, Associative, Idempotent)):
    """Unsigned minimum."""


class MaxUI(_IntegerBinary, name="arith.maxui", traits=(Commutative, Associative, Idempotent)):
    """Unsigned maximum."""


class AddF(_FloatBinary, name="arith.addf", traits=(Commutative,)):
    """Sum."""


class SubF(_FloatBinary, name="arith.subf"):
    """Difference."""


class MulF(_FloatBinary, name="arith.mulf", traits=(Commutative,)):
    """Product."""


class DivF(_FloatBinary, name="arith.divf"):
    """Quotient."""


class RemF(_FloatBinary, name="arith.remf"):
    """Remainder, with the sign of the dividend (C's fmod)."""


class MinimumF(_FloatBinary, name="arith.minimumf", traits=(Commutative, Associative, Idempotent)):
    """Minimum; NaN if either is NaN; -0.0 below 0.0."""


class MaximumF(_FloatBinary, name="arith.maximumf", traits=(Commutative, Associative, Idempotent)):
    """Maximum; NaN if either is NaN; -0.0 below 0.0."""


class MinNumF(_FloatBinary, name="arith.minnumf", traits=(Commutative,)):
    """Minimum; the other one if one is NaN."""


class MaxNumF(_FloatBinary, name="arith.maxnumf", traits=(Commutative,)):
    """Maximum; the other one if one is NaN."""


class NegF(Operation, name="arith.negf", traits=(Pure, Elementwise, Involution)):
    """The number with the other sign."""

    operand: Operand[Type] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE)
    result: Result[Type] = result()
    constraints = (SameType("operand", "result"),)


class CmpI(Operation, name="arith.cmpi", traits=(Pure, Elementwise)):
    """Compares integers; the result is i1, or i1 elements."""

    predicate: CmpIPredicate = attr(codec=enumeration_as_integer(CmpIPredicate, i64))
    lhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    rhs: Operand[Type] = operand(elements=INTEGER_LIKE)
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs"),)

    def infer(self) -> Type:
        return _like(self.lhs.type, i1)


class CmpF(Operation, name="arith.cmpf", traits=(Pure, Elementwise)):
    """Compares floats; the result is i1, or i1 elements."""

    predicate: CmpFPredicate = attr(codec=enumeration_as_integer(CmpFPredicate, i64))
    lhs: Operand[Type] = operand(elements=FLOAT)
    rhs: Operand[Type] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE)
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs"),)

    def infer(self) -> Type:
        return _like(self.lhs.type, i1)


class Select(Operation, name="arith.select", traits=(Pure,)):
    """The second operand where the first is true, the third elsewhere."""

    condition: Operand[Type]
    true_value: Operand[Type]
    false_value: Operand[Type]
    result: Result[Type] = result()
    constraints = (
        SameType("true_value", "false_value", "result"),
        Holds("the condition is i1", lambda op: element_type(op.condition.type) is i1),
    )


def _wider(op: Any) -> bool | str:
    return _width(op.out.type) > _width(op.in_.type) or f"`{op.in_.type}` to `{op.out.type}`"


def _narrower(op: Any) -> bool | str:
    return _width(op.out.type) < _width(op.in_.type) or f"`{op.in_.type}` to `{op.out.type}`"


def _width(type: Type) -> int:
    return getattr(element_type(type), "width", 64)


class _Cast(Operation, traits=(Pure, Elementwise)):
    """Base of the conversions. The type of the result is given."""

    in_: Operand[Type]
    out: Result[Type] = result()
    constraints = (SameShape("in_", "out"),)


class ExtF(_Cast, name="arith.extf"):
    """A float as a wider one."""

    in_: Operand[Type] = operand(elements=FLOAT)
    out: Result[Type] = result(elements=FLOAT)
    constraints = (SameShape("in_", "out"), Holds("the result is wider", _wider))


class TruncF(_Cast, name="arith.truncf"):
    """A float as a narrower one, rounded to nearest even."""

    in_: Operand[Type] = operand(elements=FLOAT)
    out: Result[Type] = result(elements=FLOAT)
    constraints = (SameShape("in_", "out"), Holds("the result is narrower", _narrower))


class ExtSI(_Cast, name="arith.extsi"):
    """An integer as a wider one; the sign is kept."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=SIGNLESS)
    constraints = (SameShape("in_", "out"), Holds("the result is wider", _wider))


class ExtUI(_Cast, name="arith.extui"):
    """An integer as a wider one; filled with zeros."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=SIGNLESS)
    constraints = (SameShape("in_", "out"), Holds("the result is wider", _wider))


class TruncI(_Cast, name="arith.trunci"):
    """The low bits of an integer."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=SIGNLESS)
    constraints = (SameShape("in_", "out"), Holds("the result is narrower", _narrower))


class SIToFP(_Cast, name="arith.sitofp"):
    """A signed integer as a float."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=FLOAT)


class UIToFP(_Cast, name="arith.uitofp"):
    """An unsigned integer as a float."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=FLOAT)


class FPToSI(_Cast, name="arith.fptosi"):
    """A float as a signed integer, rounded towards zero; undefined where it does not fit."""

    in_: Operand[Type] = operand(elements=FLOAT)
    out: Result[Type] = result(elements=SIGNLESS)


class FPToUI(_Cast, name="arith.fptoui"):
    """A float as an unsigned integer, rounded towards zero; undefined where it does not fit."""

    in_: Operand[Type] = operand(elements=FLOAT)
    out: Result[Type] = result(elements=SIGNLESS)


class IndexCast(_Cast, name="arith.index_cast"):
    """Between an index and a signed integer."""

    in_: Operand[Type] = operand(elements=INTEGER_LIKE)
    out: Result[Type] = result(elements=INTEGER_LIKE)


class IndexCastUI(_Cast, name="arith.index_castui"):
    """Between an index and an unsigned integer."""

    in_: Operand[Type] = operand(elements=INTEGER_LIKE)
    out: Result[Type] = result(elements=INTEGER_LIKE)


class Bitcast(_Cast, name="arith.bitcast"):
    """The same bits by another type of the same width."""

    in_: Operand[Type] = operand(elements=INTEGER_LIKE | FLOAT)
    out: Result[Type] = result(elements=INTEGER_LIKE | FLOAT)
