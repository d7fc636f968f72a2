"""Arithmetic of intervals against that of all their numbers, and widening."""

from __future__ import annotations

import operator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.analysis.dataflow.ranges import ANY, IntegerRanges, Interval, wrapped

intervals = st.tuples(st.integers(-9, 9), st.integers(0, 6)).map(lambda t: Interval(t[0], t[0] + t[1]))
LATTICE = IntegerRanges.lattice


def numbers(interval: Interval) -> range:
    return range(interval.low, interval.high + 1)


@pytest.mark.parametrize("function", [operator.add, operator.sub, operator.mul])
@given(a=intervals, b=intervals)
def test_sums_and_products_are_exact_at_the_ends(function, a, b) -> None:
    found = [function(x, y) for x, y in product(numbers(a), numbers(b))]
    assert function(a, b) == Interval(min(found), max(found))
    assert function(a, b.low) == function(a, Interval(b.low, b.low))


@pytest.mark.parametrize("function", [operator.floordiv, operator.mod])
@given(a=intervals, b=intervals)
def test_quotients_and_remainders_hold_all(function, a, b) -> None:
    if 0 in b or (function is operator.mod and b.low < 0):
        with pytest.raises(ZeroDivisionError):
            function(a, b)
        return
    found = [function(x, y) for x, y in product(numbers(a), numbers(b))]
    result = function(a, b)
    assert all(n in result for n in found)
    if function is operator.floordiv:
        assert result == Interval(min(found), max(found))


@given(intervals, intervals)
def test_joins_and_meets(a, b) -> None:
    assert set(numbers(a)) | set(numbers(b)) <= set(numbers(a.join(b)))
    both = set(numbers(a)) & set(numbers(b))
    assert (set(numbers(a.meet(b))) if a.meet(b) else set()) == both
    assert -a == Interval(min(-n for n in numbers(a)), max(-n for n in numbers(a)))
    assert a.single == (a.low if len(numbers(a)) == 1 else None)


@given(st.lists(intervals | st.sampled_from([None, ANY, Interval(-(2**70), 2**70)]), min_size=1, max_size=6))
def test_the_lattice_grows_and_ends(facts) -> None:
    fact = None
    for other in facts:
        joined = LATTICE.join(fact, other)
        assert LATTICE.join(joined, fact) == joined == LATTICE.join(other, fact)
        wide = LATTICE.widen(fact, joined)
        assert LATTICE.join(wide, joined) == wide
        fact = joined


def test_widening_has_few_steps() -> None:
    fact, steps = Interval(0, 0), 0
    while isinstance(fact, Interval):
        fact, steps = LATTICE.widen(fact, Interval(fact.low - 1, fact.high + 1)), steps + 1
    assert steps < 25 and fact is ANY
    assert LATTICE.widen(Interval(0, 5), Interval(0, 6)) == Interval(0, 127)
    assert LATTICE.widen(Interval(0, 5), Interval(-3, 5)) == Interval(-128, 5)
    assert LATTICE.widen(None, Interval(-3, 5)) == Interval(-3, 5)


def test_what_does_not_wrap_stays() -> None:
    byte = Interval(-128, 127)
    assert wrapped(Interval(-128, 127), byte) == byte
    assert wrapped(Interval(3, 5), byte) == Interval(3, 5)
    assert wrapped(Interval(128, 130), byte) == Interval(-128, -126)
    assert wrapped(Interval(127, 128), byte) == byte
    assert wrapped(Interval(-1, 256), Interval(0, 255)) == Interval(0, 255)
