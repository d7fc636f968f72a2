"""Whether two tensors are equal: of one shape, with equal elements at all indices.

Terms are compared under what is known of the indices. Where a term says `where(fact)`, the fact or its negation follows, or both
cases are looked at. Then elements that are read at equal indices are the same; folds are, when their bodies are for a pairing of
their indices; and what is left is a question about scalars, for normal forms or for the SMT solver.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any, Final, cast

import attrs

from couloir.testing.proofs.bounded import Progress, decide
from couloir.testing.proofs.elements import IDEMPOTENT, KINDS, Fold, Read, depends_on, fold, with_indices
from couloir.testing.proofs.expressions import ONE, ZERO, Atom, Polynomial, index, of
from couloir.testing.proofs.facts import Arithmetic, Fact, at_most, equal
from couloir.testing.proofs.laws import substituted
from couloir.testing.proofs.questions import Refuted
from couloir.testing.proofs.tensors import Body, Tensor, Unknown, unknown
from couloir.testing.proofs.terms import FALSE, TRUE, Term, variable

MAX_SPLITS: Final = 200
SCALAR_SECONDS: Final = 1.0
MAX_REVERSED: Final = 3
"""Indices of a fold for which all directions are tried."""
LEAVES: Final = ("read", "number", "fold")
"""Terms whose operands, if any, are not those of a scalar op."""


@attrs.frozen(eq=False)
class Difference:
    """Why two tensors are not known to be equal.

    Attributes:
        why: The reason, as a clause.
        values: Sizes, attributes and indices at which they differ, where the solver found some.
    """

    why: str
    values: Mapping[Atom, int] | None = None


class Equality:
    """Compares tensors of programs for all sizes of a path.

    Args:
        premises: What is known of the sizes.
        arithmetic: Answers questions about whole numbers.
        assumes: What may be taken for granted of elements.
        decided: Answers about scalars, kept from one path to the next.
    """

    def __init__(
        self,
        premises: Sequence[Fact],
        arithmetic: Arithmetic,
        assumes: Collection[str] = (),
        decided: dict[tuple[Term, Term], Refuted | str | None] | None = None,
    ) -> None:
        self.premises = tuple(premises)
        self.assumes = assumes
        self.decided = {} if decided is None else decided
        self.arithmetic = arithmetic
        self.splits = 0
        self._unknown: dict[tuple[Unknown, Unknown], bool] = {}

    def difference(self, a: Any, b: Any) -> Difference | None:
        """None when two results are equal for certain."""
        if a is b:
            return None
        if isinstance(a, tuple) and isinstance(b, tuple):
            return self._first_difference(cast("tuple[Any, ...]", a), cast("tuple[Any, ...]", b))
        if not isinstance(a, Tensor) or not isinstance(b, Tensor):
            return None if self._same_unknown(a, b) else Difference("a result that is no tensor changes")
        if len(a.dims) != len(b.dims) or a.dtype != b.dtype:
            return Difference("the type of a result changes")
        for n, (size, other) in enumerate(zip(a.dims, b.dims, strict=True)):
            outcome = self.arithmetic.follows(equal(size, other), self.premises)
            if outcome is not True:
                told = f"dimension {n} of a result has the size {size}, and then {other}"
                return Difference(told, outcome or None)
        indices = tuple(ZERO if size == ONE else of(index(size)) for size in a.dims)
        somewhere = _not_empty(size for size in a.dims)
        return self._terms(a.whole(indices), b.whole(indices), (*self.premises, *somewhere))

    def _first_difference(self, a: tuple[Any, ...], b: tuple[Any, ...]) -> Difference | None:
        if len(a) != len(b):
            return Difference("the parts of a tuple change")
        return next((found for x, y in zip(a, b, strict=True) if (found := self.difference(x, y))), None)

    def _terms(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> Difference | None:
        if a is b:
            return None
        if monotonic() > self.arithmetic.deadline:
            return Difference("there was no time left")
        condition = next((term for term in outside_folds([a, b]) if term.op == "where"), None)
        if condition is not None:
            return self._cases(condition, a, b, premises)
        leaves = [term for term in outside_folds([a, b]) if term.op in LEAVES]
        shorter = {leaf: new for leaf in leaves if (new := self._without_repetition(leaf, premises)) is not leaf}
        if shorter:
            a, b = substituted([a, b], shorter)
            return self._terms(a, b, premises)
        same = self._same_leaves(leaves, premises)
        if same:
            a, b = substituted([a, b], same)
        return None if a is b else self._scalars(a, b, premises)

    def _cases(self, condition: Term, a: Term, b: Term, premises: tuple[Fact, ...]) -> Difference | None:
        fact = condition.data
        assert isinstance(fact, Fact)
        for case, value in ((fact, TRUE), (fact.negation, FALSE)):
            if self.arithmetic.impossible((*premises, case)):
                continue
            self.splits += 1
            if self.splits > MAX_SPLITS:
                return Difference("there are too many cases")
            x, y = substituted([a, b], {condition: value})
            found = self._terms(x, y, (*premises, case))
            if found is not None:
                return found
        return None

    def _scalars(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> Difference | None:
        """Compares terms for all values of what they read and fold."""
        leaves = [term for term in outside_folds([a, b]) if term.op in LEAVES]
        names = {term: variable(f"x{n}", term.dtype) for n, term in enumerate(leaves)}
        one, other = substituted([a, b], names)
        if (one, other) not in self.decided:
            until = min(monotonic() + SCALAR_SECONDS, self.arithmetic.deadline)
            self.decided[one, other] = decide(one, other, self.assumes, until, Progress())
        outcome = self.decided[one, other]
        if outcome is None:
            return None
        if self.arithmetic.impossible(premises) or self._congruent(a, b, premises):
            return None
        told = f"`{_shown(a)}` becomes `{_shown(b)}`"
        if isinstance(outcome, str):
            return Difference(f"{told}: {outcome}")
        certain = outcome.certain and all(_is_known(leaf) for leaf in leaves)
        return Difference(told, self._where_they_differ(a, b, premises) if certain else None)

    def _congruent(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> bool:
        """Whether two terms are the same op on equal operands."""
        if a.op in LEAVES or not a.operands or len(a.operands) != len(b.operands):
            return False
        if (a.op, a.dtype, a.data) != (b.op, b.dtype, b.data):
            return False
        pairs = zip(a.operands, b.operands, strict=True)
        return all(x.dtype == y.dtype and self._terms(x, y, premises) is None for x, y in pairs)

    def _where_they_differ(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> Mapping[Atom, int] | None:
        """Sizes and indices at which two terms differ, it seems: where they read at different indices, if they do."""
        reads = [[term.data for term in outside_folds([side]) if isinstance(term.data, Read)] for side in (a, b)]
        for x, y in itertools.product(*reads):
            if x.source == y.source and x.indices != y.indices:
                items = tuple(i - j for i, j in zip(x.indices, y.indices, strict=True))
                answer = self.arithmetic.solve((*premises, Fact("nonzero", items)))
                if isinstance(answer, dict):
                    return answer
        answer = self.arithmetic.solve(premises)
        return answer if isinstance(answer, dict) else None

    # -- leaves --------------------------------------------------------------------------------------------------------------

    def _same_leaves(self, leaves: Sequence[Term], premises: tuple[Fact, ...]) -> dict[Term, Term]:
        """For each leaf that is equal to one before it, that one."""
        first: list[Term] = []
        same: dict[Term, Term] = {}
        for leaf in leaves:
            found = next((other for other in first if self._same_leaf(leaf, other, premises)), None)
            if found is None:
                first.append(leaf)
            else:
                same[leaf] = found
        return same

    def _same_leaf(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> bool:
        if a.op != b.op or a.dtype != b.dtype:
            return False
        match a.data, b.data:
            case Read(), Read():
                if a.data.source != b.data.source and not self._same_unknown(a.data.source, b.data.source):
                    return False
                return self._same_numbers(a.data.indices, b.data.indices, premises)
            case Polynomial(), Polynomial():
                return self._same_numbers([a.data], [b.data], premises)
            case Fold(), Fold():
                return self._same_fold(a, b, premises)
            case _:
                return False

    def _same_numbers(self, a: Sequence[Polynomial], b: Sequence[Polynomial], premises: tuple[Fact, ...]) -> bool:
        return all(self.arithmetic.follows(equal(x, y), premises) is True for x, y in zip(a, b, strict=True))

    def _same_fold(self, a: Term, b: Term, premises: tuple[Fact, ...]) -> bool:
        first, second = a.data, b.data
        assert isinstance(first, Fold) and isinstance(second, Fold)
        if first.kind != second.kind or first.result != second.result or len(a.operands) != len(b.operands):
            return False
        count = len(a.operands) // 2
        if any(self._terms(x, y, premises) for x, y in zip(a.operands[:count], b.operands[:count], strict=True)):
            return False
        somewhere = (*premises, *_not_empty(atom.bound for atom in first.indices if atom.bound is not None))
        for mapping in self._pairings(first.indices, second.indices, first.kind in KINDS, premises):
            pairs = zip(a.operands[count:], b.operands[count:], strict=True)
            if not any(self._terms(x, with_indices(y, mapping), somewhere) for x, y in pairs):
                return True
        return False

    def _without_repetition(self, term: Term, premises: tuple[Fact, ...]) -> Term:
        """A fold by an op that makes x of x and x, without indices that its body does not look at: if they have some value."""
        folded = term.data
        if not isinstance(folded, Fold) or folded.kind not in IDEMPOTENT:
            return term
        init, body = term.operands
        unused = [atom for atom in folded.indices if not depends_on(body, (atom,))]
        gone = [
            atom
            for atom in unused
            if atom.bound is not None and self.arithmetic.follows(at_most(ONE, atom.bound), premises) is True
        ]
        if not gone:
            return term
        return fold(folded.kind, [atom for atom in folded.indices if atom not in gone], [init], [body])

    def _pairings(
        self, a: Sequence[Atom], b: Sequence[Atom], any_order: bool, premises: tuple[Fact, ...]
    ) -> Iterator[Mapping[Atom, Polynomial]]:
        """Ways to take the indices of one fold for those of another: of equal bounds, also from the last to the first."""
        if len(a) != len(b):
            return
        found: list[tuple[Atom, ...]] = []
        for order in itertools.permutations(a) if any_order else (tuple(a),):
            bounds = [(x.bound, y.bound) for x, y in zip(order, b, strict=True)]
            if all(x is not None and y is not None and self._same_numbers([x], [y], premises) for x, y in bounds):
                found.append(order)
                yield {old: of(new) for new, old in zip(order, b, strict=True)}
        if not any_order or len(a) > MAX_REVERSED:
            return
        for order in found:
            for turned in itertools.islice(itertools.product((False, True), repeat=len(a)), 1, None):
                yield {
                    old: (new.bound or ZERO) - ONE - of(new) if turns else of(new)
                    for new, old, turns in zip(order, b, turned, strict=True)
                }

    def _same_unknown(self, a: Any, b: Any) -> bool:
        """Whether two things without a meaning are the same op on equal operands."""
        if a is b:
            return True
        if not isinstance(a, Unknown) or not isinstance(b, Unknown):
            return False
        if a.what != b.what or a.result != b.result or len(a.operands) != len(b.operands):
            return False
        if (a, b) not in self._unknown:
            operands = self._first_difference(a.operands, b.operands) is None
            self._unknown[a, b] = operands and all(
                itertools.starmap(self._same_body, zip(a.bodies, b.bodies, strict=True))
            )
        return self._unknown[a, b]

    def _same_body(self, a: Body, b: Body) -> bool:
        """Whether two regions give the same for the same arguments."""
        if a.types != b.types:
            return False
        arguments = [unknown(type, ("argument", a, n)) for n, type in enumerate(a.types)]
        return self._first_difference(tuple(a.results(arguments)), tuple(b.results(arguments))) is None


def _is_known(leaf: Term) -> bool:
    """Whether a leaf may have any value, whatever the others have: an element of an input."""
    return isinstance(leaf.data, Read) and isinstance(leaf.data.source, int)


def _not_empty(sizes: Iterable[Polynomial]) -> list[Fact]:
    """That there are indices."""
    facts = [at_most(ONE, size) for size in sizes]
    return [fact for fact in facts if fact.known is not True]


def outside_folds(roots: Sequence[Term]) -> list[Term]:
    """The terms in some graphs, without those in folds: their indices have a meaning there alone."""
    found: dict[Term, None] = {}
    todo = list(reversed(roots))
    while todo:
        term = todo.pop()
        if term not in found:
            found[term] = None
            if term.op != "fold":
                todo += reversed(term.operands)
    return list(found)


def _shown(term: Term) -> str:
    text = repr(term).replace("\n", "; ")
    return text if len(text) < 160 else text[:157] + "..."
