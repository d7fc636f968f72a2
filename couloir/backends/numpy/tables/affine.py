"""The affine dialect, executed literally: one iteration after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.backends.numpy import memory
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Run, Steps, meaning
from couloir.dialects import affine
from couloir.ir.affine import AffineMap


def _values(map: AffineMap, operands: Sequence[Array]) -> tuple[int, ...]:
    """The results of a map whose operands are its dimensions and then its symbols."""
    numbers = [int(operand) for operand in operands]
    return map.evaluate(numbers[: map.dim_count], numbers[map.dim_count :])


def _index(value: int) -> Array:
    return np.asarray(value, dtype=np.int64)


@meaning(affine.For)
def _for(xp: ArrayNamespace, op: affine.For, *operands: Array) -> Steps:
    lower_count, upper_count = len(op.lower_bound_operands), len(op.upper_bound_operands)
    lower = max(_values(op.lower_bound_map, operands[:lower_count]))
    upper = min(_values(op.upper_bound_map, operands[lower_count : lower_count + upper_count]))
    carried: Sequence[Any] = operands[lower_count + upper_count :]
    for value in range(lower, upper, op.step):
        carried = yield Run(op.body, [_index(value), *carried])
    return carried


@meaning(affine.If)
def _if(xp: ArrayNamespace, op: affine.If, *operands: Array) -> Steps:
    numbers, condition = [int(operand) for operand in operands], op.condition
    holds = condition.contains(numbers[: condition.dim_count], numbers[condition.dim_count :])
    branch = op.then_region if holds else op.else_region
    return () if branch.is_empty else (yield Run(branch))


@meaning(affine.Apply)
def _apply(xp: ArrayNamespace, op: affine.Apply, *operands: Array) -> Array:
    return _index(_values(op.map, operands)[0])


@meaning(affine.Min)
def _min(xp: ArrayNamespace, op: affine.Min, *operands: Array) -> Array:
    return _index(min(_values(op.map, operands)))


@meaning(affine.Max)
def _max(xp: ArrayNamespace, op: affine.Max, *operands: Array) -> Array:
    return _index(max(_values(op.map, operands)))


@meaning(affine.Load)
def _load(xp: ArrayNamespace, op: affine.Load, buffer: Array, *indices: Array) -> Array:
    return memory.element(buffer, _values(op.map, indices))


@meaning(affine.Store)
def _store(xp: ArrayNamespace, op: affine.Store, value: Array, buffer: Array, *indices: Array) -> None:
    memory.store(buffer, _values(op.map, indices), value)


@meaning(affine.VectorLoad)
def _vector_load(xp: ArrayNamespace, op: affine.VectorLoad, buffer: Array, *indices: Array) -> Array:
    return memory.row(buffer, _values(op.map, indices), op.result.type.shape)


@meaning(affine.VectorStore)
def _vector_store(xp: ArrayNamespace, op: affine.VectorStore, value: Array, buffer: Array, *indices: Array) -> None:
    memory.store_row(buffer, _values(op.map, indices), value)
