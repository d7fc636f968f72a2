"""What a pipeline did: one `PassRun` for each run of a pass, and tables for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from couloir.ir.rewriting.events import Statistics

if TYPE_CHECKING:
    from couloir.ir.passes.base import Pass


@attrs.frozen
class Check:
    """One result of the program, computed before and after a pass, and how far the two are apart."""

    name: str
    error: float | None
    """The largest absolute difference; None when it is no finite number."""
    tolerance: float | None
    """The difference that rounding explains there; None when none was needed, or it has no bound."""
    passed: bool


@attrs.define
class PassRun:
    """One run of one pass on one op. Up to `target` everything is known before the pass runs; the rest is filled in after."""

    number: int
    """Counts runs from 1. A pass that is nested in functions runs once for each."""
    position: int
    """Which pass of the pipeline it is, counted from 1 in the order of its text."""
    total: int
    """The number of passes in the pipeline."""
    step: int
    """Which item of the pipeline that runs it is part of, counted from 0; a nested pipeline is one item."""
    nesting: tuple[str, ...]
    """The kinds of ops that it is nested in: `("func.func",)` in `func.func(cse)`."""
    item: Pass
    """The pass, with its options."""
    target: str
    """The op that it runs on: `builtin.module`, `func.func @main`."""
    seconds: float = 0.0
    """Time spent in the pass, without checks and dumps."""
    memory: int = 0
    """Bytes by which the peak of the process's resident memory grew: what the pass needed beyond all that was before."""
    allocated: int | None = None
    """Bytes at the peak of Python's and NumPy's allocations, above those at the start; when measured (`memory=True`)."""
    ops_before: int = 0
    ops_after: int = 0
    changed: bool = False
    """Whether any op, operand, type, attribute or location is another one than before."""
    statistics: Statistics = attrs.field(factory=Statistics)
    """Counts and times of the rules that it applied."""
    notes: tuple[str, ...] = ()
    """What the pass has to say: `12 buffers in 3.1 MB`."""
    dump: Path | None = None
    """The file that was written because the IR had changed."""
    checks: tuple[Check, ...] = ()
    """What `check_each` compared after it."""

    @property
    def name(self) -> str:
        """The name of the pass."""
        return self.item.name

    @property
    def text(self) -> str:
        """The pass with its options, in pipeline text."""
        return str(self.item)

    @property
    def applications(self) -> int:
        """Applications of rules."""
        return sum(rule.hits for rule in self.statistics.rules.values())


@attrs.define
class Report:
    """What a pipeline did."""

    runs: list[PassRun] = attrs.field(factory=list)
    """The runs of passes, the one that failed included."""
    failed: PassRun | None = None
    """The run in which the pipeline ended with an error."""

    @property
    def seconds(self) -> float:
        """Time of all passes."""
        return sum(run.seconds for run in self.runs)

    @property
    def statistics(self) -> Statistics:
        """Counts per rule over all passes."""
        total = Statistics()
        for run in self.runs:
            total.add(run.statistics)
        return total

    def __str__(self) -> str:
        """A table, a row for each pass: runs, milliseconds, memory, ops before and after, rules applied."""
        rows: dict[int, list[PassRun]] = {}
        for run in self.runs:
            rows.setdefault(run.position, []).append(run)
        labels = {position: _label(runs[0]) for position, runs in rows.items()}
        width = max([len(label) for label in labels.values()] + [5])
        measured = any(run.allocated is not None for run in self.runs)
        lines = [
            f"{'pass':<{width}}  runs        ms  {'MB' if measured else '+MB':>7}       ops ->      ops  rules applied"
        ]
        for position, runs in rows.items():
            seconds = sum(run.seconds for run in runs)
            memory = max(run.allocated or 0 for run in runs) if measured else sum(run.memory for run in runs)
            before, after = sum(run.ops_before for run in runs), sum(run.ops_after for run in runs)
            applied = sum(run.applications for run in runs)
            lines.append(
                f"{labels[position]:<{width}}  {len(runs):4d}  {seconds * 1000:8.1f}  {memory / 1e6:7.1f}"
                f"  {before:8d} -> {after:8d}  {applied:13d}"
            )
        lines.append(f"{'total':<{width}}  {len(self.runs):4d}  {self.seconds * 1000:8.1f}")
        return "\n".join(lines)


def _label(run: PassRun) -> str:
    """The pass with what it is nested in: `func.func(cse)`."""
    return "".join(f"{name}(" for name in run.nesting) + run.text + ")" * len(run.nesting)
