"""Dense analyses: a fact for each place between ops, in the direction of control or against it.

They look at one function at a time: a call is an op like others. Facts go through regions by `RegionBranchOpInterface`;
into the regions of any other op goes what holds before it (backward: after it), and past it the op's own `transfer`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from couloir.ir.analysis.dataflow.lattice import Facts, Lattice
from couloir.ir.analysis.dominance import predecessors, successors
from couloir.ir.errors import Error
from couloir.ir.interfaces import CallableOpInterface, RegionBranchOpInterface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from couloir.ir.interfaces import RegionEdge
    from couloir.ir.operation import Block, Operation

E = TypeVar("E")


class DenseFacts(Generic[E]):
    """What a dense analysis has found, at any place inside the op that it ran on."""

    def __init__(self, before: Callable[[Operation], E], after: Callable[[Operation], E]) -> None:
        self._before, self._after = before, after

    def before(self, op: Operation) -> E:
        """What holds just before an op; bottom where control never comes, or from where it never ends. O(ops of the block)."""
        return self._before(op)

    def after(self, op: Operation) -> E:
        """What holds just after an op. O(ops of the block)."""
        return self._after(op)


class _Dense(Generic[E]):
    lattice: Lattice[E]

    def transfer(self, op: Operation, fact: E) -> E:
        """What holds on the other side of an op, given what holds on this side."""
        raise NotImplementedError

    def boundary(self, function: Operation) -> E:
        """What holds where a function (or the op that the analysis runs on) begins; backward: where it ends. By default top."""
        return self.lattice.top


class DenseForward(_Dense[E]):
    """Base of analyses in the direction of control. A subclass sets `lattice` and defines `transfer`."""

    def run(self, root: Operation) -> DenseFacts[E]:
        """Finds what holds everywhere inside `root`. Raises `couloir.Error` when facts do not stop to grow."""
        solver = _Forward(self, root)
        solver.solve()
        return DenseFacts(solver.before, solver.after)


class DenseBackward(_Dense[E]):
    """Base of analyses against the direction of control. A subclass sets `lattice` and defines `transfer`."""

    def run(self, root: Operation) -> DenseFacts[E]:
        """Finds what holds everywhere inside `root`. Raises `couloir.Error` when facts do not stop to grow."""
        solver = _Backward(self, root)
        solver.solve()
        return DenseFacts(solver.before, solver.after)


def _edges(op: Operation, terminator: Operation | None = None) -> Sequence[RegionEdge] | None:
    """The ways on from a region op, or from a terminator in it; None when the op does not tell."""
    branch = RegionBranchOpInterface.of(op)
    if branch is None:
        return None
    if terminator is None:
        return branch.entry_edges([None] * len(op.operands))
    return branch.exit_edges(terminator, [None] * len(terminator.operands))


class _Solver(Generic[E]):
    def __init__(self, analysis: _Dense[E], root: Operation) -> None:
        self.analysis = analysis
        self.root = root
        self.facts: Facts[E] = Facts(analysis.lattice)
        """At the start (backward: at the end) of a block, and behind (backward: before) an op that runs its regions."""
        self.worklist: deque[Block] = deque()
        self.waiting: set[Block] = set()

    def solve(self) -> None:
        for op in self.root.walk():
            if op is self.root or op.has_trait(CallableOpInterface):
                self.begin(op, self.analysis.boundary(op))
        while self.worklist:
            block = self.worklist.popleft()
            self.waiting.discard(block)
            self.visit(block)

    def begin(self, op: Operation, fact: E) -> None:
        raise NotImplementedError

    def visit(self, block: Block) -> None:
        raise NotImplementedError

    def push(self, block: Block | None) -> None:
        if block is not None and block not in self.waiting:
            self.waiting.add(block)
            self.worklist.append(block)

    def add(self, block: Block | None, fact: E) -> None:
        if block is not None and self.facts.add(block, fact):
            self.push(block)

    def block_of(self, op: Operation) -> Block:
        if op.parent is None or not (op is self.root or any(around is self.root for around in op.ancestors())):
            raise Error(f"`{op.name}` is not inside the `{self.root.name}` that was analysed")
        return op.parent

    def is_bottom(self, fact: E) -> bool:
        return fact == self.analysis.lattice.bottom


class _Forward(_Solver[E]):
    def begin(self, op: Operation, fact: E) -> None:
        for region in op.regions:
            self.add(region.first_block, fact)

    def visit(self, block: Block) -> None:
        fact = self.facts.get(block)
        for op in block.ops:
            if self.is_bottom(fact):
                return
            fact = self.step(op, fact, enter=True)
            if op.successors:
                for target in op.successors:
                    self.add(target, fact)
            elif op is block.last_op and not self.is_bottom(fact):
                self.leave(op, fact)

    def step(self, op: Operation, fact: E, *, enter: bool) -> E:
        """What holds behind an op."""
        edges = _edges(op) if op.regions else None
        if edges is None:
            if enter and not op.has_trait(CallableOpInterface):
                self.begin(op, fact)
            return self.analysis.transfer(op, fact)
        if enter:
            for edge in edges:
                if edge.region is None:
                    self.facts.add(op, fact)
                else:
                    self.add(edge.region.first_block, fact)
        behind = self.facts.get(op)
        return behind if self.is_bottom(behind) else self.analysis.transfer(op, behind)

    def leave(self, terminator: Operation, fact: E) -> None:
        around = terminator.parent_op
        if around is None:
            return
        for edge in _edges(around, terminator) or ():
            if edge.region is not None:
                self.add(edge.region.first_block, fact)
            elif self.facts.add(around, fact) and around is not self.root:
                self.push(around.parent)

    def before(self, op: Operation) -> E:
        block = self.block_of(op)
        fact = self.facts.get(block)
        for other in block.ops:
            if other is op or self.is_bottom(fact):
                break
            fact = self.step(other, fact, enter=False)
        return fact

    def after(self, op: Operation) -> E:
        fact = self.before(op)
        return fact if self.is_bottom(fact) else self.step(op, fact, enter=False)


class _Backward(_Solver[E]):
    def __init__(self, analysis: _Dense[E], root: Operation) -> None:
        super().__init__(analysis, root)
        self.sources: dict[Any, dict[Block, list[Block]]] = {}
        self.starts: Facts[E] = Facts(analysis.lattice)
        """What holds at the start of a region's first block."""

    def begin(self, op: Operation, fact: E) -> None:
        for region in op.regions:
            for block in region.blocks:
                if not successors(block):
                    self.add(block, fact)

    def visit(self, block: Block) -> None:
        fact = self.facts.get(block)
        op = block.last_op
        while op is not None and not self.is_bottom(fact):
            fact = self.step(op, fact, enter=True)
            op = op.prev_op
        if self.is_bottom(fact):
            return
        region = block.parent
        if region is None:
            return
        if region not in self.sources:
            self.sources[region] = predecessors(region)
        for source in self.sources[region][block]:
            self.add(source, fact)
        around = region.parent
        if around is None or not block.is_entry or not self.starts.add(region, fact):
            return
        if _edges(around) is not None:
            self.arrive(around, region)

    def arrive(self, op: Operation, region: Any) -> None:
        """The start of a region knows more: so do the places from which it is entered."""
        fact = self.starts.get(region)
        for edge in _edges(op) or ():
            if edge.region is region and self.facts.add(op, fact) and op is not self.root:
                self.push(op.parent)
        self.feed(op, region, fact)

    def feed(self, op: Operation, region: Any, fact: E) -> None:
        """Brings what holds where `region` begins (None: behind the op) to the ends of the regions that lead there."""
        for inner in op.regions:
            for block in inner.blocks:
                last = block.last_op
                if last is None or last.successors:
                    continue
                if any(edge.region is region for edge in _edges(op, last) or ()):
                    self.add(block, fact)

    def step(self, op: Operation, fact: E, *, enter: bool) -> E:
        """What holds before an op."""
        edges = _edges(op) if op.regions else None
        if edges is None:
            if enter and not op.has_trait(CallableOpInterface):
                self.begin(op, fact)
            return self.analysis.transfer(op, fact)
        if enter:
            self.feed(op, None, fact)
            if any(edge.region is None for edge in edges):
                self.facts.add(op, fact)
        start = self.facts.get(op)
        return start if self.is_bottom(start) else self.analysis.transfer(op, start)

    def after(self, op: Operation) -> E:
        block = self.block_of(op)
        fact = self.facts.get(block)
        other = block.last_op
        while other is not None and other is not op and not self.is_bottom(fact):
            fact = self.step(other, fact, enter=False)
            other = other.prev_op
        return fact

    def before(self, op: Operation) -> E:
        fact = self.after(op)
        return fact if self.is_bottom(fact) else self.step(op, fact, enter=False)
