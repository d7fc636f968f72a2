"""The names of values and blocks in a text: `%0`, `%arg1`, `%2#1`, `^bb3`, numbered as MLIR numbers them.

A region's values are numbered when it is entered and forgotten when it is left. Numbers in a nested region follow
those of the whole region around it, and regions side by side use the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region, Value

UNKNOWN_VALUE: Final = "<<UNKNOWN SSA VALUE>>"
NULL_VALUE: Final = "<<NULL VALUE>>"
UNKNOWN_BLOCK: Final = "<<UNKNOWN BLOCK>>"
NULL_BLOCK: Final = "<<NULL BLOCK>>"

Counters: TypeAlias = "tuple[int, int]"
"""The next number of a value and of an entry block's argument."""

NUMBERED: Final = re.compile(r"(?:arg)?[0-9]+")
"""The names that values have by their place, which are no hints."""

_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9_$.-]")


def legal_hint(hint: str | None) -> str | None:
    """A hint as it may stand after `%`; None when there is none, or when it is a name by place."""
    legal = _ILLEGAL.sub("_", hint or "")
    if not legal or NUMBERED.fullmatch(legal):
        return None
    return "_" + legal if legal[0].isdigit() else legal


class Names:
    """The names in the regions that are entered. `values` maps each value to its name, with `%`."""

    __slots__ = ("_blocks", "_given", "_reserved", "_use_hints", "_used", "values")

    def __init__(self, *, use_hints: bool = False) -> None:
        self.values: dict[Value[Any], str] = {}
        self._blocks: dict[Block, str] = {}
        self._use_hints = use_hints
        self._used: dict[str, int] = {}
        self._given: list[str] = []
        self._reserved: dict[Region, list[str]] = {}

    # -- asking

    def value(self, value: Value[Any] | None) -> str:
        """The name of a value; a mark if it has none here."""
        return self.values.get(value, UNKNOWN_VALUE) if value is not None else NULL_VALUE

    def block(self, block: Block | None) -> str:
        """The name of a block; a mark if it has none here."""
        return self._blocks.get(block, UNKNOWN_BLOCK) if block is not None else NULL_BLOCK

    def results(self, results: Sequence[Value[Any]]) -> str:
        """What stands in front of an op: `%0 = `, `%0:2 = ` or, by their hints, `%values, %indices = `."""
        first = self.value(results[0])
        if len(results) == 1:
            return first + " = "
        if not self._use_hints:
            return f"{first.partition('#')[0]}:{len(results)} = "
        sizes: dict[str, int] = {}
        for result in results:
            base = self.value(result).partition("#")[0]
            sizes[base] = sizes.get(base, 0) + 1
        return ", ".join([base if size == 1 else f"{base}:{size}" for base, size in sizes.items()]) + " = "

    # -- naming

    def enter_scope_of(self, op: Operation) -> Counters:
        """Names what is visible around `op`, out to the nearest op that is isolated from above; and `op`'s results."""
        path: list[Region] = []
        top: Operation = op
        while top.parent is not None and top.parent.parent is not None:
            path.append(top.parent.parent)
            around = top.parent.parent.parent
            if around is None:
                break
            top = around
            if any(trait.__name__ == "IsolatedFromAbove" for trait in top.traits):
                break
        counters = (0, 0)
        if not path:
            return self._name_results(op, 0), 0
        for region in reversed(path):
            counters = self.enter(region, counters)
            self.open(region)
        return counters

    def enter(self, region: Region, counters: Counters) -> Counters:
        """Names what a region defines, beginning with the numbers `counters`; gives the next ones.

        Its names are kept from others when it is opened: until then, the next region of the same op may have them too.
        """
        next_value, next_argument = counters
        self._given = []
        values = self.values
        block = region.first_block
        number = 0
        while block is not None:
            self._blocks[block] = f"^bb{number}"
            for argument in block.arguments:
                hint = legal_hint(argument.name_hint) if self._use_hints else None
                if hint is not None:
                    values[argument] = self._unique(hint)
                elif number == 0:
                    values[argument] = f"%arg{next_argument}"
                    next_argument += 1
                else:
                    values[argument] = f"%{next_value}"
                    next_value += 1
            op = block.first_op
            if self._use_hints:
                while op is not None:
                    next_value = self._name_results(op, next_value)
                    op = op.next_op
            else:
                while op is not None:
                    results = op.results
                    if results:
                        if len(results) == 1:
                            values[results[0]] = f"%{next_value}"
                        else:
                            for index, result in enumerate(results):
                                values[result] = f"%{next_value}#{index}"
                        next_value += 1
                    op = op.next_op
            number += 1
            block = block.next_block
        if self._given:
            self._reserved[region] = self._given
            self.close(region)
        return next_value, next_argument

    def open(self, region: Region) -> None:
        """Keeps the names in an entered region from the regions inside it."""
        for name in self._reserved.get(region, ()):
            self._used[name] = 0

    def close(self, region: Region) -> None:
        """Undoes `open`: regions that are entered next may have these names too."""
        for name in self._reserved.get(region, ()):
            self._used.pop(name, None)

    def leave(self, region: Region) -> None:
        """Forgets the names of a region."""
        self._reserved.pop(region, None)
        for block in region.blocks:
            self._blocks.pop(block, None)
            for argument in block.arguments:
                self._forget(argument)
            for op in block.ops:
                for result in op.results:
                    self._forget(result)

    def _forget(self, value: Value[Any]) -> None:
        name = self.values.pop(value, None)
        if name is not None and self._use_hints:
            self._used.pop(name.partition("#")[0], None)

    def _name_results(self, op: Operation, next_value: int) -> int:
        results = op.results
        if not results:
            return next_value
        groups: list[tuple[str | None, list[Value[Any]]]] = []
        for result in results:
            hint = legal_hint(result.name_hint) if self._use_hints else None
            if not groups or (hint is not None and hint != groups[-1][0]):
                groups.append((hint, []))
            groups[-1][1].append(result)
        for hint, group in groups:
            base = None if hint is None else self._unique(hint)
            if base is None:
                base = f"%{next_value}"
                next_value += 1
            if len(group) == 1:
                self.values[group[0]] = base
            else:
                for index, result in enumerate(group):
                    self.values[result] = f"{base}#{index}"
        return next_value

    def _unique(self, hint: str) -> str:
        """A name from a hint that no value in sight has yet."""
        name = "%" + hint
        count = self._used.get(name)
        if count is None:
            return self._give(name)
        while True:
            unique = f"{name}_{count}"
            count += 1
            if unique not in self._used:
                self._used[name] = count
                return self._give(unique)

    def _give(self, name: str) -> str:
        self._used[name] = 0
        self._given.append(name)
        return name
