"""The costs of CHLO ops: a function of one element is one transcendental, whatever it is made of.

What XLA counts for `erf` and `top_k`, which it has itself, is the same; the others it takes apart before it counts.
"""

from __future__ import annotations

from math import prod

from couloir.costs.cost import Cost, elements, moving
from couloir.costs.table import Runs, cost_of
from couloir.costs.tables.common import elementwise, moves, nothing, transcendental
from couloir.dialects import chlo
from couloir.ir.errors import Error

cost_of(
    chlo.Acos,
    chlo.Acosh,
    chlo.Asin,
    chlo.AsinAcosKernel,
    chlo.Asinh,
    chlo.Atan,
    chlo.Atanh,
    chlo.BesselI1e,
    chlo.BroadcastAtan2,
    chlo.BroadcastPolygamma,
    chlo.BroadcastPower,
    chlo.BroadcastZeta,
    chlo.Cosh,
    chlo.Digamma,
    chlo.Erf,
    chlo.ErfInv,
    chlo.Erfc,
    chlo.Lgamma,
    chlo.Polygamma,
    chlo.Sinh,
    chlo.Tan,
    chlo.Zeta,
)(transcendental)

cost_of(chlo.BroadcastBinary, chlo.BroadcastSelect)(elementwise)

cost_of(chlo.TopK)(moves)

cost_of(chlo.ConstantLike)(nothing)


@cost_of(chlo.RaggedDot)
def ragged_dot(op: chlo.RaggedDot) -> Cost:
    """A multiplication and an addition for each element of `lhs` and each of `rhs` that it meets in one group."""
    numbers = op.ragged_dot_dimension_numbers
    shared = numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions + tuple(numbers.rhs_group_dimensions)
    met = prod(size for axis, size in enumerate(op.rhs.type.shape) if axis not in shared)
    return moving(op, flops=2 * elements(op.lhs) * met)


@cost_of(chlo.Scan)
def scan(op: chlo.Scan, body: Cost) -> Runs:
    """The body for each slice."""
    sizes = [value.type.dims[op.dimension] for value in (*op.inputs, *op.outputs)]
    known = next((size for size in (*sizes, op.scan_dim_size) if size is not None), None)
    if known is None:
        raise Error("how many slices the scan goes over is not known before it runs")
    return Runs((known,))
