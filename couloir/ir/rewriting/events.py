"""What happened: one event for each application of a rule, and counts per rule. Viewers, statistics and bisection read these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import attrs

from couloir.ir.location import Location

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.matcher import Miss
    from couloir.ir.rewriting.rule import Rewrite


@attrs.frozen
class Applied:
    """A rule was applied."""

    rule: str
    summary: str
    """The rule's equation: the first line of its docstring."""
    op: str
    """Name of the op at which it started."""
    location: Location
    number: int
    """Counts applications from 0."""
    microseconds: float
    before: str | None = None
    """Text of the matched op; only when the listener asked for texts."""
    after: str | None = None
    """Text of the ops that took its place."""


Listener: TypeAlias = Callable[[Applied], None]
"""What is called with each application. One that is an `Observer` also sees matches and misses."""


class Observer:
    """A listener that watches the driver closely, with the ops in its hands. Subclass it; here no method does anything.

    It must not change the program. Its time is not counted as the rule's.
    """

    def __call__(self, event: Applied) -> None:
        """A rule was applied; for code that has no ops to show. The driver calls `applied`."""

    def matched(self, rule: Rewrite, ops: Sequence[Operation]) -> None:
        """A rule is about to be tried on `ops`, the root last: all that its pattern fits, for a function rule the root alone.

        The program is still as it was. The rule may yet decline: then `missed` follows.
        """

    def applied(self, event: Applied, new: Sequence[Operation]) -> None:
        """A rule was applied; `new` are the ops that it made and that are still there."""
        self(event)

    def missed(self, rule: Rewrite, op: Operation, miss: Miss) -> None:
        """A rule was tried at `op` and does not apply."""


@attrs.define
class RuleStatistics:
    """Counts for one rule."""

    rule: str
    attempts: int = 0
    hits: int = 0
    seconds: float = 0.0

    @property
    def misses(self) -> int:
        """Attempts that did not apply."""
        return self.attempts - self.hits


@attrs.define
class Statistics:
    """Counts for all rules of a run."""

    rules: dict[str, RuleStatistics] = attrs.field(factory=dict)

    def of(self, rule: str) -> RuleStatistics:
        """The counts of one rule, made when first asked for."""
        found = self.rules.get(rule)
        if found is None:
            found = self.rules[rule] = RuleStatistics(rule)
        return found

    def add(self, other: Statistics) -> None:
        """Adds the counts of another run."""
        for name, counts in other.rules.items():
            mine = self.of(name)
            mine.attempts += counts.attempts
            mine.hits += counts.hits
            mine.seconds += counts.seconds

    def __str__(self) -> str:
        """A table: rule, applications, misses, milliseconds; the busiest first."""
        rows = sorted(self.rules.values(), key=lambda r: (-r.hits, -r.seconds, r.rule))
        width = max((len(r.rule) for r in rows), default=4)
        lines = [f"{'rule':<{width}}  applied   missed        ms"]
        lines += [f"{r.rule:<{width}}  {r.hits:7d}  {r.misses:7d}  {r.seconds * 1000:8.2f}" for r in rows]
        return "\n".join(lines)
