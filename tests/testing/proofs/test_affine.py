"""Affine maps and sets: equality and inclusion for all dimensions and symbols."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.ir.affine import (
    AffineBinary,
    AffineConstant,
    AffineDim,
    AffineExpr,
    AffineMap,
    AffineSymbol,
    IntegerSet,
)
from couloir.ir.errors import Error
from couloir.testing.proofs import smt
from couloir.testing.proofs.affine import contained, equal_maps
from couloir.testing.proofs.questions import Proved, Refuted
from couloir.testing.proofs.terms import Term

pytestmark = pytest.mark.skipif(smt.z3_executable() is None, reason="needs z3 (pip install couloir[z3])")

D0, D1, S0, S1 = AffineDim(0), AffineDim(1), AffineSymbol(0), AffineSymbol(1)


def plain(kind: Any, lhs: Any, rhs: Any) -> AffineExpr:
    """An expression as it is, which operators would simplify."""
    lhs, rhs = (AffineConstant(side) if isinstance(side, int) else side for side in (lhs, rhs))
    return AffineBinary(kind, lhs, rhs)


def compare(a: AffineExpr, b: AffineExpr, **options: Any) -> Any:
    return equal_maps(AffineMap(2, 2, [a]), AffineMap(2, 2, [b]), **options)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (plain("+", plain("*", plain("floordiv", D0, 4), 4), plain("mod", D0, 4)), D0),
        (plain("+", plain("*", plain("floordiv", D0, S0), S0), plain("mod", D0, S0)), D0),
        (plain("floordiv", plain("floordiv", D0, 3), 5), plain("floordiv", D0, 15)),
        (plain("ceildiv", D0, 8), plain("floordiv", plain("+", D0, 7), 8)),
        (plain("ceildiv", D0, S0), plain("floordiv", plain("+", plain("+", D0, S0), -1), S0)),
        (plain("mod", plain("+", D0, plain("*", D1, 6)), 3), plain("mod", D0, 3)),
        (plain("*", plain("+", D0, D1), S0), plain("+", plain("*", D0, S0), plain("*", S0, D1))),
    ],
)
def test_equal_expressions(a: AffineExpr, b: AffineExpr) -> None:
    assert compare(a, b) == Proved()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (plain("floordiv", D0, 4), plain("ceildiv", D0, 4)),
        (plain("mod", plain("+", D0, D1), 4), plain("+", plain("mod", D0, 4), plain("mod", D1, 4))),
        (plain("floordiv", plain("*", D0, 2), 3), plain("*", plain("floordiv", D0, 3), 2)),
        (plain("floordiv", D0, S0), plain("floordiv", D0, S1)),
    ],
)
def test_expressions_that_differ_differ_at_the_model(a: AffineExpr, b: AffineExpr) -> None:
    found = compare(a, b)
    assert isinstance(found, Refuted) and found.certain
    values = {str(term.data): number for term, number in found.values.items()}
    dims, symbols = ([values.get(f"{letter}{place}", 0) for place in range(2)] for letter in "ds")
    assert min(dims + symbols) >= 0
    assert a.evaluate(dims, symbols) != b.evaluate(dims, symbols)


def test_a_set_restricts_what_counts() -> None:
    wrapped, straight = plain("mod", D0, S0), D0
    assert isinstance(compare(wrapped, straight), Refuted)
    below = IntegerSet(2, 2, [(S0 - D0 - 1, False)])
    assert compare(wrapped, straight, inside=below) == Proved()
    even = IntegerSet(2, 2, [(D0 % 2, True)])
    assert compare(plain("*", plain("floordiv", D0, 2), 2), D0, inside=even) == Proved()


def test_sets_are_contained() -> None:
    tile = IntegerSet(1, 1, [(D0, False), (S0 * 1 - D0 - 1, False)])
    padded = IntegerSet(1, 1, [(D0, False), (S0.ceildiv(8) * 8 - D0 - 1, False)])
    assert contained(tile, padded) == Proved()
    found = contained(padded, tile)
    assert isinstance(found, Refuted)
    values = {str(term.data): number for term, number in found.values.items()}
    point = [values.get("d0", 0)], [values.get("s0", 0)]
    assert padded.contains(*point) and not tile.contains(*point)


def test_maps_of_other_sizes_are_an_error() -> None:
    with pytest.raises(Error, match="different numbers"):
        equal_maps(AffineMap(1, 0, [D0]), AffineMap(2, 0, [D0]))
    with pytest.raises(Error, match="different numbers"):
        contained(IntegerSet(1, 0, []), IntegerSet(1, 1, []))


LEAVES = st.sampled_from([D0, D1, S0]) | st.integers(-4, 9).map(AffineConstant)


@st.composite
def expressions(draw: Any) -> AffineExpr:
    made: list[AffineExpr] = [draw(LEAVES), draw(LEAVES)]
    for _ in range(draw(st.integers(1, 4))):
        kind: Any = draw(st.sampled_from(["+", "+", "*", "floordiv", "ceildiv", "mod"]))
        lhs = draw(st.sampled_from(made))
        if kind == "+":
            rhs = draw(st.sampled_from(made) | LEAVES)
        else:
            rhs = AffineConstant(draw(st.integers(-3, 5) if kind == "*" else st.integers(1, 6)))
        made.append(plain(kind, lhs, rhs))
    return made[-1]


@given(expressions())
@settings(max_examples=25)
def test_what_operators_simplify_is_proved_equal(expression: AffineExpr) -> None:
    simplified = expression.replace([D0, D1], [S0, S1])
    assert not isinstance(compare(expression, simplified, seconds=2), Refuted)


def test_terms_of_a_model_are_dimensions_and_symbols() -> None:
    found = compare(D0, D1)
    assert isinstance(found, Refuted)
    assert all(isinstance(term, Term) and term.op == "variable" for term in found.values)
