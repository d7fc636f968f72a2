"""Cutting a picture into sheets of paper: where to cut, and what is on each sheet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from couloir.drawing.display import Anchor, Curve, Display, Group, Path, Rectangle, Role, Shape, Text
from couloir.drawing.fonts import text_width
from couloir.ir.errors import Error

Bounds = tuple[float, float, float, float]
"""Left, upper, right, lower."""

_INCH: Final = 72.0
_LEAST_FILLED: Final = 0.5  # a sheet is filled at least that far before a cut is moved up to spare a box


@attrs.frozen
class Paper:
    """Sheets for a printer, in points.

    Args:
        width: Width of a sheet.
        height: Height of a sheet.
        margin: What stays white on each side; page numbers are printed there.
        min_scale: The picture is made smaller until it is one sheet wide, but not smaller than this; then it goes
            over several columns.

    Raises:
        Error: Less than an inch is left between the margins, or `min_scale` is not in (0, 1].
    """

    width: float
    height: float
    margin: float = 36
    min_scale: float = 0.6

    def __attrs_post_init__(self) -> None:
        if not 0 < self.min_scale <= 1:
            raise Error(f"`min_scale` of paper must be greater than 0 and at most 1, got {self.min_scale!r}")
        if not (self.margin >= 0 and min(self.width, self.height) - 2 * self.margin >= _INCH):
            raise Error(
                f"paper of {self.width:g} x {self.height:g} points leaves less than an inch between its margins",
                hint="use couloir.drawing.A4, or sizes in points (1/72 inch)",
            )


A4: Final = Paper(595.28, 841.89)
"""ISO 216 A4, upright."""


@attrs.frozen
class Sheet:
    """One sheet: the part of the picture on it, its place in the poster (from 0), and the groups that touch it."""

    bounds: Bounds
    row: int
    column: int
    groups: tuple[Group, ...]


@attrs.frozen
class Poster:
    """All sheets, row by row; empty ones are left out."""

    scale: float
    rows: int
    columns: int
    sheets: tuple[Sheet, ...]


def cut(display: Display, paper: Paper) -> Poster:
    """Cuts a picture into sheets, between boxes and between texts where possible."""
    room_x, room_y = paper.width - 2 * paper.margin, paper.height - 2 * paper.margin
    scale = min(1.0, max(room_x / display.width, paper.min_scale))
    solid = [bounds for group in display.groups for bounds in _solid(group)]
    x_cuts = _cuts(display.width, room_x / scale, ((left, right) for left, _, right, _ in solid))
    y_cuts = _cuts(display.height, room_y / scale, ((upper, lower) for _, upper, _, lower in solid))
    cells: dict[tuple[int, int], list[Group]] = {}
    for group in display.groups:
        for cell in dict.fromkeys(_cells(group, x_cuts, y_cuts)):
            cells.setdefault(cell, []).append(group)
    sheets = tuple(
        Sheet(
            (x_cuts[column], y_cuts[row], x_cuts[column + 1], y_cuts[row + 1]), row, column, tuple(cells[row, column])
        )
        for row, column in sorted(cells)
    )
    empty = Sheet((0, 0, x_cuts[1], y_cuts[1]), 0, 0, ())
    return Poster(scale, len(y_cuts) - 1, len(x_cuts) - 1, sheets or (empty,))


def _solid(group: Group) -> Iterator[Bounds]:
    """What should not be cut: boxes and texts."""
    for shape in group.shapes:
        if isinstance(shape, Text) or (isinstance(shape, Rectangle) and group.role is Role.NODE):
            yield from _bounds(shape)


def _bounds(shape: Shape) -> Iterator[Bounds]:
    """Rectangles around a shape; the parts of a path have one each."""
    if isinstance(shape, Rectangle):
        yield shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    elif isinstance(shape, Text):
        width = text_width(shape.text, shape.size, bold=shape.bold)
        left = shape.x - {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[shape.anchor]
        yield left, shape.y - shape.size, left + width, shape.y + shape.size / 4
    else:
        yield from _path_bounds(shape)


def _path_bounds(path: Path) -> Iterator[Bounds]:
    start = path.start
    for segment in path.segments:
        points = [start, segment.end]
        if isinstance(segment, Curve):
            points += [segment.first_control, segment.second_control]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        yield min(xs), min(ys), max(xs), max(ys)
        start = segment.end


def _cells(group: Group, x_cuts: Sequence[float], y_cuts: Sequence[float]) -> Iterator[tuple[int, int]]:
    """The cells, as row and column, that a group touches."""
    for shape in group.shapes:
        for left, upper, right, lower in _bounds(shape):
            for row in _touched(upper, lower, y_cuts):
                for column in _touched(left, right, x_cuts):
                    yield row, column


def _touched(low: float, high: float, cuts: Sequence[float]) -> range:
    last = len(cuts) - 2
    return range(max(bisect_left(cuts, low) - 1, 0), min(bisect_right(cuts, high) - 1, last) + 1)


def _cuts(total: float, room: float, intervals: Iterable[tuple[float, float]]) -> list[float]:
    """0, the places to cut, and the total: at most `room` apart, and not within an interval if avoidable."""
    merged = _merge(intervals)
    starts = [start for start, _ in merged]
    cuts = [0.0]
    while total - cuts[-1] > room:
        limit = cuts[-1] + room
        index = bisect_left(starts, limit) - 1  # the last interval that starts before the limit
        if index >= 0 and merged[index][1] > limit:
            before = merged[index - 1][1] if index else 0.0
            gap = (before + starts[index]) / 2
            if gap >= cuts[-1] + _LEAST_FILLED * room:
                limit = gap
        cuts.append(limit)
    return [*cuts, total]


def _merge(intervals: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of intervals, as separate ascending ones."""
    merged: list[tuple[float, float]] = []
    for start, stop in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], stop)
        else:
            merged.append((start, stop))
    return merged
