"""JAX itself, imported when it is first needed: it takes a second, and may be absent."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from couloir.ir.errors import Error


@cache
def jax_library(module: str = "jax") -> Any:
    """A module of JAX. Raises `couloir.Error`, with what to install, when there is none."""
    try:
        return import_module(module)
    except ImportError as error:
        raise Error("JAX is not installed", hint="pip install couloir[jax]") from error
