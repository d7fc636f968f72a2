"""The equations of arith are proved for each width of their integers and each format of their floats."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

import couloir
from couloir.ir.rewriting import apply_rules
from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification import arith
from couloir.testing.proofs import smt
from couloir.testing.proofs.bounded import prove
from couloir.testing.rewrites.report import Candidate, Proof

pytestmark = pytest.mark.skipif(smt.z3_executable() is None, reason="needs z3 (pip install couloir[z3])")

INTEGERS = ("i1", "i4", "i8", "i16", "i32", "i64", "index")
FLOATS = ("f16", "bf16", "f32", "f64", "f8E5M2")

OF_INTEGERS = {
    "ArithAddZero": "arith.addi %x, %zero : T",
    "ArithSubtractZero": "arith.subi %x, %zero : T",
    "ArithSubtractSelf": "arith.subi %x, %x : T",
    "ArithMultiplyByOne": "arith.muli %x, %one : T",
    "ArithMultiplyByZero": "arith.muli %x, %zero : T",
    "ArithDivideByOne": "arith.divsi %x, %one : T",
    "ArithDivideUnsignedByOne": "arith.divui %x, %one : T",
    "ArithAndSelf": "arith.andi %x, %x : T",
    "ArithAndOnes": "arith.andi %x, %ones : T",
    "ArithAndZero": "arith.andi %x, %zero : T",
    "ArithOrSelf": "arith.ori %x, %x : T",
    "ArithOrZero": "arith.ori %x, %zero : T",
    "ArithOrOnes": "arith.ori %x, %ones : T",
    "ArithXorZero": "arith.xori %x, %zero : T",
    "ArithXorSelf": "arith.xori %x, %x : T",
    "ArithXorTwice": "arith.xori %inner, %y : T",
    "ArithSelectSame": "arith.select %c, %x, %x : T",
    "ArithSelectTrue": "arith.select %true, %x, %y : T",
    "ArithSelectFalse": "arith.select %false, %x, %y : T",
    "ArithCompareSelf": "arith.cmpi {}, %x, %x : T",
}
OF_FLOATS = {
    "ArithAddFloatZero": "arith.addf %x, %minus_zero : T",
    "ArithSubtractFloatZero": "arith.subf %x, %zero : T",
    "ArithMultiplyFloatByOne": "arith.mulf %x, %one : T",
    "ArithDivideFloatByOne": "arith.divf %x, %one : T",
    "ArithDoubleNegate": "arith.negf %negated : T",
}
PREDICATES = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")
RULES: dict[str, Any] = {as_rewrite(rule).name: rule for rule in arith.RULES}


def rewritten(name: str, op: str, type: str) -> list[Any]:
    """The pair of programs before and after a rule; none where its guard says no."""
    is_float = type.startswith(("f", "bf"))
    if is_float:
        numbers = {"zero": "0.0", "minus_zero": "-0.0", "one": "1.0"}
    else:
        numbers = (
            {"zero": "0", "one": "1", "ones": "-1"}
            if type != "i1"
            else {"zero": "false", "one": "true", "ones": "true"}
        )
    lines = [
        f"%{key} = arith.constant {text}" + ("" if type == "i1" else f" : {type}") for key, text in numbers.items()
    ]
    lines += ["%true = arith.constant true", "%false = arith.constant false"]
    lines += [f"%negated = arith.negf %x : {type}"] if is_float else [f"%inner = arith.xori %x, %y : {type}"]
    result = "i1" if "cmpi" in op else type
    lines += [f"%r = {op.replace('T', type) if ' T' in op else op}", f"return %r : {result}"]
    body = "\n".join(lines)
    before = couloir.parse(f"func.func @main(%c: i1, %x: {type}, %y: {type}) -> {result} {{\n{body}\n}}")
    after = before.clone()
    fired = apply_rules(after, [as_rewrite(RULES[name])], erase_dead=False).applications
    return [(before, after)] if fired else []


def proved(cases: list[Any]) -> Proof:
    found = prove(cases, assumes=(), deadline=monotonic() + 60)
    assert isinstance(found, Proof), found
    return found


@pytest.mark.parametrize("name", OF_INTEGERS)
def test_equations_of_integers_are_proved_at_every_width(name: str) -> None:
    op = OF_INTEGERS[name]
    ops = [op.format(predicate) for predicate in PREDICATES] if "{}" in op else [op]
    cases = [case for each in ops for type in INTEGERS for case in rewritten(name, each, type)]
    assert len(cases) == len(ops) * len(INTEGERS)
    assert proved(cases).scope.startswith(
        f"all values, for the {len(cases)} programs tried (up to scalars; i1, i16, i32, i4, i64, i8"
    )


@pytest.mark.parametrize("name", OF_FLOATS)
def test_equations_of_floats_are_proved_for_every_format(name: str) -> None:
    cases = [case for type in FLOATS for case in rewritten(name, OF_FLOATS[name], type)]
    assert len(cases) == len(FLOATS)
    proved(cases)


def test_the_others_are_proved() -> None:
    before = couloir.parse("""func.func @main(%c: i1) -> i1 {
      %true = arith.constant true
      %false = arith.constant false
      %r = arith.select %c, %true, %false : i1
      return %r : i1
    }""")
    after = before.clone()
    assert apply_rules(after, [as_rewrite(RULES["ArithSelectOfBooleans"])], erase_dead=False).applications
    proved([(before, after)])
    names = {*OF_INTEGERS, *OF_FLOATS, "ArithSelectOfBooleans", "arith_constant_to_the_right"}
    assert {as_rewrite(rule).name for rule in arith.RULES} <= names, "a rule without a proof"


@pytest.mark.parametrize(
    "op", ["arith.addi", "arith.muli", "arith.andi", "arith.ori", "arith.xori", "arith.addf", "arith.mulf"]
)
def test_a_constant_goes_to_the_right(op: str) -> None:
    types = FLOATS if op.endswith("f") else INTEGERS
    cases = [case for type in types for case in rewritten("arith_constant_to_the_right", f"{op} %one, %x : T", type)]
    assert len(cases) == len(types)
    proved(cases)


WRONG = {
    "arith.floordivsi %x, %two : T": "arith.shrui %x, %one : T",
    "arith.ceildivsi %x, %two : T": "arith.floordivsi %x, %two : T",
    "arith.divsi %x, %two : T": "arith.floordivsi %x, %two : T",
    "arith.remsi %x, %two : T": "arith.andi %x, %one : T",
    "arith.maxsi %x, %y : T": "arith.maxui %x, %y : T",
    "arith.shrsi %x, %y : T": "arith.shrui %x, %y : T",
    "arith.shli %x, %y : T": "arith.shli %y, %x : T",
}
RIGHT = {
    "arith.floordivsi %x, %two : T": "arith.shrsi %x, %one : T",
    "arith.divui %x, %two : T": "arith.shrui %x, %one : T",
    "arith.remui %x, %two : T": "arith.andi %x, %one : T",
    "arith.muli %x, %two : T": "arith.shli %x, %one : T",
    "arith.subi %zero, %x : T": "arith.muli %x, %ones : T",
    "arith.maxsi %x, %y : T": "arith.maxsi %y, %x : T",
    "arith.ceildivui %x, %two : T": "arith.subi %x, %half : T",
}


def pair(before: str, after: str, type: str) -> list[Any]:
    constants = {"zero": 0, "one": 1, "two": 2, "ones": -1}
    head = "\n".join(f"%{name} = arith.constant {number} : {type}" for name, number in constants.items())
    head += f"\n%half = arith.divui %x, %two : {type}"
    return [
        couloir.parse(
            f"func.func @main(%x: {type}, %y: {type}) -> {type} {{\n{head}\n%r = {op.replace(' T', ' ' + type)}\nreturn %r : {type}\n}}"
        )
        for op in (before, after)
    ]


@pytest.mark.parametrize("type", ["i8", "i32"])
def test_laws_of_divisions_and_shifts(type: str) -> None:
    proved([tuple(pair(before, after, type)) for before, after in RIGHT.items()])
    for before, after in WRONG.items():
        found = prove([tuple(pair(before, after, type))], assumes=(), deadline=monotonic() + 20)  # type: ignore[list-item]
        assert isinstance(found, Candidate), (before, after, found)
