"""Random steps from programs on which a rule fires to others on which it does.

A guard that compares numbers in attributes with sizes holds by chance mostly where there is nothing to compare: for scalars, for
zeros everywhere. From there steps lead on: a number in an attribute changes, or a size, types follow, and the step counts when the
program still verifies and the rule still fires.

Source of the idea: the mutation of a corpus in coverage-guided fuzzing (M. Zalewski, "American fuzzy lop").
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Final

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.dialects.hlo.calls import CustomCall
from couloir.ir.errors import Error
from couloir.ir.traits import ConstantLike
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IntegerType,
    ShapedType,
    f32,
    i1,
    i32,
)
from couloir.ir.verify import faults
from couloir.testing.rewrites.changes import (
    UNFIT,
    add_dimension,
    bind_argument,
    change_attribute,
    change_body,
    change_constant,
    change_declared,
    change_element,
    change_number,
    change_operand,
    change_shape,
    change_size,
    declares_size,
    free_constant,
    set_type,
    types_follow,
    with_element_type,
)

STEPS: Final = 20
"""That are tried from one program."""
ACCEPTED: Final = 6
"""That are enough."""
CORPUS: Final = 24
"""Programs that are kept to start from."""
AT_ONCE: Final = (1, 1, 1, 1, 2, 2, 3)
"""Changes of one step: a guard may bind two numbers to each other."""
LESS_KNOWN: Final = 0.2
"""How often a walk ends with a size that is declared as unknown, where there is a result of which no size follows."""
EMPTY: Final = 0.1
"""How often it ends with a size that is 0."""
IN_TURN: Final = (
    ComplexType(f32), i32, FloatType("f8E5M2"), IntegerType(8, "unsigned"), f32, i1, FloatType("f8E4M3FNUZ"), FloatType("f4E2M1FN"),
)  # fmt: skip
"""One element type of each kind: laws of arithmetic hold of some of them."""


class Walk:
    """Programs on which a rule fired, and steps from them.

    Args:
        fires: Whether the rule fires on a program, which is not changed.
        forgets: Whether a program may end with a result that declares a size less than follows from the operands.
    """

    def __init__(self, fires: Callable[[ModuleOp], bool], *, forgets: bool = True) -> None:
        self.fires = fires
        self.forgets = forgets
        self.corpus: list[ModuleOp] = []
        self.types = itertools.cycle(IN_TURN)

    def add(self, module: ModuleOp, rng: Random) -> None:
        """Keeps a program to start from, instead of another one when there are enough."""
        if len(self.corpus) < CORPUS:
            self.corpus.append(module)
        else:
            place = max(rng.randrange(CORPUS), rng.randrange(CORPUS), key=lambda number: _poverty(self.corpus[number]))
            self.corpus[place] = module

    def program(self, rng: Random) -> ModuleOp | None:
        """A program some steps away from one that was kept; None when no step was possible."""
        if not self.corpus:
            return None
        here = min(rng.choices(self.corpus, k=4), key=_poverty)
        accepted = 0
        for _ in range(STEPS):
            there = step(here, rng)
            if there is None or (_poverty(there) > _poverty(here) and rng.random() < 0.8):
                continue
            if self.fires(there):
                here = there
                accepted += 1
                if accepted == ACCEPTED:
                    break
        if not accepted:
            return None
        self.add(here, rng)
        last = None
        if self.forgets and rng.random() < LESS_KNOWN:
            last = _less_known(here, rng)
        elif rng.random() < EMPTY:
            last = _emptied(here, rng)
        return here if last is None or not self.fires(last) else last

    def retyped(self, rng: Random) -> ModuleOp | None:
        """A program that was kept, with another element type: each kind of them has its turn, when the rule fires on it."""
        if not self.corpus:
            return None
        for new in itertools.islice(self.types, len(IN_TURN)):
            there = with_element_type(min(rng.choices(self.corpus, k=4), key=_poverty), new)
            if there is not None and self.fires(there):
                self.add(there, rng)
                return there
        return None


def step(module: ModuleOp, rng: Random) -> ModuleOp | None:
    """A program that differs in few things: an attribute, a size, an element type, a constant, an op of a body; None when that
    does not verify.
    """
    made = module.clone()
    function = next((op for op in made.ops if isinstance(op, FuncOp) and not op.is_declaration), None)
    if function is None or any(isinstance(op, CustomCall) for op in made.walk()):  # its types belong to its name
        return None
    # Scalars, and what is like them, say little.
    changes = {
        change_number: 8,
        change_attribute: 4,
        change_size: 4,
        change_shape: 2,
        add_dimension: 12 if _poverty(module) else 3,
        change_element: 3,
        change_constant: 2,
        free_constant: 2,
        bind_argument: 1,
        change_operand: 2,
        change_body: 5,
    }
    if not any(op.regions for op in function.entry.ops):
        del changes[change_body]
    try:
        for change in rng.choices(list(changes), list(changes.values()), k=rng.choice(AT_ONCE)):
            if not change(function, rng) or not types_follow(function):
                return None
    except UNFIT:
        return None
    return None if faults(made, limit=1) else made


def _emptied(module: ModuleOp, rng: Random) -> ModuleOp | None:
    """The program with a size that is 0; None when that does not verify."""
    made = module.clone()
    function = next(op for op in made.ops if isinstance(op, FuncOp) and not op.is_declaration)
    try:
        fits = change_size(function, rng, (0,)) and types_follow(function)
    except UNFIT:
        return None
    return made if fits and not faults(made, limit=1) else None


def _less_known(module: ModuleOp, rng: Random) -> ModuleOp | None:
    """The program, of which a result declares one size less; None where no op has a size, or needs to know it."""
    made = module.clone()
    function = next(op for op in made.ops if isinstance(op, FuncOp) and not op.is_declaration)
    last = function.entry.last_op
    ops = [op for op in function.entry.ops if declares_size(op) and not op.has_trait(ConstantLike)]
    if not ops or not isinstance(last, Return):
        return None
    try:
        change_declared(rng.choice(ops), None, rng)
    except Error:  # the sizes of a vector are known
        return None
    set_type(function, last)
    return None if faults(made, limit=1) else made


def _poverty(module: ModuleOp) -> int:
    """How much there is in which there is nothing to see: unknown and empty dimensions, those of one element, low ranks."""
    types = [value.type for op in module.walk() for value in op.results]
    shapes = [type.dims for type in types if isinstance(type, ShapedType)]
    return sum(3 * (size == 0) + (size in (1, None)) for dims in shapes for size in dims) + sum(
        max(2 - len(dims), 0) for dims in shapes
    )
