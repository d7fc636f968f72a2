"""Programs of random ops: what `search` finds for one op, with values for its operands and ops in its regions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from typing import Any, Final, Literal, TypeAlias, cast, get_args

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.constraints import Holds, Relation, element_type
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import ConstantLike, IsolatedFromAbove, IsTerminator, NoTerminator, Symbol, SymbolTable
from couloir.ir.types import ComplexType, FloatType, FunctionType, IndexType, IntegerType, ShapedType
from couloir.ir.verify import faults
from couloir.testing.generation.bodies import Body
from couloir.testing.generation.search import ATTEMPTS, Draft, Search, give_results, is_numbers
from couloir.testing.generation.values import Types, elements
from couloir.testing.rewrites.inputs import Profile, arrays_for

DEPTH: Final = 2
"""Regions in regions."""
FEW_ATTEMPTS: Final = 50
"""Assignments that are tried for an op that might as well be another one."""
BodyStyle: TypeAlias = "type[Operation] | Literal['its arguments', 'constants'] | None"
"""What a region computes: one op of a class on its arguments, its own arguments, constants; or anything (None)."""
Aliasing: TypeAlias = Literal["same operand", "several uses", "in regions", "dead results"]
"""How values are used: one op has a value twice; a value has several users; ops stand in regions; nobody uses a result."""
KINDS: Final[tuple[Aliasing, ...]] = get_args(Aliasing)
_REFERENCES: Final = ("a symbol, such as @main", "a flat symbol, such as @main")


def can_generate(cls: type[Operation]) -> bool:
    """Whether ops of a class can stand anywhere in a function: no terminators, no symbols, nothing that names a symbol."""
    return (
        cls.traits.isdisjoint((IsTerminator, Symbol, SymbolTable))
        and not cls.definition.successors
        and not any(f.codec is not None and f.codec.what in _REFERENCES for f in cls.definition.attributes)
    )


def op_classes(dialects: Iterable[str]) -> list[type[Operation]]:
    """The ops of some dialects that can be generated."""
    found: list[type[Operation]] = []
    for dialect in dialects:
        classes = REGISTRY.newest_operations(dialect)
        if not classes:
            raise Error(f"there is no dialect `{dialect}` with ops", hint=f"there are {', '.join(REGISTRY.dialects())}")
        found += [cls for cls in classes if can_generate(cls)]
    return found


@attrs.define
class Scope:
    """A block that is being filled, with the values that can be used in it."""

    block: Block
    values: list[Value[Any]]
    grows: bool
    """Whether it may take more arguments: the body of a function."""
    depth: int = 0


class Builder:
    """Makes ops, in a scope.

    Args:
        rng: Decides.
        classes: The ops that regions are filled with.
        types: Which types new values may have.
        reuse: How often an operand is a value that there is, where one fits.
        kinds: How values may be used.
        constants: What the elements of constants are like; None for no constants where there can be arguments.
    """

    def __init__(
        self,
        rng: Random,
        classes: Sequence[type[Operation]],
        types: Types,
        *,
        reuse: float = 0.85,
        kinds: Collection[Aliasing] = KINDS,
        constants: Profile | None = "whole",
    ) -> None:
        self.rng = rng
        self.reuse = reuse
        self.kinds = kinds
        self.profile: Profile | None = constants
        self.classes = list(classes)
        self.types = types
        simple = [cls for cls in self.classes if not cls.definition.regions]
        self.inner = [*simple * 4, *self.classes]
        self.constants = [cls for cls in self.classes if ConstantLike in cls.traits]

    def add(
        self,
        scope: Scope,
        cls: type[Operation],
        fixed: Mapping[str, Any] | None = None,
        *,
        wishes: Sequence[Relation] = (),
        body: BodyStyle = None,
        same: Mapping[int, int] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Operation | None:
        """Adds an op of a class; None when no such op was found that fits here.

        Args:
            scope: Where to.
            cls: The op's class.
            fixed: Fields that are given: values of operands (a sequence for a variadic one), values or forms of attributes, types
                of results.
            wishes: What is demanded of the op beside what its definition demands.
            body: What its regions compute.
            same: Operands that are the values of earlier ones, by position.
            attempts: How long to look.
        """
        given = dict(fixed or {})
        definition = cls.definition
        held = {field.name: _as_tuple(given[field.name]) for field in definition.operands if field.name in given}
        known = {name: tuple(value.type for value in values) for name, values in held.items()}
        recent = [value.type for value in scope.values[-6:]]
        asked = [*wishes, *(_same_type(position, earlier) for position, earlier in (same or {}).items())]
        definers = dict.fromkeys(value.defining_op for value in scope.values[-3:] if value.defining_op is not None)
        lists = [numbers for op in definers for numbers in lists_of(op)]
        learn = attempts > FEW_ATTEMPTS
        search = Search(cls, self.rng, self.types, recent, {**given, **known}, asked, lists=lists, learn=learn)
        draft = search.run(attempts)
        if draft is None:
            return None
        taken: set[Value[Any]] = {value for group in held.values() for value in group}
        operands = [
            value
            for field in definition.operands
            for value in held.get(field.name) or self._operands(scope, draft.operands[field.name], taken)
            if value is not None
        ]
        if len(operands) != sum(map(len, draft.operands.values())):
            return None
        for position, earlier in (same or {}).items():
            if operands[position].type is not operands[earlier].type:
                return None
            operands[position] = operands[earlier]
        return self._place(scope, draft, operands, body)

    def _place(self, scope: Scope, draft: Draft, operands: Sequence[Value[Any]], style: BodyStyle) -> Operation | None:
        outside = [] if draft.cls.has_trait(IsolatedFromAbove) else scope.values
        regions = [self.region(body, outside, scope.depth + 1, style) for body in draft.bodies]
        if any(region is None for region in regions):
            return None
        if any(body.terminator is None for body in draft.bodies) and not draft.cls.has_trait(NoTerminator):
            return None
        op = draft.operation(operands, [region for region in regions if region is not None])
        if not self._fits(op, draft):
            op.drop_references()
            return None
        scope.block.append(op)
        scope.values += op.results
        return op

    def _fits(self, op: Operation, draft: Draft) -> bool:
        """Whether what the op demands holds with these very operands: some ops look at constants."""
        try:
            give_results(op, draft)
        except Error:
            return False
        return not any(relation.check(op) for relation in op.definition.relations)

    def _operands(self, scope: Scope, types: Sequence[Type], taken: set[Value[Any]]) -> list[Value[Any] | None]:
        found: list[Value[Any] | None] = []
        for type in types:
            value = self.value(scope, type, taken)
            if value is not None:
                taken.add(value)
            found.append(value)
        return found

    def value(self, scope: Scope, type: Type, taken: Collection[Value[Any]] = ()) -> Value[Any] | None:
        """A value of a type: one that there is, a constant, or a new argument. `taken` are other operands of its user."""
        fitting = [value for value in scope.values if value.type is type]
        if "same operand" not in self.kinds:
            fitting = [value for value in fitting if value not in taken]
        if "several uses" not in self.kinds:
            fitting = [value for value in fitting if not value.has_uses]
        if fitting and self.rng.random() < self.reuse:
            return self.rng.choice(fitting[-4:])
        if scope.grows and self.rng.random() < 0.8:
            return self._argument(scope, type)
        constant = None if scope.grows and self.profile is None else self._constant(scope, type)
        if constant is not None:
            return constant
        if fitting:
            return self.rng.choice(fitting)
        return self._argument(scope, type) if scope.grows else None

    def _argument(self, scope: Scope, type: Type) -> Value[Any]:
        argument = scope.block.add_argument(type)
        scope.values.insert(0, argument)
        return argument

    def _constant(self, scope: Scope, type: Type) -> Value[Any] | None:
        """A constant of a type, put at the beginning of the block."""
        try:
            if self.profile is None or self.profile == "whole":
                array = elements(self.rng, type)
            else:
                (array,) = arrays_for([type], self.profile, self.rng.randrange(1 << 30))
        except Error:  # there are no arrays of it
            return None
        op = constant_of(type, array, self.constants)
        if op is None:
            return None
        scope.block.prepend(op)
        scope.values.insert(0, op.results[0])
        return op.results[0]

    def region(self, body: Body, outside: Sequence[Value[Any]], depth: int, style: BodyStyle = None) -> Region | None:
        """A region of the given types, with a few ops; None when nothing gives a value of a type that it returns."""
        block = Block(body.arguments)
        scope = Scope(block, [*outside[-4:], *block.arguments], False, depth)
        if body.terminator is None:
            return Region([block])
        told = None if style is None else self._styled(scope, body, style)
        if told is not None:
            block.append(body.terminator.create(told))
            return Region([block])
        if depth <= DEPTH and style is None and "in regions" in self.kinds:
            for _ in range(self.rng.randint(0, 2)):
                self.add(scope, self.rng.choice(self.inner), attempts=FEW_ATTEMPTS)
        returned = [self._made(scope, type) for type in body.returns]
        if any(value is None for value in returned):
            return None
        block.append(body.terminator.create([value for value in returned if value is not None]))
        return Region([block])

    def _styled(self, scope: Scope, body: Body, style: BodyStyle) -> list[Value[Any]] | None:
        """What a region of a certain style returns; None where it cannot have that style."""
        arguments, made = scope.block.arguments, list[Value[Any]]()
        if style == "its arguments":
            return list(arguments) if tuple(body.arguments) == body.returns else None
        if style is None or isinstance(style, str):
            for type in body.returns:
                constant = self._constant(scope, type)
                if constant is None:
                    return None
                made.append(constant)
            return made
        operands = style.definition.operands
        step = len(arguments) // max(len(operands), 1)
        for number in range(len(body.returns)):
            group = arguments[number::step] if step else ()
            if len(group) < len(operands):
                return None
            given: dict[str, Any] = {field.name: value for field, value in zip(operands, group, strict=False)}
            op = self.add(scope, style, given)
            if op is None or len(op.results) != 1 or op.results[0].type is not body.returns[number]:
                return None
            made.append(op.results[0])
        return made

    def _made(self, scope: Scope, type: Type) -> Value[Any] | None:
        """A value of a type in a region, computed there if that works out."""
        for _ in range(3):
            fitting = [v for v in scope.values if v.type is type]
            own = [v for v in fitting if v.parent_block is scope.block]
            if own and self.rng.random() < 0.7:
                return self.rng.choice(own)
            if scope.depth > DEPTH or "in regions" not in self.kinds:
                break
            cls = self.rng.choice(self.inner)
            results = cls.definition.results
            if len(results) == 1 and results[0].arity == "single" and not cls.definition.regions:
                made = self.add(scope, cls, {results[0].name: (type,)}, attempts=FEW_ATTEMPTS)
                if made is not None and made.results[0].type is type:
                    return made.results[0]
        return self.value(scope, type)


def lists_of(op: Operation) -> list[tuple[int, ...]]:
    """The lists of whole numbers in the attributes of an op."""
    arrays = (stored for stored in op.stored_attributes.values() if isinstance(stored, DenseArrayAttr))
    return [tuple(stored.values) for stored in arrays if is_numbers(tuple(stored.values))]


def _same_type(position: int, earlier: int) -> Holds:
    def holds(op: Any) -> bool:
        return op.operands[position].type is op.operands[earlier].type

    return Holds("two operands have one type", holds)


def constant_of(type: Type, array: Any, classes: Iterable[type[Operation]]) -> Operation | None:
    """A constant with the elements of an array, by the first class of which there is one; None when there is none."""
    if not isinstance(element_type(type), FloatType | IntegerType | IndexType | ComplexType):
        return None
    for cls in classes:
        try:
            if isinstance(type, ShapedType):
                stored: Any = DenseElementsAttr(type, array)
            elif isinstance(type, FloatType):
                stored = FloatAttr(float(array), type)
            elif isinstance(type, IntegerType | IndexType):
                stored = IntegerAttr(int(array), type)
            else:
                return None
            op = cls.create((), (type,), {cls.definition.attributes[0].key: stored})
        except Error:
            continue
        if not faults(op):
            return op
    return None


def _as_tuple(item: Any) -> tuple[Any, ...]:
    if item is None:
        return ()
    return tuple(cast("Sequence[Any]", item)) if isinstance(item, Sequence) else (item,)


def function_module(scope: Scope, results: Sequence[Value[Any]]) -> ModuleOp:
    """The module with the function `@main` whose body is the block of a scope. Arguments that nobody uses are left out."""
    block = scope.block
    block.append(Return(list(results)))
    block.erase_arguments([number for number, value in enumerate(block.arguments) if not value.has_uses])
    type = FunctionType([argument.type for argument in block.arguments], [value.type for value in results])
    return ModuleOp.empty([FuncOp("main", type, body=Region([block]))])
