"""The pass that applies the canonicalization rules and folds constants, until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.operation import UnregisteredOp
from couloir.ir.passes import Pass, PassContext
from couloir.passes.constant_folding import FoldConstants

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting import Rewrite, Rule

RULES: Final[dict[str, str]] = {
    "arith": "couloir.passes.simplification.arith:RULES",
    "stablehlo": "couloir.passes.canonicalization.hlo_rules:HLO_RULES",
}
"""Where the rules for the ops of a dialect are: `module:name`. They are loaded when a program has such ops."""


def canonicalization_rules(dialects: Iterable[str]) -> list[type[Rule] | Rewrite]:
    """The rules for the ops of these dialects."""
    found: list[type[Rule] | Rewrite] = []
    for dialect, place in RULES.items():
        if dialect in dialects:
            module, _, name = place.partition(":")
            found += getattr(import_module(module), name)
    return found


@attrs.frozen
class Canonicalize(Pass, name="canonicalize"):
    """Brings a program into its simplest form: rules, constant folding, removal of dead ops."""

    dialects = ("stablehlo", "arith")

    max_elements: int = 1 << 16
    """As for `constant-folding`."""
    fold: bool = True
    """Whether constants are folded."""

    def run(self, op: Operation, context: PassContext) -> None:
        classes = {inner.__class__ for inner in op.walk()} - {UnregisteredOp}
        rules = canonicalization_rules({cls.name.partition(".")[0] for cls in classes})
        context.apply(op, [FoldConstants(self.max_elements), *rules] if self.fold else rules)
