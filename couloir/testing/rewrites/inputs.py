"""Arrays to run programs on, by profile: each finds faults that the others hide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal, TypeAlias, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy.element_types import Array, integer_range, kind, width
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


def arrays_for(types: Sequence[Type], profile: Profile, seed: int, assumes: Collection[str] = ()) -> list[Array]:
    """An array for each type, of numbers of which the assumptions hold. Raises `couloir.Error` for types of which there are
    no arrays.
    """
    generator = np.random.default_rng([seed, PROFILES.index(profile)])
    with np.errstate(all="ignore"):  # a number too large for the type becomes an infinity
        return [_array(generator, type, profile, assumes) for type in types]


def _array(generator: np.random.Generator, type: Type, profile: Profile, assumes: Collection[str]) -> Array:
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
        return _integers(generator, shape, dtype, profile, assumes)
    if family == "complex":
        parts = (_floats(generator, shape, np.dtype(f"f{dtype.itemsize // 2}"), profile, assumes) for _ in range(2))
        made = np.empty(shape, dtype)
        made.real, made.imag = parts
        return made
    return _floats(generator, shape, dtype, profile, assumes)


def _integers(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any, profile: Profile, assumes: Collection[str]
) -> Array:
    """Small ones, of all sizes, or those at the ends of the range; small ones are positions in small tensors, too."""
    low, high = integer_range(dtype)
    small = (
        profile in ("whole", "special")
        or "no overflow" in assumes
        or (profile == "ordinary" and generator.random() < 0.5)
    )
    if small:
        return np.asarray(generator.integers(max(low, -3), min(high, 4), shape)).astype(dtype)
    if profile == "ordinary":
        drawn = generator.integers(low, high, shape, np.int64 if low else np.uint64, endpoint=True)
        return np.asarray(drawn >> generator.integers(0, width(dtype), shape).astype(drawn.dtype)).astype(dtype)
    edges = np.array([low, low + 1, 0, 1, high - 1, high], object)
    return np.asarray(generator.choice(edges, shape)).astype(np.int64 if low else np.uint64).astype(dtype)


def _floats(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: Any, profile: Profile, assumes: Collection[str]
) -> Array:
    whole = generator.integers(-3, 4, shape).astype(np.float64)
    if profile == "whole":
        return whole.astype(dtype)
    if profile == "ordinary":
        return np.asarray(generator.standard_normal(shape)).astype(dtype)
    limits = cast("Any", ml_dtypes.finfo(dtype))
    largest, least = float(limits.max), float(limits.smallest_subnormal)
    if profile == "special":
        odd = [0.0, least, 1.0]
        odd += [] if "no signed zeros" in assumes else [-0.0]
        odd += [] if "no infinities" in assumes else [np.inf, -np.inf]
        odd += [] if "no NaN" in assumes else [np.nan]
        drawn = generator.choice(np.array([*odd, -least]), shape)
        made = np.where(generator.random(shape) < 0.6, drawn, whole).astype(dtype)
        # Types without infinities have NaN in their place.
        return np.where(np.isnan(made), np.ones((), dtype), made) if "no NaN" in assumes else made
    part = 0.25 if "no overflow" in assumes else 1.0
    scale = np.exp2(part * generator.uniform(np.log2(max(least, 1e-300)), np.log2(largest), shape))
    # In the middle of the range nothing overflows: its end is drawn as well.
    edge = (generator.random(shape) < 0.2) & ("no overflow" not in assumes)
    magnitude = np.where(edge, largest, np.minimum(scale, largest))
    return (np.sign(whole + 0.5) * magnitude).astype(dtype)
