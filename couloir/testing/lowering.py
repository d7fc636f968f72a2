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
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from random import Random
from time import monotonic
from typing import Any, Final, Literal, TypeAlias

import attrs

from couloir import api
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.text.parser import parse_module_op
from couloir.levels import level_of
from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO
from couloir.passes.running import public_functions
from couloir.testing.generation.building import op_classes
from couloir.testing.openness import left_open, settle
from couloir.testing.peers.agreement import Expected, expected
from couloir.testing.peers.comparing import Peers, Progress, inputs_for
from couloir.testing.peers.process import MEMORY, Absent, Failed, PeerProcess
from couloir.testing.peers.table import PEERS, Peer, Refused, find_peer, reason
from couloir.testing.reducing import reduce
from couloir.testing.rewrites.inputs import PROFILES, Profile
from couloir.testing.rewrites.programs import random_programs
from couloir.testing.rewrites.report import Counterexample, Obligation, Report, Verdict
from couloir.testing.rewrites.stages import MEMORY as WORKER_MEMORY
from couloir.testing.rewrites.worker import FORKS, Message, TimeUp, run
from couloir.testing.stages import Fault, Stage, Stages, culprit, run_stages, wrong_values

LowLevel: TypeAlias = Literal["hlo", "loops", "c"]
CASES: Final = 40
SECONDS: Final = 20.0
REDUCING: Final = 10.0
"""Seconds for making a counterexample small."""
DRAWS: Final = 3
"""Inputs of each kind on which a smaller program is tried."""
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
    peers: Sequence[str | Peer] = (),
    optimize: bool = True,
    memory: int = MEMORY,
    isolate: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program, or inputs, on which a level computes something else than the program at the top.

    Args:
        source: A program; or a dialect, or several, of which random programs are drawn: `"onnx"`, `("stablehlo", "chlo")`.
        to: How far down: `hlo`, `loops`, `c`.
        inputs: What a program is run on; by default inputs of every kind are made up.
        cases: How many random programs should arrive at the last level; of one program, on how many inputs it is run.
        seconds: How long to look at most; making a counterexample small takes up to ten seconds more.
        seed: The same seed gives the same programs and inputs.
        peers: Other implementations that run the program as it is at the top, too: `("xla", "onnxruntime")`.
        optimize: Let the C compiler optimize; without, it is done sooner.
        memory: Bytes that a C program may take, and each peer.
        isolate: Work in a process of its own, which is stopped when the time is over, for passes that do not end.
        progress: Called with how much of how much is done, and of what: `(12, 40, "programs")`.

    Returns:
        A report with an obligation for each step: `onnx..hlo`, `hlo..loops`, `loops..c`. Its counterexample is the smallest
        program that was found, and what the pass at fault has made of it.

    Raises:
        Error: There is no such level, dialect or peer; or a program has no public function.
    """
    steps = _steps(source, to)
    if isinstance(source, ModuleOp):
        if not public_functions(source):
            raise Error("there is no public function to run")
    else:
        op_classes([source] if isinstance(source, str) else source)  # an error when there is none of a name
    for peer in peers:
        find_peer(peer)
    name = f"check_lowering {steps[0].above}..{to}"
    start = monotonic()
    doing: dict[str, Any] = {}

    def work(tell: Callable[[Message], None]) -> Report:
        def noted(message: Message) -> None:
            doing.update(message)
            tell(message)

        report = Report(name, seed=seed)
        compiled = PeerProcess(find_peer("c" if optimize else "c-O0"), memory=memory)
        try:
            with closing(compiled), Peers(peers, memory=memory) as others:
                _Check(steps, compiled, others, report, start + seconds, noted).run(source, inputs, cases)
        except TimeUp:
            return _stopped(name, seed, source, doing, "was stopped")
        report.seconds = monotonic() - start
        return report

    def listen(message: Message) -> None:
        doing.update(message)
        if progress is not None and "progress" in message:
            progress(*message["progress"])

    if not (isolate and FORKS):
        return work(listen)
    deadline = start + seconds + REDUCING
    ending = run(lambda tell: work(tell).to_json(), deadline=deadline, memory=WORKER_MEMORY, tell=listen)
    if ending.result is not None:
        return Report.from_json(ending.result)
    return _stopped(name, seed, source, doing, "was stopped" if ending.cause == "time" else f"died {ending.how}")


def _stopped(name: str, seed: int, source: ModuleOp | str | Sequence[str], doing: Message, how: str) -> Report:
    """The report of a check that did not come to its end."""
    report = Report(name, seed=seed)
    running = doing.get("pass")
    told = f"it {how} in the pass `{running}`" if running else f"it {how}"
    verdict = Verdict.REFUTED if running else Verdict.UNKNOWN
    report.obligations.append(Obligation(doing.get("step", "values") if running else "values", verdict, told))
    if running:
        module = source if isinstance(source, ModuleOp) else api.parse(doing["program"])
        report.counterexample = Counterexample(module, None, (), told)
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
    """A fault between two levels, or of a peer at the top.

    Attributes:
        name: Of the step, or the peer.
        pipeline: The passes of that step; none where C or a peer is at fault.
        module: The program at the top.
        wanted: What it computes; None where that does not matter.
        profile: The kind of its inputs.
    """

    name: str
    pipeline: PassPipeline
    fault: Fault
    module: ModuleOp
    wanted: Expected | None = None
    profile: Profile | None = None

    @property
    def kind(self) -> tuple[str, str, str]:
        """What stays the same while the program is made small: the step, the pass, and what it owes."""
        return self.name, self.fault.stage.item.partition("{")[0], self.fault.obligation


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
    def __init__(
        self,
        steps: Sequence[_Step],
        compiled: PeerProcess,
        peers: Peers,
        report: Report,
        deadline: float,
        tell: Callable[[Message], None],
    ) -> None:
        self.steps = steps
        self.compiled = compiled
        self.peers = peers
        self.report = report
        self.deadline = deadline
        self.tell = tell

    def run(self, source: ModuleOp | str | Sequence[str], inputs: Sequence[Any] | None, cases: int) -> None:
        """Does all of it."""
        report = self.report
        if isinstance(source, ModuleOp):
            found = self.one(source, inputs, cases)
        else:
            dialects = (source,) if isinstance(source, str) else tuple(source)
            found = self.many(random_programs(dialects, report.seed), cases)
        if found is not None:
            self.show(found, reproducible=inputs is None)
        refuted = None if found is None else found.name
        report.obligations += [step.obligation() for step in self.steps if step.name != refuted]
        report.obligations += self.peers.obligations(refuted)
        if found is None and not self.steps[-1].runs:
            level = self.steps[-1].below
            report.obligations.append(
                Obligation("values", Verdict.UNKNOWN, f"nothing was compared at the level `{level}`")
            )

    def one(self, module: ModuleOp, inputs: Sequence[Any] | None, cases: int) -> _Found | None:
        """One program on many inputs."""
        self.report.programs = 1
        given: list[tuple[Profile, Sequence[Any]]] = [] if inputs is None else [(GIVEN, inputs)]
        return self.fault_in(module, given or self._inputs(module, range(cases)), self.steps)

    def many(self, programs: Iterator[ModuleOp], cases: int) -> _Found | None:
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
            self.tell({"program": str(module)})
            found = self.fault_in(module, given, self.steps)
            if found is not None:
                return found
            self.tell({"progress": (report.fired, cases, "programs")})
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
    ) -> _Found | None:
        """Lowers a program, then runs what each pass has made of it; None when nothing is wrong."""
        lowered: list[tuple[_Step, Stages]] = []
        broken: _Found | None = None
        last = module
        for step in steps:
            self.tell({"step": step.name})
            done = run_stages(step.pipeline, last, lambda text: self.tell({"pass": text}))
            self.tell({"pass": ""})
            lowered.append((step, done))
            last = done.last
            step.programs += done.arrived
            if done.fault is not None:
                broken = _Found(step.name, step.pipeline, done.fault, module)
                break
            if done.refusal is not None:
                step.refused[reason(done.refusal)] += 1
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
            if steps is self.steps and self.report.programs == 1:
                self.tell({"progress": (number + 1, len(given), "inputs")})
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
        for step, done in lowered:
            fault = wrong_values(done.changes, wanted)
            if fault is not None:
                return _Found(step.name, step.pipeline, fault, module, wanted, profile)
            if step.below != "c":
                step.runs += done.arrived
                continue
            told = self._wrong_in_c(step, last, wanted)
            if told is not None:
                fault = Fault(Stage(self.compiled.peer.what, 0, last, last), "values", told)
                return _Found(step.name, step.pipeline, fault, module, wanted, profile)
        other = self.peers.compare(module, module, arrays, profile)
        if other is None:
            return None
        name, told = other
        fault = Fault(Stage("", 0, module, module), "values", told)
        return _Found(name, PassPipeline(), fault, module, wanted, profile)

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

    def show(self, found: _Found, *, reproducible: bool) -> None:
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
        if reproducible:
            try:
                reduce(found.module, wrong, seconds=REDUCING)
            except Error:  # it does not show again with other numbers
                smallest = found
        fault, wanted, pipeline = smallest.fault, smallest.wanted, smallest.pipeline
        where = culprit(fault, pipeline, smallest.module, wanted) if pipeline.items else ""
        message = f"{fault}; at fault: {where}" if where else str(fault)
        self.report.obligations.append(Obligation(smallest.name, Verdict.REFUTED, message))
        self.report.counterexample = Counterexample(
            smallest.module,
            fault.stage.after if fault.stage.after is not smallest.module else None,
            () if wanted is None else wanted.arrays,
            message,
            rule=self._reproduction(smallest) if reproducible else None,
        )

    def _reproduction(self, found: _Found) -> str:
        """Python that finds the same in the smallest program."""
        to, peers = self.steps[-1].below, [found.name] if found.name in PEERS else []
        options = f"{to!r}, cases={len(PROFILES) * DRAWS}, seed={self.report.seed}" + (
            f", peers={peers}" if peers else ""
        )
        return f"from couloir.testing import check_lowering\n\nprint(check_lowering(before, {options}))"

    def _again(self, module: ModuleOp, found: _Found) -> _Found | None:
        """The same fault in another program."""
        if not public_functions(module):
            return None
        steps = [attrs.evolve(step, refused=Counter()) for step in self.steps]
        start = PROFILES.index(found.profile or PROFILES[0])
        for number in range(start, len(PROFILES) * DRAWS, len(PROFILES)):
            again = self.fault_in(module, self._inputs(module, [number]), steps)
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
    step, done = next((step, done) for step, done in reversed(lowered) if done.changes)
    return _Found(step.name, step.pipeline, Fault(done.changes[-1], "round trip", told), module)
