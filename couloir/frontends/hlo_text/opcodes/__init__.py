"""The rules: one file for each family of opcodes. Importing this registers them all."""

from __future__ import annotations

from couloir.frontends.hlo_text.opcodes import (
    collectives,
    contraction,
    control,
    elementwise,
    indexing,
    linear_algebra,
    reduction,
    shape,
)

__all__ = ["collectives", "contraction", "control", "elementwise", "indexing", "linear_algebra", "reduction", "shape"]
