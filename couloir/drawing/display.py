"""The display list: what a picture consists of, in the order in which it is painted.

SVG and PDF are two ways to write it down.

Coordinates are in points (1/72 inch); x grows to the right and y downwards. Colours are "#rrggbb".
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final

import attrs

Point = tuple[float, float]


class Anchor(enum.Enum):
    """Which point of a text its position names."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@attrs.frozen
class Rectangle:
    """A rectangle; `top_radius` and `bottom_radius` round its corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    stroke_width: float = 1
    top_radius: float = 0
    bottom_radius: float = 0

    def outline(self) -> Path:
        """The same shape as a closed path, clockwise from the left end of the upper side."""
        top, bottom = self.top_radius, self.bottom_radius
        right, low = self.x + self.width, self.y + self.height
        segments: list[Line | Curve] = [Line((right - top, self.y))]
        if top:
            segments.append(_corner((right - top, self.y), (right, self.y), (right, self.y + top)))
        segments.append(Line((right, low - bottom)))
        if bottom:
            segments.append(_corner((right, low - bottom), (right, low), (right - bottom, low)))
        segments.append(Line((self.x + bottom, low)))
        if bottom:
            segments.append(_corner((self.x + bottom, low), (self.x, low), (self.x, low - bottom)))
        segments.append(Line((self.x, self.y + top)))
        if top:
            segments.append(_corner((self.x, self.y + top), (self.x, self.y), (self.x + top, self.y)))
        return Path((self.x + top, self.y), tuple(segments), self.stroke, self.stroke_width, self.fill, closed=True)


_CIRCLE: Final = 0.5523  # how far along its tangent a control of the Bezier curve nearest to a quarter circle is


def _corner(start: Point, corner: Point, end: Point) -> Curve:
    (x0, y0), (x1, y1), (x2, y2) = start, corner, end
    first = x0 + _CIRCLE * (x1 - x0), y0 + _CIRCLE * (y1 - y0)
    second = x2 + _CIRCLE * (x1 - x2), y2 + _CIRCLE * (y1 - y2)
    return Curve(first, second, end)


@attrs.frozen
class Text:
    """One line of Helvetica; (x, y) is on its base line."""

    x: float
    y: float
    text: str
    size: float
    fill: str = "#000000"
    bold: bool = False
    anchor: Anchor = Anchor.START


@attrs.frozen
class Line:
    """To `end` in a straight line."""

    end: Point


@attrs.frozen
class Curve:
    """To `end` along a cubic Bezier curve."""

    first_control: Point
    second_control: Point
    end: Point


@attrs.frozen
class Path:
    """Lines and curves from `start`, filled if there is a `fill`."""

    start: Point
    segments: tuple[Line | Curve, ...]
    stroke: str | None = "#000000"
    stroke_width: float = 1
    fill: str | None = None
    closed: bool = False

    def points(self) -> Iterator[Point]:
        """The start and the ends and control points of all segments: the path lies in their bounding box."""
        yield self.start
        for segment in self.segments:
            if isinstance(segment, Curve):
                yield segment.first_control
                yield segment.second_control
            yield segment.end


Shape = Rectangle | Text | Path


class Role(enum.Enum):
    """What a group of shapes shows. The value is the group's class in SVG."""

    NODE = "node"
    EDGE = "edge"
    CLUSTER = "cluster"


@attrs.frozen
class Group:
    """The shapes of one thing, with the text that a viewer shows when the pointer is on it.

    `data` are facts for programs that read the picture (the node's id, an edge's ends); names are lower-case words.
    """

    role: Role
    shapes: tuple[Shape, ...]
    tooltip: str = ""
    data: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Display:
    """A picture: its size in points and its groups, painted first to last on white."""

    width: float
    height: float
    groups: tuple[Group, ...]
    title: str = ""
