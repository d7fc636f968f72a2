"""Ops that move elements: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, IntegerType, TensorType, f16, f32, i8, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, quantized

i4 = IntegerType(4)
STATIC = "the shape of the result is known"
BOUNDED = "the sizes of the result are known, but for one that may have a bound"
ONE_SCALE = quantized((0.5,), axis=1)
"""Of a dimension of size 1."""


def bounded(dims: Any, bounds: Any) -> TensorType:
    return TensorType(dims, f32, hlo.TypeExtensions(bounds))


def broadcasts(element: Any, result: Any, dims: Any = (2, 1), to: Any = (2, 3), where: Any = (0, 1)) -> Any:
    return lambda b: hlo.BroadcastInDim(b.tensor(*dims, of=element), where, result_types=[TensorType(to, result)])


def reshapes(element: Any, result: Any, dims: Any = (2, 3, 4), to: Any = (6, 4)) -> Any:
    return lambda b: hlo.Reshape(b.tensor(*dims, of=element), result_types=[TensorType(to, result)])


def transposes(element: Any, result: Any, to: Any = (3, 2)) -> Any:
    return lambda b: hlo.Transpose(b.tensor(2, 3, of=element), (1, 0), result_types=[TensorType(to, result)])


breaks("constant", "C1")(lambda b: hlo.Constant(hlo.constant([1, 2], i8).value, result_types=[TensorType((2,), i32)]))
accepts(lambda b: hlo.Constant(hlo.constant([1, 2], i8).value, result_types=[TensorType((2,), quantized())]))
breaks("iota", STATIC)(lambda b: hlo.Iota(0, result_types=[TensorType((None,), f32)]))

accepts(broadcasts(ONE_SCALE, quantized((0.5, 0.5, 0.5), axis=1)))
accepts(broadcasts(quantized((0.5, 0.25), axis=0), quantized((0.5, 0.25), axis=0)))
accepts(lambda b: hlo.BroadcastInDim(b.tensor(), (), result_types=[bounded((2, None), (None, 5))]))
breaks("broadcast_in_dim", "C1")(broadcasts(quantized(0.5), quantized(0.25)))
breaks("broadcast_in_dim", "C6")(broadcasts(ONE_SCALE, quantized((0.5, 0.5, 0.25), axis=1)))
breaks("broadcast_in_dim", BOUNDED)(broadcasts(f32, f32, to=(2, None)))

accepts(reshapes(quantized((1.0, 2.0, 3.0, 4.0), axis=2), quantized((1.0, 2.0, 3.0, 4.0), axis=1)))
accepts(lambda b: hlo.Reshape(b.tensor(2, 3), result_types=[bounded((None,), (6,))]))
breaks("reshape", "C1")(reshapes(quantized((1.0, 2.0, 3.0, 4.0), axis=2), quantized((1.0, 2.0, 3.0, 5.0), axis=1)))
breaks("reshape", "C3")(
    reshapes(quantized((1.0, 2.0), axis=0), quantized((1.0, 2.0), axis=1), dims=(2, 3, 4), to=(3, 2, 4))
)
breaks("reshape", BOUNDED)(lambda b: hlo.reshape(b.value(bounded((None, None), (6, 6))), (None, None)))

accepts(transposes(quantized((0.5, 0.25), axis=0), quantized((0.5, 0.25), axis=1)))
accepts(lambda b: hlo.Transpose(b.tensor(2, 3, of=quantized((0.5, 0.25), axis=0)), (1, 0)))
breaks("transpose", "C1")(transposes(quantized(0.5), quantized(0.25)))
breaks("transpose", "C3")(transposes(f32, f32, to=(2, 3)))
breaks("transpose", "C4")(
    lambda b: hlo.Transpose(
        b.tensor(2, 2, of=quantized((0.5, 0.25), axis=0)),
        (1, 0),
        result_types=[TensorType((2, 2), quantized((0.5, 0.25), axis=0))],
    )
)
breaks("reverse", "C1")(
    lambda b: hlo.Reverse(b.tensor(2, of=quantized(0.5)), (0,), result_types=[TensorType((2,), quantized(0.25))])
)
breaks("slice", "C1")(lambda b: hlo.Slice(b.tensor(2), (0,), (1,), (1,), result_types=[TensorType((1,), f16)]))
breaks("slice", "C5")(lambda b: hlo.Slice(b.tensor(4), (0,), (4,), (3,), result_types=[TensorType((1,), f32)]))
breaks("pad", "C1")(lambda b: hlo.Pad(b.tensor(2), b.tensor(of=f16), (0,), (0,), (0,)))
breaks("pad", "C4")(lambda b: hlo.Pad(b.tensor(2), b.tensor(), (1,), (1,), (2,), result_types=[TensorType((5,), f32)]))
breaks("concatenate", "C1")(lambda b: hlo.Concatenate([b.tensor(2), b.tensor(2, of=i32)], dimension=0))
breaks("concatenate", "C5")(
    lambda b: hlo.Concatenate([b.tensor(2), b.tensor(2)], dimension=0, result_types=[TensorType((4,), f16)])
)
breaks("concatenate", "C6")(
    lambda b: hlo.Concatenate([b.tensor(2), b.tensor(2)], dimension=0, result_types=[TensorType((5,), f32)])
)
accepts(
    lambda b: hlo.BitcastConvert(b.tensor(2, of=quantized()), result_types=[TensorType((2, 2), quantized(storage=i4))])
)
accepts(lambda b: hlo.bitcast_convert(b.tensor(2, of=i8), quantized()))

breaks("iota", "C1")(lambda b: hlo.iota((2, 3), f32, 2))
breaks("broadcast_in_dim", "C2")(lambda b: hlo.broadcast_in_dim(b.tensor(3), (2, 3), ()))
breaks("broadcast_in_dim", "C3")(lambda b: hlo.broadcast_in_dim(b.tensor(3), (2, 3), (2,)))
breaks("broadcast_in_dim", "C4")(lambda b: hlo.broadcast_in_dim(b.tensor(3, 3), (2, 3), (1, 1)))
breaks("broadcast_in_dim", "C5")(lambda b: hlo.broadcast_in_dim(b.tensor(2), (2, 3), (1,)))
breaks("reshape", "C2")(lambda b: hlo.reshape(b.tensor(2, 3), (5,)))
breaks("transpose", "C2")(lambda b: hlo.Transpose(b.tensor(2, 3), (0, 0)))
breaks("reverse", "C2")(lambda b: hlo.Reverse(b.tensor(2, 3), (0, 0)))
breaks("reverse", "C3")(lambda b: hlo.Reverse(b.tensor(2, 3), (2,)))
breaks("slice", "C2")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 1), (1,)))
breaks("slice", "C3")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 4), (1, 1)))
breaks("slice", "C4")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 1), (1, 0)))
breaks("pad", "C2")(lambda b: hlo.Pad(b.tensor(2, 3), b.tensor(), (0, 0), (0, 0), (0,)))
breaks("pad", "C3")(lambda b: hlo.Pad(b.tensor(2), b.tensor(), (5,), (0,), (-1,)))
breaks("concatenate", "C2")(lambda b: hlo.Concatenate([b.tensor(2, 3), b.tensor(2, 4)], dimension=0))
breaks("concatenate", "C2")(lambda b: hlo.Concatenate([b.tensor(0, None), b.tensor(2, 3), b.tensor(2, 4)], dimension=0))
breaks("concatenate", "C3")(lambda b: hlo.Concatenate([], dimension=0))
breaks("concatenate", "C4")(lambda b: hlo.Concatenate([b.tensor(2, 3)], dimension=2))
breaks("bitcast_convert", "C1")(lambda b: hlo.BitcastConvert(b.tensor(2, 3), result_types=[TensorType((2, 3), i8)]))
breaks("bitcast_convert", "C2")(
    lambda b: hlo.BitcastConvert(b.tensor(3, of=ComplexType(f32)), result_types=[TensorType((3,), i64)])
)
breaks("get_dimension_size", "C1")(lambda b: hlo.GetDimensionSize(b.tensor(2), 1))
