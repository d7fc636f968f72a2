"""The pass that applies the canonicalization rules and folds constants, until nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from couloir.ir.passes import Pass, PassContext
from couloir.passes.canonicalization.arith_equations import ARITH_RULES
from couloir.passes.canonicalization.hlo_rules import HLO_RULES
from couloir.passes.constant_folding import ConstantFolding
from couloir.passes.dce import Dce

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

RULES = (*HLO_RULES, *ARITH_RULES)
MAX_ROUNDS = 10


@attrs.frozen
class Canonicalize(Pass, name="canonicalize"):
    """Brings a program into its simplest form: rules, constant folding, removal of dead ops."""

    max_elements: int = 1 << 16
    """As for `constant-folding`."""
    fold: bool = True
    """Whether constants are folded."""

    def run(self, op: Operation, context: PassContext) -> None:
        for _ in range(MAX_ROUNDS):
            outcome = context.apply(op, RULES)
            before = len(context.notes)
            if self.fold:
                ConstantFolding(max_elements=self.max_elements).run(op, context)
            Dce().run(op, context)
            notes = context.notes[before:]
            del context.notes[before:]
            if not outcome.changed and all(note.startswith("0 ") for note in notes):
                return
