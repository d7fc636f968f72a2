"""What can be told of the body of an op by looking at it."""

from __future__ import annotations

from typing import Any

from couloir.ir.operation import Block, Operation, Region, Value


def single_op(region: Region) -> str | None:
    """The name of the op of a body that is one op of the arguments, in order, and returns it."""
    block = region.block
    op, last = block.first_op, block.last_op
    if op is None or last is None or op.next_op is not last:
        return None
    is_whole = list(op.operands) == list(block.arguments) and list(last.operands) == list(op.results)
    return op.name if is_whole else None


def returned(region: Region) -> list[Value[Any]]:
    """The values that a body returns."""
    last = region.block.last_op
    return [] if last is None else list(last.operands)


def same_block(a: Block, b: Block) -> bool:
    """Whether two blocks of ops without regions are the same, up to the names of values."""
    if [x.type for x in a.arguments] != [x.type for x in b.arguments]:
        return False
    pairs: dict[Value[Any], Value[Any]] = dict(zip(a.arguments, b.arguments, strict=True))
    left, right = list(a.ops), list(b.ops)
    return len(left) == len(right) and all(_same_op(x, y, pairs) for x, y in zip(left, right, strict=True))


def _same_op(a: Operation, b: Operation, pairs: dict[Value[Any], Value[Any]]) -> bool:
    same = (
        a.name == b.name
        and not a.regions
        and not b.regions
        and dict(a.stored_attributes) == dict(b.stored_attributes)
        and [pairs.get(x, x) for x in a.operands] == list(b.operands)
        and [x.type for x in a.results] == [x.type for x in b.results]
    )
    pairs.update(zip(a.results, b.results, strict=False))
    return same
