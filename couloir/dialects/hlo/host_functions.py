"""Custom calls of Python functions: `custom_call @couloir.host_function`, as long as the module is in memory.

A program of JAX may call Python (`jax.pure_callback`). The attribute `function` holds the function itself; its text is the
name alone, so that a module that was read from text says which function it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.attribute import Attribute
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.dialects.hlo.calls import CustomCall
    from couloir.ir.text.attribute_printer import AttributePrinter

HOST_FUNCTION: Final = "couloir.host_function"
"""The target of the call."""
KEY: Final = "function"
"""The attribute of the call that holds the function."""


class HostFunction(Attribute):
    """A Python function of arrays that returns a sequence of arrays. It has no side effects."""

    label: str
    function: Callable[..., Sequence[Any]]

    @classmethod
    def intern_key(cls, label: str, function: Callable[..., Sequence[Any]]) -> object:
        return label, id(function)  # the attribute keeps the function, so that the number stays its own

    def print(self, p: AttributePrinter) -> None:
        p.string(self.label)


def host_function(op: CustomCall) -> Callable[..., Sequence[Any]]:
    """The function that an op calls. Raises `couloir.Error` when it is not there."""
    found = op.attributes.get(KEY)
    if isinstance(found, HostFunction):
        return found.function
    name = getattr(found, "value", None)
    raise Error(
        f"the Python function `{name}` that the program calls is not there: text cannot hold it"
        if name
        else f"`custom_call @{HOST_FUNCTION}` names no function",
        hint="run the module that `couloir.from_jax` has made",
    )
