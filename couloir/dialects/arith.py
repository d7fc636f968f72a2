"""The arith dialect: arithmetic on integers, floats and indices, and element by element on vectors and tensors of them.

Names and semantics are upstream's (MLIR, "arith" dialect).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import (
    DenseElementsAttr,
    DenseObjectElementsAttr,
    DenseResourceAttr,
    FloatAttr,
    IntegerAttr,
    SparseElementsAttr,
)
from couloir.ir.codecs import UNIT_FLAG, Codec, enumeration_as_integer
from couloir.ir.constraints import (
    BOOLEAN,
    FLOAT,
    INDEX,
    SIGNLESS,
    ElementTypes,
    Holds,
    SameShape,
    SameType,
    element_type,
)
from couloir.ir.errors import Error, nearest
from couloir.ir.fields import Operand, Result, attr, attr_default, attr_optional, operand, result
from couloir.ir.interfaces import ConditionallySpeculatable
from couloir.ir.operation import Operation
from couloir.ir.rewriting.guards import constant_attribute
from couloir.ir.text.custom import custom_directive
from couloir.ir.traits import Associative, Commutative, ConstantLike, Elementwise, Idempotent, Involution, Pure
from couloir.ir.types import (
    FloatType,
    IndexType,
    IntegerType,
    MemRefType,
    ShapedType,
    TensorType,
    Type,
    UnrankedTensorType,
    VectorType,
    bit_width,
    i1,
    i32,
    i64,
)

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer

F = TypeVar("F", bound=enum.Flag)

INTEGER_LIKE: Final[ElementTypes] = SIGNLESS | INDEX

Numbers: TypeAlias = IntegerType | IndexType | FloatType | VectorType | TensorType | UnrankedTensorType
"""The types of what is computed with: a number, or a vector or tensor of numbers; no buffers."""


class FastMath(enum.Flag):
    """What a compiler may assume of floats; combined with `|`."""

    NONE = 0
    REASSOC = 1
    NNAN = 2
    NINF = 4
    NSZ = 8
    ARCP = 16
    CONTRACT = 32
    AFN = 64
    FAST = 127


class Overflow(enum.Flag):
    """What a compiler may assume of integers that wrap around: that signed or unsigned ones do not."""

    NONE = 0
    NSW = 1
    NUW = 2


class FastMathAttr(Attribute, name="arith.fastmath"):
    """`#arith.fastmath<nnan,ninf>`."""

    flags: FastMath = FastMath.NONE

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write(f"<{flags_text(self.flags, ',')}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> FastMathAttr:
        return cls(parse_flags(p, FastMath))


class OverflowAttr(Attribute, name="arith.overflow"):
    """`#arith.overflow<nsw, nuw>`."""

    flags: Overflow = Overflow.NONE

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write(f"<{flags_text(self.flags, ', ')}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> OverflowAttr:
        return cls(parse_flags(p, Overflow))


def flags_text(flags: enum.Flag, separator: str) -> str:
    """The names of flags in lower case; the name of a combination that has one."""
    named = {member.value: name.lower() for name, member in type(flags).__members__.items()}
    return named.get(flags.value) or separator.join(named[flag.value] for flag in flags)


def parse_flags(p: AttributeParser, kind: type[F]) -> F:
    """Reads `<a, b>`."""
    members = {name.lower(): member for name, member in kind.__members__.items()}
    found = kind(0)
    for name, at in p.comma_separated(lambda: (p.identifier("a flag"), p.position), "<", ">"):
        if name not in members:
            raise p.error(f"there is no flag `{name}`", at=at, hint=nearest(name, list(members)))
        found |= members[name]
    return found


FASTMATH: Final = Codec(
    "`#arith.fastmath<...>`",
    lambda value: FastMathAttr(FastMath(value)),
    lambda attribute: attribute.flags,
    lambda attribute: isinstance(attribute, FastMathAttr),
)
OVERFLOW: Final = Codec(
    "`#arith.overflow<...>`",
    lambda value: OverflowAttr(Overflow(value)),
    lambda attribute: attribute.flags,
    lambda attribute: isinstance(attribute, OverflowAttr),
)


def _flags_directive(
    name: str,
    keyword: str,
    cls: type[FastMathAttr | OverflowAttr],
    *,
    unwritten: FastMathAttr | OverflowAttr | None,
    unread: FastMathAttr | OverflowAttr | None,
) -> None:
    """` fastmath<...>`: nothing is written for the attribute `unwritten`, and `unread` is what nothing stands for."""

    def write(p: Printer, op: Operation, flags: Attribute | None) -> None:
        if flags is not None and flags is not unwritten:
            p.write(" ", keyword)
            flags.print_parameters(p)

    def read(p: Parser) -> tuple[Attribute | None]:
        if p.optional_keyword(keyword):
            return (cls.parse_parameters(p),)
        return (unread,)

    custom_directive(name, write, read)


_flags_directive("FastMath", "fastmath", FastMathAttr, unwritten=FastMathAttr(), unread=FastMathAttr())
_flags_directive("FastMathUnlessInDictionary", "fastmath", FastMathAttr, unwritten=FastMathAttr(), unread=None)
_flags_directive("OptionalFastMath", "fastmath", FastMathAttr, unwritten=None, unread=None)
_flags_directive("Overflow", "overflow", OverflowAttr, unwritten=OverflowAttr(), unread=OverflowAttr())


class RoundingMode(enum.Enum):
    """How a float is rounded; without one, to the nearest, ties to even."""

    TO_NEAREST_EVEN = "to_nearest_even"
    DOWNWARD = "downward"
    UPWARD = "upward"
    TOWARD_ZERO = "toward_zero"
    TO_NEAREST_AWAY = "to_nearest_away"


_ROUNDING: Final = enumeration_as_integer(RoundingMode, i32)


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


def like(type: Type, element: Type) -> Type:
    """The element type, or a vector or tensor of it with the shape of `type`."""
    return type.with_element_type(element) if isinstance(type, ShapedType) else element


_NUMBERS: Final = (
    IntegerAttr, FloatAttr, DenseElementsAttr, DenseObjectElementsAttr, DenseResourceAttr, SparseElementsAttr,
)  # fmt: skip


class Constant(Operation, name="arith.constant", traits=(Pure, ConstantLike)):
    """A number, or a vector or tensor of numbers, with the type of its attribute: `constant(1, i32)`."""

    value: Attribute
    result: Result[Type] = result()

    assembly_format = "attr-dict $value"

    def infer(self) -> Type:
        value = self.value
        if not isinstance(value, _NUMBERS):
            raise Error(f"a constant is a number or `dense<...>`, not `{value}`")
        return value.type


def constant(value: float, type: Type) -> Constant:
    """A constant number; for a vector or tensor type, the same number everywhere."""
    if isinstance(type, ShapedType):
        return Constant(DenseElementsAttr.splat(type, value))
    return Constant(FloatAttr(value, type) if isinstance(type, FloatType) else IntegerAttr(int(value), type))


class _IntegerBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two integers."""

    lhs: Operand[Numbers] = operand(elements=INTEGER_LIKE)
    rhs: Operand[Numbers] = operand(elements=INTEGER_LIKE)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($result)"


class _OverflowBinary(_IntegerBinary):
    """Base of the ops of two integers that wrap around."""

    overflow_flags: Overflow = attr_default(default=Overflow.NONE, key="overflowFlags", codec=OVERFLOW)

    assembly_format = "$lhs `,` $rhs `` custom<Overflow>($overflow_flags) attr-dict `:` type($result)"


class _ExactBinary(_IntegerBinary):
    """Base of right shifts; `is_exact` says that nothing is lost."""

    is_exact: bool = attr_optional(default=False, key="isExact", codec=UNIT_FLAG)

    assembly_format = "$lhs `,` $rhs (`exact` $is_exact^)? attr-dict `:` type($result)"


class _Division(_IntegerBinary, traits=(ConditionallySpeculatable,)):
    """Base of divisions and remainders: undefined for a divisor of 0, and for the least value by -1."""

    def is_speculatable(self) -> bool:
        value = constant_attribute(self.rhs)
        if element_type(self.rhs.type) is i1:
            return False  # true is -1
        if isinstance(value, DenseElementsAttr):
            return bool(((value.array != 0) & (value.array != -1)).all())
        return isinstance(value, IntegerAttr) and value.value not in (0, -1)


class _ExactDivision(_Division):
    """Base of divisions where `is_exact` says that nothing is lost."""

    is_exact: bool = attr_optional(default=False, key="isExact", codec=UNIT_FLAG)

    assembly_format = "$lhs `,` $rhs (`exact` $is_exact^)? attr-dict `:` type($result)"


class _FloatBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two floats."""

    lhs: Operand[Numbers] = operand(elements=FLOAT)
    rhs: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class _RoundedBinary(_FloatBinary):
    """Base of the ops of two floats that round."""

    roundingmode: RoundingMode | None = attr_optional(default=None, codec=_ROUNDING)

    assembly_format = "$lhs `,` $rhs ($roundingmode^)? `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class AddI(_OverflowBinary, name="arith.addi", traits=(Commutative, Associative)):
    """Sum; wraps around."""


class SubI(_OverflowBinary, name="arith.subi"):
    """Difference; wraps around."""


class MulI(_OverflowBinary, name="arith.muli", traits=(Commutative, Associative)):
    """Product; wraps around."""


class ShLI(_OverflowBinary, name="arith.shli"):
    """Shift to the left; poison when the shift is the width or more."""


class DivSI(_ExactDivision, name="arith.divsi"):
    """Signed quotient, rounded towards zero; undefined for a divisor of 0 and for the least value by -1."""


class DivUI(_ExactDivision, name="arith.divui"):
    """Unsigned quotient; undefined for a divisor of 0."""


class CeilDivSI(_Division, name="arith.ceildivsi"):
    """Signed quotient, rounded up."""


class CeilDivUI(_Division, name="arith.ceildivui"):
    """Unsigned quotient, rounded up."""


class FloorDivSI(_Division, name="arith.floordivsi"):
    """Signed quotient, rounded down."""


class RemSI(_Division, name="arith.remsi"):
    """Signed remainder, with the sign of the dividend."""


class RemUI(_Division, name="arith.remui"):
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


class AddF(_RoundedBinary, name="arith.addf", traits=(Commutative,)):
    """Sum."""


class SubF(_RoundedBinary, name="arith.subf"):
    """Difference."""


class MulF(_RoundedBinary, name="arith.mulf", traits=(Commutative,)):
    """Product."""


class DivF(_RoundedBinary, name="arith.divf"):
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

    operand: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class CmpI(Operation, name="arith.cmpi", traits=(Pure, Elementwise)):
    """Compares integers; the result is i1, or i1 elements."""

    predicate: CmpIPredicate = attr(codec=enumeration_as_integer(CmpIPredicate, i64))
    lhs: Operand[Numbers] = operand(elements=INTEGER_LIKE)
    rhs: Operand[Numbers] = operand(elements=INTEGER_LIKE)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs"),)
    assembly_format = "$predicate `,` $lhs `,` $rhs attr-dict `:` type($lhs)"

    def infer(self) -> Type:
        return like(self.lhs.type, i1)


class CmpF(Operation, name="arith.cmpf", traits=(Pure, Elementwise)):
    """Compares floats; the result is i1, or i1 elements."""

    predicate: CmpFPredicate = attr(codec=enumeration_as_integer(CmpFPredicate, i64))
    lhs: Operand[Numbers] = operand(elements=FLOAT)
    rhs: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs"),)
    assembly_format = "$predicate `,` $lhs `,` $rhs `` custom<FastMath>($fastmath) attr-dict `:` type($lhs)"

    def infer(self) -> Type:
        return like(self.lhs.type, i1)


def _print_select_types(p: Printer, op: Operation, condition: Type, value: Type) -> None:
    if condition is not i1:
        p.type(condition)
        p.write(", ")
    p.type(value)


def _parse_select_types(p: Parser) -> tuple[Type, Type]:
    first = p.type()
    return (first, p.type()) if p.optional(",") else (i1, first)


custom_directive("SelectTypes", _print_select_types, _parse_select_types)


def _condition_fits(op: Select) -> bool | str:
    condition, value = op.condition.type, op.true_value.type
    if condition is i1:
        return True
    fits = isinstance(condition, ShapedType) and isinstance(value, ShapedType) and condition.dims == value.dims
    return fits or f"`{condition}` does not choose between elements of `{value}`"


class Select(Operation, name="arith.select", traits=(Pure,)):
    """The second operand where the first is true, the third elsewhere; a condition of type i1 chooses all at once."""

    condition: Operand[Type] = operand(elements=BOOLEAN)
    true_value: Operand[Type]
    false_value: Operand[Type]
    result: Result[Type] = result()

    constraints = (
        SameType("true_value", "false_value", "result"),
        Holds("the condition is i1, or has the shape of the values", _condition_fits),
    )
    assembly_format = (
        "$condition `,` $true_value `,` $false_value attr-dict `:` custom<SelectTypes>(type($condition), type($result))"
    )


def _width(type: Type) -> int:
    return bit_width(element_type(type))


_WIDER: Final = Holds("the result is wider", lambda op: _width(op.out.type) > _width(op.in_.type), verify_only=True)
_NARROWER: Final = Holds(
    "the result is narrower", lambda op: _width(op.out.type) < _width(op.in_.type), verify_only=True
)


def _same_kind(op: _Cast) -> bool | str:
    given, made = (type.__class__ if _is_container(type) else None for type in (op.in_.type, op.out.type))
    if given is MemRefType and not isinstance(op, IndexCast | IndexCastUI):  # those alone read a buffer in another way
        return "they are buffers"
    return given is made or {given, made} == {TensorType, UnrankedTensorType}


def _is_container(type: Type) -> bool:
    return isinstance(type, ShapedType | UnrankedTensorType)


class _Cast(Operation, traits=(Pure, Elementwise)):
    """Base of the conversions. The type of the result is given: `ExtF(x, result_types=[f64])`."""

    in_: Operand[Type]
    out: Result[Type] = result()

    constraints = (
        SameShape("in_", "out"),
        Holds("both are numbers, or vectors or tensors of numbers", _same_kind, verify_only=True),
    )
    assembly_format = "$in_ attr-dict `:` type($in_) `to` type($out)"


_NON_NEGATIVE: Final = "$in_ (`nneg` $non_neg^)? attr-dict `:` type($in_) `to` type($out)"


class ExtF(_Cast, name="arith.extf"):
    """A float as a wider one."""

    in_: Operand[Type] = operand(elements=FLOAT)
    fastmath: FastMath | None = attr_optional(default=None, codec=FASTMATH)
    out: Result[Type] = result(elements=FLOAT)

    constraints = (_WIDER,)
    assembly_format = "$in_ `` custom<OptionalFastMath>($fastmath) attr-dict `:` type($in_) `to` type($out)"


class TruncF(_Cast, name="arith.truncf"):
    """A float as a narrower one, rounded to nearest even unless `roundingmode` says otherwise."""

    in_: Operand[Type] = operand(elements=FLOAT)
    roundingmode: RoundingMode | None = attr_optional(default=None, codec=_ROUNDING)
    fastmath: FastMath | None = attr_optional(default=None, codec=FASTMATH)
    out: Result[Type] = result(elements=FLOAT)

    constraints = (_NARROWER,)
    assembly_format = (
        "$in_ ($roundingmode^)? `` custom<OptionalFastMath>($fastmath) attr-dict `:` type($in_) `to` type($out)"
    )


class ExtSI(_Cast, name="arith.extsi"):
    """An integer as a wider one; the sign is kept."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=SIGNLESS)

    constraints = (_WIDER,)


class ExtUI(_Cast, name="arith.extui"):
    """An integer as a wider one, filled with zeros; `non_neg` says that the sign would be the same."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    non_neg: bool = attr_optional(default=False, key="nonNeg", codec=UNIT_FLAG)
    out: Result[Type] = result(elements=SIGNLESS)

    constraints = (_WIDER,)
    assembly_format = _NON_NEGATIVE


class TruncI(_Cast, name="arith.trunci"):
    """The low bits of an integer."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    overflow_flags: Overflow = attr_default(default=Overflow.NONE, key="overflowFlags", codec=OVERFLOW)
    out: Result[Type] = result(elements=SIGNLESS)

    constraints = (_NARROWER,)
    assembly_format = "$in_ `` custom<Overflow>($overflow_flags) attr-dict `:` type($in_) `to` type($out)"


class SIToFP(_Cast, name="arith.sitofp"):
    """A signed integer as a float."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    out: Result[Type] = result(elements=FLOAT)


class UIToFP(_Cast, name="arith.uitofp"):
    """An unsigned integer as a float; `non_neg` says that it reads the same as a signed one."""

    in_: Operand[Type] = operand(elements=SIGNLESS)
    non_neg: bool = attr_optional(default=False, key="nonNeg", codec=UNIT_FLAG)
    out: Result[Type] = result(elements=FLOAT)

    assembly_format = _NON_NEGATIVE


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
    """Between an index and an unsigned integer; `non_neg` says that the sign would be the same."""

    in_: Operand[Type] = operand(elements=INTEGER_LIKE)
    non_neg: bool = attr_optional(default=False, key="nonNeg", codec=UNIT_FLAG)
    out: Result[Type] = result(elements=INTEGER_LIKE)

    assembly_format = _NON_NEGATIVE


class Bitcast(_Cast, name="arith.bitcast"):
    """The same bits by another type of the same width."""

    in_: Operand[Type] = operand(elements=INTEGER_LIKE | FLOAT)
    out: Result[Type] = result(elements=INTEGER_LIKE | FLOAT)

    constraints = (
        Holds("both have the same width", lambda op: _width(op.out.type) == _width(op.in_.type), verify_only=True),
    )
