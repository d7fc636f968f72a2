"""Exponentials and logarithms."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, is_splat
from couloir.ir.traits import ConstantLike
from couloir.passes.simplification.guards import filled, wide_floats


class MultiplyExponentials(Rule):
    """exp(x) * exp(y)  =>  exp(x + y)"""

    assumes = ("no NaN", "no overflow", "reassociation")

    def pattern(x, y):
        return hlo.Multiply(hlo.Exponential(x), hlo.Exponential(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Exponential(hlo.Add(x, y))


class DivideExponentials(Rule):
    """exp(x) / exp(y)  =>  exp(x - y)"""

    assumes = ("no NaN", "no overflow", "reassociation")

    def pattern(x, y):
        return hlo.Divide(hlo.Exponential(x), hlo.Exponential(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Exponential(hlo.Subtract(x, y))


class ReciprocalOfExponential(Rule):
    """1 / exp(x)  =>  exp(-x)"""

    assumes = ("no overflow", "reassociation")

    def pattern(one: ConstantLike, x):
        return hlo.Divide(one, hlo.Exponential(x))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Exponential(hlo.Negate(x))


class LogOfExponential(Rule):
    """log(exp(x))  =>  x"""

    assumes = ("no infinities", "no signed zeros", "no overflow", "reassociation")

    def pattern(x):
        return hlo.Log(hlo.Exponential(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class ExponentialOfLog(Rule):
    """exp(log(x))  =>  x"""

    assumes = ("no NaN", "no signed zeros", "no overflow", "reassociation")

    def pattern(x):
        return hlo.Exponential(hlo.Log(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class AddLogs(Rule):
    """log(x) + log(y)  =>  log(x * y)"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    def pattern(x, y):
        return hlo.Add(hlo.Log(x), hlo.Log(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Log(hlo.Multiply(x, y))


class SubtractLogs(Rule):
    """log(x) - log(y)  =>  log(x / y)"""

    assumes = ("no NaN", "no infinities", "no overflow", "reassociation")

    def pattern(x, y):
        return hlo.Subtract(hlo.Log(x), hlo.Log(y))

    def where(x):
        return wide_floats(x)

    def rewrite(x, y):
        return hlo.Log(hlo.Divide(x, y))


class LogOfReciprocal(Rule):
    """log(1 / x)  =>  -log(x)"""

    assumes = ("no infinities", "no signed zeros", "no overflow", "reassociation")

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = stablehlo.constant dense<1.0> : tensor<2x3xf32>
  %0 = stablehlo.divide %c, %x : tensor<2x3xf32>
  %r = stablehlo.log %0 : tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
""",
    )

    def pattern(one: ConstantLike, x):
        return hlo.Log(hlo.Divide(one, x))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Negate(hlo.Log(x))


class LogOfSqrt(Rule):
    """log(sqrt(x))  =>  log(x) * 0.5"""

    assumes = ("reassociation",)

    def pattern(x):
        return hlo.Log(hlo.Sqrt(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return hlo.Multiply(hlo.Log(x), filled(x, 0.5))


class ExponentialLessOne(Rule):
    """exp(x) - 1  =>  exponential_minus_one(x)"""

    assumes = ("no signed zeros", "reassociation")

    def pattern(x, one: ConstantLike):
        return hlo.Subtract(hlo.Exponential(x), one)

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.ExponentialMinusOne(x)


class ExponentialMinusOnePlusOne(Rule):
    """exponential_minus_one(x) + 1  =>  exp(x)"""

    assumes = ("reassociation",)

    def pattern(x, one: ConstantLike):
        return hlo.Add(hlo.ExponentialMinusOne(x), one)

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Exponential(x)


class LogOfOneMore(Rule):
    """log(x + 1)  =>  log_plus_one(x)"""

    assumes = ("no signed zeros", "reassociation")

    def pattern(x, one: ConstantLike):
        return hlo.Log(hlo.Add(x, one))

    def where(one):
        return is_splat(one, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.LogPlusOne(x)


class LogPlusOneOfExponentialMinusOne(Rule):
    """log_plus_one(exponential_minus_one(x))  =>  x"""

    assumes = ("no infinities", "no overflow", "reassociation")

    def pattern(x):
        return hlo.LogPlusOne(hlo.ExponentialMinusOne(x))

    def where(x):
        return wide_floats(x)

    def rewrite(x):
        return x


class LogisticWritten(Rule):
    """1 / (exp(-x) + 1)  =>  logistic(x)"""

    assumes = ("reassociation",)

    examples = (
        """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %one = stablehlo.constant dense<1.0> : tensor<4xf32>
          %0 = stablehlo.negate %x : tensor<4xf32>
          %1 = stablehlo.exponential %0 : tensor<4xf32>
          %too = stablehlo.constant dense<1.0> : tensor<4xf32>
          %2 = stablehlo.add %1, %too : tensor<4xf32>
          %r = stablehlo.divide %one, %2 : tensor<4xf32>
          return %r : tensor<4xf32>
        }
        """,
    )

    def pattern(x, one: ConstantLike, too: ConstantLike):
        return hlo.Divide(one, hlo.Add(hlo.Exponential(hlo.Negate(x)), too))

    def where(one, too):
        return is_splat(one, 1) & is_splat(too, 1) & wide_floats(one)

    def rewrite(x):
        return hlo.Logistic(x)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    MultiplyExponentials,
    DivideExponentials,
    ReciprocalOfExponential,
    LogOfExponential,
    ExponentialOfLog,
    AddLogs,
    SubtractLogs,
    LogOfReciprocal,
    LogOfSqrt,
    ExponentialLessOne,
    ExponentialMinusOnePlusOne,
    LogOfOneMore,
    LogPlusOneOfExponentialMinusOne,
    LogisticWritten,
)
