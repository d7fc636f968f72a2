"""Reductions over whole dimensions and over sliding windows.

A reduction's body is one of the named monoids `add`, `multiply`, `maximum`, `minimum`, `and`, `or`, `xor`. Narrow
floats are reduced in f32 and rounded once: the order of a reduction is the implementation's to choose, and with it the
rounding.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.structural import check_dimensions, check_positive, check_sizes, pad
from couloir.ir.errors import Error, nearest

Monoid: TypeAlias = Literal["add", "multiply", "maximum", "minimum", "and", "or", "xor"]

_MONOIDS: Final = get_args(Monoid)


def dilated(size: int, dilation: int) -> int:
    """How far `size` elements reach when they lie `dilation` apart."""
    return (size - 1) * dilation + 1 if size else 0


def window_count(padded: int, window: int, stride: int) -> int:
    """How many windows that reach `window` far fit in `padded` elements, `stride` apart (StableHLO, `num_windows`)."""
    return 0 if padded <= 0 or window > padded else (padded - window) // stride + 1


def _check_reduction(op: str, monoid: str, operand: Array, init_value: Array) -> None:
    if monoid not in _MONOIDS:
        raise Error(
            f"`{op}` knows no monoid `{monoid}`",
            hint=nearest(monoid, _MONOIDS) or "it is one of " + ", ".join(_MONOIDS),
        )
    if init_value.shape != () or init_value.dtype != operand.dtype:
        raise Error(
            f"the init value of `{op}` is one {operand.dtype}, not {init_value.dtype}{list(init_value.shape)}",
            hint="convert the operand or the init value first",
        )


def reduce(
    xp: ArrayNamespace, operand: Array, init_value: Array, *, dimensions: Sequence[int], monoid: Monoid
) -> Array:
    """Combines `init_value` (rank 0) and all elements along `dimensions`, which disappear. StableHLO `reduce`."""
    _check_reduction("reduce", monoid, operand, init_value)
    axes = tuple(sorted(dimensions))
    check_dimensions("reduce", "dimensions", axes, operand.ndim)
    kept = [size for axis, size in enumerate(operand.shape) if axis not in axes]
    if any(operand.shape[axis] == 0 for axis in axes):
        return np.broadcast_to(init_value, kept)
    wide = xp.accumulation_dtype(operand.dtype)
    total = xp.reduce(monoid, xp.convert(operand, wide), axes)
    return xp.convert(xp.apply(monoid, xp.convert(init_value, wide), total), operand.dtype)


def reduce_window(
    xp: ArrayNamespace,
    operand: Array,
    init_value: Array,
    *,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    base_dilations: Sequence[int],
    window_dilations: Sequence[int],
    padding: Sequence[tuple[int, int]],
    monoid: Monoid,
) -> Array:
    """Combines the elements of every window; outside of the operand lies `init_value`. StableHLO `reduce_window`.

    Windows are reduced one dimension after the other, the last one first, which keeps the order of elements: the cost
    is the sum of the window's sizes and not their product.
    """
    _check_reduction("reduce_window", monoid, operand, init_value)
    parameters = {
        "window_dimensions": window_dimensions,
        "window_strides": window_strides,
        "base_dilations": base_dilations,
        "window_dilations": window_dilations,
    }
    check_sizes("reduce_window", operand.ndim, **parameters, padding=padding)
    check_positive("reduce_window", **parameters)
    wide = xp.accumulation_dtype(operand.dtype)
    init = xp.convert(init_value, wide)
    result = xp.convert(operand, wide)
    for axis in reversed(range(operand.ndim)):
        low, high = padding[axis]
        extent = low + dilated(operand.shape[axis], base_dilations[axis]) + high
        reach = dilated(window_dimensions[axis], window_dilations[axis])
        count = window_count(extent, reach, window_strides[axis])
        if count == 0:
            shape = [*result.shape[:axis], 0, *result.shape[axis + 1 :]]
            result = np.zeros(shape, result.dtype)
            continue
        result = _padded_along(xp, result, init, axis, low, high, base_dilations[axis] - 1)
        result = _reduced_along(
            xp, result, axis, count, window_dimensions[axis], window_strides[axis], window_dilations[axis], monoid
        )
    return xp.convert(xp.apply(monoid, init, result), operand.dtype)


def _padded_along(
    xp: ArrayNamespace, operand: Array, value: Array, axis: int, low: int, high: int, interior: int
) -> Array:
    def at_axis(amount: int) -> list[int]:
        return [amount if dimension == axis else 0 for dimension in range(operand.ndim)]

    return pad(
        xp,
        operand,
        value,
        edge_padding_low=at_axis(low),
        edge_padding_high=at_axis(high),
        interior_padding=at_axis(interior),
    )


def _reduced_along(
    xp: ArrayNamespace, operand: Array, axis: int, count: int, size: int, stride: int, dilation: int, monoid: Monoid
) -> Array:
    """`count` windows of `size` elements along one axis."""

    def elements(position: int) -> Array:
        """The element at `position` of every window."""
        first = position * dilation
        return operand[
            (builtins.slice(None),) * axis + (builtins.slice(first, first + (count - 1) * stride + 1, stride),)
        ]

    result = elements(0)
    for position in range(1, size):
        result = xp.apply(monoid, result, elements(position))
    return result
