"""How an attribute is stored and how a program sees it: between `axis: int` in a class and `1 : i64` in the IR.

`codec_for(annotation)` finds the codec for a field's annotation; the fields name another one where upstream stores something else.
"""

from __future__ import annotations

import enum
import types as python_types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import attrs

from couloir.ir.affine import AffineMap, IntegerSet
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    ENUM_SYNTAX,
    FALSE,
    TRUE,
    UNIT,
    ArrayAttr,
    DenseArrayAttr,
    DenseElementsAttr,
    DictionaryAttr,
    EnumAttr,
    FloatAttr,
    IntegerAttr,
    IntegerSetAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from couloir.ir.errors import Error
from couloir.ir.types import AffineMapAttr, FloatType, TensorType, f64, i1, i64
from couloir.ir.types import Type as IRType


@attrs.frozen
class Codec:
    """One way to store a Python value as an attribute.

    `decode(encode(x)) == x`; `check` tells whether a stored attribute is of this form; `what` names the form in error messages.
    `syntax` and `parameter` say how the attribute stands in a pretty form, where what is known need not be written.
    """

    what: str
    encode: Callable[[Any], Attribute | None]
    decode: Callable[[Any], Any]
    check: Callable[[Attribute], bool]
    syntax: Literal["attribute", "number", "numbers", "keyword", "type"] = "attribute"
    """`number`: without its type; `numbers`: `[1, 2]`; `keyword`: the bare name of an enum's member."""
    parameter: Any = None
    """The type of the numbers, or the enum."""
    form: Any = None
    """What the Python values are, as an annotation: `tuple[int, ...]`. None where no annotation says it."""


def integer(type: IRType = i64) -> Codec:
    """An int stored with `type`."""
    return Codec(
        f"an integer of type `{type}`",
        lambda value: IntegerAttr(value, type),
        lambda attribute: attribute.value,
        lambda attribute: isinstance(attribute, IntegerAttr) and attribute.type is type,
        syntax="number",
        parameter=type,
        form=int,
    )


def floating(type: IRType = f64) -> Codec:
    """A float stored with `type`."""
    return Codec(
        f"a float of type `{type}`",
        lambda value: FloatAttr(value, type),
        lambda attribute: attribute.value,
        lambda attribute: isinstance(attribute, FloatAttr) and attribute.type is type,
        syntax="number",
        parameter=type,
        form=float,
    )


def dense_array(element_type: IRType) -> Codec:
    """A tuple of numbers stored as `array<T: ...>`."""
    return Codec(
        f"`array<{element_type}: ...>`",
        lambda values: DenseArrayAttr(element_type, tuple(values)),
        lambda attribute: attribute.values,
        lambda attribute: isinstance(attribute, DenseArrayAttr) and attribute.element_type is element_type,
        syntax="numbers",
        parameter=element_type,
        form=tuple[bool if element_type is i1 else float if is_float_type(element_type) else int, ...],
    )


def array_of(item: Codec) -> Codec:
    """A tuple stored as `[...]`, each element by the codec `item`."""

    def encode(values: Sequence[Any]) -> Attribute:
        parts = [item.encode(value) for value in values]
        return ArrayAttr(tuple(part for part in parts if part is not None))

    return Codec(
        f"an array, each element {item.what}",
        encode,
        lambda attribute: tuple(item.decode(element) for element in attribute.elements),
        lambda attribute: isinstance(attribute, ArrayAttr) and all(item.check(e) for e in attribute.elements),
        form=tuple[item.form, ...] if item.form is not None else None,
    )


def dense_elements(element_type: IRType = i64) -> Codec:
    """Nested tuples of numbers stored as `dense<...> : tensor<...xT>`, such as the padding of a convolution."""

    def encode(value: Any) -> Attribute:
        import numpy as np

        from couloir.ir.types import dtype_of

        array = np.asarray(value, dtype=dtype_of(element_type))
        return DenseElementsAttr(TensorType(array.shape, element_type), array)

    def nested(value: Any) -> Any:
        return tuple([nested(v) for v in cast("list[Any]", value)]) if isinstance(value, list) else value

    return Codec(
        f"`dense<...>` of `{element_type}`",
        encode,
        lambda attribute: nested(attribute.array.tolist()),
        lambda attribute: (
            isinstance(attribute, DenseElementsAttr)
            and isinstance(attribute.type, TensorType)
            and attribute.type.element_type is element_type
        ),
        form=tuple[tuple[int, ...], ...],
    )


def enumeration(cls: type[enum.Enum]) -> Codec:
    """A member of a Python enum; a member's value is accepted too."""
    if cls not in ENUM_SYNTAX:
        raise Error(f"the enum {cls.__name__} has no attribute syntax", hint="decorate it with `enum_attribute(name)`")
    names = ", ".join(str(member.value) for member in cls)

    def encode(value: Any) -> Attribute:
        try:
            return EnumAttr(cls(value))
        except ValueError:
            raise Error(f"{value!r} is not one of {names}") from None

    return Codec(
        f"one of {names}",
        encode,
        lambda attribute: attribute.member,
        lambda attribute: isinstance(attribute, EnumAttr) and isinstance(attribute.member, cls),
        syntax="keyword",
        parameter=cls,
        form=cls,
    )


def enumeration_as_integer(cls: type[enum.Enum], type: IRType = i64) -> Codec:
    """A member of a Python enum, stored as its position among the members: `2 : i64` for `slt` in `arith.cmpi`."""
    members = list(cls)
    return Codec(
        f"a number of `{type}` that stands for one of {', '.join(str(m.value) for m in members)}",
        lambda value: IntegerAttr(members.index(cls(value)), type),
        lambda attribute: members[cast("IntegerAttr", attribute).value],
        lambda attribute: (
            isinstance(attribute, IntegerAttr) and attribute.type is type and 0 <= attribute.value < len(members)
        ),
        syntax="keyword",
        parameter=cls,
        form=cls,
    )


def _symbol(value: Any) -> Attribute:
    return value if isinstance(value, SymbolRefAttr) else SymbolRefAttr(str(value))


BOOL: Final = Codec(
    "a bool",
    lambda value: TRUE if value else FALSE,
    lambda attribute: bool(attribute.value),
    lambda attribute: isinstance(attribute, IntegerAttr) and attribute.type is i1,
    syntax="number",
    parameter=i1,
    form=bool,
)
UNIT_FLAG: Final = Codec(
    "a unit attribute",
    lambda value: UNIT if value else None,
    lambda attribute: True,
    lambda attribute: isinstance(attribute, UnitAttr),
    form=bool,
)
STRING: Final = Codec(
    "a string",
    lambda value: StringAttr(str(value)),
    lambda attribute: attribute.value,
    lambda attribute: isinstance(attribute, StringAttr),
    form=str,
)
SYMBOL: Final = Codec(
    "a symbol, such as @main",
    _symbol,
    lambda attribute: attribute,
    lambda attribute: isinstance(attribute, SymbolRefAttr),
)
SYMBOL_NAME: Final = Codec(
    "a flat symbol, such as @main",
    lambda value: SymbolRefAttr(str(value)),
    lambda attribute: attribute.root,
    lambda attribute: isinstance(attribute, SymbolRefAttr) and not attribute.nested,
)
AFFINE_MAP: Final = Codec(
    "an affine map",
    lambda value: AffineMapAttr(value),
    lambda attribute: attribute.map,
    lambda attribute: isinstance(attribute, AffineMapAttr),
    form=AffineMap,
)
INTEGER_SET: Final = Codec(
    "an integer set",
    lambda value: IntegerSetAttr(value),
    lambda attribute: attribute.set,
    lambda attribute: isinstance(attribute, IntegerSetAttr),
    form=IntegerSet,
)


def of_class(cls: type[Attribute]) -> Codec:
    """An attribute or type of a class, as it is."""
    kind = "type" if issubclass(cls, Type) else "attribute"
    return Codec(
        f"{'any ' + kind if cls in (Attribute, Type) else cls.__name__}",
        lambda value: value,
        lambda attribute: attribute,
        lambda attribute: isinstance(cast("Any", attribute), cls),
        syntax="type" if kind == "type" else "attribute",
        form=None if cls is Attribute else cls,
    )


def dictionary() -> Codec:
    """A mapping of names to attributes."""

    def encode(value: Mapping[str, Attribute] | DictionaryAttr) -> Attribute:
        return value if isinstance(value, DictionaryAttr) else DictionaryAttr(tuple(value.items()))

    return Codec("a dictionary", encode, lambda a: a.as_dict(), lambda a: isinstance(a, DictionaryAttr))


_SIMPLE: Final[dict[Any, Codec]] = {
    int: integer(),
    float: floating(),
    bool: BOOL,
    str: STRING,
    AffineMap: AFFINE_MAP,
    IntegerSet: INTEGER_SET,
    SymbolRefAttr: SYMBOL,
}


def codec_for(annotation: Any, stored_as: Type | None = None) -> Codec:
    """The codec for an annotation, without `| None`; `stored_as` is the type of the numbers in it.

    `int`, `float`, `bool`, `str`, tuples of them, enums, affine maps, `dict[str, Attribute]`, and attribute and type classes.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if stored_as is not None:
        if annotation is int:
            return integer(stored_as)
        if annotation is float:
            return floating(stored_as)
        if origin is tuple:
            inner = arguments[0]
            return dense_elements(stored_as) if typing.get_origin(inner) is tuple else dense_array(stored_as)
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return enumeration(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Attribute):
        return of_class(annotation)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _codec_for_tuple(arguments[0])
    if origin in (dict, Mapping):
        return dictionary()
    if origin is Literal:
        return STRING
    raise Error(
        f"no attribute form for the annotation {annotation!r}",
        hint="use int, float, bool, str, a tuple of them, an enum, an attribute class, or `attr(codec=...)`",
    )


def _codec_for_tuple(item: Any) -> Codec:
    numbers: dict[Any, Type] = {int: i64, bool: i1, float: f64}
    if item in numbers:
        return dense_array(numbers[item])
    if typing.get_origin(item) is tuple:
        return dense_elements(i64)
    return array_of(codec_for(item))


def split_optional(annotation: Any) -> tuple[Any, bool]:
    """`X | None` as (X, True); anything else as (it, False)."""
    if typing.get_origin(annotation) in (typing.Union, python_types.UnionType):
        rest = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def is_float_type(type: Type) -> bool:
    """Whether numbers of `type` are floats."""
    return isinstance(type, FloatType)
