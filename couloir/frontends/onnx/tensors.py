"""ONNX tensors to NumPy arrays: every element type, every form of storage, by one reader.

Initializers, attributes, sparse tensors and external files all come through `TensorReader`, so that each check exists
once. What a tensor claims (type, dimensions) is compared with what it holds, in Python integers, before any memory is
allocated.

Source: onnx.proto3, messages TensorProto and SparseTensorProto; docs/ExternalData.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import ml_dtypes
import numpy as np
import onnx
from numpy.typing import NDArray

from couloir.frontends.onnx.external import ExternalFiles, ExternalReference
from couloir.ir.errors import Error
from couloir.ir.limits import Deadline, Limits, quoted

if TYPE_CHECKING:
    from typing import Any

    Array = NDArray[Any]


class Kind(Enum):
    """What the bits of an element mean."""

    BOOL = "bool"
    SIGNED = "signed integer"
    UNSIGNED = "unsigned integer"
    FLOAT = "float"
    COMPLEX = "complex"
    STRING = "string"


@attrs.frozen
class ElementType:
    """One element type of ONNX (`TensorProto.DataType`)."""

    number: int
    name: str
    """The name in ONNX: `"FLOAT"`."""
    dtype: np.dtype[Any]
    """The type of the arrays. Elements of less than 8 bits take one byte each in an array."""
    kind: Kind
    bits: int
    """Bits of one element in packed storage; 0 for strings."""
    field: str
    """The typed field of TensorProto that holds such elements when `raw_data` does not."""

    def packed_bytes(self, count: int) -> int:
        """Bytes that `count` elements take in `raw_data` or an external file."""
        return -(-count * self.bits // 8)

    def field_items(self, count: int) -> int:
        """Items that `count` elements take in the typed field."""
        if self.kind is Kind.COMPLEX:
            return 2 * count
        if self.bits in (2, 4):
            return self.packed_bytes(count)
        return count


def _element_types() -> dict[int, ElementType]:
    # The numbers are those of the ONNX specification; older onnx packages lack names for the newer ones.
    rows: list[tuple[int, str, Any, Kind, int, str]] = [
        (1, "FLOAT", np.float32, Kind.FLOAT, 32, "float_data"),
        (2, "UINT8", np.uint8, Kind.UNSIGNED, 8, "int32_data"),
        (3, "INT8", np.int8, Kind.SIGNED, 8, "int32_data"),
        (4, "UINT16", np.uint16, Kind.UNSIGNED, 16, "int32_data"),
        (5, "INT16", np.int16, Kind.SIGNED, 16, "int32_data"),
        (6, "INT32", np.int32, Kind.SIGNED, 32, "int32_data"),
        (7, "INT64", np.int64, Kind.SIGNED, 64, "int64_data"),
        (8, "STRING", np.object_, Kind.STRING, 0, "string_data"),
        (9, "BOOL", np.bool_, Kind.BOOL, 8, "int32_data"),
        (10, "FLOAT16", np.float16, Kind.FLOAT, 16, "int32_data"),
        (11, "DOUBLE", np.float64, Kind.FLOAT, 64, "double_data"),
        (12, "UINT32", np.uint32, Kind.UNSIGNED, 32, "uint64_data"),
        (13, "UINT64", np.uint64, Kind.UNSIGNED, 64, "uint64_data"),
        (14, "COMPLEX64", np.complex64, Kind.COMPLEX, 64, "float_data"),
        (15, "COMPLEX128", np.complex128, Kind.COMPLEX, 128, "double_data"),
        (16, "BFLOAT16", ml_dtypes.bfloat16, Kind.FLOAT, 16, "int32_data"),
        (17, "FLOAT8E4M3FN", ml_dtypes.float8_e4m3fn, Kind.FLOAT, 8, "int32_data"),
        (18, "FLOAT8E4M3FNUZ", ml_dtypes.float8_e4m3fnuz, Kind.FLOAT, 8, "int32_data"),
        (19, "FLOAT8E5M2", ml_dtypes.float8_e5m2, Kind.FLOAT, 8, "int32_data"),
        (20, "FLOAT8E5M2FNUZ", ml_dtypes.float8_e5m2fnuz, Kind.FLOAT, 8, "int32_data"),
        (21, "UINT4", ml_dtypes.uint4, Kind.UNSIGNED, 4, "int32_data"),
        (22, "INT4", ml_dtypes.int4, Kind.SIGNED, 4, "int32_data"),
        (23, "FLOAT4E2M1", ml_dtypes.float4_e2m1fn, Kind.FLOAT, 4, "int32_data"),
        (24, "FLOAT8E8M0", ml_dtypes.float8_e8m0fnu, Kind.FLOAT, 8, "int32_data"),
        (25, "UINT2", ml_dtypes.uint2, Kind.UNSIGNED, 2, "int32_data"),
        (26, "INT2", ml_dtypes.int2, Kind.SIGNED, 2, "int32_data"),
        (27, "FLOAT6E2M3", ml_dtypes.float6_e2m3fn, Kind.FLOAT, 6, "int32_data"),
        (28, "FLOAT6E3M2", ml_dtypes.float6_e3m2fn, Kind.FLOAT, 6, "int32_data"),
    ]
    return {
        number: ElementType(number, name, np.dtype(dtype), kind, bits, field)
        for number, name, dtype, kind, bits, field in rows
    }


ELEMENT_TYPES = _element_types()
"""All element types, by their number in `TensorProto.DataType`."""


def element_type(number: int, *, where: str) -> ElementType:
    """The element type with a number of `TensorProto.DataType`.

    Raises:
        Error: if the number is 0 (undefined) or unknown.
    """
    found = ELEMENT_TYPES.get(number)
    if found is None:
        problem = "has no element type" if number == 0 else f"has the unknown element type {number}"
        raise Error(
            f"the tensor {problem}",
            where=where,
            hint=f"element types of ONNX have numbers 1 to {max(ELEMENT_TYPES)} (TensorProto.DataType)",
        )
    return found


def element_count(dims: Sequence[int], *, limits: Limits, where: str) -> int:
    """The product of dimensions, which must be a legal shape within `limits`. No dimensions make a scalar: 1.

    Raises:
        Error: for too many, negative or too large dimensions. Those beside a zero count, too: NumPy has no array of
            shape (0, 2^63-1).
    """
    if len(dims) > limits.rank:
        raise limits.exceeded("rank", len(dims), what="the tensor", where=where)
    negative = [size for size in dims if size < 0]
    if negative:
        raise Error(f"the tensor has a negative dimension, {negative[0]}", where=where)
    extent = math.prod(max(size, 1) for size in dims)
    if extent > limits.elements or extent >= 1 << 58:  # 16 bytes each must stay below 2^63, whatever the limits say
        raise limits.exceeded("elements", "x".join(map(str, dims)), what="the tensor", where=where)
    return 0 if 0 in dims else extent


@attrs.frozen
class TensorHeader:
    """What a tensor claims to be, checked for sense."""

    element: ElementType
    shape: tuple[int, ...]
    count: int


def tensor_header(tensor: onnx.TensorProto, *, limits: Limits, where: str) -> TensorHeader:
    """Element type and shape of a tensor, without looking at its data.

    Raises:
        Error: for an unknown type, an illegal shape, a size beyond the limits, or a tensor stored in segments.
    """
    if tensor.HasField("segment"):
        raise Error("the tensor is stored in segments, which are not supported (nor by onnx itself)", where=where)
    element = element_type(tensor.data_type, where=where)
    count = element_count(tensor.dims, limits=limits, where=where)
    size = count * max(element.dtype.itemsize, 1)
    if size > limits.constant_bytes:
        raise limits.exceeded("constant_bytes", size, what="the tensor", where=where)
    return TensorHeader(element, tuple(tensor.dims), count)


class TensorReader:
    """Turns the tensors of one model into arrays.

    Args:
        base: Directory of the external data, or None if there is none.
        limits: Bounds; `limits.constant_bytes` holds for all arrays of this reader together.
        deadline: The clock of the reading; by default it starts now.

    All arrays are read-only. Arrays over raw data and external files share memory with it where byte order, alignment
    and packing allow.
    """

    def __init__(
        self, base: Path | None = None, *, limits: Limits | None = None, deadline: Deadline | None = None
    ) -> None:
        self._limits = Limits() if limits is None else limits
        self._deadline = self._limits.start() if deadline is None else deadline
        self._files = ExternalFiles(base, limits=self._limits, deadline=self._deadline)
        self._total_bytes = 0

    def read(self, tensor: onnx.TensorProto, *, where: str | None = None) -> Array:
        """The array of a tensor: strings as `str` objects, small types by ml_dtypes.

        Raises:
            Error: if type, dimensions and data do not fit each other exactly, or a limit is exceeded. `where` names the
                place; by default it is the tensor's name.
        """
        where = where or _place(tensor)
        self._deadline.check("reading the tensors", where=where)
        header = tensor_header(tensor, limits=self._limits, where=where)
        self._spend(header.count * header.element.dtype.itemsize, where=where)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            flat = self._from_file(tensor, header, where=where)
        else:
            flat = _from_proto(tensor, header, where=where)
        return _read_only(flat.reshape(header.shape))

    def read_sparse(self, sparse: onnx.SparseTensorProto, *, where: str | None = None) -> Array:
        """The dense array of a sparse tensor (coordinate format); elements not listed are zero, or empty strings.

        Raises:
            Error: as `read`, and if indices are outside the shape, out of order or there twice.
        """
        where = where or _place(sparse.values)
        values = self.read(sparse.values, where=f"{where}, values")
        if values.ndim != 1:
            raise Error(f"the values of a sparse tensor form a list, but these have shape {values.shape}", where=where)
        if not len(sparse.dims):
            raise Error("a sparse tensor needs at least one dimension", where=where)
        count = element_count(sparse.dims, limits=self._limits, where=where)
        self._spend(count * values.dtype.itemsize, where=where)
        indices = self._linear_indices(sparse, len(values), count, where=where)
        dense = np.full(count, "", dtype=object) if values.dtype == object else np.zeros(count, values.dtype)
        dense[indices] = values
        return _read_only(dense.reshape(tuple(sparse.dims)))

    def _linear_indices(
        self, sparse: onnx.SparseTensorProto, nonzeros: int, count: int, *, where: str
    ) -> NDArray[np.int64]:
        """Positions of the values in the flattened dense tensor, strictly ascending."""
        if sparse.indices.data_type != onnx.TensorProto.INT64:
            raise Error("the indices of a sparse tensor must be of type INT64", where=where)
        indices: NDArray[np.int64] = self.read(sparse.indices, where=f"{where}, indices")
        dims = tuple(sparse.dims)
        if indices.shape not in ((nonzeros,), (nonzeros, len(dims))):
            raise Error(
                f"the indices of the sparse tensor have shape {indices.shape}",
                where=where,
                hint=f"legal for {nonzeros} values: ({nonzeros},) linear or ({nonzeros}, {len(dims)}) by dimension",
            )
        bounds = np.array((count,) if indices.ndim == 1 else dims, np.int64)
        wrong = np.argwhere((indices < 0) | (indices >= bounds))
        if len(wrong):
            raise Error(f"index {indices[tuple(wrong[0])]} is outside the sparse tensor of shape {dims}", where=where)
        if indices.ndim == 2:
            strides = np.array([math.prod(dims[axis + 1 :]) for axis in range(len(dims))], np.int64)
            indices = indices @ strides
        if nonzeros > 1 and not np.all(indices[1:] > indices[:-1]):
            raise Error("the indices of the sparse tensor are not in ascending order, or one occurs twice", where=where)
        return indices

    def _from_file(self, tensor: onnx.TensorProto, header: TensorHeader, *, where: str) -> Array:
        present = _field_sizes(tensor, tensor.raw_data)
        if present:
            raise Error(
                f"the tensor's data is in an external file, but it also has {' and '.join(present)}", where=where
            )
        if header.element.kind is Kind.STRING:
            raise Error("strings cannot be stored in an external file", where=where)
        reference = ExternalReference.parse(tensor.external_data, where=where)
        packed = self._files.read(reference, header.element.packed_bytes(header.count), where=where)
        return _unpack(packed, header, where=where)

    def _spend(self, size: int, *, where: str) -> None:
        self._total_bytes += size
        if self._total_bytes > self._limits.constant_bytes:
            raise self._limits.exceeded("constant_bytes", self._total_bytes, what="the model", where=where)


def _place(tensor: onnx.TensorProto) -> str:
    return f"tensor {quoted(tensor.name)}" if tensor.name else "a tensor without name"


def _read_only(array: Array) -> Array:
    array.setflags(write=False)
    return array


def _field_sizes(tensor: onnx.TensorProto, raw: bytes) -> dict[str, int]:
    """Lengths of the data fields that hold anything. Writers of proto3 cannot tell an empty field from none.

    `raw` is `tensor.raw_data`, which protobuf copies each time it is asked for.
    """
    sizes = {
        "raw_data": len(raw),
        "float_data": len(tensor.float_data),
        "int32_data": len(tensor.int32_data),
        "string_data": len(tensor.string_data),
        "int64_data": len(tensor.int64_data),
        "double_data": len(tensor.double_data),
        "uint64_data": len(tensor.uint64_data),
    }
    return {field: size for field, size in sizes.items() if size}


def _from_proto(tensor: onnx.TensorProto, header: TensorHeader, *, where: str) -> Array:
    """The elements of a tensor that holds its own data, flat."""
    if len(tensor.external_data):
        raise Error("the tensor names external data, but its data_location is not EXTERNAL", where=where)
    element, raw = header.element, tensor.raw_data
    present = _field_sizes(tensor, raw)
    if len(present) > 1:
        raise Error(f"the tensor has two forms of data at once: {' and '.join(present)}", where=where)
    field = next(iter(present), element.field)
    if field == "raw_data" and element.kind is not Kind.STRING:
        expected = element.packed_bytes(header.count)
        _check_length(len(raw), expected, "bytes in raw_data", header, where=where)
        return _unpack(np.frombuffer(raw, np.uint8), header, where=where)
    if field != element.field:
        raise Error(f"the tensor has type {element.name}, but its data is in {field}, not {element.field}", where=where)
    _check_length(present.get(field, 0), element.field_items(header.count), f"items in {field}", header, where=where)
    return _from_typed_field(tensor, header, where=where)


def _check_length(actual: int, expected: int, what: str, header: TensorHeader, *, where: str) -> None:
    if actual != expected:
        shape = "x".join(map(str, header.shape)) or "scalar"
        raise Error(
            f"the tensor ({header.element.name}, {shape}) needs {expected} {what}, but has {actual}",
            where=where,
            hint="the file is damaged or was written by a faulty tool",
        )


def _from_typed_field(tensor: onnx.TensorProto, header: TensorHeader, *, where: str) -> Array:
    """The elements out of `float_data` and its like; their number has been checked."""
    element = header.element
    if element.kind is Kind.STRING:
        return _strings(tensor.string_data, where=where)
    if element.field == "float_data":
        return np.asarray(tensor.float_data, np.float32).view(element.dtype)
    if element.field == "double_data":
        return np.asarray(tensor.double_data, np.float64).view(element.dtype)
    if element.field == "int64_data":
        return np.asarray(tensor.int64_data, np.int64)
    if element.field == "uint64_data":
        wide = np.asarray(tensor.uint64_data, np.uint64)
        if element.bits < 64:
            _check_range(wide, 0, (1 << element.bits) - 1, element, where=where)
        return wide.astype(element.dtype)
    return _from_int32(np.asarray(tensor.int32_data, np.int32), header, where=where)


def _strings(items: Sequence[bytes], *, where: str) -> Array:
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        try:
            array[index] = item.decode()
        except UnicodeDecodeError:
            raise Error(f"string {index} of the tensor is not UTF-8: {item[:40]!r}", where=where) from None
    return array


def _from_int32(items: NDArray[np.int32], header: TensorHeader, *, where: str) -> Array:
    """Elements of up to 32 bits out of `int32_data`: integers by value, floats by their bits, small types packed."""
    element = header.element
    if element.bits == 32:
        return items
    if element.bits in (2, 4):
        _check_range(items, 0, 0xFF, element, where=where)
        return _unpack(items.astype(np.uint8), header, where=where)
    if element.kind is Kind.SIGNED:
        _check_range(items, -(1 << element.bits - 1), (1 << element.bits - 1) - 1, element, where=where)
        return items.astype(element.dtype)
    bits = 1 if element.kind is Kind.BOOL else element.bits
    _check_range(items, 0, (1 << bits) - 1, element, where=where)
    return items.astype(np.uint16 if element.bits == 16 else np.uint8).view(element.dtype)


def _check_range(items: Array, low: int, high: int, element: ElementType, *, where: str) -> None:
    wrong = np.flatnonzero((items < low) | (items > high))
    if len(wrong):
        raise Error(
            f"item {wrong[0]} of {element.field}, {items[wrong[0]]}, is no {element.name} (legal: {low} to {high})",
            where=where,
        )


def _unpack(packed: NDArray[np.uint8], header: TensorHeader, *, where: str) -> Array:
    """The elements, flat, out of little-endian packed bytes of exactly the right number."""
    element, count = header.element, header.count
    if element.bits == 6:
        return _unpack_six_bits(packed, count).view(element.dtype)
    if element.bits < 8:
        return _unpack_small(packed, element.bits, count).view(element.dtype)
    if element.kind is Kind.BOOL and count and int(packed.max()) > 1:
        raise Error("the tensor has type BOOL, but a byte of its data is neither 0 nor 1", where=where)
    if sys.byteorder == "big":
        packed = _swap_bytes(packed, element)
    array = packed.view(element.dtype)
    return array if array.flags.aligned else array.copy()


def _swap_bytes(packed: NDArray[np.uint8], element: ElementType) -> NDArray[np.uint8]:
    """Reverses the bytes of every number (a complex element is two numbers)."""
    width = element.dtype.itemsize // (2 if element.kind is Kind.COMPLEX else 1)
    return np.ascontiguousarray(packed.reshape(-1, width)[:, ::-1]).reshape(-1)


def _unpack_small(packed: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.uint8]:
    """Elements of 2 or 4 bits, the first in the lowest bits of a byte; one byte each."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return ((packed[:, None] >> shifts) & np.uint8((1 << bits) - 1)).reshape(-1)[:count]


def _unpack_six_bits(packed: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Elements of 6 bits: a stream of bits, lowest first, four elements in three bytes; one byte each."""
    padded = np.zeros(-(-count // 4) * 3, np.uint8)
    padded[: len(packed)] = packed
    first, second, third = padded.reshape(-1, 3).T
    elements = np.empty((len(first), 4), np.uint8)
    elements[:, 0] = first & 0x3F
    elements[:, 1] = first >> 6 | (second & 0x0F) << 2
    elements[:, 2] = second >> 4 | (third & 0x03) << 4
    elements[:, 3] = third >> 2
    return elements.reshape(-1)[:count]
