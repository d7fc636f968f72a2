"""How a rule edits the program, so that the driver knows what happened."""

# The fingerprint of an op reads what the op keeps.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from couloir.ir.builder import InsertionPoint, insert_at
from couloir.ir.constraints import compatible
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, SharedAttributes, Value, as_value
from couloir.ir.text.printer import operation_text
from couloir.ir.traits import IsTerminator, MemoryAllocate, MemoryRead, Pure, RecursiveMemoryEffects
from couloir.ir.types import ShapedType, UnknownShape
from couloir.ir.verify import faults

if TYPE_CHECKING:
    from couloir.ir.location import Location
    from couloir.ir.operation import Block


class _RecordingPoint(InsertionPoint):
    __slots__ = ("rewriter",)

    def __init__(
        self, rewriter: Rewriter, block: Block, before: Operation | None, location: Location | int | None
    ) -> None:
        super().__init__(block, before, location)
        self.rewriter = rewriter

    def insert(self, op: Operation) -> None:
        super().insert(op)
        self.rewriter.inserted(op)


def is_removable(op: Operation) -> bool:
    """Whether nothing but its results speaks for keeping an op: no side effects."""
    if op.has_trait(Pure) or op.has_trait(MemoryRead) or op.has_trait(MemoryAllocate):
        return True
    if not op.has_trait(RecursiveMemoryEffects):
        return False
    return all(
        inner is op or inner.has_trait(RecursiveMemoryEffects) or _is_leaf_removable(inner) for inner in op.walk()
    )


def _is_leaf_removable(op: Operation) -> bool:
    """`is_removable` for an op without regarding its regions; terminators inside a region count as removable with it."""
    return any(op.has_trait(t) for t in (Pure, MemoryRead, MemoryAllocate, IsTerminator))


def is_dead(op: Operation) -> bool:
    """Whether an op can be erased: no result is used, and it has no side effects."""
    for result in op.results:
        if result._user is not None:
            return False
    return bool(op.results) and is_removable(op)


def _declared_otherwise(result: Value[Any], value: Value[Any]) -> str:
    return f"it gives `{value.type}` where `{result.type}` is declared"


class Rewriter:
    """Edits for rules. Ops that a rule builds are inserted before the matched op.

    Use it for every edit but building: the driver then visits what the edit touches. Edits of the matched op itself
    are noticed anyway.
    """

    def __init__(self) -> None:
        self.edits = 0
        """How many edits were made so far."""
        self.touched: list[Operation] = []
        """Ops to visit again."""
        self.new: list[Operation] = []
        self.erased: set[Operation] = set()
        self.explains = True
        """Whether somebody wants to know why an attempt fails."""
        self.on_match: Callable[[Sequence[Operation]], None] | None = None
        """Called with the matched ops, root last, before a rule edits anything."""
        self.matched: Operation | None = None
        """The op at which a rule that is a function has started."""

    # -- what rules call -----------------------------------------------------------------------------------------------------

    def replace(self, op: Operation, *values: Value[Any] | Operation) -> None:
        """Makes the users of each result of `op` take the values instead, and erases it. One op with as many results does, too.

        A rule that is a function does not apply where values for its op say more or less about dimensions than its results do.
        """
        if len(values) == 1 and isinstance(values[0], Operation):
            new = list(values[0].results)
        else:
            new = [as_value(v) for v in values]
        if len(new) != len(op.results):
            raise Error(
                f"`{op.name}` has {len(op.results)} results, but {len(new)} values are to replace them",
                where=op.location.label or None,
            )
        for result, value in zip(op.results, new, strict=True):
            if op is self.matched and value.type is not result.type and compatible(value.type, result.type):
                raise UnknownShape(_declared_otherwise(result, value))
        for result, value in zip(op.results, new, strict=True):
            if value is result:
                raise Error(f"`{op.name}` cannot be replaced by its own result", where=op.location.label or None)
            self.touched.extend(result.users)
            if value.name_hint is None:
                value.name_hint = result.name_hint
            result.replace_all_uses_with(value)
            if value.defining_op is not None:
                self.touched.append(value.defining_op)
        self.erase(op)

    def erase(self, op: Operation) -> None:
        """Erases an op whose results have no uses."""
        definers = [v.defining_op for v in op.operands]
        if op.regions:
            inner = list(op.walk())
            definers += [v.defining_op for o in inner for v in o.operands]
            self.erased.update(inner)
        op.erase()
        self.edits += 1
        self.erased.add(op)
        self.touched.extend(d for d in definers if d is not None and d is not op)

    def changed(self, *ops: Operation) -> None:
        """Says that ops were edited in place, so that they and their users are visited again."""
        self.edits += 1
        for op in ops:
            if op.parent is not None:
                self.touched.append(op)
                for result in op.results:
                    self.touched.extend(result.users)

    def replace_uses(self, old: Value[Any], new: Value[Any] | Operation) -> None:
        """Makes all users of `old` take `new` instead."""
        self.touched.extend(old.users)
        old.replace_all_uses_with(new)
        self.edits += 1

    def inserting_before(self, op: Operation, location: Location | None = None) -> AbstractContextManager[object]:
        """New ops go before `op` inside the `with`."""
        if op.parent is None:
            raise Error(f"`{op.name}` stands in no block")
        return insert_at(_RecordingPoint(self, op.parent, op, location or op._location))

    def inserting_at_end(self, block: Block, location: Location | None = None) -> AbstractContextManager[object]:
        """New ops go to the end of `block` inside the `with`."""
        return insert_at(_RecordingPoint(self, block, None, location))

    def inline_block(self, block: Block, before: Operation, values: Iterable[Value[Any]]) -> None:
        """Moves the ops of `block` to before an op, with `values` for its arguments. The block stays behind, empty."""
        new = list(values)
        if len(new) != len(block.arguments):
            raise Error(f"the block has {len(block.arguments)} arguments, but {len(new)} values are given")
        for argument, value in zip(block.arguments, new, strict=True):
            self.replace_uses(argument, value)
        for op in block.ops:
            op.move_before(before)
            self.touched.append(op)
        self.edits += 1

    # -- what the driver calls -----------------------------------------------------------------------------------------------

    def released(self, operands: Iterable[Value[Any]], op: Operation) -> None:
        """Notes that `op` took these values before an edit: what defines those that it takes no more may be dead."""
        taken = set(op.operands)
        for value in operands:
            if value not in taken and value.defining_op is not None:
                self.touched.append(value.defining_op)

    def inserted(self, op: Operation) -> None:
        """Notes a new op."""
        self.edits += 1
        self.new.append(op)
        self.touched.append(op)

    def erase_dead(self, ops: Iterable[Operation]) -> None:
        """Erases those of `ops` that have become dead, in the order given."""
        for op in ops:
            if op.parent is not None and is_dead(op):
                self.erase(op)

    def undo_insertions(self) -> None:
        """Takes back the ops inserted by an attempt that then declined."""
        for op in reversed(self.new):
            if op.parent is not None and not any(r.has_uses for r in op.results):
                op.erase()
                self.erased.add(op)
            self.edits -= 1
        self.new.clear()

    def only_inserted(self, mark: int) -> bool:
        """Whether all edits since `mark` were insertions."""
        return self.edits - mark == len(self.new)

    def fingerprint(self, op: Operation) -> object:
        """What a rule could change in an op in place; equal before and after means nothing changed."""
        stored = op._attributes
        return (
            tuple(op._operands),
            stored if stored.__class__ is SharedAttributes else dict(stored),
            [r.type for r in op.results],
            tuple(op.successors),
            [len(list(region.blocks)) for region in op.regions] if op.regions else None,
            op.parent,
        )

    def check_replacement(self, rule: str, op: Operation, values: list[Value[Any]]) -> str | None:
        """Raises when what a rule returned cannot take the op's place; what the rule had built is removed.

        A type that only says more or less about the dimensions is no mistake of the rule, but it does not apply then:
        returns the reason. So it does when an op that it built needs to know a size which is not known.
        """
        fault = reason = None
        if len(values) != len(op.results):
            fault = f"the rule {rule} returned {len(values)} values for the {len(op.results)} results of `{op.name}`"
        for result, value in zip(op.results, values, strict=False):
            if value.type is not result.type and compatible(value.type, result.type):
                reason = _declared_otherwise(result, value)
            elif value.type is not result.type:
                fault = f"the rule {rule} returned `{value.type}` where `{op.name}` gives `{result.type}`"
        if fault is not None:
            excerpt = operation_text(op)
            self.undo_insertions()
            raise Error(fault, where=op.location.label or None, excerpt=excerpt)
        return reason or self._need_of_sizes()

    def _need_of_sizes(self) -> str | None:
        """Why a new op whose result has an unknown size may not have it."""
        for made in self.new:
            if any(isinstance(r.type, ShapedType) and not r.type.is_static for r in made.results):
                found = faults(made, limit=1)
                if found:
                    return f"what it makes needs to know a size: {found[0].message}"
        return None

    def take(self) -> list[Operation]:
        """The ops to visit again, and forgets them."""
        touched, self.touched = self.touched, []
        self.new.clear()
        return touched
