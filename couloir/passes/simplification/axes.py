"""Arithmetic on dimensions that rules about shapes share. Plain tuples and integers: a proof for all sizes follows them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.shapes import Dim
from couloir.ir.attribute import Type
from couloir.ir.builder import CURRENT
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting import Guard, constant_array, guard, is_splat
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType


def inverse(permutation: Sequence[int]) -> tuple[int, ...]:
    """Where each dimension goes: the permutation that undoes another."""
    return tuple(permutation.index(axis) for axis in range(len(permutation)))


def aligned(old: Sequence[Dim], new: Sequence[Dim]) -> tuple[int | None, ...] | None:
    """Where each dimension of a shape is in another that differs in dimensions of size 1 only.

    None in the place of one that is not there any more; None altogether if more than dimensions of size 1 come and go.
    """
    places: list[int | None] = []
    at = 0
    for size in old:
        if size != 1:
            while at < len(new) and new[at] == 1:
                at += 1
        if at < len(new) and new[at] == size:
            places.append(at)
            at += 1
        elif size == 1:
            places.append(None)
        else:
            return None
    return tuple(places) if all(size == 1 for size in new[at:]) else None


def only_adds_ones(old: Sequence[Dim], new: Sequence[Dim]) -> tuple[int, ...] | None:
    """As `aligned`, where no dimension goes; None otherwise."""
    places = aligned(old, new)
    if places is None:
        return None
    kept = tuple(place for place in places if place is not None)
    return kept if len(kept) == len(places) else None


def kept(rank: int, dropped: Sequence[int]) -> tuple[int, ...]:
    """The dimensions that are not dropped."""
    return tuple(axis for axis in range(rank) if axis not in dropped)


def picked(items: Sequence[Any], axes: Sequence[int]) -> tuple[Any, ...]:
    """The items of some dimensions."""
    return tuple(items[axis] for axis in axes)


def is_static(*values: Value[Any]) -> Guard:
    """Whether all sizes are known."""
    return guard(all(value.type.is_static for value in values), "a size is not known")


def is_empty(value: Value[Any]) -> Guard:
    """Whether a tensor has no elements."""
    return guard(0 in value.type.dims, "it may have elements")


def has_integers(value: Value[Any]) -> Guard:
    """Whether the elements are integers."""
    return guard(isinstance(value.type.element_type, IntegerType), "the elements are no integers")


def has_floats(value: Value[Any]) -> Guard:
    """Whether the elements are floats or complex."""
    return guard(isinstance(value.type.element_type, FloatType | ComplexType), "the elements are no floats")


def keeps_elements(op: hlo.DotGeneral | hlo.Convolution) -> Guard:
    """Whether operands and result are of one element type that is no quantized one."""
    types = {value.type.element_type for value in (op.lhs, op.rhs, op.result)}
    return guard(
        len(types) == 1 and isinstance(op.lhs.type.element_type, IntegerType | FloatType | ComplexType),
        "it changes the element type",
    )


def as_many(before: Value[Any], after: Value[Any]) -> Guard:
    """Whether two tensors have as many elements, all sizes known."""
    return is_static(before, after) and guard(
        prod(before.type.shape) == prod(after.type.shape), "the number of elements changes"
    )


def is_number(value: Value[Any]) -> Guard:
    """Whether a tensor is a constant with one value everywhere."""
    return is_splat(value) & guard(constant_array(value) is not None, "it is no tensor")


def spread(value: Value[Any], type: TensorType) -> hlo.Constant:
    """The constant of a type that has everywhere the value which another has everywhere."""
    array = constant_array(value)
    assert array is not None, "is_number was asked before"
    return hlo.constant(array[(0,) * array.ndim], type.element_type, shape=type.shape)


def same_numbers(a: Value[Any], b: Value[Any]) -> Guard:
    """Whether two tensors are constants with the same value everywhere, to the bit."""
    if a is b:
        return guard(True, "")
    first, second = constant_array(a), constant_array(b)
    if not is_splat(a) or not is_splat(b) or first is None or second is None:
        return guard(False, "they are not constants with one value")
    bits = [array[(0,) * array.ndim].tobytes() for array in (first, second)]
    return guard(bits[0] == bits[1] and first.dtype == second.dtype, "they are different constants")


def like(op: Operation, operands: Sequence[Value[Any]], result_type: Type) -> Operation:
    """An op of one result as another, with other operands, where new ops go."""
    point = CURRENT.get()
    location = op.location if point is None or point.location is None else point.location
    made = type(op).create(operands, [result_type], dict(op.attributes), location=location)
    if point is not None:
        point.insert(made)
    return made
