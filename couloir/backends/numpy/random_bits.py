"""Random bits from counters: the functions ThreeFry and Philox.

Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; twenty rounds of
Threefry-2x32, ten of Philox-4x32.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from couloir.backends.numpy.element_types import Array

_ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY: Final = np.uint32(0x1BD11BDA)
_MULTIPLIERS: Final = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL: Final = (np.uint32(0x9E3779B9), np.uint32(0xBB67AE85))
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


def _halves(words: Array) -> tuple[Array, Array]:
    """The low and high 32 bits of 64-bit words."""
    return (words & _LOW).astype(np.uint32), (words >> _HALF).astype(np.uint32)


def halved(shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The shape of the counters of ThreeFry when each gives two elements, and the axis along which the two lie side by side.

    XLA takes the first dimension that is even, or else the largest.
    """
    if not shape:
        return (1,), 0
    even = (axis for axis, size in enumerate(shape) if size % 2 == 0)
    axis = next(even, shape.index(max(shape)))
    return tuple(-(-size // 2) if position == axis else size for position, size in enumerate(shape)), axis


@np.errstate(over="ignore")
def three_fry(key: Array, counters: Array) -> tuple[Array, Array]:
    """Two 32-bit words for each 64-bit counter; the key is one 64-bit word."""
    x0, x1 = _halves(counters)
    k0, k1 = _halves(key)
    keys = (k0, k1, k0 ^ k1 ^ _PARITY)
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = (x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))
            x1 = x1 ^ x0
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


@np.errstate(over="ignore")
def philox(key: Array, counters: tuple[Array, Array]) -> tuple[Array, Array, Array, Array]:
    """Four 32-bit words for each 128-bit counter, given as its low and high 64 bits; the key is one 64-bit word."""
    (x0, x1), (x2, x3) = _halves(counters[0]), _halves(counters[1])
    k0, k1 = _halves(key)
    for _ in range(10):
        first, second = x0.astype(np.uint64) * _MULTIPLIERS[0], x2.astype(np.uint64) * _MULTIPLIERS[1]
        (low0, high0), (low1, high1) = _halves(first), _halves(second)
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
        k0, k1 = k0 + _WEYL[0], k1 + _WEYL[1]
    return x0, x1, x2, x3
