"""What is known of whole numbers, and what follows from it.

A `Fact` is an equation or an inequality between polynomials. `Arithmetic` says whether some facts contradict each other: by their
normal forms where that is enough, and else by z3, which runs as a process beside ours.
"""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Final, Literal, TypeAlias

import attrs

from couloir.testing.proofs.expressions import ONE, Atom, Polynomial, nonnegative
from couloir.testing.proofs.smt import s_expressions, z3_executable

Sign: TypeAlias = Literal["zero", "nonzero", "not positive"]
_END: Final = "end of answer"
LARGE: Final = 2**31 - 1
"""Nothing is said of sizes that are not less: they do not fit into a machine word."""
QUERY: Final = 0.5
"""Seconds that z3 gets for one question."""


@attrs.frozen
class Fact:
    """All of `items` are zero, or at least one is not, or the only one is at most zero."""

    sign: Sign
    items: tuple[Polynomial, ...]

    @property
    def negation(self) -> Fact:
        """What holds when this does not."""
        match self.sign:
            case "zero":
                return Fact("nonzero", self.items)
            case "nonzero":
                return Fact("zero", self.items)
            case "not positive":
                return Fact("not positive", (ONE - self.items[0],))

    @property
    def known(self) -> bool | None:
        """Whether it holds for all numbers, or for none; None when that is not easy to see."""
        if self.sign == "not positive":
            item = self.items[0]
            if nonnegative(-item):
                return True
            return False if nonnegative(item - ONE) else None
        outcome: bool | None = True
        for item in self.items:
            if not item.terms:
                continue
            if nonnegative(item - ONE) or nonnegative(-item - ONE):
                outcome = False
                break
            outcome = None
        return outcome if self.sign == "zero" or outcome is None else not outcome

    def holds(self, values: Mapping[Atom, int]) -> bool:
        """Whether it holds for these numbers."""
        if self.sign == "not positive":
            return self.items[0].value(values) <= 0
        return all(item.value(values) == 0 for item in self.items) == (self.sign == "zero")

    def substitute(self, mapping: Mapping[Atom, Polynomial]) -> Fact:
        """The fact with polynomials in the place of atoms."""
        return Fact(self.sign, tuple(item.substitute(mapping) for item in self.items))

    def __str__(self) -> str:
        signs: dict[Sign, str] = {"zero": "=", "nonzero": "!=", "not positive": "<="}
        joint = " or " if self.sign == "nonzero" else " and "
        return joint.join(_compared(item, signs[self.sign]) for item in self.items)


def _compared(item: Polynomial, sign: str) -> str:
    """What is added on one side, what is taken away on the other."""
    left = Polynomial(tuple(term for term in item.terms if term[1] > 0))
    return f"{left} {sign} {left - item}"


def zero(*items: Polynomial) -> Fact:
    """All are 0."""
    return Fact("zero", items)


def equal(a: Polynomial, b: Polynomial) -> Fact:
    """a = b."""
    return Fact("zero", (a - b,))


def at_most(a: Polynomial, b: Polynomial) -> Fact:
    """a <= b."""
    return Fact("not positive", (a - b,))


def less(a: Polynomial, b: Polynomial) -> Fact:
    """a < b."""
    return Fact("not positive", (a - b + ONE,))


Answer: TypeAlias = "dict[Atom, int] | bool | None"
"""Numbers for which all facts hold; False when there are none; None when it is not known."""


class Arithmetic:
    """Answers questions about whole numbers until a deadline.

    Use it as a context: the solver's process ends with it. Without z3 only normal forms decide.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.path = z3_executable()
        self.questions = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: dict[frozenset[Fact], Answer] = {}

    def __enter__(self) -> Arithmetic:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def follows(self, fact: Fact, premises: Iterable[Fact]) -> bool | dict[Atom, int] | None:
        """Whether a fact holds wherever the premises do: True, numbers for which it does not, or None when not known."""
        if fact.known is not None and fact.known:
            return True
        known = list(premises)
        if fact in known:
            return True
        found = self.solve([*known, fact.negation])
        return True if found is False else found or None

    def impossible(self, facts: Iterable[Fact]) -> bool:
        """Whether the facts contradict each other for certain."""
        return self.solve(list(facts)) is False

    def solve(self, facts: Sequence[Fact]) -> Answer:
        """Numbers for which all facts hold."""
        open_facts: list[Fact] = []
        for fact in facts:
            if fact.known is False:
                return False
            if fact.known is None:
                open_facts.append(fact)
        whole = frozenset(open_facts)
        if any(fact.negation in whole for fact in open_facts):
            return False
        if whole not in self._answers:
            self._answers[whole] = self._ask(sorted(whole, key=open_facts.index))
        return self._answers[whole]

    def _ask(self, facts: Sequence[Fact], *, bounded: bool = False) -> Answer:
        if self.path is None or monotonic() > self.deadline:
            return None
        self.questions += 1
        text, names = _script(facts, bounded=bounded)
        lines = self._lines(f'{text}(get-value ({" ".join(names)} 0))\n(echo "{_END}")\n')
        if lines is None or lines[0] not in ("sat", "unsat"):
            return None
        if lines[0] == "unsat":
            return False
        values: dict[Atom, int] = {}
        for pair in next(iter(s_expressions(" ".join(lines[1:]))), ()):
            match pair:
                case [str(name), str(digits)] if name in names and digits.isdigit():
                    values[names[name]] = int(digits)
                case [str(name), ["-", str(digits)]] if name in names and digits.isdigit():
                    values[names[name]] = -int(digits)
                case _:
                    pass
        if len(values) < len(names):
            return None
        if not bounded and any(value >= LARGE for atom, value in values.items() if atom.kind == "size"):
            return self._ask(facts, bounded=True)  # which is harder, so it comes second
        return values

    def _lines(self, text: str) -> list[str] | None:
        """Sends a text, and gives the lines of the answer; None when they do not come in time."""
        if self._process is None:
            assert self.path is not None
            self._process = subprocess.Popen(
                [self.path, "-in", "-smt2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(text.encode())
            process.stdin.flush()
        except OSError:  # it has ended
            self._stop()
            return None
        until = min(monotonic() + 4 * QUERY, self.deadline + QUERY)
        answer = b""
        while not answer.endswith(_END.encode() + b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(until - monotonic(), 0))
            chunk = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self._stop()
                return None
            answer += chunk
        return answer.decode().split("\n")[:-2]

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()


def _script(facts: Sequence[Fact], *, bounded: bool) -> tuple[str, dict[str, Atom]]:
    """The question in SMT-LIB 2, and the names of the atoms in it. Quotients are numbers of which their definition is said."""
    atoms: dict[Atom, str] = {}
    todo = [item for fact in facts for item in fact.items]
    while todo:
        for atom in todo.pop().atoms():
            if atom not in atoms:
                atoms[atom] = f"a{len(atoms)}"
                if atom.bound is not None:
                    todo.append(atom.bound)
    lines = ["(reset)", f"(set-option :timeout {int(QUERY * 1000)})"]
    lines += [f"(declare-const {name} Int)" for name in atoms.values()]
    for atom, name in atoms.items():
        if atom.kind in ("size", "index"):
            lines.append(f"(assert (<= 0 {name}))")
        if bounded and atom.kind == "size":
            lines.append(f"(assert (< {name} {LARGE}))")
        if atom.bound is not None:
            lines.append(f"(assert (< {name} {_text(atom.bound, atoms)}))")
        if atom.kind == "quotient":
            numerator, denominator = (_text(part, atoms) for part in atom.parts)
            product = f"(* {name} {denominator})"
            lines.append(f"(assert (and (<= {product} {numerator}) (< {numerator} (+ {product} {denominator}))))")
    lines += [f"(assert {_fact_text(fact, atoms)})" for fact in facts]
    lines.append("(check-sat)\n")
    return "\n".join(lines), {name: atom for atom, name in atoms.items()}


def _fact_text(fact: Fact, atoms: Mapping[Atom, str]) -> str:
    if fact.sign == "not positive":
        return f"(<= {_text(fact.items[0], atoms)} 0)"
    text = f"(and true {' '.join(f'(= 0 {_text(item, atoms)})' for item in fact.items)})"
    return text if fact.sign == "zero" else f"(not {text})"


def _text(item: Polynomial, atoms: Mapping[Atom, str]) -> str:
    parts: list[str] = []
    for monomial, factor in item.terms:
        number = str(factor) if factor >= 0 else f"(- {-factor})"
        names = " ".join(atoms[atom] for atom in monomial)
        parts.append(f"(* {number} {names})" if names else number)
    return f"(+ 0 {' '.join(parts)})" if parts else "0"
