"""Sparse conditional constant propagation: values that are constants on every way that control may take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from couloir.ir.analysis.dataflow.constants import ConstantValues
from couloir.ir.attribute import Attribute
from couloir.ir.builder import at_start, before
from couloir.ir.interfaces import CallableOpInterface
from couloir.ir.operation import BlockArgument, Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.traits import ConstantLike
from couloir.passes.folding import fold_op, materialize

if TYPE_CHECKING:
    from couloir.ir.operation import Value


@attrs.frozen
class Sccp(Pass, name="sccp"):
    """Replaces values by constants, also where only the ways that control really takes make them so.

    It looks through blocks, regions and calls of private functions at once. Conditions that become constants are left
    to `simplify-cfg` and `canonicalize-regions`. Source: MLIR, `sccp`.
    """

    dialects = ("scf", "arith")

    max_elements: int = 1 << 16
    """Tensors with more elements are not computed."""

    def run(self, op: Operation, context: PassContext) -> None:
        def fold(inner: Operation, constants: Sequence[Attribute | None]) -> Sequence[Attribute | None] | None:
            return fold_op(inner, constants, max_elements=self.max_elements)

        facts = ConstantValues(fold).run(op)
        known: list[tuple[Value[Any], Attribute]] = []
        for inner in op.walk():
            values: list[Value[Any]] = [] if inner is op or inner.has_trait(ConstantLike) else list(inner.results)
            for region in inner.regions:
                values += [argument for block in region.blocks for argument in block.arguments]
            for value in values:
                fact = facts[value]
                if value.has_uses and isinstance(fact, Attribute) and getattr(fact, "type", None) is value.type:
                    known.append((value, fact))
        replaced = sum(replace_by_constant(value, constant) for value, constant in known)
        context.notes.append(f"{replaced} values are constants")


def replace_by_constant(value: Value[Any], constant: Attribute) -> bool:
    """Puts a constant where a value is defined, for all its users."""
    if isinstance(value, BlockArgument):
        with at_start(value.owner):
            made = materialize(constant, _dialect_of_users(value))
    else:
        definer = value.defining_op
        assert definer is not None, "it is the result of an op"
        with before(definer):
            made = materialize(constant, definer.name.partition(".")[0])
    if made is None:
        return False
    made.results[0].name_hint = value.name_hint
    value.replace_all_uses_with(made)
    owner = value.defining_op
    if owner is not None and is_dead(owner):
        owner.erase()
    return True


def _dialect_of_users(value: BlockArgument[Any]) -> str:
    """The dialect in which the constant for an argument should be: that of the first op that computes with it."""
    around = value.owner.parent_op
    users = [user.name.partition(".")[0] for user in value.users]
    if around is not None and not around.has_trait(CallableOpInterface):
        users.append(around.name.partition(".")[0])
    return next((name for name in users if name in ("stablehlo", "arith", "math")), "stablehlo")
