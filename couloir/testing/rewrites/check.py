"""`check_rewrite`: is this rule right?

    report = couloir.testing.check_rewrite(MultiplyByOne)
    assert report, report

Programs in which the rule can fire are generated, rewritten, and run before and after, on several kinds of numbers, in exact
arithmetic too where there is one. The first fault is made small and shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, Final, TypeAlias

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import Rewrite, Rule, apply_rules
from couloir.ir.rewriting.driver import RewriteCycle
from couloir.ir.rewriting.rule import as_rewrite
from couloir.ir.verify import faults
from couloir.passes.running import public_functions
from couloir.testing.reducing import reduce
from couloir.testing.rewrites.inputs import PROFILES, Profile, arrays_for
from couloir.testing.rewrites.oracle import Undefined, difference
from couloir.testing.rewrites.programs import programs_for, random_programs
from couloir.testing.rewrites.report import Counterexample, Obligation, Report, Verdict

CASES: Final = 40
"""Programs on which the rule fires that are enough."""
SECONDS: Final = 5.0
REDUCING: Final = 3.0
"""Seconds for making a counterexample small."""
MAX_APPLICATIONS: Final = 200
Progress: TypeAlias = "Callable[[int, int], None]"
VALUES: Final[dict[Profile, str]] = {profile: f"values ({profile})" for profile in PROFILES}


def check_rewrite(
    rule: type[Rule] | Rewrite,
    *,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program that a rule makes wrong.

    Args:
        rule: A subclass of `Rule`, or a function decorated with `@rule`. It may say what it assumes:
            `assumes = ("no NaN", "no overflow")`.
        cases: On how many programs it should fire.
        seconds: How long to go on at most. A rule that itself does not end is not stopped.
        seed: The same seed gives the same programs and inputs.
        progress: Called with the number of programs on which it has fired, and with `cases`.

    Returns:
        A report, true when nothing was found and the rule fired: a verdict for each obligation, and the smallest counterexample.
    """
    rewrite = as_rewrite(rule)

    def apply(module: ModuleOp) -> bool:
        return apply_rules(module, [rewrite], max_applications=MAX_APPLICATIONS, erase_dead=False).applications > 0

    programs = programs_for(rewrite, seed)
    return _Check(rewrite.name, apply, programs, rewrite.assumes, cases, seconds, seed, progress).run()


def check_pass(
    pipeline: PassPipeline,
    dialects: Sequence[str] = ("stablehlo",),
    *,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Looks for a program that passes make wrong, among random ones.

    Args:
        pipeline: The passes: `PassPipeline.parse("canonicalize,cse")`.
        dialects: Whose ops the programs have.
        cases: How many programs should be changed.
        seconds, seed, progress: As for `check_rewrite`.
    """

    def apply(module: ModuleOp) -> bool:
        before = str(module)
        pipeline.run(module, verify_each=False)
        return str(module) != before

    programs = random_programs(dialects, seed)
    return _Check(str(pipeline), apply, programs, (), cases, seconds, seed, progress).run()


def equivalent(
    before: ModuleOp, after: ModuleOp, *, cases: int = CASES, seconds: float = SECONDS, seed: int = 0
) -> Report:
    """Whether the first public functions of two modules compute the same, on inputs of every kind.

    Args:
        before: What it should compute; inputs on which it cannot be run say nothing.
        after: The other.
        cases: On how many inputs of each kind to run both.
        seconds, seed: As for `check_rewrite`.

    Raises:
        Error: A module has no public function, or they take or give other types.
    """
    types: list[Any] = []
    for module in (before, after):
        functions = public_functions(module)
        if not functions:
            raise Error("there is no public function to compare")
        types.append(functions[0].function_type)
    if types[0] is not types[1]:
        raise Error(f"the functions have different types: {types[0]} and {types[1]}")
    start = monotonic()
    report = Report("equivalent", seed=seed)
    counts: Counter[str] = Counter()
    for number in range(cases):
        if monotonic() - start > seconds:
            break
        report.programs += 1
        fault = _wrong_values(before, after, seed + number, (), counts)
        if fault is not None:
            report.obligations.append(Obligation(fault.obligation, Verdict.REFUTED, fault.message))
            report.counterexample = Counterexample(before, after, fault.inputs, fault.message)
            break
    report.fired = report.programs
    _tested(report, counts)
    report.seconds = monotonic() - start
    return report


@attrs.frozen(eq=False)
class _Fault:
    obligation: str
    message: str
    before: ModuleOp
    after: ModuleOp | None = None
    inputs: tuple[Any, ...] = ()


class _Check:
    def __init__(
        self,
        name: str,
        apply: Callable[[ModuleOp], bool],
        programs: Iterator[ModuleOp],
        assumes: tuple[str, ...],
        cases: int,
        seconds: float,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self.apply = apply
        self.programs = programs
        self.cases = cases
        self.start = monotonic()
        self.deadline = self.start + seconds
        self.seed = seed
        self.progress = progress
        self.report = Report(name, assumes=assumes, seed=seed)
        self.counts: Counter[str] = Counter()

    def run(self) -> Report:
        report = self.report
        fault = self._first_fault()
        if fault is not None:
            smallest = self._smallest(fault)
            report.obligations.append(Obligation(fault.obligation, Verdict.REFUTED, smallest.message))
            report.counterexample = Counterexample(smallest.before, smallest.after, smallest.inputs, smallest.message)
        elif not report.fired:
            why = "it never fired" if report.programs else "no program could be made in which it might fire"
            report.obligations.append(Obligation("match", Verdict.UNKNOWN, why))
        _tested(report, self.counts)
        report.seconds = monotonic() - self.start
        return report

    def _first_fault(self) -> _Fault | None:
        report = self.report
        for number, module in enumerate(self.programs):
            if report.fired >= self.cases or monotonic() > self.deadline:
                break
            report.programs += 1
            fault = self.fault_in(module, self.seed + number, self.counts)
            if fault is not None:
                return fault
            if self.progress is not None:
                self.progress(report.fired, self.cases)
        return None

    def fault_in(self, module: ModuleOp, seed: int, counts: Counter[str]) -> _Fault | None:
        """What the rewrite does wrong on a module."""
        after = module.clone()
        try:
            if not self.apply(after):
                return None
        except RewriteCycle as error:
            return _Fault("termination", error.message, module)
        except Exception as error:  # noqa: BLE001 -- the rewrite is what is being tested
            told = error.message if isinstance(error, Error) else f"{type(error).__name__}: {error}"
            return _Fault("structure", f"it raises: {told}", module)
        if counts is self.counts:
            self.report.fired += 1
        counts["structure"] += 1
        found = faults(after, limit=1)
        if found:
            return _Fault("structure", f"it leaves a module that does not verify: {found[0].message}", module, after)
        return _wrong_values(module, after, seed, self.report.assumes, counts)

    def _smallest(self, fault: _Fault) -> _Fault:
        """A smaller program with the same kind of fault."""
        found = [fault]

        def wrong(module: ModuleOp) -> bool:
            for seed in range(self.seed, self.seed + 3):
                again = self.fault_in(module, seed, Counter()) if public_functions(module) else None
                if again is not None and again.obligation == fault.obligation:
                    found.append(again)
                    return True
            return False

        try:
            reduce(fault.before, wrong, seconds=REDUCING)
        except Error:  # the fault does not show again with other numbers
            return fault
        return found[-1]


def _wrong_values(
    before: ModuleOp, after: ModuleOp, seed: int, assumes: tuple[str, ...], counts: Counter[str]
) -> _Fault | None:
    types = public_functions(before)[0].function_type.inputs
    for profile in PROFILES:
        try:
            arrays = arrays_for(types, profile, seed)
            told = difference(before, after, arrays, profile, assumes)
        except (Undefined, Error):
            continue
        counts[VALUES[profile]] += 1
        if told is not None:
            return _Fault(VALUES[profile], told, before, after, tuple(arrays))
    return None


def _tested(report: Report, counts: Counter[str]) -> None:
    """What was tested without a fault."""
    refuted = {obligation.name for obligation in report.obligations}
    for name in ("structure", *VALUES.values()):
        if counts[name] and name not in refuted:
            report.obligations.append(Obligation(name, Verdict.TESTED, f"{counts[name]} cases"))
    if report.fired and not refuted and not any(counts[name] for name in VALUES.values()):
        report.obligations.append(Obligation("values", Verdict.UNKNOWN, "no program could be run"))


__all__ = ["check_pass", "check_rewrite", "equivalent"]
