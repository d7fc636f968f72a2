"""Hypothesis strategies: random valid modules of any dialects, from the definitions of their ops alone.

    from hypothesis import given
    from couloir.testing import strategies as cs

    @given(cs.modules(["stablehlo"]))
    def test_my_pass(module): ...

An op that a test, or another package, defines is generated like any other. `st.from_type(couloir.Module)` works, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from couloir.dialects.builtin import ModuleOp
from couloir.ir.operation import Block, Operation
from couloir.ir.types import Type
from couloir.testing.generation.building import Builder, Scope, function_module, op_classes
from couloir.testing.generation.values import Types

MAX_OPS: Final = 8
_SEEDS: Final = 1 << 24


def modules(
    dialects: Sequence[str] = ("stablehlo",),
    *,
    ops: Sequence[type[Operation]] = (),
    exclude: Sequence[type[Operation]] = (),
    min_ops: int = 1,
    max_ops: int = MAX_OPS,
    elements: Sequence[Type] | None = None,
    ranks: Sequence[int] = (2, 1, 3, 0, 4),
    sizes: Sequence[int] = (2, 3, 1, 5, 4, 0, 7),
) -> st.SearchStrategy[ModuleOp]:
    """Modules with one function, `@main`, that verify.

    Values are used twice, or not at all; constants, regions, and chains of ops come by themselves. Shrinking takes ops
    away, from the last on, and simplifies the others.

    Args:
        dialects: Whose ops to use.
        ops: Use these ops instead.
        exclude: Ops not to use.
        min_ops: How many ops to try for at least, beside constants and those in regions.
        max_ops: How many at most.
        elements: Element types of new values; by default whatever an op admits.
        ranks: Ranks of new tensors.
        sizes: Sizes of dimensions.
    """
    types = Types(None if elements is None else tuple(elements), tuple(ranks), tuple(sizes))
    classes = [cls for cls in (list(ops) or op_classes(dialects)) if cls not in set(exclude)]
    return _modules(classes, types, min_ops, max_ops)


@st.composite
def _modules(
    draw: Callable[[Any], Any], classes: Sequence[type[Operation]], types: Types, min_ops: int, max_ops: int
) -> ModuleOp:
    chosen: list[type[Operation]] = draw(st.lists(st.sampled_from(classes), min_size=min_ops, max_size=max_ops))
    scope = Scope(Block(()), [], grows=True)
    for cls in chosen:
        rng = Random(draw(st.integers(0, _SEEDS)))
        Builder(rng, classes, types).add(scope, cls)
    rng = Random(draw(st.integers(0, _SEEDS)))
    results = [value for value in scope.values if not value.has_uses and rng.random() < 0.9]
    return function_module(scope, results or scope.values[-1:])
