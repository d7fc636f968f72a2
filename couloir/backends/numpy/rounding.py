"""The domain `rounding`: every float carries how far rounding may have led it from the exact value.

It is running error analysis, with the arithmetic done in f64: what is compared with the results can so be allowed as much
as the program's own operations give cause for, element by element, and no more.

* A rounded operation adds half a unit in the last place of its result (`u |r|`), four where it is a mathematical function;
  nothing where the result is exact: programs on small whole numbers have no error at all.
* A sum of n terms adds `sqrt(n) u sum |terms|`: errors of many roundings are as often up as down (Higham and Mary,
  "A new approach to probabilistic rounding error analysis", 2019; Ipsen and Zhou, 2020).
* Errors of operands are carried through: by the derivative, found from the change of the result when the operand is moved
  a little, and by the whole error where functions jump; in matrix products as the root of the sum
  of squares, for the same reason as above.

What depends on a comparison or becomes an integer has no error here: `undecided` counts the elements at which another
rounding could have decided otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, Literal, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy import float_arithmetic
from couloir.backends.numpy.domains import Domain, NotInDomain
from couloir.backends.numpy.element_types import Array, DType, kind

_FIELDS: Final = ("value", "error")
_F64: Final = np.dtype(np.float64)
_CARRIER_OF: Final[dict[DType, DType]] = {}
_ELEMENT_OF: Final[dict[DType, DType]] = {}

#: Operations that round to nearest: half a unit in the last place. Others are given four, as the C backend's are.
_ROUNDED_ONCE: Final = frozenset(("add", "subtract", "multiply", "divide", "sqrt", "remainder"))
#: Operations that do not round.
_EXACT: Final = frozenset(
    ["abs", "ceil", "floor", "maximum", "minimum", "negate", "real", "round_nearest_afz", "round_nearest_even", "sign"]
)
#: Operations whose result is one of their operands: its error is that of one of them, too.
_SELECTING: Final = frozenset(("maximum", "minimum"))
_STEP: Final = 2.0**-16
"""Of an operand: small enough for a straight line, large enough for f64 to tell the difference."""
_MATHEMATICAL_ERROR: Final = 8.0
"""In half units in the last place."""


def carrier_of(element: DType) -> DType:
    """The carrier of floats of a type: value and error in f64, under the type's name so that two of them are not mixed up."""
    found = _CARRIER_OF.get(element)
    if found is None:
        found = _CARRIER_OF[element] = np.dtype(
            [((element.name, _FIELDS[0]), np.float64), ((f"error of {element.name}", _FIELDS[1]), np.float64)]
        )
        _ELEMENT_OF[found] = element
    return found


def element_of(carrier: DType) -> DType:
    """The float type that a carrier stands for."""
    return _ELEMENT_OF[carrier]


def unit_roundoff(element: DType) -> float:
    """Half the distance from 1 to the next larger float of the type: 2^-24 for f32."""
    return float(cast(Any, ml_dtypes.finfo(element).eps)) / 2


def smallest_normal(element: DType) -> float:
    """The least positive normal number of the type: 2^-126 for f32."""
    return float(cast(Any, ml_dtypes.finfo(element).smallest_normal))


def largest(element: DType) -> float:
    """The greatest number of the type: about 3.4e38 for f32."""
    return float(cast(Any, ml_dtypes.finfo(element).max))


def value_and_error(result: Array) -> tuple[Array, Array] | None:
    """A result in f64 and the bound on its error, or None for integers and booleans."""
    return (result["value"], result["error"]) if result.dtype in _ELEMENT_OF else None


class Rounding(Domain):
    """The domain. One object serves one evaluation, as it counts `undecided`."""

    name = "rounding"

    def __init__(self) -> None:
        self.undecided = 0
        """Comparisons and conversions to integers that another rounding could have decided otherwise."""

    # -- carriers --------------------------------------------------------------------------------------------------------

    def accumulation_dtype(self, carrier: DType) -> DType:
        """Narrow floats are summed in f32."""
        return carrier_of(float_arithmetic.widen(np.zeros(0, element_of(carrier))).dtype)

    def _carrier(self, dtype: DType) -> DType:
        if dtype in _ELEMENT_OF:
            return dtype
        if kind(dtype) != "float":
            raise NotInDomain(f"an element of {dtype}", self.name)
        return carrier_of(dtype)

    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        target = self._carrier(dtype)
        if operand.dtype in _ELEMENT_OF:
            value, error = operand["value"], operand["error"]
        else:
            value, error = operand.astype(np.float64), np.zeros(())
        return _rounded(target, value, error, 1.0)

    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        value, error = operand["value"], operand["error"]
        result = float_arithmetic.to_integers(value, dtype)
        for shifted in (value - error, value + error):
            self._decide(result, float_arithmetic.to_integers(shifted, dtype))
        return result

    def _decide(self, result: Array, other: Array) -> None:
        self.undecided += int(np.count_nonzero(result != other))

    # -- arithmetic ------------------------------------------------------------------------------------------------------

    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        function = float_arithmetic.function(op, _F64)
        if function is None or op in ("complex", "imag", "total_order"):
            return None

        def carried(*operands: Array) -> Array:
            return self._carried(op, function, operands)

        return carried

    def _carried(self, op: str, function: Callable[..., Array], operands: tuple[Array, ...]) -> Array:
        values = [operand["value"] for operand in operands]
        errors = [operand["error"] for operand in operands]
        result = np.asarray(function(*values))
        error: Array = np.zeros(())
        for index, given in enumerate(errors):
            if not given.any():
                continue
            step = given if op in _EXACT or result.dtype == bool else _small_step(values[index], given)
            sides = (values[index] - step, values[index] + step)
            moved = [np.asarray(function(*values[:index], v, *values[index + 1 :])) for v in sides]
            if result.dtype == bool:
                for other in moved:
                    self._decide(result, other)
                continue
            change = np.maximum(*(_distance(other, result) for other in moved))
            carried = np.where(step > 0, change * (given / np.where(step > 0, step, 1.0)), 0.0)
            carried = np.where(np.isinf(given), np.inf, carried)
            error = np.maximum(error, carried) if op in _SELECTING else error + carried
        if result.dtype == bool:
            return result
        half_units = 0.0 if op in _EXACT else 1.0 if op in _ROUNDED_ONCE else _MATHEMATICAL_ERROR
        lost = _lost_in_sum(values[0], values[1] if op == "add" else -values[1], result) if op in _SUMS else False
        return _rounded(operands[0].dtype, result, error, half_units, lost)

    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        if monoid == "add":
            return _sum
        function = self._function(monoid, dtype)
        if function is None:
            return None

        def reduced(operand: Array, axes: tuple[int, ...]) -> Array:
            result = float_arithmetic.by_halves(function, operand, axes)
            return _product(operand, axes, result) if monoid == "multiply" else result

        return reduced

    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        a, b = lhs["value"], rhs["value"]
        result, magnitude = np.matmul(a, b), np.matmul(np.abs(a), np.abs(b))
        squares: Array = np.zeros(())
        for error, other, flip in ((lhs["error"], b, False), (rhs["error"], a, True)):
            if error.any():
                pair = (other * other, error * error) if flip else (error * error, other * other)
                squares = squares + np.matmul(*pair)
        return _accumulated(
            lhs.dtype, result, magnitude, np.sqrt(squares), a.shape[-1], _is_whole(lhs) and _is_whole(rhs)
        )


_SUMS: Final = ("add", "subtract")


def _small_step(value: Array, error: Array) -> Array:
    """What an operand is moved by to see how the result follows. The whole error, where it is far too large an estimate,
    would step over singularities that the operand keeps well away from: the variance in a normalization is never negative.
    """
    finite = np.abs(value[np.isfinite(value)])
    largest = float(finite.max()) if finite.size else 0.0
    size = np.where(value == 0, largest or 1.0, np.abs(value))
    return np.minimum(error, np.where(np.isfinite(size), size, 0.0) * _STEP)


def _distance(other: Array, result: Array) -> Array:
    """How far apart two results are; not at all, where one is no number: there the function ends."""
    return np.nan_to_num(np.abs(other - result), nan=0.0, posinf=np.inf)


def _made(carrier: DType, value: Array, error: Array) -> Array:
    result = np.empty(value.shape, carrier)
    result["value"], result["error"] = value, error
    return result


def _lost_in_sum(a: Array, b: Array, total: Array) -> Array:
    """Where f64 itself has rounded a sum: a term that is small beside the other is lost in any precision (Knuth's two-sum)."""
    part = total - a
    return np.asarray((a - (total - part)) + (b - part) != 0)


def _rounded(
    carrier: DType, value: Array, error: Array, half_units: float, lost: Array | Literal[False] = False
) -> Array:
    """A value that was rounded to the carrier's floats. One that is such a float, of operands without error, is exact where f64
    has not `lost` anything; of f64 that cannot be told, as it is computed in f64.
    """
    element = element_of(carrier)
    rounding = half_units * unit_roundoff(element) * np.abs(value)
    if half_units <= 1 and element != _F64:
        held = float_arithmetic.round_to(value, element).astype(np.float64) == value
        rounding = np.where(held & (error == 0) & ~np.asarray(lost), 0.0, rounding)
    with np.errstate(invalid="ignore"):
        unknown = np.where(np.isinf(error), np.inf, 0.0)  # an infinity is not rounded, but may be none
        total = np.where(np.isfinite(value), error + rounding, unknown)
        total = np.where(np.isnan(total), np.inf, total)  # a step of an infinite error, by a function that hardly moves
        if element != _F64 and (over := np.abs(value) + total > largest(element)).any():  # perhaps, or surely, infinite
            surely = np.abs(value) - total > largest(element)
            value = np.where(surely, np.copysign(np.inf, value), value)
            total = np.where(surely, 0.0, np.where(over & np.isfinite(value), np.inf, total))
    return _made(carrier, value, total)


def _is_whole(operand: Array) -> bool:
    """Whether all are whole numbers, and known exactly."""
    return not operand["error"].any() and bool((np.rint(operand["value"]) == operand["value"]).all())


def _accumulated(carrier: DType, value: Array, magnitude: Array, error: Array, roundings: int, whole: bool) -> Array:
    """A sum that is rounded so often, of terms whose magnitudes add up to `magnitude`; narrow floats are summed in f32."""
    element = element_of(carrier)
    wide = float_arithmetic.widen(np.zeros(0, element)).dtype
    unit = unit_roundoff(wide)
    rounding = math.sqrt(roundings) * unit * magnitude
    if whole:  # every partial sum, in any order, is a whole number that the floats have
        rounding = np.where(magnitude <= 1 / (2 * unit), 0.0, rounding)
    total = np.where(np.isfinite(value), error + rounding, 0.0)
    total = np.where(
        np.isfinite(magnitude) & (magnitude > largest(wide)), np.inf, total
    )  # a partial sum may be infinite
    summed = _made(carrier, value, total)
    return summed if wide == element else _rounded(carrier, summed["value"], summed["error"], 1.0)


def _product(operand: Array, axes: tuple[int, ...], result: Array) -> Array:
    """A product of many factors: in another order it may leave the range, to either side, and come back or not."""
    element = element_of(operand.dtype)
    size = np.abs(operand["value"])
    size = np.where(np.isfinite(size) & (size > 0), size, 1.0)
    grows, shrinks = np.maximum(size, 1.0).prod(axis=axes), np.minimum(size, 1.0).prod(axis=axes)
    leaves = (grows > largest(element)) | ((shrinks < smallest_normal(element)) & (grows > 1))
    return _made(operand.dtype, result["value"], np.where(leaves, np.inf, result["error"]))


def _sum(operand: Array, axes: tuple[int, ...]) -> Array:
    value, error = operand["value"], operand["error"]
    magnitude = np.asarray(np.abs(value).sum(axis=axes))
    roundings = math.prod(operand.shape[axis] for axis in axes) - 1
    total = np.asarray(value.sum(axis=axes))
    return _accumulated(
        operand.dtype, total, magnitude, np.asarray(error.sum(axis=axes)), roundings, _is_whole(operand)
    )
