"""What the specification leaves open: programs whose results two right implementations may have different ones of.

A comparator that is no order, a reduction whose body is not known to be associative: random programs have such bodies, and
nothing follows from a difference there. `settle` gives them other bodies.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final

from couloir.backends.numpy.bodies import gives_second
from couloir.backends.numpy.sorting import keys_of
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo import ComparisonDirection, ComparisonType
from couloir.dialects.shapes import inside
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, i1

_STRICT: Final = (ComparisonDirection.LT, ComparisonDirection.GT)


_REDUCERS: Final = frozenset(hlo.REDUCERS.values())


def left_open(module: Operation, *, has_nan: bool = False) -> str | None:
    """Why results of a program are open; None when no reason is known.

    Args:
        module: The program.
        has_nan: Whether its inputs may have NaN in them, which numeric comparisons do not order.
    """
    for op in module.walk():
        found = _why(op, has_nan)
        if found is not None:
            return f"`{op.name}`: {found}"
    return None


def depends_on_order(module: Operation) -> bool:
    """Whether a program reduces by one op that is not associative: another order gives other results, and either is right."""
    reductions = hlo.Reduce | hlo.ReduceWindow | hlo.AllReduce | hlo.ReduceScatter | hlo.Scatter | hlo.SelectAndScatter
    for op in module.walk():
        if isinstance(op, reductions):
            body = op.regions[-1].block
            first = body.first_op
            alone = first is not None and len(first.operands) > 1 and first.next_op is body.last_op
            if alone and type(first) not in _REDUCERS:
                return True
    return False


def _why(op: Operation, has_nan: bool) -> str | None:
    match op:
        case hlo.Rng():
            return "it gives other numbers in each run"
        case hlo.Sort():
            return _no_order(op.comparator, has_nan)
        case hlo.Scatter():
            body = op.update_computation
            return None if gives_second(body) and len(op.inputs) == 1 else _not_associative(body)
        case hlo.SelectAndScatter():
            return _no_order(op.select, has_nan, strict=False) or _not_associative(op.scatter)
        case hlo.Reduce() | hlo.ReduceWindow():
            return _not_associative(op.body)
        case hlo.AllReduce() | hlo.ReduceScatter():
            return _not_associative(op.computation) if len(op.operands) else None
        case _ if op.name.startswith("onnx.Pow"):
            base, exponent = op.operands
            whole = not _is_float(base) and _is_float(exponent)
            return "roots that are no whole numbers become integers" if whole else None
        case _ if op.name.startswith(("onnx.Div", "onnx.Mod")):
            return None if _is_float(op.operands[1]) else "an integer divided by zero may be anything"
        case hlo.BatchNormTraining() | hlo.BatchNormGrad() | hlo.BatchNormInference():
            element = op.operand.type.element_type
            narrow = isinstance(element, FloatType) and element.width < 16
            return "intermediate results of so few bits are rounded or not" if narrow else None
        case chlo.TopK():
            return "NaN has no place in the order" if has_nan and _is_float(op.operand) else None
        case _:
            return None


def _not_associative(body: Region) -> str | None:
    """Why a body is not known to be associative: it does not apply one op of `hlo.REDUCERS` to each pair of its arguments."""
    arguments, last = body.block.arguments, body.block.last_op
    results = [] if last is None else list(last.operands)
    count = len(results)
    made = [value.defining_op for value in results]
    pairs = (
        [{arguments[number], arguments[count + number]} for number in range(count)]
        if len(arguments) == 2 * count
        else []
    )
    if pairs and all(
        type(op) in _REDUCERS and {*op.operands} == pair for op, pair in zip(made, pairs, strict=True) if op
    ):
        return None if all(made) and all(is_plain(value.type) for value in results) else "it has no op"
    return "its body is not known to be associative"


def _no_order(body: Region, has_nan: bool, *, strict: bool = True) -> str | None:
    """Why a comparator is not known to order: it does not compare the same of both, with LT or GT."""
    keys = keys_of(body)
    directions = [op.comparison_direction for op in body.ops if isinstance(op, hlo.Compare)]
    if not keys or (strict and not all(direction in _STRICT for direction in directions[:1])):
        return "its comparator is not known to be an order"
    unordered = any(not key.by_total_order and _is_float(key.value) for key in keys)
    return "NaN has no place in the order" if has_nan and unordered else None


def _is_float(value: object) -> bool:
    return isinstance(getattr(getattr(value, "type", None), "element_type", None), FloatType)


def is_plain(type: object) -> bool:
    """Whether a type is one of tensors of numbers and booleans, not of quantized ones."""
    return isinstance(type, TensorType) and isinstance(type.element_type, FloatType | IntegerType | ComplexType)


def settle(module: Operation, rng: Random) -> None:
    """Gives ops whose bodies leave their results open usual ones: reductions by one op, orders by one comparison."""
    for op in list(module.walk()):
        if op.parent is None or _why(op, False) is None:
            continue
        match op:
            case hlo.Sort():
                op.is_stable = True
                _compare(op.comparator, rng.choice(_STRICT))
            case hlo.SelectAndScatter():
                _compare(op.select, rng.choice((ComparisonDirection.GE, ComparisonDirection.LE)))
                _combine(op.scatter, rng)
            case hlo.Reduce() | hlo.ReduceWindow():
                _combine(op.body, rng)
            case hlo.AllReduce() | hlo.ReduceScatter():
                _combine(op.computation, rng)
            case hlo.Scatter():
                _combine(op.update_computation, rng)
            case _:
                pass


def _compare(body: Region, direction: ComparisonDirection) -> None:
    first, second, *_ = body.block.arguments
    element = getattr(first.type, "element_type", None)
    if not is_plain(first.type) or isinstance(element, ComplexType):
        return
    kind = ComparisonType.TOTALORDER if isinstance(element, FloatType) else None
    _refill(body, lambda: [hlo.Compare(first, second, direction, kind).result])


def _combine(body: Region, rng: Random) -> None:
    arguments, last = body.block.arguments, body.block.last_op
    count = len(arguments) // 2
    if (
        last is None
        or not count
        or [value.type for value in last.operands] != [value.type for value in arguments[:count]]
    ):
        return  # a reduction in a wider type than that of its elements
    if not all(is_plain(value.type) for value in arguments):
        return
    pairs = list(zip(arguments[:count], arguments[count:], strict=True))
    makers = [rng.choice(_makers(a.type, alone=count == 1)) for a, _ in pairs]
    _refill(body, lambda: [make(a, b).result for make, (a, b) in zip(makers, pairs, strict=True)])


def _makers(type: Any, *, alone: bool) -> list[Any]:
    """The reducers that take elements of a type. Bounds on the rounding of products are known where they stand alone."""
    names = ["add", "maximum", "minimum", *(["multiply"] if alone else [])]
    if isinstance(type.element_type, IntegerType):
        names = ["and", "or", "xor"] if type.element_type is i1 else [*names, "and", "or", "xor"]
    return [hlo.REDUCERS[name] for name in names]


def _refill(body: Region, make: Any) -> None:
    """Another content for a block; the old one stays where the new one does not verify."""
    block = body.block
    old = list(block.ops)
    try:
        with inside(block):
            hlo.Return(make())
    except Error:
        for op in reversed([op for op in block.ops if op not in old]):
            op.erase()
        return
    for op in reversed(old):
        op.erase()
