"""A layered drawing of one acyclic graph of boxes: all steps, from ranks to the strokes of the wires."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import attrs

from couloir.drawing.coordinates import assign_x
from couloir.drawing.layering import components
from couloir.drawing.ordering import order_layers
from couloir.drawing.ranked import Item, Pin, Spacing, Wire, build_ranked
from couloir.drawing.routing import WireDrawer, WireGeometry, attachments, layer_bands
from couloir.drawing.straightening import straighten

_ASPECT: Final = 1.3
"""Parts are set side by side until the drawing is about this much wider than high."""


@attrs.frozen
class Arrangement:
    """Sizes and places: x (where wires are centred) and upper side per item, and the geometry of each wire."""

    width: float
    height: float
    x: tuple[float, ...]
    top: tuple[float, ...]
    wires: tuple[WireGeometry, ...]


def arrange(items: Sequence[Item], wires: Sequence[Wire], spacing: Spacing) -> Arrangement:
    """Places items and wires.

    Parts that are not connected are drawn by themselves and set side by side, unless there are ports.
    """
    if any(item.pin is not Pin.FREE for item in items):
        return _arrange_whole(items, wires, spacing)
    parts = components(len(items), ((wire.source, *(end.item for end in wire.ends)) for wire in wires))
    if len(parts) == 1:
        return _arrange_whole(items, wires, spacing)
    part_of = [0] * len(items)
    number = [0] * len(items)
    for part, members in enumerate(parts):
        for place, item in enumerate(members):
            part_of[item], number[item] = part, place
    wires_of: list[list[int]] = [[] for _ in parts]
    for index, wire in enumerate(wires):
        wires_of[part_of[wire.source]].append(index)
    arranged = [
        _arrange_whole([items[i] for i in members], [_renumber(wires[w], number) for w in wires_of[part]], spacing)
        for part, members in enumerate(parts)
    ]
    return _pack(arranged, parts, wires_of, spacing)


def _renumber(wire: Wire, number: Sequence[int]) -> Wire:
    ends = tuple(attrs.evolve(end, item=number[end.item]) for end in wire.ends)
    return attrs.evolve(wire, source=number[wire.source], ends=ends)


def _pack(
    arranged: Sequence[Arrangement], parts: Sequence[Sequence[int]], wires_of: Sequence[Sequence[int]], spacing: Spacing
) -> Arrangement:
    """Sets parts on shelves, in order, such that the whole is not much wider than high."""
    gap = 2 * spacing.node_gap
    area = sum((part.width + gap) * (part.height + gap) for part in arranged)
    widest = max((part.width for part in arranged), default=0.0)
    target = max(widest, math.sqrt(area) * _ASPECT)
    x: dict[int, float] = {}
    top: dict[int, float] = {}
    geometry: dict[int, WireGeometry] = {}
    left, shelf, shelf_height, width = 0.0, 0.0, 0.0, 0.0
    for part, members, wire_indices in zip(arranged, parts, wires_of, strict=True):
        if left and left + part.width > target:
            left, shelf, shelf_height = 0.0, shelf + shelf_height + gap, 0.0
        for place, item in enumerate(members):
            x[item] = part.x[place] + left
            top[item] = part.top[place] + shelf
        for index, wire in zip(wire_indices, part.wires, strict=True):
            geometry[index] = wire.moved(left, shelf)
        shelf_height = max(shelf_height, part.height)
        width = max(width, left + part.width)
        left += part.width + gap
    return Arrangement(
        width,
        shelf + shelf_height,
        tuple(x[item] for item in range(len(x))),
        tuple(top[item] for item in range(len(top))),
        tuple(geometry[index] for index in range(len(geometry))),
    )


def _arrange_whole(items: Sequence[Item], wires: Sequence[Wire], spacing: Spacing) -> Arrangement:
    graph = build_ranked(items, wires, spacing)
    layers = order_layers(graph)
    x = assign_x(graph, layers, spacing)
    straighten(graph, layers, x, spacing)
    leaving, arriving = attachments(graph, items, x)
    bands = layer_bands(graph, layers, leaving, arriving, spacing)
    drawer = WireDrawer(graph, x, leaving, arriving, bands)
    return Arrangement(
        max((value + right for value, right in zip(x, graph.right, strict=True)), default=0.0),
        bands[-1][1] if bands else 0.0,
        tuple(x[: len(items)]),
        tuple(drawer.top(item) for item in range(len(items))),
        tuple(drawer.draw(course, len(wire.ends)) for course, wire in zip(graph.courses, wires, strict=True)),
    )
