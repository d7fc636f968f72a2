"""Loop-invariant code motion: what every iteration would compute again is computed once, before the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.effects import Effect, effects, is_speculatable, own_effects
from couloir.ir.interfaces import LoopLikeOpInterface, RegionBranchOpInterface
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.guards import constant_attribute

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Region, Value


@attrs.frozen
class LoopInvariantCodeMotion(Pass, name="loop-invariant-code-motion"):
    """Moves ops out of loops whose operands do not change in them.

    An op moves only if it may run where it would not have run (a loop may run no times at all): pure, and defined for
    all operands. A read of memory moves if nothing in the loop changes memory and the loop is known to run. Source:
    MLIR, `loop-invariant-code-motion`.
    """

    dialects = ("stablehlo", "chlo")
    after = "decompose"

    def run(self, op: Operation, context: PassContext) -> None:
        moved = 0
        for inner in list(op.walk_postorder()):  # inner loops first: what leaves them may leave the outer ones, too
            loop = LoopLikeOpInterface.of(inner)
            if loop is None or inner is op or inner.parent is None:
                continue
            for region in loop.loop_regions():
                moved += _hoist(inner, region)
        context.notes.append(f"{moved} ops moved out of loops")


def _hoist(loop: Operation, region: Region) -> int:
    """Moves what does not change in a region of a loop to before the loop."""
    moved = 0
    reads: bool | None = None  # found out only when there is a read
    for block in region.blocks:
        for op in block.ops:
            if not _is_invariant(op, region):
                continue
            if not is_speculatable(op):
                if own_effects(op) is not Effect.READ or not block.is_entry:
                    continue
                if reads is None:
                    reads = _surely_runs(loop, region) and not effects(loop).changes_memory
                if not reads:
                    continue
            op.move_before(loop)
            moved += 1
    return moved


def _is_invariant(op: Operation, region: Region) -> bool:
    """Whether no operand of an op of the region, or of an op inside it, is defined in the region."""
    return not any(_home(value) is region for inner in (op.walk() if op.regions else (op,)) for value in inner.operands)


def _home(value: Value[Any]) -> Region | None:
    block = value.parent_block
    return None if block is None else block.parent


def _surely_runs(loop: Operation, region: Region) -> bool:
    """Whether the loop enters the region first, and does so whenever it runs."""
    branch = RegionBranchOpInterface.of(loop)
    if branch is None:
        return False
    edges = branch.entry_edges([constant_attribute(value) for value in loop.operands])
    return len(edges) == 1 and edges[0].region is region
