"""The func dialect: functions and calls. Source: MLIR, "func" dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import UNIT, ArrayAttr, DictionaryAttr, StringAttr, SymbolRefAttr
from couloir.ir.codecs import SYMBOL_NAME, UNIT_FLAG
from couloir.ir.fields import Operands, Results, attr, attr_optional, operands, region, result
from couloir.ir.interfaces import CallableOpInterface, CallOpInterface
from couloir.ir.operation import Block, BlockArgument, Operation, Region
from couloir.ir.symbols import lookup
from couloir.ir.text.custom import custom_directive
from couloir.ir.text.scopes import Argument
from couloir.ir.traits import AffineScope, IsolatedFromAbove, IsTerminator, Pure, ReturnLike, Symbol
from couloir.ir.types import FunctionType, Type

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperationReader


class FuncOp(Operation, name="func.func", traits=(IsolatedFromAbove, Symbol, AffineScope, CallableOpInterface)):
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

    def callable_region(self) -> Region | None:
        return None if self.is_declaration else self.body

    def argument_attribute(self, index: int, key: str) -> Attribute | None:
        """The attribute `key` of argument `index`, or None."""
        return _entry(self.arg_attrs, index, key)

    def result_attribute(self, index: int, key: str) -> Attribute | None:
        """The attribute `key` of result `index`, or None."""
        return _entry(self.res_attrs, index, key)

    def verify(self) -> Iterator[str]:
        if self.sym_visibility not in (None, "public", "private", "nested"):
            yield f"its visibility is public, private or nested, not `{self.sym_visibility}`"
        for label, given, count in (
            ("arg_attrs", self.arg_attrs, len(self.function_type.inputs)),
            ("res_attrs", self.res_attrs, len(self.function_type.results)),
        ):
            if given is not None and len(given) != count:
                yield f"`{label}` has {len(given)} dictionaries for {count}"
            plain = next(
                (key for n in range(len(given or ())) for key in _dictionary(given, n) if "." not in key), None
            )
            if plain is not None:
                yield f"the attributes of arguments and results belong to dialects, `dialect.{plain}`; `{plain}` does not"
        if self.is_declaration:
            return
        types = tuple(a.type for a in self.entry.arguments)
        if types != self.function_type.inputs:
            yield f"the entry block takes ({_names(types)}), the function's type is `{self.function_type}`"

    def print(self, p: Printer) -> None:
        p.write(" ")
        if self.sym_visibility is not None:
            p.write(self.sym_visibility, " ")
        p.symbol(self.sym_name)
        p.write("(")
        for index, type in enumerate(self.function_type.inputs):
            p.write(", " if index else "")
            if self.is_declaration:
                p.type(type)
            else:
                p.operand(self.entry.arguments[index])
                p.write(": ")
                p.type(type)
            if self.is_declaration:
                _print_dictionary(p, self.arg_attrs, index)
            else:
                p.argument_attributes(_dictionary(self.arg_attrs, index))
                p.location_of_argument(self.entry.arguments[index])
        p.write(")")
        self._print_results(p)
        p.attr_dict(self, elided=_SIGNATURE, with_keyword=True)
        if not self.is_declaration:
            p.write(" ")
            p.region(self.body)

    def _print_results(self, p: Printer) -> None:
        types = self.function_type.results
        bare = len(types) == 1 and not isinstance(types[0], FunctionType) and not _dictionary(self.res_attrs, 0)
        if not types:
            return
        p.write(" -> " if bare else " -> (")
        for index, type in enumerate(types):
            p.write(", " if index else "")
            p.type(type)
            _print_dictionary(p, self.res_attrs, index)
        p.write("" if bare else ")")

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        visibility = next((word for word in ("public", "private", "nested") if p.optional_keyword(word)), None)
        name = p.symbol_name("the name of a function, `@name`")
        at = p.position
        parameters = p.comma_separated(lambda: _parse_parameter(p))
        results = _parse_results(p)
        attributes = p.attr_dict_with_keyword()
        named = [parameter for parameter in parameters if isinstance(parameter, Argument)]
        attributes["sym_name"] = StringAttr(name)
        attributes["function_type"] = FunctionType(
            tuple(t for t, _ in map(_typed, parameters)), tuple(t for t, _ in results)
        )
        if visibility is not None:
            attributes["sym_visibility"] = StringAttr(visibility)
        for key, dictionaries in (
            ("arg_attrs", [d for _, d in map(_typed, parameters)]),
            ("res_attrs", [d for _, d in results]),
        ):
            if any(dictionaries):
                attributes[key] = ArrayAttr(tuple(DictionaryAttr(tuple(d.items())) for d in dictionaries))
        body = Region()
        if p.at("{"):
            if len(named) != len(parameters):
                raise p.error("the parameters of a function with a body have names, `%name: type`", at=at)
            body = yield p.region_request(named)
            if body.is_empty or (body.first_block is body.last_block and body.first_block.is_empty):  # pyright: ignore[reportOptionalMemberAccess]
                raise p.error("a function with a body has an op in it, at least `return`")
        return p.build(cls, (), attributes, [body], result_types=())


_SIGNATURE: Final = ("sym_name", "sym_visibility", "function_type", "arg_attrs", "res_attrs")


def _parse_parameter(p: Parser) -> Argument | tuple[Type, dict[str, Attribute]]:
    return p.argument() if p.at("%") else (p.type(), p.attr_dict())


def _typed(parameter: Argument | tuple[Type, dict[str, Attribute]]) -> tuple[Type, dict[str, Attribute]]:
    return (parameter.type, parameter.attributes) if isinstance(parameter, Argument) else parameter


def _parse_results(p: Parser) -> list[tuple[Type, dict[str, Attribute]]]:
    if not p.optional("->"):
        return []
    if p.at("("):
        return p.comma_separated(lambda: (p.type(), p.attr_dict()))
    return [(p.type(), {})]


def _dictionary(given: ArrayAttr | None, index: int) -> dict[str, Attribute]:
    entries = None if given is None or index >= len(given) else given[index]
    return entries.as_dict() if isinstance(entries, DictionaryAttr) else {}


def _print_dictionary(p: Printer, given: ArrayAttr | None, index: int) -> None:
    entries = _dictionary(given, index)
    if entries:
        p.write(" ")
        p.dictionary(entries)


def _entry(given: ArrayAttr | None, index: int, key: str) -> Attribute | None:
    return _dictionary(given, index).get(key)


def _names(types: Sequence[Type]) -> str:
    return ", ".join(str(t) for t in types)


class Return(Operation, name="func.return", traits=(IsTerminator, ReturnLike, Pure)):
    """Ends a function with its results."""

    operands_: Operands[Type] = operands(default=())

    assembly_format = "attr-dict ($operands_^ `:` type($operands_))?"

    def verify(self) -> Iterator[str]:
        function = self.parent_op
        if not isinstance(function, FuncOp):
            yield "it stands directly in a `func.func`"
            return
        types = tuple(v.type for v in self.operands_)
        if types != function.function_type.results:
            yield f"it returns ({_names(types)}), the function's type is `{function.function_type}`"


_PROPERTIES: Final = ("arg_attrs", "res_attrs", "no_inline")


def _parse_properties(p: Parser) -> tuple[Attribute | None, Attribute | None, Attribute | None]:
    """Reads `<arg_attrs = [...], no_inline>`, as newer releases of upstream write the attributes of a call."""
    found: dict[str, Attribute] = {}
    if not p.at("<"):
        return None, None, None

    def entry() -> None:
        at = p.position
        key = p.identifier("the name of an attribute")
        if key in found or key not in _PROPERTIES:
            raise p.error("expected `arg_attrs`, `res_attrs` or `no_inline`, each once", at=at)
        found[key] = p.attribute() if p.optional("=") else UNIT

    p.comma_separated(entry, "<", ">")
    return found.get("arg_attrs"), found.get("res_attrs"), found.get("no_inline")


def _print_properties(p: Printer, op: Operation, *properties: Attribute | None) -> None:
    given = [(key, value) for key, value in zip(_PROPERTIES, properties, strict=True) if value is not None]
    for number, (key, value) in enumerate(given):
        p.write(", " if number else " <", key)
        if value is not UNIT:
            p.write(" = ")
            p.attribute(value)
    p.write(">" if given else "")


custom_directive("CallProperties", _print_properties, _parse_properties)


class Call(Operation, name="func.call", traits=(CallOpInterface,)):
    """Calls a function of the module. The types of the results are given."""

    callee: str = attr(codec=SYMBOL_NAME)
    operands_: Operands[Type] = operands(default=())
    arg_attrs: ArrayAttr | None = attr_optional(default=None)
    res_attrs: ArrayAttr | None = attr_optional(default=None)
    no_inline: bool = attr_optional(default=False, codec=UNIT_FLAG)
    results_: Results[Type] = result()

    assembly_format = "$callee `(` $operands_ `)` attr-dict `:` functional-type($operands_, $results_)"
    strict_format = (
        "$callee `(` $operands_ `)` `` custom<CallProperties>($arg_attrs, $res_attrs, $no_inline) attr-dict"
        " `:` functional-type($operands_, $results_)"
    )

    def callee_symbol(self) -> SymbolRefAttr:
        return SymbolRefAttr(self.callee)

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
