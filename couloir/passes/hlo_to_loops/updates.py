"""Kernels of ops that give a tensor with some elements replaced: dynamic_update_slice, scatter, select_and_scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import arith, hlo
from couloir.ir.affine import AffineExpr
from couloir.ir.operation import Value
from couloir.ir.types import i1, index
from couloir.passes.hlo_to_loops.bodies import body_scalars, unsupported_body
from couloir.passes.hlo_to_loops.gathering import as_index, clamped, is_inside, vector_element
from couloir.passes.hlo_to_loops.kernels import Kernel
from couloir.passes.hlo_to_loops.loops import ZERO, Index, Scalar, number, scratch
from couloir.passes.hlo_to_loops.table import kernel_of


def copy(kernel: Kernel, value: Value[Any], target: Value[Any]) -> None:
    """Writes all elements of a value to a buffer, unless it is the value's own."""
    if value in kernel.buffers and kernel.buffer(value) is target:
        return
    with kernel.loops.loops(value.type.shape) as place:
        kernel.loops.store(kernel.scalar(value, place), target, place)


@kernel_of(hlo.DynamicUpdateSlice, reads="once", updates=True)
def dynamic_update_slice_kernel(kernel: Kernel, op: hlo.DynamicUpdateSlice, roots: Sequence[Value[Any]]) -> None:
    """Copies the operand, then the update to its place."""
    loops, target = kernel.loops, kernel.buffer(op.result)
    copy(kernel, op.operand, target)
    sizes = zip(op.start_indices, op.operand.type.shape, op.update.type.shape, strict=True)
    starts = [clamped(loops, kernel.scalar, start, (), size - count) for start, size, count in sizes]
    with loops.loops(op.update.type.shape) as place:
        at = tuple(start + i for start, i in zip(starts, place, strict=True))
        loops.store(kernel.scalar(op.update, place), target, at)


def _check_scatter(op: hlo.Scatter) -> str | None:
    return unsupported_body(op.update_computation.block)


@kernel_of(hlo.Scatter, reads="often", updates=True, check=_check_scatter)
def scatter_kernel(kernel: Kernel, op: hlo.Scatter, roots: Sequence[Value[Any]]) -> None:
    """Copies the inputs, then combines in one update after the other. Updates outside of the inputs are left out."""
    loops, numbers = kernel.loops, op.scatter_dimension_numbers
    targets = [kernel.buffer(result) for result in op.outputs]
    for value, target in zip(op.inputs, targets, strict=True):
        copy(kernel, value, target)
    shape, indices = op.inputs[0].type.shape, op.scatter_indices
    vector = numbers.index_vector_dim
    hidden = (*numbers.inserted_window_dims, *numbers.input_batching_dims)
    windowed = [axis for axis in range(len(shape)) if axis not in hidden]
    with loops.loops(op.updates[0].type.shape) as update:
        batch = [at for axis, at in enumerate(update) if axis not in numbers.update_window_dims]
        place: list[AffineExpr] = [ZERO] * len(shape)
        for axis, position in zip(windowed, numbers.update_window_dims, strict=True):
            place[axis] = update[position]
        for axis, position in zip(numbers.input_batching_dims, numbers.scatter_indices_batching_dims, strict=True):
            place[axis] = batch[position - (position > vector)]
        condition: Scalar = number(1, i1)
        for component, axis in enumerate(numbers.scatter_dims_to_operand_dims):
            where = vector_element(batch, vector, indices.type.rank, component)
            start = as_index(kernel.scalar(indices, where), indices.type.element_type)
            at = arith.AddI(start, loops.variable(place[axis])).result  # wraps, and is then negative: outside
            condition = arith.AndI(condition, is_inside(at, shape[axis])).result
            place[axis] = loops.unknown(at)
        with loops.when(condition):
            combine(kernel, op.update_computation, targets, place, [kernel.scalar(v, update) for v in op.updates])


def combine(
    kernel: Kernel, body: Any, targets: Sequence[Value[Any]], place: Sequence[AffineExpr], updates: Any
) -> None:
    """`target[place] = body(target[place], update)` for all targets at once."""
    old = [kernel.loops.load(target, place) for target in targets]
    for target, new in zip(targets, body_scalars(kernel, body.block, [*old, *updates]), strict=True):
        kernel.loops.store(new, target, place)


def _check_map(op: hlo.Map) -> str | None:
    return unsupported_body(op.computation.block)


@kernel_of(hlo.Map, reads="once", check=_check_map)
def map_kernel(kernel: Kernel, op: hlo.Map, roots: Sequence[Value[Any]]) -> None:
    """A loop for each dimension, and the body for one element of each input."""
    with kernel.loops.loops(op.result.type.shape) as place:
        elements = [kernel.scalar(value, place) for value in op.inputs]
        (made,) = body_scalars(kernel, op.computation.block, elements)
        kernel.loops.store(made, kernel.buffer(op.result), place)


def _check_select_and_scatter(op: hlo.SelectAndScatter) -> str | None:
    return unsupported_body(op.select.block) or unsupported_body(op.scatter.block)


@kernel_of(hlo.SelectAndScatter, reads="often", check=_check_select_and_scatter)
def select_and_scatter_kernel(kernel: Kernel, op: hlo.SelectAndScatter, roots: Sequence[Value[Any]]) -> None:
    """For each window of the operand, finds the element that `select` keeps, and combines a source element in there.

    The places of the windows outside of the operand are left out, as if the padding were never selected.
    """
    loops, target = kernel.loops, kernel.buffer(op.result)
    shape = op.operand.type.shape
    with loops.loops(shape) as everywhere:
        loops.store(kernel.scalar(op.init_value, ()), target, everywhere)
    element = target.type.element_type
    with loops.loops(op.source.type.shape) as outer:
        best, chosen = scratch((), element), scratch((), i1)
        places = [scratch((), index) for _ in shape]
        loops.store(number(0, element), best, ())
        loops.store(number(0, i1), chosen, ())
        for place in places:
            loops.store(number(0, index), place, ())
        with loops.loops([w.size or 1 for w in op.window]) as inner:
            at = tuple(o * w.stride + i - w.padding_low for o, i, w in zip(outer, inner, op.window, strict=True))
            condition: Scalar = number(1, i1)
            for position, size, window, windows in zip(at, shape, op.window, op.source.type.shape, strict=True):
                span = (windows - 1) * window.stride + (window.size or 1) - window.padding_low
                if window.padding_low > 0 or span > size:
                    condition = arith.AndI(condition, is_inside(loops.variable(position), size)).result
            with loops.when(condition):
                _keep_or_replace(kernel, op, at, best, chosen, places)
        with loops.when(loops.load(chosen, ())):
            final: Index = tuple(loops.unknown(loops.load(place, ())) for place in places)
            combine(kernel, op.scatter, [target], final, [kernel.scalar(op.source, outer)])


def _keep_or_replace(
    kernel: Kernel, op: Any, at: Index, best: Value[Any], chosen: Value[Any], places: Sequence[Value[Any]]
) -> None:
    """Takes the element at `at` unless one is chosen that `select` keeps."""
    loops = kernel.loops
    candidate, old = kernel.scalar(op.operand, at), loops.load(best, ())
    has_one = loops.load(chosen, ())
    (kept,) = body_scalars(kernel, op.select.block, [old, candidate])
    keep = arith.AndI(has_one, kept).result
    loops.store(arith.Select(keep, old, candidate).result, best, ())
    for position, place in zip(at, places, strict=True):
        loops.store(arith.Select(keep, loops.load(place, ()), loops.variable(position)).result, place, ())
    loops.store(number(1, i1), chosen, ())
