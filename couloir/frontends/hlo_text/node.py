"""What the rule of one opcode sees, and the table that it is registered in."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from couloir.dialects.func import Call
from couloir.dialects.hlo.building import Tensor, convert
from couloir.frontends.hlo_text.lexer import HloLexer
from couloir.frontends.hlo_text.shapes import Array, Shape
from couloir.frontends.hlo_text.syntax import HloModule, Instruction, read_names, read_value
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.types import FloatType, TensorType, Type

Lowered: TypeAlias = "Value[Any] | Operation | Sequence[Value[Any] | Operation]"
"""One value for each array in the result."""
Rule: TypeAlias = "Callable[[Node], Lowered]"

F = TypeVar("F", bound="Callable[[Node], Lowered]")
T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)

RULES: Final[dict[str, Rule]] = {}
"""From an opcode to the function that lowers it."""
NAMED: Final[dict[str, str]] = {}
"""From an opcode to the one op that always stands for it, by name. Other ops say the opcode in `xla.opcode`."""


def lowers(*opcodes: str, named: str | None = None) -> Callable[[F], F]:
    """Decorator: this function lowers instructions with these opcodes. `named` is the op that says which opcode it was."""

    def register(function: F) -> F:
        for opcode in opcodes:
            RULES[opcode] = function
            if named is not None:
                NAMED[opcode] = named
        return function

    return register


@attrs.frozen(eq=False)
class Node:
    """One instruction, with the values of its operands."""

    module: HloModule
    instruction: Instruction
    operands: tuple[tuple[Value[Any], ...], ...]
    """The arrays of each operand: one, or those of a tuple."""
    shapes: tuple[Shape, ...]
    """The shapes of the operands."""
    regions: Mapping[str, Callable[[Sequence[Value[Any]] | None], Region]]
    """What makes the region for each computation that an attribute names, by `key` or `key[0]`; for `conditional`
    with values in place of its arguments."""
    symbols: Mapping[str, str]
    """The function for each computation that is called, by name."""
    returned: Mapping[str, Sequence[Type]]
    """What these functions return, by the name of the computation."""

    # -- operands and results ----------------------------------------------------------------------------------------

    @property
    def opcode(self) -> str:
        """What the instruction does."""
        return self.instruction.opcode

    @property
    def values(self) -> list[Value[Any]]:
        """The arrays of all operands."""
        return [value for operand in self.operands for value in operand]

    def at_least(self, count: int) -> list[Value[Any]]:
        """The arrays of all operands. Raises `Error` if there are fewer than `count`."""
        found = self.values
        if len(found) < count:
            raise Error(f"`{self.opcode}` has {count} operands at least, not {len(found)}")
        return found

    def tensors(self, count: int | None = None, *, at_least: int = 0) -> list[Tensor]:
        """The operands, each of which must be an array. Raises `Error` if there are not `count`, or too few."""
        given = len(self.operands)
        if given < at_least or (count is not None and given != count):
            wanted = f"{at_least} operands at least" if count is None else f"{count} operands"
            raise Error(f"`{self.opcode}` has {wanted}, not {given}")
        found: list[Tensor] = []
        for number, (operand, shape) in enumerate(zip(self.operands, self.shapes, strict=True)):
            if not isinstance(shape, Array) or not isinstance(shape.type, TensorType):
                raise Error(f"operand {number} of `{self.opcode}` is an array, not a tuple or a token")
            found.append(operand[0])
        return found

    def agreeing(self, *operands: Tensor) -> list[Tensor]:
        """Operands with one element type. HLO may mix floats, which then count as those of the result, or the widest."""
        elements = [operand.type.element_type for operand in operands]
        floats = [element for element in elements if isinstance(element, FloatType)]
        if len(floats) != len(elements) or len(set(floats)) == 1:
            return list(operands)
        wanted = max(floats, key=lambda element: element.width)
        if isinstance(self.instruction.shape, Array) and isinstance(self.instruction.shape.type, TensorType):
            declared = self.instruction.shape.type.element_type
            wanted = declared if isinstance(declared, FloatType) else wanted
        return [convert(operand, wanted) for operand in operands]

    def tensor(self) -> Tensor:
        """The only operand, an array."""
        return self.tensors(1)[0]

    @property
    def types(self) -> list[Type]:
        """The types of the arrays in the result."""
        return [leaf.type for leaf in self.instruction.result.leaves]

    @property
    def result_types(self) -> list[Type] | None:
        """The types of the arrays in the result; None where the text leaves them out and the op infers them."""
        return None if self.instruction.shape is None else self.types

    @property
    def array(self) -> Array:
        """The shape of the result, which must be one array."""
        shape = self.instruction.result
        if not isinstance(shape, Array) or not isinstance(shape.type, TensorType):
            raise Error(f"the result of `{self.opcode}` is an array")
        return shape

    @property
    def type(self) -> TensorType:
        """The type of the result, which must be one array."""
        type = self.array.type
        assert isinstance(type, TensorType), "`array` says so"
        return type

    # -- attributes --------------------------------------------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Whether there is an attribute."""
        return key in self.instruction.attributes

    def text(self, key: str, default: str | None = None) -> str:
        """An attribute as it is written."""
        span = self.instruction.attributes.get(key)
        if span is not None:
            return self.module.text(span)
        if default is None:
            raise Error(f"`{self.opcode}` needs the attribute `{key}`")
        return default

    def read(self, key: str, parse: Callable[[HloLexer], T], default: T | None = None) -> T:
        """An attribute, read by a function. Without a default it must be there."""
        span = self.instruction.attributes.get(key)
        if span is not None:
            return read_value(self.module, span, parse)
        if default is None:
            raise Error(f"`{self.opcode}` needs the attribute `{key}`")
        return default

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        return self.read(key, lambda lexer: lexer.integer(), default)

    def flag(self, key: str) -> bool:
        """Whether an attribute is `true`; false without it."""
        return self.word(key, "false", ("true", "false")) == "true"

    def numbers(self, key: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list: `{1,0}`."""
        return self.read(key, read_numbers, default)

    def word(self, key: str, default: str | None = None, known: Sequence[str] = ()) -> str:
        """A word, one of the `known` ones if there are any."""
        found = self.read(key, lambda lexer: lexer.word(f"a value of `{key}`"), default)
        if known and found not in known:
            raise Error(f"`{key}` is one of {', '.join(known)}, not `{found[:40]}`")
        return found

    def member(self, key: str, kind: type[E], default: E | None = None) -> E:
        """A member of an enumeration."""
        known = [member.name for member in kind]
        word = self.word(key, None if default is None else default.name, known)
        return kind[word]

    def string(self, key: str, default: str | None = None) -> str:
        """A string in quotes."""
        return self.read(key, lambda lexer: lexer.string_literal(), default)

    def computations(self, key: str) -> tuple[str, ...]:
        """The computations that an attribute names; none without it."""
        span = self.instruction.attributes.get(key)
        return () if span is None else read_names(self.module, span)

    def called(self, key: str) -> Call:
        """A call of the computation that an attribute names, with all operands."""
        names = self.computations(key)
        if len(names) != 1 or names[0] not in self.symbols:
            raise Error(f"`{self.opcode}` calls a computation: `{key}=name`")
        return Call(self.symbols[names[0]], self.values, result_types=self.returned[names[0]])

    def region(self, key: str = "to_apply") -> Region:
        """The computation that an attribute names, as a region."""
        make = self.regions.get(key)
        if make is None:
            raise Error(f"`{self.opcode}` needs the attribute `{key}`, a computation")
        return make(None)


def read_numbers(lexer: HloLexer) -> tuple[int, ...]:
    """Reads `{1,0}`."""
    return tuple(lexer.comma_separated(lexer.integer, "{", "}"))


def read_lists(lexer: HloLexer) -> tuple[tuple[int, ...], ...]:
    """Reads `{{0,1},{2,3}}`."""
    return tuple(lexer.comma_separated(lambda: read_numbers(lexer), "{", "}"))
