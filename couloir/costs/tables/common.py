"""The rules that ops of many dialects share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from couloir.costs.cost import NOTHING, Cost, elements, moving

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


def elementwise(op: Operation) -> Cost:
    """One flop for each element of the result, as of ops with the trait."""
    return moving(op, flops=elements(op.results[0]))


def transcendental(op: Operation) -> Cost:
    """One transcendental for each element of the results."""
    return moving(op, transcendentals=sum(map(elements, op.results)))


def moves(op: Operation) -> Cost:
    """Operands are read and results written, and nothing is computed."""
    return moving(op)


def nothing(op: Operation) -> Cost:
    """Nothing is computed, and no tensor is moved."""
    return NOTHING
