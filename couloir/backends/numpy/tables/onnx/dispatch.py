"""Which meaning an ONNX operator has: an entry of our own, or what the onnx package computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.meanings import Meaning
from couloir.backends.numpy.tables.onnx import reference
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.inference import positions
from couloir.ir.operation import Operation

#: `function(xp, op, *inputs)` with None for an input that is left out, and without those left out at the end.
Function: TypeAlias = Callable[..., Any]
Condition: TypeAlias = Callable[[ArrayNamespace, Any], bool]


@attrs.frozen
class Entry:
    """The meaning of an operator from one version on, for the ops of which a condition holds."""

    function: Function
    since: int
    when: Condition


OPERATORS: Final[dict[tuple[str, str], Entry]] = {}
"""The operators that are computed here, by domain and name."""


def _always(xp: ArrayNamespace, op: Any) -> bool:
    return True


def operator(
    *names: str, since: int = 1, when: Condition = _always, domain: str = ""
) -> Callable[[Function], Function]:
    """Decorator: this function is what these operators mean since a version of theirs, when a condition holds."""

    def register(function: Function) -> Function:
        for name in names:
            OPERATORS[domain, name] = Entry(function, since, when)
        return function

    return register


def resolve(cls: type[Operation]) -> Meaning | None:
    """The meaning of the ops of a class made from a schema."""
    if not issubclass(cls, OnnxOp):
        return None
    entry = OPERATORS.get((cls.domain, cls.operator))
    known = reference.is_known(cls)
    if entry is None or cls.since_version < entry.since:
        return reference.compute if known else None

    def choose(xp: ArrayNamespace, op: Operation, *operands: Any) -> Any:
        if known and not entry.when(xp, op):
            return reference.compute(xp, op, *operands)
        inputs = [None if number is None else operands[number] for number in positions(op, "operand")]
        return entry.function(xp, op, *inputs)

    return choose
