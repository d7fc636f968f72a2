"""Where new ops go: `with at_end(block): Add(a, b)` builds and inserts.

Without such a `with`, calling an op class only builds the op.
"""

from __future__ import annotations

import gc
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from couloir.ir.errors import Error
from couloir.ir.location import Location

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation


T = TypeVar("T")


class InsertionPoint:
    """A place in a block: before an op, or at the end. `location` goes to the new ops that name none of their own."""

    __slots__ = ("before", "block", "location", "symbolic")

    def __init__(self, block: Block, before: Operation | None = None, location: Location | int | None = None) -> None:
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


class insert_at(Generic[T]):
    """New ops go to `point` inside the `with`; None switches insertion off. `as` names what is `given`.

    With `bulk` no garbage is collected inside: the collector would search all linked ops again and again while more are made.
    """

    __slots__ = ("_bulk", "_given", "_point", "_token")

    def __init__(self, point: InsertionPoint | None, given: T = None, *, bulk: bool = False) -> None:
        self._point = point
        self._given = given
        self._bulk = bulk
        self._token: Token[InsertionPoint | None] | None = None

    def __enter__(self) -> T:
        self._token = CURRENT.set(self._point)
        self._bulk = self._bulk and gc.isenabled()  # from here on: whether to switch it on again
        if self._bulk:
            gc.disable()
        return self._given

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            CURRENT.reset(self._token)
            self._token = None
        if self._bulk:
            gc.enable()


def at_end(block: Block, *, loc: Location | int | None = None) -> insert_at[Block]:
    """New ops go to the end of `block` inside the `with`. No garbage is collected meanwhile."""
    return insert_at(InsertionPoint(block, None, loc), block, bulk=True)


def at_start(block: Block, *, loc: Location | int | None = None) -> insert_at[Block]:
    """New ops go to the start of `block`, in the order in which they are made."""
    return insert_at(InsertionPoint(block, block.first_op, loc), block)


def before(op: Operation, *, loc: Location | int | None = None) -> insert_at[Operation]:
    """New ops go in front of `op`, with its location unless another is given."""
    block = op.parent
    if block is None:
        raise Error(f"`{op.name}` stands in no block, so nothing can be inserted before it")
    return insert_at(InsertionPoint(block, op, loc or op.location), op)
