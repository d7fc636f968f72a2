"""Rules on StableHLO that always make a program simpler. Each holds exactly, for every input, special values included."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, constant_array, is_splat, rule
from couloir.ir.types import TensorType
from couloir.passes.canonicalization.hlo_equations import (
    AddNeutral,
    DivideByOne,
    DoubleNegate,
    DoubleNot,
    DoubleReverse,
    DoubleTranspose,
    IdentityTranspose,
    MultiplyByOne,
    SelectFalse,
    SelectSame,
    SelectTrue,
    SubtractZero,
)


def _same_size(before: Value[TensorType], after: Value[TensorType]) -> bool:
    """Whether two tensors have one type without unknown dimensions, which could differ."""
    return before.type is after.type and before.type.is_static


@rule
def identity_reshape(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
    """reshape(x) to the shape of x  =>  x"""
    if op.operand.type is not op.result.type:
        return "the shape changes"
    rewriter.replace(op, op.operand)
    return None


@rule
def double_reshape(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
    """reshape(reshape(x))  =>  reshape(x)"""
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.Reshape):
        return "the operand is not a reshape"
    op.operand = inner.operand
    rewriter.changed(op)
    return None


@rule
def identity_convert(op: hlo.Convert, rewriter: Rewriter) -> str | None:
    """convert(x) to the type of x  =>  x"""
    if op.operand.type is not op.result.type:
        return "the element type changes"
    rewriter.replace(op, op.operand)
    return None


@rule
def identity_broadcast(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(x, 0 1 2 ...) to the type of x  =>  x"""
    if not _same_size(op.operand, op.result):
        return "the shape changes"
    if op.broadcast_dimensions != tuple(range(op.operand.type.rank)):
        return "dimensions are exchanged"
    rewriter.replace(op, op.operand)
    return None


@rule
def double_broadcast(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(broadcast_in_dim(x, p), q)  =>  broadcast_in_dim(x, q after p)"""
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.BroadcastInDim):
        return "the operand is not a broadcast"
    op.broadcast_dimensions = tuple(op.broadcast_dimensions[axis] for axis in inner.broadcast_dimensions)
    op.operand = inner.operand
    rewriter.changed(op)
    return None


@rule
def broadcast_of_splat(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
    """broadcast_in_dim(constant with one value)  =>  constant with one value"""
    if not op.result.type.is_static:
        return "the shape is not known"
    array = constant_array(op.operand)
    splat = is_splat(op.operand)
    if array is None or not splat:
        return splat.reason
    type = op.result.type
    rewriter.replace(op, hlo.constant(array[(0,) * array.ndim], type.element_type, shape=type.shape))
    return None


@rule
def whole_slice(op: hlo.Slice, rewriter: Rewriter) -> str | None:
    """slice(x) of all elements  =>  x"""
    if not _same_size(op.operand, op.result):
        return "it takes only a part"
    rewriter.replace(op, op.operand)
    return None


@rule
def no_padding(op: hlo.Pad, rewriter: Rewriter) -> str | None:
    """pad(x) by nothing  =>  x"""
    if any((*op.edge_padding_low, *op.edge_padding_high, *op.interior_padding)):
        return "it pads"
    if op.operand.type is not op.result.type:
        return "the declared type says more or less than the operand's"
    rewriter.replace(op, op.operand)
    return None


@rule
def single_concatenate(op: hlo.Concatenate, rewriter: Rewriter) -> str | None:
    """concatenate(x)  =>  x"""
    if len(op.inputs) != 1:
        return "it joins several tensors"
    if op.inputs[0].type is not op.result.type:
        return "the declared type says more or less than the operand's"
    rewriter.replace(op, op.inputs[0])
    return None


@rule
def empty_reverse(op: hlo.Reverse, rewriter: Rewriter) -> str | None:
    """reverse(x) along dimensions of size 1 or none  =>  x"""
    if any(op.operand.type.dims[axis] != 1 for axis in op.dimensions):
        return "it moves something"
    rewriter.replace(op, op.operand)
    return None


HLO_RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleTranspose,
    IdentityTranspose,
    DoubleReverse,
    DoubleNegate,
    DoubleNot,
    MultiplyByOne,
    AddNeutral,
    SubtractZero,
    DivideByOne,
    SelectSame,
    SelectTrue,
    SelectFalse,
    identity_reshape,
    double_reshape,
    identity_convert,
    identity_broadcast,
    double_broadcast,
    broadcast_of_splat,
    whole_slice,
    no_padding,
    single_concatenate,
    empty_reverse,
)
