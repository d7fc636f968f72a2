"""One check from its first program to its report. It runs in the worker."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from time import monotonic, perf_counter, process_time
from typing import Any, Final, TypeAlias

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting.driver import RewriteCycle
from couloir.ir.verify import faults
from couloir.passes.running import public_functions
from couloir.testing.openness import depends_on_order
from couloir.testing.peers.comparing import Peers
from couloir.testing.proofs import bounded, sizes
from couloir.testing.rewrites.fault import Fault
from couloir.testing.rewrites.inputs import PROFILES, Profile, arrays_for
from couloir.testing.rewrites.oracle import Agreement, Difference, Undefined, difference, exactly
from couloir.testing.rewrites.programs import Program
from couloir.testing.rewrites.report import Candidate, Counterexample, Obligation, Proof, Report, Verdict
from couloir.testing.rewrites.shrinking import Again, simplest_inputs, smallest_program
from couloir.testing.rewrites.structure import (
    contradicts_itself,
    input_types,
    other_functions,
    other_text,
    paired_functions,
)
from couloir.testing.rewrites.subjects import Refused, Subject
from couloir.testing.rewrites.tally import ENDLESS, EXACT, VALUES, Tally
from couloir.testing.rewrites.worker import TimeUp, limited, until
from couloir.testing.stages import blame

TESTING: Final = 0.6
"""Of the time for programs; the rest is for proofs."""
REDUCING: Final = 3.0
"""Seconds for making a counterexample small."""
ALL_SIZES: Final = "all sizes"
"""The prover whose proofs hold of all programs of a kind."""
SIZES: Final = 0.6
"""Of the time for proofs, for those of all sizes."""
FAMILIES: Final = 120
"""Programs in which the prover for all sizes looks for kinds of programs."""
APPLYING: Final = 0.25
"""Of the time, for a rule on one small program, after which it counts as endless: from half a second to two of the processor."""
SUSPECTS: Final = 8
"""Programs for which a proof failed that are looked at again."""
INPUTS_OF_SUSPECTS: Final = 4
"""On how many inputs of each kind."""
UNTRIED: Final = 3
"""Programs on which the rewrite was not tried before."""
PROGRAMS: Final = "programs"
"""What is being done while they are made, which tries the rewrite as well."""
APPLYING_AGAIN: Final = 0.3
"""The same, while a program on which it is endless is made small."""
MEMORY: Final = 2 << 30
"""Bytes that the worker may take beyond what the process has."""
REPORTING: Final = 1.0
"""Seconds for the report, when all the time has been used."""
PEER_SECONDS: Final = 15.0
"""For each peer, beside the time of the check."""
Message: TypeAlias = "Mapping[str, Any]"


@attrs.frozen(kw_only=True)
class Options:
    """How much is done: see `check_rewrite`."""

    cases: int
    seconds: float
    seed: int
    peers: tuple[str, ...] = ()
    minimize: bool = True
    prove: bool = True
    tried: bool = True
    """Whether the rewrite is tried when programs are made."""


class _Faulty(Exception):
    """A fault that is found before there is a program."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Check:
    """A check of one rewrite.

    Args:
        subject: What is checked.
        options: How much is done.
        tell: Called with messages of how far it is: `{"doing": ...}` and `{"progress": [n, total, text]}`.
        watched: Whether it runs in a worker, whose clock interrupts it.
    """

    def __init__(
        self, subject: Subject, options: Options, tell: Callable[[Message], None], *, watched: bool = False
    ) -> None:
        self.subject = subject
        self.options = options
        self.tell = tell
        self.watched = watched
        self.start = monotonic()
        self.deadline = self.start + options.seconds
        self.testing = self.start + (1.0 if subject.pipeline is not None else TESTING) * options.seconds
        self.report = Report(subject.name, assumes=subject.assumes, seed=options.seed, summary=subject.summary)
        self.limit = min(max(0.5, APPLYING * options.seconds), 2.0)
        self.broke = False
        """Whether a trial of the rewrite, when a program was made, did not end or raised what no program raises."""
        self.tally = Tally()
        self.pairs: list[tuple[ModuleOp, ModuleOp]] = []
        """Programs before and after, for the provers."""
        self.suspects: list[ModuleOp] = []
        """Programs for which a proof failed."""

    def run(self) -> Report:
        """Does all of it."""
        report = self.report
        fault = self._first_fault()
        if fault is None and report.fired and self.options.prove:
            fault = self._proof()
        with Peers(self.options.peers) as peers:
            if fault is None and report.fired:
                fault = self._fault_of_peers(peers)
            if fault is not None:
                self._refute(fault, self._again(fault, peers))
            if self.options.peers:
                report.obligations += peers.obligations(None if fault is None else fault.obligation)
        is_rule = self.subject.rewrite is not None
        report.obligations = self.tally.obligations(report, is_rule, None if fault is None else fault.obligation)
        report.seconds = monotonic() - self.start
        return report

    @contextmanager
    def timed(self, stage: str) -> Generator[None]:
        """Counts the time of what is inside for a stage."""
        begun = perf_counter()
        try:
            yield
        finally:
            self.report.times[stage] = self.report.times.get(stage, 0.0) + perf_counter() - begun

    # -- programs ------------------------------------------------------------------------------------------------------------

    def _first_fault(self) -> Fault | None:
        report = self.report
        try:
            with until(self.deadline, watched=self.watched):
                for program in self._programs():
                    report.programs += 1
                    fired = report.fired
                    fault = self.fault_in(program.module, self.options.seed + report.programs - 1, counted=True)
                    if report.fired > fired:
                        self.tally.kinds.update(program.kinds)
                    if fault is not None:
                        return fault
                    self.tell({"progress": [report.fired, self.options.cases, "programs"]})
                    if report.fired >= self.options.cases or monotonic() > self.testing:
                        break
        except TimeUp:
            pass
        except _Faulty as error:
            return error.fault
        return None

    def _programs(self) -> Iterator[Program]:
        """A few programs on which the rewrite was not tried: one that breaks the machinery is found with its program. Then such on
        which it fires, as far as it can be tried.
        """
        if self.subject.rewrite is None:
            yield from self._drawn(tried=False)
            return
        yield from islice(self._drawn(tried=False), UNTRIED)
        if self.options.tried:
            yield from self._drawn(tried=True)
        if not self.options.tried or self.broke:
            yield from islice(self._drawn(tried=False), UNTRIED, None)

    def _drawn(self, *, tried: bool) -> Iterator[Program]:
        programs = self.subject.programs(self.options.seed, self.testing, tried)
        while True:
            self.tell({"doing": PROGRAMS})
            try:
                with self.timed(PROGRAMS), limited(self.limit, watched=self.watched):
                    program = next(programs, None)
            except TimeUp:
                if monotonic() > self.deadline:
                    raise
                self.broke = True
                return
            except Exception as error:
                if self.subject.rewrite is None:
                    raise
                raise _Faulty(
                    Fault("structure", f"its pattern raises {self.subject.told(error)}", ModuleOp.empty([]))
                ) from error
            except BaseException:
                if not self.watched:
                    raise
                self.broke = True
                return
            if program is None:
                return
            yield program

    def fault_in(self, module: ModuleOp, seed: int, *, counted: bool = False, only: str | None = None) -> Fault | None:
        """What the rewrite does wrong on a module; with `only`, one obligation is enough to look at."""
        after = module.clone()
        applied = self._apply(module, after, counted)
        if isinstance(applied, Fault) and applied.obligation == ENDLESS and counted:
            after = module.clone()  # the first time may have been spent on something else, such as an import
            applied = self._apply(module, after, counted)
        if isinstance(applied, Fault):
            return None if contradicts_itself(module) else applied
        if not applied:
            return None
        if counted:
            self.report.fired += 1
            self.tally.applications += applied
            self.tally.counts[ENDLESS] += 1
        with self.timed("structure"):
            fault = self._structure(module, after, counted)
        if fault is not None:
            return None if contradicts_itself(module) else fault
        if only in ("structure", "round trip", "idempotence", ENDLESS):
            return None
        if counted:
            self.pairs.append((module, after))
        return self.wrong_values(module, after, seed, counted=counted, only=only)

    def _apply(self, module: ModuleOp, after: ModuleOp, counted: bool) -> int | Fault:
        """How often the rewrite applies to `after`, which is rewritten, or what goes wrong."""
        subject = self.subject
        if counted:
            self.tell({"doing": "rewriting", "program": str(module), "number": self.report.programs})
        observer = self.tally.reasons if counted and not self.report.fired and subject.rewrite is not None else None
        begun, used = monotonic(), process_time()
        limit = self.limit if counted else APPLYING_AGAIN
        if subject.rewrite is None:
            limit = self.options.seconds
        try:
            with self.timed("rewriting"), limited(limit, watched=self.watched):
                return subject.apply(after, observer)
        except RewriteCycle as error:
            return Fault(ENDLESS, error.message, module)
        except Refused as error:
            if counted:
                self.tally.refused[str(error)] += 1
            return 0
        except TimeUp:
            spent = monotonic() - begun
            enough = limit / 2 if counted else limit  # what makes a fault smaller has another clock, too
            if process_time() - used >= enough and subject.rewrite is not None:
                return Fault(ENDLESS, f"it does not come to an end: it was stopped after {spent:.1f} s", module)
            if not counted:
                raise
            self.tally.unfinished = f"it was still being applied to program {self.report.programs} after {spent:.1f} s"
            self.report.counterexample = Counterexample(module, None, (), self.tally.unfinished, rule=subject.code)
            raise
        except MemoryError as error:
            if not self.watched:
                raise
            return Fault(ENDLESS, f"it needs more memory than {MEMORY >> 20} MB: {subject.told(error)}", module)
        except BaseException as error:
            if not self.watched and not isinstance(error, Exception | SystemExit):
                raise
            return Fault("structure", f"it raises {subject.told(error)}", module)
        finally:
            if counted:
                self.tell({"doing": "running"})

    # -- structure -----------------------------------------------------------------------------------------------------------

    def _structure(self, module: ModuleOp, after: ModuleOp, counted: bool) -> Fault | None:
        found = faults(after, limit=1)
        if found:
            return Fault("structure", f"it leaves a module that does not verify: {found[0].message}", module, after)
        told = other_functions(module, after, types=self.subject.rewrite is not None)
        if told is not None:
            return Fault("structure", told, module, after)
        told = other_text(module, after)
        if told is not None:
            return Fault("round trip", told, module, after)
        if counted:
            self.tally.counts["structure"] += 1
            self.tally.counts["round trip"] += 1
            self.tally.counts["idempotence"] += 1
            again = after.clone()
            applied = self._apply(after, again, False)
            if isinstance(applied, Fault):
                return applied
            self.tally.again += applied > 0
        return None

    # -- values --------------------------------------------------------------------------------------------------------------

    def wrong_values(
        self,
        before: ModuleOp,
        after: ModuleOp,
        seed: int,
        *,
        counted: bool = False,
        only: str | None = None,
        given: Sequence[Any] | None = None,
    ) -> Fault | None:
        """What two programs compute differently on inputs drawn by a seed, or on given ones."""
        for old, new in paired_functions(before, after):
            for profile in PROFILES:
                if only not in (None, VALUES[profile], EXACT):
                    continue
                try:
                    arrays = given or arrays_for(input_types(old, new), profile, seed, self.subject.assumes)
                    if only != EXACT:
                        with self.timed("values"):
                            found = self._difference(old, new, arrays, profile)
                        self.tally.granted += found == "granted"
                        if counted and found != "granted":
                            self.tally.counts[VALUES[profile]] += 1
                            self.tally.rounded[VALUES[profile]] += found == "rounded"
                        if isinstance(found, Difference) and not self._is_granted(before, old, arrays):
                            return _value_fault(VALUES[profile], found, before, after, old, arrays)
                except (Undefined, Error):
                    continue
                if profile == "whole" and only in (None, EXACT):
                    with self.timed(EXACT):
                        fault = self._exact_fault(before, after, old, new, arrays, seed, counted)
                    if fault is not None:
                        return fault
        return None

    def _is_granted(self, before: ModuleOp, function: FuncOp, arrays: Sequence[Any]) -> bool:
        """Whether a difference says nothing: the program before has no meaning on these inputs, or several."""
        by_order = not self.subject.is_pair and depends_on_order(before)
        return by_order or contradicts_itself(before, function.sym_name, arrays)

    def _difference(self, old: FuncOp, new: FuncOp, arrays: Sequence[Any], profile: Profile) -> Difference | Agreement:
        return difference(old, new, arrays, profile, self.subject.assumes, rounds=self.subject.rounds)

    def _exact_fault(
        self,
        before: ModuleOp,
        after: ModuleOp,
        old: FuncOp,
        new: FuncOp,
        arrays: Sequence[Any],
        seed: int,
        counted: bool,
    ) -> Fault | None:
        try:
            found = exactly(old, new, arrays, seed)
        except (Undefined, Error):
            return None
        if isinstance(found, Difference):
            if self._is_granted(before, old, arrays):
                return None
            return _value_fault(EXACT, found, before, after, old, found.inputs or arrays)
        if counted:
            self.tally.counts[found.domain] += 1
            self.tally.miss = max(self.tally.miss, found.miss or 0.0)
        return None

    # -- proofs --------------------------------------------------------------------------------------------------------------

    def _proof(self) -> Fault | None:
        """Asks the provers for what the tests have not refuted; their counterexamples are run first."""
        self.tell({"progress": [0, 0, "proof"]})
        self.tell({"doing": "proof"})
        reasons: list[str] = []
        for name, prover in self._provers():
            if monotonic() > self.deadline:
                reasons.append(f"{name}: there was no time")
                continue
            try:
                with self.timed(f"proof ({name})"), until(self.deadline, watched=self.watched):
                    found = prover()
            except TimeUp:
                found = "there was no time"
            except Error as error:
                found = error.message
            except Exception as error:  # noqa: BLE001 -- without a proof the tests still count
                found = f"the prover has failed: {type(error).__name__}: {error}"
            fault = self._fault_of_suspects()
            if fault is not None:
                return fault
            if isinstance(found, Proof):
                # Of programs that a rule or pass was tried on, more says nothing of others.
                of_programs = name != ALL_SIZES and not self.subject.is_pair
                obligation = (
                    "values (programs tried)" if of_programs else "values (in part)" if found.rest else "values"
                )
                self.report.obligations.append(Obligation(obligation, Verdict.PROVED, str(found)))
                if obligation == "values":
                    return None
                if of_programs:
                    break
                found = found.rest
            if isinstance(found, Candidate):
                try:
                    fault = self._replayed(found)
                except MemoryError:  # its sizes may be any
                    fault = None
                if fault is not None:
                    return fault
                found = "what seems a counterexample does not show when it is run"
            reasons.append(f"{name}: {found}")
        if reasons:
            self.report.obligations.append(Obligation("values", Verdict.TESTED, f"not proved ({'; '.join(reasons)})"))
        return None

    def _provers(self) -> list[tuple[str, Callable[[], Proof | Candidate | str]]]:
        """The provers, the strongest first."""
        assumes = self.subject.assumes
        if any(len(public_functions(before)) > 1 for before, _ in self.pairs):
            return []  # they look at one function

        def all_sizes() -> Proof | Candidate | str:
            assert self.subject.rewrite is not None
            seen = [before for before, _ in self.pairs]
            more = (program.module for program in self.subject.programs(self.options.seed + 1, end, True))
            programs = islice(chain(seen, more), FAMILIES)
            return sizes.prove(self.subject.rewrite, programs, assumes=assumes, deadline=end, suspects=self.suspects)

        def fixed_shapes() -> Proof | Candidate | str:
            return bounded.prove(self.pairs, assumes=assumes, deadline=self.deadline)

        def up_to_rounding() -> Proof | Candidate | str:
            granted = (*assumes, "reassociation")
            found = bounded.prove(self.pairs, assumes=granted, deadline=self.deadline)
            return attrs.evolve(found, scope=f"up to rounding, {found.scope}") if isinstance(found, Proof) else found

        end = monotonic() + SIZES * (self.deadline - monotonic())
        if self.subject.rewrite is not None:
            return [(ALL_SIZES, all_sizes), ("these shapes", fixed_shapes)]
        return [("these shapes", fixed_shapes), ("up to rounding", up_to_rounding)]

    def _fault_of_suspects(self) -> Fault | None:
        """What goes wrong with programs for which a proof failed: on more inputs than others get."""
        suspects, self.suspects = self.suspects[:SUSPECTS], []
        for number in range(INPUTS_OF_SUSPECTS):
            for module in suspects:
                if monotonic() > self.deadline:
                    return None
                fault = self.fault_in(module, self.options.seed + number)
                if fault is not None:
                    return fault
        return None

    def _replayed(self, candidate: Candidate) -> Fault | None:
        """The fault of what a prover takes for a counterexample, if it is one."""
        seed, module = self.options.seed, candidate.module
        if candidate.inputs is None:
            return self.fault_in(module, seed)
        after = self._rewritten(module)
        return None if after is None else self.wrong_values(module, after, seed, given=candidate.inputs)

    def _rewritten(self, module: ModuleOp) -> ModuleOp | None:
        after = module.clone()
        return after if self._apply(module, after, False) in range(1, 1 << 30) else None

    # -- peers ---------------------------------------------------------------------------------------------------------------

    def _fault_of_peers(self, peers: Peers) -> Fault | None:
        """What a peer computes from a program after the rewrite that the program before does not mean."""
        if not self.options.peers:
            return None
        end = monotonic() + PEER_SECONDS * len(self.options.peers)
        self.tell({"doing": "peers", "until": end + REPORTING})
        try:
            with self.timed("peers"), until(end, watched=self.watched):
                for number, (before, after) in enumerate(self.pairs):
                    self.tell({"progress": [number, len(self.pairs), "programs with peers"]})
                    fault = self._told_by_peers(peers, before, after, self.options.seed + number)
                    if fault is not None or monotonic() > end:
                        return fault
        except TimeUp:
            pass
        return None

    def _told_by_peers(self, peers: Peers, before: ModuleOp, after: ModuleOp, seed: int) -> Fault | None:
        """Peers run the first public function."""
        for old, new in paired_functions(before, after)[:1]:
            for profile in peers.profiles:
                try:
                    arrays = arrays_for(input_types(old, new), profile, seed, self.subject.assumes)
                    found = peers.compare(before, after, arrays, profile, self.subject.assumes)
                except Error:
                    continue
                if found is not None:
                    name, told = found
                    return Fault(name, told, before, after, inputs=tuple(arrays))
        return None

    # -- the report ----------------------------------------------------------------------------------------------------------

    def _refute(self, fault: Fault, again: Again | None) -> None:
        """Puts the smallest form of a fault into the report."""
        with self.timed("making it small"):
            self.tell({"doing": "making it small", "until": monotonic() + REDUCING + REPORTING})
            smallest = self._smallest(fault, again) if self.options.minimize else fault
        self.report.obligations.append(Obligation(smallest.obligation, Verdict.REFUTED, smallest.message))
        if self.subject.pipeline is not None and self.options.minimize:
            self._blame(self.subject.pipeline, smallest)
        self.report.counterexample = Counterexample(
            smallest.before,
            smallest.after,
            smallest.inputs,
            smallest.message,
            smallest.outputs,
            smallest.function,
            smallest.domain,
            "" if smallest.after is None else str(smallest.after),
            self.subject.code,
        )

    def _blame(self, pipeline: PassPipeline, fault: Fault) -> None:
        """Notes which pass is at fault, and which application of a rule in it."""
        try:
            with until(monotonic() + REPORTING / 2, watched=self.watched):
                told = blame(pipeline, fault.before, fault.inputs)
        except (Error, TimeUp):
            return
        if told is not None:
            self.report.notes.append(told)

    def _smallest(self, fault: Fault, again: Again | None) -> Fault:
        """A smaller program with the same kind of fault, on simpler inputs."""
        until_when = monotonic() + REDUCING
        found = fault if again is None else smallest_program(fault, again, until_when, watched=self.watched)
        if found.outputs is None or found.after is None or found.domain is not None:
            return found
        profile = _profile_of(found.obligation)
        before, after = found.before, found.after

        def wrong(arrays: Sequence[Any]) -> Fault | None:
            for old, new in paired_functions(before, after):
                if found.function in (None, old.sym_name):
                    try:
                        told = self._difference(old, new, arrays, profile)
                    except (Undefined, Error):
                        return None
                    if isinstance(told, Difference) and told.outputs is not None:
                        return _value_fault(found.obligation, told, before, after, old, arrays)
            return None

        return simplest_inputs(found, wrong, until_when, watched=self.watched)

    def _again(self, fault: Fault, peers: Peers) -> Again | None:
        """Says of other programs whether they have the fault; None where there are no others."""
        name, first = fault.obligation, self.options.seed
        # The inputs with which it was found, and others: rare numbers are not in all.
        seeds = dict.fromkeys((first + self.report.programs - 1, *range(first, first + 5)))

        def again(module: ModuleOp) -> Fault | None:
            if not public_functions(module):
                return None
            after = self._rewritten(module) if name in self.options.peers else None
            for seed in seeds:
                if after is not None:
                    found = self._told_by_peers(peers, module, after, seed)
                else:
                    found = self.fault_in(module, seed, only=name)
                if found is not None and found.obligation == name:
                    return found
            return None

        return again


def _value_fault(
    obligation: str, found: Difference, before: ModuleOp, after: ModuleOp, function: FuncOp, arrays: Sequence[Any]
) -> Fault:
    name = function.sym_name if len(public_functions(before)) > 1 else None
    inputs = tuple(found.inputs or arrays)
    return Fault(obligation, found.message, before, after, name, inputs, found.outputs, found.domain)


def _profile_of(obligation: str) -> Profile:
    for profile in PROFILES:
        if VALUES[profile] == obligation:
            return profile
    return "whole"


__all__ = ["Check", "Options"]
