"""Whatever is given to check_rewrite: rules in all forms, programs, passes, names; and what is nothing of the kind."""

from __future__ import annotations

import time

import attrs
import pytest

import couloir
from couloir import Rewriter, Rule
from couloir.dialects import hlo
from couloir.ir.conversion import conversion_rule
from couloir.ir.fields import Operand, Result, result
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassPipeline
from couloir.ir.rewriting.rule import all_rules, find_rule
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType
from couloir.testing import Verdict, check_pass, check_rewrite, equivalent

LIMITS = {"cases": 3, "seconds": 4}
SUM = """
func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.OP %x, %y : tensor<3xf32>
  return %0 : tensor<3xf32>
}
"""
ADD, SUBTRACT = SUM.replace("OP", "add"), SUM.replace("OP", "subtract")


class SubjectsDoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


def subjects_plain(op: hlo.Negate, rewriter: Rewriter):
    """-x  =>  x: wrong"""
    rewriter.replace(op, op.operand)


class SubjectsIdle(Pass, name="subjects-test-idle"):
    """Does nothing."""

    def run(self, op, context):
        pass


@attrs.frozen
class SubjectsNeedsOption(Pass, name="subjects-test-needs-option"):
    """Cannot be made without its option."""

    size: int

    def run(self, op, context):
        pass


@pytest.mark.parametrize("given", [SubjectsDoubleNegate, SubjectsDoubleNegate.rule, "SubjectsDoubleNegate"])
def test_rules_by_class_object_and_name(given):
    report = check_rewrite(given, **LIMITS)
    assert report and report.name == "SubjectsDoubleNegate"
    assert report.summary == "-(-x)  =>  x"


def test_a_function_that_is_not_decorated():
    report = check_rewrite(subjects_plain, **LIMITS)
    assert report.verdict is Verdict.REFUTED
    assert report.name == "subjects_plain"
    assert "subjects_plain" not in all_rules()


def test_a_function_inside_a_function_at_an_op_of_its_own():
    class Keep(Operation, name="subjects_test.keep", traits=(Pure,)):
        x: Operand[TensorType]
        result: Result[TensorType] = result()

        def infer(self):
            return self.x.type

    def drop(op: Keep, rewriter: Rewriter):
        """keep(x)  =>  x"""
        rewriter.replace(op, op.x)

    report = check_rewrite(drop, **LIMITS)
    assert report.fired == 3
    assert report.verdict is Verdict.UNKNOWN  # the op has no meaning
    assert report["values"].detail == "no program could be run"


@pytest.mark.parametrize("parts", [(ADD, ADD), (couloir.parse(ADD), ADD), [ADD, couloir.parse(ADD)]])
def test_two_programs_are_the_rule_at_one_point(parts):
    assert check_rewrite(tuple(parts), **LIMITS).verdict is Verdict.PROVED
    assert check_rewrite((ADD, SUBTRACT), **LIMITS).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "given", ["cse", "canonicalize,cse", PassPipeline.parse("cse"), PassPipeline.parse("cse").items[0]]
)
def test_passes_are_checked_on_random_programs(given):
    report = check_rewrite(given, cases=1, seconds=60)
    assert report.fired == 1
    assert "termination" in report


def test_a_pass_that_changes_nothing():
    report = check_rewrite(SubjectsIdle, seconds=1)
    assert report.verdict is Verdict.UNKNOWN
    assert "it changed none of" in report["match"].detail


class SubjectsExchanges(Pass, name="subjects-test-exchanges"):
    """Exchanges the operands of differences."""

    dialects = ("arith",)

    def run(self, op, context):
        for inner in op.walk():
            if inner.name in ("arith.subi", "arith.subf"):
                inner.set_operands([inner.operands[1], inner.operands[0]])


def test_a_pass_is_tried_on_programs_that_it_is_for_and_the_wrong_one_of_several_is_named():
    report = check_pass("cse,subjects-test-exchanges,canonicalize", ["arith"], cases=200, seconds=60)
    assert report.verdict is Verdict.REFUTED
    assert any("`subjects-test-exchanges`" in note for note in report.notes), report
    report = check_pass(SubjectsExchanges(), cases=200, seconds=60)
    ops = [op.name for op in report.counterexample.before.walk() if op.name.startswith("arith.")]
    assert ops in (["arith.subi"], ["arith.subf"])


class SubjectsSleeps(Pass, name="subjects-test-sleeps"):
    """Does not come to an end."""

    def run(self, op, context):
        time.sleep(1000)


class SubjectsRaises(Pass, name="subjects-test-raises"):
    """Is broken."""

    def run(self, op, context):
        return {}["nothing"]


def test_a_pass_that_does_not_end_or_raises():
    report = check_pass(SubjectsSleeps, ["arith"], seconds=1)
    assert report.verdict is Verdict.UNKNOWN
    assert "was still being applied to program 1" in report["termination"].detail
    assert report.counterexample is not None
    report = check_pass(SubjectsRaises, ["arith"], seconds=20)
    assert "KeyError: 'nothing', at test_subjects.py" in report["structure"].detail


def test_progress_is_told():
    told = []
    check_rewrite(SubjectsDoubleNegate, cases=3, seconds=5, progress=lambda *now: told.append(now))
    assert (3, 3, "programs") in told
    assert any(text == "proof" for _, _, text in told)


@conversion_rule
def subjects_conversion(op: hlo.Negate, adaptor, rewriter):
    """negate(x)  =>  x"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (7, "nothing that can be checked"),
        (None, "nothing that can be checked"),
        (Rule, "nothing that can be checked"),
        (Pass, "nothing that can be checked"),
        (int, "nothing that can be checked"),
        (print, "nothing that can be checked"),
        ((ADD,), "nothing that can be checked"),
        ((ADD, 7), "nothing that can be checked"),
        ((ADD, ADD, ADD), "nothing that can be checked"),
        (couloir.parse(ADD), "nothing that can be checked"),
        (lambda op, rewriter: None, "does not say at which op it starts"),
        (lambda op: None, "takes an op and a rewriter"),
        (SubjectsNeedsOption, "options that must be given"),
        (subjects_conversion, "belongs to a conversion"),
        ("no such rule", "expected|there is no pass"),
        ("NoSuchRule", "there is no rule and no pass"),
        ("", "no pass"),
        (PassPipeline.parse(""), "no pass"),
        (("module {", ADD), "is not closed"),
    ],
)
def test_what_cannot_be_checked(given, said):
    with pytest.raises(couloir.Error, match=said):
        check_rewrite(given)


def test_a_function_whose_annotation_means_nothing():
    def lost(op: NoSuchOp, rewriter: Rewriter):  # noqa: F821
        """lost(x)  =>  x"""

    with pytest.raises(couloir.Error, match="NoSuchOp"):
        check_rewrite(lost)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cases": 0}, "at least one case"),
        ({"seconds": 0}, "some seconds"),
        ({"seconds": float("nan")}, "some seconds"),
        ({"seconds": float("inf")}, "some seconds"),
        ({"seed": -1}, "a number from 0"),
        ({"peers": ["abacus"]}, "no peer `abacus`"),
    ],
)
def test_options_that_make_no_sense(options, said):
    for check in (lambda **o: check_rewrite(SubjectsDoubleNegate, **o), lambda **o: equivalent(ADD, ADD, **o)):
        with pytest.raises(couloir.Error, match=said):
            check(**options)


def test_a_rule_is_no_pass():
    with pytest.raises(couloir.Error, match="is a rule, not a pass"):
        check_pass(find_rule("SubjectsDoubleNegate"))


# -- two programs ------------------------------------------------------------------------------------------------------------

TWO = """
func.func @first(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }
func.func @second(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.OP %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""


def test_all_public_functions_are_compared_by_name():
    assert equivalent(TWO.replace("OP", "abs"), TWO.replace("OP", "abs"), **LIMITS)
    report = equivalent(TWO.replace("OP", "abs"), TWO.replace("OP", "negate"), **LIMITS)
    assert report.verdict is Verdict.REFUTED
    assert report.counterexample.function == "second"
    assert "function='second'" in report.counterexample.reproduction()


def test_a_single_function_may_have_another_name():
    assert equivalent(ADD, ADD.replace("@main", "@other"), **LIMITS)


def test_types_that_know_more_of_their_sizes():
    text = "func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> { return %x : tensor<?xf32> }"
    assert equivalent(text, text.replace("?", "4"), **LIMITS)
    assert equivalent(text.replace("?", "4"), text, **LIMITS)
    negated = text.replace("{ return %x", "{ %0 = stablehlo.negate %x : tensor<?xf32> return %0")
    assert equivalent(text.replace("?", "4"), negated, **LIMITS).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (ADD.replace("f32", "f64"), "argument 0 of @main is tensor<3xf32> in the first module, tensor<3xf64>"),
        (ADD.replace("3xf32", "4xf32"), "different types"),
        ("func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> { return %x : tensor<3xf32> }", "2 arguments"),
        (
            ADD.replace("-> tensor<3xf32>", "-> (tensor<3xf32>, tensor<3xf32>)")
            .replace("return %0", "return %0, %0")
            .replace(": tensor<3xf32>\n}", ": tensor<3xf32>, tensor<3xf32>\n}"),
            "1 results in the first module, 2 in the second",
        ),
        (TWO.replace("OP", "abs"), "only one of the modules has the public function @first"),
        ("module {}", "no public function to compare in the second module"),
    ],
)
def test_programs_that_cannot_be_compared(other, said):
    with pytest.raises(couloir.Error, match=said):
        equivalent(ADD, other)


def test_what_is_granted_of_two_programs():
    same = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }"
    doubled = same.replace(
        "{ return %x",
        "{ %0 = stablehlo.add %x, %x : tensor<2xf32> %1 = stablehlo.subtract %0, %x : tensor<2xf32> return %1",
    )
    assert not equivalent(same, doubled, **LIMITS)
    assert equivalent(same, doubled, assumes=["no infinities", "no overflow", "no signed zeros"], **LIMITS)
    with pytest.raises(couloir.Error, match="equivalent assumes `luck`"):
        equivalent(same, doubled, assumes=["luck"])
