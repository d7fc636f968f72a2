"""Reductions over whole dimensions and over sliding windows.

A reduction's body is one of the named monoids `add`, `multiply`, `maximum`, `minimum`, `and`, `or`, `xor`. Over
whole dimensions, narrow floats are reduced in f32 and rounded once.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.structural import check_dimensions, check_positive, check_sizes, pad
from couloir.ir.errors import Error, nearest

Monoid: TypeAlias = Literal["add", "multiply", "maximum", "minimum", "and", "or", "xor"]

_MONOIDS: Final = get_args(Monoid)
#: A window of at most so many elements is taken element by element, where the order of a sum shows.
_SMALL_WINDOW: Final = 64


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
    operand, init_value = xp.alike(operand, init_value)
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
    """Combines the elements of every window, in order; outside of the operand lies `init_value`. StableHLO `reduce_window`.

    Where sums are rounded, a small window is taken element by element. Others are reduced one dimension after the other, the last
    one first, which keeps the order of elements.
    """
    operand, init_value = xp.alike(operand, init_value)
    _check_reduction("reduce_window", monoid, operand, init_value)
    parameters = {
        "window_dimensions": window_dimensions,
        "window_strides": window_strides,
        "base_dilations": base_dilations,
        "window_dilations": window_dilations,
    }
    check_sizes("reduce_window", operand.ndim, **parameters, padding=padding)
    check_positive("reduce_window", **parameters)
    counts = [
        window_count(low + dilated(size, base) + high, dilated(window, dilation), stride)
        for size, base, (low, high), window, dilation, stride in zip(
            operand.shape,
            base_dilations,
            padding,
            window_dimensions,
            window_dilations,
            window_strides,
            strict=True,
        )
    ]
    if 0 in counts:
        return np.zeros(counts, operand.dtype)
    result = pad(
        xp,
        operand,
        init_value,
        edge_padding_low=[low for low, _ in padding],
        edge_padding_high=[high for _, high in padding],
        interior_padding=[dilation - 1 for dilation in base_dilations],
    )
    rounds = monoid in ("add", "multiply") and kind(operand.dtype) in ("float", "complex")
    if rounds and math.prod(window_dimensions) <= _SMALL_WINDOW:
        total = np.broadcast_to(init_value, counts)
        for (part,) in window_elements([result], counts, window_dimensions, window_strides, window_dilations):
            total = xp.apply(monoid, total, part)
        return total
    for axis in reversed(range(operand.ndim)):
        result = _reduced_along(
            xp,
            result,
            axis,
            counts[axis],
            window_dimensions[axis],
            window_strides[axis],
            window_dilations[axis],
            monoid,
        )
    return xp.apply(monoid, np.broadcast_to(init_value, counts), result)


def window_elements(
    operands: Sequence[Array],
    counts: Sequence[int],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    window_dilations: Sequence[int],
) -> Iterator[list[Array]]:
    """The first elements of all windows, then the second ones, and so on, in row-major order; `counts` windows there are."""
    for offset in np.ndindex(*window_dimensions):
        part = tuple(
            builtins.slice(at * dilation, at * dilation + (count - 1) * stride + 1, stride)
            for at, count, stride, dilation in zip(offset, counts, window_strides, window_dilations, strict=True)
        )
        yield [operand[(*part, ...)] for operand in operands]


def _reduced_along(
    xp: ArrayNamespace, operand: Array, axis: int, count: int, size: int, stride: int, dilation: int, monoid: Monoid
) -> Array:
    """`count` windows of `size` elements along one axis.

    Windows of 1, 2, 4, ... elements are made of two of half the size; those that the bits of `size` name make up its windows.
    """

    def along(array: Array, start: int, length: int) -> Array:
        return array[(builtins.slice(None),) * axis + (builtins.slice(start, start + length),)]

    reach = (count - 1) * stride + 1
    power, width, done, result = operand, 1, 0, None
    while True:
        if size & width:
            part = along(power, done * dilation, reach)
            result = part if result is None else xp.apply(monoid, result, part)
            done += width
        if done == size:
            break
        shift = width * dilation
        power = xp.apply(
            monoid, along(power, 0, power.shape[axis] - shift), along(power, shift, power.shape[axis] - shift)
        )
        width *= 2
    assert result is not None, "a window is not empty"
    return result[(builtins.slice(None),) * axis + (builtins.slice(None, None, stride),)]
