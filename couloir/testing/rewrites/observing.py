"""Domains that look on while a program runs: what assumptions of a rule do not hold of, and whether rounding is left open.

`Observing` computes floats as they are. `Degrees` computes residues, and bounds the degree of the polynomial that the program is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, floats, residues
from couloir.backends.numpy.element_types import Array, DType, integer_range, is_discrete, kind
from couloir.backends.numpy.rounding import smallest_normal
from couloir.ir.operation import Operation

EXACTLY_ROUNDED: Final = frozenset(
    (
        "abs", "add", "ceil", "compare", "complex", "divide", "floor", "imag", "is_finite", "maximum", "minimum", "multiply",
        "negate", "real", "remainder", "round_nearest_afz", "round_nearest_even", "sign", "sqrt", "subtract", "total_order",
    )
)  # fmt: skip
"""Elementwise ops on floats whose result IEEE-754 fixes to the last bit."""
_EXACT_FOR_COMPLEX: Final = frozenset(
    ("add", "complex", "compare", "imag", "negate", "real", "subtract", "total_order")
)
_OVERFLOWING: Final = frozenset(
    ("add", "divide", "exponential", "exponential_minus_one", "multiply", "power", "subtract")
)


def _shifted(lhs: Array, rhs: Array) -> Any:
    return lhs * 2 ** np.clip(rhs, 0, 64)


def _quotient(lhs: Array, rhs: Array) -> Any:
    """As far as it overflows: the least number by -1."""
    return np.where(rhs == -1, -lhs, 0)


_WHOLE_ARITHMETIC: Final[dict[str, Callable[..., Any]]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "negate": np.negative,
    "abs": np.abs,
    "shift_left": _shifted,
    "divide": _quotient,
}


class _Watching:
    """A domain in front of another one, to which it leaves the computing."""

    def __init__(self, behind: ArrayNamespace) -> None:
        self.behind = behind
        self.name = behind.name

    def carrier(self, dtype: DType) -> DType:
        return self.behind.carrier(dtype)

    def accumulation_dtype(self, carrier: DType) -> DType:
        return self.behind.accumulation_dtype(carrier)

    def array(self, values: Array) -> Array:
        return self.behind.array(values)

    def apply(self, op: str, *operands: Array) -> Array:
        return self.behind.apply(op, *operands)

    def convert(self, operand: Array, dtype: DType) -> Array:
        return self.behind.convert(operand, dtype)

    def select(self, pred: Array, on_true: Array, on_false: Array) -> Array:
        return self.behind.select(pred, on_true, on_false)

    def fma(self, a: Array, b: Array, c: Array) -> Array:
        return self.behind.fma(a, b, c)

    def alike(self, *arrays: Array) -> tuple[Array, ...]:
        return self.behind.alike(*arrays)

    def element_type(self, dtype: DType) -> DType:
        return self.behind.element_type(dtype)

    def bitcast(self, operand: Array, dtype: DType) -> Array:
        return self.behind.bitcast(operand, dtype)

    def unknown(self, op: Operation, operands: Sequence[Any]) -> Sequence[Array] | None:
        return self.behind.unknown(op, operands)

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        return self.behind.matmul(lhs, rhs)

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        return self.behind.reduce(monoid, operand, axes)


class Observing(_Watching):
    """Floats. One object serves one or more evaluations.

    Attributes:
        broken: The assumptions that do not hold of some number that was read or computed.
        open: Whether some rounding is left open: by a sum, a product of matrices, a function such as `exp`.
        underflows: Whether a product or quotient is below the normal numbers.
        made_nan: Whether numbers gave NaN, whose sign nothing fixes.
    """

    def __init__(self) -> None:
        super().__init__(floats)
        self.broken: set[str] = set()
        self.open = False
        self.underflows = False
        self.made_nan = False

    def array(self, values: Array) -> Array:
        return self._seen(super().array(values))

    def apply(self, op: str, *operands: Array) -> Array:
        result = super().apply(op, *operands)
        dtype = operands[0].dtype
        if is_discrete(dtype):
            self._whole(_WHOLE_ARITHMETIC.get(op), operands, dtype)
            return result
        known = _EXACT_FOR_COMPLEX if kind(dtype) == "complex" else EXACTLY_ROUNDED
        self.open = self.open or op.partition(" ")[0] not in known
        for operand in operands:
            self._seen(operand)
        if kind(result.dtype) in ("float", "complex") and np.isnan(result).any():
            self.made_nan = self.made_nan or not any(np.isnan(operand).any() for operand in operands)
        if kind(result.dtype) in ("float", "complex") and op in _OVERFLOWING:
            finite = np.logical_and.reduce([np.isfinite(operand) for operand in np.broadcast_arrays(*operands)])
            if op in ("divide", "power"):  # not at poles
                finite = finite & (operands[1 if op == "divide" else 0] != 0)
            self._overflow(result, finite)
            if kind(result.dtype) == "float" and op not in ("add", "subtract"):
                small = np.abs(result) < smallest_normal(result.dtype)
                self.underflows = self.underflows or bool((small & (operands[0] != 0) & (operands[-1] != 0)).any())
        return self._seen(result)

    def convert(self, operand: Array, dtype: DType) -> Array:
        result = super().convert(operand, dtype)
        if is_discrete(result.dtype):
            if is_discrete(operand.dtype):
                if not np.array_equal(result.astype(object), operand.astype(object)):
                    self.broken.add("no overflow")
            elif kind(result.dtype) != "bool":
                given: Any = operand
                if (np.abs(result.astype(np.float64) - given.real) >= 1).any():
                    self.broken.add("no overflow")
            return result
        self._overflow(result, np.isfinite(operand))
        return self._seen(result)

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        result = super().matmul(lhs, rhs)
        if is_discrete(lhs.dtype):
            self._whole(np.matmul, (lhs, rhs), lhs.dtype)
            return result
        self.open = True
        self._overflow(result, np.isfinite(lhs).all() & np.isfinite(rhs).all())
        if kind(result.dtype) == "float" and lhs.any() and rhs.any():
            self.underflows = self.underflows or bool((np.abs(result) < smallest_normal(result.dtype)).any())
        return self._seen(result)

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        result = super().reduce(monoid, operand, axes)
        summing = monoid in ("add", "multiply")
        if is_discrete(operand.dtype):
            if summing:
                total: Any = np.add if monoid == "add" else np.multiply

                def reduced(values: Array) -> Any:
                    return total.reduce(values, axis=axes)

                self._whole(reduced, (operand,), operand.dtype)
            return result
        self.open = self.open or summing
        self._overflow(result, np.isfinite(operand).all())
        return self._seen(result)

    def _overflow(self, result: Array, finite: Any) -> None:
        """Notes infinities that finite numbers gave; where a format has none, its ends and NaN stand for them."""
        gone: Any = np.isinf(result)
        if kind(result.dtype) == "float" and not _has_infinities(result.dtype):
            largest = float(cast("Any", ml_dtypes.finfo(result.dtype)).max)
            gone = np.isnan(result) | (np.abs(result.astype(np.float64)) >= largest)
        if (gone & finite).any():
            self.broken.add("no overflow")

    def _seen(self, values: Any) -> Any:
        if kind(values.dtype) == "complex":
            self._seen(values.real)
            self._seen(values.imag)
        elif kind(values.dtype) == "float":
            if np.isnan(values).any():
                self.broken.add("no NaN")
            if np.isinf(values).any():
                self.broken.add("no infinities")
            if (np.signbit(values) & (values == 0)).any():
                self.broken.add("no signed zeros")
        return values

    def _whole(self, function: Callable[..., Any] | None, operands: tuple[Array, ...], dtype: DType) -> None:
        """Whether whole numbers have wrapped."""
        if function is None or kind(dtype) == "bool":
            return
        low, high = integer_range(dtype)
        exact = np.asarray(function(*(operand.astype(object) for operand in operands)))
        if ((exact < low) | (exact > high)).any():
            self.broken.add("no overflow")


def _has_infinities(dtype: DType) -> bool:
    return bool(np.isinf(np.full((), np.inf).astype(dtype)))


class Degrees(_Watching):
    """Residues modulo 2^31 - 1. `degree` is a bound on the degree of the polynomials that were computed."""

    def __init__(self) -> None:
        super().__init__(residues)
        self.degree = 1

    def apply(self, op: str, *operands: Array) -> Array:
        if op in ("multiply", "divide") and not is_discrete(operands[0].dtype):
            self.degree *= 2
        return super().apply(op, *operands)

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        if not is_discrete(lhs.dtype):
            self.degree *= 2
        return super().matmul(lhs, rhs)

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        if monoid == "multiply" and not is_discrete(operand.dtype):
            for axis in axes:
                self.degree *= max(operand.shape[axis], 1)
        return super().reduce(monoid, operand, axes)
