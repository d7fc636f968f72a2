"""The rules of JAX's primitives, one module for each family."""

from __future__ import annotations

from couloir.frontends.jax.primitives import (
    composed,
    contraction,
    control,
    elementwise,
    factorization,
    indexing,
    linear_algebra,
    random,
    reduction,
    shape,
)

__all__ = [
    "composed",
    "contraction",
    "control",
    "elementwise",
    "factorization",
    "indexing",
    "linear_algebra",
    "random",
    "reduction",
    "shape",
]
