"""The builtin dialect: the module. Source: MLIR, "builtin" dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from couloir.ir.fields import Operands, Results, attr_optional, region, result
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.symbols import symbols_in
from couloir.ir.traits import GraphRegion, IsolatedFromAbove, NoTerminator, Pure, SingleBlock, Symbol, SymbolTable
from couloir.ir.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from couloir.dialects.func import FuncOp


class ModuleOp(
    Operation,
    name="builtin.module",
    traits=(SymbolTable, Symbol, IsolatedFromAbove, SingleBlock, NoTerminator, GraphRegion),
):
    """What a program is: a list of functions and globals."""

    default_dialect: ClassVar[str] = "builtin"

    sym_name: str | None = attr_optional(default=None)
    sym_visibility: str | None = attr_optional(default=None)
    body_region: Region = region(default=None, blocks="one")

    assembly_format = "($sym_name^)? attr-dict-with-keyword $body_region"

    @classmethod
    def empty(cls, ops: Sequence[Operation] = (), *, name: str | None = None) -> ModuleOp:
        """A module with these ops in it."""
        return cls(name, None, Region([Block((), ops)]))

    @property
    def body(self) -> Block:
        """The block that holds the functions and globals."""
        return self.body_region.block

    @property
    def ops(self) -> Iterator[Operation]:
        """The functions and globals."""
        return self.body.ops

    @property
    def symbols(self) -> dict[str, Operation]:
        """The functions and globals by name."""
        return symbols_in(self)

    @property
    def functions(self) -> list[FuncOp]:
        """The functions, in order."""
        return [op for op in self.ops if op.name == "func.func"]  # pyright: ignore[reportReturnType] -- that name is FuncOp's


class UnrealizedConversionCast(Operation, name="builtin.unrealized_conversion_cast", traits=(Pure,)):
    """Stands between values of an old and a new type while a conversion is under way. The types are given."""

    inputs: Operands[Type]
    outputs: Results[Type] = result()

    assembly_format = "($inputs^ `:` type($inputs))? `to` type($outputs) attr-dict"
