"""Ops that move elements and compute none of them: the same NumPy in every domain.

Every function takes the domain first and names its section of the StableHLO specification. Results may share memory
with operands.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, DType
from couloir.ir.errors import Error


def check_dimensions(op: str, what: str, dimensions: Sequence[int], rank: int) -> None:
    """Raises unless `dimensions` are different and between 0 and `rank` - 1."""
    if len(set(dimensions)) != len(dimensions) or not all(0 <= dimension < rank for dimension in dimensions):
        raise Error(f"the {what} of `{op}` are different numbers from 0 to {rank - 1}, not {list(dimensions)}")


def check_sizes(op: str, rank: int, **parameters: Sequence[object]) -> None:
    """Raises unless every parameter has one entry a dimension."""
    for name, values in parameters.items():
        if len(values) != rank:
            raise Error(f"`{name}` of `{op}` has one entry for each of {rank} dimensions, not {len(values)}")


def check_positive(op: str, **parameters: Sequence[int]) -> None:
    """Raises unless every entry of every parameter is 1 or more."""
    for name, values in parameters.items():
        if any(value < 1 for value in values):
            raise Error(f"`{name}` of `{op}` are 1 or more, not {list(values)}")


def _part(operand: Array, slices: Sequence[builtins.slice]) -> Array:
    """The elements that lie in a slice of each dimension; an array for rank 0, too."""
    return operand[(*slices, ...)]


def broadcast_in_dim(
    xp: ArrayNamespace, operand: Array, *, shape: Sequence[int], broadcast_dimensions: Sequence[int]
) -> Array:
    """Dimension i of the operand becomes `broadcast_dimensions[i]`; new ones and those of size 1 are repeated.

    StableHLO `broadcast_in_dim`.
    """
    check_sizes("broadcast_in_dim", operand.ndim, broadcast_dimensions=broadcast_dimensions)
    check_dimensions("broadcast_in_dim", "broadcast dimensions", broadcast_dimensions, len(shape))
    order = np.argsort(broadcast_dimensions)
    sizes = [1] * len(shape)
    for dimension, size in zip(broadcast_dimensions, operand.shape, strict=True):
        if size not in (1, shape[dimension]):
            raise Error(f"`broadcast_in_dim` cannot make size {shape[dimension]} of dimension {dimension} from {size}")
        sizes[dimension] = size
    return np.broadcast_to(operand.transpose(order).reshape(sizes), shape)


def reshape(xp: ArrayNamespace, operand: Array, *, shape: Sequence[int]) -> Array:
    """The same elements in row-major order under another shape. StableHLO `reshape`."""
    if any(size < 0 for size in shape) or np.prod(shape, dtype=object) != operand.size:
        raise Error(f"`reshape` cannot make {list(shape)} from the {operand.size} elements of {list(operand.shape)}")
    return operand.reshape(shape)


def transpose(xp: ArrayNamespace, operand: Array, *, permutation: Sequence[int]) -> Array:
    """Dimension i of the result is `permutation[i]` of the operand. StableHLO `transpose`."""
    check_sizes("transpose", operand.ndim, permutation=permutation)
    check_dimensions("transpose", "permutation", permutation, operand.ndim)
    return operand.transpose(permutation)


def reverse(xp: ArrayNamespace, operand: Array, *, dimensions: Sequence[int]) -> Array:
    """The order of elements turned round along `dimensions`. StableHLO `reverse`."""
    check_dimensions("reverse", "dimensions", dimensions, operand.ndim)
    backwards = builtins.slice(None, None, -1)
    return _part(operand, [backwards if d in dimensions else builtins.slice(None) for d in range(operand.ndim)])


def slice(
    xp: ArrayNamespace,
    operand: Array,
    *,
    start_indices: Sequence[int],
    limit_indices: Sequence[int],
    strides: Sequence[int],
) -> Array:
    """Every `strides`-th element from `start_indices` up to, not including, `limit_indices`. StableHLO `slice`."""
    check_sizes("slice", operand.ndim, start_indices=start_indices, limit_indices=limit_indices, strides=strides)
    bounds = list(zip(start_indices, limit_indices, strides, operand.shape, strict=True))
    for start, limit, stride, size in bounds:
        if not (0 <= start <= limit <= size and stride > 0):
            raise Error(f"`slice` has no [{start}:{limit}:{stride}] of a dimension of size {size}")
    return _part(operand, [builtins.slice(start, limit, stride) for start, limit, stride, _ in bounds])


def pad(
    xp: ArrayNamespace,
    operand: Array,
    padding_value: Array,
    *,
    edge_padding_low: Sequence[int],
    edge_padding_high: Sequence[int],
    interior_padding: Sequence[int],
) -> Array:
    """`padding_value` (rank 0) between elements and at the edges; negative edges cut off. StableHLO `pad`."""
    check_sizes(
        "pad",
        operand.ndim,
        edge_padding_low=edge_padding_low,
        edge_padding_high=edge_padding_high,
        interior_padding=interior_padding,
    )
    operand, padding_value = xp.alike(operand, padding_value)
    if padding_value.dtype != operand.dtype or padding_value.shape != ():
        raise Error(
            f"the padding value of `pad` is one {operand.dtype}, not {padding_value.dtype}{list(padding_value.shape)}"
        )
    shape: list[int] = []
    source: list[builtins.slice] = []
    target: list[builtins.slice] = []
    for size, low, high, interior in zip(
        operand.shape, edge_padding_low, edge_padding_high, interior_padding, strict=True
    ):
        step = interior + 1
        padded = low + max(size + (size - 1) * interior, 0) + high
        if interior < 0 or padded < 0:
            raise Error(f"`pad` by low {low}, high {high}, interior {interior} leaves nothing of size {size}")
        # Element i lands at low + i * step; `first` and `last` are the elements that land inside.
        first = max(-(low // step), 0)
        last = min((padded - 1 - low) // step, size - 1)
        shape.append(padded)
        source.append(builtins.slice(first, max(last + 1, first)))
        target.append(builtins.slice(low + first * step, max(low + last * step + 1, low + first * step), step))
    if not any((*edge_padding_low, *edge_padding_high, *interior_padding)):
        return operand
    result = np.full(shape, padding_value)
    result[tuple(target)] = operand[tuple(source)]
    return result


def concatenate(xp: ArrayNamespace, inputs: Sequence[Array], *, dimension: int) -> Array:
    """The inputs one after the other along `dimension`. StableHLO `concatenate`."""
    if not inputs:
        raise Error("`concatenate` takes at least one tensor")
    inputs = xp.alike(*inputs)
    first = inputs[0]
    check_dimensions("concatenate", "dimension", [dimension], first.ndim)
    for other in inputs[1:]:
        same = [a == b or axis == dimension for axis, (a, b) in enumerate(zip(first.shape, other.shape, strict=False))]
        if other.dtype != first.dtype or other.ndim != first.ndim or not all(same):
            raise Error(
                f"`concatenate` takes tensors that differ in dimension {dimension} alone, "
                f"not {first.dtype}{list(first.shape)} and {other.dtype}{list(other.shape)}"
            )
    return np.concatenate(inputs, axis=dimension)


def iota(xp: ArrayNamespace, *, dtype: DType, shape: Sequence[int], iota_dimension: int) -> Array:
    """0, 1, 2, ... along `iota_dimension`. StableHLO `iota`."""
    check_dimensions("iota", "iota dimension", [iota_dimension], len(shape))
    sizes = [size if axis == iota_dimension else 1 for axis, size in enumerate(shape)]
    return np.broadcast_to(xp.convert(np.arange(shape[iota_dimension]), xp.carrier(dtype)).reshape(sizes), shape)


def _clamped_starts(op: str, start_indices: Sequence[Array], shape: Sequence[int], sizes: Sequence[int]) -> list[int]:
    check_sizes(op, len(shape), start_indices=start_indices, slice_sizes=sizes)
    starts: list[int] = []
    for start, size, extent in zip(start_indices, sizes, shape, strict=True):
        if not 0 <= size <= extent:
            raise Error(f"`{op}` has no slice of size {size} of a dimension of size {extent}")
        starts.append(min(max(int(start), 0), extent - size))
    return starts


def dynamic_slice(
    xp: ArrayNamespace, operand: Array, start_indices: Sequence[Array], *, slice_sizes: Sequence[int]
) -> Array:
    """A slice of `slice_sizes`; starts (rank 0) are moved so that it lies inside. StableHLO `dynamic_slice`."""
    starts = _clamped_starts("dynamic_slice", start_indices, operand.shape, slice_sizes)
    return _part(operand, [builtins.slice(at, at + size) for at, size in zip(starts, slice_sizes, strict=True)])


def dynamic_update_slice(xp: ArrayNamespace, operand: Array, update: Array, start_indices: Sequence[Array]) -> Array:
    """`operand` with a slice replaced by `update`; starts are moved so that it lies inside.

    StableHLO `dynamic_update_slice`.
    """
    operand, update = xp.alike(operand, update)
    if update.ndim != operand.ndim or update.dtype != operand.dtype:
        raise Error(
            "the update of `dynamic_update_slice` has the operand's rank and element type, "
            f"not {update.dtype}{list(update.shape)} for {operand.dtype}{list(operand.shape)}"
        )
    starts = _clamped_starts("dynamic_update_slice", start_indices, operand.shape, update.shape)
    result = operand.copy()
    result[tuple(builtins.slice(at, at + size) for at, size in zip(starts, update.shape, strict=True))] = update
    return result
