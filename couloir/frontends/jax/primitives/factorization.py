"""Factorizations of matrices: calls of LAPACK's routines, as JAX makes them on CPUs, since StableHLO has no ops for them.

The module runs on XLA as it is, by the routines themselves with NumPy, and the pass `decompose` writes the calls out.
Where a routine reports a failure the factors are NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import (
    Tensor,
    broadcast_along,
    compare,
    full,
    full_like,
    iota,
    scalar,
    sizes_of,
    slice_range,
)
from couloir.dialects.hlo.lapack import call_lapack
from couloir.frontends.jax.equation import Equation, Lowered, NotLowered, lowers
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import i32


def _unless_failed(info: Tensor, *values: Tensor) -> list[Tensor]:
    """Values that are NaN for the matrices of which `info` is not 0."""
    found: list[Tensor] = []
    done = compare(info, 0, ComparisonDirection.EQ)
    for value in values:
        everywhere = broadcast_along(done, sizes_of(value), range(info.type.rank))
        found.append(hlo.Select(everywhere, value, full_like(value, np.nan)).result)
    return found


def _matrix_sizes(a: Tensor) -> tuple[int, int]:
    """Rows and columns, where options of the routine depend on them: only the batch may be symbolic."""
    rows, columns = a.type.dims[-2:]
    if rows is None or columns is None:
        raise NotLowered(f"the sizes of the matrices are symbolic (`{a.type}`)")
    return rows, columns


def _name(option: Any) -> str:
    """The name of a choice among algorithms; an empty one where there is none."""
    return "" if option is None else str(getattr(option, "name", option))


# -- triangular factors ------------------------------------------------------------------------------------------------


@lowers("lu")
def lu(eqn: Equation, a: Tensor) -> Lowered:
    """Triangular factors with partial pivoting in one matrix, the pivots, and the permutation of the rows."""
    factors, pivots, _ = call_lapack("getrf", a).results
    pivots = hlo.Subtract(pivots, full_like(pivots, 1)).result
    return [factors, pivots, *_permutation(eqn, pivots, eqn.given.outvars[1].aval, eqn.avals[0].shape[-2])]


@lowers("lu_pivots_to_permutation")
def lu_pivots_to_permutation(eqn: Equation, pivots: Tensor) -> Lowered:
    """The order of rows that exchanges of rows lead to."""
    return _permutation(eqn, pivots, eqn.avals[0], eqn.params["permutation_size"])


def _permutation(eqn: Equation, pivots: Tensor, aval: Any, size: Any) -> list[Tensor]:
    jax = jax_library()
    count = aval.shape[-1]

    def permuted(pivots: Any) -> Any:
        def exchange(place: Any, order: Any) -> Any:
            other = pivots[place]
            mine, theirs = order[place], order[other]
            return order.at[place].set(theirs).at[other].set(mine)

        rows = jax.numpy.arange(size, dtype="int32")
        return rows if isinstance(count, int) and not count else jax.lax.fori_loop(0, count, exchange, rows)

    function = permuted
    for _ in aval.shape[:-1]:
        function = jax.vmap(function)
    return eqn.retrace(function, [aval], [pivots])


# -- orthogonal factors ------------------------------------------------------------------------------------------------


@lowers("geqrf")
def geqrf(eqn: Equation, a: Tensor) -> Lowered:
    """A triangular factor, and the reflections that lead to it, in one matrix; the factors of the reflections."""
    return call_lapack("geqrf", a).results


@lowers("geqp3")
def geqp3(eqn: Equation, a: Tensor, fixed: Tensor) -> Lowered:
    """The same with pivoting of columns."""
    return call_lapack("geqp3", a, fixed).results


@lowers("householder_product")
def householder_product(eqn: Equation, a: Tensor, taus: Tensor) -> Lowered:
    """The first columns of the product of reflections."""
    return call_lapack("orgqr", a, taus)


@lowers("ormqr")
def ormqr(eqn: Equation, a: Tensor, taus: Tensor, c: Tensor) -> Lowered:
    """A matrix times the product of reflections."""
    return call_lapack("ormqr", a, taus, c, left=bool(eqn.params["left"]), transpose=bool(eqn.params["transpose"]))


@lowers("qr")
def qr(eqn: Equation, a: Tensor) -> Lowered:
    """Orthogonal and triangular factor, and with pivoting the order of the columns."""
    pivoting = bool(eqn.params.get("pivoting"))
    rows, columns = _matrix_sizes(a)
    order: list[Tensor] = []
    if pivoting:
        zeros = full(0, eqn.sizes_of(2), i32)
        packed, places, taus = call_lapack("geqp3", a, zeros).results
        # Without rows JAX does not ask LAPACK, and names the first column every time.
        order = [hlo.Subtract(places, full_like(places, 1)).result if rows else zeros]
    else:
        packed, taus = call_lapack("geqrf", a).results
    width, rank = rows if eqn.params["full_matrices"] else min(rows, columns), a.type.rank
    reflections = slice_range(packed, rank - 1, 0, min(width, columns))
    if width > columns:
        nothing = (0,) * rank
        more = (*nothing[:-1], width - columns)
        reflections = hlo.Pad(reflections, scalar(0, eqn.element), nothing, more, nothing).result
    r = slice_range(packed, rank - 2, 0, width)
    row, column = (iota(sizes_of(r), i32, axis) for axis in (rank - 2, rank - 1))
    r = hlo.Select(compare(row, column, ComparisonDirection.LE), r, full_like(r, 0)).result
    return [*call_lapack("orgqr", reflections, taus).results, r, *order]


# -- eigenvalues and singular values -----------------------------------------------------------------------------------


@lowers("eigh")
def eigh(eqn: Equation, a: Tensor) -> Lowered:
    """Eigenvectors and eigenvalues, in ascending order, of Hermitian matrices of which one triangle is read."""
    part = eqn.params.get("subset_by_index")
    if part is not None and tuple(part) != (0, a.type.dims[-1]):
        raise NotLowered("only some of the eigenvalues are asked for, which LAPACK's syevd does not do")
    vectors, values, info = call_lapack("syevd", a, mode="V", uplo="L" if eqn.params["lower"] else "U").results
    return _unless_failed(info, vectors, values)


@lowers("eig")
def eig(eqn: Equation, a: Tensor) -> Lowered:
    """Eigenvalues, and left and right eigenvectors as far as they are asked for."""
    wanted = [bool(eqn.params[f"compute_{side}_eigenvectors"]) for side in ("left", "right")]
    letters = ["V" if one else "N" for one in wanted]
    *values, left, right, info = call_lapack("geev", a, compute_left=letters[0], compute_right=letters[1]).results
    value = values[0] if len(values) == 1 else hlo.Complex(values[0], values[1]).result
    vectors = [found for found, one in zip((left, right), wanted, strict=True) if one]
    return _unless_failed(info, value, *vectors)


@lowers("svd")
def svd(eqn: Equation, a: Tensor) -> Lowered:
    """Singular values in descending order, and left and adjoint right singular vectors if they are asked for."""
    rows, columns = _matrix_sizes(a)
    count = min(rows, columns)
    part, algorithm = eqn.params.get("subset_by_index"), _name(eqn.params.get("algorithm"))
    if part is not None and tuple(part) != (0, count):
        raise NotLowered("only some of the singular values are asked for, which LAPACK does not do")
    if algorithm not in ("", "DEFAULT", "QR", "DIVIDE_AND_CONQUER"):
        raise NotLowered(f"the algorithm {algorithm} is none of LAPACK's")
    whole, vectors = bool(eqn.params["full_matrices"]), bool(eqn.params["compute_uv"])
    sizes = {"u": rows, "v": columns} if whole else {"u": count, "v": count}
    mode = ("A" if whole else "S") if vectors else "N"
    made = call_lapack("gesvd" if algorithm == "QR" else "gesdd", a, sizes=sizes, mode=mode)
    _, values, left, right, info = made.results
    return _unless_failed(info, values, *((left, right) if vectors else ()))


@lowers("schur")
def schur(eqn: Equation, a: Tensor) -> Lowered:
    """The Schur form, and Schur vectors if they are asked for."""
    if eqn.params.get("sort_eig_vals"):
        raise NotLowered("eigenvalues are to be sorted by a function, which JAX does not do either")
    vectors = bool(eqn.params["compute_schur_vectors"])
    form, basis, *_, info = call_lapack("gees", a, mode="V" if vectors else "N", sort="N").results
    return _unless_failed(info, form, *((basis,) if vectors else ()))


@lowers("hessenberg")
def hessenberg(eqn: Equation, a: Tensor) -> Lowered:
    """A Hessenberg matrix that is similar, and the reflections that lead to it."""
    *found, info = call_lapack("gehrd", a, low=1, high=_matrix_sizes(a)[0]).results
    return _unless_failed(info, *found)


@lowers("tridiagonal")
def tridiagonal(eqn: Equation, a: Tensor) -> Lowered:
    """A tridiagonal matrix that is similar to a Hermitian one: its reflections, two diagonals, and their factors."""
    *found, info = call_lapack("sytrd", a, uplo="L" if eqn.params["lower"] else "U").results
    return _unless_failed(info, *found)


# -- systems -----------------------------------------------------------------------------------------------------------


@lowers("tridiagonal_solve")
def tridiagonal_solve(eqn: Equation, *operands: Tensor) -> Lowered:
    """Solves systems with three diagonals; where singular ones are to have finite solutions, by a routine of JAX's own."""
    if eqn.params.get("perturb_singular"):
        return call_lapack("tridiagonal_solve_perturbed", *operands)
    *_, solution, info = call_lapack("gtsv", *operands).results
    return _unless_failed(info, solution)
