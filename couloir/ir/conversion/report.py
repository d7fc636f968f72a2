"""Everything that is illegal, in one report: op, attributes, count, reason, first place, nearest supported form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.definition import SEGMENTS
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.text.attribute_printer import attribute_text
from couloir.ir.traits import Symbol

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.conversion.target import Verdict
    from couloir.ir.rewriting.rule import NoMatch, Rewrite

MAX_TEXT: Final = 60
MAX_ENTRIES: Final = 50
"""Kinds of ops that a message shows; `ConversionError.entries` has all."""


@attrs.define
class IllegalOp:
    """Ops of one name that are illegal for one reason."""

    op: str
    reason: str
    attributes: str
    """Those of the first one, in text."""
    location: str
    """Where the first one came from."""
    count: int = 1
    nearest: str = ""
    """The nearest supported form."""

    def __str__(self) -> str:
        where = f", first at {self.location}" if self.location else ""
        near = f"; supported: {self.nearest}" if self.nearest else ""
        return f"{self.count} x `{self.op}`{self.attributes}: {self.reason}{where}{near}"


class ConversionError(Error):
    """Ops that cannot be converted. `entries` has one item for each op name and reason, the most frequent first."""

    def __init__(self, entries: Sequence[IllegalOp], target: str) -> None:
        self.entries = tuple(entries)
        total = sum(entry.count for entry in entries)
        notes = [str(entry) for entry in entries[:MAX_ENTRIES]]
        if len(entries) > MAX_ENTRIES:
            notes.append(f"and {len(entries) - MAX_ENTRIES} kinds more")
        ops = "op" if total == 1 else "ops"
        kinds = "kind" if len(entries) == 1 else "kinds"
        super().__init__(f"{total} {ops} of {len(entries)} {kinds} cannot be lowered to {target}", notes=notes)


class IllegalOps:
    """Collects ops that a conversion or a backend cannot take, and raises one error for all of them."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.entries: dict[tuple[str, str], IllegalOp] = {}

    def add(self, op: Operation, reason: str, nearest: str = "") -> None:
        """Notes an op, why it cannot be taken, and the nearest form that can."""
        entry = self.entries.get((op.name, reason))
        if entry is None:
            place = op.location.label or ""
            self.entries[op.name, reason] = IllegalOp(op.name, reason, _attributes(op), place, nearest=nearest)
        else:
            entry.count += 1

    def raise_if_any(self) -> None:
        """Raises when something was noted."""
        if self.entries:
            raise ConversionError(sorted(self.entries.values(), key=lambda entry: -entry.count), self.target)


def why(verdict: Verdict, misses: Sequence[tuple[Rewrite, NoMatch]]) -> str:
    """Why an op stays illegal: what the rules said that start at it, or that there is none."""
    if not misses:
        return f"{verdict.reason}, and no rule converts the op" if verdict.reason else "no rule converts it"
    if len(misses) == 1:
        return misses[0][1].reason
    return "; ".join(f"{rule.name}: {miss.reason}" for rule, miss in misses)


def cast_reason(op: Operation) -> str:
    """Why a cast is left: who made the values, and who needs them of another type."""
    users = {user.name: None for result in op.results for user in result.users}
    definers = {v.defining_op.name if v.defining_op is not None else "a block argument": None for v in op.operands}
    given, wanted = _types([v.type for v in op.operands]), _types([r.type for r in op.results])
    made = " and ".join(f"`{name}`" if "." in name else name for name in definers) or "nothing"
    needed = " and ".join(f"`{name}`" for name in users)
    return f"{made} gives {given}, {needed} takes {wanted}, and no materialization makes one of the other"


def difference(op: Operation, supported: Operation) -> str:
    """In what an op that was converted differs from one of the same name that was not."""
    parts: list[str] = []
    for key in sorted({*op.attributes, *supported.attributes}):
        theirs = supported.attributes.get(key)
        if theirs is not op.attributes.get(key) and key not in SEGMENTS.values():
            parts.append(f"no {key}" if theirs is None else f"{key} = {_text(theirs)}")
    for kind, mine, other in (
        ("operands", op.operands, supported.operands),
        ("results", op.results, supported.results),
    ):
        types = [value.type for value in other]
        if types != [value.type for value in mine]:
            parts.append(f"{kind} of {_types(types)}")
    if not parts:
        return ""
    place = f" at {supported.location.label}" if supported.location.label else ""
    return f"{', '.join(parts)}, as{place or ' elsewhere in the program'}"


def similar(name: str, supported: Sequence[str]) -> str:
    """Ops of the same dialect with a similar name, of those for which there are rules."""
    import difflib

    dialect, _, short = name.partition(".")
    names = [other.partition(".")[2] for other in supported if other.partition(".")[0] == dialect]
    found = difflib.get_close_matches(short, names, n=3, cutoff=0.6)
    return " or ".join(f"`{dialect}.{other}`" for other in found)


def _types(types: Sequence[Type]) -> str:
    return ", ".join(f"`{type}`" for type in types) or "nothing"


def _text(value: Attribute) -> str:
    text = attribute_text(value) if not hasattr(value, "array") else "dense<...>"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def _attributes(op: Operation) -> str:
    hidden = {*SEGMENTS.values(), *(("function_type",) if op.has_trait(Symbol) else ())}
    items = [(key, value) for key, value in sorted(op.attributes.items()) if key not in hidden]
    return f" {{{', '.join(f'{key} = {_text(value)}' for key, value in items)}}}" if items else ""
