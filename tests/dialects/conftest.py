"""Values to build ops from, and what is wrong with an op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.traits import IsTerminator
from couloir.ir.types import MemRefType, TensorType, Type, f32
from couloir.ir.verify import faults


class Holder(Operation, name="test.holder"):
    """An op around a block that is under test."""

    body: Region


class Bench:
    """A block to build ops in: `bench.tensor(2, 3)` is a value, `bench.faults()` what the verifier says."""

    def __init__(self) -> None:
        self.block = Block()

    def value(self, type: Type) -> Value[Any]:
        return self.block.add_argument(type)

    def tensor(self, *dims: int | None, of: Type = f32) -> Value[Any]:
        return self.value(TensorType(dims, of))

    def buffer(self, *dims: int | None, of: Type = f32) -> Value[Any]:
        return self.value(MemRefType(dims, of))

    def scalars(self, count: int, of: Type = f32) -> list[Value[Any]]:
        return [self.tensor(of=of) for _ in range(count)]

    def faults(self) -> list[str]:
        with at_end(self.block):
            Stop()
        return [error.message for error in faults(Holder(Region([self.block])))]


class Stop(Operation, name="test.stop", traits=(IsTerminator,)):
    """Ends a block."""


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def complaint() -> Callable[[Callable[[Bench], Any]], str]:
    """What is said when `build` makes an op in a bench: by its constructor, or else by the verifier; empty if nothing is."""

    def run(build: Callable[[Bench], Any]) -> str:
        made = Bench()
        try:
            with at_end(made.block):
                build(made)
        except Error as error:
            return error.message
        return "\n".join(made.faults())

    return run
