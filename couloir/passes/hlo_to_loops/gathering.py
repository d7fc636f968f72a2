"""Reading and writing at places that are known only when the program runs: dynamic slices, gather and scatter.

Places come from data, so every one is made safe before it is used, as StableHLO says: starts of slices that are read
are moved so that the slice lies inside (`clamp`), elements that `scatter` would write outside are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from couloir.dialects import arith, hlo
from couloir.dialects.arith import CmpIPredicate
from couloir.ir.affine import AffineExpr
from couloir.ir.operation import Value
from couloir.ir.types import IntegerType, Type, index, ui64
from couloir.passes.hlo_to_loops.loops import ZERO, Index, LoopNest, Scalar, number

Read: TypeAlias = "Callable[[Value[Any], Index], Scalar]"


def as_index(scalar: Scalar, element: Type) -> Scalar:
    """An integer of a tensor with elements of type `element`, as an `index`. Numbers of 2^63 and more become 2^63 - 1."""
    if element is ui64:
        scalar = arith.MinUI(scalar, number(2**63 - 1, scalar.type)).result
    unsigned = isinstance(element, IntegerType) and not element.is_signed
    cast = arith.IndexCastUI if unsigned else arith.IndexCast
    return cast(scalar, result_types=[index]).out


def clamped(loops: LoopNest, read: Read, starts: Value[Any], place: Index, limit: int) -> AffineExpr:
    """The start of a slice, an element of `starts`, moved into 0 ... limit."""
    if limit <= 0:
        return ZERO
    start = as_index(read(starts, place), starts.type.element_type)
    inside = arith.MinSI(arith.MaxSI(start, number(0, index)), number(limit, index)).result
    return loops.unknown(inside)


def read_index(loops: LoopNest, op: hlo.DynamicSlice | hlo.Gather, place: Index, read: Read) -> Index:
    """Where the element at `place` of the result comes from in the operand."""
    if isinstance(op, hlo.DynamicSlice):
        return tuple(
            clamped(loops, read, start, (), size - count) + at
            for start, size, count, at in zip(
                op.start_indices, op.operand.type.shape, op.slice_sizes, place, strict=True
            )
        )
    numbers, shape = op.dimension_numbers, op.operand.type.shape
    batch = [at for axis, at in enumerate(place) if axis not in numbers.offset_dims]
    hidden = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    kept = [axis for axis in range(len(shape)) if axis not in hidden]
    source: list[AffineExpr] = [ZERO] * len(shape)
    for axis, position in zip(kept, numbers.offset_dims, strict=True):
        source[axis] = place[position]
    vector = numbers.index_vector_dim
    for axis, position in zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True):
        source[axis] = batch[position - (position > vector)]
    for component, axis in enumerate(numbers.start_index_map):
        where = vector_element(batch, vector, op.start_indices.type.rank, component)
        limit = shape[axis] - op.slice_sizes[axis]
        source[axis] = source[axis] + clamped(loops, read, op.start_indices, where, limit)
    return tuple(source)


def vector_element(batch: Sequence[AffineExpr], vector_dimension: int, rank: int, component: int) -> Index:
    """Where a component of the index vector of a batch stands in a tensor of indices."""
    if vector_dimension == rank:  # each start is a vector of one
        return tuple(batch)
    return (*batch[:vector_dimension], ZERO + component, *batch[vector_dimension:])


def is_inside(place: Scalar, size: int) -> Scalar:
    """Whether 0 <= place < size: compared as unsigned numbers, negative ones are large."""
    return arith.CmpI(CmpIPredicate.ULT, place, number(size, index)).result
