"""check_rewrite: true rules pass, wrong ones are refuted with a small program, and what cannot be said is said."""

# The functions of an equation are no methods: see couloir.ir.rewriting.rule.
from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir import Rewriter, Rule, rule
from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import is_splat
from couloir.ir.traits import ConstantLike
from couloir.ir.types import ComplexType, TensorType, f32
from couloir.passes.simplification.reducers import copy_of_body
from couloir.testing import check_pass, check_rewrite, equivalent
from couloir.testing.rewrites.report import Verdict


class KeepsTheFirstPermutation(Rule):
    """transpose(transpose(x, p), q)  =>  transpose(x, p): wrong"""

    def pattern(x, p, q):
        return hlo.Transpose(hlo.Transpose(x, p), q)

    def rewrite(x, p):
        return hlo.Transpose(x, p)


class PermutesTheOtherWay(Rule):
    """transpose(transpose(x, p), q)  =>  transpose(x, q after p): wrong where they do not commute"""

    def pattern(x, p, q):
        return hlo.Transpose(hlo.Transpose(x, p), q)

    def rewrite(x, p, q):
        return hlo.Transpose(x, tuple(q[axis] for axis in p))


class AddsPositiveZero(Rule):
    """x + 0  =>  x: wrong for -0.0 + 0.0"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return is_splat(zero, 0.0) | is_splat(zero, -0.0)

    def rewrite(x):
        return x


class SubtractsItself(Rule):
    """x - x  =>  0: wrong for NaN and infinities"""

    def pattern(x):
        return hlo.Subtract(x, x)

    def where(x):
        return couloir.guard(x.type.element_type is f32, "it is for f32")

    def rewrite(x):
        return hlo.Constant(DenseElementsAttr.splat(x.type, 0))


class SubtractsItselfAmongNumbers(SubtractsItself):
    """x - x  =>  0, for numbers"""

    assumes = ("no NaN", "no infinities")

    def pattern(x):
        return hlo.Subtract(x, x)

    def where(x):
        return couloir.guard(x.type.element_type is f32, "it is for f32")

    def rewrite(x):
        return hlo.Constant(DenseElementsAttr.splat(x.type, 0))


class SwapsADifference(Rule):
    """x - y  =>  y - x: wrong"""

    def pattern(x, y):
        return hlo.Subtract(x, y)

    def where(x, op):
        return couloir.guard(x is not op.rhs and not op.attributes.get("seen"), "seen")

    def rewrite(x, y):
        made = hlo.Subtract(y, x)
        made.attributes["seen"] = couloir.ir.attributes.UNIT
        return made


@pytest.mark.parametrize(
    ("wrong", "profile", "ops"),
    [
        (KeepsTheFirstPermutation, "", 2),
        (PermutesTheOtherWay, "", 2),
        (AddsPositiveZero, "values", 2),
        (SubtractsItself, "values (special)", 1),
        (SwapsADifference, "values", 1),
    ],
)
def test_a_wrong_rule_is_refuted_by_a_small_program(wrong, profile, ops):
    report = check_rewrite(wrong, seconds=30)
    assert report.verdict is Verdict.REFUTED, report
    assert not report
    found = report.counterexample
    refuted = [o for o in report.obligations if o.verdict is Verdict.REFUTED]
    assert profile in refuted[0].name
    assert sum(op.name.startswith("stablehlo.") for op in found.before.walk()) == ops
    couloir.verify(found.before)
    # It can be run again, and shows the fault.
    if found.inputs:
        before, after = (couloir.run(m, *found.inputs) for m in (found.before, found.after))
        assert any(a.tobytes() != b.tobytes() for a, b in zip(before, after, strict=True))


class WindowIsReduction(Rule):
    """reduce_window(x)  =>  reshape(reduce(x)), by one window of all elements, whatever its body does"""

    examples = (
        """
func.func @main(%x: tensor<3xi32>, %v: tensor<i32>) -> tensor<1xi32> {
  %r = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %z = stablehlo.subtract %a, %b : tensor<i32>
    stablehlo.return %z : tensor<i32>
  }) : (tensor<3xi32>, tensor<i32>) -> tensor<1xi32>
  return %r : tensor<1xi32>
}
""",
    )

    def pattern(x, v, size):
        return hlo.ReduceWindow([x], [v], size)

    def where(x, size):
        return couloir.guard(x.type.dims == size, "there are several windows")

    def rewrite(x, v, op):
        reduced = hlo.Reduce([x], [v], tuple(range(x.type.rank)), copy_of_body(op.body))
        return hlo.Reshape(reduced.outputs[0], result_types=[op.outputs[0].type])


def test_differences_that_the_order_of_a_reduction_explains_are_none():
    report = check_rewrite(WindowIsReduction, cases=40, seconds=20)
    assert report, report


def test_what_a_rule_assumes_is_not_held_against_it():
    report = check_rewrite(SubtractsItselfAmongNumbers, cases=10, seconds=5)
    assert report, report
    assert "assumes no NaN, no infinities" in str(report)


class AddsAnyZero(Rule):
    """x + 0  =>  x, for both zeros"""

    assumes = ("no signed zeros",)

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return (is_splat(zero, 0.0) | is_splat(zero, -0.0)) & couloir.guard(
            zero.type.element_type is f32, "it is for f32"
        )

    def rewrite(x):
        return x


class DoublesAndHalves(Rule):
    """(x + x) / 2  =>  x"""

    assumes = ("no overflow",)

    def pattern(x, two: ConstantLike):
        return hlo.Divide(hlo.Add(x, x), two)

    def where(two):
        return is_splat(two, 2.0) & couloir.guard(two.type.element_type is f32, "it is for f32")

    def rewrite(x):
        return x


@pytest.mark.parametrize("cls", [AddsAnyZero, DoublesAndHalves])
def test_each_assumption_is_what_makes_its_rule_hold(cls, monkeypatch):
    assert check_rewrite(cls, cases=12, seconds=15)
    monkeypatch.setattr(cls, "assumes", ())
    assert check_rewrite(cls, cases=12, seconds=15).verdict is Verdict.REFUTED


def test_the_same_seed_gives_the_same_report():
    first, second = (check_rewrite(SwapsADifference, seed=3, seconds=30) for _ in range(2))
    assert str(first.counterexample.before) == str(second.counterexample.before)


class NeverFires(Rule):
    """x * x  =>  x, where nothing is ever true"""

    def pattern(x):
        return hlo.Multiply(x, x)

    def where(x):
        return couloir.guard(False, "never")

    def rewrite(x):
        return x


def test_a_rule_that_never_fires_is_unknown():
    report = check_rewrite(NeverFires, seconds=2)
    assert report.verdict is Verdict.UNKNOWN
    assert "it never fired" in str(report)
    assert not report


@rule
def goes_in_circles(op: hlo.Add, rewriter: Rewriter):
    """add(x, y)  =>  add(y, x), for ever"""
    rewriter.replace(op, hlo.Add(op.rhs, op.lhs))


@rule
def raises_an_error(op: hlo.Negate, rewriter: Rewriter):
    """negate(x)  =>  a fault of the rule"""
    raise KeyError("nothing")


@rule
def gives_another_type(op: hlo.Abs, rewriter: Rewriter):
    """abs(x)  =>  a value of another type, put in by force"""
    made = hlo.Constant(DenseElementsAttr.splat(TensorType((7,), f32), 0))
    for use in op.result.uses:
        use.user.set_operand(use.index, made.output)
    rewriter.erase(op)


@pytest.mark.parametrize(
    ("broken", "obligation", "said"),
    [
        (goes_in_circles, "termination", "goes_in_circles"),
        (raises_an_error, "structure", "KeyError"),
        (gives_another_type, "structure", "verify"),
    ],
)
def test_rules_that_break_the_machinery(broken, obligation, said):
    report = check_rewrite(broken, seconds=30)
    (refuted,) = (o for o in report.obligations if o.verdict is Verdict.REFUTED)
    assert refuted.name == obligation
    assert said in refuted.detail


def test_special_values_are_in_the_inputs():
    from couloir.testing.rewrites.inputs import arrays_for

    (array,) = arrays_for([TensorType((200,), f32)], "special", 0)
    assert np.isnan(array).any() and np.isinf(array).any() and (np.signbit(array) & (array == 0)).any()
    (array,) = arrays_for([TensorType((200,), f32)], "extreme", 0)
    assert (np.abs(array) == np.finfo(np.float32).max).any() and np.isfinite(array).all()
    (array,) = arrays_for([TensorType((200,), ComplexType(f32))], "extreme", 0)  # without a warning
    assert (np.abs(array.real) > 1e20).any()
    (array,) = arrays_for([TensorType((200,), f32)], "whole", 0)
    assert (array == np.rint(array)).all() and np.abs(array).max() <= 3


# -- passes, and two programs ---------------------------------------------------------------------------------------------


def test_the_generic_passes_hold_on_random_programs():
    report = check_pass(PassPipeline.parse("canonicalize,cse"), cases=5, seconds=60)
    assert report, report


SUM = """
func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.OP %x, %y : tensor<3xf32>
  return %0 : tensor<3xf32>
}
"""


def test_two_programs_are_compared():
    add, again, other = (couloir.parse(SUM.replace("OP", name)) for name in ("add", "add", "subtract"))
    assert equivalent(add, again, cases=5)
    report = equivalent(add, other, cases=5)
    assert report.verdict is Verdict.REFUTED
    before, after = (couloir.run(m, *report.counterexample.inputs)[0] for m in (add, other))
    assert before.tobytes() != after.tobytes()


def test_programs_of_different_types_are_not_compared():
    with pytest.raises(couloir.Error, match="different types"):
        equivalent(
            couloir.parse(SUM.replace("OP", "add")), couloir.parse(SUM.replace("OP", "add").replace("f32", "f64"))
        )
    with pytest.raises(couloir.Error, match="no public function"):
        equivalent(couloir.parse("module {}"), couloir.parse("module {}"))
