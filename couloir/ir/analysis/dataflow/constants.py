"""Which values are constants, on the ways that control may take: sparse conditional constant propagation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from couloir.ir.analysis.dataflow.forward import SparseForward
from couloir.ir.analysis.dataflow.lattice import FlatLattice
from couloir.ir.attribute import Attribute
from couloir.ir.traits import ConstantLike

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

#: `fold(op, constants)`: the constant attributes of the results, given those of the operands; None where there is none.
Fold: TypeAlias = "Callable[[Operation, Sequence[Attribute | None]], Sequence[Attribute | None] | None]"


class _Constants(FlatLattice):
    name = "constants"


class ConstantValues(SparseForward[Any]):
    """The fact about a value is its constant attribute, `FlatLattice.TOP`, or None when it is never computed."""

    lattice = _Constants()

    def __init__(self, fold: Fold) -> None:
        self._fold = fold

    def transfer(self, op: Operation, operands: Sequence[Any]) -> Sequence[Any] | None:
        if op.has_trait(ConstantLike):
            value = op.stored_attributes.get("value")
            return None if value is None else [value]
        found = self._fold(op, [self.constant(fact) for fact in operands])
        return None if found is None else [FlatLattice.TOP if fact is None else fact for fact in found]

    def constant(self, fact: Any) -> Attribute | None:
        return fact if isinstance(fact, Attribute) else None
