"""Traits: facts about all ops of a class. Some bring a check of their own.

A trait is a class, listed in the op's `traits=(Pure, Commutative)`; asking is a set look-up, `op.has_trait(Pure)`.
Names are MLIR's. A new trait is a new subclass of `Trait`; its `verify` yields what is wrong with an op.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from couloir.ir.operation import Operation


class Trait:
    """Base of all traits."""

    @classmethod
    def verify(cls, op: Operation) -> Iterator[str]:
        """Yields one sentence for each way in which `op` breaks the trait."""
        return iter(())


class Pure(Trait):
    """No side effects: it may be removed when unused and merged with an equal one.

    It may be moved to where it would not have run, too, unless it is `ConditionallySpeculatable`.
    """


class Commutative(Trait):
    """The operands may be exchanged. The matcher of rules tries them in either order."""


class Associative(Trait):
    """`f(f(a, b), c)` equals `f(a, f(b, c))` in exact arithmetic."""


class Idempotent(Trait):
    """`f(f(a))` equals `f(a)`; with two operands, `f(a, a)` equals `a`."""


class Involution(Trait):
    """`f(f(a))` equals `a`."""


class Elementwise(Trait):
    """Each element of the results depends on the elements at the same position of the operands only."""


class ConstantLike(Trait):
    """No operands, one result, whose value is the attribute `value`."""

    @classmethod
    def verify(cls, op: Operation) -> Iterator[str]:
        if op.operands or len(op.results) != 1:
            yield "a constant has no operands and one result"


class IsTerminator(Trait):
    """Ends its block."""

    @classmethod
    def verify(cls, op: Operation) -> Iterator[str]:
        if op.parent is not None and op.next_op is not None:
            yield f"a terminator stands at the end of its block, but `{op.next_op.name}` follows it"


class ReturnLike(Trait):
    """Gives its operands to the op around it."""


class NoTerminator(Trait):
    """The blocks of its regions need no terminator."""


class SingleBlock(Trait):
    """Each of its regions has at most one block."""

    @classmethod
    def verify(cls, op: Operation) -> Iterator[str]:
        for number, region in enumerate(op.regions):
            if region.first_block is not region.last_block:
                yield f"region {number} has several blocks where one is allowed"


class IsolatedFromAbove(Trait):
    """The ops inside use no values from outside. (The verifier checks it together with dominance.)"""


class GraphRegion(Trait):
    """The order of the ops inside does not matter: a value may be used before it is defined."""


class SymbolTable(Trait):
    """Holds symbols: the ops inside with a `sym_name` have different names. (Checked by the verifier.)"""


class Symbol(Trait):
    """Has a name, `sym_name`, by which others refer to it."""


class SameVariadicOperandSize(Trait):
    """Its variadic operands have as many values each, so that no `operandSegmentSizes` are stored."""


class RecursiveMemoryEffects(Trait):
    """Has the side effects of the ops inside it, and no others."""


class MemoryAllocate(Trait):
    """Its effect is that it makes a buffer: without uses it may be removed."""


class MemoryFree(Trait):
    """Frees the buffer that it takes."""


class MemoryRead(Trait):
    """Reads memory and does nothing else: without uses it may be removed, but not moved across a write."""


class MemoryWrite(Trait):
    """Writes memory: never removed for want of uses."""


class AffineScope(Trait):
    """Its block arguments and the top-level values of its regions are symbols of affine expressions."""
