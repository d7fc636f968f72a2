"""Element types and constants: PyTorch's dtypes and tensors as types and attributes."""

from __future__ import annotations

from typing import Any, Final

import ml_dtypes
import numpy as np

from couloir.frontends.torch.library import torch_library
from couloir.frontends.torch.node import NotLowered
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IntegerType,
    TensorType,
    Type,
    bf16,
    dtype_of,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
    ui8,
    ui16,
    ui32,
    ui64,
)

_ELEMENTS: Final[dict[str, Type]] = {
    "bool": i1,
    "int8": i8,
    "int16": i16,
    "int32": i32,
    "int64": i64,
    "uint8": ui8,
    "uint16": ui16,
    "uint32": ui32,
    "uint64": ui64,
    "float16": f16,
    "bfloat16": bf16,
    "float32": f32,
    "float64": f64,
    "complex64": ComplexType(f32),
    "complex128": ComplexType(f64),
    "float8_e4m3fn": FloatType("f8E4M3FN"),
    "float8_e4m3fnuz": FloatType("f8E4M3FNUZ"),
    "float8_e5m2": FloatType("f8E5M2"),
    "float8_e5m2fnuz": FloatType("f8E5M2FNUZ"),
}
_BITS: Final = {1: "int8", 2: "int16"}


def element_of(dtype: Any) -> Type:
    """The element type of a `torch.dtype`. Raises `NotLowered` for one that StableHLO does not have."""
    found = _ELEMENTS.get(str(dtype).removeprefix("torch."))
    if found is None:
        raise NotLowered(f"StableHLO has no element type for `{dtype}`")
    return found


def category(element: Type) -> int:
    """The rank of an element type in promotion: booleans, integers, floats, complex numbers."""
    if isinstance(element, ComplexType):
        return 3
    if isinstance(element, FloatType):
        return 2
    return 0 if element is i1 or not isinstance(element, IntegerType) else 1


def constant_of(tensor: Any) -> DenseElementsAttr:
    """A tensor as an attribute. The elements are copied: what the model does with the tensor later changes nothing."""
    torch = torch_library()
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise NotLowered(f"it holds a tensor of layout `{tensor.layout}`, which is not dense")
    element = element_of(tensor.dtype)
    dense = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    dtype = dtype_of(element)
    if dtype.type.__module__.startswith(ml_dtypes.__name__):  # NumPy knows the dtype, but PyTorch does not know that
        bits = getattr(torch, _BITS[dtype.itemsize])
        array = np.array(dense.view(bits).numpy()).view(dtype)
    else:
        array = np.array(dense.numpy())
    return DenseElementsAttr(TensorType(tuple(array.shape), element), array)
