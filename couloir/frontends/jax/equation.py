"""What the rule of one JAX primitive sees, and the table that it is registered in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from couloir.dialects.hlo.building import Tensor
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, Type

Lowered: TypeAlias = "Tensor | Operation | Sequence[Tensor | Operation]"
"""One value for each result of the equation."""
Rule: TypeAlias = Callable[..., Lowered]

F = TypeVar("F", bound="Callable[..., Lowered]")

RULES: Final[dict[str, Rule]] = {}
"""From the name of a primitive to the function that lowers it."""


def lowers(*primitives: str) -> Callable[[F], F]:
    """Decorator: this function lowers these JAX primitives, by name.

        lowers("my_tanh")(lambda eqn, x: hlo.Tanh(x))

    The function takes the equation and its operands, and returns its result or results. The ops that it makes are
    inserted, with the location of the equation. What it cannot lower it says with `NotLowered`.
    """

    def register(function: F) -> F:
        for primitive in primitives:
            RULES[primitive] = function
        return function

    return register


class NotLowered(Error):
    """Why an equation cannot be lowered. The importer collects these, and reports all of them."""


@attrs.frozen(eq=False)
class Equation:
    """One equation of a jaxpr."""

    name: str
    """The primitive."""
    params: Mapping[str, Any]
    """Its parameters, as JAX gives them."""
    types: tuple[TensorType, ...]
    """The types of the results."""
    avals: tuple[Any, ...]
    """JAX's abstract values of the operands."""
    inline: Callable[[Any, Sequence[Tensor]], list[Tensor]]
    """Lowers the equations of a jaxpr, open or closed, for operands, into the block that is written now."""
    retrace: Callable[[Callable[..., Any], Sequence[Any], Sequence[Tensor]], list[Tensor]]
    """Traces a function of arrays, whose abstract values are given, and lowers it for operands."""
    lowered_by_jax: Callable[[Sequence[Tensor]], list[Tensor]]
    """Calls what JAX lowers the equation to, for operands: a private function of the module."""

    @property
    def type(self) -> TensorType:
        """The type of the first result."""
        return self.types[0]

    @property
    def element(self) -> Type:
        """The element type of the first result."""
        return self.types[0].element_type

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the first result."""
        return self.types[0].shape
