"""Windows that slide over a dimension: what convolutions, pools and their gradients have in common."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from couloir.dialects.shapes import Dim
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.operation import Operation


@attrs.frozen
class WindowDimension:
    """How a window moves along one dimension. Sizes and paddings count elements; a negative padding cuts off.

    Attributes:
        size: Elements of the window; None when not known.
        stride: From one window to the next.
        padding_low: Elements put before the first.
        padding_high: Elements put after the last.
        base_dilation: 1 plus the elements put between two elements of the input.
        window_dilation: 1 plus the elements skipped between two elements of the window.
        reversal: Whether the window is mirrored.
    """

    size: Dim
    stride: int = 1
    padding_low: int = 0
    padding_high: int = 0
    base_dilation: int = 1
    window_dilation: int = 1
    reversal: bool = False

    @property
    def dilated_size(self) -> Dim:
        """The span of the window."""
        return dilated(self.size, self.window_dilation)

    def padded(self, input_size: int) -> int:
        """The length along which the window moves: the input with dilation and padding."""
        return self.padding_low + (dilated(input_size, self.base_dilation) or 0) + self.padding_high

    def count(self, input_size: Dim) -> Dim:
        """The number of windows over `input_size` elements: `num_windows` in the specification."""
        span = self.dilated_size
        if input_size is None or span is None:
            return None
        padded = self.padded(input_size)
        return 0 if padded == 0 or span > padded else (padded - span) // self.stride + 1


def dilated(size: Dim, dilation: int) -> Dim:
    """The span of `size` elements that stand `dilation` apart."""
    return None if size is None else 0 if size == 0 else (size - 1) * dilation + 1


def padding_fits(op: Operation, count: int) -> bool | str:
    """Whether the attribute `padding` of an op, which may be left out, has a pair of numbers for each of `count` dimensions."""
    stored = op.attributes.get("padding")
    if not isinstance(stored, DenseElementsAttr):
        return True
    return stored.array.shape == (count, 2) or f"it is a `{stored.type}`"


def window_dimensions(
    sizes: Sequence[Dim],
    strides: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    base_dilations: Sequence[int] | None = None,
    window_dilations: Sequence[int] | None = None,
    reversal: Sequence[bool] | None = None,
) -> tuple[WindowDimension, ...]:
    """One `WindowDimension` for each size; what is None has its default in every dimension."""
    count = len(sizes)
    low_high = padding if padding is not None else ((0, 0),) * count
    parts = zip(
        sizes,
        strides if strides is not None else (1,) * count,
        (low for low, _ in low_high),
        (high for _, high in low_high),
        base_dilations if base_dilations is not None else (1,) * count,
        window_dilations if window_dilations is not None else (1,) * count,
        reversal if reversal is not None else (False,) * count,
        strict=True,
    )
    return tuple(WindowDimension(*part) for part in parts)
