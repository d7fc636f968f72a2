"""Programs of fixed shapes: proved equal, or a model that shows they are not, or a reason."""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np
import pytest

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.testing.proofs import smt
from couloir.testing.proofs.bounded import prove
from couloir.testing.rewrites.report import Candidate, Proof

needs_z3 = pytest.mark.skipif(smt.z3_executable() is None, reason="needs z3 (pip install couloir[z3])")


def program(body: str, arguments: str = "%x: tensor<2x3xf32>", result: str = "tensor<2x3xf32>") -> Any:
    return couloir.parse(f"func.func @main({arguments}) -> ({result}) {{\n{body}\n}}")


def decide(before: str, after: str, *assumes: str, seconds: float = 20, **types: str) -> Any:
    cases = [(program(before, **types), program(after, **types))]
    found = prove(cases, assumes=assumes, deadline=monotonic() + seconds)
    if isinstance(found, Candidate):  # it has been run
        assert found.inputs is not None and found.module is cases[0][0]
        results = [np.asarray(evaluate(module, *found.inputs)[0]) for module in cases[0]]
        assert results[0].tobytes() != results[1].tobytes()
    return found


SAME = "return %x : tensor<2x3xf32>"
ZERO = "%z = stablehlo.constant dense<0.0> : tensor<2x3xf32>\n"
ADD_ZERO = ZERO + "%r = stablehlo.add %x, %z : tensor<2x3xf32>\nreturn %r : tensor<2x3xf32>"
SUBTRACT = ZERO + "%r = stablehlo.subtract %x, %x : tensor<2x3xf32>\nreturn %r : tensor<2x3xf32>"


def test_moving_elements_needs_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "z3_executable", lambda: None)
    back = """%t = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
    %e = stablehlo.exponential %t : tensor<3x2xf32>
    %r = stablehlo.transpose %e, dims = [1, 0] : (tensor<3x2xf32>) -> tensor<2x3xf32>
    return %r : tensor<2x3xf32>"""
    straight = "%e = stablehlo.exponential %x : tensor<2x3xf32>\nreturn %e : tensor<2x3xf32>"
    found = decide(back, straight)
    assert found == Proof("equal terms", "all values, for this program (up to 2x3; f32)")
    other = "%e = stablehlo.tanh %x : tensor<2x3xf32>\nreturn %e : tensor<2x3xf32>"
    assert "there is no SMT solver" in decide(back, other)


@needs_z3
def test_adding_zero_changes_negative_zero() -> None:
    found = decide(ADD_ZERO, SAME)
    assert isinstance(found, Candidate) and found.inputs is not None
    assert np.signbit(found.inputs[0]).any() and not found.inputs[0].any()
    assert isinstance(decide(ADD_ZERO, SAME, "no signed zeros"), Proof)


@needs_z3
def test_an_assumption_becomes_a_premise() -> None:
    zero = ZERO + "return %z : tensor<2x3xf32>"
    assert isinstance(decide(SUBTRACT, zero), Candidate)
    assert isinstance(decide(SUBTRACT, zero, "no NaN"), Proof)  # inf - inf would be one
    assert isinstance(decide(SUBTRACT, zero, "no infinities"), Candidate)
    twice = "%a = stablehlo.add %x, %x : TYPE\n%r = stablehlo.subtract %a, %x : TYPE\nreturn %r : TYPE".replace(
        "TYPE", "tensor<2xf16>"
    )
    types = {"arguments": "%x: tensor<2xf16>", "result": "tensor<2xf16>"}
    zeros = ("no signed zeros", "no NaN")
    assert isinstance(decide(twice, "return %x : tensor<2xf16>", *zeros, **types), Candidate)  # the largest numbers
    assert isinstance(decide(twice, "return %x : tensor<2xf16>", *zeros, "no overflow", **types), Proof)


@needs_z3
def test_what_makes_nan_afterwards_is_not_excused() -> None:
    """x => x / x * x is wrong for 0, whatever is assumed of the program before."""
    types = {"arguments": "%x: tensor<f16>", "result": "tensor<f16>"}
    same = "return %x : tensor<f16>"
    through = "%a = stablehlo.divide %x, %x : tensor<f16>\n%r = stablehlo.multiply %a, %x : tensor<f16>\nreturn %r : tensor<f16>"
    everything = ("no NaN", "no infinities", "no signed zeros")
    found = decide(same, through, *everything, **types)
    assert isinstance(found, Candidate) and found.inputs is not None and not found.inputs[0].any()
    assert not isinstance(decide(same, through, "reassociation", *everything, **types), Proof)
    assert isinstance(decide(through, same, "reassociation", *everything, **types), Proof)


@needs_z3
@pytest.mark.parametrize("type", ["i8", "ui8", "i32", "ui32"])
def test_halving_is_shifting_for_unsigned_integers_alone(type: str) -> None:
    shift = "arithmetic" if type[0] == "i" else "logical"
    types = {"arguments": f"%x: tensor<4x{type}>", "result": f"tensor<4x{type}>"}
    constants = f"%one = stablehlo.constant dense<1> : tensor<4x{type}>\n%two = stablehlo.constant dense<2> : tensor<4x{type}>\n"
    half = constants + f"%r = stablehlo.divide %x, %two : tensor<4x{type}>\nreturn %r : tensor<4x{type}>"
    shifted = (
        constants + f"%r = stablehlo.shift_right_{shift} %x, %one : tensor<4x{type}>\nreturn %r : tensor<4x{type}>"
    )
    found = decide(half, shifted, **types)
    if type[0] == "i":
        assert isinstance(found, Candidate)
    else:
        assert isinstance(found, Proof)
        assert found.method == "all values" if type == "ui8" else found.method.startswith("bit-vectors (z3 ")
        assert found.scope == f"all values, for this program (up to 4; {type})"


ADD_SUBTRACT = """%a = stablehlo.add %x, %y : TYPE
%r = stablehlo.subtract %a, %y : TYPE
return %r : TYPE"""


@needs_z3
@pytest.mark.parametrize("type", ["tensor<3xi32>", "tensor<3xf32>", "tensor<3xbf16>"])
def test_adding_and_subtracting_gives_back_integers_alone(type: str) -> None:
    before, after = ADD_SUBTRACT.replace("TYPE", type), f"return %x : {type}"
    types = {"arguments": f"%x: {type}, %y: {type}", "result": type}
    found = decide(before, after, **types)
    assert isinstance(found, Proof if "i32" in type else Candidate)
    found = decide(before, after, "reassociation", **types)
    if "i32" in type:
        assert isinstance(found, Proof)
    else:
        assert found == (
            "in exact arithmetic it is the same, if no NaN and no infinities and no signed zeros may be assumed"
        )
    everything = ("reassociation", "no NaN", "no infinities", "no signed zeros")
    assert isinstance(decide(before, after, *everything, **types), Proof)


def test_sums_have_no_order() -> None:
    types = {"arguments": "%x: tensor<2x3xf32>, %w: tensor<3x2xf32>", "result": "tensor<2x2xf32>"}
    before = """%d = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
    return %d : tensor<2x2xf32>"""
    after = """%d = stablehlo.dot_general %w, %x, contracting_dims = [0] x [1] : (tensor<3x2xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
    %r = stablehlo.transpose %d, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
    return %r : tensor<2x2xf32>"""
    assert decide(before, after, **types) == Proof("equal terms", "all values, for this program (up to 3x2; f32)")
    wrong = after.replace("[0] x [1]", "[0] x [1]").replace("dims = [1, 0]", "dims = [0, 1]")
    assert isinstance(decide(before, wrong, **types), str)


def test_large_terms_are_compared_part_by_part() -> None:
    """Deep programs that differ in one place: the solver is asked about that place."""
    chain = "\n".join(
        f"%v{n + 1} = stablehlo.tanh %v{n} : tensor<2x3xi32>".replace("tanh", op)
        for n, op in enumerate(["not", "abs"] * 20)
    )
    types = {"arguments": "%x: tensor<2x3xi32>, %y: tensor<2x3xi32>", "result": "tensor<2x3xi32>"}
    before = f"%a = stablehlo.or %x, %y : tensor<2x3xi32>\n%v0 = stablehlo.and %a, %x : tensor<2x3xi32>\n{chain}\nreturn %v40 : tensor<2x3xi32>"
    after = f"%v0 = stablehlo.or %x, %x : tensor<2x3xi32>\n{chain}\nreturn %v40 : tensor<2x3xi32>"
    assert isinstance(decide(before, after, **types), Proof)
    wrong = f"%v0 = stablehlo.or %x, %y : tensor<2x3xi32>\n{chain}\nreturn %v40 : tensor<2x3xi32>"
    assert isinstance(decide(before, wrong, **types), Candidate)


def test_summands_that_are_there_twice_count_twice() -> None:
    types = {"arguments": "%x: tensor<20xf32>", "result": "tensor<f32>"}

    def total(twice: int, prepare: str, largest: str) -> str:
        return f"""%s = stablehlo.slice %x [{twice}:{twice + 1}] : (tensor<20xf32>) -> tensor<1xf32>
        %y = {prepare} : tensor<20xf32>
        %all = stablehlo.concatenate %y, %s, dim = 0 : (tensor<20xf32>, tensor<1xf32>) -> tensor<21xf32>
        %z = stablehlo.constant dense<0.0> : tensor<f32>
        %r = stablehlo.reduce(%all init: %z) applies stablehlo.add across dimensions = [0] : (tensor<21xf32>, tensor<f32>) -> tensor<f32>
        %i = stablehlo.slice %x [2:3] : (tensor<20xf32>) -> tensor<1xf32>
        %j = stablehlo.slice %x [3:4] : (tensor<20xf32>) -> tensor<1xf32>
        %m = stablehlo.maximum %i, %j : tensor<1xf32>
        %n = {largest} : tensor<1xf32>
        %k = stablehlo.reshape %n : (tensor<1xf32>) -> tensor<f32>
        %q = stablehlo.multiply %r, %k : tensor<f32>
        return %q : tensor<f32>"""

    straight, turned = "stablehlo.reverse %x, dims = []", "stablehlo.reverse %x, dims = [0]"
    once, again = "stablehlo.maximum %m, %m", "stablehlo.maximum %m, %i"
    assert isinstance(decide(total(0, straight, once), total(0, turned, again), **types), Proof)
    assert isinstance(decide(total(0, straight, once), total(1, straight, again), **types), str)


REDUCE = """%z = stablehlo.constant dense<0.0> : tensor<f32>
%a = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%r = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
return %r : tensor<f32>"""
REDUCE_AT_ONCE = """%z = stablehlo.constant dense<0.0> : tensor<f32>
%r = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<f32>
return %r : tensor<f32>"""


def test_where_the_specification_leaves_rounding_open_the_proof_says_so() -> None:
    found = decide(REDUCE, REDUCE_AT_ONCE, result="tensor<f32>")
    assert isinstance(found, Proof)
    assert (found.method, found.detail) == ("normal forms", "sums are rounded as the specification leaves open")
    maximum = [text.replace("add", "maximum") for text in (REDUCE, REDUCE_AT_ONCE)]
    found = decide(*maximum, result="tensor<f32>")
    assert isinstance(found, Proof) and not found.detail


def test_multiplying_out_takes_assumptions() -> None:
    types = {"arguments": "%x: tensor<3xf32>, %c: tensor<f32>", "result": "tensor<f32>"}
    zero = "%z = stablehlo.constant dense<0.0> : tensor<f32>\n"
    reduce = "stablehlo.reduce({} init: %z) applies stablehlo.add across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>\n"
    inside = (
        f"{zero}%k = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<3xf32>\n"
        f"%m = stablehlo.multiply %x, %k : tensor<3xf32>\n%r = {reduce.format('%m')}return %r : tensor<f32>"
    )
    outside = f"{zero}%s = {reduce.format('%x')}%r = stablehlo.multiply %s, %c : tensor<f32>\nreturn %r : tensor<f32>"
    assert decide(inside, outside, seconds=2, **types) == (
        "in exact arithmetic it is the same, if no infinities and no signed zeros may be assumed"
    )
    assert isinstance(decide(inside, outside, "no infinities", "no signed zeros", **types), Proof)


@needs_z3
def test_what_takes_too_long_is_decided_for_narrow_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product of four variables, compared with a hash of it: 64 bits are too many."""
    monkeypatch.setattr("couloir.testing.proofs.bounded.QUESTION_SECONDS", 0.1)
    types = {"arguments": "%x: tensor<i64>, %y: tensor<i64>", "result": "tensor<i64>"}
    quotient = "%q = stablehlo.divide %x, %y : tensor<i64>\n%p = stablehlo.multiply %q, %y : tensor<i64>\n"
    before = f"{quotient}%r = stablehlo.or %p, %x : tensor<i64>\nreturn %r : tensor<i64>"
    rest = "%m = stablehlo.remainder %x, %y : tensor<i64>\n%s = stablehlo.subtract %x, %m : tensor<i64>\n"
    after = f"{rest}%a = stablehlo.and %s, %x : tensor<i64>\n%o = stablehlo.xor %s, %x : tensor<i64>\n%r = stablehlo.or %a, %o : tensor<i64>\nreturn %r : tensor<i64>"
    found = decide(before, after, **types)
    assert isinstance(found, Proof), found
    assert found.scope == "all values, for this program (up to scalars; i64; i64 as if of 8 bits)"


def test_choices_are_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "z3_executable", lambda: None)
    types = {
        "arguments": "%p: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf32>, %z: tensor<2xf32>",
        "result": "tensor<2xf32>",
    }
    before = """%a = stablehlo.divide %x, %z : tensor<2xf32>
    %b = stablehlo.divide %y, %z : tensor<2xf32>
    %r = stablehlo.select %p, %a, %b : tensor<2xi1>, tensor<2xf32>
    return %r : tensor<2xf32>"""
    after = """%s = stablehlo.select %p, %x, %y : tensor<2xi1>, tensor<2xf32>
    %r = stablehlo.divide %s, %z : tensor<2xf32>
    return %r : tensor<2xf32>"""
    found = decide(before, after, **types)
    assert isinstance(found, Proof) and found.method == "cases"
    assert not isinstance(decide(before, after.replace("%x, %y", "%y, %x"), **types), Proof)


def test_programs_that_break_an_assumption_say_nothing() -> None:
    types = {"arguments": "%x: tensor<f32>", "result": "tensor<i1>"}
    before = "%c = stablehlo.constant dense<0x7F800000> : tensor<f32>\n%r = stablehlo.is_finite %c : tensor<f32>\nreturn %r : tensor<i1>"
    before = before.replace("tensor<f32>\nreturn", "(tensor<f32>) -> tensor<i1>\nreturn")
    after = "%r = stablehlo.constant dense<true> : tensor<i1>\nreturn %r : tensor<i1>"
    assert isinstance(decide(before, after, **types), Candidate)
    assert "is assumed not to be" in decide(before, after, "no infinities", **types)


def test_branches_on_what_is_not_known_become_choices() -> None:
    types = {"arguments": "%p: tensor<i1>, %x: tensor<2xf32>, %y: tensor<2xf32>", "result": "tensor<2xf32>"}
    before = """%r = "stablehlo.if"(%p) ({ stablehlo.return %x : tensor<2xf32> }, { stablehlo.return %y : tensor<2xf32> })
      : (tensor<i1>) -> tensor<2xf32>
    return %r : tensor<2xf32>"""
    after = "%r = stablehlo.select %p, %x, %y : tensor<i1>, tensor<2xf32>\nreturn %r : tensor<2xf32>"
    assert isinstance(decide(before, after, **types), Proof)


@pytest.mark.parametrize(
    ("before", "types", "why"),
    [
        ("%r = stablehlo.rng %x, %x, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf32>"
         "\nreturn %r : tensor<2xf32>",
         {"arguments": "%x: tensor<f32>, %s: tensor<1xi64>", "result": "tensor<2xf32>"}, "other numbers in each run"),
        ("return %x : tensor<?xf32>", {"arguments": "%x: tensor<?xf32>", "result": "tensor<?xf32>"}, "of no fixed size"),
        ("%r = stablehlo.negate %x : tensor<9999xf32>\nreturn %r : tensor<9999xf32>",
         {"arguments": "%x: tensor<9999xf32>", "result": "tensor<9999xf32>"}, "more than 4000"),
        ("return %x : !stablehlo.token", {"arguments": "%x: !stablehlo.token", "result": "!stablehlo.token"}, "no terms"),
    ],
)  # fmt: skip
def test_what_has_no_terms_is_not_decided(before: str, types: dict[str, str], why: str) -> None:
    found = decide(before, before, **types)
    assert isinstance(found, str) and why in found


def test_no_time_and_no_programs_prove_nothing() -> None:
    assert isinstance(decide(ADD_ZERO, SAME, seconds=-1), str)
    assert isinstance(prove([], assumes=(), deadline=monotonic() + 1), str)


def test_other_shapes_afterwards_are_not_decided() -> None:
    cases = [(program(SAME), program("return %x : tensor<3xf32>", "%x: tensor<3xf32>", "tensor<3xf32>"))]
    assert isinstance(prove(cases, assumes=(), deadline=monotonic() + 1), str)
