"""Common subexpression elimination: of equal pure ops, one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.dominance import dominated_blocks
from couloir.ir.location import fuse
from couloir.ir.passes import Pass, PassContext
from couloir.ir.traits import Commutative, IsolatedFromAbove, Pure

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region


@attrs.frozen
class Cse(Pass, name="cse"):
    """Removes pure ops that compute again what a dominating op has computed."""

    def run(self, op: Operation, context: PassContext) -> None:
        removed = 0
        for inner in [op, *(o for o in op.walk() if o.has_trait(IsolatedFromAbove) and o is not op)]:
            removed += _eliminate(inner)
        context.notes.append(f"{removed} ops removed")


def key_of(op: Operation) -> object:
    """Equal for ops that compute the same: class, operands (in any order for commutative ops), attributes, result types."""
    operands = [id(v) for v in op.operands]
    if op.has_trait(Commutative):
        operands.sort()
    attributes = tuple(sorted(((k, id(v)) for k, v in op.stored_attributes.items()), key=lambda item: item[0]))
    return type(op), op.name, tuple(operands), attributes, tuple(id(r.type) for r in op.results)


def _eliminate(root: Operation) -> int:
    """Goes through the regions of one isolated op along the dominator tree. What is known in a block is known in
    those it dominates.
    """
    removed = 0
    known: dict[object, Operation] = {}
    todo: list[tuple[str, Any, Any]] = []
    for region in root.regions:
        _enter(region, todo)
    while todo:
        kind, item, extra = todo.pop()
        if kind == "leave":
            for key in item:
                del known[key]
            continue
        if kind == "block":
            added: list[object] = []
            todo.append(("leave", added, None))
            todo += [("block", child, extra) for child in extra.get(item, ())]
            todo.append(("ops", item.ops, added))
            continue
        removed += _visit(item, extra, known, todo)
    return removed


def _visit(ops: Iterator[Operation], added: list[object], known: dict[object, Operation], todo: list[Any]) -> int:
    removed = 0
    for op in ops:
        if op.regions:
            if not op.has_trait(IsolatedFromAbove):
                todo.append(("ops", ops, added))
                for region in op.regions:
                    _enter(region, todo)
                return removed
            continue
        if not op.has_trait(Pure) or not op.results:
            continue
        key = key_of(op)
        first = known.get(key)
        if first is None:
            known[key] = op
            added.append(key)
        else:
            first.location = fuse([first.location, op.location])
            op.replace_all_uses_with(first)
            op.erase()
            removed += 1
    return removed


def _enter(region: Region, todo: list[tuple[str, Any, Any]]) -> None:
    first: Block | None = region.first_block
    if first is None:
        return
    tree = {} if first is region.last_block else dominated_blocks(region)
    todo.append(("block", first, tree))
