"""Guards that several families use."""

from __future__ import annotations

from typing import Any

from couloir.ir.operation import Value
from couloir.ir.rewriting import Guard, guard
from couloir.ir.types import TensorType


def same_size(before: Value[TensorType], after: Value[Any]) -> Guard:
    """Whether two tensors have one type without unknown dimensions, which could differ."""
    return guard(before.type is after.type and before.type.is_static, "the shape changes, or is not known")
