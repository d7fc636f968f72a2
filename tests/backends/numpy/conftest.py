"""What the tests of the NumPy back end share: JAX with 64-bit types as an oracle, and ways to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def lax() -> Iterator[Any]:
    """`jax.lax` with 64-bit types, which JAX otherwise narrows to 32 bits."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax.lax


@pytest.fixture(scope="session")
def assert_same() -> Callable[[Array, Any], None]:
    """Bit for bit, with any NaN equal to any NaN; shape and element type count."""

    def check(ours: Array, theirs: Any) -> None:
        theirs = np.asarray(theirs)
        assert isinstance(ours, np.ndarray)
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        if ours.dtype == object or ours.dtype.kind in "iub":
            np.testing.assert_array_equal(ours, theirs)
            return
        # ml_dtypes floats, complex numbers and the signs of zeros: everything as f64, which holds it exactly.
        wide = np.complex128 if ours.dtype.kind == "c" else np.float64
        left, right = ours.astype(wide), theirs.astype(wide)
        np.testing.assert_array_equal(left, right)
        for part in (np.real, np.imag):
            zero = part(left) == 0
            np.testing.assert_array_equal(np.signbit(part(left))[zero], np.signbit(part(right))[zero])

    return check


@pytest.fixture(scope="session")
def assert_within() -> Callable[[Array, Any, Any], None]:
    """Every element within its own bound (an array or a number) of the expected one; NaN and infinities as expected."""

    def check(ours: Array, expected: Any, bound: Any) -> None:
        expected = np.asarray(expected)
        assert isinstance(ours, np.ndarray)
        assert ours.shape == expected.shape
        ours, expected = ours.astype(np.complex128), expected.astype(np.complex128)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(ours[~finite], expected[~finite])
        error = np.abs(ours[finite] - expected[finite])
        excess = error > np.broadcast_to(bound, expected.shape)[finite]
        assert not excess.any(), (ours[finite][excess][:5], expected[finite][excess][:5], error[excess][:5])

    return check
