"""What rounding explains among extreme numbers: all that the bounds allow when the order of arithmetic may change, and no more."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.passes.running import public_functions
from couloir.testing.rewrites.oracle import Difference, difference

BEFORE = """
func.func @main(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.add %x, %y : tensor<f32>
  %1 = stablehlo.subtract %0, %x : tensor<f32>
  return %1 : tensor<f32>
}
"""
AFTER = "func.func @main(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> { return %y : tensor<f32> }"


@pytest.mark.parametrize(
    ("x", "y", "assumes", "differs"),
    [
        (1e30, -2.5e-9, ("reassociation",), False),  # lost beside 1e30
        (1e30, 1e24, ("reassociation",), False),  # rounded
        (1e30, -2.5e-9, (), True),
        (1.0, 2.0, (), False),  # here the bits are the same
    ],
)
def test_a_term_that_is_lost_beside_a_large_one(x, y, assumes, differs):
    functions = [public_functions(couloir.parse(text))[0] for text in (BEFORE, AFTER)]
    found = difference(*functions, [np.float32(x), np.float32(y)], "extreme", assumes)
    assert isinstance(found, Difference) is differs


def test_more_than_the_bounds_is_a_difference():
    wrong = AFTER.replace("return %y", "%0 = stablehlo.multiply %y, %y : tensor<f32>\n  return %0")
    functions = [public_functions(couloir.parse(text))[0] for text in (BEFORE, wrong)]
    found = difference(*functions, [np.float32(3e-3), np.float32(1e5)], "extreme", ("reassociation",))
    assert isinstance(found, Difference)
