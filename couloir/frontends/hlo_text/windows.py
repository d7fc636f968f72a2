"""Windows as HLO writes them: `{size=3x3 stride=2x2 pad=0_1x0_1 rhs_reversal=1x1}`."""

from __future__ import annotations

import re
from typing import Final

import attrs

from couloir.ir.errors import Error, nearest

_ENTRY: Final = re.compile(r"(\w+)=([0-9x_-]+)")
_PAIR: Final = re.compile(r"(-?\d{1,18})_(-?\d{1,18})")
_KEYS: Final = ("size", "stride", "pad", "lhs_dilate", "rhs_dilate", "rhs_reversal")


@attrs.frozen
class Window:
    """How a window moves along each dimension; None where the text says nothing, which stands for the default."""

    sizes: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    padding: tuple[tuple[int, int], ...] | None = None
    lhs_dilation: tuple[int, ...] | None = None
    rhs_dilation: tuple[int, ...] | None = None
    reversal: tuple[bool, ...] | None = None


def read_window(text: str) -> Window:
    """Reads a window. Raises `Error` for what is none."""
    found: dict[str, str] = {}
    for entry in text.strip("{} \t\r\n").split():
        match = _ENTRY.fullmatch(entry)
        if match is None or match[1] in found:
            raise Error(f"`{entry[:40]}` does not stand in a window", hint="`size=3x3 stride=2x2 pad=0_1x0_1`")
        if match[1] not in _KEYS:
            raise Error(f"a window has no `{match[1][:40]}`", hint=nearest(match[1], _KEYS))
        found[match[1]] = match[2]
    reversal = _numbers(found.get("rhs_reversal"))
    return Window(
        _numbers(found.get("size")),
        _numbers(found.get("stride")),
        _pairs(found.get("pad")),
        _numbers(found.get("lhs_dilate")),
        _numbers(found.get("rhs_dilate")),
        None if reversal is None else tuple(map(bool, reversal)),
    )


def _numbers(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.split("x")
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise Error(f"`{text[:40]}` does not say a number for each dimension", hint="such as `3x3`")
    return tuple(map(int, parts))


def _pairs(text: str | None) -> tuple[tuple[int, int], ...] | None:
    if text is None:
        return None
    found = [_PAIR.fullmatch(part) for part in text.split("x")]
    pairs = [(int(pair[1]), int(pair[2])) for pair in found if pair is not None]
    if len(pairs) != len(found):
        raise Error(f"`{text[:40]}` does not say the padding of each dimension", hint="such as `0_1x0_1`")
    return tuple(pairs)
