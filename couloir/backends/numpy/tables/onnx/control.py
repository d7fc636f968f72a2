"""ONNX operators with graphs: they run regions.

Source: ONNX operators If, Loop, Scan and SequenceMap.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Run, Steps
from couloir.backends.numpy.tables.onnx.dispatch import operator
from couloir.ir.errors import Error
from couloir.ir.operation import OpResult
from couloir.ir.types import ShapedType, dtype_of


@operator("If")
def if_(xp: ArrayNamespace, op: Any, cond: Array) -> Steps:
    """One of two graphs, which take no arguments."""
    return (yield Run(op.then_branch if cond.reshape(()) else op.else_branch))


@operator("Loop")
def loop(xp: ArrayNamespace, op: Any, limit: Array | None = None, cond: Array | None = None, *state: Any) -> Steps:
    """As long as the condition holds, at most `limit` times; what the body gives beyond the state is stacked."""
    carried, go_on = list(state), cond is None or bool(cond.reshape(()))
    rows: list[Sequence[Array]] = []
    for number in count():
        if not go_on or (limit is not None and number >= int(limit.reshape(()))):
            break
        condition = np.asarray(go_on)
        results = yield Run(op.body, [np.asarray(number, dtype=np.int64), condition, *carried])
        go_on = bool(results[0].reshape(()))
        carried = list(results[1 : 1 + len(carried)])
        rows.append(results[1 + len(carried) :])
    stacked = [
        _stacked(xp, [row[index] for row in rows], result, 0) for index, result in enumerate(op.results[len(carried) :])
    ]
    return [*carried, *stacked]


def _stacked(xp: ArrayNamespace, rows: Sequence[Array], result: OpResult[Any], axis: int) -> Array:
    """Rows along a new axis; of none, what the type of the result says."""
    if rows:
        return np.stack(rows, axis)
    type = result.type
    if not isinstance(type, ShapedType):
        raise Error(f"the type `{type}` does not say what shape the stack of no results has")
    dims = [0 if dim is None or position == axis else dim for position, dim in enumerate(type.dims)]
    return np.zeros(dims, xp.carrier(dtype_of(type.element_type)))


@operator("Scan")
def scan(xp: ArrayNamespace, op: Any, *inputs: Any) -> Steps:
    """The body on the slices of the scan inputs, one after the other; the state goes from one to the next."""
    if op.since_version < 9:
        return (yield from _scan_batches(xp, op, *inputs))
    scanned = list(inputs[len(inputs) - op.num_scan_inputs :])
    carried = list(inputs[: len(inputs) - op.num_scan_inputs])
    results = op.results[len(carried) :]
    axes = op.scan_input_axes or (0,) * len(scanned)
    ways = op.scan_input_directions or (0,) * len(scanned)
    columns = [np.moveaxis(values, axis, 0) for values, axis in zip(scanned, axes, strict=True)]
    columns = [values[::-1] if way else values for values, way in zip(columns, ways, strict=True)]
    if len({len(values) for values in columns}) != 1:
        raise Error(f"the scan inputs have {[len(values) for values in columns]} slices")
    rows: list[Sequence[Array]] = []
    for number in range(len(columns[0])):
        given = yield Run(op.body, [*carried, *(values[number] for values in columns)])
        carried = list(given[: len(carried)])
        rows.append(given[len(carried) :])
    out_axes = op.scan_output_axes or (0,) * len(results)
    out_ways = op.scan_output_directions or (0,) * len(results)
    stacked = [
        _stacked(xp, [row[index] for row in (rows[::-1] if way else rows)], result, axis)
        for index, (result, axis, way) in enumerate(zip(results, out_axes, out_ways, strict=True))
    ]
    return [*carried, *stacked]


def _scan_batches(xp: ArrayNamespace, op: Any, lengths: Array | None, *inputs: Array) -> Steps:
    """Scan of version 8: each state and input begins with a batch, whose elements are scanned one after the other.

    What an element gives after its length stays zero.
    """
    split: int = len(inputs) - op.num_scan_inputs
    shape: tuple[int, ...] = inputs[split].shape
    batch, longest = shape[:2]
    ways = op.directions or (0,) * op.num_scan_inputs
    states: list[Sequence[Array]] = []
    stacks: list[list[Array]] = []
    for element in range(batch):
        length = longest if lengths is None else int(lengths[element])
        carried = [state[element] for state in inputs[:split]]
        columns = [values[element, :length] for values in inputs[split:]]
        columns = [values[::-1] if way else values for values, way in zip(columns, ways, strict=True)]
        rows: list[Sequence[Array]] = []
        for number in range(length):
            given = yield Run(op.body, [*carried, *(values[number] for values in columns)])
            carried = list(given[:split])
            rows.append(given[split:])
        states.append(carried)
        stacks.append([_filled([row[index] for row in rows], longest) for index in range(len(op.results) - split)])
    return [np.stack(column) for column in (*zip(*states, strict=True), *zip(*stacks, strict=True))]


def _filled(rows: Sequence[Array], length: int) -> Array:
    if not rows:
        raise Error("Scan of version 8 has no slices")
    return np.stack([*rows, *[np.zeros_like(rows[0])] * (length - len(rows))])


@operator("SequenceMap")
def sequence_map(xp: ArrayNamespace, op: Any, sequence: list[Any], *others: Any) -> Steps:
    """The body on each element of a sequence, together with the elements of other sequences, or with whole tensors."""
    rows: list[Sequence[Any]] = []
    for number, item in enumerate(sequence):
        given: list[Any] = [other if isinstance(other, np.ndarray) else other[number] for other in others]
        rows.append((yield Run(op.body, [item, *given])))
    return [[row[index] for row in rows] for index in range(len(op.results))]
