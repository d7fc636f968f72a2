"""Sorting by a comparator: by keys, where the comparator compares keys, and else by vectorised comparisons.

A comparator has the arguments a0, b0, a1, b1, ...: an element of each array from two places. One that is `compare LT f(a...),
f(b...)`, or goes on with another such comparison where the keys are equal, sorts by the keys f, f', ..., which are computed once.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
import numpy as np

from couloir.backends.numpy.bodies import apply, works_on_arrays
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import NARROW_FLOATS, NARROW_INTEGERS, Array, is_discrete, kind
from couloir.backends.numpy.meanings import Request, meaning_of
from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection, ComparisonType
from couloir.ir.operation import Block, BlockArgument, Operation, OpResult, Region, Value
from couloir.ir.traits import ConstantLike, Elementwise

Arrays: TypeAlias = "Sequence[Array]"
Asking: TypeAlias = Generator[Request, Any, Arrays]

_ASCENDING: Final = (ComparisonDirection.LT, ComparisonDirection.LE)
_DESCENDING: Final = (ComparisonDirection.GT, ComparisonDirection.GE)


def sort_last(xp: ArrayNamespace, comparator: Region, inputs: Arrays) -> Asking:
    """Sorts arrays of one shape along their last dimension together, stably."""
    if inputs[0].size == 0 or inputs[0].shape[-1] == 1:
        return inputs
    order = _order_by_keys(xp, comparator, inputs)
    if order is None:
        order = yield from _order_by_comparisons(xp, comparator, inputs)
    return [np.take_along_axis(array, order, axis=-1) for array in inputs]


# -- by keys ------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Key:
    """What a comparator compares first, or next: a value that is computed from the elements of one place."""

    value: Value[Any]
    descends: bool
    by_total_order: bool


def _order_by_keys(xp: ArrayNamespace, comparator: Region, inputs: Arrays) -> Array | None:
    keys = keys_of(comparator)
    if not keys:
        return None
    columns: list[Array] = []
    for key, column in zip(keys, _computed(xp, comparator, [key.value for key in keys], inputs), strict=True):
        sortable = _sortable(xp, column, key)
        if sortable is None:
            return None
        columns.append(sortable)
    if len(columns) == 1:
        return np.argsort(columns[0], axis=-1, kind="stable")
    return np.lexsort(columns[::-1], axis=-1)


def _sortable(xp: ArrayNamespace, column: Array, key: Key) -> Array | None:
    """Numbers that NumPy sorts in ascending order as the key wants them; None for what has no such order."""
    if kind(column.dtype) == "float":
        if key.by_total_order:
            column = xp.apply("total_order", column)
        else:
            column = column.astype(np.float32) if column.dtype in NARROW_FLOATS else column
            if np.isnan(column).any():
                return None
            return -column if key.descends else column
    if not is_discrete(column.dtype):
        return None
    if column.dtype in NARROW_INTEGERS:
        column = column.astype(np.int8)
    return ~column if key.descends else column


def keys_of(comparator: Region) -> list[Key]:
    """The keys of a comparator, the first one first; none if it is of another form."""
    block = comparator.block
    if not all(works_on_arrays(op) and all(_is_there(value, block) for value in op.operands) for op in block.ops):
        return []
    last = block.last_op
    value = last.operands[0] if last is not None and len(last.operands) == 1 else None
    keys: list[Key] = []
    while value is not None:
        op = _op_of(value)
        then = None
        match op:
            case hlo.Or():  # less, or equal and less in what comes next
                sides = [(op.lhs, op.rhs), (op.rhs, op.lhs)]
                found = next((parts for parts in sides if isinstance(_op_of(parts[0]), hlo.Compare)), None)
                rest = None if found is None else _op_of(found[1])
                if found is None or not isinstance(rest, hlo.And):
                    return []
                op, equal = _op_of(found[0]), [(rest.lhs, rest.rhs), (rest.rhs, rest.lhs)]
                then = next((b for a, b in equal if _says_equal(_op_of(a), op)), None)
            case hlo.Select():  # where they are equal what comes next, else less
                if not _says_equal(_op_of(op.pred), _op_of(op.on_false)):
                    return []
                op, then = _op_of(op.on_false), op.on_true
            case _:
                pass
        key = _key_of(op, block)
        if key is None or (op is not _op_of(value) and then is None):
            return []
        keys.append(key)
        value = then
    return keys


def _is_there(value: Value[Any], block: Block) -> bool:
    """Whether a comparator can be computed from it here: what else it sees from around is only there when it is run."""
    return value.parent_block is block or isinstance(_op_of(value), hlo.Constant)


def _op_of(value: Value[Any]) -> Operation | None:
    return value.owner if isinstance(value, OpResult) else None


def _says_equal(equal: Operation | None, less: Operation | None) -> bool:
    """Whether an op asks if what another op compares is equal."""
    return (
        isinstance(equal, hlo.Compare)
        and isinstance(less, hlo.Compare)
        and equal.comparison_direction is ComparisonDirection.EQ
        and {equal.lhs, equal.rhs} == {less.lhs, less.rhs}
        and equal.compare_type is less.compare_type
    )


def _key_of(op: Operation | None, block: Block) -> Key | None:
    if not isinstance(op, hlo.Compare) or op.comparison_direction not in (*_ASCENDING, *_DESCENDING):
        return None
    descends = op.comparison_direction in _DESCENDING
    by_total_order = op.compare_type is ComparisonType.TOTALORDER
    if _mirrors(op.lhs, op.rhs, block):
        return Key(op.lhs, descends, by_total_order)
    if _mirrors(op.rhs, op.lhs, block):
        return Key(op.rhs, not descends, by_total_order)
    return None


def _mirrors(left: Value[Any], right: Value[Any], block: Block) -> bool:
    """Whether `right` is computed from b0, b1, ... as `left` is from a0, a1, ..., by ops that work on arrays alone."""
    pending, seen = [(left, right)], set[tuple[Value[Any], Value[Any]]]()
    while pending:
        pair = pending.pop()
        if pair in seen:
            continue
        seen.add(pair)
        match pair:
            case (BlockArgument() as a, BlockArgument() as b):
                if a.owner is not block or b.owner is not block or a.index % 2 or b.index != a.index + 1:
                    return False
            case (OpResult(owner=a), OpResult(owner=b)):
                if type(a) is not type(b) or a.attributes != b.attributes or len(a.results) != 1 or a.regions:
                    return False
                if not all(op.parent is block or op.has_trait(ConstantLike) for op in (a, b)):
                    return False
                if not any(a.has_trait(trait) for trait in (Elementwise, ConstantLike)) and not isinstance(
                    a, hlo.Select | hlo.Clamp
                ):
                    return False
                pending.extend(zip(a.operands, b.operands, strict=True))
            case _:
                return False
    return True


def _computed(xp: ArrayNamespace, comparator: Region, wanted: Sequence[Value[Any]], inputs: Arrays) -> list[Array]:
    """Values of the comparator for all elements, where a is the same place as b."""
    shape: tuple[int, ...] = inputs[0].shape
    arguments = comparator.block.arguments
    values: dict[Value[Any], Array] = {argument: inputs[argument.index // 2] for argument in arguments}
    needed, pending = set[Operation](), list(wanted)
    while pending:
        op = _op_of(pending.pop())
        if op is not None and op not in needed:
            needed.add(op)
            pending.extend(op.operands)
    around = [op for op in needed if op.parent is not comparator.block]
    for op in (*around, *comparator.block.ops):
        if op in needed:
            function = meaning_of(op)
            assert function is not None, "the plan has seen to it"
            found = function(xp, op, *(values[operand] for operand in op.operands))
            (result,) = cast("Sequence[Array]", found) if isinstance(found, tuple | list) else [found]
            values[op.results[0]] = np.broadcast_to(result, shape)
    return [values[value] for value in wanted]


# -- by comparisons -----------------------------------------------------------------------------------------------------


def _order_by_comparisons(xp: ArrayNamespace, comparator: Region, inputs: Arrays) -> Generator[Request, Any, Array]:
    """The order of each row: quicksort, of which each round parts all segments of all rows at once.

    A segment's pivot, and what is neither before nor after it, stay in the middle, in their order. Pivots are drawn, so that no
    input is known to be slow.
    """
    shape: tuple[int, ...] = inputs[0].shape
    length = shape[-1]
    flat: list[Array] = [array.reshape(-1) for array in inputs]
    order: Array = np.arange(math.prod(shape))
    starts: Array = np.arange(0, math.prod(shape), length)
    ends: Array = starts + length
    generator = np.random.default_rng(0)
    strict = not (yield from _is_less(xp, comparator, flat, order, order)).any()  # `<`, and not `<=`
    while starts.size:
        sizes: Array = ends - starts
        segment: Array = np.repeat(np.arange(starts.size), sizes)
        first: Array = np.repeat(
            np.cumsum(sizes) - sizes, sizes
        )  # where the segment of each place begins among all places
        start: Array = starts[segment]
        elements: Array = order[start + np.arange(segment.size) - first]
        pivots: Array = order[starts + generator.integers(0, sizes)][segment]
        before: Array = yield from _is_less(xp, comparator, flat, elements, pivots)
        others = np.flatnonzero(~before) if strict else np.arange(before.size)
        after = np.zeros_like(before)
        after[others] = yield from _is_less(xp, comparator, flat, pivots[others], elements[others])
        both = (before & after) | (elements == pivots)
        before, after = before & ~both, after & ~both
        counts = [np.bincount(segment[part], minlength=starts.size) for part in (before, ~before & ~after)]
        middle, end = starts + counts[0], starts + counts[0] + counts[1]
        for part, target in ((before, starts), (~before & ~after, middle), (after, end)):
            rank = np.cumsum(part) - part
            order[(target[segment] + rank - rank[first])[part]] = elements[part]
        starts, ends = np.concatenate([starts, end]), np.concatenate([middle, ends])
        more = ends - starts > 1
        starts, ends = starts[more], ends[more]
    return (order % length).reshape(shape)


def _is_less(
    xp: ArrayNamespace, comparator: Region, flat: Arrays, left: Array, right: Array
) -> Generator[Request, Any, Array]:
    """Where elements come before others; arrays that the comparator does not look at are not gathered."""
    pairs: list[Array] = []
    for argument in comparator.block.arguments:
        array, index = flat[argument.index // 2], right if argument.index % 2 else left
        pairs.append(array[index] if argument.has_uses else np.broadcast_to(array[0], index.shape))
    (less,) = yield from apply(xp, comparator, *pairs)
    return less
