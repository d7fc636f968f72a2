"""StableHLO on quantized tensors: arrays of the integers that stand for numbers.

An op gives what the specification says, `dequantize_op_quantize`: the numbers that the operands stand for, the op on them, and
the integers that stand for the results. Where only an operand is quantized (a hybrid op), only it is converted. Ops that move
elements move the integers; bodies of reductions are run on them, and so do each of these things at their turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, floats
from couloir.backends.numpy.element_types import Array, DType
from couloir.backends.numpy.meanings import Meaning, declare_quantized, meaning
from couloir.dialects import hlo
from couloir.dialects.hlo.elements import expressed_type
from couloir.dialects.quant import UniformType
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, Type, dtype_of

MOVING: Final[frozenset[type[Operation]]] = frozenset(
    {
        *(hlo.Reshape, hlo.Transpose, hlo.Reverse, hlo.Slice, hlo.Concatenate, hlo.Pad, hlo.BroadcastInDim),
        *(hlo.Broadcast, hlo.DynamicSlice, hlo.DynamicUpdateSlice, hlo.Gather, hlo.DynamicGather, hlo.DynamicReshape),
        *(hlo.DynamicBroadcastInDim, hlo.DynamicPad, hlo.RealDynamicSlice, hlo.TorchIndexSelect, hlo.SetDimensionSize),
        *(
            hlo.OptimizationBarrier,
            hlo.Return,
            hlo.If,
            hlo.Case,
            hlo.While,
            hlo.Tuple,
            hlo.GetTupleElement,
            hlo.Composite,
        ),
        *(
            hlo.AllGather,
            hlo.AllToAll,
            hlo.CollectiveBroadcast,
            hlo.CollectivePermute,
            hlo.GetDimensionSize,
            hlo.CustomCall,
        ),
        *(hlo.Send, hlo.Recv, hlo.Infeed, hlo.Outfeed, hlo.AsyncStart, hlo.AsyncDone, hlo.BitcastConvert),
        *(hlo.UniformQuantize, hlo.UniformDequantize, hlo.Constant),
        *(hlo.Reduce, hlo.ReduceWindow, hlo.Scatter, hlo.SelectAndScatter, hlo.Sort, hlo.Map),
        *(hlo.AllReduce, hlo.ReduceScatter, hlo.CollectiveReduce),
    }
)
"""Ops that mean what their table says on quantized tensors too: they move elements, leave the rest to a body of theirs, or
are made for them."""


def _along(values: Any, type: UniformType, rank: int, dtype: DType) -> Array:
    """Scales or zero points in a shape that broadcasts against the tensor."""
    array = floats.convert(np.asarray(values), dtype)
    shape = [1] * rank
    if type.axis is not None:
        shape[type.axis] = len(values)
    return array.reshape(shape)


def dequantize(values: Array, type: UniformType) -> Array:
    """The numbers, of the expressed type, that integers stand for."""
    dtype = dtype_of(type.expressed_type)
    offsets = values.astype(np.int64) - _along(type.zero_points, type, values.ndim, np.dtype(np.int64))
    return floats.apply("multiply", floats.convert(offsets, dtype), _along(type.scales, type, values.ndim, dtype))


def quantize(numbers: Array, type: UniformType) -> Array:
    """The integers that stand for numbers of the expressed type: scaled, shifted, clamped, and rounded, ties to even.

    NaN has none; it becomes the integer 0, as in `convert`.
    """
    dtype = numbers.dtype
    scaled = floats.apply("divide", numbers, _along(type.scales, type, numbers.ndim, dtype))
    shifted = floats.apply("add", scaled, _along(type.zero_points, type, numbers.ndim, dtype))
    low, high = (floats.convert(np.asarray(bound), dtype) for bound in (type.storage_min, type.storage_max))
    clamped = floats.apply("minimum", floats.apply("maximum", shifted, low), high)
    return floats.convert(floats.apply("round_nearest_even", clamped), dtype_of(type))


def _quantized(type: Type) -> UniformType | None:
    element = type.element_type if isinstance(type, TensorType) else None
    return element if isinstance(element, UniformType) else None


def _number(xp: ArrayNamespace, op: Operation, value: Array, type: Type) -> Array:
    if value.dtype == object:
        raise NotInDomain(op.name, xp.name)
    element = _quantized(type)
    return value if element is None else dequantize(value, element)


def _stored(value: Array, type: Type) -> Array:
    element = _quantized(type)
    return value if element is None else quantize(value, element)


def number_type(type: TensorType) -> DType:
    """The dtype that an op computes a result of a type in: of a quantized one, that of the numbers."""
    return dtype_of(expressed_type(type.element_type))


def to_destination_type(xp: ArrayNamespace, op: Operation, value: Array, type: Type, target: TensorType) -> Array:
    """A value of one type as elements of another, as a reduction brings its operands to the types of its body.

    StableHLO specification, section "Functions on values".
    """
    source, wanted = _quantized(type), _quantized(target)
    if source is wanted:
        return value if wanted is not None else xp.convert(value, xp.carrier(dtype_of(target.element_type)))
    return _stored(_number(xp, op, value, type), target)


@meaning(hlo.UniformQuantize, hlo.UniformDequantize)
def _convert(xp: ArrayNamespace, op: hlo.UniformQuantize | hlo.UniformDequantize, operand: Array) -> Array:
    return _stored(_number(xp, op, operand, op.operand.type), op.result.type)


def declare(of_numbers: Mapping[type[Operation], Meaning]) -> None:
    """Says what ops mean on quantized tensors: these on the numbers, `MOVING` on the integers, all others nothing."""
    declare_quantized("stablehlo", MOVING, {cls: _of_numbers(f) for cls, f in of_numbers.items()})


def _of_numbers(function: Meaning) -> Meaning:
    def compute(xp: ArrayNamespace, op: Operation, *operands: Array) -> list[Array]:
        numbers = [_number(xp, op, value, o.type) for value, o in zip(operands, op.operands, strict=True)]
        found = function(xp, op, *numbers)
        results = cast("Sequence[Array]", found if isinstance(found, tuple | list) else [found])
        return [_stored(value, result.type) for value, result in zip(results, op.results, strict=True)]

    return compute
