"""Determinants."""

from __future__ import annotations

import math

from couloir.dialects import hlo
from couloir.dialects.hlo.scans import extreme_position
from couloir.ir.types import i64
from couloir.passes.onnx_to_hlo.elementwise import compare
from couloir.passes.onnx_to_hlo.loops import counted
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import broadcast, expand_like, full, full_like, reduce, reshape

_EQUAL = hlo.ComparisonDirection.EQ


def _where(mask: Tensor, x: Tensor, other: float = 0) -> Tensor:
    return hlo.Select(mask, x, full_like(x, other)).result


@lowers("Det")
def determinant(node: Node) -> Lowered:
    """`Det` since 11, 22: by elimination; the pivot is the largest element of a column from the diagonal on."""
    x = node[0]
    batch, size = x.type.shape[:-2], x.type.shape[-1]
    count = math.prod(batch)
    matrices, vectors = (count, size, size), (count, size)
    places = hlo.iota(vectors, i64, 1).output

    def step(number: Tensor, carried: list[Tensor]) -> list[Tensor]:
        """Exchanges the row of the pivot for the one on the diagonal, and subtracts it from those below."""
        matrix, product = carried
        diagonal = broadcast(number, vectors)
        here = hlo.Compare(places, diagonal, _EQUAL).result
        here_in_row = expand_like(here, matrices, [1])
        column = reduce(_where(here_in_row, matrix), [2], "add")
        above = hlo.Compare(places, diagonal, hlo.ComparisonDirection.LT).result
        sizes = hlo.Select(above, full_like(column, -1), hlo.Abs(column)).result
        best = extreme_position(sizes, 1, "maximum")
        chosen = hlo.Compare(places, expand_like(best, vectors, [1]), _EQUAL).result
        row, old = (reduce(_where(expand_like(mask, matrices, [2]), matrix), [1], "add") for mask in (chosen, here))
        moved = hlo.Select(expand_like(chosen, matrices, [2]), expand_like(old, matrices, [1]), matrix)
        moved = hlo.Select(expand_like(here, matrices, [2]), expand_like(row, matrices, [1]), moved).result
        pivot = reduce(_where(here, row), [1], "add")
        stays = hlo.Compare(best, broadcast(number, (count,)), _EQUAL)
        signed = hlo.Select(stays, pivot, hlo.Negate(pivot))
        below = hlo.Compare(places, diagonal, hlo.ComparisonDirection.GT)
        divisor = expand_like(_where(compare(pivot, 0, _EQUAL), full_like(pivot, 1)), vectors, [1])
        divisor = hlo.Add(divisor, expand_like(pivot, vectors, [1]))
        rest = reduce(_where(here_in_row, moved), [2], "add")
        factors = _where(below.result, hlo.Divide(rest, divisor).result)
        outer = hlo.Multiply(expand_like(factors, matrices, [2]), expand_like(row, matrices, [1]))
        return [hlo.Subtract(moved, outer).result, hlo.Multiply(product, signed).result]

    start = [reshape(x, matrices), full(1, (count,), x.type.element_type)]
    return reshape(counted(size, start, step)[1], batch)
