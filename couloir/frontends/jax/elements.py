"""Types and constants: JAX's abstract values and arrays as types and arrays of NumPy. A random key is its data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, cast

import numpy as np

from couloir.dialects.hlo.attributes import Token
from couloir.frontends.jax.equation import NotLowered
from couloir.frontends.jax.library import jax_library
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, Type, i1, type_of_dtype, ui32

_IMPLEMENTATIONS: Final = ("threefry_prng_impl", "rbg_prng_impl", "unsafe_rbg_prng_impl")


def is_key(aval: Any) -> bool:
    """Whether this is the abstract value of an array of random keys."""
    dtype = getattr(aval, "dtype", None)
    if dtype is None or isinstance(dtype, np.dtype):
        return False
    dtypes = jax_library().dtypes
    return bool(dtypes.issubdtype(dtype, dtypes.prng_key))


def implementation(aval: Any) -> Any:
    """The generator that keys belong to: what makes bits of them."""
    library = jax_library("jax.extend.random")
    for name in _IMPLEMENTATIONS:
        found = getattr(library, name, None)
        if found is not None and f"key<{found.tag}>" == aval.dtype.name:
            return found
    raise NotLowered(f"`{aval.dtype.name}` belongs to a generator that is not JAX's own")


def is_reference(aval: Any) -> bool:
    """Whether this is the abstract value of a mutable reference (`jax.new_ref`)."""
    return type(aval).__name__ == "AbstractRef"


def type_of(aval: Any) -> TensorType:
    """The type of an abstract value; of what a reference, or an array that is on its way, holds.

    Raises `NotLowered` where there is none.
    """
    aval = getattr(aval, "inner_aval", aval)
    if type(aval).__name__ == "AbstractToken":
        return cast("Any", Token())  # what orders ops is passed on like a tensor
    shape, dtype = getattr(aval, "shape", None), getattr(aval, "dtype", None)
    if shape is None or dtype is None:
        raise NotLowered(f"`{aval}` is no array")
    dims = tuple([size if isinstance(size, int) else None for size in shape])
    if is_key(aval):
        return TensorType((*dims, *implementation(aval).key_shape), ui32)
    return _tensor(dims, dtype)


@lru_cache(maxsize=4096)
def _tensor(dims: tuple[int | None, ...], dtype: Any) -> TensorType:
    return TensorType(dims, element_of(dtype))


def element_of(dtype: Any) -> Type:
    """The element type of a dtype of JAX's."""
    if dtype == jax_library().dtypes.float0:
        return i1
    try:
        return type_of_dtype(np.dtype(dtype))
    except (Error, TypeError) as error:
        raise NotLowered(f"StableHLO has no element type for `{dtype}`") from error


def array_of(value: Any, aval: Any) -> np.ndarray[Any, Any]:
    """A constant or literal as an array, copied: what the program does with it later changes nothing."""
    if is_key(aval):
        return np.array(jax_library().random.key_data(value))
    dtype = np.dtype(bool) if aval.dtype == jax_library().dtypes.float0 else aval.dtype
    array = np.array(value)
    return array if array.dtype == dtype else array.astype(dtype)
