"""Reading attributes and locations: all builtin attributes of MLIR, and those of dialects.

Source: MLIR, "Builtin dialect: attributes" and "location attributes"; language reference, "attribute value aliases" and
"dialect and external resources".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from couloir.ir.affine import AffineExpr, AffineMap, IntegerSet
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    FALSE,
    TRUE,
    UNIT,
    ArrayAttr,
    DenseResourceAttr,
    DictionaryAttr,
    DistinctAttr,
    FloatAttr,
    IntegerAttr,
    IntegerSetAttr,
    SymbolRefAttr,
)
from couloir.ir.errors import Error, nearest
from couloir.ir.floats import float_from_bits
from couloir.ir.limits import Limits
from couloir.ir.location import (
    UNKNOWN,
    CallSiteLoc,
    FileLineColLoc,
    FileLineColRange,
    Location,
    NameLoc,
    fuse,
)
from couloir.ir.text.affine_text import parse_affine_expression, parse_affine_map, parse_integer_set
from couloir.ir.text.dense import blob_array, parse_dense, parse_dense_array, parse_sparse, shaped_type
from couloir.ir.text.lexer import IDENTIFIER, SPACE, SUFFIX
from couloir.ir.text.parameters import parse_parameters
from couloir.ir.text.type_parser import TypeParser
from couloir.ir.types import AffineMapAttr, FloatType, IndexType, IntegerType, StridedLayoutAttr, f64, i64

_NUMBER: Final = re.compile(rf"(-?)\s*(0x[0-9A-Fa-f]++|[0-9]++(\.[0-9]*+(?:[eE][-+]?[0-9]++)?)?){SPACE}")
_ALIAS: Final = re.compile(rf"([#!])({SUFFIX}){SPACE}=(?!=){SPACE}")
_LATER_ALIAS: Final = re.compile(rf"^([#!]{SUFFIX})[ \t]*=(?!=)", re.MULTILINE)
#: A place in a file with few digits and no escapes.
_PLACE: Final = re.compile(rf'"([^"\\\n\v\f\0]*+)":([0-9]{{1,9}}+):([0-9]{{1,9}}+)(?=[)\],]){SPACE}')
_ALIAS_USE: Final = re.compile(rf"[#!]{SUFFIX}")
_METADATA: Final = re.compile(r"^[ \t]*+\{-#", re.MULTILINE)
_WORD: Final = re.compile(IDENTIFIER)


class AttributeParser(TypeParser):
    """Reads types, attributes and locations.

    Attributes:
        attribute_aliases: What `#name` stands for.
        type_aliases: What `!name` stands for.
        resources: The blobs of `{-# dialect_resources: { builtin: {...} } #-}` by key, alignment included.
        file_metadata_entries: All other entries at the end of the file: section -> dialect -> key -> text or bool.
    """

    def __init__(
        self,
        text: str,
        *,
        file: str = "<text>",
        limits: Limits | None = None,
        allow_unregistered: bool = False,
    ) -> None:
        super().__init__(text, file=file, limits=limits, allow_unregistered=allow_unregistered)
        self.attribute_aliases: dict[str, Attribute] = {}
        self.resources: dict[str, bytes] = {}
        self.file_metadata_entries: dict[str, dict[str, dict[str, str | bool]]] = {}
        self._metadata_span: tuple[int, int] | None = None
        self._metadata_sought = False
        self._sought_later = False
        self._defining_later = False
        self._later: dict[str, int] = {}
        self._distinct_attributes: dict[int, DistinctAttr] = {}
        self._defined_early: dict[int, int] = {}
        self._words: dict[str, Callable[[int, Type | None], Attribute]] = {
            "true": lambda start, expected: TRUE,
            "false": lambda start, expected: FALSE,
            "unit": lambda start, expected: UNIT,
            "affine_map": lambda start, expected: AffineMapAttr(self._bracketed(self.affine_map)),
            "affine_set": lambda start, expected: IntegerSetAttr(self._bracketed(self.integer_set)),
            "array": lambda start, expected: parse_dense_array(self),
            "dense": lambda start, expected: parse_dense(self, expected),
            "dense_resource": self._dense_resource,
            "sparse": lambda start, expected: parse_sparse(self, expected),
            "strided": lambda start, expected: self._strided(),
            "distinct": lambda start, expected: self._distinct(start),
            "loc": lambda start, expected: self._parenthesised_location(),
        }

    # -- attributes

    def attribute(self, expected_type: Type | None = None) -> Attribute:
        """Reads an attribute. With `expected_type`, numbers, strings and constants have it, and no `: type` is read."""
        found = self.optional_attribute(expected_type)
        if found is None:
            word = _WORD.match(self.text, self.position)
            hint = nearest(word[0], [*self._words, *self._composite, "index", "none"]) if word else None
            raise self.expected("an attribute", hint=hint)
        return found

    def optional_attribute(self, expected_type: Type | None = None) -> Attribute | None:
        """Reads an attribute if one begins here."""
        start = self.position
        character = self.text[start]
        if character in "0123456789-":
            return self._number(expected_type)
        if character == '"':
            return self.typed_string(self.string_literal(), expected_type)
        if character == "@":
            return self.symbol_reference()
        if character == "#":
            return self._extended()
        if character == "[" or (character == "{" and not self.at("{-#")):
            self._enter()
            try:
                if character == "[":
                    return ArrayAttr(tuple(self.comma_separated(self.attribute, "[", "]")))
                return DictionaryAttr(tuple(self.dictionary().items()))
            finally:
                self._depth -= 1
        word = _WORD.match(self.text, start)
        handler = self._words.get(word[0]) if word else None
        if word is None or handler is None:
            return self.optional_type()
        self.skip_to(word.end())
        return handler(start, expected_type)

    def dictionary(self) -> dict[str, Attribute]:
        """Reads `{a = 1, b, "c d" = "e"}`; a key without a value is `unit`."""
        entries: dict[str, Attribute] = {}

        def entry() -> None:
            start = self.position
            key = self.name_or_string("the name of an attribute")
            if not key:
                raise self.error("the name of an attribute is empty", at=start)
            if key in entries:
                raise self.error(f"`{key}` is given twice", at=start)
            entries[key] = self.attribute() if self.optional("=") else UNIT

        self.comma_separated(entry, "{", "}")
        return entries

    def symbol_reference(self) -> SymbolRefAttr:
        """Reads `@name` or `@name::@inner`."""
        root = self.symbol_name()
        if not self.at("::"):
            return SymbolRefAttr(root)
        nested: list[str] = []
        while self.optional("::"):
            nested.append(self.symbol_name())
        return SymbolRefAttr(root, tuple(nested))

    def float_literal(self) -> float:
        """Reads a float without a type; in hexadecimal, the bits of an `f64`."""
        start = self.position
        found = self._number(f64)
        if not isinstance(found, FloatAttr):
            raise self.error("expected a float", at=start)
        return found.value

    def default_parameters(self, cls: type[Attribute]) -> tuple[Any, ...]:
        """Reads the parameters `<a, b>` of an attribute class by the annotations of its fields."""
        return parse_parameters(self, cls)

    def _number(self, expected: Type | None) -> Attribute:
        start = self.position
        found = self.match(_NUMBER)
        if found is None:
            raise self.expected("a number")
        negative, digits, fraction = found[1], found[2], found[3]
        type = expected
        if type is None:
            type = self.type() if self.optional(":") else f64 if fraction else i64
        if isinstance(type, FloatType):
            return self._float(type, negative, digits, fraction, start)
        if fraction:
            raise self.error(f"a float cannot have the type `{type}`", at=start)
        if not isinstance(type, IntegerType | IndexType):
            raise self.error(f"a number has an integer, index or float type, not `{type}`", at=start)
        value = self.integer_value(digits, start)
        try:
            return IntegerAttr(-value if negative else value, type)
        except Error as error:
            raise self.error(error.message, at=start) from None

    def _float(self, type: FloatType, negative: str, digits: str, fraction: str | None, start: int) -> FloatAttr:
        if fraction:
            return FloatAttr(-float(digits) if negative else float(digits), type)
        if not digits.startswith("0x"):
            raise self.error(f"`{type}` needs a float", at=start, hint=f"write `{negative}{digits[:40]}.0`")
        bits = int(digits, 16)
        if negative or bits >> type.width:
            raise self.error(f"`{type}` has {type.width} bits, and no sign before them", at=start)
        return FloatAttr(self.checked(start, float_from_bits, bits, type.kind), type)

    def _bracketed(self, parse_one: Callable[[], Any]) -> Any:
        self.expect("<")
        found = parse_one()
        self.expect(">")
        return found

    def _strided(self) -> StridedLayoutAttr:
        self.expect("<")
        strides = self.comma_separated(self._integer_or_dynamic, "[", "]")
        offset: int | None = 0
        if self.optional(","):
            self.expect_keyword("offset")
            self.expect(":")
            offset = self._integer_or_dynamic()
        self.expect(">")
        return StridedLayoutAttr(tuple(strides), offset)

    def _integer_or_dynamic(self) -> int | None:
        return None if self.optional("?") else self.integer("a number or `?`")

    def _distinct(self, start: int) -> DistinctAttr:
        self.expect("[")
        number = self.integer("a number")
        self.expect("]")
        self._enter()
        try:
            self.expect("<")
            referenced = UNIT if self.at(">") else self.attribute()
            self.expect(">")
        finally:
            self._depth -= 1
        made = self._distinct_attributes.setdefault(number, DistinctAttr(referenced))
        if made.referenced is not referenced:
            raise self.error(f"`distinct[{number}]` refers to `{made.referenced}` further up", at=start)
        return made

    # -- affine maps

    def affine_map(self) -> AffineMap:
        """Reads `(d0)[s0] -> (d0 + s0)`."""
        return parse_affine_map(self)

    def integer_set(self) -> IntegerSet:
        """Reads `(d0) : (d0 - 1 >= 0)`."""
        return parse_integer_set(self)

    def affine_expression(
        self, names: Mapping[str, AffineExpr], operand: Callable[[], AffineExpr | None] | None = None
    ) -> AffineExpr:
        """Reads one affine expression; see `parse_affine_expression`."""
        return parse_affine_expression(self, names, operand)

    # -- locations

    def location(self) -> Location:
        """Reads `loc(...)`."""
        self.expect_keyword("loc")
        return self._parenthesised_location()

    def optional_location(self) -> Location | None:
        """Reads `loc(...)` if it comes next."""
        return self._parenthesised_location() if self.optional_keyword("loc") else None

    def _parenthesised_location(self) -> Location:
        self.expect("(")
        found = self._location()
        self.expect(")")
        return found

    def _location(self) -> Location:
        start = self.position
        if self.character == "#":
            found = self._extended()
            if not isinstance(found, Location):
                raise self.error("this alias is not a location", at=start)
            return found
        place = self.match(_PLACE)
        if place is not None:  # most locations
            return FileLineColLoc(place[1], int(place[2]), int(place[3]))
        self._enter()
        try:
            if self.character == '"':
                return self._named_location(self.string_literal())
            if self.optional_keyword("unknown"):
                return UNKNOWN
            if self.optional_keyword("callsite"):
                return self._call_site()
            if self.optional_keyword("fused"):
                metadata = self._bracketed(self.attribute) if self.at("<") else None
                parts = self.comma_separated(self._location, "[", "]")
                return fuse(parts, limit=sys.maxsize, metadata=metadata)
            raise self.expected("a location", hint='such as "file":1:2, "name"(...), callsite(... at ...), fused[...]')
        finally:
            self._depth -= 1

    def _call_site(self) -> CallSiteLoc:
        self.expect("(")
        callee = self._location()
        self.expect_keyword("at")
        caller = self._location()
        self.expect(")")
        return CallSiteLoc(callee, caller)

    def _named_location(self, name: str) -> Location:
        if self.optional("("):
            child = self._location()
            self.expect(")")
            return NameLoc(name, None if child is UNKNOWN else child)
        if not self.optional(":"):
            return NameLoc(name)
        line = self._place_number("a line number")
        if not self.optional(":"):
            return FileLineColLoc(name, line, 0)
        column = self._place_number("a column number")
        if not self.optional_keyword("to"):
            return FileLineColLoc(name, line, column)
        end_line = line if self.character == ":" else self._place_number("a line number")
        self.expect(":")
        end_column = self._place_number("a column number")
        if (line, column) == (end_line, end_column):
            return FileLineColLoc(name, line, column)
        return FileLineColRange(name, line, column, end_line, end_column)

    def _place_number(self, what: str) -> int:
        start = self.position
        found = self.integer(what)
        if not 0 <= found < 1 << 32:
            raise self.error("lines and columns are numbers of 32 bits", at=start)
        return found

    # -- aliases

    def optional_alias_definition(self) -> bool:
        """Reads `#name = attribute` or `!name = type` if it comes next."""
        start = self.position
        if start in self._defined_early:
            self.skip_to(self._defined_early[start])
            return True
        found = self.match(_ALIAS)
        if found is None:
            return False
        if found[1] == "#":
            self._define_alias(self.attribute_aliases, "#", found[2], start, self.attribute)
        else:
            self._define_alias(self.type_aliases, "!", found[2], start, self.type)
        return True

    def attribute_alias(self, name: str, at: int) -> Attribute:
        """The attribute that `#name` stands for. Locations may be defined later: MLIR prints them at the end."""
        found = self.attribute_aliases.get(name)
        if found is None:
            self._define_later_aliases()
            found = self.attribute_aliases.get(name)
        is_location = isinstance(found, Location)
        if found is None or not (is_location or self._is_defined("#" + name, at)):
            hint = nearest(name, list(self.attribute_aliases))
            raise self.error(f"the alias `#{name}` is not defined", at=at, hint=None if hint == name else hint)
        self._use_alias("#" + name, at, is_location=is_location)
        return found

    def _is_defined(self, alias: str, at: int) -> bool:
        """Whether an alias that is not a location may be used at an offset: after its definition, or in another one."""
        return self._defining_later or self._later.get(alias, -1) < at

    def _define_later_aliases(self) -> None:
        """Reads the definitions further down, of locations and what is in them, those first that others are made of."""
        if self._sought_later:
            return
        self._sought_later = self._defining_later = True
        later = self._later = {f[1]: f.start() for f in _LATER_ALIAS.finditer(self.text, self.position)}
        begun: set[str] = set()
        todo = list(reversed(later))
        position = self.position
        while todo:
            name = todo[-1]
            end = self.text.find("\n", later[name])
            needed = [n for n in _ALIAS_USE.findall(self.text, later[name] + 1, end) if n in later and n not in begun]
            if name not in begun and needed:
                begun.add(name)
                todo += needed
                continue
            begun.add(todo.pop())
            table = self.attribute_aliases if name[0] == "#" else self.type_aliases
            if name[1:] not in table:
                self.position = later[name]
                self.optional_alias_definition()
                self._defined_early[later[name]] = self.position
        self.position = position
        self._defining_later = False

    # -- resources

    def file_metadata(self) -> None:
        """Reads `{-# dialect_resources: {...}, external_resources: {...} #-}`."""
        if self._metadata_span is not None and self.position == self._metadata_span[0]:
            self.skip_to(self._metadata_span[1])
            return
        start = self.position
        self.expect("{-#")
        while not self.optional("#-}"):
            section = self.name_or_string("`dialect_resources`, `external_resources` or `#-}`")
            self.expect(":")
            dialects = self.file_metadata_entries.setdefault(section, {})
            self.comma_separated(lambda dialects=dialects: self._metadata_entries(dialects), "{", "}")
            if not self.optional(",") and not self.at("#-}"):
                raise self.expected("`,` or `#-}`")
        self._metadata_span = (start, self.position)
        for key, value in self.file_metadata_entries.get("dialect_resources", {}).pop("builtin", {}).items():
            self.resources[key] = self._blob(key, value, start)

    def _metadata_entries(self, dialects: dict[str, dict[str, str | bool]]) -> None:
        name = self.name_or_string("the name of a dialect")
        self.expect(":")
        entries = dialects.setdefault(name, {})

        def entry() -> None:
            start = self.position
            key = self.name_or_string("the key of a resource")
            if key in entries:
                raise self.error(f"the resource `{key}` is given twice", at=start)
            self.expect(":")
            if self.character == '"':
                entries[key] = self.string_literal()
            elif self.optional_keyword("true"):
                entries[key] = True
            elif self.optional_keyword("false"):
                entries[key] = False
            else:
                raise self.expected("a string, `true` or `false`")

        self.comma_separated(entry, "{", "}")

    def _blob(self, key: str, value: str | bool, at: int) -> bytes:
        if isinstance(value, str) and re.fullmatch(r"0x(?:[0-9A-Fa-f]{2}){4,}", value):
            blob = bytes.fromhex(value[2:])
            if int.from_bytes(blob[:4], "little").bit_count() <= 1:
                return blob
        raise self.error(
            f"the data of the resource `{key}` cannot be read",
            at=at,
            hint='it is "0x", four bytes of alignment (a power of two, little-endian), then the data, in hexadecimal',
        )

    def _dense_resource(self, start: int, expected: Type | None) -> DenseResourceAttr:
        self.expect("<")
        key = self.name_or_string("the key of a resource")
        self.expect(">")
        type = shaped_type(self, expected)
        self.find_metadata()
        blob = self.resources.get(key)
        if blob is None:
            return DenseResourceAttr(key, type)
        array = self.checked(start, lambda: blob_array(blob[4:], type))
        alignment = int.from_bytes(blob[:4], "little")
        return DenseResourceAttr(key, type, array, None if alignment == array.dtype.itemsize else alignment)

    def find_metadata(self) -> None:
        """Reads the resources at the end of the file before the rest, so that constants have their data at once."""
        if self._metadata_sought:
            return
        self._metadata_sought = True
        found = _METADATA.search(self.text, self.position, self.length)
        if found is not None and self._metadata_span is None:
            position = self.position
            self.skip_to(found.start())
            self.file_metadata()
            self.position = position
