"""What compilers mark in a program: fusions, changes of form that cost nothing, and how often loops run.

A fusion is a call of a function whose ops are computed together, so that only operands and results are in memory. Attributes of
the call say so: XLA's, as `couloir.frontends.hlo_text` reads them, and those of the pass `outline-fusions`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from couloir.costs.cost import Cost, bytes_of
from couloir.costs.table import Runs
from couloir.dialects import hlo
from couloir.ir.attributes import StringAttr

if TYPE_CHECKING:
    from couloir.dialects.func import FuncOp
    from couloir.ir.operation import Operation, Value

FUSION_KIND: Final = "couloir.fusion_kind"
"""Attribute of a call by which it is a fusion of `outline-fusions`: the op in whose loops the others are computed."""
_FUSION_KINDS: Final = (FUSION_KIND, "xla.fusion_kind")
_TRIP_COUNT: Final = re.compile(r'"known_trip_count"\s*:\s*\{\s*"n"\s*:\s*"?([0-9]{1,18})"?\s*\}')
_ARITHMETIC: Final = Cost(1, 1, 0)


def fusion_kind(op: Operation) -> str | None:
    """What kind of fusion a call is; None when it is none."""
    for key in _FUSION_KINDS:
        stored = op.stored_attributes.get(key)
        if isinstance(stored, StringAttr):
            return stored.value
    return None


def is_bitcast(op: Operation) -> bool:
    """Whether an op stands for a bitcast of XLA: the same bytes, read in another shape or order."""
    stored = op.stored_attributes.get("xla.opcode")
    return isinstance(stored, StringAttr) and stored.value == "bitcast"


def marked_trip_count(op: Operation) -> int | None:
    """How often XLA says that a loop runs: the `known_trip_count` of its backend configuration."""
    stored = op.stored_attributes.get("xla.backend_config")
    found = _TRIP_COUNT.search(stored.value) if isinstance(stored, StringAttr) else None
    return None if found is None else int(found[1])


def fused(body: FuncOp) -> Runs:
    """What a fusion costs: the arithmetic of its ops, and the bytes of what it takes and gives, as XLA counts them.

    Of an operand that is only sliced, the slices are read; one that is updated in place is not read.
    """
    read = sum(map(_bytes_read, body.arguments))
    last = body.entry.last_op
    written = 0 if last is None else sum(map(_bytes_written, last.operands))
    return Runs((_ARITHMETIC,), Cost(bytes_accessed=read + written))


def _bytes_read(argument: Value[Any]) -> int:
    parts, whole = 0, False
    for user, place in argument.uses:
        if isinstance(user, hlo.Slice) or (isinstance(user, hlo.DynamicSlice) and place == 0):
            parts += bytes_of(user.result)
        elif not (isinstance(user, hlo.DynamicUpdateSlice) and place == 0):
            whole = True
    return parts + (bytes_of(argument) if whole else 0)


def _bytes_written(value: Value[Any]) -> int:
    source = value.defining_op
    return bytes_of(source.update if isinstance(source, hlo.DynamicUpdateSlice) else value)
