"""Opcodes that make and arrange elements without computing with them."""

from __future__ import annotations

import re
from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.building import reshape
from couloir.frontends.hlo_text.layouts import bitcast
from couloir.frontends.hlo_text.lexer import HloLexer
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.frontends.hlo_text.shapes import Array
from couloir.ir.errors import Error
from couloir.ir.operation import Value
from couloir.ir.types import TensorType

_PADDING: Final = re.compile(r"(-?\d{1,18})_(-?\d{1,18})(?:_(\d{1,18}))?")


@lowers("broadcast", named="stablehlo.broadcast_in_dim")
def broadcast(node: Node) -> Lowered:
    """Repeats along new dimensions."""
    x = node.tensor()
    dimensions = node.numbers("dimensions", () if x.type.rank == 0 else None)
    return hlo.BroadcastInDim(x, dimensions, result_types=[node.type])


@lowers("reshape", named="stablehlo.reshape")
def reshape_rule(node: Node) -> Lowered:
    """The same elements in another shape."""
    return hlo.Reshape(node.tensor(), result_types=[node.type])


@lowers("dynamic-reshape", named="stablehlo.dynamic_reshape")
def dynamic_reshape(node: Node) -> Lowered:
    """The same elements in a shape whose sizes are operands."""
    x, *sizes = node.tensors(at_least=2)
    shape = hlo.Concatenate([reshape(size, (1,)) for size in sizes], 0).result
    return hlo.DynamicReshape(x, shape, result_types=[node.type])


@lowers("copy")
def copy(node: Node) -> Lowered:
    """The same elements; what changes is where they lie."""
    return [copied(value) for value in node.values]


def copied(value: Value[Any]) -> Value[Any]:
    """A copy: the reshape of an array to its own shape; a token is not copied."""
    return hlo.Reshape(value, result_types=[value.type]).result if isinstance(value.type, TensorType) else value


@lowers("bitcast")
def bitcast_rule(node: Node) -> Lowered:
    """The same bytes with another shape, layout or element type."""
    x, source = node.tensor(), node.shapes[0]
    assert isinstance(source, Array), "`tensor` says so"
    return bitcast(x, source, node.array)


@lowers("transpose", named="stablehlo.transpose")
def transpose(node: Node) -> Lowered:
    """Dimensions in another order."""
    return hlo.Transpose(node.tensor(), node.numbers("dimensions"))


@lowers("reverse", named="stablehlo.reverse")
def reverse(node: Node) -> Lowered:
    """Dimensions from the end."""
    return hlo.Reverse(node.tensor(), node.numbers("dimensions"))


@lowers("slice", named="stablehlo.slice")
def slice_rule(node: Node) -> Lowered:
    """Every stride-th element of a range in each dimension."""
    ranges = node.read("slice", lambda lexer: lexer.comma_separated(lambda: _range(lexer), "{", "}"))
    starts, limits, strides = (tuple(entry[part] for entry in ranges) for part in range(3))
    return hlo.Slice(node.tensor(), starts, limits, strides)


def _range(lexer: HloLexer) -> tuple[int, int, int]:
    lexer.expect("[")
    start = lexer.integer()
    lexer.expect(":")
    limit = lexer.integer()
    stride = lexer.integer() if lexer.optional(":") else 1
    lexer.expect("]")
    return start, limit, stride


@lowers("pad", named="stablehlo.pad")
def pad(node: Node) -> Lowered:
    """Elements around the array and between its own: `padding=low_high_interior x ...`."""
    x, value = node.tensors(2)
    text = node.text("padding") if x.type.rank else ""
    parts = [_PADDING.fullmatch(part) for part in text.split("x")] if text else []
    found = [part for part in parts if part is not None]
    if len(found) != len(parts):
        raise Error(f"`{text[:40]}` is no padding", hint="`low_high` or `low_high_interior` for each dimension")
    low, high, interior = (tuple(int(part[group] or 0) for part in found) for group in (1, 2, 3))
    return hlo.Pad(x, value, low, high, interior)


@lowers("concatenate", named="stablehlo.concatenate")
def concatenate(node: Node) -> Lowered:
    """Arrays one after the other along a dimension."""
    dimensions = node.numbers("dimensions")
    if len(dimensions) != 1:
        raise Error("`concatenate` joins along one dimension")
    return hlo.Concatenate(node.tensors(), dimensions[0])


@lowers("iota", named="stablehlo.iota")
def iota(node: Node) -> Lowered:
    """Counts from 0."""
    return hlo.Iota(node.number("iota_dimension"), result_types=[node.type])


@lowers("get-dimension-size", named="stablehlo.get_dimension_size")
def get_dimension_size(node: Node) -> Lowered:
    """The size of a dimension, as a number."""
    return hlo.GetDimensionSize(node.tensor(), _only(node))


@lowers("set-dimension-size", named="stablehlo.set_dimension_size")
def set_dimension_size(node: Node) -> Lowered:
    """Lets only some elements of a dimension count."""
    x, size = node.tensors(2)
    return hlo.SetDimensionSize(x, size, _only(node), result_types=[node.type])


def _only(node: Node) -> int:
    dimensions = node.numbers("dimensions")
    if len(dimensions) != 1:
        raise Error(f"`{node.opcode}` is about one dimension")
    return dimensions[0]
