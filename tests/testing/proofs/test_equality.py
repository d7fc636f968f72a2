"""Tensors that are equal for all sizes of a path, and what must not be taken for equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic

import numpy as np
import pytest

from couloir.testing.proofs import smt
from couloir.testing.proofs.elements import Indices, choice, converted, fold, number, read, with_indices
from couloir.testing.proofs.equality import Equality
from couloir.testing.proofs.expressions import ONE, ZERO, Polynomial, constant, index, of, symbol
from couloir.testing.proofs.facts import Arithmetic, Fact, at_most, equal, less
from couloir.testing.proofs.laws import apply
from couloir.testing.proofs.paths import premises
from couloir.testing.proofs.tensors import Tensor
from couloir.testing.proofs.terms import Term
from couloir.testing.proofs.terms import constant as constant_term

pytestmark = pytest.mark.skipif(smt.why_not() is not None, reason="there is no SMT solver")
F32, I8, I32 = (np.dtype(name) for name in ("float32", "int8", "int32"))
n, m = of(symbol("n")), of(symbol("m"))


@pytest.fixture
def arithmetic() -> Iterator[Arithmetic]:
    with Arithmetic(monotonic() + 30) as made:
        yield made


def _equal(arithmetic: Arithmetic, a: Tensor, b: Tensor, known: Sequence[Fact] = ()) -> bool:
    return Equality(known, arithmetic).difference(a, b) is None


def _tensor(dims: Sequence[Polynomial], at: Callable[[Indices], Term]) -> Tensor:
    return Tensor(tuple(dims), F32, at)


def _scalar(term: Term) -> Tensor:
    return Tensor((), term.dtype, lambda indices: term)


def test_shapes_have_to_be_equal(arithmetic: Arithmetic) -> None:
    a, b = (_tensor([size], lambda indices: read(0, indices, F32)) for size in (n, m))
    assert not _equal(arithmetic, a, b)
    assert _equal(arithmetic, a, b, [at_most(n, m), at_most(m, n)])


def test_elements_count_at_indices_in_range_alone(arithmetic: Arithmetic) -> None:
    a = _tensor([n], lambda i: read(0, i, F32))
    b = _tensor([n], lambda i: choice([less(i[0], n)], lambda: read(0, i, F32), lambda: read(1, i, F32)))
    c = _tensor([n], lambda i: choice([less(i[0] + ONE, n)], lambda: read(0, i, F32), lambda: read(1, i, F32)))
    assert _equal(arithmetic, a, b)
    assert not _equal(arithmetic, a, c)  # the last one
    assert _equal(arithmetic, a, c, [equal(n, ZERO)])


def test_both_cases_of_a_condition_are_compared(arithmetic: Arithmetic) -> None:
    def at(first: int, second: int, split: Polynomial) -> Tensor:
        return _tensor(
            [n], lambda i: choice([less(i[0], split)], lambda: read(first, i, F32), lambda: read(second, i, F32))
        )

    assert _equal(arithmetic, at(0, 1, m), at(0, 1, m))
    assert not _equal(arithmetic, at(0, 1, m), at(0, 0, m))
    assert not _equal(arithmetic, at(0, 1, m), at(1, 1, m))
    assert not _equal(arithmetic, at(0, 1, m), at(0, 1, m + ONE))
    assert _equal(arithmetic, at(0, 1, m), at(0, 1, m + ONE), [less(n, m)])


def _sum(bounds: Sequence[Polynomial], body: Callable[..., Term]) -> Tensor:
    atoms = [index(bound, "k") for bound in bounds]
    return _scalar(fold("add", atoms, [constant_term(0, F32)], [body(*map(of, atoms))]))


def test_sums_are_equal_when_their_indices_can_be_paired(arithmetic: Arithmetic) -> None:
    straight = _sum([n, m], lambda j, k: read(0, [j, k], F32))
    assert _equal(arithmetic, straight, _sum([m, n], lambda k, j: read(0, [j, k], F32)))
    assert not _equal(arithmetic, straight, _sum([n, m], lambda j, k: read(0, [k, j], F32)))
    assert not _equal(arithmetic, straight, _sum([n, m + ONE], lambda j, k: read(0, [j, k], F32)))
    assert not _equal(arithmetic, straight, _sum([n], lambda j: read(0, [j, ZERO], F32)))


def test_a_condition_on_an_index_of_a_sum_holds_for_some_summands_alone(arithmetic: Arithmetic) -> None:
    """Each case by itself has a pairing of the indices, but not the same one."""

    def at(i: Polynomial, j: Polynomial, turned: bool) -> Term:
        first = read(0, [j, i] if turned else [i, j], F32)
        return choice([less(i, ONE)], lambda: first, lambda: read(1, [i, j], F32))

    one = _sum([n, n], lambda i, j: at(i, j, False))
    other = _sum([n, n], lambda i, j: at(i, j, True))
    assert _equal(arithmetic, one, _sum([n, n], lambda i, j: at(i, j, False)))
    assert not _equal(arithmetic, one, other)


def test_a_sum_of_nothing_is_where_it_starts(arithmetic: Arithmetic) -> None:
    assert _equal(arithmetic, _sum([ZERO], lambda k: read(0, [k], F32)), _scalar(constant_term(0, F32)))
    assert not _equal(arithmetic, _sum([n], lambda k: read(0, [k], F32)), _scalar(constant_term(0, F32)))


def test_sums_of_different_kinds_or_starts_differ(arithmetic: Arithmetic) -> None:
    def made(kind: object, start: float) -> Tensor:
        k = index(n, "k")
        return _scalar(fold(kind, [k], [constant_term(start, F32)], [read(0, [of(k)], F32)]))  # pyright: ignore[reportArgumentType]

    assert _equal(arithmetic, made("add", 0), made("add", 0))
    assert not _equal(arithmetic, made("add", 0), made("add", 1))
    assert not _equal(arithmetic, made("add", 0), made("maximum", 0))
    assert not _equal(arithmetic, made("a body", 0), made("another", 0))


def test_what_is_no_fold_in_any_order_keeps_its_order(arithmetic: Arithmetic) -> None:
    def made(kind: str, turned: bool) -> Tensor:
        j, k = index(n, "j"), index(n, "k")
        places = [of(k), of(j)] if turned else [of(j), of(k)]
        return _scalar(fold(kind, [j, k], [constant_term(0, F32)], [read(0, places, F32)]))

    assert _equal(arithmetic, made("maximum", False), made("maximum", True))
    assert not _equal(arithmetic, made("a body", False), made("a body", True))


def test_a_sum_of_sums_is_one_sum_where_the_inner_ones_start_from_nothing(arithmetic: Arithmetic) -> None:
    def nested(start: float) -> Tensor:
        j, k = index(n, "j"), index(m, "k")
        inner = fold("add", [k], [constant_term(start, F32)], [read(0, [of(j), of(k)], F32)])
        return _scalar(fold("add", [j], [constant_term(0, F32)], [inner]))

    whole = _sum([n, m], lambda j, k: read(0, [j, k], F32))
    assert _equal(arithmetic, nested(0), whole)
    assert not _equal(arithmetic, nested(1), whole)


def test_sums_of_which_nothing_is_known_are_not_taken_for_each_other(arithmetic: Arithmetic) -> None:
    """The solver sees a sum as any number, not as a function of its summand."""
    one = _sum([n], lambda k: read(0, [k], F32))
    other = _sum([n], lambda k: apply("multiply", read(0, [k], F32), read(0, [k], F32)))
    assert not _equal(arithmetic, one, other)


def test_equal_operands_give_equal_results_of_an_op_of_which_nothing_is_known(arithmetic: Arithmetic) -> None:
    def of_square(*signs: bool) -> Tensor:
        x = read(0, [], F32)
        first, second = (apply("negate", x) if sign else x for sign in signs)
        return _scalar(Term.of("mystery", [apply("multiply", first, second)], F32))

    assert _equal(arithmetic, of_square(False, False), of_square(True, True))
    assert not _equal(arithmetic, of_square(False, False), of_square(True, False))


def test_numbers_of_narrow_types_wrap() -> None:
    i = of(index(n))
    assert converted(number(i, I32), I8) is number(i, I8)
    assert converted(number(i, I8), I32) is not number(i, I32)
    assert number(constant(7), F32) is constant_term(7, F32)
    assert number(constant(300), I8).op == "number"


def test_indices_are_replaced_in_sums_and_their_bounds() -> None:
    i = index(n, "i")
    k = index(of(i), "k")
    term = fold("add", [k], [constant_term(0, F32)], [read(0, [of(i), of(k)], F32)])
    changed = with_indices(term, {i: constant(2)})
    assert changed.data.indices[0].bound == constant(2)  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess, reportUnknownMemberType]
    assert "[2, k" in repr(changed)


def test_a_quotient_that_was_solved_for_is_still_a_quotient(arithmetic: Arithmetic) -> None:
    half, other = (n // constant(2), m // constant(2))
    facts = [equal(half, other)]
    (((atom,), _),) = half.terms
    known = premises(facts, {atom: other})
    assert arithmetic.impossible([*known, at_most(m + constant(2), n)])
    assert not arithmetic.impossible([*known, at_most(m + ONE, n)])


def test_questions_that_nobody_answers_are_open() -> None:
    with Arithmetic(monotonic() - 1) as late:
        assert late.solve([at_most(n, m), less(m, n + ONE)]) is None
        assert late.follows(at_most(n * n, m), []) is None
        assert late.follows(at_most(ZERO, n), []) is True  # by its form


def test_the_solver_gives_numbers_and_indices_stay_in_range(arithmetic: Arithmetic) -> None:
    i = of(index(n))
    found = arithmetic.solve([at_most(constant(3), i)])
    assert isinstance(found, dict)
    assert i.value(found) < n.value(found)
    assert arithmetic.solve([at_most(n, i)]) is False
    below = arithmetic.solve([at_most(of(symbol("p", "number")), constant(-4))])
    assert isinstance(below, dict) and next(iter(below.values())) <= -4
