"""Triangular systems, in any domain with division."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array


def triangular_solve(xp: ArrayNamespace, a: Array, b: Array, *, lower: bool, unit_diagonal: bool) -> Array:
    """x with `a x = b`, row by row (substitution).

    Args:
        xp: The domain.
        a: [..., n, n], of which one triangle is read.
        b: [..., n, columns].
        lower: Which triangle.
        unit_diagonal: Whether the diagonal is taken to be ones, and not read.
    """
    wide = xp.accumulation_dtype(b.dtype)
    a, rest = xp.convert(a, wide), xp.convert(b, wide)
    size = a.shape[-1]
    rows: list[Array] = []
    order = range(size) if lower else range(size - 1, -1, -1)
    for row in order:
        solved = rest[..., row : row + 1, :]
        if not unit_diagonal:
            solved = xp.apply("divide", solved, np.broadcast_to(a[..., row : row + 1, row : row + 1], solved.shape))
        rows.append(solved)
        # What is left of the other equations when this unknown is known.
        rest = xp.apply("subtract", rest, xp.matmul(a[..., :, row : row + 1], solved))
    ordered = rows if lower else rows[::-1]
    return xp.convert(np.concatenate(ordered, axis=-2), b.dtype) if rows else b
