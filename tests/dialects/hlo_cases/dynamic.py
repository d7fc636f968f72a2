"""Ops whose shapes are operands: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import TensorType, f16, f32, i32
from tests.dialects.hlo_cases import accepts, breaks, quantized

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


def dynamic_reshape(element: Any, result: Any, to: Any = (2, 3, 2)) -> Any:
    types = [TensorType(to, result)]
    return lambda b: hlo.DynamicReshape(b.tensor(2, 3, 2, of=element), *bounds(b, len(to)), result_types=types)


def shape(*sizes: int) -> Any:
    return hlo.constant(sizes, i32).output


def uncounted(*names: str) -> str:
    return f"the number of entries of {' and '.join(f'`{name}`' for name in names)} is known"


breaks("dynamic_reshape", "C1")(dynamic_reshape(quantized(0.5), quantized(0.25)))
breaks("dynamic_reshape", "C2")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 1), dims=(5,)))
breaks("dynamic_reshape", "C3")(dynamic_reshape(quantized((0.5, 0.25), axis=0), quantized((0.5, 0.25), axis=2)))
breaks("dynamic_reshape", "C4")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 2), dims=(None,)))
breaks("dynamic_reshape", "`output_shape` has as many elements as `operand`")(
    lambda b: hlo.dynamic_reshape(b.tensor(2, 3), shape(5), dims=(None,))
)
breaks("dynamic_reshape", uncounted("output_shape"))(
    lambda b: hlo.dynamic_reshape(b.tensor(2, 3), b.tensor(None, of=i32), dims=(6,))
)
accepts(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), shape(3, 2), dims=(3, None)))
breaks("dynamic_broadcast_in_dim", "C1")(
    lambda b: hlo.DynamicBroadcastInDim(b.tensor(3), *bounds(b, 2), (1,), result_types=[TensorType((2, 3), f16)])
)
breaks("dynamic_broadcast_in_dim", "C2")(dynamic_broadcast((3,), (2, 3), ()))
breaks("dynamic_broadcast_in_dim", "C3")(dynamic_broadcast((3,), (2, 3), (2,)))
breaks("dynamic_broadcast_in_dim", "C4")(dynamic_broadcast((3, 3), (2, 3), (1, 1)))
breaks("dynamic_broadcast_in_dim", "C5")(dynamic_broadcast((2,), (None, 3), (1,)))
breaks("dynamic_broadcast_in_dim", "C6")(
    lambda b: hlo.DynamicBroadcastInDim(
        b.tensor(2, 2, of=quantized((0.5, 0.25), axis=0)),
        *bounds(b, 2),
        (1, 0),
        result_types=[TensorType((2, 2), quantized((0.5, 0.25), axis=0))],
    )
)
breaks("dynamic_broadcast_in_dim", "C7")(
    lambda b: hlo.dynamic_broadcast_in_dim(b.tensor(3), shape(4, 3), (1,), dims=(2, 3))
)
breaks("dynamic_broadcast_in_dim", "C8")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(0,), fixed=(0,)))
breaks("dynamic_broadcast_in_dim", "C9")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(1,)))
breaks("dynamic_broadcast_in_dim", "C10")(dynamic_broadcast((1,), (2, 3), (1,), fixed=(1,)))
breaks("dynamic_broadcast_in_dim", "each dimension of `operand` has size 1 or that in `output_dimensions`")(
    lambda b: hlo.dynamic_broadcast_in_dim(b.tensor(3), shape(2, 4), (1,), dims=(None, None))
)
breaks("dynamic_broadcast_in_dim", uncounted("output_dimensions"))(
    lambda b: hlo.dynamic_broadcast_in_dim(b.tensor(3), b.tensor(None, of=i32), (1,), dims=(2, 3))
)
accepts(lambda b: hlo.dynamic_broadcast_in_dim(b.tensor(1, 3), shape(2, 3), (0, 1), dims=(2, None)))
breaks("dynamic_iota", "C1")(lambda b: hlo.dynamic_iota(*bounds(b, 2), f32, 2, dims=(None, 3)))
breaks("dynamic_iota", "C2")(lambda b: hlo.dynamic_iota(shape(-2, 3), f32, 1, dims=(None, 3)))
breaks("dynamic_iota", uncounted("output_shape"))(
    lambda b: hlo.dynamic_iota(b.tensor(None, of=i32), f32, 1, dims=(None, 3))
)
AMOUNTS = ("edge_padding_low", "edge_padding_high", "interior_padding")
breaks("dynamic_pad", "C1")(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(of=f16), *bounds(b, 1, 1, 1), dims=(None,)))
breaks("dynamic_pad", "C2")(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 2, 2, 2), dims=(None,)))
breaks("dynamic_pad", "C3")(
    lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1, 1), shape(-1), dims=(None,))
)
breaks("dynamic_pad", "C4")(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), shape(1), shape(1), shape(1), dims=(4,)))
breaks("dynamic_pad", uncounted(*AMOUNTS))(
    lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1), b.tensor(None, of=i32), *bounds(b, 1), dims=(2,))
)
accepts(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), shape(1), shape(1), shape(1), dims=(None,)))
breaks("real_dynamic_slice", "the result has the rank of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 1, 1, 1), dims=(None, None))
)
breaks("real_dynamic_slice", "`start_indices`, `limit_indices`, `strides`: one entry for each dimension of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 2, 2, 2), dims=(None,))
)
