"""Constant folding: an op whose operands are constants becomes a constant, by the NumPy backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Miss, Rewrite, Rewriter
from couloir.ir.rewriting.rule import ANY_OP, register
from couloir.ir.traits import ConstantLike

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

_NOT_CONSTANT: Final = Miss("an operand is not a constant")


@attrs.frozen
class ConstantFolding(Pass, name="constant-folding"):
    """Computes ops of constants now, once, instead of in each run."""

    dialects = ("stablehlo", "arith")

    max_elements: int = 1 << 16
    """The largest result that may be bigger than all operands together: `broadcast(0)` stays an op."""
    max_bytes: int = 1 << 30
    """The largest result at all."""

    def run(self, op: Operation, context: PassContext) -> None:
        outcome = context.apply(op, (FoldConstants(self.max_elements, self.max_bytes),), erase_dead=False)
        context.notes.append(f"{outcome.applications} ops folded")


@attrs.frozen
class FoldConstants(Rewrite):
    """The rule behind the pass, which other passes apply together with theirs."""

    max_elements: int = 1 << 16
    """As for `constant-folding`."""
    max_bytes: int = 1 << 30
    """As for `constant-folding`."""
    name: str = attrs.field(default="fold_constants", init=False)
    summary: str = attrs.field(default="f(constants)  =>  constant", init=False)
    roots: tuple[type[Operation], ...] = attrs.field(default=(ANY_OP,), init=False)

    def attempt(self, op: Operation, rewriter: Rewriter) -> Miss | None:
        """Folds one op if it can be."""
        for value in op.operands:
            definer = value.defining_op
            if definer is None or ConstantLike not in definer.traits:
                return _NOT_CONSTANT
        if not op.operands:
            return _NOT_CONSTANT
        if rewriter.on_match is not None:
            rewriter.on_match((op,))
        from couloir.passes.folding import fold  # the NumPy backend is loaded when there is something to compute

        reason = fold(op, rewriter, max_elements=self.max_elements, max_bytes=self.max_bytes)
        return None if reason is None else Miss(reason, 1, op)


register(FoldConstants())  # its name is known: `couloir why-not fold_constants`
