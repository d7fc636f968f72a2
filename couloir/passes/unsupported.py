"""Everything that a lowering does not support, in one report: op, count, reason, first place."""

from __future__ import annotations

import attrs

from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.text.attribute_printer import attribute_text

MAX_TEXT = 60


@attrs.define
class _Entry:
    count: int
    first: Operation
    attributes: str


class Unsupported:
    """Collects ops that a lowering cannot take, and raises one error for all of them."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.entries: dict[tuple[str, str], _Entry] = {}

    def add(self, op: Operation, reason: str) -> None:
        """Notes an op and why it cannot be lowered."""
        entry = self.entries.get((op.name, reason))
        if entry is None:
            self.entries[op.name, reason] = _Entry(1, op, _attributes(op))
        else:
            entry.count += 1

    def raise_if_any(self) -> None:
        """Raises when something was noted."""
        if not self.entries:
            return
        kinds, total = len(self.entries), sum(e.count for e in self.entries.values())
        notes: list[str] = []
        for (name, reason), entry in sorted(self.entries.items(), key=lambda item: -item[1].count):
            place = entry.first.location.label
            where = f", first at {place}" if place else ""
            notes.append(f"{entry.count} x `{name}`{entry.attributes}: {reason}{where}")
        raise Error(f"{total} ops of {kinds} kinds cannot be lowered to {self.target}", notes=notes)


def _attributes(op: Operation) -> str:
    parts: list[str] = []
    for key, value in sorted(op.attributes.items()):
        if key == "operandSegmentSizes":
            continue
        text = attribute_text(value) if not hasattr(value, "array") else "dense<...>"
        parts.append(f"{key} = {text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + '...'}")
    return f" {{{', '.join(parts)}}}" if parts else ""
