"""Operators of a graph that cannot be lowered: all of them, in one error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import attrs

from couloir.ir.errors import Error
from couloir.ir.location import Location


@attrs.define
class _Entry:
    count: int
    first: Location


@attrs.define
class Unsupported:
    """Operators and why they cannot be lowered, with how often and where first.

    Attributes:
        nodes: What the graph consists of, in the plural.
        remedy: What a user can do when nothing better is known.
    """

    nodes: str
    remedy: str
    entries: dict[tuple[str, str], _Entry] = attrs.field(factory=dict)

    def add(self, target: str, reason: str, location: Location) -> None:
        """Notes a node."""
        entry = self.entries.setdefault((target, reason), _Entry(0, location))
        entry.count += 1

    def raise_if_any(self, where: str, hints: Iterable[str] = (), *, target: str = "StableHLO") -> None:
        """Raises one `Error` that lists them all, the most frequent first; `target` is what they should have become."""
        if not self.entries:
            return
        notes = [
            f"{entry.count} x `{name}`: {reason}, first at {place(entry.first)}"
            for (name, reason), entry in sorted(self.entries.items(), key=lambda item: -item[1].count)
        ]
        total = sum(entry.count for entry in self.entries.values())
        raise Error(
            f"{total} {self.nodes} of {len(self.entries)} kinds cannot be lowered to {target}",
            where=where,
            notes=notes,
            hint="; ".join(hints) or self.remedy,
        )


def no_lowering(target: str, known: Iterable[str], kind: str) -> str:
    """That there is none, and which of the `known` ones has a similar name."""
    near = difflib.get_close_matches(target, list(known), n=1, cutoff=0.6)
    return f"there is no lowering for this {kind}" + (f" (the nearest is `{near[0]}`)" if near else "")


def place(location: Location) -> str:
    """A location for people: the name, and the line of the program."""
    child = getattr(location, "child", None)
    return f"{location.label} ({child.label})" if child is not None else location.label
