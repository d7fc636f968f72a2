"""The ops that a rule looks at, grown from its pattern or from the ops at which it starts.

Each thing that a rule leaves open is a draw with a name: which element type, what defines an operand, which number a constant
holds, which form an attribute has, what a body computes. `Choices` remembers which draws led to programs on which the rule fired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final, cast

import attrs
import numpy as np

from couloir.ir.attribute import Type
from couloir.ir.constraints import FLOAT, Holds, SameType, element_type
from couloir.ir.definition import Field
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.rewriting.matcher import Node, PatternAttribute, PatternVariable
from couloir.ir.rewriting.rule import ANY_OP, Equation, Rewrite
from couloir.ir.traits import ConstantLike, IsTerminator
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IntegerType,
    ShapedType,
    dtype_of,
    f32,
    f64,
    i1,
    i32,
    i64,
)
from couloir.testing.generation.building import BodyStyle, Builder, Scope, can_generate, constant_of, op_classes
from couloir.testing.generation.choices import Choices, named, shared
from couloir.testing.generation.forms import Form, forms_of
from couloir.testing.generation.values import Types, elements, has_dtype
from couloir.testing.rewrites.vocabulary import vocabulary_of

USUAL_ELEMENTS: Final[tuple[Type, ...]] = (f32, i32, f64, i64, i1)
FLOATS: Final = tuple(type for type in FLOAT.examples if has_dtype(type) and type is not FloatType("f8E8M0FNU"))
"""Those of scales alone have no sign and no zero: nothing that is said of numbers holds of them."""
ELEMENTS: Final[dict[str, Type]] = named(
    [
        *USUAL_ELEMENTS,
        *(type for type in FLOATS if type not in USUAL_ELEMENTS),
        *(IntegerType(width) for width in (8, 16, 4, 2)),
        *(IntegerType(width, "unsigned") for width in (8, 32, 64, 16, 4, 2)),
        ComplexType(f32),
        ComplexType(f64),
    ]
)
RANKS: Final = {"any": (2, 3, 1, 4, 0), "2": (2,), "3": (3,), "1": (1,), "0": (0,), "4": (4,)}
RANK_SHARES: Final = {"any": 1.0, "2": 0.3, "3": 0.3, "1": 0.1, "0": 0.05, "4": 0.1}
SIZES: Final = {
    "primes": (2, 3, 5, 7),
    "some 1": (2, 3, 1, 5),
    "some 0": (0, 2, 3),
    "powers of two": (2, 4, 8, 1),
    "3": (3,),
    "1": (1,),
}
SIZE_SHARES: Final = {"primes": 1.0, "some 1": 0.5, "some 0": 0.2, "powers of two": 0.2, "3": 0.1, "1": 0.05}
NUMBERS: Final = (0.0, 1.0, -1.0, 2.0, -0.0, 0.5, 4.0, 3.0)
ARRAYS: Final = ("small numbers", "counting", "powers of two")
EDGES: Final = ("largest", "smallest", "inf", "-inf", "nan")
MEMORY: Final = 16
"""Values of an attribute that are remembered."""
ALIKE: Final = ("nothing", "all", "all but the operands", "the first operand", "only one is made")
"""In what the ops that define several values are alike."""
DEPTH: Final = 3
"""Ops above the one at which a function starts that are grown on purpose."""
PART_ATTEMPTS: Final = 120
"""Assignments that are tried for one op."""


@attrs.define(eq=False)
class Part:
    """An op that is to be made: one of a pattern, or one that may be of interest to a function."""

    cls: type[Operation]
    path: str
    """Names its draws."""
    node: Node | None = None
    operands: dict[tuple[str, int], Part | PatternVariable] = attrs.field(factory=dict)
    """What gives an operand, by field and number in it, where that is planned."""
    like: tuple[Part, str] | None = None
    """Another part, and in what they are alike: one of `ALIKE`."""
    constants: dict[int, str] = attrs.field(factory=dict)
    """Operands, by position, in whose places constants are put, with names for what is drawn."""
    same: dict[int, int] = attrs.field(factory=dict)
    """Operands that are the values of earlier ones, by position."""
    count: tuple[str, int] | None = None
    """How many values a variadic field has, where that is drawn."""


@attrs.frozen(eq=False)
class Skeleton:
    """The ops that a rule looks at, in a function that is not finished.

    Attributes:
        scope: Where they stand.
        ops: In order; the rule starts at the last one.
        builder: Makes more ops like them.
        drawn: What was drawn for them.
    """

    scope: Scope
    ops: tuple[Operation, ...]
    builder: Builder
    drawn: Mapping[str, str]

    @property
    def root(self) -> Operation:
        """The op at which the rule starts."""
        return self.ops[-1]


class Grower:
    """Grows skeletons for one rule.

    Args:
        rule: The rule.
        choices: Draws, and learns from what came of them.
    """

    def __init__(self, rule: Rewrite, choices: Choices) -> None:
        self.rule = rule
        self.choices = choices
        self.words = vocabulary_of(rule)
        self.makers = [cls for cls in self.words.classes if can_generate(cls) and cls.definition.results]
        self.roots = self._roots()
        dialects = [cls.name.partition(".")[0] for cls in (*self.roots, *self.makers)]
        self.classes = op_classes(dict.fromkeys(dialects))
        self.constants = _constant_classes(self.classes)
        self.remembered: dict[str, dict[str, Any]] = {}
        self.numbers = tuple(dict.fromkeys((*map(str, (*NUMBERS, *(float(n) for n in self.words.numbers[:24]))),)))
        mentioned = [*self.words.types, *self.words.type_classes]
        self.unusual_elements = [
            name
            for name, type in ELEMENTS.items()
            if type not in USUAL_ELEMENTS
            and type not in mentioned
            and not isinstance(type, tuple(self.words.type_classes))
        ]
        self.elements = {name: type for name, type in ELEMENTS.items() if type in self.words.types}
        self._values: dict[str, Value[Any] | tuple[Value[Any], ...]] = {}
        self._attributes: dict[str, Any] = {}
        self._planned: set[str] = set()

    def _roots(self) -> list[type[Operation]]:
        if isinstance(self.rule, Equation):
            return [type(node.op) for node in self.rule.pattern.nodes]
        roots = [cls for cls in self.rule.roots if cls is not ANY_OP and can_generate(cls)]
        if roots or ANY_OP not in self.rule.roots:
            return roots
        return self.makers or [cls for cls in self.words.classes if can_generate(cls)]

    def grow(
        self, rng: Random, scope: Scope | None = None, known: Mapping[str, Value[Any]] | None = None
    ) -> Skeleton | None:
        """One skeleton; None when it did not work out.

        `scope` is where to add it, by default a new function; `known` are values of variables of a pattern.
        """
        if not self.roots:
            return None
        types = Types(
            (self.choices.pick("element type", ELEMENTS, shared(self.unusual_elements, 0.6)),),
            self.choices.pick("rank", RANKS, RANK_SHARES),
            self.choices.pick("sizes", SIZES, SIZE_SHARES),
            strict=False,
        )
        builder = Builder(rng, self.classes, types, reuse=0.0)
        scope = scope or Scope(Block(()), [], grows=True)
        self._values = dict(known or {})
        self._attributes = {}
        self._planned = set(self._values)
        made: dict[Part, Operation] = {}
        for part in self._plan():
            op = self._make(scope, builder, part, made)
            if op is None:
                return None
            made[part] = op
            self._bind(part, op)
        for part, op in made.items():
            for position, name in part.constants.items():
                self._put_constant(op, position, name, rng)
        return Skeleton(scope, tuple(made.values()), builder, dict(self.choices.drawn))

    def remember(self, skeleton: Skeleton) -> None:
        """Keeps the attributes of a skeleton on which the rule fired."""
        for number, op in enumerate(skeleton.ops):
            for field in op.definition.attributes:
                value = getattr(op, field.name)
                if value is not None and field.codec is not None and not isinstance(value, bool):
                    kept = self.remembered.setdefault(f"{len(skeleton.ops) - number} {op.name}.{field.name}", {})
                    if len(kept) < MEMORY:
                        kept.setdefault(str(value), value)

    # -- what is to be made --------------------------------------------------------------------------------------------------

    def _plan(self) -> list[Part]:
        """The ops to make, each before those that use it."""
        if not isinstance(self.rule, Equation):
            root = self.choices.pick("root", {cls.name: cls for cls in self.roots})
            return list(self._open(root, "root"))
        parts: dict[int, Part] = {}
        planned: list[Part] = []
        for node in sorted(self.rule.pattern.nodes, key=lambda node: node.number):
            part = parts[node.number] = Part(type(node.op), f"{node.number} {node.op.name}", node)
            definition, position = node.op.definition, 0
            for field, size in zip(definition.operands, definition.group_sizes(node.op, "operand"), strict=True):
                for number in range(size):
                    item = node.operands[position]
                    position += 1
                    if isinstance(item, Node):
                        part.operands[field.name, number] = parts[item.number]
                    else:
                        part.operands[field.name, number] = item
                        planned += self._variable(part, field, number, item, position - 1)
            planned.append(part)
        return planned

    def _variable(self, part: Part, field: Field, number: int, item: PatternVariable, position: int) -> Iterator[Part]:
        """What a variable of a pattern stands for."""
        if item.variable in self._planned:
            return
        self._planned.add(item.variable)
        if item.rest:
            yield from self._several(part, field, item.variable)
            return
        options: dict[str, Any] = {"a constant": None} if item.trait in (None, ConstantLike) else {}
        if item.trait is None:
            options["anything"] = None
        if item.trait is not ConstantLike:
            inside = self.classes if item.trait is not None else [cls for cls in self.makers if cls not in self.roots]
            options |= {
                cls.name: cls
                for cls in inside
                if cls not in self.constants and (item.trait is None or item.trait in cls.traits)
            }
        if not options:
            return
        maker = self.choices.pick(f"{item.variable} is", options, _maker_shares(options))
        if maker is not None:
            *inner, last = self._open(maker, item.variable, DEPTH - 1)
            part.operands[field.name, number] = last
            yield from (*inner, last)
        elif self.choices.drawn[f"{item.variable} is"] == "a constant":
            part.constants[position] = f"{item.variable} holds"

    def _several(self, part: Part, field: Field, name: str) -> Iterator[Part]:
        """What a name for any number of operands stands for: any values, one value, or results of ops that are alike."""
        makers = [maker for maker in self.makers if maker not in self.constants]
        options: dict[str, Any] = {"anything": None, "one value": None, **{maker.name: maker for maker in makers}}
        maker = self.choices.pick(f"{name} are", options, _maker_shares(options))
        drawn = self.choices.drawn[f"{name} are"]
        if drawn == "anything":
            return
        count = int(self.choices.pick_of(f"{name} count", "231"))
        part.count = field.name, count
        if maker is None:
            before = part.cls.definition.operands.index(field)
            part.same = dict.fromkeys(range(before + 1, before + count), before)
            return
        alike = self.choices.pick_of(f"{name} alike", ALIKE)
        first: Part | None = None
        for number in range(1 if alike == "only one is made" else count):
            inner: list[Part] = []
            if first is None or alike == "nothing":
                *inner, last = self._open(maker, f"{name}{number}", DEPTH - 1)
            else:
                last = Part(maker, f"{name}{number} {maker.name}", like=(first, alike))
            first = first or last
            part.operands[field.name, number] = last
            yield from (*inner, last)

    def _open(self, cls: type[Operation], path: str, depth: int = 0) -> Iterator[Part]:
        """An op of which nothing is fixed, after those that define its operands."""
        part = Part(cls, f"{path} {cls.name}")
        position = 0
        for field in cls.definition.operands:
            if field.arity == "optional":
                break  # positions are not known any more
            count = 1 if field.arity == "single" else int(self.choices.pick_of(f"{path} {field.name} count", "123"))
            for number in range(count):
                name = f"{path}.{field.name}{number or ''}"
                options: dict[str, Any] = {"anything": None, "a constant": None}
                if depth < DEPTH:
                    options |= {maker.name: maker for maker in self.makers if maker not in self.constants}
                maker = self.choices.pick(f"{name} is", options, _maker_shares(options))
                if self.choices.drawn[f"{name} is"] == "a constant":
                    part.constants[position] = f"{name} holds"
                elif maker is not None:
                    *inner, last = self._open(maker, name, depth + 1)
                    part.operands[field.name, number] = last
                    yield from (*inner, last)
                position += 1
            if field.arity == "variadic":
                break
        yield part

    # -- making it -----------------------------------------------------------------------------------------------------------

    def _make(self, scope: Scope, builder: Builder, part: Part, made: Mapping[Part, Operation]) -> Operation | None:
        model = None if part.like is None else made[part.like[0]]
        if model is not None and part.like is not None and part.like[1].startswith("all"):
            return _copied(scope, model, with_operands=part.like[1] == "all")
        fixed = self._given(scope, builder, part, made)
        if fixed is None:
            return None
        if model is not None and model.operands:
            fixed[part.cls.definition.operands[0].name] = model.operands[0]
        wishes: list[Holds] = []
        definition = part.cls.definition
        if part.node is not None and not any(isinstance(o, PatternVariable) and o.rest for o in part.node.operands):
            wishes.append(_has_operands(len(part.node.operands)))
        shaped = definition.operands and len(definition.results) == 1
        if shaped and (part.node is None or len(definition.operands) == 1) and self._wants_same_type(part):
            wishes.append(Holds("the result has the type of the operand", _keeps_type))
        body: BodyStyle = None
        if definition.regions:
            options: dict[str, BodyStyle] = {
                "anything": None,
                "its arguments": "its arguments",
                "constants": "constants",
            }
            simple = [cls for cls in (*self.makers, *self._usual_bodies()) if _is_simple(cls)]
            options |= {cls.name: cls for cls in simple}
            body = self.choices.pick(f"{part.path} body", options, shared(list(options)[1:], 1.0))
        if part.count is not None:
            wishes.append(_has_values(*part.count))
        same = {**part.same, **(self._repeated(part.node) if part.node is not None else {})}
        usual = builder.types
        builder.types = self._types_of(part, usual)
        made_op = builder.add(scope, part.cls, fixed, wishes=wishes, body=body, same=same, attempts=PART_ATTEMPTS)
        builder.types = usual
        return made_op

    def _types_of(self, part: Part, types: Types) -> Types:
        """The types that an op prefers: those of the program, or an element type that the rule names."""
        if len(self.elements) < 2 or any(isinstance(relation, SameType) for relation in part.cls.definition.relations):
            return types
        options: dict[str, Type | None] = {"that of the program": None, **self.elements}
        drawn = self.choices.pick(f"{part.path} element type", options, shared(self.elements, 0.8))
        return types if drawn is None else attrs.evolve(types, elements=(drawn,))

    def _repeated(self, node: Node) -> dict[int, int]:
        """Operands of one op that a pattern calls by one name, which nothing has yet."""
        first: dict[str, int] = {}
        found: dict[int, int] = {}
        for position, item in enumerate(node.operands):
            if isinstance(item, PatternVariable) and not item.rest and item.variable not in self._values:
                earlier = first.setdefault(item.variable, position)
                if earlier != position:
                    found[position] = earlier
        return found

    def _wants_same_type(self, part: Part) -> bool:
        return self.choices.pick(f"{part.path} type", {"any": False, "of the operand": True}, {"of the operand": 0.1})

    def _usual_bodies(self) -> list[type[Operation]]:
        """Ops of two values that bodies often consist of."""
        names = ("add", "maximum", "multiply", "minimum", "and", "or", "compare")
        dialects = dict.fromkeys(cls.name.partition(".")[0] for cls in self.roots)
        found = [REGISTRY.operation(f"{dialect}.{name}") for dialect in dialects for name in names]
        return [cls for cls in found if cls is not None]

    def _given(
        self, scope: Scope, builder: Builder, part: Part, made: Mapping[Part, Operation]
    ) -> dict[str, Any] | None:
        """The fields that are settled: operands and attributes by name."""
        fixed: dict[str, Any] = {}
        definition = part.cls.definition
        sizes = [] if part.node is None else definition.group_sizes(part.node.op, "operand")
        for place, field in enumerate(definition.operands):
            planned = {number: item for (name, number), item in part.operands.items() if name == field.name}
            values = [self._value_of(planned[number], made, part) for number in sorted(planned)]
            if field.arity == "variadic":
                rest = [item for item in planned.values() if isinstance(item, PatternVariable) and item.rest]
                if not any(value is not None for value in values):
                    if part.node is not None and not rest and not planned:
                        fixed[field.name] = ()
                    continue
                if part.count is not None:
                    values += [None] * (part.count[1] - len(values))
                fixed[field.name] = tuple(self._filled(scope, builder, values))
            elif sizes and not sizes[place]:
                fixed[field.name] = None
            elif values and values[0] is not None:
                (fixed[field.name],) = values[0]
        for field in definition.attributes:
            self._give_attribute(part, field, fixed)
        return fixed

    def _value_of(
        self, item: Part | PatternVariable, made: Mapping[Part, Operation], user: Part
    ) -> tuple[Value[Any], ...] | None:
        if isinstance(item, Part):
            index = 0
            if user.node is not None and item.node is not None:
                number = item.node.number
                used = (o for o in user.node.operands if isinstance(o, Node) and o.number == number)
                index = next((o.result_index for o in used), 0)
            results = made[item].results
            return (results[index],) if index < len(results) else None
        known = self._values.get(item.variable)
        return None if known is None else known if isinstance(known, tuple) else (known,)

    def _filled(
        self, scope: Scope, builder: Builder, values: Sequence[tuple[Value[Any], ...] | None]
    ) -> Iterator[Value[Any]]:
        """A group of operands of which some are known; the others have their types."""
        known = [value for group in values if group for value in group]
        if not known:  # a group of none, `[*starts]` of a scalar
            return
        type = known[0].type
        for group in values:
            if group is not None:
                yield from group
            else:
                other = builder.value(scope, type)
                yield scope.block.add_argument(type) if other is None else other

    def _give_attribute(self, part: Part, field: Field, fixed: dict[str, Any]) -> None:
        stored: Any = None
        if part.node is not None:
            stored = next(attribute for name, _, attribute in part.node.attributes if name == field.name)
            if not isinstance(stored, PatternAttribute):
                decodes = stored is not None and field.codec is not None
                fixed[field.name] = field.codec.decode(stored) if decodes and field.codec is not None else stored
                if stored is None and field.has_default:
                    del fixed[field.name]
                    default = part.cls.definition.stored.get(field.key)
                    fixed[field.name] = None if default is None else field.spec.default
                return
            if stored.variable in self._attributes:
                fixed[field.name] = self._attributes[stored.variable]
                return
        name = f"{part.path}.{field.name}"
        forms: dict[str, Form | None] = {form.name: form for form in forms_of(field, self.words.numbers[:24])}
        options: dict[str, Any] = {"anything": None, **forms}
        before = next(
            (kept for key, kept in self.remembered.items() if key.endswith(f" {part.cls.name}.{field.name}")), None
        )
        if before:
            options["as before"] = before
        drawn = self.choices.pick(name, options, {**shared(forms, 0.4), "as before": 0.2})
        if self.choices.drawn[name] == "as before":
            fixed[field.name] = self.choices.rng.choice(list(drawn.values()))
        elif drawn is not None:
            fixed[field.name] = drawn

    def _bind(self, part: Part, op: Operation) -> None:
        """What the variables of a pattern stand for, now that an op has operands and attributes."""
        if part.node is None:
            return
        spare = len(op.operands) - len(part.node.operands) + 1
        position = 0
        for item in part.node.operands:
            if isinstance(item, PatternVariable) and item.rest:
                self._values[item.variable] = tuple(op.operands[position : position + spare])
                position += spare
                continue
            if isinstance(item, PatternVariable):
                self._values.setdefault(item.variable, op.operands[position])
            position += 1
        for name, _, attribute in part.node.attributes:
            if isinstance(attribute, PatternAttribute):
                self._attributes.setdefault(attribute.variable, getattr(op, name))

    # -- constants -----------------------------------------------------------------------------------------------------------

    def _put_constant(self, op: Operation, position: int, name: str, rng: Random) -> None:
        """Puts a constant in the place of an operand, wherever the value that it was is used."""
        shares = {**shared(EDGES, 0.5), **shared(self.numbers[len(NUMBERS) :], 2.0)}
        style = self.choices.pick_of(name, (*self.numbers, *ARRAYS, *EDGES), shares)
        if position >= len(op.operands):
            return
        old = op.operands[position]
        if old.defining_op is not None and not old.defining_op.has_trait(ConstantLike):
            return
        try:
            array = constant_array_of(old.type, style, rng)
        except Error:
            return
        made = constant_of(old.type, array, self.constants)
        block = op.parent
        if made is None or block is None:
            return
        block.prepend(made)
        old.replace_all_uses_with(made.results[0])
        if old.defining_op is not None:
            old.defining_op.erase()


def constant_array_of(type: Type, style: str, rng: Random) -> Any:
    """The elements of a constant. Raises `couloir.Error` for types of which there are no arrays.

    `style` is a number for all elements, an edge of the range, or what kind of numbers they are.
    """
    shape = type.shape if isinstance(type, ShapedType) else ()
    element = element_type(type)
    dtype: Any = dtype_of(element)
    if style == "small numbers":
        return elements(rng, type)
    with np.errstate(all="ignore"):
        if style == "counting":
            return np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
        if style == "powers of two":
            return np.exp2(np.random.default_rng(rng.randrange(1 << 30)).integers(0, 4, shape)).astype(dtype)
        if style in EDGES:
            return np.full(shape, edge(element, style)).astype(dtype)
        number: Any = float(style)
        if not isinstance(element, FloatType | ComplexType):
            number = int(number)
            if isinstance(element, IntegerType) and not element.is_signed and number < 0:
                number %= 1 << element.width
            number = min(max(number, -(1 << 63)), (1 << 63) - 1)  # a rule may name more than an array holds
        return np.full(shape, number).astype(dtype)


def edge(element: Type, style: str) -> Any:
    """A number at the end of an element type: one of `EDGES`. Types without infinities have their greatest and least numbers."""
    if isinstance(element, FloatType | ComplexType):
        if style in ("largest", "smallest"):
            import ml_dtypes

            dtype: Any = dtype_of(element.element_type if isinstance(element, ComplexType) else element)
            limits = cast("Any", ml_dtypes.finfo(dtype))
            return float(limits.max if style == "largest" else limits.min)
        return float(style)
    width = element.width if isinstance(element, IntegerType) else 64
    unsigned = isinstance(element, IntegerType) and (not element.is_signed or width == 1)
    low, high = (0, (1 << width) - 1) if unsigned else (-(1 << width - 1), (1 << width - 1) - 1)
    number = low if style in ("smallest", "-inf") else high
    return np.uint64(number) if unsigned else np.int64(number)


def _constant_classes(classes: Sequence[type[Operation]]) -> list[type[Operation]]:
    """The classes of constants of some dialects, and then the one that has numbers of every kind."""
    general = REGISTRY.operation("arith.constant")
    found = [cls for cls in classes if ConstantLike in cls.traits]
    return found if general is None or general in found else [*found, general]


def _maker_shares(options: Mapping[str, Any]) -> dict[str, float]:
    """Of what may define an operand that a rule leaves open."""
    return {**shared([name for name in options if name != "anything"], 0.8), "anything": 1.0}


def _copied(scope: Scope, model: Operation, *, with_operands: bool) -> Operation:
    """A copy of an op; with other operands of the same types, if need be."""
    made = model.clone()
    if not with_operands:
        made.set_operands([scope.block.add_argument(operand.type) for operand in model.operands])
    scope.block.append(made)
    scope.values += made.results
    return made


def _has_values(field: str, count: int) -> Holds:
    def holds(op: Any) -> bool:
        return len(getattr(op, field)) == count

    return Holds(f"`{field}` has {count} values", holds)


def _has_operands(count: int) -> Holds:
    def holds(op: Any) -> bool:
        return len(op.operands) == count

    return Holds("there are as many operands as in the pattern", holds)


def _keeps_type(op: Any) -> bool:
    return op.results[0].type is op.operands[0].type


def _is_simple(cls: type[Operation]) -> bool:
    """Whether an op can be all that a body computes."""
    definition = cls.definition
    return (
        len(definition.results) == 1
        and 1 <= len(definition.operands) <= 2
        and all(field.arity == "single" for field in (*definition.operands, *definition.results))
        and not definition.regions
        and IsTerminator not in cls.traits
    )


__all__ = ["Grower", "Skeleton", "constant_array_of"]
