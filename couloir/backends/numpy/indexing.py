"""Where the elements go that `scatter` and `select_and_scatter` write."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from couloir.backends.numpy import bodies
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.gathering import index_vectors
from couloir.backends.numpy.meanings import Request
from couloir.dialects.hlo.window import WindowDimension
from couloir.ir.operation import Region


def scatter_places(
    shape: Sequence[int],
    scatter_indices: Array,
    update_shape: Sequence[int],
    *,
    update_window_dims: Sequence[int],
    inserted_window_dims: Sequence[int],
    input_batching_dims: Sequence[int],
    scatter_indices_batching_dims: Sequence[int],
    scatter_dims_to_operand_dims: Sequence[int],
    index_vector_dim: int,
) -> tuple[Array, Array]:
    """For each element of the updates, its flat place in an operand of `shape`, and whether that lies inside.

    Returns:
        The places of those inside, in order, and a mask of the shape of the updates. StableHLO `scatter`.
    """
    vectors = index_vectors(scatter_indices, index_vector_dim)
    batch = vectors.ndim - 1
    scattered = [d for d in range(len(update_shape)) if d not in update_window_dims]
    hidden = (*inserted_window_dims, *input_batching_dims)
    windowed = [d for d in range(len(shape)) if d not in hidden]

    def along(values: Array, axes: Sequence[int]) -> Array:
        """Values whose dimensions are the given ones of the updates."""
        sizes = [1] * len(update_shape)
        for size, axis in zip(values.shape, axes, strict=True):
            sizes[axis] = size
        return values.reshape(sizes)

    index: list[Array] = [np.zeros([1] * len(update_shape), dtype=np.int64) for _ in shape]
    for place, d in enumerate(scatter_dims_to_operand_dims):
        index[d] = index[d] + along(vectors[..., place], scattered)
    for d, axis in zip(input_batching_dims, scatter_indices_batching_dims, strict=True):
        position = axis - (axis > index_vector_dim)
        count: int = vectors.shape[position]
        index[d] = index[d] + along(np.arange(count), [scattered[position]])
    for d, axis in zip(windowed, update_window_dims, strict=True):
        index[d] = index[d] + along(np.arange(update_shape[axis]), [axis])
    assert len(scattered) == batch, "the op is verified"
    inside = np.ones(update_shape, dtype=np.bool_)
    flat = np.zeros(update_shape, dtype=np.int64)
    for d, size in enumerate(shape):
        inside = inside & (index[d] >= 0) & (index[d] < size)
        flat = flat * size + np.clip(index[d], 0, max(size - 1, 0))
    return flat[inside], inside


def selected_places(
    xp: ArrayNamespace, select: Region, operand: Array, source_shape: Sequence[int], window: Sequence[WindowDimension]
) -> Generator[Request, Any, tuple[Array, Array]]:
    """For each window of `operand`, the flat place of the element that `select` chooses, and whether there is one.

    Returns:
        The places of those chosen, in order, and a mask of `source_shape`. StableHLO `select_and_scatter`.
    """
    chosen = np.zeros(source_shape, dtype=np.bool_)
    places = np.zeros(source_shape, dtype=np.int64)
    if operand.size == 0 or chosen.size == 0:
        return places[chosen], chosen
    flat = operand.reshape(-1)
    for offset in np.ndindex(*(w.size or 1 for w in window)):
        there = np.ones(source_shape, dtype=np.bool_)
        candidates = np.zeros(source_shape, dtype=np.int64)
        for axis, (o, w) in enumerate(zip(offset, window, strict=True)):
            at = np.arange(source_shape[axis]) * w.stride + o - w.padding_low
            at = at.reshape([-1 if d == axis else 1 for d in range(len(source_shape))])
            size = operand.shape[axis]
            there = there & (at >= 0) & (at < size)
            candidates = candidates * size + np.clip(at, 0, size - 1)
        (keep,) = yield from bodies.apply(xp, select, flat[places], flat[candidates])
        places = np.where(there & ~(chosen & keep), candidates, places)
        chosen = chosen | there
    return places[chosen], chosen
