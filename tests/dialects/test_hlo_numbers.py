"""No constraint that the specification numbers is missing."""

from __future__ import annotations

import pytest

from couloir.dialects import hlo
from tests.dialects.specification import BY_CONSTRUCTION, CONSTRAINTS

OPS = {cls.name.removeprefix("stablehlo."): cls for cls in vars(hlo).values() if hasattr(cls, "definition")}


def checked(op: str) -> set[str]:
    """The numbers of the constraints that the verifier checks."""
    ids = [getattr(relation, "id", "") for relation in OPS[op].definition.relations]
    return {number for id in ids for number in id.split(", ") if number}


@pytest.mark.parametrize("op", sorted(CONSTRAINTS))
def test_each_constraint_is_checked_under_its_number(op):
    numbers = {f"C{number}" for number in range(1, CONSTRAINTS[op] + 1)}
    stated = {number for name, number in BY_CONSTRUCTION if name == op}
    assert checked(op) | stated == numbers
    assert not checked(op) & stated


@pytest.mark.parametrize("op", sorted(CONSTRAINTS))
def test_each_docstring_names_its_section(op):
    assert f"Source: StableHLO specification, `{op}`." in OPS[op].__doc__
