"""The scf dialect: structured control flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Leave, Run, Steps, meaning
from couloir.backends.numpy.tables.arith import signed, signless, unsigned
from couloir.dialects import scf
from couloir.ir.errors import Error


@meaning(scf.For)
def _for(xp: ArrayNamespace, op: scf.For, lower: Array, upper: Array, step: Array, *inits: Array) -> Steps:
    read = unsigned if op.unsigned_cmp else signed
    first, end, stride = (int(read(xp, bound)) for bound in (lower, upper, step))
    if stride <= 0:
        raise Error(f"the step of a loop is positive, not {stride}")
    carried: Sequence[Any] = inits
    for value in range(first, end, stride):
        carried = yield Run(
            op.body, [signless(xp, np.asarray(value, dtype=read(xp, lower).dtype), lower.dtype), *carried]
        )
    return carried


@meaning(scf.If)
def _if(xp: ArrayNamespace, op: scf.If, condition: Array) -> Steps:
    branch = op.then_region if condition else op.else_region
    return () if branch.is_empty else (yield Run(branch))


@meaning(scf.IndexSwitch)
def _index_switch(xp: ArrayNamespace, op: scf.IndexSwitch, argument: Array) -> Steps:
    chosen = dict(zip(op.cases, op.case_regions, strict=True)).get(int(argument), op.default_region)
    return (yield Run(chosen))


@meaning(scf.While)
def _while(xp: ArrayNamespace, op: scf.While, *inits: Array) -> Steps:
    state: Sequence[Any] = inits
    while True:
        go_on, *passed = yield Run(op.before, state)
        if not go_on:
            return passed
        state = yield Run(op.after, passed)


@meaning(scf.Condition)
def _condition(xp: ArrayNamespace, op: scf.Condition, *values: Array) -> Leave:
    return Leave(values)
