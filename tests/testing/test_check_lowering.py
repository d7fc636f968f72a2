"""check_lowering: right passes and right C pass, a wrong one is named, with a small program; what is not supported is counted."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import couloir
from couloir import Error
from couloir.dialects import hlo
from couloir.ir.passes import PassContext, PassPipeline
from couloir.passes.pipelines import Cse, Dce, DotLayout
from couloir.testing import Verdict, check_lowering, lowering
from couloir.testing.openness import left_open, settle
from couloir.testing.peers import Peer
from couloir.testing.stages import blame

TWICE = """func.func @main(%x: tensor<2x3xf32>, %y: tensor<3x5xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>) {
  %c = stablehlo.constant dense<2.0> : tensor<2x5xf32>
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
  %1 = stablehlo.subtract %c, %0 : tensor<2x5xf32>
  %2 = stablehlo.subtract %c, %0 : tensor<2x5xf32>
  %3 = stablehlo.tanh %2 : tensor<2x5xf32>
  return %1, %3 : tensor<2x5xf32>, tensor<2x5xf32>
}"""
MODEL = """func.func @main(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = "onnx.ReluV14"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = "onnx.TransposeV13"(%0) <{perm = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}"""


@pytest.fixture
def module() -> Any:
    return couloir.parse(TWICE)


def test_a_program_computes_the_same_at_each_level(module: Any) -> None:
    report = check_lowering(module, cases=4)
    assert report, report
    assert [o.name for o in report.obligations] == ["hlo..loops", "loops..c"]
    assert [o.detail for o in report.obligations] == ["1 programs, 4 runs compared"] * 2


def test_a_model_is_checked_from_onnx_down() -> None:
    report = check_lowering(couloir.parse(MODEL), "loops", cases=2)
    assert report, report
    assert [(o.name, o.verdict) for o in report.obligations] == [
        ("onnx..hlo", Verdict.TESTED),
        ("hlo..loops", Verdict.TESTED),
    ]


def test_given_inputs_are_used(module: Any) -> None:
    arrays = [np.ones((2, 3), np.float32), np.ones((3, 5), np.float32)]
    assert check_lowering(module, "loops", inputs=arrays).obligations[0].detail == "1 programs, 1 runs compared"


def broken(cls: type[Any], change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a pass do something else after its work."""
    real = cls.run

    def run(self: Any, op: Any, context: PassContext) -> None:
        real(self, op, context)
        change(op)

    monkeypatch.setattr(cls, "run", run)


def swapped(op: Any) -> None:
    for inner in op.walk():
        if isinstance(inner, hlo.Subtract):
            inner.set_operands([inner.rhs, inner.lhs])


def test_a_wrong_pass_is_named_with_a_small_program(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(Cse, swapped, monkeypatch)
    report = check_lowering(module, cases=8)
    assert report.verdict is Verdict.REFUTED
    (refuted,) = [o for o in report.obligations if o.verdict is Verdict.REFUTED]
    assert refuted.name == "hlo..loops"
    assert refuted.detail.startswith("pass 8, `cse`, gives "), refuted
    found = report.counterexample
    assert found is not None
    assert [op.name for op in next(iter(found.before.functions)).entry.ops] == ["stablehlo.subtract", "func.return"]
    assert found.after is not None
    assert not np.array_equal(couloir.run(found.before, *found.inputs)[0], couloir.run(found.after, *found.inputs)[0])


def test_a_pass_that_is_undone_by_the_next_one_is_found_too(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(Cse, swapped, monkeypatch)
    broken(DotLayout, swapped, monkeypatch)
    report = check_lowering(module, "loops", cases=2)
    assert "`cse`" in report.obligations[0].detail


def test_a_pass_that_raises_or_leaves_ill_formed_ir_is_named(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(op: Any) -> None:
        raise KeyError("nothing")

    with monkeypatch.context() as patch:
        broken(DotLayout, fails, patch)
        (refuted,) = check_lowering(module, "loops").obligations
        assert refuted.detail.startswith("pass 11, `dot-layout`, raises KeyError: 'nothing'")

    def retypes(op: Any) -> None:
        for inner in op.walk():
            if isinstance(inner, hlo.Tanh):
                inner.results[0].set_type(hlo.constant(1.0).output.type)

    with monkeypatch.context() as patch:
        broken(Dce, lambda op: None, patch)
        broken(Cse, retypes, patch)
        (refuted,) = check_lowering(module, "loops").obligations
        assert refuted.detail.startswith("pass 8, `cse`, leaves a module that does not verify: ")


def test_wrong_c_is_found(module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A C compiler that takes each `-` for a `+`."""
    from couloir.backends.c.toolchain import find_compiler

    wrapper = tmp_path / "cc"
    wrapper.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in *model.c) sed -i "s/ - / + /" "$a";; esac; done\n'
        f'exec {find_compiler().command[0]} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    report = check_lowering(module, cases=2)
    assert [(o.name, o.verdict) for o in report.obligations] == [
        ("loops..c", Verdict.REFUTED),
        ("hlo..loops", Verdict.TESTED),
    ]
    assert report.obligations[0].detail.startswith("the C backend gives ")


def test_what_is_not_supported_is_counted_with_the_reason() -> None:
    text = """func.func @main() -> tensor<2xf32> {
      %0 = stablehlo.constant dense<0.0> : tensor<f32>
      %1 = stablehlo.constant dense<2> : tensor<1xi64>
      %2 = stablehlo.rng %0, %0, %1, distribution = NORMAL : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf32>
      return %2 : tensor<2xf32>
    }"""
    report = check_lowering(couloir.parse(text))
    assert report.verdict is Verdict.UNKNOWN
    assert "not supported: 1 programs: 1 x `stablehlo.rng`" in report.obligations[0].detail
    assert report.obligations[-1].detail == "nothing was compared at the level `c`"


def test_random_programs_of_a_dialect() -> None:
    report = check_lowering("stablehlo", "loops", cases=4, seconds=60, seed=3)
    assert report.fired == 4
    assert report, report


def test_bad_arguments(module: Any) -> None:
    with pytest.raises(Error, match="there is no level `onnx` to lower to"):
        check_lowering(module, "onnx")  # pyright: ignore[reportArgumentType]
    with pytest.raises(Error, match="the level `hlo` is not below `hlo`"):
        check_lowering(module, "hlo")
    with pytest.raises(Error, match="there is no dialect `stablehol`"):
        check_lowering("stablehol")
    with pytest.raises(Error, match="there is no public function to run"):
        check_lowering(couloir.parse("module {}"))


def test_a_pass_that_does_not_end_is_named(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(op: Any) -> None:
        while True:
            pass

    broken(DotLayout, hangs, monkeypatch)
    monkeypatch.setattr(lowering, "REDUCING", 0.1)
    report = check_lowering(module, "loops", seconds=1)
    assert [(o.name, o.verdict, o.detail) for o in report.obligations] == [
        ("hlo..loops", Verdict.REFUTED, "it was stopped in the pass `dot-layout`")
    ]
    assert report.counterexample is not None
    assert str(report.counterexample.before) == str(module)


def test_peers_run_the_program_at_the_top(module: Any) -> None:
    report = check_lowering(module, "loops", cases=4, peers=["numpy"])
    assert report, report
    assert [o.name for o in report.obligations] == ["hlo..loops", "numpy"]
    wrong = Peer("wrong", "the other", "tests.testing.bad_peers", ("value",))
    report = check_lowering(module, "loops", cases=4, peers=[wrong])
    assert [(o.name, o.verdict) for o in report.obligations] == [
        ("wrong", Verdict.REFUTED),
        ("hlo..loops", Verdict.TESTED),
    ]
    assert report.obligations[0].detail.startswith("the other gives ")


def test_the_reproduction_finds_it_again(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(Cse, swapped, monkeypatch)
    report = check_lowering(module, "loops", cases=4)
    assert report.counterexample is not None
    printed: list[Any] = []
    exec(report.counterexample.reproduction(), {"print": printed.append})
    assert printed[0].verdict is Verdict.REFUTED
    assert "`cse`" in str(printed[0])


# -- stages ----------------------------------------------------------------------------------------------------------------


def test_blame_names_the_pass_and_the_rule(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [np.ones((2, 3), np.float32), np.ones((3, 5), np.float32)]
    pipeline = PassPipeline.parse("canonicalize,cse,dce")
    assert blame(pipeline, module, arrays) is None
    broken(Cse, swapped, monkeypatch)
    told = blame(pipeline, module, arrays)
    assert told is not None
    assert told.startswith("pass 2, `cse`, gives 1.0 as output 0 at [0, 0], not -1.0; at fault: "), told


# -- what the specification leaves open ----------------------------------------------------------------------------------------

OPEN = """func.func @main(%x: tensor<4xf32>, %s: tensor<f32>, %p: tensor<i1>) -> (tensor<f32>, tensor<4xf32>) {
  %0 = "stablehlo.reduce"(%x, %s) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.subtract %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  %2 = "stablehlo.sort"(%x) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    stablehlo.return %p : tensor<i1>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %2 : tensor<f32>, tensor<4xf32>
}"""


def test_bodies_that_leave_results_open_are_replaced() -> None:
    module = couloir.parse(OPEN)
    assert left_open(module) == "`stablehlo.reduce`: its body is not known to be associative"
    settle(module, Random(0))
    assert left_open(module) is None
    assert left_open(module, has_nan=True) is None
    couloir.verify(module)


def test_nan_has_no_place_among_numbers() -> None:
    text = OPEN.replace("stablehlo.subtract", "stablehlo.add").replace(
        "stablehlo.return %p",
        "%3 = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1> stablehlo.return %3",
    )
    assert left_open(couloir.parse(text)) is None
    assert left_open(couloir.parse(text), has_nan=True) == "`stablehlo.sort`: NaN has no place in the order"


@pytest.mark.parametrize(
    ("op", "type", "reason"),
    [
        ('"stablehlo.batch_norm_inference"(%x, %s, %s, %s, %s) <{epsilon = 0.1 : f32, feature_index = 0 : i64}>', "f8E5M2", "few bits"),
        ('"stablehlo.batch_norm_inference"(%x, %s, %s, %s, %s) <{epsilon = 0.1 : f32, feature_index = 0 : i64}>', "f32", None),
    ],
)  # fmt: skip
def test_intermediate_results_of_few_bits(op: str, type: str, reason: str | None) -> None:
    tensor = f"tensor<2x{type}>"
    text = f"""func.func @main(%x: {tensor}, %s: {tensor}) -> {tensor} {{
      %0 = {op} : ({", ".join([tensor] * 5)}) -> {tensor}
      return %0 : {tensor}
    }}"""
    told = left_open(couloir.parse(text))
    assert told is None if reason is None else told is not None and reason in told
