"""Primitives that read and write at positions known only when the program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, GatherDimensionNumbers, ScatterDimensionNumbers
from couloir.dialects.hlo.building import Tensor, convert, expand_like, full_like, reduce, scalar
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.primitives.shape import numbers
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
    return hlo.DynamicSlice(x, positions(starts), numbers(eqn.params["slice_sizes"]))


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


def _bounds(indices: Tensor, last: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The least and the greatest index that is valid, for each element of the index vectors, which are the last dimension."""
    limits = hlo.constant(np.asarray(last), indices.type.element_type).output
    axis = indices.type.rank - 1
    return full_like(indices, 0), hlo.broadcast_in_dim(limits, indices.type.shape, (axis,)).result


def _valid(indices: Tensor, last: Sequence[int]) -> Tensor:
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
    sizes = numbers(eqn.params["slice_sizes"])
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
    found = hlo.Gather(x, indices, dims, sizes, is_sorted).result
    if _mode(eqn) != "FILL_OR_DROP":
        return found  # StableHLO clamps
    valid = _valid(indices, [x.type.shape[axis] - sizes[axis] for axis in dims.start_index_map])
    spread = expand_like(valid, eqn.shape, dims.offset_dims)
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
    windows = iter([updates.type.shape[axis] for axis in dims.update_window_dims])
    sizes = [1 if axis in hidden else next(windows) for axis in range(x.type.rank)]
    indexed = dims.scatter_dims_to_operand_dims
    last = [x.type.shape[axis] - sizes[axis] for axis in indexed]
    mode = _mode(eqn)
    if mode == "CLIP":
        low, high = _bounds(indices, last)
        indices = hlo.Clamp(low, indices, high).result
    elif mode == "FILL_OR_DROP" and any(sizes[axis] > 1 for axis in indexed):
        # JAX drops a window of which a part is outside; StableHLO would write the other part.
        valid = expand_like(_valid(indices, last), indices.type.shape, [indices.type.rank - 1])
        outside = hlo.constant(np.asarray([x.type.shape[axis] for axis in indexed]), indices.type.element_type).output
        outside = hlo.broadcast_in_dim(outside, indices.type.shape, (indices.type.rank - 1,)).result
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
