"""Custom calls of LAPACK's routines, written out: the table from routines to functions of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import Transposition
from couloir.dialects.hlo.lapack import LapackCall, column_major, lapack_call
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import i32
from couloir.passes.formulas import Array, State, complex_of, full
from couloir.passes.lapack.elimination import getrf, gtsv, permutation, potrf
from couloir.passes.lapack.householder import gehrd, geqp3, geqrf, orgqr, ormqr, sytrd
from couloir.passes.lapack.jacobi import NOT_FINITE, gesdd, syevd
from couloir.passes.lapack.schur import eigenvalues_of, gees, geev

Routine: TypeAlias = "Callable[..., State]"
"""Takes the call and its operands as [batch, ...]; gives the results in the same form."""

_TRANSPOSITIONS: Final = {
    "N": Transposition.NO_TRANSPOSE,
    "T": Transposition.TRANSPOSE,
    "C": Transposition.ADJOINT,
}


def _getrf(call: LapackCall, a: Array) -> State:
    return getrf(a)


def _geqrf(call: LapackCall, a: Array) -> State:
    return geqrf(a)


def _geqp3(call: LapackCall, a: Array, fixed: Array) -> State:
    made: Any = call.op.operands[1].defining_op
    none = isinstance(made, hlo.Constant) and isinstance(made.value, DenseElementsAttr) and not made.value.array.any()
    return geqp3(a, None if none else fixed)


def _orgqr(call: LapackCall, a: Array, taus: Array) -> State:
    return orgqr(a, taus)


def _ormqr(call: LapackCall, a: Array, taus: Array, c: Array) -> State:
    return ormqr(a, taus, c, left=bool(call.number("left")), transpose=bool(call.number("transpose")))


def _gehrd(call: LapackCall, a: Array) -> State:
    return [*gehrd(a, call.number("low"), call.number("high")), _success(a)]


def _sytrd(call: LapackCall, a: Array) -> State:
    return [*sytrd(a, lower=call.letter("uplo", "LU") == "L"), _success(a)]


def _potrf(call: LapackCall, a: Array) -> State:
    return potrf(a, lower=call.letter("uplo", "LU") == "L")


def _gtsv(call: LapackCall, *operands: Array) -> State:
    return gtsv(*operands)


def _gtsv2(call: LapackCall, *operands: Array) -> State:
    return [gtsv(*operands)[3]]


def _perturbed(call: LapackCall, *operands: Array) -> State:
    return [gtsv(*operands, perturbed=True)[3]]


def _trsm(call: LapackCall, a: Array, b: Array) -> State:
    made = hlo.TriangularSolve(
        a.value,
        b.value,
        call.letter("side", "LR") == "L",
        call.letter("uplo", "LU") == "L",
        call.letter("diag", "NU") == "U",
        _TRANSPOSITIONS[call.letter("trans_x", "NTC")],
    )
    return [Array(made.result)]


def _syevd(call: LapackCall, a: Array) -> State:
    return syevd(
        a, lower=call.letter("uplo", "LU") == "L", vectors=call.routine == "Eigh" or call.letter("mode", "VN") == "V"
    )


def _singular(call: LapackCall, a: Array) -> State:
    mode = call.letter("mode", "ASN")
    values, left, right, info = gesdd(a, mode=mode)
    if mode == "N":
        wanted: Any = call.op.outputs[2:4]
        left, right = (full(0, (a.shape[0], *value.type.shape[-2:]), a.element) for value in wanted)
    elif call.routine == "gesvdj":  # has right vectors as columns
        right = right.adjoint()
    return [a, values, left, right, info]


def _gees(call: LapackCall, a: Array) -> State:
    call.letter("sort", "N")
    call.letter("mode", "VN")
    form, basis, info = gees(a) if a.shape[1] else [a, a, _success(a)]
    return [form, basis, *_values(a, *eigenvalues_of(form)), _success(a), info]


def _geev(call: LapackCall, a: Array) -> State:
    left, right = (call.letter(key, "VN") == "V" for key in ("compute_left", "compute_right"))
    if not a.shape[1]:
        vectors: Any = call.op.outputs[-2]
        nothing = full(0, a.shape, vectors.type.element_type)
        return [*_values(a, *eigenvalues_of(a)), nothing, nothing, _success(a)]
    *values, first, second, failed = geev(a, left=left, right=right)
    finite = (a.abs1().max(1, 2) < float("inf")).reshape(a.shape[0])
    return [*_values(a, *values), first, second, failed.where(finite, NOT_FINITE)]


def _lu(call: LapackCall, a: Array) -> State:
    factors, pivots, _ = getrf(a)
    return [factors, pivots - 1, permutation(pivots - 1, a.shape[1])]


def _permutation(call: LapackCall, pivots: Array) -> State:
    size: Any = call.op.outputs[0].type
    return [permutation(pivots, size.shape[-1])]


def _eigh(call: LapackCall, a: Array) -> State:
    vectors, values, failed = _syevd(call, a)
    done = failed.is_(0)
    return [
        vectors.where(done.reshape(a.shape[0], 1, 1), float("nan")),
        values.where(done.reshape(a.shape[0], 1), float("nan")),
    ]


def _values(a: Array, real: Array, imag: Array) -> State:
    """Eigenvalues as LAPACK gives them: of real matrices in two lists."""
    return [complex_of(real, imag)] if a.is_complex else [real, imag]


def _success(a: Array) -> Array:
    return full(0, (a.shape[0],), i32)


ROUTINES: Final[Mapping[str, Routine]] = {
    "gees": _gees,
    "geev": _geev,
    "gehrd": _gehrd,
    "geqp3": _geqp3,
    "geqrf": _geqrf,
    "gesdd": _singular,
    "gesvd": _singular,
    "getrf": _getrf,
    "gtsv": _gtsv,
    "orgqr": _orgqr,
    "ormqr": _ormqr,
    "potrf": _potrf,
    "syevd": _syevd,
    "sytrd": _sytrd,
    "trsm": _trsm,
    "Eigh": _eigh,
    "LuDecomposition": _lu,
    "gesvdj": _singular,
    "gtsv2": _gtsv2,
    "lu_pivots_to_permutation": _permutation,
    "tridiagonal_solve_perturbed": _perturbed,
}
"""From the name of a routine to what it is in StableHLO."""


_LAPACK_CALL_WRITTEN_OUT_1: Final = """
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3xf32>) {
  %0:2 = stablehlo.custom_call @lapack_sgeqrf_ffi(%x) {backend_config = "", mhlo.backend_config = {},
    mhlo.frontend_attributes = {num_batch_dims = "0"}, operand_layouts = [dense<[0, 1]> : tensor<2xindex>],
    result_layouts = [dense<[0, 1]> : tensor<2xindex>, dense<0> : tensor<1xindex>]}
    : (tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3xf32>)
  return %0#0, %0#1 : tensor<3x4xf32>, tensor<3xf32>
}
"""
_LAPACK_CALL_WRITTEN_OUT_2: Final = """
func.func @main(%x: tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<i32>) {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [1] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %1 = stablehlo.constant dense<[[9.0, 0.0, 0.0], [0.0, 8.0, 0.0], [0.0, 0.0, 7.0]]> : tensor<3x3xf32>
  %2 = stablehlo.add %0, %1 : tensor<3x3xf32>
  %3:2 = stablehlo.custom_call @lapack_spotrf_ffi(%2) {backend_config = "", mhlo.backend_config = {uplo = 76 : ui8},
    mhlo.frontend_attributes = {num_batch_dims = "0"}, operand_layouts = [dense<[0, 1]> : tensor<2xindex>],
    result_layouts = [dense<[0, 1]> : tensor<2xindex>, dense<> : tensor<0xindex>]}
    : (tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<i32>)
  return %3#0, %3#1 : tensor<3x3xf32>, tensor<i32>
}
"""


@rule(
    assumes=("no NaN", "no infinities", "no signed zeros", "no overflow"),
    examples=(_LAPACK_CALL_WRITTEN_OUT_1, _LAPACK_CALL_WRITTEN_OUT_2),
)
def lapack_call_written_out(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """custom_call @lapack_sgetrf_ffi(a)  =>  a loop over columns"""
    call = lapack_call(op)
    if call is None:
        return "it is not a routine of LAPACK"
    given, outputs = list[Any](op.operands), list[Any](op.results)
    if not all(value.type.is_static for value in (*given, *outputs)):
        return "a size is not known"
    routine = ROUTINES.get(call.routine)
    if routine is None:
        return f"`{call.routine}` is not written in StableHLO"
    takes, gives = call.forms
    inside, outside = call.layouts()
    rank = len(call.batch)
    operands: list[Array] = []
    for value, layout, form in zip(given, inside, takes, strict=True):
        array = _moved(Array(value), layout, column_major(value.type.rank, len(form.letters)))
        operands.append(array.reshape(math.prod(array.shape[:rank]), *array.shape[rank:]))
    results: list[Any] = []
    if not operands[0].shape[0]:
        results = [full(0, value.type.shape, value.type.element_type).value for value in outputs]
    else:
        for value, array, layout, form in zip(outputs, routine(call, *operands), outside, gives, strict=True):
            array = array.reshape(*value.type.shape)
            results.append(_moved(array, column_major(value.type.rank, len(form.letters)), layout).value)
    rewriter.replace(op, *results)
    return None


def _moved(array: Array, stored: tuple[int, ...], read: tuple[int, ...]) -> Array:
    """An array that lies in memory by one layout, as what is read there by another layout."""
    if stored == read:
        return array
    flat = Array(hlo.Transpose(array.value, stored[::-1]).result)
    flat = flat.reshape(*(array.shape[axis] for axis in read[::-1]))
    order = sorted(range(len(read)), key=lambda axis: read[::-1][axis])
    return Array(hlo.Transpose(flat.value, tuple(order)).result)
