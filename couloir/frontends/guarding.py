"""Running another framework on a user's program, which may raise anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from couloir.ir.errors import Error

T = TypeVar("T")

MAX_LINES: Final = 12
"""Lines of a message of the framework's that are passed on."""


def guarded(message: str, action: Callable[[], T]) -> T:
    """Runs a framework on a program. What that raises is the program's, or the framework's: `couloir.Error` with its message."""
    try:
        return action()
    except Error:
        raise
    except Exception as error:
        lines = [line.rstrip() for line in str(error).split("\n") if line.strip()][:MAX_LINES]
        raise Error(f"{message}: {type(error).__name__}", notes=lines) from error
