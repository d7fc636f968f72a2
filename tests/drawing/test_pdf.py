from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.drawing import A4, Display, Edge, Graph, Node, Paper, Role, draw, to_pdf
from couloir.drawing.paging import cut


class Reader:
    """Enough of a PDF reader to check a file: objects by offsets in the cross-reference table, pages, contents."""

    def __init__(self, data: bytes) -> None:
        assert data.startswith(b"%PDF-1.6\n") and data.endswith(b"%%EOF\n")
        start = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
        header = re.match(rb"xref\n0 (\d+)\n", data[start:])
        assert header
        count = int(header[1])
        table = data[start + header.end() :][: 20 * count]
        assert table[:20] == b"0000000000 65535 f \n"
        self.objects: list[bytes] = [b""]
        for number in range(1, count):
            entry = re.fullmatch(rb"(\d{10}) 00000 n \n", table[20 * number : 20 * number + 20])
            assert entry
            begin = re.compile(rb"%d 0 obj\n" % number).match(data, int(entry[1]))
            assert begin, f"object {number} is not at its offset"
            self.objects.append(data[begin.end() : data.index(b"\nendobj\n", begin.end())])
        trailer = data[start + header.end() + 20 * count :]
        assert re.match(rb"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % count, trailer)

    @property
    def pages(self) -> list[bytes]:
        kids = re.search(rb"/Kids \[([^]]*)\]", self.objects[2])
        assert kids
        numbers = [int(number) for number in re.findall(rb"(\d+) 0 R", kids[1])]
        assert f"/Count {len(numbers)} ".encode() in self.objects[2]
        return [self.objects[number] for number in numbers]

    def content(self, page: bytes) -> str:
        reference = re.search(rb"/Contents (\d+) 0 R", page)
        assert reference
        stream = re.fullmatch(
            rb"<< /Length (\d+) /Filter /FlateDecode >>\nstream\n(.*)\nendstream", self.objects[int(reference[1])], re.S
        )
        assert stream and len(stream[2]) == int(stream[1])
        return zlib.decompress(stream[2]).decode("ascii")

    def texts(self, page: bytes) -> list[str]:
        return [_unescape(text) for text in re.findall(r"\(((?:\\.|[^\\()])*)\) Tj", self.content(page))]


def _unescape(text: str) -> str:
    codes = re.sub(r"\\(\d{3}|.)", lambda m: chr(int(m[1], 8)) if m[1].isdigit() else m[1], text)
    return codes.encode("latin-1").decode("cp1252", "replace")


def _media_box(page: bytes) -> tuple[float, float]:
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page)
    assert box
    return float(box[1]), float(box[2])


def test_one_page_as_large_as_the_picture(residual: Graph) -> None:
    display = draw(residual)
    reader = Reader(to_pdf(display))
    (page,) = reader.pages
    assert _media_box(page) == pytest.approx((display.width, display.height), abs=0.01)
    assert reader.texts(page).count("BatchNormalization") == 2
    assert b"/BaseFont /Helvetica " in reader.objects[3] and b"/BaseFont /Helvetica-Bold " in reader.objects[4]
    assert b"/Title (residual block)" in reader.objects[5]


def test_the_same_picture_gives_the_same_bytes(residual: Graph) -> None:
    assert to_pdf(draw(residual), A4) == to_pdf(draw(residual), A4)


def test_an_empty_picture_has_a_page() -> None:
    assert len(Reader(to_pdf(draw(Graph()))).pages) == 1
    assert len(Reader(to_pdf(draw(Graph()), A4)).pages) == 1


def test_texts_are_escaped() -> None:
    title = "f(x) \\ (y \u00e9 \u00d7"
    reader = Reader(to_pdf(draw(Graph([Node("a", title, ("\u6f22 \u2192",))], title="\u6f22 (1)"))))
    assert reader.texts(reader.pages[0]) == [title, "? ->"]
    assert rb"/Title (\376\377o" in reader.objects[5]
    assert rb"\000 \000\(\0001\000\))" in reader.objects[5]


@given(st.text(max_size=30))
def test_any_text_gives_a_file_that_reads_back(text: str) -> None:
    graph = Graph([Node("a", text, (text,), cluster=(text,))], [Edge("a", "a", text)], text)
    for paper in (None, A4):
        reader = Reader(to_pdf(draw(graph), paper))
        assert reader.content(reader.pages[0])


def test_pages_beyond_what_readers_support_use_larger_units(chain: Callable[[int], Graph]) -> None:
    display = draw(chain(1000))
    reader = Reader(to_pdf(display))
    (page,) = reader.pages
    unit = re.search(rb"/UserUnit (\d+)", page)
    assert unit
    width, height = _media_box(page)
    assert max(width, height) <= 14_400
    assert height * int(unit[1]) == pytest.approx(display.height, abs=int(unit[1]) * 0.01)
    assert reader.content(page).startswith(f"{1 / int(unit[1]):.6f} 0 0 -{1 / int(unit[1]):.6f} 0 ")


def test_sheets_hold_everything_once_and_cut_no_box(chain: Callable[[int], Graph]) -> None:
    display = draw(chain(60))
    reader = Reader(to_pdf(display, A4))
    assert len(reader.pages) > 3
    assert {_media_box(page) for page in reader.pages} == {(595.28, 841.89)}
    texts = [text for page in reader.pages for text in reader.texts(page)]
    assert [text for text in texts if text.startswith("op ")] == [f"op {i}" for i in range(60)]
    assert [text for text in texts if text.startswith("row ")] == [
        f"row {i + 1} of {len(reader.pages)}" for i in range(len(reader.pages))
    ]


def _node_spans(display: Display) -> list[tuple[float, float]]:
    return [(g.shapes[0].y, g.shapes[0].y + g.shapes[0].height) for g in display.groups if g.role is Role.NODE]  # type: ignore[union-attr]


def test_cuts_are_between_boxes(chain: Callable[[int], Graph]) -> None:
    display = draw(chain(60))
    for height in range(300, 1000, 37):
        poster = cut(display, Paper(500, height))
        for sheet in poster.sheets:
            assert not any(upper < sheet.bounds[3] < lower for upper, lower in _node_spans(display))
            assert sheet.bounds[3] - sheet.bounds[1] <= (height - 72) / poster.scale + 1e-6


def test_a_box_higher_than_a_sheet_is_cut_all_the_same() -> None:
    display = draw(Graph([Node("a", "A", tuple(str(i) for i in range(12)))]))
    poster = cut(display, Paper(200, 232))
    assert poster.rows == 2
    assert [text for sheet in poster.sheets for text in sheet.groups] == [display.groups[0]] * 2


def test_wide_pictures_become_a_poster_and_stay_readable() -> None:
    nodes = [Node(f"n{i}", f"branch {i}") for i in range(40)]
    graph = Graph([Node("s", "Split"), *nodes], [Edge("s", node.id) for node in nodes], "wide")
    display = draw(graph)
    poster = cut(display, A4)
    assert poster.scale == A4.min_scale
    assert poster.columns > 1
    reader = Reader(to_pdf(display, A4))
    assert len(reader.pages) == len(poster.sheets)
    texts = [text for page in reader.pages for text in reader.texts(page)]
    assert {f"branch {i}" for i in range(40)} <= set(texts)
    assert f"row 1 of {poster.rows}, column 2 of {poster.columns}" in texts


def test_a_picture_a_little_too_wide_is_made_smaller() -> None:
    nodes = [Node(f"n{i}", f"branch {i}") for i in range(7)]
    display = draw(Graph([Node("s", "Split"), *nodes], [Edge("s", node.id) for node in nodes]))
    poster = cut(display, A4)
    assert display.width > A4.width - 2 * A4.margin
    assert poster.columns == 1 and A4.min_scale < poster.scale < 1


def test_sheets_with_nothing_on_them_are_left_out() -> None:
    # One row of boxes and a chain below the first: the rest of the poster is empty.
    nodes = [Node(str(i), "node") for i in range(60)]
    edges = [Edge(str(i), str(i + 1)) for i in range(59)]
    wide = [Node(f"w{i}", f"wide {i}") for i in range(30)]
    graph = Graph([*nodes, *wide], [*edges, *(Edge("0", w.id) for w in wide)])
    poster = cut(draw(graph), A4)
    assert 1 < len(poster.sheets) < poster.rows * poster.columns


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("paper", [None, A4])
def test_qpdf_finds_no_fault(tmp_path: Path, chain: Callable[[int], Graph], paper: Paper | None) -> None:
    path = tmp_path / "g.pdf"
    path.write_bytes(to_pdf(draw(chain(50)), paper))
    result = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils are not installed")
def test_poppler_reads_the_texts_and_draws_ink(tmp_path: Path, residual: Graph) -> None:
    path = tmp_path / "g.pdf"
    path.write_bytes(to_pdf(draw(residual)))
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert text.split().count("BatchNormalization") == 2
    image = subprocess.run(["pdftoppm", "-r", "36", "-gray", str(path)], capture_output=True, check=True).stdout
    pixels = image.split(b"\n255\n", 1)[1]
    assert 0.5 < pixels.count(b"\xff") / len(pixels) < 0.99  # mostly white, but not all
    assert min(pixels) < 80
