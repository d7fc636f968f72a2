"""Bodies of reductions, sorts, scatters and maps: functions of scalars, run on whole arrays.

A body that is one of the named monoids is recognised, and what NumPy has for it is used. Any other body is run on all
pairs of elements at once, in a number of steps that is logarithmic in the length of a reduction.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from couloir.backends.numpy import float_arithmetic, integer_arithmetic
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import NARROW_INTEGERS, Array, DType, is_discrete, kind
from couloir.backends.numpy.meanings import SAME_FOR_SCALARS, Request, Run
from couloir.backends.numpy.windows import Monoid
from couloir.dialects import func, hlo
from couloir.dialects.hlo.elements import is_quantized
from couloir.dialects.shapes import dims_of
from couloir.ir.constraints import element_type
from couloir.ir.operation import Operation, Region
from couloir.ir.symbols import lookup
from couloir.ir.traits import ConstantLike, Elementwise, ReturnLike
from couloir.ir.types import dtype_of

Arrays: TypeAlias = "Sequence[Array]"
Asking: TypeAlias = Generator[Request, Any, Arrays]

_MONOIDS = {cls: name for name, cls in hlo.REDUCERS.items()}


def monoid_of(body: Region) -> Monoid | None:
    """The monoid of a body that applies one op to its two arguments and returns that; None for any other body."""
    block = body.block
    first, last = block.first_op, block.last_op
    if first is None or last is None or first.next_op is not last or len(block.arguments) != 2:
        return None
    if any(is_quantized(element_type(value.type)) for value in block.arguments):
        return None  # its op is not that of the integers
    applied = set(first.operands) == set(block.arguments) and list(last.operands) == list(first.results)
    return cast("Monoid | None", _MONOIDS.get(type(first))) if applied else None


def gives_second(body: Region) -> bool:
    """Whether a body of two arguments returns the second: it replaces."""
    block = body.block
    last = block.last_op
    return last is not None and len(block.arguments) == 2 and list(last.operands) == [block.arguments[1]]


def apply(xp: ArrayNamespace, body: Region, *arrays: Array) -> Asking:
    """A body of scalars at every place of arrays of one shape."""
    shape = arrays[0].shape
    if all(works_on_arrays(op) for op in body.ops):
        return (yield Run(body, arrays, batch=shape))
    # A body with regions or shapes of its own: one element after the other.
    rows: list[Sequence[Array]] = []
    for index in np.ndindex(shape):
        rows.append((yield Run(body, [array[(*index, ...)] for array in arrays])))
    if not rows:
        last = body.block.last_op
        assert last is not None, "a body is verified"
        return [np.zeros(shape, xp.carrier(dtype_of(element_type(value.type)))) for value in last.operands]
    return [np.asarray(np.stack(column)).reshape(shape) for column in zip(*rows, strict=True)]


def works_on_arrays(op: Operation) -> bool:
    """Whether an op on scalars, run on arrays, computes each element alone.

    Functions of such ops do, and branches, which are all run. Loops do if nothing else decides whether they run: a loop that
    is run for elements that it is not meant for may never end.
    """
    pending: list[tuple[Operation, bool, frozenset[Operation]]] = [(op, True, frozenset())]
    while pending:
        op, may_loop, callers = pending.pop()
        if any(dims_of(value) for value in (*op.operands, *op.results)):
            return False
        match op:
            case func.Call():
                callee = lookup(op, op.callee)
                if not isinstance(callee, func.FuncOp) or callee.is_declaration or callee in callers:
                    return False
                if callee.body.first_block is not callee.body.last_block:
                    return False
                pending.extend((inner, may_loop, callers | {callee}) for inner in callee.body.ops)
            case hlo.If() | hlo.Case():
                pending.extend((inner, False, callers) for region in op.regions for inner in region.ops)
            case hlo.While() if may_loop:
                pending.extend((inner, False, callers) for region in op.regions for inner in region.ops)
            case hlo.Select() | hlo.Clamp():
                pass
            case _ if type(op) in SAME_FOR_SCALARS:
                pass
            case _:
                if not any(op.has_trait(trait) for trait in (Elementwise, ConstantLike, ReturnLike)):
                    return False
    return True


def reduce_first(xp: ArrayNamespace, body: Region, inputs: Arrays, inits: Arrays) -> Asking:
    """Combines arrays [length, ...] along their first dimension, in order, and with the initial values (rank 0)."""
    count = len(inputs)
    parts = list(inputs)
    while (length := parts[0].shape[0]) > 1:
        left = [part[: length - 1 : 2] for part in parts]
        right = [part[1::2] for part in parts]
        combined = yield from apply(xp, body, *left, *right)
        odd = [part[length - 1 :] for part in parts] if length % 2 else None
        parts = list(combined) if odd is None else [np.concatenate(pair) for pair in zip(combined, odd, strict=True)]
    shape = parts[0].shape[1:]
    starts = [np.broadcast_to(init, shape) for init in inits]
    if length == 0:
        return starts
    assert len(starts) == count
    return (yield from apply(xp, body, *starts, *(part[0] for part in parts)))


def scatter(xp: ArrayNamespace, body: Region, targets: Arrays, places: Array, updates: Arrays) -> Asking:
    """Combines updates into flat arrays: `target[place] = body(target[place], update)` for one update after the other.

    Args:
        xp: The domain.
        body: From a current element and an update, for each target, to the new element.
        targets: Arrays of rank 1; they are not changed.
        places: For each update the index of its element.
        updates: For each target its updates, rank 1.
    """
    results = [target.copy() for target in targets]
    monoid = monoid_of(body)
    ufunc = _subtracting(body, targets[0].dtype) if monoid is None else _sequential(monoid, targets[0].dtype)
    if ufunc is not None:
        with np.errstate(all="ignore"):
            ufunc.at(results[0], places, updates[0])
        return results
    order = np.argsort(places, kind="stable")
    places, updates = places[order], [update[order] for update in updates]
    while places.size:
        # Equal places are neighbours. In each round, every place gets the first update that is left for it.
        first = np.concatenate([[True], places[1:] != places[:-1]])
        if monoid is not None and not first.all():
            places, updates = yield from _paired(xp, body, places, updates, first)
            continue
        if gives_second(body) and not first.all():
            first = np.concatenate([places[1:] != places[:-1], [True]])  # the last one stays
            places, updates = places[first], [update[first] for update in updates]
            continue
        at = places[first]
        new = yield from apply(xp, body, *(result[at] for result in results), *(update[first] for update in updates))
        for result, values in zip(results, new, strict=True):
            result[at] = values
        places, updates = places[~first], [update[~first] for update in updates]
    return results


def _sequential(monoid: Monoid, dtype: DType) -> np.ufunc | None:
    """The ufunc that combines elements as the monoid does, rounding or wrapping each time; None where none does."""
    if is_discrete(dtype):
        return None if dtype in NARROW_INTEGERS else integer_arithmetic.ufunc_of(monoid, dtype)
    is_ordered = monoid in ("maximum", "minimum")  # +0 and -0 are different to these
    return None if is_ordered or kind(dtype) == "other" else float_arithmetic.ufunc_of(monoid)


def _subtracting(body: Region, dtype: DType) -> np.ufunc | None:
    """The ufunc of a body that subtracts its second argument from its first."""
    op, arguments = body.block.first_op, body.block.arguments
    last = None if op is None else op.next_op
    if (
        not isinstance(op, hlo.Subtract)
        or last is None
        or last.next_op is not None
        or is_quantized(element_type(op.result.type))
    ):
        return None
    if list(op.operands) != list(arguments) or list(last.operands) != list(op.results):
        return None
    return None if dtype in NARROW_INTEGERS or kind(dtype) == "other" else np.subtract


def _paired(
    xp: ArrayNamespace, body: Region, places: Array, updates: Arrays, first: Array
) -> Generator[Request, Any, tuple[Array, Sequence[Array]]]:
    """Combines neighbours of one place, two and two: half as many updates of a place are left."""
    starts = np.flatnonzero(first)
    rank = np.arange(places.size) - np.repeat(starts, np.diff(starts, append=places.size))
    follows = np.concatenate([~first[1:], [False]])
    left = np.flatnonzero((rank % 2 == 0) & follows)
    combined = yield from apply(
        xp, body, *(update[left] for update in updates), *(update[left + 1] for update in updates)
    )
    kept = rank % 2 == 0
    merged: list[Array] = []
    for update, values in zip(updates, combined, strict=True):
        update = update.copy()
        update[left] = values
        merged.append(update[kept])
    return places[kept], merged
