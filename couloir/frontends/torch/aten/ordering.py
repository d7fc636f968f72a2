"""Sorting, and the greatest elements."""

from __future__ import annotations

import math
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Tensor,
    broadcast_along,
    compare,
    convert,
    full,
    iota,
    is_float,
    reduce,
    reshape,
    scalar,
    size_of,
    sizes_of,
    slice_range,
)
from couloir.dialects.shapes import inside
from couloir.frontends.torch.node import Lowered, Node, NotLowered, Scalar, lowers, normal_axis
from couloir.ir.operation import Block, Region, Value
from couloir.ir.types import TensorType, Type, i1, i64


def _comparator(element: Type, descending: bool) -> Region:
    """Whether the first comes before the second: NaN is greater than every number, as in PyTorch."""
    kinds = [element, element, i64, i64]
    block = Block([TensorType((), kind) for kind in kinds])
    with inside(block):
        a, b = block.arguments[:2]
        less, greater = (b, a) if descending else (a, b)
        before = hlo.Compare(_ordered(less), _ordered(greater), hlo.ComparisonDirection.LT).result
        if is_float(element):
            number = compare(less, less, hlo.ComparisonDirection.EQ)
            nan = compare(greater, greater, hlo.ComparisonDirection.NE)
            before = hlo.Or(before, hlo.And(number, nan)).result
        hlo.Return([before])
    return Region([block])


def _ordered(x: Tensor) -> Tensor:
    """Booleans as integers, which are ordered."""
    return hlo.convert(x, i64).result if x.type.element_type is i1 else x


def sorted_with_positions(x: Tensor, axis: int, descending: bool) -> tuple[Tensor, Tensor]:
    """The elements in order along an axis, and where each was; equal ones keep their order."""
    positions = iota(sizes_of(x), i64, axis)
    made = hlo.Sort([x, positions], axis, True, _comparator(x.type.element_type, descending))
    return made.outputs[0], made.outputs[1]


@lowers("aten.sort.default")
def sort(node: Node, x: Tensor, dim: int = -1, descending: bool = False) -> Lowered:
    """The elements in order along a dimension, and where each was."""
    if not x.type.rank:
        return [x, scalar(0, i64)]
    return list(sorted_with_positions(x, normal_axis(dim, x.type.rank), descending))


@lowers("aten.sort.stable")
def stable_sort(node: Node, x: Tensor, *, stable: bool | None, dim: int = -1, descending: bool = False) -> Lowered:
    """As `sort`; equal elements keep their order in both."""
    return sort(node, x, dim, descending)


@lowers("aten.argsort")
def argsort(node: Node, x: Tensor, dim: int = -1, descending: bool = False, **_: Any) -> Lowered:
    """Where the elements are in order."""
    if not x.type.rank:
        return scalar(0, i64)
    return sorted_with_positions(x, normal_axis(dim, x.type.rank), descending)[1]


@lowers("aten.topk")
def topk(node: Node, x: Tensor, k: int, dim: int = -1, largest: bool = True, in_order: bool = True) -> Lowered:
    """The k greatest or least elements along a dimension, and where they were."""
    if not x.type.rank:
        return [x, scalar(0, i64)]
    axis = normal_axis(dim, x.type.rank)
    return [slice_range(part, axis, 0, k) for part in sorted_with_positions(x, axis, largest)]


def _known_size(x: Tensor, axis: int) -> int:
    size = x.type.dims[axis]
    if size is None:
        raise NotLowered(f"the size of dimension {axis} is not known")
    return size


@lowers("aten.kthvalue")
def kth_value(node: Node, x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Lowered:
    """The k-th least element along a dimension, and where it was; NaN is greater than every number."""
    if not x.type.rank:
        return [x, scalar(0, i64)]
    axis = normal_axis(dim, x.type.rank)
    parts = sorted_with_positions(x, axis, False)
    chosen = [slice_range(part, axis, k - 1, k) for part in parts]
    return [reshape(part, shape()) for part, shape in zip(chosen, node.shapes, strict=True)]


@lowers("aten.median.default")
def median_of_all(node: Node, x: Tensor) -> Lowered:
    """The middle one of all elements, of two the lesser; NaN where there is one."""
    count = math.prod(_known_size(x, axis) for axis in range(x.type.rank))
    if not count:
        return full(math.nan, (), x.type.element_type)
    return reshape(_middle(reshape(x, (count,)), 0, count)[0], ())


@lowers("aten.median.dim")
def median(node: Node, x: Tensor, dim: int = -1, keepdim: bool = False) -> Lowered:
    """The middle element along a dimension, of two the lesser, and where it was; NaN where there is one."""
    if not x.type.rank:
        return [x, scalar(0, i64)]
    axis = normal_axis(dim, x.type.rank)
    parts = _middle(x, axis, _known_size(x, axis))
    return [reshape(part, shape()) for part, shape in zip(parts, node.shapes, strict=True)]


def _middle(x: Tensor, axis: int, size: int) -> list[Tensor]:
    """The middle element along a dimension, which stays with size 1, and where it was."""
    parts = sorted_with_positions(x, axis, False)
    middle: list[Tensor] = [slice_range(part, axis, (size - 1) // 2, (size - 1) // 2 + 1) for part in parts]
    if is_float(x.type.element_type):  # NaN is the last
        last = [slice_range(part, axis, size - 1, size) for part in parts]
        nan = compare(last[0], last[0], hlo.ComparisonDirection.NE)
        middle = [hlo.Select(nan, a, b).result for a, b in zip(last, middle, strict=True)]
    return middle


@lowers("aten.searchsorted")
def searchsorted(
    node: Node,
    sequence: Tensor,
    values: Tensor | Scalar,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Lowered:
    """Where values would be inserted into a sorted sequence: how many of its elements come before, with `right` or are equal."""
    if sorter is not None:
        raise NotLowered("it has a `sorter`")
    found = values if isinstance(values, Value) else full(values, (), sequence.type.element_type)
    last = found.type.rank
    sizes = (*sizes_of(found), size_of(sequence, sequence.type.rank - 1))
    places = (last,) if sequence.type.rank == 1 else (*range(last - 1), last)
    elements = broadcast_along(sequence, sizes, places)
    wanted = broadcast_along(found, sizes, range(last))
    direction = hlo.ComparisonDirection.GT if right or side == "right" else hlo.ComparisonDirection.GE
    before = hlo.Not(compare(elements, wanted, direction))  # so that a NaN comes last
    return reduce(convert(before, node.element), [last], "add")
