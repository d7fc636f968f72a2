"""The cf dialect: jumps between blocks."""

from __future__ import annotations

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.expectations import AssertionFailed
from couloir.backends.numpy.meanings import Jump, meaning
from couloir.dialects import cf


@meaning(cf.Assert)
def _assert(xp: ArrayNamespace, op: cf.Assert, argument: Array) -> None:
    if not argument:
        raise AssertionFailed(f"the program stops: {op.msg}")


@meaning(cf.Branch)
def _br(xp: ArrayNamespace, op: cf.Branch, *values: Array) -> Jump:
    return Jump(op.dest, values)


@meaning(cf.CondBranch)
def _cond_br(xp: ArrayNamespace, op: cf.CondBranch, condition: Array, *values: Array) -> Jump:
    count = len(op.true_dest_operands)
    return Jump(op.true_dest, values[:count]) if condition else Jump(op.false_dest, values[count:])


@meaning(cf.Switch)
def _switch(xp: ArrayNamespace, op: cf.Switch, flag: Array, *values: Array) -> Jump:
    start = len(op.default_operands)
    for number, block, operands in op.cases:
        if flag == number:
            return Jump(block, values[start : start + len(operands)])
        start += len(operands)
    return Jump(op.default_destination, values[: len(op.default_operands)])
