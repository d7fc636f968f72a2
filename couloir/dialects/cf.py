"""The cf dialect: jumps between blocks. Names and semantics are upstream's (MLIR, "cf" dialect)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.constraints import BOOLEAN, SIGNLESS
from couloir.ir.fields import Operand, Operands, attr, attr_optional, operand, operands, successor
from couloir.ir.interfaces import BranchOpInterface, Constants, as_integer
from couloir.ir.operation import Block, Operation, Value, as_value
from couloir.ir.traits import IsTerminator, Pure
from couloir.ir.types import IntegerType, VectorType, dtype_of, i32

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer


def _passed(block: Block, values: Sequence[Value[Any]]) -> Iterator[str]:
    """What is wrong with the values that go to the arguments of a block."""
    given, wanted = [value.type for value in values], [argument.type for argument in block.arguments]
    if given != wanted:
        yield f"({', '.join(map(str, given))}) go to a block that takes ({', '.join(map(str, wanted))})"


class Assert(Operation, name="cf.assert"):
    """Stops the program with a message unless the argument holds."""

    arg: Operand[IntegerType] = operand(elements=BOOLEAN)
    msg: str

    assembly_format = "$arg `,` $msg attr-dict"


class Branch(Operation, name="cf.br", traits=(IsTerminator, Pure, BranchOpInterface)):
    """Goes on with a block."""

    dest_operands: Operands[Type] = operands(default=())
    dest: Block = successor(kw_only=True)

    assembly_format = "$dest (`(` $dest_operands^ `:` type($dest_operands) `)`)? attr-dict"

    @classmethod
    def to(cls, dest: Block, values: Sequence[Value[Any] | Operation] = ()) -> Branch:
        """A jump to `dest` with the values of its arguments."""
        return cls(values, dest=dest)

    def verify(self) -> Iterator[str]:
        yield from _passed(self.dest, self.dest_operands)

    def successor_operands(self, number: int) -> range:
        return range(len(self.operands))

    def known_successors(self, constants: Constants) -> Sequence[int]:
        return (0,)


class CondBranch(Operation, name="cf.cond_br", traits=(IsTerminator, Pure, BranchOpInterface)):
    """Goes on with one of two blocks."""

    condition: Operand[IntegerType] = operand(elements=BOOLEAN)
    true_dest_operands: Operands[Type] = operands(default=())
    false_dest_operands: Operands[Type] = operands(default=())
    branch_weights: tuple[int, ...] | None = attr_optional(default=None, codec=i32)
    true_dest: Block = successor(kw_only=True)
    false_dest: Block = successor(kw_only=True)

    assembly_format = """
        $condition (`weights` `(` $branch_weights^ `)`)? `,`
        $true_dest (`(` $true_dest_operands^ `:` type($true_dest_operands) `)`)? `,`
        $false_dest (`(` $false_dest_operands^ `:` type($false_dest_operands) `)`)?
        attr-dict"""

    def verify(self) -> Iterator[str]:
        yield from _passed(self.true_dest, self.true_dest_operands)
        yield from _passed(self.false_dest, self.false_dest_operands)

    def successor_operands(self, number: int) -> range:
        middle = 1 + len(self.true_dest_operands)
        return range(middle, len(self.operands)) if number else range(1, middle)

    def known_successors(self, constants: Constants) -> Sequence[int]:
        condition = as_integer(constants[0])
        return (0, 1) if condition is None else (0,) if condition else (1,)


class Switch(Operation, name="cf.switch", traits=(IsTerminator, Pure, BranchOpInterface)):
    """Goes on with the block of the case that `flag` equals, or with the default one."""

    flag: Operand[IntegerType] = operand(elements=SIGNLESS)
    default_operands: Operands[Type] = operands(default=())
    case_operands: Operands[Type] = operands(default=())
    case_values: DenseElementsAttr | None = attr_optional(default=None)
    case_operand_segments: tuple[int, ...] = attr(codec=i32, kw_only=True)
    default_destination: Block = successor(kw_only=True)
    case_destinations: tuple[Block, ...] = successor(kw_only=True)

    @classmethod
    def build(
        cls,
        flag: Value[Any] | Operation,
        default: tuple[Block, Sequence[Value[Any]]],
        cases: Sequence[tuple[int, Block, Sequence[Value[Any]]]],
    ) -> Switch:
        """A switch from the default block with its values, and a number, a block and values for each case."""
        value = as_value(flag)
        numbers = _case_values(value.type, [number for number, _, _ in cases])
        return cls(
            value,
            default[1],
            [item for _, _, values in cases for item in values],
            numbers,
            case_operand_segments=tuple(len(values) for _, _, values in cases),
            default_destination=default[0],
            case_destinations=tuple(block for _, block, _ in cases),
        )

    @property
    def cases(self) -> list[tuple[int, Block, Sequence[Value[Any]]]]:
        """A number, a block and the values of its arguments for each case."""
        values = self.case_values
        numbers: list[int] = [] if values is None else values.array.tolist()
        start, found = 0, list[tuple[int, Block, Sequence[Value[Any]]]]()
        for number, block, count in zip(numbers, self.case_destinations, self.case_operand_segments, strict=True):
            found.append((number, block, self.case_operands[start : start + count]))
            start += count
        return found

    def verify(self) -> Iterator[str]:
        values = self.case_values
        counts = {
            0 if values is None else values.array.size,
            len(self.case_destinations),
            len(self.case_operand_segments),
        }
        if len(counts) != 1:
            yield "`case_values`, `case_operand_segments` and `case_destinations` have one entry for each case"
        elif sum(self.case_operand_segments) != len(self.case_operands):
            yield f"`case_operand_segments` adds up to {sum(self.case_operand_segments)}, not {len(self.case_operands)}"
        else:
            yield from _passed(self.default_destination, self.default_operands)
            for _, block, passed in self.cases:
                yield from _passed(block, passed)

    def successor_operands(self, number: int) -> range:
        start = 1
        for count in (len(self.default_operands), *self.case_operand_segments)[:number]:
            start += count
        count = self.case_operand_segments[number - 1] if number else len(self.default_operands)
        return range(start, start + count)

    def known_successors(self, constants: Constants) -> Sequence[int]:
        flag = as_integer(constants[0])
        if flag is None:
            return range(len(self.successors))
        for number, (value, _, _) in enumerate(self.cases, start=1):
            if value == flag:
                return (number,)
        return (0,)

    def print(self, p: Printer) -> None:
        p.write(" ")
        p.operand(self.flag)
        p.write(" : ")
        p.type(self.flag.type)
        p.write(", [")
        p.newline(1)
        p.write("default: ")
        p.successor(self.default_destination, self.default_operands)
        width = self.flag.type.width
        for number, block, values in self.cases:
            p.write(",")
            p.newline(1)
            p.write(f"{number % 2**width}: ")  # upstream writes them without sign
            p.successor(block, values)
        if self.cases:
            p.newline()
        p.write("]")
        p.attr_dict(self, elided=("case_values", "case_operand_segments"))

    @classmethod
    def parse(cls, p: Parser) -> Operation:
        name = p.operand_name()
        p.expect(":")
        type = p.type()
        p.expect(",")
        p.expect("[")
        p.expect_keyword("default")
        p.expect(":")
        default, default_values = p.successor_with_operands()
        numbers: list[int] = []
        blocks: list[Block] = []
        values: list[list[Value[Any]]] = []
        while p.optional(","):
            numbers.append(p.integer("the number of a case"))
            p.expect(":")
            block, passed = p.successor_with_operands()
            blocks.append(block)
            values.append(passed)
        p.expect("]")
        attributes = p.attr_dict()
        found = _case_values(type, numbers)
        if found is not None:
            attributes["case_values"] = found
        attributes["case_operand_segments"] = DenseArrayAttr(i32, tuple(map(len, values)))
        passed_all = [item for passed in values for item in passed]
        attributes["operandSegmentSizes"] = DenseArrayAttr(i32, (1, len(default_values), len(passed_all)))
        operands = [p.resolve(name, type), *default_values, *passed_all]
        return p.build(cls, operands, attributes, successors=[default, *blocks])


def _case_values(type: Type, numbers: Sequence[int]) -> DenseElementsAttr | None:
    if not numbers:
        return None
    import numpy as np

    values = [IntegerAttr(number, type).value for number in numbers]  # 4294967295 is -1 of an i32
    return DenseElementsAttr(VectorType((len(numbers),), type), np.asarray(values, dtype=dtype_of(type)))
