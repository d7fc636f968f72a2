"""From JAX: `couloir.from_jax(f, x)`. One file of `primitives` for each family.

`lowers("my_primitive")` registers the rule of a primitive, here or in another package; see
`couloir.frontends.jax.equation`.
"""

from __future__ import annotations

from couloir.frontends.jax.calling import call
from couloir.frontends.jax.equation import RULES, Equation, NotLowered, lowers
from couloir.frontends.jax.reading import program, trace
from couloir.frontends.jax.tracing import Program

__all__ = ["RULES", "Equation", "NotLowered", "Program", "call", "lowers", "program", "trace"]
