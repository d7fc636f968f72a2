"""Primitives whose rule is JAX's own StableHLO, as a function that is called: what JAX itself writes as long programs of
other primitives, and functions that are not JAX's.
"""

from __future__ import annotations

from couloir.dialects.hlo.building import Tensor
from couloir.frontends.jax.equation import Equation, Lowered, lowers


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


@lowers("ffi_call")
def ffi_call(eqn: Equation, *operands: Tensor) -> Lowered:
    """A call of a function that is not part of the module."""
    return eqn.lowered_by_jax(operands, custom_calls=True)
