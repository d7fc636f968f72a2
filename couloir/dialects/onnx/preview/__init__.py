"""The operators of `ai.onnx.preview`, as attributes of this module; see `couloir.dialects.onnx`."""

from __future__ import annotations

import importlib
from typing import Any

from couloir.dialects.onnx.schemas import from_class_name, operators

DOMAIN = "ai.onnx.preview"


def __getattr__(name: str) -> Any:
    made = importlib.import_module(f"{__name__}.{name}") if name == "training" else from_class_name(name, DOMAIN)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted([*globals(), "training", *operators(DOMAIN)])
