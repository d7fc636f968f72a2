"""The rules of JAX's primitives, one module for each family."""

from __future__ import annotations

from couloir.frontends.jax.primitives import (
    collectives,
    composed,
    contraction,
    control,
    elementwise,
    factorization,
    indexing,
    linear_algebra,
    random,
    reduction,
    references,
    refused,
    shape,
)

__all__ = [
    "collectives",
    "composed",
    "contraction",
    "control",
    "elementwise",
    "factorization",
    "indexing",
    "linear_algebra",
    "random",
    "reduction",
    "references",
    "refused",
    "shape",
]
