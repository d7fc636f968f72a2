"""CHLO: the functions that JAX has beyond StableHLO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from couloir.backends.numpy import special_functions
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array, kind, width
from couloir.backends.numpy.meanings import meaning
from couloir.backends.numpy.tables.math import erfc, in_every_domain, of_floats
from couloir.dialects import chlo
from couloir.ir.operation import Operation

_DOUBLE: Final = np.dtype(np.float64)

for _cls, _name in ((chlo.Erf, "erf"), (chlo.Tan, "tan")):
    meaning(_cls)(in_every_domain(_name))
for _cls, _function in (
    *((chlo.Acos, np.arccos), (chlo.Acosh, np.arccosh), (chlo.Asin, np.arcsin), (chlo.Asinh, np.arcsinh)),
    *((chlo.Atan, np.arctan), (chlo.Atanh, np.arctanh), (chlo.Cosh, np.cosh), (chlo.Sinh, np.sinh)),
    (chlo.Conj, np.conj),
):
    meaning(_cls)(of_floats(_function))

IN_DOUBLE: Final[dict[type[Operation], Callable[..., Array]]] = {
    chlo.BesselI1e: special_functions.bessel_i1e,
    chlo.Digamma: special_functions.digamma,
    chlo.Lgamma: special_functions.lgamma,
    chlo.Polygamma: special_functions.polygamma,
    chlo.Zeta: special_functions.zeta,
}
"""Functions that are computed in f64 and rounded once."""


@meaning(*IN_DOUBLE)
def _in_double(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
    dtype = operands[0].dtype
    _check_real(xp, op, operands[0])
    with np.errstate(all="ignore"):
        wide = IN_DOUBLE[type(op)](*(operand.astype(_DOUBLE) for operand in operands))
    return xp.convert(np.asarray(wide), dtype)


def _check_real(xp: ArrayNamespace, op: Operation, operand: Array) -> None:
    if kind(operand.dtype) != "float":
        raise NotInDomain(op.name, xp.name)


@meaning(chlo.Erfc)
def _erfc_of(xp: ArrayNamespace, op: chlo.Erfc, operand: Array) -> Array:
    _check_real(xp, op, operand)
    return xp.convert(erfc(xp, operand.astype(_DOUBLE)), operand.dtype)


@meaning(chlo.ErfInv)
def _erf_inv(xp: ArrayNamespace, op: chlo.ErfInv, operand: Array) -> Array:
    """Halley's method from an approximation; infinite at -1 and 1, NaN beyond."""
    _check_real(xp, op, operand)
    x = operand.astype(_DOUBLE)
    with np.errstate(all="ignore"):
        y = special_functions.erf_inv_start(x)
        for _ in range(8):  # at the last number before 1 the approximation is a tenth off
            y = special_functions.erf_inv_step(x, y, xp.apply("erf", y), erfc(xp, np.abs(y)))
        y = np.where(np.abs(x) == 1, np.copysign(np.inf, x), np.where(np.abs(x) > 1, np.nan, y))
    return xp.convert(y, operand.dtype)


@meaning(chlo.Constant)
def _constant(xp: ArrayNamespace, op: chlo.Constant) -> Array:
    return xp.array(constant_array(op.value))


@meaning(chlo.Square)
def _square(xp: ArrayNamespace, op: chlo.Square, operand: Array) -> Array:
    return xp.apply("multiply", operand, operand)


@meaning(chlo.IsInf, chlo.IsPosInf, chlo.IsNegInf)
def _is_inf(xp: ArrayNamespace, op: chlo.IsInf | chlo.IsPosInf | chlo.IsNegInf, operand: Array) -> Array:
    infinite = ~xp.apply("is_finite", operand) & xp.apply("compare EQ", operand, operand)
    if isinstance(op, chlo.IsInf) or not infinite.any():
        return np.asarray(infinite)
    relation = "compare GT" if isinstance(op, chlo.IsPosInf) else "compare LT"
    return np.asarray(infinite & xp.apply(relation, operand, np.zeros(operand.shape, operand.dtype)))


@meaning(chlo.NextAfter)
def _next_after(xp: ArrayNamespace, op: chlo.NextAfter, x: Array, y: Array) -> Array:
    _check_real(xp, op, x)
    return np.asarray(np.nextafter(x, y))


@meaning(chlo.Mulhi)
def _mulhi(xp: ArrayNamespace, op: chlo.Mulhi, lhs: Array, rhs: Array) -> Array:
    """The product in twice the bits; of 64-bit numbers from the products of their halves."""
    bits, dtype = width(lhs.dtype), lhs.dtype
    signed = kind(dtype) == "signed"
    if bits <= 32:
        wide = np.int64 if signed else np.uint64
        product = lhs.astype(wide) * rhs.astype(wide)
        return (product >> wide(bits)).astype(dtype)
    a, b, low, half = lhs.view(np.uint64), rhs.view(np.uint64), np.uint64(2**32 - 1), np.uint64(32)
    middle = (a >> half) * (b & low) + ((a & low) * (b & low) >> half)
    cross = (a & low) * (b >> half) + (middle & low)
    high = (a >> half) * (b >> half) + (middle >> half) + (cross >> half)
    if signed:  # -1 was read as 2^64 - 1
        high = high - np.where(lhs < 0, b, np.uint64(0)) - np.where(rhs < 0, a, np.uint64(0))
    return high.view(dtype)


@meaning(chlo.TopK)
def _top_k(xp: ArrayNamespace, op: chlo.TopK, operand: Array) -> tuple[Array, Array]:
    """The largest first, of equal ones the first; NaN counts as larger than all numbers."""
    ordered = xp.apply("total_order", operand) if kind(operand.dtype) == "float" else operand
    backwards = ordered[..., ::-1]  # so that a stable sort puts the first of equals last
    order = operand.shape[-1] - 1 - np.argsort(backwards, axis=-1, kind="stable")[..., ::-1][..., : op.k]
    return np.take_along_axis(operand, order, axis=-1), order.astype(np.int32)
