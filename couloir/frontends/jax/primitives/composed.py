"""Special functions that JAX itself writes as long programs: their rule is JAX's own StableHLO, as a function that is called."""

from __future__ import annotations

from couloir.dialects.hlo.building import Tensor
from couloir.frontends.jax.equation import Equation, Lowered, lowers


@lowers(
    "bessel_i0e",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "random_gamma",
    "random_gamma_grad",
    "regularized_incomplete_beta",
)
def composed(eqn: Equation, *operands: Tensor) -> Lowered:
    """A call of what JAX makes of the primitive."""
    return eqn.lowered_by_jax(operands)
