"""ONNX Runtime as a peer, for modules of the onnx dialect."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from couloir.backends.numpy.element_types import Array
from couloir.testing.peers.onnx_models import model_of
from couloir.testing.peers.table import Refused, Run, first_line


def start() -> Run:
    """Runs programs in ONNX Runtime, on the CPU."""
    runtime: Any = import_module("onnxruntime")
    errors: Any = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    refusals: Any = (errors.Fail, errors.InvalidGraph, errors.NotImplemented, ValueError)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Any]:
        model, names = model_of(module)
        try:
            session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except refusals as error:
            raise Refused(first_line(str(error))) from error
        return session.run(None, dict(zip(names, arrays, strict=True)))

    return run
