"""Operators that make tensors of numbers or positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Size, Tensor, convert, full, iota
from couloir.frontends.torch.node import Lowered, Node, NotLowered, Scalar, lowers, spread
from couloir.ir.types import IntegerType, i32


@lowers("aten.full")
def full_(node: Node, size: Sequence[Size], value: Scalar, **_: Any) -> Lowered:
    """One value everywhere."""
    return spread(value, node.sizes, node.element)


@lowers("aten.full_like", "aten.fill", "aten.new_full")
def full_like_(node: Node, x: Tensor, *value: Any, **_: Any) -> Lowered:
    """One value everywhere, in the shape of `x`."""
    return spread(value[-1], node.sizes, node.element)


@lowers("aten.zeros", "aten.zeros_like", "aten.new_zeros", "aten.empty", "aten.empty_like", "aten.empty_strided")
def zeros(node: Node, *_: Any, **__: Any) -> Lowered:
    """Zeros; what `empty` leaves undefined is 0 here."""
    return full(0, node.sizes, node.element)


@lowers("aten.ones", "aten.ones_like", "aten.new_ones")
def ones(node: Node, *_: Any, **__: Any) -> Lowered:
    """Ones."""
    return full(1, node.sizes, node.element)


@lowers("aten.scalar_tensor")
def scalar_tensor(node: Node, value: Scalar | Tensor, **_: Any) -> Lowered:
    """A number."""
    return spread(value, (), node.element)


@lowers("aten.arange.start_step", "prims.iota")
def arange(node: Node, start: Any, *rest: Any, step: Any = 1, **options: Any) -> Lowered:
    """`start + i * step`."""
    step = rest[1] if len(rest) > 1 else step
    first: Any = options.get("start", start) if node.target.startswith("prims") else start
    element = node.element
    working = i32 if isinstance(element, IntegerType) and element.width < 32 else element
    counted = iota(node.sizes, working, 0)
    if not isinstance(step, int | float) or step != 1:
        counted = hlo.Multiply(counted, spread(step, node.sizes, working)).result
    if not isinstance(first, int | float) or first != 0:
        counted = hlo.Add(counted, spread(first, node.sizes, working)).result
    return convert(counted, element)


@lowers("aten.rand", "aten.randn", "aten.randperm", "aten.randint", "aten.bernoulli", "aten.normal_functional")
def random(node: Node, *_: Any, **__: Any) -> Lowered:
    """Random numbers: a function of its inputs has none."""
    raise NotLowered("it makes random numbers")
