"""Recurrent layers: LSTM, GRU and RNN.

What the inputs give to the gates is one product for all times. The rest is a loop over time; where a
sequence has ended, the state stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import attrs

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.passes.onnx_to_hlo.activation import between_0_and_1, plus, softplus_of, times
from couloir.passes.onnx_to_hlo.elementwise import compare
from couloir.passes.onnx_to_hlo.loops import counted, row, with_row
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.shape import take_range
from couloir.passes.onnx_to_hlo.tensors import broadcast, convert, full, full_like, reshape

Function: TypeAlias = Callable[[Tensor], Tensor]
State: TypeAlias = "list[Tensor]"
"""The hidden state [batch, hidden], and of an LSTM the cell."""

_LESS: Final = hlo.ComparisonDirection.LT
_CELL: Final = 2
"""Which activation of an LSTM is that of the cell."""


def _affine(x: Tensor, a: float, b: float) -> Tensor:
    return plus(times(x, a), b)


_Activation: TypeAlias = Callable[[Tensor, float, float], Tensor]

ACTIVATIONS: Final[dict[str, tuple[tuple[float, ...], _Activation]]] = {
    "relu": ((), lambda x, a, b: hlo.Maximum(x, full_like(x, 0)).result),
    "tanh": ((), lambda x, a, b: hlo.Tanh(x).result),
    "sigmoid": ((), lambda x, a, b: hlo.Logistic(x).result),
    "softsign": ((), lambda x, a, b: hlo.Divide(x, plus(hlo.Abs(x).result, 1)).result),
    "softplus": ((), lambda x, a, b: softplus_of(x)),
    "affine": ((1.0, 0.0), _affine),
    "leakyrelu": ((0.01,), lambda x, a, b: hlo.Select(compare(x, 0, _LESS), times(x, a), x).result),
    "thresholdedrelu": ((1.0,), lambda x, a, b: hlo.Select(compare(x, a, _LESS), full_like(x, 0), x).result),
    "scaledtanh": ((1.0, 1.0), lambda x, a, b: times(hlo.Tanh(times(x, b)).result, a)),
    "hardsigmoid": ((0.2, 0.5), lambda x, a, b: between_0_and_1(_affine(x, a, b))),
    "elu": (
        (1.0,),
        lambda x, a, b: hlo.Select(compare(x, 0, _LESS), times(hlo.ExponentialMinusOne(x).result, a), x).result,
    ),
}
"""By name in lower case: the defaults of alpha and beta, where it has them, and the function of x, alpha and beta."""


def _activations(node: Node, default: Sequence[str], directions: int) -> list[list[Function]]:
    """The functions of each direction, those that are not given by default."""
    given: Sequence[str] = node.attribute("activations") or ()
    count = len(default) * directions
    if 0 < len(given) < count:
        raise Error(f"there are {len(given)} activations; {directions} directions have {count}")
    names = (given or [*default] * directions)[:count]  # the default of the schema has one too many for an RNN
    alphas: list[float] = list(node.attribute("activation_alpha") or ())
    betas: list[float] = list(node.attribute("activation_beta") or ())
    clip = node.number("clip")
    found: list[Function] = []
    for number, name in enumerate(names):
        known = ACTIVATIONS.get(name.lower())
        if known is None:
            raise NotLowered(f"the activation `{name}` is not known")
        defaults, function = known
        parts = zip((alphas, betas), defaults, strict=False)
        alpha, beta, *_ = (*(items.pop(0) if items else default for items, default in parts), 0.0, 0.0)
        is_cell = number % len(default) == _CELL  # what goes on to the next step is not clipped, as in onnxruntime
        found.append(_clipped(function, alpha, beta, 0.0 if is_cell else clip))
    count = len(default)
    return [found[count * number : count * (number + 1)] for number in range(directions)]


def _clipped(function: _Activation, alpha: float, beta: float, clip: float) -> Function:
    def apply(x: Tensor) -> Tensor:
        if clip:
            x = hlo.Minimum(hlo.Maximum(x, full_like(x, -clip)), full_like(x, clip)).result
        return function(x, alpha, beta)

    return apply


@attrs.frozen
class _Cell:
    """One direction of a layer: what a step does, given what the inputs give to the gates."""

    inputs: Tensor
    """[gates * hidden, features]"""
    input_bias: Tensor | None
    """[gates * hidden]"""
    step: Callable[[Tensor, State], State]


def _projected(x: Tensor, w: Tensor) -> Tensor:
    """`x * w'` over the last dimension of each."""
    numbers = hlo.DotDimensionNumbers((), (), (x.type.rank - 1,), (1,))
    return hlo.DotGeneral(x, w, numbers).result


def _with_bias(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else hlo.Add(x, broadcast(bias, x.type.shape)).result


def _sum(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Add(a, b).result


def _product(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Multiply(a, b).result


def _one_minus(x: Tensor) -> Tensor:
    return hlo.Subtract(full_like(x, 1), x).result


@attrs.frozen
class _Layer:
    """The operands of a node, times first, and how its directions run."""

    x: Tensor
    """[time, batch, features]"""
    w: Tensor
    r: Tensor
    bias: Tensor | None
    lengths: Tensor | None
    states: Sequence[Tensor]
    """Each [directions, batch, hidden]."""
    backwards: Sequence[bool]
    batch_first: bool

    @property
    def hidden(self) -> int:
        return self.r.type.shape[-1]

    def part(self, x: Tensor, direction: int, start: int = 0, count: int | None = None) -> Tensor:
        """The rows of `hidden` elements from number `start` on, of one direction of a weight or bias."""
        one = reshape(take_range(x, 0, direction, direction + 1), x.type.shape[1:])
        if count is None:
            return one
        return take_range(one, 0, start * self.hidden, (start + count) * self.hidden)

    def biases(self, direction: int, start: int, count: int, *, of_inputs: bool, gates: int) -> Tensor | None:
        """Of the gates' biases those for the inputs, or those for the state."""
        if self.bias is None:
            return None
        return self.part(self.bias, direction, start if of_inputs else gates + start, count)


def _layer(node: Node, states: Sequence[int]) -> _Layer:
    x, w, r = node[0], node[1], node[2]
    batch_first = bool(node.integer("layout"))
    if batch_first:
        x = hlo.Transpose(x, (1, 0, 2)).result
    backwards = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}.get(
        node.string("direction", "forward")
    )
    if backwards is None:
        raise NotLowered(f"the direction `{node.string('direction')}` is not known")
    if w.type.shape[0] != len(backwards):
        raise Error(f"there are weights for {w.type.shape[0]} directions, but there are {len(backwards)}")
    shape = (len(backwards), x.type.shape[1], r.type.shape[-1])
    given = [node.optional(index) for index in states]
    made = [
        full(0, shape, x.type.element_type)
        if state is None
        else hlo.Transpose(state, (1, 0, 2)).result
        if batch_first
        else state
        for state in given
    ]
    return _Layer(x, w, r, node.optional(3), node.optional(4), made, backwards, batch_first)


def _run(node: Node, layer: _Layer, cells: Sequence[_Cell]) -> list[Tensor]:
    """All outputs and the last states, as the operators give them."""
    outputs: list[Tensor] = []
    finals: list[State] = []
    for number, (cell, backwards) in enumerate(zip(cells, layer.backwards, strict=True)):
        state = [layer.part(value, number) for value in layer.states]
        y, last = _over_time(layer, cell, state, backwards=backwards)
        outputs.append(y)
        finals.append(last)
    axis = 2 if layer.batch_first else 1
    order = (1, 0, 2) if layer.batch_first else None
    stacked = [_stacked([y if order is None else hlo.Transpose(y, order).result for y in outputs], axis)]
    for values in zip(*finals, strict=True):
        stacked.append(_stacked(values, 1 if layer.batch_first else 0))
    return node.present(stacked)


def _stacked(values: Sequence[Tensor], axis: int) -> Tensor:
    shape = values[0].type.shape
    rows = [reshape(value, (*shape[:axis], 1, *shape[axis:])) for value in values]
    return rows[0] if len(rows) == 1 else hlo.Concatenate(rows, axis).result


def _over_time(layer: _Layer, cell: _Cell, state: State, *, backwards: bool) -> tuple[Tensor, State]:
    """The hidden states of one direction, [time, batch, hidden], and the last state."""
    length, batch, _ = layer.x.type.shape
    given = _with_bias(_projected(layer.x, cell.inputs), cell.input_bias)
    y = full(0, (length, batch, layer.hidden), layer.x.type.element_type)
    lengths = layer.lengths

    def step(number: Tensor, carried: list[Tensor]) -> list[Tensor]:
        y, *old = carried
        new = cell.step(row(given, number), old)
        shown = new[0]
        if lengths is not None:
            now = broadcast(convert(number, lengths.type.element_type), lengths.type.shape)
            goes_on = hlo.broadcast_in_dim(hlo.Compare(now, lengths, _LESS), new[0].type.shape, (0,)).result
            shown = hlo.Select(goes_on, shown, full_like(shown, 0)).result
            new = [hlo.Select(goes_on, a, b).result for a, b in zip(new, old, strict=True)]
        return [with_row(y, number, shown), *new]

    made = counted(length, [y, *state], step, backwards=backwards)
    return made[0], made[1:]


# -- the layers --------------------------------------------------------------------------------------------------------------


def _gate(x: Tensor, hidden: int, number: int) -> Tensor:
    return take_range(x, 1, number * hidden, (number + 1) * hidden)


@lowers("LSTM")
def lstm(node: Node) -> Lowered:
    """`LSTM` since 7, 14 (`layout`), 22: gates in the order input, output, forget, cell."""
    layer = _layer(node, (5, 6))
    hidden, peepholes = layer.hidden, node.optional(7)
    functions = _activations(node, ("Sigmoid", "Tanh", "Tanh"), len(layer.backwards))
    coupled = bool(node.integer("input_forget"))
    cells = [
        _lstm_cell(layer, number, functions[number], peepholes, hidden, coupled) for number in range(len(functions))
    ]
    return _run(node, layer, cells)


def _lstm_cell(
    layer: _Layer, direction: int, functions: Sequence[Function], peepholes: Tensor | None, hidden: int, coupled: bool
) -> _Cell:
    f, g, h = functions
    recurrent = layer.part(layer.r, direction)
    biases = [layer.biases(direction, 0, 4, of_inputs=of_inputs, gates=4) for of_inputs in (True, False)]
    bias = None if biases[0] is None or biases[1] is None else _sum(biases[0], biases[1])
    weights = None if peepholes is None else [layer.part(peepholes, direction, number, 1) for number in range(3)]

    def seen(gate: Tensor, cell: Tensor, number: int) -> Tensor:
        if weights is None:
            return gate
        return _sum(gate, _product(broadcast(weights[number], cell.type.shape), cell))

    def step(given: Tensor, state: State) -> State:
        old, cell = state
        gates = _sum(given, _projected(old, recurrent))
        i = f(seen(_gate(gates, hidden, 0), cell, 0))
        forget = _one_minus(i) if coupled else f(seen(_gate(gates, hidden, 2), cell, 2))
        cell = _sum(_product(forget, cell), _product(i, g(_gate(gates, hidden, 3))))
        o = f(seen(_gate(gates, hidden, 1), cell, 1))
        return [_product(o, h(cell)), cell]

    return _Cell(layer.part(layer.w, direction), bias, step)


@lowers("GRU")
def gru(node: Node) -> Lowered:
    """`GRU` since 7, 14 (`layout`), 22: gates in the order update, reset, hidden."""
    layer = _layer(node, (5,))
    functions = _activations(node, ("Sigmoid", "Tanh"), len(layer.backwards))
    linear = bool(node.integer("linear_before_reset"))
    return _run(node, layer, [_gru_cell(layer, number, functions[number], linear) for number in range(len(functions))])


def _gru_cell(layer: _Layer, direction: int, functions: Sequence[Function], linear: bool) -> _Cell:
    f, g = functions
    hidden = layer.hidden
    both, last = layer.part(layer.r, direction, 0, 2), layer.part(layer.r, direction, 2, 1)
    both_bias = layer.biases(direction, 0, 2, of_inputs=False, gates=3)
    last_bias = layer.biases(direction, 2, 1, of_inputs=False, gates=3)

    def step(given: Tensor, state: State) -> State:
        old = state[0]
        gates = f(_sum(take_range(given, 1, 0, 2 * hidden), _with_bias(_projected(old, both), both_bias)))
        update, reset = _gate(gates, hidden, 0), _gate(gates, hidden, 1)
        if linear:
            part = _product(reset, _with_bias(_projected(old, last), last_bias))
        else:
            part = _with_bias(_projected(_product(reset, old), last), last_bias)
        new = g(_sum(_gate(given, hidden, 2), part))
        return [_sum(_product(_one_minus(update), new), _product(update, old))]

    return _Cell(layer.part(layer.w, direction), layer.biases(direction, 0, 3, of_inputs=True, gates=3), step)


@lowers("RNN")
def rnn(node: Node) -> Lowered:
    """`RNN` since 7, 14 (`layout`), 22."""
    layer = _layer(node, (5,))
    functions = _activations(node, ("Tanh",), len(layer.backwards))
    return _run(node, layer, [_rnn_cell(layer, number, functions[number][0]) for number in range(len(functions))])


def _rnn_cell(layer: _Layer, direction: int, function: Function) -> _Cell:
    recurrent = layer.part(layer.r, direction)
    bias = layer.biases(direction, 0, 1, of_inputs=False, gates=1)

    def step(given: Tensor, state: State) -> State:
        return [function(_sum(given, _with_bias(_projected(state[0], recurrent), bias)))]

    return _Cell(layer.part(layer.w, direction), layer.biases(direction, 0, 1, of_inputs=True, gates=1), step)
