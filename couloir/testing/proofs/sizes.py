"""Proofs that a rule is right for all sizes.

    outcome = prove(rule, programs, assumes=(), deadline=monotonic() + 2)
    if isinstance(outcome, Proof):
        print(outcome.scope)             # all values, all sizes, ranks 0 to 3; f32, i32

Each program in which the rule fires stands for its family: the same ops, with all sizes and integer attributes open. `paths` finds
what the rule does to all programs of a family; `tensors` and `equality` say whether what comes out computes the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from time import monotonic
from typing import Final

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.errors import Error
from couloir.ir.rewriting import Rewrite, apply_rules
from couloir.ir.rewriting.matcher import PatternAttribute
from couloir.ir.rewriting.rule import Equation
from couloir.testing.proofs.combining import Meanings
from couloir.testing.proofs.equality import Difference, Equality
from couloir.testing.proofs.facts import Arithmetic, Fact
from couloir.testing.proofs.families import Family, essence
from couloir.testing.proofs.paths import Apply, Compared, Path, Paths, Untraceable
from couloir.testing.proofs.questions import Refuted
from couloir.testing.proofs.smt import why_not
from couloir.testing.proofs.tensors import HasEffects, NoMeaning
from couloir.testing.proofs.terms import Term
from couloir.testing.rewrites.report import Candidate, Proof

MAX_APPLICATIONS: Final = 50
GENERATING: Final = 0.3
"""Part of the time for looking for kinds of programs."""
SHOWN: Final = 5
"""Element types that are named in the scope of a proof."""
ENOUGH: Final = 40
"""Programs in a row that are like others before, after which no more are looked at."""


def prove(
    rule: Rewrite,
    programs: Iterable[ModuleOp],
    *,
    assumes: Collection[str] = (),
    deadline: float,
    suspects: list[ModuleOp] | None = None,
) -> Proof | Candidate | str:
    """Whether a rule is right for all sizes and all values.

    Args:
        rule: The rule.
        programs: Some in which it may fire. The proof holds for programs like those in which it does, of any sizes.
        assumes: What may be taken for granted: "no signed zeros" counts here.
        deadline: When to stop, by `time.monotonic()`.
        suspects: Gets programs that compute something else afterwards, as far as could be seen.

    Returns:
        A proof, with what it covers; a program that it seems to make wrong, to be looked at; or why there is neither.
    """
    reason = why_not()
    if reason is not None:
        return reason

    def apply(module: ModuleOp) -> bool:
        return apply_rules(module, [rule], max_applications=MAX_APPLICATIONS, erase_dead=False).applications > 0

    prover = _Prover(apply, assumes, _compared(rule), deadline)
    with prover.arithmetic:
        for family in _ordered(_families(programs, apply, monotonic() + (deadline - monotonic()) * GENERATING)):
            outcome = prover.prove(family)
            if isinstance(outcome, Candidate):
                return outcome
        if suspects is not None:
            suspects += [family.module for family in prover.suspects]
        return _summary(prover.done)


def _ordered(families: Iterable[Family]) -> list[Family]:
    """Small ones first, and one of each shape before others of the same."""
    seen: dict[str, int] = {}
    keys: list[tuple[int, int, int, int]] = []
    found = list(families)
    for number, family in enumerate(found):
        again = seen[family.shape] = seen.get(family.shape, -1) + 1
        keys.append((again, family.rank, len(family.values), number))
    return [found[key[-1]] for key in sorted(keys)]


def _compared(rule: Rewrite) -> Compared:
    """The attributes that a pattern compares by identity: what a variable stands for several times, and what has to be there."""
    found: dict[tuple[str, str], list[tuple[int, ...]]] = {}
    if not isinstance(rule, Equation):
        return found
    nodes = rule.pattern.nodes
    names = Counter(a.variable for node in nodes for _, _, a in node.attributes if isinstance(a, PatternAttribute))
    for node in nodes:
        for _, key, wanted in node.attributes:
            if isinstance(wanted, PatternAttribute):
                if names[wanted.variable] > 1:
                    found.setdefault((node.op.name, key), []).append(())
                continue
            expected = wanted if wanted is not None else node.op.definition.stored.get(key)
            if isinstance(expected, DenseArrayAttr):
                found.setdefault((node.op.name, key), []).append(expected.values)
    return found


@attrs.frozen(eq=False)
class _Done:
    """What is known of a family: why not, or for how many paths it is proved, and for which sizes nothing is known.

    `late`: nothing, since the time was over.
    """

    family: Family
    why: str | None = None
    late: bool = False
    paths: int = 0
    open: Sequence[tuple[Fact, ...]] = ()


def _families(programs: Iterable[ModuleOp], apply: Apply, deadline: float) -> Iterator[Family]:
    """The families of programs in which the rule fires, each once."""
    seen: set[str] = set()
    alike = 0
    for program in programs:
        if monotonic() > deadline or alike >= ENOUGH:
            return
        try:
            needed = essence(program, apply)
        except Exception:  # noqa: BLE001 -- the rule raises, which the paths of the whole program will show
            needed = program
        try:
            family = None if needed is None else Family.of(needed)
        except Error:
            continue
        if family is None:
            continue
        alike += 1
        if family.structure not in seen:
            seen.add(family.structure)
            alike = 0
            yield family


class _Prover:
    """Proves families, one after the other."""

    def __init__(self, apply: Apply, assumes: Collection[str], compared: Compared, deadline: float) -> None:
        self.apply = apply
        self.assumes = assumes
        self.compared = compared
        self.deadline = deadline
        self.arithmetic = Arithmetic(deadline)
        self.done: list[_Done] = []
        self.suspects: list[Family] = []
        self.known: dict[str, Paths] = {}
        self.untraceable: dict[str, str] = {}
        self.decided: dict[tuple[Term, Term], Refuted | str | None] = {}

    def prove(self, family: Family) -> Candidate | None:
        """Notes what is known of a family; gives a program that seems to be made wrong."""
        try:
            paths = self._paths(family)
            for path in paths.found:
                found = _difference(path, self.assumes, self.arithmetic, self.decided)
                if found is None:
                    continue
                values = None if found.values is None else paths.completed(path, found.values)
                if values is not None:
                    return Candidate(family.program(values))
                self._note(_Done(family, found.why))
                self.suspects.append(family)
                return None
        except HasEffects:
            return None
        except NoMeaning as reason:
            self._note(_Done(family, str(reason)))
            return None
        except Untraceable as reason:
            self.untraceable.setdefault(family.shape, str(reason))
            self._note(_Done(family, str(reason)))
            return None
        if not family.has_fixed_sizes:  # what is proved then is about a few sizes
            self._note(_Done(family, None, paths=len(paths.found), open=paths.open))
        return None

    def _note(self, done: _Done) -> None:
        late = monotonic() > self.deadline and (done.why is not None or bool(done.open))
        self.done.append(_Done(done.family, late=True) if late else done)

    def _paths(self, family: Family) -> Paths:
        """The paths of a family, perhaps by those of one that differs in element types alone. Raises `Untraceable`."""
        paths = Paths(family, self.apply, self.arithmetic, self.deadline, compared=self.compared)
        if family.shape in self.untraceable:
            raise Untraceable(self.untraceable[family.shape])
        known = self.known.get(family.shape)
        if known is None or known.open or not paths.follow(known.all):
            paths.explore()
            self.known.setdefault(family.shape, paths)
        return paths


def _difference(
    path: Path, assumes: Collection[str], arithmetic: Arithmetic, decided: dict[tuple[Term, Term], Refuted | str | None]
) -> Difference | None:
    """What a rule changes on a path. Raises `NoMeaning`."""
    run = path.run
    if run.before is None or run.after is None or run.kind == "broken":
        return Difference(run.message, dict(path.values))
    premises = path.premises
    meanings = Meanings(
        lambda fact: arithmetic.follows(fact, premises) is True, zeros_are_one="no signed zeros" in assumes
    )
    before, after = (meanings.results(module) for module in (run.before, run.after))
    equality = Equality(premises, arithmetic, assumes, decided)
    for old, new in zip(before, after, strict=True):
        found = equality.difference(old, new)
        if found is not None:
            return found
    return None


# -- what is said --------------------------------------------------------------------------------------------------------


def _summary(done: Sequence[_Done]) -> Proof | str:
    """The proof for all that was looked at; or for the element types, or the ranks, of which nothing failed."""
    failed = [item for item in done if item.why is not None]
    proved = [item for item in done if item.why is None and item.paths and not item.late]
    late = {item.family.rank for item in done if item.late}
    late -= {item.family.rank for item in proved} - _without_proof(done)
    proved = [item for item in proved if item.family.rank not in late]
    rest = "" if not failed else failed[0].why or ""
    types = set[str]().union(*(item.family.element_types for item in failed))
    kept = [item for item in proved if item.family.element_types.isdisjoint(types)]
    of_tokens = any(not item.family.shapes for item in kept)  # nothing that the rule looks at has a size
    if (max(_ranks_of(kept), default=0) or of_tokens) and _ranks_of(kept) == _ranks_of(proved) | (
        _ranks_of(failed) - late
    ):
        return _proof(kept, rest)
    kept = [item for item in proved if item.family.rank not in _ranks_of(failed)]
    if len(_ranks_of(kept)) > 1:
        return _proof(kept, rest)
    if failed:
        where = f" (in {len(failed)} of {len(done)} kinds of programs)" if len(done) > 1 else ""
        return f"{failed[0].why}{where}"
    return "there was no time" if late else "it fires on no program whose sizes may vary"


def _ranks_of(done: Iterable[_Done]) -> set[int]:
    return {item.family.rank for item in done}


def _without_proof(done: Sequence[_Done]) -> set[int]:
    """Ranks at which there is a structure that is not proved for any element type."""
    shapes = {item.family.shape for item in done if item.why is None and not item.late}
    return {item.family.rank for item in done if item.family.shape not in shapes}


def _proof(done: Sequence[_Done], rest: str) -> Proof:
    ranks = sorted(_ranks_of(done))
    types = sorted(set[str]().union(*(item.family.element_types for item in done)), key=_usual_first)
    unknown = [facts for item in done for facts in item.open]
    sizes = "all sizes" if not unknown else "all sizes but those named"
    kinds = f"{len(done)} kind{'s' if len(done) > 1 else ''} of programs"
    shown = ", ".join(types[:SHOWN]) + (f" and {len(types) - SHOWN} other element types" if types[SHOWN:] else "")
    detail = f"{kinds}, {sum(item.paths for item in done)} paths"
    if types[SHOWN:]:
        detail += f"; element types: {', '.join(types)}"
    if unknown:
        named = "; not for ".join(dict.fromkeys(str(facts[-1]) for facts in unknown[:3]))
        detail, rest = f"{detail}; not for {named}", rest or named
    return Proof("index algebra", f"all values, {sizes}, {_ranks(ranks)}; {shown or 'no elements'}", detail, rest)


def _usual_first(name: str) -> tuple[int, int, str]:
    usual = ("f32", "i32", "i1", "f64", "i64", "bf16", "f16", "i8")
    return usual.index(name) if name in usual else len(usual), len(name), name


def _ranks(ranks: Sequence[int]) -> str:
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    if list(ranks) == list(range(ranks[0], ranks[-1] + 1)):
        return f"ranks {ranks[0]} to {ranks[-1]}"
    return f"ranks {', '.join(map(str, ranks[:-1]))} and {ranks[-1]}"
