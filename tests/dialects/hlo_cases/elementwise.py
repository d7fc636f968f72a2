"""Ops that compute each element alone: what breaks each constraint."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.ir.types import i1
from tests.dialects.hlo_cases import breaks

# elementwise

breaks("reduce_precision", "C2")(lambda b: hlo.ReducePrecision(b.tensor(2), 0, 3))
breaks("reduce_precision", "C3")(lambda b: hlo.ReducePrecision(b.tensor(2), 5, -1))
breaks("compare", "C3")(
    lambda b: hlo.Compare(b.tensor(2), b.tensor(2), hlo.ComparisonDirection.LT, hlo.ComparisonType.SIGNED)
)
breaks("select", "C1")(lambda b: hlo.Select(b.tensor(3, of=i1), b.tensor(2), b.tensor(2)))
breaks("clamp", "C1")(lambda b: hlo.Clamp(b.tensor(3), b.tensor(2), b.tensor()))
breaks("clamp", "C2")(lambda b: hlo.Clamp(b.tensor(), b.tensor(2), b.tensor(3)))
