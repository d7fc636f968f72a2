"""Fourier transforms, as products with constant matrices."""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.passes.onnx_to_hlo.constants import Array
from couloir.passes.onnx_to_hlo.indexing import gathered
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import accumulator, along, convert, reshape

MAX_LENGTH: Final = 2048
"""A longer transform would need a matrix of more than 128 MB."""


def _matrix(count: int, length: int, parts: int, *, inverse: bool, onesided: bool) -> Array:
    """What each part (real, imaginary) of each input adds to each part of each output: [count, parts, outputs, parts of it].

    The factor is `exp(-2i pi j k / length)`, or its conjugate by `length` for the inverse. A one-sided inverse takes half of a
    spectrum, whose other half is its conjugate, and gives a real signal.
    """
    half = length // 2 + 1
    outputs = half if onesided and not inverse else length
    angles = 2 * np.pi / length * (np.outer(np.arange(count), np.arange(outputs)) % length)
    cosine, sine = np.cos(angles), np.sin(angles)
    if inverse:
        sine, weight = -sine, np.full((count, 1), 1 / length)
        if onesided:
            middle = np.arange(count)[:, None]
            weight = np.where((middle == 0) | (2 * middle == length), 1, 2) / length
        cosine, sine = cosine * weight, sine * weight
    if inverse and onesided:
        return np.stack([cosine, sine], 1)[:, :parts, :, None]
    real = np.stack([cosine, -sine], -1)  # of a real part: cos - i sin
    imaginary = np.stack([sine, cosine], -1)
    return np.stack([real, imaginary], 1)[:, :parts]


def _transformed(x: Tensor, axis: int, length: int, *, inverse: bool = False, onesided: bool = False) -> Tensor:
    """The transform along an axis; the last dimension holds real and imaginary parts, or real ones only."""
    if not 1 <= length <= MAX_LENGTH:
        raise NotLowered(f"the transform has the length {length}; at most {MAX_LENGTH} are lowered")
    parts = x.type.shape[-1]
    if parts not in (1, 2):
        raise Error(f"the last dimension holds real and imaginary parts, but has the size {parts}")
    half = length // 2 + 1
    count = min(x.type.shape[axis], half if inverse and onesided else length)
    x = take_range(x, axis, 0, count)
    matrix = _matrix(count, length, parts, inverse=inverse, onesided=onesided)
    rank = x.type.rank
    factors = hlo.constant(matrix, x.type.element_type).output
    numbers = hlo.DotDimensionNumbers((), (), (axis, rank - 1), (0, 1))
    made = hlo.DotGeneral(x, factors, numbers).result  # the other dimensions, then the axis, then the parts
    order = (*range(axis), rank - 2, *range(axis, rank - 2), rank - 1)
    return made if order == tuple(range(rank)) else hlo.Transpose(made, order).result


@lowers("DFT")
def dft(node: Node) -> Lowered:
    """`DFT` since 17 (axis is an attribute), 20 (an input)."""
    x = node[0]
    element, rank = x.type.element_type, x.type.rank
    if node.version < 20:
        axis = normal_axis(node.integer("axis", 1), rank)
    else:
        axis = normal_axis(int(node.constant(2, "axis").reshape(-1)[0]) if node.has(2) else -2, rank)
    if axis == rank - 1:
        raise Error("the last dimension, of real and imaginary parts, is not transformed")
    inverse, onesided = bool(node.integer("inverse")), bool(node.integer("onesided"))
    size = x.type.shape[axis]
    length = 2 * (size - 1) if inverse and onesided else size
    if node.has(1):
        length = int(node.constant(1, "length").reshape(-1)[0])
    wide = convert(x, accumulator(element))
    return convert(_transformed(wide, axis, length, inverse=inverse, onesided=onesided), element)


@lowers("STFT")
def stft(node: Node) -> Lowered:
    """`STFT` since 17: transforms of windows that move by a step: [batch, frames, frequencies, 2]."""
    x, window = node[0], node.optional(2)
    step = int(node.constant(1, "step").reshape(-1)[0])
    length = int(node.constant(3, "frame length").reshape(-1)[0]) if node.has(3) else None
    if window is not None:
        length = window.type.shape[0]
    if length is None or step < 1:
        raise Error("`STFT` needs a positive step, and a window or the length of one")
    batch, samples = x.type.shape[:2]
    x = reshape(x, (batch, samples, x.type.shape[2] if x.type.rank > 2 else 1))
    count = (samples - length) // step + 1 if samples >= length else 0
    places = np.add.outer(np.arange(count) * step, np.arange(length))
    frames = gathered(x, hlo.constant(places).output, 1)
    if window is not None:
        frames = hlo.Multiply(frames, along(window, frames.type.shape, 2)).result
    return _transformed(frames, 2, length, onesided=bool(node.integer("onesided", 1)))
