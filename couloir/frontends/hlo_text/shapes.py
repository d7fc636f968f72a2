"""Shapes as HLO writes them, with layouts: `f32[2,3]{1,0}`, `(s32[], bf16[<=8,4])`, and the types that they stand for.

Source: XLA, xla/shape.h, xla/layout.h and https://openxla.org/xla/shapes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from couloir.dialects.hlo import Token, TypeExtensions
from couloir.frontends.hlo_text.lexer import SPACE
from couloir.ir.errors import Error, nearest
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, Type, f32, f64, i1

if TYPE_CHECKING:
    from couloir.frontends.hlo_text.lexer import HloLexer
    from couloir.ir.limits import Limits

_FLOATS: Final = {
    "f8e3m4": "f8E3M4",
    "f8e4m3": "f8E4M3",
    "f8e4m3fn": "f8E4M3FN",
    "f8e4m3fnuz": "f8E4M3FNUZ",
    "f8e4m3b11fnuz": "f8E4M3B11FNUZ",
    "f8e5m2": "f8E5M2",
    "f8e5m2fnuz": "f8E5M2FNUZ",
    "f8e8m0fnu": "f8E8M0FNU",
    "f4e2m1fn": "f4E2M1FN",
    "f6e2m3fn": "f6E2M3FN",
    "f6e3m2fn": "f6E3M2FN",
    "bf16": "bf16",
    "f16": "f16",
    "f32": "f32",
    "f64": "f64",
}
ELEMENTS: Final[dict[str, Type]] = {
    "pred": i1,
    "c64": ComplexType(f32),
    "c128": ComplexType(f64),
    **{f"s{width}": IntegerType(width) for width in (2, 4, 8, 16, 32, 64)},
    **{f"u{width}": IntegerType(width, "unsigned") for width in (2, 4, 8, 16, 32, 64)},
    **{name: FloatType(kind) for name, kind in _FLOATS.items()},
}
"""Element types under XLA's names."""

_ARRAY: Final = re.compile(
    rf"([a-z][a-z0-9]*+)\[([^\[\]]*+)\](?:(\{{[^{{}}]*+\}})|{SPACE}(\{{[0-9:][^{{}}]*+\}}))?{SPACE}"
)
"""The element type, the sizes, and the layout. Behind white space a layout is not empty: a computation could begin there."""
_LAYOUT: Final = re.compile(r"\{([0-9, ]*+)(?::(.*))?\}", re.DOTALL)
_TILE: Final = re.compile(r"\(([0-9*, ]*+)\)")
COMBINED: Final = 0
"""What stands in a tile for `*`: the dimension is counted together with the next one."""
_BUFFER: Final = re.compile(rf"b\({SPACE}")


@attrs.frozen
class Layout:
    """How the elements of an array lie in memory.

    Attributes:
        minor_to_major: The dimensions, the one whose neighbours lie next to each other first.
        tiles: Tiles in which the (physical) dimensions are cut, each tile in the dimensions that the one before leaves.
    """

    minor_to_major: tuple[int, ...]
    tiles: tuple[tuple[int, ...], ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether rows lie one after the other."""
        return not self.tiles and self.minor_to_major == tuple(range(len(self.minor_to_major)))[::-1]


@attrs.frozen(eq=False, slots=True)
class Array:
    """The shape of one array, or a token.

    Attributes:
        type: What it is in StableHLO.
        layout: None where the text has none.
        layout_text: The layout as it is written, braces included; empty where it is the default one.
    """

    type: Type
    layout: Layout | None = None
    layout_text: str = ""

    @property
    def leaves(self) -> tuple[Array, ...]:
        """The arrays in it."""
        return (self,)


@attrs.frozen(eq=False, slots=True)
class Tuple:
    """The shape of a tuple.

    Attributes:
        elements: The shapes of its elements.
        leaves: The arrays in it, in order, those of inner tuples as well.
        offsets: Where the leaves of each element begin.
    """

    elements: tuple[Shape, ...]
    leaves: tuple[Array, ...]
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, elements: list[Shape]) -> Tuple:
        """The tuple with these elements."""
        leaves: list[Array] = []
        offsets: list[int] = []
        for element in elements:
            offsets.append(len(leaves))
            leaves += element.leaves
        return cls(tuple(elements), tuple(leaves), tuple(offsets))


Shape = Array | Tuple


class ShapeReader:
    """Reads shapes, each array shape that is written the same way once."""

    def __init__(self, lexer: HloLexer) -> None:
        self._lexer = lexer
        self._known: dict[str, Array] = {}

    def at_shape(self) -> bool:
        """Whether a shape comes next: in older texts it stands before each operand."""
        lexer = self._lexer
        return lexer.character == "(" or _ARRAY.match(lexer.text, lexer.position, lexer.length) is not None

    def read(self) -> Shape:
        """Reads a shape."""
        lexer = self._lexer
        open_tuples: list[tuple[str, list[Shape]]] = []  # the closing bracket, and the elements so far
        while True:
            if lexer.optional("("):
                open_tuples.append(("tuple", []))
                if len(open_tuples) > lexer.limits.depth:
                    raise lexer.limits.exceeded("depth", len(open_tuples), what="a shape", where=lexer.file)
                if not lexer.optional(")"):
                    continue
                shape: Shape = Tuple.of(open_tuples.pop()[1])
            elif lexer.match(_BUFFER):
                open_tuples.append(("buffer", []))
                continue
            else:
                shape = self._array()
            while open_tuples:
                kind, elements = open_tuples[-1]
                elements.append(shape)
                if kind == "tuple" and lexer.optional(","):
                    break
                lexer.expect(")")
                open_tuples.pop()
                shape = Tuple.of(elements) if kind == "tuple" else elements[0]
            else:
                return shape

    def _array(self) -> Array:
        lexer, start = self._lexer, self._lexer.position
        found = lexer.match(_ARRAY)
        if found is None:
            raise lexer.expected("a shape, such as `f32[2,3]`")
        layout = found[3] or found[4]
        text = f"{found[1]}[{found[2]}]{layout or ''}"
        shape = self._known.get(text)
        if shape is None:
            shape = lexer.checked(start, _array, found[1], found[2], layout, lexer.limits)
            self._known[text] = shape
        return shape


def _array(element: str, dims: str, layout: str | None, limits: Limits) -> Array:
    if element == "token" and not dims.strip():
        return Array(Token())
    type = ELEMENTS.get(element)
    if type is None:
        raise Error(f"there is no element type `{element}` in StableHLO", hint=nearest(element, list(ELEMENTS)))
    sizes: list[int | None] = []
    bounds: list[int | None] = []
    for part in dims.split(",") if dims.strip() else ():
        size = part.strip()
        bounded = size.startswith("<=")
        digits = size.removeprefix("<=").strip()
        if size != "?" and not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
            raise Error(f"`{size[:40]}` is no size of a dimension", hint="a number, `<=` and a number, or `?`")
        number = None if size == "?" else int(digits)
        sizes.append(None if bounded else number)
        bounds.append(number if bounded else None)
    if len(sizes) > limits.rank:
        raise limits.exceeded("rank", len(sizes), what="a shape")
    count = 1
    for size in sizes:
        count *= 1 if size is None else size
    if count > limits.elements:
        raise limits.exceeded("elements", count, what="a shape")
    encoding = TypeExtensions(tuple(bounds)) if any(bound is not None for bound in bounds) else None
    made = _layout(layout, len(sizes)) if layout else None
    return Array(
        TensorType(tuple(sizes), type, encoding), made, "" if made is None or made.is_default else layout or ""
    )


def _layout(text: str, rank: int) -> Layout | None:
    found = _LAYOUT.fullmatch(text)
    order = [part.strip() for part in found[1].split(",")] if found and found[1].strip() else []
    if found is None or not all(part.isdecimal() and len(part) < 5 for part in order):
        raise Error(f"`{text[:40]}` is no layout", hint="such as `{1,0}`, the minor dimension first")
    numbers = tuple(map(int, order))
    if not numbers and rank:
        return None
    if sorted(numbers) != list(range(rank)):
        raise Error(f"the layout `{text[:40]}` does not name each of {rank} dimensions once")
    return Layout(numbers, _tiles(found[2] or "", text))


def _tiles(extra: str, text: str) -> tuple[tuple[int, ...], ...]:
    """The tiles in what follows the order of the dimensions: `T(8,128)(2,1)`; the rest does not move elements."""
    tiles: list[tuple[int, ...]] = []
    at = extra.find("T(")
    while at >= 0 and (found := _TILE.match(extra, at + 1 if not tiles else at)):
        parts = [part.strip() for part in found[1].split(",")]
        if not all(part == "*" or (part.isdecimal() and 0 < len(part) < 10 and int(part)) for part in parts):
            raise Error(f"the tiles of the layout `{text[:40]}` are not positive numbers")
        tiles.append(tuple(COMBINED if part == "*" else int(part) for part in parts))
        at = found.end()
    return tuple(tiles)
