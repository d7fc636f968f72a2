"""The chlo dialect: functions that JAX and others print beside StableHLO, which stand for sums of its ops.

Names and semantics are upstream's (openxla/stablehlo, stablehlo/dialect/ChloOps.td).
"""

from __future__ import annotations

from couloir.dialects.hlo.elements import ANY, FLOAT, FLOAT_OR_COMPLEX, INTEGER
from couloir.dialects.hlo.shape import ELEMENTS
from couloir.ir import fields
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.constraints import Holds, SameShape, SameType
from couloir.ir.fields import Operand, Result, attr, result
from couloir.ir.operation import Operation
from couloir.ir.traits import Commutative, ConstantLike, Elementwise, Pure
from couloir.ir.types import TensorType, Type, i1, i32


class Constant(Operation, name="chlo.constant", traits=(Pure, ConstantLike)):
    """A constant tensor."""

    value: DenseElementsAttr | DenseResourceAttr = attr(codec=ELEMENTS)
    output: Result[TensorType] = result()

    assembly_format = "attr-dict $value"

    def infer(self) -> Type:
        return self.value.type


class Unary(Operation, traits=(Pure, Elementwise)):
    """Base of the functions of one tensor."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    result: Result[TensorType] = result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"


class FloatUnary(Unary):
    """Base of the functions of one tensor of real numbers."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)


class Acos(Unary, name="chlo.acos"):
    """The arc cosine."""


class Acosh(Unary, name="chlo.acosh"):
    """The inverse hyperbolic cosine."""


class Asin(Unary, name="chlo.asin"):
    """The arc sine."""


class Asinh(Unary, name="chlo.asinh"):
    """The inverse hyperbolic sine."""


class Atan(Unary, name="chlo.atan"):
    """The arc tangent."""


class Atanh(Unary, name="chlo.atanh"):
    """The inverse hyperbolic tangent."""


class BesselI1e(Unary, name="chlo.bessel_i1e"):
    """The exponentially scaled modified Bessel function of order 1."""


class Conj(Unary, name="chlo.conj"):
    """The complex conjugate."""


class Cosh(Unary, name="chlo.cosh"):
    """The hyperbolic cosine."""


class Sinh(Unary, name="chlo.sinh"):
    """The hyperbolic sine."""


class Square(Unary, name="chlo.square"):
    """`x * x`."""


class Tan(Unary, name="chlo.tan"):
    """The tangent."""


class Digamma(FloatUnary, name="chlo.digamma"):
    """The derivative of `lgamma`."""


class Erf(FloatUnary, name="chlo.erf"):
    """The error function."""


class ErfInv(FloatUnary, name="chlo.erf_inv"):
    """The inverse of the error function."""


class Erfc(FloatUnary, name="chlo.erfc"):
    """`1 - erf(x)`, accurate for large x."""


class Lgamma(FloatUnary, name="chlo.lgamma"):
    """The logarithm of the absolute value of the gamma function."""


class _Test(Operation, traits=(Pure, Elementwise)):
    """Base of the questions about each element."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)
    result: Result[TensorType] = result()

    constraints = (SameShape("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"

    def infer(self) -> Type:
        return self.operand.type.with_element_type(i1)


class IsInf(_Test, name="chlo.is_inf"):
    """Whether it is infinite."""


class IsPosInf(_Test, name="chlo.is_pos_inf"):
    """Whether it is positive infinity."""


class IsNegInf(_Test, name="chlo.is_neg_inf"):
    """Whether it is negative infinity."""


class NextAfter(Operation, name="chlo.next_after", traits=(Pure, Elementwise)):
    """The next float after `x` in the direction of `y`."""

    x: Operand[TensorType] = fields.operand(elements=FLOAT)
    y: Operand[TensorType] = fields.operand(elements=FLOAT)
    result: Result[TensorType] = result()

    constraints = (SameType("x", "y", "result"),)
    assembly_format = "$x `,` $y attr-dict `:` type($x) `,` type($y) `->` type(results)"


class Polygamma(Operation, name="chlo.polygamma", traits=(Pure, Elementwise)):
    """The `n`-th derivative of the digamma function at `x`."""

    n: Operand[TensorType] = fields.operand(elements=FLOAT)
    x: Operand[TensorType] = fields.operand(elements=FLOAT)
    result: Result[TensorType] = result()

    constraints = (SameType("n", "x", "result"),)
    assembly_format = "$n `,` $x attr-dict `:` type($n) `,` type($x) `->` type(results)"


class Zeta(Operation, name="chlo.zeta", traits=(Pure, Elementwise)):
    """The Hurwitz zeta function."""

    x: Operand[TensorType] = fields.operand(elements=FLOAT)
    q: Operand[TensorType] = fields.operand(elements=FLOAT)
    result: Result[TensorType] = result()

    constraints = (SameType("x", "q", "result"),)
    assembly_format = "$x `,` $q attr-dict `:` type($x) `,` type($q) `->` type(results)"


class Mulhi(Operation, name="chlo.mulhi", traits=(Pure, Elementwise, Commutative)):
    """The high half of the product of two integers."""

    lhs: Operand[TensorType] = fields.operand(elements=INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=INTEGER)
    result: Result[TensorType] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)"


def _has_k(op: TopK) -> bool | str:
    type = op.operand.type
    if type.rank == 0:
        return "`operand` is a scalar"
    size = type.dims[-1]
    return (op.k >= 0 and (size is None or op.k <= size)) or f"{op.k} of {size}"


class TopK(Operation, name="chlo.top_k", traits=(Pure,)):
    """The `k` largest elements along the last dimension, largest first, and their positions."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    k: int
    values: Result[TensorType] = fields.result()
    indices: Result[TensorType] = fields.result()

    constraints = (Holds("the last dimension has at least `k` elements", _has_k),)
    assembly_format = (
        "`(` $operand `,` `k` `=` $k `)` attr-dict `:` type($operand) `->` `(` type($values) `,` type($indices) `)`"
    )

    def infer(self) -> list[Type]:
        type = self.operand.type
        dims = (*type.dims[:-1], self.k)
        return [type.with_dims(dims), TensorType(dims, i32)]
