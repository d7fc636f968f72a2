"""The vector dialect."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np

from couloir.backends.numpy import memory, tensor
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.fused_multiply_add import fma
from couloir.backends.numpy.meanings import meaning
from couloir.backends.numpy.tables.arith import combine
from couloir.dialects import arith, vector
from couloir.dialects.index_lists import DYNAMIC
from couloir.dialects.vector import CombiningKind
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import dtype_of

#: For each way to combine the op on floats and the op on integers.
_COMBINERS: Final[dict[CombiningKind, tuple[type[Operation] | None, type[Operation] | None]]] = {
    CombiningKind.ADD: (arith.AddF, arith.AddI),
    CombiningKind.MUL: (arith.MulF, arith.MulI),
    CombiningKind.MINUI: (None, arith.MinUI),
    CombiningKind.MINSI: (None, arith.MinSI),
    CombiningKind.MINNUMF: (arith.MinNumF, None),
    CombiningKind.MAXUI: (None, arith.MaxUI),
    CombiningKind.MAXSI: (None, arith.MaxSI),
    CombiningKind.MAXNUMF: (arith.MaxNumF, None),
    CombiningKind.AND: (None, arith.AndI),
    CombiningKind.OR: (None, arith.OrI),
    CombiningKind.XOR: (None, arith.XOrI),
    CombiningKind.MINIMUMF: (arith.MinimumF, None),
    CombiningKind.MAXIMUMF: (arith.MaximumF, None),
}


@meaning(vector.Broadcast)
def _broadcast(xp: ArrayNamespace, op: vector.Broadcast, source: Array) -> Array:
    return np.broadcast_to(source, op.vector.type.shape)


@meaning(vector.Load)
def _load(xp: ArrayNamespace, op: vector.Load, base: Array, *indices: Array) -> Array:
    return memory.row(base, [int(index) for index in indices], op.result.type.shape)


@meaning(vector.Store)
def _store(xp: ArrayNamespace, op: vector.Store, value: Array, base: Array, *indices: Array) -> None:
    memory.store_row(base, [int(index) for index in indices], value)


def _position(static: Sequence[int], dynamic: Sequence[Array], shape: Sequence[int]) -> list[int]:
    numbers = iter(dynamic)
    position = [int(next(numbers)) if index == DYNAMIC else index for index in static]
    for index, size in zip(position, shape, strict=False):
        if not 0 <= index < size:
            raise Error(f"the position {position} lies outside of a vector of shape {list(shape)}")
    return position


@meaning(vector.Extract)
def _extract(xp: ArrayNamespace, op: vector.Extract, source: Array, *dynamic: Array) -> Array:
    return source[(*_position(op.static_position, dynamic, source.shape), ...)]


@meaning(vector.Insert)
def _insert(xp: ArrayNamespace, op: vector.Insert, value: Array, dest: Array, *dynamic: Array) -> Array:
    result = dest.copy()
    result[(*_position(op.static_position, dynamic, dest.shape), ...)] = value
    return result


@meaning(vector.FMA)
def _fma(xp: ArrayNamespace, op: vector.FMA, lhs: Array, rhs: Array, acc: Array) -> Array:
    return fma(xp, lhs, rhs, acc)


@meaning(vector.Reduction)
def _reduction(xp: ArrayNamespace, op: vector.Reduction, operand: Array, *acc: Array) -> Array:
    """From the first element to the last, which is the order that upstream keeps unless fast-math frees it."""
    cls = _COMBINERS[op.kind][operand.dtype.kind in "biu"]
    if cls is None:
        raise Error(f"`{op.kind.value}` does not combine elements of `{op.vector.type}`")
    elements = [*acc, *(element.reshape(()) for element in operand.reshape(-1)[:, np.newaxis])]
    return functools.reduce(functools.partial(combine, xp, cls), elements)


@meaning(vector.ShapeCast)
def _shape_cast(xp: ArrayNamespace, op: vector.ShapeCast, source: Array) -> Array:
    return source.reshape(op.result.type.shape)


@meaning(vector.Bitcast)
def _bitcast(xp: ArrayNamespace, op: vector.Bitcast, source: Array) -> Array:
    """Bits in memory order: the elements of one last dimension are read again by another width."""
    dtype, shape = dtype_of(op.result.type.element_type), op.result.type.shape
    if dtype.itemsize <= source.dtype.itemsize:
        return tensor.bitcast_convert(xp, source, dtype).reshape(shape)
    grouped = source.reshape([*shape, dtype.itemsize // source.dtype.itemsize])
    return tensor.bitcast_convert(xp, grouped, dtype)


@meaning(vector.Transpose)
def _transpose(xp: ArrayNamespace, op: vector.Transpose, operand: Array) -> Array:
    return operand.transpose(op.permutation)
