"""The first value that two programs compute differently: both are run on the same inputs, and matched values are compared.

A difference counts when rounding does not explain it: the tolerance is derived for each element from what both programs computed
on the way to it (`couloir.passes.tolerance`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import numpy as np

from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.evaluate import evaluate
from couloir.comparison.flow import Flow, Node
from couloir.comparison.labels import captured
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Value
from couloir.ir.types import FunctionType, TensorType
from couloir.passes.running import incomparable, random_inputs
from couloir.passes.tolerance import Estimates, allowed, differing, estimates, half_the_digits, identical

if TYPE_CHECKING:
    from couloir.comparison.comparison import Comparison

CHUNK: Final = 1 << 28
"""Bytes of values of one side that are kept at a time."""
MAX_RANK: Final = 5
"""Of values whose dimensions are in another order."""
NAME: Final = "couloir.compared"
"""Of the function that is run."""


@attrs.frozen(eq=False)
class Divergence:
    """A value that differs."""

    first: Node
    second: Node
    result: int
    """The number of the result of the first."""
    is_returned: bool
    """Whether the programs return it."""
    index: tuple[int, ...]
    """The first element that differs."""
    values: tuple[Any, Any]
    """There."""
    allowed: float
    """The difference that rounding explains; 0 for integers."""
    count: int
    """Elements that differ."""
    size: int
    """Elements in all."""


@attrs.frozen(eq=False)
class Values:
    """What was found when both programs were run. True when a value differs."""

    compared: int
    """Values."""
    differences: Sequence[Divergence]
    """Those that differ, in the order of the first program."""
    inputs: str
    """What they were run on."""
    notes: Sequence[str] = ()
    """What could not be compared, and why."""

    def __bool__(self) -> bool:
        return bool(self.differences)

    @property
    def divergence(self) -> Divergence | None:
        """The first value that differs."""
        return self.differences[0] if self.differences else None

    @property
    def results_differ(self) -> bool:
        """Whether a value differs that the program returns."""
        return any(found.is_returned for found in self.differences)

    def lines(self, comparison: Comparison) -> list[str]:
        """For people."""
        found = [f"values: {self.compared} compared on {self.inputs}"]
        if self.divergence is None:
            found[0] += "; none differs" if self.compared else ""
        else:
            found[0] += f"; {len(self.differences)} differ, the results {'too' if self.results_differ else 'do not'}"
            found += _shown(self.divergence, comparison)
            if not self.results_differ:
                found.append("  the results agree: what differs is computed in another way, or is matched wrongly")
        return [*found, *(f"  {note}" for note in self.notes)]


def compare_values(comparison: Comparison, inputs: Sequence[Any] | None = None, *, seed: int = 0) -> Values:
    """Runs both programs and compares the values of matched ops, in the order of the first program.

    Args:
        comparison: What is matched.
        inputs: Arrays for the arguments of the first program; by default they are made up. Those of the second are their
            partners', or those of the same number.
        seed: Of the inputs that are made up.

    Raises:
        Error: A program cannot be run on the inputs given.
    """
    notes: list[str] = []
    label = f"made-up inputs, seed {seed}" if inputs is None else "the given inputs"
    for side in comparison.sides:
        body = side.flow.function.body
        reason = incomparable(side.flow.function)
        if body.first_block is not body.last_block:
            reason = "its function has several blocks"
        if reason is not None:
            return Values(0, (), label, [f"{side.name} is not run: {reason}"])
    given = _inputs(comparison, inputs, seed, notes)
    points = _points(comparison)
    if not points:
        notes.append("no matched ops give the same types outside of loops and branches")
    done = 0
    differences: list[Divergence] = []
    for chunk in _chunks(points):
        try:
            found = _differences(comparison, chunk, given)
        except Error as error:
            if inputs is not None:
                raise
            notes.append(f"it cannot be run to the end: {error.message}")
            break
        done += len(chunk)
        differences += found
    return Values(done, differences, label, notes)


def _differences(
    comparison: Comparison, points: Sequence[_Point], given: tuple[Sequence[Any], Sequence[Any]]
) -> list[Divergence]:
    """The points at which the programs differ."""
    runs = [_Run(side.flow, points, number) for number, side in enumerate(comparison.sides)]
    results = [run(arrays) for run, arrays in zip(runs, given, strict=True)]
    try:
        return _divergences(points, runs, results, given)
    except MemoryError as error:  # `evaluate` says so itself
        raise Error("there is no memory to compare the values of ops") from error


def _divergences(
    points: Sequence[_Point],
    runs: Sequence[_Run],
    results: Sequence[Sequence[Array]],
    given: tuple[Sequence[Any], Sequence[Any]],
) -> list[Divergence]:
    errors: list[Estimates] | None = None
    found: list[Divergence] = []
    for number, (point, a, b) in enumerate(zip(points, *results, strict=True)):
        if a.dtype != b.dtype or (not point.orders and a.shape != b.shape):
            continue
        if any(identical(x, b) for x in point.arrangements(a, b)):
            continue
        errors = errors or [run.errors(*case) for run, *case in zip(runs, given, results, strict=True)]
        ours, theirs = errors[0].each[number], errors[1].each[number]
        if point.orders:
            bound = np.broadcast_to(allowed(a, ours), a.shape)
            rooms = [x + allowed(b, theirs) for x in point.arrangements(bound, b)]
        else:
            rooms = [allowed(a, ours, theirs)]
        tried = [_divergence(point, x, b, room) for x, room in zip(point.arrangements(a, b), rooms, strict=True)]
        best = min(tried, key=lambda divergence: divergence.count)
        if best.count:
            found.append(best)
    return found


_Results: TypeAlias = "tuple[tuple[Node, int], tuple[Node, int]]"


@attrs.frozen(eq=False)
class _Point:
    """A value that both programs compute."""

    results: _Results
    """The node of each side, and the number of its result."""
    is_returned: bool
    """Whether the programs return it."""
    bytes: int
    orders: Sequence[tuple[int, ...]] = ()
    """Where the types differ in the order of dimensions: the orders in which those of the first may be those of the second."""

    def arrangements(self, a: Array, b: Array) -> Iterator[Array]:
        """The first array in the shape of the second."""
        if not self.orders:
            yield a
            return
        squeezed = a.reshape([size for size in a.shape if size != 1])
        for order in self.orders:
            yield squeezed.transpose(order).reshape(b.shape)


def _orders(a: TensorType, b: TensorType) -> list[tuple[int, ...]]:
    """The orders of the dimensions of `a`, without those of size 1, that give the dimensions of `b`."""
    if a.element_type is not b.element_type or not a.is_static or not b.is_static:
        return []
    ours, theirs = ([size for size in type.shape if size != 1] for type in (a, b))
    if ours == theirs:
        return [tuple(range(len(ours)))]
    if len(ours) > MAX_RANK or sorted(ours) != sorted(theirs):
        return []
    return [order for order in permutations(range(len(ours))) if [ours[axis] for axis in order] == theirs]


def _points(comparison: Comparison) -> list[_Point]:
    """The results of matched and replaced ops, outside of loops and branches, and what the programs return.

    Types are the same but for the order of dimensions: a compiler may choose another layout.
    """
    found: dict[_Results, _Point] = {}
    pairs = [(pair.first, pair.second) for pair in comparison.pairs] + list(comparison.replaced)
    for a, b in sorted(pairs, key=lambda pair: pair[0].number):
        if any(node.parent is not None for node in (a, b)):
            continue
        is_return = a.is_terminator and b.is_terminator
        results: list[_Results] = []
        if is_return:
            results += zip(a.taken, b.taken, strict=False)
        elif not (a.is_leaf or b.is_leaf) and a.users and b.users:
            results += [((a, n), (b, m)) for n, m in zip(a.results, b.results, strict=False)]
        for both in results:
            point = _point(both, is_returned=is_return)
            if point is not None:
                found[both] = point
    return list(found.values())


def _point(results: _Results, *, is_returned: bool) -> _Point | None:
    """The point of two results, if they can be compared."""
    a, b = (node.types[number] for node, number in results)
    if not isinstance(a, TensorType) or not isinstance(b, TensorType):
        return None
    orders = () if a is b else _orders(a, b)
    size = a.size * 8 if a.is_static else 0
    return _Point(results, is_returned, size, orders) if a is b or orders else None


def _chunks(points: Sequence[_Point]) -> Iterator[list[_Point]]:
    """The points in parts that need a bounded amount of memory."""
    part: list[_Point] = []
    size = 0
    for point in points:
        if part and size + point.bytes > CHUNK:
            yield part
            part, size = [], 0
        part.append(point)
        size += point.bytes
    if part:
        yield part


class _Run:
    """One of the programs, as a function without calls that returns the values of points."""

    def __init__(self, flow: Flow, points: Sequence[_Point], side: int) -> None:
        around = flow.function.parent_op
        self.module = around.clone() if isinstance(around, ModuleOp) else ModuleOp.empty()
        wanted = [point.results[side] for point in points]
        function = FuncOp.build(NAME, flow.function.function_type.inputs)
        values: dict[tuple[Node, int], Value[Any]] = {
            (node, 0): argument for node, argument in zip(flow.arguments, function.arguments, strict=True)
        }
        needed = _needed(node for node, _ in wanted)
        for node in flow.nodes:
            if node not in needed or node.op is None:
                continue
            known = {value: values[source] for value, source in _taken(node)}
            copy = node.op.clone(known)
            function.entry.append(copy)
            values.update(((node, number), result) for number, result in enumerate(copy.results))
        results = [values[source] for source in wanted]
        with at_end(function.entry):
            Return(results)
        function.function_type = FunctionType(flow.function.function_type.inputs, [value.type for value in results])
        self.module.body.append(function)

    def __call__(self, arrays: Sequence[Any]) -> tuple[Array, ...]:
        return tuple(map(np.asarray, evaluate(self.module, *arrays, function=NAME)))

    def errors(self, arrays: Sequence[Any], results: Sequence[Array]) -> Estimates:
        """The rounding errors of the results."""
        return estimates(self.module, NAME, arrays, results) or half_the_digits(results)


def _taken(node: Node) -> list[tuple[Value[Any], tuple[Node, int]]]:
    """The values that an op takes, its regions included, and where they come from."""
    op = node.op
    assert op is not None, "arguments take nothing"
    found = list(zip(op.operands, node.taken, strict=True))
    if node.scope is not None:
        found += [(value, node.scope[value]) for value in captured(op)]
    return found


def _needed(nodes: Iterable[Node]) -> set[Node]:
    """These nodes, and all that they are computed from."""
    found: set[Node] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += [source for _, (source, _) in (_taken(node) if node.op is not None else ())]
    return found


def _inputs(
    comparison: Comparison, inputs: Sequence[Any] | None, seed: int, notes: list[str]
) -> tuple[list[Any], list[Any]]:
    """The arguments of both programs: what is matched is the same."""
    first, second = (side.flow for side in comparison.sides)
    partner = comparison.matching.partner
    if inputs is not None and len(inputs) != len(first.arguments):
        raise Error(f"{comparison.first.name} takes {len(first.arguments)} arrays, {len(inputs)} were given")
    ours = list(random_inputs(first.function, seed=seed) if inputs is None else inputs)
    for number, node in enumerate(first.arguments):
        known = _constant(partner.get(node))
        if inputs is None and known is not None and _same_type(node, partner[node]):
            ours[number] = known
    theirs: list[Any] = list(random_inputs(second.function, seed=seed))
    numbers = {node: number for number, node in enumerate(first.arguments)}
    for number, node in enumerate(second.arguments):
        other = partner.get(node)
        if other is None and number < len(first.arguments) and first.arguments[number] not in partner:
            other = first.arguments[number]
        known = _constant(other)
        if other in numbers and _same_type(node, other):
            theirs[number] = ours[numbers[other]]
        elif other is not None and known is not None and _same_type(node, other):
            theirs[number] = known
        else:
            notes.append(f"argument {number} of {comparison.second.name} is none of {comparison.first.name}: made up")
    return ours, theirs


def _constant(node: Node | None) -> Array | None:
    """The elements of a constant."""
    if node is None or node.op is None or not node.is_constant:
        return None
    stored = node.op.stored_attributes.get("value")
    return stored.array if isinstance(stored, DenseElementsAttr) else None


def _same_type(a: Node, b: Node) -> bool:
    return a.types == b.types


def _divergence(point: _Point, a: Array, b: Array, room: Array) -> Divergence:
    found = differing(a, b, room)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(found)), found.shape))
    bound = float(np.broadcast_to(room, found.shape)[index])
    (first, result), (second, _) = point.results
    values = a[index], b[index]
    return Divergence(first, second, result, point.is_returned, index, values, bound, int(found.sum()), found.size)


def _shown(found: Divergence, comparison: Comparison) -> list[str]:
    first, second = comparison.sides
    a, b = found.first, found.second
    what = f"`{a.name}`" if a.name == b.name else f"`{a.name}` and `{b.name}`"
    rounding = f" (rounding explains {found.allowed:.3g})" if found.allowed else ""
    return [
        f"  the first that differs is {what}, {found.count} of {found.size} elements:",
        f"    {first.name}: {first.place(a)}",
        f"    {second.name}: {second.place(b)}",
        f"    at {list(found.index)}: {found.values[0]!s} and {found.values[1]!s}{rounding}",
    ]
