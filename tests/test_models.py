"""Whole models, from ONNX to NumPy and C, beside onnxruntime."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest

import couloir
from couloir.backends.c.cache import Cache

ROOT = Path(__file__).parents[1]
LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


def benchmark_models() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_models", ROOT / "benchmarks/models.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def expected_of(model: bytes, inputs: dict[str, Any]) -> list[Any]:
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: inputs[i.name] for i in session.get_inputs()})


def check(model: bytes, tmp_path: Path, levels: tuple[str, ...] = ("onnx", "hlo", "c")) -> None:
    """Runs a model of one input at each level and compares with onnxruntime.

    The bound: both sum in f32, in different orders. Errors of single sums are about sqrt(n) * 2^-24 of the sum of absolute values;
    over the layers of these networks they stay well below 2^-12 of the largest result.
    """
    module = couloir.load(model)
    function = module.functions[0]
    x = np.random.default_rng(0).standard_normal(function.function_type.inputs[0].shape).astype(np.float32)
    name = function.argument_attribute(0, "onnx.name").value
    expected = expected_of(model, {name: x})
    hlo = couloir.lower(module, "hlo")
    runs = {
        "onnx": lambda: couloir.run(module, x),
        "hlo": lambda: couloir.run(hlo, x),
        "c": lambda: couloir.compile(hlo, cache=Cache(tmp_path / "cache"))(x),
    }
    for level in levels:
        for found, wanted in zip(runs[level](), expected, strict=True):
            assert found.shape == wanted.shape and found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, rtol=0, atol=2**-12 * np.abs(wanted).max(), err_msg=level)


def test_an_mlp_agrees_at_every_level(tmp_path: Path) -> None:
    check(benchmark_models().mlp(batch=3).SerializeToString(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [18, 50])
def test_resnets_agree_at_every_level(depth: int, tmp_path: Path) -> None:
    check(benchmark_models().resnet(depth, size=64, batch=2).SerializeToString(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet", "resnet50", "vgg19", "inception_v1"])
def test_the_light_models_of_onnx_agree(name: str, tmp_path: Path) -> None:
    path = LIGHT / f"light_{name}.onnx"
    if not path.is_file():
        pytest.skip("this onnx package has no light models")
    model = onnx.load(path)
    random = np.random.default_rng(0)
    for (
        weight
    ) in model.graph.initializer:  # the weights in the file are constants; seeded ones make the result depend on each
        array = onnx.numpy_helper.to_array(weight)
        if array.dtype == np.float32 and array.ndim > 1:
            scaled = random.standard_normal(array.shape) / np.sqrt(array[0].size)
            weight.CopyFrom(onnx.numpy_helper.from_array(scaled.astype(np.float32), weight.name))
    check(model.SerializeToString(), tmp_path, ("hlo", "c"))
