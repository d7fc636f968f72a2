from __future__ import annotations

from hypothesis import given

from couloir.passes.remove_dead_values import RemoveDeadValues
from couloir.passes.sccp import Sccp
from tests.passes.programs import check, hlo_programs, loop_programs


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, RemoveDeadValues())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, RemoveDeadValues())


@given(loop_programs())
def test_programs_of_loops_compute_the_same_with_conditions_known(text) -> None:
    check(text, Sccp(), RemoveDeadValues())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same_with_conditions_known(text) -> None:
    check(text, Sccp(), RemoveDeadValues())
