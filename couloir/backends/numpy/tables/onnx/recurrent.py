"""ONNX's recurrent layers, with lengths, clipping and activations, which the onnx package's implementation leaves out.

Source: ONNX operators LSTM, GRU and RNN. Where their text leaves it open, as onnxruntime: `clip` bounds what goes into the
activations of gates, not what goes into that of an LSTM's cell; a parameter goes to the next activation that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.tables.onnx.dispatch import operator
from couloir.dialects.onnx.inference import positions
from couloir.ir.errors import Error

Function: TypeAlias = Callable[[Array], Array]
Step: TypeAlias = Callable[[Array, "list[Array]"], "list[Array]"]
"""From what the inputs give to the gates [batch, gates * hidden], and the state, to the new state."""


@attrs.frozen
class _Arithmetic:
    """The domain's arithmetic, with numbers in place of arrays where one is needed."""

    xp: ArrayNamespace

    def __call__(self, name: str, *operands: Array | float) -> Array:
        dtype = next(x.dtype for x in operands if isinstance(x, np.ndarray))
        return self.xp.apply(name, *(x if isinstance(x, np.ndarray) else self.number(x, dtype) for x in operands))

    def number(self, value: float, dtype: Any) -> Array:
        return self.xp.convert(self.xp.array(np.asarray(value, np.float64)), dtype)

    def product(self, x: Array, w: Array) -> Array:
        return self.xp.matmul(x, np.swapaxes(w, -1, -2))


def _where_negative(do: _Arithmetic, x: Array, other: Array) -> Array:
    return np.where(do("compare LT", x, 0.0), other, x)


_Activation: TypeAlias = Callable[[_Arithmetic, Array, float, float], Array]

ACTIVATIONS: Final[dict[str, tuple[tuple[float, ...], _Activation]]] = {
    "relu": ((), lambda do, x, a, b: do("maximum", x, 0.0)),
    "tanh": ((), lambda do, x, a, b: do("tanh", x)),
    "sigmoid": ((), lambda do, x, a, b: do("logistic", x)),
    "softsign": ((), lambda do, x, a, b: do("divide", x, do("add", do("abs", x), 1.0))),
    "softplus": ((), lambda do, x, a, b: do("add", do("maximum", x, 0.0), _softplus_tail(do, x))),
    "affine": ((1.0, 0.0), lambda do, x, a, b: do("add", do("multiply", x, a), b)),
    "leakyrelu": ((0.01,), lambda do, x, a, b: _where_negative(do, x, do("multiply", x, a))),
    "thresholdedrelu": ((1.0,), lambda do, x, a, b: np.where(do("compare LT", x, a), do("multiply", x, 0.0), x)),
    "scaledtanh": ((1.0, 1.0), lambda do, x, a, b: do("multiply", do("tanh", do("multiply", x, b)), a)),
    "hardsigmoid": (
        (0.2, 0.5),
        lambda do, x, a, b: do("minimum", do("maximum", do("add", do("multiply", x, a), b), 0.0), 1.0),
    ),
    "elu": ((1.0,), lambda do, x, a, b: _where_negative(do, x, do("multiply", do("exponential_minus_one", x), a))),
}
"""By name in lower case: the defaults of alpha and beta, where it has them, and the function."""


def _softplus_tail(do: _Arithmetic, x: Array) -> Array:
    return do("log_plus_one", do("exponential", do("negate", do("abs", x))))


def _activations(do: _Arithmetic, op: Any, default: Sequence[str], directions: int) -> list[list[Function]]:
    count = len(default) * directions
    given: Sequence[str] = op.activations or ()
    if 0 < len(given) < count:
        raise Error(f"there are {len(given)} activations; {directions} directions have {count}")
    alphas: list[float] = list(op.activation_alpha or ())
    betas: list[float] = list(op.activation_beta or ())
    found: list[Function] = []
    for number, name in enumerate((given or [*default] * directions)[:count]):
        if name.lower() not in ACTIVATIONS:
            raise Error(f"the activation `{name}` is not known")
        defaults, function = ACTIVATIONS[name.lower()]
        parts = zip((alphas, betas), defaults, strict=False)
        alpha, beta, *_ = (*(items.pop(0) if items else other for items, other in parts), 0.0, 0.0)
        clip: float = 0.0 if number % len(default) == 2 else op.clip or 0.0
        found.append(_clipped(do, function, alpha, beta, clip))
    return [found[start : start + len(default)] for start in range(0, count, len(default))]


def _clipped(do: _Arithmetic, function: _Activation, alpha: float, beta: float, clip: float) -> Function:
    def apply(x: Array) -> Array:
        bounded = do("minimum", do("maximum", x, -clip), clip) if clip else x
        return function(do, bounded, alpha, beta)

    return apply


@attrs.frozen
class _Layer:
    op: Any
    do: _Arithmetic
    x: Array
    w: Array
    r: Array
    bias: Array | None
    lengths: Array | None
    states: list[Array]

    @property
    def hidden(self) -> int:
        return self.r.shape[-1]

    def biases(self, direction: int, gates: int) -> tuple[Array, Array]:
        """Those of the inputs and those of the state, each [gates * hidden]."""
        if self.bias is None:
            zeros = np.zeros(gates * self.hidden, self.x.dtype)
            return zeros, zeros
        return self.bias[direction, : gates * self.hidden], self.bias[direction, gates * self.hidden :]

    def run(self, steps: Sequence[Step], biases: Sequence[Array]) -> list[Any]:
        """The outputs that the op has."""
        ways = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[self.op.direction]
        if len(self.w) != len(ways):
            raise Error(f"there are weights for {len(self.w)} directions, but there are {len(ways)}")
        parts = [self._direction(*parts) for parts in zip(range(len(ways)), ways, steps, biases, strict=True)]
        y = np.stack([rows for rows, _ in parts], 1)
        finals = [np.stack(column) for column in zip(*(state for _, state in parts), strict=True)]
        if getattr(self.op, "layout", 0):
            y, finals = y.transpose(2, 0, 1, 3), [state.swapaxes(0, 1) for state in finals]
        return [
            value
            for value, number in zip([y, *finals], positions(self.op, "result"), strict=False)
            if number is not None
        ]

    def _direction(self, number: int, backwards: bool, step: Step, bias: Array) -> tuple[Array, list[Array]]:
        given = self.do("add", self.do.product(self.x, self.w[number]), bias)
        state = [value[number] for value in self.states]
        rows: list[Array] = [np.zeros(0)] * len(self.x)
        for time in reversed(range(len(self.x))) if backwards else range(len(self.x)):
            new = step(given[time], state)
            shown = new[0]
            if self.lengths is not None:
                goes_on = (time < self.lengths)[:, np.newaxis]
                shown = np.where(goes_on, shown, np.zeros_like(shown))
                new = [np.where(goes_on, a, b) for a, b in zip(new, state, strict=True)]
            rows[time], state = shown, new
        return np.stack(rows) if rows else np.zeros((0, *state[0].shape), self.x.dtype), state


def _layer(xp: ArrayNamespace, op: Any, inputs: Sequence[Array | None], states: Sequence[int]) -> _Layer:
    """The inputs X, W, R, B, sequence_lens and those at the positions `states`; what is not given of these is zero."""
    x, w, r, bias, lengths, *_ = (*inputs, *[None] * 8)
    if x is None or w is None or r is None:
        raise Error(f"`{op.name}` needs X, W and R")
    batch_first = bool(getattr(op, "layout", 0))
    x = x.swapaxes(0, 1) if batch_first else x
    begun: list[Array] = []
    for position in states:
        given = inputs[position] if position < len(inputs) else None
        if given is None:
            given = np.zeros((len(w), x.shape[1], r.shape[-1]), x.dtype)
        elif batch_first:
            given = given.swapaxes(0, 1)
        begun.append(given)
    return _Layer(op, _Arithmetic(xp), x, w, r, bias, lengths, begun)


@operator("LSTM", since=7)
def lstm(xp: ArrayNamespace, op: Any, *inputs: Array | None) -> list[Any]:
    """Gates in the order input, output, forget, cell."""
    layer = _layer(xp, op, inputs, (5, 6))
    do, w = layer.do, layer.w
    peepholes = inputs[7] if len(inputs) > 7 else None
    functions = _activations(do, op, ("Sigmoid", "Tanh", "Tanh"), len(w))

    def step_of(direction: int) -> Step:
        f, g, h = functions[direction]
        p = None if peepholes is None else peepholes[direction].reshape(3, layer.hidden)

        def seen(gate: Array, cell: Array, number: int) -> Array:
            return gate if p is None else do("add", gate, do("multiply", p[number], cell))

        def step(given: Array, state: list[Array]) -> list[Array]:
            old, cell = state
            gates = np.split(do("add", given, do.product(old, layer.r[direction])), 4, -1)
            i = f(seen(gates[0], cell, 0))
            forget = do("subtract", 1.0, i) if op.input_forget else f(seen(gates[2], cell, 2))
            cell = do("add", do("multiply", forget, cell), do("multiply", i, g(gates[3])))
            return [do("multiply", f(seen(gates[1], cell, 1)), h(cell)), cell]

        return step

    biases = [do("add", *layer.biases(direction, 4)) for direction in range(len(w))]
    return layer.run([step_of(direction) for direction in range(len(w))], biases)


@operator("GRU", since=7)
def gru(xp: ArrayNamespace, op: Any, *inputs: Array | None) -> list[Any]:
    """Gates in the order update, reset, hidden."""
    layer = _layer(xp, op, inputs, (5,))
    do, w, size = layer.do, layer.w, layer.hidden
    functions = _activations(do, op, ("Sigmoid", "Tanh"), len(w))

    def step_of(direction: int) -> Step:
        f, g = functions[direction]
        own = layer.biases(direction, 3)[1]
        weights = layer.r[direction]

        def step(given: Array, state: list[Array]) -> list[Array]:
            old = state[0]
            both = do("add", do.product(old, weights[: 2 * size]), own[: 2 * size])
            update, reset = np.split(f(do("add", given[:, : 2 * size], both)), 2, -1)
            if op.linear_before_reset:
                part = do("multiply", reset, do("add", do.product(old, weights[2 * size :]), own[2 * size :]))
            else:
                part = do("add", do.product(do("multiply", reset, old), weights[2 * size :]), own[2 * size :])
            new = g(do("add", given[:, 2 * size :], part))
            return [do("add", do("multiply", do("subtract", 1.0, update), new), do("multiply", update, old))]

        return step

    return layer.run([step_of(d) for d in range(len(w))], [layer.biases(d, 3)[0] for d in range(len(w))])


@operator("RNN", since=7)
def rnn(xp: ArrayNamespace, op: Any, *inputs: Array | None) -> list[Any]:
    """One activation of inputs and state."""
    layer = _layer(xp, op, inputs, (5,))
    do, w = layer.do, layer.w
    functions = _activations(do, op, ("Tanh",), len(w))

    def step_of(direction: int) -> Step:
        def step(given: Array, state: list[Array]) -> list[Array]:
            part = do("add", do.product(state[0], layer.r[direction]), layer.biases(direction, 1)[1])
            return [functions[direction][0](do("add", given, part))]

        return step

    return layer.run([step_of(d) for d in range(len(w))], [layer.biases(d, 1)[0] for d in range(len(w))])
