"""Ops that read and write at computed places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.frontends.jax.calling.meanings import Run, arrays_of, means, sizes
from couloir.frontends.jax.calling.regions import returned, single_op
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import i1


def _clamped(starts: Sequence[Any], shape: Sequence[int], taken: Sequence[int]) -> list[Any]:
    """Starts moved inside, where JAX would count negative ones from the end."""
    jnp = jax_library().numpy
    limits = [size - part for size, part in zip(shape, taken, strict=True)]
    return [jnp.clip(start, 0, limit) for start, limit in zip(starts, limits, strict=True)]


@means("dynamic_slice")
def dynamic_slice(run: Run, op: hlo.DynamicSlice, x: Any, *starts: Any) -> Any:
    """A slice whose start is computed."""
    return jax_library().lax.dynamic_slice(x, _clamped(starts, x.shape, op.slice_sizes), op.slice_sizes)


@means("dynamic_update_slice")
def dynamic_update_slice(run: Run, op: hlo.DynamicUpdateSlice, x: Any, update: Any, *starts: Any) -> Any:
    """A tensor with a slice replaced."""
    return jax_library().lax.dynamic_update_slice(x, update, _clamped(starts, x.shape, update.shape))


def _vectors(indices: Any, axis: int, batching: Sequence[int]) -> tuple[Any, tuple[int, ...]]:
    """Indices whose vectors are the last dimension, as JAX wants them, and the numbers of their batching dimensions then."""
    jnp = jax_library().numpy
    if axis == len(indices.shape):
        return jnp.expand_dims(indices, axis), tuple(batching)
    return jnp.moveaxis(indices, axis, -1), tuple(dim - (dim > axis) for dim in batching)


@means("gather", "dynamic_gather")
def gather(run: Run, op: Any, x: Any, indices: Any, *slice_sizes: Any) -> Any:
    """Slices at computed places, which are moved inside."""
    lax, dims = jax_library().lax, op.dimension_numbers
    taken = sizes(slice_sizes[0], op) if slice_sizes else op.slice_sizes
    indices, batching = _vectors(indices, dims.index_vector_dim, dims.start_indices_batching_dims)
    numbers = lax.GatherDimensionNumbers(
        dims.offset_dims, dims.collapsed_slice_dims, dims.start_index_map, dims.operand_batching_dims, batching
    )
    return lax.gather(x, indices, numbers, taken, indices_are_sorted=op.indices_are_sorted, mode="clip")


COMBINERS: Final = {
    "stablehlo.add": "scatter_add",
    "stablehlo.maximum": "scatter_max",
    "stablehlo.minimum": "scatter_min",
    "stablehlo.multiply": "scatter_mul",
    "stablehlo.subtract": "scatter_sub",
}
"""Bodies that are one op, and JAX's function."""
OF_BOOLEANS: Final = {"scatter_add": "scatter_max", "scatter_mul": "scatter_min"}


def _function(op: hlo.Scatter) -> str | None:
    """JAX's function for a scatter of one input, if there is one."""
    if len(op.inputs) != 1:
        return None
    block = op.update_computation.block
    if block.first_op is block.last_op and returned(op.update_computation) == block.arguments[1:]:
        return "scatter"
    name = COMBINERS.get(single_op(op.update_computation) or "")
    return OF_BOOLEANS.get(name, name) if name and op.inputs[0].type.element_type is i1 else name


@means("scatter")
def scatter(run: Run, op: hlo.Scatter, *operands: Any) -> Any:
    """Combines updates in at computed places; what falls outside is dropped, element by element."""
    jax, dims, count = jax_library(), op.scatter_dimension_numbers, len(op.inputs)
    inputs, indices, updates = list(operands[:count]), operands[count], operands[count + 1 :]
    shape, name = inputs[0].shape, _function(op)
    indices, batching = _vectors(indices, dims.index_vector_dim, dims.scatter_indices_batching_dims)
    if np.issubdtype(indices.dtype, np.unsignedinteger) or indices.dtype.itemsize < 4:
        indices = indices.astype(np.int32)
    indexed = dims.scatter_dims_to_operand_dims
    hidden = (*dims.inserted_window_dims, *dims.input_batching_dims)
    windows = iter([updates[0].shape[axis] for axis in dims.update_window_dims])
    window = [1 if axis in hidden else next(windows) for axis in range(len(shape))]
    # JAX drops a window of which a part is outside. With a margin no part is; the margin is cut off in the end.
    wide = [axis for axis in indexed if name is None or window[axis] > 1]
    margin = [window[axis] if axis in wide else 0 for axis in range(len(shape))]
    if wide:
        low = np.asarray([-window[axis] for axis in indexed], indices.dtype)
        high = np.asarray([shape[axis] for axis in indexed], indices.dtype)
        indices = jax.numpy.clip(indices, low, high) + np.asarray([margin[axis] for axis in indexed], indices.dtype)
        padding = [(size, size, 0) for size in margin]
        inputs = [jax.lax.pad(x, np.zeros((), x.dtype), padding) for x in inputs]
    if name is None:
        made = _one_by_one(run, op, inputs, indices, updates, window, batching)
    else:
        numbers = jax.lax.ScatterDimensionNumbers(
            dims.update_window_dims, dims.inserted_window_dims, indexed, dims.input_batching_dims, batching
        )
        flags = {
            "indices_are_sorted": op.indices_are_sorted and not wide,
            "unique_indices": op.unique_indices and not wide,
        }
        made = [getattr(jax.lax, name)(inputs[0], indices, updates[0], numbers, mode="drop", **flags)]
    limits = [low + size for low, size in zip(margin, shape, strict=True)]
    return [jax.lax.slice(x, margin, limits) for x in made] if wide else made


def _one_by_one(
    run: Run,
    op: hlo.Scatter,
    inputs: Sequence[Any],
    indices: Any,
    updates: Sequence[Any],
    window: Sequence[int],
    batching: Sequence[int],
) -> list[Any]:
    """Any body, for one window after the other."""
    jax, dims = jax_library(), op.scatter_dimension_numbers
    jnp, shape = jax.numpy, indices.shape[:-1]
    starts: list[Any] = [jnp.zeros(shape, indices.dtype)] * len(window)
    for number, axis in enumerate(dims.scatter_dims_to_operand_dims):
        starts[axis] = indices[..., number]
    for axis, place in zip(dims.input_batching_dims, batching, strict=True):
        starts[axis] = jax.lax.broadcasted_iota(indices.dtype, shape, place)
    places = (
        jnp.reshape(jnp.stack(starts, -1), (-1, len(window))) if window else jnp.zeros((math.prod(shape), 0), "int32")
    )
    first = [axis for axis in range(len(updates[0].shape)) if axis not in dims.update_window_dims]
    order = [*first, *dims.update_window_dims]
    parts = [jnp.reshape(jnp.transpose(update, order), (-1, *window)) for update in updates]

    def combined(*scalars: Any) -> list[Any]:
        return arrays_of(run.region(op.update_computation, *scalars))

    for _ in window:
        combined = jax.vmap(combined)

    def step(tensors: Any, item: Any) -> Any:
        place, new = item
        old = [jax.lax.dynamic_slice(x, list(place), window) for x in tensors]
        made = combined(*old, *new)
        return [jax.lax.dynamic_update_slice(x, y, list(place)) for x, y in zip(tensors, made, strict=True)], None

    return jax.lax.scan(step, [jnp.asarray(x) for x in inputs], (places, parts))[0]
