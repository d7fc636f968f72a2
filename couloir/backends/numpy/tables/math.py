"""The math dialect: functions of numbers, and of vectors and tensors of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from couloir.backends.numpy import special_functions
from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.fused_multiply_add import fma
from couloir.backends.numpy.meanings import Meaning, meaning
from couloir.backends.numpy.tables.arith import signed, signless, unsigned
from couloir.dialects import math
from couloir.ir.operation import Operation

IN_EVERY_DOMAIN: Final[dict[type[Operation], str]] = {
    math.AbsF: "abs",
    math.Atan2: "atan2",
    math.Cbrt: "cbrt",
    math.Ceil: "ceil",
    math.Cos: "cosine",
    math.Erf: "erf",
    math.Exp: "exponential",
    math.ExpM1: "exponential_minus_one",
    math.Floor: "floor",
    math.IsFinite: "is_finite",
    math.Log: "log",
    math.Log1p: "log_plus_one",
    math.PowF: "power",
    math.Round: "round_nearest_afz",
    math.RoundEven: "round_nearest_even",
    math.Rsqrt: "rsqrt",
    math.Sin: "sine",
    math.Sqrt: "sqrt",
    math.Tan: "tan",
    math.Tanh: "tanh",
}
"""The ops that StableHLO and CHLO have as well, by their names there."""

OF_FLOATS: Final[dict[type[Operation], Callable[..., Any]]] = {
    math.Acos: np.arccos,
    math.Acosh: np.arccosh,
    math.Asin: np.arcsin,
    math.Asinh: np.arcsinh,
    math.Atan: np.arctan,
    math.Atanh: np.arctanh,
    math.CopySign: np.copysign,
    math.Cosh: np.cosh,
    math.Exp2: np.exp2,
    math.Log10: np.log10,
    math.Log2: np.log2,
    math.Sinh: np.sinh,
    math.Trunc: np.trunc,
}


def of_floats(function: Callable[..., Any]) -> Meaning:
    """The meaning of a function that only floats and complex numbers have: computed in f64, and rounded once."""

    def compute(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
        dtype = operands[0].dtype
        if kind(dtype) not in ("float", "complex"):
            raise NotInDomain(op.name, xp.name)
        wide = np.complex128 if kind(dtype) == "complex" else np.float64
        with np.errstate(all="ignore"):
            return xp.convert(np.asarray(function(*(operand.astype(wide) for operand in operands))), dtype)

    return compute


def in_every_domain(name: str) -> Meaning:
    """The meaning of an elementwise op that the domains know by `name`."""

    def compute(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
        return xp.apply(name, *operands)

    return compute


for _cls, _name in IN_EVERY_DOMAIN.items():
    meaning(_cls)(in_every_domain(_name))
for _cls, _function in OF_FLOATS.items():
    meaning(_cls)(of_floats(_function))


def erfc(xp: ArrayNamespace, x: Array) -> Array:
    """1 - erf(x)."""
    with np.errstate(all="ignore"):
        return special_functions.erfc(x, xp.apply("erf", x))


@meaning(math.Erfc)
def _erfc(xp: ArrayNamespace, op: math.Erfc, operand: Array) -> Array:
    if kind(operand.dtype) != "float":
        raise NotInDomain(op.name, xp.name)
    return xp.convert(erfc(xp, operand.astype(np.float64)), operand.dtype)


@meaning(math.IsNaN)
def _isnan(xp: ArrayNamespace, op: math.IsNaN, operand: Array) -> Array:
    return xp.apply("compare NE", operand, operand)


@meaning(math.IsInf)
def _isinf(xp: ArrayNamespace, op: math.IsInf, operand: Array) -> Array:
    return xp.apply("and", xp.apply("not", xp.apply("is_finite", operand)), xp.apply("compare EQ", operand, operand))


@meaning(math.Fma)
def _fma(xp: ArrayNamespace, op: math.Fma, a: Array, b: Array, c: Array) -> Array:
    return fma(xp, a, b, c)


@meaning(math.AbsI)
def _absi(xp: ArrayNamespace, op: math.AbsI, operand: Array) -> Array:
    return signless(xp, xp.apply("abs", signed(xp, operand)), operand.dtype)


@meaning(math.CtPop)
def _ctpop(xp: ArrayNamespace, op: math.CtPop, operand: Array) -> Array:
    return signless(xp, xp.apply("popcnt", unsigned(xp, operand)), operand.dtype)


@meaning(math.CountLeadingZeros)
def _ctlz(xp: ArrayNamespace, op: math.CountLeadingZeros, operand: Array) -> Array:
    if xp.element_type(operand.dtype) == np.bool_:
        return xp.apply("not", operand)
    return signless(xp, xp.apply("count_leading_zeros", unsigned(xp, operand)), operand.dtype)


@meaning(math.CountTrailingZeros)
def _cttz(xp: ArrayNamespace, op: math.CountTrailingZeros, operand: Array) -> Array:
    """Below the lowest set bit of x, the bits of `(x & -x) - 1` are set; of 0, all are."""
    if xp.element_type(operand.dtype) == np.bool_:
        return xp.apply("not", operand)
    bits = unsigned(xp, operand)
    lowest = xp.apply("and", bits, xp.apply("negate", bits))
    below = xp.apply("subtract", lowest, np.ones(lowest.shape, xp.element_type(lowest.dtype)))
    return signless(xp, xp.apply("popcnt", below), operand.dtype)


@meaning(math.IPowI)
def _ipowi(xp: ArrayNamespace, op: math.IPowI, lhs: Array, rhs: Array) -> Array:
    return signless(xp, xp.apply("power", signed(xp, lhs), signed(xp, rhs)), lhs.dtype)


@meaning(math.FPowI)
def _fpowi(xp: ArrayNamespace, op: math.FPowI, lhs: Array, rhs: Array) -> Array:
    return xp.apply("power", lhs, xp.convert(signed(xp, rhs), lhs.dtype))
