"""Each op of StableHLO against the reference interpreter that comes with jaxlib, over drawn shapes, types, attributes, values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.numpy import run
from couloir.ir.registry import REGISTRY
from tests.backends.numpy.differential import check
from tests.backends.numpy.differential_cases import (
    BINARY,
    CASES,
    EXCEPTIONS,
    ULPS,
    UNARY,
    Make,
    compared,
    operands_of,
    ulps_of,
)
from tests.backends.numpy.programs import program
from tests.backends.numpy.reference_interpreter import ReferenceInterpreter, start


@pytest.fixture(scope="module")
def interpreter() -> Iterator[ReferenceInterpreter]:
    child = start()
    yield child
    child.close()


ELEMENTWISE = {cls.name.partition(".")[2]: cls for cls in (*UNARY, *BINARY)}


def test_every_op_has_a_case_or_a_reason() -> None:
    ops = {cls.name.partition(".")[2] for cls in REGISTRY.operations("stablehlo")}
    assert not CASES.keys() & EXCEPTIONS.keys()
    assert ops == CASES.keys() | EXCEPTIONS.keys()
    assert ULPS.keys() <= CASES.keys()


#: The cases, each once, with the names of the ops in it.
NAMES: dict[Make, list[str]] = {}
for _name, _make in CASES.items():
    NAMES.setdefault(_make, []).append(_name)


def agree(interpreter: ReferenceInterpreter, make: Make, data: Any) -> None:
    drawn, names = make(data.draw), NAMES[make]
    module = program(drawn.arrays, drawn.body)
    assert {f"stablehlo.{name}" for name in names} <= {op.name for op in module.walk()}
    ours = run(module, *drawn.arrays)
    theirs = interpreter.run_body(drawn.arrays, drawn.body)
    cls = ELEMENTWISE.get(names[0])
    ulps = 0 if cls is None else ulps_of(cls, drawn.arrays[0].dtype)
    where = True if cls is None else compared(cls, list(drawn.arrays))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        check(mine, other, ulps, where)


@pytest.mark.parametrize("make", NAMES, ids=[",".join(names) for names in NAMES.values()])
@given(data=st.data())
@settings(max_examples=6)
def test_agrees_with_the_interpreter(interpreter: ReferenceInterpreter, make: Make, data: Any) -> None:
    agree(interpreter, make, data)


@pytest.mark.slow
@pytest.mark.parametrize("make", NAMES, ids=[",".join(names) for names in NAMES.values()])
@given(data=st.data())
@settings(max_examples=60)
def test_agrees_with_the_interpreter_on_wider_draws(interpreter: ReferenceInterpreter, make: Make, data: Any) -> None:
    agree(interpreter, make, data)


@pytest.mark.parametrize("cls", [*UNARY, *BINARY], ids=lambda cls: cls.name)
def test_elementwise_ops_of_every_type(interpreter: ReferenceInterpreter, cls: Any) -> None:
    """Two hundred special and random values of each element type."""
    count, dtypes = (1, UNARY[cls]) if cls in UNARY else (2, BINARY[cls])
    for dtype in dtypes:
        arrays = operands_of(cls, dtype, (200,), 7, count)
        (ours,) = run(program(arrays, lambda *given: cls(*given)), *arrays)
        (theirs,) = interpreter.run_body(arrays, lambda *given: cls(*given))
        check(ours, theirs, ulps_of(cls, dtype), compared(cls, arrays))
