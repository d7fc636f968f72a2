"""Ops whose shapes are operands: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import TensorType, f32, i32
from tests.dialects.hlo_cases import breaks

# shapes that are operands


def bounds(b: Any, *counts: int) -> list[Any]:
    return [b.tensor(count, of=i32) for count in counts]


def dynamic_broadcast(
    operand: Any, dims: Any, broadcast: Any, *, entries: int = 2, expanding: Any = None, fixed: Any = None
) -> Any:
    return lambda b: hlo.dynamic_broadcast_in_dim(
        b.tensor(*operand),
        *bounds(b, entries),
        broadcast,
        dims=dims,
        known_expanding_dimensions=expanding,
        known_nonexpanding_dimensions=fixed,
    )


breaks("dynamic_reshape", "C2")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 1), dims=(5,)))
breaks("dynamic_reshape", "C4")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 2), dims=(None,)))
breaks("dynamic_broadcast_in_dim", "C2")(dynamic_broadcast((3,), (2, 3), ()))
breaks("dynamic_broadcast_in_dim", "C3")(dynamic_broadcast((3,), (2, 3), (2,)))
breaks("dynamic_broadcast_in_dim", "C4")(dynamic_broadcast((3, 3), (2, 3), (1, 1)))
breaks("dynamic_broadcast_in_dim", "C5")(dynamic_broadcast((2,), (None, 3), (1,)))
breaks("dynamic_broadcast_in_dim", "C7")(dynamic_broadcast((3,), (2, 3), (1,), entries=3))
breaks("dynamic_broadcast_in_dim", "C8")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(0,), fixed=(0,)))
breaks("dynamic_broadcast_in_dim", "C9")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(1,)))
breaks("dynamic_broadcast_in_dim", "C10")(dynamic_broadcast((1,), (2, 3), (1,), fixed=(1,)))
breaks("dynamic_iota", "C1")(lambda b: hlo.dynamic_iota(*bounds(b, 2), f32, 2, dims=(None, 3)))
breaks("dynamic_iota", "C2")(lambda b: hlo.dynamic_iota(*bounds(b, 3), f32, 1, dims=(None, 3)))
breaks("dynamic_pad", "the result has the rank of `operand`")(
    lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1, 1, 1), dims=(None, None))
)
breaks("dynamic_pad", "C2")(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1, 2, 1), dims=(None,)))
breaks("real_dynamic_slice", "the result has the rank of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 1, 1, 1), dims=(None, None))
)
breaks("real_dynamic_slice", "`start_indices`, `limit_indices`, `strides`: one entry for each dimension of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 1, 1, 2), dims=(None,))
)
breaks("dynamic_gather", "C20")(
    lambda b: hlo.DynamicGather(
        b.tensor(2, 3),
        b.tensor(4, 1, of=i32),
        *bounds(b, 1),
        hlo.GatherDimensionNumbers((1,), (0,), (), (), (0,), 1),
        result_types=[TensorType((4, None), f32)],
    )
)
