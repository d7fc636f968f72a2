"""Canonicalization of ops that run regions: branches whose way is known, values that are carried round for nothing.

It knows these ops by `RegionBranchOpInterface` alone. What an edge passes makes *columns*: a loop-carried value, for
example, is its initial value, the argument of the body, what the body yields for it, and the result, all or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.columns import Column, columns_of
from couloir.ir.analysis.dataflow.copies import CopyValues
from couloir.ir.analysis.dataflow.forward import region_edges
from couloir.ir.analysis.dataflow.lattice import FlatLattice
from couloir.ir.interfaces import RegionBranchOpInterface
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.guards import constant_attribute
from couloir.ir.traits import IsTerminator
from couloir.passes.remove_dead_values import remove_dead_values

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


@attrs.frozen
class CanonicalizeRegions(Pass, name="canonicalize-regions"):
    """Brings branches and loops into their simplest form.

    A branch whose way is known, and a loop that is known not to run, becomes the ops that run. Carried values and
    results that are always the same value are replaced by it; of two that are always equal one is left; those that
    nothing needs go, with what only computes them.
    """

    dialects = ("scf", "arith")

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
        steps = (
            sum(map(_take_known_way, found)) + _replace_copies(root) + _merge_columns(root) + remove_dead_values(root)
        )
        if not steps:
            return total
        total += steps


# -- a way that is known -----------------------------------------------------------------------------------------------------


def _take_known_way(op: Operation) -> bool:
    """Puts what runs in the place of an op that can only run one region, once, or none; tells whether it is such an op."""
    branch = RegionBranchOpInterface.of(op)
    assert branch is not None, "only such ops are asked"
    edges = branch.entry_edges([*map(constant_attribute, op.operands)])
    if len(edges) != 1:
        return False
    (edge,) = edges
    if edge.region is None:
        return _replace_by(op, edge.inputs, list(edge.values))
    block = edge.region.first_block
    if block is None or block is not edge.region.last_block or list(edge.inputs) != block.arguments:
        return False
    last = block.last_op
    if last is None or not last.has_trait(IsTerminator):
        return False
    given: dict[Value[Any], Value[Any]] = dict(zip(edge.inputs, edge.values, strict=True))
    ways = branch.exit_edges(last, [constant_attribute(given.get(value, value)) for value in last.operands])
    if len(ways) != 1 or ways[0].region is not None or list(ways[0].inputs) != list(op.results):
        return False
    values = [given.get(value, value) for value in ways[0].values]
    for argument in block.arguments:
        argument.replace_all_uses_with(given[argument])
    for inner in block.ops:
        if inner is not last:
            inner.move_before(op)
    return _replace_by(op, op.results, values)


def _replace_by(op: Operation, inputs: Sequence[Value[Any]], values: Sequence[Value[Any]]) -> bool:
    """Makes the users of an op's results take values instead, and erases the op."""
    if list(inputs) != list(op.results):
        return False
    op.replace_all_uses_with(values)
    op.erase()
    return True


# -- values that are always the same ---------------------------------------------------------------------------------------------


def _replace_copies(root: Operation) -> int:
    """Replaces what is carried or comes out of a region and is always one value from outside; gives the number of values."""
    facts = CopyValues().run(root)
    steps = 0
    for op in root.walk():
        if op.has_trait(RegionBranchOpInterface) and op is not root:
            for value in {value: None for _, edge in region_edges(op) for value in edge.inputs}:
                original: Any = facts[value]
                if original not in (None, value, FlatLattice.TOP) and value.has_uses:
                    value.replace_all_uses_with(original)
                    steps += 1
    return steps


def _merge_columns(root: Operation) -> int:
    """Of carried values that always equal each other, one is left; gives the number of those replaced."""
    steps = 0
    for op in root.walk_postorder():
        if not op.has_trait(RegionBranchOpInterface) or op is root:
            continue
        known: dict[object, Column] = {}
        for column in columns_of(op):
            places = {value: -1 - number for number, value in enumerate(column.inputs)}
            key = (tuple(column.edges), tuple([places.get(value, id(value)) for value in column.values]))
            first = known.setdefault(key, column)
            if first is column:
                continue
            for value, other in zip(column.inputs, first.inputs, strict=True):
                steps += value.has_uses
                value.replace_all_uses_with(other)
    return steps
