"""Ops that arrange elements, and that make them. Sizes are numbers, or whole numbers known while JAX traces."""

from __future__ import annotations

from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.frontends.jax.calling.meanings import Run, means, sizes
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import TensorType, dtype_of


@means("get_dimension_size")
def get_dimension_size(run: Run, op: hlo.GetDimensionSize, x: Any) -> Any:
    """A size, which JAX knows while it traces."""
    return np.asarray(x.shape[op.dimension], np.int32)


@means("reshape")
def reshape(run: Run, op: hlo.Reshape, x: Any) -> Any:
    """The same elements in another shape, of which one size may be open."""
    dims = [-1 if size is None else size for size in op.result.type.dims]
    return jax_library().numpy.reshape(x, dims)


@means("dynamic_reshape")
def dynamic_reshape(run: Run, op: hlo.DynamicReshape, x: Any, shape: Any) -> Any:
    """The same elements in a computed shape."""
    return jax_library().lax.reshape(x, sizes(shape, op))


@means("broadcast_in_dim")
def broadcast_in_dim(run: Run, op: hlo.BroadcastInDim, x: Any) -> Any:
    """Repeated along dimensions."""
    dims = list(op.result.type.dims)
    for size, axis in zip(x.shape, op.broadcast_dimensions, strict=True):
        dims[axis] = size if dims[axis] is None else dims[axis]
    return jax_library().lax.broadcast_in_dim(x, dims, op.broadcast_dimensions)


@means("dynamic_broadcast_in_dim")
def dynamic_broadcast_in_dim(run: Run, op: hlo.DynamicBroadcastInDim, x: Any, shape: Any) -> Any:
    """Repeated to a computed shape."""
    return jax_library().lax.broadcast_in_dim(x, sizes(shape, op), op.broadcast_dimensions)


@means("broadcast")
def broadcast(run: Run, op: hlo.Broadcast, x: Any) -> Any:
    """Repeated along new first dimensions."""
    return jax_library().lax.broadcast(x, op.broadcast_sizes)


@means("iota")
def iota(run: Run, op: hlo.Iota) -> Any:
    """Counts along a dimension."""
    return _counts(op.output.type, op.output.type.shape, op.iota_dimension)


@means("dynamic_iota")
def dynamic_iota(run: Run, op: hlo.DynamicIota, shape: Any) -> Any:
    """Counts along a dimension of a computed shape."""
    return _counts(op.result.type, sizes(shape, op), op.iota_dimension)


def _counts(type: TensorType, shape: tuple[int, ...], axis: int) -> Any:
    lax, dtype = jax_library().lax, dtype_of(type.element_type)
    if np.issubdtype(dtype, np.complexfloating):
        return lax.convert_element_type(lax.broadcasted_iota(np.float32, shape, axis), dtype)
    return lax.broadcasted_iota(dtype, shape, axis)


@means("transpose")
def transpose(run: Run, op: hlo.Transpose, x: Any) -> Any:
    """Dimensions in another order."""
    return jax_library().lax.transpose(x, op.permutation)


@means("reverse")
def reverse(run: Run, op: hlo.Reverse, x: Any) -> Any:
    """Dimensions in reverse."""
    return jax_library().lax.rev(x, op.dimensions)


@means("concatenate")
def concatenate(run: Run, op: hlo.Concatenate, *operands: Any) -> Any:
    """One after the other."""
    return jax_library().lax.concatenate(operands, op.dimension)


@means("slice")
def slice(run: Run, op: hlo.Slice, x: Any) -> Any:
    """Every stride-th element of a range."""
    return jax_library().lax.slice(x, op.start_indices, op.limit_indices, op.strides)


@means("real_dynamic_slice")
def real_dynamic_slice(run: Run, op: hlo.RealDynamicSlice, x: Any, start: Any, limit: Any, strides: Any) -> Any:
    """Every stride-th element of a computed range."""
    return jax_library().lax.slice(x, sizes(start, op), sizes(limit, op), sizes(strides, op))


@means("pad")
def pad(run: Run, op: hlo.Pad, x: Any, value: Any) -> Any:
    """Values around and between the elements."""
    config = zip(op.edge_padding_low, op.edge_padding_high, op.interior_padding, strict=True)
    return jax_library().lax.pad(x, value, list(config))


@means("dynamic_pad")
def dynamic_pad(run: Run, op: hlo.DynamicPad, x: Any, value: Any, *amounts: Any) -> Any:
    """As `pad`, by computed amounts."""
    config = zip(*(sizes(amount, op) for amount in amounts), strict=True)
    return jax_library().lax.pad(x, value, list(config))
