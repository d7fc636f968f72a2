"""Arithmetic of dimensions that may be unknown: None is a size that is known only when the program runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.builder import CURRENT, at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value, as_value
from couloir.ir.traits import ConstantLike
from couloir.ir.types import MAX_RANK, ShapedType, TensorType, Type

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Dim: TypeAlias = "int | None"
Dims: TypeAlias = "tuple[Dim, ...]"


def same_dim(a: Dim, b: Dim) -> bool:
    """Whether two dimensions can be equal."""
    return a is None or b is None or a == b


def same_dims(a: Sequence[Dim], b: Sequence[Dim]) -> bool:
    """Whether two shapes can be equal."""
    return len(a) == len(b) and all(map(same_dim, a, b))


def merge(shapes: Iterable[Sequence[Dim]]) -> Dims:
    """Of shapes that can be equal, the one that knows most."""
    first, *others = (tuple(shape) for shape in shapes)
    for other in others:
        first = tuple(b if a is None else a for a, b in zip(first, other, strict=True))
    return first


def unique(items: Sequence[int]) -> bool:
    """Whether no number occurs twice."""
    return len(set(items)) == len(items)


def ascending(items: Sequence[int]) -> bool:
    """Whether no number is followed by a smaller one."""
    return all(a <= b for a, b in pairwise(items))


def within(items: Iterable[int], count: int) -> bool:
    """Whether all numbers are at least 0 and less than `count`."""
    return all(0 <= item < count for item in items)


def as_tensor(item: Value[Any] | Operation) -> Value[TensorType]:
    """A tensor value, or the only result of an op, which is one. Raises `couloir.Error` for anything else."""
    value = as_value(item)
    if not isinstance(value.type, TensorType):
        raise Error(f"a tensor is needed, not a value of type `{value.type}`")
    return value


def dims_of(value: Value[Any]) -> Dims:
    """The dimensions of a shaped value; none for a scalar."""
    return value.type.dims if isinstance(value.type, ShapedType) else ()


def constant_integers(value: Value[Any]) -> Any:
    """What an operand of sizes or positions is, as nested lists.

    None when it is computed, not of integers, or too many for the dimensions of a tensor.
    """
    op = value.defining_op
    stored = op.attributes.get("value") if op is not None and op.has_trait(ConstantLike) else None
    if not isinstance(stored, DenseElementsAttr) or stored.array.dtype.kind not in "iu":
        return None
    return stored.array.tolist() if stored.array.size <= 2 * MAX_RANK else None


def entry_types(region: Region) -> list[Type]:
    """The types of the arguments of a region's first block; none for an empty region."""
    block = region.first_block
    return [] if block is None else [argument.type for argument in block.arguments]


def returned_types(region: Region) -> list[Type] | None:
    """The types that the terminator of a region's first block takes; None as long as there is none."""
    block = region.first_block
    last = None if block is None else block.last_op
    return None if last is None else [value.type for value in last.operands]


def inside(block: Block) -> AbstractContextManager[Block]:
    """New ops go to the end of `block`, with the location that new ops have here."""
    point = CURRENT.get()
    return at_end(block, loc=None if point is None else point.location)


def needs(condition: bool, op: Operation, message: str, hint: str | None = None) -> None:
    """Raises `couloir.Error` at `op` unless the condition holds."""
    if not condition:
        raise Error(f"`{op.name}`: {message}", where=op.location.label or None, hint=hint)
