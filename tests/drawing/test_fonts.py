from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.drawing.fonts import elide, encode_cp1252, one_line, text_width

# From Adobe's Helvetica.afm and Helvetica-Bold.afm (Core 14 fonts), by name of the glyph.
REGULAR = {
    " ": 278,
    "0": 556,
    "A": 667,
    "W": 944,
    "i": 222,
    "@": 1015,
    "\u00d7": 584,
    "\u00b5": 556,
    "\u2026": 1000,
    "\u00ff": 500,
}
BOLD = {
    " ": 278,
    "0": 556,
    "A": 722,
    "W": 944,
    "i": 278,
    "@": 975,
    "\u00d7": 584,
    "\u00df": 611,
    "\u2022": 350,
    "'": 238,
}


@pytest.mark.parametrize(("widths", "bold"), [(REGULAR, False), (BOLD, True)])
def test_widths_are_those_of_the_font(widths: dict[str, int], bold: bool) -> None:
    for character, width in widths.items():
        assert text_width(character, 1000, bold=bold) == width
    assert text_width("".join(widths), 10, bold=bold) == pytest.approx(sum(widths.values()) / 100)


def test_widths_of_other_characters_are_estimated() -> None:
    assert text_width("\u6f22", 10) == 10
    assert text_width("\u0416", 10) == 6
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("", 10) == 0


@given(st.text(), st.floats(5, 200), st.booleans())
def test_an_elided_text_fits_and_is_a_beginning(text: str, width: float, bold: bool) -> None:
    shown = elide(text, width, 9, bold=bold)
    if shown != text:
        assert shown.endswith("\u2026")
        assert text.startswith(shown[:-1])
        assert len(shown) <= len(text) + 1
        assert text_width(shown, 9, bold=bold) <= max(width, 9)
    else:
        assert text_width(text, 9, bold=bold) <= width


def test_a_text_that_just_fits_is_whole() -> None:
    assert elide("iiii", text_width("iiii", 9), 9) == "iiii"
    assert elide("W" * 10, text_width("W" * 10, 9) - 0.01, 9) == "W" * 8 + "\u2026"


def test_marks_without_width_do_not_pile_up() -> None:
    assert len(elide("e" + "\u0301" * 10_000, 50, 9)) < 50


def test_one_line_has_no_control_characters() -> None:
    assert one_line("a\tb\r\nc\nd") == "a b c d"
    assert one_line("\x00\x1b\ud800\ufffe") == "\ufffd" * 4
    assert one_line("1\u00d73 \u2192 \u6f22") == "1\u00d73 \u2192 \u6f22"


def test_what_latin_1_lacks_is_replaced() -> None:
    assert encode_cp1252("\u00e9 \u00d7 \u2026") == b"\xe9 \xd7 \x85"
    assert encode_cp1252("\u0105\u2192\u2264 \u6f22 e\u0301") == b"a-><= ? e"
    assert encode_cp1252("\uff21") == b"A"  # a full-width letter
