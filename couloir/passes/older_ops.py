"""Rules for ops that are not in the StableHLO specification any more, and for those of CHLO that broadcast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from couloir.dialects import chlo, chlo_broadcasting, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType, GatherDimensionNumbers
from couloir.dialects.hlo.building import convert, full
from couloir.dialects.shapes import constant_integers
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType
from couloir.passes.einsum import sum_of_products

Tensor: TypeAlias = "Value[TensorType]"

_OPEN: Final = "a size is not known"


@rule
def broadcast_to_dimensions(op: hlo.Broadcast, rewriter: Rewriter) -> str | None:
    """broadcast(x, sizes)  =>  broadcast_in_dim(x)"""
    type = op.result.type
    if not type.is_static:
        return _OPEN
    added = len(op.broadcast_sizes)
    rewriter.replace(op, hlo.broadcast_in_dim(op.operand, type.shape, tuple(range(added, type.rank))))
    return None


@rule
def index_select_as_gather(op: hlo.TorchIndexSelect, rewriter: Rewriter) -> str | None:
    """torch_index_select(x, index)  =>  gather(x, index)"""
    shape, index = op.operand.type, op.index.type
    if not shape.is_static or not index.is_static:
        return _OPEN
    axis, batch = op.dim, op.batch_dims
    new = index.rank - batch
    numbers = GatherDimensionNumbers(
        (*range(batch, axis), *range(axis + new, shape.rank - 1 + new)),
        (axis,),
        tuple(range(batch)),
        tuple(range(batch)),
        (axis,),
        index.rank,
    )
    sizes = tuple(1 if d < batch or d == axis else size for d, size in enumerate(shape.shape))
    rewriter.replace(op, hlo.Gather(op.operand, op.index, numbers, sizes))
    return None


@rule
def einsum_as_products(op: hlo.Einsum | hlo.UnaryEinsum, rewriter: Rewriter) -> str | None:
    """einsum(x, y)  =>  dot_general, reduce and transpose"""
    operands: list[Tensor] = list(op.operands)
    if not all(value.type.is_static for value in operands):
        return _OPEN
    element = op.result.type.element_type
    rewriter.replace(op, sum_of_products([convert(x, element) for x in operands], op.einsum_config))
    return None


@rule
def counted_elements(op: hlo.SetDimensionSize, rewriter: Rewriter) -> str | None:
    """set_dimension_size(x, constant)  =>  slice(x), where the size is that of the result"""
    source, target = op.operand.type, op.result.type
    if not source.is_static or not target.is_static or constant_integers(op.size) != target.shape[op.dimension]:
        return "the size is not that of the result"
    rewriter.replace(op, hlo.Slice(op.operand, (0,) * source.rank, target.shape, (1,) * source.rank))
    return None


_BROADCAST: Final[dict[type[Operation], Callable[[Tensor, Tensor], Operation]]] = {
    chlo.BroadcastAdd: hlo.Add,
    chlo.BroadcastAnd: hlo.And,
    chlo.BroadcastAtan2: hlo.Atan2,
    chlo.BroadcastComplex: hlo.Complex,
    chlo.BroadcastDivide: hlo.Divide,
    chlo.BroadcastMaximum: hlo.Maximum,
    chlo.BroadcastMinimum: hlo.Minimum,
    chlo.BroadcastMultiply: hlo.Multiply,
    chlo.BroadcastNextAfter: chlo.NextAfter,
    chlo.BroadcastOr: hlo.Or,
    chlo.BroadcastPolygamma: chlo.Polygamma,
    chlo.BroadcastPower: hlo.Power,
    chlo.BroadcastRemainder: hlo.Remainder,
    chlo.BroadcastShiftLeft: hlo.ShiftLeft,
    chlo.BroadcastShiftRightArithmetic: hlo.ShiftRightArithmetic,
    chlo.BroadcastShiftRightLogical: hlo.ShiftRightLogical,
    chlo.BroadcastSubtract: hlo.Subtract,
    chlo.BroadcastXor: hlo.Xor,
    chlo.BroadcastZeta: chlo.Zeta,
}


def _spread(value: Tensor, shape: Sequence[int], dimensions: Sequence[int]) -> Tensor:
    same = value.type.shape == tuple(shape)
    return value if same else hlo.broadcast_in_dim(value, shape, tuple(dimensions)).result


@rule
def broadcast_apart(
    op: chlo.BroadcastAdd
    | chlo.BroadcastAnd
    | chlo.BroadcastAtan2
    | chlo.BroadcastCompare
    | chlo.BroadcastComplex
    | chlo.BroadcastDivide
    | chlo.BroadcastMaximum
    | chlo.BroadcastMinimum
    | chlo.BroadcastMultiply
    | chlo.BroadcastNextAfter
    | chlo.BroadcastOr
    | chlo.BroadcastPolygamma
    | chlo.BroadcastPower
    | chlo.BroadcastRemainder
    | chlo.BroadcastShiftLeft
    | chlo.BroadcastShiftRightArithmetic
    | chlo.BroadcastShiftRightLogical
    | chlo.BroadcastSubtract
    | chlo.BroadcastXor
    | chlo.BroadcastZeta,
    rewriter: Rewriter,
) -> str | None:
    """chlo.broadcast_add(x, y)  =>  add(broadcast_in_dim(x), broadcast_in_dim(y)), and so on"""
    shape = op.result.type
    if not all(value.type.is_static for value in (op.lhs, op.rhs, op.result)):
        return _OPEN
    pairs = zip((op.lhs, op.rhs), chlo_broadcasting.places(op), strict=True)
    a, b = (_spread(value, shape.shape, dimensions) for value, dimensions in pairs)
    if isinstance(op, chlo.BroadcastCompare):
        kind = None if op.compare_type is None else ComparisonType[op.compare_type.name]
        rewriter.replace(op, hlo.Compare(a, b, ComparisonDirection[op.comparison_direction.name], kind))
        return None
    plain: Any = _BROADCAST[type(op)]
    elements = plain.definition.operands[0].spec.elements
    if not elements.contains(op.lhs.type.element_type):
        return f"`{plain.name}` takes {elements.what} elements"
    rewriter.replace(op, plain(a, b))
    return None


@rule
def broadcast_select_apart(op: chlo.BroadcastSelect, rewriter: Rewriter) -> str | None:
    """chlo.broadcast_select(p, x, y)  =>  select of all three, broadcast"""
    type = op.result.type
    if not all(value.type.is_static for value in (*op.operands, op.result)):
        return _OPEN
    values = [_spread(v, type.shape, range(type.rank - v.type.rank, type.rank)) for v in op.operands]
    rewriter.replace(op, hlo.Select(*values))
    return None


@rule
def constant_of_a_shape(op: chlo.ConstantLike, rewriter: Rewriter) -> str | None:
    """chlo.constant_like(x)  =>  constant"""
    type = op.result.type
    if not type.is_static:
        return _OPEN
    assert isinstance(op.value, IntegerAttr | FloatAttr), "the op is verified"
    rewriter.replace(op, full(op.value.value, type.shape, type.element_type))
    return None


OLDER: Final[Sequence[Any]] = (
    broadcast_to_dimensions,
    index_select_as_gather,
    einsum_as_products,
    counted_elements,
    broadcast_apart,
    broadcast_select_apart,
    constant_of_a_shape,
)
