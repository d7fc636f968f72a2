"""Whether two functions compute the same: what counts as a difference, on which numbers, under which assumptions."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.passes.running import public_functions
from couloir.testing.rewrites.inputs import arrays_for
from couloir.testing.rewrites.oracle import Difference, Exactly, Undefined, difference, exactly


def function(body: str, inputs: str = "f32", result: str | None = None):
    """`@main` of tensors of 4 elements: `%x`, `%y`, `%z`."""
    types = [f"tensor<4x{element}>" for element in inputs.split()]
    arguments = ", ".join(f"%{name}: {type}" for name, type in zip("xyz", types, strict=False))
    lines = body.replace("T", types[0]).split("; ")
    given = f"tensor<4x{result}>" if result else types[0]
    text = f"func.func @main({arguments}) -> {given} {{ {chr(10).join(lines)}\nreturn %r : {given} }}"
    (found,) = public_functions(couloir.parse(text))
    return found


def array(*numbers, dtype=np.float32):
    return np.array(numbers, dtype)


SELF = "%r = stablehlo.reshape %x : (T) -> T"
PLUS_ZERO = "%c = stablehlo.constant dense<0.0> : T; %r = stablehlo.add %x, %c : T"
SUM = "%s = stablehlo.add %x, %y : T; %r = stablehlo.add %s, %z : T"
SUM_OTHERWISE = "%s = stablehlo.add %y, %z : T; %r = stablehlo.add %x, %s : T"
EXP = "%s = stablehlo.exponential %x : T; %r = stablehlo.multiply %s, %s : T"
EXP_OTHERWISE = "%s = stablehlo.add %x, %x : T; %r = stablehlo.exponential %s : T"


def test_floats_keep_their_bits():
    three = [array(0.1, 0.3, 0.7, 1e-3), array(0.2, 0.6, 0.1, 1e3), array(0.3, 0.9, 0.11, 3.3)]
    sums = function(SUM, "f32 f32 f32"), function(SUM_OTHERWISE, "f32 f32 f32")
    found = difference(*sums, three, "ordinary")
    assert isinstance(found, Difference)
    assert "before it was" in found.message
    assert found.outputs[0][0].tobytes() != found.outputs[1][0].tobytes()
    assert difference(*sums, three, "ordinary", ["reassociation"]) == "rounded"
    assert difference(*sums, three, "ordinary", rounds=True) == "rounded"
    assert difference(sums[0], sums[0], three, "ordinary") == "equal"


def test_reassociation_is_no_licence():
    wrong = function("%s = stablehlo.add %y, %z : T; %r = stablehlo.subtract %s, %x : T", "f32 f32 f32")
    three = [array(0.1, 0.3, 0.7, 1e-3), array(0.2, 0.6, 0.1, 1e3), array(0.3, 0.9, 0.11, 3.3)]
    found = difference(function(SUM, "f32 f32 f32"), wrong, three, "ordinary", ["reassociation"])
    assert isinstance(found, Difference)
    assert "allowed difference" in found.message


def test_functions_that_nothing_fixes_to_the_last_bit_may_round_otherwise():
    x = [array(0.1, 0.3, 0.7, 1.7)]
    assert difference(function(EXP), function(EXP_OTHERWISE), x, "ordinary") == "rounded"
    wrong = function("%s = stablehlo.add %x, %x : T; %r = stablehlo.exponential_minus_one %s : T")
    assert isinstance(difference(function(EXP), wrong, x, "ordinary"), Difference)


def test_the_sign_of_zero_counts_unless_it_is_said_not_to():
    x = [array(-0.0, 1, 2, 3)]
    assert isinstance(difference(function(PLUS_ZERO), function(SELF), x, "special"), Difference)
    assert difference(function(PLUS_ZERO), function(SELF), x, "special", ["no signed zeros"]) == "rounded"


def test_any_nan_is_nan():
    negated = function("%r = stablehlo.negate %x : T")
    assert difference(function(SELF), negated, [array(np.nan, np.nan, np.nan, np.nan)], "special") == "equal"


@pytest.mark.parametrize(
    ("assumption", "numbers"),
    [("no NaN", (np.inf, 1, 2, 3)), ("no infinities", (np.inf, 1, 2, 3)), ("no NaN", (np.nan, 1, 2, 3))],
)
def test_what_is_assumed_is_granted_of_numbers_on_the_way(assumption, numbers):
    before = function("%r = stablehlo.subtract %x, %x : T")
    after = function("%r = stablehlo.constant dense<0.0> : T")
    x = [array(*numbers)]
    assert isinstance(difference(before, after, x, "special"), Difference)
    assert difference(before, after, x, "special", [assumption]) == "granted"
    # Where it holds, nothing is.
    assert isinstance(difference(function(SELF), after, [array(1, 2, 3, 4)], "special", [assumption]), Difference)


@pytest.mark.parametrize(
    ("element", "dtype", "largest"), [("f32", np.float32, 3e38), ("i8", np.int8, 127), ("i64", np.int64, 2**63 - 1)]
)
def test_overflow_of_floats_and_whole_numbers(element, dtype, largest):
    two = "2.0" if element == "f32" else "2"
    doubled = f"%c = stablehlo.constant dense<{two}> : T; %s = stablehlo.multiply %x, %c : T; %r = stablehlo.divide %s, %c : T"
    pair = function(doubled, element), function(SELF, element)
    x = [array(largest, 1, 2, 3, dtype=dtype)]
    assert isinstance(difference(*pair, x, "extreme"), Difference)
    assert difference(*pair, x, "extreme", ["no overflow"]) == "granted"
    assert difference(*pair, [array(5, 1, 2, 3, dtype=dtype)], "extreme") == "equal"


def test_division_by_zero_is_no_overflow():
    before = function("%c = stablehlo.constant dense<0.0> : T; %r = stablehlo.divide %x, %c : T")
    found = difference(before, function(SELF), [array(1, 2, 3, 4)], "special", ["no overflow"])
    assert isinstance(found, Difference)


def test_another_order_may_overflow_elsewhere():
    numbers = [array(3e38, 1, 1, 1), array(3e38, 1, 1, 1), array(-3e38, 1, 1, 1)]
    sums = function(SUM, "f32 f32 f32"), function(SUM_OTHERWISE, "f32 f32 f32")
    assert isinstance(difference(*sums, numbers, "extreme"), Difference)
    assert difference(*sums, numbers, "extreme", ["reassociation"]) == "granted"


def test_another_order_may_lose_digits_below_the_normal_numbers():
    body = "%c = stablehlo.constant dense<65504.0> : T; %s = stablehlo.divide %x, %c : T; %r = stablehlo.multiply %s, %c : T"
    pair = function(body, "f16"), function(SELF, "f16")
    x = [array(0.1819, 1, 2, 3, dtype=np.float16)]
    assert isinstance(difference(*pair, x, "ordinary"), Difference)
    assert difference(*pair, x, "ordinary", ["reassociation"]) == "granted"
    assert (
        difference(*pair, [array(30000, 1000, 2000, 3000, dtype=np.float16)], "ordinary", ["reassociation"])
        != "granted"
    )


def test_a_small_number_beside_a_large_constant_is_lost_in_one_order_and_not_in_the_other():
    constants = "%a = stablehlo.constant dense<65504.0> : T; %b = stablehlo.constant dense<-65504.0> : T; "
    before = function(constants + "%s = stablehlo.add %x, %a : T; %r = stablehlo.add %s, %b : T", "f16")
    after = function(constants + "%s = stablehlo.add %a, %b : T; %r = stablehlo.add %x, %s : T", "f16")
    x = [array(1, 2, 3, 0, dtype=np.float16)]
    assert isinstance(difference(before, after, x, "whole"), Difference)
    assert difference(before, after, x, "whole", ["reassociation"]) == "rounded"


def test_another_order_may_come_to_zero_where_a_logarithm_has_a_pole():
    before = function("%s = stablehlo.log %x : T; %r = stablehlo.add %s, %s : T")
    after = function("%s = stablehlo.multiply %x, %x : T; %r = stablehlo.log %s : T")
    x = [array(1e-45, 1, 2, 3)]
    assert isinstance(difference(before, after, x, "special"), Difference)
    assert difference(before, after, x, "special", ["reassociation"]) == "granted"


def test_complex_numbers_are_compared_by_their_parts():
    conjugated = function(
        "%a = stablehlo.real %x : (T) -> tensor<4xf32>; %b = stablehlo.imag %x : (T) -> tensor<4xf32>; "
        "%c = stablehlo.negate %b : tensor<4xf32>; %r = stablehlo.complex %a, %c : T",
        "complex<f32>",
    )
    same = function(SELF, "complex<f32>")
    assert isinstance(difference(same, conjugated, [array(1j, 1, 1, 1, dtype=np.complex64)], "whole"), Difference)
    found = difference(same, conjugated, [array(1, 1, 1, 1, dtype=np.complex64)], "special")
    assert isinstance(found, Difference)  # the sign of a zero


def test_which_part_of_an_infinite_complex_number_is_odd_stays_open_where_a_constant_makes_it():
    product = "%a = stablehlo.constant dense<(0x7F800000, 0.0)> : T; %b = stablehlo.add %x, %a : T; "
    one = "%c = stablehlo.constant dense<(1.0, 0.0)> : T; %r = stablehlo.multiply %b, %c : T"
    before = function(product + one, "complex<f32>")
    x = [array(1, 1, 2, 3, dtype=np.complex64)]
    same = function(product + "%r = stablehlo.reshape %b : (T) -> T", "complex<f32>")
    assert difference(before, same, x, "whole") == "rounded"
    assert isinstance(difference(before, function(SELF, "complex<f32>"), x, "whole"), Difference)


def test_the_sign_of_a_nan_that_an_infinity_shows_says_nothing():
    rounded = "%r = stablehlo.reduce_precision %s, format = e5m0 : T"
    same = function(f"%s = stablehlo.reshape %x : (T) -> T; {rounded}")
    negated = function(f"%s = stablehlo.negate %x : T; {rounded}")
    with pytest.raises(Undefined, match="sign of a NaN"):
        difference(same, negated, [array(np.nan, np.nan, 0, 0)], "special")
    assert isinstance(difference(same, negated, [array(1, 2, 3, 4)], "special"), Difference)


def test_what_the_program_before_leaves_undefined_says_nothing():
    cholesky = "%s = stablehlo.reshape %x : (T) -> tensor<2x2xf32>; %t = stablehlo.cholesky %s, lower = true : tensor<2x2xf32>; "
    factor = function(cholesky + "%r = stablehlo.reshape %t : (tensor<2x2xf32>) -> T")
    with pytest.raises(Undefined, match="not positive definite"):
        difference(factor, function(SELF), [array(-1, 0, 0, 1)], "whole")
    assert isinstance(difference(factor, function(SELF), [array(4, 0, 0, 1)], "whole"), Difference)


def test_a_program_that_does_not_run_any_more():
    loop = (
        "%r = stablehlo.while(%i = %x) : T cond { %c = stablehlo.constant dense<true> : tensor<i1>\n"
        "stablehlo.return %c : tensor<i1> } do { stablehlo.return %i : T }"
    )
    found = difference(function(SELF), function(loop), [array(1, 2, 3, 4)], "whole")
    assert isinstance(found, Difference) and "cannot be run any more" in found.message
    with pytest.raises(Undefined):
        difference(function(loop), function(SELF), [array(1, 2, 3, 4)], "whole")


# -- exact arithmetic --------------------------------------------------------------------------------------------------------


WHOLE = [array(1, 2, 3, -1)]


def test_exact_arithmetic_does_not_mind_rounding_and_sees_what_it_hides():
    three = [array(1, 2, 3, -1)] * 3
    sums = function(SUM, "f32 f32 f32"), function(SUM_OTHERWISE, "f32 f32 f32")
    assert exactly(*sums, three, 0) == Exactly("GF(2^31-1)", pytest.approx(2.0**-31))
    hidden = function("%c = stablehlo.constant dense<9.99999996E-13> : T; %s = stablehlo.multiply %x, %c : T; %r = stablehlo.add %x, %s : T")  # fmt: skip
    ordinary = [array(0.1, 0.2, 0.3, 0.4)]
    assert difference(hidden, function(SELF), ordinary, "ordinary") == "equal"
    found = exactly(hidden, function(SELF), ordinary, 0)
    assert isinstance(found, Difference) and "in exact arithmetic" in found.message
    assert found.domain == "GF(2^31-1)"
    assert found.inputs is not None


def test_the_chance_of_a_miss_follows_the_degree():
    powers = "%a = stablehlo.multiply %x, %x : T; " + "; ".join(
        f"%{chr(98 + n)} = stablehlo.multiply %{chr(97 + n)}, %{chr(97 + n)} : T" for n in range(3)
    )
    power = function(powers + "; %r = stablehlo.multiply %d, %x : T")
    found = exactly(power, power, WHOLE, 0)
    assert isinstance(found, Exactly)
    assert found.miss == pytest.approx((2**10 / 2.0**31) ** 2)  # five multiplications in each, and two trials


def test_what_has_no_exact_meaning():
    with pytest.raises(Undefined):
        exactly(function(EXP), function(EXP_OTHERWISE), WHOLE, 0)
    largest = function("%c = stablehlo.constant dense<1.0> : T; %r = stablehlo.maximum %x, %c : T")
    assert exactly(largest, largest, WHOLE, 0) == Exactly("rationals")


def test_constants_that_were_rounded_are_not_held_against_a_rewrite():
    third = function("%c = stablehlo.constant dense<3.0> : T; %r = stablehlo.divide %x, %c : T")
    times = function("%c = stablehlo.constant dense<0.333333343> : T; %r = stablehlo.multiply %x, %c : T")
    with pytest.raises(Undefined, match="rounded"):
        exactly(third, times, WHOLE, 0)
    folded = function("%c = stablehlo.constant dense<4294967296.0> : T; %r = stablehlo.add %x, %c : T")
    exact = function("%i = stablehlo.constant dense<4294967294> : tensor<4xui32>; %c = stablehlo.convert %i : (tensor<4xui32>) -> T; %r = stablehlo.add %x, %c : T")  # fmt: skip
    with pytest.raises(Undefined, match="rounded"):
        exactly(exact, folded, WHOLE, 0)
    half = function("%c = stablehlo.constant dense<0.5> : T; %r = stablehlo.multiply %x, %c : T")
    assert isinstance(exactly(third, half, WHOLE, 0), Difference)


# -- inputs --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", ["f32", "f64", "bf16", "f8E4M3FN", "complex<f32>"])
def test_inputs_are_such_as_is_assumed(element):
    types = function(SELF, element).function_type.inputs
    type = types[0].with_dims((400,))
    for assumption, broken in (
        ("no NaN", np.isnan),
        ("no infinities", np.isinf),
        ("no signed zeros", lambda a: (a == 0) & np.signbit(a)),
    ):
        for assumes, wanted in (((), True), ((assumption,), False)):
            (drawn,) = arrays_for([type], "special", 0, assumes)
            parts = [drawn.real, drawn.imag] if drawn.dtype.kind == "c" else [drawn]
            has = any(broken(part).any() for part in parts)
            if element != "f8E4M3FN" or not wanted:  # it has no infinities
                assert has == wanted, (assumption, assumes)


def test_whole_numbers_of_all_sizes():
    type = function(SELF, "i32").function_type.inputs[0].with_dims((200,))
    drawn = np.concatenate([arrays_for([type], "ordinary", seed)[0] for seed in range(8)])
    assert np.abs(drawn.astype(np.int64)).max() > 1 << 29
    assert (np.abs(drawn) <= 3).any()
    (small,) = arrays_for([type], "extreme", 0, ["no overflow"])
    assert np.abs(small).max() <= 3


SAME = "check.expect_eq %x, %y : T; %r = stablehlo.abs %x : T"
UNCHECKED = "%r = stablehlo.abs %x : T"
ALWAYS_WRONG = '%c = arith.constant false; cf.assert %c, "no"; %r = stablehlo.abs %x : T'


def test_where_a_program_stops_at_an_assertion_the_other_has_to_stop_too():
    checked, unchecked, stopping = (function(text, "f32 f32") for text in (SAME, UNCHECKED, ALWAYS_WRONG))
    equal, other = [array(1, 2, 3, 4)] * 2, [array(1, 2, 3, 4), array(1, 2, 3, 5)]
    assert difference(checked, unchecked, equal, "ordinary") == "equal"
    found = difference(checked, unchecked, other, "ordinary")
    assert isinstance(found, Difference) and "it does not stop any more" in found.message
    assert "1 of 4 elements are not equal" in found.message
    assert (
        difference(checked, stopping, other, "ordinary") == difference(stopping, checked, other, "ordinary") == "equal"
    )
    found = difference(checked, stopping, equal, "ordinary")
    assert isinstance(found, Difference) and "it cannot be run any more" in found.message


def test_what_is_asserted_of_numbers_that_may_round_otherwise_says_nothing():
    checked, unchecked = function(SAME, "f32 f32"), function(UNCHECKED, "f32 f32")
    other = [array(1, 2, 3, 4), array(1, 2, 3, 5)]
    for given in ({"assumes": ["reassociation"]}, {"rounds": True}):
        with pytest.raises(Undefined):
            difference(checked, unchecked, other, "ordinary", **given)


def test_the_sign_of_a_nan_that_was_computed_shows_nothing():
    """0 / 0 and inf - inf are some NaN; rounded to no bits, or as bits, they are one infinity or the other."""
    zeros = [array(0, 1, 2, 3), array(0, 1, 1, 1)]
    for read, result in (
        ("reduce_precision %s, format = e5m0 : T", "f32"),
        ("bitcast_convert %s : (T) -> tensor<4xi32>", "i32"),
    ):
        before = function(f"%s = stablehlo.divide %x, %y : T; %r = stablehlo.{read}", "f32 f32", result)
        after = function(
            f"%n = stablehlo.negate %x : T; %q = stablehlo.divide %n, %y : T; %s = stablehlo.negate %q : T; %r = stablehlo.{read}",
            "f32 f32", result,
        )  # fmt: skip
        with pytest.raises(Undefined, match="sign of a NaN"):
            difference(before, after, zeros, "special")
    bits = function("%r = stablehlo.bitcast_convert %x : (T) -> tensor<4xi32>", result="i32")
    others = function(
        "%s = stablehlo.negate %x : T; %r = stablehlo.bitcast_convert %s : (T) -> tensor<4xi32>", result="i32"
    )
    assert isinstance(
        difference(bits, others, [array(np.nan, np.nan, np.nan, np.nan)], "special"), Difference
    )  # not of one read


def test_among_extreme_complex_numbers_nothing_bounds_rounding():
    """exp(x) / exp(y) and exp(x - y) agree in no digit where the imaginary part is large."""
    apart = function("%a = stablehlo.exponential %x : T; %b = stablehlo.exponential %y : T; %r = stablehlo.divide %a, %b : T",
                     "complex<f32> complex<f32>")  # fmt: skip
    once = function(
        "%a = stablehlo.subtract %x, %y : T; %r = stablehlo.exponential %a : T", "complex<f32> complex<f32>"
    )
    extreme = [np.full(4, 9.114754e6j, np.complex64), np.full(4, -15.946631j, np.complex64)]
    assert difference(apart, once, extreme, "extreme", ["reassociation"]) == "rounded"
