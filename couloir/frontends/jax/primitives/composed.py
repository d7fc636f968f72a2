"""Primitives whose rule is JAX's own StableHLO, as a function that is called: what JAX itself writes as long programs of
other primitives, and functions that are not JAX's.
"""

from __future__ import annotations

from typing import Any

from couloir.dialects.hlo.building import Tensor
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.library import jax_library


@lowers(
    "bessel_i0e",
    "broadcast_to",
    "call_exported",
    "cholesky_update",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "philox2x32",
    "philox4x32",
    "ragged_dot_general",
    "random_gamma",
    "random_gamma_grad",
    "regularized_incomplete_beta",
    "scaled_dot",
    "symmetric_product",
    "threefry4x32",
)
def composed(eqn: Equation, *operands: Tensor) -> Lowered:
    """A call of what JAX makes of the primitive."""
    return eqn.lowered_by_jax(operands)


@lowers("bcsr_dot_general")
def bcsr_dot_general(eqn: Equation, *operands: Tensor) -> Lowered:
    """A product of a matrix of compressed rows, by way of coordinates: JAX calls a function of its own for it."""
    sparse, params = jax_library("jax.experimental.sparse"), eqn.params

    def product(data: Any, columns: Any, rows: Any, right: Any) -> Any:
        left = sparse.BCSR((data, columns, rows), shape=params["lhs_spinfo"].shape).to_bcoo()
        kept = {key: params[key] for key in ("dimension_numbers", "preferred_element_type") if key in params}
        return sparse.bcoo_dot_general(left, right, **kept)

    return eqn.retrace(product, eqn.avals, operands)


@lowers("ffi_call")
def ffi_call(eqn: Equation, *operands: Tensor) -> Lowered:
    """A call of a function that is not part of the module."""
    return eqn.lowered_by_jax(operands, custom_calls=True)
