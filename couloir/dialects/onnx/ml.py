"""The operators of `ai.onnx.ml`, as attributes of this module; see `couloir.dialects.onnx`."""

from __future__ import annotations

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.schemas import from_class_name, operators

DOMAIN = "ai.onnx.ml"


def __getattr__(name: str) -> type[OnnxOp]:
    made = from_class_name(name, DOMAIN)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted([*globals(), *operators(DOMAIN)])
