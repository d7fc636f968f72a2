"""Whole models: LeNet, and the topologies with made-up weights that the onnx package carries, against onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import couloir
from couloir.backends.numpy.evaluate import evaluate
from tests.passes.onnx_models import LENET, LIGHT, lower, onnxruntime_run

# Layers with sums one after another on the longest way through each model: what rounding errors are multiplied by.
DEPTH = {
    "light_bvlc_alexnet": 8,
    "light_densenet121": 121,
    "light_inception_v1": 22,
    "light_inception_v2": 34,
    "light_resnet50": 50,
    "light_shufflenet": 50,
    "light_squeezenet": 18,
    "light_vgg19": 19,
    "light_zfnet512": 8,
}


def assert_agrees(name: str, model: onnx.ModelProto) -> None:
    """The lowered model's results are those of onnxruntime, but for rounding.

    Each layer adds a relative error of about sqrt(n) * eps of its largest element for sums of n terms; n is at most 25,088 (VGG).
    """
    module = lower(model)
    types = module.functions[0].function_type.inputs
    arrays = [np.random.default_rng(0).standard_normal(type.shape).astype(np.float32) for type in types]
    wanted = onnxruntime_run(model, *arrays)
    for found, right in zip(evaluate(module, *arrays), wanted, strict=True):
        assert (found.dtype, found.shape) == (right.dtype, right.shape)
        assert np.ptp(right) > 0, "a result of equal elements says nothing"
        bound = DEPTH[name] * np.sqrt(25_088) * np.finfo(np.float32).eps * np.abs(right).max()
        assert np.abs(found - right).max() <= bound


def test_lenet():
    x = np.random.default_rng(0).random((16, 1, 28, 28), np.float32)
    (found,) = evaluate(lower(LENET, {"N": 16}), x)
    (wanted,) = onnxruntime_run(LENET, x)
    np.testing.assert_allclose(found, wanted, atol=5 * np.sqrt(256) * np.finfo(np.float32).eps)


def test_the_pipeline_leaves_no_shape_arithmetic():
    module = couloir.lower(LENET, dims={"N": 1})
    assert {op.name.partition(".")[0] for op in module.walk()} == {"builtin", "func", "stablehlo"}


@pytest.mark.parametrize("name", ["light_squeezenet", "light_shufflenet"])
def test_small_models(name: str):
    assert_agrees(name, with_random_weights(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(DEPTH) - {"light_squeezenet", "light_shufflenet"}))
def test_large_models(name: str):
    assert_agrees(name, with_random_weights(name))


def with_random_weights(name: str) -> onnx.ModelProto:
    """The model with weights under which the elements of each layer stay of the order of 1.

    The package replaces large weights by constants of one value; with these all outputs of a softmax are equal, and say nothing.
    """
    model = onnx.load(LIGHT / f"{name}.onnx")
    rng = np.random.default_rng(1)
    fills = {node.output[0]: node for node in model.graph.node if node.op_type == "ConstantOfShape"}
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    kept = [node for node in model.graph.node if node.op_type != "ConstantOfShape"]
    for output, node in fills.items():
        shape = tuple(int(n) for n in shapes[node.input[0]])
        fan = int(np.prod(shape[1:])) or 1
        # He initialisation for weights; statistics and scales of normalizations are near 1.
        array = rng.standard_normal(shape) * np.sqrt(2 / fan) if len(shape) > 1 else rng.uniform(0.8, 1.2, shape)
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), output))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model
