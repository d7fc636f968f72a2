"""HLO text as data: a module of computations, a computation of instructions, before anything is made of them.

Source: XLA, xla/hlo/parser/hlo_parser.cc, and https://openxla.org/xla/operation_semantics. Both forms are read, the one
with `%` and the types of operands, and the short one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from couloir.frontends.hlo_text.lexer import NAME, SPACE, HloLexer
from couloir.frontends.hlo_text.shapes import Shape, ShapeReader
from couloir.ir.errors import Error
from couloir.ir.limits import Limits, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

Span = tuple[int, int]
"""Offsets in the text, the second one behind the last character."""

_WITHOUT_NAMES: Final = ("constant", "parameter")
"""Opcodes in whose parentheses no instructions are named."""
_TABLES: Final = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")
_CHECKED_EVERY: Final = 1024

_COMPUTATION: Final = re.compile(rf"(?:ENTRY{SPACE})?%?{NAME}{SPACE}[({{]")
"""How a computation begins."""
_OPCODE: Final = re.compile(r"(?!b\()[a-z][a-z0-9-]*\(")
"""An opcode where a shape is left out; `b(...)` is a shape."""
_INLINE: Final = re.compile(rf"\{{{SPACE}(?:ROOT{SPACE})?%?{NAME}{SPACE}=")
"""A computation that stands where its name could stand: `to_apply={ a = f32[] parameter(0) ... }`."""
COMPUTATION_KEYS: Final = frozenset(
    (
        "body",
        "branch_computations",
        "called_computations",
        "calls",
        "condition",
        "false_computation",
        "scatter",
        "select",
        "to_apply",
        "true_computation",
    )
)
"""Attributes that name computations."""
_INLINE_LIST: Final = re.compile(rf"\{{{SPACE}(?={_INLINE.pattern})")
MAX_INLINE_DEPTH: Final = 100
"""Levels of computations inside each other, of which each is looked through once more, and of instructions in operands."""


@attrs.define(eq=False, slots=True)
class Instruction:
    """One instruction.

    Attributes:
        name: Its name, without `%`.
        opcode: What it does, under XLA's name: `dynamic-slice`.
        shape: The shape of its result; None where the text leaves it out, because it follows from the operands.
        operands: The names of its operands.
        declared: The shapes of operands that the text says, as older texts do, by position.
        inside: Where the text in its parentheses is.
        attributes: Where the values of its attributes are, by key.
        offset: Where it begins.
    """

    name: str
    opcode: str
    shape: Shape | None
    operands: list[str]
    declared: dict[int, Shape]
    inside: Span
    attributes: dict[str, Span]
    offset: int

    @property
    def result(self) -> Shape:
        """The shape of its result. Raises `Error` while it is not known."""
        if self.shape is None:
            raise Error(f"the shape of the result of `{self.opcode}` does not follow from its operands alone")
        return self.shape


@attrs.define(eq=False, slots=True)
class Computation:
    """A list of instructions that computes what `root` does; `declared` is the shape that its head says."""

    name: str
    instructions: list[Instruction]
    root: Instruction
    offset: int
    declared: Shape | None = None


@attrs.define(eq=False)
class HloModule:
    """A whole text.

    Attributes:
        name: The name of the module.
        attributes: Where the values of its attributes are, by key.
        computations: By name, in the order of the text.
        entry: The computation that is the program.
        tables: What is said about files and stack frames: by the name of the table, a line for each number.
        inline: The names given to computations that stand where their names could stand, by the offset of the attribute.
        lexer: What the text was read with.
    """

    name: str
    attributes: dict[str, Span]
    computations: dict[str, Computation]
    entry: Computation
    tables: dict[str, dict[int, Span]]
    inline: dict[int, tuple[str, ...]]
    lexer: HloLexer

    def text(self, span: Span) -> str:
        """What stands in a span."""
        return self.lexer.text[slice(*span)]


def read(text: str, *, file: str = "<text>", limits: Limits | None = None) -> HloModule:
    """Reads HLO text as data.

    Args:
        text: What `as_text(dialect="hlo")` or `compile().as_text()` of JAX gives, or XLA's dumps.
        file: The name of the text in error messages.
        limits: Bounds on what the text may ask for.

    Raises:
        ParseError: The text is not HLO; says line, column and what was expected.
        Error: It exceeds a limit.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- by people without a type checker
        raise Error(f"HLO text is a str, not {type(text).__name__}", where=file)
    return _Reader(HloLexer(text, file=file, limits=limits)).module()


class _Reader:
    def __init__(self, lexer: HloLexer) -> None:
        self._lexer = lexer
        self._limits = lexer.limits
        self._shapes = ShapeReader(lexer)
        self._deadline = self._limits.start()
        self._count = 0
        self._inner: list[Instruction] = []
        """Instructions that stand in the place of operands of the one that is read."""
        self._operand_count = 0
        self._inline: dict[int, tuple[str, ...]] = {}
        self._waiting: list[tuple[int, str, int]] = []
        """Computations that stand inside others: where, what they are called, and how deep."""

    def module(self) -> HloModule:
        lexer = self._lexer
        name, attributes = "", dict[str, Span]()
        if lexer.optional_keyword("HloModule"):
            name = lexer.name("the name of the module")
            lexer.optional(":")
            attributes = self._attributes()
        elif not _COMPUTATION.match(lexer.text, lexer.position, lexer.length):
            raise lexer.expected("`HloModule`, with which HLO text begins")
        tables = self._tables()
        computations: dict[str, Computation] = {}
        entry: Computation | None = None
        last: Computation | None = None
        while not lexer.at_end:
            start = lexer.position
            is_entry = lexer.optional_keyword("ENTRY")
            found = self._computation()
            if found.name in computations:
                raise lexer.error(f"there are two computations {quoted(found.name)}", at=start)
            if is_entry and entry is not None:
                raise lexer.error("a module has one `ENTRY` computation, this is the second", at=start)
            computations[found.name] = found
            entry, last = found if is_entry else entry, found
        entry = entry or last  # as XLA's own reader does
        if entry is None:
            raise lexer.error("the module has no computation")
        names: set[str] = set(computations)
        self._name_inline(computations.values(), names, 1)
        while self._waiting:
            start, inline_name, depth = self._waiting.pop()
            lexer.skip_to(start)
            computations[inline_name] = found = self._body(inline_name, start)
            self._name_inline([found], names, depth + 1)
        return HloModule(name or f"module_{entry.name}", attributes, computations, entry, tables, self._inline, lexer)

    def _name_inline(self, computations: Iterable[Computation], taken: set[str], depth: int) -> None:
        """Gives names to the computations that stand inside others."""
        for computation in computations:
            for instruction in computation.instructions:
                for key, (start, end) in instruction.attributes.items():
                    places = self._inline_places(start, end) if key in COMPUTATION_KEYS else []
                    if not places:
                        continue
                    if depth > MAX_INLINE_DEPTH:
                        raise self._lexer.error(
                            f"more than {MAX_INLINE_DEPTH} computations inside each other", at=start
                        )
                    names: list[str] = []
                    for place in places:
                        names.append(_free_name(f"{instruction.name}.{key}", taken))
                        self._waiting.append((place, names[-1], depth))
                    self._inline[start] = tuple(names)

    def _inline_places(self, start: int, end: int) -> list[int]:
        lexer, text = self._lexer, self._lexer.text
        if text[start] != "{":
            return []
        if _INLINE.match(text, start, end):
            return [start]
        found = _INLINE_LIST.match(text, start, end)
        if found is None:
            return []
        places: list[int] = []
        lexer.position = found.end()
        while not places or lexer.optional(","):
            places.append(lexer.position)
            lexer.skip_value()
        return places

    def _tables(self) -> dict[str, dict[int, Span]]:
        lexer = self._lexer
        tables: dict[str, dict[int, Span]] = {}
        while (name := next((table for table in _TABLES if lexer.optional_keyword(table)), None)) is not None:
            rows = tables.setdefault(name, {})
            while (number := lexer.optional_integer()) is not None:
                rows[number] = lexer.skip_value()
                self._counted()
        return tables

    def _computation(self) -> Computation:
        lexer, offset = self._lexer, self._lexer.position
        name = lexer.name("the name of a computation")
        declared: Shape | None = None
        if lexer.at("("):
            lexer.skip_value()
            lexer.expect("->")
            declared = self._shapes.read()
        self._attributes()
        found = self._body(name, offset)
        found.declared = declared
        self._attributes()
        return found

    def _body(self, name: str, offset: int) -> Computation:
        lexer = self._lexer
        lexer.expect("{")
        instructions: list[Instruction] = []
        root: Instruction | None = None
        while not lexer.optional("}"):
            start = lexer.position
            is_root = lexer.optional_keyword("ROOT")
            if is_root and root is not None:
                raise lexer.error("a computation has one `ROOT`, this is the second", at=start)
            instruction = self._instruction()
            instructions += self._inner
            self._inner.clear()
            instructions.append(instruction)
            root = instruction if is_root else root
            self._counted()
        if not instructions:
            raise lexer.error(f"the computation {quoted(name)} has no instructions", at=offset)
        return Computation(name, instructions, root or instructions[-1], offset)

    def _instruction(self) -> Instruction:
        lexer, offset = self._lexer, self._lexer.position
        name = lexer.name("the name of an instruction, or `}`")
        lexer.expect("=")
        return self._right_side(name, offset, 0)

    def _right_side(self, name: str, offset: int, depth: int) -> Instruction:
        """What stands behind `=`: the shape, which may be left out, the opcode, operands and attributes."""
        lexer = self._lexer
        left_out = _OPCODE.match(lexer.text, lexer.position, lexer.length)
        shape = None if left_out else self._shapes.read()
        opcode = lexer.word("an opcode, such as `add`")
        if opcode in _WITHOUT_NAMES:
            if not lexer.at("("):
                raise lexer.expected("`(`")
            operands: list[str] = []
            declared: dict[int, Shape] = {}
            start, end = lexer.skip_value()
            inside = start + 1, end - 1
        else:
            start = lexer.position + 1
            given = lexer.comma_separated(lambda: self._operand(depth))
            operands = [operand for operand, _ in given]
            declared = {number: shape for number, (_, shape) in enumerate(given) if shape is not None}
            inside = start, lexer.text.rindex(")", start - 1, lexer.position)
        if len(operands) > self._limits.attribute_items:
            raise self._limits.exceeded("attribute_items", len(operands), what="an instruction", where=lexer.file)
        attributes = self._attributes() if depth == 0 else {}
        return Instruction(name, opcode, shape, operands, declared, inside, attributes, offset)

    def _operand(self, depth: int) -> tuple[str, Shape | None]:
        """Reads the name of an operand, and its shape if that is there; an instruction in its place gets a name."""
        lexer, offset = self._lexer, self._lexer.position
        shape = self._shapes.read() if self._shapes.at_shape() else None
        if not _OPCODE.match(lexer.text, lexer.position, lexer.length):
            return lexer.name("the name of an operand"), shape
        if depth >= MAX_INLINE_DEPTH:
            raise lexer.error(f"more than {MAX_INLINE_DEPTH} instructions inside each other")
        lexer.skip_to(offset)
        self._operand_count += 1
        instruction = self._right_side(f"operand.{self._operand_count}", offset, depth + 1)
        self._counted()
        self._inner.append(instruction)
        return instruction.name, None

    def _attributes(self) -> dict[str, Span]:
        lexer = self._lexer
        found: dict[str, Span] = {}
        while lexer.optional(","):
            start = lexer.position
            key = lexer.word("the name of an attribute")
            if key in found:
                raise lexer.error(f"the attribute `{key[:40]}` stands here twice", at=start)
            lexer.expect("=")
            found[key] = self._mesh() if lexer.at("mesh[") else lexer.skip_value()
        return found

    def _mesh(self) -> Span:
        """Reads groups along axes of a mesh, which have a comma and a space in them.

        Such as `mesh['a'=2,'b'=2], device_ids=([2,2]T(1,0)) {'a'}`.
        """
        lexer = self._lexer
        start, _ = lexer.skip_value()
        if lexer.optional(","):
            lexer.expect_keyword("device_ids")
            lexer.expect("=")
            lexer.skip_value()
        _, end = lexer.skip_value()
        return start, end

    def _counted(self) -> None:
        self._count += 1
        if self._count > self._limits.nodes:
            raise self._limits.exceeded("nodes", self._count, what="the text", where=self._lexer.file)
        if self._count % _CHECKED_EVERY == 0:
            self._deadline.check("reading the text", where=self._lexer.file)


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 0
    while name in taken:
        number += 1
        name = f"{wanted}.{number}"
    taken.add(name)
    return name


def read_names(module: HloModule, span: Span) -> tuple[str, ...]:
    """The computations that an attribute names: `%a`, `{%a, %b}`, or `{ ... }` itself."""
    if span[0] in module.inline:
        return module.inline[span[0]]
    return read_value(module, span, _read_names)


def _read_names(lexer: HloLexer) -> tuple[str, ...]:
    if not lexer.at("{"):
        return (lexer.name("the name of a computation"),)
    return tuple(lexer.comma_separated(lambda: lexer.name("the name of a computation"), "{", "}"))


def read_value(module: HloModule, span: Span, parse: Callable[[HloLexer], T]) -> T:
    """What `parse` reads from a span, all of it."""
    lexer = module.lexer
    lexer.skip_to(span[0])
    value = parse(lexer)
    if lexer.position < span[1]:
        raise lexer.expected("the end of the value")
    return value
