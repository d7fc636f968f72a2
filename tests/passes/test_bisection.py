"""`bisect` names the first pass that breaks a program, and in it exactly the application of a rule that does."""

from __future__ import annotations

import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import func, hlo, math
from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext, PassPipeline
from couloir.ir.rewriting import Rewriter, Rule, rule
from couloir.ir.text.printer import operation_text
from couloir.passes.bisection import bisect
from couloir.passes.checking import CheckError

T = "tensor<4xf32>"


class AbsOfAbs(Rule):
    """abs(abs(x)) => abs(x)"""

    def pattern(x):
        return hlo.Abs(hlo.Abs(x))

    def rewrite(x):
        return hlo.Abs(x)


class AbsAway(Rule):
    """tanh(abs(x)) => tanh(x)"""

    def pattern(x):
        return hlo.Tanh(hlo.Abs(x))

    def rewrite(x):
        return hlo.Tanh(x)


@rule
def fails_on_floor(op: hlo.Floor, rewriter: Rewriter):
    """floor(x) => an error"""
    raise ZeroDivisionError("floor")


@rule
def marks(op: hlo.Negate, rewriter: Rewriter):
    """marks a negation"""
    if "marked" in op.attributes:
        return couloir.NoMatch("it has a mark")
    op.attributes["marked"] = StringAttr("x")
    return None


@attrs.frozen
class Wrong(Pass, name="bs-wrong"):
    """Applies rules in two rounds; one of them is wrong."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [AbsOfAbs, marks])
        context.apply(op, [AbsOfAbs, AbsAway])


@attrs.frozen
class Crashes(Pass, name="bs-crashes"):
    """Applies a rule that raises an error."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [AbsOfAbs, marks, fails_on_floor])


@attrs.frozen
class WrongBetween(Pass, name="bs-between"):
    """What it does between its rules is wrong, but only when a rule has made a mark."""

    early: bool = False

    def run(self, op: Operation, context: PassContext) -> None:
        if not self.early:
            context.apply(op, [marks])
        for inner in list(op.walk()):
            if isinstance(inner, hlo.Negate) and ("marked" in inner.attributes or self.early):
                inner.result.replace_all_uses_with(inner.operand)
                inner.erase()
        context.apply(op, [AbsOfAbs])


@attrs.frozen
class Conversion(Pass, name="bs-converts"):
    """Changes all at once, and is wrong."""

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, hlo.Negate):
                inner.result.replace_all_uses_with(inner.operand)
                inner.erase()


@attrs.frozen
class IllFormed(Pass, name="bs-ill-formed"):
    """Leaves IR that does not verify."""

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in op.walk():
            if isinstance(inner, func.FuncOp):
                inner.attributes["function_type"] = StringAttr("none")


def chain(*ops: str) -> couloir.Module:
    lines, last = [], "%x"
    for number, op in enumerate(ops):
        lines.append(f'  %{number} = "stablehlo.{op}"({last}) : ({T}) -> {T} loc("node{number}")')
        last = f"%{number}"
    return couloir.parse(f"func.func @main(%x: {T}) -> {T} {{\n" + "\n".join(lines) + f"\n  return {last} : {T}\n}}")


def search(module: couloir.Module, text: str, **options):
    before = operation_text(module, locations=True)
    found = bisect(module, PassPipeline.parse(text), **options)
    assert operation_text(module, locations=True) == before
    return found


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert search(chain("abs", "abs", "negate", "tanh"), "canonicalize,bs-crashes,cse") is None


def test_the_application_is_named_with_rule_equation_place_and_texts() -> None:
    module = chain("abs", "abs", "negate", "abs", "abs", "abs", "tanh", "negate")
    found = search(module, "canonicalize,cse,bs-wrong,dce")
    assert (found.item, found.number, found.position, found.target) == ("bs-wrong", 3, 3, "builtin.module")
    assert isinstance(found.error, CheckError)
    application = found.application
    assert (application.rule, application.equation) == ("AbsAway", "tanh(abs(x)) => tanh(x)")
    assert application.location == "node6"
    assert "stablehlo.abs" in application.before and "stablehlo.tanh" in application.before
    assert "stablehlo.tanh" in application.after and "stablehlo.abs" not in application.after
    assert 1 <= application.number <= application.total
    text = str(found)
    for part in (
        "pass 3, `bs-wrong`, on builtin.module breaks the program: output 0 of @main",
        "AbsAway",
        "equation: tanh(abs(x))",
        "at: node6",
        "before:\n",
        "after:\n",
    ):
        assert part in text


@given(st.lists(st.sampled_from(["abs", "tanh", "negate", "cosine"]), min_size=1, max_size=14))
def test_whatever_the_program_only_the_wrong_rule_is_blamed(ops: list[str]) -> None:
    found = search(chain(*ops), "bs-wrong")
    if found is not None:
        assert found.application is not None and found.application.rule == "AbsAway"


def test_the_first_bad_pass_is_found_when_a_later_one_is_bad_too() -> None:
    found = search(chain("negate", "abs", "tanh"), "cse,bs-wrong,bs-converts")
    assert found.item == "bs-wrong"


def test_a_rule_that_raises_an_error_is_named() -> None:
    found = search(chain("abs", "abs", "negate", "floor", "negate"), "bs-crashes")
    assert isinstance(found.error, ZeroDivisionError)
    assert (found.application.rule, found.application.location) == ("fails_on_floor", "node3")
    assert (
        "it raises an error" in found.stage
        and not re.search(r"\d of \d", found.stage)
        and found.application.after == ""
    )
    assert "ZeroDivisionError: floor" in str(found)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        (
            "bs-between",
            "no rule: right after application 1 of 1 of rules: marks all is well, and what the pass does next is wrong",
        ),
        ("bs-between{early=true}", "no rule: the pass breaks the program before it applies any"),
        ("bs-converts", "the pass itself: it reports no applications of rules"),
    ],
)
def test_a_fault_that_is_no_rule_is_said_to_be_none(text: str, stage: str) -> None:
    found = (
        search(chain("negate", "tanh"), text)
        if text != "bs-between{early=true}"
        else search(chain("abs", "abs", "negate"), text)
    )
    assert found.application is None
    assert found.stage == stage
    assert f"at fault: {stage}" in str(found)
    assert found.first_op.name == "stablehlo.negate"


def test_a_fault_in_a_nested_pipeline_names_the_function() -> None:
    text = operation_text(chain("negate", "tanh")).replace("module {", "").rstrip("}\n ")
    other = f"func.func @other(%x: {T}) -> {T} {{\n  %0 = stablehlo.abs %x : {T}\n  %1 = stablehlo.tanh %0 : {T}\n  return %1 : {T}\n}}"
    module = couloir.parse(text + "}\n" + other)
    found = search(module, "func.func(cse,bs-wrong)")
    assert (found.position, found.target, found.number) == (2, "func.func @other", 4)
    assert found.application.rule == "AbsAway"


def test_ill_formed_ir_is_a_fault() -> None:
    found = search(chain("abs"), "cse,bs-ill-formed", check=lambda module: True)
    assert found.item == "bs-ill-formed" and found.stage == "the pass itself: it reports no applications of rules"


def test_any_check_can_be_used() -> None:
    def no_tanh_of_negate(module: Operation) -> bool:
        return not any(
            isinstance(op, hlo.Tanh) and isinstance(op.operand.defining_op, hlo.Negate) for op in module.walk()
        )

    found = search(chain("abs", "negate", "abs", "tanh"), "cse,bs-wrong", check=no_tanh_of_negate)
    assert found.application.rule == "AbsAway"
    assert str(found.error) == "the check says no"


def test_a_check_that_fails_from_the_start_is_an_error() -> None:
    with pytest.raises(Error, match="the check fails before any pass has run"):
        search(chain("abs"), "cse", check=lambda module: False)


def test_canonicalization_of_the_tree_is_right_on_lenet() -> None:
    from couloir.passes.pipelines import ONNX_TO_HLO

    assert bisect(couloir.load("labs/data/lenet.onnx", dims={"N": 1}), ONNX_TO_HLO) is None


def test_a_wrong_lowering_of_one_operator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversion can be stopped after some of its rules, too: what is left then is a mixture of levels, which runs."""
    from couloir.passes.onnx_to_hlo import LOWERINGS
    from couloir.passes.pipelines import ONNX_TO_HLO

    right = LOWERINGS["", "MaxPool"]

    def wrong(node):
        result = right(node)
        return hlo.Negate(result if not isinstance(result, (list, tuple)) else result[0]).result

    monkeypatch.setitem(LOWERINGS, ("", "MaxPool"), wrong)
    found = bisect(couloir.load("labs/data/lenet.onnx", dims={"N": 1}), ONNX_TO_HLO)
    assert found.item == "onnx-to-hlo"
    assert (found.application.rule, found.application.location) == ("MaxPool", "pool1")
    assert found.application.before.startswith('%13 = "onnx.MaxPoolV12"(%12)')
    assert "stablehlo.reduce_window" in found.application.after and "stablehlo.negate" in found.application.after
    assert max(map(len, str(found).split("\n"))) < 200


def test_in_a_lowering_as_a_whole_the_first_op_whose_value_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from couloir.passes.hlo_to_loops import scalars
    from couloir.passes.pipelines import HLO_TO_LOOPS

    module = chain("sine", "tanh", "abs", "exponential", "tanh", "negate")
    assert bisect(module, HLO_TO_LOOPS) is None
    monkeypatch.setitem(scalars._FLOAT_UNARY, hlo.Tanh, math.Cos)
    found = bisect(module, HLO_TO_LOOPS)
    assert (found.item, found.application) == ("hlo-to-loops", None)
    assert found.stage.startswith("the pass as a whole")
    assert (found.first_op.name, found.first_op.location.label) == ("stablehlo.tanh", "node1")
    assert "the first value that it changes: node1\n    %1 = stablehlo.tanh %0" in str(found)


def test_functions_of_several_blocks_have_no_first_op() -> None:
    text = f"""
        func.func @main(%x: {T}) -> {T} {{
          %a = stablehlo.negate %x : {T}
          cf.br ^end(%a : {T})
        ^end(%b: {T}):
          %c = stablehlo.tanh %b : {T}
          return %c : {T}
        }}"""
    found = search(couloir.parse(text), "bs-converts")
    assert found.item == "bs-converts" and found.first_op is None
