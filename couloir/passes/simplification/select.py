"""Select."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard, has_one_use, is_splat
from couloir.ir.traits import ConstantLike, Elementwise
from couloir.passes.simplification.axes import like
from couloir.passes.simplification.comparison import EQ, GE, GT, LE, LT, NE, is_one_of
from couloir.passes.simplification.guards import (
    booleans,
    floats,
    integers,
    is_zero,
    reals,
    same_shape,
    same_type,
    signed_integers,
)


def _differ_in_one_operand(fx, fy):
    yes, no = fx.defining_op, fy.defining_op
    if type(yes) is not type(no) or dict(yes.stored_attributes) != dict(no.stored_attributes):
        return guard(False, "the branches are results of different functions")
    pairs = [(x, y) for x, y in zip(yes.operands, no.operands, strict=True) if x is not y]
    holds = len(pairs) == 1 and pairs[0][0].type is pairs[0][1].type
    return guard(holds, "the branches do not differ in one operand of one type")


def _function_of_select(p, yes, no, type):
    pairs = zip(yes.operands, no.operands, strict=True)
    return like(yes, [x if x is y else hlo.Select(p, x, y).result for x, y in pairs], type)


class SelectSame(Rule):
    """select(p, x, x)  =>  x"""

    def pattern(p, x):
        return hlo.Select(p, x, x)

    def rewrite(x):
        return x


class SelectTrue(Rule):
    """select(true, x, y)  =>  x"""

    def pattern(p, x, y):
        return hlo.Select(p, x, y)

    def where(p):
        return is_splat(p, True)

    def rewrite(x):
        return x


class SelectFalse(Rule):
    """select(false, x, y)  =>  y"""

    def pattern(p, x, y):
        return hlo.Select(p, x, y)

    def where(p):
        return is_splat(p, False)

    def rewrite(y):
        return y


class SelectByNot(Rule):
    """select(not(p), x, y)  =>  select(p, y, x)"""

    def pattern(p, x, y):
        return hlo.Select(hlo.Not(p), x, y)

    def rewrite(p, x, y):
        return hlo.Select(p, y, x)


class SelectTrueOrFalse(Rule):
    """select(p, true, false)  =>  p"""

    def pattern(p, yes: ConstantLike, no: ConstantLike):
        return hlo.Select(p, yes, no)

    def where(p, yes, no):
        return is_splat(yes, True) & is_splat(no, False) & same_type(p, yes)

    def rewrite(p):
        return p


class SelectFalseOrTrue(Rule):
    """select(p, false, true)  =>  not(p)"""

    def pattern(p, no: ConstantLike, yes: ConstantLike):
        return hlo.Select(p, no, yes)

    def where(p, yes, no):
        return is_splat(yes, True) & is_splat(no, False) & same_type(p, yes)

    def rewrite(p):
        return hlo.Not(p)


class SelectOrFalse(Rule):
    """select(p, q, false)  =>  p & q"""

    def pattern(p, q, no: ConstantLike):
        return hlo.Select(p, q, no)

    def where(p, q, no):
        return is_splat(no, False) & same_type(p, q)

    def rewrite(p, q):
        return hlo.And(p, q)


class SelectTrueOr(Rule):
    """select(p, true, q)  =>  p | q"""

    def pattern(p, q, yes: ConstantLike):
        return hlo.Select(p, yes, q)

    def where(p, q, yes):
        return is_splat(yes, True) & same_type(p, q)

    def rewrite(p, q):
        return hlo.Or(p, q)


class SelectOneOrZero(Rule):
    """select(p, 1, 0)  =>  convert(p)"""

    examples = (
        """
        func.func @main(%p: tensor<4xi1>) -> tensor<4xf32> {
          %one = stablehlo.constant dense<1.0> : tensor<4xf32>
          %zero = stablehlo.constant dense<0.0> : tensor<4xf32>
          %r = stablehlo.select %p, %one, %zero : tensor<4xi1>, tensor<4xf32>
          return %r : tensor<4xf32>
        }
        """,
    )

    def pattern(p, one: ConstantLike, zero: ConstantLike):
        return hlo.Select(p, one, zero)

    def where(p, one, zero):
        return reals(one) & is_splat(one, 1) & is_splat(zero, 0) & same_shape(p, one)

    def rewrite(p, one):
        return hlo.convert(p, one.type.element_type)


class SelectPredicate(Rule):
    """select(p, p, q)  =>  p | q"""

    def pattern(p, q):
        return hlo.Select(p, p, q)

    def rewrite(p, q):
        return hlo.Or(p, q)


class SelectOrPredicate(Rule):
    """select(p, q, p)  =>  p & q"""

    def pattern(p, q):
        return hlo.Select(p, q, p)

    def rewrite(p, q):
        return hlo.And(p, q)


class SelectOfSelected(Rule):
    """select(p, select(p, x, y), z)  =>  select(p, x, z)"""

    allow_shared = True

    def pattern(p, x, y, z):
        return hlo.Select(p, hlo.Select(p, x, y), z)

    def rewrite(p, x, z):
        return hlo.Select(p, x, z)


class SelectOrSelected(Rule):
    """select(p, x, select(p, y, z))  =>  select(p, x, z)"""

    allow_shared = True

    def pattern(p, x, y, z):
        return hlo.Select(p, x, hlo.Select(p, y, z))

    def rewrite(p, x, z):
        return hlo.Select(p, x, z)


class SelectByBoth(Rule):
    """select(p, select(q, x, y), y)  =>  select(p & q, x, y)"""

    def pattern(p, q, x, y):
        return hlo.Select(p, hlo.Select(q, x, y), y)

    def where(p, q):
        return same_type(p, q)

    def rewrite(p, q, x, y):
        return hlo.Select(hlo.And(p, q), x, y)


class SelectByEither(Rule):
    """select(p, x, select(q, x, y))  =>  select(p | q, x, y)"""

    def pattern(p, q, x, y):
        return hlo.Select(p, x, hlo.Select(q, x, y))

    def where(p, q):
        return same_type(p, q)

    def rewrite(p, q, x, y):
        return hlo.Select(hlo.Or(p, q), x, y)


class SelectOfOneFunction(Rule):
    """select(p, f(x), f(y))  =>  f(select(p, x, y)), when f is elementwise and its other operands are the same"""

    examples = (
        """
func.func @main(%p: tensor<2x3xi1>, %x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.subtract %x, %z : tensor<2x3xf32>
  %1 = stablehlo.subtract %y, %z : tensor<2x3xf32>
  %r = stablehlo.select %p, %0, %1 : tensor<2x3xi1>, tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(p, fx: Elementwise, fy: Elementwise):
        return hlo.Select(p, fx, fy)

    def where(fx, fy):
        return _differ_in_one_operand(fx, fy) & has_one_use(fx) & has_one_use(fy)

    def rewrite(p, fx, fy, op):
        return _function_of_select(p, fx.defining_op, fy.defining_op, op.result.type)


class SelectGreater(Rule):
    """select(x > y, x, y)  =>  max(x, y), of integers; also x >= y"""

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), x, y)

    def where(x, d):
        return integers(x) & is_one_of(d, GT, GE)

    def rewrite(x, y):
        return hlo.Maximum(x, y)


class SelectLess(Rule):
    """select(x < y, x, y)  =>  min(x, y), of integers; also x <= y"""

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), x, y)

    def where(x, d):
        return integers(x) & is_one_of(d, LT, LE)

    def rewrite(x, y):
        return hlo.Minimum(x, y)


class SelectNotGreater(Rule):
    """select(x > y, y, x)  =>  min(x, y), of integers; also x >= y"""

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), y, x)

    def where(x, d):
        return integers(x) & is_one_of(d, GT, GE)

    def rewrite(x, y):
        return hlo.Minimum(x, y)


class SelectNotLess(Rule):
    """select(x < y, y, x)  =>  max(x, y), of integers; also x <= y"""

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), y, x)

    def where(x, d):
        return integers(x) & is_one_of(d, LT, LE)

    def rewrite(x, y):
        return hlo.Maximum(x, y)


class SelectGreaterFloat(Rule):
    """select(x > y, x, y)  =>  max(x, y), also of floats and complex numbers; also x >= y"""

    assumes = ("no NaN", "no signed zeros")

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), x, y)

    def where(d):
        return is_one_of(d, GT, GE)

    def rewrite(x, y):
        return hlo.Maximum(x, y)


class SelectLessFloat(Rule):
    """select(x < y, x, y)  =>  min(x, y), also of floats and complex numbers; also x <= y"""

    assumes = ("no NaN", "no signed zeros")

    def pattern(x, y, d, kind):
        return hlo.Select(hlo.Compare(x, y, d, kind), x, y)

    def where(d):
        return is_one_of(d, LT, LE)

    def rewrite(x, y):
        return hlo.Minimum(x, y)


class SelectEqual(Rule):
    """select(x == y, x, y)  =>  y, of integers and booleans"""

    def pattern(x, y, kind):
        return hlo.Select(hlo.Compare(x, y, EQ, kind), x, y)

    def where(x):
        return integers(x) | booleans(x)

    def rewrite(y):
        return y


class SelectUnequal(Rule):
    """select(x != y, x, y)  =>  x, of integers and booleans"""

    def pattern(x, y, kind):
        return hlo.Select(hlo.Compare(x, y, NE, kind), x, y)

    def where(x):
        return integers(x) | booleans(x)

    def rewrite(x):
        return x


class SelectEqualFloat(Rule):
    """select(x == y, x, y)  =>  y, also of floats and complex numbers"""

    assumes = ("no signed zeros",)

    def pattern(x, y, kind):
        return hlo.Select(hlo.Compare(x, y, EQ, kind), x, y)

    def rewrite(y):
        return y


class SelectNegative(Rule):
    """select(x < 0, -x, x)  =>  abs(x), of integers; also x <= 0"""

    examples = (
        """
func.func @main(%x: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %c = stablehlo.constant dense<0> : tensor<2x3xi32>
  %0 = stablehlo.compare LT, %x, %c : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi1>
  %1 = stablehlo.negate %x : tensor<2x3xi32>
  %r = stablehlo.select %0, %1, %x : tensor<2x3xi1>, tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}
""",
    )

    def pattern(x, zero: ConstantLike, d, kind):
        return hlo.Select(hlo.Compare(x, zero, d, kind), hlo.Negate(x), x)

    def where(x, zero, d):
        return signed_integers(x) & is_splat(zero, 0) & is_one_of(d, LT, LE)

    def rewrite(x):
        return hlo.Abs(x)


class SelectPositive(Rule):
    """select(x > 0, x, -x)  =>  abs(x), of integers; also x >= 0"""

    examples = (
        """
func.func @main(%x: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %c = stablehlo.constant dense<0> : tensor<2x3xi32>
  %0 = stablehlo.compare GT, %x, %c : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi1>
  %1 = stablehlo.negate %x : tensor<2x3xi32>
  %r = stablehlo.select %0, %x, %1 : tensor<2x3xi1>, tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}
""",
    )

    def pattern(x, zero: ConstantLike, d, kind):
        return hlo.Select(hlo.Compare(x, zero, d, kind), x, hlo.Negate(x))

    def where(x, zero, d):
        return signed_integers(x) & is_splat(zero, 0) & is_one_of(d, GT, GE)

    def rewrite(x):
        return hlo.Abs(x)


class SelectNegativeFloat(Rule):
    """select(x < 0, -x, x)  =>  abs(x), of floats; also x <= 0"""

    assumes = ("no signed zeros",)

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = stablehlo.constant dense<0.0> : tensor<2x3xf32>
  %0 = stablehlo.compare LT, %x, %c : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  %1 = stablehlo.negate %x : tensor<2x3xf32>
  %r = stablehlo.select %0, %1, %x : tensor<2x3xi1>, tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(x, zero: ConstantLike, d, kind):
        return hlo.Select(hlo.Compare(x, zero, d, kind), hlo.Negate(x), x)

    def where(x, zero, d):
        return floats(x) & is_zero(zero) & is_one_of(d, LT, LE)

    def rewrite(x):
        return hlo.Abs(x)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SelectSame,
    SelectTrue,
    SelectFalse,
    SelectByNot,
    SelectTrueOrFalse,
    SelectFalseOrTrue,
    SelectOrFalse,
    SelectTrueOr,
    SelectOneOrZero,
    SelectPredicate,
    SelectOrPredicate,
    SelectOfSelected,
    SelectOrSelected,
    SelectByBoth,
    SelectByEither,
    SelectOfOneFunction,
    SelectGreater,
    SelectLess,
    SelectNotGreater,
    SelectNotLess,
    SelectGreaterFloat,
    SelectLessFloat,
    SelectEqual,
    SelectUnequal,
    SelectEqualFloat,
    SelectNegative,
    SelectPositive,
    SelectNegativeFloat,
)
