"""`builtin.unrealized_conversion_cast`: what stands between old and new types until somebody makes it real.

The core knows no dialect, so the op's class is asked for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.registry import REGISTRY

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.location import Location

CAST: Final = "builtin.unrealized_conversion_cast"


def make_cast(wanted: Sequence[Type], values: Sequence[Value[Any]], location: Location) -> Operation:
    """A cast of values to other types; inserted nowhere."""
    cls = REGISTRY.operation(CAST)
    if cls is None:
        raise Error(f"`{CAST}` is not defined", hint="`import couloir.dialects` declares it")
    return cls.create(values, wanted, location=location)


def cast_from(values: Sequence[Value[Any]], wanted: Sequence[Type]) -> tuple[Value[Any], ...] | None:
    """Values of the wanted types from which these were cast, in one step or several: the casts cancel each other."""
    current: tuple[Value[Any], ...] = tuple(values)
    seen: set[Operation] = set()
    while current:
        op = current[0].defining_op
        if op is None or op.name != CAST or op in seen or current != op.results:
            return None
        seen.add(op)  # in code that is never reached, casts may feed each other in a circle
        current = tuple(op.operands)
        if [value.type for value in current] == list(wanted):
            return current
    return None


def cancel_casts(casts: Sequence[Operation]) -> list[Operation]:
    """Removes casts that undo earlier ones, that change nothing, or that nobody uses.

    Args:
        casts: Casts, best those that feed others first.

    Returns:
        The casts that remain.
    """
    for op in casts:
        wanted, values = [result.type for result in op.results], tuple(op.operands)
        source = values if [value.type for value in values] == wanted else cast_from(values, wanted)
        for result, value in zip(op.results, source or (), strict=False):
            result.replace_all_uses_with(value)
    unused = list(casts)
    while unused:
        op = unused.pop()
        if op.parent is None or any(result.has_uses for result in op.results):
            continue
        feeding = [value.defining_op for value in op.operands]
        op.erase()
        unused += [definer for definer in feeding if definer is not None and definer.name == CAST]
    return [op for op in casts if op.parent is not None]
