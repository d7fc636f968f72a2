"""Random steps from programs on which a rule fires to others on which it does.

A guard that compares numbers in attributes with sizes holds by chance mostly where there is nothing to compare: for scalars, for
zeros everywhere. From there steps lead on: a number in an attribute changes, or a size, types follow, and the step counts when the
program still verifies and the rule still fires.

Source of the idea: the mutation of a corpus in coverage-guided fuzzing (M. Zalewski, "American fuzzy lop").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.constraints import FLOAT, element_type
from couloir.ir.definition import infer
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.traits import ConstantLike
from couloir.ir.types import (
    ComplexType,
    FunctionType,
    IndexType,
    IntegerType,
    ShapedType,
    bf16,
    dtype_of,
    f16,
    f32,
    f64,
    i1,
    i8,
    i32,
    i64,
)
from couloir.ir.verify import faults

STEPS: Final = 12
"""That are tried from one program."""
ACCEPTED: Final = 4
"""That are enough."""
CORPUS: Final = 24
"""Programs that are kept to start from."""
SIZES: Final = (1, 1, 2, 3, 4, 5, 7)
UNKNOWN: Final = 0.2
"""The share of new sizes that are unknown."""
ELEMENTS: Final = (
    (f32, f64, f16, bf16, ComplexType(f32), ComplexType(f64), *FLOAT.examples),
    (i32, i64, i8, i1, IntegerType(8, "unsigned"), IntegerType(32, "unsigned")),
)
"""Element types that can stand for each other."""


class Walk:
    """Programs on which a rule fired, and steps from them.

    Args:
        fires: Whether the rule fires on a program, which is not changed.
    """

    def __init__(self, fires: Callable[[ModuleOp], bool]) -> None:
        self.fires = fires
        self.corpus: list[ModuleOp] = []

    def add(self, module: ModuleOp, rng: Random) -> None:
        """Keeps a program to start from, instead of another one when there are enough; scalars lead nowhere."""
        if not any(
            isinstance(value.type, ShapedType) and value.type.dims for op in module.walk() for value in op.operands
        ):
            return
        if len(self.corpus) < CORPUS:
            self.corpus.append(module)
        else:
            self.corpus[rng.randrange(CORPUS)] = module

    def program(self, rng: Random) -> ModuleOp | None:
        """A program some steps away from one that was kept; None when no step was possible."""
        if not self.corpus:
            return None
        here = min(rng.choices(self.corpus, k=3), key=_emptiness)
        accepted = 0
        for _ in range(STEPS * (1 + (_emptiness(here) > 0))):
            there = step(here, rng)
            if there is None or (_emptiness(there) > _emptiness(here) and rng.random() < 0.8):
                continue
            if self.fires(there):
                here = there
                accepted += 1
                if accepted == ACCEPTED:
                    break
        if not accepted:
            return None
        self.add(here, rng)
        return here


def step(module: ModuleOp, rng: Random) -> ModuleOp | None:
    """A program that differs in a number of an attribute, or in a size; None when that does not verify."""
    made = module.clone()
    function = next((op for op in made.ops if isinstance(op, FuncOp) and not op.is_declaration), None)
    if function is None:
        return None
    change = rng.choices((_change_number, _change_size, _change_element, _free_constant), (8, 4, 2, 2))[0]
    try:
        if not change(function, rng) or not _types_follow(function) or faults(made, limit=1):
            return None
    except (
        Error,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ):  # attributes and types do not fit together any more
        return None
    return made


def _emptiness(module: ModuleOp) -> int:
    """How many dimensions have nothing, of which there is nothing to see."""
    types = [value.type for op in module.walk() for value in op.results]
    return sum(size == 0 for type in types if isinstance(type, ShapedType) for size in type.dims)


def _change_size(function: FuncOp, rng: Random) -> bool:
    """Another size along one dimension of an argument or constant; or everywhere where this size is, in attributes too."""
    constants = [op.results[0] for op in function.entry.ops if op.has_trait(ConstantLike)]
    shaped = [v for v in (*function.arguments, *constants) if isinstance(v.type, ShapedType) and v.type.dims]
    if not shaped:
        return False
    value = rng.choice(shaped)
    dims = list(value.type.dims)
    place = rng.randrange(len(dims))
    old, new = dims[place], rng.choice(SIZES)
    if old is None or old == new:
        return False
    if rng.random() < UNKNOWN:
        new = None
    if rng.random() < 0.4:
        dims[place] = new
        value.set_type(value.type.with_dims(tuple(dims)))
        if value.defining_op is not None:
            _resize_constant(value.defining_op)
        return True
    for value in function.arguments:
        if isinstance(value.type, ShapedType):
            value.set_type(value.type.with_dims(tuple(new if size == old else size for size in value.type.dims)))
    for op in function.entry.ops:
        for result in op.results:
            if isinstance(result.type, ShapedType):
                result.set_type(result.type.with_dims(tuple(new if s == old else s for s in result.type.dims)))
        _resize_constant(op)
        if rng.random() < 0.7 and new is not None:
            for key, stored in list(op.stored_attributes.items()):
                if isinstance(stored, DenseArrayAttr) and old in stored.values and _is_whole(stored.element_type):
                    numbers = tuple(new if number == old else number for number in stored.values)
                    op.attributes[key] = DenseArrayAttr(stored.element_type, numbers)
    return True


def _change_element(function: FuncOp, rng: Random) -> bool:
    """Another element type everywhere where one is."""
    ops = list(function.entry.ops)
    values = [*function.arguments, *(result for op in ops for result in op.results)]
    elements = [value.type.element_type for value in values if isinstance(value.type, ShapedType)]
    known = [group for group in ELEMENTS if not set(group).isdisjoint(elements)]
    if not known:
        return False
    group = rng.choice(known)
    old = rng.choice([element for element in elements if element in group])
    new = rng.choice(group[:6] if rng.random() < 0.7 else group)
    for value in values:
        if isinstance(value.type, ShapedType) and value.type.element_type is old:
            value.set_type(value.type.with_element_type(new))
    for op in ops:
        stored = op.stored_attributes.get("value")
        if op.has_trait(ConstantLike) and isinstance(stored, DenseElementsAttr) and element_type(stored.type) is old:
            array = stored.array if isinstance(new, ComplexType) else np.real(stored.array)
            with np.errstate(all="ignore"):
                op.attributes["value"] = DenseElementsAttr(op.results[0].type, np.asarray(array).astype(dtype_of(new)))
    return True


def _free_constant(function: FuncOp, rng: Random) -> bool:
    """An argument in the place of a constant."""
    constants = [op for op in function.entry.ops if op.has_trait(ConstantLike) and len(op.results) == 1]
    if not constants or function.attributes.get("arg_attrs") is not None:
        return False
    op = rng.choice(constants)
    op.results[0].replace_all_uses_with(function.entry.add_argument(op.results[0].type))
    op.erase()
    return True


def _resize_constant(op: Operation) -> None:
    """Gives a constant as many elements as its type has now."""
    stored = op.stored_attributes.get("value")
    if op.has_trait(ConstantLike) and isinstance(stored, DenseElementsAttr) and stored.type is not op.results[0].type:
        type: Any = op.results[0].type
        op.attributes["value"] = DenseElementsAttr(type, np.resize(stored.array, type.shape))


def _change_number(function: FuncOp, rng: Random) -> bool:
    """Another number in an attribute of one op, or one more of a size that a result declares."""
    ops = [op for op in function.entry.ops if not isinstance(op, Return) and not op.has_trait(ConstantLike)]
    places = [
        (op, key) for op in ops for key in op.stored_attributes if _numbers(op.stored_attributes[key]) is not None
    ]
    free = [op for op in ops if _declares_size(op) and _inferred(op) is None]
    if not places or (free and rng.random() < 0.4):
        return bool(free) and _change_declared(rng.choice(free), rng)
    op, key = rng.choice(places)
    delta = _change_one(op, key, rng)
    others = [name for place, name in places if place is op]
    if delta and rng.random() < 0.25:  # what one adds another takes away: types stay as they are
        _change_one(op, rng.choice(others), rng, -delta)
    return True


def _change_one(op: Operation, key: str, rng: Random, delta: int | None = None) -> int:
    """Changes a number of an attribute, by `delta` if that is given; says by how much."""
    stored = op.stored_attributes[key]
    numbers = _numbers(stored)
    assert numbers is not None, "only such are chosen"
    place = rng.randrange(len(numbers))
    old = numbers[place]
    if delta is None and rng.random() < 0.2 and len(numbers) > 1:  # two exchanged: a permutation stays one
        other = rng.randrange(len(numbers))
        numbers[place], numbers[other] = numbers[other], old
        op.attributes[key] = _with_numbers(stored, numbers)
        return 0
    shaped = [value.type for value in (*op.operands, *op.results) if isinstance(value.type, ShapedType)]
    near = [size for type in shaped for size in type.dims if size]
    new = rng.choice((old + 1, old - 1, old + 2, 0, 1, *near[:4])) if delta is None else old + delta
    numbers[place] = new
    op.attributes[key] = _with_numbers(stored, numbers)
    return new - old


def _inferred(op: Operation) -> Sequence[Type] | None:
    """The types of the results that follow from operands and attributes; None when they are declared."""
    try:
        return infer(op)
    except Error:
        return None


def _declares_size(op: Operation) -> bool:
    return any(isinstance(result.type, ShapedType) and bool(result.type.dims) for result in op.results)


def _change_declared(op: Operation, rng: Random) -> bool:
    result = next(r for r in op.results if isinstance(r.type, ShapedType) and r.type.dims)
    dims = list(result.type.dims)
    dims[rng.randrange(len(dims))] = None if rng.random() < UNKNOWN else rng.choice(SIZES)
    result.set_type(result.type.with_dims(tuple(dims)))
    return True


def _is_whole(type: Any) -> bool:
    return isinstance(type, IntegerType | IndexType)


def _numbers(stored: Attribute) -> list[int] | None:
    """The whole numbers of an attribute that is an array of them; None for others."""
    if isinstance(stored, DenseArrayAttr) and _is_whole(stored.element_type) and stored.values:
        return [int(value) for value in stored.values]
    if isinstance(stored, DenseElementsAttr) and _is_whole(element_type(stored.type)) and 0 < stored.array.size <= 64:
        return [int(value) for value in stored.array.reshape(-1)]
    if isinstance(stored, IntegerAttr) and _is_whole(stored.type):
        return [stored.value]
    return None


def _with_numbers(stored: Attribute, numbers: list[int]) -> Attribute:
    if isinstance(stored, DenseArrayAttr):
        return DenseArrayAttr(stored.element_type, tuple(numbers))
    if isinstance(stored, DenseElementsAttr):
        array: Any = stored.array
        info = None if array.dtype == bool else array.dtype
        made = np.array(numbers, np.int64).reshape(array.shape)
        return DenseElementsAttr(stored.type, made.astype(bool if info is None else info))
    assert isinstance(stored, IntegerAttr), "an attribute with numbers"
    return IntegerAttr(numbers[0], stored.type)


def _types_follow(function: FuncOp) -> bool:
    """Infers the types of results anew, in order, and gives the function the type that it has then."""
    for op in function.entry.ops:
        if isinstance(op, Return):
            break
        types = _inferred(op)
        if types is None:
            continue
        if len(types) != len(op.results):
            return False
        for result, type_ in zip(op.results, types, strict=True):
            result.set_type(type_)
    last = function.entry.last_op
    if not isinstance(last, Return):
        return False
    inputs = [argument.type for argument in function.arguments]
    function.function_type = FunctionType(inputs, [value.type for value in last.operands])
    return True
