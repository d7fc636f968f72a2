"""What is known before a program runs: the steps of every block, when values die, and which symbol is which op."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from couloir.backends.numpy.meanings import Meaning, custom_call_targets, meaning_of
from couloir.ir.attributes import StringAttr, SymbolRefAttr
from couloir.ir.errors import Error, nearest
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.symbols import lookup, lookup_or_raise, nearest_table, references, symbols_in


@attrs.frozen(eq=False)
class Step:
    """An op of a block, what it means, and the values that nobody needs after it."""

    op: Operation
    function: Meaning
    operands: Sequence[Value[Any]]
    dead: list[Value[Any]] = attrs.field(factory=list)


class Plan:
    """The steps of the blocks inside an op and inside all functions that it refers to.

    Raises:
        Error: when ops have no meaning; it names all of them.
    """

    def __init__(self, root: Operation, *, runs_root: bool) -> None:
        """`runs_root` says that the op itself is run, and not, as of a function, only its body."""
        self._blocks: dict[Block, list[Step]] = {}
        self._symbols: dict[tuple[Operation, SymbolRefAttr], Operation] = {}
        self._tables: dict[Operation, dict[str, Operation]] = {}
        missing: list[Operation] = [root] if runs_root and meaning_of(root) is None else []
        pending, seen = [root], {root}
        while pending:
            for target in self._add(pending.pop(), missing):
                if target in seen:
                    continue
                seen.add(target)
                if target.regions:
                    pending.append(target)
                elif meaning_of(target) is None:
                    missing.append(target)
        if missing:
            raise _without_meaning(missing)

    def steps(self, block: Block) -> list[Step]:
        """The steps of a block, in order."""
        return self._blocks[block]

    def symbol(self, op: Operation, name: str | SymbolRefAttr) -> Operation:
        """What a symbol means at an op. Raises `couloir.Error` when it means nothing."""
        reference = name if isinstance(name, SymbolRefAttr) else SymbolRefAttr(name)
        return self._symbols.get((op, reference)) or lookup_or_raise(op, reference)

    def _add(self, root: Operation, missing: list[Operation]) -> Iterator[Operation]:
        """Plans the blocks inside `root`, and gives the symbols that its ops refer to."""
        table = nearest_table(root)
        current: dict[Block | None, Step] = {}
        last: dict[Value[Any], Step] = {}
        for op in root.walk():
            if op is not root:
                function = meaning_of(op)
                if function is None:
                    missing.append(op)
                    continue
                step = current[op.parent] = Step(op, function, tuple(op.operands))
                assert op.parent is not None, "inside the root"
                self._blocks.setdefault(op.parent, []).append(step)
                last.update(dict.fromkeys(op.results, step))
            for value in op.operands:
                around = current.get(value.parent_block)  # the step, in the value's own block, that holds this use
                if around is not None:
                    last[value] = around
            yield from self._referred(op, table)
        for value, step in last.items():
            if _is_alone(value.parent_block):  # where blocks branch, later is not further down
                step.dead.append(value)

    def _referred(self, op: Operation, table: Operation | None) -> Iterator[Operation]:
        for attribute in op.attributes.values():
            for reference in references(attribute):
                found = None
                if table is not None and not reference.nested:
                    if table not in self._tables:
                        self._tables[table] = symbols_in(table)
                    found = self._tables[table].get(reference.root)
                found = found or lookup(op, reference)
                if found is not None:
                    self._symbols[op, reference] = found
                    yield found


def _is_alone(block: Block | None) -> bool:
    return block is not None and block.is_entry and block.next_block is None


def _family(target: str) -> str:
    """A target, or how those of one library are called."""
    library = next((name for name in ("lapack_", "cusolver_", "hipsolver_") if target.startswith(name)), None)
    return target if library is None else f"{library}*"


def _without_meaning(ops: Sequence[Operation]) -> Error:
    """One error for all ops that cannot be run, by name, with the place of the first of each."""
    by_name: dict[str, list[Operation]] = {}
    for op in ops:
        target = op.attributes.get("call_target_name")
        name = f"{op.name} @{target.value}" if isinstance(target, StringAttr) else op.name
        by_name.setdefault(name, []).append(op)
    notes = [
        f"`{name}`: {len(same)} of them" + (f", first at {same[0].location.label}" if same[0].location.label else "")
        for name, same in sorted(by_name.items())
    ]
    unknown = {target.value for op in ops if isinstance(target := op.attributes.get("call_target_name"), StringAttr)}
    if unknown:
        known = custom_call_targets()
        notes += [f"`@{target}`: {near}" for target in sorted(unknown) if (near := nearest(target, known))]
        families = sorted({_family(target) for target in known})
        notes.append("known targets: " + ", ".join(f"@{name}" for name in families))
        hint = 'say what a target means: decorate a function with `@couloir.backends.numpy.custom_call("target")`'
    else:
        hint = "lower them first, or say what they mean: decorate a function with `@couloir.backends.numpy.meaning(Op)`"
    return Error(
        f"{len(ops)} op{'s have' if len(ops) > 1 else ' has'} no meaning in the NumPy back end: "
        + ", ".join(f"`{name}`" for name in sorted(by_name)),
        notes=notes,
        hint=hint,
    )
