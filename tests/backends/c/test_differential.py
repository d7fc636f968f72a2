"""Each op of StableHLO in C against the NumPy backend, over drawn shapes, types, attributes, values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import couloir
from tests.backends.numpy.differential import Drawn, check
from tests.backends.numpy.differential_cases import Make, compared, ulps_of
from tests.backends.numpy.programs import program
from tests.backends.numpy.test_differential import ELEMENTWISE, NAMES
from tests.programs.joining import run_together

PROGRAMS = 6
"""Drawn in each example, and compiled together."""
SUMS_AND_PRODUCTS = 8
"""ULPs of complex numbers of which several are multiplied, in an order that is open."""


@pytest.mark.slow
@pytest.mark.parametrize("make", NAMES, ids=[",".join(names) for names in NAMES.values()])
@given(data=st.data())
@settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_agrees_with_numpy(make: Make, data: Any) -> None:
    cases: list[tuple[Drawn, Any, Any]] = []
    for _ in range(PROGRAMS):
        drawn = make(data.draw)
        module = program(drawn.arrays, drawn.body)
        with np.errstate(all="ignore"):
            expected = couloir.run(module, *drawn.arrays)
        cases.append((drawn, expected, couloir.lower(module, "loops", verify_each=False)))
    found = run_together([lowered for *_, lowered in cases], [drawn.arrays for drawn, *_ in cases])
    cls = ELEMENTWISE.get(NAMES[make][0])
    for (drawn, expected, _), results in zip(cases, found, strict=True):
        ulps = 0 if cls is None else ulps_of(cls, drawn.arrays[0].dtype)
        where = True if cls is None else compared(cls, list(drawn.arrays))
        for mine, theirs in zip(results, expected, strict=True):
            folds = cls is None and mine.dtype.kind == "c"
            with np.errstate(all="ignore"):
                check(mine, theirs, SUMS_AND_PRODUCTS if folds else ulps, where)
