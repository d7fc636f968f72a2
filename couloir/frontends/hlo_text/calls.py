"""Which computation uses which: what must be made first, how large it all becomes, and what calls itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from couloir.frontends.hlo_text.syntax import Computation, HloModule, Instruction, read_names
from couloir.ir.limits import quoted

REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "all-reduce": ("to_apply",),
    "conditional": ("true_computation", "false_computation", "branch_computations"),
    "map": ("to_apply",),
    "reduce": ("to_apply",),
    "reduce-scatter": ("to_apply",),
    "reduce-window": ("to_apply",),
    "scan": ("to_apply",),
    "scatter": ("to_apply",),
    "select-and-scatter": ("select", "scatter"),
    "sort": ("to_apply",),
    "while": ("condition", "body"),
}
"""Attributes that name computations which become regions, by opcode."""
FUNCTIONS: Final[dict[str, tuple[str, ...]]] = {
    "async": ("calls",),
    "call": ("to_apply",),
    "custom-call": ("called_computations",),
    "fusion": ("calls",),
}
"""Attributes that name computations which are called."""


@attrs.frozen
class Use:
    """A computation that an instruction names.

    Attributes:
        key: The attribute, with a number where it names several.
        name: The computation.
        as_region: Whether it becomes a region; otherwise it is called.
    """

    key: str
    name: str
    as_region: bool


def uses(module: HloModule, instruction: Instruction) -> Iterator[Use]:
    """The computations that an instruction names. Raises `ParseError` for one that there is not."""
    if not instruction.attributes:
        return
    opcode = instruction.opcode.removesuffix("-start")
    for table, as_region in ((REGIONS, True), (FUNCTIONS, False)):
        for key in table.get(opcode, ()):
            span = instruction.attributes.get(key)
            if span is None:
                continue
            names = read_names(module, span)
            for number, name in enumerate(names):
                if name not in module.computations:
                    raise module.lexer.error(f"there is no computation {quoted(name)}", at=span[0])
                yield Use(f"{key}[{number}]" if len(names) > 1 else key, name, as_region)


@attrs.define(eq=False)
class CallGraph:
    """How the computations of a module use each other.

    Attributes:
        order: The computations, each behind those that it uses.
        called: Names of those that become functions: the entry, what is called, and what nothing uses.
        region_uses: How often each becomes a region.
    """

    order: list[Computation]
    called: set[str]
    region_uses: dict[str, int]


def call_graph(module: HloModule) -> CallGraph:
    """Finds how the computations use each other.

    Raises:
        Error: One uses itself, or what they become is larger than the limits allow.
    """
    graph = {
        name: [use for instruction in computation.instructions for use in uses(module, instruction)]
        for name, computation in module.computations.items()
    }
    used = {use.name for found in graph.values() for use in found}
    order = _callees_first(module, graph)
    region_uses: dict[str, int] = {}
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    limits, file = module.lexer.limits, module.lexer.file
    for computation in order:
        regions = [use.name for use in graph[computation.name] if use.as_region]
        sizes[computation.name] = len(computation.instructions) + sum(sizes[name] for name in regions)
        depths[computation.name] = 1 + max((depths[name] for name in regions), default=0)
        for name in regions:
            region_uses[name] = region_uses.get(name, 0) + 1
        if depths[computation.name] > limits.depth:
            raise limits.exceeded("depth", depths[computation.name], what="the module", where=file)
        if sum(sizes[name] for name in regions) > limits.expanded_nodes:
            raise limits.exceeded("expanded_nodes", sizes[computation.name], what="the module", where=file)
    called = {use.name for found in graph.values() for use in found if not use.as_region}
    called |= {name for name in module.computations if name not in used} | {module.entry.name}
    total = sum(sizes[name] for name in called)
    if total > limits.expanded_nodes:
        raise limits.exceeded("expanded_nodes", total, what="the module", where=file)
    return CallGraph(order, called, region_uses)


def _callees_first(module: HloModule, graph: dict[str, list[Use]]) -> list[Computation]:
    order: list[Computation] = []
    state: dict[str, bool] = {}  # False while the computations that it uses are visited
    for root in module.computations:
        if root in state:
            continue
        state[root] = False
        path = [(root, iter(graph[root]))]
        while path:
            name, rest = path[-1]
            use = next(rest, None)
            if use is None:
                path.pop()
                state[name] = True
                order.append(module.computations[name])
            elif use.name not in state:
                state[use.name] = False
                path.append((use.name, iter(graph[use.name])))
            elif not state[use.name]:
                offset = module.computations[use.name].offset
                raise module.lexer.error(f"the computation {quoted(use.name)} uses itself", at=offset)
    return order
