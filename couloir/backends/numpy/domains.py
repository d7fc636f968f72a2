"""Domains: what the floats of a program are computed as.

The meaning of every op is written once, in `couloir.backends.numpy.tensor`, over an `ArrayNamespace`. A domain is
such a namespace: it says what stands in for a tensor of floats (its *carrier*) and what arithmetic on it is.

* `floats`: the floats themselves: runs programs.
* `integers`: exact integers with their order: for max, relu, compare, where a finite field has no answer.
* `rationals`: exact fractions: division, averages, folding of scales.
* `residues`: integers modulo the prime 2^31 - 1: sums, products, dots and convolutions fast and with no rounding at
  all. Two polynomial programs that differ agree on one random input with probability at most degree / (2^31 - 1)
  (Schwartz and Zippel).

Integer and boolean tensors are exact already: sizes, positions, predicates and wrapping arithmetic mean the same in
every domain.
What a domain cannot say raises `NotInDomain`, and the caller takes another domain or cuts the program there.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from couloir.backends.numpy import exact_arithmetic, float_arithmetic, integer_arithmetic, prime_field
from couloir.backends.numpy.element_types import (
    NARROW_FLOATS,
    Array,
    DType,
    integer_range,
    is_discrete,
    kind,
)
from couloir.ir.errors import Error
from couloir.ir.operation import Operation


class NotInDomain(Error):
    """An op without a meaning in a domain: exp of a fraction, max in a finite field, a division by zero.

    Args:
        op: The op, by its StableHLO name.
        domain: The name of the domain.
        why: The reason, where it is more than "there is no such op there".
    """

    def __init__(self, op: str, domain: str, why: str | None = None) -> None:
        super().__init__(
            f"`{op}` is not in the domain {domain}" + (f": {why}" if why else ""),
            hint="evaluate in another domain, or treat the op as an unknown function there",
        )
        self.op = op
        self.domain = domain


class ArrayNamespace(Protocol):
    """What the meaning of ops is written over.

    The dtype of an array says what its elements are; a domain's carrier is a dtype of its own, so that everything that
    only moves elements (reshape, slice, concatenate, ...) is plain NumPy in every domain, and zeros of any carrier are
    `numpy.zeros`. `dtype` arguments are element types as a program names them (`float32`, `bfloat16`, `int64`) unless
    said otherwise. Arrays are values: nobody writes to an operand.
    """

    @property
    def name(self) -> str:
        """The domain's name, for messages."""
        ...

    def carrier(self, dtype: DType) -> DType:
        """The dtype of the arrays that stand for tensors with elements of `dtype`."""
        ...

    def accumulation_dtype(self, carrier: DType) -> DType:
        """The dtype in which long chains of arithmetic on `carrier` are done before one final rounding."""
        ...

    def array(self, values: Array) -> Array:
        """Brings an array of a program's element type into the domain. Raises `NotInDomain` for what it lacks."""
        ...

    def apply(self, op: str, *operands: Array) -> Array:
        """An elementwise op by its StableHLO name (`"add"`, `"compare LT"`) on broadcasting arrays of one dtype."""
        ...

    def convert(self, operand: Array, dtype: DType) -> Array:
        """The values as elements of `dtype`, which may also be a carrier."""
        ...

    def select(self, pred: Array, on_true: Array, on_false: Array) -> Array:
        """`on_true` where `pred` holds, else `on_false`; broadcasting arrays, the last two of one element type."""
        ...

    def bitcast(self, operand: Array, dtype: DType) -> Array:
        """The bits of each element as an element of `dtype`, of the same width. Elements with bits are not asked."""
        ...

    def fma(self, a: Array, b: Array, c: Array) -> Array:
        """`a * b + c`, rounded once where there is rounding. Floats are not asked."""
        ...

    def alike(self, *arrays: Array) -> tuple[Array, ...]:
        """Arrays of one element type in one dtype, so that elements can be moved from one to the other.

        A domain in which some integers are known and others not has two dtypes for them.
        """
        ...

    def element_type(self, dtype: DType) -> DType:
        """Of which element type the elements of an array of integers, booleans or floats are; a carrier may not say it."""
        ...

    def unknown(self, op: Operation, operands: Sequence[Any]) -> Sequence[Array] | None:
        """The results of an op without a meaning in the domain, as a function of which nothing is known; None if there is none."""
        ...

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        """`[..., m, k] @ [..., k, n] -> [..., m, n]`."""
        ...

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        """Reduces over `axes`, none of which is empty, by the monoid `add`, `multiply`, `maximum`, ... or `xor`."""
        ...


class Domain(ABC):
    """What all domains share: integers and booleans, and the errors."""

    name: str

    def carrier(self, dtype: DType) -> DType:
        return dtype if is_discrete(dtype) else self._carrier(dtype)

    def accumulation_dtype(self, carrier: DType) -> DType:
        return carrier

    def array(self, values: Array) -> Array:
        return values if is_discrete(values.dtype) else self.convert(values, self.carrier(values.dtype))

    def apply(self, op: str, *operands: Array) -> Array:
        dtype = operands[0].dtype
        discrete = is_discrete(dtype)
        function = integer_arithmetic.function(op, dtype) if discrete else self._function(op, dtype)
        if function is None:
            raise NotInDomain(op, f"of {dtype} elements" if discrete else self.name)
        return self._guarded(op, function, *operands)

    def convert(self, operand: Array, dtype: DType) -> Array:
        if operand.dtype == dtype:
            return operand
        if kind(operand.dtype) == "complex" and kind(dtype) != "complex":
            return self.convert(self.apply("real", operand), dtype)
        if not is_discrete(dtype):
            return self._guarded("convert", self._to_reals, operand, dtype)
        if is_discrete(operand.dtype):
            return np.asarray(integer_arithmetic.convert(operand, dtype))
        if kind(dtype) == "bool":
            return self.apply("compare NE", operand, np.zeros((), operand.dtype))
        return self._guarded("convert", self._to_integers, operand, dtype)

    def select(self, pred: Array, on_true: Array, on_false: Array) -> Array:
        return np.where(pred, on_true, on_false)

    def bitcast(self, operand: Array, dtype: DType) -> Array:
        raise NotInDomain("bitcast_convert", self.name, "its floats have no bits")

    def fma(self, a: Array, b: Array, c: Array) -> Array:
        return self.apply("add", self.apply("multiply", a, b), c)

    def alike(self, *arrays: Array) -> tuple[Array, ...]:
        return arrays

    def element_type(self, dtype: DType) -> DType:
        return dtype

    def unknown(self, op: Operation, operands: Sequence[Any]) -> Sequence[Array] | None:
        return None

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        product = integer_arithmetic.matmul if is_discrete(lhs.dtype) else self._matmul
        return self._guarded("dot_general", product, lhs, rhs)

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        if not axes:
            return operand
        discrete = is_discrete(operand.dtype)
        function = (
            integer_arithmetic.reducer(monoid, operand.dtype) if discrete else self._reducer(monoid, operand.dtype)
        )
        if function is None:
            raise NotInDomain(f"reduce by {monoid}", f"of {operand.dtype} elements" if discrete else self.name)
        return self._guarded(f"reduce by {monoid}", function, operand, axes)

    def _guarded(self, op: str, function: Callable[..., Array], *arguments: object) -> Array:
        """Calls `function`: no floating-point warnings, and what a number system lacks is `NotInDomain`."""
        with np.errstate(all="ignore"):
            try:
                return np.asarray(function(*arguments))
            except ArithmeticError as error:
                raise NotInDomain(op, self.name, str(error)) from error

    @abstractmethod
    def _carrier(self, dtype: DType) -> DType:
        """The carrier of floats or complex numbers of `dtype`, or of itself."""

    @abstractmethod
    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        """The meaning of an elementwise op on the carrier `dtype`, or None."""

    @abstractmethod
    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        """The reduction over axes of arrays of the carrier `dtype`, or None."""

    @abstractmethod
    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        """Elements of any type, the carrier included, as the carrier of `dtype`."""

    @abstractmethod
    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        """Elements of the carrier, truncated and clamped to the range of `dtype`."""

    @abstractmethod
    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        """The matrix product of carriers."""


class _Floats(Domain):
    """IEEE-754 floats and complex numbers; the carrier is the element type itself."""

    name = "floats"

    def accumulation_dtype(self, carrier: DType) -> DType:
        return np.dtype(np.float32) if carrier in NARROW_FLOATS else carrier

    def _carrier(self, dtype: DType) -> DType:
        return dtype

    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        return float_arithmetic.function(op, dtype)

    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        return float_arithmetic.reducer(monoid)

    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        return float_arithmetic.round_to(operand, dtype)

    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        return float_arithmetic.to_integers(operand, dtype)

    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        return float_arithmetic.matmul(lhs, rhs)


class _Numbers(Domain):
    """Exact numbers as Python objects; the carrier is `object`."""

    def __init__(
        self,
        name: str,
        functions: Mapping[str, Callable[..., Array]],
        *,
        whole: bool,
    ) -> None:
        self.name = name
        self._functions = functions
        self._whole = whole

    def _carrier(self, dtype: DType) -> DType:
        return _real_carrier(self.name, dtype, np.dtype(object))

    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        return self._functions.get(op)

    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        along_last = exact_arithmetic.reducer(monoid)
        return None if along_last is None else lambda operand, axes: along_last(_with_axes_last(operand, axes))

    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        if operand.dtype == self._carrier(dtype):
            return operand
        return exact_arithmetic.from_array(operand, whole=self._whole)

    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        return exact_arithmetic.to_integers(operand, *integer_range(dtype)).astype(dtype)

    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        return exact_arithmetic.matmul(lhs, rhs)


class _PrimeField(Domain):
    """Residues modulo 2^31 - 1. The carrier is int64 under a name, so that nobody takes it for integers."""

    name = "GF(2^31-1)"

    _CARRIER: Final = np.dtype([("residue", np.int64)])
    _FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
        "add": prime_field.add,
        "divide": prime_field.divide,
        "multiply": prime_field.multiply,
        "negate": prime_field.negate,
        "real": np.positive,
        "imag": np.zeros_like,
        "subtract": prime_field.subtract,
        "total_order": np.positive,
    }
    _COMPARISONS: Final[Mapping[str, Callable[..., Array]]] = {"compare EQ": np.equal, "compare NE": np.not_equal}
    _REDUCERS: Final[Mapping[str, Callable[[Array], Array]]] = {
        "add": prime_field.total,
        "multiply": prime_field.product,
    }

    def to_residues(self, operand: Array) -> Array:
        """The int64 residues 0 ... p - 1 of an array of this domain."""
        return operand["residue"]

    def from_residues(self, residues: Array) -> Array:
        """The array of this domain whose int64 residues 0 ... p - 1 are given."""
        return np.asarray(residues).view(self._CARRIER)

    def _carrier(self, dtype: DType) -> DType:
        return _real_carrier(self.name, dtype, self._CARRIER)

    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        comparison = self._COMPARISONS.get(op)
        if comparison is not None:
            return lambda *operands: comparison(*map(self.to_residues, operands))
        function = self._FUNCTIONS.get(op)
        return (
            None
            if function is None
            else lambda *operands: self.from_residues(function(*map(self.to_residues, operands)))
        )

    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        along_last = self._REDUCERS.get(monoid)
        if along_last is None:
            return None
        return lambda operand, axes: self.from_residues(along_last(_with_axes_last(self.to_residues(operand), axes)))

    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        if operand.dtype == self._carrier(dtype):
            return operand
        discrete = is_discrete(operand.dtype)
        return self.from_residues((prime_field.from_integers if discrete else prime_field.from_floats)(operand))

    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        raise NotInDomain(f"convert to {dtype}", self.name, "a residue has no magnitude")

    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        return self.from_residues(prime_field.matmul(self.to_residues(lhs), self.to_residues(rhs)))


def _real_carrier(domain: str, dtype: DType, carrier: DType) -> DType:
    """`carrier`, for floats of any type; complex numbers are not covered."""
    if kind(dtype) == "complex":
        raise NotInDomain(f"an element of {dtype}", domain)
    return carrier


def _with_axes_last(operand: Array, axes: tuple[int, ...]) -> Array:
    """`axes` merged into one last axis, in order."""
    kept = [axis for axis in range(operand.ndim) if axis not in axes]
    moved = operand.transpose([*kept, *axes])
    return moved.reshape([operand.shape[axis] for axis in kept] + [math.prod(operand.shape[axis] for axis in axes)])


floats: Final = _Floats()
integers: Final = _Numbers("integers", exact_arithmetic.INTEGER_FUNCTIONS, whole=True)
rationals: Final = _Numbers("rationals", exact_arithmetic.RATIONAL_FUNCTIONS, whole=False)
residues: Final = _PrimeField()

DOMAINS: Final[Mapping[str, ArrayNamespace]] = {
    domain.name: domain for domain in (floats, integers, rationals, residues)
}
