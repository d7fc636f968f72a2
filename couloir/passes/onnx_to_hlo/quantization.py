"""Operators on quantized tensors: `real = (q - zero_point) * scale`, in integers where ONNX defines the result by them."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.dialects.onnx.types import BY_NUMBER
from couloir.ir.errors import Error
from couloir.ir.types import FloatType, IntegerType, Type, bit_width, f32, i32, ui8
from couloir.passes.onnx_to_hlo.casts import cast_to
from couloir.passes.onnx_to_hlo.convolution import convolve
from couloir.passes.onnx_to_hlo.linear import matmul
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import along, broadcast, convert, full_like, is_float, reshape


def _spread(node: Node, parameter: Tensor, x: Tensor, key: str = "axis") -> Tensor:
    """A scale or zero point at each element: one for all, one for each index of an axis, or one for each block along it."""
    shape, rank = x.type.shape, x.type.rank
    if parameter.type.rank == 0 or parameter.type.dims == (1,):
        return broadcast(reshape(parameter, ()), shape)
    axis = normal_axis(node.integer(key, 1), rank) if rank > 1 else 0
    block = node.integer("block_size")
    if not block:
        if parameter.type.dims != (shape[axis],):
            raise Error(f"there are scales of shape {parameter.type.shape} for axis {axis} of {shape}")
        return along(parameter, shape, axis)
    count = parameter.type.shape[axis]
    if count * block < shape[axis] or parameter.type.rank != rank:
        raise Error(f"scales of shape {parameter.type.shape} do not cover {shape} with blocks of {block}")
    given = parameter.type.shape
    wide = hlo.broadcast_in_dim(
        parameter,
        (*given[: axis + 1], block, *given[axis + 1 :]),
        [*range(axis + 1), *range(axis + 2, rank + 1)],
    )
    flat = reshape(wide, (*given[:axis], count * block, *given[axis + 1 :]))
    return take_range(flat, axis, 0, shape[axis])


def saturated(rounded: Tensor, zero: Tensor | None, target: Type) -> Tensor:
    """Whole numbers, held as f32 or wider, plus a zero point, within the range of an integer type."""
    if not isinstance(target, IntegerType):
        raise NotLowered(f"it quantizes to `{target}`")
    if zero is not None:
        rounded = hlo.Add(rounded, convert(zero, rounded.type.element_type)).result
    low, high = full_like(rounded, target.minimum), full_like(rounded, target.maximum)
    within = hlo.Minimum(hlo.Maximum(rounded, low), high)
    return convert(convert(within, i32), target)


@lowers("QuantizeLinear")
def quantize(node: Node) -> Lowered:
    """`QuantizeLinear` since 10, 13 (axis), 19 (f8), 21 (blocks), 23, 24, 25 (precision): to the nearest, ties to even."""
    x, scale, zero = node[0], node[1], node.optional(2)
    target = _target(node, zero)
    named = BY_NUMBER.get(node.integer("precision"))
    working: Type = named.type if named is not None and node.integer("precision") else scale.type.element_type
    divided = hlo.Divide(convert(x, working), convert(_spread(node, scale, x), working)).result
    zeros = None if zero is None else _spread(node, zero, x)
    if isinstance(target, FloatType):
        if zeros is not None:
            divided = hlo.Add(divided, convert(zeros, working)).result
        return cast_to(node, divided, target)
    wide = divided if isinstance(working, FloatType) and bit_width(working) > 16 else convert(divided, f32)
    return saturated(hlo.RoundNearestEven(wide).result, zeros, target)


def _target(node: Node, zero: Tensor | None) -> Type:
    """The type of the zero point, or that of `output_dtype`; by default ui8."""
    if zero is not None:
        return zero.type.element_type
    number = node.integer("output_dtype")
    found = BY_NUMBER.get(number) if number else None
    return found.type if found is not None else ui8


@lowers("DequantizeLinear")
def dequantize(node: Node) -> Lowered:
    """`DequantizeLinear` since 10, 13 (axis), 19 (f8), 21 (blocks), 23 (`output_dtype`), 24, 25."""
    x, scale, zero = node[0], node[1], node.optional(2)
    working = scale.type.element_type
    named = BY_NUMBER.get(node.integer("output_dtype")) if node.integer("output_dtype") else None
    target = named.type if named is not None else working
    computed = f32 if isinstance(working, FloatType) and bit_width(working) < 16 else working
    value = x
    if zero is not None:
        spread = _spread(node, zero, x)
        if is_float(x.type.element_type):
            value = hlo.Subtract(convert(x, computed), convert(spread, computed)).result
        else:
            value = hlo.Subtract(convert(x, i32), convert(spread, i32)).result
    made = hlo.Multiply(convert(value, computed), convert(_spread(node, scale, x), computed))
    return convert(made, target)


def _centred(x: Tensor, zero: Tensor | None, axis: int | None = None) -> Tensor:
    """`x - zero` as i32, where there is one zero point, or one for each index of an axis."""
    wide = convert(x, i32)
    if zero is None:
        return wide
    shape = x.type.shape
    if zero.type.rank == 0 or zero.type.dims == (1,):
        spread = broadcast(reshape(zero, ()), shape)
    elif zero.type.rank == 1 and axis is not None:
        spread = along(zero, shape, axis)
    else:
        spread = broadcast(zero, shape)
    return hlo.Subtract(wide, convert(spread, i32)).result


@lowers("MatMulInteger")
def integer_product(node: Node) -> Lowered:
    """`MatMulInteger` since 10: a zero point for all, for each row of A, or for each column of B."""
    a, b = node[0], node[1]
    return matmul(_centred(a, node.optional(2), _rows(a)), _centred(b, node.optional(3), _columns(b)))


def _rows(a: Tensor) -> int:
    return max(a.type.rank - 2, 0)


def _columns(b: Tensor) -> int:
    return b.type.rank - 1


def _requantized(total: Tensor, scales: tuple[Tensor, Tensor, Tensor], zero: Tensor, axes: tuple[int, int]) -> Tensor:
    """Integer sums times `scale of a * scale of b / scale of the result`, in f32, rounded, with a zero point."""
    shape = total.type.shape

    def spread(value: Tensor, axis: int) -> Tensor:
        value = convert(value, f32)
        if value.type.rank == 0 or value.type.dims == (1,):
            return broadcast(reshape(value, ()), shape)
        return along(value, shape, axis) if value.type.rank == 1 else broadcast(value, shape)

    a, b, y = scales
    factor = hlo.Divide(hlo.Multiply(spread(a, axes[0]), spread(b, axes[1])), spread(y, axes[1]))
    scaled = hlo.RoundNearestEven(hlo.Multiply(convert(total, f32), factor)).result
    return saturated(scaled, _spread_zero(zero, shape), zero.type.element_type)


def _spread_zero(zero: Tensor, shape: tuple[int, ...]) -> Tensor:
    """One zero point at each element."""
    return broadcast(reshape(zero, ()), shape) if zero.type.size == 1 else broadcast(zero, shape)


@lowers("QLinearMatMul")
def quantized_product(node: Node) -> Lowered:
    """`QLinearMatMul` since 10, 21: exact in i32, then scaled and rounded."""
    a, b = node[0], node[3]
    total = matmul(_centred(a, node[2], _rows(a)), _centred(b, node[5], _columns(b)))
    rank = total.type.rank
    return _requantized(total, (node[1], node[4], node[6]), node[7], (max(rank - 2, 0), max(rank - 1, 0)))


@lowers("ConvInteger")
def integer_convolution(node: Node) -> Lowered:
    """`ConvInteger` since 10: padding is the zero point of x."""
    return convolve(node, _centred(node[0], node.optional(2)), _centred(node[1], node.optional(3), 0), None)


@lowers("QLinearConv")
def quantized_convolution(node: Node) -> Lowered:
    """`QLinearConv` since 10: exact in i32, then scaled and rounded; weights may have a scale for each output channel."""
    total = convolve(node, _centred(node[0], node[2]), _centred(node[3], node[5], 0), node.optional(8))
    return _requantized(total, (node[1], node[4], node[6]), node[7], (1, 1))
