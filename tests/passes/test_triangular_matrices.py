"""Cholesky decompositions and triangular systems as loops, against NumPy and the definition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import Transposition
from couloir.ir.passes import PassPipeline
from couloir.ir.text.parser import parse_module_op
from couloir.passes.decompose import Decompose
from tests.passes.loop_programs import OPTIONS, agree, lowered, program, run_sanitized

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
TRANSPOSITIONS = (Transposition.NO_TRANSPOSE, Transposition.TRANSPOSE, Transposition.ADJOINT)


def numbers(shape: Sequence[int], dtype: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    found = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * rng.standard_normal(shape)
    return found.astype(dtype)


def definite(shape: Sequence[int], dtype: Any) -> Any:
    """Well-conditioned matrices that are positive definite."""
    a = numbers(shape, dtype)
    return a @ np.conj(np.swapaxes(a, -1, -2)) + (shape[-1] * np.eye(shape[-1])).astype(dtype)


def triangles(shape: Sequence[int], dtype: Any) -> Any:
    """Well-conditioned both as upper and as lower triangular matrices."""
    return (numbers(shape, dtype) / shape[-1] + 2 * np.eye(shape[-1])).astype(dtype)


def decomposed(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    PassPipeline.of(Decompose()).run(copy, verify_each=True)
    assert not any(isinstance(op, hlo.Cholesky | hlo.TriangularSolve) for op in copy.walk())
    return copy


def real_dtype(dtype: Any) -> float:
    return float(np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lower", [True, False])
def test_cholesky(dtype: Any, lower: bool) -> None:
    """The residual of the decomposition is at most a few n units in the last place, relative to the matrix."""
    a = definite((2, 3, 6, 6), dtype)
    unread = np.triu(np.full((6, 6), np.nan), 1)
    given = (a + (unread if lower else np.swapaxes(unread, -1, -2))).astype(dtype)
    module = program([given], lambda x: hlo.Cholesky(x, lower))
    (found,) = evaluate(decomposed(module), given)
    assert found.dtype == dtype
    assert np.array_equal(found, np.tril(found) if lower else np.triu(found))
    adjoint = np.conj(np.swapaxes(found, -1, -2))
    again = found @ adjoint if lower else adjoint @ found
    assert np.abs(again - a).max() <= 4 * 6 * real_dtype(dtype) * np.abs(a).max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_triangular_solve(dtype: Any) -> None:
    """Every form of the equation; the matrices are well conditioned, so the solutions are near those of NumPy."""
    a, b = triangles((2, 5, 5), dtype), numbers((2, 5, 5), dtype, 1)
    forms = [(left, lower, unit, t) for left in (0, 1) for lower in (0, 1) for unit in (0, 1) for t in TRANSPOSITIONS]
    module = program(
        [a, b],
        lambda x, y: [
            hlo.TriangularSolve(x, y, bool(left), bool(lower), bool(unit), t) for left, lower, unit, t in forms
        ],
    )
    results = zip(evaluate(decomposed(module), a, b), evaluate(module, a, b), strict=True)
    for form, (found, wanted) in zip(forms, results, strict=True):
        assert found.dtype == dtype
        error = np.abs(found - wanted).max()
        assert error <= 16 * 5 * real_dtype(dtype) * np.abs(wanted).max(), form


def cases(a: Any, d: Any, b: Any, c: Any, e: Any) -> list[Any]:
    none, adjoint = Transposition.NO_TRANSPOSE, Transposition.ADJOINT
    return [
        hlo.Cholesky(d, True),
        hlo.Cholesky(e, False),
        hlo.TriangularSolve(a, b, True, True, False, none),
        hlo.TriangularSolve(hlo.Cholesky(e, True).result, c, False, True, False, adjoint),
    ]


def arrays() -> list[Any]:
    return [
        triangles((2, 4, 4), np.float32),
        definite((2, 4, 4), np.float64),
        numbers((2, 4, 3), np.float32, 1),
        numbers((3, 4), np.complex64, 2),
        definite((4, 4), np.complex64),
    ]


def test_loops_and_c_agree(tmp_path: Path) -> None:
    agree(program(arrays(), cases), arrays(), tmp_path, tolerance=64 * 2.0**-23)


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    module = program(arrays(), cases)
    for found, wanted in zip(run_sanitized(module, arrays(), tmp_path), evaluate(module, *arrays()), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=64 * 2.0**-23 * np.abs(wanted).max())


def test_nothing_to_solve() -> None:
    given = [np.zeros((0, 3, 3), np.float32), np.zeros((2, 0, 0), np.float32), np.zeros((2, 0, 4), np.float32)]
    module = program(
        given,
        lambda a, b, c: [
            hlo.Cholesky(a, True),
            hlo.TriangularSolve(b, c, True, True, False, Transposition.NO_TRANSPOSE),
        ],
    )
    assert [result.shape for result in evaluate(decomposed(module), *given)] == [(0, 3, 3), (2, 0, 4)]


def test_what_jax_calls_lapack_for(tmp_path: Path) -> None:
    """Its programs for CPUs call potrf and trsm; a matrix that is not positive definite gives NaN, as in JAX."""
    jax = pytest.importorskip("jax")

    def solve(a: Any, b: Any) -> Any:
        factor = jax.numpy.linalg.cholesky(a)
        half = jax.scipy.linalg.solve_triangular(factor, b, lower=True)
        return half, jax.scipy.linalg.solve_triangular(factor, half, lower=True, trans="C"), factor[0]

    good = definite((2, 4, 4), np.float32)
    arrays = [np.concatenate([good, -good[:1]]), numbers((3, 4, 2), np.float32)]
    module = parse_module_op(jax.jit(solve).lower(*arrays).as_text())
    made = compile_program(CProgram.of(lowered(module)), options=OPTIONS, cache=Cache(tmp_path))(*arrays)
    for found, wanted in zip(made, jax.jit(solve)(*arrays), strict=True):
        np.testing.assert_allclose(found, np.asarray(wanted), rtol=0, atol=64 * 2.0**-23 * np.abs(found[:2]).max())
    assert np.isnan(made[0][2]).all()
