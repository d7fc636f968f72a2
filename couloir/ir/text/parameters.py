"""Reading the parameters of an attribute class that has no form of its own: `<a, b>`, by its annotations."""

from __future__ import annotations

import enum
import functools
import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Union

from couloir.ir.affine import AffineMap, IntegerSet
from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error, nearest

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser


@functools.cache
def parameter_types(cls: type[Attribute]) -> tuple[Any, ...]:
    """The evaluated annotations of the parameters of an attribute class.

    Raises:
        Error: if an annotation names something that its module does not have.
    """
    try:
        hints = typing.get_type_hints(cls)
    except (NameError, TypeError) as error:
        raise Error(
            f"the annotations of {cls.__name__} cannot be evaluated: {error}",
            hint="import their names at the top of the module, or define `parse_parameters`",
        ) from error
    return tuple(hints[parameter] for parameter in cls.parameters)


def parse_parameters(p: AttributeParser, cls: type[Attribute]) -> tuple[Any, ...]:
    """Reads `<a, b>`; parameters at the end may be missing when they have a default or may be None."""
    annotations = parameter_types(cls)
    defaults: dict[str, Any] = cls._defaults  # pyright: ignore[reportPrivateUsage] -- the same room
    values: list[Any] = []
    if annotations and p.optional("<"):
        while len(values) < len(annotations) and not p.at(">"):
            if values:
                p.expect(",")
            values.append(parse_parameter(p, annotations[len(values)]))
        p.expect(">")
    for parameter, annotation in list(zip(cls.parameters, annotations, strict=True))[len(values) :]:
        if parameter in defaults:
            values.append(defaults[parameter])
        elif types.NoneType in typing.get_args(annotation):
            values.append(None)
        else:
            raise p.error(f"`{cls.sigil}{cls.name}` needs its parameter `{parameter}`")
    return tuple(values)


def parse_parameter(p: AttributeParser, annotation: Any) -> Any:
    """Reads one value: a type, an attribute, a number, a bool, a string, an enum member or a tuple of them."""
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _parse_union(p, typing.get_args(annotation))
    if origin is tuple:
        items = typing.get_args(annotation)
        return tuple(p.comma_separated(functools.partial(_parse_item, p, items, [0]), "[", "]"))
    if origin is Literal:
        return _parse_choice(p, {str(value): value for value in typing.get_args(annotation)})
    if annotation in _SIMPLE:
        return _SIMPLE[annotation](p)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _parse_choice(p, {str(member.value): member for member in annotation})
    if isinstance(annotation, type) and issubclass(annotation, Attribute):
        return _parse_attribute(p, annotation)
    raise Error(f"parameters of type {annotation} have no text form", hint="define `parse_parameters`")


def _parse_item(p: AttributeParser, items: tuple[Any, ...], count: list[int]) -> Any:
    """The next item of a tuple: `tuple[int, ...]` has one annotation for all, `tuple[int, str]` one for each."""
    index = 0 if len(items) == 2 and items[1] is Ellipsis else count[0]
    count[0] += 1
    if index >= len(items):
        raise p.error(f"this list has {len(items)} items")
    return parse_parameter(p, items[index])


def _parse_union(p: AttributeParser, options: tuple[Any, ...]) -> Any:
    if types.NoneType in options and p.optional_keyword("_"):
        return None
    rest = [option for option in options if option is not types.NoneType]
    if all(isinstance(option, type) and issubclass(option, Attribute) for option in rest):
        return _parse_attribute(p, *rest)
    if len(rest) == 1:
        return parse_parameter(p, rest[0])
    raise Error("parameters of several types have no text form", hint="define `parse_parameters`")


def _parse_attribute(p: AttributeParser, *classes: type[Attribute]) -> Attribute:
    start = p.position
    found = p.type() if all(issubclass(cls, Type) for cls in classes) else p.attribute()
    if not isinstance(found, classes):
        expected = " or ".join(cls.__name__ for cls in classes)
        raise p.error(f"expected {expected}, found `{found}`", at=start)
    return found


def _parse_choice(p: AttributeParser, choices: dict[str, Any]) -> Any:
    start = p.position
    word = p.name_or_string("one of " + ", ".join(f"`{choice}`" for choice in choices))
    if word not in choices:
        raise p.error(f"`{word}` is not one of {', '.join(choices)}", at=start, hint=nearest(word, list(choices)))
    return choices[word]


def _parse_bool(p: AttributeParser) -> bool:
    if p.optional_keyword("true"):
        return True
    p.expect_keyword("false")
    return False


def _parse_map(p: AttributeParser) -> AffineMap:
    p.expect_keyword("affine_map")
    p.expect("<")
    found = p.affine_map()
    p.expect(">")
    return found


def _parse_set(p: AttributeParser) -> IntegerSet:
    p.expect_keyword("affine_set")
    p.expect("<")
    found = p.integer_set()
    p.expect(">")
    return found


_SIMPLE: dict[Any, Callable[[Any], Any]] = {
    bool: _parse_bool,
    int: lambda p: p.integer(),
    float: lambda p: p.float_literal(),
    str: lambda p: p.name_or_string("a string"),
    AffineMap: _parse_map,
    IntegerSet: _parse_set,
}
