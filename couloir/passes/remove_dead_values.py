"""Removal of values on which nothing depends, also where they are carried round loops and between blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.columns import columns_of
from couloir.ir.analysis.dataflow.live_values import LiveValues
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.definition import SEGMENTS
from couloir.ir.interfaces import RegionBranchOpInterface
from couloir.ir.operation import Block, BlockArgument, OpResult, Region
from couloir.ir.passes import Pass, PassContext
from couloir.ir.traits import IsTerminator
from couloir.ir.types import i32
from couloir.passes.simplify_cfg import Edges, drop_arguments, edges_into

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


@attrs.frozen
class RemoveDeadValues(Pass, name="remove-dead-values"):
    """Removes carried values, results of branches and loops, and block arguments that nothing depends on, with what
    only computes them. Arguments and results of functions stay. Source: MLIR, `remove-dead-values`.
    """

    dialects = ("scf", "arith")

    def run(self, op: Operation, context: PassContext) -> None:
        context.notes.append(f"{remove_dead_values(op)} values and ops removed")


def remove_dead_values(root: Operation) -> int:
    """Removes what nothing depends on inside `root`; gives the number of values and ops."""
    jumps, kept = _jumps(root)
    analysis = LiveValues(interprocedural=False, kept=kept)
    live = analysis.run(root)
    doomed = [
        op
        for op in root.walk()
        if op is not root
        and not op.has_trait(IsTerminator)
        and not analysis.acts(op)
        and not any(live[result] for result in op.results)
    ]
    for op in doomed:  # they may use each other's results, round a loop
        op.drop_references()
    slots: dict[Operation, set[int]] = {}
    inputs: dict[Operation | Block, set[int]] = {}
    gone = set(doomed)
    for op in root.walk():
        if op.has_trait(RegionBranchOpInterface) and op not in gone and op is not root:
            for column in columns_of(op):
                if not any(live[value] for value in column.inputs):
                    _collect(column.inputs, inputs)
                    for source, index in column.slots:
                        slots.setdefault(source, set()).add(index)
    for source, indices in slots.items():
        erase_operands(source, indices)
    for edges in jumps:
        for block in list(edges):
            dead = {a.index for a in block.arguments if not block.is_entry and not live[a]}
            if dead:
                drop_arguments(block, edges, dead)
                inputs[block] = dead
    for op in doomed:
        op.detach()
    for owner, indices in inputs.items():
        if isinstance(owner, Block):
            owner.erase_arguments(indices)
        else:
            erase_results(owner, indices)
    return len(doomed) + sum(map(len, inputs.values()))


def _jumps(root: Operation) -> tuple[list[Edges], set[Value[Any]]]:
    """The edges of all regions with several blocks, and the arguments to which branches pass values that cannot be
    taken back.
    """
    jumps: list[Edges] = []
    kept: set[Value[Any]] = set()
    for op in root.walk():
        for region in op.regions:
            if region.first_block is region.last_block:
                continue
            edges = edges_into(region)
            if edges is None:
                kept.update(argument for block in region.blocks for argument in block.arguments)
            else:
                jumps.append(edges)
    return jumps, kept


def _collect(values: Iterable[Value[Any]], into: dict[Operation | Block, set[int]]) -> None:
    for value in values:
        if isinstance(value, OpResult | BlockArgument):
            into.setdefault(value.owner, set()).add(value.index)


def erase_operands(op: Operation, indices: Iterable[int]) -> None:
    """Takes operands away from an op whose definition leaves open how many there are."""
    doomed = set(indices)
    if op.definition.needs_segments("operand"):
        op.attributes[SEGMENTS["operand"]] = _segments_without(op, "operand", doomed)
    op.set_operands([value for index, value in enumerate(op.operands) if index not in doomed])


def _segments_without(op: Operation, kind: str, doomed: set[int]) -> DenseArrayAttr:
    """How many operands or results each field has when some are gone."""
    sizes, start = list[int](), 0
    for size in op.definition.group_sizes(op, kind):
        sizes.append(sum(1 for index in range(start, start + size) if index not in doomed))
        start += size
    return DenseArrayAttr(i32, tuple(sizes))


def erase_results(op: Operation, indices: Iterable[int]) -> Operation:
    """Puts an op without some of its results, which have no uses, in the place of one; its regions move over."""
    doomed = set(indices)
    kept = [result for result in op.results if result.index not in doomed]
    attributes = dict(op.stored_attributes)
    if op.definition.needs_segments("result"):
        attributes[SEGMENTS["result"]] = _segments_without(op, "result", doomed)
    new = type(op).create(
        op.operands,
        [result.type for result in kept],
        attributes,
        [Region() for _ in op.regions],
        op.successors,
        op.location,
    )
    for source, target in zip(op.regions, new.regions, strict=True):
        target.take_blocks(source)
    for old, result in zip(kept, new.results, strict=True):
        result.name_hint = old.name_hint
        old.replace_all_uses_with(result)
    if op.parent is not None:
        op.parent.insert_before(op, new)
    op.erase()
    return new
