"""Where the windows of convolutions and pools lie: `auto_pad`, `pads`, `strides`, `dilations` and `ceil_mode` of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from couloir.ir.errors import Error
from couloir.passes.onnx_to_hlo.node import Node


@attrs.frozen
class Windows:
    """How windows move over the spatial dimensions; one entry for each of them."""

    sizes: tuple[int, ...]
    """Of the input."""
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    """As the model says: elements before the first and after the last."""
    padding: tuple[tuple[int, int], ...]
    """The same, with what `ceil_mode` adds for the last window, or what no window reaches left out."""

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of windows along each dimension."""
        parts = zip(self.sizes, self.kernel, self.strides, self.dilations, self.padding, strict=True)
        return tuple((n + low + high - span(k, d)) // s + 1 for n, k, s, d, (low, high) in parts)


def span(kernel: int, dilation: int) -> int:
    """Elements from the first of a window to its last."""
    return (kernel - 1) * dilation + 1


def entries(node: Node, key: str, count: int, default: int = 1) -> tuple[int, ...]:
    """An INTS attribute with one entry for each spatial dimension."""
    found = node.integers(key) or (default,) * count
    if len(found) != count:
        raise Error(f"`{key}` has {len(found)} entries for {count}")
    return found


def pairs(pads: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """ONNX lists all begins and then all ends."""
    half = len(pads) // 2
    return tuple(zip(pads[:half], pads[half:], strict=True))


def read_windows(node: Node, sizes: Sequence[int], kernel: Sequence[int], *, ceil_mode: bool = False) -> Windows:
    """The windows of a node over an input of these spatial sizes."""
    rank = len(sizes)
    strides = entries(node, "strides", rank)
    dilations = entries(node, "dilations", rank)
    spans = [span(k, d) for k, d in zip(kernel, dilations, strict=True)]
    match node.string("auto_pad", "NOTSET"):
        case "VALID":
            pads = ((0, 0),) * rank
        case "SAME_UPPER" | "SAME_LOWER" as mode:
            pads = tuple(_same(n, s, w, mode) for n, s, w in zip(sizes, strides, spans, strict=True))
        case _:
            pads = pairs(entries(node, "pads", 2 * rank, 0))
    padding = pads
    if ceil_mode:
        padding = tuple(
            (low, _ceil_padding(n + low, high, s, w))
            for n, (low, high), s, w in zip(sizes, pads, strides, spans, strict=True)
        )
    return Windows(tuple(sizes), tuple(kernel), strides, dilations, pads, padding)


def _same(size: int, stride: int, window: int, mode: str) -> tuple[int, int]:
    """Padding with which there are ceil(size / stride) windows; an odd element goes to the end for SAME_UPPER."""
    count = -(-size // stride)
    total = max((count - 1) * stride + window - size, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if mode == "SAME_UPPER" else (large, small)


def _ceil_padding(size: int, high: int, stride: int, window: int) -> int:
    """Padding at the end with which the last window, which may be incomplete, is there; one that begins in the padding is not.

    Args:
        size: Elements with the padding before the first.
        high: Padding after the last, as the model says.
    """
    count = -(-(size + high - window) // stride) + 1
    if (count - 1) * stride >= size:
        count -= 1
    return max((count - 1) * stride + window - size, 0)
