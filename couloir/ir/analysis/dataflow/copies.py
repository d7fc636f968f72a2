"""Which values are always the same as another one, also where they are carried round loops and between blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from couloir.ir.analysis.dataflow.forward import SparseForward
from couloir.ir.analysis.dataflow.lattice import FlatLattice
from couloir.ir.interfaces import RegionBranchOpInterface
from couloir.ir.operation import Block

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Region, Value


class _Copies(FlatLattice):
    name = "copies"


class CopyValues(SparseForward[Any]):
    """The fact about a value is the value that it is a copy of, itself for one that is computed; `FlatLattice.TOP` for one
    that may be several, and None for one that is never computed.

    It can stand in the place of its copies: a value from inside a region is not what comes out of the region.
    """

    lattice = _Copies()
    interprocedural = False

    def transfer(self, op: Operation, operands: Sequence[Any]) -> Sequence[Any]:
        return op.results

    def boundary(self, value: Value[Any]) -> Any:
        return value

    def made(self, op: Operation, value: Value[Any], operands: Sequence[Any]) -> Any:
        return value

    def passed(
        self,
        source: Operation,
        target: Block | Region | None,
        value: Value[Any],
        fact: Any,
        fact_of: Callable[[Value[Any]], Any],
    ) -> Any:
        original: Value[Any] | None = value if fact is FlatLattice.TOP else fact
        if isinstance(target, Block) or original is None:
            return original
        op = source if source.has_trait(RegionBranchOpInterface) else source.parent_op
        return original if op is not None and _is_outside(original, op) else FlatLattice.TOP


def _is_outside(value: Value[Any], op: Operation) -> bool:
    """Whether a value is not defined inside `op`."""
    block = value.parent_block
    while block is not None and block is not op.parent:
        around = block.parent_op
        if around is op:
            return False
        block = None if around is None else around.parent
    return True
