"""If, Loop and Scan whose course is decided when the model runs, against onnxruntime and NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import couloir
from tests.passes.onnx_models import assert_close, integers, lower, onnxruntime_run, run

FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def info(name: str, shape: Sequence[Any] | None = (), element: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element, shape)


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def constant(name: str, value: Any) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value)))


def model(nodes: list[onnx.NodeProto], inputs: list, outputs: list, opset: int = 17) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "main", inputs, outputs)
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    return made


def ops(source: onnx.ModelProto) -> list[str]:
    return [op.name for op in lower(source).walk()]


# -- If ----------------------------------------------------------------------------------------------------------------------


def branches(
    then: list[onnx.NodeProto], otherwise: list[onnx.NodeProto], shape: Sequence[Any] = (2,)
) -> onnx.ModelProto:
    """`y = then(x) if sum(x) > 0 else otherwise(x)`."""
    graphs = {
        f"{name}_branch": helper.make_graph(nodes, name, [], [info("r", shape)])
        for name, nodes in (("then", then), ("else", otherwise))
    }
    nodes = [
        constant("zero", np.float32(0)),
        node("ReduceSum", "x", "s", keepdims=0),
        node("Greater", "s zero", "c"),
        node("If", "c", "y", **graphs),
    ]
    return model(nodes, [info("x", (2,))], [info("y", None)])


@pytest.mark.parametrize("x", [[1.0, 2.0], [-1.0, 0.5]])
def test_a_branch_by_the_data(x: list[float]):
    source = branches(
        [node("Exp", "x", "r")], [node("Neg", "x", "n"), node("Add", "n x", "m"), node("Add", "m s", "r")]
    )
    assert ops(source).count("stablehlo.if") == 1
    given = np.asarray(x, np.float32)
    assert_close(run(source, given), onnxruntime_run(source, given), ulps=4)


def test_branches_inside_of_branches():
    inner = helper.make_graph([node("Abs", "x", "q")], "a", [], [info("q", (2,))])
    other = helper.make_graph([node("Neg", "x", "q")], "b", [], [info("q", (2,))])
    nested = [
        constant("bound", np.float32(-5)),
        node("Greater", "s bound", "d"),
        node("If", "d", "r", then_branch=inner, else_branch=other),
    ]
    source = branches([node("Exp", "x", "r")], nested)
    assert ops(source).count("stablehlo.if") == 2
    for x in ([3.0, 3.0], [-1.0, -1.0], [-9.0, 1.0]):
        given = np.asarray(x, np.float32)
        assert_close(run(source, given), onnxruntime_run(source, given), ulps=4)


def test_branches_of_different_shapes_are_reported():
    source = branches([node("Identity", "x", "r")], [node("Concat", "x x", "r", axis=0)], ["n"])
    with pytest.raises(couloir.Error, match="its branches give `tensor<2xf32>` and `tensor<4xf32>`"):
        lower(source)


# -- Loop --------------------------------------------------------------------------------------------------------------------


def doubling(limit: str, start: str, *, scans: bool = False, extra: Sequence[onnx.NodeProto] = ()) -> onnx.ModelProto:
    """Doubles `x` while its sum is below 100; stacks the sums."""
    body = helper.make_graph(
        [
            constant("bound", np.float32(100)),
            node("Add", "v v", "w"),
            node("ReduceSum", "w", "t", keepdims=0),
            node("Less", "t bound", "go"),
            node("Identity", "t", "u"),
        ],
        "body",
        [info("i", (), INT), info("c", (), BOOL), info("v", (2,))],
        [info("go", (), BOOL), info("w", (2,)), *([info("u")] if scans else [])],
    )
    nodes = [*extra, helper.make_node("Loop", [limit, start, "x"], ["y", *(["z"] if scans else [])], body=body)]
    outputs = [info("y", (2,)), *([info("z", ["n"])] if scans else [])]
    return model(nodes, [info("x", (2,)), info("m", (), INT), info("c0", (), BOOL)], outputs)


@pytest.mark.parametrize(("limit", "start"), [("m", "c0"), ("m", ""), ("", "c0"), ("", "")])
@pytest.mark.parametrize("x", [[1.0, 2.0], [90.0, 20.0]])
@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_a_loop_by_the_data(limit: str, start: str, x: list[float], count: int):
    source = doubling(limit, start)
    for go in (True, False):
        given = (np.asarray(x, np.float32), np.asarray(count), np.asarray(go))
        assert_close(run(source, *given), onnxruntime_run(source, *given))
    assert ops(source).count("stablehlo.while") == 1


def test_stacks_of_an_unknown_height_are_reported():
    with pytest.raises(couloir.Error, match="how many slices its outputs have is known only when the model runs"):
        lower(doubling("m", "", scans=True))


def counted(count: int) -> onnx.ModelProto:
    """`v = v + i`, `count` times, with `v * outer` stacked."""
    body = helper.make_graph(
        [
            node("Cast", "i", "f", to=FLOAT),
            node("Add", "v f", "w"),
            node("Mul", "w outer", "u"),
            node("Identity", "c", "go"),
        ],
        "body",
        [info("i", (), INT), info("c", (), BOOL), info("v", (2,))],
        [info("go", (), BOOL), info("w", (2,)), info("u", (2,))],
    )
    nodes = [
        constant("n", count),
        node("Exp", "x", "outer"),
        helper.make_node("Loop", ["n", "", "x"], ["y", "z"], body=body),
    ]
    return model(nodes, [info("x", (2,))], [info("y", (2,)), info("z", ["n", 2])])


@pytest.mark.parametrize("opset", [9, 11, 13, 16, 19, 21, 23])
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_a_loop_of_a_known_length(count: int, opset: int):
    source = counted(count)
    source.opset_import[0].version = opset
    x = np.asarray([0.5, -0.25], np.float32)
    found = run(source, x)
    rows = x + np.cumsum(np.arange(count, dtype=np.float32))[:, None]
    assert_close(found, [rows[-1] if count else x, rows * np.exp(x)], ulps=4)
    assert ops(source).count("stablehlo.while") == (1 if count == 200 else 0)


def test_a_state_that_grows_is_written_out():
    body = helper.make_graph(
        [node("Concat", "v v", "w", axis=0), node("Identity", "c", "go")],
        "body",
        [info("i", (), INT), info("c", (), BOOL), info("v", ["k"])],
        [info("go", (), BOOL), info("w", ["l"])],
    )
    nodes = [constant("n", 3), helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)]
    source = model(nodes, [info("x", (2,))], [info("y", ["k"])])
    x = integers((2,))
    assert_close(run(source, x), [np.tile(x, 8)])
    nodes[0] = node("Identity", "m", "n")
    with pytest.raises(couloir.Error, match="its state changes from `tensor<2xf32>` to `tensor<4xf32>`"):
        lower(model(nodes, [info("x", (2,)), info("m", (), INT)], [info("y", ["k"])]))


def test_a_loop_may_slice_at_its_counter():
    body = helper.make_graph(
        [
            constant("one", np.asarray([1])),
            constant("shape", np.asarray([1])),
            node("Reshape", "i shape", "start"),
            node("Add", "start one", "end"),
            node("Slice", "x start end", "part"),
            node("Add", "v part", "w"),
            node("Identity", "c", "go"),
        ],
        "body",
        [info("i", (), INT), info("c", (), BOOL), info("v", (1,))],
        [info("go", (), BOOL), info("w", (1,))],
    )
    nodes = [
        constant("n", 5),
        constant("zero", np.zeros(1, np.float32)),
        helper.make_node("Loop", ["n", "", "zero"], ["y"], body=body),
    ]
    x = integers((5,))
    assert_close(run(model(nodes, [info("x", (5,))], [info("y", (1,))]), x), [x.sum(keepdims=True)])


# -- Scan --------------------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 7),
    st.sampled_from([0, 1, -1]),
    st.booleans(),
    st.sampled_from([0, 1, -1]),
    st.booleans(),
)
def test_scan(length: int, axis: int, backwards: bool, out_axis: int, out_backwards: bool):
    """A running sum, of slices along any axis, in both directions."""
    body = helper.make_graph(
        [node("Add", "s x", "t"), node("Identity", "t", "u")],
        "body",
        [info("s", (3,)), info("x", (3,))],
        [info("t", (3,)), info("u", (3,))],
    )
    shape = (length, 3) if axis == 0 else (3, length)
    scan = helper.make_node(
        "Scan",
        ["s0", "xs"],
        ["last", "ys"],
        num_scan_inputs=1,
        scan_input_axes=[axis],
        scan_input_directions=[int(backwards)],
        scan_output_axes=[out_axis],
        scan_output_directions=[int(out_backwards)],
        body=body,
    )
    source = model([scan], [info("s0", (3,)), info("xs", shape)], [info("last", (3,)), info("ys", None)])
    given = (integers((3,)), integers(shape, seed=1))
    assert_close(run(source, *given), onnxruntime_run(source, *given))


def test_a_scan_of_nothing():
    """How large a slice would be is known, or only when sizes are bound: there is no slice to be taken."""
    body = helper.make_graph(
        [node("Add", "s x", "t"), node("Concat", "t x", "u", axis=0)],
        "body",
        [info("s", ("n",)), info("x", ("n",))],
        [info("t", ("n",)), info("u", ("k",))],
    )
    scan = helper.make_node("Scan", ["s0", "xs"], ["last", "ys"], num_scan_inputs=1, body=body)
    for n in (3, "N"):
        source = model([scan], [info("s0", (n,)), info("xs", ("T", n))], [info("last", (n,)), info("ys", None)])
        start, empty = integers((3,)), integers((0, 3))
        found = run(couloir.specialize(source, [(3,), (0, 3)]), start, empty)
        assert_close(found, [start, np.zeros((0, 6), np.float32)])


def test_a_loop_over_the_rows_of_an_empty_tensor():
    body = helper.make_graph(
        [node("Gather", "xs i", "row", axis=0), node("Add", "s row", "t"), node("Identity", "c", "go")],
        "body",
        [info("i", (), INT), info("c", (), BOOL), info("s", (3,))],
        [info("go", (), BOOL), info("t", (3,)), info("row", (3,))],
    )
    nodes = [constant("count", 0), helper.make_node("Loop", ["count", "", "s0"], ["last", "ys"], body=body)]
    source = model(nodes, [info("s0", (3,)), info("xs", (0, 3))], [info("last", (3,)), info("ys", None)])
    start = integers((3,))
    assert_close(run(source, start, integers((0, 3))), [start, np.zeros((0, 3), np.float32)])


def test_a_long_scan_in_c():
    """The loop, its slices and its stack are compiled."""
    body = helper.make_graph(
        [node("Mul", "s decay", "d"), node("Add", "d x", "t"), node("Tanh", "t", "u")],
        "body",
        [info("s", (3,)), info("x", (3,))],
        [info("t", (3,)), info("u", (3,))],
    )
    nodes = [
        constant("decay", np.float32(0.5)),
        helper.make_node("Scan", ["s0", "xs"], ["last", "ys"], num_scan_inputs=1, body=body),
    ]
    length = 300
    source = model(nodes, [info("s0", (3,)), info("xs", (length, 3))], [info("last", (3,)), info("ys", (length, 3))])
    given = (integers((3,)), integers((length, 3), seed=1))
    assert_close(couloir.compile(source)(*given), onnxruntime_run(source, *given), ulps=8)
