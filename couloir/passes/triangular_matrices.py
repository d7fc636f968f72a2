"""Cholesky decompositions and triangular systems as loops over columns.

A step of a loop takes a column and subtracts its product with a row from all that is left, for all matrices of a batch at once:
O(n^3) in n steps. The other triangle is not read, whatever is in it. Floats narrower than 32 bits are computed in f32.
"""

from __future__ import annotations

import math
from typing import Final

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import Transposition
from couloir.dialects.hlo.building import convert
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import FloatType, Type, f32
from couloir.passes.formulas import Array, State, Tensor, count_up

_CHOLESKY_BY_COLUMNS: Final = """
func.func @main(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [1] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %1 = stablehlo.constant dense<[[9.0, 0.0, 0.0], [0.0, 8.0, 0.0], [0.0, 0.0, 7.0]]> : tensor<3x3xf32>
  %2 = stablehlo.add %0, %1 : tensor<3x3xf32>
  %3 = stablehlo.cholesky %2, lower = true : tensor<3x3xf32>
  return %3 : tensor<3x3xf32>
}
"""


@rule(assumes=("no NaN", "no infinities"), examples=(_CHOLESKY_BY_COLUMNS,))
def cholesky_by_columns(op: hlo.Cholesky, rewriter: Rewriter) -> str | None:
    """cholesky(a)  =>  a loop: column j of the factor is column j of what is left by the root of its diagonal element"""
    type = op.a.type
    if not type.size:
        rewriter.replace(op, op.a)
        return None
    factor = cholesky_factor(_batch(op.a), lower=op.lower)
    on_diagonal = factor.along(1).is_(factor.along(2))
    is_definite = ((factor.real > 0) | ~on_diagonal).all(1, 2)
    factor = factor.where(is_definite, math.nan)  # as LAPACK and XLA: what is not positive definite has no factor
    rewriter.replace(op, convert(factor.reshape(*type.shape).value, type.element_type))
    return None


def cholesky_factor(a: Array, *, lower: bool) -> Array:
    """Triangular factors of matrices [batch, n, n]; the first element of the diagonal that is not positive, and what comes after
    it, mean nothing.
    """
    matrices = a if lower else a.adjoint()

    def step(place: Array, state: State) -> State:
        rest, factor = state
        column = rest.at(2, place)
        root = column.at(1, place).real.sqrt()
        row = column.along(1)
        below = (column / root).where(row > place, 0)
        made = root.to(column.element).where(row.is_(place), below)
        return [rest - made * made.adjoint(), factor.with_at(2, place, made)]

    _, factor = count_up(matrices.shape[1], step, [matrices, matrices.number(0)])
    return factor if lower else factor.adjoint()


@rule(assumes=("no NaN", "no infinities", "no signed zeros"))
def triangular_solve_by_rows(op: hlo.TriangularSolve, rewriter: Rewriter) -> str | None:
    """triangular_solve(a, b)  =>  a loop: each unknown, and what the other equations are without it"""
    type = op.b.type
    if not type.size:
        rewriter.replace(op, op.b)
        return None
    a, b, lower = _batch(op.a), _batch(op.b), op.lower
    if op.transpose_a is not Transposition.NO_TRANSPOSE:
        a, lower = a.adjoint() if op.transpose_a is Transposition.ADJOINT else a.turned(), not lower
    if not op.left_side:  # x a = b is a^T x^T = b^T
        a, b, lower = a.turned(), b.turned(), not lower
    size = a.shape[1]

    def step(number: Array, state: State) -> State:
        rest, solution = state
        place = number if lower else size - 1 - number
        solved = rest.at(1, place)
        if not op.unit_diagonal:
            solved = solved / a.at(1, place).at(2, place)
        return [rest - a.at(2, place) * solved, solution.with_at(1, place, solved)]

    _, solution = count_up(size, step, [b, b.number(0)])
    solution = solution if op.left_side else solution.turned()
    rewriter.replace(op, convert(solution.reshape(*type.shape).value, type.element_type))
    return None


def _batch(value: Tensor) -> Array:
    """[..., rows, columns] as [batch, rows, columns], in the type that is computed in."""
    shape = value.type.shape
    wide = Array(convert(value, _computing_type(value.type.element_type)))
    return wide.reshape(math.prod(shape[:-2]), *shape[-2:])


def _computing_type(element: Type) -> Type:
    return f32 if isinstance(element, FloatType) and element.width < 32 else element
