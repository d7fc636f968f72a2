"""What a check does with single programs."""

from __future__ import annotations

import pytest

import couloir
from couloir import Rewriter, Rule
from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.testing.rewrites.stages import Check, Options
from couloir.testing.rewrites.subjects import subject_of


class StagesDoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


CHAIN = """
func.func @main(%x: tensor<1xf16>) -> tensor<LASTxf16> {
  %0 = stablehlo.negate %x : (tensor<1xf16>) -> tensor<?xf16>
  %1 = stablehlo.negate %0 : (tensor<?xf16>) -> tensor<LASTxf16>
  return %1 : tensor<LASTxf16>
}
"""


@pytest.mark.parametrize("last", ["1", "2"])
def test_a_program_that_contradicts_itself_says_nothing(last):
    check = Check(subject_of(StagesDoubleNegate), Options(cases=1, seconds=10, seed=0), lambda message: None)
    assert check.fault_in(couloir.parse(CHAIN.replace("LAST", last)), 0, counted=True) is None
    assert check.report.fired == (last == "1")


OPEN = """
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = stablehlo.negate %x : (tensor<?xf32>) -> tensor<SIZExf32>
  %1 = stablehlo.negate %0 : (tensor<SIZExf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}
"""


@pytest.mark.parametrize(("size", "wrong"), [("2", True), ("1", False), ("?", True)])
def test_inputs_of_other_sizes_than_the_program_declares_say_nothing(size, wrong):
    """Open dimensions of inputs are 2."""
    check = Check(subject_of(StagesDoubleNegate), Options(cases=1, seconds=10, seed=0), lambda message: None)
    before = couloir.parse(OPEN.replace("SIZE", size))
    after = couloir.parse("func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> { %0 = stablehlo.negate %x : tensor<?xf32>\nreturn %0 : tensor<?xf32> }")  # fmt: skip
    assert (check.wrong_values(before, after, 0) is not None) == wrong


def stages_raises(op: hlo.Negate, rewriter: Rewriter) -> None:
    """-x  =>  nothing that could be made"""
    raise Error("it cannot be made")


@pytest.mark.parametrize(("size", "wrong"), [("?", True), ("3", True), ("1", False)])
def test_what_breaks_a_program_of_open_sizes_is_a_fault(size, wrong):
    """A program that no sizes of its arguments fit is to blame itself: here 1 and 3."""
    text = """
    func.func @main(%x: tensor<?xf32>, %y: tensor<3xf32>) -> (tensor<?xf32>, tensor<3xf32>) {
      %0 = stablehlo.negate %x : (tensor<?xf32>) -> tensor<SIZExf32>
      %1 = stablehlo.negate %0 : (tensor<SIZExf32>) -> tensor<?xf32>
      %2 = stablehlo.add %x, %y : (tensor<?xf32>, tensor<3xf32>) -> tensor<3xf32>
      return %1, %2 : tensor<?xf32>, tensor<3xf32>
    }"""
    check = Check(subject_of(stages_raises), Options(cases=1, seconds=10, seed=0), lambda message: None)
    assert (check.fault_in(couloir.parse(text.replace("SIZE", size)), 0) is not None) == wrong


class StagesOfNoNumber(Rule):
    """log(x)  =>  1, where there is no number at all"""

    assumes = ("no NaN",)
    examples = (
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { %c = stablehlo.constant dense<0x7FC00000> : tensor<2xf32>\n"
        "%0 = stablehlo.add %x, %c : tensor<2xf32>\n%1 = stablehlo.log %0 : tensor<2xf32>\n"
        "%2 = stablehlo.sign %1 : tensor<2xf32>\n"
        "%3 = stablehlo.compare EQ, %2, %2 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>\n"
        "%4 = stablehlo.convert %3 : (tensor<2xi1>) -> tensor<2xf32>\nreturn %4 : tensor<2xf32> }",
    )

    def pattern(x):
        return hlo.Log(x)

    def rewrite(x):
        return hlo.constant(1.0, x.type)


def test_runs_in_which_nothing_assumed_holds_say_nothing():
    check = Check(subject_of(StagesOfNoNumber), Options(cases=1, seconds=10, seed=0), lambda message: None)
    assert check.fault_in(couloir.parse(StagesOfNoNumber.examples[0]), 0, counted=True) is None
    assert check.tally.granted
    assert not check.tally.counts["values (whole)"]
