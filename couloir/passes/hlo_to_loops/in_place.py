"""Which results may be computed in the buffer of an operand, so that nothing is copied: updates in loops depend on it.

An op that changes some elements of an operand (`KernelRule.updates`) may write to its buffer if nobody else needs it: it
was made for the operand alone, in the same block, and all that reads it has run. What is computed where it is used reads
when its user's kernel runs, which may be later than it stands in the text.
"""

from __future__ import annotations

import math
from typing import Any

from couloir.dialects import hlo
from couloir.ir.operation import Block, Operation, Value
from couloir.passes.hlo_to_loops.fusion import FusionPlan, is_inline
from couloir.passes.hlo_to_loops.table import KERNELS


class ReadTimes:
    """When the ops of a block read their operands: positions in the block."""

    def __init__(self, block: Block, plan: FusionPlan) -> None:
        self.block, self.plan = block, plan
        self.position = {op: position for position, op in enumerate(block.ops)}
        self._time: dict[Operation, float] = {}
        for op in reversed(list(block.ops)):
            self._time[op] = self._read_time(op)

    def _read_time(self, op: Operation) -> float:
        if isinstance(op, hlo.OptimizationBarrier | hlo.While) or (isinstance(op, hlo.Reshape) and not is_inline(op)):
            return math.inf  # its result may be the same buffer
        if not op.results or any(result in self.plan.stored for result in op.results) or op.regions:
            return self.position[op]
        later = (self._time[self._beside(user)] for result in op.results for user in result.users)
        return max(later, default=self.position[op])

    def _beside(self, user: Operation) -> Operation:
        """The op of the block in which a user stands."""
        while user.parent is not self.block:
            around = user.parent_op
            assert around is not None, "values are used in the block where they are made, or inside"
            user = around
        return user

    def may_overwrite(self, op: Operation, value: Value[Any]) -> bool:
        """Whether `op` is the only one that reads `value` when it runs or later, and reads it only to change it."""
        if value.parent_block is not self.block or list(op.operands).count(value) != 1:
            return False
        now = self._time[op]
        others = (self._beside(user) for user in value.users)
        return now < math.inf and all(other is op or self._time[other] < now for other in others)


def overwritten(op: Operation) -> list[tuple[Value[Any], Value[Any]]]:
    """Pairs of operand and result of which a kernel changes the one into the other."""
    rule = KERNELS.get(type(op))
    return list(zip(op.operands, op.results, strict=False)) if rule is not None and rule.updates else []
