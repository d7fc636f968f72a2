"""PyTorch itself, imported when it is first needed: it takes seconds, and may be absent."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from couloir.ir.errors import Error


def torch_library(module: str = "torch") -> Any:
    """A module of PyTorch, or of what its exporter needs. Raises `couloir.Error`, with what to install, when there is none."""
    try:
        return import_module(module)
    except ImportError as error:
        missing = "PyTorch" if module.startswith("torch") else module
        raise Error(f"{missing} is not installed", hint="pip install couloir[torch]") from error
