"""Powers, exponentials, trigonometry, rounding, complex numbers: what each rule makes of a program, and what each guard keeps it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.passes import family
from tests.passes.simplification.short import simplified, text

FAMILIES = ("powers", "exponential", "trigonometric", "rounding", "finiteness", "complex_numbers")

#: rule, element type, before, after
LAWS = [
    ("PowerOfOne", "i32", "%c = constant 1; %r = power %x, %c", "%x"),
    ("PowerOfOne", "complex<f32>", "%c = constant (1.0, 0.0); %r = power %x, %c", "%x"),
    ("PowerOfZero", "f32", "%c = constant 0.0; %r = power %x, %c", "%r = constant 1.0"),
    ("PowerOfZero", "complex<f32>", "%c = constant (0.0, 0.0); %r = power %x, %c", "%r = constant (1.0, 0.0)"),
    ("PowerOfTwo", "f32", "%c = constant 2.0; %r = power %x, %c", "%r = multiply %x, %x"),
    ("PowerOfTwo", "complex<f32>", "%c = constant (2.0, 0.0); %r = power %x, %c", "%r = multiply %x, %x"),
    ("PowerOfThree", "f32", "%c = constant 3.0; %r = power %x, %c", "%0 = multiply %x, %x; %r = multiply %0, %x"),
    ("PowerOfThree", "i32", "%c = constant 3; %r = power %x, %c", "%0 = multiply %x, %x; %r = multiply %0, %x"),
    ("PowerOfMinusOne", "f32", "%c = constant -1.0; %r = power %x, %c", "%c = constant 1.0; %r = divide %c, %x"),
    ("PowerOfHalf", "f32", "%c = constant 0.5; %r = power %x, %c", "%r = sqrt %x"),
    ("PowerOfMinusHalf", "f32", "%c = constant -0.5; %r = power %x, %c", "%r = rsqrt %x"),
    ("PowerOfBaseOne", "f32", "%c = constant 1.0; %r = power %c, %x", "%r = constant 1.0"),
    ("SqrtOfSquare", "f32", "%0 = multiply %x, %x; %r = sqrt %0", "%r = abs %x"),
    ("SquareOfSqrt", "f32", "%0 = sqrt %x; %r = multiply %0, %0", "%x"),
    ("SquareOfRsqrt", "f32", "%0 = rsqrt %x; %r = multiply %0, %0", "%c = constant 1.0; %r = divide %c, %x"),
    ("ReciprocalOfSqrt", "f32", "%c = constant 1.0; %0 = sqrt %x; %r = divide %c, %0", "%r = rsqrt %x"),
    ("ReciprocalOfRsqrt", "f32", "%c = constant 1.0; %0 = rsqrt %x; %r = divide %c, %0", "%r = sqrt %x"),
    ("DivideBySqrt", "f32", "%0 = sqrt %y; %r = divide %x, %0", "%0 = rsqrt %y; %r = multiply %x, %0"),
    ("DivideByRsqrt", "f32", "%0 = rsqrt %y; %r = divide %x, %0", "%0 = sqrt %y; %r = multiply %x, %0"),
    ("MultiplyByRsqrt", "f32", "%0 = rsqrt %x; %r = multiply %0, %x", "%r = sqrt %x"),
    ("SqrtOfReciprocal", "f32", "%c = constant 1.0; %0 = divide %c, %x; %r = sqrt %0", "%r = rsqrt %x"),
    ("CubeOfCbrt", "f32", "%0 = cbrt %x; %1 = multiply %0, %0; %r = multiply %1, %0", "%x"),
    ("MultiplyExponentials", "f32", "%0 = exponential %x; %1 = exponential %y; %r = multiply %0, %1", "%0 = add %x, %y; %r = exponential %0"),
    ("DivideExponentials", "f32", "%0 = exponential %x; %1 = exponential %y; %r = divide %0, %1", "%0 = subtract %x, %y; %r = exponential %0"),
    ("ReciprocalOfExponential", "f32", "%c = constant 1.0; %0 = exponential %x; %r = divide %c, %0", "%0 = negate %x; %r = exponential %0"),
    ("LogOfExponential", "f32", "%0 = exponential %x; %r = log %0", "%x"),
    ("ExponentialOfLog", "f32", "%0 = log %x; %r = exponential %0", "%x"),
    ("AddLogs", "f32", "%0 = log %x; %1 = log %y; %r = add %0, %1", "%0 = multiply %x, %y; %r = log %0"),
    ("SubtractLogs", "f32", "%0 = log %x; %1 = log %y; %r = subtract %0, %1", "%0 = divide %x, %y; %r = log %0"),
    ("LogOfReciprocal", "f32", "%c = constant 1.0; %0 = divide %c, %x; %r = log %0", "%0 = log %x; %r = negate %0"),
    ("LogOfSqrt", "f32", "%0 = sqrt %x; %r = log %0", "%0 = log %x; %c = constant 0.5; %r = multiply %0, %c"),
    ("ExponentialLessOne", "f32", "%c = constant 1.0; %0 = exponential %x; %r = subtract %0, %c", "%r = exponential_minus_one %x"),
    ("ExponentialMinusOnePlusOne", "f32", "%c = constant 1.0; %0 = exponential_minus_one %x; %r = add %c, %0", "%r = exponential %x"),
    ("LogOfOneMore", "f32", "%c = constant 1.0; %0 = add %c, %x; %r = log %0", "%r = log_plus_one %x"),
    ("LogPlusOneOfExponentialMinusOne", "f32", "%0 = exponential_minus_one %x; %r = log_plus_one %0", "%x"),
    ("LogisticWritten", "f32", "%c = constant 1.0; %0 = negate %x; %1 = exponential %0; %2 = add %c, %1; %r = divide %c, %2", "%r = logistic %x"),
    ("SineOfNegated", "f32", "%0 = negate %x; %r = sine %0", "%0 = sine %x; %r = negate %0"),
    ("CosineOfNegated", "f32", "%0 = negate %x; %r = cosine %0", "%r = cosine %x"),
    ("CosineOfAbs", "f32", "%0 = abs %x; %r = cosine %0", "%r = cosine %x"),
    ("TanOfNegated", "f32", "%0 = negate %x; %r = tan %0", "%0 = tan %x; %r = negate %0"),
    ("TanOfNegated", "complex<f32>", "%0 = negate %x; %r = tan %0", "%0 = tan %x; %r = negate %0"),
    ("TanhOfNegated", "f32", "%0 = negate %x; %r = tanh %0", "%0 = tanh %x; %r = negate %0"),
    ("TanhOfNegated", "complex<f32>", "%0 = negate %x; %r = tanh %0", "%0 = tanh %x; %r = negate %0"),
    ("CbrtOfNegated", "f32", "%0 = negate %x; %r = cbrt %0", "%0 = cbrt %x; %r = negate %0"),
    ("Atan2OfNegated", "f32", "%0 = negate %y; %r = atan2 %0, %x", "%0 = atan2 %y, %x; %r = negate %0"),
    ("SineOverCosine", "f32", "%0 = sine %x; %1 = cosine %x; %r = divide %0, %1", "%r = tan %x"),
    ("TanTimesCosine", "f32", "%0 = cosine %x; %1 = tan %x; %r = multiply %0, %1", "%r = sine %x"),
    ("SquaresOfSineAndCosine", "f32", "%0 = sine %x; %1 = cosine %x; %2 = multiply %1, %1; %3 = multiply %0, %0; %r = add %2, %3", "%r = constant 1.0"),
    ("FloorTwice", "f32", "%0 = floor %x; %r = floor %0", "%r = floor %x"),
    ("CeilTwice", "f32", "%0 = ceil %x; %r = ceil %0", "%r = ceil %x"),
    ("RoundAfzTwice", "f32", "%0 = round_nearest_afz %x; %r = round_nearest_afz %0", "%r = round_nearest_afz %x"),
    ("RoundEvenTwice", "f32", "%0 = round_nearest_even %x; %r = round_nearest_even %0", "%r = round_nearest_even %x"),
    ("FloorOfNegated", "f32", "%0 = negate %x; %r = floor %0", "%0 = ceil %x; %r = negate %0"),
    ("CeilOfNegated", "f32", "%0 = negate %x; %r = ceil %0", "%0 = floor %x; %r = negate %0"),
    ("RoundAfzOfNegated", "f32", "%0 = negate %x; %r = round_nearest_afz %0", "%0 = round_nearest_afz %x; %r = negate %0"),
    ("RoundEvenOfNegated", "f32", "%0 = negate %x; %r = round_nearest_even %0", "%0 = round_nearest_even %x; %r = negate %0"),
    ("IsFiniteAssumed", "f32", "%r = is_finite %x", "%r = constant true"),
    ("IsFiniteOfNegated", "f32", "%0 = negate %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfAbs", "f32", "%0 = abs %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfFloor", "f32", "%0 = floor %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfCeil", "f32", "%0 = ceil %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfRoundedAfz", "f32", "%0 = round_nearest_afz %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfRoundedEven", "f32", "%0 = round_nearest_even %x; %r = is_finite %0", "%r = is_finite %x"),
    ("IsFiniteOfCbrt", "f32", "%0 = cbrt %x; %r = is_finite %0", "%r = is_finite %x"),
    ("RealOfComplex", "f32", "%0 = complex %x, %y; %r = real %0", "%x"),
    ("ImagOfComplex", "f32", "%0 = complex %x, %y; %r = imag %0", "%y"),
    ("ComplexOfParts", "complex<f32>", "%0 = real %x; %1 = imag %x; %r = complex %0, %1", "%x"),
    ("RealOfReal", "f32", "%r = real %x", "%x"),
    ("ImagOfReal", "f32", "%r = imag %x", "%r = constant 0.0"),
    ("RealOfNegated", "complex<f32>", "%0 = negate %x; %r = real %0", "%0 = real %x; %r = negate %0"),
    ("ImagOfNegated", "complex<f32>", "%0 = negate %x; %r = imag %0", "%0 = imag %x; %r = negate %0"),
    ("ComplexOfNegated", "f32", "%0 = negate %x; %1 = negate %y; %r = complex %0, %1", "%0 = complex %x, %y; %r = negate %0"),
    ("AbsOfConjugate", "f32", "%0 = negate %y; %1 = complex %x, %0; %r = abs %1", "%0 = complex %x, %y; %r = abs %0"),
    ("AbsOfRealComplex", "f32", "%c = constant 0.0; %0 = complex %x, %c; %r = abs %0", "%r = abs %x"),
    ("AbsOfImaginary", "f32", "%c = constant -0.0; %0 = complex %c, %y; %r = abs %0", "%r = abs %y"),
]  # fmt: skip

#: rule, element type, program: each would change if a guard were missing
KEPT = [
    ("SineOfNegated", "complex<f32>", "%0 = negate %x; %r = sine %0"),
    ("CosineOfNegated", "complex<f32>", "%0 = negate %x; %r = cosine %0"),
    ("PowerOfOne", "f32", "%c = constant 2.0; %r = power %x, %c"),
    ("PowerOfZero", "f32", "%c = constant 1.0; %r = power %x, %c"),
    ("PowerOfTwo", "f32", "%c = constant 3.0; %r = power %x, %c"),
    ("PowerOfThree", "f32", "%c = constant 2.0; %r = power %x, %c"),
    ("PowerOfThree", "f8E5M2", "%c = constant 3.0; %r = power %x, %c"),
    ("PowerOfMinusOne", "i32", "%c = constant -1; %r = power %x, %c"),
    ("PowerOfMinusOne", "f32", "%c = constant 1.0; %r = power %x, %c"),
    ("PowerOfHalf", "f32", "%c = constant 1.0; %r = power %x, %c"),
    ("PowerOfHalf", "complex<f32>", "%c = constant (0.5, 0.0); %r = power %x, %c"),
    ("PowerOfMinusHalf", "f32", "%c = constant 1.0; %r = power %x, %c"),
    ("PowerOfMinusHalf", "complex<f32>", "%c = constant (-0.5, 0.0); %r = power %x, %c"),
    ("PowerOfBaseOne", "f32", "%c = constant 2.0; %r = power %c, %x"),
    ("PowerOfBaseOne", "complex<f32>", "%c = constant (1.0, 0.0); %r = power %c, %x"),
    ("SqrtOfSquare", "complex<f32>", "%0 = multiply %x, %x; %r = sqrt %0"),
    ("SquareOfSqrt", "complex<f32>", "%0 = sqrt %x; %r = multiply %0, %0"),
    ("SquareOfRsqrt", "complex<f32>", "%0 = rsqrt %x; %r = multiply %0, %0"),
    ("ReciprocalOfSqrt", "f32", "%c = constant 2.0; %0 = sqrt %x; %r = divide %c, %0"),
    ("ReciprocalOfSqrt", "complex<f32>", "%c = constant (1.0, 0.0); %0 = sqrt %x; %r = divide %c, %0"),
    ("ReciprocalOfRsqrt", "f32", "%c = constant 2.0; %0 = rsqrt %x; %r = divide %c, %0"),
    ("ReciprocalOfRsqrt", "f8E4M3FN", "%c = constant 1.0; %0 = rsqrt %x; %r = divide %c, %0"),
    ("DivideBySqrt", "complex<f32>", "%0 = sqrt %y; %r = divide %x, %0"),
    ("DivideByRsqrt", "complex<f32>", "%0 = rsqrt %y; %r = divide %x, %0"),
    ("MultiplyByRsqrt", "complex<f32>", "%0 = rsqrt %x; %r = multiply %x, %0"),
    ("SqrtOfReciprocal", "f32", "%c = constant 2.0; %0 = divide %c, %x; %r = sqrt %0"),
    ("SqrtOfReciprocal", "complex<f32>", "%c = constant (1.0, 0.0); %0 = divide %c, %x; %r = sqrt %0"),
    ("CubeOfCbrt", "complex<f32>", "%0 = cbrt %x; %1 = multiply %0, %0; %r = multiply %0, %1"),
    ("MultiplyExponentials", "complex<f32>", "%0 = exponential %x; %1 = exponential %y; %r = multiply %0, %1"),
    ("DivideExponentials", "complex<f32>", "%0 = exponential %x; %1 = exponential %y; %r = divide %0, %1"),
    ("ReciprocalOfExponential", "f32", "%c = constant 2.0; %0 = exponential %x; %r = divide %c, %0"),
    ("ReciprocalOfExponential", "complex<f32>", "%c = constant (1.0, 0.0); %0 = exponential %x; %r = divide %c, %0"),
    ("LogOfExponential", "complex<f32>", "%0 = exponential %x; %r = log %0"),
    ("ExponentialOfLog", "complex<f32>", "%0 = log %x; %r = exponential %0"),
    ("AddLogs", "complex<f32>", "%0 = log %x; %1 = log %y; %r = add %0, %1"),
    ("SubtractLogs", "complex<f32>", "%0 = log %x; %1 = log %y; %r = subtract %0, %1"),
    ("LogOfReciprocal", "f32", "%c = constant 2.0; %0 = divide %c, %x; %r = log %0"),
    ("LogOfReciprocal", "complex<f32>", "%c = constant (1.0, 0.0); %0 = divide %c, %x; %r = log %0"),
    ("LogOfSqrt", "complex<f32>", "%0 = sqrt %x; %r = log %0"),
    ("ExponentialLessOne", "f32", "%c = constant 2.0; %0 = exponential %x; %r = subtract %0, %c"),
    ("ExponentialLessOne", "complex<f32>", "%c = constant (1.0, 0.0); %0 = exponential %x; %r = subtract %0, %c"),
    ("ExponentialMinusOnePlusOne", "f32", "%c = constant 2.0; %0 = exponential_minus_one %x; %r = add %0, %c"),
    ("ExponentialMinusOnePlusOne", "complex<f32>", "%c = constant (1.0, 0.0); %0 = exponential_minus_one %x; %r = add %0, %c"),
    ("LogOfOneMore", "f32", "%c = constant 2.0; %0 = add %x, %c; %r = log %0"),
    ("LogOfOneMore", "complex<f32>", "%c = constant (1.0, 0.0); %0 = add %x, %c; %r = log %0"),
    ("LogPlusOneOfExponentialMinusOne", "complex<f32>", "%0 = exponential_minus_one %x; %r = log_plus_one %0"),
    ("LogisticWritten", "f32", "%c = constant 1.0; %d = constant 2.0; %0 = negate %x; %1 = exponential %0; %2 = add %1, %d; %r = divide %c, %2"),
    ("LogisticWritten", "f32", "%c = constant 1.0; %d = constant 2.0; %0 = negate %x; %1 = exponential %0; %2 = add %1, %c; %r = divide %d, %2"),
    ("LogisticWritten", "complex<f32>", "%c = constant (1.0, 0.0); %0 = negate %x; %1 = exponential %0; %2 = add %1, %c; %r = divide %c, %2"),
    ("CosineOfAbs", "complex<f32>", "%0 = abs %x; %r = cosine %0"),
    ("CbrtOfNegated", "complex<f32>", "%0 = negate %x; %r = cbrt %0"),
    ("Atan2OfNegated", "complex<f32>", "%0 = negate %y; %r = atan2 %0, %x"),
    ("SineOverCosine", "complex<f32>", "%0 = sine %x; %1 = cosine %x; %r = divide %0, %1"),
    ("TanTimesCosine", "complex<f32>", "%0 = cosine %x; %1 = tan %x; %r = multiply %0, %1"),
    ("SquaresOfSineAndCosine", "complex<f32>", "%0 = sine %x; %1 = cosine %x; %2 = multiply %1, %1; %3 = multiply %0, %0; %r = add %2, %3"),
    ("IsFiniteOfFloor", "f8E3M4", "%0 = floor %x; %r = is_finite %0"),
    ("IsFiniteOfCeil", "f8E3M4", "%0 = ceil %x; %r = is_finite %0"),
    ("IsFiniteOfRoundedAfz", "f8E3M4", "%0 = round_nearest_afz %x; %r = is_finite %0"),
    ("IsFiniteOfRoundedEven", "f8E3M4", "%0 = round_nearest_even %x; %r = is_finite %0"),
    ("IsFiniteOfAbs", "complex<f32>", "%0 = abs %x; %r = is_finite %0"),
    ("RealOfReal", "complex<f32>", "%r = real %x"),
    ("ImagOfReal", "complex<f32>", "%r = imag %x"),
    ("ComplexOfParts", "f32", "%0 = real %x; %1 = imag %x; %r = complex %0, %1"),
    ("RealOfNegated", "f32", "%0 = negate %x; %r = real %0"),
    ("ImagOfNegated", "f32", "%0 = negate %x; %r = imag %0"),
    ("AbsOfRealComplex", "f32", "%c = constant 1.0; %0 = complex %x, %c; %r = abs %0"),
    ("AbsOfImaginary", "f32", "%c = constant 1.0; %0 = complex %c, %y; %r = abs %0"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "element", "before", "after"), LAWS)
def test_simpler(rule: str, element: str, before: str, after: str) -> None:
    assert simplified(rule, element, before) == text(element, after)


@pytest.mark.parametrize(("rule", "element", "lines"), KEPT)
def test_kept(rule: str, element: str, lines: str) -> None:
    assert simplified(rule, element, lines) == text(element, lines)


def test_each_rule_has_a_case() -> None:
    rules = {as_rewrite(rule).name for name in FAMILIES for rule in family(name)}
    assert rules == {law[0] for law in LAWS}
    assert {kept[0] for kept in KEPT} <= rules
