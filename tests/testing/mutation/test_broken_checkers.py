"""Who checks the checker? Each part of it is taken away, and then a wrong rule that it was there for slips through."""

# The functions of an equation are no methods: see couloir.ir.rewriting.rule.
from __future__ import annotations

import numpy as np
import pytest

from couloir import Rewriter, Rule, guard, rule
from couloir.dialects import hlo
from couloir.ir.attributes import UNIT, DenseElementsAttr
from couloir.ir.rewriting import is_splat
from couloir.ir.traits import ConstantLike
from couloir.ir.types import TensorType, f32
from couloir.passes import checking
from couloir.testing import check_rewrite
from couloir.testing.rewrites import oracle, stages
from couloir.testing.rewrites.report import Verdict


def is_f32(value):
    return guard(value.type.element_type is f32, "it is for f32")


def is_argument(value):
    """Constants in its place could be the very numbers that no input is any more."""
    return guard(value.defining_op is None, "it is computed")


class BrokenSum(Rule):
    """x - y  =>  x + y"""

    def pattern(x, y):
        return hlo.Subtract(x, y)

    def rewrite(x, y):
        return hlo.Add(x, y)


class BrokenZero(Rule):
    """x + 0.0  =>  x: -0.0 + 0.0 is 0.0"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(x, zero):
        return is_splat(zero, 0.0) & is_f32(zero) & is_argument(x)

    def rewrite(x):
        return x


class BrokenDifference(Rule):
    """x - x  =>  0: not for NaN and infinities"""

    def pattern(x):
        return hlo.Subtract(x, x)

    def where(x):
        return is_f32(x)

    def rewrite(x):
        return hlo.Constant(DenseElementsAttr.splat(x.type, 0))


class BrokenHalf(Rule):
    """(x + x) * 0.5  =>  x: not where x + x overflows"""

    def pattern(x, half: ConstantLike):
        return hlo.Multiply(hlo.Add(x, x), half)

    def where(x, half):
        return is_splat(half, 0.5) & is_f32(half) & is_argument(x)

    def rewrite(x):
        return x


class BrokenDigits(Rule):
    """exp(x)  =>  exp(x) * 1.00002"""

    def pattern(x):
        return hlo.Negate(hlo.Exponential(x))

    def where(x):
        return is_f32(x)

    def rewrite(x):
        factor = hlo.Constant(DenseElementsAttr.splat(x.type, -1.00002))
        return hlo.Multiply(hlo.Exponential(x), factor)


class BrokenBit(Rule):
    """x + y  =>  x - -(y + 2^-30 x): less than rounding, but not the same"""

    assumes = ("reassociation",)

    def pattern(x, y):
        return hlo.Add(x, y)

    def where(x, op):
        new = guard("seen" not in op.attributes, "it is what the rule makes")
        return new & is_f32(x) & guard(x.type.is_static and x.type.size > 0, "it has no elements")

    def rewrite(x, y):
        little = hlo.Constant(DenseElementsAttr.splat(x.type, 2.0**-10))
        more = hlo.Add(y, hlo.Multiply(hlo.Multiply(hlo.Multiply(x, little), little), little))
        more.attributes["seen"] = UNIT
        return hlo.Subtract(x, hlo.Negate(more))


@rule
def broken_type(op: hlo.Abs, rewriter: Rewriter):
    """abs(x)  =>  abs of something of another type"""
    if op.operand.defining_op is not None:
        return "it is done"
    made = hlo.Constant(DenseElementsAttr.splat(TensorType((7,), f32), 0))
    op.set_operand(0, made.output)
    rewriter.changed(op)
    return None


@pytest.fixture(autouse=True)
def no_proofs(monkeypatch):
    """Provers find the same faults in other ways."""
    monkeypatch.setattr(stages.Check, "_proof", lambda self: None)


def itself(monkeypatch):
    first = oracle._first
    monkeypatch.setattr(oracle, "_first", lambda expected, found, differs: first(expected, expected, differs))
    monkeypatch.setattr(oracle, "_beyond_rounding", lambda *modules: None)


def no_nan(monkeypatch):
    def other_bits(a, b):
        with np.errstate(all="ignore"):
            nan = np.isnan(a) | np.isnan(b) if a.dtype.kind == "f" else False
            return (a != b) & ~np.asarray(nan)

    monkeypatch.setattr(oracle, "_other_bits", other_bits)


def no_signs(monkeypatch):
    monkeypatch.setattr(oracle, "_other_bits", oracle._other_values)


def no_special_numbers(monkeypatch):
    monkeypatch.setattr(stages, "PROFILES", tuple(p for p in stages.PROFILES if p != "special"))


def no_extreme_numbers(monkeypatch):
    monkeypatch.setattr(stages, "PROFILES", tuple(p for p in stages.PROFILES if p != "extreme"))


def a_thousand_times_the_tolerance(monkeypatch):
    allowed = checking.allowed
    monkeypatch.setattr(checking, "allowed", lambda *given: 1000 * allowed(*given))


def no_exact_arithmetic(monkeypatch):
    def undefined(*given):
        raise oracle.Undefined("left out")

    monkeypatch.setattr(stages, "exactly", undefined)


def no_verifier(monkeypatch):
    monkeypatch.setattr(stages, "faults", lambda *given, **limits: [])


@pytest.mark.parametrize(
    ("subject", "broken"),
    [
        (BrokenSum, itself),
        (BrokenDifference, no_nan),
        (BrokenDifference, no_special_numbers),
        (BrokenZero, no_signs),
        (BrokenZero, no_special_numbers),
        (BrokenHalf, no_extreme_numbers),
        (BrokenDigits, a_thousand_times_the_tolerance),
        (BrokenBit, no_exact_arithmetic),
    ],
    ids=lambda item: item.__name__,
)
def test_what_slips_through_when_a_part_of_the_checker_is_missing(subject, broken, monkeypatch):
    limits = {"cases": 15, "seconds": 20, "minimize": False, "prove": False}
    assert check_rewrite(subject, **limits).verdict is Verdict.REFUTED
    broken(monkeypatch)
    report = check_rewrite(subject, **limits)
    assert report.verdict is not Verdict.REFUTED and report.fired, report


def test_what_the_verifier_is_for(monkeypatch):
    limits = {"cases": 5, "seconds": 20, "minimize": False}
    report = check_rewrite(broken_type, **limits)
    assert [o.name for o in report.obligations if o.verdict is Verdict.REFUTED] == ["structure"]
    no_verifier(monkeypatch)
    report = check_rewrite(broken_type, **limits)
    assert report.fired
    assert "structure" not in [o.name for o in report.obligations if o.verdict is Verdict.REFUTED]
