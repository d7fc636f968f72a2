"""Models of one node, and the ways to run a model, for the tests of the lowering from ONNX to StableHLO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.builtin import ModuleOp
from couloir.ir.passes import PassPipeline
from couloir.passes.onnx_to_hlo import OnnxToHlo

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
LENET = Path(__file__).parents[2] / "labs" / "data" / "lenet.onnx"


def value(name: str, array: np.ndarray | None) -> onnx.ValueInfoProto:
    if array is None:
        return onnx.ValueInfoProto(name=name)
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def single(
    operator: str,
    inputs: Sequence[np.ndarray | None],
    *,
    opset: int,
    constants: Sequence[int] = (),
    outputs: int = 1,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one node. `constants` are the inputs that are initializers; the types of the outputs are inferred."""
    names = ["" if array is None else f"x{index}" for index, array in enumerate(inputs)]
    results = [f"y{index}" for index in range(outputs)]
    node = helper.make_node(operator, names, results, name="the_node", **attributes)
    given = {name: array for name, array in zip(names, inputs, strict=True) if array is not None}
    fixed = {f"x{index}" for index in constants}
    graph = helper.make_graph(
        [node],
        "single",
        [value(name, array) for name, array in given.items() if name not in fixed],
        [value(name, None) for name in results],
        initializer=[numpy_helper.from_array(array, name) for name, array in given.items() if name in fixed],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    return onnx.shape_inference.infer_shapes(model)


def variables(inputs: Sequence[np.ndarray | None], constants: Sequence[int] = ()) -> list[np.ndarray]:
    """The inputs of `single` that are given when it runs."""
    return [array for index, array in enumerate(inputs) if array is not None and index not in constants]


def lower(model: onnx.ModelProto | Path | str, dims: Mapping[str, int] | None = None) -> ModuleOp:
    """The module of StableHLO ops, verified."""
    module = couloir.load(model, dims=dims)
    PassPipeline.of(OnnxToHlo()).run(module, verify_each=True)
    foreign = {
        op.name for op in module.walk() if op.name.partition(".")[0] not in ("builtin", "func", "stablehlo", "chlo")
    }
    assert not foreign, foreign
    return module


def run(model: onnx.ModelProto | Path | str, *arrays: np.ndarray) -> list[np.ndarray]:
    """What the lowered model gives, by the NumPy backend."""
    return list(evaluate(lower(model), *arrays))


def onnxruntime_run(model: onnx.ModelProto | Path, *arrays: np.ndarray) -> list[np.ndarray]:
    """What onnxruntime gives."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    feeds = {entry.name: array for entry, array in zip(session.get_inputs(), arrays, strict=True)}
    return session.run(None, feeds)


def reference_run(model: onnx.ModelProto, *arrays: np.ndarray) -> list[np.ndarray]:
    """What onnx's reference evaluator gives."""
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(model)
    return evaluator.run(None, dict(zip(evaluator.input_names, arrays, strict=True)))


def assert_close(
    found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], *, ulps: float = 0, atol: float = 0
) -> None:
    """Equal dtypes and shapes; elements at most `ulps` units of the type's relative precision apart, or `atol`."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        b = np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if a.dtype.kind in "biu":
            np.testing.assert_array_equal(a, b)
        else:
            import ml_dtypes

            rtol = ulps * float(ml_dtypes.finfo(a.dtype).eps)
            np.testing.assert_allclose(a.astype(np.float64), b.astype(np.float64), rtol=rtol, atol=atol)


def integers(
    shape: Sequence[int], dtype: Any = np.float32, *, seed: int = 0, low: int = -8, high: int = 8
) -> np.ndarray:
    """Small whole numbers: sums of products of them are exact in every type, in whatever order they are added."""
    return np.random.default_rng(seed).integers(low, high + 1, tuple(shape)).astype(dtype)


__all__ = [
    "LENET",
    "LIGHT",
    "assert_close",
    "integers",
    "lower",
    "onnxruntime_run",
    "reference_run",
    "run",
    "single",
    "variables",
]
