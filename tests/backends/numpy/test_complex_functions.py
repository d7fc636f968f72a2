"""Functions of complex numbers: rounded once, against Python's decimals; corner cases as in StableHLO's tests."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy.complex_functions import square
from couloir.backends.numpy.domains import floats
from couloir.backends.numpy.ulps import ulp_distance


def modulus_of_log_plus_one(z: complex) -> float:
    with decimal.localcontext(decimal.Context(prec=700)):  # 1 + the square of the least number
        x, y = Decimal(z.real), Decimal(z.imag)
        return float(((1 + x) ** 2 + y * y).ln() / 2)


angles = st.floats(0, 6.3)
near_the_circle = st.builds(
    lambda a, r: complex(-1 + (1 + r) * np.cos(a), (1 + r) * np.sin(a)), angles, st.floats(-1e-9, 1e-9)
)
sizes = st.builds(lambda m, e: m * 2.0**e, st.sampled_from([-0.9, -0.5, 0.7, 1.0]), st.integers(-140, 120))
anywhere = st.builds(complex, sizes, sizes)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
@given(z=near_the_circle | anywhere)
def test_log_plus_one_is_accurate_where_the_logarithm_is_almost_zero(dtype: str, z: complex) -> None:
    given = np.array([z], dtype)
    if given[0] == -1:
        return
    found = floats.apply("log_plus_one", given)
    expected = np.array([modulus_of_log_plus_one(complex(given[0]))]).astype(found.real.dtype)
    assert ulp_distance(found.real, expected)[0] <= 2
    with np.errstate(all="ignore"):
        wide = given.astype("c16")
        angle = np.arctan2(wide.imag, 1 + wide.real).astype(found.imag.dtype)
    assert ulp_distance(found.imag, angle)[0] <= 2


@pytest.mark.parametrize(
    ("op", "z", "expected"),
    [
        ("exponential", complex(-np.inf, np.inf), complex(np.nan, np.nan)),
        ("exponential", complex(-np.inf, 1), complex(0, 0)),
        ("exponential", complex(np.inf, 0), complex(np.inf, 0)),
        ("log_plus_one", complex(3e38, 3e38), complex(88.94345, np.pi / 4)),
        ("log_plus_one", complex(-np.inf, 1), complex(np.inf, np.pi)),
        ("log_plus_one", complex(1e-40, 1e-20), complex(1.5e-40, 1e-20)),
        ("log_plus_one", complex(-1, 0), complex(-np.inf, 0)),
        ("log_plus_one", complex(np.nan, 1), complex(np.nan, np.nan)),
    ],
)
@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_corner_cases(op: str, z: complex, expected: complex, dtype: str) -> None:
    found = complex(floats.apply(op, np.array(z, dtype))[()])
    np.testing.assert_allclose([found.real, found.imag], [expected.real, expected.imag], rtol=1e-5)


@pytest.mark.parametrize("op", ["sine", "cosine", "tan", "tanh", "log", "sqrt", "rsqrt", "exponential", "logistic"])
def test_single_precision_is_double_precision_rounded(op: str) -> None:
    rng = np.random.default_rng(0)
    z: Any = (rng.normal(0, 3, 200) + 1j * rng.normal(0, 3, 200)).astype("c8")
    np.testing.assert_array_equal(floats.apply(op, z), floats.apply(op, z.astype("c16")).astype("c8"))


def test_squares_do_not_subtract_infinities() -> None:
    z = np.array([1e200 + 1e200j, np.inf + 1j, 2e200 - 1e200j, 3 + 4j])
    with np.errstate(all="ignore"):
        found = square(z)
    np.testing.assert_array_equal(found.real, [0, np.inf, np.inf, -7])
    np.testing.assert_array_equal(found.imag, [np.inf, np.inf, -np.inf, 24])
