"""What an op of StableHLO is in JAX: the table, and what a meaning sees of the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast

import numpy as np

from couloir.frontends.jax.library import jax_library
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region, Value

Array: TypeAlias = "np.ndarray[Any, Any]"
F = TypeVar("F", bound="Callable[..., Any]")

MEANINGS: Final[dict[str, Callable[..., Any]]] = {}
"""From the name of an op to a function of the run, the op and its operands; it returns the result or a sequence of results."""


def means(*names: str) -> Callable[[F], F]:
    """Decorator: this function is what these ops of StableHLO compute (`add` for `stablehlo.add`), or of another dialect
    (`chlo.erf`)."""

    def register(function: F) -> F:
        for name in names:
            MEANINGS[name if "." in name else f"stablehlo.{name}"] = function
        return function

    return register


def as_known(value: Any) -> Array | None:
    """The elements of a value, where they are known while JAX traces."""
    return cast("Array", value) if isinstance(value, np.ndarray) else None


def arrays_of(values: Sequence[Any]) -> list[Any]:
    """Values as arrays of JAX's: constants are NumPy's, which JAX neither carries nor chooses. Tokens stay."""
    return [jax_library().numpy.asarray(x) if hasattr(x, "dtype") else x for x in values]


class NoMeaning(Error):
    """Why an op cannot be written in JAX. The interpreter collects these, and reports all of them."""


class Run(Protocol):
    """A run of a program."""

    def region(self, region: Region, *arguments: Any) -> list[Any]:
        """What a region returns for arguments. It sees the values around it."""
        ...

    def known(self, value: Value[Any]) -> Array | None:
        """The elements of a value, where they are known when the program is traced."""
        ...

    def function(self, op: Operation, name: str, operands: Sequence[Any]) -> list[Any]:
        """Calls a function of the module."""
        ...


def sizes(value: Any, op: Operation) -> tuple[int, ...]:
    """Sizes that are given as a tensor: JAX needs them as numbers."""
    found = as_known(value)
    if found is None:
        raise Error(f"the sizes that `{op.name}` takes depend on the elements of tensors, which JAX cannot trace")
    return tuple(int(size) for size in found.ravel())
