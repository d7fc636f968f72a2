"""From StableHLO back to JAX: `couloir.frontends.jax.call(module)` is a function that JAX traces, differentiates, compiles.

One file of meanings for each family; `meanings.py` has the table. Only public names of JAX are used.
"""

from __future__ import annotations

from couloir.frontends.jax.calling import (
    contraction,
    control,
    elementwise,
    indexing,
    reduction,
    shape,
    sorting,
)
from couloir.frontends.jax.calling.interpreter import call

__all__ = ["call", "contraction", "control", "elementwise", "indexing", "reduction", "shape", "sorting"]
