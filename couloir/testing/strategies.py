"""Hypothesis strategies: random valid modules of any dialects, from the definitions of their ops alone.

    from hypothesis import given
    from couloir.testing import strategies as cs

    @given(cs.modules(["stablehlo"]))
    def test_my_pass(module): ...

An op that a test, or another package, defines is generated like any other. What is worth simplifying (the ops, element types,
ranks, sizes, how values are used) is drawn piece by piece, so that a failing example shrinks to few ops on small tensors; the
rest follows from seeds. `st.from_type(couloir.Module)` works, too.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any, Final, cast

from hypothesis import strategies as st

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.rewriting.rule import Rewrite, Rule, as_rewrite
from couloir.ir.types import ComplexType, MemRefType, TensorType, VectorType
from couloir.passes.running import public_functions
from couloir.testing.generation.building import KINDS, Aliasing, op_classes
from couloir.testing.generation.modules import ELEMENTS, MAX_OPS, RANKS, SIZES, Plan, module_of
from couloir.testing.generation.values import Surroundings, Types
from couloir.testing.rewrites.around import Kind
from couloir.testing.rewrites.inputs import PROFILES, Profile, arrays_for
from couloir.testing.rewrites.programs import Program, labelled_programs

_SEEDS: Final = 1 << 16
PROGRAMS: Final = 200
"""Programs of one rule from which is drawn."""
_TRIES: Final = 40
"""Attributes that are made up before it is given up that one of them is legal."""


def modules(
    dialects: Sequence[str] = ("stablehlo",),
    *,
    ops: Sequence[type[Operation]] = (),
    exclude: Sequence[type[Operation]] = (),
    min_ops: int = 1,
    max_ops: int = MAX_OPS,
    elements: Sequence[Type] | None = None,
    ranks: Sequence[int] | None = None,
    sizes: Sequence[int] | None = None,
    kinds: Collection[Aliasing] = KINDS,
    constants: Collection[Profile] = ("whole",),
) -> st.SearchStrategy[ModuleOp]:
    """Modules with one function, `@main`, that verify.

    Args:
        dialects: Whose ops to use.
        ops: Use these ops instead.
        exclude: Ops not to use.
        min_ops: How many ops to try for at least, beside constants and those in regions.
        max_ops: How many at most.
        elements: Element types of new values; by default whatever an op admits.
        ranks: Ranks of new tensors; by default 0 to 4.
        sizes: Sizes of dimensions, those that should be taken more often first; by default small ones, 0 among them.
        kinds: How values may be used: `same operand` (one op has a value twice), `several uses`, `in regions` (ops with regions,
            and ops in them), `dead results` (that nobody uses).
        constants: What the numbers in constants may be like: profiles of `arrays`. Without any there are few constants.

    Raises:
        Error: There is no such dialect, or no op is left.
    """
    classes = [cls for cls in (list(ops) or op_classes(dialects)) if cls not in set(exclude)]
    if "in regions" not in kinds:
        classes = [cls for cls in classes if not cls.definition.regions]
    if not classes:
        raise Error("there are no ops to make modules of", hint="exclude fewer, or name another dialect")
    classes.sort(key=_complexity)
    some_elements = st.just(tuple(elements)) if elements is not None else _some_elements()
    some_ranks = st.just(tuple(ranks)) if ranks is not None else st.sampled_from(RANKS)
    some_sizes = st.just(tuple(sizes)) if sizes is not None else st.sampled_from(SIZES)
    plan = st.builds(
        Plan,
        ops=st.lists(st.tuples(st.sampled_from(classes), st.integers(0, _SEEDS)), min_size=min_ops, max_size=max_ops),
        types=st.builds(Types, some_elements, some_ranks, some_sizes, strict=st.just(elements is not None)),
        kinds=_some_of(kinds),
        constants=st.sampled_from([None, *(profile for profile in PROFILES if profile in constants)]),
        seed=st.integers(0, _SEEDS),
    )
    return plan.map(lambda drawn: module_of(drawn, classes))


def _complexity(cls: type[Operation]) -> tuple[int, int, int]:
    """Sorts ops: those of which shrinking prefers to keep one come first."""
    definition = cls.definition
    required = sum(not field.has_default for field in definition.attributes)
    return len(definition.regions), required, len(definition.operands)


def _some_elements() -> st.SearchStrategy[tuple[Type, ...] | None]:
    return st.one_of(st.sampled_from(ELEMENTS).map(lambda one: (one,)), st.none())


def _some_of(kinds: Collection[Aliasing]) -> st.SearchStrategy[list[Aliasing]]:
    return st.tuples(*(st.booleans() for _ in kinds)).map(
        lambda chosen: [kind for kind, wanted in zip(kinds, chosen, strict=True) if wanted]
    )


def modules_with_inputs(
    dialects: Sequence[str] = ("stablehlo",), *, profiles: Sequence[Profile] = PROFILES, **options: Any
) -> st.SearchStrategy[tuple[ModuleOp, list[Any]]]:
    """Modules, and arrays to call `@main` with. `options` are those of `modules`.

    Only modules whose arguments can be given as arrays: no tuples, no tokens.
    """

    def with_arrays(drawn: tuple[ModuleOp, Profile, int]) -> tuple[ModuleOp, list[Any]] | None:
        module, profile, seed = drawn
        try:
            return module, arrays_for(public_functions(module)[0].function_type.inputs, profile, seed)
        except Error:
            return None

    drawn = st.tuples(modules(dialects, **options), st.sampled_from(profiles), st.integers(0, _SEEDS))
    return cast("Any", drawn.map(with_arrays).filter(lambda made: made is not None))


def arrays(type: Type, profiles: Sequence[Profile] = PROFILES) -> st.SearchStrategy[Any]:
    """Arrays for a type, a dimension that is not known being 2, drawn as a seed and a profile.

    Args:
        type: A tensor, memref or vector, or a number.
        profiles: `whole` (small whole numbers), `ordinary`, `special` (zeros of both signs, infinities, NaN, the least
            numbers), `extreme` (the whole range).

    Raises:
        Error: There are no arrays of the type.
    """
    arrays_for([type], "whole", 0)
    return st.tuples(st.sampled_from(profiles), st.integers(0, _SEEDS)).map(
        lambda drawn: arrays_for([type], drawn[0], drawn[1])[0]
    )


def tensor_types(
    elements: Sequence[Type] = ELEMENTS,
    ranks: Sequence[int] = (0, 1, 2, 3, 4),
    sizes: Sequence[int] = (2, 3, 1, 5, 0, 7),
) -> st.SearchStrategy[TensorType]:
    """Static tensor types."""
    return _shaped(TensorType, elements, ranks, sizes)


def types(elements: Sequence[Type] = ELEMENTS) -> st.SearchStrategy[Type]:
    """Types of values: numbers, tensors, memrefs and vectors of them."""
    numbers = [type for type in elements if not isinstance(type, ComplexType)]
    sizes = (2, 3, 1, 5, 7)
    return st.one_of(
        st.sampled_from(numbers),
        tensor_types(elements),
        _shaped(MemRefType, numbers, (0, 1, 2, 3), sizes),
        _shaped(VectorType, numbers, (1, 2), sizes),
    )


def _shaped(cls: Any, elements: Sequence[Type], ranks: Sequence[int], sizes: Sequence[int]) -> st.SearchStrategy[Any]:
    shapes = st.sampled_from(ranks).flatmap(lambda rank: st.tuples(*[st.sampled_from(sizes)] * rank))
    return st.builds(cls, shapes, st.sampled_from(elements))


def attributes(cls: Any) -> st.SearchStrategy[Any]:
    """Attributes of a class, or members of an enum, from the annotations of its parameters.

    Raises:
        Error: None could be made.
    """
    if isinstance(cls, type) and issubclass(cls, enum.Enum):
        return st.sampled_from(list(cls))
    if not (isinstance(cls, type) and issubclass(cls, Attribute)):
        raise Error(f"{cls!r} is no class of attributes")
    near = [TensorType((2, 3), ELEMENTS[0]), TensorType((2, 3, 5), ELEMENTS[1])]

    def made(seed: int) -> Any:
        around = Surroundings(Random(seed), Types(), near)
        now: Any = None
        for _ in range(_TRIES):
            found = around.value(cls, now)
            if isinstance(found, cls):
                if around.rng.random() < 0.5:
                    return found
                now = found
        return now

    if made(0) is None and made(1) is None:
        raise Error(
            f"no attribute of the class {cls.__name__} could be made",
            hint="give the class a method `examples` that returns a few",
        )
    return st.integers(0, _SEEDS).map(made).filter(lambda found: found is not None)


def programs(
    rule: type[Rule] | Rewrite, *, kinds: Collection[Kind] | None = None, seed: int = 0
) -> st.SearchStrategy[ModuleOp]:
    """Programs on which a rule fires: one of the first 200 that `check_rewrite` would make.

    Args:
        rule: A subclass of `Rule`, or a function decorated with `@rule`.
        kinds: Only programs of these kinds, such as `in a region`.
        seed: Another one gives other programs.

    Raises:
        Error: While drawing: no program could be made on which it fires.
    """
    source = _Programs(as_rewrite(rule), kinds, seed)
    return st.integers(0, PROGRAMS - 1).map(source.program)


class _Programs:
    """The first programs on which a rule fires, made when they are wanted."""

    def __init__(self, rule: Rewrite, kinds: Collection[Kind] | None, seed: int) -> None:
        self.rule = rule
        self.kinds = kinds
        self.more: Iterator[Program] = labelled_programs(rule, seed)
        self.made: list[ModuleOp] = []

    def program(self, number: int) -> ModuleOp:
        misses = 0
        while len(self.made) <= number and misses < PROGRAMS:
            found = next(self.more, None)
            if found is None:
                break
            if found.fires and (self.kinds is None or not set(self.kinds).isdisjoint(found.kinds)):
                self.made.append(found.module)
            else:
                misses += 1
        if not self.made:
            raise Error(f"no program could be made on which {self.rule.name} fires")
        return self.made[number % len(self.made)].clone()


__all__ = [
    "arrays", "attributes", "modules", "modules_with_inputs", "programs", "tensor_types", "types",
]  # fmt: skip
