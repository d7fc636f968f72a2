"""Lists of indices some of which are known: `[%i, 0, 4]`.

They are stored as operands and an `array<i64: ...>` with the known ones and a mark for each operand.

Source: MLIR, `custom<DynamicIndexList>` and OffsetSizeAndStrideOpInterface.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.text.custom import custom_directive
from couloir.ir.types import i64

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperandName

DYNAMIC: Final = -(2**63)
"""What stands in the static list where the index is an operand: upstream's `ShapedType::kDynamic`."""

Index: TypeAlias = "int | Value[Any]"


def mixed(static: Sequence[int], dynamic: Sequence[Value[Any]]) -> list[Index]:
    """The list as one: numbers and values. Raises `couloir.Error` when the marks and the operands do not match."""
    if static.count(DYNAMIC) != len(dynamic):
        raise Error(f"{len(dynamic)} operands for {static.count(DYNAMIC)} indices that are not static")
    values = iter(dynamic)
    return [next(values) if index == DYNAMIC else index for index in static]


def split(indices: Sequence[Index | Operation]) -> tuple[tuple[int, ...], list[Value[Any] | Operation]]:
    """The static list with its marks, and the operands: the inverse of `mixed`."""
    static = tuple(index if isinstance(index, int) else DYNAMIC for index in indices)
    return static, [index for index in indices if not isinstance(index, int)]


def _print(p: Printer, op: Operation, dynamic: Sequence[Value[Any]], static: Attribute | None) -> None:
    if not isinstance(static, DenseArrayAttr):
        raise Error("the list of static indices is missing")
    p.write("[")
    for number, index in enumerate(mixed(static.values, dynamic)):
        if number:
            p.write(", ")
        p.write(str(index)) if isinstance(index, int) else p.operand(index)
    p.write("]")


def _parse(p: Parser) -> tuple[list[OperandName], Attribute]:
    operands: list[OperandName] = []

    def item() -> int:
        name = p.optional_operand_name()
        if name is None:
            return p.integer("an index")
        operands.append(name)
        return DYNAMIC

    static = p.comma_separated(item, "[", "]")
    return operands, DenseArrayAttr(i64, tuple(static))


custom_directive("DynamicIndexList", _print, _parse)
