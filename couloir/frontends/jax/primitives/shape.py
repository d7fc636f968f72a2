"""Primitives that arrange elements, and that make them."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, iota, reshape
from couloir.frontends.jax.equation import Equation, Lowered, lowers


def numbers(items: Any) -> tuple[int, ...]:
    """A parameter that lists numbers, as Python's own."""
    return tuple(int(item) for item in items)


@lowers("broadcast_in_dim")
def broadcast_in_dim(eqn: Equation, x: Tensor, *sizes: Tensor) -> Lowered:
    """Repeats along new dimensions and those of size 1."""
    return hlo.broadcast_in_dim(x, eqn.shape, numbers(eqn.params["broadcast_dimensions"]))


@lowers("reshape")
def reshape_rule(eqn: Equation, x: Tensor, *sizes: Tensor) -> Lowered:
    """The same elements in another shape."""
    order = eqn.params.get("dimensions")
    return reshape(x if order is None else hlo.Transpose(x, numbers(order)).result, eqn.shape)


@lowers("squeeze", "expand_dims")
def squeeze(eqn: Equation, x: Tensor) -> Lowered:
    """The same elements, with fewer or more dimensions of size 1."""
    return reshape(x, eqn.shape)


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
    return hlo.Slice(x, numbers(eqn.params["start_indices"]), numbers(eqn.params["limit_indices"]), steps)


@lowers("split")
def split(eqn: Equation, x: Tensor) -> Lowered:
    """Ranges along an axis."""
    axis, position = int(eqn.params["axis"]), 0
    parts: list[Tensor] = []
    for size in numbers(eqn.params["sizes"]):
        starts, limits = [0] * x.type.rank, list(x.type.shape)
        starts[axis], limits[axis] = position, position + size
        parts.append(hlo.Slice(x, tuple(starts), tuple(limits), (1,) * x.type.rank).result)
        position += size
    return parts


@lowers("pad")
def pad(eqn: Equation, x: Tensor, value: Tensor) -> Lowered:
    """Values around and between the elements; negative padding cuts off."""
    config = [numbers(entry) for entry in eqn.params["padding_config"]]
    low, high, interior = (tuple(entry[part] for entry in config) for part in range(3))
    return hlo.Pad(x, value, low, high, interior)


@lowers("concatenate")
def concatenate(eqn: Equation, *operands: Tensor) -> Lowered:
    """Tensors one after the other along a dimension."""
    return hlo.Concatenate(operands, int(eqn.params["dimension"]))


@lowers("stack")
def stack(eqn: Equation, *operands: Tensor) -> Lowered:
    """Tensors beside each other along a new axis."""
    axis = int(eqn.params["axis"])
    parts = [reshape(x, (*x.type.shape[:axis], 1, *x.type.shape[axis:])) for x in operands]
    return hlo.Concatenate(parts, axis)


@lowers("unstack")
def unstack(eqn: Equation, x: Tensor) -> Lowered:
    """The tensors along an axis."""
    axis, parts = int(eqn.params["axis"]), list[Tensor]()
    for position in range(x.type.shape[axis]):
        starts, limits = [0] * x.type.rank, list(x.type.shape)
        starts[axis], limits[axis] = position, position + 1
        part = hlo.Slice(x, tuple(starts), tuple(limits), (1,) * x.type.rank)
        parts.append(reshape(part, eqn.types[position].shape))
    return parts


@lowers("tile")
def tile(eqn: Equation, x: Tensor) -> Lowered:
    """A tensor repeated along each dimension."""
    repeats = numbers(eqn.params["reps"])
    pairs = [size for pair in zip(repeats, x.type.shape, strict=True) for size in pair]
    return reshape(hlo.broadcast_in_dim(x, pairs, range(1, len(pairs), 2)), eqn.shape)


@lowers("iota")
def iota_rule(eqn: Equation, *sizes: Tensor) -> Lowered:
    """Counts along a dimension."""
    return iota(eqn.shape, eqn.element, int(eqn.params["dimension"]))


@lowers("empty", "empty2")
def empty(eqn: Equation) -> Lowered:
    """Zeros, for a tensor of which nothing is known."""
    return hlo.constant(0, eqn.element, shape=eqn.shape)
