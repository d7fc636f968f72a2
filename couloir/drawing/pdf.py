"""Display list -> PDF: one page as large as the picture, or sheets for a printer, set in the reader's own Helvetica.

Written after ISO 32000-1 (PDF 1.7). Nothing in the file depends on the time or the machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from couloir.drawing.display import Anchor, Curve, Display, Group, Path, Rectangle, Shape, Text
from couloir.drawing.fonts import elide, encode_cp1252, one_line, text_width
from couloir.drawing.paging import Paper, Poster, Sheet, cut

_MAX_PAGE: Final = 14_400
"""The largest page in default units that readers support (ISO 32000-1, annex C)."""

_FOOTER_SIZE: Final = 7.0


def to_pdf(display: Display, paper: Paper | None = None) -> bytes:
    """The picture as a PDF 1.6 document.

    Without `paper` it is one page of the picture's size, however tall. With it, the picture is cut into sheets
    (between boxes where possible), which are numbered by row and column; sheets on which there is nothing are left
    out.
    """
    if paper is None:
        return _document([_whole(display)], display.title)
    poster = cut(display, paper)
    # A long wire is on many sheets: write down each group once.
    written = {id(group): "\n".join(_operators(group)) for group in display.groups}
    return _document([_sheet(sheet, poster, paper, display.title, written) for sheet in poster.sheets], display.title)


# -- pages


@attrs.frozen
class _Page:
    width: float
    height: float
    content: str
    user_unit: int = 1


def _whole(display: Display) -> _Page:
    # Beyond the limit a unit of the page is several points, and everything is drawn that much smaller.
    unit = int(max(display.width, display.height) // _MAX_PAGE) + 1
    width, height = display.width / unit, display.height / unit
    operators = [operator for group in display.groups for operator in _operators(group)]
    return _Page(width, height, "\n".join([_transform(1 / unit, 0, height), *operators]), unit)


def _sheet(sheet: Sheet, poster: Poster, paper: Paper, title: str, written: Mapping[int, str]) -> _Page:
    x0, y0, x1, y1 = sheet.bounds
    scale = poster.scale
    width, height = scale * (x1 - x0), scale * (y1 - y0)
    # A single column is centred; parts of a poster start at the margin.
    left = (paper.width - width) / 2 if poster.columns == 1 else paper.margin
    top = paper.height - paper.margin
    content = [
        "q",
        f"{_numbers(left, top - height, width, height)} re W n",
        _transform(scale, left - scale * x0, top + scale * y0),
        *(written[id(group)] for group in sheet.groups),
        "Q",
        *_footer(sheet, poster, paper, title),
    ]
    return _Page(paper.width, paper.height, "\n".join(content))


def _footer(sheet: Sheet, poster: Poster, paper: Paper, title: str) -> list[str]:
    if len(poster.sheets) == 1 or paper.margin < 2 * _FOOTER_SIZE:
        return []
    place = f"row {sheet.row + 1} of {poster.rows}"
    if poster.columns > 1:
        place += f", column {sheet.column + 1} of {poster.columns}"
    y = paper.height - paper.margin / 2
    room = paper.width - 2 * paper.margin - text_width(place, _FOOTER_SIZE) - 2 * _FOOTER_SIZE
    name = Text(paper.margin, y, elide(one_line(title), room, _FOOTER_SIZE), _FOOTER_SIZE)
    number = Text(paper.width - paper.margin, y, place, _FOOTER_SIZE, anchor=Anchor.END)
    return ["q", _transform(1, 0, paper.height), *_text(name), *_text(number), "Q"]


def _transform(scale: float, x: float, y: float) -> str:
    """From a picture's coordinates (y downwards) to the page's (y upwards), whose (x, y) is the picture's origin."""
    return f"{scale:.6f} 0 0 {-scale:.6f} {_numbers(x, y)} cm"


# -- shapes


def _operators(group: Group) -> list[str]:
    return [operator for shape in group.shapes for operator in _shape(shape)]


def _shape(shape: Shape) -> list[str]:
    if isinstance(shape, Text):
        return _text(shape)
    return _path(shape.outline() if isinstance(shape, Rectangle) else shape)


def _path(path: Path) -> list[str]:
    if path.fill is None and path.stroke is None:
        return []
    operators: list[str] = []
    if path.fill is not None:
        operators.append(f"{_colour(path.fill)} rg")
    if path.stroke is not None:
        operators.append(f"{_colour(path.stroke)} RG {_numbers(path.stroke_width)} w")
    operators.append(f"{_numbers(*path.start)} m")
    for segment in path.segments:
        if isinstance(segment, Curve):
            operators.append(f"{_numbers(*segment.first_control, *segment.second_control, *segment.end)} c")
        else:
            operators.append(f"{_numbers(*segment.end)} l")
    if path.closed:
        operators.append("h")
    operators.append("S" if path.fill is None else "f" if path.stroke is None else "B")
    return operators


def _text(text: Text) -> list[str]:
    if not text.text:
        return []
    encoded = encode_cp1252(text.text)
    # What is replaced may have another width than what was measured, so anchor what is really set.
    width = text_width(encoded.decode("cp1252", "replace"), text.size, bold=text.bold)
    x = text.x - {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[text.anchor]
    font = "/F2" if text.bold else "/F1"
    place = f"1 0 0 -1 {_numbers(x, text.y)} Tm"
    return [f"BT {_colour(text.fill)} rg {font} {_numbers(text.size)} Tf {place} {_literal(encoded)} Tj ET"]


def _colour(colour: str) -> str:
    """ "#rrggbb" as three numbers from 0 to 1."""
    return " ".join(f"{int(colour[i : i + 2], 16) / 255:.3f}" for i in (1, 3, 5))


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in values)


def _literal(data: bytes) -> str:
    """A string in parentheses (7.3.4.2), in ASCII."""
    return "(" + "".join(_escaped(byte) for byte in data) + ")"


def _escaped(byte: int) -> str:
    if byte in b"()\\":
        return "\\" + chr(byte)
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


# -- the file


def _document(pages: Sequence[_Page], title: str) -> bytes:
    """Objects 1 to 5 are the catalogue, the page tree, two fonts and the information; then two for each page."""
    first_page = 6
    kids = " ".join(f"{first_page + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode("ascii"),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
        f"<< /Title {_text_string(title)} /Producer (couloir) >>".encode("ascii"),
    ]
    for index, page in enumerate(pages):
        unit = f" /UserUnit {page.user_unit}" if page.user_unit != 1 else ""
        objects.append(
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_numbers(page.width, page.height)}]{unit} "
                f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {first_page + 2 * index + 1} 0 R >>"
            ).encode("ascii")
        )
        stream = zlib.compress(page.content.encode("ascii"), 9)
        header = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode("ascii")
        objects.append(header + stream + b"\nendstream")
    return _file(objects)


def _font(name: str) -> bytes:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode("ascii")


def _text_string(text: str) -> str:
    """A text for people outside of pages (7.9.2.2): ASCII if it is, otherwise UTF-16 with a byte order mark."""
    if text.isascii():
        return _literal(text.encode("ascii"))
    return _literal(b"\xfe\xff" + text.encode("utf-16-be", "replace"))


def _file(objects: Sequence[bytes]) -> bytes:
    # The second line tells transfer programs that the file is binary (7.5.2).
    parts = [b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"]
    offset = len(parts[0])
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        parts.append(part)
        offsets.append(offset)
        offset += len(part)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % place for place in offsets]
    parts.append(
        b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, offset)
    )
    return b"".join(parts)
