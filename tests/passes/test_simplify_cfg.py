from __future__ import annotations

from hypothesis import given

from couloir.passes.sccp import Sccp
from couloir.passes.simplify_cfg import SimplifyCfg
from tests.passes.programs import check, loop_programs


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, SimplifyCfg())


@given(loop_programs())
def test_programs_of_loops_compute_the_same_with_conditions_known(text) -> None:
    check(text, Sccp(), SimplifyCfg())
