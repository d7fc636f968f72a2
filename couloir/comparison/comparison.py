"""What two programs have in common, and what not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.comparison.as_json import as_json
from couloir.comparison.flow import Flow, Fusion, Node, flow_of
from couloir.comparison.labels import ARGUMENT, Labels
from couloir.comparison.matching import Matching, match
from couloir.comparison.text import text
from couloir.costs import CostReport, cost, entry_function
from couloir.ir.analysis.difference import Places
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import StringAttr
from couloir.passes.running import public_functions

if TYPE_CHECKING:
    from couloir.comparison.values import Values
    from couloir.dialects.func import FuncOp
    from couloir.ir.operation import Operation

MAX_ATTRIBUTE: Final = 60
"""Characters of an attribute that are shown."""


@attrs.frozen(eq=False, repr=False, slots=False)
class Side:
    """One of the two programs."""

    name: str
    """A name for people: that of a file."""
    program: Operation
    flow: Flow
    costs: CostReport
    places: Places = attrs.field(factory=Places)

    @cached_property
    def histogram(self) -> Counter[str]:
        """How often each kind of op runs, calls looked through."""
        return Counter(node.op.name for node in self.flow.nodes if node.op is not None)

    def place(self, node: Node) -> str:
        """Where the op of a node stands, or which argument it is."""
        if node.op is None:
            number = None if node.value is None else node.value.index
            inner = ARGUMENT if number is None else f"argument {number}"
            if node.value is not None and node.value.name_hint:
                inner += f" %{node.value.name_hint}"
            return inner
        return self.places.of(node.op)


@attrs.frozen(eq=False, repr=False)
class PairOfNodes:
    """A node of the first program, and what it is in the second."""

    first: Node
    second: Node
    differences: tuple[str, ...]
    """What is not the same about them: attributes, types, where operands come from."""


@attrs.frozen(eq=False, repr=False)
class Region:
    """A connected part that both programs have."""

    number: int
    """From 0, the largest first."""
    pairs: Sequence[PairOfNodes]

    @property
    def size(self) -> int:
        """How many ops it has on each side."""
        return sum(not pair.first.is_argument for pair in self.pairs)


@attrs.frozen(eq=False, repr=False)
class FusionMatch:
    """A fusion of one program, and the ops of the other that it holds."""

    side: int
    """0 for the first program, 1 for the second."""
    fusion: Fusion
    partners: Sequence[Node]
    """Of its ops, in the other program."""
    alone: Sequence[Node]
    """Its ops without a partner."""
    others: Sequence[Fusion]
    """The fusions of the other program that share ops with it."""


@attrs.frozen(eq=False, repr=False, slots=False)
class Comparison:
    """What `compare` finds. True when the programs differ."""

    first: Side
    second: Side
    matching: Matching
    pairs: Sequence[PairOfNodes]
    """Nodes that are on both sides, in the order of the first program."""
    regions: Sequence[Region]
    """The pairs by what is connected on both sides, the largest first."""
    replaced: Sequence[tuple[Node, Node]]
    """Ops without a partner that stand in the same place as one of the other kind."""
    values: Values | None = None
    """What was found when both were run; None when they were not."""

    def __bool__(self) -> bool:
        return bool(self.changed or any(self.alone)) or (self.values is not None and bool(self.values))

    @cached_property
    def changed(self) -> tuple[PairOfNodes, ...]:
        """The pairs that are not quite the same."""
        return tuple(pair for pair in self.pairs if pair.differences)

    @cached_property
    def alone(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """The nodes of each side that have no partner. A constant that the other side has, too, may be there more often."""
        partner = self.matching.partner
        known = [{node.label for node in side.flow.nodes if node.is_constant} for side in self.sides]
        first, second = (
            tuple(n for n in side.flow.counting if n not in partner and not (n.is_constant and n.label in others))
            for side, others in zip(self.sides, reversed(known), strict=True)
        )
        return first, second

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.first, self.second

    @cached_property
    def fusions(self) -> tuple[FusionMatch, ...]:
        """Of each fusion of either side what it is on the other."""
        partner = self.matching.partner
        found: list[FusionMatch] = []
        for number, side in enumerate(self.sides):
            for fusion in side.flow.fusions:
                partners = [partner[node] for node in fusion.nodes if node in partner]
                alone = [node for node in fusion.nodes if node not in partner]
                others = dict.fromkeys(node.fusion for node in partners if node.fusion is not None)
                found.append(FusionMatch(number, fusion, partners, alone, list(others)))
        return tuple(found)

    @property
    def not_searched(self) -> list[str]:
        """What was not looked at, and why."""
        said = [
            f"{side.flow.unopened} calls of {side.name} are not looked through: of functions that have no body, call"
            " themselves or branch, or there are too many"
            for side in self.sides
            if side.flow.unopened
        ]
        for side in self.sides:
            others = [f"@{f.sym_name}" for f in public_functions(side.program) if f is not side.flow.function]
            if others and not side.flow.function.is_private:
                shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
                said.append(
                    f"of {side.name} only @{side.flow.function.sym_name} is compared, not the public functions {shown}"
                )
        return [*said, *self.matching.not_searched]

    def with_values(self, values: Values) -> Comparison:
        """The same, with what was found when both programs were run."""
        return attrs.evolve(self, values=values)

    def __str__(self) -> str:
        return self.text()

    def text(self, *, limit: int = 12) -> str:
        """All of it, in at most 100 columns; of each kind of thing at most `limit` are listed."""
        return text(self, limit=limit)

    def to_json(self) -> dict[str, Any]:
        """The same as JSON: `docs/compare.md` has its form."""
        return as_json(self)


def compare(
    first: Operation,
    second: Operation,
    *,
    names: tuple[str, str] = ("first", "second"),
    functions: tuple[str | None, str | None] = (None, None),
) -> Comparison:
    """Compares two programs as graphs: neither names nor the order of ops count, and fusions are looked through.

    Args:
        first, second: Modules or functions, of any dialects.
        names: What to call them.
        functions: Which functions; by default the first public ones.

    Raises:
        Error: There is no such function.
    """
    labels = Labels()
    entries = entry_function(first, functions[0]), entry_function(second, functions[1])
    places = _argument_places(*entries)
    sides = [
        Side(name, program, flow_of(entry, labels, place), cost(program, function=entry.sym_name))
        for name, program, entry, place in zip(names, (first, second), entries, places, strict=True)
    ]
    matching = match(sides[0].flow, sides[1].flow)
    pairs = [PairOfNodes(a, b, tuple(_differences(a, b, matching))) for a, b in matching.pairs]
    return Comparison(sides[0], sides[1], matching, pairs, _regions(pairs, matching), _replaced(matching))


def _argument_places(first: FuncOp, second: FuncOp) -> tuple[Sequence[object] | None, Sequence[object] | None]:
    """By what the arguments of two functions count: their numbers where both take the same types, otherwise their names
    where one of them has all the names of the other.
    """
    if first.function_type.inputs == second.function_type.inputs:
        numbers = range(len(first.arguments))
        return numbers, numbers
    ours, theirs = _argument_names(first), _argument_names(second)
    if ours and theirs and (set(ours) <= set(theirs) or set(ours) >= set(theirs)):
        return ours, theirs
    return None, None


def _argument_names(function: FuncOp) -> list[str]:
    """The letters and digits of the names of all arguments, as frontends note them; none when some have no name of their own.

    `p["w"][0]`, as JAX and XLA call it, is the same as `p.w.0`.
    """
    found: list[str] = []
    for number in range(len(function.arguments)):
        stored = function.argument_attribute(number, "onnx.name")
        found.append("".join(filter(str.isalnum, stored.value)) if isinstance(stored, StringAttr) else "")
    return found if all(found) and len(set(found)) == len(found) else []


# -- what differs ------------------------------------------------------------------------------------------------------------


def _differences(a: Node, b: Node, matching: Matching) -> Iterator[str]:
    """What is not the same about two partners."""
    if a.name != b.name:
        yield f"{_what(a)} and {_what(b)}"
    elif a.label is not b.label:
        yield from _unlike(a, b)
    partner = matching.partner
    if a.parent is not b.parent and (a.parent is None or partner.get(a.parent) is not b.parent):
        yield "it stands in another loop or branch"
    if a.is_leaf and b.is_leaf:
        return
    moved = _moved(a, b, partner)
    if moved:
        places = ", ".join(map(str, moved))
        yield f"operand{'s' if len(moved) > 1 else ''} {places} come{'' if len(moved) > 1 else 's'} from elsewhere"
    if len(a.operands) != len(b.operands):
        yield f"{len(a.operands)} and {len(b.operands)} operands"


def _moved(a: Node, b: Node, partner: Mapping[Node, Node]) -> list[int]:
    """The operands of two partners that are not partners. Those that have none are told as such."""

    def known(source: Node) -> bool:
        return source in partner or source.is_constant

    def same(ours: tuple[Node, int], theirs: tuple[Node, int]) -> bool:
        (x, i), (y, j) = ours, theirs
        return i == j and (partner.get(x) is y or (x.is_constant and x.label is y.label))

    if not a.label.commutative:
        pairs = enumerate(zip(a.operands, b.operands, strict=False))
        return [n for n, (x, y) in pairs if known(x[0]) and known(y[0]) and not same(x, y)]
    rest = list(b.operands)
    moved: list[int] = []
    for number, ours in enumerate(a.operands):
        found = next((theirs for theirs in rest if same(ours, theirs)), None)
        if found is not None:
            rest.remove(found)
        elif known(ours[0]):
            moved.append(number)
    return moved if any(known(source) for source, _ in rest) else []


def _unlike(a: Node, b: Node) -> Iterator[str]:
    """Why the labels of two nodes of one name differ."""
    one, two = a.label, b.label
    if one.types != two.types:
        yield f"type {_types(a)} -> {_types(b)}"
    for key in dict.fromkeys((*one.attributes, *two.attributes)):
        x, y = one.attributes.get(key), two.attributes.get(key)
        if x is not y:
            yield f"`{key}` {_short(x)} -> {_short(y)}"
    if one.types == two.types and one.attributes == two.attributes:
        if a.value is not None and b.value is not None:
            yield f"argument {a.value.index} -> argument {b.value.index}"
        else:
            yield "another body"


def _what(node: Node) -> str:
    return "an argument" if node.is_argument else f"a `{node.name}`"


def _types(node: Node) -> str:
    return ", ".join(f"`{type}`" for type in node.label.types) or "none"


def _short(attribute: Attribute | None) -> str:
    if attribute is None:
        return "(default)"
    text = " ".join(str(attribute).split())
    return text if len(text) <= MAX_ATTRIBUTE else text[: MAX_ATTRIBUTE - 3] + "..."


# -- regions -----------------------------------------------------------------------------------------------------------------


def _regions(pairs: Sequence[PairOfNodes], matching: Matching) -> list[Region]:
    """The pairs that are connected on both sides in the same way. Constants and arguments connect nothing."""
    above = {pair.first: pair.first for pair in pairs}

    def root(node: Node) -> Node:
        while above[node] is not node:
            above[node] = node = above[above[node]]
        return node

    for pair in pairs:
        theirs = {source for source, _ in pair.second.operands}
        for source, _ in pair.first.operands:
            if source in above and not source.is_leaf and matching.partner[source] in theirs:
                above[root(pair.first)] = root(source)
    for pair in pairs:  # leaves belong to whoever takes them first
        if pair.first.is_leaf:
            users = [user for user, _ in pair.first.users if user in above]
            if users:
                above[root(pair.first)] = root(users[0])
    found: dict[Node, list[PairOfNodes]] = {}
    for pair in pairs:
        found.setdefault(root(pair.first), []).append(pair)
    ordered = sorted(found.values(), key=lambda group: -sum(not pair.first.is_argument for pair in group))
    return [Region(number, group) for number, group in enumerate(ordered)]


def _replaced(matching: Matching) -> list[tuple[Node, Node]]:
    """Ops without partners that take the same and are taken by the same, but are of another kind."""
    partner = matching.partner
    taken: set[Node] = set()
    found: list[tuple[Node, Node]] = []
    for a in matching.first.counting:
        if a in partner or a.is_leaf or not all(source in partner for source, _ in a.operands):
            continue
        sources = [(partner[source], number) for source, number in a.operands]
        users = {partner[user] for user, _ in a.users if user in partner}
        for b in dict.fromkeys(user for user, _ in (sources[0][0].users if sources else ())):
            same = b not in partner and b not in taken and list(b.operands) == sources
            if same and users == {user for user, _ in b.users if user in partner}:
                taken.add(b)
                found.append((a, b))
                break
    return found
