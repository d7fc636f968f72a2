"""Sorts by any comparator: JAX's own sort where the comparator is one of JAX's, otherwise a network of comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType
from couloir.frontends.jax.calling.elementwise import ordered
from couloir.frontends.jax.calling.meanings import Array, Run, means
from couloir.frontends.jax.calling.regions import returned, same_block
from couloir.frontends.jax.library import jax_library
from couloir.frontends.jax.primitives.reduction import comparator
from couloir.ir.operation import Block
from couloir.ir.types import FloatType, IntegerType


@means("sort")
def sort(run: Run, op: hlo.Sort, *operands: Any) -> Any:
    """Sorts tensors together along a dimension."""
    lax = jax_library().lax
    axis = op.dimension % max(len(operands[0].shape), 1)
    if not operands[0].shape:
        return list(operands)
    elements = [value.type.element_type for value in op.inputs]
    for count in range(1, len(operands) + 1):
        if same_block(op.comparator.block, comparator(elements, count)):
            return list(lax.sort(operands, dimension=axis, is_stable=op.is_stable, num_keys=count))
    keys = _keys(op, operands[0])
    if keys is not None:
        made = lax.sort((keys, *operands), dimension=axis, is_stable=op.is_stable, num_keys=1)
        return list(made)[1:]
    return _by_network(run, op, operands, axis)


def _keys(op: hlo.Sort, x: Any) -> Any:
    """Whole numbers or floats that lax sorts in the order of a comparator that compares the first operand; None for others."""
    block: Block = op.comparator.block
    compared = block.first_op
    if not isinstance(compared, hlo.Compare) or returned(op.comparator) != [compared.result]:
        return None
    if list(compared.operands) != block.arguments[:2]:
        return None
    direction, element = compared.comparison_direction, op.inputs[0].type.element_type
    if direction not in (ComparisonDirection.LT, ComparisonDirection.GT):
        return None
    is_up = direction is ComparisonDirection.LT
    if isinstance(element, FloatType) and compared.compare_type is ComparisonType.TOTALORDER:
        bits = ordered(x)
        return bits if is_up else ~bits
    if isinstance(element, IntegerType):
        return x if is_up else ~x
    if isinstance(element, FloatType):
        return x if is_up else -x
    return None


def _by_network(run: Run, op: hlo.Sort, operands: Any, axis: int) -> list[Any]:
    """Batcher's odd-even merge sort (Knuth, The Art of Computer Programming 3, 5.2.2 M); ties by position: it is stable."""
    jax = jax_library()
    jnp = jax.numpy
    arrays = [jnp.moveaxis(jnp.asarray(x), axis, -1) for x in operands]
    shape = arrays[0].shape
    count = shape[-1]
    places = jnp.broadcast_to(jnp.arange(count, dtype=np.int32), shape)

    def less(*scalars: Any) -> Any:
        return jnp.asarray(run.region(op.comparator, *scalars)[0])

    for _ in shape:
        less = jax.vmap(less)
    for low, high in _stages(count):
        left, right = [x[..., low] for x in arrays], [x[..., high] for x in arrays]
        forward = [value for pair in zip(left, right, strict=True) for value in pair]
        backward = [value for pair in zip(right, left, strict=True) for value in pair]
        tie = ~less(*forward) & (places[..., high] < places[..., low])
        swaps = less(*backward) | tie
        source = jnp.broadcast_to(jnp.arange(count, dtype=np.int32), shape)
        source = source.at[..., low].set(jnp.where(swaps, high, low).astype(np.int32))
        source = source.at[..., high].set(jnp.where(swaps, low, high).astype(np.int32))
        *arrays, places = (jnp.take_along_axis(x, source, -1) for x in (*arrays, places))
    return [jnp.moveaxis(x, -1, axis) for x in arrays]


def _stages(count: int) -> list[tuple[Array, Array]]:
    """Pairs of places that are compared at the same time, in order."""
    stages: list[tuple[Array, Array]] = []
    size = 1
    while size < count:
        step = size
        while step:
            low = np.arange(count - step)
            offset = low - step % size
            chosen = (offset >= 0) & (offset % (2 * step) < step) & (low // (2 * size) == (low + step) // (2 * size))
            stages.append((low[chosen], low[chosen] + step))
            step //= 2
        size *= 2
    return stages


@means("chlo.top_k")
def top_k(run: Run, op: Any, x: Any) -> Any:
    """The largest elements of the last dimension."""
    return list(jax_library().lax.top_k(x, op.k))
