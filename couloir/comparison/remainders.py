"""What the matching leaves over in small pieces, searched exhaustively, within a budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from couloir.comparison.flow import Flow, Node

MAX_PIECE: Final = 40
"""Nodes of a piece that is searched."""
MAX_PIECES: Final = 60
"""Pieces on each side that are searched."""
MAX_STEPS: Final = 20_000
"""Pairs of nodes that are tried in all."""


def match_remainders(
    first: Flow, second: Flow, partner: Mapping[Node, Node], pair: Callable[[Node, Node], None]
) -> list[str]:
    """Pairs pieces without partners of which one has the form of the other, or of a part of it, by the names of ops.

    Says what was not searched, and why.
    """
    said: list[str] = []
    small: list[list[list[Node]]] = []
    for side, flow in (("first", first), ("second", second)):
        found = _pieces(flow, partner)
        kept = [piece for piece in found if len(piece) <= MAX_PIECE][:MAX_PIECES]
        if len(kept) < len(found):
            said.append(
                f"{len(found) - len(kept)} of {len(found)} pieces of the {side} program that have no partners were not"
                f" searched: at most {MAX_PIECES} pieces of {MAX_PIECE} ops are"
            )
        small.append(kept)
    ours, theirs = small
    if not ours or not theirs:
        return said
    steps = _Steps()
    for piece in ours:
        for other in theirs:
            try:
                mapping = steps.embedding(piece, other)
            except _Exhausted:
                said.append(f"the search in pieces without partners was given up after {MAX_STEPS} steps")
                return said
            if mapping:
                for a, b in mapping:
                    pair(a, b)
                theirs.remove(other)
                break
    return said


def _pieces(flow: Flow, partner: Mapping[Node, Node]) -> list[list[Node]]:
    """The connected pieces of the nodes without partners that are more than one op, in the order of their first nodes."""
    seen: set[Node] = set()
    found: list[list[Node]] = []
    for start in flow.counting:
        if start in seen or start in partner:
            continue
        seen.add(start)
        piece, todo = [start], [start]
        while todo:
            node = todo.pop()
            for other, _ in (*node.operands, *node.users):
                if other not in seen and other not in partner:
                    seen.add(other)
                    piece.append(other)
                    todo.append(other)
        if sum(not node.is_leaf for node in piece) > 1:
            found.append(sorted(piece, key=lambda node: node.number))
    return found


class _Exhausted(Exception):
    pass


class _Steps:
    """Searches, and counts the steps of all searches."""

    def __init__(self) -> None:
        self.count = 0

    def embedding(self, piece: Sequence[Node], other: Sequence[Node]) -> list[tuple[Node, Node]]:
        """The smaller of two pieces in the larger one, as pairs; empty when it is not there."""
        small, large = sorted((piece, other), key=len)
        if Counter(node.name for node in small) - Counter(node.name for node in large):
            return []
        matcher = self._matcher(_graph(large), _graph(small))
        found: dict[int, int] | None = next(matcher.subgraph_monomorphisms_iter(), None)
        if found is None:
            return []
        pairs = [(large[place], small[place_in_small]) for place, place_in_small in sorted(found.items())]
        return [(b, a) for a, b in pairs] if small is piece else pairs

    def _matcher(self, large: Any, small: Any) -> Any:
        """networkx's VF2, which stops when the steps are used up."""
        from networkx.algorithms import isomorphism

        package: Any = isomorphism
        steps = self

        class Matcher(package.DiGraphMatcher):
            def syntactic_feasibility(self, a: int, b: int) -> bool:
                steps.count += 1
                if steps.count > MAX_STEPS:
                    raise _Exhausted
                return package.DiGraphMatcher.syntactic_feasibility(self, a, b)

        def same_name(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
            return a["name"] == b["name"]

        def same_places(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
            return b["places"] <= a["places"]

        return Matcher(large, small, node_match=same_name, edge_match=same_places)


def _graph(piece: Sequence[Node]) -> Any:
    """A piece as a networkx graph. Nodes are places in the piece; edges know as which operands a value is taken."""
    import networkx

    package: Any = networkx
    graph = package.DiGraph()
    places = {node: place for place, node in enumerate(piece)}
    for node, place in places.items():
        graph.add_node(place, name=node.name)
    for node, place in places.items():
        for number, (source, _) in enumerate(node.operands):
            if source not in places:
                continue
            operand = -1 if node.label.commutative else number
            if graph.has_edge(places[source], place):
                graph[places[source]][place]["places"].add(operand)
            else:
                graph.add_edge(places[source], place, places={operand})
    return graph
