"""The arguments of a function: checked against its type, brought into the domain, and buffers for its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, kind
from couloir.dialects.func import FuncOp
from couloir.ir.attribute import Type
from couloir.ir.attributes import IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    MemRefType,
    ShapedType,
    UnrankedMemRefType,
    UnrankedTensorType,
    dtype_of,
)

#: Attribute of a function of buffers: how many of its arguments are inputs. The rest are outputs.
INPUT_COUNT: Final = "couloir.inputs"


def argument_values(function: FuncOp, arrays: Sequence[Any], xp: ArrayNamespace) -> list[Any]:
    """The arrays as values of the domain.

    Raises:
        Error: naming every argument that does not fit: what was given, and what is wanted.
    """
    wanted = function.function_type.inputs[: _input_count(function)]
    if len(arrays) != len(wanted):
        raise Error(
            f"@{function.sym_name} takes {_counted(len(wanted))}, {len(arrays)} were given",
            hint="it takes: " + ", ".join(map(str, wanted)) if wanted else None,
        )
    values: list[Any] = []
    faults: list[str] = []
    for number, (array, type) in enumerate(zip(arrays, wanted, strict=True)):
        value = array if _is_opaque(type) else as_array(array, f"argument {number} of @{function.sym_name}")
        fault = None if _is_opaque(type) else _fault(value, type, xp)
        if fault:
            hint = function.arguments[number].name_hint
            faults.append(f"argument {number}{f' ({hint})' if hint else ''} is {fault}")
        else:
            values.append(value if _is_opaque(type) else in_domain(value, xp))
    if faults:
        raise Error(
            f"the arguments of @{function.sym_name} do not fit: {faults[0]}" + _more(len(faults) - 1),
            notes=faults[1:],
            hint="convert them first: `array.astype(dtype)`, `array.reshape(shape)`",
        )
    return values


def as_array(value: Any, what: str) -> Array:
    """An array of what somebody gave: an array, or what NumPy makes one of."""
    try:
        return np.asarray(value)
    except (RuntimeError, TypeError, ValueError) as error:
        raise Error(f"{what} is a {type(value).__name__} that is no array: {error}") from error


def own(results: Sequence[Any], arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The results, with copies of arrays that cannot be written to, or share memory with what was given or with each other."""
    seen: list[Array] = [cast(Array, array) for array in arrays if isinstance(array, np.ndarray)]
    found: list[Any] = []
    for value in results:
        if isinstance(value, np.ndarray):
            array = cast(Array, value)
            if not array.flags.writeable or any(np.may_share_memory(array, other) for other in seen):
                value = array = _copy(array)
            seen.append(array)
        found.append(value)
    return tuple(found)


def _copy(array: Array) -> Array:
    try:
        return array.copy()
    except MemoryError as error:  # a constant that is one number, broadcast
        raise Error(f"there is no memory for a result: {array.dtype}{list(array.shape)}") from error


def new_outputs(function: FuncOp, xp: ArrayNamespace) -> list[Array]:
    """Fresh buffers for the outputs of a function of buffers; none for other functions."""
    outputs = function.function_type.inputs[_input_count(function) :]
    return [new_buffer(xp, type, type.shape) for type in outputs if isinstance(type, MemRefType)]


def new_buffer(xp: ArrayNamespace, type: ShapedType, shape: Sequence[int]) -> Array:
    """A buffer of undefined elements: NaN where there is one, so that reading them shows."""
    dtype = xp.carrier(dtype_of(type.element_type))
    buffer = np.zeros(shape, dtype)
    if kind(dtype) in ("float", "complex"):
        buffer.fill(np.nan)
    return buffer


def _input_count(function: FuncOp) -> int:
    stored = function.attributes.get(INPUT_COUNT)
    count = len(function.function_type.inputs)
    if stored is None:
        return count
    if not isinstance(stored, IntegerAttr) or not 0 <= stored.value <= count:
        raise Error(f"`{INPUT_COUNT}` of @{function.sym_name} is a number from 0 to {count}, not `{stored}`")
    return stored.value


def _is_opaque(type: Type) -> bool:
    """Whether values of the type are no arrays of a dtype: sequences, strings and optionals of ONNX."""
    if isinstance(type, ShapedType | UnrankedTensorType | UnrankedMemRefType):
        type = type.element_type
    return not isinstance(type, IntegerType | FloatType | IndexType | ComplexType)


def _fault(value: Array, type: Type, xp: ArrayNamespace) -> str | None:
    """What is wrong with an argument: what it is, and what was wanted."""
    given = f"{value.dtype}{list(value.shape)}"
    shaped = isinstance(type, ShapedType | UnrankedTensorType | UnrankedMemRefType)
    dtype = dtype_of(type.element_type if shaped else type)
    dims = type.dims if isinstance(type, ShapedType) else None if shaped else ()
    sizes = "[...]" if dims is None else str(["?" if size is None else size for size in dims]).replace("'", "")
    if value.dtype != dtype and value.dtype != xp.carrier(dtype):
        return f"{given}, not {dtype}{sizes}"
    if dims is not None and (
        value.ndim != len(dims) or any(d is not None and d != s for d, s in zip(dims, value.shape, strict=True))
    ):
        return f"{given}, not {dtype}{sizes}"
    return None


def in_domain(value: Any, xp: ArrayNamespace) -> Any:
    """A number or array as an array of the domain; what is there already, and values that are no arrays, as they are."""
    if not isinstance(value, np.ndarray | np.generic | int | float):
        return value
    array = np.asarray(cast(Any, value))
    return array if kind(array.dtype) == "other" else xp.array(array)


def _counted(count: int) -> str:
    return f"{count} argument{'' if count == 1 else 's'}"


def _more(count: int) -> str:
    return f" (and {count} more)" if count else ""
