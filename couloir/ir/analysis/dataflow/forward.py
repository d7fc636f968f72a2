"""Sparse forward analyses: a fact for each value, found from the facts of what it is computed from.

The solver follows control only where it may go, as far as the facts tell: a block that is never entered adds nothing to
what comes after it (conditional propagation). It goes into regions by `RegionBranchOpInterface`, and into private
functions with what their calls pass; what they return comes back to the calls.

Source: Wegman, Zadeck, "Constant Propagation with Conditional Branches".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from couloir.ir.analysis.calls import Calls
from couloir.ir.analysis.dataflow.lattice import Facts, Lattice
from couloir.ir.errors import Error
from couloir.ir.interfaces import BranchOpInterface, CallableOpInterface, RegionBranchOpInterface, RegionEdge
from couloir.ir.traits import GraphRegion, IsTerminator, ReturnLike

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Block, Operation, Region, Value

E = TypeVar("E")


class SparseForward(Generic[E]):
    """Base of analyses of values from operands to results. A subclass sets `lattice` and defines `transfer`."""

    lattice: Lattice[E]
    interprocedural: bool = True
    """Whether facts go through calls; if not, a call is an op like others, and arguments of functions come from outside."""

    def transfer(self, op: Operation, operands: Sequence[E]) -> Sequence[E] | None:
        """The facts about the results of an op; None: nothing is known. Its operands' facts are all above bottom.

        It is not asked about ops that run their regions (`RegionBranchOpInterface`) or call a function that is seen.
        """
        raise NotImplementedError

    def boundary(self, value: Value[Any]) -> E:
        """The fact about a value from outside: an argument of a function that others call. By default top."""
        return self.lattice.top

    def made(self, op: Operation, value: Value[Any], operands: Sequence[E]) -> E:
        """The fact about an argument of a region of `op`, or a result, that `op` itself makes: a loop variable. By default top."""
        return self.lattice.top

    def passed(
        self,
        source: Operation,
        target: Block | Region | None,
        value: Value[Any],
        fact: E,
        fact_of: Callable[[Value[Any]], E],
    ) -> E:
        """The fact about a value where it is passed along by `source`, a terminator or region op, to a successor block or
        a region (None: to the results of the op around). Taking that way may tell more than `fact`: what is known of
        other values, `fact_of` says.
        """
        return fact

    def constant(self, fact: E) -> Attribute | None:
        """The constant that a value with this fact has, to follow branches by; None when there is none to be told."""
        return None

    def run(self, root: Operation) -> ForwardFacts[E]:
        """Finds the facts about all values inside `root`.

        Raises:
            Error: when the facts of the lattice do not stop to grow.
        """
        solver = _Solver(self, root)
        solver.solve()
        return ForwardFacts(solver)


class ForwardFacts(Generic[E]):
    """What a sparse forward analysis has found."""

    def __init__(self, solver: _Solver[E]) -> None:
        self._facts = solver.known
        self._executable = solver.executable

    def __getitem__(self, value: Value[Any]) -> E:
        """The fact about a value; bottom when it is never computed."""
        return self._facts.get(value)

    def is_executable(self, block: Block) -> bool:
        """Whether control may come to a block."""
        return block in self._executable


class _Solver(Generic[E]):
    def __init__(self, analysis: SparseForward[E], root: Operation) -> None:
        self.analysis = analysis
        self.root = root
        self.facts = self.known = Facts(analysis.lattice)
        self.executable: set[Block] = set()
        self.calls = Calls(root)
        self.returned: dict[Operation, list[E]] = {}
        self.watchers: dict[Value[Any], dict[Operation, None]] = {}
        self.own_inputs: dict[Operation, list[Value[Any]]] = {}
        self.worklist: deque[Operation] = deque()
        self.waiting: set[Operation] = set()

    def solve(self) -> None:
        self._start()
        self._work()
        while self._open_cycles():
            self._work()
        if self.facts.widened:
            for _ in range(self.analysis.lattice.narrowings):
                if not self._narrow():
                    break

    def _start(self) -> None:
        inside = {block for op in self.root.walk() for region in op.regions for block in region.blocks}
        for op in self.root.walk():
            for value in op.operands:
                if value.parent_block not in inside:
                    self.facts.add(value, self.analysis.boundary(value))
        self._visit(self.root)

    def _narrow(self) -> bool:
        """Finds all facts once more, from those that are known: they are true, so what follows from them is, too, and
        where those have been widened it says more. Tells whether it did.
        """
        self.facts = Facts(self.analysis.lattice, widens=False)
        self._start()
        for op in self.root.walk():
            if op is not self.root and op.parent in self.executable:
                self._visit(op)
        self.worklist.clear()
        self.waiting.clear()
        narrower = not self.facts.same_as(self.known)
        self.known = self.facts
        return narrower

    def _work(self) -> None:
        while self.worklist:
            op = self.worklist.popleft()
            self.waiting.discard(op)
            self._visit(op)

    def _push(self, op: Operation) -> None:
        if op not in self.waiting and op.parent in self.executable:
            self.waiting.add(op)
            self.worklist.append(op)

    def _add(self, value: Value[Any], fact: E) -> None:
        if self.facts.add(value, fact):
            for user, _ in value.uses:
                self._push(user)
            for watcher in self.watchers.get(value, ()):
                self._push(watcher)

    def _enter(self, block: Block | None) -> None:
        if block is None or block in self.executable:
            return
        self.executable.add(block)
        for op in block.ops:
            self._push(op)

    def _visit(self, op: Operation) -> None:
        operands = [self.known.get(value) for value in op.operands]
        bottom = self.analysis.lattice.bottom
        for fact in operands:
            if fact is bottom or fact == bottom:
                return  # not computed yet; if never, it is not run either
        if op.successors:
            self._branch(op, operands)
        elif op.next_op is None and op.parent is not None and op is not self.root and self._leave(op, operands):
            return
        branch = RegionBranchOpInterface.of(op)
        if branch is not None:
            self._follow(op, branch.entry_edges(self._constants(operands)))
            for value in self._made_by(op):
                self._add(value, self.analysis.made(op, value, operands))
            return
        callee = self.calls.callee.get(op) if self.analysis.interprocedural else None
        body = _body(callee)
        if callee is not None and body is not None:
            self._call(op, callee, body, operands)
            return
        for region in op.regions:
            self._enter_unknown(op, region, operands)
        if op.results:
            self._results(op, operands)

    def _constants(self, facts: Sequence[E]) -> list[Attribute | None]:
        return [self.analysis.constant(fact) for fact in facts]

    def _results(self, op: Operation, operands: Sequence[E]) -> None:
        found = self.analysis.transfer(op, operands)
        if found is None:
            found = [self.analysis.lattice.top] * len(op.results)
        if len(found) != len(op.results):
            raise Error(
                f"the analysis gives {len(found)} facts for the {len(op.results)} results of `{op.name}`",
                where=op.location.label or None,
            )
        for result, fact in zip(op.results, found, strict=True):
            self._add(result, fact)

    # -- control ---------------------------------------------------------------------------------------------------------

    def _branch(self, op: Operation, operands: Sequence[E]) -> None:
        interface = BranchOpInterface.of(op)
        if interface is None:
            for block in op.successors:
                self._enter(block)
                for argument in block.arguments:
                    self._add(argument, self.analysis.lattice.top)
            return
        for number in interface.known_successors(self._constants(operands)):
            block = op.successors[number]
            for argument, index in zip(block.arguments, interface.successor_operands(number), strict=True):
                self._pass(op, block, op.operands[index], argument)
            self._enter(block)

    def _follow(self, source: Operation, edges: Sequence[RegionEdge]) -> None:
        for edge in edges:
            for value, target in zip(edge.values, edge.inputs, strict=True):
                if edge.first is None:  # not an operand of the source: it would not hear of changes
                    self._watch(value, source)
                self._pass(source, edge.region, value, target)
            if edge.region is not None:
                self._enter(edge.region.first_block)

    def _pass(self, source: Operation, target: Block | Region | None, value: Value[Any], to: Value[Any]) -> None:
        def fact_of(other: Value[Any]) -> E:
            self._watch(other, source)
            return self.known.get(other)

        self._add(to, self.analysis.passed(source, target, value, self.known.get(value), fact_of))

    def _watch(self, value: Value[Any], op: Operation) -> None:
        """Has an op visited again when a fact changes that it does not take as an operand."""
        self.watchers.setdefault(value, {})[op] = None

    def _leave(self, op: Operation, operands: Sequence[E]) -> bool:
        """Goes on from the last op of a block that has no successors; tells whether that is all there is to it."""
        around = op.parent_op
        if around is None:
            return False
        interface = RegionBranchOpInterface.of(around)
        if interface is not None and (op.has_trait(IsTerminator) or not op.is_registered):
            self._follow(op, interface.exit_edges(op, self._constants(operands)))
        elif around.has_trait(CallableOpInterface) and self.analysis.interprocedural:
            known = op.has_trait(ReturnLike)
            for call in self.calls.callers.get(around, ()):
                given = operands if known else [self.analysis.lattice.top] * len(call.results)
                old = self.returned.setdefault(around, [self.analysis.lattice.bottom] * len(call.results))
                join = self.analysis.lattice.join
                self.returned[around] = [join(a, b) for a, b in zip(old, given, strict=True)]
                self._push(call)
        return not op.regions and not op.results

    def _call(self, op: Operation, callee: Operation, body: Region, operands: Sequence[E]) -> None:
        entry = body.first_block
        assert entry is not None, "a body has a block"
        for argument, fact in zip(entry.arguments, operands, strict=True):
            self._add(argument, fact)
        self._enter(entry)
        for result, fact in zip(op.results, self.returned.get(callee, ()), strict=False):
            self._add(result, fact)

    def _enter_unknown(self, op: Operation, region: Region, operands: Sequence[E]) -> None:
        entry = region.first_block
        if entry is None:
            return
        if op.has_trait(CallableOpInterface):
            if op not in self.calls.external and self.analysis.interprocedural:
                return  # its calls will enter it
            for argument in entry.arguments:
                self._add(argument, self.analysis.boundary(argument))
        else:
            for argument in entry.arguments:
                self._add(argument, self.analysis.made(op, argument, operands))
        self._enter(entry)

    def _made_by(self, op: Operation) -> list[Value[Any]]:
        """The results and region arguments to which no edge passes a value."""
        if op not in self.own_inputs:
            self.own_inputs[op] = own_inputs(op)
        return self.own_inputs[op]

    def _open_cycles(self) -> bool:
        """In graph regions ops may need each other: nothing is known about them then. Tells whether there were any."""
        found = False
        for block in list(self.executable):
            around = block.parent_op
            if around is None or not around.has_trait(GraphRegion):
                continue
            for op in block.ops:
                for value in op.results:
                    if self.known.get(value) == self.analysis.lattice.bottom:
                        self._add(value, self.analysis.lattice.top)
                        found = True
        return found


def _body(callee: Operation | None) -> Region | None:
    function = None if callee is None else CallableOpInterface.of(callee)
    return None if function is None else function.callable_region()


def own_inputs(op: Operation) -> list[Value[Any]]:
    """The results of a region op and the arguments of its regions to which no edge passes a value: it makes them itself."""
    edges = region_edges(op)
    fed = {value for _, edge in edges for value in edge.inputs}
    candidates: list[Value[Any]] = list(op.results)
    for region in op.regions:
        if region.first_block is not None:
            candidates += region.first_block.arguments
    return [value for value in candidates if value not in fed]


def region_edges(op: Operation) -> list[tuple[Operation, RegionEdge]]:
    """All edges of a region op, each with the op that takes it: `op` itself or a terminator of a region."""
    branch = RegionBranchOpInterface.of(op)
    if branch is None:
        return []
    found: list[tuple[Operation, RegionEdge]] = [(op, e) for e in branch.entry_edges([None] * len(op.operands))]
    for region in op.regions:
        for block in region.blocks:
            last = block.last_op
            if last is not None and not last.successors:
                found += [(last, e) for e in branch.exit_edges(last, [None] * len(last.operands))]
    return found
