"""Normal forms: integers keep every bit, floats their exact value, and what that takes is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.testing.proofs.domain import PRODUCT, SUM
from couloir.testing.proofs.laws import apply
from couloir.testing.proofs.polynomials import nearly_equal, normal, open_regions
from couloir.testing.proofs.terms import UNBOUNDED, Term, constant, postorder, variable

F32 = np.dtype(np.float32)
INTEGERS = [np.dtype(name) for name in ("int8", "uint8", "int16")]
NAMES = "xyz"


def value_of(term: Term, values: dict[Term, Any], compute: Callable[[Term, Sequence[Any]], Any]) -> Any:
    known = dict(values)
    for part in postorder([term]):
        if part not in known:
            known[part] = compute(part, [known[operand] for operand in part.operands])
    return known[term]


def wrapped(number: int, dtype: Any) -> int:
    if dtype == UNBOUNDED:
        return number
    bits = 8 * dtype.itemsize
    number %= 1 << bits
    return number - (1 << bits) if dtype.kind == "i" and number >> (bits - 1) else number


def of_integers(term: Term, operands: Sequence[Any]) -> int:
    match term.op:
        case "constant":
            return int(term.value)
        case "polynomial":
            total = of_polynomial(term, operands)
        case "add":
            total = operands[0] + operands[1]
        case "subtract":
            total = operands[0] - operands[1]
        case "multiply":
            total = operands[0] * operands[1]
        case "negate":
            total = -operands[0]
        case "not":
            total = ~operands[0]
        case "convert":
            total = operands[0]
        case "shift_left":
            count = operands[1] % (1 << 8 * term.dtype.itemsize)
            total = operands[0] << count if count < 8 * term.dtype.itemsize else 0
        case "maximum":
            total = max(operands)
        case "and":
            total = -1
            for operand in operands:
                total &= operand
        case "xor":
            total = 0
            for operand in operands:
                total ^= operand
        case op:
            raise AssertionError(op)
    return wrapped(total, term.dtype)


def of_polynomial(term: Term, operands: Sequence[Any]) -> Any:
    total: Any = 0
    data: Any = term.data
    for monomial, coefficient in data:
        for place, power in monomial:
            coefficient = coefficient * operands[place] ** power
        total += coefficient
    return total


def of_fractions(term: Term, operands: Sequence[Any]) -> Any:
    match term.op:
        case "constant":
            return Fraction(float(term.value))
        case "polynomial":
            return of_polynomial(term, operands)
        case "add" | "sum":
            return sum(operands)
        case "multiply":
            return operands[0] * operands[1]
        case "negate":
            return -operands[0]
        case "divide":
            return operands[0] / operands[1]
        case "fma":
            return operands[0] * operands[1] + operands[2]
        case "maximum":
            return max(operands)
        case op:
            raise AssertionError(op)


Steps = list[tuple[str, int, int, int]]


def built(steps: Steps, leaves: Sequence[Term], ops: Sequence[str]) -> Term:
    made = list(leaves)
    for op, left, right, number in steps:
        a, b = made[left % len(made)], made[right % len(made)]
        dtype = a.dtype
        if op == "constant":
            made.append(constant(number, dtype))
        elif op in ("negate", "not"):
            made.append(apply(op, a))
        elif op == "shift_left":
            made.append(apply(op, a, constant(abs(number), dtype)))
        elif op == "fma":
            made.append(apply(op, a, b, made[number % len(made)]))
        elif op == "sum":
            made.append(Term.of(SUM, sorted([a, b, made[number % len(made)]], key=lambda term: term.key), dtype))
        else:
            made.append(apply(op, a, b))
    return made[-1]


def steps(ops: Sequence[str]) -> Any:
    place = st.integers(0, 8)
    return st.lists(st.tuples(st.sampled_from(ops), place, place, st.integers(-3, 9)), min_size=1, max_size=8)


OF_INTEGERS = ("add", "subtract", "multiply", "negate", "constant", "maximum", "and", "xor")
OF_FLOATS = ("add", "subtract", "multiply", "negate", "constant", "divide", "fma", "maximum", "sum")


@pytest.mark.parametrize("dtype", [*INTEGERS, UNBOUNDED], ids=str)
@given(st.data())
def test_integers_keep_every_bit(dtype: Any, data: Any) -> None:
    ops = (*OF_INTEGERS, "not", "shift_left") if dtype != UNBOUNDED else OF_INTEGERS[:-2]
    leaves = [variable(name, dtype) for name in NAMES]
    term = built(data.draw(steps(ops)), leaves, ops)
    found = normal([term])
    assert not found.needs
    numbers = data.draw(st.lists(st.integers(-128, 127), min_size=3, max_size=3))
    values = {leaf: wrapped(number, dtype) for leaf, number in zip(leaves, numbers, strict=True)}
    assert value_of(found.terms[0], values, of_integers) == value_of(term, values, of_integers)


@given(st.data())
def test_narrowing_is_done_where_it_does_not_matter(data: Any) -> None:
    wide, narrow = np.dtype(np.int16), np.dtype(np.int8)
    leaves = [variable(name, wide) for name in NAMES]
    term = apply("convert", built(data.draw(steps(OF_INTEGERS)), leaves, OF_INTEGERS), dtype=narrow)
    (found,) = normal([term]).terms
    numbers = data.draw(st.lists(st.integers(-(1 << 15), (1 << 15) - 1), min_size=3, max_size=3))
    values = dict(zip(leaves, numbers, strict=True))
    assert value_of(found, values, of_integers) == value_of(term, values, of_integers)


@given(st.data())
def test_floats_keep_their_exact_value(data: Any) -> None:
    leaves = [variable(name, F32) for name in NAMES]
    term = built(data.draw(steps(OF_FLOATS)), leaves, OF_FLOATS)
    (found,) = normal([term], set(postorder([term]))).terms
    numbers = data.draw(st.lists(st.fractions(-4, 4, max_denominator=6), min_size=3, max_size=3))
    values = dict(zip(leaves, numbers, strict=True))
    try:
        expected = value_of(term, values, of_fractions)
    except (ZeroDivisionError, OverflowError, ValueError):
        return
    assert value_of(found, values, of_fractions) == expected


X, Y, Z = (variable(name, F32) for name in NAMES)
ONE, ZERO, TWO = (constant(number, F32) for number in (1, 0, 2))
CANCELS = {"no NaN", "no infinities", "no signed zeros"}


def add(a: Term, b: Term) -> Term:
    return apply("add", a, b)


def multiply(a: Term, b: Term) -> Term:
    return apply("multiply", a, b)


@pytest.mark.parametrize(
    ("a", "b", "needs"),
    [
        (add(add(X, Y), Z), add(X, add(Y, Z)), set()),
        (multiply(multiply(X, Y), Z), multiply(X, multiply(Z, Y)), set()),
        (add(multiply(X, TWO), X), multiply(X, constant(3, F32)), set()),
        (apply("divide", multiply(X, Y), TWO), multiply(multiply(X, constant(0.5, F32)), Y), set()),
        (apply("fma", X, Y, Z), add(multiply(X, Y), Z), set()),
        (add(add(X, ZERO), ZERO), add(X, ZERO), set()),
        (apply("subtract", add(X, Y), Y), X, CANCELS),
        (multiply(add(X, Y), Z), add(multiply(X, Z), multiply(Y, Z)), {"no infinities", "no signed zeros"}),
        (apply("divide", multiply(X, Y), Y), X, {"no NaN"}),
        (apply("divide", apply("divide", X, Y), Z), apply("divide", X, multiply(Y, Z)), set()),
    ],
)
def test_what_exact_arithmetic_takes(a: Term, b: Term, needs: set[str]) -> None:
    everything = set(postorder([a, b]))
    found = normal([a, b], everything)
    assert found.terms[0] is found.terms[1]
    assert found.needs == needs
    assert not normal([a, b], everything, needs).needs
    strict = normal([a, b])
    assert strict.terms[0] is not strict.terms[1] or a is b


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (add(X, ZERO), X),  # -0
        (add(X, Y), apply("subtract", X, Y)),
        (multiply(X, X), multiply(X, TWO)),
        (apply("divide", X, Y), apply("divide", Y, X)),
        (multiply(X, constant(np.inf, F32)), constant(np.inf, F32)),
    ],
)
def test_what_is_different_stays_so(a: Term, b: Term) -> None:
    found = normal([a, b], set(postorder([a, b])))
    assert found.terms[0] is not found.terms[1]


def test_nothing_is_left_of_products_with_zero_where_all_is_finite() -> None:
    term = multiply(add(X, Y), ZERO)
    assert normal([term], set(postorder([term]))).terms[0] is not ZERO
    assert normal([term], set(postorder([term])), CANCELS).terms == [ZERO]


def test_the_zero_that_makes_a_difference_goes_where_signs_do_not_matter() -> None:
    term = add(X, ZERO)
    assert normal([term], {term}, ["no signed zeros"]).terms == [X]


def test_associative_ops_are_sets() -> None:
    for op in ("maximum", "minimum"):
        a = apply(op, apply(op, X, Y), apply(op, Z, X))
        b = apply(op, Z, apply(op, Y, X))
        found = normal([a, b])
        assert found.terms[0] is found.terms[1] and not found.needs
    whole = [variable(name, np.dtype(np.int8)) for name in NAMES]
    a = apply("xor", apply("xor", whole[0], whole[1]), whole[0])
    assert normal([a]).terms == [whole[1]]


def test_rounding_is_open_only_near_a_sum_of_no_order() -> None:
    total = Term.of(SUM, sorted([X, Y, Z], key=lambda term: term.key), F32)
    near, far = add(total, X), apply("tanh", add(add(X, Y), Z))
    outer = add(near, apply("tanh", far))
    assert open_regions([outer]) == {total, near, outer}
    assert not open_regions([far])
    assert open_regions([Term.of(PRODUCT, [X, Y, Z], F32)])


def test_coefficients_may_be_rounded() -> None:
    third = constant(1 / 3, F32)
    a, b = multiply(multiply(X, third), third), multiply(X, multiply(third, third))
    found = normal([a, b], set(postorder([a, b]))).terms
    assert found[0] is not found[1] and nearly_equal(*found, 2.0**-24)
    other = multiply(X, constant(0.1112, F32))
    assert not nearly_equal(found[0], normal([other], {other}).terms[0], 2.0**-24)


def test_large_products_are_left_alone() -> None:
    leaves = [variable(f"v{number}", np.dtype(np.int32)) for number in range(40)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = add(total, leaf)
    power = total
    for _ in range(5):
        power = multiply(power, power)
    (found,) = normal([power]).terms
    assert found.op == "multiply" or found.op == "polynomial"
    assert len(list(postorder([found]))) < 10_000
