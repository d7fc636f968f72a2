"""The pass that applies the canonicalization rules and folds constants, until nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.passes import Pass, PassContext
from couloir.passes.canonicalization.arith_equations import ARITH_RULES
from couloir.passes.canonicalization.hlo_rules import HLO_RULES
from couloir.passes.constant_folding import FoldConstants

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

RULES: Final = (*HLO_RULES, *ARITH_RULES)


@attrs.frozen
class Canonicalize(Pass, name="canonicalize"):
    """Brings a program into its simplest form: rules, constant folding, removal of dead ops."""

    max_elements: int = 1 << 16
    """As for `constant-folding`."""
    fold: bool = True
    """Whether constants are folded."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, (FoldConstants(self.max_elements), *RULES) if self.fold else RULES)
