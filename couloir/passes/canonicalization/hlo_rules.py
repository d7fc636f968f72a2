"""Rules on StableHLO that always make a program simpler. Each holds exactly, for every input, special values included."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, guard, is_splat, rule
from couloir.ir.types import FloatType

# The functions of a rule are not methods: their parameters are the variables of the equation.
# pyright: reportSelfClsParameterName=false
# ruff: noqa: N805, D102


class DoubleTranspose(Rule):
    """transpose(transpose(x, p), q)  =>  transpose(x, p after q)"""

    def pattern(x, p, q):  # pyright: ignore
        return hlo.Transpose(hlo.Transpose(x, p), q)

    def rewrite(x, p, q):  # pyright: ignore
        return hlo.Transpose(x, tuple(p[axis] for axis in q))


class IdentityTranspose(Rule):
    """transpose(x, 0 1 2 ...)  =>  x"""

    def pattern(x, p):  # pyright: ignore
        return hlo.Transpose(x, p)

    def where(p):  # pyright: ignore
        return guard(tuple(p) == tuple(range(len(p))), f"the permutation {p} moves something")

    def rewrite(x):  # pyright: ignore
        return x


class DoubleReverse(Rule):
    """reverse(reverse(x, d), d)  =>  x"""

    def pattern(x, d):  # pyright: ignore
        return hlo.Reverse(hlo.Reverse(x, d), d)

    def rewrite(x):  # pyright: ignore
        return x


class DoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):  # pyright: ignore
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):  # pyright: ignore
        return x


class DoubleNot(Rule):
    """not(not(x))  =>  x"""

    def pattern(x):  # pyright: ignore
        return hlo.Not(hlo.Not(x))

    def rewrite(x):  # pyright: ignore
        return x


class MultiplyByOne(Rule):
    """x * 1  =>  x"""

    def pattern(x, one):  # pyright: ignore
        return hlo.Multiply(x, one)

    def where(one):  # pyright: ignore
        return is_splat(one, 1)

    def rewrite(x):  # pyright: ignore
        return x


class AddNeutral(Rule):
    """x + 0  =>  x, where 0 is -0.0 for floats: 0.0 would turn -0.0 into 0.0"""

    def pattern(x, zero):  # pyright: ignore
        return hlo.Add(x, zero)

    def where(zero):  # pyright: ignore
        return is_splat(zero, -0.0 if isinstance(zero.type.element_type, FloatType) else 0)

    def rewrite(x):  # pyright: ignore
        return x


class SubtractZero(Rule):
    """x - 0  =>  x"""

    def pattern(x, zero):  # pyright: ignore
        return hlo.Subtract(x, zero)

    def where(zero):  # pyright: ignore
        return is_splat(zero, 0)

    def rewrite(x):  # pyright: ignore
        return x


class DivideByOne(Rule):
    """x / 1  =>  x"""

    def pattern(x, one):  # pyright: ignore
        return hlo.Divide(x, one)

    def where(one):  # pyright: ignore
        return is_splat(one, 1)

    def rewrite(x):  # pyright: ignore
        return x


class SelectSame(Rule):
    """select(p, x, x)  =>  x"""

    def pattern(p, x):  # pyright: ignore
        return hlo.Select(p, x, x)

    def rewrite(x):  # pyright: ignore
        return x


class SelectTrue(Rule):
    """select(true, x, y)  =>  x"""

    def pattern(p, x, y):  # pyright: ignore
        return hlo.Select(p, x, y)

    def where(p):  # pyright: ignore
        return is_splat(p, True)

    def rewrite(x):  # pyright: ignore
        return x


class SelectFalse(Rule):
    """select(false, x, y)  =>  y"""

    def pattern(p, x, y):  # pyright: ignore
        return hlo.Select(p, x, y)

    def where(p):  # pyright: ignore
        return is_splat(p, False)

    def rewrite(y):  # pyright: ignore
        return y


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
    if op.operand.type is not op.result.type:
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
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.Constant) or not is_splat(op.operand):
        return is_splat(op.operand).reason or "the operand is not a constant"
    value = inner.value.array  # pyright: ignore
    rewriter.replace(op, hlo.constant(value[(0,) * value.ndim], op.result.type.element_type, shape=op.result.type.shape))
    return None


@rule
def whole_slice(op: hlo.Slice, rewriter: Rewriter) -> str | None:
    """slice(x) of all elements  =>  x"""
    if op.operand.type is not op.result.type or any(op.start_indices) or any(s != 1 for s in op.strides):
        return "it takes only a part"
    rewriter.replace(op, op.operand)
    return None


@rule
def no_padding(op: hlo.Pad, rewriter: Rewriter) -> str | None:
    """pad(x) by nothing  =>  x"""
    if any((*op.edge_padding_low, *op.edge_padding_high, *op.interior_padding)):
        return "it pads"
    rewriter.replace(op, op.operand)
    return None


@rule
def single_concatenate(op: hlo.Concatenate, rewriter: Rewriter) -> str | None:
    """concatenate(x)  =>  x"""
    if len(op.inputs) != 1:
        return "it joins several tensors"
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
