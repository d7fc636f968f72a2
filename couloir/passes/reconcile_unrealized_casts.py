"""Casts that conversions leave between old and new types cancel each other when everything is converted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.conversion import CAST, cancel_casts
from couloir.ir.passes import Pass, PassContext

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


@attrs.frozen
class ReconcileUnrealizedCasts(Pass, name="reconcile-unrealized-casts"):
    """Removes unrealized conversion casts that undo each other or that nobody uses. Source: MLIR, the pass of this name."""

    def run(self, op: Operation, context: PassContext) -> None:
        casts = [inner for inner in op.walk() if inner.name == CAST and inner is not op]
        remaining = cancel_casts(casts)
        context.notes.append(f"{len(casts) - len(remaining)} casts removed, {len(remaining)} remain")
