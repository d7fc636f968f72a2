"""Custom directives: pairs of functions for the parts of an `assembly_format` that have a syntax of their own.

    assembly_format = "custom<Dims>($dims) attr-dict `:` type($result)"

    def print_dims(p: Printer, op: Operation, dims: Attribute) -> None: ...
    def parse_dims(p: Parser) -> tuple[Attribute]: ...

    custom_directive("Dims", print_dims, parse_dims)

The printer is given the op and a value for each argument: for `$operand` a value (None or a tuple where it is
optional or variadic), for `$attribute` the stored attribute or None, for `type(...)` a type (or None, or a tuple),
for a region or successor itself, for a string its text. The parser is given the arguments in `ref(...)` and the
strings, and returns a tuple with an item for each of the others, in order: an `OperandName` (or None, or a list) for
an operand, an attribute or None, a type (or None, or a list), a region or a block. As the first element of an
optional group it returns None when its text does not come next. A parser that reads regions is a generator, as an
op's `parse` is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from couloir.ir.errors import Error, nearest


class CustomDirective(NamedTuple):
    """How a custom directive is printed and read."""

    print: Callable[..., None]
    parse: Callable[..., Any]


_DIRECTIVES: Final[dict[str, CustomDirective]] = {}


def custom_directive(name: str, print: Callable[..., None], parse: Callable[..., Any]) -> None:
    """Registers the functions for `custom<name>(...)`; a later registration replaces an earlier one."""
    _DIRECTIVES[name] = CustomDirective(print, parse)


def find_directive(name: str) -> CustomDirective:
    """The functions for `custom<name>(...)`. Raises `couloir.Error` if there are none."""
    found = _DIRECTIVES.get(name)
    if found is None:
        raise Error(
            f"there is no custom directive `{name}`",
            hint=nearest(name, list(_DIRECTIVES)) or "register it: `custom_directive(name, print, parse)`",
        )
    return found
