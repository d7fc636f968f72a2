"""`check_lowering`: does a program compute the same at each level, from ONNX or StableHLO down to C?

    report = couloir.testing.check_lowering(module)           # one program
    report = couloir.testing.check_lowering("stablehlo")      # random programs of a dialect
    assert report, report

The standard passes bring the program down. After each one that changes something it is verified and run on NumPy, on several
kinds of numbers, and compared with the program at the top; at the end its C is. What the lowering does not support is counted,
and is no fault. A fault names the pass; the program in which it shows is made small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from time import monotonic
from typing import Any, Final, Literal, TypeAlias

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.text.parser import parse_module_op
from couloir.levels import level_of
from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO
from couloir.passes.running import public_functions
from couloir.testing.openness import left_open, settle
from couloir.testing.peers.agreement import Expected, expected
from couloir.testing.peers.comparing import Progress, inputs_for
from couloir.testing.peers.process import MEMORY, Absent, Failed, PeerProcess
from couloir.testing.peers.table import Refused, find_peer, reason
from couloir.testing.reducing import reduce
from couloir.testing.rewrites.inputs import PROFILES, Profile
from couloir.testing.rewrites.programs import random_programs
from couloir.testing.rewrites.report import Counterexample, Obligation, Report, Verdict
from couloir.testing.stages import Fault, Stage, Stages, culprit, run_stages, wrong_values

LowLevel: TypeAlias = Literal["hlo", "loops", "c"]
CASES: Final = 40
SECONDS: Final = 20.0
REDUCING: Final = 10.0
"""Seconds for making a counterexample small."""
GIVEN: Final[Profile] = "ordinary"
"""What inputs count as that somebody gives."""
REASONS: Final = 4
"""Why a program is not supported: so many reasons are shown."""
_STEPS: Final[tuple[tuple[str, LowLevel, PassPipeline], ...]] = (
    ("onnx", "hlo", ONNX_TO_HLO),
    ("hlo", "loops", HLO_TO_LOOPS),
    ("loops", "c", PassPipeline()),
)


def check_lowering(
    source: ModuleOp | str | Sequence[str] = "stablehlo",
    to: LowLevel = "c",
    *,
    inputs: Sequence[Any] | None = None,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    peer: str = "c",
    memory: int = MEMORY,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program, or inputs, on which a level computes something else than the level above.

    Args:
        source: A program; or a dialect, or several, of which random programs are drawn: `"onnx"`, `("stablehlo", "chlo")`.
        to: How far down: `hlo`, `loops`, `c`.
        inputs: What a program is run on; by default inputs of every kind are made up.
        cases: How many random programs should arrive at the last level; of one program, on how many inputs it is run.
        seconds: How long to go on at most; a pass that is running is not interrupted.
        seed: The same seed gives the same programs and inputs.
        peer: What runs the C: `c`, or `c-O0`, which the C compiler is done with sooner.
        memory: Bytes that a C program may take.
        progress: Called with the number of cases that are done, and with `cases`.

    Returns:
        A report with an obligation for each step: `onnx..hlo`, `hlo..loops`, `loops..c`. Its counterexample is the smallest
        program that was found, and what the pass at fault has made of it.

    Raises:
        Error: There is no such level or dialect; or a program has no public function, or cannot be run at all.
    """
    steps = _steps(source, to)
    if isinstance(source, ModuleOp) and not public_functions(source):
        raise Error("there is no public function to run")
    report = Report(f"check_lowering {steps[0].above}..{to}", seed=seed)
    compiled = PeerProcess(find_peer(peer), memory=memory)
    check = _Check(steps, compiled, report, monotonic() + seconds)
    try:
        if isinstance(source, ModuleOp):
            found = check.one(source, inputs, cases, progress)
        else:
            dialects = (source,) if isinstance(source, str) else tuple(source)
            found = check.many(random_programs(dialects, seed), cases, progress)
        if found is not None:
            check.show(found)
    finally:
        compiled.close()
    report.obligations += [step.obligation() for step in steps if found is None or step.name != found.step.name]
    if found is None and not steps[-1].runs:
        report.obligations.append(Obligation("values", Verdict.UNKNOWN, f"nothing was compared at the level `{to}`"))
    report.seconds = monotonic() - check.start
    return report


@attrs.define
class _Step:
    """From one level to the next, and what is known about it."""

    above: str
    below: str
    pipeline: PassPipeline
    programs: int = 0
    runs: int = 0
    refused: Counter[str] = attrs.field(factory=Counter)

    @property
    def name(self) -> str:
        return f"{self.above}..{self.below}"

    def obligation(self) -> Obligation:
        """What is known when nothing is wrong."""
        why = "; ".join(f"{count} x {text}" for text, count in self.refused.most_common(REASONS))
        more = f"; and {len(self.refused) - REASONS} reasons more" if len(self.refused) > REASONS else ""
        refused = f"; not supported: {self.refused.total()} programs: {why}{more}" if self.refused else ""
        if self.runs:
            said = f"{self.programs} programs, {self.runs} runs compared{refused}"
            return Obligation(self.name, Verdict.TESTED, said)
        return Obligation(self.name, Verdict.UNKNOWN, f"no program was compared{refused}")


@attrs.frozen(eq=False)
class _Found:
    """A fault between two levels."""

    step: _Step
    fault: Fault
    module: ModuleOp
    wanted: Expected | None = None
    profile: Profile | None = None

    @property
    def kind(self) -> tuple[str, str, str]:
        """What stays the same while the program is made small: the step, the pass, and what it owes."""
        return self.step.name, self.fault.stage.item.partition("{")[0], self.fault.obligation


def _steps(source: ModuleOp | str | Sequence[str], to: str) -> list[_Step]:
    """The steps from the level of programs down to another one."""
    if isinstance(source, ModuleOp):
        top = level_of(source)
    else:
        top = "onnx" if "onnx" in ((source,) if isinstance(source, str) else source) else "hlo"
    aboves, belows = [step[0] for step in _STEPS], [step[1] for step in _STEPS]
    if to not in belows:
        raise Error(f"there is no level `{to}` to lower to", hint="there are: " + ", ".join(belows))
    first, last = aboves.index(top), belows.index(to)
    if last < first:
        raise Error(f"the level `{to}` is not below `{top}`, where the program is")
    return [_Step(*step) for step in _STEPS[first : last + 1]]


class _Check:
    def __init__(self, steps: Sequence[_Step], compiled: PeerProcess, report: Report, deadline: float) -> None:
        self.steps = steps
        self.compiled = compiled
        self.report = report
        self.start = monotonic()
        self.deadline = deadline

    def one(
        self, module: ModuleOp, inputs: Sequence[Any] | None, cases: int, progress: Progress | None
    ) -> _Found | None:
        """One program on many inputs."""
        self.report.programs = 1
        given: list[tuple[Profile, Sequence[Any]]] = [] if inputs is None else [(GIVEN, inputs)]
        given = given or self._inputs(module, range(cases))
        return self.fault_in(module, given, self.steps, progress)

    def many(self, programs: Iterator[ModuleOp], cases: int, progress: Progress | None) -> _Found | None:
        """Many programs, each on inputs of every kind."""
        report, kinds = self.report, len(PROFILES)
        for number, module in enumerate(programs):
            if report.fired >= cases or monotonic() > self.deadline:
                break
            report.programs += 1
            settle(module, Random(report.seed + number))
            open_ = left_open(module)
            if open_ is not None:
                self.steps[0].refused[f"the specification leaves open what it gives: {open_}"] += 1
                continue
            given = self._inputs(module, range(number * kinds, (number + 1) * kinds))
            found = self.fault_in(module, given, self.steps)
            if found is not None:
                return found
            if progress is not None:
                progress(report.fired, cases)
        return None

    def _inputs(self, module: ModuleOp, numbers: Sequence[int]) -> list[tuple[Profile, Sequence[Any]]]:
        found: list[tuple[Profile, Sequence[Any]]] = []
        for number in numbers:
            profile = PROFILES[number % len(PROFILES)]
            try:
                found.append((profile, inputs_for(module, profile, self.report.seed + number)))
            except Error as error:
                self.steps[0].refused[error.message] += 1
                break
        return found

    def fault_in(
        self,
        module: ModuleOp,
        given: Sequence[tuple[Profile, Sequence[Any]]],
        steps: Sequence[_Step],
        progress: Progress | None = None,
    ) -> _Found | None:
        """Lowers a program, then runs what each pass has made of it; None when nothing is wrong."""
        lowered: list[tuple[_Step, Stages]] = []
        broken: _Found | None = None
        last = module
        for step in steps:
            run = run_stages(step.pipeline, last)
            lowered.append((step, run))
            last = run.last
            step.programs += run.arrived
            if run.fault is not None:
                broken = _Found(step, run.fault, module)
                break
            if run.refusal is not None:
                step.refused[reason(run.refusal)] += 1
                break
        else:
            self.report.fired += steps is self.steps
            broken = _text_fault(module, lowered, last)
        for number, (profile, arrays) in enumerate(given):
            if number and monotonic() > self.deadline:
                break
            found = self._wrong(module, lowered, last, profile, arrays)
            if found is not None:
                return found
            if progress is not None:
                progress(number + 1, len(given))
        return broken

    def _wrong(
        self,
        module: ModuleOp,
        lowered: Sequence[tuple[_Step, Stages]],
        last: ModuleOp,
        profile: Profile,
        arrays: Sequence[Any],
    ) -> _Found | None:
        """The first pass, or the C, that computes something else on these arrays."""
        wanted = expected(module, arrays)
        if wanted is None:  # the program is not defined on them
            return None
        for step, run in lowered:
            fault = wrong_values(run.changes, wanted)
            if fault is not None:
                return _Found(step, fault, module, wanted, profile)
            if step.below != "c":
                step.runs += run.arrived
                continue
            told = self._wrong_in_c(step, last, wanted)
            if told is not None:
                compiler = Stage(self.compiled.peer.what, 0, last, last)
                return _Found(step, Fault(compiler, "values", told), module, wanted, profile)
        return None

    def _wrong_in_c(self, step: _Step, last: ModuleOp, wanted: Expected) -> str | None:
        try:
            found = self.compiled.run(str(last), wanted.arrays)
        except (Absent, Refused) as refusal:
            step.refused[str(refusal)] += 1
            return None
        except Failed as failure:
            return f"fails: {failure}"
        step.runs += 1
        return wanted.difference(found)

    # -- the smallest program ------------------------------------------------------------------------------------------------

    def show(self, found: _Found) -> None:
        """Makes the program of a fault small, and writes it into the report."""
        smallest = found

        def wrong(module: ModuleOp) -> bool:
            nonlocal smallest
            again = self._again(module, found)
            if again is None:
                return False
            smallest = again
            return True

        self.deadline = monotonic() + REDUCING
        try:
            reduce(found.module, wrong, seconds=REDUCING)
        except Error:  # it does not show again with other numbers
            smallest = found
        fault, step = smallest.fault, smallest.step
        where = culprit(fault, step.pipeline, smallest.module, smallest.wanted) if step.below != "c" else ""
        message = f"{fault}; at fault: {where}" if where else str(fault)
        self.report.obligations.append(Obligation(step.name, Verdict.REFUTED, message))
        arrays = () if smallest.wanted is None else smallest.wanted.arrays
        after = fault.stage.after
        self.report.counterexample = Counterexample(smallest.module, after, arrays, message)

    def _again(self, module: ModuleOp, found: _Found) -> _Found | None:
        """The same fault in another program."""
        if not public_functions(module):
            return None
        steps = [attrs.evolve(step, refused=Counter()) for step in self.steps]
        seeds = range(3) if found.profile is not None else range(1)
        for seed in seeds:
            profile = found.profile or PROFILES[0]
            try:
                arrays = inputs_for(module, profile, self.report.seed + seed)
            except Error:
                return None
            again = self.fault_in(module, [(profile, arrays)], steps)
            if again is not None and again.kind == found.kind:
                return again
        return None


def _text_fault(module: ModuleOp, lowered: Sequence[tuple[_Step, Stages]], last: ModuleOp) -> _Found | None:
    """Whether what the passes leave can be written and read again."""
    text = str(last)
    try:
        told = None if str(parse_module_op(text)) == text else "leaves a module whose text says something else"
    except Error as error:
        told = f"leaves a module whose text cannot be read: {error.message}"
    if told is None:
        return None
    step, run = next((step, run) for step, run in reversed(lowered) if run.changes)
    return _Found(step, Fault(run.changes[-1], "round trip", told), module)
