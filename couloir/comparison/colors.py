"""Colours of nodes, for finding those that are alike: what they compute, what is made of them, and what stands around them.

Colours are numbers that are equal on two nodes, of one flow or of two, exactly if what they stand for is equal: the method is
that of Weisfeiler and Leman. All of this takes linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from couloir.comparison.flow import Flow, Node

Colors: TypeAlias = "list[int]"
"""Of each node, by its number."""


class Palette:
    """Numbers the colours of two flows.

    Args:
        alike: What of a node itself counts.
    """

    def __init__(self, alike: Callable[[Node], object]) -> None:
        self.alike = alike
        self._numbers: dict[object, int] = {}

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def upward(self, flow: Flow) -> Colors:
        """What each node computes, from arguments and constants on. Names and numbers of arguments do not count."""
        found: Colors = []
        for node in flow.nodes:
            found.append(self._number(("up", self.alike(node), _taken(node, found))))
        return found

    def downward(self, flow: Flow) -> Colors:
        """What is made of each node, up to what the program returns."""
        found: Colors = [0] * len(flow.nodes)
        for node in reversed(flow.nodes):
            found[node.number] = self._number(("down", self.alike(node), _users(node, found)))
        return found

    def around(self, flow: Flow, pairs: Sequence[int], rounds: int) -> Colors:
        """What stands around each node, so many steps along the edges. A node that has a partner is known.

        Args:
            flow: The flow.
            pairs: For each node the number of its pair, or -1.
            rounds: How many steps.
        """
        found = [
            self._number(("label", self.alike(node)) if pair < 0 else ("pair", pair))
            for node, pair in zip(flow.nodes, pairs, strict=True)
        ]
        free = [node for node, pair in zip(flow.nodes, pairs, strict=True) if pair < 0]
        for _ in range(rounds):
            before = found.copy()
            for node in free:  # nothing says more of a node than its partner
                key = ("around", before[node.number], _taken(node, before), _users(node, before))
                found[node.number] = self._number(key)
        return found


def _taken(node: Node, colors: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """What a node takes, in order where the order counts."""
    found = [(colors[source.number], result) for source, result in node.operands]
    return tuple(sorted(found) if node.label.commutative else found)


def _users(node: Node, colors: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Who takes a node's results, and as which operand."""
    return tuple(sorted([(colors[u.number], -1 if u.label.commutative else place) for u, place in node.users]))
