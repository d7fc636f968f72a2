"""Cholesky decompositions and triangular systems as loops over columns: the rules for what is left of linear algebra.

A step of a loop takes a column and subtracts its product with a row from all that is left, for all matrices of a batch at once:
O(n^3) in n steps. The other triangle is not read, whatever is in it. Floats narrower than 32 bits are computed in f32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, Transposition
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import ComplexType, FloatType, TensorType, Type, f32, i32

Tensor: TypeAlias = "Value[TensorType]"

_OPEN: Final = "a size is not known"


@rule
def cholesky_by_columns(op: hlo.Cholesky, rewriter: Rewriter) -> str | None:
    """cholesky(a)  =>  a loop: column j of the factor is column j of what is left by the root of its diagonal element"""
    type = op.a.type
    if not type.is_static:
        return _OPEN
    if not type.size:
        rewriter.replace(op, op.a)
        return None
    wide = hlo.convert(op.a, _computing_type(type.element_type)).result
    matrices = _as_batch(wide if op.lower else _adjoint(wide))
    batch, size, _ = matrices.type.shape
    element = matrices.type.element_type
    column_shape = (batch, size, 1)

    def step(place: Tensor, values: Sequence[Tensor]) -> list[Tensor]:
        rest, factor = values
        column = _read(rest, (batch, size, 1), (None, None, place))
        pivot = _read(rest, (batch, 1, 1), (None, place, place))
        root = hlo.convert(hlo.Sqrt(hlo.Real(pivot).result).result, element).result
        divided = hlo.Divide(column, _spread(root, column_shape)).result
        rows = hlo.iota(column_shape, i32, 1).output
        current = hlo.broadcast_in_dim(place, column_shape, ()).result
        on_diagonal = hlo.Compare(rows, current, ComparisonDirection.EQ).result
        below = hlo.Compare(rows, current, ComparisonDirection.GT).result
        zero = hlo.constant(0, element, shape=column_shape).output
        made = hlo.Select(on_diagonal, _spread(root, column_shape), hlo.Select(below, divided, zero).result).result
        product = hlo.Multiply(_spread(made, rest.type.shape), _spread(_adjoint(made), rest.type.shape)).result
        return [hlo.Subtract(rest, product).result, _write(factor, made, (None, None, place))]

    nothing = hlo.constant(0, element, shape=matrices.type.shape).output
    factor = _loop(size, [matrices, nothing], step)[1]
    factor = factor if op.lower else _adjoint(factor)
    rewriter.replace(op, hlo.convert(hlo.reshape(factor, type.shape), type.element_type))
    return None


@rule
def triangular_solve_by_rows(op: hlo.TriangularSolve, rewriter: Rewriter) -> str | None:
    """triangular_solve(a, b)  =>  a loop: each unknown, and what the other equations are without it"""
    type = op.b.type
    if not type.is_static or not op.a.type.is_static:
        return _OPEN
    if not type.size:
        rewriter.replace(op, op.b)
        return None
    compute = _computing_type(type.element_type)
    a, b = (_as_batch(hlo.convert(value, compute).result) for value in (op.a, op.b))
    lower = op.lower
    if op.transpose_a is not Transposition.NO_TRANSPOSE:
        a, lower = (_adjoint if op.transpose_a is Transposition.ADJOINT else _turned)(a), not lower
    if not op.left_side:  # x a = b is a^T x^T = b^T
        a, b, lower = _turned(a), _turned(b), not lower
    batch, size, count = b.type.shape

    def step(place: Tensor, values: Sequence[Tensor]) -> list[Tensor]:
        rest, solution = values
        last = hlo.constant(size - 1, i32).output
        place = place if lower else hlo.Subtract(last, place).result
        solved = _read(rest, (batch, 1, count), (None, place, None))
        if not op.unit_diagonal:
            pivot = _read(a, (batch, 1, 1), (None, place, place))
            solved = hlo.Divide(solved, _spread(pivot, solved.type.shape)).result
        column = _read(a, (batch, size, 1), (None, None, place))
        product = hlo.Multiply(_spread(column, rest.type.shape), _spread(solved, rest.type.shape)).result
        return [hlo.Subtract(rest, product).result, _write(solution, solved, (None, place, None))]

    nothing = hlo.constant(0, compute, shape=b.type.shape).output
    solution = _loop(size, [b, nothing], step)[1]
    solution = solution if op.left_side else _turned(solution)
    rewriter.replace(op, hlo.convert(hlo.reshape(solution, type.shape), type.element_type))
    return None


def _computing_type(element: Type) -> Type:
    return f32 if isinstance(element, FloatType) and element.width < 32 else element


def _as_batch(value: Tensor) -> Tensor:
    """[..., rows, columns] as [batch, rows, columns]."""
    shape = value.type.shape
    return hlo.reshape(value, (math.prod(shape[:-2]), *shape[-2:])).result


def _turned(value: Tensor) -> Tensor:
    rank = value.type.rank
    return hlo.Transpose(value, (*range(rank - 2), rank - 1, rank - 2)).result


def _adjoint(value: Tensor) -> Tensor:
    turned = _turned(value)
    if not isinstance(value.type.element_type, ComplexType):
        return turned
    return hlo.Complex(hlo.Real(turned).result, hlo.Negate(hlo.Imag(turned).result).result).result


def _spread(value: Tensor, shape: Sequence[int]) -> Tensor:
    """Dimensions of size 1 repeated."""
    return hlo.broadcast_in_dim(value, tuple(shape), tuple(range(len(shape)))).result


def _starts(places: Sequence[Tensor | None]) -> list[Tensor]:
    zero = hlo.constant(0, i32).output
    return [zero if place is None else place for place in places]


def _read(value: Tensor, sizes: Sequence[int], places: Sequence[Tensor | None]) -> Tensor:
    return hlo.DynamicSlice(value, _starts(places), tuple(sizes)).result


def _write(value: Tensor, update: Tensor, places: Sequence[Tensor | None]) -> Tensor:
    return hlo.DynamicUpdateSlice(value, update, _starts(places)).result


def _loop(
    count: int, initial: Sequence[Tensor], step: Callable[[Tensor, Sequence[Tensor]], list[Tensor]]
) -> tuple[Any, ...]:
    """Runs `step` for 0 ... count-1 on the values; gives the last ones."""
    zero = hlo.constant(0, i32).output
    types: list[Type] = [zero.type, *(value.type for value in initial)]
    condition, body = Block(types), Block(types)
    with inside(condition):
        end = hlo.constant(count, i32).output
        hlo.Return([hlo.Compare(_argument(condition, 0), end, ComparisonDirection.LT).result])
    with inside(body):
        place, *values = body.arguments
        made = step(place, values)
        hlo.Return([hlo.Add(place, hlo.constant(1, i32).output).result, *made])
    loop: Operation = hlo.While([zero, *initial], Region([condition]), Region([body]))
    return tuple(loop.results[1:])


def _argument(block: Block, position: int) -> Tensor:
    found: Any = block.arguments[position]
    return found
