"""CHLO's broadcasting ops, written as StableHLO: what does not fit is left alone, and said."""

from __future__ import annotations

import pytest

import couloir
from couloir.dialects import chlo
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import why_not
from couloir.passes.older_ops import broadcast_apart

TEXT = """
func.func @main(%arg0: tensor<1xELEMENT>, %arg1: tensor<2x1xELEMENT>) -> tensor<2x1xRESULT> {
  %0 = chlo.OP : (tensor<1xELEMENT>, tensor<2x1xELEMENT>) -> tensor<2x1xRESULT>
  return %0 : tensor<2x1xRESULT>
}
"""


@pytest.mark.parametrize(
    ("op", "element", "result", "said"),
    [
        ("broadcast_shift_left %arg0, %arg1", "f64", "f64", "takes integer elements"),
        (
            "broadcast_compare %arg0, %arg1 {comparison_direction = #chlo<comparison_direction LT>, "
            "compare_type = #chlo<comparison_type UNSIGNED>}",
            "f16",
            "i1",
            "UNSIGNED does not compare `f16`",
        ),
    ],
)
def test_what_stablehlo_does_not_have_stays(op, element, result, said):
    text = TEXT.replace("OP", op).replace("ELEMENT", element).replace("RESULT", result)
    module = couloir.parse(text)
    before = str(module)
    (left,) = (inner for inner in module.walk() if isinstance(inner, chlo.BroadcastShiftLeft | chlo.BroadcastCompare))
    assert said in str(why_not(broadcast_apart, left))
    PassPipeline.parse("decompose").run(module)
    assert str(module) == before


def test_both_operands_are_spread():
    text = TEXT.replace("OP", "broadcast_add %arg0, %arg1").replace("ELEMENT", "f32").replace("RESULT", "f32")
    assert str(couloir.opt(couloir.parse(text), "decompose")[0]) == str(
        couloir.parse("""
func.func @main(%arg0: tensor<1xf32>, %arg1: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %0 = stablehlo.broadcast_in_dim %arg0, dims = [1] : (tensor<1xf32>) -> tensor<2x1xf32>
  %1 = stablehlo.add %0, %arg1 : tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}
""")
    )
