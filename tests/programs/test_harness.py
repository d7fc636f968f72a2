"""JAX's own cases, twenty of each group, on NumPy and in C: what does not pass is listed, with the reason."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("absl", reason="JAX's test harnesses need absl-py")

from tests.programs import harness

GROUPS = functools.cache(harness.groups)()


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_cases_of(group: str, record_property: Callable[[str, Any], None]) -> None:
    outcomes = harness.examine(group, GROUPS[group])
    record_property("harness", harness.row(group, outcomes))
    assert not [outcome.fault for outcome in outcomes if outcome.fault]


def test_what_is_known_names_cases_that_there_are() -> None:
    for group, part in harness.KNOWN:
        assert any(part in case.name for case in GROUPS[group])
    for group, part, _, _ in harness.COMPARED:
        assert any(part in case.name for case in GROUPS[group])


def test_a_fault_and_a_known_fault_that_passes_are_told() -> None:
    assert harness.Outcome("case", "", "", "").fault == ""
    assert harness.Outcome("case", "", "differs", "").fault == "case: C: differs"
    assert harness.Outcome("case", "", "differs", "some reason").fault == ""
    assert "passes" in harness.Outcome("case", "", "", "some reason").fault
