"""The tensor dialect."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy import memory
from couloir.backends.numpy.arguments import new_buffer
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import meaning
from couloir.backends.numpy.tables.memref import check_dims, dynamic_shape, size_of_dimension
from couloir.dialects import tensor


@meaning(tensor.Empty)
def _empty(xp: ArrayNamespace, op: tensor.Empty, *sizes: Array) -> Array:
    return new_buffer(xp, op.result.type, dynamic_shape(op.result.type, sizes))


@meaning(tensor.Extract)
def _extract(xp: ArrayNamespace, op: tensor.Extract, operand: Array, *indices: Array) -> Array:
    return memory.element(operand, [int(index) for index in indices])


@meaning(tensor.Insert)
def _insert(xp: ArrayNamespace, op: tensor.Insert, scalar: Array, dest: Array, *indices: Array) -> Array:
    result = dest.copy()
    memory.store(result, [int(index) for index in indices], scalar)
    return result


@meaning(tensor.Dim)
def _dim(xp: ArrayNamespace, op: tensor.Dim, source: Array, index: Array) -> Array:
    return size_of_dimension(source, index)


@meaning(tensor.Cast)
def _cast(xp: ArrayNamespace, op: tensor.Cast, source: Array) -> Array:
    check_dims(source, op.dest.type)
    return source


@meaning(tensor.FromElements)
def _from_elements(xp: ArrayNamespace, op: tensor.FromElements, *elements: Array) -> Array:
    shape = op.result.type.shape
    return np.stack(elements).reshape(shape) if elements else new_buffer(xp, op.result.type, shape)


@meaning(tensor.Splat)
def _splat(xp: ArrayNamespace, op: tensor.Splat, value: Array, *sizes: Array) -> Array:
    return np.broadcast_to(value, dynamic_shape(op.aggregate.type, sizes))
