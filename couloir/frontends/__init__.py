"""Ways in: a file or a function of another system becomes a module."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_FRONTENDS: Final = frozenset({"hlo_text", "jax", "onnx", "torch"})


def __getattr__(name: str) -> Any:
    if name in _FRONTENDS:  # imported when it is first needed
        return import_module(f"couloir.frontends.{name}")
    raise AttributeError(f"module 'couloir.frontends' has no attribute {name!r}")
