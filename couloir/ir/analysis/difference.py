"""Whether two programs are the same, and where they first differ.

    report = diff(before, after, order=False)
    if report:
        print(report)      # the first differences: where, what, and the IR of both, side by side

Names of values never count. Time and memory are linear in the size of equal programs; nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.analysis.calls import SymbolTables
from couloir.ir.analysis.canonical_order import CanonicalOrder
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, StringAttr, SymbolRefAttr
from couloir.ir.symbols import symbol_name
from couloir.ir.text.printer import operation_text
from couloir.ir.traits import Commutative

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Block, Operation, Region, Value

WIDTH: Final = 58
"""Columns of each side of an excerpt."""
ALIGNED: Final = 2000
"""The longest lists of ops that are aligned to find what was inserted; longer ones are compared one by one."""
_MAX_OPS_IN_EXCERPT: Final = 100


@attrs.frozen
class Difference:
    """One place where two programs differ."""

    path: str
    """Where: `@main, block 1, op 3`, with the location of the op."""
    what: str
    """What differs, in a sentence."""
    first: str
    """The IR of the first program there, one line; empty when it has none."""
    second: str
    """The same of the second program."""

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.what}"]
        for left, right in zip_longest(_wrapped(self.first), _wrapped(self.second), fillvalue=""):
            lines.append(f"  {left:<{WIDTH}} | {right}".rstrip())
        return "\n".join(lines)


@attrs.frozen
class Report:
    """The first differences of two programs. True when there are any."""

    differences: tuple[Difference, ...]
    is_complete: bool = True
    """False when the search stopped at the limit."""

    def __bool__(self) -> bool:
        return bool(self.differences)

    def __str__(self) -> str:
        if not self.differences:
            return "no differences"
        count = len(self.differences)
        more = "" if self.is_complete else ", and more"
        head = f"{count} difference{'s' if count > 1 else ''}{more}"
        return "\n".join([head, *map(str, self.differences)])


def isomorphic(
    a: Operation,
    b: Operation,
    *,
    order: bool = True,
    commutative: bool = False,
    symbol_names: bool = True,
    locations: bool = False,
) -> bool:
    """Whether two ops, with everything inside them, are the same up to the names of values.

    Args:
        a: An op.
        b: Another op.
        order: Whether the order of the ops in a block counts. Otherwise ops without effects may stand anywhere, reads of
            memory anywhere between the same writes; equal ops count as one another.
        commutative: Whether operands of commutative ops may be exchanged.
        symbol_names: Whether symbols must have the same names. Otherwise what counts is which op they mean.
        locations: Whether locations must be the same.
    """
    return not diff(a, b, limit=1, order=order, commutative=commutative, symbol_names=symbol_names, locations=locations)


def diff(
    a: Operation,
    b: Operation,
    *,
    limit: int = 10,
    order: bool = True,
    commutative: bool = False,
    symbol_names: bool = True,
    locations: bool = False,
) -> Report:
    """The first differences of two ops, at most `limit`. The other arguments are those of `isomorphic`."""
    orders = None
    if not order:
        orders = tuple([CanonicalOrder(op, commutative=commutative, symbol_names=symbol_names) for op in (a, b)])
    comparison = _Comparison(limit, orders, commutative, symbol_names, locations)
    try:
        comparison.run(a, b)
    except _Enough:
        return Report(tuple(comparison.found), False)
    return Report(tuple(comparison.found))


class _Enough(Exception):
    pass


class _Comparison:
    def __init__(
        self,
        limit: int,
        orders: Sequence[CanonicalOrder] | None,
        commutative: bool,
        symbol_names: bool,
        locations: bool,
    ) -> None:
        self.limit = limit
        self.orders = orders
        self.commutative = commutative
        self.symbol_names = symbol_names
        self.locations = locations
        self.found: list[Difference] = []
        self.partner: dict[Any, Any] = {}
        """Values, blocks and symbols of the first program, and what they are in the second."""
        self.taken: dict[Any, Any] = {}
        """The same the other way round."""
        self.tables = SymbolTables(), SymbolTables()
        self.todo: list[tuple[Operation, Operation]] = []

    def run(self, a: Operation, b: Operation) -> None:
        self.todo.append((a, b))
        for value, other in zip(a.operands, b.operands, strict=False):
            self.pair(value, other)  # what is outside is not compared
        while self.todo:
            first, second = self.todo.pop()
            self.compare(first, second)

    # -- pairs -------------------------------------------------------------------------------------------------------------

    def pair(self, a: Any, b: Any) -> bool:
        """Makes `b` the partner of `a`; tells whether they are partners."""
        if a in self.partner or b in self.taken:
            return self.partner.get(a) is b
        self.partner[a], self.taken[b] = b, a
        return True

    # -- comparing -----------------------------------------------------------------------------------------------------------

    def compare(self, a: Operation, b: Operation) -> None:
        """Compares two ops, and notes their regions for later."""
        if a.name != b.name:
            self.report(a, b, f"`{a.name}` became `{b.name}`")
            self.pair_results(a, b)
            return
        self.pair_results(a, b)
        self.compare_operands(a, b)
        if [r.type for r in a.results] != [r.type for r in b.results]:
            types = [f"({', '.join(str(r.type) for r in op.results)})" for op in (a, b)]
            self.report(a, b, f"the types of the results are {types[0]} and {types[1]}")
        self.compare_attributes(a, b)
        if len(a.successors) != len(b.successors) or not all(map(self.pair, a.successors, b.successors)):
            self.report(a, b, "it goes on with other blocks")
        if self.locations and a.location is not b.location:
            self.report(a, b, f"the locations are {a.location} and {b.location}")
        if len(a.regions) != len(b.regions):
            self.report(a, b, f"it has {len(a.regions)} and {len(b.regions)} regions")
        inner = [pair for x, y in zip(a.regions, b.regions, strict=False) for pair in self.regions(a, b, x, y)]
        self.todo += reversed(inner)

    def pair_results(self, a: Operation, b: Operation) -> None:
        for value, other in zip(a.results, b.results, strict=False):
            self.pair(value, other)

    def compare_operands(self, a: Operation, b: Operation) -> None:
        if len(a.operands) != len(b.operands):
            self.report(a, b, f"it has {len(a.operands)} and {len(b.operands)} operands")
            return
        wrong = [
            number for number, (v, w) in enumerate(zip(a.operands, b.operands, strict=True)) if not self.same(v, w)
        ]
        if wrong and self.commutative and a.has_trait(Commutative) and self.same_in_any_order(a.operands, b.operands):
            return
        if wrong:
            self.report(a, b, f"operand {wrong[0]} is another value")

    def same(self, value: Value[Any], other: Value[Any]) -> bool:
        """Whether two values are partners; without an order, values that are computed in the same way count as one another."""
        if self.pair(value, other):
            return True
        return self.orders is not None and self.orders[0].key(value) == self.orders[1].key(other) is not None

    def same_in_any_order(self, values: Sequence[Value[Any]], others: Sequence[Value[Any]]) -> bool:
        if self.orders is not None:
            ours, theirs = self.orders
            if sorted(ours.key(v) or id(v) for v in values) == sorted(theirs.key(v) or id(v) for v in others):
                return True
        return sorted(id(self.partner.get(v)) for v in values) == sorted(map(id, others))

    def compare_attributes(self, a: Operation, b: Operation) -> None:
        first, second = a.stored_attributes, b.stored_attributes
        if first is second and self.symbol_names:
            return
        for key in dict.fromkeys((*first, *second)):
            x, y = first.get(key), second.get(key)
            if (x is y and self.symbol_names) or (
                x is not None and y is not None and self.same_attribute(a, b, key, x, y)
            ):
                continue
            if x is None or y is None:
                side = "second" if x is None else "first"
                self.report(a, b, f"only the {side} has the attribute `{key}`")
            else:
                self.report(a, b, f"the attribute `{key}` is {_short(x)} and {_short(y)}")

    def same_attribute(self, a: Operation, b: Operation, key: str, x: Attribute, y: Attribute) -> bool:
        """Whether two attributes that are not identical mean the same all the same: by the symbols that they name."""
        if self.symbol_names:
            return x is y
        if key == "sym_name" and isinstance(x, StringAttr) and isinstance(y, StringAttr):
            return self.pair(a, b)
        todo: list[tuple[Attribute, Attribute]] = [(x, y)]
        while todo:
            one, two = todo.pop()
            if isinstance(one, SymbolRefAttr) and isinstance(two, SymbolRefAttr):
                targets = [table.lookup(op, r) for table, op, r in zip(self.tables, (a, b), (one, two), strict=True)]
                if targets == [None, None] and one is two:
                    continue
                if None in targets or not self.pair(*targets):
                    return False
            elif isinstance(one, ArrayAttr) and isinstance(two, ArrayAttr) and len(one) == len(two):
                todo += zip(one, two, strict=True)
            elif isinstance(one, DictionaryAttr) and isinstance(two, DictionaryAttr):
                if [k for k, _ in one.entries] != [k for k, _ in two.entries]:
                    return False
                todo += [(v, w) for (_, v), (_, w) in zip(one.entries, two.entries, strict=True)]
            elif one is not two:
                return False
        return True

    def regions(self, a: Operation, b: Operation, x: Region, y: Region) -> Iterator[tuple[Operation, Operation]]:
        """The pairs of ops of two regions that are to be compared."""
        ours, theirs = list(x.blocks), list(y.blocks)
        if len(ours) != len(theirs):
            self.report(a, b, f"a region has {len(ours)} and {len(theirs)} blocks")
        pairs = list(zip(ours, theirs, strict=False))
        for number, (block, other) in enumerate(pairs):
            if not self.pair(block, other):
                self.report(a, b, f"block {number} is reached from elsewhere")
            if [v.type for v in block.arguments] != [v.type for v in other.arguments]:
                self.report(a, b, f"block {number} takes {_types(block)} and {_types(other)}")
            for value, twin in zip(block.arguments, other.arguments, strict=False):
                self.pair(value, twin)
        for block, other in pairs:
            yield from self.ops(block, other)

    def ops(self, block: Block, other: Block) -> Iterator[tuple[Operation, Operation]]:
        """The pairs of ops of two blocks; what has no partner is reported."""
        ours, theirs = self.ordered(0, block), self.ordered(1, other)
        start = 0
        for x, y in zip(ours, theirs, strict=False):
            if not self.alike(x, y):
                break
            start += 1
        end = 0
        while end < min(len(ours), len(theirs)) - start and self.alike(ours[-1 - end], theirs[-1 - end]):
            end += 1
        yield from zip(ours[:start], theirs[:start], strict=True)
        yield from self.aligned(ours[start : len(ours) - end], theirs[start : len(theirs) - end])
        yield from zip(ours[len(ours) - end :], theirs[len(theirs) - end :], strict=True)

    def aligned(self, ours: Sequence[Operation], theirs: Sequence[Operation]) -> Iterator[tuple[Operation, Operation]]:
        if max(len(ours), len(theirs)) > ALIGNED:
            yield from zip(ours, theirs, strict=False)
            count = min(len(ours), len(theirs))
            self.alone(ours[count:], theirs[count:])
            return
        matcher = SequenceMatcher(None, [self.form(op) for op in ours], [self.form(op) for op in theirs], False)
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag == "equal" or j - i == m - k:
                yield from zip(ours[i:j], theirs[k:m], strict=True)
            else:
                self.alone(ours[i:j], theirs[k:m])

    def alone(self, ours: Sequence[Operation], theirs: Sequence[Operation]) -> None:
        """Reports ops without partners. What uses their results is not reported again."""
        for op in ours:
            self.report(op, None, f"only the first has this `{op.name}`")
        for op in theirs:
            self.report(None, op, f"only the second has this `{op.name}`")

    def ordered(self, side: int, block: Block) -> list[Operation]:
        return list(block.ops) if self.orders is None else self.orders[side].ops(block)

    def alike(self, a: Operation, b: Operation) -> bool:
        return self.form(a) == self.form(b)

    def form(self, op: Operation) -> object:
        """What two ops that are likely to be the same have in common."""
        name = symbol_name(op) if self.symbol_names else None
        return op.name, name, len(op.operands), tuple([id(r.type) for r in op.results])

    # -- reporting -------------------------------------------------------------------------------------------------------------

    def report(self, a: Operation | None, b: Operation | None, what: str) -> None:
        op = a if a is not None else b
        assert op is not None, "a difference is at an op"
        self.found.append(Difference(path_of(op), what, _excerpt(a), _excerpt(b)))
        if len(self.found) >= self.limit:
            raise _Enough


def path_of(op: Operation) -> str:
    """Where an op stands: the symbols around it, the block and the number of the op in each region, and its location."""
    return Places().of(op)


class Places:
    """`path_of` for many ops: each block is gone through once. Edits in between are not seen."""

    def __init__(self) -> None:
        self._numbers: dict[Block, dict[Operation, int]] = {}

    def of(self, op: Operation) -> str:
        """Where an op stands."""
        parts: list[str] = []
        current: Operation | None = op
        while current is not None:
            name = symbol_name(current)
            if name is not None:
                parts.append(f"@{name}")
            elif current.parent is not None:
                parts.append(self._place(current, current.parent))
            current = current.parent_op
        path = ", ".join(reversed(parts)) or "at the top"
        return f"{path} ({op.location.label})" if op.location.label else path

    def _place(self, op: Operation, block: Block) -> str:
        numbers = self._numbers.get(block)
        if numbers is None:
            numbers = self._numbers[block] = {inside: number for number, inside in enumerate(block.ops)}
        around, text = block.parent_op, f"op {numbers[op]}"
        if around is not None and block.parent is not None and (not block.is_entry or block.next_block is not None):
            text = f"block {list(block.parent.blocks).index(block)}, {text}"
        if around is not None and len(around.regions) > 1:
            text = f"region {next(n for n, r in enumerate(around.regions) if r is block.parent)}, {text}"
        return text


def _types(block: Block) -> str:
    return f"({', '.join(str(argument.type) for argument in block.arguments)})"


def _short(attribute: Attribute) -> str:
    text = str(attribute)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"


def _excerpt(op: Operation | None) -> str:
    """The first line of an op's text, with the names that it has in the whole text."""
    if op is None:
        return ""
    if op.regions and any(number > _MAX_OPS_IN_EXCERPT for number, _ in enumerate(op.walk())):
        name = symbol_name(op)
        return f"{op.name} {f'@{name} ' if name else ''}{{...}}"
    return operation_text(op, elide_above=16).strip().split("\n")[0]


def _wrapped(text: str) -> list[str]:
    """A line in pieces that fit into one side of an excerpt."""
    return [text[start : start + WIDTH] for start in range(0, min(len(text), 4 * WIDTH), WIDTH)]
