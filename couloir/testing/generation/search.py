"""Fields of one op that fit together, found from its definition alone.

What an op demands is a list of relations, most of them predicates that nobody can look into. But a predicate can be watched:
`Probe` notes which fields it reads. So the search goes as one for satisfying assignments does: take the first relation
that does not hold, change one of the fields that it has read, and keep the change if no earlier relation breaks. That finds
the dimension numbers of a convolution as well as two operands of one shape, and it works for any op that says what it demands.

Source of the idea: Selman, Kautz, Cohen, "Local search strategies for satisfiability testing" (1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from types import FunctionType as PythonFunction
from types import MethodType
from typing import Any, Final, cast

import attrs

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.constraints import (
    ElementOf,
    Relation,
    SameElementType,
    SameShape,
    SameType,
    check_value_type,
    element_type,
)
from couloir.ir.definition import SEGMENTS, Field, can_infer, encode, field_faults
from couloir.ir.errors import Error
from couloir.ir.fields import MISSING
from couloir.ir.operation import Block, Operation, OpResult, Region, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import IsTerminator, ReturnLike
from couloir.ir.types import ShapedType, TensorType, UnrankedMemRefType, UnrankedTensorType, i32
from couloir.testing.generation.bodies import Body, random_signature
from couloir.testing.generation.forms import Form
from couloir.testing.generation.values import Surroundings, Types, attribute_of, early

ATTEMPTS: Final = 250
"""Assignments that are tried for one op."""
RESTART: Final = 60
"""Changes after which a search that gets no further starts again."""
LESSON_SEARCHES: Final = 10
"""Searches from which the others for a class of ops learn."""
LESSONS: Final = 4
"""Different bodies, or values of an attribute, that are enough."""
LESSON_ATTEMPTS: Final = 700
"""Assignments that are tried in these, all in all."""
CANDIDATES: Final = 6
"""Values that are tried for one field before another field is."""

_OF_ELEMENTS: Final = (ShapedType, UnrankedTensorType, UnrankedMemRefType)
#: What a predicate runs into that looks at fields which do not fit together yet.
_STUMBLES: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Error)


class Probe:
    """An op, as a predicate sees it, that notes which fields are read."""

    __slots__ = ("_cls", "_op", "_reads")

    def __init__(self, op: Operation, reads: set[str]) -> None:
        self._op: Any = op
        self._cls: Any = op.__class__
        self._reads = reads

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] -- predicates ask `isinstance(op, Gather)`
        return self._cls

    def __getattr__(self, name: str) -> Any:
        op = self._op
        self._reads.add(name)
        for cls in self._cls.__mro__:
            found = cls.__dict__.get(name)
            if found is None:
                continue
            if cls is not Operation and isinstance(found, PythonFunction):
                return MethodType(found, self)
            if cls is not Operation and isinstance(found, property) and name not in _names(op) and found.fget:
                return found.fget(self)
            break
        return getattr(op, name)

    def __eq__(self, other: object) -> bool:
        return other is self._op

    def __hash__(self) -> int:
        return hash(self._op)


def _names(op: Operation) -> set[str]:
    return {field.name for field in op.definition.fields}


@attrs.define
class Draft:
    """An assignment of all fields of an op."""

    cls: type[Operation]
    operands: dict[str, tuple[Type, ...]] = attrs.field(factory=dict)
    attributes: dict[str, Any] = attrs.field(factory=dict)
    """Python values, or attributes; None where there is none."""
    results: dict[str, tuple[Type, ...]] = attrs.field(factory=dict)
    """Of results whose types do not follow."""
    bodies: tuple[Body, ...] = ()

    @property
    def groups(self) -> dict[str, tuple[Type, ...]]:
        """The types of the values of each field."""
        return {**self.operands, **self.results}

    def operation(self, operands: Iterable[Value[Any]], regions: Sequence[Region]) -> Operation:
        """The op, unchecked, without results."""
        definition = self.cls.definition
        stored: dict[str, Attribute] = {}
        for field in definition.attributes:
            value = self.attributes.get(field.name)
            if value is not None:
                found = encode(definition.op_name, field, value)
                if found is not None:
                    stored[field.key] = found
        if definition.needs_segments("operand"):
            sizes = tuple(len(self.operands[field.name]) for field in definition.operands)
            stored[SEGMENTS["operand"]] = DenseArrayAttr(i32, sizes)
        return self.cls.create(list(operands), (), stored, regions)


def terminators_of(cls: type[Operation]) -> list[type[Operation]]:
    """The ops that may end the regions of ops of a class: its dialect's `return` or `yield`, the most likely first."""
    dialect = cls.name.partition(".")[0]
    found = [op for op in REGISTRY.operations(dialect) if IsTerminator in op.traits and not op.definition.successors]
    return sorted(found, key=lambda op: (ReturnLike not in op.traits, len(op.definition.operands), op.name))


@attrs.frozen
class Lessons:
    """What searches for ops of a class found.

    Attributes:
        bodies: The regions of an op, as they follow from its types.
        attributes: Values of attributes of which it takes long to find one that fits.
    """

    bodies: tuple[tuple[Body, ...], ...] = ()
    attributes: Mapping[str, Sequence[Any]] = attrs.field(factory=dict[str, "Sequence[Any]"])


_LESSONS: Final[dict[type[Operation], Lessons]] = {}


def lessons_of(cls: type[Operation]) -> Lessons:
    """What some searches, always the same ones, found for a class: for ops that have regions, or attributes with a structure."""
    known = _LESSONS.get(cls)
    if known is None:
        known = _LESSONS[cls] = _learnt(cls)
    return known


def _learnt(cls: type[Operation]) -> Lessons:
    structured = [field.name for field in cls.definition.attributes if not field.has_default and _has_structure(field)]
    if not structured and not cls.definition.regions:
        return Lessons()
    bodies: dict[tuple[Body, ...], None] = {}
    attributes: dict[str, list[Any]] = {name: [] for name in structured}
    left = LESSON_ATTEMPTS
    for number in range(LESSON_SEARCHES):
        search = Search(cls, Random(f"{cls.name} {number}"), Types(), learn=False)
        draft = search.run(min(left, LESSON_ATTEMPTS // 4))
        left -= LESSON_ATTEMPTS // 4 - search.left
        if draft is not None:
            if draft.bodies:
                bodies.setdefault(tuple(attrs.evolve(body, arguments=(), returns=()) for body in draft.bodies))
            for name, values in attributes.items():
                if draft.attributes.get(name) is not None:
                    values.append(draft.attributes[name])
        if left <= 0 or len(bodies) >= LESSONS or any(len(values) >= LESSONS for values in attributes.values()):
            break
    return Lessons(tuple(bodies), attributes)


def _has_structure(field: Field) -> bool:
    form = None if field.codec is None else field.codec.form
    return isinstance(form, type) and issubclass(form, Attribute) and bool(form.parameters)


class Search:
    """Looks for fields of an op that fit together.

    Args:
        cls: The op's class.
        rng: Decides.
        types: Which types new values may have.
        near: The types of values that could be operands.
        fixed: Fields that are what they are: types of operands (a tuple for each field), values of attributes, or forms of them.
        wishes: What is demanded of the op beside what its definition demands.
        lists: Lists of numbers in attributes of other ops, which may stand in this one, too.
        learn: Whether to begin with what earlier searches for such ops found.
    """

    def __init__(
        self,
        cls: type[Operation],
        rng: Random,
        types: Types,
        near: Sequence[Type] = (),
        fixed: Mapping[str, Any] | None = None,
        wishes: Sequence[Relation] = (),
        *,
        lists: Sequence[tuple[int, ...]] = (),
        learn: bool = True,
    ) -> None:
        self.cls = cls
        self.definition = cls.definition
        self.wishes = tuple(wishes)
        self.rng = rng
        self.types = types
        self.near = list(near)
        self.lists = list(lists)
        self.fixed = dict(fixed or {})
        self.forms = {name: form for name, form in self.fixed.items() if isinstance(form, Form)}
        self.free = [field for field in self.definition.fields if field.name not in self.fixed]
        self.infers = can_infer(cls)
        self.terminators = terminators_of(cls) if self.definition.regions else []
        self.lessons = lessons_of(cls) if learn else Lessons()
        self.left = 0

    def run(self, attempts: int = ATTEMPTS) -> Draft | None:
        """A draft that fits; None when none was found."""
        self.left = attempts
        while self.left > 0:
            found = self._climb()
            if found is not None:
                return found
            if not self.free:
                return None
        return None

    def _climb(self) -> Draft | None:
        """One search from a new draft on."""
        draft = self._first()
        progress, reads = self.progress(draft)
        for _ in range(RESTART):
            if progress is None:
                return draft
            if self.left <= 0:
                return None
            field = self._suspect(reads)
            if field is None:
                return None
            for _ in range(CANDIDATES):
                changed = self._changed(draft, field)
                further, more = self.progress(changed)
                if further is None or further > progress:
                    draft, progress, reads = changed, further, more
                    break
                if (further == progress and self.rng.random() < 0.5) or self.rng.random() < 0.02:
                    draft, progress, reads = changed, further, more
        return None

    def _suspect(self, reads: set[str]) -> Field | None:
        free = [field for field in self.free if self._varies(field)]
        watched = [field for field in free if field.name in reads or f"{field.kind}s" in reads]
        if not watched or self.rng.random() < 0.05:
            watched = free
        if not watched:
            return None
        attributes = [field for field in watched if field.kind == "attribute"]
        if attributes and self.rng.random() < 0.3:  # what fits the operands is sooner found than operands that fit it
            watched = attributes
        return self.rng.choice(watched)

    def _varies(self, field: Field) -> bool:
        return field.kind != "result" or not self.infers

    # -- drafts ------------------------------------------------------------------------------------------------------------

    def _around(self, draft: Draft) -> Surroundings:
        own = [type for group in (*draft.operands.values(), *draft.results.values()) for type in group]
        held = [tuple(value) for value in draft.attributes.values() if is_numbers(value)]
        return Surroundings(self.rng, self.types, own * 3 + self.near if own else self.near, held + self.lists)

    def _first(self) -> Draft:
        draft = Draft(self.cls)
        for field in self.definition.operands:
            draft.operands[field.name] = self._values(draft, field)
        for field in self.definition.attributes:
            draft.attributes[field.name] = self._attribute(draft, field)
        if not self.infers:
            for field in self.definition.results:
                draft.results[field.name] = self._values(draft, field)
        draft.bodies = tuple(body for field in self.definition.regions for body in self._bodies(draft, field))
        if self.lessons.bodies and self.rng.random() < 0.85:
            draft.bodies = self.rng.choice(self.lessons.bodies)
        self._follow(draft)
        return draft

    def _follow(self, draft: Draft) -> None:
        """Gives regions, and attributes of a fixed form, what goes with the draft's types."""
        if draft.bodies:
            groups = draft.groups
            draft.bodies = tuple(body.for_types(groups) for body in draft.bodies)
        if self.forms:
            types = (type for group in (*draft.operands.values(), *draft.results.values()) for type in group)
            shape = next((type.dims for type in types if isinstance(type, ShapedType)), ())
            for name, form in self.forms.items():
                draft.attributes[name] = form.value(tuple(1 if size is None else size for size in shape))

    def _changed(self, draft: Draft, field: Field) -> Draft:
        changed = Draft(
            self.cls, dict(draft.operands), dict(draft.attributes), dict(draft.results), draft.bodies
        )  # attrs.evolve takes twice as long
        if field.kind == "operand":
            held = draft.operands[field.name]
            changed.operands[field.name] = self._values(draft, field, held)
            if self.definition.equal_operand_groups and field.arity == "variadic":
                count = len(changed.operands[field.name])
                for other in self.definition.operands:
                    group = changed.operands[other.name]
                    if other.arity == "variadic" and len(group) != count and group:
                        changed.operands[other.name] = (group * count)[:count]
        elif field.kind == "result":
            changed.results[field.name] = self._values(draft, field, draft.results[field.name])
        elif field.kind == "attribute":
            changed.attributes[field.name] = self._attribute(draft, field)
        elif field.kind == "region":
            place = [f.name for f in self.definition.regions].index(field.name)
            bodies = list(draft.bodies)
            if field.arity == "variadic":
                bodies[place:] = self._bodies(draft, field)
            else:
                bodies[place] = self._body(draft, bodies[place])
            changed.bodies = tuple(bodies)
        self._follow(changed)
        return changed

    def _values(self, draft: Draft, field: Field, held: tuple[Type, ...] = ()) -> tuple[Type, ...]:
        """Types for an operand or result field."""
        if field.name in self.fixed:
            return self.fixed[field.name]
        around, spec, rng = self._around(draft), field.spec, self.rng
        if not held and rng.random() < 0.95:
            related = self._related(draft, field, around)
            if related is not None and check_value_type(related, field.types, spec.elements, spec.rank) is None:
                return (related,) * (1 if field.arity == "single" else rng.randint(0, 1))
        count = 1
        if field.arity == "optional":
            count = rng.randint(0, 1)
        elif field.arity == "variadic":
            kind = rng.randrange(4)
            if held and kind == 0:  # all of one type
                return (rng.choice(held),) * len(held)
            if held and kind == 1:  # another one of them
                place = rng.randrange(len(held))
                one = around.type(field.types, spec.elements, spec.rank, any_size=field.kind == "result")
                return held if one is None else (*held[:place], one, *held[place + 1 :])
            count = rng.choice(
                (1, 1, 2, 2, 3, 0, *(len(type.dims) for type in around.near if isinstance(type, TensorType)))
            )
            one = around.type(field.types, spec.elements, spec.rank, any_size=field.kind == "result")
            if kind == 2 or not held:
                return () if one is None else (one,) * count
        found = [
            around.type(field.types, spec.elements, spec.rank, any_size=field.kind == "result") for _ in range(count)
        ]
        return tuple(type for type in found if type is not None)

    def _related(self, draft: Draft, field: Field, around: Surroundings) -> Type | None:
        """The type that a relation gives a field, by the types that other fields have already."""
        shape: ShapedType | None = None
        element: Type | None = None
        for relation in self.definition.relations:
            if not isinstance(relation, SameType | SameShape | SameElementType | ElementOf):
                given = relation.examples(field.name, draft.groups)
                if given:
                    return self._like(given)
                continue
            if field.name not in relation.fields:
                continue
            groups = (draft.operands.get(name) or draft.results.get(name) or () for name in relation.fields)
            known = next((type for group in groups for type in group), None)
            if known is None:
                continue
            if isinstance(relation, SameType):
                return known
            if isinstance(relation, SameShape):
                shape = known if isinstance(known, ShapedType) else shape
            else:
                element = element_type(known)
        if shape is None and element is not None:
            if not any(issubclass(cls, ShapedType) for cls in field.types):
                return element
            other = around.type(field.types, None, field.spec.rank)
            shape = other if isinstance(other, ShapedType) else None
        elif shape is not None:
            element = element or self.types.element(self.rng, field.spec.elements)
        if shape is None or element is None:
            return None
        try:
            return shape.with_element_type(element)
        except Error:
            return None

    def _like(self, examples: Sequence[Type]) -> Type:
        """One of some types, of an element type that is preferred; tensors with sizes of their own."""
        wanted = self.types.elements or ()
        preferred = [type for type in examples if element_type(type) in wanted]
        type = self.rng.choice(preferred) if preferred else early(self.rng, examples)
        if isinstance(type, TensorType) and len(examples) > 1:
            return type.with_dims(self.types.dims(self.rng, None))
        return type

    def _attribute(self, draft: Draft, field: Field) -> Any:
        if field.name in self.fixed:
            return self.fixed[field.name]
        first = field.name not in draft.attributes
        known = self.lessons.attributes.get(field.name)
        if known and self.rng.random() < 0.4:
            return self.rng.choice(known)
        if field.optional and self.rng.random() < (0.8 if first else 0.4):
            return None
        if field.spec.default not in (MISSING, None) and self.rng.random() < (0.7 if first else 0.2):
            return field.spec.default
        return attribute_of(field, self._around(draft), draft.attributes.get(field.name))

    def _bodies(self, draft: Draft, field: Field) -> list[Body]:
        count = self.rng.choice((1, 2, 3)) if field.arity == "variadic" else 1
        if count > 1 and self.rng.random() < 0.7:
            return [self._body(draft)] * count
        return [self._body(draft) for _ in range(count)]

    def _body(self, draft: Draft, held: Body | None = None) -> Body:
        rng, groups = self.rng, draft.groups
        if held is None or rng.random() < 0.3:
            terminator = early(rng, self.terminators) if self.terminators else None
            return Body(random_signature(rng, groups), random_signature(rng, groups), terminator)
        if rng.random() < 0.5:
            return attrs.evolve(held, takes=random_signature(rng, groups))
        return attrs.evolve(held, gives=random_signature(rng, groups))

    # -- how far a draft goes ------------------------------------------------------------------------------------------------

    def progress(self, draft: Draft) -> tuple[float | None, set[str]]:
        """How many demands hold, and which fields the next one reads; None when all hold.

        The fewer faults the op's own `verify` tells, the more.
        """
        self.left -= 1
        reads: set[str] = set()
        try:
            op = draft.operation(
                [Value(type) for field in self.definition.operands for type in draft.operands[field.name]],
                [self._region(body) for body in draft.bodies],
            )
        except _STUMBLES:
            return -2, reads
        if any(True for _ in field_faults(op, built=False)):
            return -1, reads
        ends = [region.block.last_op for region in op.regions]
        if any(True for end in ends if end is not None for _ in field_faults(end)):
            return 0, {field.name for field in self.definition.regions}
        probe: Any = Probe(op, reads)
        return self._held(draft, op, probe, reads), reads

    def _held(self, draft: Draft, op: Operation, probe: Any, reads: set[str]) -> float | None:
        held = 1
        relations = self.definition.relations
        ahead = self.definition.demands if self.infers else ()
        for relation in ahead:
            reads.clear()
            if _fault(relation.check, probe):
                return held
            held += 1
        reads.clear()
        try:
            give_results(op, draft, probe)
        except _STUMBLES:
            return held
        held += 1
        reads.clear()
        if any(True for _ in field_faults(op)):
            return held
        held += 1
        for relation in relations:
            if relation in ahead:
                continue
            reads.clear()
            if _fault(relation.check, probe):
                return held
            held += 1
        for wish in self.wishes:
            reads.clear()
            if _fault(wish.check, probe):
                return held
            held += 1
        reads.clear()
        own = getattr(type(op), "verify", None)
        try:
            if any(True for trait in op.traits for _ in trait.verify(op)):
                return held
            held += 1
            told = 0 if own is None else sum(1 for _ in own(probe) or ())
        except _STUMBLES:
            return held
        if told:
            return held + 1 / (1 + told)
        inner = (
            value.type.element_type for value in (*op.operands, *op.results) if isinstance(value.type, _OF_ELEMENTS)
        )
        return (
            held + 1 if any(isinstance(type, _OF_ELEMENTS) for type in inner) else None
        )  # no text has tensors of tensors

    def _region(self, body: Body) -> Region:
        block = Block(body.arguments)
        if body.terminator is not None:
            block.append(body.terminator.create([Value(type) for type in body.returns]))
        return Region([block])


def give_results(op: Operation, draft: Draft, seen_as: Any = None) -> None:
    """Gives an op of a draft its results. Raises `couloir.Error` when their types do not follow.

    `seen_as` is what `infer` and the relations look at instead of the op.
    """
    probe: Any = op if seen_as is None else seen_as
    definition = draft.cls.definition
    counts: list[int] = []
    if can_infer(draft.cls):
        inferred: Any = probe.infer()
        types = [inferred] if isinstance(inferred, Type) else list(inferred)
        counts = definition.spread_results(len(types))
    else:
        types: list[Type] = []
        for field in definition.results:
            relations = definition.relations if field.arity == "single" else ()
            told = next((type for r in relations if (type := r.infer(probe, field.name)) is not None), None)
            group = draft.results[field.name] if told is None else (told,)
            types += group
            counts.append(len(group))
    op.results = tuple([OpResult(type, op, number) for number, type in enumerate(types)])
    if definition.needs_segments("result"):
        op.attributes[SEGMENTS["result"]] = DenseArrayAttr(i32, tuple(counts))


def is_numbers(value: Any) -> bool:
    """Whether an attribute's value is a list of whole numbers, and not an empty one."""
    items = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else ()
    return bool(items) and all(type(item) is int for item in items)


def _fault(check: Any, probe: Any) -> bool:
    try:
        return check(probe) is not None
    except _STUMBLES:
        return True
