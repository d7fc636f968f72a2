"""How types change: one type to one, to several, or to none, and what stands between values of the old and the new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeAlias

from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.rewriting.guards import Guard
from couloir.ir.rewriting.rule import NoMatch

Materialization: TypeAlias = (
    "Callable[[tuple[Type, ...], tuple[Value[Any], ...]], Value[Any] | Operation | Sequence[Value[Any]] | None]"
)
"""Makes values of the wanted types from given ones, where new ops go at the time; None leaves it to an older one."""
Kind: TypeAlias = Literal["source", "target", "argument"]


class TypeConverter:
    """Conversions of types, tried from the newest to the oldest.

    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)                         # what nothing newer speaks of stays
    converter.add_conversion(ComplexType, lambda type: [type.element_type] * 2)  # 1-to-2
    converter.add_conversion(NoneType, lambda type: [])                       # 1-to-0
    """

    def __init__(self) -> None:
        self._conversions: list[tuple[type[Type], Callable[[Any], Type | Sequence[Type] | None]]] = []
        self._materializations: dict[Kind, list[Materialization]] = {"source": [], "target": [], "argument": []}
        self._known: dict[Type, tuple[Type, ...] | None] = {}
        self._reasons: dict[Type, str] = {}
        self._asked: set[Type] = set()

    # -- what is said --------------------------------------------------------------------------------------------------------

    def add_conversion(self, cls: type[Type], function: Callable[[Any], Type | Sequence[Type] | None]) -> None:
        """Types of this class become what the function returns: a type, or a list of types.

        It returns None to leave a type to an older conversion, and raises `NoMatch` to say that there is no form for it, and why.
        """
        self._conversions.append((cls, function))
        self._known.clear()

    def add_source_materialization(self, function: Materialization) -> None:
        """How a value of an old type is made from converted ones, for an op that is not converted."""
        self._materializations["source"].append(function)

    def add_target_materialization(self, function: Materialization) -> None:
        """How values of converted types are made from those that another rule gave, for a rule that expects these types."""
        self._materializations["target"].append(function)

    def add_argument_materialization(self, function: Materialization) -> None:
        """As the source materialization, for a block argument; without one, that one is used."""
        self._materializations["argument"].append(function)

    def accepts(self, old: Type, new: Type) -> bool:
        """Whether a value of type `new` may stand where `old` was, without a cast. For subclasses; here only the same type."""
        return old is new

    def accepts_any_number(self, old: Type) -> bool:
        """Whether a value of type `old` may become any number of values. For subclasses; here never."""
        return False

    def stand_in(self, type: Type) -> tuple[Type, ...] | None:
        """The types of the values that stand for a result that could not be converted, while the rest is looked at.

        None when there are none; what takes that result is then passed over. For subclasses; here the converted types.
        """
        return self.convert(type)

    # -- what is asked -------------------------------------------------------------------------------------------------------

    def convert(self, type: Type) -> tuple[Type, ...] | None:
        """The types that take the place of a type; None when there is no form for it, and then `reason` says why."""
        try:
            return self._known[type]
        except KeyError:
            pass
        if type in self._asked:
            raise Error(f"the conversion of `{type}` asks for the conversion of `{type}`")
        self._asked.add(type)
        try:
            found = self._known[type] = self._convert(type)
        finally:
            self._asked.discard(type)
        return found

    def _convert(self, type: Type) -> tuple[Type, ...] | None:
        for cls, function in reversed(self._conversions):
            if not isinstance(type, cls):
                continue
            try:
                made = function(type)
            except NoMatch as miss:
                self._reasons[type] = miss.reason
                return None
            if made is not None:
                return (made,) if isinstance(made, Type) else tuple(made)
        return None

    def reason(self, type: Type) -> str:
        """Why a type has no form: a text to follow its name."""
        return self._reasons.get(type, "which has no converted form")

    def convert_types(self, types: Iterable[Type]) -> list[Type]:
        """The converted types of several, in one list. Raises `NoMatch` when one has no form."""
        found: list[Type] = []
        for type in types:
            converted = self.convert(type)
            if converted is None:
                raise NoMatch(f"the type `{type}`, {self.reason(type)}")
            found += converted
        return found

    def is_legal(self, type: Type) -> bool:
        """Whether a type stays as it is."""
        return self.convert(type) == (type,)

    def legal_types(self, types: Iterable[Type], what: str = "a value") -> Guard:
        """Whether all types stay as they are; otherwise the reason."""
        for type in types:
            if not self.is_legal(type):
                return Guard(False, f"{what} has the type `{type}`")
        return Guard(True)

    def legal_op(self, op: Operation) -> Guard:
        """Whether the operands and results of an op have types that stay. For `ConversionTarget.add_dynamically_legal`."""
        operands = self.legal_types((v.type for v in op.operands), "an operand")
        return operands & self.legal_types((r.type for r in op.results), "a result")

    def legal_region(self, region: Region) -> Guard:
        """Whether the arguments of all blocks have types that stay."""
        types = (argument.type for block in region.blocks for argument in block.arguments)
        return self.legal_types(types, "a block argument")

    def materialize(
        self, kind: Kind, wanted: tuple[Type, ...], values: tuple[Value[Any], ...]
    ) -> tuple[Value[Any], ...] | None:
        """Makes values of the wanted types by the newest materialization that can; None when none can."""
        functions = self._materializations[kind] or (self._materializations["source"] if kind == "argument" else [])
        for function in reversed(functions):
            made = function(wanted, values)
            if made is None:
                continue
            found = (
                tuple(made.results)
                if isinstance(made, Operation)
                else (made,)
                if isinstance(made, Value)
                else tuple(made)
            )
            given = [value.type for value in found]
            if len(given) != len(wanted) or not all(map(self.accepts, wanted, given)):
                raise Error(
                    f"a {kind} materialization was asked for ({_names(wanted)}) and made ({_names(given)})",
                    hint="return None for types that it is not for",
                )
            return found
        return None


def _names(types: Sequence[Type]) -> str:
    return ", ".join(f"`{type}`" for type in types)
