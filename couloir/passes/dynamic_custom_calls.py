"""The static ops that custom calls with open sizes become: see `couloir.dialects.hlo.open_sizes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from couloir.dialects import chlo, func, hlo
from couloir.dialects.hlo.attributes import RngAlgorithm
from couloir.dialects.hlo.open_sizes import DYNAMIC_REDUCE_WINDOW, DYNAMIC_RNG_BIT_GENERATOR, DYNAMIC_TOP_K
from couloir.ir.attributes import ArrayAttr, SymbolRefAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.symbols import lookup
from couloir.ir.types import TensorType


def static_custom_call(op: hlo.CustomCall, numbers: Sequence[Any]) -> Operation | None:
    """What takes the place of a custom call, made at the place where ops are made; None for any other target.

    Args:
        op: The call.
        numbers: The elements of each operand, None for those that are known only when the program runs.

    Raises:
        Error: It is malformed, or its sizes are not known.
    """
    make = _TARGETS.get(op.call_target_name)
    return None if make is None else make(op, numbers)


def _known(op: hlo.CustomCall, numbers: Sequence[Any], count: int) -> list[np.ndarray[Any, Any]]:
    """The last operands, which hold sizes."""
    found = list(numbers[len(numbers) - count :])
    if len(numbers) <= count or any(item is None for item in found):
        raise Error(f"the sizes of `custom_call @{op.call_target_name}` cannot be computed")
    return found


def _reduce_window(op: hlo.CustomCall, numbers: Sequence[Any]) -> Operation:
    dimensions, strides, base, window, padding = _known(op, numbers, 5)
    operands = cast("list[Value[TensorType]]", list(op.inputs[:-5]))
    half = len(operands) // 2
    called = op.called_computations
    name = called[0] if isinstance(called, ArrayAttr) and len(called) == 1 else None
    body = lookup(op, name) if isinstance(name, SymbolRefAttr) else None
    if not isinstance(body, func.FuncOp) or body.is_declaration or len(operands) != 2 * half:
        raise Error(f"`custom_call @{op.call_target_name}` names no function with a body that combines elements")

    def combine(*scalars: Any) -> list[Any]:
        values: dict[Value[Any], Value[Any]] = dict(zip(body.entry.arguments, scalars, strict=True))
        block = scalars[0].owner
        for inner in body.entry.ops:
            if isinstance(inner, func.Return):
                return [values.get(value, value) for value in inner.operands]
            block.append(inner.clone(values))
        raise Error(f"@{body.sym_name} returns nothing")

    return hlo.reduce_window(
        operands[:half],
        operands[half:],
        combine,
        window_dimensions=_ints(dimensions),
        window_strides=_ints(strides),
        base_dilations=_ints(base),
        window_dilations=_ints(window),
        padding=[(int(low), int(high)) for low, high in padding],
    )


def _rng_bit_generator(op: hlo.CustomCall, numbers: Sequence[Any]) -> Operation:
    (shape,) = _known(op, numbers, 1)
    stored = op.attributes.get("rng_algorithm")
    algorithm = getattr(stored, "member", RngAlgorithm.DEFAULT)
    state, bits = (result.type for result in op.results)
    assert isinstance(bits, TensorType), "the call has tensors"
    types = [state, bits.with_dims(_ints(shape))]
    return hlo.RngBitGenerator(
        algorithm if isinstance(algorithm, RngAlgorithm) else RngAlgorithm.DEFAULT, op.inputs[0], result_types=types
    )


def _top_k(op: hlo.CustomCall, numbers: Sequence[Any]) -> Operation:
    (count,) = _known(op, numbers, 1)
    return chlo.TopK(op.inputs[0], int(count.ravel()[0]))


def _ints(array: np.ndarray[Any, Any]) -> tuple[int, ...]:
    return tuple(int(number) for number in array.ravel())


_TARGETS: Final[dict[str, Callable[[hlo.CustomCall, Sequence[Any]], Operation]]] = {
    DYNAMIC_REDUCE_WINDOW: _reduce_window,
    DYNAMIC_RNG_BIT_GENERATOR: _rng_bit_generator,
    DYNAMIC_TOP_K: _top_k,
}
