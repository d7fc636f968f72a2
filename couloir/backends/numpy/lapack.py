"""LAPACK's routines on one matrix, through SciPy: what the custom calls of `couloir.dialects.hlo.lapack` mean.

A function takes the call, for its options, and arrays, and gives an array for each result: also the factors that a failure
leaves behind, and the number that says what failed. None stands for a result that LAPACK does not write. SciPy is imported
when the first of these runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy.element_types import Array
from couloir.dialects.hlo.lapack import LapackCall
from couloir.ir.errors import Error

Routine: TypeAlias = Callable[..., "tuple[Any, ...]"]

_UNITARY: Final = {"orgqr": "ungqr", "ormqr": "unmqr", "syevd": "heevd", "sytrd": "hetrd"}
NOT_FINITE: Final = -4
"""What XLA's kernels of geev and gesdd say of a matrix with infinities or NaNs, which LAPACK may never return from."""


def _routine(name: str, dtype: np.dtype[Any], module: str = "lapack") -> Any:
    """A function of SciPy's, for one element type."""
    try:
        library: Any = import_module(f"scipy.linalg.{module}")
    except ImportError as error:
        raise Error(
            f"SciPy, which `{name}` is evaluated with, is not installed",
            hint="pip install couloir[scipy], or write the call out with the pass `decompose`",
        ) from error
    prefix = {"f4": "s", "f8": "d", "c8": "c", "c16": "z"}[dtype.str[1:]]
    return getattr(library, prefix + (_UNITARY.get(name, name) if dtype.kind == "c" else name))


def getrf(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Triangular factors with partial pivoting; LAPACK counts rows from 1."""
    factors, pivots, info = _routine("getrf", a.dtype)(a)
    return factors, pivots + 1, info


def potrf(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """The Cholesky factor in one triangle; the other one stays as it was."""
    return _routine("potrf", a.dtype)(a, lower=call.letter("uplo", "LU") == "L", clean=0)


def trsm(call: LapackCall, a: Array, b: Array) -> tuple[Any, ...]:
    """A triangular system."""
    return (
        _routine("trsm", a.dtype, "blas")(
            1,
            a,
            b,
            side=call.letter("side", "LR") == "R",
            lower=call.letter("uplo", "LU") == "L",
            trans_a="NTC".index(call.letter("trans_x", "NTC")),
            diag=call.letter("diag", "NU") == "U",
        ),
    )


def geqrf(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """The triangular factor, and Householder vectors below it."""
    return _routine("geqrf", a.dtype)(a)[:2]


def geqp3(call: LapackCall, a: Array, fixed: Array) -> tuple[Any, ...]:
    """The same with pivoting of columns. Columns that are not 0 in `fixed` change places with the first ones.

    SciPy's function has no such columns, so they are factorized first.
    """
    order, count = np.arange(len(fixed)), 0
    for column in np.flatnonzero(fixed).tolist():
        order[[count, column]] = order[[column, count]]
        count += 1
    count = min(count, a.shape[0])
    front, rest = a[:, order[:count]], a[:, order[count:]]
    taus = np.zeros(0, a.dtype)
    if count:
        front, taus, *_ = _routine("geqrf", a.dtype)(front)
        rest = _multiplied(front, taus, rest, left=True, transpose=True)
    if count == a.shape[0] or not rest.size:
        return np.concatenate([front, rest], axis=1), order + 1, taus
    lower, pivots, more, *_ = _routine("geqp3", a.dtype)(rest[count:])
    rest = np.concatenate([rest[:count, pivots - 1], lower])
    order = np.concatenate([order[:count], order[count:][pivots - 1]])
    return np.concatenate([front, rest], axis=1), order + 1, np.concatenate([taus, more])


def orgqr(call: LapackCall, a: Array, taus: Array) -> tuple[Any, ...]:
    """The first columns of the product of reflections."""
    if not len(taus):
        return (np.eye(*a.shape, dtype=a.dtype),)
    return _routine("orgqr", a.dtype)(a, taus)[:1]


def ormqr(call: LapackCall, a: Array, taus: Array, c: Array) -> tuple[Any, ...]:
    """A matrix times the product of reflections."""
    return (_multiplied(a, taus, c, left=bool(call.number("left")), transpose=bool(call.number("transpose"))),)


def _multiplied(a: Array, taus: Array, c: Array, *, left: bool, transpose: bool) -> Array:
    if not c.size or not len(taus):
        return c
    adjoint = "C" if a.dtype.kind == "c" else "T"
    function = _routine("ormqr", a.dtype)
    arguments = ("L" if left else "R", adjoint if transpose else "N", a[:, : len(taus)], taus, c)
    size = int(function(*arguments, -1)[1][0].real)
    return function(*arguments, size)[0]


def syevd(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Eigenvalues in ascending order, and eigenvectors, of a matrix of which one triangle is read."""
    lower, vectors = call.letter("uplo", "LU") == "L", call.letter("mode", "VN") == "V"
    values, found, info = _routine("syevd", a.dtype)(a, compute_v=vectors, lower=lower)
    return found, values, info


def sytrd(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """A tridiagonal matrix that is similar to a Hermitian one."""
    return _routine("sytrd", a.dtype)(a, lower=call.letter("uplo", "LU") == "L")


def gehrd(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """A Hessenberg matrix that is similar, and the reflections that lead there. `low` and `high` count from 1."""
    return _routine("gehrd", a.dtype)(a, lo=call.number("low") - 1, hi=call.number("high") - 1)


def gesdd(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Singular values in descending order, and singular vectors."""
    if not np.isfinite(a).all():
        return a, None, None, None, NOT_FINITE
    return _singular("gesdd", call, a)


def gesvd(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """The same by another algorithm."""
    return _singular("gesvd", call, a)


def gesvdj(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """The same, with right vectors as columns."""
    *found, adjoint, info = _singular("gesdd", call, a)
    return *found, None if adjoint is None else adjoint.conj().T, info


def _singular(name: str, call: LapackCall, a: Array) -> tuple[Any, ...]:
    mode = call.letter("mode", "ASN")
    if not a.size:
        rows, columns = (np.eye(size, size if mode == "A" else 0, dtype=a.dtype) for size in a.shape)
        return a, np.zeros(0), rows, columns.T, 0
    u, s, v, info = _routine(name, a.dtype)(a, compute_uv=mode != "N", full_matrices=mode == "A")
    return (a, s, None, None, info) if mode == "N" else (a, s, u, v, info)


def geev(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Eigenvalues, in two lists for real matrices, and left and right eigenvectors."""
    if not np.isfinite(a).all():
        return *(None for _ in call.forms[1][1:]), NOT_FINITE
    left, right = (call.letter(key, "VN") == "V" for key in ("compute_left", "compute_right"))
    *values, vl, vr, info = _routine("geev", a.dtype)(a, compute_vl=left, compute_vr=right)
    if a.dtype.kind != "c":
        vl, vr = (_complex_vectors(values[1], found) if wanted else None for found, wanted in ((vl, left), (vr, right)))
    return *values, vl if left else None, vr if right else None, info


def _complex_vectors(imaginary: Array, packed: Array) -> Array:
    """Of a conjugate pair of eigenvalues LAPACK gives the real and the imaginary part of the first vector."""
    first = np.flatnonzero(imaginary > 0)
    vectors = packed.astype(np.result_type(packed, 1j))
    vectors[:, first] += 1j * packed[:, first + 1]
    vectors[:, first + 1] = np.conj(vectors[:, first])
    return vectors


def _unsorted(*value: float) -> None:
    """SciPy asks for a function that chooses eigenvalues, and does not call it."""


def gees(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """The Schur form, Schur vectors, eigenvalues, and how many were sorted in front: none."""
    call.letter("sort", "N")
    vectors = call.letter("mode", "VN") == "V"
    form, count, *values, found, _, info = _routine("gees", a.dtype)(_unsorted, a, compute_v=vectors)
    return form, found if vectors else None, *values, count, info


def gtsv(call: LapackCall, lower: Array, diagonal: Array, upper: Array, b: Array) -> tuple[Any, ...]:
    """A system with three diagonals, by elimination with pivots. `lower[0]` and `upper[-1]` are not read."""
    size = len(diagonal)
    if size < 2:
        failed = size == 1 and diagonal[0] == 0
        return lower, diagonal, upper, b if failed or not size else b / diagonal, int(failed)
    second, pivots, first, x, info = _routine("gtsv", b.dtype)(lower[1:], diagonal, upper[:-1], b)
    return np.append(lower[:1], second), pivots, np.append(first, upper[-1:]), x, info


def lu_decomposition(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Triangular factors, the rows that changed places, from 0, and the permutation of all."""
    factors, pivots, _ = getrf(call, a)
    return factors, pivots - 1, _permutation(pivots - 1, a.shape[0])


def _permutation(pivots: Array, size: int) -> Array:
    order = np.arange(size)
    for place, other in enumerate(pivots.tolist()):
        if 0 <= other < size:
            order[[place, other]] = order[[other, place]]
    return order


def lu_pivots_to_permutation(call: LapackCall, pivots: Array) -> tuple[Any, ...]:
    """The order that exchanges of rows lead to."""
    return (_permutation(pivots, call.sizes["m"] or 0),)


def gtsv2(call: LapackCall, *operands: Array) -> tuple[Any, ...]:
    """The solution alone."""
    return (gtsv(call, *operands)[3],)


def tridiagonal_solve_perturbed(
    call: LapackCall, lower: Array, diagonal: Array, upper: Array, b: Array
) -> tuple[Any, ...]:
    """Solutions of systems with three diagonals that may be singular: finite ones, of a matrix that rounding cannot tell from it.

    Gaussian elimination with pivots; one that a solution would overflow by is larger by eps times the largest number of
    the triangular factor. Source: LAPACK's documentation of lagtf and lagts.
    """
    size, kind = len(diagonal), np.finfo(diagonal.dtype)
    rows = np.zeros((3, size + 2), diagonal.dtype)  # the factor's diagonals, with nothing beyond the end
    rows[0, :size], rows[1, : size - 1] = diagonal, upper[: size - 1]
    right = np.concatenate([b, np.zeros((2, b.shape[1]), b.dtype)])
    for place in range(size - 1):
        below = np.array([lower[place + 1], rows[0, place + 1], rows[1, place + 1]])
        top = rows[:, place].copy()
        if abs(below[0]) > abs(top[0]):
            top, below = below, top
            right[[place, place + 1]] = right[[place + 1, place]]
        factor = below[0] / top[0] if top[0] != 0 else top[0]
        rows[:, place] = top
        rows[:2, place + 1] = below[1:] - factor * top[1:]
        right[place + 1] -= factor * right[place]
    change = max(kind.eps * np.abs(rows).max(initial=0), kind.tiny)
    for place in reversed(range(size)):
        value = right[place] - rows[1, place] * right[place + 1] - rows[2, place] * right[place + 2]
        pivot, least = rows[0, place], max(kind.tiny, np.abs(value).max(initial=0) / kind.max)
        if abs(pivot) < least:
            pivot = pivot + np.copysign(max(change, least), pivot.real).astype(pivot.dtype)
        right[place] = value / pivot
    return (right[:size],)


def eigh(call: LapackCall, a: Array) -> tuple[Any, ...]:
    """Eigenvectors and eigenvalues in ascending order; NaN where that fails."""
    values, vectors, info = _routine("syevd", a.dtype)(a, lower=call.letter("uplo", "LU") == "L")
    return (vectors, values) if info == 0 else (vectors * np.nan, values * np.nan)


WITH_NOTHING: Final = ("LuDecomposition", "geqp3", "gesdd", "gesvd", "gesvdj", "lu_pivots_to_permutation", "ormqr")
"""Routines that have something to say of an empty matrix."""

ROUTINES: Final[Mapping[str, Routine]] = {
    "gees": gees,
    "geev": geev,
    "gehrd": gehrd,
    "geqp3": geqp3,
    "geqrf": geqrf,
    "gesdd": gesdd,
    "gesvd": gesvd,
    "getrf": getrf,
    "gtsv": gtsv,
    "orgqr": orgqr,
    "ormqr": ormqr,
    "potrf": potrf,
    "syevd": syevd,
    "sytrd": sytrd,
    "trsm": trsm,
    "Eigh": eigh,
    "LuDecomposition": lu_decomposition,
    "gesvdj": gesvdj,
    "gtsv2": gtsv2,
    "lu_pivots_to_permutation": lu_pivots_to_permutation,
    "tridiagonal_solve_perturbed": tridiagonal_solve_perturbed,
}
"""From the name of a routine to its meaning."""
