"""What a rule does to all programs of a family: its ways through them, one after the other.

A rule is run on a program whose sizes are traced. The facts that this notes say for which other sizes it does the same: that is one
`Path`. Then the negation of each fact is tried, with what came before it; and so on, until nothing is left, or the time is over.
Source of the idea: Godefroid, Klarlund, Sen, "DART: Directed Automated Random Testing" (2005).

Equations are solved: where two sizes have to be equal they become one, so that equal types are identical, as in any program. What a
rule compares by identity cannot be noted; so the types of each path that might be equal are told apart by a fact of the path, whose
negation is tried like any other.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from time import monotonic
from typing import Any, Final, Literal, TypeAlias

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.errors import Error
from couloir.ir.traits import ConstantLike
from couloir.ir.types import TensorType, VectorType
from couloir.ir.verify import faults
from couloir.testing.proofs.expressions import ZERO, Atom, Polynomial, of
from couloir.testing.proofs.facts import Arithmetic, Fact, at_most
from couloir.testing.proofs.families import OPEN_ATTRIBUTES, Family
from couloir.testing.proofs.structure import listing
from couloir.testing.proofs.tracing import Trace, expression_of

Apply: TypeAlias = "Callable[[ModuleOp], bool]"
"""Rewrites a program; whether it changed."""
Compared: TypeAlias = "Mapping[tuple[str, str], Sequence[tuple[int, ...]]]"
"""For attributes, by op and name, that are compared by identity: with which values, beside others of the program."""
Kind: TypeAlias = Literal["invalid", "unchanged", "rewritten", "broken"]
MAX_RUNS: Final = 400
TRIES: Final = 150
"""Numbers that are tried for the symbols of a path before the solver is asked."""
UNLIKE: Final = "it depends on sizes in a way that cannot be followed"
SAMPLES: Final = ((0, 1, 2, 3), (1, 2), (64, 100, 127, 257), (1000, 4096))
"""Of what the sizes of programs are drawn on which the rule is run again without traces."""
GENERIC: Final = (7, 11, 5, 13, 17, 19, 23, 29, 31, 37, 41, 43)
_EMPTY: Final = "dense<>"
_CONSTANT: Final = re.compile("dense<[^>]*>")
SMALL: Final = (0, 1, 2, 3, 4, 5)


@attrs.frozen(eq=False)
class Run:
    """What a rule did to one program.

    Attributes:
        kind: `invalid`: there is no such program; `unchanged`; `rewritten`; `broken`: it raised, or left something ill-formed.
        before, after: The program and what it became.
        facts: What was noted on the way.
        lost: What loses the trace.
        message: What broke.
    """

    kind: Kind
    before: ModuleOp | None = None
    after: ModuleOp | None = None
    facts: tuple[Fact, ...] = ()
    lost: tuple[str, ...] = ()
    message: str = ""

    @property
    def text(self) -> str:
        """Both programs, sizes as expressions."""
        return "\n".join([self.kind, *(listing(m) for m in (self.before, self.after) if m is not None)])


@attrs.frozen(eq=False)
class Path:
    """Sizes for which a rule does the same.

    Attributes:
        facts: What holds of them; in the atoms of the family, and in others that stand for these.
        solved: The atoms that are no longer free.
        values: One such program.
        run: What the rule does, in free atoms.
    """

    facts: tuple[Fact, ...]
    solved: Mapping[Atom, Polynomial]
    values: Mapping[Atom, int]
    run: Run

    @property
    def premises(self) -> list[Fact]:
        """The facts in atoms that are free; those about quotients that were solved for in both forms."""
        return premises(self.facts, self.solved)


@attrs.frozen(eq=False)
class _Region:
    facts: tuple[Fact, ...]
    solved: dict[Atom, Polynomial]
    values: dict[Atom, int]
    """Numbers for which the facts hold; if `near`, nearly."""
    near: bool = False


class Untraceable(Exception):
    """A rule depends on sizes in a way that cannot be followed."""


class Paths:
    """Finds the paths of a rule through a family.

    Args:
        family: The programs.
        apply: The rule.
        arithmetic: Answers questions about whole numbers.
        deadline: When to stop, by `time.monotonic()`.
        compared: Values that open attributes are compared with by identity, by op and name.
        runs: How often to run it at most.

    Attributes:
        all: The paths.
        open: Facts that say for which sizes nothing is known.
    """

    def __init__(
        self,
        family: Family,
        apply: Apply,
        arithmetic: Arithmetic,
        deadline: float,
        *,
        compared: Compared | None = None,
        runs: int = MAX_RUNS,
    ) -> None:
        self.family = family
        self.apply = apply
        self.arithmetic = arithmetic
        self.deadline = deadline
        self.compared: Compared = compared or {}
        self.runs = runs
        self.all: list[Path] = []
        self.open: list[tuple[Fact, ...]] = []
        self.invalid: dict[Fact, list[frozenset[Fact]]] = {}
        self.count = 0
        self.rng = Random(0)

    def explore(self) -> None:
        """Raises `Untraceable`."""
        todo = deque([_Region((), {}, dict(self.family.values))])
        seen: set[frozenset[Fact]] = set()
        while todo:
            region = self._normalised(todo.popleft())
            if region is None:
                continue
            key = frozenset(region.facts)
            if key in seen:
                continue
            seen.add(key)
            if region.near and self._is_invalid(region):
                continue
            if self.count >= self.runs or monotonic() > self.deadline:
                self.open.append(region.facts)
                continue
            if region.near:
                values = self.values_for(region.facts, region.solved, region.values)
                if values is None:
                    self.open.append(region.facts)
                if not values:
                    continue
                region = attrs.evolve(region, values=values, near=False)
            self.count += 1
            self._follow(region, todo)

    def _follow(self, region: _Region, todo: deque[_Region]) -> None:
        run = self.run(region.facts, region.solved, region.values)
        new = list(run.facts)
        for position, fact in enumerate(new):
            held = (*region.facts, *new[:position], fact.negation)
            todo.append(_Region(held, region.solved, region.values, near=True))
            if fact.sign == "zero" and _solution(fact.items[0], self.family.values) is not None:
                held = (*region.facts, *new[: position + 1])
                todo.appendleft(_Region(held, region.solved, region.values))
                return
        facts = (*region.facts, *new)
        if run.kind == "invalid":
            if region.facts:
                self.invalid.setdefault(region.facts[-1], []).append(frozenset(facts))
            return
        apart = [fact for fact in _different(run, self.compared) if fact.known is not True and fact not in facts]
        for fact in apart:
            todo.append(_Region((*facts, fact.negation), region.solved, region.values, near=True))
        if not all(fact.holds(_all_values(region.solved, region.values)) for fact in apart):
            todo.append(_Region((*facts, *apart), region.solved, region.values, near=True))
            return
        facts = (*facts, *apart)
        path = Path(facts, region.solved, region.values, run)
        self._replay(path)
        self.all.append(path)

    def follow(self, others: Sequence[Path]) -> bool:
        """Takes the paths of a family that differs in its element types, if the rule does the same here. Raises `Untraceable`."""
        for other in others:
            run = self.run(other.facts, other.solved, other.values)
            if run.facts or run.kind != other.run.kind:
                self.all.clear()
                return False
            path = Path(other.facts, other.solved, other.values, run)
            self._replay(path, (path.values,))
            self.all.append(path)
        return True

    @property
    def found(self) -> list[Path]:
        """The paths on which the rule rewrites a program, or breaks it."""
        return [path for path in self.all if path.run.kind != "unchanged"]

    def _is_invalid(self, region: _Region) -> bool:
        """Whether the last fact has been found to make programs invalid, together with some of the others."""
        held = set(premises(region.facts, region.solved)) | set(region.facts)
        return any(
            all(fact in held or fact.substitute(region.solved).known for fact in facts)
            for facts in self.invalid.get(region.facts[-1], ())
        )

    def run(self, facts: Sequence[Fact], solved: Mapping[Atom, Polynomial], values: Mapping[Atom, int]) -> Run:
        """The rule on a program with traced sizes."""
        known = frozenset(fact.substitute(solved) for fact in facts)
        trace = Trace(_all_values(solved, values), solved, known)
        return self.rewrite(lambda: self.family.build(lambda atom, _: trace.integer(of(atom))), trace)

    def rewrite(self, build: Callable[[], ModuleOp], trace: Trace | None = None) -> Run:
        """The rule on a program."""

        def ended(kind: Kind, *programs: ModuleOp, message: str = "") -> Run:
            facts, lost = ((), ()) if trace is None else (tuple(trace.facts), tuple(trace.lost))
            return Run(kind, *programs, facts=facts, lost=lost, message=message)

        try:
            before = build()
        except (Error, ArithmeticError, LookupError, TypeError, ValueError):  # no op infers types from such sizes
            return ended("invalid")
        if faults(before, limit=1):
            return ended("invalid")
        after = before.clone()
        if trace is not None:
            trace.lost.clear()  # what the verifier does is no matter: other sizes show it
        try:
            changed = self.apply(after)
        except Exception as error:  # noqa: BLE001 -- the rule is what is being examined
            told = error.message if isinstance(error, Error) else f"{type(error).__name__}: {error}"
            return ended("broken", before, message=f"it raises: {told}")
        if not changed:
            return ended("unchanged", before)
        found = faults(after, limit=1)
        if found:
            return ended("broken", before, after, message=found[0].message)
        return ended("rewritten", before, after)

    # -- whether the trace tells the truth -----------------------------------------------------------------------------------

    def _replay(self, path: Path, samples: Iterable[Mapping[Atom, int]] | None = None) -> None:
        """Runs the rule on plain programs of a path, among them such whose sizes are small, large and equal."""
        if path.run.lost:
            raise Untraceable(path.run.lost[0])
        changes = path.run.kind != "unchanged"
        for values in samples or self._samples(path, SAMPLES if changes else SAMPLES[:1]):
            plain = self.rewrite(lambda values=values: self.family.program(values))
            if not changes:
                again = path.run
            else:
                again = path.run if values is path.values else self.run(path.facts, path.solved, values)
            if plain.kind == "invalid" and again.kind == "invalid":
                continue
            if again is not path.run and not _same(again.text, path.run.text):
                raise Untraceable(UNLIKE)
            if plain.kind != again.kind or (changes and str(plain.after) != str(again.after)):
                raise Untraceable(UNLIKE)

    def _samples(self, path: Path, pools: Sequence[Sequence[int]]) -> Iterator[Mapping[Atom, int]]:
        yield path.values
        for pool in pools:
            for _ in range(8):
                free = {a: self.rng.choice(pool) for a in self.family.values if a not in path.solved}
                values = self._consistent(path.facts, path.solved, free)
                if values is not None:
                    yield values
                    break

    # -- numbers -------------------------------------------------------------------------------------------------------------

    def values_for(
        self, facts: Sequence[Fact], solved: Mapping[Atom, Polynomial], near: Mapping[Atom, int]
    ) -> dict[Atom, int] | bool | None:
        """Numbers for which facts hold; False when there are none; None when it is not known."""
        free = [atom for atom in self.family.values if atom not in solved]
        last_first = tuple(reversed(facts))
        for candidate in itertools.islice(_candidates(free, near, last_first[0] if facts else None, self.rng), TRIES):
            found = self._consistent(last_first, solved, candidate)
            if found is not None:
                return found
        answer = self.arithmetic.solve(premises(facts, solved))
        if not isinstance(answer, dict):
            return answer
        return self._consistent(facts, solved, {atom: answer.get(atom, near.get(atom, 1)) for atom in free})

    def completed(self, path: Path, values: Mapping[Atom, int]) -> dict[Atom, int] | None:
        """The values of all atoms of the family, from those of some; None when there is no such program on the path."""
        return self._consistent(path.facts, path.solved, {**path.values, **values})

    def _consistent(
        self, facts: Sequence[Fact], solved: Mapping[Atom, Polynomial], free: Mapping[Atom, int]
    ) -> dict[Atom, int] | None:
        """The values of all atoms of the family, if the facts hold for them."""
        values = _all_values(solved, free)
        try:
            if all(values[atom] >= 0 for atom in self.family.values if atom.kind == "size") and all(
                fact.holds(values) for fact in facts
            ):
                return {atom: values[atom] for atom in self.family.values}
        except (ZeroDivisionError, KeyError):
            pass
        return None

    def _normalised(self, region: _Region) -> _Region | None:
        """With its equations solved; None when it is empty for certain."""
        solved = dict(region.solved)
        facts = list(region.facts)
        again = True
        while again:
            again = False
            for fact in list(facts):
                reduced = fact.substitute(solved)
                if reduced.known is False:
                    return None
                if reduced.sign != "zero" or reduced.known:
                    continue
                for item in reduced.items:
                    solution = _solution(item.substitute(solved), self.family.values)
                    if solution is None:
                        continue
                    atom, value = solution
                    for other, old in solved.items():
                        solved[other] = old.substitute({atom: value})
                    solved[atom] = value
                    if atom.kind == "size":
                        facts.append(at_most(ZERO, value))
                    again = True
        return attrs.evolve(region, facts=tuple(dict.fromkeys(facts)), solved=solved)


def premises(facts: Sequence[Fact], solved: Mapping[Atom, Polynomial]) -> list[Fact]:
    """Facts in atoms that are free."""
    symbols = {atom: value for atom, value in solved.items() if atom.kind != "quotient"}
    both = [symbols, solved] if len(symbols) < len(solved) else [solved]
    found = (fact.substitute(mapping) for mapping in both for fact in facts)
    return [fact for fact in dict.fromkeys(found) if fact.known is not True]


def _same(text: str, other: str) -> bool:
    """Whether programs are the same, but for the values of constants without elements."""
    if text != other and _EMPTY in text + other:
        text, other = (_CONSTANT.sub(_EMPTY, one) for one in (text, other))
    return text == other


def _all_values(solved: Mapping[Atom, Polynomial], free: Mapping[Atom, int]) -> dict[Atom, int]:
    values = {atom: value for atom, value in free.items() if atom not in solved}
    for atom, expression in solved.items():
        if atom.kind != "quotient":  # what that is, its parts say
            try:
                values[atom] = expression.value(values)
            except ZeroDivisionError:
                values[atom] = -1
    return values


def _solution(item: Polynomial, symbols: Mapping[Atom, int]) -> tuple[Atom, Polynomial] | None:
    """An atom that an equation `item = 0` gives, and what it equals."""
    best: tuple[Atom, Polynomial] | None = None
    for monomial, factor in item.terms:
        if len(monomial) != 1 or abs(factor) != 1:
            continue
        atom = monomial[0]
        rest = item - Polynomial(((monomial, factor),))
        if atom.kind == "index" or atom in rest.atoms():
            continue
        if best is None or (atom in symbols, atom.number) > (best[0] in symbols, best[0].number):
            best = atom, -rest if factor == 1 else rest
    return best


def _candidates(
    free: Sequence[Atom], near: Mapping[Atom, int], wanted: Fact | None, rng: Random
) -> Iterator[Mapping[Atom, int]]:
    """Numbers for symbols: those nearby with one changed, generic ones, and random ones."""
    yield {atom: GENERIC[number % len(GENERIC)] for number, atom in enumerate(free)}
    base = {atom: near[atom] for atom in free}
    involved = {atom for item in wanted.items for atom in item.atoms()} if wanted else set[Atom]()
    for atom in free:
        if atom in involved:
            for value in (*SMALL, 7, -1, -2, 11, 50):
                yield {**base, atom: value}
    for _ in range(40):
        yield {a: rng.choice((3, 5, 7, 11, 13, 17)) if a.kind == "size" else rng.choice((0, 1, 2, 3)) for a in free}
    while True:
        pool = rng.choice((SMALL, (1, 2), (0, 1, 2, 3, 7, 12, 30)))
        changed = {atom: rng.choice(pool) - (atom.kind == "number" and rng.random() < 0.2) * 3 for atom in free}
        yield {**base, **changed} if rng.random() < 0.5 else {a: rng.choice((base[a], changed[a])) for a in free}


def _different(run: Run, compared: Compared) -> list[Fact]:
    """That types which are not identical are different; and so for the attributes that are compared by identity.

    And that constants have elements: one without says nothing of those that it has for other sizes.
    """
    groups: dict[object, list[tuple[int, ...]]] = {}
    found: dict[Fact, None] = {}
    for module in (run.before, run.after):
        for op in () if module is None else module.walk():
            values: list[Any] = [*op.results, *(a for region in op.regions for b in region.blocks for a in b.arguments)]
            for value in values:
                type: Any = value.type
                if isinstance(type, TensorType | VectorType) and type.dims:
                    sizes: Any = type.dims
                    rest: Any = type.encoding if isinstance(type, TensorType) else type.scalable
                    groups.setdefault((type.__class__, type.rank, type.element_type, rest), []).append(sizes)
            if op.has_trait(ConstantLike) and isinstance(op.results[0].type, TensorType):
                sizes = [expression_of(size) for size in op.results[0].type.shape]
                found.update((Fact("nonzero", (size,)), None) for size in sizes if size.constant is None)
            for key in OPEN_ATTRIBUTES.get(op.name, ()):
                stored = op.stored_attributes.get(key)
                others = compared.get((op.name, key), ())
                if isinstance(stored, DenseArrayAttr) and others:
                    members = groups.setdefault((op.name, key, len(stored)), [])
                    members += [stored.values, *(other for other in others if len(other) == len(stored))]
    for members in groups.values():
        spelled_once = {tuple(map(expression_of, member)): None for member in members}
        for first, second in itertools.combinations(spelled_once, 2):
            items = tuple(a - b for a, b in zip(first, second, strict=True) if a != b)
            found[Fact("nonzero", items)] = None
    return list(found)
