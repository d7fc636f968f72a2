"""StableHLO: linear algebra, Fourier transforms and random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import NARROW_FLOATS, Array, DType, from_bits, kind, width
from couloir.backends.numpy.linear_algebra import triangular_solve
from couloir.backends.numpy.meanings import meaning
from couloir.backends.numpy.random_bits import halved, philox, three_fry
from couloir.dialects.hlo.attributes import FftType, RngAlgorithm, RngDistribution, Transposition
from couloir.dialects.hlo.linear_algebra import Cholesky, Fft, TriangularSolve
from couloir.dialects.hlo.random import Rng, RngBitGenerator
from couloir.ir.errors import Error
from couloir.ir.types import dtype_of

#: The numbers of `stablehlo.rng`, whose state is hidden: the same in each process, one after the other.
_HIDDEN: Final = np.random.default_rng(0)


def _adjoint(a: Array) -> Array:
    turned = np.swapaxes(a, -1, -2)
    return np.conj(turned) if kind(a.dtype) == "complex" else turned


@meaning(Cholesky)
def cholesky(xp: ArrayNamespace, op: Cholesky, a: Array) -> Array:
    """Of the lower (or upper) triangle alone; the other triangle of the result is zero."""
    if kind(a.dtype) not in ("float", "complex"):
        raise NotInDomain("cholesky", xp.name)
    wide = a.astype(np.float32) if a.dtype in NARROW_FLOATS else a
    factor = _lower_factor(wide if op.lower else _adjoint(wide))
    return (factor if op.lower else _adjoint(factor)).astype(a.dtype)


def _lower_factor(a: Array) -> Array:
    """The factors of matrices [..., n, n]; NaN for one that is not positive definite, which is as undefined as any other."""
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        if a.ndim == 2:
            return np.full_like(a, np.nan)
    factors = [_lower_factor(matrix) for matrix in a.reshape([-1, *a.shape[-2:]])]
    return np.stack(factors).reshape(a.shape)


@meaning(TriangularSolve)
def solve(xp: ArrayNamespace, op: TriangularSolve, a: Array, b: Array) -> Array:
    """`op(a) x = b`, or `x op(a) = b`, which is `op(a)^T x^T = b^T`."""
    lower, form = op.lower, op.transpose_a
    if form is Transposition.ADJOINT:
        a, lower = _adjoint(a), not lower
    elif form is Transposition.TRANSPOSE:
        a, lower = np.swapaxes(a, -1, -2), not lower
    if op.left_side:
        return triangular_solve(xp, a, b, lower=lower, unit_diagonal=op.unit_diagonal)
    a, b = np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2)
    return np.swapaxes(triangular_solve(xp, a, b, lower=not lower, unit_diagonal=op.unit_diagonal), -1, -2)


@meaning(Fft)
def _fft(xp: ArrayNamespace, op: Fft, operand: Array) -> Array:
    lengths = op.fft_length
    axes = tuple(range(operand.ndim - len(lengths), operand.ndim))
    target = dtype_of(op.result.type.element_type)
    if kind(operand.dtype) not in ("float", "complex"):
        raise NotInDomain("fft", xp.name)
    if operand.size == 0 or 0 in op.result.type.shape:
        return np.zeros(op.result.type.shape, target)
    if op.fft_type is FftType.IRFFT:
        return np.fft.irfftn(operand, s=lengths, axes=axes).astype(target)
    return _FORWARD[op.fft_type](operand, axes=axes).astype(target)


_FORWARD: Final[dict[FftType, Callable[..., Array]]] = {
    FftType.FFT: np.fft.fftn,
    FftType.IFFT: np.fft.ifftn,
    FftType.RFFT: np.fft.rfftn,
}


@meaning(Rng)
def _rng(xp: ArrayNamespace, op: Rng, a: Array, b: Array, shape: Array) -> Array:
    dtype = dtype_of(op.result.type.element_type)
    sizes: list[int] = shape.tolist()
    if kind(a.dtype) not in ("bool", "signed", "unsigned", "float"):
        raise NotInDomain("rng", xp.name)
    if op.rng_distribution is RngDistribution.NORMAL:
        return np.asarray(_HIDDEN.normal(float(a), float(b), sizes)).astype(dtype)
    if kind(dtype) == "float":
        return np.asarray(float(a) + (float(b) - float(a)) * _HIDDEN.random(sizes)).astype(dtype)
    low, high = int(a), int(b)
    if low >= high:
        raise Error(f"there is no number from {low} up to but without {high}")
    return np.asarray(_HIDDEN.integers(low, high, sizes, dtype=np.uint64 if low >= 0 else np.int64)).astype(dtype)


@meaning(RngBitGenerator)
def _rng_bit_generator(xp: ArrayNamespace, op: RngBitGenerator, state: Array) -> tuple[Array, Array]:
    """The state is a key and a counter, which goes on by one for each use of the function; DEFAULT is Philox."""
    dtype, shape = dtype_of(op.output.type.element_type), op.output.type.shape
    if state.dtype != np.uint64 or state.size < 2:
        raise Error(f"the state is evaluated as two or three ui64, not as {state.dtype}{list(state.shape)}")
    if kind(dtype) == "complex" or width(dtype) > 64:
        raise Error(f"there are no random bits for `{op.output.type.element_type}`")
    words, used = _random_words(op.rng_algorithm, state, shape, wide=width(dtype) > 32)
    after = state.copy()
    with np.errstate(over="ignore"):
        after[1] += np.uint64(used)
        if state.size > 2 and after[1] < state[1]:
            after[2] += np.uint64(1)
    return after, xp.array(_narrowed(words, dtype))


@np.errstate(over="ignore")
def _random_words(algorithm: RngAlgorithm, state: Array, shape: tuple[int, ...], *, wide: bool) -> tuple[Array, int]:
    """Words of 64 bits (or 32), and how often the counter went on."""
    three = algorithm is RngAlgorithm.THREE_FRY
    if three and not wide:
        counted, axis = halved(shape)
    else:  # one after the other
        counted, axis = (-(-math.prod(shape) // (1 if three else 2 if wide else 4)),), 0
    steps = math.prod(counted)
    counters = state[1] + np.arange(steps, dtype=np.uint64)
    if three:
        parts = three_fry(state[0], counters)
    else:
        high = np.uint64(state[2 if state.size > 2 else 0])  # of a short state XLA takes the key
        parts = philox(state[0], (counters, np.where(counters < state[1], high + np.uint64(1), high)))
    if wide:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = tuple(low.astype(np.uint64) | (up.astype(np.uint64) << np.uint64(32)) for low, up in pairs)
    words = np.stack([part.reshape(counted) for part in parts], axis=axis + 1)
    words = words.reshape(*counted[:axis], counted[axis] * len(parts), *counted[axis + 1 :])
    if len(counted) != len(shape):  # a scalar, or all elements in one line
        return words[: math.prod(shape)].reshape(shape), steps
    return words[tuple(map(slice, shape))], steps


def _narrowed(words: Array, dtype: DType) -> Array:
    """The low bits of words as elements of `dtype`."""
    mask = (1 << width(dtype)) - 1
    return from_bits((words & words.dtype.type(mask)).astype(f"u{dtype.itemsize}"), dtype)
