"""A comparison as JSON. `docs/compare.md` has its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from couloir.costs import Cost
from couloir.costs.report import as_json as cost_as_json

if TYPE_CHECKING:
    from couloir.comparison.comparison import Comparison, Side
    from couloir.comparison.flow import Node
    from couloir.comparison.values import Values

VERSION: Final = 1


def as_json(comparison: Comparison) -> dict[str, Any]:
    """All of a comparison as dictionaries, lists, texts and numbers. Ops are given by their numbers in `ops`."""
    regions = {pair.first: region.number for region in comparison.regions for pair in region.pairs}
    return {
        "version": VERSION,
        "differ": bool(comparison),
        "first": _side(comparison.first),
        "second": _side(comparison.second),
        "kinds": _kinds(comparison),
        "pairs": [
            {
                "first": pair.first.number,
                "second": pair.second.number,
                "region": regions[pair.first],
                "differences": list(pair.differences),
            }
            for pair in comparison.pairs
        ],
        "regions": [{"number": region.number, "ops": region.size} for region in comparison.regions],
        "replaced": [{"first": a.number, "second": b.number} for a, b in comparison.replaced],
        "only_first": [node.number for node in comparison.alone[0]],
        "only_second": [node.number for node in comparison.alone[1]],
        "fusions": [
            {
                "side": ("first", "second")[found.side],
                "number": found.fusion.number,
                "name": found.fusion.name,
                "kind": found.fusion.kind,
                "ops": [node.number for node in found.fusion.nodes],
                "partners": [node.number for node in found.partners],
                "other_fusions": [fusion.number for fusion in found.others],
            }
            for found in comparison.fusions
        ],
        "values": None if comparison.values is None else _values(comparison.values),
        "not_searched": comparison.not_searched,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "function": side.flow.function.sym_name,
        "cost": cost_as_json(side.costs.total),
        "ops": [_node(side, node) for node in side.flow.nodes],
    }


def _node(side: Side, node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "place": side.place(node),
        "types": [str(type) for type in node.types],
        "operands": [source.number for source, _ in node.taken],
        "looked_through": node.is_form,
        "fusion": None if node.fusion is None else node.fusion.number,
    }


def _kinds(comparison: Comparison) -> list[dict[str, Any]]:
    """How often each kind of op runs, and what it costs, on both sides."""
    costs = [{kind.name: kind.cost for kind in side.costs.kinds} for side in comparison.sides]
    names = sorted({name for side in comparison.sides for name in side.histogram} | costs[0].keys() | costs[1].keys())
    return [
        {
            "name": name,
            **{
                label: {"count": side.histogram[name], **cost_as_json(cost.get(name, Cost()))}
                for label, side, cost in zip(("first", "second"), comparison.sides, costs, strict=True)
            },
        }
        for name in names
    ]


def _values(values: Values) -> dict[str, Any]:
    found = values.divergence
    return {
        "compared": values.compared,
        "differing": len(values.differences),
        "results_differ": values.results_differ,
        "inputs": values.inputs,
        "notes": list(values.notes),
        "divergence": None
        if found is None
        else {
            "first": found.first.number,
            "second": found.second.number,
            "result": found.result,
            "is_returned": found.is_returned,
            "index": list(found.index),
            "values": [str(value) for value in found.values],
            "allowed": found.allowed,
            "differing": found.count,
            "size": found.size,
        },
    }
