"""Sequences whose lengths are known. StableHLO has none: a sequence becomes as many tensors, and which of them an operator takes is
decided here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from couloir.dialects import hlo
from couloir.ir.conversion import Inline
from couloir.ir.errors import Error
from couloir.ir.types import i64
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import reshape, scalar

MAX_LENGTH: Final = 1024
"""A longer sequence is not lowered: each element is a value of its own."""


def _of(*items: Tensor) -> Any:
    """A result that is a sequence."""
    if len(items) > MAX_LENGTH:
        raise NotLowered(f"it gives a sequence of {len(items)} tensors; at most {MAX_LENGTH} are lowered")
    return [items]


def _position(node: Node, index: int, length: int, default: int, *, end: bool = False) -> int:
    """A position in a sequence, counted from the front."""
    if not node.has(index):
        return default
    given = int(node.constant(index, "position").reshape(-1)[0])
    position = given + length if given < 0 else given
    if not 0 <= position < length + end:
        raise Error(f"there is no position {given} in a sequence of {length} tensors")
    return position


@lowers("SequenceConstruct")
def construct(node: Node) -> Lowered:
    """`SequenceConstruct` since 11."""
    return _of(*node.given)


@lowers("SequenceEmpty")
def empty(node: Node) -> Lowered:
    """`SequenceEmpty` since 11."""
    return _of()


@lowers("SequenceAt")
def at(node: Node) -> Lowered:
    """`SequenceAt` since 11."""
    items = node.sequence(0)
    return items[_position(node, 1, len(items), 0)]


@lowers("SequenceInsert")
def insert(node: Node) -> Lowered:
    """`SequenceInsert` since 11: in front of a position, or at the end."""
    items = node.sequence(0)
    position = _position(node, 2, len(items), len(items), end=True)
    return _of(*items[:position], node[1], *items[position:])


@lowers("SequenceErase")
def erase(node: Node) -> Lowered:
    """`SequenceErase` since 11: at a position, or the last one."""
    items = node.sequence(0)
    if not items:
        raise Error("nothing can be erased from an empty sequence")
    position = _position(node, 1, len(items), len(items) - 1)
    return _of(*items[:position], *items[position + 1 :])


@lowers("SequenceLength")
def length(node: Node) -> Lowered:
    """`SequenceLength` since 11."""
    return scalar(len(node.sequence(0)), i64)


@lowers("ConcatFromSequence")
def concatenate(node: Node) -> Lowered:
    """`ConcatFromSequence` since 11: along an axis, or along a new one."""
    items = list(node.sequence(0))
    if not items:
        raise Error("an empty sequence has nothing to be concatenated")
    new = bool(node.integer("new_axis"))
    axis = normal_axis(node.integer("axis"), items[0].type.rank + new)
    if new:
        items = [reshape(x, (*x.type.shape[:axis], 1, *x.type.shape[axis:])) for x in items]
    return items[0] if len(items) == 1 else hlo.Concatenate(items, axis)


@lowers("SplitToSequence")
def split(node: Node) -> Lowered:
    """`SplitToSequence` since 11, 24: in parts of one size, of given sizes, or in slices."""
    x = node[0]
    axis = node.axis(x.type.rank)
    size = x.type.shape[axis]
    if not node.has(1):
        slices = [take_range(x, axis, number, number + 1) for number in range(min(size, MAX_LENGTH + 1))]
        if node.integer("keepdims", 1):
            return _of(*slices)
        return _of(*(reshape(part, (*x.type.shape[:axis], *x.type.shape[axis + 1 :])) for part in slices))
    given = node.constant(1, "sizes")
    if given.ndim:
        sizes = [int(part) for part in given]
    else:
        part = int(given)
        if part < 1 or size > part * MAX_LENGTH:
            raise NotLowered(f"{size} elements are split into parts of {part}")
        sizes = [min(part, size - start) for start in range(0, size, part)]
    if sum(sizes) != size or min(sizes, default=0) < 0:
        raise Error(f"parts of the sizes {sizes} do not make up {size} elements")
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return _of(*(take_range(x, axis, start, start + part) for start, part in zip(starts, sizes, strict=True)))


@lowers("SequenceMap")
def sequence_map(node: Node) -> Generator[Inline, list[Any], Lowered]:
    """`SequenceMap` since 17: a graph for each element, together with those of other sequences, or with whole tensors."""
    first = node.sequence(0)
    columns: list[Any] = []
    for position, value in enumerate(node.inputs):
        items = node.sequence(position) if isinstance(value, tuple) else (value,) * len(first)
        if len(items) != len(first):
            raise Error("the sequences have different lengths")
        columns.append(items)
    rows: list[list[Any]] = []
    for number in range(len(first)):
        given: list[Any] = [items[number] for items in columns]
        rows.append((yield node.inline("body", given)))
        if None in rows[-1]:
            raise NotLowered("a graph in it could not be lowered")
    found: Any = [tuple(row[number] for row in rows) for number in range(len(node.op.results))]
    return found
