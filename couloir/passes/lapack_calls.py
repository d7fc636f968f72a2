"""Calls of LAPACK that JAX makes on CPUs, as the ops that they stand for: potrf is cholesky, trsm is triangular_solve."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, Transposition
from couloir.ir.attributes import DictionaryAttr, IntegerAttr
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType, i1, i32

_CHOLESKY: Final = tuple(f"lapack_{kind}potrf_ffi" for kind in "sdcz")
_SOLVE: Final = tuple(f"lapack_{kind}trsm_ffi" for kind in "sdcz") + tuple(f"blas_{kind}trsm_ffi" for kind in "sdcz")
_TRANSPOSITIONS: Final = {
    "N": Transposition.NO_TRANSPOSE,
    "T": Transposition.TRANSPOSE,
    "C": Transposition.ADJOINT,
}


def _letter(op: hlo.CustomCall, key: str) -> str:
    """An option of LAPACK: a letter, stored as the number of its character."""
    options = op.attributes.get("mhlo.backend_config")
    if not isinstance(options, DictionaryAttr):
        options = op.attributes.get("backend_config")
    value = options.get(key) if isinstance(options, DictionaryAttr) else None
    return chr(value.value) if isinstance(value, IntegerAttr) and 0 < value.value < 128 else ""


@rule
def lapack_call_as_op(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """custom_call @lapack_spotrf_ffi(a)  =>  cholesky(a)"""
    types = [value.type for value in (*op.operands, *op.results)]
    if not all(isinstance(type, TensorType) and type.is_static for type in types):
        return "a size is not known"
    if op.call_target_name in _CHOLESKY and len(op.operands) == 1 and len(op.results) == 2:
        return _cholesky(op, rewriter)
    if op.call_target_name in _SOLVE and len(op.operands) == 2 and len(op.results) == 1:
        return _solve(op, rewriter)
    return "it is not a function of LAPACK that has an op"


def _cholesky(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """The factor, and 0 for each matrix that is positive definite, 1 for the others."""
    uplo = _letter(op, "uplo")
    info = op.results[1].type
    (a,) = op.operands
    if uplo not in ("L", "U") or info != TensorType(a.type.shape[:-2], i32):
        return "its options are unknown"
    factor = hlo.Cholesky(a, uplo == "L").result
    real = hlo.Real(factor).result
    undefined = hlo.Compare(real, real, ComparisonDirection.NE).result
    rank = a.type.rank
    failed = hlo.reduce(undefined, hlo.constant(False, i1), [rank - 2, rank - 1], "or").results[0]
    rewriter.replace(op, factor, hlo.convert(failed, i32))
    return None


def _solve(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    side, uplo, form, diagonal = (_letter(op, key) for key in ("side", "uplo", "trans_x", "diag"))
    if side not in ("L", "R") or uplo not in ("L", "U") or form not in _TRANSPOSITIONS or diagonal not in ("N", "U"):
        return "its options are unknown"
    a, b = op.operands
    made = hlo.TriangularSolve(a, b, side == "L", uplo == "L", diagonal == "U", _TRANSPOSITIONS[form])
    rewriter.replace(op, made)
    return None
