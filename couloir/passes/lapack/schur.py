"""Schur forms and eigenvalues of any square matrix, by Francis' algorithm: QR with two shifts at a time, implicitly.

The matrix is brought to Hessenberg form; sweeps of reflections of three neighbouring rows and columns make its
subdiagonal small, from the end on; blocks of two are solved directly. Of real matrices a block with two complex
eigenvalues stays. One matrix after the other, as each needs its own number of sweeps. Sources: G. Golub and C. Van
Loan, "Matrix Computations", 7.5 and 7.6; LAPACK's documentation (hqr, lanv2, trevc, geev).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, dtype_of, i32
from couloir.passes.formulas import (
    Array,
    State,
    choose,
    complex_of,
    concatenate,
    count_up,
    eye,
    full,
    matmul,
    repeat,
    scalar,
)
from couloir.passes.lapack.householder import apply_left, apply_right, gehrd, orgqr, reflector
from couloir.passes.lapack.jacobi import factors_of

SWEEPS: Final = 30
"""So many sweeps a row is allowed on average; two or three are usual."""
EXCEPTIONAL: Final = 10
"""After so many sweeps without success a shift is made up, lest they go round in a circle."""


def gees(a: Array) -> State:
    """Schur forms T, unitary Z with Z T Z^H = a, and for each matrix 0, or a number that says that it failed."""
    form, scale, basis, failed = _scaled_forms(a)
    return [form * scale, basis, failed]


def _scaled_forms(a: Array) -> State:
    """The same of matrices whose largest numbers are 1, and what they have to be multiplied with, [batch, 1, 1]."""
    batch, size, _ = a.shape
    largest = a.abs1().max(1, 2)
    finite = largest < float("inf")
    scale = largest.where(finite & (largest > 0), 1)
    packed, taus = gehrd((a / scale).where(finite, 0), 1, size)
    form = packed.where(packed.along(1) <= packed.along(2) + 1, 0)
    basis = eye(batch, size, size, a.element)
    if size > 1:
        (inner,) = orgqr(packed.part(1, 1, size).part(2, 0, size - 1), taus)
        inner = concatenate([full(0, (batch, 1, size - 1), a.element), inner], 1)
        basis = concatenate([basis.part(2, 0, 1), inner], 2)

    def solve(place: Array, state: State) -> State:
        forms, bases, failed = state
        form, basis, left = _schur(forms.at(0, place), bases.at(0, place))
        return [
            forms.with_at(0, place, form),
            bases.with_at(0, place, basis),
            failed.with_at(0, place, left.reshape(1)),
        ]

    form, basis, failed = count_up(batch, solve, [form, basis, full(0, (batch,), i32)])
    if form.is_complex:  # the phases of the columns are open: rounding would decide of them
        factors = factors_of(basis.turned())
        basis, form = basis * factors.turned(), factors.conj() * form * factors.turned()
    return [form, scale, basis, full(1, (batch,), i32).where(~finite.reshape(batch), failed)]


def _schur(form: Array, basis: Array) -> tuple[Array, Array, Array]:
    """Of one matrix in Hessenberg form [1, n, n], and what led there: the Schur form; and how many rows were not finished.

    A row and a column of zeros at the end let the last reflections of a sweep take three of them as well.
    """
    size = form.shape[1]
    form = concatenate([form, full(0, (1, 1, size), form.element)], 1)
    form = concatenate([form, full(0, (1, size + 1, 1), form.element)], 2)
    basis = concatenate([basis, full(0, (1, size, 1), basis.element)], 2)

    def goes_on(state: State) -> Array:
        _, _, end, _, total = state
        return (end > 0) & (total < SWEEPS * max(size, 10))

    def step(state: State) -> State:
        form, basis, end, tries, total = state
        form = _with_small_ones_zero(form)
        row, column = form.along(1), form.along(2)
        gone = form.is_(0) & row.is_(column + 1) & (row <= end)
        start = row.where(gone, 0).max(1, 2).reshape()

        def finish() -> State:
            other, along, moved = choose(
                start.is_(end),
                lambda: [form, basis, end - 1],
                lambda: [*_block_solved(form, basis, start), end - 2],
            )
            return [other, along, moved, tries.number(0)]

        def sweep() -> State:
            return [*_swept(form, basis, start, end, tries), end, tries + 1]

        made = choose(start >= end - 1, finish, sweep) if size > 2 else finish()
        return [*made, total + 1]

    zero = scalar(0, i32)
    form, basis, end, _, _ = repeat(goes_on, step, [form, basis, scalar(size - 1, i32), zero, zero])
    form = form.part(1, 0, size).part(2, 0, size)
    row, column = form.along(1), form.along(2)
    form = form.where(row <= column + (0 if form.is_complex else 1), 0)
    return form, basis.part(2, 0, size), end.maximum(0)


def _with_small_ones_zero(form: Array) -> Array:
    """The elements below the diagonal that are small beside their neighbours on the diagonal are zero.

    Neighbours may vanish themselves. The largest elements are around 1, and what is so small that products of three of it
    do is far below the rounding errors of those.
    """
    kind = np.finfo(dtype_of(form.element))
    row, column = form.along(1), form.along(2)
    size = form.abs1()
    diagonal = size.where(row.is_(column), 0)
    beside = diagonal.max(2).broadcast(*form.shape) + diagonal.max(1)
    least = (beside * float(kind.eps)).maximum(float(kind.tiny) ** (1 / 3))
    return form.where(~(row.is_(column + 1) & (size <= least)), 0)


def _held(array: Array) -> Array:
    """An array that is computed here: what is written next does not wait for reading it, and need not be copied for that."""
    made: Any = hlo.OptimizationBarrier([array.value]).outputs[0]
    return Array(made)


def _element(matrix: Array, row: Array, column: Array) -> Array:
    return matrix.at(1, row).at(2, column)


def _whole(number: Array) -> Array:
    """A real number as a complex one."""
    return complex_of(number, number.number(0))


def _swept(form: Array, basis: Array, start: Array, end: Array, tries: Array) -> State:
    """A sweep over the rows from `start` to `end`, three or more."""
    before = end - 1
    made_up = _element(form, end, before).abs1() + _element(form, before, before - 1).abs1()
    usual = ((tries + 1) / EXCEPTIONAL * EXCEPTIONAL).is_not(tries + 1)
    last = _element(form, end, end)
    x = last.where(usual, last + (made_up * 0.75).to(form.element))
    y = _element(form, before, before).where(usual, x)
    w = _element(form, end, before) * _element(form, before, end)
    w = w.where(usual, (made_up * made_up * -0.4375).to(form.element))
    p, q = _element(form, start, start), _element(form, start, start + 1)
    r, s = _element(form, start + 1, start), _element(form, start + 1, start + 1)
    # The first column of (form - shift) (form - other shift), which is all that the shifts are needed for; written with
    # differences, as eigenvalues that are close to each other would be lost in sums.
    first = [(x - p) * (y - p) - w + q * r, r * ((s - p) - (x - p) - (y - p)), r * _element(form, start + 2, start + 1)]
    opening = _held(concatenate(first, 1))

    def step(number: Array, state: State) -> State:
        form, basis = state
        place = start + number
        column = opening.where(number.is_(0), form.at(1, place, 3).at(2, place - 1))
        column = column.where(column.along(1).is_not(2) | (place < end - 1), 0)
        vector, tau, beta = (_held(made) for made in reflector(_held(column), scalar(0, i32)))
        rows = _held(form.at(1, place, 3))
        left = beta.to(form.element).where(rows.along(1).is_(0), 0)
        done = rows.along(2).is_(place - 1) & (number > 0)
        rows = left.where(done, apply_left(rows, vector, tau.conj()))
        form = form.with_at(1, place, _held(rows))

        def columns(matrix: Array) -> Array:
            return matrix.with_at(2, place, _held(apply_right(_held(matrix.at(2, place, 3)), vector, tau)))

        return [columns(form), columns(basis)]

    return count_up(end - start, step, [form, basis])


def _rotated(form: Array, basis: Array, place: Array, first: Array, second: Array) -> State:
    """Two rows and columns from `place` on transformed such that the vector (first, second) becomes the first of the basis.

    The vectors are [batch, 1, 1]. One of length zero stands for no rotation.
    """
    length = (first.squared() + second.squared()).sqrt()
    there = length > 0
    safe = length.where(there, 1)
    first, second = _held((first / safe).where(there, 1)), _held((second / safe).where(there, 0))
    one, two = _held(form.at(1, place)), _held(form.at(1, place + 1))
    rows = concatenate([first.conj() * one + second.conj() * two, first * two - second * one], 1)

    def columns(matrix: Array) -> Array:
        one, two = _held(matrix.at(2, place)), _held(matrix.at(2, place + 1))
        made = concatenate([one * first + two * second, two * first.conj() - one * second.conj()], 2)
        return matrix.with_at(2, place, _held(made))

    return [columns(form.with_at(1, place, _held(rows))), columns(basis)]


def _block_solved(form: Array, basis: Array, place: Array) -> State:
    """The block of two at `place` made triangular; of a pair of complex eigenvalues, in a real matrix, with an equal diagonal."""
    following = place + 1
    a, b = _element(form, place, place), _element(form, place, following)
    c, d = _element(form, following, place), _element(form, following, following)
    half = (a - d) * 0.5
    square = half * half + b * c
    triangular = square.is_(square) if form.is_complex else square >= 0
    root = square.sqrt() if form.is_complex else square.where(triangular, 0).sqrt()
    plus, minus = half + root, half - root
    first, second = plus.where(plus.squared() >= minus.squared(), minus), c
    if not form.is_complex:
        total = b + c
        length = (total * total + (a - d) * (a - d)).sqrt()
        length = length.where(length > 0, 1)
        cosine = ((abs(total) / length + 1) * 0.5).sqrt()
        sine = -half / (length * cosine) * total.number(1).where(total >= 0, -1)
        first, second = first.where(triangular, cosine), second.where(triangular, sine)
    form, basis = _rotated(form, basis, place, first, second)
    row, column = form.along(1), form.along(2)
    form = form.where(~(row.is_(following) & column.is_(place) & triangular), 0)
    mean = (_element(form, place, place) + _element(form, following, following)) * 0.5
    diagonal = row.is_(column) & (row.is_(place) | row.is_(following))
    return [mean.where(diagonal & ~triangular, form), basis]


def eigenvalues_of(form: Array) -> tuple[Array, Array]:
    """Real and imaginary parts [batch, n] of what a Schur form has on its diagonal; of pairs first the one above."""
    batch, size, _ = form.shape
    row, column = form.along(1), form.along(2)
    diagonal = form.where(row.is_(column), 0).sum(2).reshape(batch, size)
    if form.is_complex or not size:
        return diagonal.real, diagonal.imag
    below = form.where(row.is_(column + 1), 0).sum(1).reshape(batch, size)  # at i: element i+1, i
    above = form.where(column.is_(row + 1), 0).sum(2).reshape(batch, size)
    size_of_pair = abs(below).sqrt() * abs(above).sqrt()
    moved = concatenate([full(0, (batch, 1), form.element), size_of_pair.part(1, 0, size - 1)], 1)
    return diagonal, size_of_pair - moved


def triangular_of(form: Array, basis: Array) -> tuple[Array, Array]:
    """The complex Schur form of a real one: its blocks of two made triangular."""
    size = form.shape[1]
    form, basis = _whole(form), _whole(basis)

    def step(place: Array, state: State) -> State:
        form, basis = state
        following = place + 1
        a, b = _element(form, place, place), _element(form, place, following)
        c, d = _element(form, following, place), _element(form, following, following)
        half = (a - d) * 0.5
        root = (half * half + b * c).sqrt()
        first = (half + root).where(c.is_not(0), 1)  # of a pair: the eigenvalue above comes first
        return _rotated(form, basis, place, first, c)

    form, basis = count_up(size - 1, step, [form, basis])
    return form.where(form.along(1) <= form.along(2), 0), basis


def vectors_of(form: Array) -> Array:
    """Right eigenvectors, as columns [batch, n, n], of upper triangular matrices, by substitution of all at once.

    Where two eigenvalues are equal up to rounding the difference is replaced by what rounding makes of it; columns are
    scaled in each step, so that nothing overflows.
    """
    size = form.shape[1]
    eps = float(np.finfo(dtype_of(form.element)).eps)
    diagonal = form.where(form.along(1).is_(form.along(2)), 0)
    values = diagonal.sum(1)
    largest = form.abs1().max(1, 2)
    least = largest.where(largest > 0, 1) * eps

    def step(number: Array, state: State) -> State:
        vectors = state[0]
        place = size - 1 - number
        row = form.at(1, place)
        image = matmul(row.where(row.along(2) > place, 0), vectors)
        gap = values.at(2, place) - values
        close = gap.abs1() < least
        gap = gap.where(~close, _whole(least).broadcast(*gap.shape))
        column = vectors.along(2)
        made = (-image / gap).where(column > place, image.number(1).where(column.is_(place), 0))
        vectors = vectors.with_at(1, place, made)
        longest = vectors.abs1().max(1)
        return [vectors / longest.where(longest > 1, 1)]

    (vectors,) = count_up(size, step, [full(0, form.shape, form.element)])
    return vectors


def normalized(vectors: Array) -> Array:
    """Columns of length 1 whose largest element is real and positive, as those of geev."""
    longest = vectors.abs1().max(1)
    vectors = vectors / longest.where(longest > 0, 1)
    squares = vectors.squared()
    length = squares.sum(1).sqrt()
    row = vectors.along(1)
    first = row.where(squares >= squares.max(1), vectors.shape[1]).min(1)
    largest = vectors.where(row.is_(first), 0).sum(1)
    size = abs(largest)
    phase = largest.conj() / size.where(size > 0, 1)
    return vectors * phase / length.where(length > 0, 1)


def geev(a: Array, *, left: bool, right: bool) -> State:
    """Eigenvalues as real and imaginary parts [batch, n]; left and right eigenvectors, or zeros; and what failed."""
    batch, size, _ = a.shape
    form, scale, basis, failed = _scaled_forms(a)
    real, imag = eigenvalues_of(form * scale)
    complex_element = a.element if a.is_complex else ComplexType(a.element)
    nothing = full(0, a.shape, complex_element)
    if left or right:
        triangular, basis = (form, basis) if a.is_complex else triangular_of(form, basis)
    else:
        return [real, imag, nothing, nothing, failed]
    found: State = []
    for wanted, turned in ((left, True), (right, False)):
        if not wanted:
            found.append(nothing)
            continue
        # Left eigenvectors are right ones of the adjoint, which is upper triangular when it is read backwards.
        matrix = triangular.adjoint().reversed(1, 2) if turned else triangular
        vectors = vectors_of(matrix)
        vectors = vectors.reversed(1, 2) if turned else vectors
        vectors = normalized(matmul(basis, vectors))
        if not a.is_complex:
            is_real = imag.is_(0).reshape(batch, 1, size)
            vectors = complex_of(vectors.real, vectors.imag.where(~is_real, 0))
        found.append(vectors)
    return [real, imag, *found, failed]
