"""Affine maps and integer sets: equal, or contained in each other, for all dimensions and symbols that are not negative.

d0, s0 = AffineDim(0), AffineSymbol(0)
equal_maps(AffineMap(1, 1, [(d0 // s0) * s0 + d0 % s0]), AffineMap(1, 1, [d0]))       # Proved()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.ir.affine import AffineMap, IntegerSet
from couloir.ir.errors import Error
from couloir.testing.proofs import smt
from couloir.testing.proofs.laws import apply
from couloir.testing.proofs.polynomials import normal
from couloir.testing.proofs.questions import Outcome, Proved, valid
from couloir.testing.proofs.terms import TRUE, UNBOUNDED, Term, constant, postorder, variable

_ZERO = constant(0, UNBOUNDED)


class _Number:
    """An unbounded integer that affine expressions can be evaluated with. Division and remainder floor."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def _applied(self, op: str, *others: Any) -> _Number:
        return _Number(apply(op, self.term, *map(_term, others)))

    def __add__(self, other: Any) -> _Number:
        return self._applied("add", other)

    def __mul__(self, other: Any) -> _Number:
        return self._applied("multiply", other)

    def __neg__(self) -> _Number:
        return self._applied("negate")

    def __floordiv__(self, other: Any) -> _Number:
        return self._applied("floor divide", other)

    def __mod__(self, other: Any) -> _Number:
        return self._applied("floor remainder", other)

    __radd__, __rmul__ = __add__, __mul__

    def __rfloordiv__(self, other: Any) -> _Number:
        return _Number(_term(other))._applied("floor divide", self)

    def __rmod__(self, other: Any) -> _Number:
        return _Number(_term(other))._applied("floor remainder", self)


def _term(value: Any) -> Term:
    return value.term if isinstance(value, _Number) else constant(int(value), UNBOUNDED)


def _positions(name: str, count: int) -> list[_Number]:
    return [_Number(variable(f"{name}{place}", UNBOUNDED)) for place in range(count)]


def equal_maps(
    a: AffineMap, b: AffineMap, *, inside: IntegerSet | None = None, seconds: float = smt.SECONDS
) -> Outcome:
    """Whether two maps give the same results, for all dimensions and symbols from 0 on; what is divided by is positive.

    Args:
        a, b: Maps of as many dimensions, symbols and results.
        inside: Only dimensions and symbols of this set count.
        seconds: How long the solver may take.
    """
    sizes = {(map.dim_count, map.symbol_count, len(map.results)) for map in (a, b)}
    if len(sizes) > 1:
        raise Error(f"the maps `{a}` and `{b}` have different numbers of dimensions, symbols or results")
    dims, symbols = _positions("d", a.dim_count), _positions("s", a.symbol_count)
    pairs = [
        tuple(_term(result.evaluate(dims, symbols)) for result in pair)
        for pair in zip(a.results, b.results, strict=True)
    ]
    goal = TRUE
    for one, other in pairs:
        left, right = normal([one, other]).terms
        if left is not right:
            goal = apply("and", goal, apply("compare EQ", one, other))
    return _asked(dims, symbols, inside, [term for pair in pairs for term in pair], goal, seconds)


def contained(a: IntegerSet, b: IntegerSet, *, seconds: float = smt.SECONDS) -> Outcome:
    """Whether all that is in a set is in another, for all dimensions and symbols from 0 on; what is divided by is positive."""
    if (a.dim_count, a.symbol_count) != (b.dim_count, b.symbol_count):
        raise Error(f"the sets `{a}` and `{b}` have different numbers of dimensions or symbols")
    dims, symbols = _positions("d", a.dim_count), _positions("s", a.symbol_count)
    goals = _members(b, dims, symbols)
    goal = TRUE
    for member in goals:
        goal = apply("and", goal, member)
    return _asked(dims, symbols, a, goals, goal, seconds)


def _members(set: IntegerSet, dims: Sequence[_Number], symbols: Sequence[_Number]) -> list[Term]:
    """The conditions of a set."""
    return [
        apply("compare EQ" if is_equality else "compare GE", _term(expression.evaluate(dims, symbols)), _ZERO)
        for expression, is_equality in set.constraints
    ]


def _asked(
    dims: Sequence[_Number],
    symbols: Sequence[_Number],
    inside: IntegerSet | None,
    used: Sequence[Term],
    goal: Term,
    seconds: float,
) -> Outcome:
    premises = [apply("compare GE", number.term, _ZERO) for number in (*dims, *symbols)]
    if inside is not None:
        premises += _members(inside, dims, symbols)
    for term in postorder([*used, *premises]):
        if term.op.startswith("floor ") and not term.operands[1].is_constant:
            premises.append(apply("compare LT", _ZERO, term.operands[1]))
    return Proved() if goal is TRUE else valid(premises, goal, seconds=seconds)
