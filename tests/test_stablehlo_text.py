"""StableHLO as text that other tools read, and run to the same results."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from tests.backends.numpy.xla import run_on_xla

PROGRAM = """
func.func @main(%x: tensor<2x3xf32> {onnx.name = "image", onnx.dims = ["N", ""]}) -> (tensor<2xf32> {onnx.name = "sum"}) {
  %e = chlo.erf %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return %s : tensor<2xf32>
}"""


def test_only_what_upstream_knows_is_left():
    module = couloir.parse(PROGRAM)
    text = couloir.to_stablehlo_text(module)
    assert "onnx" not in text
    assert "loc(" not in text
    assert couloir.to_stablehlo_text(couloir.parse(text)) == text
    assert "onnx.name" in str(module)
    assert "loc(" in couloir.to_stablehlo_text(module, locations=True)


def test_xla_computes_the_same():
    pytest.importorskip("jax")
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    module = couloir.parse(PROGRAM)
    (found,) = run_on_xla(couloir.to_stablehlo_text(module), x)
    np.testing.assert_allclose(found, couloir.run(module, x)[0], rtol=1e-6)


def test_a_model_of_onnx_is_lowered():
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"])],
        "small",
        [helper.make_tensor_value_info("x", kind, ["N", 4]), helper.make_tensor_value_info("w", kind, [4, 2])],
        [helper.make_tensor_value_info("y", kind, ["N", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    text = couloir.to_stablehlo_text(couloir.load(model), dims={"N": 3})
    assert "stablehlo.dot_general" in text
    assert "onnx" not in text


def test_what_is_below_is_refused():
    module = couloir.lower(couloir.parse(PROGRAM), "loops")
    with pytest.raises(couloir.Error, match="below StableHLO"):
        couloir.to_stablehlo_text(module)
    with pytest.raises(couloir.Error, match=r"ops that are not StableHLO's: math\.exp"):
        couloir.to_stablehlo_text(
            couloir.parse("""
            func.func @main(%x: tensor<f32>) -> tensor<f32> {
              %y = math.exp %x : tensor<f32>
              return %y : tensor<f32>
            }""")
        )
