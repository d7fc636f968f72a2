"""Each pass says for which programs it is, so that checks draw such programs for it, or there is a reason here why not."""

from __future__ import annotations

import pytest

import couloir.passes
from couloir.ir.passes import PassPipeline
from couloir.ir.passes.base import find_pass
from couloir.ir.registry import REGISTRY

REASONS = {
    "simplify-cfg": "it is for functions of several blocks, which are not generated: tests/passes/test_simplify_cfg.py draws them",
    "reconcile-unrealized-casts": "casts between types of which one is not lowered yet mean nothing that could be compared",
}


@pytest.mark.parametrize("name", couloir.passes.PASSES)
def test_each_pass_says_for_which_programs_it_is(name: str) -> None:
    cls = find_pass(name)
    assert bool(cls.dialects) != (name in REASONS)
    for dialect in cls.dialects:
        assert REGISTRY.newest_operations(dialect)
    assert all(item.name in couloir.passes.PASSES for item in PassPipeline.parse(cls.after))


def test_reasons_are_for_passes_that_there_are() -> None:
    assert REASONS.keys() <= couloir.passes.PASSES.keys()
