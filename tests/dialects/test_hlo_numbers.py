"""No constraint that the specification numbers is missing."""

from __future__ import annotations

import pytest

from couloir.dialects import hlo
from tests.dialects.specification import BY_CONSTRUCTION, CONSTRAINTS

NOT_AUDITED = {
    "bitcast_convert",
    "broadcast_in_dim",
    "concatenate",
    "constant",
    "dynamic_broadcast_in_dim",
    "dynamic_gather",
    "dynamic_iota",
    "dynamic_pad",
    "dynamic_reshape",
    "dynamic_slice",
    "dynamic_update_slice",
    "gather",
    "get_dimension_size",
    "iota",
    "map",
    "pad",
    "reshape",
    "reverse",
    "scatter",
    "select_and_scatter",
    "slice",
    "sort",
    "transpose",
}


OPS = {cls.name.removeprefix("stablehlo."): cls for cls in vars(hlo).values() if hasattr(cls, "definition")}


def checked(op: str) -> set[str]:
    """The numbers of the constraints that the verifier checks."""
    ids = [getattr(relation, "id", "") for relation in OPS[op].definition.relations]
    return {number for id in ids for number in id.split(", ") if number}


@pytest.mark.parametrize("op", sorted(CONSTRAINTS.keys() - NOT_AUDITED))
def test_each_constraint_is_checked_under_its_number(op):
    numbers = {f"C{number}" for number in range(1, CONSTRAINTS[op] + 1)}
    stated = {number for name, number in BY_CONSTRUCTION if name == op}
    assert checked(op) | stated == numbers
    assert not checked(op) & stated


@pytest.mark.parametrize("op", sorted(CONSTRAINTS.keys() - NOT_AUDITED))
def test_each_docstring_names_its_section(op):
    assert f"Source: StableHLO specification, `{op}`." in OPS[op].__doc__
