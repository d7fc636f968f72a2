"""The affine dialect, executed literally: one iteration after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from couloir.backends.numpy import memory
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, integer_range
from couloir.backends.numpy.meanings import Run, Steps, meaning
from couloir.backends.numpy.tables.arith import combine
from couloir.dialects import affine, arith
from couloir.dialects.affine import AtomicRMWKind
from couloir.ir.affine import AffineMap
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import Type, dtype_of


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


_COMBINERS: Final[dict[AtomicRMWKind, tuple[type[Operation], float]]] = {
    AtomicRMWKind.ADDF: (arith.AddF, 0),
    AtomicRMWKind.ADDI: (arith.AddI, 0),
    AtomicRMWKind.ANDI: (arith.AndI, -1),
    AtomicRMWKind.MAXIMUMF: (arith.MaximumF, -np.inf),
    AtomicRMWKind.MAXNUMF: (arith.MaxNumF, np.nan),
    AtomicRMWKind.MAXS: (arith.MaxSI, -np.inf),
    AtomicRMWKind.MAXU: (arith.MaxUI, 0),
    AtomicRMWKind.MINIMUMF: (arith.MinimumF, np.inf),
    AtomicRMWKind.MINNUMF: (arith.MinNumF, np.nan),
    AtomicRMWKind.MINS: (arith.MinSI, np.inf),
    AtomicRMWKind.MINU: (arith.MinUI, -1),
    AtomicRMWKind.MULF: (arith.MulF, 1),
    AtomicRMWKind.MULI: (arith.MulI, 1),
    AtomicRMWKind.ORI: (arith.OrI, 0),
    AtomicRMWKind.XORI: (arith.XOrI, 0),
}
"""How two values are combined, and what no values give; an infinity stands for the end of an integer's range."""


def _nothing(xp: ArrayNamespace, kind: AtomicRMWKind, type: Type) -> Array:
    """What a reduction over no iterations gives."""
    if kind is AtomicRMWKind.ASSIGN:
        raise Error("a loop without iterations assigns nothing")
    dtype, neutral = dtype_of(type), _COMBINERS[kind][1]
    if dtype.kind in "biu" and np.isinf(neutral):
        neutral = integer_range(dtype)[neutral > 0]
    return xp.array(np.asarray(neutral).astype(dtype))


@meaning(affine.Parallel)
def _parallel(xp: ArrayNamespace, op: affine.Parallel, *operands: Array) -> Steps:
    """The iterations in the order of nested loops."""
    ranges: list[range] = []
    numbers = [int(operand) for operand in operands]
    lower, upper, first = op.lower_bounds_map, op.upper_bounds_map, 0
    ends: list[list[int]] = []
    for map, groups, choose in ((lower, op.lower_bounds_groups, max), (upper, op.upper_bounds_groups, min)):
        count = map.dim_count + map.symbol_count
        given, first = numbers[first : first + count], first + count
        values = iter(map.evaluate(given[: map.dim_count], given[map.dim_count :]))
        ends.append([choose(next(values) for _ in range(size)) for size in groups])
    ranges = [range(*ends) for ends in zip(*ends, op.steps, strict=True)]
    results: list[Array] | None = None
    for place in product(*ranges):
        given = yield Run(op.body, [_index(value) for value in place])
        results = (
            given
            if results is None
            else [
                new if kind is AtomicRMWKind.ASSIGN else combine(xp, _COMBINERS[kind][0], old, new)
                for kind, old, new in zip(op.reductions, results, given, strict=True)
            ]
        )
    if results is None:
        return [_nothing(xp, kind, out.type) for kind, out in zip(op.reductions, op.outputs, strict=True)]
    return results


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
