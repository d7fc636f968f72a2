"""What rules about ops with bodies share: what a body computes, its neutral number, copies."""

from __future__ import annotations

import math
from typing import Any, Final

from couloir.dialects import hlo
from couloir.ir.attribute import Type
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting import Guard, guard, is_splat
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, i1

ORDERLESS: Final = frozenset({hlo.Maximum, hlo.Minimum, hlo.And, hlo.Or, hlo.Xor})
"""Reducers that give the same bits for any numbers in any order."""
IDEMPOTENT: Final = frozenset({hlo.Maximum, hlo.Minimum, hlo.And, hlo.Or})
"""Reducers that give x for x and x."""
NO_REDUCER: Final = "its body is not one op like add"
"""Why a rule about reducers does not apply."""


def copy_of_body(region: Region) -> Region:
    """A region like another of one block."""
    old = region.block
    new = Block([argument.type for argument in old.arguments])
    values: dict[Value[Any], Value[Any]] = dict(zip(old.arguments, new.arguments, strict=True))
    for op in old.ops:
        new.append(op.clone(values))
    return Region([new])


def reducer_of(op: hlo.Reduce | hlo.ReduceWindow) -> type[Operation] | None:
    """The op that a reduction of one tensor applies, where its body is that op of its two arguments, in elements of the input.

    It is commutative and associative, but for rounding. The maximum of complex numbers is not, when there is NaN among them.
    """
    block = op.body.block
    inner, last = block.first_op, block.last_op
    if inner is None or last is None or inner.next_op is not last or type(inner) not in hlo.REDUCERS.values():
        return None
    scalar = TensorType((), op.inputs[0].type.element_type)
    if isinstance(scalar.element_type, ComplexType) and type(inner) in (hlo.Maximum, hlo.Minimum):
        return None
    applies = (
        set(inner.operands) == set(block.arguments)
        and list(last.operands) == list(inner.results)
        and all(value.type is scalar for value in (*block.arguments, *inner.results))
    )
    return inner.__class__ if applies else None


def neutral_number(cls: type[Operation], element: Type) -> Any:
    """The number that a reducer gives back whatever it is combined with, in elements of a type; None where there is none."""
    if isinstance(element, FloatType):
        return _FLOATS.get(cls)
    if isinstance(element, ComplexType):
        return complex(-0.0, -0.0) if cls is hlo.Add else None
    if not isinstance(element, IntegerType):
        return None
    if element is i1:
        return cls in (hlo.Multiply, hlo.And, hlo.Minimum)
    unsigned = element.signedness == "unsigned"
    low = 0 if unsigned else -(1 << (element.width - 1))
    high = (1 << element.width) - 1 if unsigned else (1 << (element.width - 1)) - 1
    numbers: dict[type[Operation], int] = {
        hlo.Multiply: 1,
        hlo.Maximum: low,
        hlo.Minimum: high,
        hlo.And: high if unsigned else -1,
    }
    return numbers.get(cls, 0)


_FLOATS: Final[dict[type[Operation], float]] = {
    hlo.Add: -0.0,
    hlo.Multiply: 1.0,
    hlo.Maximum: -math.inf,
    hlo.Minimum: math.inf,
}


def is_neutral(value: Value[Any], cls: type[Operation] | None) -> Guard:
    """Whether a value is a constant of the number that a reducer, if it is one, gives back whatever it is combined with."""
    if cls is None:
        return guard(False, NO_REDUCER)
    number = neutral_number(cls, value.type.element_type)
    return guard(number is not None, f"`{cls.name}` has no neutral number") & is_splat(value, number)


def is_zero_like(value: Value[Any], cls: type[Operation] | None) -> Guard:
    """Whether a value stays what it is when a reducer combines it with itself: 0 in sums, 1 in products, all of max."""
    if cls is None:
        return guard(False, NO_REDUCER)
    if cls in IDEMPOTENT:
        return guard(True, "")
    if cls is hlo.Multiply:
        return guard(not isinstance(value.type.element_type, ComplexType), "complex") & is_splat(value, 1)
    return is_splat(value, 0) | is_splat(value, -0.0)
