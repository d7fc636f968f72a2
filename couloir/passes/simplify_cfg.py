"""Simplification of the blocks of a region and the jumps between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from couloir.dialects import arith, cf
from couloir.ir.analysis.dominance import reverse_postorder
from couloir.ir.builder import before
from couloir.ir.interfaces import BranchOpInterface
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.guards import constant_attribute

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Region, Value


@attrs.frozen
class SimplifyCfg(Pass, name="simplify-cfg"):
    """Brings blocks and jumps into their simplest form.

    Jumps that can only go one way become `cf.br`; blocks that control never reaches go; a block joins its only
    predecessor; jumps to a block that only jumps on go where that does; block arguments that are always the same value,
    or the same as another argument, or are not used, go.
    """

    def run(self, op: Operation, context: PassContext) -> None:
        before_it = after_it = 0
        for inner in list(op.walk_postorder()):
            for region in inner.regions:
                if region.first_block is not region.last_block:
                    before_it += sum(1 for _ in region.blocks)
                    simplify_region(region)
                    after_it += sum(1 for _ in region.blocks)
        context.notes.append(f"{before_it - after_it} of {before_it} blocks removed")


def simplify_region(region: Region) -> bool:
    """Simplifies the blocks of one region until nothing changes; tells whether anything did."""
    changed = False
    while True:
        once = _fold_branches(region)
        once = _remove_unreachable(region) or once
        once = _merge_blocks(region) or once
        once = _skip_empty_blocks(region) or once
        once = _simplify_arguments(region) or once
        if not once:
            return changed
        changed = True


# -- what the branches of cf have in common ------------------------------------------------------------------------------------


def _passed(branch: Operation, number: int) -> list[Value[Any]]:
    """The values that a branch passes to its successor `number`."""
    interface = BranchOpInterface.of(branch)
    assert interface is not None, "only branches are asked"
    return [branch.operands[index] for index in interface.successor_operands(number)]


#: For each block the branches that lead to it, with their successor numbers.
Edges: TypeAlias = "dict[Block, list[tuple[Operation, int]]]"


def edges_into(region: Region) -> Edges | None:
    """For each block the branches that lead to it, with their successor numbers; None when one of them is not of cf."""
    found: Edges = {block: [] for block in region.blocks}
    for block in region.blocks:
        last = block.last_op
        for number, target in enumerate(last.successors if last is not None else ()):
            if not isinstance(last, cf.Branch | cf.CondBranch | cf.Switch):
                return None
            found[target].append((last, number))
    return found


def _rebuild(branch: Operation, targets: Sequence[tuple[Block, Sequence[Value[Any]]]]) -> Operation:
    """Puts a branch that goes to other blocks, or passes other values, in the place of one."""
    with before(branch):
        match branch:
            case cf.CondBranch():
                (then, values), (otherwise, others) = targets
                new: Operation = cf.CondBranch(
                    branch.condition, values, others, branch.branch_weights, true_dest=then, false_dest=otherwise
                )
            case cf.Switch():
                cases = [(n, *target) for (n, _, _), target in zip(branch.cases, targets[1:], strict=True)]
                new = cf.Switch.build(branch.flag, targets[0], cases)
            case _:
                ((block, values),) = targets
                new = cf.Branch(values, dest=block)
    for key, value in branch.stored_attributes.items():
        new.attributes.setdefault(key, value)
    branch.erase()
    return new


def _targets(branch: Operation) -> list[tuple[Block, Sequence[Value[Any]]]]:
    return [(block, _passed(branch, number)) for number, block in enumerate(branch.successors)]


def _go_to(branch: Operation, block: Block, values: Sequence[Value[Any]]) -> None:
    """Replaces a branch by a jump."""
    with before(branch):
        cf.Branch(values, dest=block)
    branch.erase()


# -- the simplifications -------------------------------------------------------------------------------------------------------


def _fold_branches(region: Region) -> bool:
    """Branches that can only go one way become jumps."""
    changed = False
    for block in region.blocks:
        last = block.last_op
        if not isinstance(last, cf.CondBranch | cf.Switch):
            continue
        known = last.known_successors([*map(constant_attribute, last.operands)])
        targets = _targets(last)
        first, values = targets[0]
        if len(known) == 1:
            _go_to(last, *targets[known[0]])
            changed = True
        elif all(target is first and list(others) == list(values) for target, others in targets):
            _go_to(last, first, values)
            changed = True
        elif isinstance(last, cf.CondBranch) and last.false_dest is first:
            with before(last):
                chosen = [
                    a if a is b else arith.Select(last.condition, a, b).result
                    for a, b in zip(values, last.false_dest_operands, strict=True)
                ]
            _go_to(last, first, chosen)
            changed = True
    return changed


def _remove_unreachable(region: Region) -> bool:
    reachable = set(reverse_postorder(region))
    doomed = [block for block in region.blocks if block not in reachable]
    for block in doomed:  # they may use each other's values
        for op in block.ops:
            op.drop_references()
    for block in doomed:
        block.detach()
    return bool(doomed)


def _merge_blocks(region: Region) -> bool:
    """A block whose only way in is a jump joins the block with that jump."""
    edges = edges_into(region)
    if edges is None:
        return False
    changed = False
    for block in list(region.blocks):
        if len(edges[block]) != 1:
            continue
        ((jump, _),) = edges[block]
        home = jump.parent
        if not isinstance(jump, cf.Branch) or home is None:
            continue
        for argument, value in zip(block.arguments, jump.operands, strict=True):
            if value.name_hint is None:
                value.name_hint = argument.name_hint
            argument.replace_all_uses_with(value)
        jump.erase()
        for op in block.ops:
            home.append(op.detach())
        block.detach()
        changed = True
    return changed


def _skip_empty_blocks(region: Region) -> bool:
    """Jumps to a block that does nothing but jump on go where that leads to."""
    edges = edges_into(region)
    if edges is None:
        return False
    through: dict[Block, tuple[Block, list[Value[Any]]]] = {}
    for block in region.blocks:
        jump = block.first_op
        if isinstance(jump, cf.Branch):
            own_uses_only = all(user is jump for argument in block.arguments for user in argument.users)
            if own_uses_only:
                through[block] = (jump.dest, list(jump.operands))
    changed = False
    for block in region.blocks:
        last = block.last_op
        if last is None or not any(target in through for target in last.successors) or block in through:
            continue
        targets = [_follow(target, values, through) for target, values in _targets(last)]
        if any(old is not new for old, (new, _) in zip(last.successors, targets, strict=True)):
            _rebuild(last, targets)
            changed = True
    return changed


def _follow(
    block: Block, values: Sequence[Value[Any]], through: dict[Block, tuple[Block, list[Value[Any]]]]
) -> tuple[Block, list[Value[Any]]]:
    """Where a jump ends that goes on through blocks that only jump on; where it goes when that is an endless round."""
    place, passed = block, list(values)
    seen: set[Block] = set()
    while place in through:
        if place in seen:
            return block, list(values)
        seen.add(place)
        given: dict[Value[Any], Value[Any]] = dict(zip(place.arguments, passed, strict=True))
        place, forwarded = through[place]
        passed = [given.get(value, value) for value in forwarded]
    return place, passed


def _simplify_arguments(region: Region) -> bool:
    """Arguments that are always one value, that equal another one, or that nobody needs, go."""
    edges = edges_into(region)
    if edges is None:
        return False
    changed = False
    for block in region.blocks:
        if not block.arguments or not edges[block]:
            continue
        incoming = [_passed(branch, number) for branch, number in edges[block]]
        doomed: set[int] = set()
        known: dict[object, Value[Any]] = {}
        for index, argument in enumerate(block.arguments):
            values = [passed[index] for passed in incoming]
            others = dict.fromkeys(value for value in values if value is not argument)
            key = tuple([0 if value is argument else id(value) for value in values])
            if len(others) == 1:
                replacement: Value[Any] | None = next(iter(others))
            elif key in known:
                replacement = known[key]
            elif _is_unused(argument, edges[block], index):
                replacement = None
            else:
                known[key] = argument
                continue
            doomed.add(index)
            if replacement is not None:
                argument.replace_all_uses_with(replacement)
        if doomed:
            drop_arguments(block, edges, doomed)
            block.erase_arguments(doomed)
            changed = True
    return changed


def _is_unused(argument: Value[Any], edges: Sequence[tuple[Operation, int]], index: int) -> bool:
    """Whether an argument is only passed to itself."""
    allowed = {(branch, BranchOpInterface.of(branch).successor_operands(number)[index]) for branch, number in edges}  # pyright: ignore[reportOptionalMemberAccess] -- they are branches
    return all((user, operand) in allowed for user, operand in argument.uses)


def drop_arguments(block: Block, edges: Edges, doomed: set[int]) -> None:
    """Takes away what is passed to some arguments of a block; the arguments themselves are left."""
    for branch in dict.fromkeys(branch for branch, _ in edges[block]):
        new = _rebuild(
            branch,
            [
                (target, [v for i, v in enumerate(values) if target is not block or i not in doomed])
                for target, values in _targets(branch)
            ],
        )
        for target in dict.fromkeys(new.successors):
            edges[target] = [(new if other is branch else other, number) for other, number in edges[target]]
