"""Which values matter: whether something that can be noticed, an effect or a result of the program, depends on them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from couloir.ir.analysis.dataflow.backward import BackwardFacts, SparseBackward
from couloir.ir.analysis.dataflow.lattice import Lattice
from couloir.ir.analysis.effects import Effect, own_effects
from couloir.ir.traits import IsTerminator

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


class _Liveness(Lattice[bool]):
    name = "liveness"
    bottom = False
    top = True

    def join(self, a: bool, b: bool) -> bool:
        return a or b


class LiveValues(SparseBackward[bool]):
    """True for values that matter. A value carried round a loop that only computes itself does not.

    What decides the way of control (conditions, bounds of loops) matters where the ops that it decides about do. Source:
    MLIR, `LivenessAnalysis`.
    """

    lattice = _Liveness()

    def __init__(self, *, interprocedural: bool = True, kept: AbstractSet[Value[Any]] = frozenset()) -> None:
        """Without `interprocedural`, arguments of calls and results of functions matter, whoever takes them. So do the block
        arguments and results of region ops in `kept`.
        """
        self.interprocedural = interprocedural
        self._kept = kept
        self._acting: set[Operation] = set()

    def transfer(self, op: Operation, results: Sequence[bool]) -> Sequence[bool]:
        matters = any(results) or self.acts(op)
        if not matters and op.has_trait(IsTerminator):
            # It decides the way of control between blocks; or, between regions, about what the op around does.
            around = op.parent_op
            matters = len(op.successors) > 1 or around is None or self.acts(around)
        return [matters] * len(op.operands)

    def received(self, value: Value[Any]) -> bool:
        return value in self._kept

    def acts(self, op: Operation) -> bool:
        """Whether an op, or an op inside it, has an effect that can be noticed: it writes, frees, calls, stops the program."""
        return op in self._acting

    def run(self, root: Operation) -> BackwardFacts[bool]:
        self._acting = set()
        for op in root.walk_postorder():
            if own_effects(op) & ~(Effect.READ | Effect.ALLOCATE):
                self._acting.add(op)
            around = op.parent_op
            if op in self._acting and around is not None and op is not root:
                self._acting.add(around)
        return super().run(root)
