"""Reading types: all builtin types of MLIR, and those of dialects.

Source: MLIR, "Builtin dialect: types".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from couloir.ir.attribute import Attribute, OpaqueAttribute, OpaqueType, Type
from couloir.ir.attributes import (
    ENUMS,
    ArrayAttr,
    DenseElementsAttr,
    EnumAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from couloir.ir.errors import ParseError, nearest
from couloir.ir.floats import FLOATS
from couloir.ir.limits import Limits
from couloir.ir.registry import REGISTRY
from couloir.ir.text.attribute_printer import MAX_NESTING
from couloir.ir.text.lexer import IDENTIFIER, SPACE, STRING, SUFFIX, Lexer
from couloir.ir.types import (
    AffineMapAttr,
    ComplexType,
    Dim,
    FloatType,
    FunctionType,
    IndexType,
    IntegerType,
    MemRefType,
    NoneType,
    StridedLayoutAttr,
    TensorType,
    TupleType,
    UnrankedMemRefType,
    UnrankedTensorType,
    VectorType,
)

if TYPE_CHECKING:
    import enum

T = TypeVar("T")

#: Types without commas: most of a module's types are few different ones, read with one match and one look-up.
_FLAT: Final = re.compile(
    rf"((?:tensor|memref|vector)<[0-9?x]*+[a-zA-Z0-9]++>|(?:index|[a-z]++[0-9][A-Za-z0-9]*+)(?![A-Za-z0-9_$.])){SPACE}"
)
_DIMENSIONS: Final = re.compile(r"(?:(?:[0-9]++|\?)\s*+x\s*+)*+")
_VECTOR_DIMENSION: Final = re.compile(r"(\[?)\s*([0-9]++)\s*(\]?)\s*x\s*")
_DIMENSION: Final = re.compile(r"[0-9]+|\?")
_INTEGER_TYPE: Final = re.compile(r"([su]?)i(0|[1-9][0-9]*)")
_EXTENDED: Final = re.compile(rf"[#!]({SUFFIX})")
_WORD: Final = re.compile(IDENTIFIER)
_BRACKETS: Final = re.compile(rf'{STRING}|->|[<>()\[\]{{}}"\0]|//[^\n]*')
_ENUM_VALUE: Final = re.compile(rf"[^<>\0]*?(?=\s*>){SPACE}")
_PAIRS: Final = {"<": ">", "(": ")", "[": "]", "{": "}"}
_SIGNEDNESS: Final[dict[str, Any]] = {"": "signless", "s": "signed", "u": "unsigned"}
_COMPOSITE: Final = ("tensor", "memref", "vector", "complex", "tuple")
_MAX_DIM_DIGITS: Final = 19
#: A chain of location aliases may be this much deeper than what is written in one piece: long tracebacks are chains.
_LOCATION_FACTOR: Final = 5


class TypeParser(Lexer):
    """Reads types. `AttributeParser` adds attributes, which types contain and the other way round.

    Args:
        text: The text.
        file: Its name, for errors.
        limits: Bounds on what an untrusted text may ask for.
        allow_unregistered: Keep types and attributes that their dialect does not define as the text that they are.
    """

    def __init__(
        self,
        text: str,
        *,
        file: str = "<text>",
        limits: Limits | None = None,
        allow_unregistered: bool = False,
    ) -> None:
        super().__init__(text, file=file, limits=limits)
        self.allow_unregistered = allow_unregistered
        self.type_aliases: dict[str, Type] = {}
        self._flat_types: dict[str, Type] = {}
        self._depth = 0
        self._deepest = 0
        self._written_out: int = 0
        self._alias_costs: dict[str, tuple[int, int]] = {}
        self._max_depth = min(self.limits.depth, MAX_NESTING)
        self._composite: dict[str, Callable[[int], Type]] = {
            "tensor": self._tensor,
            "memref": self._memref,
            "vector": self._vector,
            "complex": self._complex,
            "tuple": self._tuple,
        }

    # -- what the attribute parser provides

    def attribute(self, expected_type: Type | None = None) -> Attribute:
        """Reads an attribute."""
        raise NotImplementedError

    def attribute_alias(self, name: str, at: int) -> Attribute:
        """The attribute that `#name` stands for."""
        raise NotImplementedError

    def _is_defined(self, alias: str, at: int) -> bool:
        """Whether an alias may be used at an offset."""
        raise NotImplementedError

    # -- types

    def type(self) -> Type:
        """Reads a type, function types included."""
        found = _FLAT.match(self.text, self.position)
        if found is None:
            return self._type()
        known = self._flat_types.get(found[1])
        if known is not None:
            self.position = found.end()
            return known
        made = self._type()
        if self.position == found.end():
            self._flat_types[found[1]] = made
        return made

    def optional_type(self) -> Type | None:
        """Reads a type if one begins here."""
        if self.character in "(!":
            return self.type()
        found = _WORD.match(self.text, self.position)
        if found is None:
            return None
        word = found[0]
        is_type = word in FLOATS or word in _COMPOSITE or word in ("index", "none") or _INTEGER_TYPE.fullmatch(word)
        return self.type() if is_type else None

    def types(self) -> list[Type]:
        """Reads types with commas between them, at least one."""
        found = [self.type()]
        while self.optional(","):
            found.append(self.type())
        return found

    def function_type(self) -> FunctionType:
        """Reads `(i32, f32) -> i1` or `(i32) -> (i1, i1)`."""
        self._enter()
        try:
            inputs = self.comma_separated(self.type)
            self.expect("->")
            return FunctionType(tuple(inputs), tuple(self.result_types()))
        finally:
            self._depth -= 1

    def result_types(self) -> list[Type]:
        """Reads what follows `->`: one type that is not a function type, or types in parentheses."""
        return self.comma_separated(self.type) if self.character == "(" else [self.type()]

    def _enter(self) -> None:
        """Counts a level of nesting; the caller counts it down again."""
        self._depth += 1
        if self._depth > self._deepest:
            self._deepest = self._depth
        if self._depth > self._max_depth:
            self._depth -= 1
            raise self._too_deep(self._max_depth, self.position)

    def _too_deep(self, limit: int, at: int) -> ParseError:
        return self.error(f"types, attributes and locations are nested more than {limit} levels deep", at=at)

    def _define_alias(self, table: dict[str, T], sigil: str, name: str, start: int, parse: Callable[[], T]) -> None:
        """Reads what an alias stands for, and how deep and how long that is with all aliases in it written out."""
        if "." in name:
            raise self.error("the name of an alias has no dot", at=start, hint="names with a dot belong to dialects")
        if name in table:
            raise self.error(f"the alias `{sigil}{name}` is defined twice", at=start)
        outside = self._depth, self._deepest, self._written_out
        self._depth = self._deepest = self._written_out = 0
        table[name] = parse()
        size = self.position - start + self._written_out
        if size > self.limits.fields:
            raise self.error(f"written out, the alias `{sigil}{name}` is longer than {self.limits.fields}", at=start)
        self._alias_costs[sigil + name] = self._deepest, size
        self._depth, self._deepest, self._written_out = outside

    def _use_alias(self, alias: str, at: int, *, is_location: bool = False) -> None:
        """Counts what an alias stands for as if it were written out: a chain of aliases must not grow without bound."""
        depth, size = self._alias_costs.get(alias, (0, 0))
        self._written_out += size
        self._deepest = max(self._deepest, self._depth + depth)
        limit = _LOCATION_FACTOR * self._max_depth if is_location else self._max_depth
        if self._deepest > limit:
            raise self._too_deep(limit, at)

    def _type(self) -> Type:
        start = self.position
        character = self.text[start]
        if character == "(":
            return self.function_type()
        if character == "!":
            found = self._extended()
            if not isinstance(found, Type):
                raise self.error("this is an attribute, not a type", at=start)
            return found
        word = self.optional_identifier()
        if word is None:
            raise self.expected("a type")
        composite = self._composite.get(word)
        if composite is not None:
            self._enter()
            try:
                self.expect("<")
                return composite(start)
            finally:
                self._depth -= 1
        return self._scalar(word, start)

    def _scalar(self, word: str, start: int) -> Type:
        if word == "index":
            return IndexType()
        if word == "none":
            return NoneType()
        if word in FLOATS:
            return FloatType(word)
        integer = _INTEGER_TYPE.fullmatch(word)
        if integer is None:
            hint = nearest(word, [*FLOATS, *_COMPOSITE, "index", "none", "i1", "i8", "i32", "i64"])
            raise self.error(f"there is no type `{word[:40]}`", at=start, hint=hint)
        width = self.integer_value(integer[2], start)
        return self.checked(start, lambda: IntegerType(width, _SIGNEDNESS[integer[1]]))

    def dimensions(self) -> tuple[Dim, ...]:
        """Reads `2x?x`: the dimensions before an element type. (A lexer would take `0x1` for a hexadecimal number.)"""
        start = self.position
        found = _DIMENSIONS.match(self.text, start)
        if found is None:
            return ()
        self.position = found.end()
        return tuple(self._dimension(d[0], start + d.start()) for d in _DIMENSION.finditer(found[0]))

    def _dimension(self, text: str, at: int) -> Dim:
        if text == "?":
            return None
        if len(text) > _MAX_DIM_DIGITS and len(text.lstrip("0")) > _MAX_DIM_DIGITS:
            raise self.error("a dimension is at most 2^63-1", at=at)
        return int(text)

    def _tensor(self, start: int) -> Type:
        if self.optional("*"):
            element_type = self._unranked_element()
            self.expect(">")
            return UnrankedTensorType(element_type)
        dims = self.dimensions()
        at = self.position
        element_type = self._element_type("tensor")
        if isinstance(element_type, MemRefType | UnrankedMemRefType):
            raise self.error(f"`{element_type}` cannot be the element type of a tensor", at=at)
        encoding = self.attribute() if self.optional(",") else None
        self.expect(">")
        return self.checked(start, lambda: TensorType(dims, element_type, encoding))

    def _unranked_element(self) -> Type:
        """Reads `xf32`, which looks like one word."""
        if not self.at("x"):
            raise self.expected("`x`")
        self.skip_to(self.position + 1)
        return self._element_type("tensor")

    def _element_type(self, what: str) -> Type:
        start = self.position
        found = self.type()
        if isinstance(found, FunctionType | TupleType | NoneType | TensorType | UnrankedTensorType):
            raise self.error(f"`{found}` cannot be the element type of a {what}", at=start)
        return found

    def _vector(self, start: int) -> Type:
        dims: list[int] = []
        scalable: list[bool] = []
        while self.character in "[0123456789":
            at = self.position
            found = self.match(_VECTOR_DIMENSION)
            if found is None or bool(found[1]) != bool(found[3]):
                raise self.error("a dimension of a vector is written `4x`, or `[4]x` for a scalable one", at=at)
            dims.append(self._dimension(found[2], at) or 0)
            scalable.append(bool(found[1]))
        element_type = self._element_type("vector")
        self.expect(">")
        return self.checked(start, lambda: VectorType(tuple(dims), element_type, tuple(scalable)))

    def _memref(self, start: int) -> Type:
        unranked = self.optional("*")
        dims = () if unranked else self.dimensions()
        element_type = self._unranked_element() if unranked else self._element_type("memref")
        layout: Attribute | None = None
        space: Attribute | None = None
        while self.optional(","):
            at = self.position
            extra = self.attribute()
            is_layout = isinstance(extra, AffineMapAttr | StridedLayoutAttr)
            if space is not None or (is_layout and (layout is not None or unranked)):
                raise self.error("a memref has at most one layout and then one memory space", at=at)
            if is_layout:
                self._check_layout(extra, len(dims), at)
                layout = extra
            elif isinstance(extra, Type | FloatAttr | ArrayAttr | DenseElementsAttr | SymbolRefAttr | UnitAttr):
                raise self.error("a memory space is a number, a string, a dictionary or of a dialect", at=at)
            else:
                space = extra
        self.expect(">")
        if isinstance(space, IntegerAttr) and space.value == 0:  # the default one
            space = None
        if unranked:
            return UnrankedMemRefType(element_type, space)
        return self.checked(start, lambda: MemRefType(dims, element_type, layout, space))

    def _check_layout(self, layout: Attribute, rank: int, at: int) -> None:
        found = len(layout.strides) if isinstance(layout, StridedLayoutAttr) else rank
        if isinstance(layout, AffineMapAttr):
            found = layout.map.dim_count
        if found != rank:
            raise self.error(f"the layout has {found} dimensions, the memref has {rank}", at=at)

    def _complex(self, start: int) -> Type:
        at = self.position
        part = self.type()
        if not isinstance(part, IntegerType | FloatType):
            raise self.error(f"a complex number is made of integers or floats, not `{part}`", at=at)
        self.expect(">")
        return ComplexType(part)

    def _tuple(self, start: int) -> Type:
        if self.optional(">"):
            return TupleType(())
        types = self.types()
        self.expect(">")
        return TupleType(tuple(types))

    # -- types and attributes of dialects: both are written in the same ways

    def _extended(self) -> Attribute:
        """Reads `!alias`, `!dialect.name<...>` or `!dialect<name ...>`, and the same with `#`."""
        start = self.position
        sigil = self.text[start]
        found = _EXTENDED.match(self.text, start, self.length)
        if found is None:
            raise self.expected("a name after `" + sigil + "`")
        name = found[1]
        end = found.end()
        if "." not in name:
            self.skip_to(end)
            if not self.at("<"):
                return self._alias(sigil, name, start)
        self._enter()
        try:
            return self._dotted(sigil, name, start, end) if "." in name else self._wrapped(sigil, name, start)
        finally:
            self._depth -= 1

    def _alias(self, sigil: str, name: str, start: int) -> Attribute:
        if sigil == "#":
            return self.attribute_alias(name, start)
        found = self.type_aliases.get(name)
        if found is None or not self._is_defined("!" + name, start):
            raise self.error(
                f"the alias `!{name}` is not defined", at=start, hint=nearest(name, list(self.type_aliases))
            )
        self._use_alias("!" + name, start)
        return found

    def _dotted(self, sigil: str, name: str, start: int, end: int) -> Attribute:
        parse, members = self._definition(sigil, name, start)
        if parse is None and members is None:
            if self.text[end] == "<":
                end = self._balanced_end(end)
            self.skip_to(end)
            return self._opaque(sigil, start, end)
        self.skip_to(end)
        if parse is not None:
            return self.checked(start, parse, self)
        self.expect("<")
        made = self._enum_member(members)
        self.expect(">")
        return made

    def _wrapped(self, sigil: str, dialect: str, start: int) -> Attribute:
        opening = self.position
        self.expect("<")
        word = _WORD.match(self.text, self.position)
        parse, members = self._definition(sigil, f"{dialect}.{word[0] if word else ''}", start)
        if word is None or (parse is None and members is None):
            end = self._balanced_end(opening)
            self.skip_to(end)
            return self._opaque(sigil, start, end)
        self.skip_to(word.end())
        if parse is not None:
            made = self.checked(start, parse, self)
        elif self.optional("<"):
            made = self._enum_member(members)
            self.expect(">")
        else:
            made = self._enum_member(members)
        self.expect(">")
        return made

    def _definition(
        self, sigil: str, name: str, start: int
    ) -> tuple[Callable[[Any], Attribute] | None, type[enum.Enum] | None]:
        """The parser of a class's parameters, or the enum, for a name; neither for a dialect that nobody defines."""
        cls = self.checked(start, lambda: REGISTRY.attribute(name))
        if cls is not None and issubclass(cls, Type) == (sigil == "!"):
            return cls.parse_parameters, None
        members = ENUMS.get(name) if sigil == "#" else None
        dialect = name.partition(".")[0]
        if members is None and not self.allow_unregistered and self._knows(dialect):
            known = [*REGISTRY.attribute_names(dialect, types=sigil == "!"), *(ENUMS if sigil == "#" else ())]
            raise self.error(
                f"the dialect `{dialect}` defines no `{sigil}{name}`",
                at=start,
                hint=nearest(name, known) or "`allow_unregistered` keeps it as text",
            )
        return None, members

    def _knows(self, dialect: str) -> bool:
        return REGISTRY.knows(dialect) or any(name.startswith(dialect + ".") for name in ENUMS)

    def _enum_member(self, members: type[enum.Enum] | None) -> EnumAttr:
        start = self.position
        found = self.match(_ENUM_VALUE)
        value = found[0].strip() if found else ""
        choices = {str(member.value): member for member in members or ()}
        if value in choices:
            return EnumAttr(choices[value])
        names = list(choices)
        hint = nearest(value, names) or f"there are: {', '.join(names)}"
        raise self.error(f"`{value[:40]}` is not one of the values here", at=start, hint=hint)

    def _opaque(self, sigil: str, start: int, end: int) -> Attribute:
        text = self.text[start:end]
        return OpaqueType(text) if sigil == "!" else OpaqueAttribute(text)

    def balanced_text(self) -> str:
        """Reads from the bracket that comes next to the one that closes it, as text."""
        if not any(map(self.at, _PAIRS)):
            raise self.expected("a bracket")
        start = self.position
        end = self._balanced_end(start)
        self.skip_to(end)
        return self.text[start:end]

    def _balanced_end(self, start: int) -> int:
        """The offset after the bracket that closes the one at `start`; strings and `->` are skipped."""
        open: list[str] = []
        position = start
        while True:
            found = _BRACKETS.search(self.text, position)
            token = found[0] if found else "\0"
            if found is None or token == "\0":
                raise self.error("the text ends before this bracket is closed", at=start)
            if token == '"':
                raise self.error("this string does not end on its line", at=found.start())
            position = found.end()
            if token in _PAIRS:
                open.append(_PAIRS[token])
            elif token in (">", ")", "]", "}"):
                if token != open.pop():
                    raise self.error(f"`{token}` closes another bracket than the one that is open", at=found.start())
                if not open:
                    return position

    def typed_string(self, value: str, expected: Type | None) -> StringAttr:
        """A string attribute, after its text: reads `: type` unless the type is known."""
        type = expected if expected is not None else self.type() if self.optional(":") else None
        return StringAttr(value, None if isinstance(type, NoneType) else type)
