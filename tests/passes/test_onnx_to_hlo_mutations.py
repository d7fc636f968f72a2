"""ONNX's node tests with wrong attributes, shapes and values: each gives results, or an error of ours."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import onnx
import pytest

import couloir
from couloir.backends.numpy.evaluate import evaluate
from tests.passes.onnx_models import lower
from tests.passes.test_onnx_to_hlo_suite import Case, cases, frozen, is_excused

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

INTEGERS = (-3, -2, -1, 0, 1, 2, 3, 5, 17, 2**40)
FLOATS = (0.0, -1.0, 0.5, 1e30, float("inf"), float("nan"))
TEXTS = (b"", b"other", b"linear", b"i,j->ij", b"...->", b"ii,i")


def with_other_attributes(draw: random.Random, model: onnx.ModelProto) -> None:
    for attribute in (attribute for node in model.graph.node for attribute in node.attribute):
        if draw.random() < 0.5:
            continue
        if attribute.type == onnx.AttributeProto.INT:
            attribute.i = draw.choice(INTEGERS)
        elif attribute.type == onnx.AttributeProto.INTS:
            attribute.ints[:] = [draw.choice(INTEGERS[:-1]) if draw.random() < 0.5 else old for old in attribute.ints]
        elif attribute.type == onnx.AttributeProto.FLOAT:
            attribute.f = draw.choice(FLOATS)
        elif attribute.type == onnx.AttributeProto.STRING and draw.random() < 0.3:
            attribute.s = draw.choice(TEXTS)


def with_other_inputs(draw: random.Random, model: onnx.ModelProto, arrays: list[Any]) -> None:
    for number, info in enumerate(model.graph.input):
        array = arrays[number]
        if not isinstance(array, np.ndarray) or array.dtype == object or draw.random() < 0.5:
            continue
        shape = [draw.choice((0, 1, 2, 3, size + 1)) if draw.random() < 0.4 else size for size in array.shape]
        if shape and draw.random() < 0.15:
            shape.pop()
        changed = np.resize(array, shape) if array.size else np.zeros(shape, array.dtype)
        if array.dtype.kind == "i" and draw.random() < 0.5:
            changed = np.random.default_rng(draw.randrange(1000)).integers(-5, 6, shape).astype(array.dtype)
        arrays[number] = changed
        dims = info.type.tensor_type.shape
        del dims.dim[:]
        for size in shape:
            dims.dim.add().dim_value = size
    for info in model.graph.output:
        if info.type.HasField("tensor_type"):
            info.type.tensor_type.ClearField("shape")


def outcome(model: onnx.ModelProto, arrays: list[Any]) -> str:
    try:
        module = lower(model)
    except couloir.Error:
        model, arrays = frozen(model, arrays)
        module = lower(model)
    evaluate(module, *arrays)
    return "results"


@pytest.mark.parametrize("seed", range(4))
def test_wrong_nodes(seed: int):
    draw = random.Random(seed)
    pool: list[Case] = [case for case in cases() if not is_excused(case) and "_expanded" not in case.name]
    outcomes: dict[str, int] = {"results": 0, "an error": 0}
    for case in draw.sample(pool, 120):
        model, arrays = onnx.ModelProto(), list(case.inputs)
        model.CopyFrom(case.model)
        with_other_attributes(draw, model)
        with_other_inputs(draw, model, arrays)
        try:
            outcomes[outcome(model, arrays)] += 1
        except couloir.Error:
            outcomes["an error"] += 1
    assert min(outcomes.values()) > 20, "most of the cases are wrong, or none is"
