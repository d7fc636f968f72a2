"""The language of `assembly_format`: from its text to elements.

Source: MLIR, "Operation Definition Specification (ODS)", "Declarative Assembly Format".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.definition import Definition, Field


@attrs.frozen
class Literal:
    """A keyword or punctuation, as it stands."""

    text: str

    @property
    def is_word(self) -> bool:
        """Whether it is a keyword."""
        return self.text[0].isalpha() or self.text[0] == "_"


@attrs.frozen
class Whitespace:
    """What stands between two elements in place of the usual space: nothing, a space, or a new line."""

    text: str


@attrs.frozen
class Variable:
    """A field: `$lhs`."""

    field: Field


@attrs.frozen
class All:
    """`operands`, `results`, `regions` or `successors`: everything of that kind."""

    kind: str


@attrs.frozen
class TypeOf:
    """`type($x)` or `type(operands)`."""

    of: Variable | All


@attrs.frozen
class FunctionalType:
    """`functional-type($x, results)`."""

    inputs: Variable | All
    results: Variable | All


@attrs.frozen
class AttributeDictionary:
    """`attr-dict`, `attr-dict-with-keyword` (both hold all attributes that the format does not name) or `prop-dict`."""

    with_keyword: bool = False
    properties: bool = False


@attrs.frozen
class Custom:
    """`custom<Name>($x, ref($y), "text")`: a pair of functions registered under the name."""

    name: str
    arguments: tuple[Element | Ref | str, ...]


@attrs.frozen
class Ref:
    """`ref(...)`: a parameter that a custom directive looks at and does not read."""

    of: Element


@attrs.frozen
class Group:
    """`( ... )?` or `( ... ) : ( ... )?`: the first elements if the anchor is there, otherwise the second ones."""

    then: tuple[Element, ...]
    otherwise: tuple[Element, ...]
    anchor: Element


Element: TypeAlias = (
    "Literal | Whitespace | Variable | All | TypeOf | FunctionalType | AttributeDictionary | Custom | Group"
)

_TOKEN: Final = re.compile(r"`[^`]*`|\$[A-Za-z_][A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_-]*|\"[^\"]*\"|[()<>,?:^|]|\S")


def parse_format(text: str, definition: Definition) -> tuple[Element, ...]:
    """The elements of a format. Raises `couloir.Error` with the place in the format."""
    return _FormatParser(text, definition).parse()


class _FormatParser:
    def __init__(self, text: str, definition: Definition) -> None:
        self.text = text
        self.definition = definition
        self.fields = {field.name: field for field in definition.fields}
        self.tokens = [(found[0], found.start()) for found in _TOKEN.finditer(text)]
        self.index = 0
        self.seen: set[str] = set()

    def parse(self) -> tuple[Element, ...]:
        elements: list[Element] = []
        while self.index < len(self.tokens):
            element, anchored = self.element()
            if anchored:
                raise self.error("`^` stands outside an optional group")
            elements.append(element)
        self.check_complete(elements)
        return tuple(elements)

    # -- tokens

    @property
    def next(self) -> str:
        return self.tokens[self.index][0] if self.index < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next
        if not token:
            raise self.error("the format ends too early")
        self.index += 1
        return token

    def optional(self, token: str) -> bool:
        if self.next != token:
            return False
        self.index += 1
        return True

    def expect(self, token: str) -> None:
        if not self.optional(token):
            raise self.error(f"expected `{token}`, found `{self.next or 'the end'}`")

    def error(self, message: str) -> Error:
        offset = self.tokens[self.index][1] if self.index < len(self.tokens) else len(self.text)
        line_start = self.text.rfind("\n", 0, offset) + 1
        line = self.text[line_start:].split("\n", 1)[0]
        return Error(
            f"the assembly format of `{self.definition.op_name}`: {message}",
            excerpt=f"{line}\n{' ' * (offset - line_start)}^",
        )

    # -- elements

    def element(self) -> tuple[Element, bool]:
        """An element, and whether it is marked as an anchor with `^`."""
        made = self.group() if self.next == "(" else self.plain_element()
        return made, self.optional("^")

    def plain_element(self) -> Element:
        token = self.next
        if not token:
            raise self.error("the format ends too early")
        if token == "`":
            raise self.error("this literal does not end")
        if token[0] == "`":
            self.index += 1
            text = token[1:-1]
            if not text.strip(" "):
                return Whitespace(text)
            return Whitespace("\n") if text == "\\n" else Literal(text)
        if token[0] == "$":
            return self.variable()
        match token:
            case "operands" | "results" | "regions" | "successors":
                return self.all()
            case "type":
                self.index += 1
                return TypeOf(self.parenthesised_value())
            case "functional-type":
                self.index += 1
                self.expect("(")
                inputs = self.value()
                self.expect(",")
                results = self.value()
                self.expect(")")
                return FunctionalType(inputs, results)
            case "attr-dict" | "attr-dict-with-keyword":
                self.index += 1
                self.seen.add("attr-dict")
                return AttributeDictionary(with_keyword=token == "attr-dict-with-keyword")
            case "prop-dict":
                self.index += 1
                return AttributeDictionary(properties=True)
            case "qualified":
                self.index += 1
                self.expect("(")
                made = self.plain_element()
                self.expect(")")
                return made
            case "custom":
                return self.custom()
            case _:
                raise self.error(f"`{token}` is not a directive")

    def variable(self) -> Variable:
        name = self.next[1:]
        if name not in self.fields:
            raise self.error(f"there is no field `{name}`")
        self.index += 1
        self.seen.add(name)
        return Variable(self.fields[name])

    def all(self) -> All:
        kind = self.take()
        if kind != "results":
            self.seen.update(f.name for f in self.definition.fields if f.kind + "s" == kind)
        return All(kind)

    def value(self) -> Variable | All:
        """What has types: operands or results. Naming it here does not make it part of the text."""
        seen = set(self.seen)
        made = self.plain_element()
        self.seen = seen
        if isinstance(made, All) and made.kind in ("operands", "results"):
            return made
        if isinstance(made, Variable) and made.field.kind in ("operand", "result"):
            return made
        self.index -= 1
        raise self.error("expected an operand or a result")

    def parenthesised_value(self) -> Variable | All:
        self.expect("(")
        made = self.value()
        self.expect(")")
        return made

    def custom(self) -> Custom:
        self.expect("custom")
        self.expect("<")
        name = self.take()
        self.expect(">")
        self.expect("(")
        arguments: list[Element | Ref | str] = []
        while not self.optional(")"):
            if arguments:
                self.expect(",")
            if self.next == "ref":
                self.index += 1
                self.expect("(")
                arguments.append(Ref(self.plain_element()))
                self.expect(")")
            elif self.next[:1] == '"':
                arguments.append(self.take()[1:-1])
            else:
                arguments.append(self.plain_element())
        return Custom(name, tuple(arguments))

    def group(self) -> Group:
        then, anchors = self.parenthesised_elements()
        otherwise: list[Element] = []
        if self.optional(":"):
            otherwise, more = self.parenthesised_elements()
            anchors += more
        self.expect("?")
        if len(anchors) != 1:
            raise self.error(f"an optional group has one anchor, `^`, not {len(anchors)}")
        return Group(tuple(then), tuple(otherwise), anchors[0])

    def parenthesised_elements(self) -> tuple[list[Element], list[Element]]:
        self.expect("(")
        elements: list[Element] = []
        anchors: list[Element] = []
        while not self.optional(")"):
            element, anchored = self.element()
            elements.append(element)
            if anchored:
                anchors.append(element)
        if not elements:
            raise self.error("an optional group has elements")
        return elements, anchors

    # -- what every format has

    def check_complete(self, elements: Sequence[Element]) -> None:
        missing = [
            f"`${field.name}`"
            for field in self.definition.fields
            if field.kind in ("operand", "region", "successor") and field.name not in self.seen
        ]
        if "attr-dict" not in self.seen:
            missing.append("`attr-dict`")
        if missing:
            raise self.error(f"it lacks {', '.join(missing)}")
