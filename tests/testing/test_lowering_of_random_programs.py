"""Random programs of each dialect compute the same at each level, after each pass, and in C."""

from __future__ import annotations

import pytest

from couloir.testing import Verdict, check_lowering


@pytest.mark.parametrize("seed", [0, 1000, 2000])
def test_programs_of_stablehlo_down_to_c(seed: int) -> None:
    report = check_lowering("stablehlo", cases=6, seconds=120, seed=seed, optimize=False)
    assert report.fired >= 6, report
    assert report, report
    assert {o.name: o.verdict for o in report.obligations}["loops..c"] is Verdict.TESTED


@pytest.mark.parametrize("seed", [0, 1000])
def test_programs_of_chlo_down_to_loops(seed: int) -> None:
    report = check_lowering(("chlo", "stablehlo"), "loops", cases=6, seconds=120, seed=seed)
    assert report.fired >= 6, report
    assert report, report


@pytest.mark.parametrize("seed", [0, 2000])
def test_programs_of_onnx_down_to_loops(seed: int) -> None:
    report = check_lowering("onnx", "loops", cases=6, seconds=120, seed=seed)
    assert report.fired >= 6, report
    assert report, report
