"""How many mutants of a rule the checker kills, and what to think of the others."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import monotonic
from typing import Final, TypeAlias

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.rewriting.driver import apply_rules
from couloir.ir.rewriting.rule import Rewrite, Rule, as_rewrite
from couloir.testing.mutation.mutants import Mutant, mutants
from couloir.testing.rewrites.check import CASES, check_rewrite
from couloir.testing.rewrites.programs import programs_for
from couloir.testing.rewrites.report import Verdict

SECONDS: Final = 2.0
"""For each mutant at most."""
AGAIN: Final = 3
"""How much longer a mutant is looked for a second time, on other programs, that has survived the first."""
PROGRAMS: Final = 60
"""On which a mutant is compared with the rule when nothing was found."""
Progress: TypeAlias = "Callable[[int, int], None]"


class Fate(enum.Enum):
    """What became of a mutant."""

    REFUTED = "refuted"
    """A counterexample was found."""
    UNKNOWN = "unknown"
    """It did not fire on any program, or none on which it fired could be run: the report says so, and is not true."""
    PROVED = "proved"
    """It is proved for all sizes: another rule than the one it is made from, perhaps, and as right."""
    WEAKER = "fires less often"
    """Nothing was found; on each program it did nothing or the same as the rule: no fault."""
    SURVIVED = "survived"
    """Nothing was found."""


HARMLESS: Final = (Fate.PROVED, Fate.WEAKER)


@attrs.frozen(eq=False)
class Result:
    """A mutant, and what became of it.

    Attributes:
        mutant: The mutant.
        fate: What became of it.
        obligation: What it violates: "values (special)"; empty when nothing was found.
        programs: When nothing was found: on how many programs it or the rule fired.
        same: Of these, where it did the same as the rule.
        less: Of these, where it did nothing and the rule fired.
    """

    mutant: Mutant
    fate: Fate
    obligation: str = ""
    programs: int = 0
    same: int = 0
    less: int = 0

    @property
    def compared(self) -> str:
        """How a survivor differs from the rule."""
        if self.same == self.programs:
            return f"the same result on all {self.programs} programs: probably equivalent"
        parts = [f"the same result on {self.same} of {self.programs} programs"]
        if self.less:
            parts.append(f"it does not fire on {self.less}")
        if self.same + self.less < self.programs:
            parts.append(f"another result on {self.programs - self.same - self.less}")
        return ", ".join(parts)

    def __str__(self) -> str:
        told = self.compared if self.programs else f"{self.fate.value} {self.obligation}".strip()
        head, _, diff = str(self.mutant).partition("\n")
        return f"{head}: {told}\n" + "\n".join(f"    {line}" for line in diff.splitlines())


@attrs.frozen(eq=False)
class Score:
    """How many mutants of a rule are killed. `print(score)` shows those that are not.

    Attributes:
        name: Of the rule.
        results: What became of each mutant.
        seconds: How long it took.
    """

    name: str
    results: Sequence[Result]
    seconds: float = 0.0

    @property
    def harmless(self) -> list[Result]:
        """Those that are no faults: proved themselves, or firing less often than the rule. They count for nothing."""
        return [result for result in self.results if result.fate in HARMLESS]

    @property
    def total(self) -> int:
        """How many mutants count."""
        return len(self.results) - len(self.harmless)

    @property
    def survivors(self) -> list[Result]:
        """Those of which nothing was noticed."""
        return [result for result in self.results if result.fate is Fate.SURVIVED]

    @property
    def killed(self) -> int:
        """How many are killed: a counterexample was found, or the report says that nothing is known of them."""
        return self.total - len(self.survivors)

    @property
    def ratio(self) -> float:
        """The part that is killed, 1.0 when there are no mutants."""
        return self.killed / self.total if self.total else 1.0

    def __str__(self) -> str:
        head = f"{self.name}: {self.killed} of {self.total} mutants killed ({self.ratio:.0%}), {self.seconds:.1f} s"
        if self.harmless:
            head += f"; {len(self.harmless)} more are proved, or only fire less often"
        return "\n".join([head, *(f"  {line}" for result in self.survivors for line in str(result).splitlines())])


def mutation_score(
    rule: type[Rule] | Rewrite,
    *,
    limit: int | None = None,
    cases: int = CASES,
    seconds: float = SECONDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Score:
    """Breaks a rule in systematic ways, and counts of how many `check_rewrite` finds out.

    Args:
        rule: A subclass of `Rule`, or a function decorated with `@rule`.
        limit: How many mutants to try at most, evenly from all; by default all.
        cases: On how many programs a mutant should fire.
        seconds: For each mutant at most; for one that survives, then three times as long on three times as many programs.
        seed: Of the programs and inputs.
        progress: Called with the number of mutants that are done, and of all.

    Raises:
        Error: The rule itself is not right, or its source cannot be had.
    """
    start = monotonic()
    original = as_rewrite(rule)
    chosen = _some(mutants(original), limit)
    report = check_rewrite(original, cases=cases, seconds=seconds, seed=seed)
    if not report:
        raise Error(f"the rule {original.name} must hold itself, before its mutants mean anything", notes=[str(report)])
    results: list[Result] = []
    for number, mutant in enumerate(chosen):
        if progress is not None:
            progress(number, len(chosen))
        result = _tried(original, mutant, cases, seconds, seed, prove=True)
        if result.fate is Fate.SURVIVED:
            again = _tried(original, mutant, AGAIN * cases, AGAIN * seconds, seed + 1, prove=False)
            result = again if again.fate is not Fate.SURVIVED else result
        results.append(result)
    return Score(original.name, results, monotonic() - start)


def _some(items: Sequence[Mutant], limit: int | None) -> Sequence[Mutant]:
    if limit is None or len(items) <= limit:
        return items
    return [items[number * len(items) // limit] for number in range(limit)]


def _tried(original: Rewrite, mutant: Mutant, cases: int, seconds: float, seed: int, *, prove: bool) -> Result:
    report = check_rewrite(mutant.rule, cases=cases, seconds=seconds, seed=seed, minimize=False, prove=prove)
    if report.verdict is Verdict.REFUTED:
        refuted = next(item.name for item in report.obligations if item.verdict is Verdict.REFUTED)
        return Result(mutant, Fate.REFUTED, refuted)
    if any(item.name in ("match", "values") and item.verdict is Verdict.UNKNOWN for item in report.obligations):
        return Result(mutant, Fate.UNKNOWN)
    if report.verdict is Verdict.PROVED:
        return Result(mutant, Fate.PROVED)
    programs = same = less = 0
    deadline = monotonic() + seconds
    for module in _programs(original, mutant, seed, deadline):
        before, wanted, found = (_applied(rule, module) for rule in (None, original, mutant.rule))
        if before == wanted == found:
            continue
        programs += 1
        same += wanted == found
        less += found == before != wanted
    fate = Fate.WEAKER if same < programs == same + less else Fate.SURVIVED
    return Result(mutant, fate, "", programs, same, less)


def _programs(original: Rewrite, mutant: Mutant, seed: int, deadline: float) -> Iterator[ModuleOp]:
    """Programs for a rule, and as many for its mutant."""
    for rule in (original, mutant.rule):
        until = monotonic() + (deadline - monotonic()) / (2 if rule is original else 1)
        yield from islice(programs_for(rule, seed, deadline=until), PROGRAMS // 2)


def _applied(rule: Rewrite | None, module: ModuleOp) -> str:
    """The program after a rule, as text; or what the rule raises."""
    copy = module.clone()
    try:
        if rule is not None:
            apply_rules(copy, [rule], max_applications=PROGRAMS, erase_dead=False)
    except Exception as error:  # noqa: BLE001 -- the rule has been broken
        return f"{type(error).__name__}: {error}"
    return str(copy)
