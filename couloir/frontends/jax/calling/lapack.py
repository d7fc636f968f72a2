"""LAPACK's routines, which XLA calls on CPUs."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import OutputOperandAlias
from couloir.dialects.hlo.lapack import LapackCall
from couloir.frontends.jax.library import jax_library
from couloir.ir.attributes import IntegerAttr
from couloir.ir.types import dtype_of


@functools.cache
def _load() -> None:
    """JAX loads LAPACK when it lowers the first of its own calls; XLA crashes without."""
    jax = jax_library()
    jax.jit(jax.lax.linalg.cholesky).lower(jax.ShapeDtypeStruct((1, 1), "float32"))


def call_routine(call: LapackCall, op: hlo.CustomCall, operands: Sequence[Any]) -> list[Any]:
    """The call itself. It has no gradient."""
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
