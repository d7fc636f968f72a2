"""Small modules for tests: a function from the types of its arguments and what computes its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from couloir.dialects import func
from couloir.dialects.builtin import ModuleOp
from couloir.ir.builder import at_end
from couloir.ir.operation import Operation, Value
from couloir.ir.types import FunctionType, TensorType, Type, type_of_dtype
from couloir.ir.verify import verify


def tensor_type(array: Any) -> TensorType:
    """The type of a tensor with the shape and element type of an array."""
    return TensorType(array.shape, type_of_dtype(array.dtype))


def program(inputs: Sequence[Any], body: Callable[..., Any]) -> ModuleOp:
    """A verified module with `@main`.

    Args:
        inputs: Types, or arrays whose types are meant.
        body: From the arguments to the results: values, or ops with results.
    """
    types = [item if isinstance(item, Type) else tensor_type(item) for item in inputs]
    function = func.FuncOp.build("main", types)
    with at_end(function.entry):
        made = body(*function.entry.arguments)
        results: list[Value[Any]] = []
        for item in made if isinstance(made, list | tuple) else [made]:
            results.extend(item.results if isinstance(item, Operation) else [item])
        func.Return(results)
    function.function_type = FunctionType(types, [value.type for value in results])
    module = ModuleOp.empty([function])
    verify(module)
    return module


def numbers(shape: Sequence[int], dtype: Any, seed: int = 0) -> Any:
    """Small whole numbers, on which the sums and products of floats are exact."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return np.asarray(rng.integers(0, 2, shape)).astype(bool)
    if dtype.kind == "c":
        return np.asarray(rng.integers(-4, 5, shape) + 1j * rng.integers(-4, 5, shape)).astype(dtype)
    return np.asarray(rng.integers(0 if dtype.kind == "u" else -4, 5, shape)).astype(dtype)
