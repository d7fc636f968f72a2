"""StableHLO: the dimension numbers of `gather`, `dynamic_gather` and `scatter`, and what they must be.

The three say how dimensions of an operand, of the indices, and of slices belong together. They name the same things
differently: the operand is `operand` or `inputs`, the slices are the result or `updates`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from couloir.dialects.hlo.attributes import GatherDimensionNumbers, ScatterDimensionNumbers
from couloir.dialects.shapes import Dim, ascending, same_dim, unique, within
from couloir.ir.constraints import Holds
from couloir.ir.errors import Error
from couloir.ir.types import TensorType

Op: TypeAlias = Any
"""A `Gather`, `DynamicGather` or `Scatter`."""


def numbers(op: Op) -> GatherDimensionNumbers | ScatterDimensionNumbers:
    """The dimension numbers of an op."""
    return op.scatter_dimension_numbers if hasattr(op, "scatter_dimension_numbers") else op.dimension_numbers


def dims_named(op: Op, name: str) -> tuple[int, ...]:
    """The list `name` of the dimension numbers."""
    return getattr(numbers(op), name)


def indices_type(op: Op) -> TensorType:
    """The type of the indices."""
    return op.scatter_indices.type if hasattr(op, "scatter_indices") else op.start_indices.type


def source_type(op: Op) -> TensorType:
    """The type of what is read from, or written to."""
    return op.inputs[0].type if hasattr(op, "scatter_indices") else op.operand.type


def without_index_vectors(op: Op, sizes: Sequence[Dim]) -> list[Dim]:
    """Of something for each dimension of the indices, that of all but the index vectors."""
    position = numbers(op).index_vector_dim
    return [size for axis, size in enumerate(sizes) if axis != position]


def index_vector_size(op: Op) -> Dim:
    """The number of elements of an index vector."""
    sizes, position = indices_type(op).dims, numbers(op).index_vector_dim
    return sizes[position] if position < len(sizes) else 1


def in_source(name: str, id: str = "") -> Holds:
    """A list names dimensions of what is read from, or written to."""
    return Holds(
        f"`{name}` are dimensions of the operand", lambda op: within(dims_named(op, name), source_type(op).rank), id=id
    )


def in_indices(name: str, id: str = "") -> Holds:
    """A list names dimensions of the indices."""
    return Holds(
        f"`{name}` are dimensions of the indices", lambda op: within(dims_named(op, name), indices_type(op).rank), id=id
    )


def in_order(name: str, id: str = "") -> Holds:
    """A list ascends."""
    return Holds(f"`{name}` ascend", lambda op: ascending(dims_named(op, name)), id=id)


def different_and_in_order(name: str, id: str) -> Holds:
    """A list ascends, and no dimension is twice in it."""
    return Holds(
        f"`{name}` are different and ascend",
        lambda op: unique(dims_named(op, name)) and ascending(dims_named(op, name)),
        id=id,
    )


def different(names: tuple[str, ...], id: str = "") -> Holds:
    """No dimension is twice in these lists together."""
    listed = " and ".join(f"`{name}`" for name in names)
    return Holds(
        f"{listed} are different", lambda op: unique([dim for name in names for dim in dims_named(op, name)]), id=id
    )


def index_vector_in_range(id: str) -> Holds:
    """The dimension of the index vectors exists, or each index is a vector of one element."""
    return Holds(
        "`index_vector_dim` is a dimension of the indices, or one past the last",
        lambda op: 0 <= numbers(op).index_vector_dim <= indices_type(op).rank,
        id=id,
    )


def index_vector_is_no_batch(name: str, id: str = "") -> Holds:
    """The dimension of the index vectors is not in a list."""
    return Holds(
        f"`index_vector_dim` is not one of `{name}`",
        lambda op: numbers(op).index_vector_dim not in dims_named(op, name),
        id=id,
    )


def index_map_size(name: str, id: str) -> Holds:
    """A list says for each element of an index vector what it is."""
    return Holds(
        f"`{name}` has one entry for each element of an index vector",
        lambda op: same_dim(len(dims_named(op, name)), index_vector_size(op)),
        id=id,
    )


def as_many(source: str, indices: str, id: str = "") -> Holds:
    """Two lists are equally long."""
    return Holds(
        f"`{source}` and `{indices}` are as many",
        lambda op: len(dims_named(op, source)) == len(dims_named(op, indices)),
        id=id,
    )


def same_batches(source: str, indices: str, id: str = "") -> Holds:
    """The dimensions of two lists have the same sizes, pair by pair."""

    def predicate(op: Op) -> bool | str:
        for left, right in zip(dims_named(op, source), dims_named(op, indices), strict=True):
            a, b = source_type(op).dims[left], indices_type(op).dims[right]
            if not same_dim(a, b):
                return f"dimension {left} has size {a}, dimension {right} of the indices has size {b}"
        return True

    return Holds("batching dimensions have the same sizes", predicate, id=id)


def parts_of_source(names: tuple[str, ...], sentence: str, id: str) -> Holds:
    """Each dimension of what is read from, or written to, is in one of these lists."""
    return Holds(sentence, lambda op: source_type(op).rank == sum(len(dims_named(op, name)) for name in names), id=id)


def offsets_in_result(id: str) -> Holds:
    """The offsets are dimensions of the result."""

    def predicate(op: Op) -> bool:
        offsets = dims_named(op, "offset_dims")
        return within(offsets, len(without_index_vectors(op, indices_type(op).dims)) + len(offsets))

    return Holds("`offset_dims` are dimensions of the result", predicate, id=id)


SliceSizes: TypeAlias = "Callable[[Op], Sequence[int] | None]"
"""The sizes of the slices that an op takes, as far as they are known."""


def one_element(sizes: SliceSizes, name: str, id: str = "") -> Holds:
    """Slices have at most one element along the dimensions of a list."""

    def predicate(op: Op) -> bool:
        known = sizes(op)
        return known is None or all(known[axis] <= 1 for axis in dims_named(op, name))

    return Holds(f"`slice_sizes` is at most 1 in `{name}`", predicate, id=id)


def fit(sizes: Sequence[int], dims: Sequence[Dim]) -> bool | str:
    """Whether slices of these sizes can be cut from a tensor of these dimensions; if not, why."""
    for axis, (size, available) in enumerate(zip(sizes, dims, strict=True)):
        if size < 0 or (available is not None and size > available):
            return f"dimension {axis} has {'?' if available is None else available} elements, not {size}"
    return True


def slices_fit(sizes: SliceSizes, id: str) -> Holds:
    """Slices are not larger than what they are cut from."""

    def predicate(op: Op) -> bool | str:
        known = sizes(op)
        return known is None or fit(known, source_type(op).dims)

    return Holds("0 <= `slice_sizes` <= the sizes of `operand`", predicate, id=id)


def gathered(op: Op, sizes: Sequence[Dim], batches: Sequence[Dim]) -> list[Dim]:
    """Of a gather, what belongs to each dimension of the result: entries of `sizes`, for the operand, or of `batches`.

    Raises:
        Error: `offset_dims` are not as many dimensions of the result as slices keep.
    """
    hidden = (*dims_named(op, "collapsed_slice_dims"), *dims_named(op, "operand_batching_dims"))
    offset_dims = dims_named(op, "offset_dims")
    offsets = [size for axis, size in enumerate(sizes) if axis not in hidden]
    others = without_index_vectors(op, batches)
    rank = len(others) + len(offset_dims)
    found = sum(axis in offset_dims for axis in range(rank))
    if len(offset_dims) != len(offsets) or found != len(offsets):
        raise Error(
            f"`offset_dims` are the dimensions of the result that slices keep, {len(offsets)} of {rank}: "
            f"they are {list(offset_dims)}"
        )
    from_slices, from_batches = iter(offsets), iter(others)
    return [next(from_slices) if axis in offset_dims else next(from_batches) for axis in range(rank)]
