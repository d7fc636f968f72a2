"""The passes that are conversions: what they report, and the programs half way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.cli.main import main
from couloir.ir.conversion import ConversionError
from couloir.ir.passes import PassContext, PassPipeline
from couloir.ir.verify import verify
from couloir.passes.hlo_to_loops import HloToLoops
from couloir.passes.onnx_to_hlo import OnnxToHlo

ROOT = Path(__file__).parents[2]


def test_each_step_from_onnx_to_hlo_means_the_same():
    """For bisection: after any number of applications there is a program of both dialects that runs."""
    module = couloir.load(ROOT / "labs/data/lenet.onnx", dims={"N": 1})
    image = np.random.default_rng(0).random((1, 1, 28, 28), dtype=np.float32)
    (wanted,) = evaluate(module, image)
    remaining: list[int] = []
    for count in (0, 1, 7, 20, 1000):
        half, context = module.clone(), PassContext(stop_after=count)
        OnnxToHlo().run(half, context)
        verify(half)
        (found,) = evaluate(half, image)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)  # probabilities: sums of at most 400 products
        remaining.append(sum(op.name.startswith("onnx.") for op in half.walk()))
    assert remaining == sorted(remaining, reverse=True) and remaining[0] - remaining[1] == 1 and remaining[-1] == 0


def test_a_call_that_is_not_inlined_keeps_its_function():
    text = """
    func.func private @g(%x: tensor<2xf32>) -> tensor<2xf32> attributes {onnx.function = {}} {
      %y = "onnx.ReluV14"(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %y : tensor<2xf32>
    }
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %a = "onnx.ReluV14"(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %b = "onnx.Call"(%a) <{callee = @g}> : (tensor<2xf32>) -> tensor<2xf32>
      return %b : tensor<2xf32>
    }"""
    module = couloir.parse(text)
    OnnxToHlo().run(module, PassContext(stop_after=1))
    verify(module)
    assert [f.sym_name for f in module.functions] == ["g", "main"]
    module = couloir.parse(text)
    OnnxToHlo().run(module, PassContext())
    assert [f.sym_name for f in module.functions] == ["main"]


def test_functions_without_onnx_are_left_alone():
    module = couloir.parse("""
    func.func @other(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = stablehlo.negate %x : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %a = "onnx.ReluV14"(%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %a : tensor<2xf32>
    }""")
    other = module.functions[0]
    events: list = []
    PassPipeline.of(OnnxToHlo()).run(module, listener=events.append)
    assert module.functions[0] is other
    assert [event.rule for event in events] == ["Relu", "FuncOp"] and events[0].summary


LOOPS = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xcomplex<f32>>, %z: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4xcomplex<f32>>) {
  %a = "stablehlo.cholesky"(%z) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = "stablehlo.cholesky"(%a) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = stablehlo.add %y, %y : tensor<4xcomplex<f32>>
  %p = "stablehlo.constant"() {value = dense<true> : tensor<i1>} : () -> tensor<i1>
  %r = "stablehlo.if"(%p) ({
    %d = "stablehlo.cholesky"(%b) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %e = "stablehlo.slice"(%d) {start_indices = array<i64: 0, 0>, limit_indices = array<i64: 1, 4>, strides = array<i64: 1, 1>} : (tensor<4x4xf32>) -> tensor<1x4xf32>
    %f = stablehlo.reshape %e : (tensor<1x4xf32>) -> tensor<4xf32>
    stablehlo.return %f : tensor<4xf32>
  }, {
    %d = stablehlo.custom_call @none(%x) : (tensor<4xf32>) -> tensor<4xf32>
    stablehlo.return %d : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  return %r, %c : tensor<4xf32>, tensor<4xcomplex<f32>>
}
"""


def test_everything_without_loops_is_reported_and_nothing_changes():
    module = couloir.parse(LOOPS)
    before = str(module)
    with pytest.raises(ConversionError, match="5 ops of 3 kinds cannot be lowered to loops") as caught:
        HloToLoops().run(module, PassContext())
    assert [(entry.op, entry.count) for entry in caught.value.entries] == [
        ("stablehlo.cholesky", 3),
        ("stablehlo.add", 1),
        ("stablehlo.custom_call", 1),
    ]
    assert str(module) == before


def test_a_lowered_module_is_lowered():
    module = couloir.parse("""
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = stablehlo.negate %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }""")
    events: list = []
    PassPipeline.of(HloToLoops()).run(module, listener=events.append)
    assert [event.rule for event in events] == ["negate", "function"]
    before = str(module)
    HloToLoops().run(module, PassContext())
    assert str(module) == before


def test_the_dimensions_to_bind_are_named_at_the_function():
    module = couloir.parse("func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {\n return %x : tensor<?xf32>\n}")
    with pytest.raises(ConversionError, match=r"the shape of `tensor<\?xf32>` is not known; bind the dimensions"):
        HloToLoops().run(module, PassContext())


def test_why_an_op_is_not_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "model.mlir"
    path.write_text("""
    func.func @main(%x: tensor<2xf32>, %s: tensor<2x!onnx.string>) -> tensor<2x!onnx.string> {
      %a = "onnx.AddV1"(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("sum")
      %b = "onnx.StringNormalizerV10"(%s) : (tensor<2x!onnx.string>) -> tensor<2x!onnx.string> loc("strings")
      %c = "onnx.ReluV14"(%a) : (tensor<2xf32>) -> tensor<2xf32> loc("relu")
      %d = stablehlo.custom_call @f(%c) : (tensor<2xf32>) -> tensor<2xf32> loc("call")
      return %b : tensor<2x!onnx.string>
    }""")
    module = couloir.load(path)
    ops = {op.location.label: op for op in module.walk()}
    answer = OnnxToHlo().why_not(ops["sum"])
    assert not answer and answer.reason.startswith("this form of the operator is older than opset 7; supported: Add of")
    assert OnnxToHlo().why_not(ops["relu"]) and OnnxToHlo().why_not(ops["call"])
    assert "elements of type `!onnx.string` are not lowered" in HloToLoops().why_not(ops["strings"]).reason
    assert HloToLoops().why_not(ops["relu"]).reason == "there is no lowering to loops; supported: the ops of StableHLO"
    assert main(["why-not", "onnx-to-hlo", str(path), "--at", "strings"]) == 0
    assert "does not apply: there is no lowering for this operator" in capsys.readouterr().out
    assert main(["why-not", "onnx-to-hlo", str(path)]) == 1
    assert "--at" in capsys.readouterr().err
    assert main(["why-not", "cse", str(path), "--at", "relu"]) == 1
    assert "the pass `cse` is no conversion" in capsys.readouterr().err
