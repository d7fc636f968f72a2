"""Fourier transforms, one dimension after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, convert, full_like, slice_range
from couloir.frontends.torch.node import Lowered, Node, NotLowered, lowers, normal_axis


def _transformed(x: Tensor, dim: int, kind: hlo.FftType, length: int | None = None) -> Tensor:
    """A transform along one dimension."""
    rank = x.type.rank
    axis = normal_axis(dim, rank)
    size = length if length is not None else x.type.dims[axis]
    if size is None:
        raise NotLowered(f"the size of dimension {axis}, which it transforms, is not known")
    order = [number for number in range(rank) if number != axis] + [axis]
    back = sorted(range(rank), key=lambda number: order[number])
    if axis == rank - 1:
        return hlo.Fft(x, kind, (size,)).result
    made = hlo.Fft(hlo.Transpose(x, tuple(order)), kind, (size,))
    return hlo.Transpose(made, tuple(back)).result


def _scaled(x: Tensor, normalization: int, count: int, *, inverse: bool) -> Tensor:
    """PyTorch's normalization: none, by the root of the count, or by the count; StableHLO's inverse divides by it already."""
    wanted = (1.0, 1 / math.sqrt(count), 1 / count)[normalization]
    factor = wanted * count if inverse else wanted
    return x if factor == 1 else hlo.Multiply(x, full_like(x, factor)).result


def _count(x: Tensor, dims: Sequence[int]) -> int:
    sizes = [x.type.dims[normal_axis(dim, x.type.rank)] for dim in dims]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        raise NotLowered("the sizes that it transforms are not known")
    return math.prod(known)


@lowers("aten._fft_c2c")
def fft_c2c(node: Node, x: Tensor, dim: Sequence[int], normalization: int, forward: bool) -> Lowered:
    """From complex numbers to complex numbers, there or back."""
    y, kind = x, hlo.FftType.FFT if forward else hlo.FftType.IFFT
    for axis in dim:
        y = _transformed(y, axis, kind)
    return _scaled(y, normalization, _count(x, dim), inverse=not forward)


@lowers("aten._fft_r2c")
def fft_r2c(node: Node, x: Tensor, dim: Sequence[int], normalization: int, onesided: bool) -> Lowered:
    """From real to complex numbers; of the last dimension, `onesided` gives the half that says all."""
    *others, last = dim
    if onesided:
        y = _transformed(x, last, hlo.FftType.RFFT)
    else:
        y = _transformed(convert(x, node.element), last, hlo.FftType.FFT)
    for axis in others:
        y = _transformed(y, axis, hlo.FftType.FFT)
    return _scaled(y, normalization, _count(x, dim), inverse=False)


@lowers("aten._fft_c2r")
def fft_c2r(node: Node, x: Tensor, dim: Sequence[int], normalization: int, size: int) -> Lowered:
    """From the half that says all back to real numbers, `size` of them in the last dimension."""
    *others, last = dim
    y = x
    for axis in others:
        y = _transformed(y, axis, hlo.FftType.IFFT)
    axis, needed = normal_axis(last, x.type.rank), size // 2 + 1
    if (y.type.dims[axis] or 0) < needed:
        raise NotLowered("it needs more numbers than there are")
    y = _transformed(slice_range(y, axis, 0, needed), axis, hlo.FftType.IRFFT, size)
    return _scaled(y, normalization, size * _count(x, others), inverse=True)
