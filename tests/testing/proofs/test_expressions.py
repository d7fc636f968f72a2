"""Expressions in normal form: equal ones look equal, and they are what Python computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.testing.proofs.expressions import ONE, Atom, Polynomial, constant, index, nonnegative, of, symbol

N, M, K = (symbol(name) for name in ("n", "m", "k"))
n, m, k = of(N), of(M), of(K)


def test_symbols_are_interned_by_kind_and_name() -> None:
    assert symbol("n") is N
    assert symbol("n", "number") is not N


def test_products_and_sums_have_one_form() -> None:
    assert (n + m) * (n - m) == n * n - m * m
    assert n * m == m * n
    assert (n - n).constant == 0


def test_a_known_factor_is_divided_out() -> None:
    assert n * m // m == n
    assert (n + m) * k // (n + m) == k
    assert (n * constant(4) + constant(3)) // constant(2) == n * constant(2) + ONE


def test_the_remainder_is_what_the_quotient_leaves() -> None:
    x = of(index(n * m))
    assert m * (x // m) + x % m == x


def test_an_index_of_a_merged_dimension_splits_into_the_old_ones() -> None:
    i, j, last = of(index(n)), of(index(m)), of(index(k))
    flat = (i * m + j) * k + last
    assert flat % k == last
    assert flat // k % m == j
    assert flat // (m * k) == i


def test_an_index_beyond_its_bound_is_not_divided_away() -> None:
    i, j = of(index(n)), of(index(k))
    assert (i * m + j) // m != i  # j may be m or more


def test_what_is_seen_to_be_natural() -> None:
    i = of(index(n))
    assert nonnegative(n * m + ONE)
    assert nonnegative(n - i - ONE)
    assert not nonnegative(n - ONE)
    assert not nonnegative(n - i - constant(2))
    assert not nonnegative(of(symbol("p", "number")))


SYMBOLS = (N, M, symbol("p", "number"))


@st.composite
def _computations(draw: st.DrawFn) -> tuple[Polynomial, dict[Atom, int], int | None]:
    """An expression with the values of its symbols, and what Python makes of it; None for a division by zero."""
    values = {atom: draw(st.integers(0 if atom.kind == "size" else -5, 7)) for atom in SYMBOLS}
    stack: list[tuple[Polynomial, int]] = []
    for _ in range(draw(st.integers(1, 3))):
        atom = draw(st.sampled_from(SYMBOLS))
        stack.append((of(atom), values[atom]))
        number = draw(st.integers(-4, 4))
        stack.append((constant(number), number))
    while len(stack) > 1:
        (a, x), (b, y) = stack.pop(), stack.pop(0)
        match draw(st.sampled_from("+-*/%")):
            case "+":
                stack.append((a + b, x + y))
            case "-":
                stack.append((a - b, x - y))
            case "*":
                stack.append((a * b, x * y))
            case _ if y <= 0:
                stack.append((a, x))
            case "/":
                stack.append((a // b, x // y))
            case _:
                stack.append((a % b, x % y))
    return stack[0][0], values, stack[0][1]


@given(_computations())
def test_an_expression_is_what_python_computes(case: tuple[Polynomial, dict[Atom, int], int]) -> None:
    expression, values, expected = case
    assert expression.value(values) == expected


@given(_computations(), _computations())
def test_substitution_is_evaluation_in_two_steps(
    case: tuple[Polynomial, dict[Atom, int], int], other: tuple[Polynomial, dict[Atom, int], int]
) -> None:
    expression, _, _ = case
    inner, values, value = other
    whole = {**values, N: abs(value)}
    replaced = expression.substitute({N: inner if value >= 0 else -inner})
    try:
        expected = expression.value(whole)
    except ZeroDivisionError:
        return
    assert replaced.value(values) == expected


def test_division_by_nothing_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        (n // constant(0)).value({N: 1})
