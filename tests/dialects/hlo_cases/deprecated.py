"""Deprecated and quantized ops: what breaks each constraint."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.ir.types import i32
from tests.dialects.hlo_cases import breaks

# dynamic and deprecated ones


breaks("set_dimension_size", "`dimension` is a dimension of `operand`")(
    lambda b: hlo.SetDimensionSize(b.tensor(2), b.tensor(of=i32), 1)
)
breaks("dot", "`lhs` and `rhs` are vectors or matrices that fit")(lambda b: hlo.Dot(b.tensor(2, 3), b.tensor(4)))
breaks("dot", "`precision_config` has an entry for each operand")(
    lambda b: hlo.Dot(b.tensor(2), b.tensor(2), (hlo.Precision.HIGH,))
)
breaks("broadcast", "`broadcast_sizes` are not negative")(lambda b: hlo.Broadcast(b.tensor(2), (-1,)))
breaks("torch_index_select", "`dim` is a dimension of `operand`, behind the batch dimensions")(
    lambda b: hlo.TorchIndexSelect(b.tensor(2, 3), b.tensor(2, of=i32), 0, 1)
)
breaks("torch_index_select", "batch dimensions have the same sizes")(
    lambda b: hlo.TorchIndexSelect(b.tensor(2, 3), b.tensor(3, of=i32), 1, 1)
)
breaks("einsum", "`einsum_config` fits the operands")(lambda b: hlo.Einsum(b.tensor(2, 3), b.tensor(4), "ab,b->a"))
breaks("unary_einsum", "`einsum_config` fits the operand")(lambda b: hlo.UnaryEinsum(b.tensor(2, 3), "a->a"))
