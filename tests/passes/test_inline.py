from __future__ import annotations

from hypothesis import given

from couloir.passes.inline import Inline
from tests.passes.programs import check, hlo_programs, loop_programs


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, Inline())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, Inline())
