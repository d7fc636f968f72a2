"""Sorting as loops: a stable bottom-up merge sort of every line along the dimension, all inputs together.

Runs of length 1, 2, 4, ... are merged in pairs. Whatever the comparator says, even when it contradicts itself, each
merge takes every element once and reads inside of the line only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import arith, hlo, scf
from couloir.dialects.arith import CmpIPredicate
from couloir.dialects.shapes import inside
from couloir.ir.affine import AffineExpr
from couloir.ir.operation import Value
from couloir.ir.types import MemRefType, i1, index
from couloir.passes.hlo_to_loops.bodies import body_scalars, unsupported_body
from couloir.passes.hlo_to_loops.kernels import Kernel
from couloir.passes.hlo_to_loops.loops import Index, Scalar, number
from couloir.passes.hlo_to_loops.table import kernel_of
from couloir.passes.hlo_to_loops.updates import copy


def _check_sort(op: hlo.Sort) -> str | None:
    return unsupported_body(op.comparator.block)


@kernel_of(hlo.Sort, reads="once", updates=True, check=_check_sort)
def sort_kernel(kernel: Kernel, op: hlo.Sort, roots: Sequence[Value[Any]]) -> None:
    """Copies the inputs to the results and sorts them there."""
    targets = [kernel.buffer(result) for result in op.outputs]
    for value, target in zip(op.inputs, targets, strict=True):
        copy(kernel, value, target)
    shape = op.inputs[0].type.shape
    axis = op.dimension % len(shape)
    length = shape[axis]
    if length < 2:
        return
    merged = [kernel.temporary(MemRefType((length,), target.type.element_type)) for target in targets]
    with kernel.loops.loops([1 if d == axis else size for d, size in enumerate(shape)]) as line:

        def at(place: AffineExpr) -> Index:
            return tuple(place if d == axis else i for d, i in enumerate(line))

        with kernel.loops.loop((length - 1).bit_length()) as merges:
            width = arith.ShLI(number(1, index), kernel.loops.variable(merges)).result
            step = arith.AddI(width, width).result
            end = number(length, index)
            with kernel.loops.range(number(0, index), end, step) as first:
                start = kernel.loops.variable(first)
                middle = arith.MinSI(arith.AddI(start, width), end).result
                stop = arith.MinSI(arith.AddI(start, step), end).result
                _merge(kernel, op, targets, merged, at, (start, middle, stop))
            with kernel.loops.loop(length) as place:
                for source, target in zip(merged, targets, strict=True):
                    kernel.loops.store(kernel.loops.load(source, (place,)), target, at(place))


def _merge(
    kernel: Kernel, op: hlo.Sort, lines: Sequence[Value[Any]], merged: Sequence[Value[Any]], at: Any, run: Any
) -> None:
    """Merges start ... middle-1 and middle ... stop-1 of the lines into start ... stop-1 of `merged`."""
    loops = kernel.loops
    start, middle, stop = run
    last, one, zero = number(op.inputs[0].type.shape[op.dimension] - 1, index), number(1, index), number(0, index)
    loop = scf.For.build(start, stop, one, [start, middle])
    with inside(loop.body.block):
        left, right = loop.carried
        left_inside = loops.unknown(arith.MinSI(left, last).result)
        right_inside = loops.unknown(arith.MinSI(right, last).result)
        pairs: list[Scalar] = []
        for line in lines:
            pairs += [loops.load(line, at(right_inside)), loops.load(line, at(left_inside))]
        (less,) = body_scalars(kernel, op.comparator.block, pairs)
        has_left = arith.CmpI(CmpIPredicate.SLT, left, middle).result
        has_right = arith.CmpI(CmpIPredicate.SLT, right, stop).result
        no_left = arith.XOrI(has_left, number(1, i1)).result
        takes_right = arith.AndI(has_right, arith.OrI(no_left, less)).result
        place = loops.unknown(loop.variable)
        for (from_right, from_left), target in zip(zip(pairs[::2], pairs[1::2], strict=True), merged, strict=True):
            loops.store(arith.Select(takes_right, from_right, from_left).result, target, (place,))
        scf.Yield(
            [
                arith.AddI(left, arith.Select(takes_right, zero, one)).result,
                arith.AddI(right, arith.Select(takes_right, one, zero)).result,
            ]
        )
