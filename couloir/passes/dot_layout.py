"""Puts constant operands of dot products in the order in which loops read them.

    dot_general(x, w, contracting = [1] x [1])  =>  dot_general(x, transpose(w), contracting = [1] x [0])

The transposed constant is computed once, by constant folding; the innermost loop then runs over adjacent elements.
"""

from __future__ import annotations

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo import DotDimensionNumbers
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rewriter, is_constant, rule


@rule
def contract_leading_dimensions(op: hlo.DotGeneral, rewriter: Rewriter) -> str | None:
    """dot_general(x, constant)  =>  dot_general(x, transpose(constant)): batching, then contracting dimensions first"""
    constant = is_constant(op.rhs)
    if not constant:
        return constant.reason
    numbers = op.dot_dimension_numbers
    batching, contracting = numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions
    leading = (*batching, *contracting)
    if leading == tuple(range(len(leading))):
        return "they come first already"
    rest = tuple(axis for axis in range(op.rhs.type.rank) if axis not in leading)
    op.rhs = hlo.Transpose(op.rhs, (*leading, *rest))
    op.dot_dimension_numbers = DotDimensionNumbers(
        numbers.lhs_batching_dimensions,
        tuple(range(len(batching))),
        numbers.lhs_contracting_dimensions,
        tuple(range(len(batching), len(leading))),
    )
    rewriter.changed(op)
    return None


@attrs.frozen
class DotLayout(Pass, name="dot-layout"):
    """Transposes constant operands of dot products so that the loops read adjacent elements."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [contract_leading_dimensions])
