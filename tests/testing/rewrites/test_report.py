"""What a report says, to persons and to scripts; small counterexamples, which show the fault when they are run."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import couloir
from couloir import Rewriter, Rule, rule
from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.traits import ConstantLike
from couloir.testing import Candidate, Obligation, Proof, Report, Verdict, check_rewrite, equivalent
from couloir.testing.rewrites import stages

RULES = """
from couloir import Rewriter, Rule, rule
from couloir.dialects import hlo

class ReportSwaps(Rule):
    "x - y  =>  y - x"
    def pattern(x, y): return hlo.Subtract(x, y)
    def where(x, y, op): return not op.attributes.get("seen")
    def rewrite(x, y):
        made = hlo.Subtract(y, x)
        made.attributes["seen"] = __import__("couloir").ir.attributes.UNIT
        return made

@rule
def report_raises(op: hlo.Subtract, rewriter: Rewriter):
    "x - y  =>  an error"
    raise KeyError("nothing")
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    (tmp_path / "rules_of_the_report_test.py").write_text(RULES)
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    return importlib.import_module("rules_of_the_report_test"), tmp_path


class AddsPositiveZero(Rule):
    """x + 0  =>  x: wrong for -0.0"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        return couloir.guard(str(zero.type).endswith("f32>"), "it is for f32") & couloir.ir.rewriting.is_splat(
            zero, 0.0
        )

    def rewrite(x):
        return x


def run(code: str, folder) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)


def test_the_smallest_counterexample_has_the_simplest_inputs():
    found = check_rewrite(AddsPositiveZero, seconds=30).counterexample
    assert sum(op.name.startswith("stablehlo.") for op in found.before.walk()) == 2
    (given,) = found.inputs
    assert given.size == 1
    assert np.signbit(given).all() and (given == 0).all()
    before, after = (np.asarray(side[0]) for side in found.outputs)
    assert not np.signbit(before).any() and np.signbit(after).all()
    assert found.message.endswith("is -0.0, before it was 0.0")


def test_inputs_that_do_not_matter_are_zero(rules):
    module, _ = rules
    found = check_rewrite(module.ReportSwaps, seconds=30).counterexample
    assert sorted(abs(float(np.asarray(a).reshape(-1)[0])) for a in found.inputs) == [0.0, 1.0]


def test_a_reproduction_of_values_runs_as_printed(rules):
    module, folder = rules
    done = run(check_rewrite(module.ReportSwaps, seconds=30).counterexample.reproduction(), folder)
    assert done.returncode == 0, done.stderr
    before, after = (line for line in done.stdout.splitlines() if line.startswith(("before:", "after: ")))
    assert before.removeprefix("before:").strip() != after.removeprefix("after: ").strip()


def test_a_reproduction_of_an_error_raises_it(rules):
    module, folder = rules
    report = check_rewrite(module.report_raises, seconds=30)
    assert "at rules_of_the_report_test.py:17: `raise KeyError" in report["structure"].detail
    done = run(report.counterexample.reproduction(), folder)
    assert "KeyError: 'nothing'" in done.stderr


def test_a_rule_that_no_import_brings_has_a_reproduction_all_the_same():
    @rule
    def report_local(op: hlo.Negate, rewriter: Rewriter):
        """negate(x)  =>  an error"""
        raise KeyError("nothing")

    found = check_rewrite(report_local, seconds=30).counterexample
    assert found.rule is None
    assert "import report_local" not in found.reproduction()
    assert compile(found.reproduction(), "<reproduction>", "exec")


def test_a_difference_in_exact_arithmetic_can_be_run_again():
    text = """
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %c = stablehlo.constant dense<9.99999996E-13> : tensor<2xf32>
      %0 = stablehlo.multiply %x, %c : tensor<2xf32>
      %1 = stablehlo.add %x, %0 : tensor<2xf32>
      return %1 : tensor<2xf32>
    }"""
    same = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }"
    report = equivalent(text, same, cases=2, seconds=30)
    assert report.verdict is Verdict.REFUTED
    if report.counterexample.domain is not None:
        done = run(report.counterexample.reproduction(), None)
        assert done.returncode == 0, done.stderr


def test_the_text_has_the_verdict_first_and_a_line_for_each_obligation():
    report = Report(
        "MyRule",
        [
            Obligation("values (whole)", Verdict.TESTED, "40 runs"),
            Obligation("match", Verdict.TESTED, "fired on 40 of 41 programs, 42 times"),
            Obligation("values", Verdict.PROVED, str(Proof("equal terms", "all values of tensor<2xf32>", "for f32"))),
        ],
        assumes=("no NaN",),
        summary="-(-x)  =>  x",
        seconds=1.25,
        times={"programs": 0.5},
    )
    assert str(report) == (
        "MyRule: PROVED\n"
        "  -(-x)  =>  x\n"
        "  match           tested   fired on 40 of 41 programs, 42 times\n"
        "  values (whole)  tested   40 runs\n"
        "  values          proved   all values of tensor<2xf32>, by equal terms; for f32\n"
        "  assumes no NaN\n"
        "  seed 0, 1.2 s"
    )
    assert report.text(times=True).endswith("\n      0.50 s  programs")


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ({}, Verdict.UNKNOWN),
        ({"match": Verdict.TESTED}, Verdict.TESTED),
        ({"match": Verdict.UNKNOWN}, Verdict.UNKNOWN),
        ({"match": Verdict.TESTED, "values": Verdict.UNKNOWN}, Verdict.UNKNOWN),
        ({"match": Verdict.TESTED, "termination": Verdict.UNKNOWN}, Verdict.UNKNOWN),
        ({"match": Verdict.TESTED, "xla": Verdict.UNKNOWN}, Verdict.TESTED),
        ({"match": Verdict.TESTED, "values": Verdict.PROVED}, Verdict.PROVED),
        (
            {"match": Verdict.TESTED, "values (programs tried)": Verdict.PROVED, "values": Verdict.TESTED},
            Verdict.TESTED,
        ),
        ({"match": Verdict.TESTED, "values": Verdict.PROVED, "xla": Verdict.REFUTED}, Verdict.REFUTED),
    ],
)
def test_the_verdict_of_the_whole(verdicts, whole):
    report = Report("r", [Obligation(name, verdict, "") for name, verdict in verdicts.items()])
    assert report.verdict is whole
    assert bool(report) == (whole in (Verdict.PROVED, Verdict.TESTED))


def test_json_and_back(rules):
    module, _ = rules
    for report in (check_rewrite(module.ReportSwaps, seconds=30), check_rewrite(module.report_raises, seconds=30)):
        stored = json.loads(report.to_json())
        assert stored["verdict"] == "refuted"
        assert stored["counterexample"]["before"] == str(report.counterexample.before)
        again = Report.from_json(report.to_json())
        assert again.text(times=True) == report.text(times=True)
        assert again.counterexample.reproduction() == report.counterexample.reproduction()


def test_arrays_of_all_types_come_back_with_their_bits():
    counterexample = check_rewrite(AddsPositiveZero, seconds=30).counterexample
    for dtype in ("bfloat16", "float8_e4m3fn", "int4", "bool", "complex64", "uint64"):
        array = np.arange(3).astype(np.dtype(dtype)).reshape(1, 3)
        counterexample = type(counterexample)(
            counterexample.before, counterexample.after, (array,), "", ([array], [array])
        )
        report = Report("r", [Obligation("values", Verdict.REFUTED, "")], counterexample)
        (back,) = Report.from_json(report.to_json()).counterexample.inputs
        assert back.dtype == array.dtype and back.tobytes() == array.tobytes() and back.shape == (1, 3)


def test_what_a_report_does_not_say():
    report = Report("r", [Obligation("match", Verdict.TESTED, "")])
    assert "match" in report and "values" not in report
    with pytest.raises(couloir.Error, match="says nothing of `values`"):
        _ = report["values"]


def test_a_program_that_is_none_is_shown_as_text():
    @rule
    def report_breaks(op: hlo.Abs, rewriter: Rewriter):
        """abs(x)  =>  a value that is defined later"""
        if op.attributes.get("seen"):
            return "seen"
        op.attributes["seen"] = couloir.ir.attributes.UNIT
        made = hlo.Negate(op.operand)
        made.detach()
        op.parent.insert_after(op, made)
        op.set_operand(0, made.result)
        return None

    report = check_rewrite(report_breaks, seconds=30)
    assert report["structure"].verdict is Verdict.REFUTED
    assert "stablehlo.abs" in report.counterexample.after_text
    assert "stablehlo.abs" in str(report)


# -- proofs ------------------------------------------------------------------------------------------------------------------


class ReportIdentity(Rule):
    """abs(abs(x))  =>  abs(x)"""

    def pattern(x):
        return hlo.Abs(hlo.Abs(x))

    def rewrite(x):
        return hlo.Abs(x)


def checked_with(monkeypatch, answer):
    monkeypatch.setattr(stages.sizes, "prove", lambda rule, programs, assumes, deadline, suspects: answer)
    monkeypatch.setattr(stages.bounded, "prove", lambda cases, assumes, deadline: answer)
    return check_rewrite(ReportIdentity, cases=2, seconds=30)


def test_a_proof_is_the_verdict(monkeypatch):
    report = checked_with(monkeypatch, Proof("thought", "all values"))
    assert report.verdict is Verdict.PROVED
    assert report["values"].detail == "all values, by thought"


def test_a_proof_of_some_types_alone_is_not_the_verdict(monkeypatch):
    report = checked_with(monkeypatch, Proof("thought", "all values, f32", rest="`add(x, 0j)` becomes `x`"))
    assert report.verdict is Verdict.TESTED
    assert report["values (in part)"].verdict is Verdict.PROVED
    assert "not proved (all sizes: `add(x, 0j)` becomes `x`" in report["values"].detail


def test_why_there_is_no_proof_is_said_and_counts_for_nothing(monkeypatch):
    report = checked_with(monkeypatch, "the solver is not installed")
    assert report.verdict is Verdict.TESTED
    assert (
        "(all sizes: the solver is not installed; these shapes: the solver is not installed)" in report["values"].detail
    )


def test_a_prover_that_fails_leaves_the_tests(monkeypatch):
    def fails(*arguments, **options):
        return {}["nothing"]

    monkeypatch.setattr(stages.sizes, "prove", fails)
    monkeypatch.setattr(stages.bounded, "prove", fails)
    report = check_rewrite(ReportIdentity, cases=2, seconds=5)
    assert report.verdict is Verdict.TESTED
    assert "the prover has failed: KeyError: 'nothing'" in report["values"].detail


def test_two_programs_that_differ_by_rounding_alone():
    text = """
    func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>, %z: tensor<2xf32>) -> tensor<2xf32> {
      %0 = stablehlo.add %x, %y : tensor<2xf32>
      %1 = stablehlo.add %0, %z : tensor<2xf32>
      return %1 : tensor<2xf32>
    }"""
    other = text.replace("add %x, %y", "add %y, %z").replace("add %0, %z", "add %x, %0")
    report = equivalent(text, other, cases=5, seconds=10)
    assert report.verdict is Verdict.PROVED, report
    assert report["values"].detail.startswith("up to rounding, all values")
    assert "differ by rounding" in report["values (ordinary)"].detail


def test_what_a_prover_takes_for_a_counterexample_is_run_first(monkeypatch):
    module = couloir.parse(
        "func.func @main(%x: tensor<f32>) -> tensor<f32> { %0 = stablehlo.abs %x : tensor<f32>\n"
        "%1 = stablehlo.abs %0 : tensor<f32>\nreturn %1 : tensor<f32> }"
    )
    for inputs in (None, (np.float32(-1.0),)):
        report = checked_with(monkeypatch, Candidate(module, inputs))
        assert report.verdict is Verdict.TESTED
        assert report["values"].detail.count("does not show when it is run") == 2


def test_a_counterexample_that_a_prover_has_found_is_shown(monkeypatch):
    """A rule that is wrong for one number alone, which tests do not meet."""

    def number() -> float:
        return math.exp(9.5)  # not what stands in the code, which is tried

    @rule
    def report_one_number(op: hlo.Abs, rewriter: Rewriter):
        """abs(x)  =>  select(x == e^9.5, 0, |x|)"""
        if op.operand.type.element_type is not couloir.ir.types.f32 or op.attributes.get("seen"):
            return "it is for f32"
        special = hlo.Constant(DenseElementsAttr.splat(op.operand.type, number()))
        zero = hlo.Constant(DenseElementsAttr.splat(op.operand.type, 0))
        made = hlo.Abs(op.operand)
        made.attributes["seen"] = couloir.ir.attributes.UNIT
        rewriter.replace(op, hlo.Select(hlo.Compare(op.operand, special, "EQ"), zero, made))
        return None

    module = couloir.parse(
        "func.func @main(%x: tensor<f32>) -> tensor<f32> { %0 = stablehlo.abs %x : tensor<f32>\nreturn %0 : tensor<f32> }"
    )
    monkeypatch.setattr(stages.sizes, "prove", lambda rule, programs, assumes, deadline, suspects: "it gave up")
    monkeypatch.setattr(stages.bounded, "prove", lambda cases, assumes, deadline: "it gave up")
    assert check_rewrite(report_one_number, cases=2, seconds=30).verdict is Verdict.TESTED
    candidate = Candidate(module, (np.array(number(), np.float32),))
    monkeypatch.setattr(stages.bounded, "prove", lambda cases, assumes, deadline: candidate)
    report = check_rewrite(report_one_number, cases=2, seconds=30)
    assert report.verdict is Verdict.REFUTED
    assert report.counterexample.inputs[0] == np.float32(number())


def test_programs_for_which_a_proof_failed_are_run_on_more_inputs(monkeypatch):
    """A rule that is wrong for ops with an attribute of which nothing else is drawn."""

    @rule
    def report_odd(op: hlo.Abs, rewriter: Rewriter):
        """abs(abs(x))  =>  abs(x), and x where it is odd"""
        inner = op.operand.defining_op
        if not isinstance(inner, hlo.Abs):
            return "once"
        rewriter.replace(op, inner.operand if op.attributes.get("odd") else op.operand)
        return None

    odd = couloir.parse(
        "func.func @main(%x: tensor<f32>) -> tensor<f32> { %0 = stablehlo.abs %x : tensor<f32>\n"
        '%1 = "stablehlo.abs"(%0) {odd} : (tensor<f32>) -> tensor<f32>\nreturn %1 : tensor<f32> }'
    )

    def partly(rule, programs, assumes, deadline, suspects):
        suspects.append(odd)
        return Proof("thought", "all values, of the others", rest="what is odd")

    monkeypatch.setattr(stages.sizes, "prove", lambda rule, programs, assumes, deadline, suspects: "it gave up")
    monkeypatch.setattr(stages.bounded, "prove", lambda cases, assumes, deadline: "it gave up")
    assert check_rewrite(report_odd, cases=2, seconds=30).verdict is Verdict.TESTED
    monkeypatch.setattr(stages.sizes, "prove", partly)
    report = check_rewrite(report_odd, cases=2, seconds=30)
    assert report.verdict is Verdict.REFUTED and "{odd}" in str(report.counterexample.before)
