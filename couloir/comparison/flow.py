"""A program as a graph of the values that flow through it: what is matched when two programs are compared.

Functions are looked through: each call is replaced by the ops of the function, so that a fusion, which is a call of a function
with the fused ops, is no different from the ops themselves. What belongs to a fusion is remembered. Regions that run as parts
of the program (loops, branches) are looked through, too; others (the body of a reduction) are part of what their op is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs

from couloir.comparison.labels import ARGUMENT, Label, Labels, captured, runs_regions
from couloir.costs.marks import fusion_kind
from couloir.dialects import hlo
from couloir.dialects.func import FuncOp
from couloir.ir.analysis.calls import SymbolTables
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.interfaces import CallOpInterface
from couloir.ir.operation import BlockArgument, Operation, Region, Value
from couloir.ir.traits import ConstantLike, IsTerminator, ReturnLike

MAX_NODES: Final = 200_000
"""When a flow has so many nodes, further calls stay calls."""


@attrs.define(eq=False, repr=False)
class Fusion:
    """Ops that are computed together, in one kernel."""

    number: int
    name: str
    """Of the function that holds them."""
    kind: str
    """What the compiler calls this kind of fusion: `kLoop`, `convolution`."""
    call: Operation
    nodes: list[Node] = attrs.field(factory=list)


@attrs.define(eq=False, repr=False)
class Node:
    """An op at one place where it runs, or an argument."""

    number: int
    """Its place in the flow: after all that it takes."""
    name: str
    """Of the op; `argument`."""
    label: Label
    """What it is, apart from what it takes."""
    op: Operation | None
    value: BlockArgument[Any] | None = None
    """Of an argument."""
    operands: list[tuple[Node, int]] = attrs.field(factory=list)
    """What it takes: a node, and the number of its result. What regions inside take from outside comes last."""
    users: list[tuple[Node, int]] = attrs.field(factory=list)
    """Who takes its results, as operand of which number."""
    calls: tuple[Operation, ...] = ()
    """The calls through which it is reached, outermost first."""
    fusion: Fusion | None = None
    parent: Node | None = None
    """The loop or branch in a region of which it stands."""
    scope: dict[Value[Any], tuple[Node, int]] | None = None
    """For an op with regions: where the values around it come from."""

    def __repr__(self) -> str:
        return f"<node {self.number}: {self.name}>"

    @property
    def is_argument(self) -> bool:
        """Whether it is no op."""
        return self.op is None

    @property
    def is_constant(self) -> bool:
        """Whether it is a constant."""
        return self.op is not None and self.op.has_trait(ConstantLike)

    @property
    def is_leaf(self) -> bool:
        """Whether it takes nothing: an argument or a constant."""
        return self.op is None or (not self.operands and self.is_constant)

    @property
    def is_terminator(self) -> bool:
        """Whether it ends a block."""
        return self.op is not None and self.op.has_trait(IsTerminator)


@attrs.frozen(eq=False, repr=False)
class Flow:
    """The nodes of a program, each after those that it takes, and its fusions."""

    function: FuncOp
    nodes: list[Node]
    fusions: list[Fusion]
    unopened: int
    """Calls that are not looked through: of functions that are only declared, that call themselves, or that branch."""

    @property
    def arguments(self) -> list[Node]:
        """The arguments of the function."""
        return self.nodes[: len(self.function.arguments)]

    @property
    def ops(self) -> list[Node]:
        """The nodes that are ops."""
        return [node for node in self.nodes if not node.is_argument]


def flow_of(function: FuncOp, labels: Labels, *, places: bool = False) -> Flow:
    """The flow of a function and of all that it calls.

    Args:
        function: The function.
        labels: What gives the labels, of all flows that are compared.
        places: Whether arguments of the function count by their numbers; otherwise only by their types.
    """
    return _Reading(function, labels, places).run()


@attrs.define(eq=False)
class _Frame:
    """A list of ops that is being read."""

    ops: Iterator[Operation]
    sources: dict[Value[Any], tuple[Node, int]]
    """Where the values of the function come from."""
    calls: tuple[Operation, ...]
    fusion: Fusion | None
    parent: Node | None
    returns_to: dict[Value[Any], tuple[Node, int]] | None = None
    """For the body of a function that is called: the sources of its caller."""
    finishes: Node | None = None
    """For the last region of a loop or branch: its node, which is complete afterwards."""


class _Reading:
    def __init__(self, function: FuncOp, labels: Labels, places: bool) -> None:
        self.function = function
        self.places = places
        self.labels = labels
        self.tables = SymbolTables()
        self.nodes: list[Node] = []
        self.fusions: list[Fusion] = []
        self.unopened = 0
        self.frames: list[_Frame] = []

    def run(self) -> Flow:
        frame = _Frame(_ops_of(self.function.body), {}, (), None, None)
        self.arguments(self.function.body, frame)
        self.frames.append(frame)
        while self.frames:
            frame = self.frames[-1]
            op = next(frame.ops, None)
            if op is None:
                self.frames.pop()
                if frame.finishes is not None:
                    self.add(frame.finishes)
            elif frame.returns_to is not None and op.has_trait(ReturnLike):
                sources = [self.source(value, frame) for value in op.operands]
                frame.returns_to.update(zip(frame.calls[-1].results, sources, strict=False))
            else:
                self.read(op, frame)
        return Flow(self.function, self.nodes, self.fusions, self.unopened)

    def read(self, op: Operation, frame: _Frame) -> None:
        symbol = _callee_symbol(op)
        if symbol is not None:
            callee = self.tables.lookup(op, symbol)
            if isinstance(callee, FuncOp) and self.opens(callee, frame):
                self.enter(op, callee, frame)
                return
            self.unopened += 1
        node = Node(-1, op.name, self.labels.of(op), op, None, [], [], frame.calls, frame.fusion, frame.parent)
        taken = op.operands if not op.regions or runs_regions(op) else [*op.operands, *captured(op)]
        node.operands = [self.source(value, frame) for value in taken]
        node.scope = frame.sources if op.regions else None
        frame.sources.update((result, (node, number)) for number, result in enumerate(op.results))
        if op.regions and runs_regions(op):
            opened = [_Frame(_ops_of(region), frame.sources, frame.calls, frame.fusion, node) for region in op.regions]
            for region, inner in zip(op.regions, opened, strict=True):
                self.arguments(region, inner)
            opened[-1].finishes = node
            self.frames += reversed(opened)
        else:
            self.add(node)

    def opens(self, callee: FuncOp, frame: _Frame) -> bool:
        """Whether a call is looked through."""
        if callee.is_declaration or len(self.nodes) >= MAX_NODES:
            return False
        last = callee.entry.last_op
        if callee.body.first_block is not callee.body.last_block or last is None or not last.has_trait(ReturnLike):
            return False
        return callee is not self.function and all(self.callee(call) is not callee for call in frame.calls)

    def callee(self, call: Operation) -> Operation | None:
        symbol = _callee_symbol(call)
        return None if symbol is None else self.tables.lookup(call, symbol)

    def enter(self, call: Operation, callee: FuncOp, frame: _Frame) -> None:
        sources: dict[Value[Any], tuple[Node, int]] = {
            argument: self.source(value, frame)
            for argument, value in zip(callee.arguments, call.operands, strict=False)
        }
        fusion, kind = frame.fusion, fusion_kind(call)
        if kind is not None and fusion is None:
            fusion = Fusion(len(self.fusions), callee.sym_name, kind, call)
            self.fusions.append(fusion)
        inner = _Frame(callee.entry.ops, sources, (*frame.calls, call), fusion, frame.parent, frame.sources)
        self.frames.append(inner)

    def arguments(self, region: Region, frame: _Frame) -> None:
        for block in region.blocks:
            for argument in block.arguments:
                counts = self.places and block is self.function.body.first_block
                label = self.labels.argument(argument.type, argument.index if counts else None)
                node = Node(-1, ARGUMENT, label, None, argument, [], [], frame.calls, frame.fusion, frame.parent)
                self.add(node)
                frame.sources[argument] = (node, 0)

    def source(self, value: Value[Any], frame: _Frame) -> tuple[Node, int]:
        """Where a value comes from. One that is not there yet, which branches may cause, is an argument."""
        found = frame.sources.get(value)
        if found is None:
            label = self.labels.argument(value.type)
            node = Node(-1, ARGUMENT, label, None, None, [], [], frame.calls, frame.fusion, frame.parent)
            self.add(node)
            found = frame.sources[value] = (node, 0)
        return found

    def add(self, node: Node) -> None:
        """Puts a node into the flow; a loop or branch takes what its regions return, besides its operands."""
        node.number = len(self.nodes)
        self.nodes.append(node)
        if node.fusion is not None and not node.is_argument:
            node.fusion.nodes.append(node)
        if node.parent is not None and node.is_terminator:
            node.parent.operands.append((node, 0))
        for number, (source, _) in enumerate(node.operands):
            source.users.append((node, number))


def _callee_symbol(op: Operation) -> SymbolRefAttr | None:
    if isinstance(op, hlo.Composite):
        return SymbolRefAttr(op.decomposition)
    call = CallOpInterface.of(op)
    return None if call is None else call.callee_symbol()


def _ops_of(region: Region) -> Iterator[Operation]:
    return (op for block in region.blocks for op in block.ops)
