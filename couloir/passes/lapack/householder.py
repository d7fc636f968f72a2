"""Householder's reflections I - tau v v^H: QR, Hessenberg and tridiagonal forms, and products of reflections.

Matrices are [batch, rows, columns]; all of a batch are transformed at once, a column in each step. Signs, scalings and
what lies where are LAPACK's (larfg, geqr2, gehd2, hetd2, orgqr, ormqr). Sources: LAPACK's documentation; G. Golub and
C. Van Loan, "Matrix Computations", 5.1, 5.2, 5.4, 7.4 and 8.3.
"""

from __future__ import annotations

from couloir.passes.formulas import Array, State, count_up, eye, full


def reflector(column: Array, place: Array, end: int | None = None) -> tuple[Array, Array, Array]:
    """The reflection that leaves zeros below `place` in a column [batch, rows, 1].

    Args:
        column: Its numbers above `place` do not matter.
        place: The row whose number stays, a scalar.
        end: Rows from here on do not matter either.

    Returns:
        The vector v [batch, rows, 1], which is 1 at `place`; tau; and what is left at `place`, a real number. These are
        [batch, 1, 1].
    """
    row = column.along(1)
    below = row > place
    if end is not None:
        below = below & (row < end)
    here = row.is_(place)
    alpha = column.where(here, 0).sum(1)
    rest = column.where(below, 0)
    largest = rest.abs1().max(1).maximum(alpha.abs1())
    scale = largest.where(largest > 0, 1)  # scaled numbers neither overflow nor vanish when they are squared
    trivial = rest.abs1().max(1).is_(0) & alpha.imag.is_(0)
    alpha, rest = alpha / scale, rest / scale
    norm = (rest.squared().sum(1) + alpha.squared()).sqrt()
    beta = alpha.real.where(trivial, (-norm).where(alpha.real >= 0, norm))
    whole = beta.to(column.element)
    tau = ((whole - alpha) / whole.where(~trivial, 1)).where(~trivial, 0)
    vector = rest / (alpha - whole).where(~trivial, 1)
    return vector.where(~here, 1), tau, beta * scale


def apply_left(matrix: Array, vector: Array, tau: Array) -> Array:
    """(I - tau v v^H) matrix."""
    return matrix - vector * (tau * (vector.conj() * matrix).sum(1))


def apply_right(matrix: Array, vector: Array, tau: Array) -> Array:
    """matrix (I - tau v v^H)."""
    row = vector.turned()
    return matrix - (tau * (matrix * row).sum(2)) * row.conj()


def packed(column: Array, place: Array, vector: Array, beta: Array) -> Array:
    """A column as LAPACK leaves it: what is left at `place`, and the vector below it."""
    row = column.along(1)
    return column.where(row < place, beta.to(column.element).where(row.is_(place), vector))


def _column_done(matrix: Array, place: Array) -> tuple[Array, Array]:
    """A matrix after the step of a QR decomposition for one column, and the tau [batch, 1] of its reflection."""
    column = matrix.at(2, place)
    vector, tau, beta = reflector(column, place)
    beyond = matrix.along(2)
    done = packed(column, place, vector, beta).where(beyond.is_(place), apply_left(matrix, vector, tau.conj()))
    return matrix.where(beyond < place, done), tau.reshape(matrix.shape[0], 1)


def geqrf(a: Array) -> State:
    """R above, and vectors below the diagonal; the taus [batch, min(rows, columns)]."""
    batch, rows, columns = a.shape
    count = min(rows, columns)

    def step(place: Array, state: State) -> State:
        matrix, tau = _column_done(state[0], place)
        return [matrix, state[1].with_at(1, place, tau)]

    return count_up(count, step, [a, full(0, (batch, count), a.element)])


def _vector_of(a: Array, place: Array, taus: Array) -> tuple[Array, Array]:
    """The vector that column `place` holds below the diagonal, and its tau."""
    column = a.at(2, place)
    row = column.along(1)
    vector = column.where(row > place, column.number(1).where(row.is_(place), 0))
    return vector, taus.at(1, place).reshape(taus.shape[0], 1, 1)


def orgqr(a: Array, taus: Array) -> State:
    """The first columns of the product of the reflections that `a` holds."""
    batch, rows, columns = a.shape
    count = taus.shape[1]

    def step(place: Array, state: State) -> State:
        vector, tau = _vector_of(a, count - 1 - place, taus)
        return [apply_left(state[0], vector, tau)]

    return count_up(count, step, [eye(batch, rows, columns, a.element)])


def ormqr(a: Array, taus: Array, c: Array, *, left: bool, transpose: bool) -> State:
    """The product of the reflections times `c`, or `c` times it; or its adjoint."""
    count = taus.shape[1]

    def step(place: Array, state: State) -> State:
        vector, tau = _vector_of(a, count - 1 - place if left != transpose else place, taus)
        tau = tau.conj() if transpose else tau
        return [apply_left(state[0], vector, tau) if left else apply_right(state[0], vector, tau)]

    return count_up(count, step, [c])


def geqp3(a: Array, fixed: Array | None) -> State:
    """As geqrf, of columns in an order such that the numbers on the diagonal decrease; the order, from 1; the taus.

    Args:
        a: The matrices.
        fixed: [batch, columns]: columns that are not 0 here change places with the first ones. None for none.
    """
    batch, rows, columns = a.shape
    count = min(rows, columns)
    order = a.along(2).broadcast(batch, 1, columns) + 1
    settled = order.number(0).part(2, 0, 1)
    if fixed is not None and columns:

        def to_front(place: Array, state: State) -> State:
            matrix, order, settled = state
            wanted = fixed.at(1, place).reshape(batch, 1, 1).is_not(0)
            other = settled.where(wanted, place)
            return [*_exchanged([matrix, order], other, place), settled.where(~wanted, settled + 1)]

        a, order, settled = count_up(columns, to_front, [a, order, settled])

    def step(place: Array, state: State) -> State:
        matrix, order, taus = state
        rest = matrix.where((matrix.along(1) >= place) & (matrix.along(2) >= place), 0)
        largest = rest.abs1().max(1, 2)
        sizes = (rest / largest.where(largest > 0, 1)).squared().sum(1)
        sizes = sizes.where(sizes.along(2) >= place, -1)
        number = order.along(2)
        pivot = number.where(sizes.is_(sizes.max(2)) | sizes.is_nan(), columns - 1).min(2)
        pivot = place.reshape(1, 1, 1).broadcast(batch, 1, 1).where(settled > place, pivot)
        matrix, order = _exchanged([matrix, order], pivot, place)
        matrix, tau = _column_done(matrix, place)
        return [matrix, order, taus.with_at(1, place, tau)]

    a, order, taus = count_up(count, step, [a, order, full(0, (batch, count), a.element)])
    return [a, order.reshape(batch, columns), taus]


def _exchanged(arrays: State, one: Array, other: Array) -> State:
    """Columns `one`, a number for each matrix [batch, 1, 1], and `other`, a scalar, in each other's place."""
    found: State = []
    for array in arrays:
        column = array.along(2)
        here, there = column.is_(one), column.is_(other)
        mine, theirs = array.where(here, 0).sum(2), array.at(2, other)
        found.append(mine.where(there, theirs.where(here, array)))
    return found


def gehrd(a: Array, low: int, high: int) -> State:
    """A similar matrix with zeros below the first subdiagonal, where it has the vectors; and their taus [batch, n-1].

    Rows and columns `low` to `high`, counted from 1, are transformed; the others already have that form.
    """
    batch, size, _ = a.shape

    def step(number: Array, state: State) -> State:
        matrix, taus = state
        place = number + (low - 1)
        column = matrix.at(2, place)
        vector, tau, beta = reflector(column, place + 1, high)
        row, beyond = matrix.along(1), matrix.along(2)
        kept = packed(column, place + 1, vector, beta).where(row < high, column)
        matrix = matrix.where(beyond < place, kept.where(beyond.is_(place), apply_left(matrix, vector, tau.conj())))
        matrix = apply_right(matrix, vector, tau).where((row < high) & (beyond > place), matrix)
        return [matrix, taus.with_at(1, place, tau.reshape(batch, 1))]

    taus = full(0, (batch, max(size - 1, 0)), a.element)
    return count_up(high - low, step, [a, taus])


def hermitian_of(a: Array, *, lower: bool) -> Array:
    """The whole matrix of which one triangle is given; imaginary parts of the diagonal are not read."""
    row, column = a.along(1), a.along(2)
    diagonal = a.real.to(a.element) if a.is_complex else a
    given = row > column if lower else row < column
    return a.where(given, diagonal.where(row.is_(column), a.adjoint()))


def sytrd(a: Array, *, lower: bool) -> State:
    """A similar tridiagonal matrix, of a Hermitian one: vectors in its place, its diagonal, subdiagonal, and the taus.

    What is done to the upper triangle is what is done to the lower one of the matrix read backwards.
    """
    if not lower:
        *found, taus = sytrd(a.reversed(1, 2), lower=True)
        matrix, diagonal, beside = found
        return [matrix.reversed(1, 2), diagonal.reversed(1), beside.reversed(1), taus.reversed(1)]
    batch, size, _ = a.shape

    def step(place: Array, state: State) -> State:
        matrix, given, beside, taus = state
        column = matrix.at(2, place)
        vector, tau, beta = reflector(column, place + 1)
        image = tau * (matrix * vector.turned()).sum(2)
        image = image - vector * (tau * (image.conj() * vector).sum(1)) * 0.5
        trailing = matrix - vector * image.adjoint() - image * vector.adjoint()
        inside = (matrix.along(1) > place) & (matrix.along(2) > place)
        matrix = trailing.where(inside, matrix)
        given = given.with_at(2, place, packed(given.at(2, place), place + 1, vector, beta))
        return [
            matrix,
            given,
            beside.with_at(1, place, beta.reshape(batch, 1)),
            taus.with_at(1, place, tau.reshape(batch, 1)),
        ]

    real = a.real.element
    beside, taus = full(0, (batch, size - 1), real), full(0, (batch, size - 1), a.element)
    matrix, given, beside, taus = count_up(size - 1, step, [hermitian_of(a, lower=True), a, beside, taus])
    diagonal = matrix.where(matrix.along(1).is_(matrix.along(2)), 0).sum(2)
    row, column = given.along(1), given.along(2)
    given = diagonal.where(row.is_(column), given)
    return [given, diagonal.real.reshape(batch, size), beside, taus]
