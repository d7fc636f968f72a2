"""Fourier transforms as dot products with small constant matrices: the rule for `stablehlo.fft`.

The length is divided into factors of at most 16, and one step is taken for each: dot products with the matrix of the short
transform, and products with powers of the root of unity (Stockham's form of the Cooley-Tukey algorithm, whose results come in
order). A prime factor up to 61 is a step by itself; a length with a larger one is a convolution with a chirp of a length that
is a power of two (Bluestein's algorithm). So the work is O(n log n) for every length. Roots are computed in f64 from integers
reduced modulo the length, and rounded once.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import DotDimensionNumbers, FftType
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import ComplexType, TensorType, Type

Tensor: TypeAlias = "Value[TensorType]"

MAX_RADIX: Final = 16
MAX_PRIME: Final = 61
"""Beyond this, three transforms of a power of two cost less than the products with a matrix."""


_BACK_TO_REAL_NUMBERS: Final = """
func.func @main(%x: tensor<2x4xcomplex<f32>>) -> tensor<2x7xf32> {
  %0 = stablehlo.fft %x, type = IRFFT, length = [7] : (tensor<2x4xcomplex<f32>>) -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}
"""


@rule(assumes=("no NaN", "no infinities", "no signed zeros", "no overflow"), examples=(_BACK_TO_REAL_NUMBERS,))
def fft_as_dot_products(op: hlo.Fft, rewriter: Rewriter) -> str | None:
    """fft(x)  =>  dot products with constant matrices, of O(n log n) terms"""
    type, result = op.operand.type, op.result.type
    axes = list(range(type.rank - len(op.fft_length), type.rank))
    if not type.size or not result.size:
        rewriter.replace(op, hlo.constant(0, result.element_type, shape=result.shape))
        return None
    x: Tensor = op.operand
    match op.fft_type:
        case FftType.FFT | FftType.IFFT:
            for axis in axes:
                x = _along(x, axis, inverse=op.fft_type is FftType.IFFT)
        case FftType.RFFT:
            zero = hlo.constant(0, type.element_type, shape=type.shape).output
            x = _along(hlo.Complex(x, zero).result, axes[-1], inverse=False)
            x = _part(x, axes[-1], 0, result.shape[-1])
            for axis in axes[:-1]:
                x = _along(x, axis, inverse=False)
        case _:
            for axis in axes[:-1]:
                x = _along(x, axis, inverse=True)
            x = hlo.Real(_along(_hermitian(x, result.shape[-1]), axes[-1], inverse=True)).result
    rewriter.replace(op, x)
    return None


def _part(x: Tensor, axis: int, start: int, limit: int) -> Tensor:
    shape = x.type.shape
    starts = tuple(start if d == axis else 0 for d in range(len(shape)))
    limits = tuple(limit if d == axis else size for d, size in enumerate(shape))
    return hlo.Slice(x, starts, limits, (1,) * len(shape)).result


def _hermitian(x: Tensor, length: int) -> Tensor:
    """The whole transform of real numbers from its first half."""
    axis = x.type.rank - 1
    count = length - x.type.shape[axis]
    if not count:
        return x
    mirrored = hlo.Reverse(_part(x, axis, 1, 1 + count), (axis,)).result
    conjugate = hlo.Complex(hlo.Real(mirrored).result, hlo.Negate(hlo.Imag(mirrored).result).result).result
    return hlo.Concatenate([x, conjugate], axis).result


def _along(x: Tensor, axis: int, *, inverse: bool) -> Tensor:
    """The transform along one dimension; the inverse one is divided by the length."""
    shape = x.type.shape
    length = shape[axis]
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    made = _transform(_reshape(x, (before, length, after)), 1 if inverse else -1)
    if inverse and length > 1:
        made = _scaled(made, 1 / length)
    return _reshape(made, shape)


def _transform(x: Tensor, sign: int) -> Tensor:
    """The transform of [before, n, after] along the dimension in the middle."""
    radices = radices_of(x.type.shape[1])
    return _by_chirp(x, sign) if radices is None else _by_steps(x, sign, radices)


def radices_of(length: int) -> list[int] | None:
    """The steps for a length: factors of at most 16, or primes of at most 61; None when a prime factor is larger."""
    primes: list[int] = []
    rest, prime = length, 2
    while prime <= MAX_PRIME and rest > 1:
        if rest % prime:
            prime += 1
        else:
            primes.append(prime)
            rest //= prime
    if rest > 1:
        return None
    radices: list[int] = []
    for prime in primes:
        if radices and radices[-1] * prime <= MAX_RADIX:
            radices[-1] *= prime
        else:
            radices.append(prime)
    return radices


def _by_steps(x: Tensor, sign: int, radices: list[int]) -> Tensor:
    """Stockham's algorithm: [before, r * m, done] becomes [before, m, r * done] until m is 1."""
    before, length, done = x.type.shape
    element, rest = x.type.element_type, length
    for radix in radices:
        rest //= radix
        parts = _reshape(x, (before, radix, rest, done))
        root = np.multiply.outer(np.arange(radix), np.arange(radix))
        matrix = _constant(_roots(root, radix, sign), element)
        numbers = DotDimensionNumbers((), (), (1,), (1,))
        short = hlo.DotGeneral(matrix, parts, numbers).result  # [radix, before, rest, done]
        if rest > 1:
            places = np.multiply.outer(np.arange(radix), np.arange(rest))
            turns = _constant(_roots(places, radix * rest, sign), element)
            short = hlo.Multiply(short, hlo.broadcast_in_dim(turns, short.type.shape, (0, 2)).result).result
        done *= radix
        x = _reshape(hlo.Transpose(short, (1, 2, 0, 3)).result, (before, rest, done))
    return _reshape(x, (before, length, done // length))


def _by_chirp(x: Tensor, sign: int) -> Tensor:
    """Bluestein's algorithm: jk = (j^2 + k^2 - (k - j)^2) / 2 makes of the transform a convolution."""
    length, element = x.type.shape[1], x.type.element_type
    size = 1 << (2 * length - 2).bit_length()
    squares = np.array([number * number % (2 * length) for number in range(length)])
    chirp = _roots(squares, 2 * length, sign)
    wrapped = np.zeros(size, np.complex128)
    wrapped[:length] = chirp.conj()
    wrapped[size - length + 1 :] = chirp[:0:-1].conj()
    kernel = np.fft.fft(wrapped) / size

    def times(value: Tensor, factors: Any) -> Tensor:
        spread = hlo.broadcast_in_dim(_constant(factors, element), value.type.shape, (1,)).result
        return hlo.Multiply(value, spread).result

    zero = hlo.constant(0, element).output
    padded = hlo.Pad(times(x, chirp), zero, (0, 0, 0), (0, size - length, 0), (0, 0, 0)).result
    spectrum = times(_transform(padded, -1), kernel)
    return times(_part(_transform(spectrum, 1), 1, 0, length), chirp)


def _roots(numerators: Any, length: int, sign: int) -> Any:
    """exp(sign * 2 pi i * numerator / length)."""
    return np.exp(sign * 2j * np.pi * (numerators % length) / length)


def _constant(values: Any, element: Type) -> Tensor:
    return hlo.constant(values, element).output


def _scaled(x: Tensor, factor: float) -> Tensor:
    element = x.type.element_type
    assert isinstance(element, ComplexType)
    scale = hlo.constant(factor, element.element_type, shape=x.type.shape).output
    parts = [hlo.Multiply(part, scale).result for part in (hlo.Real(x).result, hlo.Imag(x).result)]
    return hlo.Complex(*parts).result


def _reshape(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    return x if x.type.shape == shape else hlo.reshape(x, shape).result
