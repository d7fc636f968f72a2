"""Reading and writing elements of buffers: indices are checked, since NumPy counts negative ones from the end."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.backends.numpy.element_types import Array
from couloir.ir.errors import Error


def element(buffer: Array, indices: Sequence[int]) -> Array:
    """A copy of one element, of rank 0."""
    _check(buffer, indices, ())
    return buffer[(*indices, ...)].copy()


def store(buffer: Array, indices: Sequence[int], value: Array) -> None:
    """Writes one element."""
    _check(buffer, indices, ())
    buffer[(*indices, ...)] = value


def row(buffer: Array, indices: Sequence[int], sizes: Sequence[int]) -> Array:
    """A copy of a box of `sizes` in the last dimensions, beginning at the indices."""
    _check(buffer, indices, sizes)
    return buffer[_box(indices, sizes)].copy()


def store_row(buffer: Array, indices: Sequence[int], value: Array) -> None:
    """Writes a box of the shape of `value` in the last dimensions, beginning at the indices."""
    _check(buffer, indices, value.shape)
    buffer[_box(indices, value.shape)] = value


def _box(indices: Sequence[int], sizes: Sequence[int]) -> tuple[int | slice, ...]:
    first = len(indices) - len(sizes)
    ends = (slice(at, at + size) for at, size in zip(indices[first:], sizes, strict=True))
    return (*indices[:first], *ends)


def _check(buffer: Array, indices: Sequence[int], sizes: Sequence[int]) -> None:
    shape = buffer.shape
    if len(indices) != len(shape) or len(sizes) > len(shape):
        raise Error(f"{len(indices)} indices for a buffer of shape {list(shape)}")
    spans = (*(1 for _ in range(len(shape) - len(sizes))), *sizes)
    for axis, (at, span, size) in enumerate(zip(indices, spans, shape, strict=True)):
        if not 0 <= at <= size - span:
            last = f" to {at + span - 1}" if span > 1 else ""
            raise Error(f"index {at}{last} lies outside of dimension {axis} of a buffer of shape {list(shape)}")
