"""Guards: conditions of a rule that say why when they fail. They combine with `&`, `|` and `~`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.constraints import element_type
from couloir.ir.traits import ConstantLike

if TYPE_CHECKING:
    import numpy as np

    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Operation, Value

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class Guard:
    """Whether a condition holds, and the sentence that says what does not; a function is asked for it only when needed."""

    __slots__ = ("_reason", "holds")

    def __init__(self, holds: bool, reason: str | Callable[[], str] = "") -> None:
        self.holds = holds
        self._reason = reason

    def __repr__(self) -> str:
        return f"Guard({self.holds}, {self.reason!r})"

    @property
    def reason(self) -> str:
        """What does not hold."""
        return self._reason if isinstance(self._reason, str) else self._reason()

    def __bool__(self) -> bool:
        return self.holds

    def __and__(self, other: Guard | bool) -> Guard:
        if not self.holds:
            return self
        return other if isinstance(other, Guard) else Guard(other, "" if other else "a condition is false")

    __rand__ = __and__

    def __or__(self, other: Guard | bool) -> Guard:
        if self.holds:
            return self
        right = other if isinstance(other, Guard) else Guard(other, "a condition is false")
        return right if right.holds else Guard(False, lambda: f"{self.reason}, and {right.reason}")

    def __invert__(self) -> Guard:
        return Guard(not self.holds, lambda: f"not wanted: {self.reason}" if self.reason else "a condition is true")


def guard(holds: bool, reason: str | Callable[[], str]) -> Guard:
    """A condition with the sentence for its failure: `guard(x.type.rank == 2, "x is not a matrix")`."""
    return Guard(holds, reason)


def _label(value: Value[Any]) -> str:
    op = value.defining_op
    return "a block argument" if op is None else f"the result of `{op.name}`"


def constant_op(value: Value[Any]) -> Operation | None:
    """The constant that defines a value, or None.

    None, too, if the constant holds integers that stand for other numbers: its attribute is not the value.
    """
    op = value.defining_op
    if op is None or not op.has_trait(ConstantLike):
        return None
    stored = op.stored_attributes.get("value")
    stands_for_itself = not isinstance(stored, DenseElementsAttr) or (
        element_type(stored.type) is element_type(value.type)
    )
    return op if stands_for_itself else None


def constant_attribute(value: Value[Any]) -> Attribute | None:
    """The attribute of the constant that defines a value, or None."""
    op = constant_op(value)
    return None if op is None else op.stored_attributes.get("value")


def is_constant(value: Value[Any]) -> Guard:
    """Whether a value is defined by a constant op."""
    return Guard(constant_op(value) is not None, lambda: f"{_label(value)} is not a constant")


def constant_array(value: Value[Any]) -> Array | None:
    """The elements of a value that is a dense constant, or None."""
    op = constant_op(value)
    stored = None if op is None else op.stored_attributes.get("value")
    return stored.array if isinstance(stored, DenseElementsAttr) else None


def is_splat(value: Value[Any], number: float | None = None) -> Guard:
    """Whether a value is a constant whose elements are all the same, and `number` where that is given.

    -0.0 is not 0.0 here: `x + 0.0` is not `x` for `x = -0.0`, `x + -0.0` is.
    """
    op = constant_op(value)
    stored = None if op is None else op.stored_attributes.get("value")
    if isinstance(stored, IntegerAttr | FloatAttr):
        return _is_number(value, stored.value, number)
    if not isinstance(stored, DenseElementsAttr) or not stored.is_splat:
        return Guard(False, lambda: f"{_label(value)} is not a constant with one value")
    if number is None:
        return Guard(True, "it is a constant with one value")
    element: Any = stored.array.reshape(-1)[0] if stored.array.size == 1 else stored.array[(0,) * stored.array.ndim]
    import numpy as np

    wanted = np.asarray(number).astype(stored.array.dtype)
    same = bool(element == number) and np.asarray(element).tobytes() == wanted.tobytes()
    return Guard(same, lambda: f"{_label(value)} is {element}, not {number}")


def _is_number(value: Value[Any], found: float, wanted: float | None) -> Guard:
    if wanted is None:
        return Guard(True, "it is a constant with one value")
    same = found == wanted and (found != 0 or math.copysign(1, found) == math.copysign(1, wanted))
    return Guard(same, lambda: f"{_label(value)} is {found}, not {wanted}")


def has_one_use(value: Value[Any]) -> Guard:
    """Whether a value is used exactly once."""
    return Guard(value.has_one_use, lambda: f"{_label(value)} has {value.use_count} uses, not one")
