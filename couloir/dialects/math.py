"""The math dialect: functions of numbers, and of vectors and tensors of them, element by element.

Names and semantics are upstream's (MLIR, "math" dialect).
"""

from __future__ import annotations

from couloir.dialects.arith import FASTMATH, INTEGER_LIKE, FastMath, Numbers, like
from couloir.ir.constraints import FLOAT, SIGNLESS, SameShape, SameType
from couloir.ir.fields import Operand, Result, attr_default, operand, result
from couloir.ir.operation import Operation
from couloir.ir.traits import Elementwise, Pure
from couloir.ir.types import Type, i1


class _FloatUnary(Operation, traits=(Pure, Elementwise)):
    """Base of the functions of one float."""

    operand: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class _FloatBinary(Operation, traits=(Pure, Elementwise)):
    """Base of the functions of two floats."""

    lhs: Operand[Numbers] = operand(elements=FLOAT)
    rhs: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class _IntegerUnary(Operation, traits=(Pure, Elementwise)):
    """Base of the functions of one integer."""

    operand: Operand[Numbers] = operand(elements=INTEGER_LIKE)
    result: Result[Type] = result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($result)"


class _Test(Operation, traits=(Pure, Elementwise)):
    """Base of the questions about a float; the result is i1, or i1 elements."""

    operand: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    assembly_format = "$operand attr-dict `:` type($operand)"
    strict_format = "$operand `` custom<FastMathUnlessInDictionary>($fastmath) attr-dict `:` type($operand)"

    def infer(self) -> Type:
        return like(self.operand.type, i1)


class AbsF(_FloatUnary, name="math.absf"):
    """The absolute value."""


class Acos(_FloatUnary, name="math.acos"):
    """The arc cosine."""


class Acosh(_FloatUnary, name="math.acosh"):
    """The inverse hyperbolic cosine."""


class Asin(_FloatUnary, name="math.asin"):
    """The arc sine."""


class Asinh(_FloatUnary, name="math.asinh"):
    """The inverse hyperbolic sine."""


class Atan(_FloatUnary, name="math.atan"):
    """The arc tangent."""


class Atanh(_FloatUnary, name="math.atanh"):
    """The inverse hyperbolic tangent."""


class Cbrt(_FloatUnary, name="math.cbrt"):
    """The cube root."""


class Ceil(_FloatUnary, name="math.ceil"):
    """Rounds up."""


class Cos(_FloatUnary, name="math.cos"):
    """The cosine."""


class Cosh(_FloatUnary, name="math.cosh"):
    """The hyperbolic cosine."""


class Erf(_FloatUnary, name="math.erf"):
    """The error function."""


class Erfc(_FloatUnary, name="math.erfc"):
    """1 - erf(x), exact where that would cancel."""


class Exp(_FloatUnary, name="math.exp"):
    """`e ** x`."""


class Exp2(_FloatUnary, name="math.exp2"):
    """`2 ** x`."""


class ExpM1(_FloatUnary, name="math.expm1"):
    """`e ** x - 1`, accurate near 0."""


class Floor(_FloatUnary, name="math.floor"):
    """Rounds down."""


class Log(_FloatUnary, name="math.log"):
    """The natural logarithm."""


class Log10(_FloatUnary, name="math.log10"):
    """The logarithm to base 10."""


class Log1p(_FloatUnary, name="math.log1p"):
    """`log(1 + x)`, accurate near 0."""


class Log2(_FloatUnary, name="math.log2"):
    """The logarithm to base 2."""


class Round(_FloatUnary, name="math.round"):
    """Rounds to nearest, ties away from zero."""


class RoundEven(_FloatUnary, name="math.roundeven"):
    """Rounds to nearest, ties to even."""


class Rsqrt(_FloatUnary, name="math.rsqrt"):
    """`1 / sqrt(x)`."""


class Sin(_FloatUnary, name="math.sin"):
    """The sine."""


class Sinh(_FloatUnary, name="math.sinh"):
    """The hyperbolic sine."""


class Sqrt(_FloatUnary, name="math.sqrt"):
    """The square root."""


class Tan(_FloatUnary, name="math.tan"):
    """The tangent."""


class Tanh(_FloatUnary, name="math.tanh"):
    """The hyperbolic tangent."""


class Trunc(_FloatUnary, name="math.trunc"):
    """Rounds towards zero."""


class Atan2(_FloatBinary, name="math.atan2"):
    """The angle of the point (rhs, lhs)."""


class CopySign(_FloatBinary, name="math.copysign"):
    """The size of lhs with the sign of rhs."""


class PowF(_FloatBinary, name="math.powf"):
    """`lhs ** rhs`."""


class AbsI(_IntegerUnary, name="math.absi"):
    """The absolute value."""


class CtPop(_IntegerUnary, name="math.ctpop"):
    """The number of set bits."""


class CountLeadingZeros(_IntegerUnary, name="math.ctlz"):
    """The number of leading zero bits."""


class CountTrailingZeros(_IntegerUnary, name="math.cttz"):
    """The number of trailing zero bits."""


class IsFinite(_Test, name="math.isfinite"):
    """Whether it is neither infinite nor NaN."""


class IsInf(_Test, name="math.isinf"):
    """Whether it is infinite."""


class IsNaN(_Test, name="math.isnan"):
    """Whether it is NaN."""


class Fma(Operation, name="math.fma", traits=(Pure, Elementwise)):
    """`a * b + c`, rounded once."""

    a: Operand[Numbers] = operand(elements=FLOAT)
    b: Operand[Numbers] = operand(elements=FLOAT)
    c: Operand[Numbers] = operand(elements=FLOAT)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("a", "b", "c", "result"),)
    assembly_format = "$a `,` $b `,` $c `` custom<FastMath>($fastmath) attr-dict `:` type($result)"


class IPowI(Operation, name="math.ipowi", traits=(Pure, Elementwise)):
    """An integer to the power of an integer."""

    lhs: Operand[Numbers] = operand(elements=SIGNLESS)
    rhs: Operand[Numbers] = operand(elements=SIGNLESS)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($result)"


class FPowI(Operation, name="math.fpowi", traits=(Pure, Elementwise)):
    """A float to the power of an integer."""

    lhs: Operand[Numbers] = operand(elements=FLOAT)
    rhs: Operand[Numbers] = operand(elements=SIGNLESS)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    result: Result[Type] = result()

    constraints = (SameType("lhs", "result"), SameShape("lhs", "rhs"))
    assembly_format = "$lhs `,` $rhs `` custom<FastMath>($fastmath) attr-dict `:` type($lhs) `,` type($rhs)"
