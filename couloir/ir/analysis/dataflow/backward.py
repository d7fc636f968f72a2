"""Sparse backward analyses: a fact for each value, found from the facts of what is computed from it.

A value that is passed along (to a block, into or out of a region, to a function that is seen, from its return) takes
over the fact about what receives it; what an op demands of its other operands, `transfer` says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from couloir.ir.analysis.calls import Calls
from couloir.ir.analysis.dataflow.forward import region_edges
from couloir.ir.analysis.dataflow.lattice import Facts, Lattice
from couloir.ir.errors import Error
from couloir.ir.interfaces import BranchOpInterface, CallableOpInterface, RegionBranchOpInterface
from couloir.ir.operation import Operation
from couloir.ir.traits import IsTerminator, ReturnLike

if TYPE_CHECKING:
    from couloir.ir.operation import Value

E = TypeVar("E")


class SparseBackward(Generic[E]):
    """Base of analyses of values from results to operands. A subclass sets `lattice` and defines `transfer`."""

    lattice: Lattice[E]
    interprocedural: bool = True
    """Whether facts go through calls; if not, a call is an op like others, and what a function returns goes outside."""

    def transfer(self, op: Operation, results: Sequence[E]) -> Sequence[E]:
        """The facts that an op adds to its operands, given those about its results.

        A terminator of a region has no results: it is given the facts about those of the op around it. What is said of
        operands that are passed along is not used.
        """
        raise NotImplementedError

    def boundary(self, value: Value[Any]) -> E:
        """The fact about a value that goes outside: a result of a function that others call. By default top."""
        return self.lattice.top

    def received(self, value: Value[Any]) -> E:
        """What is demanded of a value that others are passed to, whoever uses it. By default bottom, which is nothing."""
        return self.lattice.bottom

    def run(self, root: Operation) -> BackwardFacts[E]:
        """Finds the facts about all values inside `root`, and about those that it takes from outside.

        Raises:
            Error: when the facts of the lattice do not stop to grow.
        """
        solver = _Solver(self, root)
        solver.solve()
        return BackwardFacts(solver.facts)


class BackwardFacts(Generic[E]):
    """What a sparse backward analysis has found."""

    def __init__(self, facts: Facts[E]) -> None:
        self._facts = facts

    def __getitem__(self, value: Value[Any]) -> E:
        """The fact about a value; bottom when nothing is demanded of it."""
        return self._facts.get(value)


class _Solver(Generic[E]):
    def __init__(self, analysis: SparseBackward[E], root: Operation) -> None:
        self.analysis = analysis
        self.root = root
        self.facts: Facts[E] = Facts(analysis.lattice)
        self.calls = Calls(root)
        self.sources: dict[Value[Any], list[Value[Any]]] = {}
        """For what receives a value the values that it may receive."""
        self.passed: dict[Operation, set[int]] = {}
        """The numbers of the operands of an op that are passed along."""
        self.worklist: deque[Operation | Value[Any]] = deque()
        self.waiting: set[Operation | Value[Any]] = set()

    def solve(self) -> None:
        for op in self.root.walk():
            self._link(op)
        for op in self.root.walk(reverse=True):
            self._push(op)
        for value in self.sources:
            self._add(value, self.analysis.received(value))
        for value in self.sources:  # what went outside was known before all of them were
            self._push(value)
        while self.worklist:
            item = self.worklist.popleft()
            self.waiting.discard(item)
            if isinstance(item, Operation):
                self._visit(item)
            else:
                for source in self.sources[item]:
                    self._add(source, self.facts.get(item))

    def _push(self, item: Operation | Value[Any]) -> None:
        if item not in self.waiting:
            self.waiting.add(item)
            self.worklist.append(item)

    def _add(self, value: Value[Any], fact: E) -> None:
        if not self.facts.add(value, fact):
            return
        if value in self.sources:
            self._push(value)
        definer = value.defining_op
        if definer is None:
            return
        self._push(definer)
        for region in definer.regions:
            for block in region.blocks:
                if block.last_op is not None:
                    self._push(block.last_op)

    def _visit(self, op: Operation) -> None:
        values = op.results
        if op.has_trait(IsTerminator) and not op.successors and op.parent_op is not None and op is not self.root:
            values = op.parent_op.results
        results = [self.facts.get(value) for value in values]
        found = self.analysis.transfer(op, results)
        if len(found) != len(op.operands):
            raise Error(
                f"the analysis gives {len(found)} facts for the {len(op.operands)} operands of `{op.name}`",
                where=op.location.label or None,
            )
        passed = self.passed.get(op, ())
        for index, (value, fact) in enumerate(zip(op.operands, found, strict=True)):
            if index not in passed:
                self._add(value, fact)

    # -- what is passed to what --------------------------------------------------------------------------------------------

    def _pass(self, source: Operation, index: int, target: Value[Any]) -> None:
        self.sources.setdefault(target, []).append(source.operands[index])
        self.passed.setdefault(source, set()).add(index)

    def _link(self, op: Operation) -> None:
        branch = BranchOpInterface.of(op)
        if branch is not None:
            for number, block in enumerate(op.successors):
                for argument, index in zip(block.arguments, branch.successor_operands(number), strict=True):
                    self._pass(op, index, argument)
        if op.has_trait(RegionBranchOpInterface):
            for source, edge in region_edges(op):
                for offset, (value, target) in enumerate(zip(edge.values, edge.inputs, strict=True)):
                    if edge.first is None:
                        self.sources.setdefault(target, []).append(value)
                    else:
                        self._pass(source, edge.first + offset, target)
        callee = self.calls.callee.get(op) if self.analysis.interprocedural else None
        function = None if callee is None else CallableOpInterface.of(callee)
        body = None if function is None else function.callable_region()
        if body is not None and body.first_block is not None:
            for index, argument in enumerate(body.first_block.arguments):
                self._pass(op, index, argument)
        around = op.parent_op
        if around is not None and around.has_trait(CallableOpInterface) and op.has_trait(ReturnLike):
            self._link_return(op, around)

    def _link_return(self, op: Operation, function: Operation) -> None:
        self.passed.setdefault(op, set()).update(range(len(op.operands)))
        if self.analysis.interprocedural:
            for call in self.calls.callers.get(function, ()):
                for index, result in enumerate(call.results):
                    self._pass(op, index, result)
        if function in self.calls.external or not self.analysis.interprocedural:
            for value in op.operands:
                self._add(value, self.analysis.boundary(value))
