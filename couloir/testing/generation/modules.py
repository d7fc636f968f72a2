"""Random modules: what is decided about one, and the module that this makes.

A `Plan` is everything about a module that is worth drawing, and simplifying, with care; the rest is noise, by seeds.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any, Final

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attribute import Type
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.traits import Pure, RecursiveMemoryEffects
from couloir.ir.types import ComplexType, IntegerType, bf16, f16, f32, f64, i1, i8, i32, i64
from couloir.testing.generation.building import KINDS, Aliasing, Builder, Scope, function_module, op_classes
from couloir.testing.generation.values import Types
from couloir.testing.rewrites.inputs import Profile

ELEMENTS: Final[tuple[Type, ...]] = (
    f32, i32, f64, i64, i1, f16, bf16, i8, IntegerType(8, "unsigned"), IntegerType(32, "unsigned"), ComplexType(f32),
)  # fmt: skip
"""Element types that modules are about, the simplest first."""
RANKS: Final = ((1,), (2,), (0,), (3,), (4,), (2, 1, 3, 0, 4))
"""Ranks of the tensors of one module."""
SIZES: Final = ((2,), (3,), (1,), (2, 3), (2, 3, 5, 7), (2, 3, 1, 5), (2, 0, 3, 1), (2, 4, 8))
"""Sizes of dimensions in one module, those that come first more often."""
MAX_OPS: Final = 8
_ATTEMPTS: Final = 100
"""Assignments that are tried for one op."""
_TRIES: Final = 3
"""Searches for one op."""


@attrs.frozen
class Plan:
    """What a module is made of.

    Attributes:
        ops: The classes of its ops, each with a seed.
        types: Which types new values have.
        kinds: How values are used.
        constants: What the elements of constants are like; None for few constants.
        seed: For which values are returned.
    """

    ops: Sequence[tuple[type[Operation], int]]
    types: Types
    kinds: Collection[Aliasing] = KINDS
    constants: Profile | None = "whole"
    seed: int = 0


def module_of(plan: Plan, classes: Sequence[type[Operation]]) -> ModuleOp:
    """The module of a plan, with one function, `@main`. Its regions are filled with ops of `classes`.

    An op of which none was found that fits is left out; where all are, there is the first one of `classes` that fits.
    """
    scope = Scope(Block(()), [], grows=True)
    for cls, seed in plan.ops:
        _add(scope, cls, seed, plan, classes)
    if scope.block.is_empty:
        next((op for cls in classes if (op := _add(scope, cls, plan.seed, plan, classes)) is not None), None)
    unused = [value for value in scope.values if not value.has_uses and value.defining_op is not None]
    if "dead results" in plan.kinds:
        rng = Random(plan.seed)
        unused = [value for value in unused if rng.random() < 0.8]
    made = [value for value in scope.values if value.defining_op is not None]
    results: list[Value[Any]] = unused or ([] if "dead results" in plan.kinds and plan.seed % 2 else made[-1:])
    return function_module(scope, results)


def _add(
    scope: Scope, cls: type[Operation], seed: int, plan: Plan, classes: Sequence[type[Operation]]
) -> Operation | None:
    for number in range(_TRIES):
        builder = Builder(
            Random(seed + (number << 32)), classes, plan.types, kinds=plan.kinds, constants=plan.constants
        )
        made = builder.add(scope, cls, attempts=_ATTEMPTS)
        if made is not None:
            return made
    return None


def plans(classes: Sequence[type[Operation]], rng: Random) -> Iterator[Plan]:
    """Plans at random, without end: most of one element type, with sizes that tell dimensions apart."""
    while True:
        element = rng.choice(ELEMENTS[:5] if rng.random() < 0.7 else ELEMENTS)
        types = Types((element,) if rng.random() < 0.7 else None, RANKS[-1], rng.choice(SIZES[3:7]), strict=False)
        ops = [(rng.choice(classes), rng.randrange(1 << 30)) for _ in range(rng.randint(1, MAX_OPS))]
        kinds: list[Aliasing] = [kind for kind in KINDS if rng.random() < 0.7]
        yield Plan(ops, types, kinds, seed=rng.randrange(1 << 30))


def random_modules(dialects: Sequence[str], seed: int) -> Iterator[ModuleOp]:
    """Modules of some dialects, without end. The same seed gives the same ones."""
    classes = op_classes(dialects)
    without_effects = [cls for cls in classes if not cls.traits.isdisjoint((Pure, RecursiveMemoryEffects))]
    mostly_pure = 3 * len(without_effects) > 2 * len(classes)
    for number in itertools.count():
        rng = Random(f"{','.join(dialects)}:{seed}:{number}")
        # Programs that talk to other devices cannot be run.
        usual = without_effects if mostly_pure and rng.random() < 0.8 else classes
        yield module_of(next(plans(usual, rng)), usual)
