"""Reading the names of values and blocks: what op definitions read themselves with, beside types and attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import ParseError, nearest
from couloir.ir.limits import Limits
from couloir.ir.location import UNKNOWN
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.text.lexer import SPACE, SUFFIX
from couloir.ir.text.names import NUMBERED
from couloir.ir.text.scopes import (
    Argument,
    ForwardUse,
    OperandName,
    OperationStart,
    RegionFrame,
    RegionRequest,
    ResultName,
)
from couloir.ir.types import FunctionType

_OPERAND: Final = re.compile(rf"%({SUFFIX}(?:#[0-9]++)?){SPACE}")
_RESULT: Final = re.compile(rf"%({SUFFIX}){SPACE}(?::{SPACE}([0-9]++){SPACE})?")


class ValueParser(AttributeParser):
    """Reads operands, results, block arguments and successors in the region where the reader stands."""

    def __init__(
        self, text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(text, file=file, limits=limits, allow_unregistered=allow_unregistered)
        self._start = OperationStart((), 0, 1, 1)
        self._frame = RegionFrame(None, Operation, None, self._start, 0)

    # -- operands

    def operand_name(self) -> OperandName:
        """Reads `%name` or `%name#1`."""
        found = self.optional_operand_name()
        if found is None:
            raise self.expected("an operand, `%name`")
        return found

    def optional_operand_name(self) -> OperandName | None:
        """Reads `%name` or `%name#1` if one comes next."""
        at = self.position
        found = _OPERAND.match(self.text, at, self.length)
        if found is None:
            return None
        self.position = found.end()
        return OperandName(found[1], at)

    def operand_names(self, *, at_most: int | None = None) -> list[OperandName]:
        """Reads operands with commas between them; none is fine."""
        first = self.optional_operand_name()
        if first is None:
            return []
        return [first] if at_most == 1 else self.more_operand_names(first)

    def more_operand_names(self, first: OperandName) -> list[OperandName]:
        """Reads the operands that follow a first one, each after a comma; gives all of them."""
        names = [first]
        while self.optional(","):
            names.append(self.operand_name())
        return names

    def operand_list(self, open: str = "(", close: str = ")") -> list[OperandName]:
        """Reads `(%a, %b)`."""
        return self.comma_separated(self.operand_name, open, close)

    def resolve(self, operand: OperandName, type: Type) -> Value[Any]:
        """The value that a name stands for, of type `type`. It may be defined further on in the text."""
        name, at = operand
        frame = self._frame
        value = frame.values.get(name)
        if value is None and name.endswith("#0"):
            value = frame.values.get(name[:-2])
        if value is not None:
            if value.type is not type:
                raise self._wrong_type(name, value.type, type, at)
            return value
        use = frame.forward.get(name)
        if use is None:
            base, _, number = name.partition("#")
            if number and base in frame.values:
                raise self.error(f"`%{base}` has no result number {number}", at=at)
            use = frame.forward[name] = ForwardUse(Value(type), at)
        elif use.placeholder.type is not type:
            raise self._wrong_type(name, use.placeholder.type, type, at)
        return use.placeholder

    def resolve_all(
        self, operands: Sequence[OperandName], types: Sequence[Type], *, at: int | None = None
    ) -> list[Value[Any]]:
        """The values that names stand for; there must be one type for each."""
        if len(operands) != len(types):
            raise self.error(f"there are {len(operands)} operands, but {len(types)} types", at=at)
        return [self.resolve(operand, type) for operand, type in zip(operands, types, strict=True)]

    def operand(self, type: Type) -> Value[Any]:
        """Reads an operand of a type that is known."""
        return self.resolve(self.operand_name(), type)

    def known_type(self, operand: OperandName) -> Type | None:
        """The type of a value that is defined before this place in the text; None for another one."""
        value = self._frame.values.get(operand.name)
        return None if value is None else value.type

    def _wrong_type(self, name: str, defined: Type, used: Type, at: int) -> ParseError:
        return self.error(f"the value `%{name}` has the type `{defined}`, but is used here as `{used}`", at=at)

    # -- types

    def optional_types(self, *, at_most: int | None = None) -> list[Type]:
        """Reads types with commas between them; none is fine."""
        first = self.optional_type()
        if first is None:
            return []
        return [first] if at_most == 1 else self.more_types(first)

    def more_types(self, first: Type) -> list[Type]:
        """Reads the types that follow a first one, each after a comma; gives all of them."""
        types = [first]
        while self.optional(","):
            types.append(self.type())
        return types

    def optional_arrow_types(self) -> list[Type]:
        """Reads `-> type` or `-> (type, type)`; none if there is no arrow."""
        return self.result_types() if self.optional("->") else []

    def functional_type(self) -> FunctionType:
        """Reads `(i32, f32) -> i1`."""
        at = self.position
        type = self.type()
        if not isinstance(type, FunctionType):
            raise self.error(f"expected a function type, `(...) -> ...`, found `{type}`", at=at)
        return type

    # -- attributes

    def attr_dict(self) -> dict[str, Attribute]:
        """Reads `{...}`; empty if there is none."""
        return self.dictionary() if self.at("{") else {}

    def attr_dict_with_keyword(self) -> dict[str, Attribute]:
        """Reads `attributes {...}`; empty if there is none."""
        return self.dictionary() if self.optional_keyword("attributes") else {}

    def prop_dict(self) -> dict[str, Attribute]:
        """Reads `<{...}>`; empty if there is none."""
        if not self.optional("<"):
            return {}
        found = self.dictionary()
        self.expect(">")
        return found

    # -- blocks and regions

    def argument(self) -> Argument:
        """Reads `%name: type`, perhaps with attributes and a location."""
        return self.block_argument(with_attributes=True)

    def block_argument(self, *, with_attributes: bool = False) -> Argument:
        """Reads `%name: type`, perhaps with a location."""
        name = self.operand_name()
        self.expect(":")
        type = self.type()
        attributes = self.attr_dict() if with_attributes else {}
        return Argument(name, type, self.optional_location(), attributes)

    def arguments(self, open: str = "(", close: str = ")") -> list[Argument]:
        """Reads `(%a: i32, %b: f32)`."""
        return self.comma_separated(self.argument, open, close)

    def successor(self) -> Block:
        """Reads `^name`: a block of this region, perhaps one that comes later."""
        at = self.position
        name = self.optional_block_name()
        if name is None:
            raise self.expected("a block, `^name`")
        frame = self._frame
        block = frame.blocks.get(name)
        if block is None:
            waiting = frame.forward_blocks.get(name)
            if waiting is None:
                waiting = frame.forward_blocks[name] = (Block(), at)
            block = waiting[0]
        return block

    def successors(self) -> list[Block]:
        """Reads blocks with commas between them; none is fine."""
        blocks: list[Block] = []
        while self.at("^"):
            blocks.append(self.successor())
            if not self.optional(","):
                break
        return blocks

    def successor_with_operands(self) -> tuple[Block, list[Value[Any]]]:
        """Reads `^name` or `^name(%a, %b : i32, f32)`."""
        block = self.successor()
        if not self.optional("("):
            return block, []
        names = self.operand_names()
        self.expect(":")
        values = self.resolve_all(names, self.types())
        self.expect(")")
        return block, values

    def region_request(self, entry_arguments: Sequence[Argument] | None = None) -> RegionRequest:
        """What `parse` yields to have the region read that comes next.

        Args:
            entry_arguments: The arguments of the entry block, when the text names them before the region. `Argument`
            is a
                tuple of name, type, location and attributes.
        """
        return RegionRequest(entry_arguments)

    @property
    def result_count(self) -> int:
        """How many results the text names for the op that is being read."""
        return sum(result.size for result in self._start.results)

    # -- definitions

    def _result_names(self) -> list[ResultName]:
        names: list[ResultName] = []
        while True:
            at = self.position
            found = self.match(_RESULT)
            if found is None:
                raise self.expected("the name of a result, `%name`")
            size = 1 if found[2] is None else self.integer_value(found[2], at)
            if not 1 <= size <= self.limits.attribute_items:
                raise self.error(f"a name stands for 1 to {self.limits.attribute_items} results, not {size}", at=at)
            names.append(ResultName(found[1], size, at))
            if not self.optional(","):
                break
        self.expect("=")
        return names

    def _define(self, frame: RegionFrame, name: str, value: Value[Any], at: int) -> None:
        values = frame.values
        if name in values:
            raise self.error(f"the value `%{name}` is defined twice", at=at, hint="every value has one definition")
        values[name] = value
        if frame.forward:
            use = frame.forward.pop(name, None)
            if use is not None:
                if use.placeholder.type is not value.type:
                    raise self._wrong_type(name, value.type, use.placeholder.type, use.at)
                use.placeholder.replace_all_uses_with(value)
        if not name[0].isdigit() and not NUMBERED.fullmatch(name):
            value.name_hint = name.partition("#")[0]

    def _define_results(self, frame: RegionFrame, op: Operation, names: Sequence[ResultName]) -> None:
        results = op.results
        named = sum(name.size for name in names)
        if named != len(results):
            raise self.error(f"`{op.name}` has {len(results)} results, but {named} are named", at=names[0].at)
        index = 0
        for name, size, at in names:
            self._define(frame, name, results[index], at)
            if size > 1:
                for number in range(size):
                    self._define(frame, f"{name}#{number}", results[index + number], at)
            index += size

    def _add_arguments(self, frame: RegionFrame, block: Block, arguments: Sequence[Argument]) -> None:
        for argument in arguments:
            added = block.add_argument(argument.type, None, argument.location or UNKNOWN)
            self._define(frame, argument.name.name, added, argument.name.at)

    def _leave_scope(self, frame: RegionFrame) -> None:
        """Forgets the names of a region; what was used before its definition may still be defined around it."""
        parent = frame.parent
        if parent is None or frame.isolated:
            self._check_all_defined(frame)
        else:
            for name, use in frame.forward.items():
                known = parent.forward.setdefault(name, use)
                if known is not use:
                    if known.placeholder.type is not use.placeholder.type:
                        raise self._wrong_type(name, known.placeholder.type, use.placeholder.type, use.at)
                    use.placeholder.replace_all_uses_with(known.placeholder)
        frame.forget_names()

    def _check_all_defined(self, frame: RegionFrame) -> None:
        if frame.forward:
            name, use = min(frame.forward.items(), key=lambda item: item[1].at)
            hint = nearest(name, frame.names_in_sight())
            raise self.error(f"the value `%{name}` is used but not defined", at=use.at, hint=hint)
