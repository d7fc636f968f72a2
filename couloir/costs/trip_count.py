"""How often a `while` loop runs that counts: from a constant, in constant steps, up or down to a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection as Direction
from couloir.ir.interfaces import as_integer, iterations
from couloir.ir.operation import BlockArgument
from couloir.ir.rewriting.guards import constant_attribute
from couloir.ir.types import IntegerType, TensorType

if TYPE_CHECKING:
    from couloir.ir.operation import Value

_MIRRORED: Final = {
    Direction.LT: Direction.GT,
    Direction.GT: Direction.LT,
    Direction.LE: Direction.GE,
    Direction.GE: Direction.LE,
    Direction.NE: Direction.NE,
}
"""What a comparison is when its sides, or the signs of its sides, are exchanged."""


def trip_count(op: hlo.While) -> int | None:
    """How often the body runs; None when that cannot be told from the form of the loop.

    The form is `while i < bound: i = i + step`, with any comparison but `EQ`, either way round, as JAX writes `scan` and
    `fori_loop`. The bound may be carried along unchanged.
    """
    tested, last = op.cond.block.last_op, op.body.block.last_op
    condition = tested.operands[0].defining_op if tested is not None and tested.operands else None
    if not isinstance(condition, hlo.Compare) or last is None or condition.comparison_direction not in _MIRRORED:
        return None
    direction = condition.comparison_direction
    counter, bound = condition.lhs, condition.rhs
    if _carried(op, counter) is None or _known(op, counter) is not None:
        counter, bound, direction = bound, counter, _MIRRORED[direction]
    place = _carried(op, counter)
    if place is None:
        return None
    start, end = _constant(op.operand[place]), _known(op, bound)
    step = _step(op, last.operands[place], place)
    if start is None or end is None or not step:
        return None
    limits = _range(counter)
    if limits is None:
        return None
    if step < 0:
        start, end, step, direction = -start, -end, -step, _MIRRORED[direction]
        limits = -limits[1], -limits[0]
    if direction is Direction.NE:
        return None if end < start or (end - start) % step else (end - start) // step
    if direction not in (Direction.LT, Direction.LE):
        return None if _holds(direction, start, end) else 0
    end += direction is Direction.LE
    count = iterations(start, end, step)
    return count if start + count * step <= limits[1] else None  # else the counter wraps around, and goes on


def _holds(direction: hlo.ComparisonDirection, left: int, right: int) -> bool:
    return left > right if direction is Direction.GT else left >= right


def _range(counter: Value[Any]) -> tuple[int, int] | None:
    element = counter.type.element_type if isinstance(counter.type, TensorType) else None
    return (element.minimum, element.maximum) if isinstance(element, IntegerType) else None


def _carried(op: hlo.While, value: Value[Any]) -> int | None:
    """The number of the carried value that an argument of the loop's regions is."""
    if isinstance(value, BlockArgument) and value.owner in (op.cond.first_block, op.body.first_block):
        return value.index
    return None


def _constant(value: Value[Any]) -> int | None:
    return as_integer(constant_attribute(value))


def _known(op: hlo.While, value: Value[Any]) -> int | None:
    """The number that a value has in every run: of a constant, or of one that is carried along unchanged."""
    place = _carried(op, value)
    if place is None:
        return _constant(value)
    last = op.body.block.last_op
    unchanged = last is not None and _carried(op, last.operands[place]) == place
    return _constant(op.operand[place]) if unchanged else None


def _step(op: hlo.While, following: Value[Any], place: int) -> int | None:
    """What the body adds to the carried value at `place`."""
    change = following.defining_op
    if not isinstance(change, hlo.Add | hlo.Subtract):
        return None
    left, right = change.lhs, change.rhs
    if isinstance(change, hlo.Add) and _carried(op, left) != place:
        left, right = right, left
    step = _known(op, right)
    if _carried(op, left) != place or step is None:
        return None
    return -step if isinstance(change, hlo.Subtract) else step
