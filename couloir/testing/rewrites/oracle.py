"""Whether two programs compute the same: on arrays, exactly where numbers are exact, and else within what rounding explains."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, rationals, residues
from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.rounding import smallest_normal, unit_roundoff
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.passes.checking import CheckError, NumericCheck
from couloir.passes.running import public_functions
from couloir.testing.rewrites.inputs import Profile

MAX_RUNS: Final = 20_000
"""Regions, blocks and functions that are run before a program counts as endless."""


class Undefined(Exception):
    """The program before the rewrite does not run on these inputs."""


def difference(
    before: ModuleOp, after: ModuleOp, arrays: Sequence[Any], profile: Profile, assumes: Collection[str] = ()
) -> str | None:
    """What is different, as a sentence, or None.

    Raises:
        Undefined: `before` cannot be run on these arrays.
    """
    types = [public_functions(module)[0].function_type for module in (before, after)]
    with np.errstate(all="ignore"):
        if types[0] is not types[1]:  # a lowering: values are carried by other types
            if profile not in ("whole", "ordinary"):
                raise Undefined("the type of the function has changed")
            return _beyond_rounding(before, after, arrays)
        try:
            expected: list[Any] = list(evaluate(before, *arrays, max_runs=MAX_RUNS))
        except Error as error:
            raise Undefined(error.message) from error
        if not all(isinstance(result, np.ndarray | np.generic) for result in expected):
            raise Undefined("it gives results that are no arrays")
        try:
            found = evaluate(after, *arrays, max_runs=MAX_RUNS)
        except Error as error:
            return f"it cannot be run any more: {error.message}"
        if profile in ("whole", "ordinary"):
            told = _beyond_rounding(before, after, arrays)
            return told or (_exactly(before, after, arrays) if profile == "whole" else None)
        return _special(expected, found, assumes)


def _beyond_rounding(before: ModuleOp, after: ModuleOp, arrays: Sequence[Any]) -> str | None:
    try:
        NumericCheck(before, list(arrays))(after)
    except CheckError as error:
        return error.message
    except Error:
        return None  # results that cannot be compared as numbers
    return None


def _exactly(before: ModuleOp, after: ModuleOp, arrays: Sequence[Any]) -> str | None:
    """In exact domains, where all ops have a meaning in one."""
    for domain in (residues, rationals):
        try:
            expected, found = (evaluate(m, *arrays, domain=domain, max_runs=MAX_RUNS) for m in (before, after))
        except (NotInDomain, Error):
            continue
        for number, (a, b) in enumerate(zip(expected, found, strict=True)):
            if a.shape != b.shape or not np.array_equal(a, b):
                return f"output {number} differs in exact arithmetic ({_name(domain)})"
        return None
    return None


def _name(domain: ArrayNamespace) -> str:
    return domain.name


def _special(expected: Sequence[Array], found: Sequence[Array], assumes: Collection[str]) -> str | None:
    """NaN, infinities and signed zeros are where they were; whatever else there is differs only a little."""
    for number, (a, b) in enumerate(zip(expected, found, strict=True)):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"output {number} is {b.dtype}{list(b.shape)}, before it was {a.dtype}{list(a.shape)}"
        wrong = _special_differences(a, b, assumes) if kind(a.dtype) in ("float", "complex") else a != b
        if wrong.any():
            place = tuple(map(int, np.argwhere(wrong)[0])) if wrong.ndim else ()
            return f"output {number} at {list(place)} is {b[place]}, before it was {a[place]}"
    return None


def _special_differences(a: Any, b: Any, assumes: Collection[str]) -> Array:
    if kind(a.dtype) == "complex":
        return _special_differences(a.real, b.real, assumes) | _special_differences(a.imag, b.imag, assumes)
    x, y = a.astype(np.float64), b.astype(np.float64)
    ignored = np.zeros(x.shape, bool)
    if "no NaN" in assumes:
        ignored |= np.isnan(x) | np.isnan(y)
    if "no infinities" in assumes or "no overflow" in assumes:
        ignored |= ~np.isfinite(x) | ~np.isfinite(y)
    odd = ~np.isfinite(x) | ~np.isfinite(y)
    wrong = odd & ~((x == y) | (np.isnan(x) & np.isnan(y)))
    if "no signed zeros" not in assumes:
        wrong |= (x == 0) & (y == 0) & (np.signbit(x) != np.signbit(y))
    # Among extreme numbers the bounds on rounding mean little: half of the digits must agree.
    digits = math.sqrt(2 * unit_roundoff(a.dtype))
    near = np.abs(x - y) <= digits * np.maximum(np.abs(x), np.abs(y)) + smallest_normal(a.dtype)
    return (wrong | (~odd & ~near)) & ~ignored
