"""A comparison as text, in at most 100 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from couloir.costs import Cost, total
from couloir.costs.report import short

if TYPE_CHECKING:
    from couloir.comparison.comparison import Comparison, FusionMatch, PairOfNodes, Side
    from couloir.comparison.flow import Node

WIDTH: Final = 100
"""Columns."""
_NAME: Final = 34


def text(comparison: Comparison, *, limit: int) -> str:
    """The whole comparison.

    Args:
        comparison: What was found.
        limit: How many ops, regions or fusions are listed of each kind.
    """
    parts = [
        _head(comparison),
        _table(comparison),
        _regions(comparison, limit),
        _changes(comparison, limit),
        _alone(comparison, limit),
        _fusions(comparison, limit),
        [] if comparison.values is None else comparison.values.lines(comparison),
        _listed("not searched", comparison.not_searched, limit, wraps=True),
    ]
    return "\n\n".join("\n".join(map(_cut, part)) for part in parts if part)


def _head(comparison: Comparison) -> list[str]:
    first, second = comparison.sides
    matched = sum(not pair.first.is_argument for pair in comparison.pairs)
    changed = len(comparison.changed)
    lines = [f"first   {_program(first)}", f"second  {_program(second)}"]
    lines.append(
        f"{matched} of {len(first.flow.ops)} and {len(second.flow.ops)} ops are matched, in {len(comparison.regions)}"
        f" region{'s' if len(comparison.regions) != 1 else ''}; {changed or 'none'} of them changed"
    )
    return lines


def _program(side: Side) -> str:
    forms = sum(node.is_form for node in side.flow.nodes)
    fusions = f", {len(side.flow.fusions)} fusions" if side.flow.fusions else ""
    looked = f", {forms} changes of form looked through" if forms else ""
    return f"{side.name}: @{side.flow.function.sym_name}, {len(side.flow.ops)} ops{fusions}{looked}"


def _table(comparison: Comparison) -> list[str]:
    """How often each kind of op runs, and what it costs, side by side."""
    costs = [{kind.name: kind.cost for kind in side.costs.kinds} for side in comparison.sides]
    counts = [side.histogram for side in comparison.sides]
    names = sorted({*counts[0], *counts[1]}, key=lambda name: (-counts[0][name] - counts[1][name], name))
    rows = [("", "ops", "", "flops", "", "bytes", ""), ("", *("first", "second") * 3)]
    rows += [
        _row(name, [count[name] for count in counts], [cost.get(name, Cost()) for cost in costs]) for name in names
    ]
    totals = [side.costs.total for side in comparison.sides]
    rest = [total(cost for name, cost in found.items() if name not in names) for found in costs]
    if any(cost != Cost() for cost in rest):  # of calls: what fusions read and write
        rows.append(_row("fusions", [len(side.flow.fusions) for side in comparison.sides], rest))
    rows.append(_row("total", [sum(count.values()) for count in counts], totals))
    has_transcendentals = any(cost.transcendentals for cost in totals)
    if has_transcendentals:
        rows.append(("transcendentals", "", "", *(short(cost.transcendentals) for cost in totals), "", ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    rule = "-" * max(map(len, lines))
    last = len(lines) - 1 - has_transcendentals
    return [*lines[:2], rule, *lines[2:last], rule, *lines[last:]]


def _row(name: str, counts: Sequence[int], costs: Sequence[Cost]) -> tuple[str, ...]:
    shown = name if len(name) <= _NAME else name[: _NAME - 3] + "..."
    return (
        shown,
        *(f"{count:,}" if count else "-" for count in counts),
        *(short(cost.flops) if cost.flops else "-" for cost in costs),
        *(short(cost.bytes_accessed) if cost.bytes_accessed else "-" for cost in costs),
    )


def _regions(comparison: Comparison, limit: int) -> list[str]:
    found: list[str] = []
    for region in comparison.regions:
        if region.size < 2:
            continue
        ops = [pair for pair in region.pairs if not pair.first.is_argument]
        ends = [[f"{side.place(node)}" for node in nodes] for side, nodes in _ends(comparison, ops)]
        found.append(f"{region.size} ops: {ends[0][0]} .. {ends[0][1]}")
        found.append(f"{' ' * len(str(region.size))}      {ends[1][0]} .. {ends[1][1]}")
    return _listed("matched regions", found, 2 * limit, every=2)


def _ends(comparison: Comparison, ops: Sequence[PairOfNodes]) -> Iterator[tuple[Side, tuple[Node, Node]]]:
    """The first and the last op of a region, on each side."""
    first, second = comparison.sides
    yield first, (ops[0].first, ops[-1].first)
    theirs = sorted((pair.second for pair in ops), key=lambda node: node.number)
    yield second, (theirs[0], theirs[-1])


def _changes(comparison: Comparison, limit: int) -> list[str]:
    first, second = comparison.sides
    lines: list[str] = []
    for pair in comparison.changed:
        lines.append(f"`{pair.first.name}` {first.place(pair.first)} | {second.place(pair.second)}")
        lines.append("    " + "; ".join(pair.differences))
    types = sum(all(what.startswith("type ") for what in pair.differences) for pair in comparison.changed)
    return _listed(f"changed, {types} of them only in type" if types else "changed", lines, 2 * limit, every=2)


def _alone(comparison: Comparison, limit: int) -> list[str]:
    first, second = comparison.sides
    replaced = [f"`{a.name}` {first.place(a)} became `{b.name}` {second.place(b)}" for a, b in comparison.replaced]
    gone = {node for pair in comparison.replaced for node in pair}
    parts = [_listed("replaced", replaced, limit)]
    for side, nodes in zip(comparison.sides, comparison.alone, strict=True):
        lines = [f"`{node.name}` {side.place(node)}" for node in nodes if node not in gone]
        parts.append(_listed(f"only in {side.name}", lines, limit))
    return [line for part in parts if part for line in (*part, "")][:-1]


def _fusions(comparison: Comparison, limit: int) -> list[str]:
    """For each side its fusions, and what they hold of the other side."""
    found: list[str] = []
    for number, side in enumerate(comparison.sides):
        other = comparison.sides[1 - number]
        lines = [_fusion(item) for item in comparison.fusions if item.side == number]
        if lines:
            found += _listed(f"fusions of {side.name}, and what they hold of {other.name}", lines, limit, wraps=True)
    return found


def _fusion(found: FusionMatch) -> str:
    line = f"@{found.fusion.name} ({found.fusion.kind}): {_kinds(found.partners) or 'nothing'}"
    if found.others:
        line += f", there in {', '.join('@' + fusion.name for fusion in found.others)}"
    alone = _kinds(found.alone)
    return line + (f"; besides {alone}" if alone else "")


def _kinds(nodes: Sequence[Node]) -> str:
    """The names of ops, without their dialect, each once with how often it is there."""
    counts = Counter(node.name.partition(".")[2] for node in nodes if not node.is_leaf)
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in counts.items())


def _listed(title: str, lines: Sequence[str], limit: int, every: int = 1, *, wraps: bool = False) -> list[str]:
    """Lines under a title, at most `limit`; `every` lines are one thing. Long lines are cut, or else wrapped."""
    if not lines:
        return []
    shown: list[str] = []
    for line in lines[:limit]:
        shown += textwrap.wrap(line, WIDTH - 2, subsequent_indent="    ") if wraps else [line]
    if len(lines) > limit:
        shown.append(f"and {(len(lines) - limit) // every} more")
    return [f"{title} ({len(lines) // every}):", *(f"  {line}" for line in shown)]


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
