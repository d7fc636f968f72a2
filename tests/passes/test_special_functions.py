"""Special functions as arithmetic, against SciPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import chlo
from couloir.ir.passes import PassPipeline
from couloir.passes.decompose import Decompose
from tests.passes.loop_programs import agree, program

special = pytest.importorskip("scipy.special")

INFINITY, NAN = float("inf"), float("nan")
NUMBERS = [
    -3.0,
    -2.5,
    -1.25,
    -0.5,
    -0.0,
    0.0,
    1e-3,
    0.3,
    0.5,
    1.0,
    1.1,
    1.6,
    2.0,
    2.3,
    7.0,
    12.5,
    60.0,
    150.0,
    INFINITY,
    NAN,
]
ORDERS = [0.0, 1.0, 2.0, 5.0, 10.0]


def pairs(first: Any, second: Any) -> list[Any]:
    return [array.ravel() for array in np.meshgrid(np.array(first), np.array(second))]


def i1e(x: Any) -> Any:
    return np.where(np.isnan(x), x, special.i1e(x))


CASES = [
    (chlo.Lgamma, [np.array(NUMBERS)], special.gammaln),
    (chlo.Digamma, [np.array([n for n in NUMBERS if n != 0 and n != -3])], special.psi),
    (chlo.BesselI1e, [np.array([*NUMBERS, -0.7, -45.0, 49.0, 51.0])], i1e),
    (chlo.Zeta, pairs([1.5, 2.0, 3.25, 20.0], [0.25, 1.0, 3.5, 40.0]), special.zeta),
    (chlo.Polygamma, pairs(ORDERS, [0.25, 1.0, 3.5, 40.0]), lambda n, x: special.polygamma(n.astype(int), x)),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("cls", "arrays", "reference"), CASES, ids=[case[0].__name__ for case in CASES])
def test_values_are_those_of_scipy(cls: Any, arrays: list[Any], reference: Any) -> None:
    """1e-11 is what the formulas promise away from zeros."""
    module = program(arrays, cls)
    PassPipeline.of(Decompose()).run(module, verify_each=True)
    assert not any(isinstance(op, cls) for op in module.walk())
    (found,) = evaluate(module, *arrays)
    np.testing.assert_allclose(found, reference(*arrays), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loops_and_c_agree(dtype: Any, tmp_path: Path) -> None:
    """Of numbers at which no result is infinite, as infinite results leave no scale for errors."""
    x = np.array([-2.5, -0.5, 0.3, 1.6, 12.5], dtype)
    n, q = np.array([2.0, 1.0, 0.0, 5.0, 3.0], dtype), np.array([0.5, 1.0, 2.5, 30.0, 2.0], dtype)
    module = program(
        [x, n, q],
        lambda x, n, q: [
            *(f(x) for f in (chlo.Lgamma, chlo.Digamma, chlo.BesselI1e)),
            chlo.Polygamma(n, q),
        ],
    )
    agree(module, [x, n, q], tmp_path, tolerance=2.0**-22 if dtype is np.float32 else 1e-11)


POLES = [
    (chlo.Digamma, [np.array([0.0, -0.0, -3.0, INFINITY, NAN])]),
    (chlo.Zeta, [np.array([1.0, 0.5, 3.0, 3.0, 3.0, NAN]), np.array([2.0, 2.0, 0.0, -2.0, NAN, 1.0])]),
    (chlo.Polygamma, [np.array([-1.0, 0.5, NAN, 1.0]), np.array([2.0, 2.0, 2.0, -1.0])]),
    (chlo.Lgamma, [np.array([0.0, -0.0, -1.0, -INFINITY])]),
]


@pytest.mark.parametrize(("cls", "arrays"), POLES, ids=[case[0].__name__ for case in POLES])
def test_poles_are_those_of_the_numpy_backend(cls: Any, arrays: list[Any]) -> None:
    module = program(arrays, cls)
    (wanted,) = evaluate(module, *arrays)
    PassPipeline.of(Decompose()).run(module)
    (found,) = evaluate(module, *arrays)
    np.testing.assert_array_equal(found, wanted)
