"""Eigenvalues of Hermitian matrices and singular values, by Jacobi's rotations of columns.

Rotations of pairs of columns make all columns of a matrix orthogonal to each other (Hestenes' one-sided method). In a
step every column is in one pair, all pairs of all matrices of a batch are rotated at once, and n - 1 steps, a sweep, bring
each column together with each other one (the schedule of a tournament). Columns are kept as rows: so they lie together in
memory. Vectors are determined up to a factor, of which rounding would decide: see `factors_of`.
Sources: R. Brent and F. Luk, "The solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays";
G. Golub and C. Van Loan, "Matrix Computations", 8.5 and 8.6.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.ir.types import dtype_of, i32
from couloir.passes.formulas import (
    Array,
    State,
    complex_of,
    concatenate,
    count_up,
    eye,
    full,
    matmul,
    repeat,
    scalar,
    sorted_along,
)
from couloir.passes.lapack.householder import geqrf, hermitian_of, orgqr

SWEEPS: Final = 40
"""After so many sweeps without success a matrix is given up; ten are many."""
NOT_FINITE: Final = -4
"""What XLA's kernel of gesdd says of a matrix with infinities or NaNs."""


def orthogonalizing(rows: Array) -> tuple[Array, Array]:
    """The unitary matrices [batch, n, n] whose products with matrices [batch, n, m] have rows that are orthogonal to each other.

    Returns:
        These, and for each matrix whether that succeeded, [batch, 1, 1].
    """
    batch, count, width = rows.shape
    odd = count % 2
    whole = concatenate([rows, eye(batch, count, count, rows.element)], 2)
    if odd:
        whole = concatenate([whole, full(0, (batch, 1, whole.shape[2]), rows.element)], 1)
    half = (count + odd) // 2
    eps = float(np.finfo(dtype_of(rows.element)).eps)
    tolerance = eps * max(8, width)

    def step(place: Array, state: State) -> State:
        first, second, worst = state
        first, second, angle = _rotated(first, second, width, eps)
        worst = worst.maximum(angle)
        if half > 1:
            first, second = (
                concatenate([first.part(1, 0, 1), second.part(1, 0, 1), first.part(1, 1, half - 1)], 1),
                concatenate([second.part(1, 1, half), first.part(1, half - 1, half)], 1),
            )
        return [first, second, worst]

    def sweep(state: State) -> State:
        number, first, second, worst = state
        return [number + 1, *count_up(2 * half - 1, step, [first, second, worst.number(0)])]

    def goes_on(state: State) -> Array:
        number, _, _, worst = state
        return (worst > tolerance).any(0, 1, 2).reshape() & (number < SWEEPS)

    worst = full(1 if count > 1 else 0, (batch, 1, 1), rows.real.element)
    parts = whole.part(1, 0, half), whole.part(1, half, 2 * half)
    _, first, second, worst = repeat(goes_on, sweep, [scalar(0, i32), *parts, worst])
    whole = concatenate([first, second], 1).part(1, 0, count)
    return _more_unitary(whole.part(2, width, whole.shape[2])), worst <= tolerance


def _more_unitary(basis: Array) -> Array:
    """Rows that are nearly orthonormal, with the square of their error: a step of Newton's method for the polar factor."""
    return basis * 1.5 - matmul(matmul(basis, basis.adjoint()), basis) * 0.5


def _refined(basis: Array, matrix: Array) -> Array:
    """Rows that are nearly eigenvectors, with the square of their error, where eigenvalues are far enough from each other.

    Thousands of rotations leave errors that are as large as a hundred rounding errors. Perturbation theory, to the first
    order, takes them away. Source: T. Ogita and K. Aishima, "Iterative refinement for symmetric eigenvalue decomposition".
    """
    product = matmul(basis.conj(), matmul(basis, matrix.turned()).turned())
    product = (product + product.adjoint()) * 0.5  # what is mixed is then a rotation
    row, column = product.along(1), product.along(2)
    values = product.real.where(row.is_(column), 0).sum(2)
    gap = values.turned() - values
    beside = product.where(row.is_not(column), 0)
    least = product.shape[1] * float(np.finfo(dtype_of(basis.element)).eps) ** -0.25  # what is left is its fourth power
    apart = abs(gap) > abs(beside) * least
    mixing = (beside / gap.where(apart, 1)).where(apart, 0)
    return _more_unitary(basis + matmul(mixing.turned(), basis))


def _rotated(first: Array, second: Array, width: int, eps: float) -> tuple[Array, Array, Array]:
    """Pairs of rows rotated such that they are orthogonal in `width` columns; and the largest cosine of an angle before."""
    x, y = first.part(2, 0, width), second.part(2, 0, width)
    one, two, both = x.squared().sum(2), y.squared().sum(2), (x.conj() * y).sum(2)
    size = abs(both)
    lengths = one.sqrt(), two.sqrt()
    longest = lengths[0].maximum(lengths[1]).max(1)
    counts = (lengths[0] > longest * eps) & (lengths[1] > longest * eps)  # shorter rows are zero, up to rounding
    cosine = (size / (lengths[0] * lengths[1]).where(counts, 1)).where(counts, 0)
    apart = cosine > eps / 8
    safe = size.where(apart, 1)
    half = (two - one) / (safe * 2)
    tangent = half.number(1).where(half >= 0, -1) / (abs(half) + (half * half + 1).sqrt())
    tangent = tangent.where(apart, 0)
    c = 1 / (tangent * tangent + 1).sqrt()
    s = c * tangent
    if first.is_complex:
        phase = complex_of((both.real / safe).where(apart, 1), (-both.imag / safe).where(apart, 0))
    else:
        phase = both.number(1).where(both >= 0, -1)
    turned = second * phase
    small = s / (c + 1)
    return first - (turned + first * small) * s, turned + (first - turned * small) * s, cosine.max(1)


def factors_of(vectors: Array) -> Array:
    """For each row the number of size 1 that makes its first large element real and positive: [batch, n, 1].

    Large is what is at least half as large as the largest one, so that rounding does not change which one is first.
    """
    size = abs(vectors)
    column = vectors.along(2)
    first = column.where(size >= size.max(2) * 0.5, vectors.shape[2]).min(2)
    found = vectors.where(column.is_(first), 0).sum(2)
    length = abs(found)
    length = length.where(length > 0, 1)
    return found.conj() / length


def _scaled(a: Array) -> tuple[Array, Array, Array]:
    """Matrices with numbers of at most about 1, the factors [batch, 1, 1], and whether all numbers are finite."""
    largest = a.abs1().max(1, 2)
    finite = largest < float("inf")
    scale = largest.where(finite & (largest > 0), 1)
    return a / scale, scale, finite


def syevd(a: Array, *, lower: bool, vectors: bool) -> State:
    """Eigenvectors as columns, eigenvalues in ascending order [batch, n], and 1 where that fails.

    The shift makes all eigenvalues positive, so that orthogonal columns belong to different ones: without it, those of 1
    and -1 could not be told apart.
    """
    batch, size, _ = a.shape
    if not size:
        return [a, full(0, (batch, 0), a.real.element), full(0, (batch,), i32)]
    matrix, scale, finite = _scaled(hermitian_of(a, lower=lower))
    shift = matrix.abs1().sum(2).max(1) * 2
    diagonal = matrix.along(1).is_(matrix.along(2))
    rows = (matrix + shift.to(a.element)).where(diagonal, matrix).turned()
    basis, done = orthogonalizing(rows)
    basis = _refined(basis, matrix)
    basis = basis * factors_of(basis)
    values = (basis.conj() * matmul(basis, matrix.turned())).sum(2).real * scale
    wide = values.broadcast(batch, size, size)
    if vectors:
        wide, basis = sorted_along(1, wide, basis)
    else:
        (wide,) = sorted_along(1, wide)
    failed = full(1, (batch,), i32).where(~(done & finite).reshape(batch), 0)
    return [basis.turned(), wide.part(2, 0, 1).reshape(batch, size), failed]


def gesdd(a: Array, *, mode: str) -> State:
    """Singular values in descending order [batch, k], left vectors, adjoint right vectors, and what is not 0 where that fails.

    Args:
        a: The matrices.
        mode: Of vectors "A", all; "S", as many as there are values; "N", none.
    """
    batch, rows, columns = a.shape
    if rows < columns:
        values, left, right, info = gesdd(a.adjoint(), mode=mode)
        return [values, right.adjoint(), left.adjoint(), info]
    matrix, scale, finite = _scaled(a)
    basis, done = orthogonalizing(matrix.turned())
    images = matmul(basis, matrix.turned())
    sizes = images.squared().sum(2).sqrt()
    info = full(1, (batch,), i32).where(~done.reshape(batch), 0).where(finite.reshape(batch), NOT_FINITE)
    both = concatenate([images, basis], 2) * factors_of(basis)
    key, both = sorted_along(1, (-sizes).broadcast(*both.shape), both)
    values = (-key.part(2, 0, 1) * scale).reshape(batch, columns)
    images, basis = both.part(2, 0, rows).turned(), both.part(2, rows, both.shape[2])
    if mode == "N":
        return [values, full(0, (batch, rows, 0), a.element), full(0, (batch, 0, columns), a.element), info]
    # The columns are orthogonal, so that R is diagonal; Q goes on where columns are zero.
    packed, taus = geqrf(images)
    wanted = rows if mode == "A" else columns
    signs = packed.where(packed.along(1).is_(packed.along(2)), 0).sum(1).real
    signs = signs.number(1).where(signs >= 0, -1)
    more = wanted - columns
    if more:
        packed = concatenate([packed, full(0, (batch, rows, more), a.element)], 2)
        signs = concatenate([signs, full(1, (batch, 1, more), signs.element)], 2)
    (left,) = orgqr(packed, taus)
    return [values, left * signs, basis.conj(), info]
