"""The interpreter dialect. What a program prints goes to the logger `couloir.interpreter`, at the level INFO."""

from __future__ import annotations

import logging
from typing import Any, Final

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Seen, Steps, Together, meaning
from couloir.dialects import interpreter
from couloir.dialects.func import FuncOp
from couloir.ir.errors import Error
from couloir.ir.symbols import lookup_or_raise

LOGGER: Final = logging.getLogger("couloir.interpreter")


@meaning(interpreter.Print)
def _print(xp: ArrayNamespace, op: interpreter.Print, operand: Array) -> None:
    LOGGER.info("%s %s", op.operand.type, np.array2string(operand, separator=", "))


@meaning(interpreter.Probe)
def _probe(xp: ArrayNamespace, op: interpreter.Probe, operand: Array) -> Steps:
    (yield Seen(op.probe_id)).append(operand)
    return operand


@meaning(interpreter.RunParallel)
def _run_parallel(xp: ArrayNamespace, op: interpreter.RunParallel, *inputs: Array) -> Steps:
    arguments: list[tuple[Array, ...]] = []
    start = 0
    for name in (name for row in op.programs for name in row):
        function = lookup_or_raise(op, name)
        if not isinstance(function, FuncOp):
            raise Error(f"`{op.name}` runs @{name}, which is a `{function.name}` and no function")
        end = start + len(function.function_type.inputs)
        arguments.append(inputs[start:end])
        start = end
    found = yield Together(op.programs, arguments, op.infeed or ())
    results: list[Any] = []
    for values in found:
        results.extend(values)
    return results
