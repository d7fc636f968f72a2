"""What rounding explains among extreme numbers: all that the bounds allow when the order of arithmetic may change, and no more."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import couloir
from couloir.passes.running import public_functions
from couloir.testing.rewrites.oracle import Difference, Undefined, difference, exactly

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


UNARY = "func.func @main(%x: tensor<f32>) -> tensor<f32> {{\n{}\n}}"


def told(before, after, x, profile, assumes):
    functions = [public_functions(couloir.parse(UNARY.format(text)))[0] for text in (before, after)]
    return difference(*functions, [np.float32(x)], profile, assumes)


def test_assumptions_are_made_of_the_program_before_and_do_not_excuse_what_comes_after():
    quotient = "%0 = stablehlo.divide %x, %x : tensor<f32>\n%1 = stablehlo.multiply %0, %x : tensor<f32>\nreturn %1 : tensor<f32>"
    kept = "return %x : tensor<f32>"
    assumes = ("no NaN", "no infinities", "reassociation")
    assert isinstance(told(kept, quotient, 0.0, "whole", assumes), Difference)
    assert told(quotient, kept, 0.0, "whole", assumes) == "granted"


def test_overflow_on_the_way_counts_after_too():
    cube = "%0 = stablehlo.multiply %x, %x : tensor<f32>\n%1 = stablehlo.divide %0, %x : tensor<f32>\nreturn %1 : tensor<f32>"
    kept = "return %x : tensor<f32>"
    assert told(kept, cube, 1e30, "extreme", ("no overflow", "reassociation")) == "granted"
    assert isinstance(told(kept, cube, 1e30, "extreme", ("no NaN",)), Difference)


def test_constants_that_were_rounded_are_not_compared_exactly_though_the_program_had_the_same():
    third = "%c = stablehlo.constant dense<0.333333343> : tensor<f32>\n"
    divided = third + "%d = stablehlo.constant dense<3.0> : tensor<f32>\n%0 = stablehlo.multiply %x, %c : tensor<f32>\n"
    before = divided + "%1 = stablehlo.divide %0, %d : tensor<f32>\nreturn %1 : tensor<f32>"
    after = (
        divided + third.replace("%c", "%e") + "%1 = stablehlo.multiply %0, %e : tensor<f32>\nreturn %1 : tensor<f32>"
    )
    functions = [public_functions(couloir.parse(UNARY.format(text)))[0] for text in (before, after)]
    with pytest.raises(Undefined, match="may have been rounded"):
        exactly(*functions, [np.float32(2)], 0)


def test_rounded_constants_of_a_few_bits_are_granted_to_who_may_round():
    text = """func.func @main(%x: tensor<f4E2M1FN>) -> tensor<f4E2M1FN> {
      %c = stablehlo.constant dense<CONSTANT> : tensor<f4E2M1FN>
      %0 = stablehlo.OP %x, %c : tensor<f4E2M1FN>
      return %0 : tensor<f4E2M1FN>
    }"""
    texts = (
        text.replace("CONSTANT", "3.0").replace("OP", "divide"),
        text.replace("CONSTANT", "0.5").replace("OP", "multiply"),
    )
    functions = [public_functions(couloir.parse(text))[0] for text in texts]
    three = [np.array(3).astype(ml_dtypes.float4_e2m1fn)]
    assert difference(*functions, three, "whole", ("reassociation",)) == "granted"
    assert isinstance(difference(*functions, three, "whole", ("no NaN",)), Difference)


F6 = """func.func @main(%x: tensor<2xf6E3M2FN>, %y: tensor<2xf6E3M2FN>, %s: tensor<f6E3M2FN>) -> tensor<f6E3M2FN> {{
  {}
}}"""
SCALED_BEFORE = """%0 = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<f6E3M2FN>) -> tensor<2xf6E3M2FN>
  %1 = stablehlo.multiply %x, %0 : tensor<2xf6E3M2FN>
  %2 = stablehlo.dot_general %1, %y, contracting_dims = [0] x [0] : (tensor<2xf6E3M2FN>, tensor<2xf6E3M2FN>) -> tensor<f6E3M2FN>
  return %2 : tensor<f6E3M2FN>"""
SCALED_AFTER = """%0 = stablehlo.dot_general %x, %y, contracting_dims = [0] x [0] : (tensor<2xf6E3M2FN>, tensor<2xf6E3M2FN>) -> tensor<f6E3M2FN>
  %1 = stablehlo.multiply %0, %s : tensor<f6E3M2FN>
  return %1 : tensor<f6E3M2FN>"""


@pytest.mark.parametrize(("assumes", "granted"), [(("reassociation",), True), ((), False)])
def test_a_product_that_is_lost_in_a_few_bits_is_granted_to_who_may_round(assumes, granted):
    functions = [public_functions(couloir.parse(F6.format(text)))[0] for text in (SCALED_BEFORE, SCALED_AFTER)]
    arrays = [np.array(item).astype(ml_dtypes.float6_e3m2fn) for item in ([-0.1875, 0], [-0.125, 0], 2)]
    found = difference(*functions, arrays, "ordinary", assumes)  # 2 * 0.0234 is 0.0625 here, and 0.0234 is 0
    assert (found == "granted") is granted


def test_the_largest_number_of_a_format_without_infinities_is_overflow():
    text = """func.func @main(%x: tensor<f6E3M2FN>) -> tensor<f6E3M2FN> {
      %0 = stablehlo.multiply %x, %x : tensor<f6E3M2FN>
      %1 = stablehlo.divide %0, %x : tensor<f6E3M2FN>
      return %1 : tensor<f6E3M2FN>
    }"""
    kept = "func.func @main(%x: tensor<f6E3M2FN>) -> tensor<f6E3M2FN> { return %x : tensor<f6E3M2FN> }"
    functions = [public_functions(couloir.parse(text))[0] for text in (text, kept)]
    twenty = [np.array(20).astype(ml_dtypes.float6_e3m2fn)]
    assert difference(*functions, twenty, "whole", ("no overflow",)) == "granted"
    assert isinstance(difference(*functions, twenty, "whole", ("no NaN",)), Difference)
