"""What a pass cost and whether it did anything: memory, the number of ops, and a hash over the IR as it stands."""

from __future__ import annotations

import resource
import sys
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of `ru_maxrss`."""


@attrs.frozen
class State:
    """The IR under an op at one moment.

    Two states are equal when every op stands where it stood, and its operands, types, attributes and location are the
    same objects. That takes one walk and no printing: attributes and types are interned, so that equal is identical.
    """

    ops: int
    """The number of ops, that op included."""
    fingerprint: int

    @classmethod
    def of(cls, root: Operation) -> State:
        """The state of what stands under `root`, and of `root` itself."""
        count = found = 0
        for op in root.walk():
            count += 1
            found = hash(
                (
                    found,
                    op,
                    op.parent,
                    op.name,
                    op._location,  # pyright: ignore[reportPrivateUsage] -- as it is kept: the object may be made anew each time
                    *op.operands,
                    *op.stored_attributes.items(),
                    *[result.type for result in op.results],
                    *op.successors,
                )
            )
            for region in op.regions:
                for block in region.blocks:
                    found = hash((found, block, *block.arguments, *[a.type for a in block.arguments]))
        return cls(count, found)


@contextmanager
def measuring(allocations: bool) -> Generator[None]:
    """Traces allocations meanwhile, when asked to."""
    started = allocations and not tracemalloc.is_tracing()
    if started:
        tracemalloc.start()
    try:
        yield
    finally:
        if started:
            tracemalloc.stop()


class Meter:
    """Memory from its making to `read`."""

    def __init__(self, allocations: bool) -> None:
        self.allocations = allocations
        if allocations:
            tracemalloc.reset_peak()
            self.start, _ = tracemalloc.get_traced_memory()
        self.peak = _peak()

    def read(self) -> tuple[int, int | None]:
        """Bytes by which the process's peak grew; bytes at the peak of allocations, if they are traced."""
        grown = _peak() - self.peak
        return grown, tracemalloc.get_traced_memory()[1] - self.start if self.allocations else None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
