"""ONNX models of modules of the onnx dialect."""

from __future__ import annotations

from onnx import ModelProto

from couloir.api import parse
from couloir.frontends.onnx.exporter import to_onnx
from couloir.ir.errors import Error
from couloir.testing.peers.table import Refused, reason


def model_of(module: str) -> tuple[ModelProto, list[str]]:
    """The model of a module, given as text, and the names of its inputs. Raises `Refused` when there is none."""
    try:
        model = to_onnx(parse(module))
    except Error as error:
        raise Refused(reason(error)) from error
    constants = {tensor.name for tensor in model.graph.initializer}
    return model, [value.name for value in model.graph.input if value.name not in constants]
