"""Programs in which a rule can fire.

For an equation its left side is the skeleton: its ops are generated one by one, with operands that are the results of those before
and attributes that the pattern fixes; what the pattern leaves open is drawn. For a function the ops at which it starts are
generated, among ops that its code names. Around them come further uses of inner values, and results that nobody uses.
"""

from __future__ import annotations

import itertools
import math
import types as python_types
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.rewriting.matcher import Node, Pattern, PatternAttribute, PatternVariable
from couloir.ir.rewriting.rule import ANY_OP, Equation, FunctionRule, Rewrite
from couloir.ir.traits import ConstantLike
from couloir.ir.types import FloatType, IntegerType, TensorType, bf16, f16, f32, f64, i1, i8, i32, i64
from couloir.ir.verify import faults
from couloir.testing.generation.building import Builder, Scope, can_generate, function_module, op_classes
from couloir.testing.generation.values import Types
from couloir.testing.rewrites.examples import varied

ELEMENTS: Final[tuple[Type, ...]] = (f32, i32, f64, i1, i8, IntegerType(8, "unsigned"), f16, bf16, i64)
FAILURES: Final = 100
"""Attempts in a row that make no program, after which there seems to be none."""
MAX_ELEMENTS: Final = 1_000_000
SPECIAL_NUMBERS: Final = (0.0, 1.0, -0.0, -1.0, 2.0, 0.5)


def programs_for(rule: Rewrite, seed: int) -> Iterator[ModuleOp]:
    """Programs in which the rule may fire, without end unless nearly none can be made."""
    failures = 0
    for number in itertools.count():
        rng = Random(f"{rule.name}:{seed}:{number}")
        if rule.examples and (number < len(rule.examples) or number % 2):
            made = varied(rule.examples[number % len(rule.examples)], rng if number >= len(rule.examples) else None)
        else:
            made = _equation_program(rule, rng) if isinstance(rule, Equation) else _function_program(rule, rng)
        if made is not None and not faults(made, limit=1) and _is_small(made):
            failures = 0
            yield made
        else:
            failures += 1
            if failures == FAILURES:
                return


def random_programs(dialects: Sequence[str], seed: int) -> Iterator[ModuleOp]:
    """Programs of some dialects, without end."""
    classes = op_classes(dialects)
    for number in itertools.count():
        rng = Random(f"{','.join(dialects)}:{seed}:{number}")
        scope = Scope(Block(()), [], grows=True)
        builder = Builder(rng, classes, _types(rng))
        for _ in range(rng.randint(1, 8)):
            builder.add(scope, rng.choice(classes))
        unused = [value for value in scope.values if not value.has_uses and rng.random() < 0.9]
        made = function_module(scope, unused)
        if _is_small(made):
            yield made


def _types(rng: Random) -> Types:
    """Most programs are small, of one element type, with sizes that tell dimensions apart."""
    elements = (rng.choice(ELEMENTS),) if rng.random() < 0.7 else None
    sizes = rng.choice(((2, 3, 5), (2, 3, 1, 5), (2, 3, 1, 4, 0)))
    return Types(elements, (2, 1, 3, 0, 4), sizes)


def _finished(scope: Scope, roots: Sequence[Operation], inner: Sequence[Operation], rng: Random) -> ModuleOp:
    """The function of a scope: it returns what the rule is about, and perhaps inner values too."""
    values = [value for op in roots for value in op.results]
    for op in inner:
        if rng.random() < 0.15:  # a further use, which may stop the match
            values += op.results
    if rng.random() < 0.1 and roots:  # a result that nobody uses
        values = values[1:]
    return function_module(scope, values)


# -- equations -----------------------------------------------------------------------------------------------------------


def _equation_program(rule: Equation, rng: Random) -> ModuleOp | None:
    pattern = rule.pattern
    dialect = pattern.root.op.name.partition(".")[0]
    scope = Scope(Block(()), [], grows=True)
    builder = Builder(rng, op_classes([dialect]), _types(rng))
    values: dict[str, Value[Any]] = {}
    attributes: dict[str, Any] = {}
    made: dict[int, Operation] = {}
    for node in _in_order(pattern):
        fixed = _fixed_fields(node, made, values, attributes, rng)
        if fixed is None:
            return None
        op = builder.add(scope, type(node.op), fixed)
        if op is None:
            return None
        made[node.number] = op
        _bind(node, op, values, attributes, rng)
    ops = list(made.values())
    return _finished(scope, ops[-1:], ops[:-1], rng)


def _in_order(pattern: Pattern) -> list[Node]:
    return sorted(pattern.nodes, key=lambda node: node.number)


def _fixed_fields(
    node: Node, made: dict[int, Operation], values: dict[str, Value[Any]], attributes: dict[str, Any], rng: Random
) -> dict[str, Any] | None:
    """The fields of an op of the pattern that are settled: operands by name, attributes by name."""
    definition = node.op.definition
    fixed: dict[str, Any] = {}
    start = 0
    for field, size in zip(definition.operands, definition.group_sizes(node.op, "operand"), strict=True):
        group = node.operands[start : start + size]
        start += size
        known: list[Value[Any] | None] = []
        for item in group:
            if isinstance(item, Node):
                known.append(made[item.number].results[item.result_index])
            else:
                known.append(None if item.rest else values.get(item.variable))
        if all(value is not None for value in known) and (group or field.arity != "variadic"):
            fixed[field.name] = tuple(known) if field.arity == "variadic" else known[0] if known else None
        elif field.arity == "variadic" and any(value is not None for value in known):
            first = next(value for value in known if value is not None)
            fixed[field.name] = tuple(first if value is None else value for value in known)
    for name, _, attribute in node.attributes:
        field = definition.field(name)
        if isinstance(attribute, PatternAttribute):
            if attribute.variable in attributes:
                fixed[name] = attributes[attribute.variable]
        elif attribute is None:
            fixed[name] = None
        else:
            fixed[name] = field.codec.decode(attribute) if field.codec is not None else attribute
    return fixed


def _bind(node: Node, op: Operation, values: dict[str, Value[Any]], attributes: dict[str, Any], rng: Random) -> None:
    """What the variables of a node stand for now; constants take the place of arguments where the rule wants some."""
    if len(op.operands) == len(node.operands):
        for position, item in enumerate(node.operands):
            if not isinstance(item, PatternVariable) or item.rest:
                continue
            wants_constant = item.trait is ConstantLike or (item.trait is None and rng.random() < 0.2)
            if item.variable not in values and wants_constant:
                _make_constant(op, position, rng)
            values[item.variable] = op.operands[position]
    for name, _, attribute in node.attributes:
        if isinstance(attribute, PatternAttribute):
            attributes[attribute.variable] = getattr(op, name)


def _make_constant(op: Operation, position: int, rng: Random) -> None:
    """Gives an op a constant operand: one number everywhere, mostly one of which algebra has a law."""
    old = op.operands[position]
    if old.defining_op is not None and old.defining_op.has_trait(ConstantLike):
        return
    type = old.type
    constant = REGISTRY.operation(op.name.partition(".")[0] + ".constant")
    if constant is None or not isinstance(type, TensorType) or not type.is_static:
        return
    number = rng.choice(SPECIAL_NUMBERS)
    try:
        if isinstance(type.element_type, FloatType) or rng.random() < 0.8:
            stored = DenseElementsAttr.splat(type, number if isinstance(type.element_type, FloatType) else int(number))
        else:
            stored = DenseElementsAttr.splat(type, 1)
    except Error:
        return
    made = constant.create((), (type,), {constant.definition.attributes[0].key: stored})
    if op.parent is not None and not faults(made):
        op.parent.insert_before(op, made)
        op.set_operand(position, made.results[0])


# -- functions -----------------------------------------------------------------------------------------------------------


def _function_program(rule: Rewrite, rng: Random) -> ModuleOp | None:
    roots = [cls for cls in rule.roots if cls is not ANY_OP and can_generate(cls)]
    named = _named_classes(rule)
    if not roots:
        roots = named
    if not roots:
        return None
    root = rng.choice(roots)
    dialect = root.name.partition(".")[0]
    usual = op_classes([dialect])
    scope = Scope(Block(()), [], grows=True)
    builder = Builder(rng, usual, _types(rng))
    for _ in range(rng.randint(0, 3)):
        builder.add(scope, rng.choice(named) if named and rng.random() < 0.8 else rng.choice(usual))
    op = builder.add(scope, root)
    if op is None:
        return None
    for position in range(len(op.operands)):
        if rng.random() < 0.3:
            _make_constant(op, position, rng)
    inner = [other for other in scope.block.ops if other is not op]
    return _finished(scope, [op], inner, rng)


def _named_classes(rule: Rewrite) -> list[type[Operation]]:
    """The op classes that the code of a rule names: `hlo.Transpose`."""
    if not isinstance(rule, FunctionRule):
        return []
    function: Any = rule.function
    found: list[type[Operation]] = []
    for name in function.__code__.co_names:
        for holder in function.__globals__.values():
            candidate = getattr(holder, name, None) if isinstance(holder, python_types.ModuleType) else None
            if (
                isinstance(candidate, type)
                and issubclass(candidate, Operation)
                and candidate.name
                and can_generate(candidate)
            ):
                found.append(candidate)
                break
    return found


def _is_small(module: ModuleOp) -> bool:
    """Whether arrays for it are cheap."""
    types = (value.type for op in module.walk() for value in op.results)
    return sum(math.prod(t.shape) for t in types if isinstance(t, TensorType) and t.is_static) < MAX_ELEMENTS
