"""How attributes stand in a declarative format: as upstream prints them, without what the op's definition knows."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr, FloatAttr, IntegerAttr, StringAttr
from couloir.ir.codecs import STRING, SYMBOL, SYMBOL_NAME, Codec
from couloir.ir.errors import Error, nearest
from couloir.ir.text.attribute_printer import is_bare_name
from couloir.ir.types import FloatType, i1

if TYPE_CHECKING:
    from couloir.ir.definition import Field
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer


class AttributeForm(NamedTuple):
    """Functions that write and read one attribute; `read_optional` gives None when it does not come next."""

    write: Callable[[Printer, Any], None]
    read: Callable[[Parser], Attribute]
    read_optional: Callable[[Parser], Attribute | None]


def attribute_form(field: Field) -> AttributeForm:
    """The form for the attribute of a field."""
    codec = field.codec
    if codec is None:
        raise Error(f"`{field.name}` is not an attribute")
    if field.key == "sym_name" and codec is STRING:
        return _SYMBOL_DEFINITION
    if codec is SYMBOL or codec is SYMBOL_NAME:
        return _SYMBOL_USE
    if codec is STRING:
        return _STRING
    match codec.syntax:
        case "number":
            return _number(codec.parameter)
        case "numbers":
            return _numbers(codec.parameter)
        case "keyword":
            return _keyword(codec)
        case "type":
            return _TYPE
        case "attribute":
            return _ANY


def _write_attribute(p: Printer, stored: Attribute) -> None:
    p.attribute(_present(stored))


def _present(stored: Any) -> Any:
    if stored is None:
        raise Error("an attribute that the format needs is missing")
    return stored


def _read_attribute(p: Parser) -> Attribute:
    return p.attribute()


def _read_optional_attribute(p: Parser) -> Attribute | None:
    return p.optional_attribute()


def _read_string(p: Parser) -> Attribute:
    return StringAttr(p.string_literal())  # no type follows: a colon belongs to the format


def _read_optional_string(p: Parser) -> Attribute | None:
    return _read_string(p) if p.at('"') else None


def _read_type(p: Parser) -> Attribute:
    return p.type()


def _read_optional_type(p: Parser) -> Attribute | None:
    return p.optional_type()


def _read_symbol(p: Parser) -> Attribute:
    return p.symbol_reference()


def _read_optional_symbol(p: Parser) -> Attribute | None:
    return p.symbol_reference() if p.at("@") else None


def _write_symbol_name(p: Printer, stored: Any) -> None:
    p.symbol(_present(stored).value)


def _read_symbol_name(p: Parser) -> Attribute:
    return StringAttr(p.symbol_name())


def _read_optional_symbol_name(p: Parser) -> Attribute | None:
    name = p.optional_symbol_name()
    return None if name is None else StringAttr(name)


_STRING = AttributeForm(_write_attribute, _read_string, _read_optional_string)
_ANY: Final = AttributeForm(_write_attribute, _read_attribute, _read_optional_attribute)
_TYPE: Final = AttributeForm(_write_attribute, _read_type, _read_optional_type)
_SYMBOL_USE: Final = AttributeForm(_write_attribute, _read_symbol, _read_optional_symbol)
_SYMBOL_DEFINITION: Final = AttributeForm(_write_symbol_name, _read_symbol_name, _read_optional_symbol_name)


def number_text(p: Printer, value: Any, type: Type) -> str:
    """A number without its type."""
    if isinstance(type, FloatType):
        return p.float_text(value, type)
    return ("true" if value else "false") if type is i1 else p.integer_text(value)


def _number(type: Type) -> AttributeForm:
    def begins(p: Parser) -> bool:
        if type is i1 and p.peek().text in ("true", "false"):
            return True
        return p.character in "-0123456789" and not p.at("->")

    def write(p: Printer, stored: Any) -> None:
        if _present(stored).type is not type:
            raise Error(f"`{stored}` has not the type `{type}`")
        p.write(number_text(p, stored.value, type))

    def read(p: Parser) -> Attribute:
        if not begins(p):
            raise p.expected(f"a number of type `{type}`")
        at = p.position
        found = p.attribute(type)
        if not isinstance(found, IntegerAttr | FloatAttr) or found.type is not type:
            raise p.error(f"expected a number of type `{type}`, found `{found}`", at=at)
        return found

    def read_optional(p: Parser) -> Attribute | None:
        return read(p) if begins(p) else None

    return AttributeForm(write, read, read_optional)


def _numbers(element_type: Type) -> AttributeForm:
    item = _number(element_type)

    def write(p: Printer, stored: Any) -> None:
        texts = [number_text(p, value, element_type) for value in _present(stored).values]
        p.write(f"[{', '.join(texts)}]")

    def read(p: Parser) -> Attribute:
        items: list[Any] = p.comma_separated(lambda: item.read(p), "[", "]")
        return DenseArrayAttr(element_type, tuple(i.value for i in items))

    def read_optional(p: Parser) -> Attribute | None:
        return read(p) if p.at("[") else None

    return AttributeForm(write, read, read_optional)


def _keyword(codec: Codec) -> AttributeForm:
    members: type[enum.Enum] = codec.parameter
    values = {str(member.value): member for member in members}

    def write(p: Printer, stored: Any) -> None:
        text = str(codec.decode(_present(stored)).value)
        p.write(text) if is_bare_name(text) else p.string(text)

    def read_optional(p: Parser) -> Attribute | None:
        token = p.peek()
        if token.kind == "string":
            text = p.string_literal()
        elif token.kind == "identifier" and token.text in values:
            text = p.identifier()
        else:
            return None
        if text not in values:
            raise p.error(
                f'"{text}" is not one of {", ".join(values)}', at=token.start, hint=nearest(text, list(values))
            )
        return codec.encode(values[text])

    def read(p: Parser) -> Attribute:
        found = read_optional(p)
        if found is None:
            raise p.expected(f"one of {', '.join(values)}", hint=nearest(p.peek().text, list(values)))
        return found

    return AttributeForm(write, read, read_optional)
