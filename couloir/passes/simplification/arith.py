"""Equations between arith programs, as in upstream's canonicalizer. Each holds exactly, for every input, special values included.

Flags (`overflow<nsw>`, `fastmath<nnan>`, `exact`) say what the author of an op promises. Where an op goes, its promises
go with it; no rule here needs one.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any, Final

from couloir.dialects import arith
from couloir.dialects.arith import CmpIPredicate
from couloir.ir.operation import Value
from couloir.ir.rewriting import Guard, Rewrite, Rewriter, Rule, guard, is_splat, rule
from couloir.ir.rewriting.guards import constant_op
from couloir.ir.traits import ConstantLike
from couloir.ir.types import FloatType, ShapedType, UnrankedTensorType, i1

_SCALE: Final = FloatType("f8E8M0FNU")
"""Powers of two, without a sign."""
_TRUE_FOR_EQUAL: Final = frozenset({"eq", "sle", "sge", "ule", "uge"})


def _is_ones(value: Value[Any]) -> Guard:
    """Whether all bits of a constant are 1."""
    return is_splat(value, True if _element(value) is i1 else -1)


def _element(value: Value[Any]):
    return value.type.element_type if isinstance(value.type, ShapedType) else value.type


def _is_static(value: Value[Any]) -> Guard:
    """Whether a constant of the value's type can be written down."""
    known = not isinstance(value.type, UnrankedTensorType | ShapedType) or (
        isinstance(value.type, ShapedType) and value.type.is_static
    )
    return guard(known, "the shape is not known")


class ArithAddZero(Rule):
    """addi(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike, flags):
        return arith.AddI(x, zero, flags)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ArithSubtractZero(Rule):
    """subi(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike, flags):
        return arith.SubI(x, zero, flags)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ArithSubtractSelf(Rule):
    """subi(x, x)  =>  0"""

    def pattern(x, flags):
        return arith.SubI(x, x, flags)

    def where(x):
        return _is_static(x)

    def rewrite(x):
        return arith.constant(0, x.type)


class ArithMultiplyByOne(Rule):
    """muli(x, 1)  =>  x"""

    def pattern(x, one: ConstantLike, flags):
        return arith.MulI(x, one, flags)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class ArithMultiplyByZero(Rule):
    """muli(x, 0)  =>  0"""

    def pattern(x, zero: ConstantLike, flags):
        return arith.MulI(x, zero, flags)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class ArithDivideByOne(Rule):
    """divsi(x, 1)  =>  x"""

    def pattern(x, one: ConstantLike, exact):
        return arith.DivSI(x, one, exact)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class ArithDivideUnsignedByOne(Rule):
    """divui(x, 1)  =>  x"""

    def pattern(x, one: ConstantLike, exact):
        return arith.DivUI(x, one, exact)

    def where(one):
        return is_splat(one, 1)

    def rewrite(x):
        return x


class ArithAndSelf(Rule):
    """andi(x, x)  =>  x"""

    def pattern(x):
        return arith.AndI(x, x)

    def rewrite(x):
        return x


class ArithAndOnes(Rule):
    """andi(x, -1)  =>  x"""

    def pattern(x, ones: ConstantLike):
        return arith.AndI(x, ones)

    def where(ones):
        return _is_ones(ones)

    def rewrite(x):
        return x


class ArithAndZero(Rule):
    """andi(x, 0)  =>  0"""

    def pattern(x, zero: ConstantLike):
        return arith.AndI(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(zero):
        return zero


class ArithOrSelf(Rule):
    """ori(x, x)  =>  x"""

    def pattern(x):
        return arith.OrI(x, x)

    def rewrite(x):
        return x


class ArithOrZero(Rule):
    """ori(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike):
        return arith.OrI(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ArithOrOnes(Rule):
    """ori(x, -1)  =>  -1"""

    def pattern(x, ones: ConstantLike):
        return arith.OrI(x, ones)

    def where(ones):
        return _is_ones(ones)

    def rewrite(ones):
        return ones


class ArithXorZero(Rule):
    """xori(x, 0)  =>  x"""

    def pattern(x, zero: ConstantLike):
        return arith.XOrI(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


class ArithXorSelf(Rule):
    """xori(x, x)  =>  0"""

    def pattern(x):
        return arith.XOrI(x, x)

    def where(x):
        return _is_static(x)

    def rewrite(x):
        return arith.constant(0, x.type)


class ArithXorTwice(Rule):
    """xori(xori(x, y), y)  =>  x"""

    allow_shared = True

    def pattern(x, y):
        return arith.XOrI(arith.XOrI(x, y), y)

    def rewrite(x):
        return x


class ArithSelectSame(Rule):
    """select(c, x, x)  =>  x"""

    def pattern(c, x):
        return arith.Select(c, x, x)

    def rewrite(x):
        return x


class ArithSelectTrue(Rule):
    """select(true, x, y)  =>  x"""

    def pattern(c: ConstantLike, x, y):
        return arith.Select(c, x, y)

    def where(c):
        return is_splat(c, True)

    def rewrite(x):
        return x


class ArithSelectFalse(Rule):
    """select(false, x, y)  =>  y"""

    def pattern(c: ConstantLike, x, y):
        return arith.Select(c, x, y)

    def where(c):
        return is_splat(c, 0)

    def rewrite(y):
        return y


class ArithSelectOfBooleans(Rule):
    """select(c, true, false)  =>  c"""

    def pattern(c, x: ConstantLike, y: ConstantLike):
        return arith.Select(c, x, y)

    def where(c, x, y):
        return guard(x.type is c.type, "the condition has another type") & is_splat(x, True) & is_splat(y, False)

    def rewrite(c):
        return c


class ArithCompareSelf(Rule):
    """cmpi(p, x, x)  =>  whether p holds for equal numbers"""

    def pattern(p, x):
        return arith.CmpI(p, x, x)

    def where(x):
        return _is_static(x)

    def rewrite(p, x):
        return arith.constant(CmpIPredicate(p).name.lower() in _TRUE_FOR_EQUAL, arith.like(x.type, i1))


class ArithAddFloatZero(Rule):
    """addf(x, -0.0)  =>  x, rounded as usual: downwards 0.0 + -0.0 is -0.0"""

    def pattern(x, zero: ConstantLike, flags):
        return arith.AddF(x, zero, flags)

    def where(zero):
        return is_splat(zero, -0.0)

    def rewrite(x):
        return x


class ArithSubtractFloatZero(Rule):
    """subf(x, 0.0)  =>  x, rounded as usual: downwards 0.0 + -0.0 is -0.0"""

    def pattern(x, zero: ConstantLike, flags):
        return arith.SubF(x, zero, flags)

    def where(zero):
        return is_splat(zero, 0.0)

    def rewrite(x):
        return x


class ArithMultiplyFloatByOne(Rule):
    """mulf(x, 1.0)  =>  x"""

    def pattern(x, one: ConstantLike, flags, rounding):
        return arith.MulF(x, one, flags, rounding)

    def where(one):
        return is_splat(one, 1.0)

    def rewrite(x):
        return x


class ArithDivideFloatByOne(Rule):
    """divf(x, 1.0)  =>  x"""

    def pattern(x, one: ConstantLike, flags, rounding):
        return arith.DivF(x, one, flags, rounding)

    def where(one):
        return is_splat(one, 1.0)

    def rewrite(x):
        return x


class ArithDoubleNegate(Rule):
    """negf(negf(x))  =>  x"""

    allow_shared = True

    def pattern(x, first, second):
        return arith.NegF(arith.NegF(x, first), second)

    def where(x):
        return guard(_element(x) is not _SCALE, "numbers of f8E8M0FNU have no sign")

    def rewrite(x):
        return x


@rule
def arith_constant_to_the_right(
    op: arith.AddI | arith.MulI | arith.AndI | arith.OrI | arith.XOrI | arith.AddF | arith.MulF, rewriter: Rewriter
) -> str | None:
    """f(constant, x)  =>  f(x, constant), where f is commutative"""
    if constant_op(op.lhs) is None:
        return "the left operand is no constant"
    if constant_op(op.rhs) is not None:
        return "both operands are constants"
    op.set_operands([op.rhs, op.lhs])
    rewriter.changed(op)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    ArithAddZero,
    ArithSubtractZero,
    ArithSubtractSelf,
    ArithMultiplyByOne,
    ArithMultiplyByZero,
    ArithDivideByOne,
    ArithDivideUnsignedByOne,
    ArithAndSelf,
    ArithAndOnes,
    ArithAndZero,
    ArithOrSelf,
    ArithOrZero,
    ArithOrOnes,
    ArithXorZero,
    ArithXorSelf,
    ArithXorTwice,
    ArithSelectSame,
    ArithSelectTrue,
    ArithSelectFalse,
    ArithSelectOfBooleans,
    ArithCompareSelf,
    ArithAddFloatZero,
    ArithSubtractFloatZero,
    ArithMultiplyFloatByOne,
    ArithDivideFloatByOne,
    ArithDoubleNegate,
    arith_constant_to_the_right,
)
