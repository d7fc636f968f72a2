"""What pipelines consist of: passes, and pipelines for the ops inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from couloir.ir.passes.base import Pass


@attrs.frozen
class Nested:
    """A pipeline for each op of one kind inside the op at hand: `func.func(cse,canonicalize)`."""

    op_name: str
    items: tuple[Pass | Nested, ...] = attrs.field(converter=tuple)

    def __str__(self) -> str:
        return f"{self.op_name}({','.join(map(str, self.items))})"


Item: TypeAlias = Pass | Nested


def passes_of(items: Iterable[Item]) -> Iterator[Pass]:
    """The passes among the items of a pipeline, and among those of the pipelines nested in it, in the order of the text."""
    for item in items:
        if isinstance(item, Nested):
            yield from passes_of(item.items)
        else:
            yield item


def split(items: Sequence[Item], after: int) -> tuple[list[Item], list[Item]]:
    """The items up to the pass number `after` (counted from 1), and those behind it. A nested pipeline may be cut in two."""
    head: list[Item] = []
    tail: list[Item] = []
    left = after
    for item in items:
        size = sum(1 for _ in passes_of([item]))
        if left <= 0:
            tail.append(item)
        elif size <= left:
            head.append(item)
        else:
            assert isinstance(item, Nested), "a pass alone has the size 1"
            first, second = split(item.items, left)
            head.append(Nested(item.op_name, first))
            tail.append(Nested(item.op_name, second))
        left -= size
    return head, tail
