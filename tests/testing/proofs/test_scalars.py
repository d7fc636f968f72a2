"""What ops mean to the solver is what NumPy computes, for every op and element type; and what is not so is refuted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy.domains import NotInDomain, floats
from couloir.backends.numpy.element_types import NARROW_FLOATS, NARROW_INTEGERS, from_bits, kind, width
from couloir.backends.numpy.elementwise import bitcast_convert
from couloir.testing.proofs import scalars, smt
from couloir.testing.proofs.laws import DIVISIONS, apply
from couloir.testing.proofs.questions import Proved, Refuted, Undecided, valid
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term, constant, read, variable

pytestmark = pytest.mark.skipif(smt.z3_executable() is None, reason="needs z3 (pip install couloir[z3])")

INTEGERS = [*map(np.dtype, ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"))]
INTEGERS += sorted(NARROW_INTEGERS, key=str)
FLOATS = [*map(np.dtype, ("float32", "float64"))]
FLOATS += sorted((dtype for dtype in NARROW_FLOATS if scalars.has_meaning(dtype)), key=str)
OPS = {
    1: (
        "abs",
        "negate",
        "not",
        "sign",
        "floor",
        "ceil",
        "round_nearest_even",
        "round_nearest_afz",
        "sqrt",
        "is_finite",
    ),
    2: ("add", "subtract", "multiply", "divide", "remainder", "maximum", "minimum", "and", "or", "xor"),
}
OPS[1] += ("popcnt", "count_leading_zeros")
OPS[2] += ("shift_left", "shift_right_logical", "shift_right_arithmetic")
OPS[2] += tuple(f"compare {direction}" for direction in ("EQ", "NE", "GE", "GT", "LE", "LT"))


def samples(dtype: np.dtype[Any], count: int, seed: int) -> Any:
    """Random bits, and those of numbers near the ends of things."""
    generator = np.random.default_rng([seed, width(dtype)])
    size = width(dtype)
    patterns = generator.integers(0, 1 << min(size, 63), count, dtype=np.uint64)
    edges = np.array([0, 1, 2, (1 << size - 1) - 1, 1 << size - 1, (1 << size - 1) + 1, (1 << size) - 1], np.uint64)
    chosen = np.where(generator.random(count) < 0.4, generator.choice(edges, count), patterns)
    found = from_bits(chosen & np.uint64((1 << size) - 1), dtype)
    if kind(dtype) == "float":
        with np.errstate(all="ignore"):
            small = (generator.integers(-8, 9, count) / 2).astype(dtype)
            wide = generator.choice([np.inf, -np.inf, np.nan, 127.5, -128.5, 255.5, 65504, 2.0**31, 2.0**63], count)
            wide = wide.astype(dtype)
        return np.choose(generator.integers(0, 3, count), [found, small, wide])
    return found


def agree(cases: Sequence[tuple[Term, Any]]) -> None:
    """The solver finds for terms of constants, made without laws, what NumPy does."""
    checks = [Term.of("same", [term, constant(expected, term.dtype)], BOOLEAN) for term, expected in cases]
    for check in checks:
        assert scalars.meaning(check.operands[0]) is not None or check.operands[0].is_constant, check
    together = checks[0]
    for check in checks[1:]:
        together = Term.of("and", [together, check], BOOLEAN)
    if valid([], together, seconds=60) == Proved():
        return
    wrong = next(check for check in checks if valid([], check) != Proved())
    pytest.fail(f"NumPy does not agree: {wrong}")


def applied(op: str, arrays: Sequence[Any], result: Any) -> list[tuple[Term, Any]]:
    rows = zip(*arrays, result, strict=True)
    types = [array.dtype for array in arrays]
    return [
        (Term.of(op, [constant(*pair) for pair in zip(values, types, strict=True)], result.dtype), expected)
        for *values, expected in rows
    ]


def test_a_wrong_meaning_would_be_noticed() -> None:
    with pytest.raises(pytest.fail.Exception, match="does not agree: same"):
        agree(applied("add", [np.array([1, 2], np.int8)] * 2, np.array([2, 5], np.int8)))


@pytest.mark.parametrize("dtype", [BOOLEAN, *INTEGERS, *FLOATS], ids=str)
def test_ops_mean_what_numpy_computes(dtype: Any) -> None:
    cases: list[tuple[Term, Any]] = []
    for arity, ops in OPS.items():
        for number, op in enumerate(ops):
            arrays = [samples(dtype, 12, 10 * number + place) for place in range(arity)]
            try:
                result = floats.apply(op, *arrays)
            except NotInDomain:
                continue
            if op != "remainder" or kind(dtype) != "float":  # an unknown function
                cases += applied(op, arrays, result)
    agree(cases)


@pytest.mark.parametrize("dtype", [BOOLEAN, *INTEGERS, *FLOATS], ids=str)
def test_conversions_mean_what_numpy_computes(dtype: Any) -> None:
    cases: list[tuple[Term, Any]] = []
    for number, target in enumerate((BOOLEAN, *INTEGERS, *FLOATS)):
        if target != dtype:
            values = samples(dtype, 12, number)
            cases += applied("convert", [values], floats.convert(values, target))
            if kind(dtype) in ("signed", "unsigned") and width(dtype) == width(target):
                cases += applied("bitcast_convert", [values], bitcast_convert(floats, values, target))
    agree(cases)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_constant_powers_mean_what_numpy_computes(dtype: Any) -> None:
    cases: list[tuple[Term, Any]] = []
    for exponent in (0, 1, 2, 3, 7, -1, -2):
        values = samples(dtype, 8, 1)
        exponents = np.full(8, exponent).astype(dtype)
        if scalars.meaning(Term.of("power", [variable("x", dtype), constant(exponents[0], dtype)], dtype)):
            cases += applied("power", [values, exponents], floats.apply("power", values, exponents))
    agree(cases)


@pytest.mark.parametrize("name", DIVISIONS)
def test_divisions_mean_what_their_names_say(name: str) -> None:
    cases: list[tuple[Term, Any]] = []
    for a in range(-7, 8):
        for b in (-3, -2, -1, 1, 2, 3):
            operands = [constant(n, UNBOUNDED) for n in (a, b)]
            cases.append((Term.of(name, operands, UNBOUNDED), DIVISIONS[name](a, b)))
    agree(cases)
    # The divisor is a variable: another text.
    x, y = variable("x", UNBOUNDED), variable("y", UNBOUNDED)
    for a, b in ((7, -2), (-7, 2), (-7, -2), (7, 2), (6, 3), (-6, 3)):
        known = [apply("compare EQ", x, constant(a, UNBOUNDED)), apply("compare EQ", y, constant(b, UNBOUNDED))]
        assert (
            valid(known, apply("compare EQ", apply(name, x, y), constant(DIVISIONS[name](a, b), UNBOUNDED))) == Proved()
        )


# -- questions -----------------------------------------------------------------------------------------------------------

F32, I32, U32, I8 = map(np.dtype, ("float32", "int32", "uint32", "int8"))


def same(a: Term, b: Term) -> Any:
    return valid([], apply("same", a, b), seconds=60)


def test_wrong_laws_of_floats_are_refuted() -> None:
    x, y, zero = variable("x", F32), variable("y", F32), constant(0.0, F32)
    refuted = same(apply("add", x, zero), x)
    assert isinstance(refuted, Refuted) and refuted.certain
    assert refuted.values[x].tobytes() == np.float32(-0.0).tobytes()
    refuted = same(apply("subtract", x, x), zero)
    assert isinstance(refuted, Refuted) and not np.isfinite(refuted.values[x])
    refuted = same(apply("subtract", apply("add", x, y), y), x)
    assert isinstance(refuted, Refuted)
    a, b = refuted.values[x], refuted.values[y]
    with np.errstate(all="ignore"):
        found = (a + b) - b
    assert found.tobytes() != a.tobytes()


def test_laws_of_floats_are_proved() -> None:
    x, y = variable("x", F32), variable("y", F32)
    smaller = apply("minimum", x, y)
    assert same(apply("maximum", smaller, x), apply("select", apply("compare NE", y, y), y, x)) == Proved()
    assert same(apply("multiply", x, x), apply("abs", apply("multiply", x, x))) == Proved()
    assert same(apply("negate", apply("subtract", x, y)), apply("subtract", y, x)) != Proved()  # zeros
    finite = [apply("is_finite", x)]
    assert valid(finite, apply("compare EQ", apply("subtract", x, x), constant(0, F32))) == Proved()


def test_laws_of_integers() -> None:
    for dtype, op in ((I32, "shift_right_arithmetic"), (U32, "shift_right_logical")):
        x, one, two = variable("x", dtype), constant(1, dtype), constant(2, dtype)
        outcome = same(apply("divide", x, two), apply(op, x, one))
        if dtype == U32:
            assert outcome == Proved()
        else:  # -1 / 2 is 0
            assert isinstance(outcome, Refuted) and int(outcome.values[x]) < 0 and int(outcome.values[x]) % 2 == 1
    x, y = variable("x", I8), variable("y", I8)
    assert same(apply("subtract", apply("add", x, y), y), x) == Proved()
    assert isinstance(valid([], apply("compare LT", x, apply("add", x, constant(1, I8)))), Refuted)


def test_unknown_functions_are_functions() -> None:
    x, y = variable("x", F32), variable("y", F32)
    equal = [apply("same", x, y)]
    assert valid(equal, apply("same", apply("tanh", x), apply("tanh", y))) == Proved()
    refuted = valid([], apply("same", apply("tanh", x), apply("tanh", y)))
    assert isinstance(refuted, Refuted) and not refuted.certain
    narrow = next(dtype for dtype in NARROW_FLOATS if not scalars.has_meaning(dtype))
    a, b = variable("a", narrow), variable("b", narrow)
    assert valid([apply("same", a, b)], apply("same", apply("add", a, a), apply("add", b, b))) == Proved()


@pytest.mark.parametrize("op", ["exponential", "logistic", "tanh", "sine", "cosine"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_what_is_known_of_functions_is_so(op: str, dtype: Any) -> None:
    """What the solver is told of a function holds of what NumPy makes of numbers, wherever it looks."""
    values = samples(dtype, 60, 3)
    with np.errstate(all="ignore"):
        results = floats.apply(op, values)
    facts: list[str] = []
    for value, result in zip(values, results, strict=True):
        pair = [scalars.literal(constant(number, dtype)) for number in (result, value)]
        assert pair[0] is not None and pair[1] is not None
        facts += scalars.facts(Term.of(op, [constant(value, dtype)], dtype), *pair)
    assert facts
    assert smt.solve(f"(assert (not (and {' '.join(facts)} true)))") == smt.Unsat()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_number_divided_by_itself(dtype: Any) -> None:
    values = samples(dtype, 40, 5)
    with np.errstate(all="ignore"):
        results = floats.apply("divide", values, values)
    agree([(Term.of("divide", [constant(x, dtype)] * 2, dtype), y) for x, y in zip(values, results, strict=True)])
    x = variable("x", dtype)
    assert valid([apply("compare EQ", apply("divide", x, x), apply("divide", x, x))], apply("is_finite", x)) == Proved()


def test_facts_prove() -> None:
    x, zero = variable("x", F32), constant(0, F32)
    power = apply("exponential", x)
    assert valid([], apply("same", apply("maximum", power, zero), power)) == Proved()
    assert isinstance(valid([], apply("same", apply("maximum", apply("tanh", x), zero), apply("tanh", x))), Refuted)
    bounded = apply("minimum", apply("maximum", apply("tanh", x), constant(-1, F32)), constant(1, F32))
    assert valid([], apply("same", bounded, apply("tanh", x))) == Proved()


def test_reads_are_equal_where_their_indices_are() -> None:
    i, j, one = variable("i", UNBOUNDED), variable("j", UNBOUNDED), constant(1, UNBOUNDED)
    known = [apply("compare EQ", j, apply("add", i, one))]
    a, b = read("x", [j], F32), read("x", [apply("add", one, i)], F32)
    assert valid(known, apply("same", a, b)) == Proved()
    assert isinstance(valid([], apply("same", a, b)), Refuted)
    assert isinstance(valid(known, apply("same", a, read("y", [j], F32))), Refuted)


def test_bits_are_the_same_ones_on_the_way_back() -> None:
    x = variable("x", F32)
    word = apply("bitcast_convert", x, dtype=I32)
    positive = apply("compare GE", word, constant(0, I32))
    number = apply("compare EQ", x, x)
    assert valid([positive, number], apply("compare GE", x, constant(0, F32))) == Proved()
    assert isinstance(valid([positive], apply("compare GE", x, constant(0, F32))), Refuted)  # a NaN


def test_index_arithmetic_with_unknown_sizes() -> None:
    i, n, tile = (variable(name, UNBOUNDED) for name in ("i", "n", "tile"))
    zero, one = constant(0, UNBOUNDED), constant(1, UNBOUNDED)
    inside = [apply("compare LE", zero, i), apply("compare LT", i, n), apply("compare LT", zero, tile)]
    outer, inner = apply("floor divide", i, tile), apply("floor remainder", i, tile)
    assert valid(inside, apply("compare EQ", apply("add", apply("multiply", outer, tile), inner), i)) == Proved()
    assert valid(inside, apply("compare LT", outer, apply("ceiling divide", n, tile))) == Proved()
    wrong = valid(inside, apply("compare LT", outer, apply("floor divide", n, tile)))
    assert isinstance(wrong, Refuted) and wrong.certain
    values = {name: wrong.values.get(name, 0) for name in (i, n, tile)}
    assert values[i] // values[tile] >= values[n] // values[tile]
    assert valid([apply("compare LT", i, i)], apply("compare LT", one, zero)) == Proved()


def test_no_time_decides_nothing() -> None:
    wide = np.dtype(np.uint64)
    x, y, limit = variable("x", wide), variable("y", wide), constant(1 << 32, wide)
    small = [apply("compare LT", factor, limit) for factor in (x, y)]
    prime = apply("compare NE", apply("multiply", x, y), constant(2147483647 * 2147483629, wide))
    outcome = valid(small, prime, seconds=0.1)
    assert isinstance(outcome, Undecided) and "0.1 s" in outcome.why
