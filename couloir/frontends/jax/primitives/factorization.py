"""Factorizations of matrices, written with JAX's own functions: StableHLO has no ops for them.

Signs and pivots are LAPACK's (getrf, geqrf).
"""

from __future__ import annotations

from typing import Any

from couloir.dialects.hlo.building import Tensor
from couloir.frontends.jax.equation import Equation, Lowered, NotLowered, lowers
from couloir.frontends.jax.library import jax_library


def _batched(eqn: Equation, function: Any, a: Tensor) -> Lowered:
    for _ in a.type.shape[:-2]:
        function = jax_library().vmap(function)
    return eqn.retrace(function, eqn.avals, [a])


@lowers("lu")
def lu(eqn: Equation, a: Tensor) -> Lowered:
    """Triangular factors with partial pivoting: the factors in one matrix, the pivots, the permutation of the rows."""
    jax = jax_library()
    jnp = jax.numpy
    rows, columns = a.type.shape[-2:]

    def step(i: Any, state: Any) -> Any:
        matrix, pivots, permutation = state
        row, column = jnp.arange(rows, dtype="int32"), jnp.arange(columns, dtype="int32")
        size = abs(matrix[:, i].real) + abs(matrix[:, i].imag) if jnp.iscomplexobj(matrix) else abs(matrix[:, i])
        pivot = jnp.argmax(jnp.where(row >= i, size, -1)).astype("int32")
        order = row.at[i].set(pivot).at[pivot].set(i.astype("int32"))
        matrix, permutation = matrix[order], permutation[order]
        divisor = matrix[i, i]
        quotient = jnp.where(divisor == 0, matrix[:, i], matrix[:, i] / jnp.where(divisor == 0, 1, divisor))
        factor = jnp.where(row > i, quotient, 0)
        matrix = matrix - factor[:, None] * jnp.where(column > i, matrix[i], 0)[None]
        matrix = matrix.at[:, i].set(jnp.where(row > i, factor, matrix[:, i]))
        return matrix, pivots.at[i].set(pivot), permutation

    def factorized(matrix: Any) -> Any:
        count = min(rows, columns)
        start = matrix, jnp.zeros(count, "int32"), jnp.arange(rows, dtype="int32")
        return jax.lax.fori_loop(0, count, step, start) if count else start

    return _batched(eqn, factorized, a)


@lowers("qr")
def qr(eqn: Equation, a: Tensor) -> Lowered:
    """Orthogonal and triangular factor, by Householder's reflections."""
    if eqn.params.get("pivoting"):
        raise NotLowered("it pivots")
    jax = jax_library()
    jnp = jax.numpy
    rows, columns = a.type.shape[-2:]
    count = min(rows, columns)
    width = rows if eqn.params["full_matrices"] else count

    def reflect(i: Any, state: Any) -> Any:
        matrix, vectors, factors = state
        row = jnp.arange(rows)
        alpha, below = matrix[i, i], jnp.where(row > i, matrix[:, i], 0)
        rest = jnp.sum(abs(below) ** 2)
        norm = jnp.sqrt(abs(alpha) ** 2 + rest)
        trivial = (rest == 0) & (jnp.imag(alpha) == 0)
        beta = jnp.where(jnp.real(alpha) >= 0, -norm, norm).astype(matrix.dtype)
        tau = jnp.where(trivial, 0, (beta - alpha) / jnp.where(trivial, 1, beta)).astype(matrix.dtype)
        vector = jnp.where(row == i, 1, below / jnp.where(trivial, 1, alpha - beta)).astype(matrix.dtype)
        matrix = matrix - jnp.conj(tau) * vector[:, None] * (jnp.conj(vector) @ matrix)[None]
        return matrix, vectors.at[:, i].set(vector), factors.at[i].set(tau)

    def factorized(matrix: Any) -> Any:
        vectors, factors = jnp.zeros((rows, count), matrix.dtype), jnp.zeros(count, matrix.dtype)
        q = jnp.eye(rows, width, dtype=matrix.dtype)
        if count:
            matrix, vectors, factors = jax.lax.fori_loop(0, count, reflect, (matrix, vectors, factors))

            def gather(step: Any, q: Any) -> Any:
                vector, tau = vectors[:, count - 1 - step], factors[count - 1 - step]
                return q - tau * vector[:, None] * (jnp.conj(vector) @ q)[None]

            q = jax.lax.fori_loop(0, count, gather, q)
        return q, jnp.triu(matrix[:width])

    return _batched(eqn, factorized, a)


@lowers("tridiagonal_solve")
def tridiagonal_solve(eqn: Equation, *operands: Tensor) -> Lowered:
    """Solves systems with three diagonals: forward elimination, without pivots, and back substitution."""
    jax = jax_library()

    def forward(state: Any, row: Any) -> Any:
        above, value = state
        lower, middle, upper, right = row
        divisor = middle - lower * above
        state = upper / divisor, (right - lower * value) / divisor
        return state, state

    def backward(value: Any, row: Any) -> Any:
        above, right = row
        value = right - above * value
        return value, value

    def solved(lower: Any, middle: Any, upper: Any, right: Any) -> Any:
        start = jax.numpy.zeros_like(middle[0]), jax.numpy.zeros_like(right[0])
        _, (above, values) = jax.lax.scan(forward, start, (lower, middle, upper, right))
        return jax.lax.scan(backward, jax.numpy.zeros_like(right[0]), (above, values), reverse=True)[1]

    function = solved
    for _ in eqn.shape[:-2]:
        function = jax.vmap(function)
    return eqn.retrace(function, eqn.avals, operands)
