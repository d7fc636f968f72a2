"""What a check does with single programs."""

from __future__ import annotations

import pytest

import couloir
from couloir import Rule
from couloir.dialects import hlo
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
