"""Models that are well-formed IR and yet make no sense: each ends in an error that says what is wrong, at the node."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.ir.passes import PassPipeline
from couloir.passes.onnx_to_hlo import OnnxToHlo, conversion, padding
from tests.passes.onnx_models import integers, lower, single


def lowered(body: str, argument: str = "tensor<2x3xf32>", result: str = "tensor<*xf32>", *, more: str = "") -> None:
    """Lowers a function of `%x` that returns `%y`."""
    text = f"""module {{
  func.func @f(%x: {argument}) -> {result} {{
{body}
    return %y : {result}
  }}
{more}}}"""
    PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))


def constant(name: str, values: str, type: str) -> str:
    return f'  %{name} = "onnx.Initializer"() <{{value = dense<{values}> : {type}}}> : () -> {type}\n'


FAULTS = {
    "tile": (
        constant("r", "[2]", "tensor<1xi64>")
        + '%y = "onnx.TileV13"(%x, %r) : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>',
        "`Tile` has 1 repeats for a tensor of rank 2",
    ),
    "pad": (
        constant("p", "[1, 1]", "tensor<2xi64>")
        + '%y = "onnx.PadV13"(%x, %p) : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>',
        "`pads` has 2 entries for 2 dimensions",
    ),
    "reshape": (
        constant("s", "[2, 3, 0]", "tensor<3xi64>")
        + '%y = "onnx.ReshapeV14"(%x, %s) : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<*xf32>',
        "copies dimension 2 of a tensor of rank 2",
    ),
    "reshape to another size": (
        constant("s", "[5]", "tensor<1xi64>")
        + '%y = "onnx.ReshapeV14"(%x, %s) : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>',
        "the 6 elements of `tensor<2x3xf32>` do not fit into the shape [5]",
    ),
    "axis": (
        '%y = "onnx.SoftmaxV13"(%x) <{axis = 2 : i64}> : (tensor<2x3xf32>) -> tensor<*xf32>',
        "there is no axis 2 in a tensor of rank 2",
    ),
    "broadcast": (
        constant("c", "1.0", "tensor<2x2xf32>")
        + '%y = "onnx.AddV14"(%x, %c) : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<*xf32>',
        "the shapes 2x3, 2x2 cannot be broadcast to each other",
    ),
    "slope": (
        constant("c", "1.0", "tensor<4x2x3xf32>")
        + '%y = "onnx.PReluV16"(%x, %c) : (tensor<2x3xf32>, tensor<4x2x3xf32>) -> tensor<*xf32>',
        "cannot be broadcast to (2, 3)",
    ),
    "scalar": (
        constant("c", "1.0", "tensor<f32>")
        + '%y = "onnx.MatMulV13"(%x, %c) : (tensor<2x3xf32>, tensor<f32>) -> tensor<*xf32>',
        "an operand is a scalar",
    ),
    "step": (
        constant("a", "[0]", "tensor<1xi64>")
        + '%y = "onnx.SliceV13"(%x, %a, %a, %a, %a) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1>}> :'
        + " (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<*xf32>",
        "a step of `Slice` is 0",
    ),
    "cast to strings": (
        '%t = "onnx.CastV13"(%x) <{to = 8 : i64}> : (tensor<2x3xf32>) -> tensor<2x3x!onnx.string>\n'
        '%y = "onnx.CastV13"(%t) <{to = 1 : i64}> : (tensor<2x3x!onnx.string>) -> tensor<*xf32>',
        "it converts to `!onnx.string`",
    ),
    "cast to nothing": (
        '%y = "onnx.CastV13"(%x) <{to = 99 : i64}> : (tensor<2x3xf32>) -> tensor<*xf32>',
        "there is no element type 99",
    ),
    "pad mode": (
        constant("p", "1", "tensor<4xi64>")
        + '%y = "onnx.PadV13"(%x, %p) <{mode = "mirror"}> : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<*xf32>',
        "the mode `mirror` is not lowered",
    ),
    "call of nothing": (
        '%y = "onnx.Call"(%x) <{callee = @g}> : (tensor<2x3xf32>) -> tensor<*xf32>',
        "there is no body of @g to inline",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faulty_nodes(name: str):
    body, message = FAULTS[name]
    declaration = "  func.func private @g(tensor<2x3xf32>) -> tensor<*xf32>\n" if name == "call of nothing" else ""
    with pytest.raises(couloir.Error) as caught:
        lowered(body, more=declaration)
    assert message in str(caught.value)


def test_strides_for_another_number_of_dimensions():
    text = """func.func @f(%x: tensor<1x1x4x4xf32>) -> tensor<*xf32> {
  %0 = "onnx.MaxPoolV12"(%x) <{kernel_shape = array<i64: 2, 2>, strides = array<i64: 2>}> : (tensor<1x1x4x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}"""
    with pytest.raises(couloir.Error, match="`strides` has 1 entries for 2"):
        PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))


def recursive(name: str, callee: str) -> str:
    return f"""  func.func private @{name}(%x: tensor<2xf32>) -> tensor<2xf32> attributes {{onnx.function = {{}}}} {{
    %y = "onnx.Call"(%x) <{{callee = @{callee}}}> : (tensor<2xf32>) -> tensor<2xf32>
    return %y : tensor<2xf32>
  }}
"""


def test_functions_that_call_each_other_are_an_error():
    call = '%y = "onnx.Call"(%x) <{callee = @a}> : (tensor<2xf32>) -> tensor<2xf32>'
    with pytest.raises(couloir.Error, match="@a calls itself"):
        lowered(call, "tensor<2xf32>", "tensor<2xf32>", more=recursive("a", "b") + recursive("b", "a"))


def test_inlining_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """Each of 20 functions calls the next one twice: a million nodes when they are inlined."""
    monkeypatch.setattr(conversion, "MAX_OPS", 1000)
    functions = ""
    for level in range(20):
        functions += f"""  func.func private @f{level}(%x: tensor<2xf32>) -> tensor<2xf32> attributes {{onnx.function = {{}}}} {{
    %a = "onnx.Call"(%x) <{{callee = @f{level + 1}}}> : (tensor<2xf32>) -> tensor<2xf32>
    %b = "onnx.Call"(%a) <{{callee = @f{level + 1}}}> : (tensor<2xf32>) -> tensor<2xf32>
    return %b : tensor<2xf32>
  }}
"""
    functions += """  func.func private @f20(%x: tensor<2xf32>) -> tensor<2xf32> attributes {onnx.function = {}} {
    return %x : tensor<2xf32>
  }
"""
    call = '%y = "onnx.Call"(%x) <{callee = @f0}> : (tensor<2xf32>) -> tensor<2xf32>'
    with pytest.raises(couloir.Error, match="more than 1000 nodes"):
        lowered(call, "tensor<2xf32>", "tensor<2xf32>", more=functions)


def test_padding_that_repeats_too_often_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(padding, "MAX_PIECES", 10)
    inputs = [integers((2,)), np.array([20, 20])]
    with pytest.raises(couloir.Error, match="repeats the tensor"):
        lower(single("Pad", inputs, opset=13, constants=(1,), mode="reflect"))


def test_blocks_of_a_function():
    text = """func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "onnx.ReluV14"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  cf.br ^end
^end:
  return %0 : tensor<2xf32>
}"""
    with pytest.raises(couloir.Error, match="it has several blocks"):
        PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))


@pytest.mark.parametrize("values", ['["a"]', '["a", "b"]'])
def test_constants_of_strings_are_reported(values: str):
    count = values.count(",") + 1
    text = f"""func.func @f() -> tensor<{count}x!onnx.string> {{
  %0 = "onnx.Initializer"() <{{value = #onnx.strings<tensor<{count}x!onnx.string>, {values}>}}> : () -> tensor<{count}x!onnx.string>
  return %0 : tensor<{count}x!onnx.string>
}}"""
    with pytest.raises(couloir.Error, match="it is a tensor of strings"):
        PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))
