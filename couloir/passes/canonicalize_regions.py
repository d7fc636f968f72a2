"""Canonicalization of ops that run regions: branches whose way is known, values that are carried round for nothing.

It knows these ops by `RegionBranchOpInterface` alone. What an edge passes makes *columns*: a loop-carried value, for
example, is its initial value, the argument of the body, what the body yields for it, and the result, all or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.columns import Column, columns_of
from couloir.ir.interfaces import RegionBranchOpInterface
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.guards import constant_op
from couloir.ir.traits import IsTerminator
from couloir.passes.remove_dead_values import remove_dead_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Operation, Value


@attrs.frozen
class CanonicalizeRegions(Pass, name="canonicalize-regions"):
    """Brings branches and loops into their simplest form.

    A branch whose way is known, and a loop that is known not to run, becomes the ops that run. Carried values and
    results that are always the same value are replaced by it; of two that are always equal one is left; those that
    nothing needs go, with what only computes them.
    """

    def run(self, op: Operation, context: PassContext) -> None:
        count = canonicalize_regions(op)
        context.notes.append(f"{count} simplifications")


def canonicalize_regions(root: Operation) -> int:
    """Simplifies all region ops inside `root`; gives the number of steps."""
    total = 0
    while True:
        found = [op for op in root.walk_postorder() if op.has_trait(RegionBranchOpInterface) and op is not root]
        if not found:
            return total
        steps = _simplify_each(found) + remove_dead_values(root)
        if not steps:
            return total
        total += steps


def _simplify_each(ops: Sequence[Operation]) -> int:
    """Works on each op, and again on those that a change may concern."""
    todo = list(reversed(ops))
    waiting = set(todo)
    gone: set[Operation] = set()
    steps = 0
    while todo:
        op = todo.pop()
        waiting.discard(op)
        if op in gone:
            continue
        touched = _take_known_way(op, gone)
        if touched is None:
            touched = _replace_columns(op)
        if touched is None:
            continue
        steps += 1
        for other in dict.fromkeys(_concerned(touched)):
            if other not in waiting and other not in gone:
                waiting.add(other)
                todo.append(other)
    return steps


def _concerned(users: Iterable[Operation]) -> Iterable[Operation]:
    """The region ops to look at again when these ops take other values."""
    for user in users:
        around = user if user.has_trait(RegionBranchOpInterface) else user.parent_op
        if around is not None and around.has_trait(RegionBranchOpInterface):
            yield around


# -- a way that is known -----------------------------------------------------------------------------------------------------


def _constants(values: Sequence[Value[Any]]) -> list[Attribute | None]:
    return [None if op is None else op.stored_attributes.get("value") for op in map(constant_op, values)]


def _take_known_way(op: Operation, gone: set[Operation]) -> list[Operation] | None:
    """Puts what runs in the place of an op that can only run one region, once, or none; gives the ops that are concerned."""
    branch = RegionBranchOpInterface.of(op)
    assert branch is not None, "only such ops are asked"
    edges = branch.entry_edges(_constants(op.operands))
    if len(edges) != 1:
        return None
    (edge,) = edges
    if edge.region is None:
        return _replace_results(op, edge.inputs, list(edge.values), gone)
    block = edge.region.first_block
    if block is None or block is not edge.region.last_block or list(edge.inputs) != block.arguments:
        return None
    last = block.last_op
    if last is None or not last.has_trait(IsTerminator):
        return None
    given: dict[Value[Any], Value[Any]] = dict(zip(edge.inputs, edge.values, strict=True))
    ways = branch.exit_edges(last, _constants([given.get(value, value) for value in last.operands]))
    if len(ways) != 1 or ways[0].region is not None or list(ways[0].inputs) != list(op.results):
        return None
    values = [given.get(value, value) for value in ways[0].values]
    touched: list[Operation] = []
    for argument in block.arguments:
        touched += argument.users
        argument.replace_all_uses_with(given[argument])
    for inner in block.ops:
        if inner is not last:
            inner.move_before(op)
            touched.append(inner)
    return touched + (_replace_results(op, op.results, values, gone) or [])


def _replace_results(
    op: Operation, inputs: Sequence[Value[Any]], values: Sequence[Value[Any]], gone: set[Operation]
) -> list[Operation] | None:
    """Makes the users of an op's results take values instead, and erases the op; gives the users."""
    if list(inputs) != list(op.results):
        return None
    users = [user for result in op.results for user in result.users]
    op.replace_all_uses_with(values)
    gone.update(op.walk())
    op.erase()
    return users


# -- values that are always the same ---------------------------------------------------------------------------------------------


def _replace_columns(op: Operation) -> list[Operation] | None:
    """Replaces inputs that are always one value, or always equal to others; gives the users, or None when there are none."""
    users: list[Operation] = []
    known: dict[object, Column] = {}
    for column in columns_of(op):
        if not any(value.has_uses for value in column.inputs):
            continue
        others = list(dict.fromkeys(value for value in column.values if value not in column.inputs))
        if len(others) == 1 and _is_outside(others[0], op):
            users += _replace(column, dict.fromkeys(column.inputs, others[0]))
            continue
        places = {value: -1 - number for number, value in enumerate(column.inputs)}
        key = (tuple(column.edges), tuple([places.get(value, id(value)) for value in column.values]))
        first = known.setdefault(key, column)
        if first is not column and len(set(column.edges)) == len(column.edges):
            users += _replace(column, dict(zip(column.inputs, first.inputs, strict=True)))
    return users or None


def _replace(column: Column, by: Mapping[Value[Any], Value[Any]]) -> list[Operation]:
    users = [user for value in column.inputs for user in value.users]
    for value in column.inputs:
        value.replace_all_uses_with(by[value])
    return users


def _is_outside(value: Value[Any], op: Operation) -> bool:
    """Whether a value is not defined by `op` or inside it."""
    if value.defining_op is op:
        return False
    block = value.parent_block
    while block is not None and block is not op.parent:
        around = block.parent_op
        if around is op:
            return False
        block = None if around is None else around.parent
    return True
