"""Functions that read and write the bits of numbers, as shifts: rules for `bitcast_convert` between widths, and CHLO's."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import convert
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import FloatType, IntegerType, TensorType, Type, bit_width

Tensor: TypeAlias = "Value[TensorType]"


def _unsigned(width: int) -> IntegerType:
    return IntegerType(width, "unsigned")


def _bits(x: Tensor) -> Tensor:
    """The bits of numbers as unsigned integers of the same width."""
    element = x.type.element_type
    assert isinstance(element, FloatType | IntegerType)
    return x if element is _unsigned(element.width) else hlo.bitcast_convert(x, _unsigned(element.width)).result


def _from_bits(bits: Tensor, element: Type) -> Tensor:
    return bits if bits.type.element_type is element else hlo.bitcast_convert(bits, element).result


def _full(number: float, like: Tensor) -> Tensor:
    return hlo.constant(number, like.type.element_type, shape=like.type.shape).output


_WIDTHS: Final = (2, 4, 8, 16, 32, 64)
"""Of integers."""


_BITCAST_BY_SHIFTS_1: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3x2xui16> {
  %0 = stablehlo.bitcast_convert %x : (tensor<2x3xf32>) -> tensor<2x3x2xui16>
  return %0 : tensor<2x3x2xui16>
}
"""
_BITCAST_BY_SHIFTS_2: Final = """
func.func @main(%x: tensor<3x4xi8>) -> tensor<3xi32> {
  %0 = stablehlo.bitcast_convert %x : (tensor<3x4xi8>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}
"""
_OTHER_BITCASTS: Final = """
func.func @main(%x: tensor<2x4xui2>, %z: tensor<3x2xcomplex<f32>>, %b: tensor<2x8xi1>, %f: tensor<2x3xf32>)
    -> (tensor<2xui8>, tensor<3xcomplex<f64>>, tensor<2xi8>, tensor<2x3xi32>, tensor<2x8xi1>) {
  %0 = stablehlo.bitcast_convert %x : (tensor<2x4xui2>) -> tensor<2xui8>
  %1 = stablehlo.bitcast_convert %z : (tensor<3x2xcomplex<f32>>) -> tensor<3xcomplex<f64>>
  %2 = stablehlo.bitcast_convert %b : (tensor<2x8xi1>) -> tensor<2xi8>
  %3 = stablehlo.bitcast_convert %f : (tensor<2x3xf32>) -> tensor<2x3xi32>
  %4 = stablehlo.bitcast_convert %2 : (tensor<2xi8>) -> tensor<2x8xi1>
  return %0, %1, %2, %3, %4 : tensor<2xui8>, tensor<3xcomplex<f64>>, tensor<2xi8>, tensor<2x3xi32>, tensor<2x8xi1>
}
"""
"""One that is written as shifts, and some that are left alone."""


@rule(examples=(_BITCAST_BY_SHIFTS_1, _BITCAST_BY_SHIFTS_2, _OTHER_BITCASTS))
def bitcast_by_shifts(op: hlo.BitcastConvert, rewriter: Rewriter) -> str | None:
    """bitcast_convert(x) to another width  =>  shifts; the lowest bits come first"""
    before, after = op.operand.type.element_type, op.result.type.element_type
    if not isinstance(before, FloatType | IntegerType) or not isinstance(after, FloatType | IntegerType):
        return "it is complex"
    if before.width == after.width:
        return "the widths are the same"
    if before.width not in _WIDTHS or after.width not in _WIDTHS:
        return f"the bits of `{before}` as `{after}`"
    rewriter.replace(op, bits_by_shifts(op.operand, after))
    return None


def bits_by_shifts(x: Tensor, element: FloatType | IntegerType) -> Tensor:
    """The bits of real numbers as elements of another width: the last dimension is one element, or comes from one."""
    bits, width = _bits(x), bit_width(x.type.element_type)
    rank = x.type.rank
    if element.width < width:
        shape = (*x.type.shape, width // element.width)
        spread = hlo.broadcast_in_dim(bits, shape, tuple(range(rank))).result
        places = hlo.iota(shape, spread.type.element_type, rank).output
        shifted = hlo.ShiftRightLogical(spread, hlo.Multiply(places, _full(element.width, places)).result).result
        return _from_bits(convert(shifted, _unsigned(element.width)), element)
    wide = convert(bits, _unsigned(element.width))
    places = hlo.iota(x.type.shape, wide.type.element_type, rank - 1).output
    shifted = hlo.ShiftLeft(wide, hlo.Multiply(places, _full(width, places)).result).result
    zero = hlo.constant(0, wide.type.element_type)
    return _from_bits(hlo.reduce(shifted, zero, [rank - 1], "or").results[0], element)


@rule
def high_half_of_a_product(op: chlo.Mulhi, rewriter: Rewriter) -> None:
    """mulhi(x, y)  =>  the product in twice the bits; of 64-bit numbers from the products of their halves"""
    element: Any = op.lhs.type.element_type  # the op is of integers alone
    width, signed = element.width, element.is_signed
    if width != 64:
        wide = IntegerType(2 * max(width, 8), "signless" if signed else "unsigned")
        product = hlo.Multiply(convert(op.lhs, wide), convert(op.rhs, wide)).result
        rewriter.replace(op, convert(hlo.ShiftRightLogical(product, _full(width, product)).result, element))
        return
    a, b = op.lhs, op.rhs
    mask, half = _full(2**32 - 1, a), _full(32, a)

    def low(x: Tensor) -> Tensor:
        return hlo.And(x, mask).result

    def high(x: Tensor) -> Tensor:
        return hlo.ShiftRightLogical(x, half).result

    def times(x: Tensor, y: Tensor) -> Tensor:
        return hlo.Multiply(x, y).result

    def plus(x: Tensor, y: Tensor) -> Tensor:
        return hlo.Add(x, y).result

    middle = plus(times(high(a), low(b)), high(times(low(a), low(b))))
    cross = plus(times(low(a), high(b)), low(middle))
    made = plus(plus(times(high(a), high(b)), high(middle)), high(cross))
    if signed:  # -1 was read as 2^64 - 1
        for x, other in ((a, b), (b, a)):
            negative = hlo.Compare(x, _full(0, x), ComparisonDirection.LT).result
            made = hlo.Subtract(made, hlo.Select(negative, other, _full(0, other)).result).result
    rewriter.replace(op, made)


@rule
def next_float(op: chlo.NextAfter, rewriter: Rewriter) -> str | None:
    """next_after(x, y)  =>  the bits of x, as a number one larger or smaller"""
    type = op.x.type
    element = type.element_type
    if not isinstance(element, FloatType) or element.kind not in ("f16", "bf16", "f32", "f64"):
        return f"elements of type `{element}`"
    x, y = op.x, op.y
    zero, bits = _full(0.0, x), _bits(x)
    one = _full(1, bits)
    to_right = hlo.Compare(x, y, ComparisonDirection.LT).result
    positive = hlo.Compare(x, zero, ComparisonDirection.GT).result
    away = hlo.Compare(to_right, positive, ComparisonDirection.EQ).result  # from zero
    moved = hlo.Select(away, hlo.Add(bits, one).result, hlo.Subtract(bits, one).result).result
    sign = _full(1 << (element.width - 1), bits)
    smallest = hlo.Select(to_right, one, hlo.Or(one, sign).result).result
    is_zero = hlo.Compare(x, zero, ComparisonDirection.EQ).result
    made = _from_bits(hlo.Select(is_zero, smallest, moved).result, element)
    there = hlo.Compare(x, y, ComparisonDirection.EQ).result
    undefined = hlo.Or(*(hlo.Compare(v, v, ComparisonDirection.NE).result for v in (x, y))).result
    nan = hlo.Add(x, y).result
    rewriter.replace(op, hlo.Select(undefined, nan, hlo.Select(there, y, made).result))
    return None
