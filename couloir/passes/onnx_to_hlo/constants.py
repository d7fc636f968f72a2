"""What is known of lowered values: the constants that shapes, axes and pads come from, computed through the ops made so far."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy.evaluate import evaluate_op, has_meaning
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting.rewriter import is_removable
from couloir.ir.traits import ConstantLike
from couloir.ir.types import TensorType

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

MAX_ELEMENTS: Final = 1 << 22
"""Larger tensors are not computed here: nothing that decides a shape is so large."""


class Constants:
    """The elements of values that follow from constants; each is computed once, and only when somebody asks."""

    def __init__(self) -> None:
        self._known: dict[Value[Any], Array | None] = {}

    def array(self, value: Value[Any]) -> Array | None:
        """The elements of a value, or None when they are known only when the program runs."""
        todo = [value]
        while todo:
            current = todo[-1]
            if current in self._known:
                todo.pop()
                continue
            op = current.defining_op
            missing = [] if op is None or not _may_compute(op) else [v for v in op.operands if v not in self._known]
            if missing and not any(self._known.get(v, current) is None for v in op.operands if v in self._known):  # pyright: ignore[reportOptionalMemberAccess]
                todo += missing
                continue
            todo.pop()
            self._compute(current, op)
        return self._known[value]

    def _compute(self, value: Value[Any], op: Operation | None) -> None:
        if op is None:
            self._known[value] = None
            return
        if op.has_trait(ConstantLike):
            stored = op.attributes.get("value")
            self._known[value] = stored.array if isinstance(stored, DenseElementsAttr | DenseResourceAttr) else None
            return
        arrays = [self._known.get(operand) for operand in op.operands]
        given = [array for array in arrays if array is not None]
        results: tuple[Array, ...] | None = None
        if len(given) == len(arrays) and _may_compute(op):
            try:
                with np.errstate(all="ignore"):
                    results = evaluate_op(op, *given)
            except Error:
                results = None  # running it says why
        for number, result in enumerate(op.results):
            self._known[result] = None if results is None else np.asarray(results[number])


def _may_compute(op: Operation) -> bool:
    """Whether an op is small, has no side effects and has a meaning."""
    if op.has_trait(ConstantLike) or not op.results or not is_removable(op):
        return False
    for result in op.results:
        type = result.type
        if not isinstance(type, TensorType) or not type.is_static or type.size > MAX_ELEMENTS:
            return False
    return has_meaning(op)
