"""Widths of text in Helvetica, one of the fonts that every PDF reader has.

The numbers are Adobe's Core-14 font metrics (AFM), in thousandths of the font size, for the 224 codes 32 to 255 of
the Windows Latin-1 encoding (`WinAnsiEncoding`, Python's `cp1252`). Arial and Liberation Sans, which SVG viewers use
instead of Helvetica, have the same widths.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_FIRST: Final = 32


def _table(widths: str) -> tuple[int, ...]:
    return tuple(int(width) for width in widths.split())


# fmt: off
_WIDTHS: Final = {
    False: _table("""
        278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556
        556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778
        667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556
        556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584 350
        556 350 222 556 333 1000 556 556 333 1000 667 333 1000 350 611 350 350 222 222 333 333 350 556 1000
        333 1000 500 333 944 350 500 667 278 333 556 556 556 556 260 556 333 737 370 556 584 333 737 333
        400 584 333 333 333 556 537 278 333 333 365 556 834 834 834 611 667 667 667 667 667 667 1000 722
        667 667 667 667 278 278 278 278 722 722 778 778 778 778 778 584 778 722 722 722 722 667 667 611
        556 556 556 556 556 556 889 500 556 556 556 556 278 278 278 278 556 556 556 556 556 556 556 584
        611 556 556 556 556 500 556 500
    """),
    True: _table("""
        278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556
        556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778
        667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611
        611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584 350
        556 350 278 556 500 1000 556 556 333 1000 667 333 1000 350 611 350 350 278 278 500 500 350 556 1000
        333 1000 556 333 944 350 500 667 278 333 556 556 556 556 280 556 333 737 370 556 584 333 737 333
        400 584 333 333 333 611 556 278 333 333 365 556 834 834 834 611 722 722 722 722 722 722 1000 722
        667 667 667 667 278 278 278 278 722 722 778 778 778 778 778 584 778 722 722 722 722 667 667 611
        556 556 556 556 556 556 889 556 556 556 556 556 278 278 278 278 611 611 611 611 611 611 611 584
        611 611 611 611 611 556 611 556
    """),
}
# fmt: on
_WIDE: Final = 1000
_NARROW: Final = 600
_ELLIPSIS: Final = "\u2026"


@lru_cache(maxsize=4096)
def _character_width(character: str, bold: bool) -> int:
    try:
        code = character.encode("cp1252")[0]
    except UnicodeEncodeError:
        # Another font will draw it: a full square for East Asian characters, nothing for combining marks.
        if unicodedata.combining(character):
            return 0
        return _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW
    return _WIDTHS[bold][code - _FIRST] if code >= _FIRST else 0


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line of text set in Helvetica (or Helvetica-Bold), in the unit of `size`.

    Characters outside of Windows Latin-1 are estimated, as another font will draw them.
    """
    return sum(_character_width(character, bold) for character in text) * size / 1000


def elide(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text if it is at most `width` wide, otherwise its longest beginning that fits, with an ellipsis after it."""
    # Only a beginning can show, so a text of megabytes is never measured whole: no printed character is narrower than
    # size / 6.
    limit = int(6 * width / size) + 2
    if len(text) <= limit and text_width(text, size, bold=bold) <= width:
        return text
    room = width * 1000 / size - _character_width(_ELLIPSIS, bold)
    used = 0
    for end, character in enumerate(text[:limit]):
        used += _character_width(character, bold)
        if used > room:
            return text[:end].rstrip() + _ELLIPSIS
    return text[:limit].rstrip() + _ELLIPSIS


def one_line(text: str) -> str:
    """The text with line breaks and tabs as spaces and other control characters (and lone surrogates) as U+FFFD."""
    if text.isprintable():
        return text
    spaced = " ".join(text.replace("\t", " ").splitlines())
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" else c for c in spaced)


def encode_cp1252(text: str) -> bytes:
    """The text in Windows Latin-1. What is not in it is spelled out, loses its accent or becomes a question mark."""
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return b"".join(_encode_character(character) for character in text)


_SPELLED: Final = {
    "\u2190": "<-",
    "\u2192": "->",
    "\u21d2": "=>",
    "\u2212": "-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
}


def _encode_character(character: str) -> bytes:
    if character in _SPELLED:
        return _SPELLED[character].encode("ascii")
    for form in (character, unicodedata.normalize("NFKD", character)):
        encoded = form.encode("cp1252", "ignore")
        if encoded:
            return encoded
    return b"" if unicodedata.combining(character) else b"?"
