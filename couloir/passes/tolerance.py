"""How far two results of one function may be apart: derived from the rounding errors of the programs that computed them.

`couloir.backends.numpy.rounding` gives, for each element, a bound on its rounding error and its value in f64. Bounds of deep
programs are far above what happens, as errors seldom all have one sign. So the bound is scaled by what did happen: the
largest share of it that the program's own run, in the precision of the program, used up. Another order of rounding uses up
about as much. `ROOM` is the factor for "about".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from couloir.backends.numpy.element_types import Array, DType, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.rounding import Rounding, smallest_normal, unit_roundoff, value_and_error
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

ROOM: Final = 32.0
"""How many times the errors seen are allowed, up to the bound."""
NOTHING: Final = 2.0**-48
"""What counts as nothing beside the largest element of a result: constants are computed in f64, `sin(pi)` is not quite 0."""
LAST_PLACES: Final = 4.0
"""Units of roundoff that are allowed to a rounded result at least: constants are rounded when a pass folds them."""


@attrs.frozen
class Estimate:
    """What is known about the rounding error of one result."""

    bound: Array
    """For each element; infinite where there is none."""
    used: float
    """The largest share of the bound that the result used up, from 0 to 1."""

    @classmethod
    def of(cls, result: Array, value: Array, bound: Array) -> Estimate:
        """From the result, its value in f64, and the bound. Of a result that is itself f64 nothing more precise is known."""
        if result.dtype == np.float64:
            return cls(np.where(np.isnan(bound), np.inf, bound), 1.0)
        with np.errstate(all="ignore"):
            shares = np.abs(result.astype(np.float64) - value) / bound
        known = shares[np.isfinite(shares) & np.isfinite(bound) & (bound > 0)]
        return cls(np.where(np.isnan(bound), np.inf, bound), min(1.0, float(known.max())) if known.size else 0.0)


@attrs.frozen
class Estimates:
    """Of all results of a run; None for those that are integers or booleans."""

    each: tuple[Estimate | None, ...]
    undecided: int = 0
    """Comparisons and conversions to integers that another rounding could have decided otherwise."""
    coarse: bool = False
    """Whether they are not derived: an op of the program is outside of the domain."""


def estimates(module: Operation, function: str, inputs: Sequence[Any], results: Sequence[Array]) -> Estimates | None:
    """The rounding errors of `results`, which the function gave for these inputs; None where the domain lacks an op."""
    domain = Rounding()
    try:
        found = evaluate(module, *inputs, function=function, domain=domain)
    except Error:
        return None
    if len(found) != len(results):
        return None  # buffers that it writes to
    each: list[Estimate | None] = []
    for result, carried in zip(results, found, strict=True):
        pair = value_and_error(np.asarray(carried))
        if pair is not None and pair[0].shape != result.shape:
            return None  # complex numbers as pairs
        each.append(None if pair is None else Estimate.of(result, *pair))
    return Estimates(tuple(each), domain.undecided)


def half_the_digits(results: Sequence[Array]) -> Estimates:
    """Where nothing can be derived: `sqrt(u)` of the largest magnitude."""
    each: list[Estimate | None] = []
    for result in results:
        if kind(result.dtype) not in ("float", "complex"):
            each.append(None)
            continue
        magnitude = np.abs(result.astype(np.complex128))
        finite = magnitude[np.isfinite(magnitude)]
        bound = np.sqrt(unit_roundoff(_real(result.dtype))) * (finite.max() if finite.size else 0.0)
        each.append(Estimate(np.full(result.shape, bound / 2), 1.0))
    return Estimates(tuple(each), coarse=True)


def allowed(result: Array, before: Estimate | None, after: Estimate | None = None) -> Array:
    """The difference allowed to each element of a result, by the estimate of one side or of both.

    Where the first side has no bound, half of the digits have to agree; what has no bound on the other side counts for nothing.
    """
    if before is None:
        return np.zeros(())
    with np.errstate(all="ignore"):
        magnitude = np.nan_to_num(np.abs(result.astype(np.complex128)), nan=0.0, posinf=0.0)
    largest = float(magnitude.max()) if magnitude.size else 0.0
    unit = unit_roundoff(_real(result.dtype))
    other = before.bound if after is None else np.nan_to_num(after.bound, posinf=0.0)
    total = before.bound + other
    share = min(1.0, ROOM * max(before.used, 0.0 if after is None else after.used))
    scaled = np.where(np.isfinite(total), share * np.nan_to_num(total, posinf=0.0), np.sqrt(unit) * largest)
    rounded = np.minimum(LAST_PLACES * unit * magnitude, total)
    nothing = NOTHING * largest + _flushed(_real(result.dtype)) if total.any() else 0.0
    return np.maximum(scaled, rounded) + nothing


def differing(before: Array, after: Array, allowed: Array) -> Array:
    """Which elements differ by more than allowed. NaN equals NaN, and infinities equal themselves."""
    if kind(before.dtype) in ("bool", "signed", "unsigned", "other"):
        return np.asarray(before != after)
    wide = np.complex128 if kind(before.dtype) == "complex" else np.float64
    old, new = before.astype(wide), after.astype(wide)
    with np.errstate(all="ignore"):
        near = np.abs(old - new) <= allowed
    return ~(near | (old == new) | (np.isnan(old) & np.isnan(new)))


def identical(before: Array, after: Array) -> bool:
    """Whether all elements are equal, NaN to NaN."""
    if before.dtype != after.dtype or before.shape != after.shape:
        return False
    return bool(np.asarray((before == after) | ((before != before) & (after != after))).all())


def _flushed(dtype: DType) -> float:
    """What may become zero on the way: numbers below the normal ones, of the types in which programs compute."""
    return smallest_normal(dtype) if dtype.name in ("float16", "bfloat16", "float32", "float64") else 0.0


def _real(dtype: DType) -> DType:
    """The type of the parts of a complex number; a float type itself."""
    return np.dtype(f"f{dtype.itemsize // 2}") if kind(dtype) == "complex" else dtype
