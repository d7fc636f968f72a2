"""How a drawing looks: sizes and colours."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, TypeVar

import attrs

from couloir.ir.errors import Error


@attrs.frozen
class Paint:
    """The colours of a title bar and of the text on it."""

    bar: str
    text: str = "#ffffff"


# Every pair has a contrast of at least 4.5 to 1 (WCAG AA), so titles are readable in black and white as well. What
# flows in and out and constants are light; what computes is dark, and the heavy ops are the darkest.
PALETTE: Final = MappingProxyType(
    {
        "input": Paint("#e4e7eb", "#1f2933"),
        "output": Paint("#e4e7eb", "#1f2933"),
        "constant": Paint("#f1ead9", "#3a3222"),
        "linear": Paint("#1f4a7a"),
        "activation": Paint("#963a30"),
        "pool": Paint("#3f6b3a"),
        "normalization": Paint("#2b6a6c"),
        "elementwise": Paint("#5a6372"),
        "reduction": Paint("#5d4a86"),
        "shape": Paint("#7a5a3c"),
        "quantization": Paint("#7c5a10"),
        "control": Paint("#23282f"),
        "other": Paint("#4b525c"),
    }
)
"""Title bars by kind of node. A kind that is not listed looks like "other"."""


_Number = TypeVar("_Number", int, float)


def _positive(_instance: object, attribute: attrs.Attribute[_Number], value: _Number) -> None:
    if not value > 0:
        raise Error(f"style option `{attribute.name}` must be greater than 0, got {value!r}")


@attrs.frozen
class Style:
    """Sizes, all in points.

    Args:
        title_size: Font size of titles.
        text_size: Font size of detail lines.
        label_size: Font size of edge labels and cluster titles.
        max_text_width: Wider titles and lines are elided; the tooltip keeps them whole.
        max_label_width: The same for edge labels.
        max_lines: More detail lines are counted, not shown.
        node_gap: Least distance between two boxes side by side.
        wire_gap: Least distance between a wire and what is beside it.
        rank_gap: Least distance between two layers.
        margin: White space around the drawing.
    """

    title_size: float = attrs.field(default=11, validator=_positive)
    text_size: float = attrs.field(default=9, validator=_positive)
    label_size: float = attrs.field(default=8, validator=_positive)
    max_text_width: float = attrs.field(default=220, validator=_positive)
    max_label_width: float = attrs.field(default=150, validator=_positive)
    max_lines: int = attrs.field(default=12, validator=_positive)
    node_gap: float = attrs.field(default=22, validator=_positive)
    wire_gap: float = attrs.field(default=12, validator=_positive)
    rank_gap: float = attrs.field(default=14, validator=_positive)
    margin: float = attrs.field(default=20, validator=_positive)
