"""The builtin dialect."""

from __future__ import annotations

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import meaning
from couloir.dialects import builtin
from couloir.ir.errors import Error


@meaning(builtin.UnrealizedConversionCast)
def _cast(xp: ArrayNamespace, op: builtin.UnrealizedConversionCast, *inputs: Array) -> tuple[Array, ...]:
    """Where the types differ in name only, the arrays are the same."""
    if len(inputs) != len(op.outputs):
        raise Error(f"it makes {len(op.outputs)} values of {len(inputs)}: the conversion has to be finished first")
    return inputs
