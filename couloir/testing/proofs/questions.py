"""Questions about terms, put to the SMT solver.

i, n = variable("i", UNBOUNDED), variable("n", UNBOUNDED)
valid([apply("compare LT", i, n)], apply("compare LE", apply("add", i, one), n))       # Proved()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from couloir.testing.proofs import scalars, smt
from couloir.testing.proofs.laws import apply
from couloir.testing.proofs.terms import FALSE, TRUE, Term, postorder


@attrs.frozen
class Proved:
    """It holds for all values of all variables."""


@attrs.frozen(eq=False)
class Refuted:
    """It does not hold for some.

    Attributes:
        values: NumPy scalars, or ints where they are unbounded, of variables and reads. Any others may have any value.
        certain: Whether the solver knew the meaning of all ops. If not, these values may do no harm.
    """

    values: Mapping[Term, Any]
    certain: bool


@attrs.frozen
class Undecided:
    """Nobody knows. Attributes: why."""

    why: str


Outcome: TypeAlias = Proved | Refuted | Undecided


class Script:
    """SMT-LIB text for terms: a constant for each variable, a definition for each application. Names are our own."""

    def __init__(self, roots: Iterable[Term]) -> None:
        self.lines: list[str] = ["(set-logic ALL)"]
        self.names: dict[Term, str] = {}
        self.leaves: dict[Term, str] = {}
        self.certain = True
        order = list(postorder(roots))
        self._symbolic = {
            term.data for term in order if term.op == "read" and not all(index.is_constant for index in term.operands)
        }
        self._sorts: set[str] = set()
        self._functions: dict[object, str] = {}
        for term in order:
            self.names[term] = self._name(term)

    def assertion(self, term: Term) -> None:
        self.lines.append(f"(assert {self.names[term]})")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def _sort(self, term: Term) -> str:
        sort = scalars.sort(term.dtype)
        if not scalars.has_meaning(term.dtype):
            self.certain = False
            if sort not in self._sorts:
                self._sorts.add(sort)
                self.lines.append(f"(declare-sort {sort} 0)")
        return sort

    def _name(self, term: Term) -> str:
        sort = self._sort(term)
        name = f"t{len(self.names)}"
        if term.is_constant:
            literal = scalars.literal(term)
            if literal is not None:
                return literal
        if not term.operands or (term.op == "read" and term.data not in self._symbolic):
            self.lines.append(f"(declare-const {name} {sort})")
            if not term.is_constant:
                self.leaves[term] = name
            return name
        operands = [self.names[operand] for operand in term.operands]
        meaning = scalars.meaning(term)
        if meaning is None:
            self.certain = False
        text = meaning(*operands) if meaning is not None else f"({self._function(term, sort)} {' '.join(operands)})"
        self.lines.append(f"(define-fun {name} () {sort} {text})")
        if meaning is None:
            self.lines += [f"(assert {fact})" for fact in scalars.facts(term, name, operands[0])]
        if term.op == "bitcast_convert" and meaning is None and scalars.has_meaning(term.operands[0].dtype):
            self._has_bits(term, name, operands[0])
        return name

    def _function(self, term: Term, sort: str) -> str:
        """The name of an unknown function: one for each op on some sorts."""
        sorts = tuple(scalars.sort(operand.dtype) for operand in term.operands)
        index = (term.op, term.data, term.dtype, sorts)
        if index not in self._functions:
            self._functions[index] = f"f{len(self._functions)}"
            self.lines.append(f"(declare-fun {self._functions[index]} ({' '.join(sorts)}) {sort})")
        return self._functions[index]

    def _has_bits(self, term: Term, name: str, operand: str) -> None:
        """What bits mean is known, if not which ones a NaN has."""
        back = Term.of("bitcast_convert", [term], term.operands[0].dtype)
        meaning = scalars.meaning(back)
        if meaning is not None:
            self.lines.append(f"(assert (= {meaning(name)} {operand}))")


def valid(premises: Sequence[Term], goal: Term, *, seconds: float = smt.SECONDS, memory: int = smt.MEMORY) -> Outcome:
    """Whether a boolean term holds for all values of its variables for which the premises do.

    Args:
        premises: Booleans.
        goal: A boolean.
        seconds: How long the solver may take.
        memory: How many MiB it may use.
    """
    if goal is TRUE or goal in premises or FALSE in premises:
        return Proved()
    denied = apply("not", goal)
    asserted = [*dict.fromkeys(premise for premise in premises if premise is not TRUE), denied]
    script = Script(asserted)
    for term in asserted:
        script.assertion(term)
    asked = {name: term for term, name in script.leaves.items() if scalars.has_meaning(term.dtype)}
    answer = smt.solve(script.text, list(asked), seconds=seconds, memory=memory)
    match answer:
        case smt.Unsat():
            return Proved()
        case smt.Unknown(why):
            return Undecided(why)
        case smt.Sat(model):
            values = {asked[name]: scalars.value(found, asked[name].dtype) for name, found in model.items()}
            return Refuted(values, script.certain)
