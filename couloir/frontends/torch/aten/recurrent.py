"""Recurrent layers as loops over time: one `while` for each layer and direction.

The products with the inputs need no loop, and stand before it. When a size is open, PyTorch unrolls these operators
instead (see `couloir.frontends.torch.exporting`): slices of open sizes have no static op.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, along, full, full_like, reshape, scalar, sizes_of, slice_range
from couloir.dialects.shapes import inside
from couloir.frontends.torch.node import Lowered, Node, NotLowered, lowers
from couloir.ir.operation import Block, Region, Value
from couloir.ir.types import i64

Step: TypeAlias = Callable[[Tensor, Sequence[Tensor]], "list[Tensor]"]
"""From what the inputs give at one moment [N, gates], and the states, to the new states; the first one is the output."""

RECURRENT: Final = frozenset({"aten.lstm.input", "aten.gru.input", "aten.rnn_tanh.input", "aten.rnn_relu.input"})
"""Operators that become loops when all sizes are known."""


@attrs.frozen(eq=False)
class _Cell:
    """The weights of one layer in one direction."""

    inputs: Tensor
    states: Tensor
    input_bias: Tensor | None = None
    state_bias: Tensor | None = None
    projection: Tensor | None = None

    def from_states(self, h: Tensor) -> Tensor:
        """`h @ states.T + bias`."""
        return _with_bias(_product(h, self.states), self.state_bias)


def _cells(params: Sequence[Tensor], has_biases: bool, count: int) -> list[_Cell]:
    each = len(params) // count
    cells: list[_Cell] = []
    for number in range(count):
        part = list(params[number * each : (number + 1) * each])
        projection = part.pop() if each == (5 if has_biases else 3) else None
        cells.append(_Cell(*part, projection=projection))
    return cells


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """`x @ weight.T`."""
    numbers = hlo.DotDimensionNumbers((), (), (x.type.rank - 1,), (1,))
    return hlo.DotGeneral(x, weight, numbers).result


def _with_bias(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else hlo.Add(x, along(bias, sizes_of(x), x.type.rank - 1)).result


def _parts(x: Tensor, count: int) -> list[Tensor]:
    """Equal parts of the last dimension."""
    last = x.type.rank - 1
    size = x.type.shape[last] // count
    return [slice_range(x, last, number * size, (number + 1) * size) for number in range(count)]


# -- steps -------------------------------------------------------------------------------------------------------------


def _lstm_step(cell: _Cell) -> Step:
    def step(given: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        h, c = states
        i, f, g, o = _parts(hlo.Add(given, cell.from_states(h)).result, 4)
        kept = hlo.Multiply(hlo.Logistic(f), c)
        c = hlo.Add(kept, hlo.Multiply(hlo.Logistic(i), hlo.Tanh(g))).result
        h = hlo.Multiply(hlo.Logistic(o), hlo.Tanh(c)).result
        return [h if cell.projection is None else _product(h, cell.projection), c]

    return step


def _gru_step(cell: _Cell) -> Step:
    def step(given: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        (h,) = states
        reset, update, new = _parts(given, 3)
        old_reset, old_update, old_new = _parts(cell.from_states(h), 3)
        r, z = hlo.Logistic(hlo.Add(reset, old_reset)), hlo.Logistic(hlo.Add(update, old_update)).result
        n = hlo.Tanh(hlo.Add(new, hlo.Multiply(r, old_new)))
        rest = hlo.Subtract(full_like(z, 1), z)
        return [hlo.Add(hlo.Multiply(rest, n), hlo.Multiply(z, h)).result]

    return step


def _plain_step(activation: Callable[[Tensor], Tensor]) -> Callable[[_Cell], Step]:
    def make(cell: _Cell) -> Step:
        return lambda given, states: [activation(hlo.Add(given, cell.from_states(states[0])).result)]

    return make


# -- loops -------------------------------------------------------------------------------------------------------------


def _loop(given: Tensor, states: Sequence[Tensor], step: Step, *, backwards: bool) -> tuple[Tensor, list[Tensor]]:
    """Runs a step for each moment: what each gives [L, N, H], and the states at the end."""
    length, batch, gates = given.type.shape
    width = states[0].type.shape[1]
    outputs = full(0, (length, batch, width), given.type.element_type)
    carried = [scalar(0, i64), *states, outputs]
    condition, body = (Block([value.type for value in carried]) for _ in range(2))
    with inside(condition):
        hlo.Return([hlo.Compare(condition.arguments[0], scalar(length, i64), hlo.ComparisonDirection.LT)])
    with inside(body):
        count, *old, collected = body.arguments
        moment = hlo.Subtract(scalar(length - 1, i64), count).result if backwards else count
        places = [moment, scalar(0, i64), scalar(0, i64)]
        now = reshape(hlo.DynamicSlice(given, places, (1, batch, gates)), (batch, gates))
        new = step(now, old)
        collected = hlo.DynamicUpdateSlice(collected, reshape(new[0], (1, batch, width)), places)
        hlo.Return([hlo.Add(count, scalar(1, i64)), *new, collected])
    results = hlo.While(carried, Region([condition]), Region([body])).results
    return results[-1], list(results[1:-1])


def _layers(
    x: Tensor,
    initial: Sequence[Tensor],
    cells: Sequence[_Cell],
    make: Callable[[_Cell], Step],
    directions: int,
    batch_first: bool,
) -> list[Tensor]:
    """All layers: the outputs of the last, and of each kind of state those at the end [layers * directions, N, H]."""
    if not x.type.is_static or 0 in x.type.shape:
        raise NotLowered("its sizes are not all known")
    y = _turned(x) if batch_first else x
    finals: list[list[Tensor]] = [[] for _ in initial]
    for layer in range(len(cells) // directions):
        outputs: list[Tensor] = []
        for direction in range(directions):
            number = layer * directions + direction
            cell = cells[number]
            given = _with_bias(_product(y, cell.inputs), cell.input_bias)
            states = [_slot(state, number) for state in initial]
            found, ends = _loop(given, states, make(cell), backwards=direction == 1)
            outputs.append(found)
            for kind, end in zip(finals, ends, strict=True):
                kind.append(reshape(end, (1, *end.type.shape)))
        y = outputs[0] if directions == 1 else hlo.Concatenate(outputs, 2).result
    stacked = [kind[0] if len(kind) == 1 else hlo.Concatenate(kind, 0).result for kind in finals]
    return [_turned(y) if batch_first else y, *stacked]


def _slot(states: Tensor, number: int) -> Tensor:
    """One of the initial states [layers * directions, N, H]."""
    return reshape(slice_range(states, 0, number, number + 1), states.type.shape[1:])


def _turned(x: Tensor) -> Tensor:
    """Time and batch in each other's place."""
    return hlo.Transpose(x, (1, 0, 2)).result


def _layer(make: Callable[[_Cell], Step]) -> Callable[..., Lowered]:
    """The lowering of a layer with this step; it has one state, or a list of them."""

    def lowering(
        node: Node,
        x: Tensor,
        hx: Tensor | Sequence[Tensor],
        params: Sequence[Tensor],
        has_biases: bool,
        layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> Lowered:
        if train and dropout:
            raise NotLowered("it trains: it drops elements at random")
        directions = 2 if bidirectional else 1
        cells = _cells(params, has_biases, layers * directions)
        states = [hx] if isinstance(hx, Value) else list(hx)
        return _layers(x, states, cells, make, directions, batch_first)

    return lowering


def _relu(x: Tensor) -> Tensor:
    return hlo.Maximum(x, full_like(x, 0)).result


def _tanh(x: Tensor) -> Tensor:
    return hlo.Tanh(x).result


lowers("aten.lstm.input")(_layer(_lstm_step))
lowers("aten.gru.input")(_layer(_gru_step))
lowers("aten.rnn_tanh.input")(_layer(_plain_step(_tanh)))
lowers("aten.rnn_relu.input")(_layer(_plain_step(_relu)))
