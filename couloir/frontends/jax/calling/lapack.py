"""LAPACK's routines in JAX: its own factorizations, which have gradients, or the routine itself, which XLA calls on CPUs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import OutputOperandAlias
from couloir.dialects.hlo.lapack import LapackCall, column_major
from couloir.frontends.jax.library import jax_library
from couloir.ir.attributes import IntegerAttr
from couloir.ir.types import dtype_of


@functools.cache
def _load() -> None:
    """JAX loads LAPACK when it lowers the first of its own calls; XLA crashes without."""
    jax = jax_library()
    jax.jit(jax.lax.linalg.cholesky).lower(jax.ShapeDtypeStruct((1, 1), "float32"))


def call_routine(call: LapackCall, op: hlo.CustomCall, operands: Sequence[Any]) -> list[Any]:
    """What the call is in JAX, where JAX differentiates that; else the call itself, which has no gradient."""
    written = FACTORIZATIONS.get(call.routine)
    if written is not None and _lies_by_columns(call):
        return written(call, *operands)
    return _called(call, op, operands)


def _lies_by_columns(call: LapackCall) -> bool:
    rank = len(call.batch)
    return all(
        layout == column_major(rank + len(form.letters), len(form.letters))
        for layouts, forms in zip(call.layouts(), call.forms, strict=True)
        for layout, form in zip(layouts, forms, strict=True)
    )


def _success(a: Any) -> Any:
    """0 for each matrix of a batch: where JAX's function fails, its results are NaN already."""
    return jax_library().numpy.zeros(a.shape[:-2], "int32")


def _getrf(call: LapackCall, a: Any) -> list[Any]:
    jnp = jax_library().numpy
    factors, pivots, _ = jax_library().lax.linalg.lu(a)
    zero = jnp.diagonal(factors, axis1=-2, axis2=-1) == 0
    first = jnp.where(zero.any(-1), jnp.argmax(zero, axis=-1) + 1, 0) if zero.shape[-1] else jnp.zeros(zero.shape[:-1])
    return [factors, pivots + 1, first.astype("int32")]


def _potrf(call: LapackCall, a: Any) -> list[Any]:
    jnp = jax_library().numpy
    lower = call.letter("uplo", "LU") == "L"
    given = a if lower else jnp.conj(jnp.swapaxes(a, -1, -2))
    factor = jax_library().lax.linalg.cholesky(given, symmetrize_input=False)
    return [factor if lower else jnp.conj(jnp.swapaxes(factor, -1, -2)), _success(a)]


def _syevd(call: LapackCall, a: Any) -> list[Any]:
    lower = call.letter("uplo", "LU") == "L"
    vectors, values = jax_library().lax.linalg.eigh(a, lower=lower, symmetrize_input=False)
    return [vectors, values, _success(a)]


def _gesdd(call: LapackCall, a: Any) -> list[Any]:
    jax, mode = jax_library(), call.letter("mode", "ASN")
    outputs: Any = call.op.outputs
    if mode == "N":
        values = jax.lax.linalg.svd(a, compute_uv=False)
        left, right = (jax.numpy.zeros(value.type.shape, a.dtype) for value in outputs[2:4])
    else:
        left, values, right = jax.lax.linalg.svd(a, full_matrices=mode == "A")
    return [a, values, left, right, _success(a)]


def _gtsv(call: LapackCall, *operands: Any) -> list[Any]:
    solution = jax_library().lax.linalg.tridiagonal_solve(*operands)
    return [*operands[:3], solution, _success(solution)]


def _trsm(call: LapackCall, a: Any, b: Any) -> list[Any]:
    form = call.letter("trans_x", "NTC")
    return [
        jax_library().lax.linalg.triangular_solve(
            a,
            b,
            left_side=call.letter("side", "LR") == "L",
            lower=call.letter("uplo", "LU") == "L",
            transpose_a=form != "N",
            conjugate_a=form == "C",
            unit_diagonal=call.letter("diag", "NU") == "U",
        )
    ]


FACTORIZATIONS: Final[Mapping[str, Callable[..., list[Any]]]] = {
    "gesdd": _gesdd,
    "getrf": _getrf,
    "gtsv": _gtsv,
    "potrf": _potrf,
    "syevd": _syevd,
    "trsm": _trsm,
}


def _called(call: LapackCall, op: hlo.CustomCall, operands: Sequence[Any]) -> list[Any]:
    _load()
    jax = jax_library()
    outputs: Any = op.outputs
    types = [jax.ShapeDtypeStruct(value.type.shape, dtype_of(value.type.element_type)) for value in outputs]
    inside, outside = call.layouts()
    aliases: dict[int, int] = {}
    for alias in op.output_operand_aliases or ():
        if isinstance(alias, OutputOperandAlias):
            aliases[alias.operand_index] = alias.output_tuple_indices[0] if alias.output_tuple_indices else 0
    options = {
        key: dtype_of(value.type).type(value.value)
        for key, value in call.options().items()
        if isinstance(value, IntegerAttr)
    }
    function = jax.ffi.ffi_call(
        op.call_target_name,
        types,
        vmap_method="sequential",
        input_layouts=[layout[::-1] for layout in inside],
        output_layouts=[layout[::-1] for layout in outside],
        input_output_aliases=aliases,
    )
    return list(function(*operands, **options))
