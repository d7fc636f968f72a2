"""Small questions are decided by trying all values, the formats that no solver knows among them; large ones are refuted by some."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from couloir.testing.proofs import exhaustive
from couloir.testing.proofs.laws import apply
from couloir.testing.proofs.questions import Proved, Refuted
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term, constant, variable

F8 = np.dtype(ml_dtypes.float8_e4m3fn)
F32, I8, I64 = map(np.dtype, ("float32", "int8", "int64"))


def same(a: Term, b: Term) -> Term:
    return apply("same", a, b)


def test_all_values_of_two_bytes() -> None:
    for dtype in (F8, I8):
        x, y = variable("x", dtype), variable("y", dtype)
        absorbed = exhaustive.decide([], same(apply("minimum", apply("maximum", x, y), x), x))
        if dtype == I8:
            assert absorbed == Proved()
        else:  # y may be NaN
            assert isinstance(absorbed, Refuted) and np.isnan(absorbed.values[y].astype(np.float32))
    x, y = variable("x", I8), variable("y", I8)
    divided = same(apply("divide", apply("multiply", x, y), y), x)
    refuted = exhaustive.decide([apply("compare NE", y, constant(0, I8))], divided)
    assert isinstance(refuted, Refuted) and refuted.certain and refuted.values[y] != 0


def test_premises_leave_values_out() -> None:
    x = variable("x", F8)
    zero = same(apply("subtract", x, x), constant(0, F8))
    refuted = exhaustive.decide([], zero)
    assert isinstance(refuted, Refuted) and np.isnan(refuted.values[x].astype(np.float32))
    assert exhaustive.decide([apply("compare EQ", x, x)], zero) == Proved()


@pytest.mark.parametrize(
    "goal",
    [
        same(apply("tanh", variable("x", I8)), variable("x", I8)),
        same(variable("x", F32), variable("y", F32)),
        apply("compare LE", variable("i", UNBOUNDED), variable("j", UNBOUNDED)),
        same(Term.of("sum", [variable("x", F8)] * 3, F8), variable("x", F8)),
    ],
)
def test_what_cannot_be_tried_is_not_decided(goal: Term) -> None:
    assert exhaustive.decide([], goal) is None


def test_some_values_refute() -> None:
    x, y = variable("x", F32), variable("y", F32)
    for wrong in (
        same(apply("add", x, constant(0, F32)), x),
        same(apply("subtract", apply("add", x, y), y), x),
        same(apply("divide", apply("multiply", x, y), y), x),
    ):
        refuted = exhaustive.refute([], wrong)
        assert refuted is not None
        (found,) = exhaustive.values_of([wrong], {leaf: np.asarray(value) for leaf, value in refuted.values.items()})
        assert not found
    assert exhaustive.refute([], same(apply("abs", apply("abs", x)), apply("abs", x))) is None
    wide = variable("w", I64)
    assert exhaustive.refute([], apply("compare LT", wide, constant(0, I64))) is not None
    assert exhaustive.refute([], same(apply("tanh", x), x)) is None, "its rounding is open"
    assert exhaustive.decide([], variable("b", BOOLEAN)) is not None
