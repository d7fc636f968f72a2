"""Dead code elimination: ops without effects whose results nobody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rewriter import is_dead

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


@attrs.frozen
class Dce(Pass, name="dce"):
    """Removes ops without side effects whose results are not used."""

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        removed = 0
        # From the end, so that an op is met after its users; a second look is needed only across loops of blocks.
        worklist = list(op.walk_postorder())
        while worklist:
            inner = worklist.pop()
            if inner is op or inner.parent is None or not is_dead(inner):
                continue
            definers = [v.defining_op for v in inner.operands]
            inner.erase()
            removed += 1
            worklist += [d for d in definers if d is not None]
        context.notes.append(f"{removed} ops removed")
