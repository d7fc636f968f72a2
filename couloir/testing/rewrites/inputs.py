"""Arrays to run programs on, by profile: each finds faults that the others hide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy.element_types import Array, integer_range, kind
from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    MemRefType,
    TensorType,
    VectorType,
    dtype_of,
)

Profile: TypeAlias = Literal["whole", "ordinary", "special", "extreme"]
"""`whole`: small whole numbers, on which sums and products are exact; `ordinary`: normal numbers; `special`: zeros of both signs,
infinities, NaN, the least numbers, among whole ones; `extreme`: the whole range of the type, its ends often.
"""
PROFILES: Final[tuple[Profile, ...]] = ("whole", "ordinary", "special", "extreme")


def arrays_for(types: Sequence[Type], profile: Profile, seed: int) -> list[Array]:
    """An array for each type. Raises `couloir.Error` for types of which there are no arrays."""
    generator = np.random.default_rng([seed, PROFILES.index(profile)])
    with np.errstate(all="ignore"):  # a number too large for the type becomes an infinity
        return [_array(generator, type, profile) for type in types]


def _array(generator: np.random.Generator, type: Type, profile: Profile) -> Array:
    element, shape = type, ()
    if isinstance(type, TensorType | MemRefType | VectorType):
        element, shape = type.element_type, tuple(2 if size is None else size for size in type.dims)
    if not isinstance(element, IntegerType | FloatType | IndexType | ComplexType):
        raise Error(f"there are no arrays of `{type}`")
    dtype: Any = dtype_of(element)
    family = kind(dtype)
    if family == "bool":
        return generator.integers(0, 2, shape).astype(bool)
    if family in ("signed", "unsigned"):
        low, high = integer_range(dtype)
        if profile == "extreme":
            edges = np.array([low, low + 1, 0, 1, high - 1, high], object)
            return np.asarray(generator.choice(edges, shape)).astype(np.int64 if low else np.uint64).astype(dtype)
        return np.asarray(generator.integers(max(low, -3), min(high, 4), shape)).astype(dtype)
    if family == "complex":
        real, imaginary = (_floats(generator, shape, np.dtype(np.float64), profile) for _ in range(2))
        return np.asarray(
            real + 1j * imaginary if profile in ("whole", "ordinary") else _joined(real, imaginary)
        ).astype(dtype)
    return _floats(generator, shape, dtype, profile)


def _joined(real: Array, imaginary: Array) -> Array:
    made = np.empty(real.shape, np.complex128)
    made.real, made.imag = real, imaginary
    return made


def _floats(generator: np.random.Generator, shape: tuple[int, ...], dtype: Any, profile: Profile) -> Array:
    whole = generator.integers(-3, 4, shape).astype(np.float64)
    if profile == "whole":
        return whole.astype(dtype)
    if profile == "ordinary":
        return np.asarray(generator.standard_normal(shape)).astype(dtype)
    limits = cast("Any", ml_dtypes.finfo(dtype))
    largest, least = float(limits.max), float(limits.smallest_subnormal)
    with np.errstate(over="ignore", invalid="ignore"):
        if profile == "special":
            odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, least, -least, 1.0])
            return np.where(generator.random(shape) < 0.6, generator.choice(odd, shape), whole).astype(dtype)
        scale = np.exp2(generator.uniform(np.log2(max(least, 1e-300)), np.log2(largest), shape))
        edge = generator.random(shape) < 0.2  # in the middle of the range nothing overflows
        magnitude = np.where(edge, largest, np.minimum(scale, largest))
        return (np.sign(whole + 0.5) * magnitude).astype(dtype)
