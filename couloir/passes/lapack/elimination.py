"""Gaussian elimination: triangular factors with pivoting of rows, Cholesky factors, systems with three diagonals.

Matrices are [batch, rows, columns]; all of a batch are eliminated at once, a column in each step. Sources: LAPACK's
documentation (getf2, potrf, gtsv); G. Golub and C. Van Loan, "Matrix Computations", 3.4, 4.2 and 4.3.
"""

from __future__ import annotations

import numpy as np

from couloir.ir.types import dtype_of, i32
from couloir.passes.formulas import Array, State, count_up, full, iota
from couloir.passes.triangular_matrices import cholesky_factor


def getrf(a: Array) -> State:
    """Both factors in one matrix; the row that each row changed places with, from 1; and the first pivot that is 0, from 1."""
    batch, rows, columns = a.shape
    count = min(rows, columns)

    def step(place: Array, state: State) -> State:
        matrix, pivots, info = state
        row, beyond = matrix.along(1), matrix.along(2)
        column = matrix.at(2, place)
        size = column.abs1()
        size = size.where(row >= place, -1)
        best = size.is_(size.max(1)) | (size.is_nan() & (row >= place))
        chosen = row.where(best, rows - 1).min(1)
        here, there = row.is_(place), row.is_(chosen)
        mine, theirs = matrix.at(1, place), matrix.where(there, 0).sum(1)
        matrix = theirs.where(here, mine.where(there, matrix))
        pivot = theirs.at(2, place)
        failed = pivot.is_(0)
        factor = matrix.at(2, place)
        factor = (factor / pivot.where(~failed, 1)).where(row > place, 0)
        rest = matrix - factor * theirs.where(beyond > place, 0)
        matrix = factor.where((row > place) & beyond.is_(place), rest)
        info = (place + 1).where(failed.reshape(batch) & info.is_(0), info)
        return [matrix, pivots.with_at(1, place, chosen.reshape(batch, 1) + 1), info]

    return count_up(count, step, [a, full(0, (batch, count), i32), full(0, (batch,), i32)])


def permutation(pivots: Array, size: int) -> Array:
    """The order [batch, size] of rows of which one after the other changes places with the row that `pivots` names, from 0."""
    batch, count = pivots.shape
    rows = iota((1, size), 1)

    def step(place: Array, state: State) -> State:
        order = state[0]
        other = pivots.at(1, place)
        other = other.where((other >= 0) & (other < size), place)
        mine, theirs = order.at(1, place), order.where(rows.is_(other), 0).sum(1)
        return [theirs.where(rows.is_(place), mine.where(rows.is_(other), order))]

    (order,) = count_up(count, step, [rows.broadcast(batch, size)])
    return order


def potrf(a: Array, *, lower: bool) -> State:
    """The Cholesky factor in its triangle, the other one as it was; and the first minor that is not positive, from 1."""
    batch, size, _ = a.shape
    factor = cholesky_factor(a, lower=lower)
    row, column = a.along(1), a.along(2)
    made = factor.where(row >= column if lower else row <= column, a)
    number = a.along(1)
    diagonal = factor.real.where(number.is_(column), 0).sum(2)
    first = number.where(~(diagonal > 0), size).min(1).reshape(batch)
    return [made, (first + 1).where(first < size, 0)]


def gtsv(lower: Array, diagonal: Array, upper: Array, b: Array, *, perturbed: bool = False) -> State:
    """Solutions of systems with three diagonals, with pivoting: also what is left of the diagonals, and the pivot that is 0.

    With `perturbed` a pivot that a solution would overflow by is larger by eps times the largest number of the
    triangular factor (LAPACK's lagtf and lagts), so that solutions are finite.

    Diagonals are [batch, n], of which `lower[0]` and `upper[n-1]` are not read; b is [batch, n, columns].
    """
    batch, size = diagonal.shape

    def eliminate(place: Array, state: State) -> State:
        second, pivots, first, right = state
        following = place + 1
        inside = following < size - 1
        pivot, beside, below = pivots.at(1, place), first.at(1, place), second.at(1, following)
        next_pivot, next_beside = pivots.at(1, following), first.at(1, following)
        kept = pivot.abs1() >= below.abs1()
        top, bottom = pivot.where(kept, below), below.where(kept, pivot)
        factor = bottom / top.where(top.is_not(0), 1)
        above, under = beside.where(kept, next_pivot), next_pivot.where(kept, beside)
        far = next_beside.number(0).where(kept, next_beside).where(inside, below.number(0) if perturbed else below)
        next_beside = (-factor * next_beside).where(inside & ~kept, next_beside)
        mine, theirs = right.at(1, place), right.at(1, following)
        kept, factor = kept.reshape(batch, 1, 1), factor.reshape(batch, 1, 1)
        mine, theirs = mine.where(kept, theirs), theirs.where(kept, mine)
        return [
            second.with_at(1, following, far),
            pivots.with_at(1, place, top).with_at(1, following, under - factor.reshape(batch, 1) * above),
            first.with_at(1, place, above).with_at(1, following, next_beside),
            right.with_at(1, place, mine).with_at(1, following, theirs - factor * mine),
        ]

    second, pivots, first, right = count_up(size - 1, eliminate, [lower, diagonal, upper, b])
    kind = np.finfo(dtype_of(diagonal.element))
    inner = first.along(1)
    largest = abs(pivots).maximum(abs(first).where(inner < size - 1, 0)).maximum(abs(second).where(inner > 0, 0))
    change = (largest.max(1) * float(kind.eps)).maximum(float(kind.tiny)) if size else largest

    def substitute(number: Array, state: State) -> State:
        place = size - 1 - number
        value = state[0].at(1, place)
        for distance, factors in ((1, first.at(1, place)), (2, second.at(1, place + 1))):
            other = state[0].at(1, place + distance).where(place < size - distance, 0)
            value = value - factors.where(place < size - distance, 0).reshape(batch, 1, 1) * other
        pivot = pivots.at(1, place).reshape(batch, 1, 1)
        if perturbed:
            least = (abs(value).max(2) * float(1 / kind.max)).maximum(float(kind.tiny))
            more = change.reshape(batch, 1, 1).maximum(least)
            more = more.where(pivot.real >= 0, -more)
            pivot = (pivot + more.to(pivot.element)).where(abs(pivot) < least, pivot)
        return [state[0].with_at(1, place, value / pivot)]

    (solution,) = count_up(size, substitute, [right])
    number = pivots.along(1)
    failed = number.where(pivots.is_(0), size).min(1).reshape(batch)
    return [second, pivots, first, solution, (failed + 1).where(failed < size, 0)]
