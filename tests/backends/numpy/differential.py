"""What the differential tests share: element types, arrays of anything, and how far results may be from an oracle's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import ml_dtypes
import numpy as np

from couloir.backends.numpy.element_types import integer_range, kind
from couloir.backends.numpy.ulps import ulp_distance
from couloir.dialects import hlo
from couloir.ir.builder import at_end
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, type_of_dtype

Array = np.ndarray[Any, Any]


def _named(*names: str) -> list[np.dtype[Any]]:
    return [np.dtype(getattr(ml_dtypes, name)) for name in names]


FINITE = _named("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn")
"""Floats without infinities and NaN."""
NARROW = _named(
    *("float8_e3m4", "float8_e4m3", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz"),
    *("float8_e5m2", "float8_e5m2fnuz"),
)
E8M0 = np.dtype(ml_dtypes.float8_e8m0fnu)
"""Powers of two alone: no zero, no sign."""
WIDE = [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16), np.dtype(np.float32), np.dtype(np.float64)]
FLOATS = [*FINITE, *NARROW, *WIDE]
COMPLEX = [np.dtype(np.complex64), np.dtype(np.complex128)]
SIGNED = [*_named("int2", "int4"), *(np.dtype(f"i{n}") for n in (1, 2, 4, 8))]
UNSIGNED = [*_named("uint2", "uint4"), *(np.dtype(f"u{n}") for n in (1, 2, 4, 8))]
INTEGERS = [*SIGNED, *UNSIGNED]
BOOLEAN = [np.dtype(np.bool_)]
ANY = [*FLOATS, *COMPLEX, *INTEGERS, *BOOLEAN]
MOVED = [*ANY, E8M0]


def _specials(dtype: np.dtype[Any]) -> Array:
    if kind(dtype) in ("signed", "unsigned"):
        low, high = integer_range(dtype)
        few = [x for x in (low, low + 1, -2, -1, 0, 1, 2, 3, high // 2, high - 1, high) if low <= x <= high]
        return np.array(few, np.int64 if low < 0 else np.uint64).astype(dtype)
    if dtype in FINITE:
        return np.array([0, -0.0, 1, -1, 0.5, -1.5, 2, -3, 4]).astype(dtype)
    limits = ml_dtypes.finfo(dtype)
    ends = [float(limits.max), float(limits.smallest_normal), float(limits.smallest_subnormal)]
    with np.errstate(all="ignore"):
        few = [0.0, 1, 0.5, 1.5, 2.5, 3.7, 0.49999997, 100.5, 1e-3, np.pi, *ends, np.inf]
        return np.array([*few, *(-x for x in few), np.nan]).astype(dtype)


def anything(shape: Any, dtype: np.dtype[Any], seed: int) -> Array:
    """Special values, small numbers, and any bits at all."""
    rng = np.random.default_rng(seed)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(np.bool_)
    if dtype.kind == "c":
        result = np.empty(shape, dtype)
        part = np.zeros(0, dtype).real.dtype
        result.real, result.imag = anything(shape, part, seed), anything(shape, part, seed + 1000)
        return result
    if dtype == E8M0:
        return rng.integers(0, 256, shape).astype(np.uint8).view(dtype)
    pool = _specials(dtype)
    special = pool[rng.integers(0, len(pool), shape)]
    bits = rng.integers(0, 256, (*shape, dtype.itemsize)).astype(np.uint8)
    if dtype in FINITE or dtype.name in ("int2", "int4", "uint2", "uint4"):
        random = pool[rng.integers(0, len(pool), shape)]
    else:
        random = np.ascontiguousarray(bits).view(dtype)[..., 0]
    return np.where(rng.integers(0, 2, shape) > 0, special, random)


def moderate(shape: Any, dtype: np.dtype[Any], seed: int) -> Array:
    """Numbers between -3 and 3."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-3, 3, shape)
    return np.asarray(values + 1j * rng.uniform(-3, 3, shape) if dtype.kind == "c" else values).astype(dtype)


@attrs.frozen
class Drawn:
    """One case: a body on arrays."""

    arrays: Sequence[Array]
    body: Callable[..., Any]


def region(types: Sequence[Any], body: Callable[..., Any]) -> Region:
    """A region of one block that returns what `body` makes of its arguments."""
    block = Block(types)
    with at_end(block):
        made = body(*block.arguments)
        hlo.Return(made if isinstance(made, list | tuple) else [made])
    return Region([block])


def scalars(*dtypes: Any) -> list[TensorType]:
    return [TensorType((), type_of_dtype(np.dtype(dtype))) for dtype in dtypes]


@np.errstate(invalid="ignore")  # signalling NaNs
def check(ours: Array, theirs: Array, ulps: int, where: Any = True) -> None:
    """Our result is theirs: equal, or as floats within some units in the last place.

    Of complex numbers the units are those of the modulus. Zeros have one sign where a result is exact.
    """
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    where = np.broadcast_to(where, ours.shape)
    ours, theirs = ours[where], theirs[where]
    if kind(ours.dtype) == "complex" and ulps:
        finite = np.isfinite(theirs)
        bound = ulps * np.finfo(ours.dtype).eps * np.abs(theirs[finite]) + np.finfo(ours.dtype).tiny
        far = np.abs(ours[finite] - theirs[finite]) > bound
        assert not far.any(), (ours[finite][far][:3], theirs[finite][far][:3])
        ours, theirs = ours[~finite], theirs[~finite]
    if kind(ours.dtype) in ("float", "complex"):
        far = ulp_distance(ours, theirs) > ulps
        assert not far.any(), (ours[far][:3], theirs[far][:3])
        if ulps == 0 and ours.dtype in WIDE:
            zero = ours == 0
            np.testing.assert_array_equal(np.signbit(ours[zero]), np.signbit(theirs[zero]))
    else:
        np.testing.assert_array_equal(ours, theirs)
