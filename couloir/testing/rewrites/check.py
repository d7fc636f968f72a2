"""`check_rewrite`: is this rewrite right?

    report = couloir.testing.check_rewrite(MultiplyByOne)
    assert report, report

Programs in which the rule can fire are generated, rewritten, and run before and after, on several kinds of numbers, in exact
arithmetic too where there is one. The first fault is made small and shown. All that happens in a process of its own: a rule may do
what it likes, the call comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final, TypeAlias, cast

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.passes import Pass, PassPipeline
from couloir.ir.rewriting.rule import known_assumptions
from couloir.testing.peers.table import find_peer
from couloir.testing.rewrites.pairs import NAME, PairCheck, refuse_unlike
from couloir.testing.rewrites.report import Counterexample, Obligation, Report, Verdict
from couloir.testing.rewrites.stages import MEMORY, PEER_SECONDS, PROGRAMS, REDUCING, REPORTING, Check, Message, Options
from couloir.testing.rewrites.subjects import Given, Subject, is_pair, module_of, of_pipeline, subject_of
from couloir.testing.rewrites.worker import FORKS, Ending, run

CASES: Final = 40
"""Programs on which the rule fires that are enough."""
SECONDS: Final = 5.0
Progress: TypeAlias = "Callable[[int, int, str], None]"
Program: TypeAlias = "ModuleOp | str"


def check_rewrite(
    rule: Given | tuple[Program, Program],
    *,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    peers: Sequence[str] = (),
    minimize: bool = True,
    prove: bool = True,
    isolate: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program that a rewrite makes wrong, and for a proof that there is none.

    Args:
        rule: A subclass of `Rule`; a function decorated with `@rule`, or one that could be; two programs, or their texts, of
            which the second takes the place of the first; a pass, a pipeline, or the text of one; the name of a rule. A rule
            may say what it assumes: `assumes = ("no NaN", "no overflow")`.
        cases: On how many programs it should fire.
        seconds: How long to look at most; making a counterexample small takes up to three seconds more.
        seed: The same seed gives the same programs and inputs.
        peers: Other implementations that run the programs as well, for up to fifteen seconds each: `("c", "xla",
            "onnxruntime")`; see `couloir.testing.peers`.
        minimize: Make a counterexample small; without, the first one that is found is shown.
        prove: Look for a proof when no fault was found. That takes most of the time.
        isolate: Work in a process of its own, which is stopped when the time is over. Without, a rule that does not end hangs the
            caller; it is a little faster, and a debugger can follow. Where processes cannot be forked it is so anyway.
        progress: Called with how much of how much is done, and of what: `(12, 40, "programs")`.

    Returns:
        A report: a verdict for each obligation, and the smallest counterexample. It is true when nothing is refuted and what
        counts is known.

    Raises:
        Error: `rule` is nothing that can be checked, or numbers make no sense.
    """
    options = _options(cases, seconds, seed, peers)
    if is_pair(rule):
        before, after = cast("tuple[Program, Program]", rule)
        return equivalent(
            before, after, cases=cases, seconds=seconds, seed=seed, peers=peers, isolate=isolate, progress=progress
        )
    return _checked(subject_of(rule), attrs.evolve(options, minimize=minimize, prove=prove), isolate, progress)


def check_pass(
    pipeline: PassPipeline | Pass | type[Pass] | str,
    dialects: Sequence[str] | None = None,
    *,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    peers: Sequence[str] = (),
    prove: bool = True,
    isolate: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program that passes make wrong, among random ones.

    Args:
        pipeline: The passes, or their text: `"canonicalize,cse"`.
        dialects: Whose ops the programs have; by default those that the first pass is for, or StableHLO.
        cases: How many programs should be changed.
        seconds, seed, peers, prove, isolate, progress: As for `check_rewrite`.
    """
    options = attrs.evolve(_options(cases, seconds, seed, peers), prove=prove)
    subject = subject_of(pipeline)
    if subject.pipeline is None:
        raise Error(f"{subject.name} is a rule, not a pass", hint="`check_rewrite` takes it")
    if isinstance(dialects, str):
        dialects = (dialects,)
    return _checked(of_pipeline(subject.pipeline, dialects), options, isolate, progress)


def equivalent(
    before: Program,
    after: Program,
    *,
    assumes: Sequence[str] = (),
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    peers: Sequence[str] = (),
    isolate: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Whether the public functions of two modules compute the same, on inputs of every kind.

    Functions go together by their names; where each module has one alone, these two. Their types may differ in dimensions that one
    of them leaves open. Floats may differ by what rounding explains.

    Args:
        before: What it should compute, or its text; inputs on which it cannot be run say nothing.
        after: The other.
        assumes: What is granted of the numbers: `("no NaN", "no overflow")`.
        cases: On how many inputs of each kind to run both.
        seconds, seed, peers, isolate, progress: As for `check_rewrite`.

    Raises:
        Error: A module has no public function, or they take or give other types.
    """
    options = _options(cases, seconds, seed, peers)
    old, new = module_of(before, "before"), module_of(after, "after")
    refuse_unlike(old, new)
    granted = known_assumptions("equivalent", assumes)

    def work(options: Options, tell: Callable[[Message], None], watched: bool) -> Report:
        return PairCheck(old, new, granted, options, tell, watched=watched).run()

    return _supervised(NAME, options, work, isolate, progress)


def _options(cases: int, seconds: float, seed: int, peers: Sequence[str]) -> Options:
    if cases < 1:
        raise Error(f"a check has at least one case, not {cases}")
    if not 0 < seconds < float("inf"):
        raise Error(f"a check takes some seconds, not {seconds}")
    if seed < 0:
        raise Error(f"a seed is a number from 0, not {seed}")
    names = (peers,) if isinstance(peers, str) else tuple(peers)
    for name in names:
        find_peer(name)
    return Options(cases=cases, seconds=seconds, seed=seed, peers=names)


def _checked(subject: Subject, options: Options, isolate: bool, progress: Progress | None) -> Report:
    def work(options: Options, tell: Callable[[Message], None], watched: bool) -> Report:
        return Check(subject, options, tell, watched=watched).run()

    return _supervised(subject.name, options, work, isolate, progress, subject)


Work: TypeAlias = "Callable[[Options, Callable[[Message], None], bool], Report]"


def _supervised(
    name: str,
    options: Options,
    work: Work,
    isolate: bool,
    progress: Progress | None,
    subject: Subject | None = None,
) -> Report:
    """Does the work in a worker, if possible, and says what became of it."""
    last: dict[str, Any] = {}

    def listen(message: Message) -> None:
        last.update(message)
        if "progress" in message:
            number, _, text = message["progress"]
            if text == PROGRAMS:
                last["fired"] = number
            if progress is not None:
                progress(*message["progress"])

    if not (isolate and FORKS):
        return work(options, listen, False)
    start = monotonic()
    deadline = start + options.seconds
    limits: dict[str, Any] = {
        "deadline": deadline,
        "longest": deadline + len(options.peers) * PEER_SECONDS + REDUCING + 2 * REPORTING,
        "memory": MEMORY,
        "tell": listen,
    }
    ending = run(lambda tell: work(options, tell, True).to_json(), **limits)
    if ending.cause == "died" and last.get("doing") == PROGRAMS and options.tried:
        last.clear()  # it was the rule, tried on a program: now without trials, to know on which one
        untried = attrs.evolve(options, tried=False)
        ending = run(lambda tell: work(untried, tell, True).to_json(), **limits)
    if ending.result is not None:
        return Report.from_json(ending.result)
    return _without_end(name, options, last, ending, monotonic() - start, subject)


def _without_end(
    name: str, options: Options, last: Message, ending: Ending, seconds: float, subject: Subject | None
) -> Report:
    """The report of a check whose worker did not give any."""
    report = Report(name, seed=options.seed, seconds=seconds)
    report.fired = last.get("fired", 0)
    report.programs = last.get("number", 0)
    if subject is not None:
        report.assumes, report.summary = subject.assumes, subject.summary
    rewriting = last.get("doing") in ("rewriting", PROGRAMS)
    if report.fired:
        report.obligations.append(Obligation("match", Verdict.TESTED, f"fired on {report.fired} programs"))
    if not rewriting:
        how = f"ended {ending.how}" if ending.cause == "died" else f"had to be stopped after {seconds:.1f} s"
        told = f"the process of the check {how}, at {last.get('doing', 'its beginning')}"
        report.obligations.append(Obligation("values", Verdict.UNKNOWN, told))
    elif ending.cause == "died":
        told = f"it ends the process {ending.how}"
        report.obligations.append(Obligation("structure", Verdict.REFUTED, told))
    else:
        told = f"it does not come to an end, and had to be stopped by force after {seconds:.1f} s"
        is_rule = subject is not None and subject.rewrite is not None  # a pass may just need more time
        verdict = Verdict.REFUTED if is_rule and options.seconds >= 1 else Verdict.UNKNOWN
        report.obligations.append(Obligation("termination", verdict, told))
    if last.get("doing") == "rewriting":
        module = module_of(last["program"], "program")
        code = None if subject is None else subject.code
        report.counterexample = Counterexample(module, None, (), told, rule=code)
    return report


__all__ = ["check_pass", "check_rewrite", "equivalent"]
