"""StableHLO on quantized tensors: arrays of the integers that stand for numbers.

An elementwise op gives what the specification says, `dequantize_op_quantize`: the numbers that the operands stand for,
the op on them, and the integers that stand for the results. Ops that move elements move the integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import NARROW_FLOATS, Array
from couloir.backends.numpy.meanings import Meaning, declare_quantized, meaning
from couloir.dialects import hlo
from couloir.dialects.quant import UniformType
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, Type, dtype_of

MOVING: Final[frozenset[type[Operation]]] = frozenset(
    {
        *(
            hlo.Reshape,
            hlo.Transpose,
            hlo.Reverse,
            hlo.Slice,
            hlo.Concatenate,
            hlo.Pad,
            hlo.BroadcastInDim,
            hlo.Broadcast,
        ),
        *(hlo.DynamicSlice, hlo.DynamicUpdateSlice, hlo.Gather, hlo.DynamicReshape, hlo.DynamicBroadcastInDim),
        *(hlo.Select, hlo.OptimizationBarrier, hlo.Return, hlo.If, hlo.Case, hlo.While, hlo.Tuple, hlo.GetTupleElement),
        *(hlo.AllGather, hlo.AllToAll, hlo.CollectivePermute, hlo.GetDimensionSize),
        *(hlo.UniformQuantize, hlo.UniformDequantize),
    }
)
"""Ops that mean what their table says on quantized tensors too: they move elements, or are made for them."""


def _along(values: Any, type: UniformType, rank: int, dtype: Any) -> Array:
    """Scales or zero points in a shape that broadcasts against the tensor."""
    array = np.asarray(values, np.float64).astype(dtype)
    shape = [1] * rank
    if type.axis is not None:
        shape[type.axis] = len(values)
    return array.reshape(shape)


def dequantize(values: Array, type: UniformType) -> Array:
    """The numbers, of the expressed type, that integers stand for."""
    dtype = dtype_of(type.expressed_type)
    wide = np.dtype(np.float32) if dtype in NARROW_FLOATS else dtype
    offsets = values.astype(np.int64) - _along(type.zero_points, type, values.ndim, np.int64)
    return (offsets.astype(wide) * _along(type.scales, type, values.ndim, wide)).astype(dtype)


def quantize(numbers: Array, type: UniformType) -> Array:
    """The integers that stand for numbers of the expressed type: scaled, shifted, clamped, and rounded, ties to even.

    NaN has none; it becomes the zero point's integer, which stands for 0.
    """
    wide = np.dtype(np.float32) if numbers.dtype in NARROW_FLOATS else numbers.dtype
    points = _along(type.zero_points, type, numbers.ndim, wide)
    with np.errstate(all="ignore"):
        scaled = numbers.astype(wide) / _along(type.scales, type, numbers.ndim, wide)
        shifted = np.where(np.isnan(scaled), wide.type(0), scaled) + points
    return np.rint(np.clip(shifted, type.storage_min, type.storage_max)).astype(dtype_of(type))


def _element(type: Type) -> Type | None:
    return type.element_type if isinstance(type, TensorType) else None


def _number(xp: ArrayNamespace, op: Operation, value: Array, type: Type) -> Array:
    if value.dtype == object:
        raise NotInDomain(op.name, xp.name)
    element = _element(type)
    return dequantize(value, element) if isinstance(element, UniformType) else value


def _stored(value: Array, type: Type) -> Array:
    element = _element(type)
    return quantize(value, element) if isinstance(element, UniformType) else value


@meaning(hlo.UniformQuantize, hlo.UniformDequantize)
def _convert(xp: ArrayNamespace, op: hlo.UniformQuantize | hlo.UniformDequantize, operand: Array) -> Array:
    return _stored(_number(xp, op, operand, op.operand.type), op.result.type)


def declare(of_numbers: Mapping[type[Operation], Meaning]) -> None:
    """Says what ops mean on quantized tensors: these on the numbers, `MOVING` on the integers, all others nothing."""
    declare_quantized("stablehlo", MOVING, {cls: _of_numbers(f) for cls, f in of_numbers.items() if cls not in MOVING})


def _of_numbers(function: Meaning) -> Meaning:
    def compute(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
        numbers = [_number(xp, op, value, o.type) for value, o in zip(operands, op.operands, strict=True)]
        return _stored(function(xp, op, *numbers), op.results[0].type)

    return compute
