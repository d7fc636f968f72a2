"""Checks inside a program: what StableHLO's own test files expect of values. Source: openxla/stablehlo, `check` dialect."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array, is_discrete, kind
from couloir.backends.numpy.ulps import APART, ulp_distance
from couloir.dialects.check import TOLERANCE
from couloir.ir.errors import Error


class AssertionFailed(Error):
    """Something that a program itself says is not so: `cf.assert`, `check.expect_eq`."""


def expect_eq(xp: ArrayNamespace, actual: Array, expected: Array) -> None:
    """Raises `AssertionFailed` unless all elements are equal. NaN equals nothing."""
    _expect_types(actual, expected)
    _expect(np.asarray(xp.apply("compare EQ", actual, expected)), actual, expected, "are not equal")


def expect_almost_eq(xp: ArrayNamespace, actual: Array, expected: Array, tolerance: float = TOLERANCE) -> None:
    """Raises `AssertionFailed` unless no element is further than `tolerance` from its fellow; NaN is near NaN."""
    _expect_types(actual, expected)
    _expect_floats(xp, "expect_almost_eq", actual)
    near = np.ones(actual.shape, np.bool_)
    for part in (np.real, np.imag) if kind(actual.dtype) == "complex" else (np.asarray,):
        left, right = part(actual).astype(np.float64), part(expected).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            same = (left == right) | (np.isnan(left) & np.isnan(right))
            near &= same | (np.abs(left - right) <= tolerance)
    _expect(near, actual, expected, f"are more than {tolerance} apart")


def expect_close(xp: ArrayNamespace, actual: Array, expected: Array, most: int = 1, least: int = 0) -> None:
    """Raises `AssertionFailed` unless all elements are from `least` to `most` units in the last place apart."""
    _expect_types(actual, expected)
    _expect_floats(xp, "expect_close", actual)
    distance = ulp_distance(actual, expected)
    _expect((distance >= least) & (distance <= most), actual, expected, f"are not {least} to {most} ULPs apart")


def _expect_floats(xp: ArrayNamespace, check: str, actual: Array) -> None:
    if is_discrete(actual.dtype):
        raise Error(f"`{check}` compares floats, not {actual.dtype}", hint="`expect_eq` compares all numbers")
    if kind(actual.dtype) == "other":
        raise NotInDomain(check, xp.name)


def _expect_types(actual: Array, expected: Array) -> None:
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise AssertionFailed(
            f"{actual.dtype}{list(actual.shape)} is expected to be {expected.dtype}{list(expected.shape)}, "
            "which is another shape or element type"
        )


def _expect(holds: Array, actual: Array, expected: Array, what: str) -> None:
    if holds.all():
        return
    wrong = np.argwhere(~holds)
    at = tuple(wrong[0].tolist())
    left, right = actual[at], expected[at]
    apart = ""
    if kind(actual.dtype) in ("float", "complex"):
        distance = int(ulp_distance(np.asarray(left), np.asarray(right)))
        apart = ", one of them not a number that is finite" if distance == APART else f", {distance} ULPs apart"
    raise AssertionFailed(
        f"{len(wrong)} of {actual.size} elements {what}: "
        f"the first at index {list(at)}: {left} (actual), {right} (expected){apart}"
    )
