"""Functions and calls."""

from __future__ import annotations

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Call, Steps, meaning
from couloir.dialects import func


@meaning(func.Call)
def _call(xp: ArrayNamespace, op: func.Call, *arguments: Array) -> Steps:
    return (yield Call(op.callee, arguments))
