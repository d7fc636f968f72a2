"""Whether two functions compute the same: to the last bit, within what rounding explains, in exact arithmetic.

* Integers and booleans are equal.
* Floats keep their bits, NaN is any NaN. Where rounding is open (sums, products of matrices, functions such as `exp`: IEEE-754 does
  not fix their last bit, nor StableHLO the order of a sum), or the rule assumes `reassociation`, ordinary numbers may differ by
  what rounding explains, element by element (`couloir.passes.checking`); infinities, NaN and signs of zeros stay where they are.
* What a rule assumes is granted: a difference counts for nothing when an assumption does not hold of some number on the way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal, TypeAlias, cast

import attrs
import ml_dtypes
import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, rationals, residues
from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.expectations import AssertionFailed
from couloir.backends.numpy.rounding import smallest_normal, unit_roundoff
from couloir.dialects import hlo
from couloir.dialects.func import FuncOp
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.constraints import compatible
from couloir.ir.errors import Error
from couloir.ir.types import TensorType
from couloir.passes.checking import CheckError, NumericCheck
from couloir.passes.running import carried_inputs, outcome, signature
from couloir.passes.tolerance import differing, estimates
from couloir.testing.rewrites.inputs import Profile
from couloir.testing.rewrites.observing import Degrees, Observing

MAX_RUNS: Final = 2_000
"""Regions, blocks and functions that are run before a program is left alone: loops of random programs seldom end."""
MAX_RUNS_AFTER: Final = 100_000
"""The same for what becomes of a program that ends; it may be written as loops."""
CHANCE: Final = 1e-9
"""That two programs agree on random residues by chance, at most; where degrees are high, several trials make it so."""
TRIALS: Final = 3


Agreement: TypeAlias = Literal["equal", "rounded", "granted"]
"""`rounded`: but for what rounding explains; `granted`: they differ where an assumption of the rewrite does not hold."""


class Undefined(Exception):
    """Nothing can be said: the program before the rewrite does not run on these inputs, or not in this arithmetic."""


@attrs.frozen(eq=False)
class Difference:
    """What two functions compute differently.

    Attributes:
        message: The first element that differs, and both values.
        outputs: The results before and after; None where one does not run.
        inputs: The inputs that show it, when they are others than those given.
        domain: The exact numbers in which it shows.
    """

    message: str
    outputs: tuple[Sequence[Any], Sequence[Any]] | None = None
    inputs: Sequence[Any] | None = None
    domain: str | None = None


def difference(
    before: FuncOp,
    after: FuncOp,
    arrays: Sequence[Any],
    profile: Profile,
    assumes: Collection[str] = (),
    *,
    rounds: bool = False,
) -> Difference | Agreement:
    """What is different as floats, or how far they agree.

    Args:
        before: The function as it was.
        after: The function as it is now; its types may be others that carry the same values.
        arrays: What to run both on.
        profile: What these are.
        assumes: What the rewrite assumes.
        rounds: Whether the rewrite may round otherwise anyway.

    Raises:
        Undefined: `before` cannot be run on these arrays.
    """
    with np.errstate(all="ignore"):
        try:
            expected = outcome(before, arrays, max_runs=MAX_RUNS)
        except AssertionFailed as error:
            if rounds or "reassociation" in assumes:  # what is asserted may just hold, or just not
                raise Undefined(error.message) from error
            return _without_failure(after, arrays, error.message)
        except Error as error:
            raise Undefined(error.message) from error
        if any(
            _is_of_another_size(result, type) for result, type in zip(expected, signature(before).results, strict=False)
        ):
            raise Undefined("its results have other sizes than it declares")
        try:
            found = outcome(after, arrays, max_runs=MAX_RUNS_AFTER)
        except Error as error:
            return Difference(f"it cannot be run any more: {error.message}")
        told = _first(expected, found, _other_bits)
        if told is None:
            return "equal"
        retyped = _retyped(before, after)
        seen = _observed(before, after, arrays)
        if _may_be_undefined(before) and (
            seen is None or "no NaN" in seen.broken or any(map(_is_odd, (*expected, *found)))
        ):
            raise Undefined("a matrix that is not positive definite has no Cholesky factor")
        if seen is None or "no NaN" in seen.broken:
            _refuse_signs_of_nan(before, after, computed=seen is None or seen.made_nan)
        granted = set(assumes) - {"no signed zeros"}
        if seen is not None and not seen.broken.isdisjoint(granted):
            return "granted"
        unsigned = "no signed zeros" in assumes
        open = seen is None or seen.open or _is_open(before) or _is_open(after)
        if not (open or rounds or retyped or "reassociation" in assumes):
            told = _first(expected, found, _other_magnitudes) if unsigned else told
        elif (
            seen is not None
            and seen.underflows
            and (not open or any(map(_is_narrow, expected)))
            and "reassociation" in assumes
        ):
            return "granted"  # another order of arithmetic may lose digits elsewhere
        elif "reassociation" in assumes and any(map(_is_narrow, expected)) and not _constants_are_exact(before, after):
            return "granted"  # in few bits a constant such as 1/3 is far from what it stands for
        elif profile in ("whole", "ordinary"):
            told = _beyond_rounding(before, after, arrays)
            if told is not None and any(map(_is_odd_complex, expected)):
                told = _first(expected, found, _other_oddities) or _first(expected, found, _other_digits)
            if (
                told is not None
                and "reassociation" in assumes
                and _within_bounds(before, after, arrays, expected, found, without=False)
            ):
                told = None
            if told is None and not (unsigned or rounds):
                told = _first(expected, found, _other_zeros)
        elif retyped:
            raise Undefined("the type of the function has changed")
        else:
            finite = not any(map(_is_odd, arrays))
            if (
                bool(granted)
                if seen is None
                else "no overflow" in seen.broken or (finite and any(map(_is_odd, expected)))
            ):
                return "granted"  # another order of arithmetic may overflow elsewhere
            told = _first(expected, found, _other_oddities)
            if told is not None and seen is not None and seen.underflows and "reassociation" in assumes:
                return "granted"  # another order of arithmetic may come to zero elsewhere, and have a pole there
            if told is None and not unsigned:
                told = _first(expected, found, _other_zeros)
            if told is None and not (seen is not None and seen.underflows) and _first(expected, found, _other_digits):
                told = _beyond_rounding(before, after, arrays)
                if told is not None and _within_bounds(before, after, arrays, expected, found):
                    told = None
        return "rounded" if told is None else Difference(told, (expected, found))


def _without_failure(after: FuncOp, arrays: Sequence[Any], message: str) -> Difference | Agreement:
    """What is different where the program before stops at an assertion: that the other does not."""
    try:
        outcome(after, arrays, max_runs=MAX_RUNS_AFTER)
    except Error:
        return "equal"
    return Difference(f"it does not stop any more; before: {message}")


def _is_of_another_size(result: Array, type: Any) -> bool:
    """Whether sizes that a program computes contradict a type that it declares."""
    return isinstance(type, TensorType) and not (
        len(type.dims) == result.ndim and all(d in (None, s) for d, s in zip(type.dims, result.shape, strict=True))
    )


def _may_be_undefined(function: FuncOp) -> bool:
    return any(
        isinstance(op, hlo.Cholesky) or (isinstance(op, hlo.CustomCall) and "potrf" in op.call_target_name)
        for op in function.walk()
    )


def _refuse_signs_of_nan(before: FuncOp, after: FuncOp, *, computed: bool) -> None:
    """Raises `Undefined` where the sign of a NaN shows, which nothing fixes: as an infinity, in a format without mantissa bits;
    by its bits, or in the total order, where it was `computed` from numbers.
    """
    for op in (*before.walk(), *after.walk()):
        if isinstance(op, hlo.ReducePrecision) and op.mantissa_bits == 0:
            raise Undefined("a format without mantissa bits shows the sign of a NaN, which nothing fixes")
        ordered = isinstance(op, hlo.Compare) and op.compare_type is hlo.ComparisonType.TOTALORDER
        if computed and (ordered or isinstance(op, hlo.BitcastConvert)):
            raise Undefined("the sign of a NaN that was computed shows")


def _is_open(function: FuncOp) -> bool:
    """Whether it has ops that leave their rounding open and are not computed by the domain."""
    return any(isinstance(op, hlo.Cholesky | hlo.CustomCall | hlo.Fft | hlo.TriangularSolve) for op in function.walk())


def _is_narrow(array: Any) -> bool:
    return kind(array.dtype) == "float" and array.dtype.itemsize == 1


def _is_odd(array: Any) -> bool:
    """Whether some element is infinite or NaN."""
    return kind(array.dtype) in ("float", "complex") and not np.isfinite(array).all()


def _is_odd_complex(array: Any) -> bool:
    """Whether some complex number has an infinite part or NaN: which of its parts are, products leave open."""
    return kind(array.dtype) == "complex" and _is_odd(array)


def _retyped(before: FuncOp, after: FuncOp) -> bool:
    """Whether values are carried by other types now: a lowering. Types that know more or less of their sizes carry the same."""
    old, new = before.function_type, after.function_type
    if old is new:
        return False
    if (len(old.inputs), len(old.results)) != (len(new.inputs), len(new.results)):
        return True
    pairs = zip((*old.inputs, *old.results), (*new.inputs, *new.results), strict=True)
    return not all(compatible(a, b) for a, b in pairs)


def _observed(before: FuncOp, after: FuncOp, arrays: Sequence[Any]) -> Observing | None:
    """What is seen when both run; None when they cannot be watched.

    What is assumed of numbers is assumed of those in the program before: a rewrite that makes NaN, or infinities by dividing by
    zero, is wrong. Only overflow on the way counts in both: whoever rules it out speaks of magnitudes.
    """
    seen, then = Observing(), Observing()
    for function, domain in ((before, seen), (after, then)):
        try:
            evaluate(
                function, *carried_inputs(function, [np.array(a) for a in arrays]), domain=domain, max_runs=MAX_RUNS
            )
        except Error:
            return None
    seen.broken |= then.broken & {"no overflow"}
    seen.open |= then.open
    seen.underflows |= then.underflows
    seen.made_nan |= then.made_nan
    return seen


def _first(expected: Sequence[Array], found: Sequence[Array], differs: Any) -> str | None:
    """The first element that differs, as a sentence."""
    if len(expected) != len(found):
        return f"it gives {len(found)} results, before it gave {len(expected)}"
    for number, (a, b) in enumerate(zip(expected, found, strict=True)):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"output {number} is {b.dtype}{list(b.shape)}, before it was {a.dtype}{list(a.shape)}"
        wrong = np.asarray(differs(a, b))
        if wrong.any():
            place = tuple(map(int, np.argwhere(wrong)[0])) if wrong.ndim else ()
            return f"output {number} at {list(place)} is {b[place]}, before it was {a[place]}"
    return None


def _parts(differs: Any, a: Any, b: Any) -> Any:
    """A comparison of complex numbers is one of their parts."""
    return differs(a.real, b.real) | differs(a.imag, b.imag)


def _other_bits(a: Any, b: Any) -> Any:
    """Where two arrays have other bits; NaN is NaN."""
    if kind(a.dtype) == "complex":
        return _parts(_other_bits, a, b)
    if kind(a.dtype) != "float":
        return a != b
    return ~(((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b)))


def _other_values(a: Any, b: Any) -> Any:
    """As `_other_bits`, for zeros without a sign."""
    if kind(a.dtype) == "complex":
        return _parts(_other_values, a, b)
    if kind(a.dtype) != "float":
        return a != b
    return ~((a == b) | (np.isnan(a) & np.isnan(b)))


def _other_magnitudes(a: Any, b: Any) -> Any:
    """As `_other_values`; the infinities that one over zero is have no sign either."""
    both = np.isinf(a) & np.isinf(b) if kind(a.dtype) in ("float", "complex") else False
    return _other_values(a, b) & ~np.asarray(both)


def _other_zeros(a: Any, b: Any) -> Any:
    """Where two zeros have other signs. Products and transforms of complex numbers leave them open."""
    if kind(a.dtype) != "float":
        return np.zeros(a.shape, bool)
    return (a == 0) & (b == 0) & (np.signbit(a) != np.signbit(b))


def _other_oddities(a: Any, b: Any) -> Any:
    """Where NaN and infinities are not where they were."""
    if kind(a.dtype) == "complex":  # one odd part makes the number odd: a product has it in either
        return ~np.isfinite(a) != ~np.isfinite(b)
    if kind(a.dtype) != "float":
        return a != b
    return (~np.isfinite(a) | ~np.isfinite(b)) & _other_values(a, b)


def _other_digits(a: Any, b: Any) -> Any:
    """Where not even half of the digits agree, which is what counts among extreme numbers."""
    if kind(a.dtype) == "complex":
        return _parts(_other_digits, a, b)
    if kind(a.dtype) != "float":
        return np.zeros(a.shape, bool)
    x, y = a.astype(np.float64), b.astype(np.float64)
    digits = math.sqrt(2 * unit_roundoff(a.dtype))
    near = np.abs(x - y) <= digits * np.maximum(np.abs(x), np.abs(y)) + smallest_normal(a.dtype)
    return np.isfinite(x) & np.isfinite(y) & ~near


def _beyond_rounding(before: FuncOp, after: FuncOp, arrays: Sequence[Any]) -> str | None:
    try:
        NumericCheck(_module(before), list(arrays), function=before.sym_name)(_module(after))
    except CheckError as error:
        return error.message
    except Error:
        return None  # results that cannot be compared as numbers
    return None


def _within_bounds(
    before: FuncOp,
    after: FuncOp,
    arrays: Sequence[Any],
    expected: Sequence[Array],
    found: Sequence[Array],
    *,
    without: bool = True,
) -> bool:
    """Whether results differ by no more than both bounds on rounding errors; `without` bounds, that.

    Beside 1e30 a term of 1e-9 is lost without an error in any precision, and another order keeps it: what a run did use of the
    bound says nothing then. Where there are no bounds, as for complex numbers, nothing can be said.
    """
    bounds = [
        estimates(_module(function), function.sym_name, arrays, results)
        for function, results in ((before, expected), (after, found))
    ]
    if bounds[0] is None or bounds[1] is None:
        return without
    for a, b, one, other in zip(expected, found, bounds[0].each, bounds[1].each, strict=True):
        room = 0.0 if one is None or other is None else one.bound + other.bound
        if differing(a, b, np.asarray(room)).any():
            return False
    return True


def _module(function: FuncOp) -> Any:
    return function.parent_op or function


# -- exact arithmetic ------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Exactly:
    """That two functions agree in exact arithmetic.

    Attributes:
        domain: In which.
        miss: The probability that they do so by chance, at most; None where there is no bound.
    """

    domain: str
    miss: float | None = None


def exactly(before: FuncOp, after: FuncOp, arrays: Sequence[Any], seed: int) -> Exactly | Difference:
    """Compares two functions in exact arithmetic: modulo a prime, on random residues; else as fractions.

    Args:
        before, after: The functions.
        arrays: Whole numbers.
        seed: Of the residues.

    Raises:
        Undefined: They have no meaning in exact arithmetic, or constants that seem to have been rounded.
    """
    if _retyped(before, after):
        raise Undefined("the type of the function has changed")
    if not _constants_are_exact(before, after):
        raise Undefined("constants that may have been rounded")
    told = _in_domain(before, after, _wide_numbers(arrays, seed), residues)
    miss = 1.0
    for trial in range(TRIALS):
        if told is not None or miss <= CHANCE:
            break
        counted = Degrees()
        told = _in_domain(before, after, _residues(arrays, seed, trial), counted)
        miss *= min(counted.degree / 2.0**31, 1.0)
    if told is None:
        return Exactly(residues.name, miss if miss < 1 else None)
    if isinstance(told, Difference):
        return told
    told = _in_domain(before, after, arrays, rationals)
    if told is None:
        return Exactly(rationals.name)
    if isinstance(told, Difference):
        return told
    raise Undefined(told)


def _in_domain(before: FuncOp, after: FuncOp, arrays: Sequence[Any], domain: ArrayNamespace) -> Difference | str | None:
    """The difference in a domain, or why they have no meaning in it."""
    try:
        results = (evaluate(f, *arrays, domain=domain, max_runs=MAX_RUNS) for f in (before, after))
        expected, found = (list(map(_in_one_form, each)) for each in results)
    except (NotInDomain, Error) as error:
        return error.message
    told = _first(expected, found, _unequal)
    if told is None:
        return None
    outputs = (list(map(_as_numbers, expected)), list(map(_as_numbers, found)))
    shown = _first(*outputs, _unequal) or told
    return Difference(f"{shown}, in exact arithmetic ({domain.name})", outputs, arrays, domain.name)


def _unequal(a: Any, b: Any) -> Any:
    return a != b


def _in_one_form(array: Array) -> Array:
    """An array of whole numbers as one of fractions, with which it is compared: some ops leave the one, some the other."""
    return array if array.dtype.names is not None else array.astype(object)


def _as_numbers(array: Array) -> Array:
    """An array as integers and fractions."""
    if array.dtype.names is not None:
        return residues.to_residues(array).astype(object)
    return array


def _wide_numbers(arrays: Sequence[Array], seed: int) -> list[Array]:
    """Whole numbers of as many digits as the floats have, in place of small ones."""
    generator = np.random.default_rng([seed, 11])
    made: list[Array] = []
    for array in arrays:
        if kind(array.dtype) == "float":
            limit = min(int(1 / unit_roundoff(array.dtype)), 1 << 24)
            made.append(generator.integers(-limit, limit, array.shape).astype(array.dtype))
        else:
            made.append(array)
    return made


def _residues(arrays: Sequence[Array], seed: int, trial: int) -> list[Array]:
    """Uniformly random residues in place of floats."""
    generator = np.random.default_rng([seed, 7, trial])
    return [
        residues.from_residues(np.asarray(generator.integers(0, (1 << 31) - 1, array.shape)))
        if kind(array.dtype) == "float"
        else array
        for array in arrays
    ]


def _constants_are_exact(before: FuncOp, after: FuncOp) -> bool:
    """Whether no float constant of `after` seems to have been rounded: it was there before, or has few digits."""
    old = Counter(stored for op in before.walk() for stored in op.attributes.values())
    for op in after.walk():
        for stored in op.attributes.values():
            old[stored] -= 1
            if isinstance(stored, DenseElementsAttr) and old[stored] < 0:
                values: Any = stored.array
                if kind(values.dtype) != "float":
                    continue
                limits = cast("Any", ml_dtypes.finfo(values.dtype))
                scale = 2.0 ** (int(limits.nmant) // 2)
                wide = values.astype(np.float64)
                with np.errstate(all="ignore"):
                    few = (np.abs(wide) <= scale) & (wide * scale == np.rint(wide * scale))
                if (np.isfinite(wide) & ~few).any():
                    return False
    return True
