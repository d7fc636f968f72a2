"""Indexed reading: `gather`, with all its dimension numbers, as one indexing of the operand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.structural import check_dimensions, check_sizes
from couloir.ir.errors import Error


def gather(
    xp: ArrayNamespace,
    operand: Array,
    start_indices: Array,
    *,
    offset_dims: Sequence[int],
    collapsed_slice_dims: Sequence[int],
    operand_batching_dims: Sequence[int] = (),
    start_indices_batching_dims: Sequence[int] = (),
    start_index_map: Sequence[int],
    index_vector_dim: int,
    slice_sizes: Sequence[int],
) -> Array:
    """Slices of the operand from computed starts, moved so that each slice lies inside. StableHLO `gather`.

    Args:
        xp: The domain.
        operand: What is read.
        start_indices: Integers; vectors of starts along `index_vector_dim`, its other dimensions are the batch.
        offset_dims: The dimensions of the result that run within a slice; the others are the batch.
        collapsed_slice_dims: Dimensions of the operand of which a slice has one element, and the result none.
        operand_batching_dims: Dimensions of the operand that run together with some of the batch.
        start_indices_batching_dims: Their partners in `start_indices`.
        start_index_map: The dimension of the operand that each element of a vector is the start in.
        index_vector_dim: Where the vectors lie in `start_indices`; its rank if each start is a vector of one.
        slice_sizes: The size of a slice in every dimension of the operand.
    """
    check_dimensions("gather", "index vector dimension", [index_vector_dim], start_indices.ndim + 1)
    dropped = [*collapsed_slice_dims, *operand_batching_dims]
    _check_operand_dimensions(operand, dropped, operand_batching_dims, start_index_map, slice_sizes)
    vectors = index_vectors(start_indices, index_vector_dim)
    if vectors.shape[-1] != len(start_index_map):
        raise Error(f"`gather` has {len(start_index_map)} mapped dimensions but index vectors of {vectors.shape[-1]}")
    batch: tuple[int, ...] = vectors.shape[:-1]
    kept = [d for d in range(operand.ndim) if d not in dropped]
    batch_axes = [d - (d > index_vector_dim) for d in start_indices_batching_dims]
    _check_batching(operand, operand_batching_dims, batch_axes, batch)
    shape: tuple[int, ...] = (*batch, *(slice_sizes[d] for d in kept))
    if len(offset_dims) != len(kept) or list(offset_dims) != sorted(offset_dims):
        raise Error(f"the offset dimensions of `gather` are {len(kept)} ascending numbers, not {list(offset_dims)}")
    check_dimensions("gather", "offset dimensions", offset_dims, len(shape))
    order = [*(d for d in range(len(shape)) if d not in offset_dims), *offset_dims]
    if 0 in shape:
        return np.moveaxis(np.zeros(shape, operand.dtype), range(len(shape)), order)

    def counting(axis: int) -> Array:
        """0, 1, 2, ... along one axis of [batch..., kept...]."""
        return np.arange(shape[axis]).reshape([-1 if d == axis else 1 for d in range(len(shape))])

    index: list[Array] = [np.zeros([1] * len(shape), dtype=np.int64) for _ in operand.shape]
    for place, d in enumerate(start_index_map):
        starts = np.clip(vectors[..., place], 0, operand.shape[d] - slice_sizes[d])
        index[d] = index[d] + starts.reshape(batch + (1,) * len(kept))
    for d, axis in zip(operand_batching_dims, batch_axes, strict=True):
        index[d] = index[d] + counting(axis)
    for place, d in enumerate(kept):
        index[d] = index[d] + counting(len(batch) + place)
    gathered = np.broadcast_to(operand[(*index, ...)], shape)
    return np.moveaxis(gathered, range(len(shape)), order)


def index_vectors(start_indices: Array, index_vector_dim: int) -> Array:
    """[batch..., vector] as int64; what does not fit stays beyond every dimension."""
    if start_indices.dtype == np.uint64:
        start_indices = np.minimum(start_indices, np.iinfo(np.int64).max)
    positions = start_indices.astype(np.int64)
    if index_vector_dim == positions.ndim:
        return positions[..., np.newaxis]
    return np.moveaxis(positions, index_vector_dim, -1)


def _check_operand_dimensions(
    operand: Array,
    dropped: Sequence[int],
    batching: Sequence[int],
    mapped: Sequence[int],
    slice_sizes: Sequence[int],
) -> None:
    """The constraints C6, C8, C9, C11, C12 and C18 to C21 of the specification."""
    check_sizes("gather", operand.ndim, slice_sizes=slice_sizes)
    check_dimensions("gather", "collapsed and batching dimensions", dropped, operand.ndim)
    check_dimensions("gather", "mapped and batching dimensions", [*mapped, *batching], operand.ndim)
    for d, (size, extent) in enumerate(zip(slice_sizes, operand.shape, strict=True)):
        # The specification admits dropped slices of size 0, but then nothing says which element is meant.
        least, most = (min(1, extent), min(1, extent)) if d in dropped else (0, extent)
        if not least <= size <= most:
            raise Error(f"`gather` has no slice of size {size} of dimension {d} of size {extent}")


def _check_batching(operand: Array, batching: Sequence[int], axes: Sequence[int], batch: Sequence[int]) -> None:
    """The constraints C13 to C17 of the specification."""
    check_dimensions("gather", "batching dimensions of the start indices", axes, len(batch))
    sizes, partners = [operand.shape[d] for d in batching], [batch[axis] for axis in axes]
    if sizes != partners:
        raise Error(f"`gather` has batching dimensions of sizes {sizes} in the operand but {partners} in the indices")
