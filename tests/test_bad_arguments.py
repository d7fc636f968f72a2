"""What is said about arguments of the wrong kind, and that results belong to the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import couloir

RAGGED = [[1.0], [1.0, 2.0]]
X = np.ones((2, 3), np.float32)


def model(rows: Any = "N") -> Any:
    """Gives its input, what NumPy makes a view of it, and a constant."""
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "z", "w")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"]), helper.make_node("Unsqueeze", ["x", "axes"], ["z"])],
        "main",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (rows, 3))],
        infos,
        [numpy_helper.from_array(np.array([0]), "axes"), numpy_helper.from_array(np.ones(2, np.float32), "w")],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


FAULTS: list[tuple[Callable[[], Any], str]] = [
    (lambda: couloir.run(model(), RAGGED), "argument 0 of @main_graph is a list that is no array"),
    (lambda: couloir.compile(model())(RAGGED), "the input `x` is a list that is no array"),
    (lambda: couloir.compile(model(), programs="many"), "`programs` is how many"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.load(model(), dims=[3]), "`dims` maps names to sizes"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.specialize(model(), dims=3), "`dims` maps names to sizes"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.specialize(model(), dims={"N": None}), "the size None"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.specialize(model(), 3), "shapes are given by name"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.specialize(model(), {"x": 3}), "the shape 3 for `x`"),  # pyright: ignore[reportArgumentType]
    (lambda: couloir.specialize(model(), values={"x": RAGGED}), "the value of `x` is a list that is no array"),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_arguments_of_the_wrong_kind(number: int):
    action, message = FAULTS[number]
    with pytest.raises(couloir.Error, match=message):
        action()


HUGE = couloir.parse("""
func.func @main() -> tensor<99999999999999xf32> {
  %0 = stablehlo.constant dense<1.0> : tensor<99999999999999xf32>
  return %0 : tensor<99999999999999xf32>
}""")
NO_MEMORY: list[tuple[Callable[[], Any], str]] = [
    (lambda: couloir.run(HUGE), r"there is no memory for a result: float32\[99999999999999\]"),
    (lambda: couloir.compile(HUGE), "there is no memory for the constant @.*, a `tensor<99999999999999xf32>`"),
    (lambda: couloir.compare(HUGE, HUGE, values=[]), "there is no memory to compare the values of ops"),
]


@pytest.mark.parametrize("number", range(len(NO_MEMORY)))
def test_what_no_memory_holds(number: int):
    """One number is enough to write a constant of any size."""
    action, message = NO_MEMORY[number]
    with pytest.raises(couloir.Error, match=message):
        action()


@pytest.mark.parametrize("level", ["onnx", "hlo"])
def test_results_belong_to_the_caller(level: str):
    """Writing to them changes neither the inputs, nor each other, nor the program."""
    module = couloir.load(model(2))
    program = couloir.lower(module) if level == "hlo" else module
    given = X.copy()
    for result in couloir.run(program, given):
        result[...] = 7
    np.testing.assert_array_equal(given, X)
    for result in couloir.run(program, given):
        assert (result == 1).all()


def test_passes_and_texts_of_the_wrong_kind() -> None:
    module = couloir.parse("func.func @main() { return }")
    for passes in (None, 3, ["cse"]):
        for call in (couloir.opt, couloir.bisect):
            with pytest.raises(couloir.Error, match=r"passes are a text or a PassPipeline, not a (NoneType|int|list)"):
                call(module, passes)
    for text in (None, b"module {}"):
        with pytest.raises(couloir.Error, match=r"MLIR text is a str, not (NoneType|bytes)"):
            couloir.parse(text)
    with pytest.raises(couloir.Error, match=r"the pipeline has no pass `1\.5`"):
        couloir.opt(module, "cse", stop_after=1.5)
