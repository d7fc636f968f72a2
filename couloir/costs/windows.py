"""How much of a convolution's windows lies on elements of its input, and not on padding."""

from __future__ import annotations

from math import gcd
from typing import Final

from couloir.dialects.hlo.window import WindowDimension
from couloir.ir.errors import Error

MAX_POSITIONS: Final = 1 << 20
"""Positions along one dimension that are gone through."""


def valid_positions(window: WindowDimension, input_size: int, output_size: int) -> int:
    """The pairs of a window and a position in it that meet an element of the input, along one dimension.

    Padding, and the gaps that a base dilation makes, are not counted: source of the rule is XLA's HloCostAnalysis.

    Raises:
        Error: for sizes that are too large to count.
    """
    size = window.size or 0
    (few, step), (many, stride) = sorted(((size, window.window_dilation), (output_size, window.stride)))
    if few > MAX_POSITIONS:
        raise Error(f"a window of {size} elements in {output_size} places is too large to count what it meets")
    span = (input_size - 1) * window.base_dilation + 1 if input_size else 0
    return sum(
        _met(number * step - window.padding_low, stride, many, span, window.base_dilation) for number in range(few)
    )


def _met(first: int, stride: int, count: int, span: int, dilation: int) -> int:
    """How many of `count` places from `first` on, `stride` apart, are multiples of `dilation` from 0 up to `span`."""
    low = max(0, -(first // stride))  # the first place that is not negative
    high = min(count, -((first - span) // stride))
    divisor = gcd(stride, dilation)
    if low >= high or first % divisor:
        return 0
    period = dilation // divisor
    solution = (-first // divisor * pow(stride // divisor, -1, period)) % period if period > 1 else 0
    start = low + (solution - low) % period
    return max(0, -((start - high) // period))
