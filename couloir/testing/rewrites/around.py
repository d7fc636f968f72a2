"""What stands around the ops that a rule looks at: each kind of surroundings finds faults that the others hide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, Literal, TypeAlias, get_args

from couloir.dialects import hlo, scf
from couloir.ir.attribute import Type
from couloir.ir.constraints import Holds
from couloir.ir.errors import Error
from couloir.ir.operation import Block, BlockArgument, Operation, Region, Value
from couloir.ir.traits import ConstantLike, IsTerminator
from couloir.ir.types import TensorType, i1, i32
from couloir.testing.generation.building import Scope, constant_of
from couloir.testing.generation.values import elements
from couloir.testing.rewrites.skeletons import Skeleton

Kind: TypeAlias = Literal[
    "plain",
    "extra use",
    "same value twice",
    "overlapping",
    "in a region",
    "dead result",
    "chain above",
    "chain below",
    "example",
    "near another",
]
"""Surroundings of the ops that a rule looks at.

`extra use`: an inner value has another user; `same value twice`: two free operands are one value; `overlapping`: a second match
that shares ops or values with the first; `in a region`: of an if, a case or a while; `dead result`: nobody uses a result;
`chain above`, `chain below`: random ops make a free operand, or use a result;
`example`: a program that the rule brings, or a variation of it.
"""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_TRIES: Final = 6
"""Ops that are tried where one with certain types is wanted."""


def free_arguments(skeleton: Skeleton) -> list[BlockArgument[Any]]:
    """The arguments of the function that the ops use."""
    return [argument for argument in skeleton.scope.block.arguments if argument.has_uses]


def make_same(skeleton: Skeleton, rng: Random) -> bool:
    """Makes two free operands one value."""
    arguments = free_arguments(skeleton)
    rng.shuffle(arguments)
    for one in arguments:
        for other in arguments:
            if one is not other and one.type is other.type:
                other.replace_all_uses_with(one)
                return True
    return False


def put_above(skeleton: Skeleton, rng: Random) -> bool:
    """Puts random ops above the free operands."""
    done = False
    for _ in range(rng.randint(1, 3)):
        arguments = free_arguments(skeleton)
        if not arguments:
            break
        argument = rng.choice(arguments)
        made = _op_of_type(skeleton, argument.type, rng)
        if made is None:
            continue
        users = [use.user for use in argument.uses if use.user is not made]
        first = next((op for op in skeleton.scope.block.ops if any(_is_in(user, op) for user in users)), None)
        if first is None or first is made:
            continue
        made.move_before(first)
        argument.replace_uses_if(made.results[0], lambda use, op=made: use.user is not op)
        done = True
    return done


def _is_in(inner: Operation, outer: Operation) -> bool:
    return inner is outer or outer in inner.ancestors()


def _op_of_type(skeleton: Skeleton, type: Type, rng: Random) -> Operation | None:
    """A new op at the end of the function, on its arguments, whose only result has a type."""
    builder, block = skeleton.builder, skeleton.scope.block
    classes = [cls for cls in builder.classes if _makes_one_value(cls)]
    scope = Scope(block, list(block.arguments), grows=True)
    wish = Holds(
        "the result has the type that is wanted", lambda op: len(op.results) == 1 and op.results[0].type is type
    )
    for _ in range(_TRIES):
        cls = rng.choice(classes) if classes else None
        if cls is None:
            return None
        result = cls.definition.results[0]
        if not issubclass(type.__class__, result.types):
            continue
        scope.values.append(Value(type))  # so that the search begins with this type
        made = builder.add(scope, cls, {result.name: (type,)}, wishes=[wish], attempts=20)
        scope.values = [value for value in scope.values if isinstance(value, BlockArgument)]
        if made is not None:
            return made
    return None


def _makes_one_value(cls: type[Operation]) -> bool:
    definition = cls.definition
    single = len(definition.results) == 1 and definition.results[0].arity == "single"
    return single and bool(definition.operands) and not definition.regions and ConstantLike not in cls.traits


def put_below(skeleton: Skeleton, rng: Random) -> list[Value[Any]]:
    """Random ops that use the results; gives what they make."""
    builder, made = skeleton.builder, list[Value[Any]]()
    classes = [cls for cls in builder.classes if _makes_one_value(cls)]
    scope = Scope(skeleton.scope.block, [*skeleton.scope.values, *skeleton.root.results], grows=True)
    for result in skeleton.root.results:
        for _ in range(_TRIES):
            if not classes:
                break
            cls = rng.choice(classes)
            first = cls.definition.operands[0]
            if not issubclass(result.type.__class__, first.types):
                continue
            given = {first.name: [result] if first.arity == "variadic" else result}
            op = builder.add(scope, cls, given, attempts=20)
            if op is not None:
                made += op.results
                break
    return made


def put_in_region(scope: Scope, values: Sequence[Value[Any]], rng: Random) -> list[Value[Any]] | None:
    """Moves all ops of a function into a region that gives `values`; returns what stands for them outside.

    None when these values cannot leave a region: the function is as before.
    """
    ops = list(scope.block.ops)
    types = [value.type for value in values]
    inner = [op for op in ops if not op.has_trait(ConstantLike) or rng.random() < 0.5]
    if not inner or any(op.has_trait(IsTerminator) for op in inner):
        return None
    tensors = all(isinstance(type, TensorType) for type in types)
    choice = rng.choice(("if", "case", "while")) if tensors and types else "scf.if"
    block = Block(())
    others: list[Value[Any]] = []
    for type in types:
        other = _any_value(scope, type, rng)
        others.append(scope.block.add_argument(type) if other is None else other)
    for op in inner:
        op.detach()
        block.append(op)
    if choice == "scf.if":
        block.append(scf.Yield(list(values)))
        condition = scope.block.add_argument(i1)
        other = [] if not types else [Block(())]
        for empty in other:
            empty.append(scf.Yield(others))
        made: Operation = scf.If(condition, Region([block]), Region(other))
    elif choice == "while":
        made = _while(scope, block, values, others, types)
    else:
        block.append(hlo.Return(list(values)))
        empty = Block(())
        empty.append(hlo.Return(others))
        regions = [Region([block]), Region([empty])]
        if choice == "if":
            made = hlo.If(scope.block.add_argument(TensorType((), i1)), *regions)
        else:
            made = hlo.Case(scope.block.add_argument(TensorType((), i32)), tuple(regions))
    scope.block.append(made)
    return list(made.results[: len(types)])


def _while(
    scope: Scope, body: Block, values: Sequence[Value[Any]], others: Sequence[Value[Any]], types: Sequence[Type]
) -> Operation:
    """A loop that runs its body once, or not at all: its last value says whether to go on."""
    flag = TensorType((), i1)
    for type in (*types, flag):
        body.add_argument(type)
    done = hlo.constant(False, i1)
    body.append(done)
    body.append(hlo.Return([*values, done.output]))
    condition = Block([*types, flag])
    condition.append(hlo.Return([condition.arguments[-1]]))
    start = scope.block.add_argument(flag)
    return hlo.While([*others, start], Region([condition]), Region([body]))


def _any_value(scope: Scope, type: Type, rng: Random) -> Value[Any] | None:
    """An argument of a type, or a constant at the beginning of the function."""
    fitting = [argument for argument in scope.block.arguments if argument.type is type]
    if fitting and rng.random() < 0.5:
        return rng.choice(fitting)
    if rng.random() < 0.5:
        return None
    try:
        made = constant_of(type, elements(rng, type), [hlo.Constant])
    except Error:
        return None
    if made is None:
        return None
    scope.block.prepend(made)
    return made.results[0]


def inner_values(skeleton: Skeleton) -> Iterator[Value[Any]]:
    """The results of the ops before the one at which the rule starts."""
    for op in skeleton.ops[:-1]:
        yield from op.results
