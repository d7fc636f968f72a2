"""LAPACK's routines written out in StableHLO, against LAPACK, as loops and as C."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.lapack import SIGNATURES
from couloir.ir.passes import PassPipeline
from couloir.passes.decompose import Decompose
from tests.lapack_calls import DTYPES, Call, call_results, calls, module_of, numbers, unwritten
from tests.passes.loop_programs import agree, lowered, run_sanitized

pytest.importorskip("scipy", reason="SciPy is not installed: pip install couloir[scipy]")

UNIQUE = ("gehrd", "geqp3", "geqrf", "getrf", "gtsv", "orgqr", "ormqr", "potrf", "sytrd", "trsm")
"""Routines whose results are determined, up to rounding."""


def written_out(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    PassPipeline.of(Decompose()).run(copy, verify_each=True)
    assert not any(op.name == "stablehlo.custom_call" for op in copy.walk())
    return copy


def unique(dtype: Any, m: int, n: int, batch: Sequence[int] = ()) -> list[Call]:
    return [case for case in calls(dtype, m, n, batch) if case[0] in UNIQUE]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("m", "n", "batch"), [(5, 3, (2,)), (3, 5, ()), (1, 1, ()), (4, 4, (2, 1)), (3, 2, (0,))])
def test_agrees_with_lapack(dtype: Any, m: int, n: int, batch: tuple[int, ...]) -> None:
    """Also what lies beside the factors, and the numbers that say what failed. The matrices are well conditioned."""
    cases = unique(dtype, m, n, batch)
    module, operands = module_of(cases)
    found, expected = list(evaluate(written_out(module), *operands)), list(evaluate(module, *operands))
    for case in cases:
        for place, _ in enumerate(call_results(case)):
            mine, theirs = found.pop(0), expected.pop(0)
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
            if place not in unwritten(case):
                scale = max(1.0, float(np.abs(theirs).max(initial=0)))
                atol = 8 * max(m, n) * float(np.finfo(dtype).eps) * scale
                np.testing.assert_allclose(mine, theirs, rtol=0, atol=atol, err_msg=f"{case[0]} {case[2]} {place}")


@pytest.mark.parametrize(("dtype", "routines"), [(np.float32, SIGNATURES), (np.complex128, ("gees",))])
def test_loops_and_c_agree(dtype: Any, routines: Collection[str], tmp_path: Path) -> None:
    """The same program of StableHLO, by NumPy, as loops and as C; each routine once."""
    cases = {case[0]: case for case in calls(dtype, 4, 3, (2,)) if case[0] in routines}.values()
    module, operands = module_of(list(cases))
    agree(written_out(module), operands, tmp_path, tolerance=64 * float(np.finfo(dtype).eps))


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    cases = {case[0]: case for case in calls(np.float32, 3, 4) if case[0] in ("geqp3", "gtsv")}.values()
    module, operands = module_of(list(cases))
    expected = evaluate(written_out(module), *operands)
    for mine, theirs in zip(run_sanitized(module, operands, tmp_path), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=64 * 2.0**-23 * max(1, np.abs(theirs).max(initial=0)))


sizes = st.integers(1, 6)


@given(m=sizes, n=sizes, rank=sizes, seed=st.integers(0, 99), scale=st.sampled_from([1e-25, 1.0, 1e25]), data=st.data())
def test_factors_of_any_matrix(m: int, n: int, rank: int, seed: int, scale: float, data: st.DataObject) -> None:
    """Also of ones without full rank, and of very small and large numbers: R is triangular, Q is unitary, QR is the matrix; P L U too."""
    dtype = data.draw(st.sampled_from(DTYPES))
    a = (numbers((m, rank), dtype, seed) @ numbers((rank, n), dtype, seed + 1) * scale).astype(dtype)
    k, eps = min(m, n), float(np.finfo(dtype).eps)
    module, _ = module_of([("geqrf", [a], {}), ("getrf", [a], {}), ("geqp3", [a, np.zeros(n, np.int32)], {})])
    r, taus, lu, pivots, _, s, order, more = evaluate(written_out(module), a, a, a, np.zeros(n, np.int32))
    for factor, coefficients, wanted in ((r, taus, a), (s, more, a[:, order - 1])):
        module, _ = module_of([("orgqr", [factor[:, :k], coefficients], {})])
        (q,) = evaluate(written_out(module), factor[:, :k], coefficients)
        np.testing.assert_allclose(q.conj().T @ q, np.eye(k), rtol=0, atol=8 * m * eps)
        np.testing.assert_allclose(q @ np.triu(factor[:k]), wanted, rtol=0, atol=8 * m * eps * np.abs(a).max() * n)
    assert (np.abs(np.diag(s))[1:] <= np.abs(np.diag(s))[:-1] * (1 + 16 * m * eps) + m * eps * np.abs(a).max()).all()
    rows = np.arange(m)
    for place, pivot in enumerate(pivots):
        rows[[place, pivot - 1]] = rows[[pivot - 1, place]]
    low, high = np.tril(lu[:, :k], -1) + np.eye(m, k, dtype=dtype), np.triu(lu[:k])
    assert np.abs(low).max() <= 1.5  # pivots are the largest by |re| + |im|
    np.testing.assert_allclose(low @ high, a[rows], rtol=0, atol=8 * k * eps * np.abs(low).max() * np.abs(high).max())


def test_pivots_that_are_zero() -> None:
    """Singular matrices are factorized to the end; the number of the first zero pivot says so, as LAPACK's does."""
    a = numbers((3, 4, 4), np.float64)
    a[0, :, 1], a[1, 3] = 2 * a[0, :, 0], 0
    cases: list[Call] = [
        ("getrf", [np.zeros((3, 4, 4))], {}),
        ("getrf", [np.triu(a) * (np.arange(4) != 2)], {}),
        ("potrf", [np.eye(4) * np.array([1.0, 4.0, -1.0, 2.0])], {"uplo": "L"}),
        ("gtsv", [a[:, 0], a[:, 1] * 0, a[:, 2] * 0, a[..., :1]], {}),
    ]
    module, operands = module_of(cases)
    infos = [
        [array.tolist() for array in evaluate(m, *operands) if array.dtype == np.int32 and array.shape in ((3,), ())]
        for m in (module, written_out(module))
    ]
    assert infos[0] == infos[1]
    assert infos[0] == [[1] * 3, [3] * 3, 3, infos[0][3]]
    assert all(infos[0][3])


def adjoint(a: Any) -> Any:
    return np.conj(np.swapaxes(a, -1, -2))


def orthonormal(a: Any, atol: float) -> None:
    """The columns are."""
    np.testing.assert_allclose(
        adjoint(a) @ a, np.broadcast_to(np.eye(a.shape[-1]), (*a.shape[:-2], *a.shape[-1:] * 2)), rtol=0, atol=atol
    )


def spectrum(kind: str, n: int) -> Any:
    """Numbers that are hard to tell apart, or that differ much, or vanish."""
    return {
        "signs": np.sign(np.arange(n) % 3 - 1.0),
        "close": 1 + 1e-7 * np.arange(n),
        "graded": 10.0 ** -np.arange(n),
        "zero": np.zeros(n),
        "pairs": np.arange(n) - n / 2 + 0.5,
    }[kind]


SPECTRA = st.sampled_from(["signs", "close", "graded", "zero", "pairs"])


@given(
    n=sizes,
    kind=SPECTRA,
    dtype=st.sampled_from(DTYPES),
    uplo=st.sampled_from("LU"),
    scale=st.sampled_from([1e-25, 1, 1e25]),
)
def test_eigenvalues(n: int, kind: str, dtype: Any, uplo: str, scale: float) -> None:
    """Backward stable: residual, orthogonality and values are right up to a few n units in the last place of the largest eigenvalue."""
    q = np.linalg.qr(numbers((2, n, n), np.complex128 if np.dtype(dtype).kind == "c" else np.float64))[0]
    values = spectrum(kind, n)
    a = ((q * values) @ adjoint(q) * scale).astype(dtype)
    a = (a + adjoint(a)) / 2
    unread = np.triu(np.full((n, n), np.nan), 1)
    given_ = (a + (unread if uplo == "L" else unread.T)).astype(dtype)
    module, operands = module_of([("syevd", [given_], {"uplo": uplo, "mode": "V"})])
    vectors, found, info = evaluate(written_out(module), *operands)
    assert not info.any()
    assert (np.diff(found) >= 0).all()
    unit = 8 * n * float(np.finfo(dtype).eps)
    largest = float(np.abs(values).max()) * scale
    np.testing.assert_allclose(
        found, np.broadcast_to(np.sort(values) * scale, found.shape), rtol=0, atol=unit * largest
    )
    orthonormal(vectors, unit)
    wide = np.complex128 if np.dtype(dtype).kind == "c" else np.float64
    residual = a.astype(wide) @ vectors - vectors.astype(wide) * found[:, None]
    assert np.abs(residual).max() <= unit * largest


@given(
    m=sizes,
    n=sizes,
    kind=SPECTRA,
    dtype=st.sampled_from(DTYPES),
    mode=st.sampled_from("ASN"),
    scale=st.sampled_from([1e-25, 1, 1e25]),
)
def test_singular_values(m: int, n: int, kind: str, dtype: Any, mode: str, scale: float) -> None:
    """The same, of wide and tall matrices, with all vectors, with as many as there are values, or without."""
    wide, k = np.complex128 if np.dtype(dtype).kind == "c" else np.float64, min(m, n)
    left, right = (np.linalg.qr(numbers((size, size), wide, seed))[0] for seed, size in enumerate((m, n)))
    values = np.abs(spectrum(kind, k))
    a = ((left[:, :k] * values) @ right[:k] * scale).astype(dtype)
    sizes = {"u": m, "v": n} if mode != "S" else {"u": k, "v": k}
    module, operands = module_of([("gesdd", [a], {"mode": mode, "sizes": sizes})])
    _, found, u, v, info = evaluate(written_out(module), *operands)
    assert info == 0
    assert (np.diff(found) <= 0).all()
    unit = 8 * max(m, n) * float(np.finfo(dtype).eps)
    largest = float(values.max()) * scale
    np.testing.assert_allclose(found, -np.sort(-values) * scale, rtol=0, atol=unit * largest)
    if mode != "N":
        orthonormal(u, unit)
        orthonormal(adjoint(v), unit)
        product = (u[:, :k].astype(wide) * found) @ v[:k]
        assert np.abs(product - a).max() <= unit * largest


def square(kind: str, n: int, dtype: Any) -> Any:
    """Matrices that are hard in one way or another."""
    a = numbers((n, n), dtype, n)
    if kind == "companion":
        return (np.eye(n, k=-1) + a * (np.arange(n) == n - 1)).astype(dtype)
    if kind == "cyclic":  # all eigenvalues are of one size
        return np.roll(np.eye(n), 1, 0).astype(dtype)
    if kind == "graded":
        return (a * 10.0 ** -np.arange(n)[:, None]).astype(dtype)
    if kind == "ones":  # what elimination leaves of it is less and less
        return np.ones((n, n), dtype)
    if kind == "cluster":  # sums of its elements lose what tells eigenvalues apart
        return (np.eye(n) + 1e3 * np.finfo(dtype).eps * a).astype(dtype)
    if kind == "jordan":  # one eigenvector
        return (np.eye(n, k=1) + 2 * np.eye(n)).astype(dtype)
    return {"any": a, "hermitian": a + adjoint(a), "zero": 0 * a}[kind]


KINDS = st.sampled_from(["any", "cluster", "companion", "cyclic", "graded", "hermitian", "jordan", "ones", "zero"])


@settings(max_examples=10)
@given(n=sizes, kind=KINDS, dtype=st.sampled_from(DTYPES), scale=st.sampled_from([1e-25, 1, 1e25]))
def test_schur_forms_and_eigenvectors(n: int, kind: str, dtype: Any, scale: float) -> None:
    """Residuals of a few n units in the last place; blocks of two are as LAPACK's; pairs are conjugate."""
    a = (square(kind, n, dtype) * scale).astype(dtype)
    both = {"compute_left": "V", "compute_right": "V"}
    module, operands = module_of([("gees", [a], {"mode": "V", "sort": "N"}), ("geev", [a], both)])
    form, basis, *rest = evaluate(written_out(module), *operands)
    is_complex = np.dtype(dtype).kind == "c"
    unit, largest = 8 * n * float(np.finfo(dtype).eps), max(float(np.linalg.norm(a.astype(np.complex128))), 1e-37)
    values = [rest.pop(0) if is_complex else rest.pop(0) + 1j * rest.pop(0)]
    assert (rest.pop(0), rest.pop(0)) == (0, 0)
    values.append(rest.pop(0) if is_complex else rest.pop(0) + 1j * rest.pop(0))
    left, right, info = rest
    assert info == 0
    orthonormal(basis, unit)
    wide = [array.astype(np.complex128) for array in (a, form, basis, left, right)]
    assert np.abs(wide[2] @ wide[1] @ adjoint(wide[2]) - a).max() <= unit * largest
    below = np.diag(form, -1)
    assert (np.tril(form, -2) == 0).all()
    assert not (below[1:] * below[:-1]).any()
    assert not (is_complex and below.any())
    for place in np.flatnonzero(below):
        assert form[place, place] == form[place + 1, place + 1]
        assert np.sign(form[place, place + 1]) == -np.sign(below[place])
        assert values[1][place] == np.conj(values[1][place + 1])
        assert values[1][place].imag > 0
    assert np.array_equal(*values)
    assert np.abs(wide[0] @ wide[4] - wide[4] * values[1]).max() <= unit * largest
    assert np.abs(adjoint(wide[3]) @ wide[0] - values[1][:, None] * adjoint(wide[3])).max() <= unit * largest
    for vectors in (wide[3], wide[4]):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, rtol=0, atol=unit)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eigenvalues_are_those_of_lapack(dtype: Any) -> None:
    """Of matrices that are far from ones with multiple eigenvalues; in any order, except that pairs stay together."""
    a = numbers((2, 9, 9), dtype, 3)
    module, operands = module_of([("geev", [a], {"compute_left": "N", "compute_right": "N"})])
    found, expected = (evaluate(m, *operands) for m in (written_out(module), module))
    for mine, theirs in zip(
        *(np.sort_complex(r[0] if np.dtype(dtype).kind == "c" else r[0] + 1j * r[1]) for r in (found, expected)),
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=9 * 64 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_matrices_with_nans_end(dtype: Any) -> None:
    """The loops stop, and the number of each matrix of the batch says whether it failed."""
    a = numbers((3, 3, 3), dtype)
    a = a + adjoint(a)
    a[0, 1, 1], a[2, 2, 1] = np.nan, np.inf
    module, operands = module_of(
        [
            ("syevd", [a], {"uplo": "L", "mode": "V"}),
            ("gesdd", [a], {"mode": "S", "sizes": {"u": 3, "v": 3}}),
            ("gees", [a], {"mode": "V", "sort": "N"}),
            ("geev", [a], {"compute_left": "N", "compute_right": "V"}),
        ]
    )
    with np.errstate(all="ignore"):
        results = evaluate(written_out(module), *operands)
    infos = [array for array in results if array.dtype == np.int32 and array.shape == (3,)]
    assert [(info != 0).tolist() for info in infos] == [[True, False, True]] * 2 + [[False] * 3] + [
        [True, False, True]
    ] * 2
    assert infos[1].tolist() == infos[-1].tolist() == [-4, 0, -4]


def test_rows_where_columns_are_expected() -> None:
    """Values that lie in memory in another order mean the same as for LAPACK's routine, and empty matrices too."""
    a = numbers((2, 3, 4), np.float32)
    nothing: list[Call] = [
        ("gesdd", [a[:, :0]], {"mode": "A", "sizes": {"u": 0, "v": 4}}),
        ("syevd", [a[:, :0, :0]], {"uplo": "L", "mode": "V"}),
        ("geqp3", [a[:, :0], np.zeros((2, 4), np.int32)], {}),
    ]
    module, operands = module_of([("getrf", [a], {}), *nothing])
    (first, *_) = [op for op in module.walk() if op.name == "stablehlo.custom_call"]
    del first.attributes["operand_layouts"], first.attributes["result_layouts"]
    for mine, theirs in zip(evaluate(written_out(module), *operands), evaluate(module, *operands), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=64 * 2.0**-23)


@pytest.mark.slow
def test_matrices_that_are_hard(tmp_path: Path) -> None:
    """Graded, clustered and rank-deficient matrices of 40 rows, in C: all loops end, and residuals are rounding errors."""
    n, eps = 40, 2.0**-23
    rng = np.random.default_rng(0)
    hard = {
        "any": rng.standard_normal((n, n)),
        "cluster": np.eye(n) + 1e-5 * rng.standard_normal((n, n)),
        "cyclic": np.roll(np.eye(n), 1, 0),
        "graded": rng.standard_normal((n, n)) * 10.0 ** -np.linspace(0, 30, n),
        "hilbert": 1 / (1 + np.arange(n)[:, None] + np.arange(n)),
        "jordan": np.eye(n, k=1),
        "kahan": 0.5 ** np.arange(n)[:, None] * (np.eye(n) - np.triu(np.full((n, n), 0.9), 1)),
        "ones": np.ones((n, n)),
        "rank 3": rng.standard_normal((n, 3)) @ rng.standard_normal((3, n)),
        "wilkinson": np.diag(abs(np.arange(n) - n / 2)) + np.eye(n, k=1) + np.eye(n, k=-1),
    }
    stacked = np.stack(list(hard.values())).astype(np.float32)
    hermitian = (stacked + adjoint(stacked)) / 2
    module, operands = module_of(
        [
            ("syevd", [hermitian], {"uplo": "L", "mode": "V"}),
            ("gesdd", [stacked], {"mode": "A", "sizes": {"u": n, "v": n}}),
            ("gees", [stacked], {"mode": "V", "sort": "N"}),
            ("geev", [stacked], {"compute_left": "N", "compute_right": "V"}),
        ]
    )
    results = compile_program(CProgram.of(lowered(module)), cache=Cache(tmp_path))(*operands)
    wide = [array.astype(np.complex128) for array in results]
    vectors, values, _, _, singular, left, right, _, form, basis = wide[:10]
    norms = np.linalg.norm(stacked.astype(np.float64), axis=(1, 2))[:, None, None]
    for found in (vectors, left, adjoint(right), basis):
        orthonormal(found, 2 * n * eps)
    for residual in (
        hermitian @ vectors - vectors * values[:, None],
        (left * singular[:, None]) @ right - stacked,
        basis @ form @ adjoint(basis) - stacked,
    ):
        assert (np.abs(residual).max(axis=(1, 2), keepdims=True) <= 2 * n * eps * norms).all()
    infos = [array for array in results if array.dtype == np.int32]
    assert not any(info.any() for info in infos)
