"""Values, operations, blocks and regions: the data structure that everything else reads and edits.

The ops of a block are a doubly linked list, so inserting, removing and moving one is O(1). Every value knows its uses; replacing a
value costs O(uses). Nothing here recurses, so a million ops in a block and ten thousand nested regions are ordinary.
"""

# The classes here are one data structure and see each other's links.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from couloir.ir.attribute import Type
from couloir.ir.definition import RUNTIME, OperationMeta
from couloir.ir.errors import Error
from couloir.ir.fields import keyword, slot
from couloir.ir.location import UNKNOWN, Location, unpacked
from couloir.ir.text.printer import operation_text

if TYPE_CHECKING:
    from typing import Self

    from couloir.ir.attribute import Attribute
    from couloir.ir.definition import Definition
    from couloir.ir.traits import Trait

T = TypeVar("T", bound=Type, covariant=True)


class Use(NamedTuple):
    """One use of a value: operand number `index` of `user`."""

    user: Operation
    index: int  # pyright: ignore[reportIncompatibleMethodOverride] -- nobody searches a use for a value


class Value(Generic[T]):
    """What an op takes and gives: a result of an op, or an argument of a block."""

    # Most values have one use or two. They are kept in slots, filled in this order; only further ones need a dict. An index
    # counts only where there is a user.
    __slots__ = ("_index", "_index2", "_more", "_user", "_user2", "name_hint", "type")

    type: T  # read-only by convention: `set_type` changes it
    name_hint: str | None
    _user: Operation | None
    _index: int
    _user2: Operation | None
    _index2: int
    _more: dict[Use, None] | None

    def __init__(self, type: Type, name_hint: str | None = None) -> None:
        self.type = type  # pyright: ignore[reportAttributeAccessIssue]
        self.name_hint = name_hint
        self._user = self._user2 = None
        self._index = 0
        self._more = None

    def _add_use(self, user: Operation, index: int) -> None:
        if self._user is None:
            self._user = user
            self._index = index
        elif self._user2 is None:
            self._user2 = user
            self._index2 = index
        elif self._more is None:
            self._more = {Use(user, index): None}
        else:
            self._more[Use(user, index)] = None

    def _remove_use(self, user: Operation, index: int) -> None:
        if self._user is user and self._index == index:
            if self._user2 is None:
                self._user = None
                return
            self._user, self._index = self._user2, self._index2
        elif self._user2 is not user or self._index2 != index:
            if self._more is not None:
                del self._more[Use(user, index)]
            return
        if self._more:
            (self._user2, self._index2), _ = self._more.popitem()
        else:
            self._user2 = None

    @property
    def uses(self) -> list[Use]:
        """All uses: a fresh list, so that editing while going through it is safe."""
        if self._user is None:
            return []
        first = Use(self._user, self._index)
        if self._user2 is None:
            return [first]
        return [first, Use(self._user2, self._index2), *(self._more or ())]

    @property
    def users(self) -> list[Operation]:
        """The ops that use this value, each once."""
        return list(dict.fromkeys(use.user for use in self.uses))

    @property
    def has_uses(self) -> bool:
        """Whether any op uses it."""
        return self._user is not None

    @property
    def has_one_use(self) -> bool:
        """Whether it is used exactly once."""
        return self._user is not None and self._user2 is None

    @property
    def use_count(self) -> int:
        """Number of uses; an op that takes the value twice counts twice."""
        return (self._user is not None) + (self._user2 is not None) + len(self._more or ())

    def replace_all_uses_with(self, other: Value[Any] | Operation) -> None:
        """Makes every user take `other` instead. O(uses)."""
        value = as_value(other)
        if value is self:
            return
        for user, index in self.uses:
            user.set_operand(index, value)

    def replace_uses_if(self, other: Value[Any] | Operation, condition: Callable[[Use], bool]) -> None:
        """Makes the users for which `condition` holds take `other` instead."""
        value = as_value(other)
        for use in self.uses:
            if condition(use):
                use.user.set_operand(use.index, value)

    def set_type(self, type: Type) -> None:
        """Changes the type; the users are not looked at."""
        self.type = type  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def defining_op(self) -> Operation | None:
        """The op that gives this value; None for a block argument."""
        return None

    @property
    def parent_block(self) -> Block | None:
        """The block in which it is defined."""
        raise Error(f"a bare {type(self).__name__} is defined nowhere")


class OpResult(Value[T]):
    """Result number `index` of `owner`."""

    __slots__ = ("index", "owner")
    owner: Operation
    index: int

    def __init__(self, type: Type, owner: Operation, index: int) -> None:
        self.type = type  # pyright: ignore[reportAttributeAccessIssue]
        self.name_hint = None
        self._user = self._user2 = self._more = None
        self.owner = owner
        self.index = index

    @property
    def defining_op(self) -> Operation:
        return self.owner

    @property
    def parent_block(self) -> Block | None:
        return self.owner.parent

    def __repr__(self) -> str:
        return f"<result {self.index} of {self.owner.name}: {self.type}>"


class BlockArgument(Value[T]):
    """Argument number `index` of block `owner`."""

    __slots__ = ("index", "location", "owner")
    owner: Block
    index: int
    location: Location

    def __init__(
        self, type: Type, owner: Block, index: int, name_hint: str | None = None, location: Location = UNKNOWN
    ) -> None:
        super().__init__(type, name_hint)
        self.owner = owner
        self.index = index
        self.location = location

    @property
    def parent_block(self) -> Block:
        return self.owner

    def __repr__(self) -> str:
        return f"<block argument {self.index}: {self.type}>"


@contextmanager
def collector_paused() -> Generator[None]:
    """No garbage collection inside the `with`: while many linked objects are made, it would search them all, again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def as_value(item: Value[Any] | Operation) -> Value[Any]:
    """A value as it is; for an op with one result, that result. Anything else is an error."""
    if isinstance(item, Value):
        return item
    if isinstance(item, Operation):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers may not be checked
        if len(item.results) == 1:
            return item.results[0]
        raise Error(
            f"`{item.name}` has {len(item.results)} results where one value is needed",
            hint="name the result: `op.results[0]`",
        )
    raise Error(f"an operand is a value or an op with one result, not {type(item).__name__} {item!r}")


class SharedAttributes(dict[str, "Attribute"]):
    """Attributes that several ops have in common: copied for an op as soon as somebody asks for a table to change."""

    __slots__ = ()


NO_ATTRIBUTES: Final = SharedAttributes()


class Operation(metaclass=OperationMeta):
    """Base of all operations. A subclass with annotated fields defines an op; see `couloir.ir.fields`.

    Calling such a class builds the op: operands, attributes and regions as parameters, the result types inferred. Inside
    `with at_end(block):` it is inserted there as well.
    """

    __slots__ = (
        "_attributes",
        "_location",
        "_next",
        "_operands",
        "_order",
        "_prev",
        "parent",
        "regions",
        "results",
        "successors",
    )

    name: ClassVar[str] = ""
    """Dialect-qualified name, `"stablehlo.add"`."""
    traits: ClassVar[frozenset[type[Trait]]] = frozenset()
    definition: ClassVar[Definition]
    """The fields, as read from the annotations."""

    if TYPE_CHECKING:
        attributes: dict[str, Attribute] = slot()
        """The attributes by name, to read and to change."""
        location: Location = slot()
        parent: Block | None = slot()
        regions: tuple[Region, ...] = slot()
        results: tuple[OpResult[Any], ...] = slot()
        successors: Sequence[Block] = slot()
        _attributes: dict[str, Attribute] = slot()
        _location: Location | int = slot()
        _operands: list[Value[Any]] = slot()
        _prev: Operation | None = slot()
        _next: Operation | None = slot()
        _order: int = slot()
        # What type checkers and editors show as further parameters of every op's constructor.
        result_types: Sequence[Type] | None = keyword(default=None)
        loc: Location | None = keyword(default=None)

    @classmethod
    def create(
        cls,
        operands: Sequence[Value[Any]] = (),
        result_types: Sequence[Type] = (),
        attributes: dict[str, Attribute] | None = None,
        regions: Sequence[Region] = (),
        successors: Sequence[Block] = (),
        location: Location | int = UNKNOWN,
    ) -> Self:
        """Makes an op of this class from its raw parts: nothing is inferred, checked or inserted."""
        self = object.__new__(cls)
        self._operands = values = list(operands)
        for index, value in enumerate(values):
            if value._user is None:
                value._user = self
                value._index = index
            else:
                value._add_use(self, index)
        if len(result_types) == 1:
            self.results = (OpResult(result_types[0], self, 0),)
        else:
            self.results = tuple([OpResult(t, self, i) for i, t in enumerate(result_types)])
        self._attributes = NO_ATTRIBUTES if attributes is None else attributes
        self.regions = tuple(regions)
        for region in self.regions:
            region._attach(self)
        self.successors = tuple(successors) if successors else ()
        self._location = location
        self.parent = self._prev = self._next = None
        self._order = 0
        return self

    # -- attributes and location -----------------------------------------------------------------------------------------

    if not TYPE_CHECKING:

        @property
        def attributes(self):
            """The attributes by name, to read and to change."""
            found = self._attributes
            if found.__class__ is SharedAttributes:
                found = self._attributes = dict(found)
            return found

        @attributes.setter
        def attributes(self, attributes):
            self._attributes = attributes

        @property
        def location(self):
            """Where it came from."""
            place = self._location
            return unpacked(place) if place.__class__ is int else place

        @location.setter
        def location(self, location):
            self._location = location

    @property
    def stored_attributes(self) -> Mapping[str, Attribute]:
        """The attributes by name, to read only: many ops of one form share one table, which stays shared here."""
        return self._attributes

    # -- operands ------------------------------------------------------------------------------------------------------

    @property
    def operands(self) -> Sequence[Value[Any]]:
        """The operands, to read; `set_operand` and `set_operands` change them."""
        return self._operands

    def set_operand(self, index: int, value: Value[Any] | Operation) -> None:
        """Replaces operand number `index`."""
        if not 0 <= index < len(self._operands):
            raise Error(f"`{self.name}` has {len(self._operands)} operands, so none has the number {index}")
        new = as_value(value)
        self._operands[index]._remove_use(self, index)
        self._operands[index] = new
        new._add_use(self, index)

    def set_operands(self, values: Iterable[Value[Any] | Operation]) -> None:
        """Replaces all operands."""
        new = [as_value(value) for value in values]
        for index, old in enumerate(self._operands):
            old._remove_use(self, index)
        self._operands = new
        for index, value in enumerate(new):
            value._add_use(self, index)

    if not TYPE_CHECKING:  # a type checker sees the `result` that the op's own class declares

        @property
        def result(self):
            """The only result. Raises `couloir.Error` when there is not exactly one."""
            if len(self.results) != 1:
                raise Error(
                    f"`{self.name}` has {len(self.results)} results, not one", where=self.location.label or None
                )
            return self.results[0]

    def replace_all_uses_with(self, other: Operation | Sequence[Value[Any] | Operation]) -> None:
        """Makes the users of each result take the result of `other`, or the value given for it, instead."""
        values = list(other.results) if isinstance(other, Operation) else [as_value(v) for v in other]
        if len(values) != len(self.results):
            raise Error(
                f"`{self.name}` has {len(self.results)} results; {len(values)} values were given to replace them"
            )
        for result, value in zip(self.results, values, strict=True):
            result.replace_all_uses_with(value)

    # -- place ---------------------------------------------------------------------------------------------------------

    @property
    def next_op(self) -> Operation | None:
        """The op after this one in its block."""
        return self._next

    @property
    def prev_op(self) -> Operation | None:
        """The op before this one in its block."""
        return self._prev

    @property
    def parent_region(self) -> Region | None:
        """The region in which it stands."""
        return None if self.parent is None else self.parent.parent

    @property
    def parent_op(self) -> Operation | None:
        """The op whose region holds it; None at the top."""
        region = self.parent_region
        return None if region is None else region.parent

    def ancestors(self) -> Iterator[Operation]:
        """Its parent op, that one's parent, and so on to the top."""
        op = self.parent_op
        while op is not None:
            yield op
            op = op.parent_op

    def is_before(self, other: Operation) -> bool:
        """Whether it comes before `other`, in the same block. Amortised O(1)."""
        block = self.parent
        if block is None or block is not other.parent:
            raise Error("only ops of one block have an order")
        if not block._order_valid:
            block._number()
        return self._order < other._order

    def detach(self) -> Self:
        """Takes it out of its block; it keeps operands, results and regions. O(1)."""
        block = self.parent
        if block is None:
            return self
        if self._prev is None:
            block._first = self._next
        else:
            self._prev._next = self._next
        if self._next is None:
            block._last = self._prev
        else:
            self._next._prev = self._prev
        self.parent = self._prev = self._next = None
        return self

    def move_before(self, other: Operation) -> None:
        """Moves it to just before `other`."""
        if other is not self:
            block = self._destination(other)
            self.detach()
            block.insert_before(other, self)

    def move_after(self, other: Operation) -> None:
        """Moves it to just after `other`."""
        if other is not self:
            block = self._destination(other)
            self.detach()
            block.insert_after(other, self)

    def _destination(self, other: Operation) -> Block:
        """The block to which a move beside `other` leads."""
        if other.parent is None:
            raise Error(f"`{other.name}` stands in no block", hint="insert it first")
        if self.regions and any(around is self for around in other.ancestors()):
            raise Error(f"`{self.name}` cannot be moved into itself")
        return other.parent

    def drop_references(self) -> None:
        """Forgets the operands and successors of this op and of all ops inside it."""
        for op in list(self.walk()) if self.regions else (self,):
            for index, value in enumerate(op._operands):
                value._remove_use(op, index)
            op._operands = []
            op.successors = ()

    def erase(self) -> None:
        """Removes it for good. Raises `couloir.Error` when a result is still used."""
        for result in self.results:
            user = result._user
            if user is not None:
                raise Error(
                    f"cannot erase `{self.name}`: its result {result.index} is used by `{user.name}`",
                    where=self.location.label or None,
                    excerpt=f"{operation_text(self)}\n{operation_text(user)}",
                    hint="replace its uses first: `op.replace_all_uses_with(...)`",
                )
        self.detach()
        self.drop_references()

    # -- traversal and copies --------------------------------------------------------------------------------------------

    def walk(self, *, reverse: bool = False) -> Iterator[Operation]:
        """This op and all ops inside it, each before the ops in its own regions, without recursion.

        The op just given may be erased or replaced; then its regions are not visited. `reverse` goes through blocks from the end.
        """
        yield self
        stack: list[Operation | None] = []
        _push_regions(self, stack, reverse)
        while stack:
            op = stack.pop()
            if op is None:
                continue
            stack.append(op._prev if reverse else op._next)
            yield op
            if op.regions and op.parent is not None:
                _push_regions(op, stack, reverse)

    def walk_postorder(self) -> Iterator[Operation]:
        """All ops inside it and then this op, each after the ops in its own regions. The op just given may be erased."""
        stack: list[tuple[Operation, bool]] = [(self, False)]
        while stack:
            op, expanded = stack.pop()
            if expanded or not op.regions:
                if op is not self and op._next is not None:
                    stack.append((op._next, False))
                yield op
                continue
            stack.append((op, True))
            firsts: list[Operation | None] = []
            _push_regions(op, firsts, False)
            stack += [(first, False) for first in firsts if first is not None]

    def clone(
        self, values: dict[Value[Any], Value[Any]] | None = None, blocks: dict[Block, Block] | None = None
    ) -> Self:
        """A copy, with copies of everything inside it, not inserted anywhere.

        `values` maps operands from outside to others, and receives the new result of each old one; `blocks` the same for blocks.
        """
        mapping: dict[Value[Any], Value[Any]] = {} if values is None else values
        block_map: dict[Block, Block] = {} if blocks is None else blocks
        pending: list[Operation] = []  # copies with an operand that had no copy (yet) when they were made

        def shallow(op: Operation) -> Operation:
            operands = [mapping.get(v) for v in op._operands]
            known = None not in operands
            copy = type(op).create(
                operands
                if known
                else [v if new is None else new for v, new in zip(op._operands, operands, strict=True)],  # pyright: ignore[reportArgumentType] -- None is not in it
                [r.type for r in op.results],
                op._attributes if op._attributes.__class__ is SharedAttributes else dict(op._attributes),
                [Region() for _ in op.regions] if op.regions else (),
                [block_map.get(b, b) for b in op.successors] if op.successors else (),
                op._location,
            )
            op._copy_extra(copy)
            if not known:
                pending.append(copy)
            for old, new in zip(op.results, copy.results, strict=True):
                new.name_hint = old.name_hint
                mapping[old] = new
            if op.regions:
                todo.extend(zip(op.regions, copy.regions, strict=True))
            return copy

        todo: list[tuple[Region, Region]] = []
        root = shallow(self)
        with collector_paused():
            while todo:
                source, target = todo.pop()
                for block in source.blocks:
                    twin = Block([a.type for a in block.arguments])
                    for old, new in zip(block.arguments, twin.arguments, strict=True):
                        new.name_hint, new.location = old.name_hint, old.location
                        mapping[old] = new
                    block_map[block] = twin
                    target.append(twin)
                for block in source.blocks:
                    twin = block_map[block]
                    for op in block.ops:
                        twin.append(shallow(op))
        for copy in pending:  # graph regions and loops between blocks: operands that were defined later
            for index, value in enumerate(copy._operands):
                if value in mapping:
                    copy.set_operand(index, mapping[value])
        return root  # pyright: ignore[reportReturnType] -- a copy has the class of the original

    def _copy_extra(self, copy: Operation) -> None:
        """Copies what a subclass keeps beside the common parts."""

    # -- properties ------------------------------------------------------------------------------------------------------

    @classmethod
    def has_trait(cls, trait: type[Trait]) -> bool:
        """Whether ops of this class have the trait."""
        return trait in cls.traits

    @property
    def is_registered(self) -> bool:
        """False for an op that no dialect defines."""
        return True

    def __str__(self) -> str:
        return operation_text(self)

    def __repr__(self) -> str:
        return f"<{self.name} at {self.location.label or 'unknown location'}>"


def _push_regions(op: Operation, stack: list[Operation | None], reverse: bool) -> None:
    firsts: list[Operation | None] = []
    for region in op.regions:
        for block in region.blocks:
            firsts.append(block._last if reverse else block._first)
    stack.extend(firsts if reverse else reversed(firsts))


class UnregisteredOp(Operation):
    """An op that no dialect defines, read with `allow_unregistered`: kept and printed as it was."""

    __slots__ = ("name", "property_names")

    if TYPE_CHECKING:
        name: str = slot()  # here it differs from op to op
        property_names: frozenset[str] = slot()

    @classmethod
    def make(cls, name: str, *parts: Any, property_names: Iterable[str] = (), **more: Any) -> UnregisteredOp:
        """As `create`, with the op's name first; `property_names` are the attributes that print in `<{...}>`."""
        self = cls.create(*parts, **more)
        self.name = name
        self.property_names = frozenset(property_names)
        return self

    def _copy_extra(self, copy: Operation) -> None:
        assert isinstance(copy, UnregisteredOp)
        copy.name, copy.property_names = self.name, self.property_names

    @property
    def is_registered(self) -> bool:
        return False


class Block:
    """A list of ops with arguments, in a region."""

    __slots__ = ("_first", "_last", "_next", "_order_valid", "_prev", "arguments", "parent")

    def __init__(
        self, argument_types: Sequence[Type] = (), ops: Iterable[Operation] = (), locations: Sequence[Location] = ()
    ) -> None:
        types: Sequence[Any] = argument_types
        if not all(isinstance(t, Type) for t in types):
            raise Error("the arguments of a block are given by their types", hint="`Block(ops=[...])` puts ops into it")
        self.arguments: list[BlockArgument[Any]] = [BlockArgument(t, self, i) for i, t in enumerate(types)]
        for argument, location in zip(self.arguments, locations, strict=False):
            argument.location = location
        self.parent: Region | None = None
        self._first: Operation | None = None
        self._last: Operation | None = None
        self._next: Block | None = None
        self._prev: Block | None = None
        self._order_valid = False
        for op in ops:
            self.append(op)

    # -- ops -------------------------------------------------------------------------------------------------------------

    @property
    def first_op(self) -> Operation | None:
        """The first op, or None."""
        return self._first

    @property
    def last_op(self) -> Operation | None:
        """The last op, or None: the terminator, where one is needed."""
        return self._last

    @property
    def ops(self) -> Iterator[Operation]:
        """The ops from first to last; the one just given may be erased or moved."""
        op = self._first
        while op is not None:
            following = op._next
            yield op
            op = following

    @property
    def is_empty(self) -> bool:
        """Whether it has no ops."""
        return self._first is None

    def append(self, op: Operation) -> None:
        """Adds an op at the end."""
        if op.parent is not None:
            raise _already_placed(op)
        op.parent = self
        last = self._last
        op._prev = last
        if last is None:
            self._first = op
            op._order = 0
            self._order_valid = True
        else:
            last._next = op
            op._order = last._order + 1
        self._last = op

    def insert_before(self, place: Operation, op: Operation) -> None:
        """Adds an op just before `place`. O(1)."""
        if op.parent is not None:
            raise _already_placed(op)
        if place.parent is not self:
            raise Error(f"`{place.name}` does not stand in this block")
        op.parent = self
        op._prev, op._next = place._prev, place
        if place._prev is None:
            self._first = op
        else:
            place._prev._next = op
        place._prev = op
        self._order_valid = False

    def insert_after(self, place: Operation, op: Operation) -> None:
        """Adds an op just after `place`. O(1)."""
        if place._next is None and place.parent is self:
            self.append(op)
        elif place._next is None:
            raise Error(f"`{place.name}` does not stand in this block")
        else:
            self.insert_before(place._next, op)

    def prepend(self, op: Operation) -> None:
        """Adds an op at the start."""
        if self._first is None:
            self.append(op)
        else:
            self.insert_before(self._first, op)

    def _number(self) -> None:
        for number, op in enumerate(self.ops):
            op._order = number
        self._order_valid = True

    # -- arguments ---------------------------------------------------------------------------------------------------------

    def add_argument(
        self, type: Type, name_hint: str | None = None, location: Location = UNKNOWN
    ) -> BlockArgument[Any]:
        """Adds an argument at the end."""
        argument: BlockArgument[Any] = BlockArgument(type, self, len(self.arguments), name_hint, location)
        self.arguments.append(argument)
        return argument

    def insert_argument(self, index: int, type: Type, name_hint: str | None = None) -> BlockArgument[Any]:
        """Adds an argument in front of number `index`."""
        argument: BlockArgument[Any] = BlockArgument(type, self, index, name_hint)
        self.arguments.insert(index, argument)
        self._renumber_arguments()
        return argument

    def erase_arguments(self, indices: Iterable[int]) -> None:
        """Removes arguments, which must be without uses."""
        doomed = set(indices)
        for index in doomed:
            if not 0 <= index < len(self.arguments):
                raise Error(f"the block has {len(self.arguments)} arguments, so none has the number {index}")
            if self.arguments[index].has_uses:
                raise Error(f"cannot erase block argument {index}: it is used")
        self.arguments = [a for i, a in enumerate(self.arguments) if i not in doomed]
        self._renumber_arguments()

    def _renumber_arguments(self) -> None:
        for number, argument in enumerate(self.arguments):
            argument.index = number

    # -- place ---------------------------------------------------------------------------------------------------------------

    @property
    def parent_op(self) -> Operation | None:
        """The op whose region holds it."""
        return None if self.parent is None else self.parent.parent

    @property
    def next_block(self) -> Block | None:
        """The block after this one in its region."""
        return self._next

    @property
    def is_entry(self) -> bool:
        """Whether it is the first of its region."""
        return self.parent is not None and self.parent.first_block is self

    def detach(self) -> Block:
        """Takes it out of its region. O(1)."""
        region = self.parent
        if region is None:
            return self
        if self._prev is None:
            region._first = self._next
        else:
            self._prev._next = self._next
        if self._next is None:
            region._last = self._prev
        else:
            self._next._prev = self._prev
        self.parent = self._prev = self._next = None
        return self

    def erase(self) -> None:
        """Removes it and its ops. Raises `couloir.Error` when one of its values is used outside."""
        inside = {inner for op in self.ops for inner in op.walk()}
        values = [*self.arguments, *(result for op in self.ops for result in op.results)]
        for value in values:
            for user, _ in value.uses:
                if user not in inside:
                    raise Error(f"cannot erase a block: {value!r} is used outside it, by `{user.name}`")
        for op in self.ops:
            op.drop_references()
        self.detach()

    def split_before(self, op: Operation) -> Block:
        """Moves `op` and all ops after it to a new block, which follows this one."""
        if op.parent is not self:
            raise Error(f"`{op.name}` does not stand in this block")
        tail = Block()
        current: Operation | None = op
        while current is not None:
            following = current._next
            current.detach()
            tail.append(current)
            current = following
        if self.parent is not None:
            self.parent.insert_after(self, tail)
        return tail

    def __repr__(self) -> str:
        return f"<block with {len(self.arguments)} arguments in {self.parent_op!r}>"


def _already_placed(op: Operation) -> Error:
    return Error(f"`{op.name}` stands in a block already", hint="`op.detach()` takes it out, `op.clone()` copies it")


class Region:
    """A list of blocks that belongs to an op."""

    __slots__ = ("_first", "_last", "parent")

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.parent: Operation | None = None
        self._first: Block | None = None
        self._last: Block | None = None
        for block in blocks:
            self.append(block)

    def _attach(self, op: Operation) -> None:
        if self.parent is not None:
            raise Error(f"the region belongs to `{self.parent.name}` already")
        self.parent = op

    @property
    def blocks(self) -> Iterator[Block]:
        """The blocks, entry first; the one just given may be erased."""
        block = self._first
        while block is not None:
            following = block._next
            yield block
            block = following

    @property
    def first_block(self) -> Block | None:
        """The entry block, or None."""
        return self._first

    @property
    def last_block(self) -> Block | None:
        """The last block, or None."""
        return self._last

    @property
    def block(self) -> Block:
        """The only block. Raises `couloir.Error` when there is not exactly one."""
        first = self._first
        if first is None or first._next is not None:
            owner = self.parent.name if self.parent is not None else "a region"
            raise Error(f"the region of `{owner}` has {'no block' if first is None else 'several blocks'}, not one")
        return first

    @property
    def is_empty(self) -> bool:
        """Whether it has no blocks."""
        return self._first is None

    @property
    def ops(self) -> Iterator[Operation]:
        """The ops of all blocks in order, without those in nested regions."""
        for block in self.blocks:
            yield from block.ops

    def append(self, block: Block) -> None:
        """Adds a block at the end."""
        if block.parent is not None:
            raise Error("the block stands in a region already", hint="`block.detach()` takes it out")
        block.parent = self
        block._prev = self._last
        if self._last is None:
            self._first = block
        else:
            self._last._next = block
        self._last = block

    def insert_after(self, place: Block, block: Block) -> None:
        """Adds a block just after `place`."""
        if place.parent is not self:
            raise Error("the block to insert after does not stand in this region")
        if place._next is None:
            self.append(block)
            return
        if block.parent is not None:
            raise Error("the block stands in a region already", hint="`block.detach()` takes it out")
        block.parent = self
        block._prev, block._next = place, place._next
        place._next._prev = block
        place._next = block

    def add_block(self, argument_types: Sequence[Type] = ()) -> Block:
        """Makes a block and adds it at the end."""
        block = Block(argument_types)
        self.append(block)
        return block

    def take_blocks(self, other: Region) -> None:
        """Moves all blocks of another region to the end of this one. O(blocks)."""
        if other is self:
            return
        for block in other.blocks:
            self.append(block.detach())

    def __repr__(self) -> str:
        return f"<region of {self.parent!r}>"


RUNTIME.update(
    Value=Value,
    OpResult=OpResult,
    Region=Region,
    Block=Block,
    as_value=as_value,
    Operation=Operation,
    SharedAttributes=SharedAttributes,
)
