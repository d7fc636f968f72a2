"""LSTM, GRU and RNN with drawn directions, lengths and activations, as ONNX and as StableHLO, against onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from tests.passes.onnx_models import assert_close, lower, onnxruntime_run, run, single, variables

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
STATES = {"LSTM": 2, "GRU": 1, "RNN": 1}
#: Each step adds up at most 16 products; the activations flatten differences, so that they do not grow over the times.
ATOL = 64 * float(np.finfo(np.float32).eps)


def random(*shape: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, list[np.ndarray | None], dict[str, object]]:
    operator = draw(st.sampled_from(list(GATES)))
    time, batch, features, hidden = (draw(st.integers(1, top)) for top in (7, 3, 4, 4))
    direction = draw(st.sampled_from(["forward", "reverse", "bidirectional"]))
    directions = 2 if direction == "bidirectional" else 1
    rows = GATES[operator] * hidden
    x = random(time, batch, features, seed=0)
    w, r = random(directions, rows, features, seed=1), random(directions, rows, hidden, seed=2)
    bias = random(directions, 2 * rows, seed=3) if draw(st.booleans()) else None
    lengths = draw(st.none() | st.lists(st.integers(1, time), min_size=batch, max_size=batch))
    states = [
        random(directions, batch, hidden, seed=4 + n) if draw(st.booleans()) else None for n in range(STATES[operator])
    ]
    inputs = [x, w, r, bias, None if lengths is None else np.asarray(lengths, np.int32), *states]
    options: dict[str, object] = {"hidden_size": hidden, "direction": direction}
    if operator == "LSTM" and draw(st.booleans()):
        inputs += [random(directions, 3 * hidden, seed=8)]
    if operator == "LSTM" and draw(st.booleans()):
        options["input_forget"] = 1
    if operator == "GRU" and draw(st.booleans()):
        options["linear_before_reset"] = 1
    if draw(st.booleans()):
        options["clip"] = 0.5
    return operator, inputs, options


def check(model: onnx.ModelProto, *given: np.ndarray) -> None:
    wanted = onnxruntime_run(model, *given)
    assert_close(couloir.run(model, *given), wanted, atol=ATOL)
    assert_close(run(model, *given), wanted, atol=ATOL)


@given(layers(), st.sampled_from([7, 14, 21]))
def test_layers(layer, opset: int):
    operator, inputs, options = layer
    model = single(operator, inputs, opset=opset, outputs=1 + STATES[operator], **options)
    check(model, *variables(inputs))


ACTIVATIONS = {
    "Relu": {},
    "Tanh": {},
    "Sigmoid": {},
    "Affine": {"activation_alpha": [0.5], "activation_beta": [0.1]},
    "LeakyRelu": {"activation_alpha": [0.3]},
    "ThresholdedRelu": {"activation_alpha": [0.2]},
    "ScaledTanh": {"activation_alpha": [0.7], "activation_beta": [0.4]},
    "HardSigmoid": {"activation_alpha": [0.3], "activation_beta": [0.4]},
    "Elu": {"activation_alpha": [0.6]},
    "Softsign": {},
    "Softplus": {},
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str):
    inputs = [random(3, 2, 3, seed=0), random(1, 4, 3, seed=1), random(1, 4, 4, seed=2)]
    model = single("RNN", inputs, opset=14, outputs=2, hidden_size=4, activations=[name], **ACTIVATIONS[name])
    check(model, *inputs)


def test_parameters_go_to_the_activations_that_have_some():
    inputs = [random(3, 2, 3, seed=0), random(1, 12, 3, seed=1), random(1, 12, 4, seed=2)]
    options = {"activations": ["Sigmoid", "LeakyRelu"], "activation_alpha": [0.3], "hidden_size": 4}
    model = single("GRU", inputs, opset=14, outputs=2, **options)
    check(model, *inputs)


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_batches_first(direction: str):
    """`layout = 1`, which onnxruntime does not have, is the same with dimensions exchanged."""
    directions = 2 if direction == "bidirectional" else 1
    x, w, r = random(6, 2, 3, seed=0), random(directions, 16, 3, seed=1), random(directions, 16, 4, seed=2)
    h, c = random(directions, 2, 4, seed=3), random(directions, 2, 4, seed=4)
    options = {"hidden_size": 4, "direction": direction}
    plain = single("LSTM", [x, w, r, None, None, h, c], opset=14, outputs=3, **options)
    y, last, cell = onnxruntime_run(plain, x, w, r, h, c)
    swapped = [x.swapaxes(0, 1).copy(), w, r, None, None, h.swapaxes(0, 1).copy(), c.swapaxes(0, 1).copy()]
    model = single("LSTM", swapped, opset=14, outputs=3, layout=1, **options)
    wanted = [y.transpose(2, 0, 1, 3), last.swapaxes(0, 1), cell.swapaxes(0, 1)]
    assert_close(couloir.run(model, *variables(swapped)), wanted, atol=ATOL)
    assert_close(run(model, *variables(swapped)), wanted, atol=ATOL)


def test_many_steps_are_a_loop_and_few_are_written_out():
    inputs = [random(9, 1, 3, seed=0), random(1, 4, 3, seed=1), random(1, 4, 4, seed=2)]
    names = [op.name for op in lower(single("RNN", inputs, opset=14, hidden_size=4)).walk()]
    assert names.count("stablehlo.while") == 1
    inputs[0] = inputs[0][:2]
    names = [op.name for op in lower(single("RNN", inputs, opset=14, hidden_size=4)).walk()]
    assert "stablehlo.while" not in names
    assert names.count("stablehlo.tanh") == 2


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"activations": ["Sigmoid", "Tanh"]}, "2 activations; 1 directions have 3"),
        ({"activations": ["Sigmoid", "Tanh", "Sine"]}, "the activation `Sine` is not known"),
        ({"direction": "sideways"}, "the direction `sideways` is not known"),
        ({"direction": "bidirectional"}, "weights for 1 directions, but there are 2"),
    ],
)
def test_faults(options: dict[str, object], fault: str):
    inputs = [random(3, 2, 3, seed=0), random(1, 16, 3, seed=1), random(1, 16, 4, seed=2)]
    with pytest.raises(couloir.Error, match=fault):
        lower(single("LSTM", inputs, opset=14, hidden_size=4, **options))
