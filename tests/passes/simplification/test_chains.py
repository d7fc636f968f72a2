"""All rules together: they come to an end, and keep what a program computes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import couloir
from couloir.dialects import hlo
from couloir.ir.rewriting.rule import ASSUMPTIONS
from couloir.ir.types import i32
from couloir.passes.running import public_functions
from couloir.testing import strategies
from couloir.testing.rewrites.inputs import arrays_for

MOVES = (
    hlo.Transpose, hlo.Reshape, hlo.BroadcastInDim, hlo.Slice, hlo.Pad, hlo.Concatenate, hlo.Reverse, hlo.Iota, hlo.Negate,
    hlo.Add, hlo.Multiply, hlo.Select, hlo.Convert, hlo.DotGeneral, hlo.Reduce, hlo.DynamicSlice, hlo.DynamicUpdateSlice,
)  # fmt: skip
ALL = ",".join(f'"{assumption}"' for assumption in ASSUMPTIONS)
PIPELINES = ["simplify", "simplify{fold=false}", f"simplify{{assumes=[{ALL}]}}"]


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["exact", "unfolded", "assuming"])
@given(strategies.modules(ops=MOVES, max_ops=14, elements=(i32,), ranks=(1, 2, 3), sizes=(2, 3, 1, 4)))
def test_rules_come_to_an_end_and_keep_the_results(pipeline: str, module: couloir.Module) -> None:
    after, _ = couloir.opt(module, pipeline)
    inputs = arrays_for(public_functions(module)[0].function_type.inputs, "whole", 0)
    expected, found = (couloir.run(each, *inputs) for each in (module, after))
    for a, b in zip(*(each if isinstance(each, tuple | list) else [each] for each in (expected, found)), strict=True):
        np.testing.assert_array_equal(b, a, strict=True)
