"""The table of programs: each is made when it is asked for, as its parameters take time and memory.

@program("perceptron", terms=32)
def perceptron() -> Made:
    return function, arguments
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

Function: TypeAlias = "Callable[..., Any]"
Made: TypeAlias = "tuple[Function, tuple[Any, ...]]"


class Program(NamedTuple):
    """A function that JAX can trace, with arguments for it."""

    function: Function
    arguments: tuple[Any, ...]
    terms: int
    """Of how many terms the results are sums, at the most: for the tolerance of comparisons."""


_MAKERS: Final[dict[str, tuple[Callable[[], Made], int]]] = {}


def program(name: str, *, terms: int) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Decorator: this function makes the program of that name."""

    def register(maker: Callable[[], Made]) -> Callable[[], Made]:
        _MAKERS[name] = maker, terms
        return maker

    return register


def names() -> list[str]:
    """The programs that there are."""
    return list(_MAKERS)


def make(name: str) -> Program:
    """A program of the table."""
    maker, terms = _MAKERS[name]
    function, arguments = maker()
    return Program(function, arguments, terms)


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Normal numbers, the same for the same seed."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def weights(shapes: dict[str, tuple[int, ...]], *, seed: int = 0) -> dict[str, np.ndarray]:
    """Parameters by name, scaled by the size of all their dimensions but the last."""
    return {
        name: normal(*shape, seed=seed + number, scale=max(1, int(np.prod(shape[:-1]))) ** -0.5)
        for number, (name, shape) in enumerate(shapes.items())
    }
