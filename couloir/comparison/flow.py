"""A program as a graph of the values that flow through it: what is matched when two programs are compared.

Functions are looked through: each call is replaced by the ops of the function, so that a fusion, which is a call of a function
with the fused ops, is no different from the ops themselves. What belongs to a fusion is remembered. Regions that run as parts
of the program (loops, branches) are looked through, too; others (the body of a reduction) are part of what their op is.

So are reshapes and broadcasts that only add or take away dimensions of size 1, in which frontends differ most, and values that
a loop carries along unchanged; and one number that is broadcast is a constant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import attrs

from couloir.comparison.labels import ARGUMENT, Label, Labels, captured, runs_regions
from couloir.costs.marks import fusion_kind
from couloir.dialects import hlo
from couloir.dialects.func import FuncOp
from couloir.ir.analysis.calls import SymbolTables
from couloir.ir.attribute import Type
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.interfaces import CallOpInterface
from couloir.ir.operation import BlockArgument, Operation, Region, Value
from couloir.ir.traits import ConstantLike, IsTerminator, ReturnLike

MAX_NODES: Final = 100_000
"""When a flow has so many nodes and calls that are looked through, further calls stay calls."""


@attrs.define(eq=False, repr=False)
class Fusion:
    """Ops that are computed together, in one kernel."""

    number: int
    name: str
    """Of the function that holds them."""
    kind: str
    """What the compiler calls this kind of fusion: `kLoop`, `convolution`."""
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
    fusion: Fusion | None = None
    parent: Node | None = None
    """The loop or branch in a region of which it stands."""
    taken: list[tuple[Node, int]] = attrs.field(factory=list)
    """Where the operands of the op come from, with nothing looked through."""
    scope: dict[Value[Any], tuple[Node, int]] | None = None
    """For an op with regions: where the values around it come from, with nothing looked through."""
    results: Sequence[int] = ()
    """The numbers of the op's results that count: all, but those of a loop that it carries along unchanged."""
    is_form: bool = False
    """Whether it only adds or takes away dimensions of size 1: it is looked through."""
    is_spread: bool = False
    """Whether it is a broadcast of one number: then it counts as a constant."""

    def __repr__(self) -> str:
        return f"<node {self.number}: {self.name}>"

    @property
    def is_argument(self) -> bool:
        """Whether it is no op."""
        return self.op is None

    @property
    def is_constant(self) -> bool:
        """Whether it is a constant, or one number spread over a tensor."""
        return self.op is not None and (self.is_spread or self.op.has_trait(ConstantLike))

    @property
    def is_leaf(self) -> bool:
        """Whether it takes nothing: an argument or a constant."""
        return self.op is None or self.is_constant

    @property
    def types(self) -> tuple[Type, ...]:
        """Of its results, or of the argument."""
        if self.op is not None:
            return tuple([result.type for result in self.op.results])
        return self.label.types

    @property
    def is_terminator(self) -> bool:
        """Whether it ends a block."""
        return self.op is not None and self.op.has_trait(IsTerminator)


@attrs.frozen(eq=False, repr=False, slots=False)
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

    @cached_property
    def counting(self) -> list[Node]:
        """The nodes that are compared: no forms, and no constants that nothing takes but forms and broadcasts."""
        return [node for node in self.nodes if not node.is_form and (node.users or not node.is_constant)]

    @cached_property
    def ops(self) -> list[Node]:
        """Those of them that are ops."""
        return [node for node in self.counting if not node.is_argument]


def flow_of(function: FuncOp, labels: Labels, places: Sequence[object] | None = None) -> Flow:
    """The flow of a function and of all that it calls.

    Args:
        function: The function.
        labels: What gives the labels, of all flows that are compared.
        places: By what arguments of the function count, besides their types: their numbers, or names.
    """
    return _Reading(function, labels, places).run()


@attrs.define(eq=False)
class _Sources:
    """Where the values of a function come from."""

    seen: dict[Value[Any], tuple[Node, int]] = attrs.field(factory=dict)
    """With forms looked through."""
    real: dict[Value[Any], tuple[Node, int]] = attrs.field(factory=dict)
    """As it is."""

    def define(self, node: Node, values: Sequence[Value[Any]]) -> None:
        """Notes that a node gives these values."""
        found = {value: (node, number) for number, value in enumerate(values)}
        self.seen.update(found)
        self.real.update(found)


@attrs.define(eq=False)
class _Frame:
    """A list of ops that is being read."""

    ops: Iterator[Operation]
    sources: _Sources
    fusion: Fusion | None = None
    parent: Node | None = None
    call: Operation | None = None
    """For the body of a function that is called: the call,"""
    callee: FuncOp | None = None
    """the function,"""
    returns_to: _Sources | None = None
    """and the sources of the caller."""
    returned: Sequence[int] | None = None
    """For the body of a loop that carries values along unchanged: the numbers of the others."""
    finishes: Node | None = None
    """For the last region of a loop or branch: its node, which is complete afterwards."""


class _Reading:
    def __init__(self, function: FuncOp, labels: Labels, places: Sequence[object] | None) -> None:
        self.function = function
        self.places = places
        self.labels = labels
        self.tables = SymbolTables()
        self.callees: dict[Operation, Operation | None] = {}
        """Of each call."""
        self.nodes: list[Node] = []
        self.fusions: list[Fusion] = []
        self.opened = self.unopened = 0
        self.active: set[FuncOp | None] = {function}
        """The functions whose bodies are being read."""
        self.frames: list[_Frame] = []

    def run(self) -> Flow:
        frame = _Frame(_ops_of(self.function.body), _Sources())
        self.arguments(self.function.body, frame, 0)
        self.frames.append(frame)
        while self.frames:
            frame = self.frames[-1]
            op = next(frame.ops, None)
            if op is None:
                self.frames.pop()
                self.active.discard(frame.callee)
                if frame.finishes is not None:
                    self.add(frame.finishes)
            elif frame.call is not None and frame.returns_to is not None and op.has_trait(ReturnLike):
                self.pass_on(op.operands, frame.sources, frame.call.results, frame.returns_to, frame)
            else:
                self.read(op, frame)
        return Flow(self.function, self.nodes, self.fusions, self.unopened)

    def read(self, op: Operation, frame: _Frame) -> None:
        symbol = _callee_symbol(op)
        if symbol is not None:
            if op not in self.callees:
                self.callees[op] = self.tables.lookup(op, symbol)
            callee = self.callees[op]
            if isinstance(callee, FuncOp) and self.opens(callee):
                self.enter(op, callee, frame)
                return
            self.unopened += 1
        node = Node(-1, op.name, self.labels.of(op), op, fusion=frame.fusion, parent=frame.parent)
        is_control = bool(op.regions) and runs_regions(op)
        node.taken = [self.source(value, frame, frame.sources.real) for value in op.operands]
        node.scope = frame.sources.real if op.regions else None
        node.results = range(len(op.results))
        values = [*op.operands, *captured(op)] if op.regions and not is_control else op.operands
        seen = [self.source(value, frame, frame.sources.seen) for value in values]
        frame.sources.define(node, op.results)
        if is_form(op):
            node.is_form = True
            frame.sources.seen[op.results[0]] = seen[0]
        elif (spread := self.spread(op, seen)) is not None:
            node.label, node.name, node.is_spread = spread, spread.name, True
        elif frame.returned is not None and op.has_trait(ReturnLike):
            node.label, node.operands = self.labels.partial(op, frame.returned), [seen[n] for n in frame.returned]
        else:
            node.operands = seen
        if is_control:
            self.enter_regions(op, node, frame)
        else:
            self.add(node)

    def enter_regions(self, op: Operation, node: Node, frame: _Frame) -> None:
        """Goes on with the regions of a loop or branch. What a loop carries along unchanged is a value from outside."""
        changing = _changing(op)
        opened = [_Frame(_ops_of(region), frame.sources, frame.fusion, node) for region in op.regions]
        if changing is not None:
            assert isinstance(op, hlo.While), "only of these it is known"
            seen, real, sources = node.operands, node.taken, frame.sources
            node.label, node.operands = self.labels.partial(op, changing), [seen[n] for n in changing]
            node.results = changing
            opened[1].returned = changing
            for place, number in enumerate(changing):
                sources.seen[op.results[number]] = node, place
            for number in set(range(len(op.results))).difference(changing):
                sources.seen[op.results[number]] = seen[number]
                for block in (op.cond.block, op.body.block):
                    sources.seen[block.arguments[number]] = seen[number]
                    sources.real[block.arguments[number]] = real[number]
        for number, (region, inner) in enumerate(zip(op.regions, opened, strict=True), 1):
            self.arguments(region, inner, number)
        opened[-1].finishes = node
        self.frames += reversed(opened)

    def spread(self, op: Operation, sources: Sequence[tuple[Node, int]]) -> Label | None:
        """The label of the constant that an op makes of one number, if it does."""
        if not isinstance(op, hlo.BroadcastInDim) or not sources[0][0].is_constant:
            return None
        return self.labels.spread(op, sources[0][0].label)

    def opens(self, callee: FuncOp) -> bool:
        """Whether a call is looked through."""
        if callee.is_declaration or callee in self.active or self.opened + len(self.nodes) >= MAX_NODES:
            return False
        last = callee.entry.last_op
        return callee.body.first_block is callee.body.last_block and last is not None and last.has_trait(ReturnLike)

    def enter(self, call: Operation, callee: FuncOp, frame: _Frame) -> None:
        sources = _Sources()
        self.pass_on(call.operands, frame.sources, callee.arguments, sources, frame)
        fusion, kind = frame.fusion, fusion_kind(call)
        if kind is not None and fusion is None:
            fusion = Fusion(len(self.fusions), callee.sym_name, kind)
            self.fusions.append(fusion)
        self.opened += 1
        self.active.add(callee)
        self.frames.append(_Frame(callee.entry.ops, sources, fusion, frame.parent, call, callee, frame.sources))

    def arguments(self, region: Region, frame: _Frame, number: int) -> None:
        """Adds the arguments of the blocks of region number `number`; 0 is the function's body."""
        for place, block in enumerate(region.blocks):
            new = [argument for argument in block.arguments if argument not in frame.sources.real]
            for index, argument in enumerate(new):
                if number or place:
                    label = self.labels.argument(argument.type, number, place, index)
                elif self.places is not None:
                    label = self.labels.argument(argument.type, self.places[argument.index])
                else:
                    label = self.labels.argument(argument.type)
                node = Node(-1, ARGUMENT, label, None, argument, fusion=frame.fusion, parent=frame.parent)
                self.add(node)
                frame.sources.define(node, [argument])

    def pass_on(
        self,
        values: Sequence[Value[Any]],
        sources: _Sources,
        targets: Sequence[Value[Any]],
        into: _Sources,
        frame: _Frame,
    ) -> None:
        """Gives values to the arguments of a function, or to the results of a call."""
        for value, target in zip(values, targets, strict=False):
            into.seen[target] = self.source(value, frame, sources.seen)
            into.real[target] = self.source(value, frame, sources.real)

    def source(self, value: Value[Any], frame: _Frame, sources: dict[Value[Any], tuple[Node, int]]) -> tuple[Node, int]:
        """Where a value comes from. One that is not there yet, which branches may cause, is an argument."""
        found = sources.get(value)
        if found is None:
            label = self.labels.argument(value.type)
            node = Node(-1, ARGUMENT, label, None, fusion=frame.fusion, parent=frame.parent)
            self.add(node)
            frame.sources.define(node, [value])
            found = node, 0
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


def is_form(op: Operation) -> bool:
    """Whether an op gives the elements of its operand in the same order, in a shape with other dimensions of size 1."""
    if not isinstance(op, hlo.Reshape | hlo.BroadcastInDim):
        return False
    before, after = op.operand.type, op.result.type
    kept = [size for size in before.dims if size != 1]
    if kept != [size for size in after.dims if size != 1] or None in kept:
        return False
    if isinstance(op, hlo.Reshape):
        return before.element_type is after.element_type
    targets = [t for t, size in zip(op.broadcast_dimensions, before.dims, strict=True) if size != 1]
    return targets == sorted(targets)


def _changing(op: Operation) -> list[int] | None:
    """The numbers of the values that a loop changes; None where it is no loop that carries others along unchanged."""
    if not isinstance(op, hlo.While):
        return None
    last, arguments = op.body.block.last_op, op.body.block.arguments
    counts = {len(op.results), len(op.operands), len(arguments), len(op.cond.block.arguments)}
    if last is None or counts != {len(last.operands)}:
        return None
    found = [n for n, value in enumerate(last.operands) if value is not arguments[n]]
    return found if len(found) < len(arguments) else None


def _callee_symbol(op: Operation) -> SymbolRefAttr | None:
    if isinstance(op, hlo.Composite):
        return SymbolRefAttr(op.decomposition)
    call = CallOpInterface.of(op)
    return None if call is None else call.callee_symbol()


def _ops_of(region: Region) -> Iterator[Operation]:
    return (op for block in region.blocks for op in block.ops)
