"""Our cases of constraints before upstream: what is well formed, and what is not, is so there, too.

Upstream is the newer one, which knows quantized types. Where the two differ, the specification is on our side.
"""

from __future__ import annotations

import pytest

from couloir.dialects import func
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.shapes import inside
from couloir.ir.builder import insert_at
from couloir.ir.errors import Error
from couloir.ir.text.printer import operation_text
from couloir.ir.types import FunctionType
from tests.dialects.conftest import Bench
from tests.dialects.hlo_cases import ACCEPTED, BREAKS, UNLIKE_UPSTREAM
from tests.dialects.test_hlo_constraints import ROOMS
from tests.interop.upstream import Refused, Upstream

assert ROOMS  # they fill `ACCEPTED`


def module_of(build) -> ModuleOp:
    bench = Bench()
    with insert_at(None):
        function = FuncOp("main", FunctionType([], []))
    function.body.append(bench.block)
    with inside(bench.block):
        build(bench)
        func.Return([])
    function.function_type = FunctionType([argument.type for argument in bench.block.arguments], [])
    return ModuleOp.empty([function])


@pytest.mark.parametrize("number", range(len(ACCEPTED)))
def test_upstream_takes_what_we_take(iree: Upstream, number: int) -> None:
    build = ACCEPTED[number]
    text = operation_text(module_of(build), generic=True, strict_properties=True)
    try:
        assert iree.text(text, "generic") == text + "\n"
    except Refused:
        assert build in UNLIKE_UPSTREAM


CHECKED_BY_US_ALONE = {
    "all_gather": {"C5", "C6"},  # upstream asks for a multiple of the size, whatever the groups are
    "cross-replica-sum": {"`replica_groups` is a matrix", "no process is twice in `replica_groups`"},  # deprecated
    "dot_general": {"C13"},
    "dynamic_conv": {"C2", "C3", "C5", "C6", "C7", "C8", "C9", "C25, C26"},
    "real_dynamic_slice": {"the result has the rank of `operand`"},
    "recv": {"C1", "C2", "C3", "C4"},
    "reduce_scatter": {"C8"},
    "rng_bit_generator": {"C2"},
    "scatter": {"C23"},  # there, floats are promotable to narrower ones
    "select_and_scatter": {"C10"},
}
"""Constraints that the specification has, or that make sense, and upstream's verifier does not check."""


def test_upstream_refuses_what_we_refuse(iree: Upstream) -> None:
    """Of the cases that our constructors let pass, so that there is a text of them."""
    count = 0
    for (op, number), build in BREAKS.items():
        try:
            module = module_of(build)
        except Error:
            continue
        count += 1
        try:
            iree.read(operation_text(module, generic=True, strict_properties=True))
        except Refused:
            continue
        assert number in CHECKED_BY_US_ALONE.get(op.removeprefix("stablehlo."), ()), op
    assert count > 250
