"""Inlining: a call becomes the body of the function that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from couloir.dialects import cf
from couloir.ir.analysis.calls import Calls
from couloir.ir.analysis.orders import strong_components
from couloir.ir.attributes import UnitAttr
from couloir.ir.builder import insert_at
from couloir.ir.interfaces import CallableOpInterface
from couloir.ir.location import UNKNOWN, CallSiteLoc
from couloir.ir.passes import Pass, PassContext
from couloir.ir.symbols import nearest_table
from couloir.ir.traits import ReturnLike

if TYPE_CHECKING:
    from couloir.ir.location import Location
    from couloir.ir.operation import Block, Operation, Region


@attrs.frozen
class Inline(Pass, name="inline"):
    """Replaces calls by copies of the bodies of the functions, callees before callers.

    Left alone are calls of functions that (by way of others) call themselves, of declarations, and those marked
    `no_inline`; a function of several blocks is not inlined where only one block may be. The functions stay:
    `symbol-dce` removes private ones that nobody calls any more. Source: MLIR, `inline`.
    """

    dialects = ("stablehlo",)
    after = "outline-fusions"

    max_ops: int | None = None
    """The largest function that is inlined, in ops; without it, all are."""
    max_growth: int = 1 << 20
    """How many ops may be added to the program; then calls stay calls."""

    def run(self, op: Operation, context: PassContext) -> None:
        calls = Calls(op)
        inlined = kept = 0
        budget = self.max_growth
        depths: dict[Location, int] = {}
        for function, is_recursive in _callees_first(calls):
            size = sum(1 for _ in function.walk())
            for call in calls.callers.get(function, ()):
                if is_recursive or size > budget or not self._may_inline(call, function, size):
                    kept += 1
                    continue
                budget -= size
                _inline(call, function, depths)
                inlined += 1
        context.notes.append(f"{inlined} calls inlined, {kept} left")

    def _may_inline(self, call: Operation, function: Operation, size: int) -> bool:
        body = _body(function)
        if body is None or (self.max_ops is not None and size > self.max_ops):
            return False
        if any(isinstance(op.stored_attributes.get("no_inline"), UnitAttr) for op in (call, function)):
            return False
        if nearest_table(call) is not nearest_table(function.parent_op or function):
            return False  # the symbols in the body would mean others there
        exits = [block.last_op for block in body.blocks if block.last_op is None or not block.last_op.successors]
        if any(last is None or not last.has_trait(ReturnLike) for last in exits):
            return False
        if body.first_block is body.last_block:
            return True
        around = call.parent_op
        return around is not None and around.has_trait(CallableOpInterface)


def _body(function: Operation) -> Region | None:
    interface = CallableOpInterface.of(function)
    return None if interface is None else interface.callable_region()


def _callees_first(calls: Calls) -> list[tuple[Operation, bool]]:
    """The functions, each after those that it calls, and whether it may be called again while it runs."""
    callees: dict[Operation, dict[Operation, None]] = {function: {} for function in calls.functions}
    for call, callee in calls.callee.items():
        callees.setdefault(calls.caller(call), {})[callee] = None
    found: list[tuple[Operation, bool]] = []
    for component in strong_components(callees):
        for function in component:
            found.append((function, len(component) > 1 or function in callees[function]))
    return found


def _inline(call: Operation, function: Operation, depths: dict[Location, int]) -> None:
    """Puts a copy of a function's body in the place of a call."""
    copy = function.clone()
    body = _body(copy)
    assert body is not None and body.first_block is not None, "only functions with a body are inlined"
    entry = body.first_block
    for inner in copy.walk():
        inner.location = _seen_from(inner.location, call.location, depths)
    for argument, value in zip(entry.arguments, call.operands, strict=True):
        argument.replace_all_uses_with(value)
    if entry is body.last_block:
        last = _move_ops(entry, call)
        call.replace_all_uses_with(last.operands)
        last.erase()
    else:
        _join_blocks(call, body, entry)
    call.erase()


def _move_ops(entry: Block, call: Operation) -> Operation:
    """Moves the ops of a block to before the call; gives the last one."""
    for op in entry.ops:
        op.move_before(call)
    last = call.prev_op
    assert last is not None, "a body has a terminator"
    return last


def _join_blocks(call: Operation, body: Region, entry: Block) -> None:
    """Splits the block of the call, and puts the blocks of the body between the halves."""
    home = call.parent
    assert home is not None and home.parent is not None and call.next_op is not None, "a call is no terminator"
    rest = home.split_before(call.next_op)
    for result in call.results:
        argument = rest.add_argument(result.type, result.name_hint)
        result.replace_all_uses_with(argument)
    _move_ops(entry, call)
    place = home
    with insert_at(None):
        for block in body.blocks:
            if block is not entry:
                home.parent.insert_after(place, block.detach())
                place = block
            last = call.prev_op if block is entry else block.last_op
            assert last is not None, "a body has terminators"
            if not last.successors:
                _replace_return(last, rest)


def _replace_return(last: Operation, rest: Block) -> None:
    branch = cf.Branch(last.operands, dest=rest, loc=last.location)
    block = last.parent
    assert block is not None, "it was found in its block"
    block.insert_before(last, branch)
    last.erase()


MAX_DEPTH: Final = 32
"""How many calls around an op its location names."""


def _seen_from(location: Location, call: Location, depths: dict[Location, int]) -> Location:
    """The place of an op in a function, seen from a call of it."""
    depth = depths.get(location, 0)
    if call is UNKNOWN or depth >= MAX_DEPTH:
        return location
    found = CallSiteLoc(location, call)
    depths[found] = max(depth + 1, depths.get(call, 0) + 1)
    return found
