"""Branches and loops that are decided when the model runs. (A branch that is known to be taken is inlined before.)

A loop of few steps, or one whose state changes its shape, is written out; any other becomes a `while`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

import attrs

from couloir.dialects import hlo
from couloir.dialects.shapes import as_tensor, inside
from couloir.ir.conversion import Inline
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, i1, i64
from couloir.passes.onnx_to_hlo.loops import UNROLLED, row, with_row
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import convert, full, reshape, scalar

MAX_UNROLLED: Final = 256
"""A loop whose state changes its shape is written out up to so many steps."""
MAX_WRITTEN: Final = 512
"""Any loop of a known number of steps is written out when that makes no more nodes: slices may then begin at its counter."""

Answer: TypeAlias = "list[Tensor | None]"

_REPORTED: Final = "a graph in it could not be lowered"


@lowers("If")
def if_(node: Node) -> Generator[Inline, Answer, Lowered]:
    """`If` since 1, 11, 13, 16, 19, 21, 23, 24, 25: both branches give tensors of the same types, and sequences of as many."""
    branches: list[Block] = []
    types: list[list[TensorType]] = []
    forms: list[list[int | None]] = []
    for name in ("then_branch", "else_branch"):
        block = Block()
        given = _all((yield node.inline(name, (), into=block)))
        forms.append([len(value) if isinstance(value, tuple) else None for value in given])
        values = _flat(given)
        with inside(block):
            hlo.Return(values)
        branches.append(block)
        types.append([value.type for value in values])
    if forms[0] != forms[1]:
        raise NotLowered(
            "its branches give sequences of different lengths, and which is taken is known only when the model runs"
        )
    for then, otherwise in zip(*types, strict=True):
        if then is not otherwise:
            raise NotLowered(
                f"its branches give `{then}` and `{otherwise}`, and which is taken is known only when the model runs",
                hint="what decides can be made a constant: couloir.specialize(model, values={...})",
            )
    condition = reshape(node[0], ())
    made = hlo.If(condition, Region([branches[0]]), Region([branches[1]]), result_types=types[0])
    outputs = iter([as_tensor(value) for value in made.outputs])
    results: list[Any] = [next(outputs) if length is None else tuple(islice(outputs, length)) for length in forms[0]]
    return results


def _flat(values: Sequence[Any]) -> list[Tensor]:
    """The tensors, and those in sequences."""
    parts: list[Sequence[Tensor]] = [value if isinstance(value, tuple) else [value] for value in values]
    return [tensor for part in parts for tensor in part]


def _all(values: Answer) -> list[Tensor]:
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        raise NotLowered(_REPORTED)
    return found


@attrs.frozen
class _Loop:
    """What is repeated, and how often."""

    node: Node
    state: Sequence[Tensor]
    arguments: Callable[[Tensor, Sequence[Tensor]], list[Tensor]]
    """What the graph takes: from the number of the step and the state."""
    count: int | None
    """The number of steps, when it is known."""
    limit: Tensor | None = None
    """The number of steps at most, when it is computed."""
    keep: Tensor | None = None
    """Whether the first step is made, when that is computed."""
    has_condition: bool = False
    """Whether the first output of the graph says that the loop goes on."""
    backwards: Sequence[bool] = ()
    """Of the outputs beyond the state, those that are filled from the end."""

    def split(self, values: list[Tensor]) -> tuple[Tensor | None, list[Tensor], list[Tensor]]:
        """The condition, the new state, and what is stacked."""
        condition = reshape(values.pop(0), ()) if self.has_condition else None
        count = len(self.state)
        new: list[Any] = list(values[:count])
        for number, old in enumerate(self.state):
            if isinstance(old, tuple) and not isinstance(new[number], tuple):
                new[number] = (new[number],)  # a sequence of one tensor
        return condition, new, values[count:]

    @property
    def has_sequences(self) -> bool:
        """Whether the state has a sequence, whose length is known only when the steps are written out."""
        return any(isinstance(value, tuple) for value in self.state)

    def is_true(self, condition: Tensor | None) -> bool:
        """Whether a condition always holds."""
        known = None if condition is None else self.node.constants.array(condition)
        return condition is None or (known is not None and bool(known.all()))

    def is_reversed(self, number: int) -> bool:
        return number < len(self.backwards) and self.backwards[number]


Steps: TypeAlias = "Generator[Inline, Answer, tuple[list[Tensor], list[Tensor]]]"
"""Gives the last state, and the stacks."""


def _repeated(loop: _Loop) -> Steps:
    size = sum(1 for _ in loop.node.region("body").ops)
    few = loop.count is not None and (loop.count <= UNROLLED or loop.count * size <= MAX_WRITTEN)
    long = loop.count is not None and loop.count <= MAX_UNROLLED and loop.has_sequences
    if loop.keep is None and (few or long):
        found = yield from _unrolled(loop)
        if found is not None:
            return found
    if loop.has_sequences:
        raise NotLowered("its state has a sequence, and how many steps it has is not known, or large")
    return (yield from _while(loop))


def _unrolled(loop: _Loop) -> Generator[Inline, Answer, tuple[list[Tensor], list[Tensor]] | None]:
    """The steps one after the other; None when it depends on values how many there are, or nothing tells the type of a stack."""
    state, rows = list(loop.state), list[list[Tensor]]()
    for number in range(loop.count or 0):
        values = _all((yield loop.node.inline("body", loop.arguments(scalar(number, i64), state))))
        condition, state, given = loop.split(values)
        rows.append(given)
        if not loop.is_true(condition):
            known = None if condition is None else loop.node.constants.array(condition)
            if known is None:
                return None
            break
    if not rows:
        none = _empty_stacks(loop)
        return None if none is None else (state, none)
    stacks: list[Tensor] = []
    for number, column in enumerate(zip(*rows, strict=True)):
        ordered = column[::-1] if loop.is_reversed(number) else column
        if len({value.type for value in ordered}) > 1:
            raise NotLowered("the slices of an output have different shapes")
        parts = [reshape(value, (1, *value.type.shape)) for value in ordered]
        stacks.append(parts[0] if len(parts) == 1 else hlo.Concatenate(parts, 0).result)
    return state, stacks


def _empty_stacks(loop: _Loop) -> list[Tensor] | None:
    """The stacks of a loop without a step, by what the graph says of its outputs; None when that leaves sizes open."""
    last = loop.node.region("body").last_op
    assert last is not None, "a verified graph ends with a terminator"
    count = len(loop.node.op.results) - len(loop.state)
    types = [value.type for value in last.operands[len(last.operands) - count :]]
    if not all(isinstance(type, TensorType) and type.is_static for type in types):
        return None
    return [full(0, (0, *type.shape), type.element_type) for type in types]


def _while(loop: _Loop) -> Steps:
    """A `while`: it carries the number of the step, whether it goes on (where that is computed), the state and the stacks."""
    start = scalar(0, i64)
    body = Block([start.type, *(value.type for value in loop.state)])
    number, *old = map(as_tensor, body.arguments)
    with inside(body):
        arguments = loop.arguments(number, old)
    values = _all((yield loop.node.inline("body", arguments, into=body)))
    with inside(body):
        condition, new, given = loop.split(values)
    changed = next((pair for pair in zip(loop.state, new, strict=True) if pair[0].type is not pair[1].type), None)
    if changed is not None:
        if loop.count is not None and loop.keep is None and loop.count <= MAX_UNROLLED:
            found = yield from _unrolled(loop)
            if found is not None:
                return found
        raise NotLowered(f"its state changes from `{changed[0].type}` to `{changed[1].type}`")
    decided = loop.keep is not None or not loop.is_true(condition)
    if given and (decided or loop.count is None):
        raise NotLowered("how many slices its outputs have is known only when the model runs")
    if condition is None and loop.count is None and loop.limit is None:
        raise NotLowered("it has no end")
    stacks = [full(0, (loop.count or 0, *value.type.shape), value.type.element_type) for value in given]
    if loop.count == 0:
        return list(loop.state), stacks  # the body has told the shapes, and goes
    keep = loop.keep if loop.keep is not None else scalar(True, i1)
    extra = [keep] if decided else []
    outer = [start, *loop.state, *extra, *stacks]
    added = [body.add_argument(value.type) for value in outer[1 + len(loop.state) :]]
    with inside(body):
        results = [hlo.Add(number, scalar(1, i64)).result, *new]
        if decided:
            results.append(condition if condition is not None else scalar(True, i1))
        for index, value in enumerate(given):
            place = number
            if loop.is_reversed(index):
                place = hlo.Subtract(scalar((loop.count or 0) - 1, i64), number).result
            results.append(with_row(as_tensor(added[len(extra) + index]), place, value))
        hlo.Return(results)
    test = Block([value.type for value in outer])
    limit = loop.limit
    with inside(test):
        tests = [as_tensor(test.arguments[1 + len(loop.state)])] if decided else []
        if loop.count is not None or limit is not None:
            bound = scalar(loop.count, i64) if limit is None else limit
            tests.append(hlo.Compare(as_tensor(test.arguments[0]), bound, hlo.ComparisonDirection.LT).result)
        hlo.Return([tests[0] if len(tests) == 1 else hlo.And(*tests).result])
    made = hlo.While(outer, Region([test]), Region([body]))
    found = [as_tensor(value) for value in made.outputs]
    first = 1 + len(loop.state)
    return found[1:first], found[first + len(extra) :]


@lowers("Loop")
def loop(node: Node) -> Generator[Inline, Answer, Lowered]:
    """`Loop` since 1, 11, 13, 16, 19, 21, 23, 24, 25."""
    limit, keep = node.optional(0), node.optional(1)
    count = None if limit is None else node.constants.array(limit)
    first = None if keep is None else node.constants.array(keep)
    if keep is not None and first is not None:
        keep = None
        if not first.all():
            count = first.astype(int)  # no step at all
    state = [value for value in node.inputs[2:] if value is not None]
    inputs = node.region("body").arguments

    def arguments(number: Tensor, values: Sequence[Tensor]) -> list[Tensor]:
        """The number and the condition, as vectors where the graph wants these; a step that is made is one that should be."""
        given: list[Tensor] = [number, scalar(True, i1)]
        for index, value in enumerate(given):
            wanted = inputs[index].type if index < len(inputs) else None
            if isinstance(wanted, TensorType) and wanted.rank == 1:
                given[index] = reshape(value, (1,))
        return [*given, *values]

    known = None if count is None else max(int(count.reshape(-1)[0]), 0)
    final, stacks = yield from _repeated(
        _Loop(
            node,
            state,
            arguments,
            known,
            None if known is not None or limit is None else convert(reshape(limit, ()), i64),
            None if keep is None else reshape(keep, ()),
            has_condition=True,
        )
    )
    return [*final, *stacks]


@lowers("Scan")
def scan(node: Node) -> Generator[Inline, Answer, Lowered]:
    """`Scan` since 8 (with batches), 9, 11, 16, 19, 21, 23, 24, 25."""
    if node.version < 9:
        return (yield from _scan_batches(node))
    inputs = [value for value in node.inputs if value is not None]
    states = len(inputs) - node.integer("num_scan_inputs")
    axes = node.integers("scan_input_axes") or (0,) * (len(inputs) - states)
    ways = node.integers("scan_input_directions") or (0,) * (len(inputs) - states)
    columns = [_axis_first(x, normal_axis(axis, x.type.rank)) for x, axis in zip(inputs[states:], axes, strict=True)]
    final, stacks = yield from _scanned(
        node, inputs[:states], columns, ways, node.integers("scan_output_directions") or ()
    )
    out_axes = node.integers("scan_output_axes") or (0,) * len(stacks)
    moved = [_axis_last(x, normal_axis(axis, x.type.rank)) for x, axis in zip(stacks, out_axes, strict=True)]
    return [*final, *moved]


def _scanned(
    node: Node, state: Sequence[Tensor], columns: Sequence[Tensor], ways: Sequence[int], out_ways: Sequence[int]
) -> Steps:
    lengths = {x.type.shape[0] for x in columns}
    if len(lengths) != 1:
        raise Error(f"the scan inputs have {sorted(lengths)} slices")
    count = lengths.pop()

    def arguments(number: Tensor, values: Sequence[Tensor]) -> list[Tensor]:
        given = list(values)
        for x, way in zip(columns, ways, strict=True):
            place = hlo.Subtract(scalar(count - 1, i64), number).result if way else number
            given.append(row(x, place))
        return given

    return (yield from _repeated(_Loop(node, state, arguments, count, backwards=[bool(way) for way in out_ways])))


def _scan_batches(node: Node) -> Generator[Inline, Answer, Lowered]:
    """Version 8: each state and input begins with a batch, whose elements are scanned one after the other."""
    if node.has(0):
        raise NotLowered("sequences of different lengths are given to a `Scan` of version 8")
    inputs = [value for value in node.inputs[1:] if value is not None]
    states = len(inputs) - node.integer("num_scan_inputs")
    ways = node.integers("directions") or (0,) * (len(inputs) - states)
    batches: list[list[Tensor]] = []
    for element in range(inputs[-1].type.shape[0]):
        given = [reshape(take_range(x, 0, element, element + 1), x.type.shape[1:]) for x in inputs]
        final, stacks = yield from _scanned(node, given[:states], given[states:], ways, ())
        batches.append([reshape(value, (1, *value.type.shape)) for value in (*final, *stacks)])
    if not batches:
        raise NotLowered("there is no batch")
    return [parts[0] if len(parts) == 1 else hlo.Concatenate(parts, 0) for parts in zip(*batches, strict=True)]


def _axis_first(x: Tensor, axis: int) -> Tensor:
    order = (axis, *(number for number in range(x.type.rank) if number != axis))
    return x if axis == 0 else hlo.Transpose(x, order).result


def _axis_last(x: Tensor, axis: int) -> Tensor:
    """The first dimension becomes number `axis`."""
    order = (*range(1, axis + 1), 0, *range(axis + 1, x.type.rank))
    return x if axis == 0 else hlo.Transpose(x, order).result
