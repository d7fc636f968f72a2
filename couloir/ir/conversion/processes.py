"""Work that calls back and forth without recursion: generators that yield other ones, and are sent their results."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

Process: TypeAlias = "Generator[Any, Any, Any]"
"""Yields other processes, and is sent their results."""


def run(process: Process) -> None:
    """Runs a process and those that it yields, which may be nested deeply."""
    stack, answer = [process], None
    while stack:
        try:
            stack.append(stack[-1].send(answer))
            answer = None
        except StopIteration as stop:
            stack.pop()
            answer = stop.value
