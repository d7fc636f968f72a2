"""What ops do to memory, and which of them may be moved. Told by their traits."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from couloir.ir.interfaces import ConditionallySpeculatable
from couloir.ir.traits import (
    IsTerminator,
    MemoryAllocate,
    MemoryFree,
    MemoryRead,
    MemoryWrite,
    Pure,
    RecursiveMemoryEffects,
)

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.traits import Trait


class Effect(enum.Flag):
    """What an op may do besides giving results."""

    NONE = 0
    READ = 1
    WRITE = 2
    ALLOCATE = 4
    FREE = 8
    UNKNOWN = 16
    """Anything: it calls, stops the program, or says nothing about itself."""

    @property
    def changes_memory(self) -> bool:
        """Whether what is read afterwards may differ from what was read before."""
        return bool(self & (Effect.WRITE | Effect.FREE | Effect.UNKNOWN))


_OF_TRAITS: dict[type[Trait], Effect] = {
    MemoryRead: Effect.READ,
    MemoryWrite: Effect.WRITE,
    MemoryAllocate: Effect.ALLOCATE,
    MemoryFree: Effect.FREE,
}
_SILENT = frozenset({Pure, IsTerminator, RecursiveMemoryEffects})


def own_effects(op: Operation) -> Effect:
    """The effects of an op without those of the ops inside it."""
    found = Effect.NONE
    for trait, effect in _OF_TRAITS.items():
        if trait in op.traits:
            found |= effect
    return found if found or op.traits & _SILENT else Effect.UNKNOWN


def effects(op: Operation) -> Effect:
    """The effects of an op and of all ops inside it.

    What a region that only describes a computation contains (the body of a function) counts as well: ask about the ops
    that run.
    """
    if not op.regions:
        return own_effects(op)
    found = Effect.NONE
    for inner in op.walk():
        found |= own_effects(inner)
    return found


def is_speculatable(op: Operation) -> bool:
    """Whether an op may run where it would not have run: no effects, defined for all operands, and it comes to an end."""
    for inner in op.walk() if op.regions else (op,):
        condition = ConditionallySpeculatable.of(inner)
        if condition is not None and not condition.is_speculatable():
            return False
        if own_effects(inner) or (inner is op and op.has_trait(IsTerminator)):
            return False
        if any(region.first_block is not region.last_block for region in inner.regions):
            return False  # its blocks may form a loop that does not end
    return True
