"""Linear algebra of JAX: every factorization, what is made of them, and gradients through them, against JAX and in C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jax import lax

import couloir
import couloir.frontends.jax
from couloir.backends.numpy.evaluate import evaluate
from tests.backends.numpy.xla import run_on_xla
from tests.frontends.jax.comparing import Case, arrays, check

pytest.importorskip("scipy", reason="SciPy is not installed: pip install couloir[scipy]")
scipy = jax.scipy.linalg

DTYPES = ("float32", "float64", "complex64", "complex128")


@pytest.fixture(autouse=True)
def _wide():  # pyright: ignore[reportUnusedFunction]
    with jax.enable_x64(True):
        yield


def numbers(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    found = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * rng.standard_normal(shape)
    return jnp.asarray(found.astype(dtype))


def adjoint(a: Any) -> Any:
    return jnp.conj(jnp.swapaxes(a, -1, -2))


def definite(a: Any) -> Any:
    return a @ adjoint(a) + (2 * a.shape[-1] * jnp.eye(a.shape[-1])).astype(a.dtype)


FACTORIZATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "eig": lambda a, s: lax.linalg.eig(s),
    "eigenvalues": lambda a, s: jnp.linalg.eigvals(s),
    "eigh": lambda a, s: lax.linalg.eigh(s, lower=False, symmetrize_input=False),
    "hessenberg": lambda a, s: lax.linalg.hessenberg(s),
    "householder_product": lambda a, s: lax.linalg.householder_product(s, s[..., 0]),
    "lu": lambda a, s: lax.linalg.lu(a),
    "pivoted qr": lambda a, s: lax.linalg.qr(a, pivoting=True, full_matrices=False),
    "qr": lambda a, s: lax.linalg.qr(a, full_matrices=False),
    "qr, whole": lambda a, s: lax.linalg.qr(a, full_matrices=True),
    "qr, raw": lambda a, s: jnp.linalg.qr(a, mode="raw"),
    "schur": lambda a, s: lax.linalg.schur(s),
    "schur form": lambda a, s: lax.linalg.schur(s, compute_schur_vectors=False),
    "svd": lambda a, s: lax.linalg.svd(a, full_matrices=False),
    "svd, whole": lambda a, s: lax.linalg.svd(a, full_matrices=True),
    "svd by qr": lambda a, s: lax.linalg.svd(a, full_matrices=False, algorithm=lax.linalg.SvdAlgorithm.QR),
    "singular values": lambda a, s: lax.linalg.svd(a, compute_uv=False),
    "tridiagonal": lambda a, s: lax.linalg.tridiagonal(s, lower=False),
}
"""Of a matrix of any shape and a square one."""


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 5),
    batch=st.sampled_from([(), (2,), (2, 1), (0,)]),
    dtype=st.sampled_from(DTYPES),
)
def test_factorizations(rows: int, columns: int, batch: tuple[int, ...], dtype: str) -> None:
    """The numbers of JAX, signs included, as both call LAPACK."""
    a, square = numbers((*batch, rows, columns), dtype), numbers((*batch, rows, rows), dtype, 1)
    check([(name, function, (a, square)) for name, function in FACTORIZATIONS.items()], terms=256)


def products(a: Any, b: Any) -> list[Case]:
    """What is made of factorizations."""
    square = definite(a)
    cases: dict[str, tuple[Callable[..., Any], Any]] = {
        "determinant": (jnp.linalg.det, (square,)),
        "inverse": (jnp.linalg.inv, (square,)),
        "least squares": (lambda a, b: jnp.linalg.lstsq(a[:, :2], b), (square, b)),
        "norm": (lambda a: jnp.linalg.norm(a, 2), (square,)),
        "power": (lambda a: jnp.linalg.matrix_power(a, -2), (square,)),
        "pseudoinverse": (jnp.linalg.pinv, (a[:, :2],)),
        "rank": (jnp.linalg.matrix_rank, (a[:, :1] * a[:1],)),
        "slogdet": (jnp.linalg.slogdet, (square,)),
        "solve": (jnp.linalg.solve, (square, b)),
        "block diagonal": (scipy.block_diag, (a, b)),
        "cholesky": (jnp.linalg.cholesky, (square,)),
        "cho_solve": (lambda a, b: scipy.cho_solve(scipy.cho_factor(a), b), (square, b)),
        "expm": (scipy.expm, (a / 4,)),
        "funm": (lambda a: scipy.funm(a, jnp.exp), (a,)),
        "lu_solve": (lambda a, b: scipy.lu_solve(scipy.lu_factor(a), b, trans=1), (square, b)),
        "ormqr": (lambda a, b: lax.linalg.ormqr(a, a[0], b, transpose=True), (a, b)),
        "polar": (scipy.polar, (square,)),
        "schur of a real matrix": (lambda a: scipy.rsf2csf(*scipy.schur(a.real)), (square,)),
        "sqrtm": (scipy.sqrtm, (square,)),
        "toeplitz": (scipy.toeplitz, (a[0],)),
        "triangular": (lambda a, b: scipy.solve_triangular(a, b, trans=2, unit_diagonal=True), (a / 4, b)),
        "tridiagonal solve": (lambda a, b: lax.linalg.tridiagonal_solve(a[0], a[1] / 8, a[2], b), (a, b)),
    }
    return [(name, function, given_) for name, (function, given_) in cases.items()]


def test_what_is_made_of_factorizations() -> None:
    check(products(numbers((4, 4), "complex128", 5), numbers((4, 3), "complex128", 6)), terms=1024, back=False)


def test_only_for_real_numbers() -> None:
    a, w = jnp.triu(numbers((4, 4), "float64")) + 8 * jnp.eye(4), numbers((4,), "float64", 1)
    diagonals = numbers((5,), "float64", 2), numbers((4,), "float64", 3)
    check(
        [
            ("cholesky_update", lax.linalg.cholesky_update, (a, w)),
            ("symmetric_product", lambda a: lax.linalg.symmetric_product(a, a, alpha=2.0, beta=0.5), (a,)),
            ("eigenvalues of three diagonals", lambda d, e: scipy.eigh_tridiagonal(d, e, eigvals_only=True), diagonals),
            ("eigenvectors of three diagonals", lambda d, e: abs(scipy.eigh_tridiagonal(d, e)[1]), diagonals),
        ],
        terms=256,
        back=False,
    )


GRADIENTS: dict[str, Callable[[Any], Any]] = {
    "cholesky": lambda a: jnp.cos(jnp.linalg.cholesky(definite(a))),
    "eigenvalues": lambda a: jnp.cos(jnp.linalg.eigvalsh(definite(a))),
    "eigh": lambda a: abs(jnp.linalg.eigh(definite(a))[1]) ** 2,
    "inverse": lambda a: jnp.cos(jnp.linalg.inv(definite(a))),
    "lu": lambda a: jnp.cos(lax.linalg.lu(a)[0]),
    "qr": lambda a: jnp.cos(jnp.linalg.qr(a)[1]),
    "slogdet": lambda a: jnp.linalg.slogdet(definite(a))[1],
    "solve": lambda a: jnp.cos(jnp.linalg.solve(definite(a), a)),
    "singular values": lambda a: jnp.cos(jnp.linalg.svd(a, compute_uv=False)),
    "svd": lambda a: (lambda u, s, v: abs(u * s) ** 2 + abs(v) ** 2)(*jnp.linalg.svd(a)),
    "tridiagonal solve": lambda a: lax.linalg.tridiagonal_solve(a[0], a[1] + 9, a[2], a),
}


def test_gradients() -> None:
    """The derivatives that JAX makes of factorizations are made of factorizations."""
    a = numbers((4, 4), "float64", 7)
    check([(name, jax.grad(lambda x, f=f: f(x).sum()), (a,)) for name, f in GRADIENTS.items()], terms=1024)


def test_gradients_of_modules() -> None:
    """A module that JAX calls again has the gradients of the factorizations in it."""
    a = numbers((4, 4), "float64", 7)
    functions = [GRADIENTS[name] for name in ("eigenvalues", "solve", "svd")]

    def total(x: Any) -> Any:
        return sum((f(x).sum() for f in functions), start=jnp.zeros(()))

    back = couloir.frontends.jax.call(couloir.from_jax(total, a))
    found, expected = jax.jit(jax.grad(lambda x: back(x)[0]))(a), jax.jit(jax.grad(total))(a)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * float(abs(expected).max()))


def test_in_c() -> None:
    """Written out: what is determined agrees with JAX, and gradients, which do not depend on the signs of vectors."""
    a, b = numbers((4, 4), "float64", 5), numbers((4, 3), "float64", 6)
    names = ("cho_solve", "determinant", "inverse", "least squares", "ormqr", "pseudoinverse", "tridiagonal solve")
    cases = [case for case in products(a, b) if case[0] in names]
    cases += [(name, jax.grad(lambda x, f=GRADIENTS[name]: f(x).sum()), (a,)) for name in ("eigh", "qr", "svd")]

    def together(inputs: Any) -> list[Any]:
        return [function(*given_) for (_, function, _), given_ in zip(cases, inputs, strict=True)]

    inputs = [given_ for _, _, given_ in cases]
    module = couloir.from_jax(together, inputs)
    found = couloir.run(module, *arrays(inputs), backend="c")
    expected = arrays(jax.jit(together)(inputs))
    for number, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1024 * 2.0**-52 * scale, err_msg=str(number))


def test_matrices_that_cannot_be_factorized() -> None:
    """NaN where LAPACK reports a failure, for that matrix of the batch alone."""
    a = np.stack([np.eye(3), np.eye(3)])
    a[0, 1, 1] = np.nan
    check(
        [
            ("eig", lambda a: jnp.linalg.eigvals(a), (a,)),
            ("eigh", lambda a: jnp.linalg.eigh(a), (a,)),
            ("schur", lambda a: lax.linalg.schur(a), (a,)),
            ("svd", lambda a: jnp.linalg.svd(a, compute_uv=False), (a,)),
            ("tridiagonal solve", lambda a: lax.linalg.tridiagonal_solve(a[:, 0] * 0, a[:, 2] * 0, a[:, 2], a), (a,)),
        ]
    )


def test_the_text_runs_on_xla() -> None:
    """The calls are those that JAX makes."""
    a = numbers((2, 3, 3), "complex64")
    module = couloir.from_jax(lambda x: [f(x, x) for f in FACTORIZATIONS.values()], a)
    found, expected = run_on_xla(module, np.asarray(a)), evaluate(module, np.asarray(a))
    for mine, theirs in zip(found, expected, strict=True):
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=256 * 2.0**-23 * scale)


def test_what_lapack_does_not_do_is_reported() -> None:
    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(lambda a: lax.linalg.eigh(a, subset_by_index=(0, 1)), jnp.eye(3))
    assert "only some of the eigenvalues" in caught.value.notes[0]
    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(lambda a: lax.linalg.svd(a, algorithm=lax.linalg.SvdAlgorithm.JACOBI), jnp.eye(3))
    assert "JACOBI" in caught.value.notes[0]


def test_batches_of_symbolic_size() -> None:
    """One module for all; the pass that refines shapes knows what LAPACK's routines give, so that C has it, too."""
    (batch,) = jax.export.symbolic_shape("b")
    a = np.asarray(numbers((4, 3, 3), "float64"))
    functions = [
        lambda a: jnp.linalg.svd(a, compute_uv=False),
        lambda a: jnp.linalg.qr(a)[1],
        lambda a: jnp.linalg.solve(a, a[..., :1]),
        lambda a: lax.linalg.qr(a, pivoting=True),
    ]

    def together(a: Any) -> list[Any]:
        return [function(a) for function in functions]

    module = couloir.from_jax(together, jax.ShapeDtypeStruct((batch, 3, 3), a.dtype))
    expected = arrays(together(a))
    for found in (couloir.run(module, a), couloir.compile(module)(a)):
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    (size,) = jax.export.symbolic_shape("n")
    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(jnp.linalg.qr, jax.ShapeDtypeStruct((size, size), a.dtype))
    assert "the sizes of the matrices are symbolic" in caught.value.notes[0]
