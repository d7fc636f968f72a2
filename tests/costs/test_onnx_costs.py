"""ONNX operators cost what they are lowered to."""

from __future__ import annotations

from typing import Any

import pytest
from onnx import TensorProto, helper

import couloir

F = TensorProto.FLOAT


def model(
    operator: str, shapes: list[tuple[int, ...]], result: tuple[int, ...] | None = None, **attributes: Any
) -> Any:
    """A model with one node, whose inputs have these shapes."""
    names = [f"x{n}" for n in range(len(shapes))]
    node = helper.make_node(operator, names, ["y"], **attributes)
    inputs = [helper.make_tensor_value_info(name, F, shape) for name, shape in zip(names, shapes, strict=True)]
    outputs = [helper.make_tensor_value_info("y", F, result)]
    graph = helper.make_graph([node], "g", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


IMAGE, KERNEL = (2, 4, 9, 8), (6, 4, 3, 3)
CASES = {
    "Add": model("Add", [(2, 1, 5), (3, 1)]),
    "Mul": model("Mul", [(4, 5), (4, 5)]),
    "Relu": model("Relu", [(4, 5)]),
    "Exp": model("Exp", [(4, 5)]),
    "Tanh": model("Tanh", [(4, 5)]),
    "Sqrt": model("Sqrt", [(4, 5)]),
    "Max": model("Max", [(4, 5), (4, 5), (4, 5)]),
    "MatMul": model("MatMul", [(3, 4, 5), (5, 6)]),
    "Gemm": model("Gemm", [(5, 4), (5, 6), (6,)], transA=1),
    "Gemm without C": model("Gemm", [(4, 5), (6, 5)], transB=1),
    "Conv": model("Conv", [IMAGE, KERNEL, (6,)]),
    "Conv padded": model("Conv", [IMAGE, KERNEL], pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2]),
    "Conv same": model("Conv", [IMAGE, KERNEL], auto_pad="SAME_LOWER", strides=[2, 2]),
    "Conv grouped": model("Conv", [IMAGE, (6, 2, 3, 3)], group=2),
    "MaxPool": model("MaxPool", [IMAGE], kernel_shape=[2, 3]),
    "GlobalMaxPool": model("GlobalMaxPool", [IMAGE]),
    "GlobalAveragePool": model("GlobalAveragePool", [IMAGE]),
    "ReduceMax": model("ReduceMax", [IMAGE], axes=[1, 3]),
    "ReduceMean": model("ReduceMean", [IMAGE], axes=[2], keepdims=0),
    "Softmax": model("Softmax", [(4, 5)], axis=0),
    "Transpose": model("Transpose", [(4, 5)]),
    "Reshape": model("Flatten", [IMAGE]),
}


@pytest.mark.parametrize("name", CASES)
def test_operators_cost_what_they_are_lowered_to(name) -> None:
    as_is, lowered = couloir.cost(CASES[name]), couloir.cost(couloir.lower(CASES[name]))
    assert not as_is.unknown and not lowered.unknown
    assert as_is.total.arithmetic == lowered.total.arithmetic


def test_what_an_operator_costs_that_is_in_no_table() -> None:
    report = couloir.cost(model("Det", [(3, 3)], ()))
    assert "Det" in report.unknown[0].what and report.total.bytes_accessed == 40


def test_loops_and_branches() -> None:
    cell = helper.make_graph(
        [
            helper.make_node("Exp", ["state"], ["next"]),
            helper.make_node("Identity", ["going"], ["go_on"]),
        ],
        "cell",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, ()),
            helper.make_tensor_value_info("going", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("state", F, (5,)),
        ],
        [helper.make_tensor_value_info("go_on", TensorProto.BOOL, ()), helper.make_tensor_value_info("next", F, (5,))],
    )
    constants = [
        helper.make_tensor("count", TensorProto.INT64, (), [7]),
        helper.make_tensor("yes", TensorProto.BOOL, (), [True]),
    ]
    graph = helper.make_graph(
        [helper.make_node("Loop", ["count", "yes", "x"], ["y"], body=cell)],
        "g",
        [helper.make_tensor_value_info("x", F, (5,))],
        [helper.make_tensor_value_info("y", F, (5,))],
        constants,
    )
    loop = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    report = couloir.cost(loop)
    assert report.total.transcendentals == 35
    assert "as often as it may at the most" in report.assumed[0].what
