"""What a check counts on its way, and what is said of it."""

from __future__ import annotations

from collections import Counter
from typing import Final

import attrs

from couloir.ir.operation import Operation
from couloir.ir.rewriting import Miss, Observer, Rewrite
from couloir.testing.rewrites.inputs import PROFILES, Profile
from couloir.testing.rewrites.report import Obligation, Report, Verdict

REASONS: Final = 3
"""Why a rule does not fire: how many reasons are told."""
VALUES: Final[dict[Profile, str]] = {profile: f"values ({profile})" for profile in PROFILES}
EXACT: Final = "exact arithmetic"
ENDLESS: Final = "termination"


class Reasons(Observer):
    """Counts why a rule does not apply, the nearest misses by themselves."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[int, str]] = Counter()

    def missed(self, rule: Rewrite, op: Operation, miss: Miss) -> None:
        self.counts[miss.depth, miss.reason] += 1

    def told(self) -> str:
        """The most frequent ones."""
        if not self.counts:
            return ""
        nearest = max(depth for depth, _ in self.counts)
        found = Counter({reason: count for (depth, reason), count in self.counts.items() if depth == nearest})
        return "; ".join(f"{reason} ({_counted(count, 'time')})" for reason, count in found.most_common(REASONS))


@attrs.define
class Tally:
    """What a check counts.

    Attributes:
        kinds: What stood around what the rule looked at, where it fired.
        counts: Programs, or runs, by obligation.
        rounded: Runs in which something differed by rounding, by obligation.
        granted: Runs that say nothing, as something assumed does not hold.
        miss: The probability that exact arithmetic misses a fault, at most.
        applications: How often the rule fired.
        refused: Programs that a pass refused, by reason.
        reasons: Why the rule did not fire.
        again: Programs that a second run changes.
        unfinished: What did not come to an end in time.
    """

    kinds: Counter[str] = attrs.field(factory=Counter[str])
    counts: Counter[str] = attrs.field(factory=Counter[str])
    rounded: Counter[str] = attrs.field(factory=Counter[str])
    granted: int = 0
    miss: float = 0.0
    applications: int = 0
    refused: Counter[str] = attrs.field(factory=Counter[str])
    reasons: Reasons = attrs.field(factory=Reasons)
    again: int = 0
    unfinished: str | None = None

    def obligations(self, report: Report, is_rule: bool, refuted: str | None) -> list[Obligation]:
        """All obligations: what was found out of each one that is not refuted, and then those that the report has already."""
        said: list[Obligation] = []
        counts = self.counts

        def add(name: str, detail: str, verdict: Verdict = Verdict.TESTED) -> None:
            if name != refuted:
                said.append(Obligation(name, verdict, detail))

        if report.fired:
            said.append(Obligation("match", Verdict.TESTED, self._fired(report, is_rule)))
        elif refuted is None:
            said.append(Obligation("match", Verdict.UNKNOWN, self._never_fired(report, is_rule)))
        for name in ("structure", "round trip", "idempotence", ENDLESS):
            if counts[name] and not (name == ENDLESS and self.unfinished is not None):
                more = f"; a second run changes {self.again} of them" if name == "idempotence" and self.again else ""
                add(name, _counted(counts[name], "program") + more)
        if self.unfinished is not None:
            add(ENDLESS, self.unfinished, Verdict.UNKNOWN)
        for name in VALUES.values():
            if counts[name]:
                more = f"; {self.rounded[name]} differ by rounding" if self.rounded[name] else ""
                add(name, _counted(counts[name], "run") + more)
        exact = {name: counts[name] for name in ("GF(2^31-1)", "rationals") if counts[name]}
        if exact:
            detail = ", ".join(f"{_counted(count, 'program')} in {name}" for name, count in exact.items())
            if self.miss:
                detail += f"; a wrong one passes with probability {self.miss:.1g} at most"
            add(EXACT, detail)
        rest = report.obligations
        if report.fired and refuted is None and not any(counts[name] for name in VALUES.values()):
            rest = [item for item in rest if item.name != "values"]
            why = "what is assumed did not hold in any run" if self.granted else "no program could be run"
            add("values", why, Verdict.UNKNOWN)
        return said + rest

    def _fired(self, report: Report, is_rule: bool) -> str:
        often = f"fired on {report.fired} of {_counted(report.programs, 'program')}"
        if is_rule:
            often += f", {_counted(self.applications, 'time')}"
            kinds = [f"{kind} {count}" for kind, count in self.kinds.most_common() if kind != "plain"]
            often += f"; {', '.join(kinds)}" if kinds else ""
        return often + self._refusals()

    def _refusals(self) -> str:
        if not self.refused:
            return ""
        reason, _ = self.refused.most_common(1)[0]
        return f"; {self.refused.total()} were refused, most often: {reason}"

    def _never_fired(self, report: Report, is_rule: bool) -> str:
        if not report.programs:
            return "no program could be made in which it might fire"
        if not is_rule:
            return f"it changed none of {_counted(report.programs, 'program')}{self._refusals()}"
        reasons = self.reasons.told()
        return f"it never fired on {_counted(report.programs, 'program')}" + (f": {reasons}" if reasons else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


__all__ = ["ENDLESS", "EXACT", "VALUES", "Tally"]
