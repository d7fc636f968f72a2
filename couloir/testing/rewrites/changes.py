"""Changes of a program in one place: a number, a size, an attribute, an element type, a constant, an operand, an op of a body.

Each changes a function as it is, and says whether there was anything to change. What it leaves may not verify.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import numpy as np

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.dialects.hlo.calls import CustomCall
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.constraints import element_type
from couloir.ir.definition import infer
from couloir.ir.errors import Error
from couloir.ir.fields import MISSING
from couloir.ir.operation import Operation, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import ConstantLike, IsTerminator
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
from couloir.testing.generation.building import constant_of, lists_of, op_classes
from couloir.testing.generation.values import Surroundings, Types, attribute_of, elements
from couloir.testing.rewrites.skeletons import FLOATS, NUMBERS, edge

MAX_RANK: Final = 4
REPAIRS: Final = 80
"""Tries to make an op valid whose operands have got a dimension."""
REDRAWS: Final = 20
"""Values of an attribute that are tried in one step."""
UNFIT: Final = (Error, ArithmeticError, LookupError, TypeError, ValueError)
"""What says that attributes and types do not fit together any more."""
SIZES: Final = (1, 2, 3, 4, 5, 7)
ENDS: Final = 0.15
"""The share of new constants that are an end of their element type."""
UNKNOWN: Final = 0.1
"""The share of new sizes that are unknown, of arguments and constants."""
UNDECLARED: Final = 0.3
"""The same of results."""
ALIKE: Final = 0.75
"""How often a new element type is one that can stand for the old one."""
ELEMENTS: Final = (
    (f32, f64, f16, bf16, ComplexType(f32), ComplexType(f64), *FLOATS),
    (i32, i64, i8, i1, IntegerType(8, "unsigned"), IntegerType(32, "unsigned")),
)
"""Element types: those of a group can stand for each other."""


def add_dimension(function: FuncOp, rng: Random) -> bool:
    """One more dimension for all values of a rank. What the attributes of each op say of it is what makes the op valid."""
    constants = [op.results[0] for op in function.entry.ops if op.has_trait(ConstantLike)]
    given = [v for v in (*function.arguments, *constants) if isinstance(v.type, ShapedType) and v.type.rank < MAX_RANK]
    if not given:
        return False
    rank = rng.choice(given).type.rank
    all_of_them = rng.random() < 0.5
    for value in given:
        if value.type.rank == rank and (all_of_them or rng.random() < 0.6):
            value.set_type(_with_dimension(value.type, rng))
            if value.defining_op is not None:
                _resize_constant(value.defining_op)
    for op in function.entry.ops:
        if isinstance(op, Return):
            break
        if not op.has_trait(ConstantLike) and not _made_valid(op, rank, rng):
            return False
    return True


def _with_dimension(type: ShapedType, rng: Random) -> Type:
    """A type with one more dimension at the end, often a copy of one that it has."""
    size = rng.choice(type.dims) if type.dims and rng.random() < 0.7 else rng.choice(SIZES)
    return type.with_dims((*type.dims, size))


def _made_valid(op: Operation, rank: int, rng: Random) -> bool:
    """Whether an op could be made valid when its operands have got a dimension, which is number `rank`."""
    arrays = {key: stored for key, stored in op.stored_attributes.items() if isinstance(stored, DenseArrayAttr)}
    held = {key: stored for key, stored in arrays.items() if _is_whole(stored.element_type)}
    types = [result.type for result in op.results]
    sizes = [v.type.dims[-1] or 1 for v in op.operands if isinstance(v.type, ShapedType) and v.type.dims] or [1]
    for _ in range(1 if not held and _inferred(op) is not None else REPAIRS):
        for key, stored in held.items():
            numbers = list(stored.values)
            kind = rng.randrange(5)
            if kind == 0:
                numbers.append(rng.choice((0, 1)))
            elif kind == 1:
                numbers.append(rng.choice(sizes))
            elif kind == 2 and numbers:
                numbers.append(rng.choice(numbers))
            elif kind == 3:
                numbers.insert(rng.randint(0, len(numbers)), rank)
            op.attributes[key] = DenseArrayAttr(stored.element_type, tuple(numbers))
        try:
            found = _inferred(op)
            for number, (result, old) in enumerate(zip(op.results, types, strict=True)):
                more = isinstance(old, ShapedType) and old.rank < MAX_RANK and rng.random() < 0.8
                declared = _with_dimension(old, rng) if more and isinstance(old, ShapedType) else old
                result.set_type(declared if found is None else found[number])
            if not faults(op, limit=1):
                return True
        except UNFIT:
            continue
    return False


def change_size(function: FuncOp, rng: Random, sizes: Sequence[int] = SIZES) -> bool:
    """Another size along one dimension of an argument or constant; or everywhere where this size is, in attributes too."""
    constants = [op.results[0] for op in function.entry.ops if op.has_trait(ConstantLike)]
    shaped = [v for v in (*function.arguments, *constants) if isinstance(v.type, ShapedType) and v.type.dims]
    if not shaped:
        return False
    value = rng.choice(shaped)
    dims = list(value.type.dims)
    place = rng.randrange(len(dims))
    old, new = dims[place], rng.choice(sizes)
    if old == new:
        return False
    if rng.random() < UNKNOWN and old is not None:
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


def with_element_type(module: ModuleOp, new: Type) -> ModuleOp | None:
    """A program with another element type in place of the one that most of its values have; when that does not verify, in
    place of that of its arguments alone; None when neither does.
    """
    for arguments_alone in (False, True):
        made = module.clone()
        function = next((op for op in made.ops if isinstance(op, FuncOp) and not op.is_declaration), None)
        if function is None or any(isinstance(op, CustomCall) for op in made.walk()):
            return None
        shaped = _shaped_values(function)
        counted = Counter(value.type.element_type for value in shaped)
        if not counted or new in counted:
            return None
        ((old, _),) = counted.most_common(1)
        chosen = [value for value in shaped if value.type.element_type is old]
        if arguments_alone:
            chosen = [value for value in chosen if value in function.arguments]
        try:
            _set_elements(function, chosen, new)
            if types_follow(function) and not faults(made, limit=1):
                return made
        except UNFIT:
            continue
    return None


def change_element(function: FuncOp, rng: Random) -> bool:
    """Another element type everywhere where one is, or of one result alone."""
    shaped = _shaped_values(function)
    known = [value for value in shaped if any(value.type.element_type in group for group in ELEMENTS)]
    if not known:
        return False
    chosen = rng.choice(known)
    old = chosen.type.element_type
    alike = next(group for group in ELEMENTS if old in group) if rng.random() < ALIKE else rng.choice(ELEMENTS)
    new = rng.choice(alike[:6] if rng.random() < 0.7 else alike)
    alone = chosen.defining_op is not None and rng.random() < 0.2
    _set_elements(
        function, [value for value in ((chosen,) if alone else shaped) if value.type.element_type is old], new
    )
    return True


def _shaped_values(function: FuncOp) -> list[Value[Any]]:
    """The tensors, vectors and buffers of a function, those inside of its ops too."""
    ops = [op for op in function.walk() if op is not function]
    blocks = [block for op in function.walk() for region in op.regions for block in region.blocks]
    values = [*(a for block in blocks for a in block.arguments), *(result for op in ops for result in op.results)]
    return [value for value in values if isinstance(value.type, ShapedType)]


def _set_elements(function: FuncOp, values: Sequence[Value[Any]], new: Type) -> None:
    """Gives values another element type, and constants among them numbers of it."""
    for value in values:
        value.set_type(value.type.with_element_type(new))
    for op in function.walk():
        stored = op.stored_attributes.get("value")
        if (
            op.has_trait(ConstantLike)
            and isinstance(stored, DenseElementsAttr)
            and stored.type is not op.results[0].type
        ):
            op.attributes["value"] = DenseElementsAttr(op.results[0].type, _as_elements(stored, new))


def _as_elements(stored: DenseElementsAttr, new: Type) -> Any:
    """Numbers as those of another type; what is the least or the greatest everywhere stays that."""
    old, array = element_type(stored.type), stored.array
    with np.errstate(all="ignore"):
        for style in ("inf", "-inf"):
            last: Any = edge(old, style)
            if old is not i1 and last != 0 and array.size and (array == last).all():
                return np.full(array.shape, edge(new, style)).astype(dtype_of(new))
        return np.asarray(array if isinstance(new, ComplexType) else np.real(array)).astype(dtype_of(new))


def change_constant(function: FuncOp, rng: Random) -> bool:
    """Other numbers in a constant: one everywhere, or small ones."""
    constants = [op for op in function.entry.ops if isinstance(op.stored_attributes.get("value"), DenseElementsAttr)]
    constants = [op for op in constants if op.has_trait(ConstantLike)]
    if not constants:
        return False
    op = rng.choice(constants)
    type: Any = op.results[0].type
    op.attributes["value"] = DenseElementsAttr(type, _array(type, rng))
    return True


def _array(type: ShapedType, rng: Random) -> Any:
    """Small numbers, one number everywhere, or an end of the element type: an infinity or NaN, of integers the last number."""
    kind = rng.random()
    if kind < 0.5:
        return elements(rng, type)
    with np.errstate(all="ignore"):
        if kind > 1 - ENDS and not isinstance(type.element_type, IndexType):
            last = edge(type.element_type, rng.choice(("inf", "-inf", "nan")))
            return np.full(type.shape, last).astype(dtype_of(type.element_type))
        return np.full(type.shape, rng.choice(NUMBERS)).astype(dtype_of(type.element_type))


def free_constant(function: FuncOp, rng: Random) -> bool:
    """An argument in the place of a constant."""
    constants = [op for op in function.entry.ops if op.has_trait(ConstantLike) and len(op.results) == 1]
    if not constants or function.attributes.get("arg_attrs") is not None:
        return False
    op = rng.choice(constants)
    op.results[0].replace_all_uses_with(function.entry.add_argument(op.results[0].type))
    op.erase()
    return True


def bind_argument(function: FuncOp, rng: Random) -> bool:
    """A constant in the place of an argument, which stays."""
    used = [argument for argument in function.arguments if argument.has_uses]
    if not used:
        return False
    argument = rng.choice(used)
    if not isinstance(argument.type, ShapedType) or not argument.type.is_static:
        return False
    dialects = dict.fromkeys(op.name.partition(".")[0] for op in function.entry.ops)
    classes = [cls for name in dialects for cls in REGISTRY.newest_operations(name) if ConstantLike in cls.traits]
    op = constant_of(argument.type, _array(argument.type, rng), classes)
    if op is None:
        return False
    argument.replace_all_uses_with(op.results[0])
    function.entry.prepend(op)
    return True


def change_shape(function: FuncOp, rng: Random) -> bool:
    """An argument or constant is a scalar, or has the shape of another value: bounds and conditions may be either."""
    constants = [op.results[0] for op in function.entry.ops if op.has_trait(ConstantLike)]
    given = [value for value in (*function.arguments, *constants) if isinstance(value.type, ShapedType)]
    if not given:
        return False
    value = rng.choice(given)
    shapes = {(), *(other.type.dims for other in given if None not in other.type.dims)} - {value.type.dims}
    if not shapes:
        return False
    dims = rng.choice(sorted(shapes))
    value.set_type(value.type.with_dims(dims))
    if value.defining_op is not None:
        _resize_constant(value.defining_op)
    return True


def _resize_constant(op: Operation) -> None:
    """Gives a constant as many elements as its type has now."""
    stored = op.stored_attributes.get("value")
    if op.has_trait(ConstantLike) and isinstance(stored, DenseElementsAttr) and stored.type is not op.results[0].type:
        type: Any = op.results[0].type
        op.attributes["value"] = DenseElementsAttr(type, np.resize(stored.array, type.shape))


def change_number(function: FuncOp, rng: Random) -> bool:
    """Another number in an attribute of one op, or one more of a size that a result declares."""
    ops = _inner_ops(function)
    places = [
        (op, key) for op in ops for key in op.stored_attributes if _numbers(op.stored_attributes[key]) is not None
    ]
    free = [op for op in ops if declares_size(op) and _inferred(op) is None]
    if not places or (free and rng.random() < 0.4):
        size = None if rng.random() < UNDECLARED else rng.choice(SIZES)
        return bool(free) and change_declared(rng.choice(free), size, rng)
    op, key = rng.choice(places)
    delta = _change_one(op, key, rng)
    others = [name for place, name in places if place is op]
    if delta and rng.random() < 0.25:  # what one adds another takes away: types stay as they are
        _change_one(op, rng.choice(others), rng, -delta)
    return True


def _inner_ops(function: FuncOp) -> list[Operation]:
    """All ops but constants and those that end a block, in bodies too."""
    return [op for op in function.walk() if op is not function and op.traits.isdisjoint((ConstantLike, IsTerminator))]


def change_body(function: FuncOp, rng: Random) -> bool:
    """Another op in the place of one in a body, or of all of its class in bodies; or its operands in another order."""
    inside = [
        op for op in _inner_ops(function) if op.parent_op is not function and op.operands and len(op.results) == 1
    ]
    if not inside:
        return False
    op = rng.choice(inside)
    operands = list(op.operands)
    if len(operands) > 1 and rng.random() < 0.3:
        rng.shuffle(operands)
        op.set_operands(operands)
        return True
    alike = [cls for cls in op_classes([op.name.partition(".")[0]]) if _has_form_of(cls, op)]
    if not alike:
        return False
    cls = rng.choice(alike)
    for old in [each for each in inside if type(each) is type(op)] if rng.random() < 0.5 else (op,):
        new = cls.create(list(old.operands), [old.results[0].type])
        block = old.parent
        assert block is not None, "it stands in a body"
        block.insert_before(old, new)
        old.results[0].replace_all_uses_with(new.results[0])
        old.erase()
    return True


def change_operand(function: FuncOp, rng: Random) -> bool:
    """Another value of its type as an operand of one op: a new argument, or one that is there before it; or two exchanged."""
    ops = [op for op in function.entry.ops if op.operands and not isinstance(op, Return)]
    if not ops or function.attributes.get("arg_attrs") is not None:
        return False
    op = rng.choice(ops)
    operands = list(op.operands)
    place = rng.randrange(len(operands))
    if place and operands[place] is not operands[place - 1] and rng.random() < 0.5:
        operands[place - 1 : place + 1] = operands[place], operands[place - 1]
        op.set_operands(operands)
        return True
    type = operands[place].type
    before = list(function.entry.ops)[: list(function.entry.ops).index(op)]
    values = (*function.arguments, *(result for each in before for result in each.results))
    others = [value for value in values if value.type is type and value is not operands[place]]
    operands[place] = rng.choice(others) if others and rng.random() < 0.5 else function.entry.add_argument(type)
    op.set_operands(operands)
    return True


def _has_form_of(cls: type[Operation], op: Operation) -> bool:
    """Whether an op of a class can take as many operands as another, and needs nothing else."""
    definition = cls.definition
    return (
        not isinstance(op, cls)
        and len(definition.operands) == len(op.operands)
        and len(definition.results) == 1
        and not definition.regions
        and all(field.arity == "single" for field in (*definition.operands, *definition.results))
        and all(field.optional or field.spec.default is not MISSING for field in definition.attributes)
    )


def change_attribute(function: FuncOp, rng: Random) -> bool:
    """Another value of an attribute of one op, that it may have with its operands: one that was left out, another form."""
    places = [
        (op, field) for op in _inner_ops(function) for field in op.definition.attributes if field.codec is not None
    ]
    if not places:
        return False
    op, field = rng.choice(places)
    held = op.stored_attributes.get(field.key)
    shaped = [value.type for value in (*op.operands, *op.results) if isinstance(value.type, ShapedType)]
    around = Surroundings(rng, Types(sizes=SIZES), shaped, lists_of(op))
    types = [result.type for result in op.results]
    for _ in range(REDRAWS):
        drawn = None if field.optional and rng.random() < 0.1 else attribute_of(field, around, getattr(op, field.name))
        if drawn is None and not field.optional:
            continue
        try:
            setattr(op, field.name, drawn)
            found = _inferred(op)
            for number, result in enumerate(op.results):
                result.set_type(_nearby(types[number], rng) if found is None else found[number])
            if op.stored_attributes.get(field.key) != held and not faults(op, limit=1):
                return True
        except UNFIT:
            continue
    return False


def _nearby(type: Type, rng: Random) -> Type:
    """The same type, or one of which a size differs."""
    if not isinstance(type, ShapedType) or not type.dims or rng.random() < 0.3:
        return type
    dims = list(type.dims)
    place = rng.randrange(len(dims))
    dims[place] = max((dims[place] or 0) + rng.choice((-3, -2, -1, -1, 1, 1, 2, 3)), 0)
    return type.with_dims(tuple(dims))


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
    new = (
        rng.choice((old + 1, old + 1, old - 1, old - 1, old + 2, rng.randint(0, 1), *near[:3]))
        if delta is None
        else old + delta
    )
    numbers[place] = new
    op.attributes[key] = _with_numbers(stored, numbers)
    return new - old


def _inferred(op: Operation) -> Sequence[Type] | None:
    """The types of the results that follow from operands and attributes; None when they are declared."""
    try:
        return infer(op)
    except Error:
        return None


def declares_size(op: Operation) -> bool:
    """Whether the type of a result has sizes."""
    return any(isinstance(result.type, ShapedType) and bool(result.type.dims) for result in op.results)


def change_declared(op: Operation, size: int | None, rng: Random) -> bool:
    """Another size along one dimension of a result."""
    result = next(r for r in op.results if isinstance(r.type, ShapedType) and r.type.dims)
    dims = list(result.type.dims)
    dims[rng.randrange(len(dims))] = size
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


def types_follow(function: FuncOp) -> bool:
    """Infers the types of results anew, in order, and gives the function the type that it has then."""
    for op in function.entry.ops:
        if isinstance(op, Return):
            break
        types = _inferred(op)
        if types is None:
            continue
        if len(types) != len(op.results):
            return False
        declared = [result.type for result in op.results]
        for result, type_ in zip(op.results, types, strict=True):
            result.set_type(type_)
        _keep_elements(op, declared)
    last = function.entry.last_op
    if not isinstance(last, Return):
        return False
    set_type(function, last)
    return True


def set_type(function: FuncOp, last: Return) -> None:
    """Gives a function the type that follows from its arguments and what it returns."""
    inputs = [argument.type for argument in function.arguments]
    function.function_type = FunctionType(inputs, [value.type for value in last.operands])


def _keep_elements(op: Operation, declared: Sequence[Type]) -> None:
    """Gives results the element types that they had, where the op may have them: a product of i8 may be i32."""
    for result, old in zip(op.results, declared, strict=True):
        new = result.type
        if isinstance(new, ShapedType) and isinstance(old, ShapedType) and new.element_type is not old.element_type:
            result.set_type(new.with_element_type(old.element_type))
            if faults(op, limit=1):
                result.set_type(new)
