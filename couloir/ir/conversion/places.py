"""Where a conversion puts new ops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.builder import InsertionPoint
from couloir.ir.location import CallSiteLoc

if TYPE_CHECKING:
    from couloir.ir.location import Location
    from couloir.ir.operation import Block, Operation


@attrs.frozen(eq=False)
class Place:
    """Where new ops go: before an op, or at the end of a block."""

    block: Block
    before: Operation | None = None
    site: Location | None = None
    """Where the function that is being inlined was called."""

    @property
    def last(self) -> Operation | None:
        """The op after which the next new one comes."""
        return self.block.last_op if self.before is None else self.before.prev_op

    def insert(self, op: Operation) -> None:
        """Puts an op here; the next one follows it."""
        if self.before is None:
            self.block.append(op)
        else:
            self.block.insert_before(self.before, op)

    def since(self, mark: Operation | None) -> list[Operation]:
        """The ops that came after `mark`."""
        found: list[Operation] = []
        op = self.block.first_op if mark is None else mark.next_op
        while op is not None and op is not self.before:
            found.append(op)
            op = op.next_op
        return found


class RecordingPoint(InsertionPoint):
    """The insertion point of a rule: remembers what it inserted."""

    __slots__ = ("new",)

    def __init__(self, place: Place, location: Location) -> None:
        super().__init__(place.block, place.before, location)
        self.new: list[Operation] = []

    def insert(self, op: Operation) -> None:
        super().insert(op)
        self.new.append(op)


def location_at(op: Operation, place: Place) -> Location:
    """The location of what takes the place of `op`."""
    return op.location if place.site is None else CallSiteLoc(op.location, place.site)
