"""Sequences inside of a model: which tensors are in them is known, so that they leave nothing behind. Against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import couloir
from tests.passes.onnx_models import assert_close, integers, lower, onnxruntime_run, run

FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def constant(name: str, value: Any) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value)))


def model(nodes: list[onnx.NodeProto], outputs: str = "y", opset: int = 17) -> onnx.ModelProto:
    """From `x` [4, 3] and `z` [4, 3]."""
    inputs = [helper.make_tensor_value_info(name, FLOAT, [4, 3]) for name in "xz"]
    results = [onnx.ValueInfoProto(name=name) for name in outputs.split()]
    graph = helper.make_graph(nodes, "main", inputs, results)
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    return onnx.shape_inference.infer_shapes(made)


X, Z = integers((4, 3)), integers((4, 3), seed=1)

CASES = {
    "made and taken": [
        node("SequenceConstruct", "x z", "s"),
        constant("one", 1),
        node("SequenceAt", "s one", "y"),
    ],
    "counted from the end": [
        node("SequenceConstruct", "x z", "s"),
        constant("last", -2),
        node("SequenceAt", "s last", "y"),
    ],
    "inserted and erased": [
        node("SequenceEmpty", "", "e"),
        node("SequenceInsert", "e x", "a"),
        constant("zero", 0),
        node("SequenceInsert", "a z zero", "b"),
        node("SequenceErase", "b", "c"),
        node("SequenceAt", "c zero", "y"),
    ],
    "concatenated": [node("SequenceConstruct", "x z x", "s"), node("ConcatFromSequence", "s", "y", axis=-1)],
    "stacked": [node("SequenceConstruct", "x z", "s"), node("ConcatFromSequence", "s", "y", axis=1, new_axis=1)],
    "split in slices": [
        node("SplitToSequence", "x", "s", axis=1, keepdims=0),
        node("ConcatFromSequence", "s", "y", axis=0, new_axis=1),
    ],
    "split in parts": [
        constant("sizes", np.asarray([1, 3])),
        node("SplitToSequence", "x sizes", "s"),
        constant("one", 1),
        node("SequenceAt", "s one", "y"),
    ],
    "split evenly": [
        constant("size", 3),
        node("SplitToSequence", "x size", "s"),
        node("SequenceLength", "s", "n"),
        node("Cast", "n", "y", to=FLOAT),
    ],
    "handed on": [
        node("SequenceConstruct", "x", "s"),
        node("Identity", "s", "t"),
        node("SequenceInsert", "t z", "u"),
        node("ConcatFromSequence", "u", "y", axis=0),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_sequences(name: str):
    source = model(CASES[name])
    assert_close(run(source, X, Z), onnxruntime_run(source, X, Z))


def appending(count: list[onnx.NodeProto]) -> onnx.ModelProto:
    """A loop that collects `x * i` in a sequence."""
    body = helper.make_graph(
        [
            node("Cast", "i", "f", to=FLOAT),
            node("Mul", "x f", "part"),
            node("SequenceInsert", "s part", "t"),
            node("Identity", "c", "go"),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", INT, []),
            helper.make_tensor_value_info("c", BOOL, []),
            helper.make_tensor_sequence_value_info("s", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go", BOOL, []),
            helper.make_tensor_sequence_value_info("t", FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["n", "", "e"], ["all"], body=body)
    nodes = [*count, node("SequenceEmpty", "", "e"), loop, node("ConcatFromSequence", "all", "y", axis=0)]
    return model(nodes)


@pytest.mark.parametrize("count", [1, 2, 60])
def test_a_loop_that_appends(count: int):
    source = appending([constant("n", count)])
    assert_close(run(source, X, Z), [np.concatenate([X * number for number in range(count)])])


def test_a_sequence_of_unknown_length_is_reported():
    count = [node("ReduceMax", "x", "m", keepdims=0), node("Cast", "m", "n", to=INT)]
    with pytest.raises(couloir.Error, match="how many steps it has is not known"):
        lower(appending(count))


def branching(count: int) -> onnx.ModelProto:
    """Each branch gives a tensor and a sequence, of two and of `count` tensors."""
    graphs: dict[str, Any] = {}
    for name, nodes in (
        ("then_branch", [node("Exp", "x", "a"), node("SequenceConstruct", "a z", "s")]),
        ("else_branch", [node("Neg", "z", "a"), node("SequenceConstruct", " ".join("zax"[:count]), "s")]),
    ):
        outputs = [
            helper.make_tensor_value_info("a", FLOAT, [4, 3]),
            helper.make_tensor_sequence_value_info("s", FLOAT, [4, 3]),
        ]
        graphs[name] = helper.make_graph(nodes, name, [], outputs)
    nodes = [
        constant("zero", np.float32(0)),
        node("ReduceSum", "x", "sum", keepdims=0),
        node("Greater", "sum zero", "c"),
        helper.make_node("If", ["c"], ["y", "all"], **graphs),
        node("ConcatFromSequence", "all", "w", axis=0),
    ]
    return model(nodes, "y w")


def test_branches_that_give_sequences():
    source = branching(2)
    for x in (np.abs(X), -np.abs(X)):
        assert_close(run(source, x, Z), onnxruntime_run(source, x, Z), ulps=4)
    with pytest.raises(couloir.Error, match="its branches give sequences of different lengths"):
        lower(branching(3))


def test_a_graph_for_each_element():
    body = helper.make_graph(
        [node("Sub", "a b", "c")],
        "body",
        [helper.make_tensor_value_info(name, FLOAT, None) for name in "ab"],
        [helper.make_tensor_value_info("c", FLOAT, None)],
    )
    nodes = [
        node("SequenceConstruct", "x z", "s"),
        helper.make_node("SequenceMap", ["s", "z"], ["t"], body=body),
        node("ConcatFromSequence", "t", "y", axis=0),
    ]
    assert_close(run(model(nodes), X, Z), [np.concatenate([X - Z, Z - Z])])


@pytest.mark.parametrize(
    ("nodes", "fault"),
    [
        ([node("SequenceConstruct", "x", "s"), constant("n", 1), node("SequenceAt", "s n", "y")], "no position 1"),
        (
            [node("SequenceEmpty", "", "s"), node("SequenceErase", "s", "t"), node("SequenceLength", "t", "y")],
            "nothing",
        ),
        ([node("SequenceEmpty", "", "s"), node("ConcatFromSequence", "s", "y", axis=0)], "nothing to be concatenated"),
        ([node("SequenceConstruct", "x", "y")], "it returns a value of type `!onnx.seq"),
    ],
)
def test_faults(nodes: list[onnx.NodeProto], fault: str):
    with pytest.raises(couloir.Error, match=fault):
        lower(model(nodes))


def test_a_sequence_from_outside_is_refused():
    source = model([node("SequenceConstruct", "x", "s"), constant("n", 0), node("SequenceAt", "q n", "y")])
    source.graph.input.append(helper.make_tensor_sequence_value_info("q", FLOAT, [4, 3]))
    with pytest.raises(couloir.Error, match=r"has the type `!onnx\.seq"):
        lower(source)
