"""Lowering of StableHLO to loops over buffers."""

from __future__ import annotations

from couloir.passes.hlo_to_loops import (  # fill the table of kernels
    contractions,  # noqa: F401  # pyright: ignore[reportUnusedImport]
    sorting,  # noqa: F401  # pyright: ignore[reportUnusedImport]
    updates,  # noqa: F401  # pyright: ignore[reportUnusedImport]
)
from couloir.passes.hlo_to_loops.lowering import INPUT_COUNT, SIGNATURE, HloToLoops

__all__ = ["INPUT_COUNT", "SIGNATURE", "HloToLoops"]
