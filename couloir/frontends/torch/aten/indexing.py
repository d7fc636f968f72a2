"""Operators that read and write at positions that tensors hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    broadcast,
    common_sizes,
    compare,
    convert,
    full_like,
    iota,
    neutral,
    reduce,
    reshape,
    shape_operand,
    size_of,
    sizes_of,
    slice_range,
    static_sizes,
)
from couloir.dialects.hlo.reduction import Body
from couloir.dialects.hlo.scans import scan
from couloir.frontends.torch.aten.elementwise import truth
from couloir.frontends.torch.aten.reduction import norm
from couloir.frontends.torch.node import Lowered, Node, NotLowered, Scalar, lowers, normal_axis, spread
from couloir.ir.operation import Value
from couloir.ir.types import TensorType, i1, i64

REDUCERS: Final = {"sum": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}


def _from_the_front(indices: Tensor, size: Size) -> Tensor:
    """Indices of which negative ones count from the end."""
    negative = compare(indices, 0, hlo.ComparisonDirection.LT)
    moved = hlo.Add(indices, spread(size, sizes_of(indices), indices.type.element_type))
    return hlo.Select(negative, moved, indices).result


def _gather(x: Tensor, indices: Tensor, numbers: hlo.GatherDimensionNumbers, sizes: Sequence[Size]) -> Tensor:
    """A gather, with slices of sizes that may be known only when the program runs."""
    known = static_sizes(sizes)
    if known is not None:
        return hlo.Gather(x, indices, numbers, known).result
    hidden = numbers.collapsed_slice_dims
    batches = iter([d for axis, d in enumerate(indices.type.dims) if axis != numbers.index_vector_dim])
    offsets = iter([None if isinstance(s, Value) else s for axis, s in enumerate(sizes) if axis not in hidden])
    rank = len(sizes) - len(hidden) + indices.type.rank - (numbers.index_vector_dim < indices.type.rank)
    dims = tuple(next(offsets) if axis in numbers.offset_dims else next(batches) for axis in range(rank))
    made = hlo.DynamicGather(
        x, indices, shape_operand(sizes), numbers, result_types=[TensorType(dims, x.type.element_type)]
    )
    return made.result


def _take(x: Tensor, axis: int, indices: Tensor) -> Tensor:
    """The slices of one axis at positions that are counted from the front, in their places."""
    rank = indices.type.rank
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(*range(axis), *range(axis + rank, rank + x.type.rank - 1)),
        collapsed_slice_dims=(axis,),
        start_index_map=(axis,),
        index_vector_dim=rank,
    )
    sizes = [1 if number == axis else size for number, size in enumerate(sizes_of(x))]
    return _gather(x, indices, numbers, sizes)


@lowers("aten.embedding")
def embedding(node: Node, weight: Tensor, indices: Tensor, *_: Any, **__: Any) -> Lowered:
    """Rows of a table."""
    return _take(weight, 0, indices)


@lowers("aten.index_select")
def index_select(node: Node, x: Tensor, dim: int, index: Tensor) -> Lowered:
    """Slices of one dimension."""
    if not x.type.rank:
        return x
    if not index.type.rank:
        index = reshape(index, (1,))
    return _take(x, normal_axis(dim, x.type.rank), index)


def _columns(indices: Tensor, axis: int) -> Tensor:
    """For each element of `indices` its place, with the index in the place of dimension `axis`: [..., rank]."""
    sizes, rank, kind = sizes_of(indices), indices.type.rank, indices.type.element_type
    parts = [indices if number == axis else iota(sizes, kind, number) for number in range(rank)]
    return hlo.Concatenate([reshape(part, (*sizes, 1)) for part in parts], rank).result


@lowers("aten.gather")
def gather(node: Node, x: Tensor, dim: int, index: Tensor, *_: Any, **__: Any) -> Lowered:
    """Along one dimension at the index, along the others at the same place."""
    if not x.type.rank:
        return broadcast(x, node.sizes)
    axis, every = normal_axis(dim, x.type.rank), tuple(range(x.type.rank))
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=(), collapsed_slice_dims=every, start_index_map=every, index_vector_dim=x.type.rank
    )
    return hlo.Gather(x, _columns(index, axis), numbers, (1,) * x.type.rank)


# -- advanced indexing -------------------------------------------------------------------------------------------------


def _advanced(x: Tensor, indices: Sequence[Tensor | None]) -> tuple[list[int], Tensor, int]:
    """The dimensions that are indexed, index vectors [..., count], and where the index dimensions go in the result."""
    axes = [axis for axis, index in enumerate(indices) if index is not None]
    given = [index for index in indices if index is not None]
    if any(index.type.element_type is i1 for index in given):
        raise NotLowered("it is indexed by a mask: how many elements that selects depends on its elements")
    common = common_sizes([sizes_of(index) for index in given])
    columns = [
        reshape(broadcast(_from_the_front(convert(index, i64), size_of(x, axis)), common), (*common, 1))
        for axis, index in zip(axes, given, strict=True)
    ]
    vectors = columns[0] if len(columns) == 1 else hlo.Concatenate(columns, len(common)).result
    together = axes == list(range(axes[0], axes[0] + len(axes)))
    return axes, vectors, axes[0] if together else 0


def _offsets(x: Tensor, axes: Sequence[int], rank: int, first: int) -> tuple[int, ...]:
    """Where the dimensions that are not indexed lie in the result."""
    return tuple(axis for axis in range(x.type.rank - len(axes) + rank) if not first <= axis < first + rank)


@lowers("aten.index.Tensor", "aten._unsafe_index.Tensor")
def index(node: Node, x: Tensor, indices: Sequence[Tensor | None]) -> Lowered:
    """NumPy's advanced indexing, by integers."""
    if all(item is None for item in indices):
        return x
    axes, vectors, first = _advanced(x, indices)
    rank = vectors.type.rank - 1
    numbers = hlo.GatherDimensionNumbers(
        offset_dims=_offsets(x, axes, rank, first),
        collapsed_slice_dims=tuple(axes),
        start_index_map=tuple(axes),
        index_vector_dim=rank,
    )
    return _gather(x, vectors, numbers, [1 if axis in axes else size for axis, size in enumerate(sizes_of(x))])


def _second(old: Any, new: Any) -> Any:
    return new


def _scatter(x: Tensor, places: Tensor, updates: Tensor, body: Body, **numbers: Any) -> Tensor:
    element = x.type.element_type
    made = hlo.Scatter(
        [x],
        places,
        [updates],
        hlo.ScatterDimensionNumbers(index_vector_dim=places.type.rank - 1, **numbers),
        update_computation=hlo.reducer(body, [element]),
    )
    return made.outputs[0]


@lowers("aten.index_put", "aten._unsafe_index_put")
def index_put(
    node: Node, x: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Lowered:
    """`x` with elements at NumPy's advanced indices replaced, or added to. Of equal indices the last counts."""
    masks = [item for item in indices if item is not None and item.type.element_type is i1]
    if masks:
        return _masked_put(x, indices, masks, values, accumulate)
    axes, vectors, first = _advanced(x, indices)
    rank = vectors.type.rank - 1
    windows = _offsets(x, axes, rank, first)
    kept = [size for axis, size in enumerate(sizes_of(x)) if axis not in axes]
    shape = [*kept[:first], *sizes_of(vectors)[:-1], *kept[first:]]
    updates = broadcast(convert(values, x.type.element_type), shape)
    return _scatter(
        x,
        vectors,
        updates,
        "add" if accumulate else _second,
        update_window_dims=windows,
        inserted_window_dims=tuple(axes),
        scatter_dims_to_operand_dims=tuple(axes),
    )


def _masked_put(
    x: Tensor, indices: Sequence[Tensor | None], masks: Sequence[Tensor], values: Tensor, accumulate: bool
) -> Tensor:
    """One number put wherever a mask holds: no index is needed."""
    number = static_sizes(sizes_of(values))
    if len(masks) > 1 or len(indices) > 1 or number is None or any(size != 1 for size in number):
        raise NotLowered("it is indexed by a mask: how many elements that selects depends on its elements")
    mask, sizes = masks[0], sizes_of(x)
    shape = (*sizes_of(mask), *[1] * (x.type.rank - mask.type.rank))
    where = broadcast(reshape(mask, shape), sizes)
    value = spread(reshape(values, ()), sizes, x.type.element_type)
    return hlo.Select(where, hlo.Add(x, value) if accumulate else value, x).result


def _scatter_elements(x: Tensor, dim: int, index: Tensor, source: Tensor | Scalar, body: Body) -> Tensor:
    """Along one dimension to the index, along the others to the same place."""
    if not x.type.rank:
        x, index = reshape(x, (1,)), reshape(index, (1,))
        source = reshape(source, (1,)) if isinstance(source, Value) else source
        return reshape(_scatter_elements(x, 0, index, source, body), ())
    if not index.type.rank:
        index = reshape(index, (1,) * x.type.rank)
    axis, every, sizes = normal_axis(dim, x.type.rank), tuple(range(x.type.rank)), sizes_of(index)
    if isinstance(source, Value):  # it may be larger than the index: the rest counts for nothing
        source = convert(source, x.type.element_type)
        for number, size in enumerate(sizes):
            if source.type.dims[number] != index.type.dims[number]:
                source = slice_range(source, number, 0, size)
    else:
        source = spread(source, sizes, x.type.element_type)
    return _scatter(
        x,
        _columns(index, axis),
        source,
        body,
        update_window_dims=(),
        inserted_window_dims=every,
        scatter_dims_to_operand_dims=every,
    )


@lowers("aten.scatter.src", "aten.scatter.value")
def scatter(node: Node, x: Tensor, dim: int, index: Tensor, source: Tensor | Scalar) -> Lowered:
    """Elements put along one dimension."""
    return _scatter_elements(x, dim, index, source, _second)


@lowers("aten.scatter_add")
def scatter_add(node: Node, x: Tensor, dim: int, index: Tensor, source: Tensor) -> Lowered:
    """Elements added along one dimension."""
    return _scatter_elements(x, dim, index, source, "add")


@lowers("aten.scatter.reduce", "aten.scatter.value_reduce")
def scatter_with(node: Node, x: Tensor, dim: int, index: Tensor, source: Tensor | Scalar, *, reduce: str) -> Lowered:
    """Elements added or multiplied along one dimension."""
    return _scatter_elements(x, dim, index, source, {"add": "add", "multiply": "multiply"}[reduce])


@lowers("aten.scatter_reduce.two")
def scatter_reduce(
    node: Node, x: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Lowered:
    """Elements combined along one dimension; without `include_self`, from the neutral element where any goes."""
    body = REDUCERS.get(reduce)
    if body is None:
        raise NotLowered(f"it reduces by `{reduce}`")
    if include_self:
        return _scatter_elements(x, dim, index, source, body)
    element = x.type.element_type
    start = _scatter_elements(x, dim, index, neutral(body, element), _second)
    return _scatter_elements(start, dim, index, source, body)


@lowers("aten.index_add")
def index_add(node: Node, x: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1) -> Lowered:
    """Slices added at indices of one dimension."""
    axis = normal_axis(dim, x.type.rank)
    part = convert(source, x.type.element_type)
    if alpha != 1:
        part = hlo.Multiply(part, full_like(part, alpha)).result
    return _scatter(
        x,
        reshape(index, (*sizes_of(index), 1)),
        part,
        "add",
        update_window_dims=tuple(number for number in range(x.type.rank) if number != axis),
        inserted_window_dims=(axis,),
        scatter_dims_to_operand_dims=(axis,),
    )


@lowers("aten.masked_fill")
def masked_fill(node: Node, x: Tensor, mask: Tensor, value: Tensor | Scalar) -> Lowered:
    """A number where the mask holds."""
    where = node.operands(truth(mask), element=i1)[0]
    return hlo.Select(where, *node.operands(value, x))


@lowers("aten.masked_scatter")
def masked_scatter(node: Node, x: Tensor, mask: Tensor, source: Tensor) -> Lowered:
    """The elements of `source`, one after the other, wherever the mask holds."""
    where = node.operands(truth(mask), element=i1)[0]
    if not where.type.is_static:
        raise NotLowered("its sizes are not all known")
    count = reshape(convert(where, i64), (where.type.size,))
    place = hlo.Subtract(scan(count, 0, lambda a, b: hlo.Add(a, b).result, 0), full_like(count, 1)).result
    taken = _take(reshape(source, (source.type.size,)), 0, place)
    return hlo.Select(where, reshape(taken, where.type.shape), x)


@lowers("aten._embedding_bag", "aten._embedding_bag_forward_only")
def embedding_bag(
    node: Node,
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding: int = -1,
) -> Lowered:
    """The sum (mode 0) or mean (1) of the rows of each bag; a bag begins at its offset."""
    if mode not in (0, 1) or any(node.used(number) for number in (1, 2, 3)):
        raise NotLowered("it takes the greatest of each bag, or its further results are used")
    bags = node.sizes[0]
    kept = offsets if not include_last_offset else slice_range(offsets, 0, 0, bags)
    rows = [_take(weight, 0, indices)]
    element, count = weight.type.element_type, sizes_of(indices)
    ones = spread(1, count, element)
    if padding >= 0:
        ones = convert(compare(indices, padding, hlo.ComparisonDirection.NE), element)
    factor = ones if weights is None else hlo.Multiply(ones, weights).result
    values = hlo.Multiply(rows[0], broadcast(reshape(factor, (*count, 1)), sizes_of(rows[0]))).result
    # The bag of an index is the number of bags that begin at it or before, less one.
    places = broadcast(reshape(iota(count, i64, 0), (*count, 1)), (*count, bags))
    begins = broadcast(convert(kept, i64), (*count, bags))
    begun = convert(hlo.Compare(places, begins, hlo.ComparisonDirection.GE), i64)
    bag = hlo.Subtract(reduce(begun, [1], "add"), spread(1, count, i64)).result
    where = reshape(bag, (*count, 1))
    total = _scatter(
        spread(0, node.sizes, element),
        where,
        values,
        "add",
        update_window_dims=(1,),
        inserted_window_dims=(0,),
        scatter_dims_to_operand_dims=(0,),
    )
    if mode == 1:
        sizes = _scatter(
            spread(0, (bags,), element),
            where,
            ones,
            "add",
            update_window_dims=(),
            inserted_window_dims=(0,),
            scatter_dims_to_operand_dims=(0,),
        )
        divisor = hlo.Maximum(sizes, full_like(sizes, 1)).result
        total = hlo.Divide(total, broadcast(reshape(divisor, (bags, 1)), node.sizes)).result
    return [total, None, None, None]


@lowers("aten._pdist_forward")
def pdist(node: Node, x: Tensor, p: float = 2.0) -> Lowered:
    """The p-norm of the difference of each two rows, the upper triangle row by row."""
    if not x.type.is_static:
        raise NotLowered("its sizes are not all known")
    rows, columns = np.triu_indices(x.type.shape[0], 1)
    first, second = (_take(x, 0, hlo.constant(numbers, i64).output) for numbers in (rows, columns))
    return norm(hlo.Subtract(first, second).result, 1, p)
