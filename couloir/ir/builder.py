"""Where new ops go: `with at_end(block): Add(a, b)` builds and inserts.

Without such a `with`, calling an op class only builds the op.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from couloir.ir.errors import Error
from couloir.ir.location import Location

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation


class InsertionPoint:
    """A place in a block: before an op, or at the end. `location` goes to the new ops that name none of their own."""

    __slots__ = ("before", "block", "location", "symbolic")

    def __init__(self, block: Block, before: Operation | None = None, location: Location | None = None) -> None:
        self.block = block
        self.before = before
        self.location = location
        self.symbolic = False
        """True while the pattern of a rule is recorded: values have no types yet, and nothing is inferred."""

    def insert(self, op: Operation) -> None:
        """Puts an op here; the next one follows it."""
        if self.before is None:
            self.block.append(op)
        else:
            self.block.insert_before(self.before, op)


CURRENT: Final[ContextVar[InsertionPoint | None]] = ContextVar("couloir insertion point", default=None)


@contextmanager
def insert_at(point: InsertionPoint | None) -> Generator[InsertionPoint | None]:
    """New ops go to `point` inside the `with`; None switches insertion off."""
    token = CURRENT.set(point)
    try:
        yield point
    finally:
        CURRENT.reset(token)


@contextmanager
def at_end(block: Block, *, loc: Location | None = None) -> Generator[Block]:
    """New ops go to the end of `block` inside the `with`."""
    with insert_at(InsertionPoint(block, None, loc)):
        yield block


@contextmanager
def at_start(block: Block, *, loc: Location | None = None) -> Generator[Block]:
    """New ops go to the start of `block`, in the order in which they are made."""
    with insert_at(InsertionPoint(block, block.first_op, loc)):
        yield block


@contextmanager
def before(op: Operation, *, loc: Location | None = None) -> Generator[Operation]:
    """New ops go in front of `op`, with its location unless another is given."""
    block = op.parent
    if block is None:
        raise Error(f"`{op.name}` stands in no block, so nothing can be inserted before it")
    with insert_at(InsertionPoint(block, op, loc or op.location)):
        yield op
