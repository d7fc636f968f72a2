"""The func dialect: functions and calls. Source: MLIR, "func" dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DictionaryAttr
from couloir.ir.codecs import SYMBOL_NAME, UNIT_FLAG
from couloir.ir.fields import Operands, Results, attr, attr_optional, operands, region, result
from couloir.ir.operation import Block, BlockArgument, Operation, Region
from couloir.ir.symbols import lookup
from couloir.ir.traits import AffineScope, IsolatedFromAbove, IsTerminator, Pure, ReturnLike, Symbol
from couloir.ir.types import FunctionType, Type


class FuncOp(Operation, name="func.func", traits=(IsolatedFromAbove, Symbol, AffineScope)):
    """A function. Without a body it is a declaration."""

    default_dialect: ClassVar[str] = "func"

    sym_name: str
    function_type: FunctionType
    sym_visibility: str | None = attr_optional(default=None)
    arg_attrs: ArrayAttr | None = attr_optional(default=None)
    res_attrs: ArrayAttr | None = attr_optional(default=None)
    no_inline: bool = attr_optional(default=False, codec=UNIT_FLAG)
    body: Region = region(default=None)

    @classmethod
    def build(
        cls,
        name: str,
        inputs: Sequence[Type],
        results: Sequence[Type] = (),
        *,
        visibility: str | None = None,
    ) -> FuncOp:
        """A function with an entry block and nothing in it: add ops with `at_end(function.entry)`, a `Return` last."""
        return cls(name, FunctionType(inputs, results), visibility, body=Region([Block(inputs)]))

    @property
    def is_declaration(self) -> bool:
        """Whether it has no body."""
        return self.body.is_empty

    @property
    def entry(self) -> Block:
        """The first block of the body."""
        block = self.body.first_block
        assert block is not None, "a declaration has no entry block"
        return block

    @property
    def arguments(self) -> Sequence[BlockArgument[Any]]:
        """The arguments; none for a declaration."""
        return () if self.is_declaration else self.entry.arguments

    @property
    def is_private(self) -> bool:
        """Whether it is visible in its module only."""
        return self.sym_visibility == "private"

    def argument_attribute(self, index: int, key: str) -> Attribute | None:
        """The attribute `key` of argument `index`, or None."""
        return _entry(self.arg_attrs, index, key)

    def result_attribute(self, index: int, key: str) -> Attribute | None:
        """The attribute `key` of result `index`, or None."""
        return _entry(self.res_attrs, index, key)

    def verify(self) -> Iterator[str]:
        for label, given, count in (
            ("arg_attrs", self.arg_attrs, len(self.function_type.inputs)),
            ("res_attrs", self.res_attrs, len(self.function_type.results)),
        ):
            if given is not None and len(given) != count:
                yield f"`{label}` has {len(given)} dictionaries for {count}"
        if self.is_declaration:
            return
        types = tuple(a.type for a in self.entry.arguments)
        if types != self.function_type.inputs:
            yield f"the entry block takes ({_names(types)}), the function's type is `{self.function_type}`"


def _entry(given: ArrayAttr | None, index: int, key: str) -> Attribute | None:
    entries = None if given is None or index >= len(given) else given[index]
    return entries.get(key) if isinstance(entries, DictionaryAttr) else None


def _names(types: Sequence[Type]) -> str:
    return ", ".join(str(t) for t in types)


class Return(Operation, name="func.return", traits=(IsTerminator, ReturnLike, Pure)):
    """Ends a function with its results."""

    operands_: Operands[Type] = operands(default=())

    def verify(self) -> Iterator[str]:
        function = self.parent_op
        if not isinstance(function, FuncOp):
            yield "it stands directly in a `func.func`"
            return
        types = tuple(v.type for v in self.operands_)
        if types != function.function_type.results:
            yield f"it returns ({_names(types)}), the function's type is `{function.function_type}`"


class Call(Operation, name="func.call"):
    """Calls a function of the module. The types of the results are given."""

    callee: str = attr(codec=SYMBOL_NAME)
    operands_: Operands[Type] = operands(default=())
    no_inline: bool = attr_optional(default=False, codec=UNIT_FLAG)
    results_: Results[Type] = result()

    def verify(self) -> Iterator[str]:
        target = lookup(self, self.callee)
        if target is None:
            return  # the verifier reports symbols that are not there
        if not isinstance(target, FuncOp):
            yield f"@{self.callee} is a `{target.name}`, not a function"
            return
        given = FunctionType([v.type for v in self.operands_], [r.type for r in self.results_])
        if given is not target.function_type:
            yield f"it is called as `{given}`, but @{self.callee} is `{target.function_type}`"
