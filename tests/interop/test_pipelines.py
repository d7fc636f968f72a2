"""A real model on its way down: what the standard pipelines make is valid for upstream, and runs on XLA."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.dialects.builtin import ModuleOp
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from tests.backends.numpy.xla import run_on_xla
from tests.interop.upstream import Refused, Upstream

DATA = Path(__file__).parents[2] / "labs" / "data"


@cache
def lenet(level: str) -> ModuleOp:
    model = couloir.load(DATA / "lenet.onnx", dims={"N": 1})
    return model if level == "onnx" else couloir.lower(model, to=level)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("generic", [True, False])
@pytest.mark.parametrize("level", ["hlo", "loops"])
def test_each_level_is_valid_upstream(upstream: Upstream, level, generic):
    """Attributes such as `couloir.inputs` are no obstacle: on ops of known dialects, those of unknown ones are allowed."""
    text = operation_text(lenet(level), generic=generic)
    read = parse_module_op(text)  # an access in the pretty form has no unused dimensions in its map
    assert upstream.text(text) == operation_text(read, generic=True) + "\n"
    assert upstream.text(text, "pretty") == upstream.text(operation_text(lenet(level)), "pretty")


@pytest.mark.parametrize("generic", [True, False])
def test_the_text_is_a_program_for_xla_and_a_portable_artifact(generic):
    text = (
        operation_text(lenet("hlo"), generic=generic).replace("@main_graph", "@main").replace('"main_graph"', '"main"')
    )
    with np.load(DATA / "mnist_test.npz") as data:
        image = (data["x"][0].reshape(1, 1, 28, 28) / 255).astype(np.float32)
    (ours,) = couloir.run(lenet("hlo"), image)
    (theirs,) = run_on_xla(text, image)
    # Sums of at most 400 products in another order, then a softmax: relative rounding errors of f32 add up.
    np.testing.assert_allclose(ours, theirs, rtol=400 * 2**-23, atol=400 * 2**-23)
    stablehlo = pytest.importorskip("jaxlib.mlir.dialects.stablehlo")
    artifact = stablehlo.serialize_portable_artifact_str(text, "1.0.0")
    assert artifact[:4] == b"ML\xefR"


def test_the_onnx_level_is_read_where_unknown_dialects_are_allowed(upstream: Upstream):
    text = operation_text(lenet("onnx"))
    assert upstream.text(text, unregistered=True) == operation_text(lenet("onnx"), generic=True) + "\n"
    with pytest.raises(Refused, match="allow-unregistered-dialect"):
        upstream.read(text)
