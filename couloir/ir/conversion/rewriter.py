"""What a conversion rule is given: its converted operands, and what it may ask of the conversion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.builder import CURRENT
from couloir.ir.conversion.places import Place, location_at
from couloir.ir.definition import SEGMENTS
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting.events import Observer
from couloir.ir.rewriting.rule import NoMatch, Rewrite
from couloir.ir.types import i32

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.conversion.driver import Conversion
    from couloir.ir.conversion.type_converter import TypeConverter
    from couloir.ir.location import Location

Converted: TypeAlias = "Value[Any] | tuple[Value[Any], ...]"
"""What became of a value: another one, or a tuple when its type was converted to several types or to none."""
Group: TypeAlias = "tuple[Value[Any], ...]"


@attrs.frozen(eq=False)
class Convert:
    """`new = yield Convert(op.body)`: a region with the converted blocks of another one, for the op that the rule makes.

    The types of all block arguments are converted. `arguments` gives those of the first block otherwise: the new types
    for each old argument.
    """

    region: Region
    arguments: Sequence[Sequence[Type]] | None = None


@attrs.frozen(eq=False)
class Inline:
    """`values = yield Inline(block, arguments)`: the converted ops of a block, its terminator left out, where the rule's ops go.

    The answer is what became of the operands of the terminator, in a list. With `into`, the ops go to the end of that new
    block. `site` is the place of a call: the locations of the ops then say that they were called from there.
    """

    block: Block
    arguments: Sequence[Converted | None] = ()
    """What takes the place of each block argument."""
    into: Block | None = None
    site: Location | None = None


class Adaptor:
    """The operands of an op as they are now, by the names of its fields.

    `adaptor.lhs` is a value, or a tuple where the type was converted to several types or to none; for a variadic field it
    is a list of these. Other names give what the op itself has: `adaptor.axis` is its attribute.
    """

    __slots__ = ("_groups", "_op")

    def __init__(self, op: Operation, groups: list[Group]) -> None:
        self._op = op
        self._groups = groups

    @property
    def operands(self) -> list[Converted]:
        """All operands in order."""
        return [single(group) for group in self._groups]

    @property
    def groups(self) -> list[Group]:
        """The values for each operand."""
        return self._groups

    @property
    def flat_operands(self) -> list[Value[Any]]:
        """All values in order, in one list."""
        return [value for group in self._groups for value in group]

    def __getitem__(self, index: int) -> Converted:
        return single(self._groups[index])

    def __len__(self) -> int:
        return len(self._groups)

    def __getattr__(self, name: str) -> Any:
        op = self._op
        definition = type(op).definition
        position = 0
        for field, size in zip(definition.operands, definition.group_sizes(op, "operand"), strict=True):
            if field.name == name:
                found = [single(group) for group in self._groups[position : position + size]]
                old = getattr(op, name)
                return found if isinstance(old, list | tuple) else found[0] if old is not None else None
            position += size
        return getattr(op, name)


def single(group: Group) -> Converted:
    """A value for a tuple of one; other tuples as they are."""
    return group[0] if len(group) == 1 else group


def flat(items: Converted | Iterable[Converted]) -> list[Value[Any]]:
    """The values of several converted ones, in one list."""
    if isinstance(items, Value):
        return [items]
    return [value for item in items for value in ((item,) if isinstance(item, Value) else item)]


class ConversionRewriter:
    """What a rule can ask of the conversion. Ops that it builds go in front of what follows the converted op."""

    __slots__ = ("_conversion", "_place", "absorbed", "op")

    def __init__(self, conversion: Conversion, op: Operation, place: Place) -> None:
        self._conversion = conversion
        self._place = place
        self.op = op
        self.absorbed: list[tuple[Operation, ...]] = []
        """Ops that the pattern of an equation took in."""

    @property
    def converter(self) -> TypeConverter | None:
        """The type converter of the conversion."""
        return self._conversion.converter

    def types(self, types: Iterable[Type]) -> list[Type]:
        """The converted types, in one list. Raises `NoMatch` when one has no form."""
        converter = self._conversion.converter
        return list(types) if converter is None else converter.convert_types(types)

    def converted(self, value: Value[Any]) -> Converted:
        """What became of a value of the old program, for example one that a region takes from around it."""
        return single(self._conversion.mapping.converted(value, self._place))

    def block(self, old: Block) -> Block:
        """The block that takes the place of an old one, as the successor of a new terminator."""
        return self._conversion.new_block(old)

    def raw(self, value: Value[Any]) -> Converted | None:
        """What took the place of a value, of whatever types; None when it could not be converted."""
        group = self._conversion.mapping.lookup(value)
        return None if group is None else single(group)

    @property
    def has_failed(self) -> bool:
        """Whether something could not be converted. Then the conversion goes on only to find what else there is."""
        return bool(self._conversion.failures)

    def is_active(self, block: Block) -> bool:
        """Whether this block is being inlined right now, so that to inline it here would never end."""
        return block in self._conversion.active

    def insert(self, op: Operation) -> Operation:
        """Puts an op that was made with insertion off (`create`, `clone`) where the rule's ops go."""
        point = CURRENT.get()
        if point is not None and op.parent is None:
            point.insert(op)
        return op

    def rebuild(self, adaptor: Adaptor, regions: Sequence[Region] = ()) -> Operation:
        """The same op with converted operands, results and successors, and these regions. Inserted.

        Raises `NoMatch` when several values would have to stand where the op takes or gives one.
        """
        op, definition = self.op, type(self.op).definition
        attributes = dict(op.attributes)
        operands = [len(group) for group in adaptor.groups]
        results = [len(self.types([result.type])) for result in op.results]
        for kind, sizes in (("operand", operands), ("result", results)):
            fields = definition.groups(kind)
            segments: list[int] = []
            position = 0
            for field, count in zip(fields, definition.group_sizes(op, kind), strict=True):
                size = sum(sizes[position : position + count])
                position += count
                segments.append(size)
                if field.arity == "single" and size != 1:
                    raise NoMatch(f"`{field.name}` becomes {size} values, and the op has one there")
            if definition.needs_segments(kind):
                attributes[SEGMENTS[kind]] = DenseArrayAttr(i32, tuple(segments))
        return self.insert(
            type(op).create(
                adaptor.flat_operands,
                self.types(result.type for result in op.results),
                attributes,
                regions,
                [self.block(block) for block in op.successors],
                self.location,
            )
        )

    @property
    def location(self) -> Location:
        """The location of the ops that the rule makes."""
        return location_at(self.op, self._place)

    def matched(self, rule: Rewrite, ops: Sequence[Operation]) -> None:
        """Tells an observer on what a rule is about to be tried."""
        listener = self._conversion.options.listener
        if isinstance(listener, Observer):
            listener.matched(rule, ops)
