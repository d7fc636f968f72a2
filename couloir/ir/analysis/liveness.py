"""Liveness: which values are still needed at the start and the end of a block, and after an op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from couloir.ir.analysis.dominance import predecessors
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region, Value


class Liveness:
    """The values that are live in the blocks of `root`, nested ones included.

    A value is live at a place when control may go from there to a use of it, without coming by its definition. A use
    inside a region counts for the block of the value's own region in which the op with that region stands. A region may
    run again and again: what it takes from outside is live all through it, at the ends of its blocks, too.

    The time is linear in the blocks through which values live. After an edit, make a new one.
    """

    def __init__(self, root: Operation) -> None:
        self.root = root
        self._in: dict[Block, dict[Value[Any], None]] = {}
        self._out: dict[Block, dict[Value[Any], None]] = {}
        self._before: dict[Region, dict[Block, list[Block]]] = {}
        blocks = [b for op in root.walk() for region in op.regions for b in region.blocks]
        for block in blocks:
            self._in[block], self._out[block] = {}, {}
        for block in blocks:
            for value in (*block.arguments, *(result for op in block.ops for result in op.results)):
                self._add(value)
        inside = set(blocks)
        outer = {v for b in blocks for op in b.ops for v in op.operands if v.parent_block not in inside}
        for value in outer:
            self._add(value)

    def live_in(self, block: Block) -> list[Value[Any]]:
        """The values from elsewhere that are needed in the block or after it. Its own arguments are not counted."""
        return list(self._of(self._in, block))

    def live_out(self, block: Block) -> list[Value[Any]]:
        """The values that are needed after the block."""
        return list(self._of(self._out, block))

    def is_live_after(self, value: Value[Any], op: Operation) -> bool:
        """Whether `value` is needed after `op`, in the block of `op` or later."""
        block = op.parent
        if block is None or block not in self._out:
            return False
        definer = value.defining_op
        if definer is not None and definer.parent is block and definer is not op and op.is_before(definer):
            return False  # it will be defined (again) before it is used
        if value in self._out[block]:
            return True
        if value.parent_block is not block and value not in self._in[block]:
            return False
        return any(self._is_after(use.user, op, block) for use in value.uses)

    def live_after(self, op: Operation) -> list[Value[Any]]:
        """The values that are needed after `op`."""
        block = op.parent
        if block is None or block not in self._out:
            return []
        candidates = dict.fromkeys((*self._in[block], *block.arguments))
        current = block.first_op
        while current is not None:
            candidates.update(dict.fromkeys(current.results))
            if current is op:
                break
            current = current.next_op
        return [value for value in candidates if self.is_live_after(value, op)]

    def last_uses(self, value: Value[Any]) -> list[Operation]:
        """The ops of the value's own region after which it is not needed any more, as far as uses tell."""
        home = value.parent_block
        region = None if home is None else home.parent
        users = [_around(use.user, region) for use in value.uses]
        return [user for user in dict.fromkeys(users) if user is not None and not self.is_live_after(value, user)]

    def _of(self, table: dict[Block, dict[Value[Any], None]], block: Block) -> dict[Value[Any], None]:
        if block not in table:
            raise Error(f"{block!r} was not inside `{self.root.name}` when its liveness was found")
        return table[block]

    def _add(self, value: Value[Any]) -> None:
        """Marks the blocks through which a value lives, from its uses backwards."""
        home = value.parent_block
        region = None if home is None else home.parent
        seen: set[Region] = set()
        for use in value.uses:
            block = use.user.parent
            while block is not None and block in self._in:
                if block.parent is region:
                    self._live_at_start(value, block)
                    break
                if block.parent is None or block.parent in seen:
                    break
                seen.add(block.parent)
                for inner in block.parent.blocks:  # it may run again: the value is needed at every end
                    self._in[inner][value] = self._out[inner][value] = None
                around = block.parent_op
                block = None if around is None else around.parent

    def _live_at_start(self, value: Value[Any], block: Block) -> None:
        home = value.parent_block
        todo = [block]
        while todo:
            current = todo.pop()
            if current is home or value in self._in[current]:
                continue
            self._in[current][value] = None
            for source in self._predecessors(current):
                self._out[source][value] = None
                todo.append(source)

    def _predecessors(self, block: Block) -> list[Block]:
        region = block.parent
        if region is None:
            return []
        if region not in self._before:
            self._before[region] = predecessors(region)
        return self._before[region][block]

    def _is_after(self, user: Operation, op: Operation, block: Block) -> bool:
        """Whether `user`, or the op around it in the block, comes after `op`."""
        current: Operation | None = user
        while current is not None and current.parent is not block:
            current = current.parent_op
        return current is not None and current is not op and op.is_before(current)


def _around(op: Operation, region: Region | None) -> Operation | None:
    current: Operation | None = op
    while current is not None and current.parent_region is not region:
        current = current.parent_op
    return current
