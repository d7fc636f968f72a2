"""Display list -> SVG: one self-contained file without scripts, with tooltips, that browsers and editors open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from couloir.drawing.display import Curve, Display, Group, Path, Rectangle, Shape, Text
from couloir.drawing.fonts import text_width

_FONTS: Final = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"
_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def to_svg(display: Display) -> str:
    """The picture as an SVG 1.1 document. One point of the display list is one user unit."""
    return "\n".join(_document(display)) + "\n"


def escape(text: str) -> str:
    """The text for XML content and attribute values; characters that XML 1.0 forbids become U+FFFD."""
    if not text.isprintable():
        text = "".join(c if _is_xml(c) else "\ufffd" for c in text)
    return text.translate(_ESCAPES)


def _is_xml(character: str) -> bool:
    return character in "\t\n" or (
        character >= " " and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"
    )


def number(value: float, decimals: int = 2) -> str:
    """A coordinate with so many decimals at most."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _document(display: Display) -> Iterator[str]:
    width, height = number(display.width), number(display.height)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONTS}">'
    )
    if display.title:
        yield f"<title>{escape(display.title)}</title>"
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    for group in display.groups:
        yield from _group(group)
    yield "</svg>"


def _group(group: Group) -> Iterator[str]:
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in group.data)
    yield f'<g class="{group.role.value}"{data}>'
    if group.tooltip:
        yield f"<title>{escape(group.tooltip)}</title>"
    for shape in group.shapes:
        yield _shape(shape)
    yield "</g>"


def _shape(shape: Shape) -> str:
    if isinstance(shape, Text):
        return _text(shape)
    if isinstance(shape, Rectangle) and shape.top_radius == shape.bottom_radius:
        radius = f' rx="{number(shape.top_radius)}"' if shape.top_radius else ""
        place = (
            f'x="{number(shape.x)}" y="{number(shape.y)}" width="{number(shape.width)}" height="{number(shape.height)}"'
        )
        return f"<rect {place}{radius}{_paint(shape)}/>"
    path = shape.outline() if isinstance(shape, Rectangle) else shape
    return f'<path d="{path_data(path)}"{_paint(shape)}/>'


def _paint(shape: Rectangle | Path) -> str:
    fill = f' fill="{shape.fill or "none"}"'
    if shape.stroke is None:
        return fill
    width = f' stroke-width="{number(shape.stroke_width)}"' if shape.stroke_width != 1 else ""
    return f'{fill} stroke="{shape.stroke}"{width}'


def path_data(path: Path, decimals: int = 2) -> str:
    """The `d` of a path."""

    def point(x: float, y: float) -> str:
        return f"{number(x, decimals)} {number(y, decimals)}"

    parts = ["M" + point(*path.start)]
    for segment in path.segments:
        points = (
            (segment.first_control, segment.second_control, segment.end)
            if isinstance(segment, Curve)
            else (segment.end,)
        )
        letter = "C" if isinstance(segment, Curve) else "L"
        parts.append(letter + " ".join(point(*p) for p in points))
    return "".join(parts) + ("Z" if path.closed else "")


def _text(text: Text) -> str:
    attributes = f'x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}" fill="{text.fill}"'
    if text.bold:
        attributes += ' font-weight="bold"'
    if text.anchor.value != "start":
        attributes += f' text-anchor="{text.anchor.value}"'
    if text.text.isascii() and len(text.text) > 1:
        # A viewer without Helvetica or its like fits the text to the room that was measured for it.
        width = text_width(text.text, text.size, bold=text.bold)
        attributes += f' textLength="{number(width)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {attributes} style="white-space:pre">{escape(text.text)}</text>'
