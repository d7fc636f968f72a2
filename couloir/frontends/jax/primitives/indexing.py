"""Primitives that read and write at positions known only when the program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, GatherDimensionNumbers, ScatterDimensionNumbers
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    broadcast_along,
    convert,
    dims_of_sizes,
    expand_like,
    full_like,
    reduce,
    reshape,
    scalar,
    shape_operand,
    size_of,
    sizes_of,
    static_sizes,
)
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.primitives.shape import numbers
from couloir.frontends.jax.symbolic import as_size
from couloir.ir.operation import Block, Region
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, Type, i1, i32, i64


def positions(starts: Sequence[Tensor]) -> list[Tensor]:
    """Start indices of one type."""
    if len({start.type.element_type for start in starts}) < 2:
        return list(starts)
    return [convert(start, i64) for start in starts]


@lowers("dynamic_slice")
def dynamic_slice(eqn: Equation, x: Tensor, *starts: Tensor) -> Lowered:
    """A slice whose start is computed."""
    return slice_from(x, positions(starts), [eqn.size(size) for size in eqn.params["slice_sizes"]])


def slice_from(x: Tensor, starts: Sequence[Tensor], sizes: Sequence[Size]) -> Tensor:
    """A slice from computed starts, which are moved inside; its sizes may be computed as well."""
    fixed = static_sizes(sizes)
    if fixed is not None:
        return hlo.DynamicSlice(x, starts, fixed).result
    # A gather of one slice: its sizes can become known later, when those of the arguments are bound.
    parts = [reshape(convert(start, i32), (1,)) for start in starts]
    rank = tuple(range(len(parts)))
    dims = GatherDimensionNumbers(offset_dims=rank, start_index_map=rank)
    types = [x.type.with_dims(dims_of_sizes(sizes))]
    return hlo.DynamicGather(x, hlo.Concatenate(parts, 0).result, shape_operand(sizes), dims, result_types=types).result


@lowers("dynamic_update_slice")
def dynamic_update_slice(eqn: Equation, x: Tensor, update: Tensor, *starts: Tensor) -> Lowered:
    """A tensor with a slice replaced, whose start is computed."""
    return hlo.DynamicUpdateSlice(x, update, positions(starts))


# -- gather ------------------------------------------------------------------------------------------------------------


def _mode(eqn: Equation) -> str:
    """`CLIP`, `FILL_OR_DROP`, `PROMISE_IN_BOUNDS` or `ONE_HOT`."""
    return str(getattr(eqn.params["mode"], "name", eqn.params["mode"]))


def _wide(indices: Tensor) -> Tensor:
    """Indices that hold any bound: at least 32 bits."""
    element = indices.type.element_type
    return convert(indices, i32) if isinstance(element, IntegerType) and element.width < 32 else indices


def _vector(indices: Tensor, numbers: Sequence[Size]) -> Tensor:
    """The same numbers for each index vector, of which there are as many as elements in one. These are the last dimension."""
    fixed, element = static_sizes(numbers), indices.type.element_type
    if fixed is not None:
        vector = hlo.constant(np.asarray(fixed), element).output
    else:
        vector = convert(shape_operand(numbers), element)
    return broadcast_along(vector, sizes_of(indices), (indices.type.rank - 1,))


def _lasts(x: Tensor, sizes: Sequence[Size], axes: Sequence[int]) -> list[Size]:
    """The greatest start of a slice of these sizes, along axes."""
    found: list[Size] = []
    for axis in axes:
        whole, part = size_of(x, axis), sizes[axis]
        if isinstance(whole, int) and isinstance(part, int):
            found.append(whole - part)
        else:
            found.append(hlo.Subtract(as_size(whole), as_size(part)).result)
    return found


def _bounds(indices: Tensor, last: Sequence[Size]) -> tuple[Tensor, Tensor]:
    """The least and the greatest index that is valid, for each element of the index vectors."""
    return full_like(indices, 0), _vector(indices, last)


def _valid(indices: Tensor, last: Sequence[Size]) -> Tensor:
    """Whether all elements of an index vector are valid, for each vector."""
    low, high = _bounds(indices, last)
    above = hlo.Compare(indices, low, ComparisonDirection.GE).result
    below = hlo.Compare(indices, high, ComparisonDirection.LE).result
    return reduce(hlo.And(above, below).result, [indices.type.rank - 1], "and")


def fill_value(eqn: Equation, element: Type) -> Any:
    """What JAX puts where an index is out of bounds."""
    given = eqn.params.get("fill_value")
    if given is not None:
        return given
    if isinstance(element, FloatType | ComplexType):
        return float("nan")
    if isinstance(element, IntegerType) and element is not i1:
        return element.minimum if element.is_signed else element.maximum
    return True


@lowers("gather")
def gather(eqn: Equation, x: Tensor, indices: Tensor) -> Lowered:
    """Slices at computed places. Outside of the tensor they are filled, or moved inside."""
    given = eqn.params["dimension_numbers"]
    sizes = [eqn.size(size) for size in eqn.params["slice_sizes"]]
    indices = _wide(indices)
    dims = GatherDimensionNumbers(
        numbers(given.offset_dims),
        numbers(given.collapsed_slice_dims),
        numbers(given.operand_batching_dims),
        numbers(given.start_indices_batching_dims),
        numbers(given.start_index_map),
        indices.type.rank - 1,
    )
    is_sorted = bool(eqn.params["indices_are_sorted"])
    fixed = static_sizes(sizes)
    if fixed is not None:
        found = hlo.Gather(x, indices, dims, fixed, is_sorted).result
    else:
        found = hlo.DynamicGather(x, indices, shape_operand(sizes), dims, is_sorted, result_types=[eqn.type]).result
    if _mode(eqn) != "FILL_OR_DROP":
        return found  # StableHLO clamps
    valid = _valid(indices, _lasts(x, sizes, dims.start_index_map))
    spread = expand_like(valid, eqn.sizes, dims.offset_dims)
    return hlo.Select(spread, found, full_like(found, fill_value(eqn, eqn.element)))


# -- scatter -----------------------------------------------------------------------------------------------------------

COMBINERS: Final[dict[str, type[hlo.Binary] | None]] = {
    "scatter-add": hlo.Add,
    "scatter_add": hlo.Add,
    "scatter-mul": hlo.Multiply,
    "scatter_mul": hlo.Multiply,
    "scatter-min": hlo.Minimum,
    "scatter_min": hlo.Minimum,
    "scatter-max": hlo.Maximum,
    "scatter_max": hlo.Maximum,
    "scatter-sub": hlo.Subtract,
    "scatter_sub": hlo.Subtract,
    "scatter": None,
}


@lowers(*COMBINERS)
def scatter(eqn: Equation, x: Tensor, indices: Tensor, updates: Tensor) -> Lowered:
    """Combines updates in at computed places. Those outside of the tensor are dropped, or moved inside."""
    given = eqn.params["dimension_numbers"]
    indices = _wide(indices)
    dims = ScatterDimensionNumbers(
        numbers(given.update_window_dims),
        numbers(given.inserted_window_dims),
        numbers(given.operand_batching_dims),
        numbers(given.scatter_indices_batching_dims),
        numbers(given.scatter_dims_to_operand_dims),
        indices.type.rank - 1,
    )
    hidden = (*dims.inserted_window_dims, *dims.input_batching_dims)
    windows = iter([size_of(updates, axis) for axis in dims.update_window_dims])
    sizes = [1 if axis in hidden else next(windows) for axis in range(x.type.rank)]
    indexed = dims.scatter_dims_to_operand_dims
    last = _lasts(x, sizes, indexed)
    mode = _mode(eqn)
    if mode == "CLIP":
        low, high = _bounds(indices, last)
        indices = hlo.Clamp(low, indices, high).result
    elif mode == "FILL_OR_DROP" and any(sizes[axis] != 1 for axis in indexed):
        # JAX drops a window of which a part is outside; StableHLO would write the other part.
        valid = expand_like(_valid(indices, last), sizes_of(indices), [indices.type.rank - 1])
        outside = _vector(indices, [size_of(x, axis) for axis in indexed])
        indices = hlo.Select(valid, indices, outside).result
    element = TensorType((), x.type.element_type)
    block = Block([element, element])
    with inside(block):
        old, new = block.arguments
        hlo.Return([_combined(eqn, old, new)])
    flags = bool(eqn.params["indices_are_sorted"]), bool(eqn.params["unique_indices"])
    return list(hlo.Scatter([x], indices, [updates], dims, *flags, Region([block])).outputs)


def _combined(eqn: Equation, old: Tensor, new: Tensor) -> Tensor:
    jaxpr = eqn.params.get("update_jaxpr")
    if jaxpr is not None:
        constants = [scalar(value, old.type.element_type) for value in eqn.params.get("update_consts") or ()]
        return eqn.inline(jaxpr, [*constants, old, new])[0]
    combiner = COMBINERS[eqn.name]
    return new if combiner is None else combiner(old, new).result
