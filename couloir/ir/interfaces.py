"""Interfaces: what analyses and generic passes ask of ops whose dialect they do not know.

An interface is a trait that promises methods. An op class lists it and defines them:

    class Branch(Operation, name="cf.br", traits=(IsTerminator, Pure, BranchOpInterface)):
        def successor_operands(self, number): return range(len(self.operands))
        def known_successors(self, constants): return (0,)

`BranchOpInterface.of(op)` gives the op by its interface, or None. Names are MLIR's.

Where a method takes `constants`, it is told what is known: for each operand of the op in question the attribute of its
constant value, or None. All of them may be None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from couloir.ir.attributes import DenseElementsAttr, IntegerAttr
from couloir.ir.traits import Trait

if TYPE_CHECKING:
    from typing import Self

    from couloir.ir.attribute import Attribute
    from couloir.ir.attributes import SymbolRefAttr
    from couloir.ir.operation import Operation, Region, Value

#: What is known of the operands of an op: the constant's attribute, or None.
Constants: TypeAlias = "Sequence[Attribute | None]"


class Interface(Trait):
    """Base of the interfaces."""

    @classmethod
    def of(cls, op: Operation) -> Self | None:
        """The op by this interface; None when it does not have it."""
        return cast("Self", op) if op.has_trait(cls) else None


class BranchOpInterface(Interface):
    """A terminator that goes on with one of its successors and passes operands to that block's arguments."""

    def successor_operands(self, number: int) -> range:
        """The numbers of the operands that go to the arguments of successor `number`."""
        raise NotImplementedError

    def known_successors(self, constants: Constants) -> Sequence[int]:
        """The numbers of the successors that may be taken; all of them as long as too little is known."""
        raise NotImplementedError


class RegionEdge(NamedTuple):
    """A way that control may take into a region, out of it, or past it, with the values that go along."""

    region: Region | None
    """The region that is entered; None: the op is done, and the values are its results."""
    inputs: Sequence[Value[Any]]
    """What receives the values: arguments of the region's entry block, or results of the op."""
    values: Sequence[Value[Any]]
    """What is passed, one value for each input."""
    first: int | None = None
    """The number of the first of `values` among the operands of the op that passes them (the region op or the
    terminator); None when they are passed without being operands."""


class RegionBranchOpInterface(Interface):
    """An op that runs its own regions, in an order that its edges tell.

    Arguments of entry blocks and results that no edge gives a value are made by the op itself (loop variables). The
    others may be taken away by a pass, together with all operands that are passed to them.
    """

    def entry_edges(self, constants: Constants) -> Sequence[RegionEdge]:
        """The ways on from the op itself; `constants` are those of its operands."""
        raise NotImplementedError

    def exit_edges(self, terminator: Operation, constants: Constants) -> Sequence[RegionEdge]:
        """The ways on from a terminator of one of its regions; `constants` are those of the terminator's operands."""
        raise NotImplementedError


class LoopLikeOpInterface(Interface):
    """An op that runs regions again and again."""

    def loop_regions(self) -> Sequence[Region]:
        """The regions that are repeated."""
        raise NotImplementedError

    def static_trip_count(self) -> int | None:
        """How often the regions run, where the op itself tells; None otherwise."""
        raise NotImplementedError


class CallOpInterface(Interface):
    """Calls a function with all its operands; what that returns are its results."""

    def callee_symbol(self) -> SymbolRefAttr:
        """The name of the function."""
        raise NotImplementedError


class CallableOpInterface(Interface):
    """A function: its region runs when it is called; the operands of its `ReturnLike` terminators are the results."""

    def callable_region(self) -> Region | None:
        """The body; None for a declaration."""
        raise NotImplementedError


class ConditionallySpeculatable(Interface):
    """May be undefined, or never come to an end, for some operands: it is moved only where `is_speculatable` says so."""

    def is_speculatable(self) -> bool:
        """Whether it may run where the program would not have run it."""
        raise NotImplementedError


def iterations(lower: int, upper: int, step: int) -> int:
    """How often a loop runs from `lower` up to but without `upper`, in steps of `step` > 0. (`len(range(...))` has a limit.)"""
    return max(0, -((lower - upper) // step))


def as_integer(constant: Attribute | None) -> int | None:
    """The number of an integer constant, of one element of any rank; None for anything else."""
    if isinstance(constant, IntegerAttr):
        return constant.value
    if isinstance(constant, DenseElementsAttr) and constant.array.size == 1 and constant.array.dtype.kind in "biu":
        return int(constant.array.reshape(-1)[0])
    return None
