"""From old values to new ones, and the casts and materializations between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from couloir.ir.builder import insert_at
from couloir.ir.conversion.casts import cast_from, make_cast
from couloir.ir.conversion.places import Place, RecordingPoint
from couloir.ir.conversion.rules import DependsOnIllegal
from couloir.ir.operation import Block, BlockArgument, Operation, Value
from couloir.ir.rewriting.rule import NoMatch

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.conversion.rewriter import Group
    from couloir.ir.conversion.type_converter import Kind, TypeConverter


class ValueMapping:
    """What became of the values of the program inside `root`."""

    def __init__(self, root: Operation, converter: TypeConverter | None) -> None:
        self.root = root
        self.converter = converter
        self.values: dict[Value[Any], Group | None] = {}
        """None for one that could not be converted."""
        self.materialized: dict[Operation, Kind] = {}
        """The ops that were made to change types."""
        self._outside: set[Value[Any]] = set()
        """Values that were there before, around the root, and placeholders: nothing is inserted after their definitions."""
        self._anchors: dict[Value[Any], tuple[Block, Operation | None]] = {}
        """For a value converted to several or none: after what a cast of it goes."""
        self._sources: dict[Value[Any], Group] = {}
        self._targets: dict[Value[Any], Group] = {}
        self._forward: dict[Value[Any], Value[Any]] = {}
        """Placeholders of values that were used before their definition was met."""

    def add_outside(self, values: Group) -> None:
        """Notes values after whose definitions nothing may be inserted."""
        self._outside.update(values)

    def lookup(self, value: Value[Any]) -> Group | None:
        """What became of a value, of whatever types; None when it could not be converted."""
        try:
            return self.values[value]
        except KeyError:
            pass
        if _is_inside(value, self.root):
            placeholder = self._forward.get(value)
            if placeholder is None:
                placeholder = self._forward[value] = Block([value.type]).arguments[0]
                self._outside.add(placeholder)
            return (placeholder,)
        self._outside.add(value)
        self.values[value] = group = (value,)
        return group

    def resolve_forward(self) -> None:
        for old, placeholder in self._forward.items():
            group = self.values.get(old)
            if group is not None and placeholder.has_uses:
                placeholder.replace_all_uses_with(self.legacy(old, None))

    def define(self, old: Value[Any], group: Group | None, place: Place) -> None:
        self.values[old] = group
        if self._sources or self._targets:  # the block of this value may be inlined again
            self._sources.pop(old, None)
            self._targets.pop(old, None)
        if group is None:
            return
        if len(group) == 1:
            if group[0].name_hint is None:
                group[0].name_hint = old.name_hint
            return
        self._anchors[old] = (place.block, place.last)
        if old.name_hint is not None:
            for number, value in enumerate(group):
                if value.name_hint is None:
                    value.name_hint = f"{old.name_hint}_{number}"

    def legacy(self, value: Value[Any], place: Place | None) -> Value[Any]:
        """A value of the old type, for an op that is not converted. The value must have been converted."""
        group = self.lookup(value)
        assert group is not None, "the caller has looked"
        if len(group) == 1:
            type = group[0].type
            if type is value.type or (self.converter is not None and self.converter.accepts(value.type, type)):
                return group[0]
        known = self._sources.get(value)
        if known is None:
            kind = "argument" if isinstance(value, BlockArgument) else "source"
            known = self._materialize(kind, value, (value.type,), group, place)
            if not self._outside.intersection(group):
                self._sources[value] = known
        return known[0]

    def converted(self, value: Value[Any], place: Place, *, inserted: bool = False) -> Group:
        """The converted values for a rule. Raises `NoMatch` when there are none.

        The operands of `inserted` ops may have types that nothing converts, because they are new types.
        """
        group = self.lookup(value)
        if group is None:
            raise DependsOnIllegal
        converter = self.converter
        if converter is None:
            return group
        wanted = converter.convert(value.type)
        if wanted is None:
            if inserted and group[0] is value:
                return group
            raise NoMatch(f"an operand has the type `{value.type}`, {converter.reason(value.type)}")
        if len(group) == len(wanted) and all(map(_fits(converter), wanted, group)):
            return group
        if len(group) != len(wanted) and converter.accepts_any_number(value.type):
            return group
        known = self._targets.get(value)
        if known is None:
            known = self._materialize("target", value, wanted, group, place)
            if not self._outside.intersection(group):
                self._targets[value] = known
        return known

    def _materialize(
        self, kind: Kind, value: Value[Any], wanted: tuple[Type, ...], group: Group, place: Place | None
    ) -> Group:
        """Makes values of other types, where they can be used by everything after the definition of `value`."""
        known = cast_from(group, wanted)
        if known is not None:
            return known
        if place is None or not self._outside.intersection(group):
            place = self._after(value, group)
        origin = group[0] if group else value
        location = origin.location if isinstance(origin, BlockArgument) else _definer(origin).location
        point = RecordingPoint(place, location)
        with insert_at(point):
            made = None if self.converter is None else self.converter.materialize(kind, wanted, group)
            if made is None:
                cast = make_cast(wanted, group, location)
                point.insert(cast)
                made = tuple(cast.results)
        for op in point.new:
            self.materialized[op] = kind
        return made

    def _after(self, value: Value[Any], group: Group) -> Place:
        """Just after the definition of the values that took the place of `value`."""
        if len(group) == 1:
            block, after = group[0].parent_block, group[0].defining_op
        else:
            block, after = self._anchors[value]
        assert block is not None
        return Place(block, block.first_op if after is None else after.next_op)


def _fits(converter: TypeConverter) -> Callable[[Type, Value[Any]], bool]:
    return lambda wanted, value: value.type is wanted or converter.accepts(wanted, value.type)


def _is_inside(value: Value[Any], root: Operation) -> bool:
    """Whether a value is defined in the program below `root`."""
    block = value.parent_block
    while block is not None:
        op = block.parent_op
        if op is None or op is root:
            return op is root
        block = op.parent
    return False


def _definer(value: Value[Any]) -> Operation:
    op = value.defining_op
    assert op is not None, "a value that is no block argument"
    return op
