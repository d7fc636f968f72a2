"""Integer ranges: between which numbers the integers of a value lie.

What the ops of a dialect do to ranges is a table outside the core (`couloir.passes.integer_ranges`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from couloir.ir.analysis.dataflow.forward import SparseForward
from couloir.ir.analysis.dataflow.lattice import Lattice
from couloir.ir.attributes import DenseElementsAttr, IntegerAttr
from couloir.ir.traits import ConstantLike
from couloir.ir.types import IndexType, IntegerType, ShapedType, i64

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.operation import Block, Operation, Region, Value

INDEX_BITS: Final = 64


@attrs.frozen
class Interval:
    """The whole numbers from `low` to `high`, both included. `+ - * // %` are those of whole numbers, which do not wrap."""

    low: int
    high: int

    @classmethod
    def of(cls, *numbers: int) -> Interval:
        """The smallest interval that holds all the numbers."""
        return cls(min(numbers), max(numbers))

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.low <= number <= self.high

    @property
    def single(self) -> int | None:
        """The only number, if there is only one."""
        return self.low if self.low == self.high else None

    def join(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def meet(self, other: Interval) -> Interval | None:
        """What both have in common; None when that is nothing."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else None

    def corners(self, other: Interval, function: Callable[[int, int], int]) -> Interval:
        """The results of a function of two numbers that is monotonic in each."""
        return Interval.of(*(function(a, b) for a in (self.low, self.high) for b in (other.low, other.high)))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __add__(self, other: Interval | int) -> Interval:
        right = _as_interval(other)
        return Interval(self.low + right.low, self.high + right.high)

    __radd__ = __add__

    def __sub__(self, other: Interval | int) -> Interval:
        return self + -_as_interval(other)

    def __mul__(self, other: Interval | int) -> Interval:
        return self.corners(_as_interval(other), lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Interval | int) -> Interval:
        """Raises `ZeroDivisionError` when the divisor may be 0."""
        right = _as_interval(other)
        if 0 in right:
            raise ZeroDivisionError("the divisor may be 0")
        return self.corners(right, lambda a, b: a // b)

    def __mod__(self, other: Interval | int) -> Interval:
        """Of a positive divisor. Raises `ZeroDivisionError` when that may be 0 or less."""
        right = _as_interval(other)
        if right.low <= 0:
            raise ZeroDivisionError("the divisor may be 0 or less")
        if right.single is not None and self.low // right.low == self.high // right.low:
            return Interval(self.low % right.low, self.high % right.low)
        return Interval(0, right.high - 1)


def _as_interval(item: Interval | int) -> Interval:
    return item if isinstance(item, Interval) else Interval(item, item)


class _Any:
    def __repr__(self) -> str:
        return "ANY"


ANY: Final = _Any()
"""The fact about a value of which nothing is known, whatever its type."""

#: None (never computed), an interval, or ANY.
Range: TypeAlias = "Interval | _Any | None"

#: Where ranges that grow step by step stop on their way.
_STEPS: Final = sorted(
    {sign * ((1 << bits) - 1) - (sign < 0) for bits in (0, 7, 8, 15, 16, 31, 32, 63, 64) for sign in (1, -1)}
)


class _Ranges(Lattice[Any]):
    name = "integer ranges"
    bottom = None
    top = ANY
    narrowings = 8

    def join(self, a: Range, b: Range) -> Range:
        if a is None or b is None:
            return b if a is None else a
        if not isinstance(a, Interval) or not isinstance(b, Interval):
            return ANY
        return a.join(b)

    def widen(self, old: Range, new: Range) -> Range:
        if not isinstance(old, Interval) or not isinstance(new, Interval):
            return new
        low, high = new.low, new.high
        if low < old.low:
            low = max((step for step in _STEPS if step <= low), default=None)
        if high > old.high:
            high = min((step for step in _STEPS if step >= high), default=None)
        return ANY if low is None or high is None else Interval(low, high)


def bounds_of(type: Type) -> Interval | None:
    """The integers that a type holds, of a shaped type its elements; None for a type without integers. `i1` holds 0 and 1."""
    element = type.element_type if isinstance(type, ShapedType) else type
    if isinstance(element, IndexType):
        return Interval(i64.minimum, i64.maximum)
    return Interval(element.minimum, element.maximum) if isinstance(element, IntegerType) else None


def wrapped(interval: Interval, bounds: Interval) -> Interval:
    """What becomes of numbers that a type with these bounds cannot hold: they wrap around."""
    modulus = bounds.high - bounds.low + 1
    turns = (interval.low - bounds.low) // modulus
    if turns != (interval.high - bounds.low) // modulus:
        return bounds
    return interval - turns * modulus


#: `function(op, *ranges)`: from what is known of the operands (None for one without integers) the ranges of the results,
#: one for all of them or one for each; None for what is not known. Results that do not fit the type wrap around.
RangeTransfer: TypeAlias = Callable[..., "Interval | Sequence[Interval | None] | None"]
#: `function(op, value, ranges)`: the range of a loop variable; "empty" for a loop that does not run.
RangeMade: TypeAlias = Callable[..., "Interval | str | None"]
#: `function(source, target, value, range, range_of)`: the range of a value on the way from a terminator to a target.
RangePassed: TypeAlias = Callable[..., "Interval | None"]


class IntegerRanges(SparseForward[Any]):
    """The fact about a value is an `Interval`, `ANY`, or None when it is never computed.

    Args:
        transfers: What ops do to ranges, by class; without an entry nothing is known of the results.
        made: The ranges of what region ops make themselves, by class.
        passed: What more is known where a condition has decided the way.
    """

    lattice = _Ranges()

    def __init__(
        self,
        transfers: Mapping[type[Operation], RangeTransfer],
        made: Mapping[type[Operation], RangeMade],
        passed: RangePassed | None = None,
    ) -> None:
        self._transfers = transfers
        self._made = made
        self._passed = passed

    def transfer(self, op: Operation, operands: Sequence[Range]) -> Sequence[Range] | None:
        if op.has_trait(ConstantLike):
            return [_of_constant(op.stored_attributes.get("value"))]
        function = self._transfers.get(type(op))
        if function is None:
            return None
        found = function(op, *self._intervals(op, operands))
        several = [found] * len(op.results) if isinstance(found, Interval) or found is None else found
        facts: list[Range] = []
        for result, interval in zip(op.results, several, strict=True):
            bounds = bounds_of(result.type)
            facts.append(ANY if interval is None or bounds is None else wrapped(interval, bounds))
        return facts

    def made(self, op: Operation, value: Value[Any], operands: Sequence[Range]) -> Range:
        function = self._made.get(type(op))
        found = None if function is None else function(op, value, self._intervals(op, operands))
        if found == "empty":
            return None
        return found if isinstance(found, Interval) else ANY

    def passed(
        self,
        source: Operation,
        target: Block | Region | None,
        value: Value[Any],
        fact: Range,
        fact_of: Callable[[Value[Any]], Range],
    ) -> Range:
        interval = _narrow(fact, value.type)
        if self._passed is None or interval is None:
            return fact

        def range_of(other: Value[Any]) -> Interval | None:
            found = fact_of(other)
            return None if found is None else _narrow(found, other.type)

        return self._passed(source, target, value, interval, range_of)

    def constant(self, fact: Range) -> Attribute | None:
        number = fact.single if isinstance(fact, Interval) else None
        return None if number is None or not i64.minimum <= number <= i64.maximum else IntegerAttr(number, i64)

    def _intervals(self, op: Operation, operands: Sequence[Range]) -> list[Interval | None]:
        return [_narrow(fact, value.type) for fact, value in zip(operands, op.operands, strict=True)]


def _narrow(fact: Range, type: Type) -> Interval | None:
    """What a fact and the type of the value tell together; None for a type without integers."""
    bounds = bounds_of(type)
    if bounds is None or not isinstance(fact, Interval):
        return bounds
    return fact.meet(bounds) or bounds


def _of_constant(value: Attribute | None) -> Range:
    if isinstance(value, IntegerAttr):
        return Interval(value.value, value.value)
    if isinstance(value, DenseElementsAttr) and bounds_of(value.type) is not None and value.array.size:
        return Interval(int(value.array.min()), int(value.array.max()))
    return ANY
