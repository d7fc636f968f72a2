"""Pictures inside pictures: the same shapes, larger or smaller, elsewhere."""

from __future__ import annotations

import attrs

from couloir.drawing.display import Curve, Display, Group, Line, Path, Point, Rectangle, Shape, Text


def placed(display: Display, x: float, y: float, scale: float = 1.0) -> tuple[Group, ...]:
    """The groups of a picture, scaled, with its upper left corner at (x, y)."""
    place = _Place(x, y, scale)
    return tuple(attrs.evolve(group, shapes=tuple(map(place.shape, group.shapes))) for group in display.groups)


def fitted(display: Display, x: float, y: float, width: float, height: float) -> tuple[Group, ...]:
    """The groups of a picture, made smaller if it is larger than a frame, in the middle of the frame's upper side."""
    scale = min(1.0, width / display.width, height / display.height)
    return placed(display, x + (width - scale * display.width) / 2, y, scale)


@attrs.frozen
class _Place:
    x: float
    y: float
    scale: float

    def point(self, point: Point) -> Point:
        return self.x + self.scale * point[0], self.y + self.scale * point[1]

    def shape(self, shape: Shape) -> Shape:
        if isinstance(shape, Path):
            segments = tuple(map(self.segment, shape.segments))
            width = shape.stroke_width * self.scale
            return attrs.evolve(shape, start=self.point(shape.start), segments=segments, stroke_width=width)
        x, y = self.point((shape.x, shape.y))
        if isinstance(shape, Text):
            return attrs.evolve(shape, x=x, y=y, size=shape.size * self.scale)
        return self.rectangle(shape, x, y)

    def rectangle(self, shape: Rectangle, x: float, y: float) -> Rectangle:
        scale = self.scale
        return attrs.evolve(
            shape,
            x=x,
            y=y,
            width=shape.width * scale,
            height=shape.height * scale,
            stroke_width=shape.stroke_width * scale,
            top_radius=shape.top_radius * scale,
            bottom_radius=shape.bottom_radius * scale,
        )

    def segment(self, segment: Line | Curve) -> Line | Curve:
        if isinstance(segment, Line):
            return Line(self.point(segment.end))
        first, second, end = map(self.point, (segment.first_control, segment.second_control, segment.end))
        return Curve(first, second, end)
