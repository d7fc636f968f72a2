"""Ops by what a person calls them."""

from __future__ import annotations

import pytest

import couloir
from couloir.ir.errors import Error
from couloir.ir.locating import find_ops

TEXT = """func.func @main(%x: tensor<4xf32>, %cond: tensor<i1>) -> tensor<4xf32> {
  %first = stablehlo.negate %x : tensor<4xf32> loc("conv1")
  %b = stablehlo.negate %first : tensor<4xf32> loc(fused["conv1", "bn1"])
  %c = "stablehlo.if"(%cond) ({
    %inner = stablehlo.tanh %b : tensor<4xf32> loc("model.py":7:3)
    stablehlo.return %inner : tensor<4xf32>
  }, {
    stablehlo.return %b : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32> loc(callsite("f"("dir/lib.py":12:1) at "main"))
  return %c : tensor<4xf32>
}
func.func @other(%y: tensor<4xf32>) -> tensor<4xf32> {
  %first = stablehlo.abs %y : tensor<4xf32>
  return %first : tensor<4xf32>
}
"""


@pytest.fixture(scope="module")
def module() -> couloir.Module:
    return couloir.parse(TEXT, file="m.mlir")


@pytest.mark.parametrize(
    ("at", "names"),
    [
        ("conv1", ["stablehlo.negate", "stablehlo.negate"]),
        ("bn1", ["stablehlo.negate"]),
        ("conv1 + bn1", ["stablehlo.negate"]),
        ("f", ["stablehlo.if"]),
        ("model.py:7", ["stablehlo.tanh"]),
        ("model.py:7:3", ["stablehlo.tanh"]),
        ("lib.py:12", ["stablehlo.if"]),
        ("m.mlir:13", ["stablehlo.abs"]),
        ("%inner", ["stablehlo.tanh"]),
        ("%first", ["stablehlo.negate", "stablehlo.abs"]),
        ("%1", ["stablehlo.negate"]),
        ("%0", ["stablehlo.negate", "stablehlo.abs"]),
        ("%3", ["stablehlo.tanh"]),
        ("#0", ["builtin.module"]),
        ("#2", ["stablehlo.negate"]),
    ],
)
def test_an_op_is_found_by_label_line_value_and_number(module: couloir.Module, at: str, names: list[str]) -> None:
    assert [op.name for op in find_ops(module, at)] == names


def test_a_number_is_that_of_the_printed_text() -> None:
    module = couloir.parse(TEXT)
    from couloir.ir.text.printer import operation_text

    printed = operation_text(module)
    assert "%3 = stablehlo.tanh" in printed
    again = couloir.parse(printed)
    assert [op.name for op in find_ops(again, "%3")] == ["stablehlo.tanh"]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("conv2", "did you mean `conv1`"),
        ("%firts", "did you mean `%first`"),
        ("%x", "an argument of a block"),
        ("%arg0", "an argument of a block"),
        ("#99", "numbered from #0 to #"),
        ("model.py:8", "did you mean `model.py:7:3`"),
        ("model.py:7:4", "did you mean"),
        ("", "a location is the name of a node"),
        ("#" + "9" * 30, "a location is"),
        ("%", "there is no value"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is_near(module: couloir.Module, at: str, message: str) -> None:
    with pytest.raises(Error) as caught:
        find_ops(module, at)
    assert message in str(caught.value)
