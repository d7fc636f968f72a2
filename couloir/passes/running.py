"""Functions as something to run: which there are, on what inputs, and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

import numpy as np

from couloir.backends.numpy.arguments import INPUT_COUNT
from couloir.backends.numpy.element_types import Array, DType, integer_range, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.plan import Plan
from couloir.dialects.func import FuncOp
from couloir.dialects.hlo.random import Rng
from couloir.ir.errors import Error
from couloir.ir.symbols import lookup, references
from couloir.ir.types import (
    ComplexType,
    FloatType,
    FunctionType,
    IndexType,
    IntegerType,
    MemRefType,
    TensorType,
    dtype_of,
)

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.operation import Operation

InputKind: TypeAlias = Literal["normal", "whole"]
"""`normal`: floats from N(0, 1). `whole`: small whole numbers, on which sums and products are exact."""

KINDS: Final[tuple[InputKind, ...]] = ("normal", "whole")
SIGNATURE: Final = "couloir.signature"
"""Attribute of a function of buffers: the type that it had as a function of tensors."""
DYNAMIC_SIZE: Final = 3
"""What an unknown dimension is taken to be, where nobody says."""
_DIVISIONS: Final = ("div", "rem", "mod")
"""Parts of the names of ops that divide."""


def public_functions(module: Operation) -> list[FuncOp]:
    """The functions of a module that are not private and have a body; the function itself when it is one."""
    ops = [module] if isinstance(module, FuncOp) else [op for region in module.regions for op in region.ops]
    return [op for op in ops if isinstance(op, FuncOp) and not op.is_private and not op.is_declaration]


def signature(function: FuncOp) -> FunctionType:
    """The type of a function; of one of buffers or of pairs of real numbers, that which it had before."""
    stored, type = function.attributes.get(SIGNATURE), function.function_type
    if not isinstance(stored, FunctionType):
        return type
    same = len(stored.inputs) == len(type.inputs) and len(stored.results) == len(type.results)
    return stored if same or INPUT_COUNT in function.attributes else type


def incomparable(function: FuncOp) -> str | None:
    """Why the results of two runs cannot be compared: a function, or what it calls, has ops without a meaning, or such that
    give something else each time.
    """
    try:
        Plan(function, runs_root=False)
    except Error as error:
        return error.message
    if any(isinstance(op, Rng) for op in _with_callees(function)):
        return f"`{Rng.name}` gives other numbers in each run"
    return None


def outcome(function: FuncOp, arrays: Sequence[Any], *, max_runs: int | None = None) -> tuple[Array, ...]:
    """The results of a function, and what it leaves in the buffers that it was given. The arrays given stay as they are.

    Raises:
        Error: when it cannot be run, when it gives something else than arrays, and when `max_runs` is reached.
    """
    given = carried_inputs(function, [np.array(array) for array in arrays])
    results: list[Any] = list(evaluate(function, *given, max_runs=max_runs))
    if INPUT_COUNT not in function.attributes:
        results += [a for a, t in zip(given, function.function_type.inputs, strict=True) if isinstance(t, MemRefType)]
    if not all(isinstance(result, np.ndarray | np.generic) for result in results):
        raise Error("it gives results that are no arrays")
    found = list(map(np.array, results))  # copies: results may share memory with constants and inputs
    meant = signature(function)
    if meant is not function.function_type:
        found = [*map(_carried, found, meant.results), *found[len(meant.results) :]]
    return tuple(found)


def carried_inputs(function: FuncOp, arrays: Sequence[Any]) -> list[Any]:
    """Inputs of the types of `signature`, as the function takes them now: integers without a sign, pairs of real numbers."""
    types = function.function_type.inputs
    return [*map(_carried, arrays, types), *arrays[len(types) :]]


def _carried(array: Any, type: Type) -> Any:
    """An array as one of another type that holds the same bits; others as they are."""
    if not isinstance(type, TensorType | MemRefType) or not isinstance(array, np.ndarray):
        return array
    dtype: Any = dtype_of(type.element_type)
    given: Any = cast("Array", array)
    old, new = kind(given.dtype), kind(dtype)
    if {old, new} == {"signed", "unsigned"} and given.dtype.itemsize == dtype.itemsize:
        return given.astype(np.int64).astype(dtype)  # by way of the one that all know
    if (old, new) == ("complex", "float") and given.dtype.itemsize == 2 * dtype.itemsize:
        return np.stack([given.real, given.imag], axis=-1)
    if (old, new) == ("float", "complex") and dtype.itemsize == 2 * given.dtype.itemsize and given.shape[-1:] == (2,):
        joined = np.empty(given.shape[:-1], dtype)
        joined.real, joined.imag = given[..., 0], given[..., 1]
        return joined
    return given


def random_inputs(
    function: FuncOp, types: Sequence[Type] | None = None, *, seed: int = 0, kind: InputKind = "normal"
) -> list[Array]:
    """Inputs for a function, from its type. Unknown dimensions are 3.

    Integers are such that what the function computes is defined: from -4 to 4, or from 0 to 2 in a function of ONNX
    operators, where they are mostly indices and labels; without 0 when the function divides integers.

    Args:
        function: The function.
        types: Of the inputs, when they are known better than from the function.
        seed: The same seed gives the same inputs.
        kind: What the floats are.

    Raises:
        Error: for arguments that are neither tensors or buffers of numbers nor numbers, and for those too large for memory.
    """
    integers = _integers_for(function, kind)
    generator = np.random.default_rng(seed)
    wanted = signature(function).inputs if types is None else types
    arrays: list[Array] = []
    for number, type in enumerate(wanted):
        try:
            arrays.append(_random(generator, type, number, kind, integers))
        except (MemoryError, ValueError, OverflowError) as error:  # the last two: more than an array can have
            raise Error(f"argument {number} is a `{type}`: there is no memory for such an array") from error
    return arrays


def _integers_for(function: FuncOp, wanted: InputKind) -> Sequence[int]:
    """The integers that inputs are drawn from."""
    onnx = divides = False
    for op in _with_callees(function):
        dialect, _, name = op.name.partition(".")
        onnx = onnx or dialect == "onnx"
        if any(part in name.lower() for part in _DIVISIONS):
            divides = divides or any(_is_integer(value.type) for value in op.operands)
    numbers = range(3) if onnx else range(-4, 5) if wanted == "normal" else range(3)
    return [number for number in numbers if number or not divides]


def _with_callees(function: FuncOp) -> list[Operation]:
    """The ops of a function and of what it refers to."""
    found: list[Operation] = []
    seen: set[Operation] = {function}
    todo: list[Operation] = [function]
    while todo:
        for op in todo.pop().walk():
            found.append(op)
            for attribute in op.attributes.values():
                for reference in references(attribute):
                    target = lookup(op, reference)
                    if target is not None and target not in seen:
                        seen.add(target)
                        todo.append(target)
    return found


def _is_integer(type: Type) -> bool:
    return isinstance(getattr(type, "element_type", type), IntegerType | IndexType)


def _random(
    generator: np.random.Generator, type: Type, number: int, wanted: InputKind, integers: Sequence[int]
) -> Array:
    element: Type = type
    shape: tuple[int, ...] = ()
    if isinstance(type, TensorType | MemRefType):
        element = type.element_type
        shape = tuple(DYNAMIC_SIZE if size is None else size for size in type.dims)
    if not isinstance(element, IntegerType | FloatType | IndexType | ComplexType):
        raise Error(f"argument {number} is a `{type}`, for which no inputs are made up", hint="give inputs")
    dtype = dtype_of(element)
    if kind(dtype) == "float":
        values = generator.standard_normal(shape) if wanted == "normal" else generator.integers(-3, 4, shape)
        return np.asarray(values, np.float64).astype(dtype)
    if kind(dtype) == "complex":
        parts = generator.standard_normal((*shape, 2)) if wanted == "normal" else generator.integers(-3, 4, (*shape, 2))
        return np.asarray(parts[..., 0] + 1j * parts[..., 1]).astype(dtype)
    return np.asarray(generator.choice(_representable(integers, dtype), shape)).astype(dtype)


def _representable(integers: Sequence[int], dtype: DType) -> list[int]:
    low, high = (0, 1) if kind(dtype) == "bool" else integer_range(dtype)
    found = [number for number in integers if low <= number <= high]
    return [0, 1] if kind(dtype) == "bool" else found
