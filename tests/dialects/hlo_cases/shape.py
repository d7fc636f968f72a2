"""Ops that move elements: what breaks each constraint."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, TensorType, f32, i8, i64
from tests.dialects.hlo_cases import breaks

# shape

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
breaks("pad", "C4")(lambda b: hlo.Pad(b.tensor(2), b.tensor(), (-2,), (-1,), (0,)))
breaks("concatenate", "C2")(lambda b: hlo.Concatenate([b.tensor(2, 3), b.tensor(2, 4)], dimension=0))
breaks("concatenate", "C3")(lambda b: hlo.Concatenate([], dimension=0))
breaks("concatenate", "C4")(lambda b: hlo.Concatenate([b.tensor(2, 3)], dimension=2))
breaks("bitcast_convert", "C1")(lambda b: hlo.BitcastConvert(b.tensor(2, 3), result_types=[TensorType((2, 3), i8)]))
breaks("bitcast_convert", "C2")(
    lambda b: hlo.BitcastConvert(b.tensor(3, of=ComplexType(f32)), result_types=[TensorType((3,), i64)])
)
breaks("get_dimension_size", "C1")(lambda b: hlo.GetDimensionSize(b.tensor(2), 1))
