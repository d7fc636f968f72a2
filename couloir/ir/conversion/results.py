"""What a rule returned, as values for each result of the op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value, as_value

if TYPE_CHECKING:
    from couloir.ir.conversion.rewriter import Group
    from couloir.ir.conversion.rules import ConversionRule
    from couloir.ir.conversion.type_converter import TypeConverter


def result_groups(
    rule: ConversionRule, op: Operation, returned: Any, converter: TypeConverter | None
) -> list[Group | None]:
    """What a rule returned, as values for each result of the op."""
    count = len(op.results)
    items: list[Any]
    if isinstance(returned, Operation):
        items = _by_types(op, list(returned.results), converter)
    elif returned is None:
        items = [None] * count if not count or not any(r.has_uses for r in op.results) else []
    elif isinstance(returned, Value):
        items = [returned]
    elif isinstance(returned, list | tuple):
        items = list(cast("Sequence[Any]", returned))
    else:
        raise Error(
            f"the rule {rule.name} returned {returned!r}",
            hint="return a value, an op, or a list with an entry per result",
        )
    if len(items) != count:
        raise Error(f"the rule {rule.name} returned {len(items)} values for the {count} results of `{op.name}`")
    groups: list[Group | None] = []
    for item in items:
        if item is None:
            groups.append(None)
        elif isinstance(item, list | tuple):
            groups.append(tuple([as_value(value) for value in item]))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        else:
            groups.append((as_value(item),))
    return groups


def _by_types(op: Operation, values: list[Value[Any]], converter: TypeConverter | None) -> list[Any]:
    """The results of one op, as a tuple for each result of the old op when they have just the converted types."""
    types = [None if converter is None else converter.convert(result.type) for result in op.results]
    if [value.type for value in values] != [type for group in types for type in group or ()]:
        return list(values)
    rest = iter(values)
    return [tuple([next(rest) for _ in group or ()]) for group in types]
