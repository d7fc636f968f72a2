"""Custom calls of LAPACK's routines for tests: every routine with every option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.lapack import call_lapack
from tests.backends.numpy.programs import program

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
Call = tuple[str, list[Any], dict[str, Any]]
"""A routine, its operands, and its options."""


def numbers(shape: Sequence[int], dtype: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    found = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * rng.standard_normal(shape)
    return found.astype(dtype)


def hermitian(n: int, dtype: Any, batch: Sequence[int] = ()) -> Any:
    a = numbers((*batch, n, n), dtype)
    return a + np.conj(np.swapaxes(a, -1, -2)) + 3 * n * np.eye(n).astype(dtype)


def calls(dtype: Any, m: int, n: int, batch: Sequence[int] = ()) -> list[Call]:
    """Every routine, with every option, on matrices of m x n and n x n."""
    a, square, k = numbers((*batch, m, n), dtype), numbers((*batch, n, n), dtype, 1), min(m, n)
    taus, tall = numbers((*batch, k), dtype, 2), numbers((*batch, max(m, n), k), dtype, 3)
    triangle = square + 2 * n * np.eye(n).astype(dtype)
    definite = hermitian(n, dtype, batch)
    vector = [numbers((*batch, n), dtype, seed) for seed in (4, 5, 6)]
    right, left = numbers((*batch, n, 3), dtype, 7), numbers((*batch, 3, n), dtype, 8)
    fixed = np.broadcast_to(np.arange(n, dtype=np.int32) % 3 == 1, (*batch, n)).astype(np.int32)
    sizes = {"A": {"u": m, "v": n}, "S": {"u": k, "v": k}, "N": {"u": m, "v": n}}
    result: list[Call] = [
        ("geqrf", [a], {}),
        ("getrf", [a], {}),
        ("geqp3", [a, fixed * 0], {}),
        ("geqp3", [a, fixed], {}),
        ("orgqr", [tall, taus], {}),
        ("gees", [square], {"mode": "V", "sort": "N"}),
        ("gees", [square], {"mode": "N", "sort": "N"}),
        ("gehrd", [square], {"low": 1, "high": n}),
        ("gtsv", [*vector, right], {}),
    ]
    result += [("potrf", [definite], {"uplo": c}) for c in "LU"]
    result += [("syevd", [definite], {"uplo": c, "mode": "V"}) for c in "LU"]
    result += [("sytrd", [definite], {"uplo": c}) for c in "LU"]
    result += [("geev", [square], {"compute_left": x, "compute_right": y}) for x in "VN" for y in "VN"]
    result += [(f"ges{x}d", [a], {"mode": y, "sizes": sizes[y]}) for x in "dv" for y in "ASN"]
    result += [
        ("ormqr", [tall, taus, numbers((*batch, *shape), dtype, 9)], {"left": side, "transpose": turn})
        for side, shape in ((True, (max(m, n), 2)), (False, (2, max(m, n))))
        for turn in (False, True)
    ]
    result += [
        ("trsm", [triangle, b], {"side": side, "uplo": uplo, "trans_x": form, "diag": diag})
        for side, b in (("L", right), ("R", left))
        for uplo in "LU"
        for form in "NTC"
        for diag in "NU"
    ]
    return result


def module_of(cases: Sequence[Call]) -> tuple[ModuleOp, list[Any]]:
    """One module that makes all calls."""
    operands = [operand for _, given, _ in cases for operand in given]

    def body(*values: Any) -> list[Any]:
        rest, results = list(values), []
        for routine, given, options in cases:
            taken, rest = rest[: len(given)], rest[len(given) :]
            results += call_lapack(routine, *taken, **options).results
        return results

    return program(operands, body), operands


def unwritten(case: Call) -> set[int]:
    """Results that LAPACK does not write, of which XLA gives what was in the memory."""
    routine, _, options = case
    real = np.dtype(case[1][0].dtype).kind == "f"
    if routine in ("gesdd", "gesvd"):
        return {0} | ({2, 3} if options["mode"] == "N" else set())
    if routine == "gees":
        return set() if options["mode"] == "V" else {1}
    if routine == "geev":
        first = 2 if real else 1
        return {first + i for i, key in enumerate(("compute_left", "compute_right")) if options[key] == "N"}
    return set()


def call_results(case: Call) -> Sequence[Any]:
    routine, given, options = case
    module = program(given, lambda *values: list(call_lapack(routine, *values, **options).results))
    return module.body.first_op.function_type.results
