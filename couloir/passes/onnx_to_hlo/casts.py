"""Conversions between element types, with ONNX's rules for the narrow ones."""

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.dialects.onnx.types import BY_NUMBER
from couloir.ir.attribute import Type
from couloir.ir.types import ComplexType, FloatType, IntegerType, bit_width, f32, i1, i32, ui8, ui32
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import convert, full_like, is_float

_LARGEST: Final = {"f8E4M3FN": 448.0, "f8E4M3FNUZ": 240.0, "f8E5M2": 57344.0, "f8E5M2FNUZ": 57344.0}
"""The greatest finite number of the types to which a cast saturates."""
_ROUNDING: Final = {"up": 0x7FFFFF, "nearest": 0x400000, "down": 0}
"""What is added to the bits of an f32 before the fraction is dropped."""


@lowers("Cast")
def cast(node: Node) -> Lowered:
    """`Cast` since 6, 9, 13, 19 (`saturate`), 21, 23, 24 (`round_mode`), 25, 28."""
    found = BY_NUMBER.get(node.integer("to"))
    if found is None:
        raise NotLowered(f"there is no element type {node.integer('to')}")
    return cast_to(node, node[0], found.type)


@lowers("CastLike")
def cast_like(node: Node) -> Lowered:
    """`CastLike` since 15, 19, 21, 23, 24, 25."""
    return cast_to(node, node[0], node[1].type.element_type)


def cast_to(node: Node, x: Tensor, target: Type) -> Tensor:
    """`x` as another element type, with the attributes `saturate` and `round_mode` of a node."""
    if not isinstance(target, FloatType | IntegerType | ComplexType):
        raise NotLowered(f"it converts to `{target}`")
    if not is_float(x.type.element_type):
        return convert(x, target)
    if isinstance(target, IntegerType) and 1 < target.width < 8:
        return convert(convert(x, i32), target)  # as onnx's reference: of what is out of range the low bits stay
    if isinstance(target, FloatType) and target.kind == "f8E8M0FNU":
        return _to_exponent(
            convert(x, f32), node.string("round_mode", "up"), saturate=bool(node.integer("saturate", 1))
        )
    if isinstance(target, FloatType) and target.kind in _LARGEST and node.integer("saturate", 1):
        limit = _LARGEST[target.kind]
        wide = convert(x, f32) if x.type.element_type is not target else x
        x = hlo.Minimum(hlo.Maximum(wide, full_like(wide, -limit)), full_like(wide, limit)).result
    return convert(x, target)


def _to_exponent(x: Tensor, mode: str, *, saturate: bool) -> Tensor:
    """To f8E8M0, which is the exponent of an f32: rounds in the bits, so that no power of two is lost.

    Source: the table in the documentation of `Cast`; what it leaves open, as onnx's reference.
    """
    if mode not in _ROUNDING:
        raise NotLowered(f"the rounding mode `{mode}` is not known")
    bits = hlo.bitcast_convert(x, ui32).result
    rounded = hlo.Add(bits, full_like(bits, _ROUNDING[mode]))
    exponent = hlo.ShiftRightLogical(rounded, full_like(bits, 23)).result
    exponent = hlo.Minimum(exponent, full_like(exponent, 0xFE if saturate else 0xFF)).result
    is_nan = hlo.Compare(x, x, hlo.ComparisonDirection.NE)
    chosen = hlo.Select(is_nan, full_like(exponent, 0xFF), exponent)
    return hlo.bitcast_convert(convert(chosen, ui8), FloatType("f8E8M0FNU")).result


@lowers("BitCast")
def bit_cast(node: Node) -> Lowered:
    """`BitCast` since 26: the bits as another type of the same width. A bool is stored as a byte."""
    found = BY_NUMBER.get(node.integer("to"))
    x = node[0]
    if found is None or not isinstance(found.type, FloatType | IntegerType):
        raise NotLowered(f"it converts to element type {node.integer('to')}")
    if found.type is x.type.element_type:
        return x
    if i1 in (found.type, x.type.element_type):
        return convert(x, found.type)
    if bit_width(found.type) != bit_width(x.type.element_type):
        raise NotLowered(f"`{found.type}` has another width than `{x.type.element_type}`")
    return hlo.bitcast_convert(x, found.type)
