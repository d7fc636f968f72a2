"""All programs of this directory by name: `make("ResNet-18")` gives the function and arguments for it."""

from __future__ import annotations

from tests.programs import (
    networks,  # noqa: F401 -- fills the table
    numerics,  # noqa: F401
)
from tests.programs.table import Program, make, names

__all__ = ["Program", "make", "names"]
