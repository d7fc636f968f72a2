"""Element types as NumPy dtypes: their kinds, their widths, and the bits of their values.

NumPy itself has i1, the 8 to 64-bit integers, f16, f32, f64 and the complex types; `ml_dtypes` adds bf16, the 4 to
8-bit floats and the 2 and 4-bit integers. Both are addressed by `numpy.dtype` here and everywhere in this back end.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt

from couloir.ir.errors import Error
from couloir.ir.types import FLOATS

#: An array of any element type. Arrays are values: no function of this back end writes to its operands, and results may
#: share memory with them.
Array: TypeAlias = npt.NDArray[Any]
DType: TypeAlias = np.dtype[Any]

#: `other` is what a domain uses in place of floats: objects, residues.
ElementKind: TypeAlias = Literal["bool", "signed", "unsigned", "float", "complex", "other"]


def _dtype(name: str) -> DType:
    return np.dtype(getattr(ml_dtypes, name))


#: The dtypes that NumPy itself lacks, with the bits of a value.
_NARROW_SIGNED: Final = {_dtype("int2"): 2, _dtype("int4"): 4}
_NARROW_UNSIGNED: Final = {_dtype("uint2"): 2, _dtype("uint4"): 4}
_SMALL_FLOATS: Final = {
    _dtype(name): bits for bits, name in FLOATS.values() if name is not None and hasattr(ml_dtypes, name)
}

_KIND_OF_CHARACTER: Final[dict[str, ElementKind]] = {
    "b": "bool",
    "i": "signed",
    "u": "unsigned",
    "f": "float",
    "c": "complex",
}
_KINDS: Final[dict[DType, ElementKind]] = {
    **dict.fromkeys(_NARROW_SIGNED, "signed"),
    **dict.fromkeys(_NARROW_UNSIGNED, "unsigned"),
    **dict.fromkeys(_SMALL_FLOATS, "float"),
}
_WIDTHS: Final[dict[DType, int]] = {
    np.dtype(np.bool_): 1,
    **_NARROW_SIGNED,
    **_NARROW_UNSIGNED,
    **_SMALL_FLOATS,
}

#: Floats whose arithmetic is done in f32 and rounded once.
NARROW_FLOATS: Final = frozenset((*_SMALL_FLOATS, np.dtype(np.float16)))
#: Integers that NumPy lacks; their arithmetic is done in 8 bits and wrapped.
NARROW_INTEGERS: Final = frozenset((*_NARROW_SIGNED, *_NARROW_UNSIGNED))


def kind(dtype: DType) -> ElementKind:
    """Which family of element types `dtype` belongs to."""
    found = _KINDS.get(dtype)
    return found if found is not None else _KIND_OF_CHARACTER.get(dtype.kind, "other")


def is_discrete(dtype: DType) -> bool:
    """Whether values are booleans or integers, which mean the same in every domain."""
    return kind(dtype) in ("bool", "signed", "unsigned")


def width(dtype: DType) -> int:
    """Bits of one value as StableHLO counts them: 1 for i1, 4 for i4 and f4, 64 for complex<f32>."""
    found = _WIDTHS.get(dtype)
    return found if found is not None else dtype.itemsize * 8


def integer_range(dtype: DType) -> tuple[int, int]:
    """The least and the greatest value of an integer or boolean dtype."""
    family, bits = kind(dtype), width(dtype)
    if family in ("bool", "unsigned"):
        return 0, (1 << bits) - 1
    if family == "signed":
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    raise Error(f"`{dtype}` is not an integer element type")


def to_bits(operand: Array) -> Array:
    """The bits of each value as an unsigned integer of the same size in memory; complex numbers are not covered."""
    if operand.dtype.itemsize not in (1, 2, 4, 8) or kind(operand.dtype) in ("complex", "other"):
        raise Error(f"the bits of a `{operand.dtype}` do not fit one integer")
    return operand.view(f"u{operand.dtype.itemsize}")


def from_bits(bits: Array, dtype: DType) -> Array:
    """The values whose bits are given; the inverse of `to_bits`. `bits` must fit `width(dtype)`."""
    stored = bits.astype(f"u{dtype.itemsize}")
    return stored != 0 if kind(dtype) == "bool" else stored.view(dtype)


def from_raw(array: Array, dtype: DType) -> Array:
    """Raw bytes (a dtype such as `V2`) as elements of a dtype that NumPy lacks; as it is, if they can be none.

    Args:
        array: As `numpy.load` gives what `numpy.save` has written of such elements.
        dtype: The dtype they had.
    """
    if dtype not in _KINDS or array.dtype.itemsize != dtype.itemsize:
        return array
    found = array.view(dtype)
    if width(dtype) == 8 * dtype.itemsize:
        return found
    # A narrower value has a byte of its own, and not every byte is such a value.
    return found if found.astype(np.float64).astype(dtype).tobytes() == found.tobytes() else array


def to_raw(array: Array) -> Array:
    """The inverse of `from_raw`: what `numpy.save` can write. Arrays of dtypes that NumPy has are left as they are."""
    return array.view(f"V{array.dtype.itemsize}") if array.dtype in _KINDS else array
