"""Whole numbers that are followed through Python code: each knows how it was computed.

    trace = Trace({symbol("n"): 3})
    n = trace.integer(of(symbol("n")))
    n + 1 < 10           # True, as for 3; and `trace.facts` now has n + 1 < 10

What is computed from a traced number by `+ - * // %` is traced. A comparison goes by the values, and the way that it went is
noted, unless normal forms decide it. So the facts of a trace say for which other numbers the code would have gone the same way.
What else is done with a traced number loses the trace: a plain number comes out, which other values of the symbols
show. What can be seen of it at once is kept in `lost`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from couloir.ir.integers import TracedInteger
from couloir.testing.proofs.expressions import ZERO, Atom, Polynomial, constant, nonnegative
from couloir.testing.proofs.facts import LARGE, Fact, at_most, equal, less, zero

_SERIALS: Final = itertools.count()
_spelled = False


@contextmanager
def spelled() -> Generator[None]:
    """Inside, the text of a traced number is its expression, not its value."""
    global _spelled
    before, _spelled = _spelled, True
    try:
        yield
    finally:
        _spelled = before


class Trace:
    """One run of some code with given values.

    Args:
        values: Of all symbols.
        solved: What stands for some atoms: polynomials that are equal to them for the values at hand.
        known: Facts that hold for the values, and need not be noted.
    """

    def __init__(
        self,
        values: Mapping[Atom, int],
        solved: Mapping[Atom, Polynomial] | None = None,
        known: Collection[Fact] = (),
    ) -> None:
        self.values = values
        self.solved: Mapping[Atom, Polynomial] = solved or {}
        self.known = known
        self.facts: list[Fact] = []
        self.lost: list[str] = []
        """What was done with traced numbers that loses the trace."""
        self.serial = next(_SERIALS)

    def integer(self, expression: Polynomial) -> int:
        """A polynomial as a number: a traced one unless it is constant."""
        reduced = expression.substitute(self.solved)
        known = reduced.constant
        return known if known is not None else Traced(self, reduced)

    def decide(self, fact: Fact) -> bool:
        """Whether a fact holds for the values; what is not clear anyway is noted."""
        known = fact.known
        if known is not None:
            return known
        truth = fact.holds(self.values)
        noted = fact if truth else fact.negation
        if noted.sign == "not positive" and nonnegative(noted.items[0]):
            noted = zero(noted.items[0])
        if noted not in self.known and noted not in self.facts:
            self.facts.append(noted)
        return truth


class Traced(TracedInteger):
    """A number of a trace. Made by `Trace.integer`.

    Two are the same for tables of types and attributes when their expressions are.
    """

    trace: Trace
    expression: Polynomial

    def __new__(cls, trace: Trace, expression: Polynomial) -> Traced:
        self = super().__new__(cls, expression.value(trace.values))
        self.trace = trace
        self.expression = expression
        return self

    def __hash__(self) -> int:
        if "_remember" not in sys._getframe(1).f_globals:  # pyright: ignore[reportPrivateUsage] -- only the tables of types may
            self.trace.lost.append("it puts a size into a set or looks it up in a table")
        return hash((self.trace.serial, self.expression))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        if isinstance(other, Traced) and other.trace is not self.trace:
            return False
        expression = expression_of(other)
        known = expression.constant
        if known is not None and abs(known) >= LARGE:  # it asks whether something fits into a machine word, as sizes do
            return int(self) == known
        return self.trace.decide(equal(self.expression, expression))

    def __ne__(self, other: object) -> bool:
        outcome = self.__eq__(other)
        return outcome if outcome is NotImplemented else not outcome

    def __lt__(self, other: int) -> bool:
        return _ordered(self, other, less, self, other)

    def __le__(self, other: int) -> bool:
        return _ordered(self, other, at_most, self, other)

    def __gt__(self, other: int) -> bool:
        return _ordered(self, other, less, other, self)

    def __ge__(self, other: int) -> bool:
        return _ordered(self, other, at_most, other, self)

    def __bool__(self) -> bool:
        return not self.trace.decide(zero(self.expression))

    def __add__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: a + b)

    def __radd__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: b + a)

    def __sub__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: a - b)

    def __rsub__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return _computed(self, other, lambda a, b: a * b)

    def __rmul__(self, other: Any) -> Any:
        return _computed(self, other, lambda a, b: b * a)

    def __neg__(self) -> int:
        return self.trace.integer(-self.expression)

    def __pos__(self) -> int:
        return self

    def __abs__(self) -> int:
        return -self if self < 0 else self

    def __floordiv__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: _quotient(self.trace, a, b))

    def __rfloordiv__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: _quotient(self.trace, b, a))

    def __mod__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: a - b * _quotient(self.trace, a, b))

    def __rmod__(self, other: int) -> int:
        return _computed(self, other, lambda a, b: b - a * _quotient(self.trace, b, a))

    def __divmod__(self, other: int) -> tuple[int, int]:
        return self // other, self % other

    def __rdivmod__(self, other: int) -> tuple[int, int]:
        return other // self, other % self

    def __int__(self) -> int:
        return super().__int__()

    def __str__(self) -> str:
        return f"({self.expression})" if _spelled else int.__repr__(self)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self) if _spelled else super().__format__(spec)


def expression_of(number: int) -> Polynomial:
    """How a number was computed; of a plain one, itself."""
    return number.expression if isinstance(number, Traced) else constant(number)


def _ordered(self: Traced, other: object, fact: Callable[[Polynomial, Polynomial], Fact], a: Any, b: Any) -> bool:
    if not isinstance(other, int):
        return NotImplemented
    first, second = expression_of(a), expression_of(b)
    known = expression_of(other).constant
    if known is not None and abs(known) >= LARGE:
        return fact(constant(int(a)), constant(int(b))).known is True
    return self.trace.decide(fact(first, second))


def _computed(self: Traced, other: object, compute: Callable[[Polynomial, Polynomial], Polynomial]) -> Any:
    if not isinstance(other, int):
        return NotImplemented
    return self.trace.integer(compute(self.expression, expression_of(other)))


def _quotient(trace: Trace, a: Polynomial, b: Polynomial) -> Polynomial:
    if b.constant is None:
        if trace.decide(less(b, ZERO)):
            return -a // -b
        if not trace.decide(less(ZERO, b)):
            raise ZeroDivisionError("integer division or modulo by zero")
    elif b.constant == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    elif b.constant < 0:
        return -a // -b
    return a // b


def _loses(name: str) -> Callable[..., Any]:
    plain: Any = getattr(int, name)

    def lost(self: Traced, *others: Any) -> Any:
        self.trace.lost.append(f"it computes with a size by `{name.strip('_')}`")
        return plain(self, *others)

    return lost


for _name in (
    "__and__", "__or__", "__xor__", "__lshift__", "__rshift__", "__rand__", "__ror__", "__rxor__", "__rlshift__", "__rrshift__",
    "__invert__", "__truediv__", "__rtruediv__", "__float__", "__pow__", "__rpow__", "bit_length",
):  # fmt: skip
    setattr(Traced, _name, _loses(_name))
