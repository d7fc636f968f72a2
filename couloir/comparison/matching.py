"""Which node of one flow is which of another.

Anchors are nodes that are alike on both sides and alike to no others: by what they compute, by what is made of them, by what
stands around them, from far to near. From each anchor the matching grows along the edges, as long as it is plain which
neighbour is which. Where several are alike, those go together that have the most matched neighbours in common. At last,
nodes of one kind whose attributes or types differ are matched, where the edges leave no other choice; and what is left over
in small pieces is searched with networkx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias, TypeVar

import attrs

from couloir.comparison.colors import Colors, Palette
from couloir.comparison.flow import Flow, Node
from couloir.comparison.remainders import match_remainders

ROUNDS: Final = (8, 4, 2, 1, 0)
"""How far around nodes are compared, in steps along the edges."""
CANDIDATES: Final = 64
"""Of nodes that are all alike, so many are weighed against each other."""
NEIGHBOURS: Final = 64
"""Nodes with more of them are not looked at again whenever one of these is paired, or time would grow with the square."""

T = TypeVar("T")
Pair: TypeAlias = tuple[T, T]
"""Of the first flow, and of the second."""
Alike: TypeAlias = Callable[[Node], object]


@attrs.frozen(eq=False)
class Matching:
    """Pairs of nodes."""

    first: Flow
    second: Flow
    partner: dict[Node, Node]
    """Of each node, of either side, that has one."""
    not_searched: Sequence[str]
    """What would have taken too long."""

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """The pairs, in the order of the first flow."""
        return [(node, self.partner[node]) for node in self.first.nodes if node in self.partner]


def match(first: Flow, second: Flow) -> Matching:
    """Matches two flows whose labels come from one `Labels`. Nearly linear time; the same flows give the same pairs."""
    matcher = _Matcher(first, second)
    matcher.run()
    return Matching(first, second, matcher.partner, matcher.not_searched)


class _Matcher:
    def __init__(self, first: Flow, second: Flow) -> None:
        self.flows = first, second
        self.partner: dict[Node, Node] = {}
        self.numbers: tuple[Colors, Colors] = [-1] * len(first.nodes), [-1] * len(second.nodes)
        """The number of the pair of each node."""
        self.keys: Sequence[Alike] = (_label,)
        """What makes neighbours of pairs alike, the strictest first."""
        self.fresh: list[tuple[Node, Node]] = []
        """Pairs whose neighbours are to be looked at."""
        self.not_searched: list[str] = []

    def run(self) -> None:
        strict = _Colored(self, _label)
        strict.anchor()
        self.ambiguous(strict.both, alone=True)
        self.loosen(_label, _name)
        if self.is_complete:
            return
        loose = _Colored(self, _name)
        loose.anchor()
        for colors in (strict.up, strict.down, strict.around(2), strict.around(1), loose.both, loose.up, loose.down):
            self.ambiguous(colors)
        self.loosen(_label, _name, _kind)
        self.not_searched += match_remainders(*self.flows, self.partner, self.pair)
        self.grow()

    @property
    def is_complete(self) -> bool:
        """Whether all nodes of a side have partners."""
        return len(self.partner) // 2 == min(len(flow.counting) for flow in self.flows)

    # -- pairs ---------------------------------------------------------------------------------------------------------------

    def pair(self, a: Node, b: Node) -> None:
        """Makes two nodes partners. What is around them is to be looked at, and what is around their neighbours."""
        self.numbers[0][a.number] = self.numbers[1][b.number] = len(self.partner) // 2
        self.partner[a], self.partner[b] = b, a
        for other, _ in (*a.operands[:NEIGHBOURS], *a.users[:NEIGHBOURS]):
            if other in self.partner and len(other.operands) + len(other.users) <= NEIGHBOURS:
                self.fresh.append((other, self.partner[other]))
        self.fresh.append((a, b))

    def loosen(self, *keys: Alike) -> None:
        """From now on neighbours may be alike in these ways; grows from all pairs."""
        self.keys = keys
        self.fresh = [(node, self.partner[node]) for node in self.flows[0].nodes if node in self.partner]
        self.grow()

    def free(self, nodes: Iterable[Node]) -> list[Node]:
        """Those without a partner, each once."""
        return [node for node in dict.fromkeys(nodes) if node not in self.partner]

    def groups(self, colors: Pair[Sequence[object]]) -> list[Pair[list[Node]]]:
        """The nodes without a partner that have one colour, for each colour that is on both sides."""
        found: dict[object, Pair[list[Node]]] = {}
        for side, flow in enumerate(self.flows):
            for node in flow.counting:
                if node not in self.partner:
                    found.setdefault(colors[side][node.number], ([], []))[side].append(node)
        return [(ours, theirs) for ours, theirs in found.values() if ours and theirs]

    def unique(self, colors: Pair[Sequence[object]]) -> None:
        """Pairs nodes whose colour nobody else has, and grows from them."""
        for ours, theirs in self.groups(colors):
            if len(ours) == len(theirs) == 1:
                self.pair(ours[0], theirs[0])
        self.grow()

    def ambiguous(self, colors: Pair[Sequence[object]], *, alone: bool = False) -> None:
        """Pairs nodes of one colour one after the other, and grows from each pair before the next.

        Nodes that have no matched neighbours in common are paired only if they may stand `alone`.
        """
        for ours, theirs in self.groups(colors):
            first = 0
            for node in ours:
                while first < len(theirs) and theirs[first] in self.partner:
                    first += 1
                candidates = () if node in self.partner else self.free(theirs[first : first + CANDIDATES])
                weights = [self.agreement(node, other) for other in candidates]
                if weights and (alone or max(weights)):
                    self.pair(node, candidates[weights.index(max(weights))])
                    self.grow()

    def agreement(self, a: Node, b: Node) -> int:
        """How many edges of two nodes lead to partners."""
        partner = self.partner
        taken = sum(partner.get(x) is y for (x, _), (y, _) in zip(a.operands, b.operands, strict=False))
        users = {user for user, _ in b.users[:NEIGHBOURS]}
        return taken + sum(partner.get(user) in users for user, _ in a.users[:NEIGHBOURS])

    # -- growing ---------------------------------------------------------------------------------------------------------------

    def grow(self) -> None:
        """Pairs the neighbours of pairs, where it is plain which is which."""
        while self.fresh:
            a, b = self.fresh.pop()
            self.grow_up(a, b)
            self.grow_down(a, b)

    def grow_up(self, a: Node, b: Node) -> None:
        if a.label.commutative or len(a.operands) != len(b.operands):
            self.plain(self.free(x for x, _ in a.operands), self.free(y for y, _ in b.operands))
            return
        for (x, i), (y, j) in zip(a.operands, b.operands, strict=True):
            if i == j and x not in self.partner and y not in self.partner and any(k(x) == k(y) for k in self.keys):
                self.pair(x, y)

    def grow_down(self, a: Node, b: Node) -> None:
        ours: dict[int, list[Node]] = {}
        theirs: dict[int, list[Node]] = {}
        for users, found in ((a.users, ours), (b.users, theirs)):
            for user, place in users:
                if user not in self.partner:
                    found.setdefault(-1 if user.label.commutative else place, []).append(user)
        for place, users in ours.items():
            self.plain(self.free(users), self.free(theirs.get(place, ())))

    def plain(self, ours: Sequence[Node], theirs: Sequence[Node]) -> None:
        """Pairs nodes that are alike, where only one on each side is so."""
        for key in self.keys:
            found: dict[object, Pair[list[Node]]] = {}
            for side, nodes in enumerate((ours, theirs)):
                for node in nodes:
                    if node not in self.partner:
                        found.setdefault(key(node), ([], []))[side].append(node)
            for left, right in found.values():
                if len(left) == len(right) == 1:
                    self.pair(left[0], right[0])


class _Colored:
    """The colours of both flows, by what makes two nodes alike."""

    def __init__(self, matcher: _Matcher, alike: Alike) -> None:
        self.matcher = matcher
        self.palette = Palette(alike)
        first, second = matcher.flows
        self.up = self.palette.upward(first), self.palette.upward(second)
        self.down = self.palette.downward(first), self.palette.downward(second)

    @property
    def both(self) -> Pair[Sequence[object]]:
        """What nodes compute, and what is made of them."""
        (a, b), (c, d) = self.up, self.down
        return [*zip(a, c, strict=True)], [*zip(b, d, strict=True)]

    def around(self, rounds: int) -> Pair[Colors]:
        """What stands around nodes, of which some have partners by now."""
        (first, second), (ours, theirs) = self.matcher.flows, self.matcher.numbers
        return self.palette.around(first, ours, rounds), self.palette.around(second, theirs, rounds)

    def anchor(self) -> None:
        """Pairs what is unique, from all that is known to what is near."""
        for colors in (self.both, self.up, self.down):
            self.matcher.unique(colors)
        for rounds in ROUNDS:
            if not self.matcher.is_complete:
                self.matcher.unique(self.around(rounds))


def _label(node: Node) -> object:
    return node.label.number


def _name(node: Node) -> object:
    return node.name


def _kind(node: Node) -> object:
    """What may take the place of each other: an argument and a constant."""
    return "leaf" if node.is_leaf else node.name
