"""The costs of loops over buffers: `affine`, `scf`, `memref`, `vector`, `arith`, `math`, `tensor`.

Numbers and vectors are in registers: computing on them costs flops and no bytes. Bytes are what loads and stores move, each of
them counted, whether it meets a cache or not. What is computed on indices counts nothing.
"""

from __future__ import annotations

from couloir.costs.cost import Cost, bytes_of, element_bytes, elements, moving
from couloir.costs.table import cost_of
from couloir.costs.tables.common import elementwise, nothing, transcendental
from couloir.dialects import affine, arith, math, memref, tensor, vector
from couloir.ir.attribute import Type
from couloir.ir.operation import Operation
from couloir.ir.types import VectorType

cost_of(
    math.Acos,
    math.Acosh,
    math.Asin,
    math.Asinh,
    math.Atan,
    math.Atan2,
    math.Atanh,
    math.Cbrt,
    math.Cos,
    math.Cosh,
    math.Erf,
    math.Erfc,
    math.Exp,
    math.Exp2,
    math.ExpM1,
    math.FPowI,
    math.IPowI,
    math.Log,
    math.Log10,
    math.Log1p,
    math.Log2,
    math.PowF,
    math.Rsqrt,
    math.Sin,
    math.Sinh,
    math.Sqrt,
    math.Tan,
    math.Tanh,
)(transcendental)


@cost_of(math.Fma, vector.FMA)
def fused_multiply_add(op: Operation) -> Cost:
    """A multiplication and an addition."""
    return moving(op, flops=2 * elements(op.results[0]))


cost_of(arith.Select)(elementwise)


@cost_of(vector.Reduction)
def reduction(op: vector.Reduction) -> Cost:
    """A flop for each element, less one where it starts from the first."""
    return Cost(flops=max(0, elements(op.vector) - (op.acc is None)))


@cost_of(affine.Load, affine.VectorLoad, memref.Load, vector.Load, tensor.Extract)
def load(op: Operation) -> Cost:
    """The bytes that are read."""
    return Cost(bytes_accessed=_bytes_held(op.results[0].type))


@cost_of(affine.Store, affine.VectorStore, memref.Store, vector.Store)
def store(op: Operation) -> Cost:
    """The bytes that are written."""
    return Cost(bytes_accessed=_bytes_held(op.operands[0].type))


@cost_of(memref.Copy)
def copy(op: memref.Copy) -> Cost:
    """All elements are read and written."""
    return Cost(bytes_accessed=2 * elements(op.source) * element_bytes(op.source.type.element_type))


@cost_of(tensor.Insert)
def insert(op: tensor.Insert) -> Cost:
    """In place: one element is written."""
    return Cost(bytes_accessed=element_bytes(op.scalar.type))


@cost_of(tensor.FromElements, tensor.Splat)
def made(op: Operation) -> Cost:
    """The tensor is written."""
    return Cost(bytes_accessed=bytes_of(op.results[0]))


cost_of(
    affine.Apply,
    affine.Max,
    affine.Min,
    arith.IndexCast,
    arith.IndexCastUI,
    memref.Alloc,
    memref.Alloca,
    memref.Cast,
    memref.CollapseShape,
    memref.Dealloc,
    memref.Dim,
    memref.ExpandShape,
    memref.GetGlobal,
    memref.ReinterpretCast,
    memref.SubView,
    tensor.Cast,
    tensor.Dim,
    tensor.Empty,
    vector.Bitcast,
    vector.Broadcast,
    vector.Extract,
    vector.Insert,
    vector.ShapeCast,
    vector.Transpose,
)(nothing)


def _bytes_held(type: Type) -> int:
    """The bytes of a number or vector that is loaded or stored."""
    if isinstance(type, VectorType):
        return type.size * element_bytes(type.element_type)
    return element_bytes(type)
