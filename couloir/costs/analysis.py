"""The cost of a program: of each op, with how often it runs.

First from the inside out, functions before those that call them: what one run of each region costs. Then from the outside
in: how often each region runs. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from couloir.costs.cost import NOTHING, ONCE, Cost, elements, moving, total
from couloir.costs.marks import fused, fusion_kind, is_bitcast
from couloir.costs.report import CostReport, Note, OpCost
from couloir.costs.table import UNCOUNTED, Runs, dearest, once, rule_of
from couloir.dialects import hlo
from couloir.dialects.func import FuncOp
from couloir.ir.analysis.calls import SymbolTables
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.errors import Error, nearest
from couloir.ir.interfaces import CallOpInterface, LoopLikeOpInterface, RegionBranchOpInterface
from couloir.ir.operation import Operation, Region
from couloir.ir.traits import ConstantLike, Elementwise, IsTerminator, Symbol
from couloir.ir.types import IndexType

if TYPE_CHECKING:
    from couloir.ir.attribute import Type

_RECURSIVE: Final = "it calls itself, directly or by others: not counted"


def cost(program: Operation, *, function: str | None = None, trip_counts: bool = True) -> CostReport:
    """What a program costs when it runs once.

    Args:
        program: A module, or a function in one.
        function: The function that runs; by default the first public one.
        trip_counts: Whether the body of a loop counts as often as it runs, where that is known. Otherwise it counts once, as
            in XLA.

    Raises:
        Error: There is no such function.
    """
    entry = entry_function(program, function)
    analysis = _Analysis(trip_counts)
    analysis.measure(entry)
    return analysis.report(entry)


def entry_function(program: Operation, name: str | None = None) -> FuncOp:
    """The function of a program that runs; by default the first public one. Raises `couloir.Error` when there is none."""
    ops = [program] if isinstance(program, FuncOp) else [op for region in program.regions for op in region.ops]
    functions = [op for op in ops if isinstance(op, FuncOp) and not op.is_declaration]
    for found in functions:
        if found.sym_name == name or (name is None and (found is program or not found.is_private)):
            return found
    known = [found.sym_name for found in functions]
    raise Error(
        "there is no public function with a body" if name is None else f"there is no function @{name}",
        hint=nearest(name or "", known) or (f"there are {', '.join('@' + n for n in known)}" if known else None),
    )


class _Analysis:
    def __init__(self, trip_counts: bool) -> None:
        self.trip_counts = trip_counts
        self.tables = SymbolTables()
        self.order: list[FuncOp] = []
        """The functions that are called, each after those that it calls."""
        self.callees: dict[Operation, FuncOp] = {}
        """Of each call."""
        self.inside: dict[Region, Cost] = {}
        """One run of each region."""
        self.runs: dict[Operation, Runs] = {}
        """Of the ops whose regions, or callees, run as parts of the program."""
        self.own: dict[Operation, Cost] = {}
        """Of all other ops that cost something."""
        self.unknown: dict[Operation, str] = {}

    # -- from the inside out -------------------------------------------------------------------------------------------------

    def measure(self, entry: FuncOp) -> None:
        """Counts the costs of a function and of all that it calls."""
        started: set[FuncOp] = {entry}
        stack: list[tuple[FuncOp, Iterator[FuncOp]]] = [(entry, self.called(entry))]
        while stack:
            function, callees = stack[-1]
            callee = next(callees, None)
            if callee is None:
                stack.pop()
                self.count(function)
                self.order.append(function)
            elif callee not in started:
                started.add(callee)
                stack.append((callee, self.called(callee)))

    def called(self, function: FuncOp) -> Iterator[FuncOp]:
        """The functions that a function calls."""
        for op in function.walk():
            symbol = _callee_symbol(op)
            target = None if symbol is None else self.tables.lookup(op, symbol)
            if isinstance(target, FuncOp) and not target.is_declaration:
                self.callees[op] = target
                yield target

    def count(self, function: FuncOp) -> None:
        """Counts the costs of the ops of a function whose callees are counted."""
        sums: dict[Region, list[Cost]] = {}
        for op in function.walk_postorder():
            if op is function:
                break
            regions = [total(sums.pop(region, ())) for region in op.regions]
            self.inside.update(zip(op.regions, regions, strict=True))
            found = self.outcome(op, regions)
            if isinstance(found, Runs):
                self.runs[op] = found = found if self.trip_counts else once(found)
                runs = self.entered(op)
                cost = found.own + total([self.inside[r] * times for r, times in zip(runs, found.times, strict=True)])
            else:
                cost = found
                self.own[op] = found
            if cost is not NOTHING and op.parent_region is not None:
                sums.setdefault(op.parent_region, []).append(cost)
        self.inside[function.body] = total(sums.get(function.body, ()))

    def outcome(self, op: Operation, regions: Sequence[Cost]) -> Cost | Runs:
        """What an op costs, by its rule or by its traits; what cannot be told is noted, and counts nothing."""
        if op in self.callees:
            callee = self.callees[op]
            if callee.body not in self.inside:
                self.unknown[op] = _RECURSIVE
                return NOTHING
            return Runs((1,)) if fusion_kind(op) is None else fused(callee)
        if is_bitcast(op):
            return NOTHING
        rule = rule_of(op)
        try:
            return rule(op, *regions) if rule is not None else self.by_traits(op, regions)
        except Error as error:
            self.unknown[op] = error.message
        try:
            return moving(op)
        except Error:
            return NOTHING

    def by_traits(self, op: Operation, regions: Sequence[Cost]) -> Cost | Runs:
        """What an op without a rule costs."""
        loop = LoopLikeOpInterface.of(op)
        if loop is not None:
            count = loop.static_trip_count()
            return Runs([1 if count is None else count] * len(regions), assumed=UNCOUNTED if count is None else None)
        if RegionBranchOpInterface.of(op) is not None:
            return dearest(regions)
        if op.has_trait(ConstantLike) or op.has_trait(IsTerminator) or op.has_trait(Symbol):
            return NOTHING
        if op.has_trait(Elementwise) and not regions:
            return moving(op, flops=sum(elements(r) for r in op.results if not _is_index(r.type)))
        self.unknown[op] = "no rule says what it costs"
        return Runs([1] * len(regions), own=moving(op))

    # -- from the outside in -------------------------------------------------------------------------------------------------

    def report(self, entry: FuncOp) -> CostReport:
        """The cost of each op, in the order of the program, callers before what they call."""
        weights: dict[Region, Cost] = {entry.body: ONCE}
        listed: list[OpCost] = []
        for function in reversed(self.order):
            for op in function.walk():
                weight = weights.get(op.parent_region) if op is not function and op.parent_region else None
                if weight is None:
                    continue  # it only describes what the op around it computes
                runs = self.runs.get(op)
                if runs is not None:
                    for region, times in zip(self.entered(op), runs.times, strict=True):
                        weights[region] = weights.get(region, NOTHING) + weight * times
                own = self.own[op] if runs is None else runs.own
                listed.append(OpCost(op, own * weight, weight))
        assumed = {op: runs.assumed for op, runs in self.runs.items() if runs.assumed is not None}
        return CostReport(entry.sym_name, tuple(listed), _notes(self.unknown), _notes(assumed))

    def entered(self, op: Operation) -> Sequence[Region]:
        """The regions that run as parts of the program where the op stands."""
        callee = self.callees.get(op)
        return op.regions if callee is None else (callee.body,)


def _notes(found: Mapping[Operation, str]) -> tuple[Note, ...]:
    return tuple(Note(op, what) for op, what in found.items())


def _callee_symbol(op: Operation) -> SymbolRefAttr | None:
    if isinstance(op, hlo.Composite):
        return SymbolRefAttr(op.decomposition)
    call = CallOpInterface.of(op)
    return None if call is None else call.callee_symbol()


def _is_index(type: Type) -> bool:
    return isinstance(getattr(type, "element_type", type), IndexType)
