"""What the lowerings share: constants like a tensor, broadcasting as in NumPy, shapes with and without dimensions of size 1."""

from __future__ import annotations

from couloir.dialects.hlo.building import (
    accumulator,
    along,
    broadcast,
    broadcast_shapes,
    broadcast_together,
    compare,
    convert,
    expand_like,
    full,
    full_like,
    highest,
    is_float,
    is_unsigned,
    lowest,
    reduce,
    reshape,
    scalar,
    with_ones,
)

__all__ = [
    "accumulator",
    "along",
    "broadcast",
    "broadcast_shapes",
    "broadcast_together",
    "compare",
    "convert",
    "expand_like",
    "full",
    "full_like",
    "highest",
    "is_float",
    "is_unsigned",
    "lowest",
    "reduce",
    "reshape",
    "scalar",
    "with_ones",
]
