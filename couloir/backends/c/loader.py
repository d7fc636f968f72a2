"""Loading a compiled library and calling it on NumPy arrays.

The convention of every function that the C backend makes:

    int32_t f(const void *const *inputs, void *const *outputs, const void *weights, void *workspace);

It reads the inputs and the weights, writes the outputs and the workspace, keeps no pointer, and returns 0, or another
number if it fails: the number of the assertion that does not hold. Every buffer is dense, row-major, in native byte order and
aligned to `ALIGNMENT` bytes; an output overlaps no other buffer.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import DTypeLike, NDArray

from couloir.ir.errors import Error

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector (AVX-512)."""

Array = NDArray[Any]


def aligned_empty(shape: Sequence[int], dtype: DTypeLike, *, alignment: int = ALIGNMENT) -> Array:
    """A new row-major array with undefined content whose data begins at a multiple of `alignment` bytes.

    Raises:
        Error: A dimension is negative, the alignment is no power of two, the dtype holds Python objects, or there is
            not so much memory.
    """
    element = np.dtype(dtype)
    if any(size < 0 for size in shape):
        raise Error(f"a dimension of {tuple(shape)} is negative")
    if alignment < 1 or alignment & (alignment - 1):
        raise Error(f"the alignment {alignment} is no power of two")
    if element.hasobject:
        raise Error(f"dtype {element} holds Python objects, not numbers")
    size = math.prod(shape) * element.itemsize
    try:
        raw = np.empty(size + alignment, np.uint8)
    except (MemoryError, ValueError) as error:  # ValueError: more than an array can index
        raise Error(f"there is no memory for an array of {size} bytes") from error
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(element).reshape(tuple(shape))


def aligned_copy(array: Array, *, alignment: int = ALIGNMENT) -> Array:
    """A row-major copy of `array` whose data begins at a multiple of `alignment` bytes."""
    copy = aligned_empty(array.shape, array.dtype, alignment=alignment)
    copy[...] = array
    return copy


@frozen
class Buffer:
    """An array that a function takes or gives: its name (for messages), element type and shape."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def empty(self) -> Array:
        """A new array of this kind, aligned, with undefined content."""
        return aligned_empty(self.shape, self.dtype)

    def check(self, array: Array) -> None:
        """Raise an `Error` unless `array` has this shape and element type."""
        if not isinstance(array, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not checked
            raise Error(
                f"this is of type `{type(array).__name__}`, not a NumPy array", where=self.name, hint=f"pass {self}"
            )
        if array.shape != self.shape:
            raise Error(f"the array has shape {array.shape}", where=self.name, hint=f"pass {self}")
        if array.dtype != self.dtype:
            raise Error(f"the array has dtype {array.dtype}", where=self.name, hint=f"pass {self}")

    def check_layout(self, array: Array, *, written: bool = False) -> None:
        """Raise an `Error` unless `array` can be handed over in place: row-major, aligned, writable if `written`."""
        if not array.flags.c_contiguous:
            raise Error("the array is not dense and row-major", where=self.name, hint="pass `aligned_copy(array)`")
        if not _is_aligned(array):
            raise Error(
                f"the array does not begin at a multiple of {ALIGNMENT} bytes",
                where=self.name,
                hint="allocate it with `aligned_empty`, or pass `aligned_copy(array)`",
            )
        if written and not array.flags.writeable:
            raise Error("the array is read-only", where=self.name, hint="pass an array that can be written to")

    def __str__(self) -> str:
        return f"an array of shape {self.shape} and dtype {self.dtype}"


def _is_aligned(array: Array) -> bool:
    return array.size == 0 or array.ctypes.data % ALIGNMENT == 0


class Library:
    """A shared library, loaded; it stays so until the process ends.

    Loading runs its code: load only what this user has built.

    Raises:
        Error: There is no such file, or it cannot be loaded here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()  # a bare name would be looked for in the system's directories
        if not self.path.is_file():
            raise Error("there is no such library", where=str(path))
        try:
            self._handle = ctypes.CDLL(str(self.path))
        except OSError as error:
            raise Error(
                f"the library cannot be loaded: {error}", where=str(path), hint="compile it again, on this machine"
            ) from error

    def function(
        self,
        symbol: str,
        *,
        inputs: Sequence[Buffer],
        outputs: Sequence[Buffer],
        weights: Array | None = None,
        workspace_bytes: int = 0,
        assertions: Sequence[str] = (),
    ) -> Function:
        """The function `symbol`, which must follow the convention of this module.

        Args:
            symbol: Its name in C.
            inputs: What it reads, in order.
            outputs: What it writes, in order.
            weights: Its constants, one dense array aligned to `ALIGNMENT`; may be a read-only memory map.
            workspace_bytes: Size of the scratch memory that it needs.
            assertions: What does not hold when it returns 1, 2, ...

        Raises:
            Error: The library has no such function, the weights are not dense or not aligned, or the size is negative.
        """
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", symbol):
            raise Error(f"{symbol!r} is not a name of a C function", where=str(self.path))
        try:
            pointer = self._handle[symbol]
        except AttributeError as error:
            raise Error(f"the library has no function `{symbol}`", where=str(self.path)) from error
        if workspace_bytes < 0:
            raise Error(f"the size of the workspace, {workspace_bytes}, is negative", where=symbol)
        if weights is not None:
            Buffer("weights", weights.dtype, weights.shape).check_layout(weights)
        pointer.argtypes = [ctypes.POINTER(ctypes.c_void_p)] * 2 + [ctypes.c_void_p] * 2
        pointer.restype = ctypes.c_int32
        return Function(
            self, symbol, tuple(inputs), tuple(outputs), weights, workspace_bytes, tuple(assertions), pointer
        )


class Function:
    """A function of a loaded library, called on NumPy arrays. Made by `Library.function`.

    Safe to call from several threads at once: each running call has a workspace of its own.
    """

    def __init__(
        self,
        library: Library,
        symbol: str,
        inputs: tuple[Buffer, ...],
        outputs: tuple[Buffer, ...],
        weights: Array | None,
        workspace_bytes: int,
        assertions: tuple[str, ...],
        pointer: Any,
    ) -> None:
        self.origin = library
        self.symbol = symbol
        self.inputs = inputs
        self.outputs = outputs
        self.weights = weights
        self.workspace_bytes = workspace_bytes
        self.assertions = assertions
        self._pointer = pointer
        self._free_workspaces: list[Array] = []

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Run on `arrays`, one for each input; new arrays are returned, one for each output.

        An array that is not row-major or not aligned is copied first.

        Raises:
            Error: The number, the shape or the dtype of the arrays is wrong, or the function fails.
        """
        self._check_count("inputs", arrays, self.inputs)
        ready: list[Array] = []
        for buffer, array in zip(self.inputs, arrays, strict=True):
            buffer.check(array)
            ready.append(array if array.flags.c_contiguous and _is_aligned(array) else aligned_copy(array))
        results = tuple(buffer.empty() for buffer in self.outputs)
        self._run(ready, results)
        return results

    def call_into(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> None:
        """Run on `inputs` and write into `outputs`, in place: nothing is copied or allocated.

        Raises:
            Error: The number, the shape, the dtype, the layout or the alignment of an array is wrong, an output is
                read-only or overlaps another array, or the function fails.
        """
        self._check_count("inputs", inputs, self.inputs)
        self._check_count("outputs", outputs, self.outputs)
        for buffer, array in zip(self.inputs, inputs, strict=True):
            buffer.check(array)
            buffer.check_layout(array)
        for buffer, array in zip(self.outputs, outputs, strict=True):
            buffer.check(array)
            buffer.check_layout(array, written=True)
        self._check_overlaps(inputs, outputs)
        self._run(inputs, outputs)

    def _check_count(self, what: str, arrays: Sequence[Array], buffers: Sequence[Buffer]) -> None:
        if len(arrays) != len(buffers):
            raise Error(
                f"{len(arrays)} {what} were given, {len(buffers)} are needed",
                where=self.symbol,
                notes=[f"{buffer.name}: {buffer}" for buffer in buffers],
            )

    def _check_overlaps(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> None:
        spans = [(array, buffer.name, False) for array, buffer in zip(inputs, self.inputs, strict=True)]
        spans += [(array, buffer.name, True) for array, buffer in zip(outputs, self.outputs, strict=True)]
        if self.weights is not None:
            spans.append((self.weights, "weights", False))
        for index, (array, name, written) in enumerate(spans):
            for other, other_name, other_written in spans[:index]:
                if (written or other_written) and np.may_share_memory(array, other):
                    raise Error(
                        f"`{name}` and `{other_name}` overlap in memory",
                        where=self.symbol,
                        hint="an output needs memory of its own",
                    )

    def _run(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> None:
        try:
            workspace = self._free_workspaces.pop()
        except IndexError:  # the first call, or another thread is in the function
            workspace = aligned_empty((self.workspace_bytes,), np.uint8)
        try:
            status = self._pointer(
                _addresses(inputs),
                _addresses(outputs),
                None if self.weights is None else self.weights.ctypes.data,
                workspace.ctypes.data,
            )
        finally:
            self._free_workspaces.append(workspace)
        if 0 < status <= len(self.assertions):
            raise Error(f"the program stops: {self.assertions[status - 1]}", where=self.symbol)
        if status != 0:
            raise Error(f"`{self.symbol}` failed with status {status}", where=str(self.origin.path))


def _addresses(arrays: Sequence[Array]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
