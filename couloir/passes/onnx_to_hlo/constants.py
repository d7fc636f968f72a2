"""What is known of lowered values: the constants that shapes, axes and pads come from, computed through the ops made so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

import numpy as np

from couloir.backends.numpy.evaluate import evaluate_op, has_meaning
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting.rewriter import is_removable
from couloir.ir.traits import ConstantLike
from couloir.ir.types import TensorType
from couloir.passes.folding import MAX_RUNS

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_NOT_YET: Final = np.zeros(())

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
            op = current.defining_op
            if current in self._known:
                todo.pop()
            elif op is None or not _may_compute(op):
                self._known[current] = None
            elif any(self._known.get(operand, _NOT_YET) is None for operand in op.operands):
                self._known.update(dict.fromkeys(op.results))
            elif (waiting := next((v for v in op.operands if v not in self._known), None)) is not None:
                todo.append(waiting)
            else:
                self._compute(op)
        return self._known[value]

    def _compute(self, op: Operation) -> None:
        """Computes the results of an op whose operands are known."""
        given = [array for operand in op.operands if (array := self._known[operand]) is not None]
        stored = op.attributes.get("value")
        results: Sequence[Array | None] = [None] * len(op.results)
        if not op.has_trait(ConstantLike):
            results = evaluated(op, given) or results
        elif isinstance(stored, DenseElementsAttr | DenseResourceAttr):
            results = [stored.array]
        self._known.update(zip(op.results, results, strict=True))


def evaluated(op: Operation, operands: Sequence[Array]) -> list[Array] | None:
    """What an op without side effects gives for these operands; None when it fails, or gives no tensors."""
    if not is_removable(op) or not has_meaning(op):
        return None
    try:
        with np.errstate(all="ignore"):
            results: Sequence[Any] = cast("Sequence[Any]", evaluate_op(op, *operands, max_runs=MAX_RUNS))
    except Error:
        return None  # running it says why
    if not all(isinstance(found, np.ndarray | np.generic) for found in results):
        return None  # a sequence is no tensor
    return [np.asarray(found) for found in results]


def _may_compute(op: Operation) -> bool:
    """Whether an op is a constant, or small."""
    if op.has_trait(ConstantLike):
        return True
    types = [result.type for result in op.results]
    return all(isinstance(t, TensorType) and t.is_static and t.size <= MAX_ELEMENTS for t in types)
