"""Primitives that arrange elements, and that make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    broadcast_along,
    convert,
    full,
    iota,
    reshape,
    scalar,
    shape_operand,
    sizes_of,
    slice_range,
    static_sizes,
)
from couloir.dialects.hlo.open_sizes import SHAPE_ASSERTION
from couloir.dialects.shapes import Dims
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.ir.attributes import StringAttr
from couloir.ir.types import i32


def numbers(items: Any) -> tuple[int, ...]:
    """A parameter that lists numbers, as Python's own."""
    return tuple(int(item) for item in items)


@lowers("broadcast_in_dim")
def broadcast_in_dim(eqn: Equation, x: Tensor, *sizes: Tensor) -> Lowered:
    """Repeats along new dimensions and those of size 1."""
    return broadcast_along(x, eqn.sizes, numbers(eqn.params["broadcast_dimensions"]))


@lowers("reshape")
def reshape_rule(eqn: Equation, x: Tensor, *sizes: Tensor) -> Lowered:
    """The same elements in another shape."""
    order = eqn.params.get("dimensions")
    return reshape(x if order is None else hlo.Transpose(x, numbers(order)).result, eqn.sizes)


@lowers("squeeze", "expand_dims")
def squeeze(eqn: Equation, x: Tensor) -> Lowered:
    """The same elements, with fewer or more dimensions of size 1."""
    return reshape(x, eqn.sizes)


@lowers("transpose")
def transpose(eqn: Equation, x: Tensor) -> Lowered:
    """Dimensions in another order."""
    return hlo.Transpose(x, numbers(eqn.params["permutation"]))


@lowers("rev")
def rev(eqn: Equation, x: Tensor) -> Lowered:
    """Dimensions in reverse."""
    return hlo.Reverse(x, numbers(eqn.params["dimensions"]))


@lowers("slice")
def slice_rule(eqn: Equation, x: Tensor) -> Lowered:
    """Every stride-th element of a range."""
    strides = eqn.params["strides"]
    steps = (1,) * x.type.rank if strides is None else numbers(strides)
    starts, limits = (tuple(map(eqn.size, eqn.params[f"{name}_indices"])) for name in ("start", "limit"))
    return slice_at(x, starts, limits, steps, eqn.type.dims)


def slice_at(x: Tensor, starts: Sequence[Size], limits: Sequence[Size], steps: Sequence[Size], dims: Dims) -> Tensor:
    """Every stride-th element of a range, whose bounds may be computed; `dims` is what is known of the result."""
    fixed = [static_sizes(sizes) for sizes in (starts, limits, steps)]
    if fixed[0] is not None and fixed[1] is not None and fixed[2] is not None:
        return hlo.Slice(x, fixed[0], fixed[1], fixed[2]).result
    return hlo.real_dynamic_slice(x, *map(shape_operand, (starts, limits, steps)), dims=dims).result


@lowers("split")
def split(eqn: Equation, x: Tensor) -> Lowered:
    """Ranges along an axis."""
    axis, position = int(eqn.params["axis"]), 0
    parts: list[Tensor] = []
    for size in eqn.params["sizes"]:
        parts.append(slice_range(x, axis, eqn.size(position), eqn.size(position + size)))
        position += size
    return parts


@lowers("pad")
def pad(eqn: Equation, x: Tensor, value: Tensor) -> Lowered:
    """Values around and between the elements; negative padding cuts off."""
    config = eqn.params["padding_config"]
    amounts = [tuple(eqn.size(entry[part]) for entry in config) for part in range(3)]
    low, high, interior = map(static_sizes, amounts)
    if low is not None and high is not None and interior is not None:
        return hlo.Pad(x, value, low, high, interior)
    return hlo.dynamic_pad(x, value, *map(shape_operand, amounts), dims=eqn.type.dims)


@lowers("concatenate")
def concatenate(eqn: Equation, *operands: Tensor) -> Lowered:
    """Tensors one after the other along a dimension."""
    return hlo.Concatenate(operands, int(eqn.params["dimension"]))


@lowers("stack")
def stack(eqn: Equation, *operands: Tensor) -> Lowered:
    """Tensors beside each other along a new axis."""
    axis = int(eqn.params["axis"])
    parts = [reshape(x, (*sizes_of(x)[:axis], 1, *sizes_of(x)[axis:])) for x in operands]
    return hlo.Concatenate(parts, axis)


@lowers("unstack")
def unstack(eqn: Equation, x: Tensor) -> Lowered:
    """The tensors along an axis."""
    axis = int(eqn.params["axis"])
    return [reshape(slice_range(x, axis, n, n + 1), eqn.sizes_of(n)) for n in range(len(eqn.types))]


@lowers("tile")
def tile(eqn: Equation, x: Tensor) -> Lowered:
    """A tensor repeated along each dimension."""
    repeats = map(eqn.size, eqn.params["reps"])
    pairs = [size for pair in zip(repeats, sizes_of(x), strict=True) for size in pair]
    return reshape(broadcast_along(x, pairs, range(1, len(pairs), 2)), eqn.sizes)


@lowers("iota")
def iota_rule(eqn: Equation, *sizes: Tensor) -> Lowered:
    """Counts along a dimension."""
    return iota(eqn.sizes, eqn.element, int(eqn.params["dimension"]))


@lowers("empty", "empty2")
def empty(eqn: Equation) -> Lowered:
    """Zeros, for a tensor of which nothing is known."""
    return full(0, eqn.sizes, eqn.element)


@lowers("dim_as_value")
def dim_as_value(eqn: Equation) -> Lowered:
    """A size as an array."""
    size = eqn.size(eqn.params["dim"])
    return convert(scalar(size, i32) if isinstance(size, int) else size, eqn.element)


@lowers("dimension_size")
def dimension_size(eqn: Equation, x: Tensor) -> Lowered:
    """The size of a dimension as an array."""
    return convert(hlo.GetDimensionSize(x, int(eqn.params["dimension"])).result, eqn.element)


@lowers("shape_assertion")
def shape_assertion(eqn: Equation, condition: Tensor, *inputs: Tensor) -> Lowered:
    """What must hold of sizes."""
    call = hlo.CustomCall([condition, *inputs], SHAPE_ASSERTION, True, result_types=[])
    call.attributes["error_message"] = StringAttr(str(eqn.params["error_message"]))
    return call
