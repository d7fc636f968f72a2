"""What a cost analysis found: tables for people, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import attrs

from couloir.costs.cost import NOTHING, Cost, total
from couloir.ir.analysis.difference import Places
from couloir.ir.operation import Operation

VERSION: Final = 1
"""Of the JSON."""
_SHOWN: Final = 10
"""Kinds of ops with notes in the text."""
_COLUMNS: Final = 100
_WIDTH: Final = 50
"""Characters of a row's name, so that a table has at most 100 columns."""
_PREFIXES: Final = ("", "k", "M", "G", "T", "P", "E")


@attrs.frozen(eq=False)
class OpCost:
    """The cost of one op over a whole run of the program."""

    op: Operation
    cost: Cost
    """Of all its runs, without the ops inside it that are listed themselves."""
    runs: Cost
    """How often it runs, for each of the three counts: of two branches, the dearer one counts."""


@attrs.frozen(eq=False)
class Note:
    """What is to be said of an op."""

    op: Operation
    what: str


@attrs.frozen
class Kind:
    """All ops of one name."""

    name: str
    count: int
    """Ops as written, each once."""
    cost: Cost


@attrs.frozen(eq=False, slots=False)
class CostReport:
    """What a program costs."""

    function: str
    """The function that runs."""
    ops: Sequence[OpCost]
    """In the order of the program, callers before what they call. Ops that only describe what the op around them does, as the
    body of a reduction, are contained in it."""
    unknown: Sequence[Note] = ()
    """Ops of which it is not known what they compute. They count the bytes that they move, where these are known."""
    assumed: Sequence[Note] = ()
    """What was assumed of loops."""

    @cached_property
    def total(self) -> Cost:
        """Of the whole program. A lower bound, where something is unknown."""
        return total(item.cost for item in self.ops)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The costs of the ops of each name, the most flops first, then the most bytes."""
        groups: dict[str, list[Cost]] = {}
        for item in self.ops:
            groups.setdefault(item.op.name, []).append(item.cost)
        found = [Kind(name, len(costs), total(costs)) for name, costs in groups.items()]
        return tuple(sorted(found, key=_dearest_first))

    def __str__(self) -> str:
        """A table, a row for each kind of op."""
        return self.text()

    def text(self, *, each: bool = False) -> str:
        """The table; with `each` a row for each op that costs something."""
        places, whole = Places(), self.total
        if each:
            named = [(f"{o.op.name} {places.of(o.op)}", "", o.cost) for o in self.ops if o.cost != NOTHING]
        else:
            named = [(kind.name, f"{kind.count:,}", kind.cost) for kind in self.kinds]
        head = ("op", "" if each else "count", "flops", "transc.", "bytes", "flops/byte", "flops %")
        named.append(("total, at least" if self.unknown else "total", f"{len(self.ops):,}", whole))
        rows = [head, *(_row(name, count, cost, whole) for name, count, cost in named)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
        rule = "-" * max(map(len, lines))
        lines = [f"cost of @{self.function}", "", lines[0], rule, *lines[1:-1], rule, lines[-1]]
        for title, notes in (("not known", self.unknown), ("assumed", self.assumed)):
            if notes:
                groups: dict[str, list[Note]] = {}
                for note in notes:
                    groups.setdefault(note.op.name, []).append(note)
                lines += ["", f"{title} ({len(notes)}):"]
                for name, same in list(groups.items())[:_SHOWN]:
                    lines.append(f"  {len(same)} `{name}`, first {places.of(same[0].op)}:")
                    lines.append(f"    {same[0].what}")
                if len(groups) > _SHOWN:
                    lines.append(f"  and {len(groups) - _SHOWN} more kinds of ops")
        return "\n".join(line if len(line) <= _COLUMNS else line[: _COLUMNS - 3] + "..." for line in lines)

    def to_json(self) -> dict[str, Any]:
        """The same as JSON: `docs/compare.md` has its form."""
        places = Places()

        def notes(found: Sequence[Note]) -> list[dict[str, str]]:
            return [{"name": note.op.name, "place": places.of(note.op), "what": note.what} for note in found]

        return {
            "version": VERSION,
            "function": self.function,
            "total": as_json(self.total),
            "kinds": [{"name": kind.name, "count": kind.count, **as_json(kind.cost)} for kind in self.kinds],
            "ops": [{"name": item.op.name, "place": places.of(item.op), **as_json(item.cost)} for item in self.ops],
            "unknown": notes(self.unknown),
            "assumed": notes(self.assumed),
        }


def as_json(cost: Cost) -> dict[str, Any]:
    """The three counts, and the arithmetic intensity."""
    return {**attrs.asdict(cost), "intensity": cost.intensity}


def short(number: float) -> str:
    """A number in four places: `12`, `3.40 k`, `1.23 G`."""
    if isinstance(number, int) and abs(number) < 10_000:
        return f"{number:,}"
    exponent = 0
    while abs(number) >= 1000 and exponent < len(_PREFIXES) - 1:
        number, exponent = number / 1000, exponent + 1
    return f"{number:.3g} {_PREFIXES[exponent]}".rstrip()


def _row(name: str, count: str, cost: Cost, whole: Cost) -> tuple[str, ...]:
    intensity = "" if cost.intensity is None else f"{cost.intensity:.2f}"
    share = f"{100 * cost.flops / whole.flops:.1f}" if whole.flops else ""
    shown = name if len(name) <= _WIDTH else name[: _WIDTH - 3] + "..."
    return shown, count, short(cost.flops), short(cost.transcendentals), short(cost.bytes_accessed), intensity, share


def _dearest_first(kind: Kind) -> tuple[int, int, int, int, str]:
    cost = kind.cost
    return -cost.flops, -cost.transcendentals, -cost.bytes_accessed, -kind.count, kind.name
