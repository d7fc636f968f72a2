"""Loops that the lowerings make: a fixed number of steps, with values that go from one step to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from couloir.dialects import hlo
from couloir.dialects.shapes import as_tensor, inside
from couloir.ir.operation import Block, Region
from couloir.ir.types import i64
from couloir.passes.onnx_to_hlo.node import Tensor
from couloir.passes.onnx_to_hlo.tensors import full, reshape, scalar

UNROLLED: Final = 4
"""Loops of at most so many steps are written out."""

Step = Callable[[Tensor, list[Tensor]], Sequence[Tensor]]
"""From the number of the step (a scalar i64) and the carried values to their new ones."""


def counted(count: int, state: Sequence[Tensor], step: Step, *, backwards: bool = False) -> list[Tensor]:
    """Runs `step` for the numbers from 0 to `count - 1`, or with `backwards` the other way round.

    The step may use values from outside of the loop.
    """
    if count <= UNROLLED:
        carried = list(state)
        for number in range(count):
            carried = list(step(scalar(count - 1 - number if backwards else number, i64), carried))
        return carried
    start = scalar(0, i64)
    types = [start.type, *(value.type for value in state)]
    condition, body = Block(types), Block(types)
    with inside(condition):
        here = condition.arguments[0]
        hlo.Return([hlo.Compare(here, scalar(count, i64), hlo.ComparisonDirection.LT).result])
    with inside(body):
        done, *carried = map(as_tensor, body.arguments)
        number = hlo.Subtract(scalar(count - 1, i64), done).result if backwards else done
        results = step(number, carried)
        hlo.Return([hlo.Add(done, scalar(1, i64)).result, *results])
    made = hlo.While([start, *state], Region([condition]), Region([body]))
    return [as_tensor(value) for value in made.outputs[1:]]


def row(x: Tensor, index: Tensor) -> Tensor:
    """`x[index]`, for a scalar index that is in range; zeros where nothing is, in a loop without a step."""
    if not x.type.shape[0]:
        return full(0, x.type.shape[1:], x.type.element_type)
    zero = scalar(0, i64)
    starts = [index, *[zero] * (x.type.rank - 1)]
    return reshape(hlo.DynamicSlice(x, starts, (1, *x.type.shape[1:])), x.type.shape[1:])


def with_row(x: Tensor, index: Tensor, value: Tensor) -> Tensor:
    """`x` with `x[index] = value`."""
    zero = scalar(0, i64)
    starts = [index, *[zero] * (x.type.rank - 1)]
    return hlo.DynamicUpdateSlice(x, reshape(value, (1, *x.type.shape[1:])), starts).result
