"""Decompositions of matrices, linear systems and Fourier transforms."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import FftType, Transposition
from couloir.dialects.hlo.building import Tensor
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.primitives.elementwise import conj
from couloir.frontends.jax.primitives.shape import numbers
from couloir.ir.types import ComplexType


@lowers("fft")
def fft(eqn: Equation, x: Tensor) -> Lowered:
    """A Fourier transform."""
    kind = eqn.params["fft_type"]
    return hlo.Fft(x, FftType[getattr(kind, "name", str(kind))], numbers(eqn.params["fft_lengths"]))


@lowers("cholesky")
def cholesky(eqn: Equation, x: Tensor) -> Lowered:
    """The lower triangular factor."""
    return hlo.Cholesky(x, True)


@lowers("triangular_solve")
def triangular_solve(eqn: Equation, a: Tensor, b: Tensor) -> Lowered:
    """Solves triangular systems."""
    params = eqn.params
    transpose, conjugate = bool(params["transpose_a"]), bool(params["conjugate_a"])
    if not isinstance(a.type.element_type, ComplexType):
        conjugate = False
    way = Transposition.NO_TRANSPOSE
    if transpose:
        way = Transposition.ADJOINT if conjugate else Transposition.TRANSPOSE
    elif conjugate:
        made = conj(eqn, a)
        a = getattr(made, "result", a)
    return hlo.TriangularSolve(
        a, b, bool(params["left_side"]), bool(params["lower"]), bool(params["unit_diagonal"]), way
    )
