"""What the printer and the reader of a declarative format share: Python source to write, questions about elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from couloir.ir.definition import Definition
from couloir.ir.errors import Error
from couloir.ir.text.format_syntax import (
    All,
    Custom,
    Element,
    FunctionalType,
    Group,
    Ref,
    TypeOf,
    Variable,
    parse_format,
)

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


def named_attributes(elements: Iterable[Element | Ref | str]) -> set[str]:
    """The keys of the attributes that the elements print."""
    found: set[str] = set()
    for element in elements:
        match element:
            case Variable(field) if field.kind == "attribute":
                found.add(field.key)
            case Custom(_, arguments):
                found |= named_attributes(arguments)
            case Group(then, otherwise, _):
                found |= named_attributes((*then, *otherwise))
            case _:
                pass
    return found


def typed_groups(elements: Iterable[Element | Ref | str]) -> set[str]:
    """The optional and variadic fields whose types the elements give."""
    found: set[str] = set()
    for element in elements:
        match element:
            case TypeOf(Variable(field)) if field.arity != "single":
                found.add(field.name)
            case FunctionalType(inputs, results):
                found |= typed_groups((TypeOf(inputs), TypeOf(results)))
            case Group(then, otherwise, _):
                found |= typed_groups((*then, *otherwise))
            case Custom(_, arguments):
                found |= typed_groups(arguments)
            case _:
                pass
    return found


def contains(elements: Iterable[Element | Ref | str], wanted: Callable[[Any], bool]) -> bool:
    """Whether an element that is `wanted` is among the elements, or inside one of them."""
    for element in elements:
        inside: tuple[Any, ...] = ()
        match element:
            case Group(then, otherwise, _):
                inside = (*then, *otherwise)
            case Custom(_, arguments):
                inside = arguments
            case _:
                pass
        if wanted(element) or contains(inside, wanted):
            return True
    return False


def is_region(element: Any) -> bool:
    """Whether an element stands for regions."""
    return (isinstance(element, Variable) and element.field.kind == "region") or element == All("regions")


class FormatSource:
    """Python source under construction. It consists of names of fields and of names in `scope`."""

    def __init__(self, cls: type[Operation], *, strict: bool) -> None:
        self.cls = cls
        self.definition: Definition = cls.definition
        text: str = (strict and getattr(cls, "strict_format", None)) or cls.assembly_format  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        self.elements = parse_format(text, self.definition)  # pyright: ignore[reportUnknownArgumentType]
        self.lines: list[str] = []
        self.level = 1
        self.scope: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """Adds a line at the present indentation."""
        self.lines.append("    " * self.level + text)

    def constant(self, value: Any) -> str:
        """A name in the scope for an object."""
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def function(self, header: str) -> Any:
        """Compiles the lines as the body of a function."""
        source = "\n".join([header, *self.lines])
        exec(compile(source, f"<assembly format of {self.definition.op_name}>", "exec"), self.scope)
        return self.scope["made"]

    def error(self, message: str) -> Error:
        """An error in the format."""
        return Error(f"the assembly format of `{self.definition.op_name}`: {message}")
