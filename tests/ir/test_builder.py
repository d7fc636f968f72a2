"""Where new ops go, and what a `with` around building leaves behind."""

from __future__ import annotations

import gc

import pytest

from couloir.dialects import arith
from couloir.ir.builder import at_end, at_start, before
from couloir.ir.operation import Block
from couloir.ir.types import i32


def test_places() -> None:
    block = Block([i32])
    (x,) = block.arguments
    with at_end(block) as given:
        first = arith.AddI(x, x)
        with at_start(block):
            arith.SubI(x, x)
        with before(first):
            arith.MulI(x, x)
        arith.AndI(x, x)
    assert given is block
    assert [op.name for op in block.ops] == ["arith.subi", "arith.muli", "arith.addi", "arith.andi"]


def test_the_collector_rests_while_ops_are_built_in_bulk() -> None:
    assert gc.isenabled()
    with at_end(Block()):
        assert not gc.isenabled()
        with at_end(Block()):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), at_end(Block()):
        _ = 1 // 0
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with at_end(Block()):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
