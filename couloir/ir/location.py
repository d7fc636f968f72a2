"""Where an op came from: an ONNX node, a jaxpr equation, a line of text. Locations are attributes, and travel with ops."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.attribute import Attribute

if TYPE_CHECKING:
    from couloir.ir.text.attribute_printer import AttributePrinter


class Location(Attribute):
    """Base of locations. As text they stand in `loc(...)`."""

    def print(self, p: AttributePrinter) -> None:
        p.write("loc(")
        p.location(self)
        p.write(")")

    def print_inner(self, p: AttributePrinter) -> None:
        """Writes what stands between the parentheses of `loc(...)`."""
        p.write("unknown")

    @property
    def label(self) -> str:
        """A short text for a person: `conv1`, `model.py:12`; empty when unknown."""
        return ""


class UnknownLoc(Location):
    """No location: `loc(unknown)`."""


class FileLineColLoc(Location):
    """A place in a text file: `loc("model.mlir":3:7)`; line and column count from 1."""

    file: str
    line: int
    column: int

    def print_inner(self, p: AttributePrinter) -> None:
        p.string(self.file)
        p.write(f":{self.line}:{self.column}")

    @property
    def label(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class FileLineColRange(FileLineColLoc):
    """A stretch of a text file: `loc("model.mlir":3:7 to 4:1)`, or `to :9` within one line."""

    end_line: int
    end_column: int

    def print_inner(self, p: AttributePrinter) -> None:
        FileLineColLoc.print_inner(self, p)
        p.write(f" to :{self.end_column}" if self.end_line == self.line else f" to {self.end_line}:{self.end_column}")


class NameLoc(Location):
    """A named thing, such as an ONNX node, perhaps inside another location: `loc("conv1"("lenet.onnx":0:0))`."""

    label_text: str
    child: Location | None = None

    @classmethod
    def normalize(cls, label_text: str, child: Location | None) -> tuple[Any, ...]:
        return label_text, None if isinstance(child, UnknownLoc) else child

    def print_inner(self, p: AttributePrinter) -> None:
        p.string(self.label_text)
        if self.child is not None:
            p.write("(")
            p.location(self.child)
            p.write(")")

    @property
    def label(self) -> str:
        return self.label_text


class CallSiteLoc(Location):
    """A callee's place, seen from a call: `loc(callsite("f" at "main"))`."""

    callee: Location
    caller: Location

    def print_inner(self, p: AttributePrinter) -> None:
        p.write("callsite(")
        p.location(self.callee)
        p.write(" at ")
        p.location(self.caller)
        p.write(")")

    @property
    def label(self) -> str:
        return f"{self.callee.label} called at {self.caller.label}"


class FusedLoc(Location):
    """Several places at once, for an op made from several: `loc(fused["conv1", "bn1"])`, or `fused<metadata>[...]`.

    Each place counts once, unknown ones not at all, and fusions with the same metadata are taken apart, as upstream does.
    """

    locations: tuple[Location, ...]
    metadata: Attribute | None = None

    @classmethod
    def normalize(cls, locations: Sequence[Location], metadata: Attribute | None) -> tuple[Any, ...]:
        kept = _parts(locations, metadata)
        return tuple(kept) if kept or metadata is None else (UNKNOWN,), metadata

    def print_inner(self, p: AttributePrinter) -> None:
        p.write("fused")
        if self.metadata is not None:
            p.write("<")
            p.attribute(self.metadata)
            p.write(">")
        p.write("[")
        for index, location in enumerate(self.locations):
            if index:
                p.write(", ")
            p.location(location)
        p.write("]")

    @property
    def label(self) -> str:
        return " + ".join(location.label for location in self.locations)


UNKNOWN: Final = UnknownLoc()

# An op that was read from a text has a place of its own; as objects, these would be half of a module's memory. An op
# keeps a small number instead: 20 bits of column, 32 of line, the rest for the file.
_FILES: Final[list[str]] = []
_NUMBER_OF: Final[dict[str, int]] = {}
_LOCK: Final = threading.Lock()
_COLUMN_BITS: Final = 20
_LINE_BITS: Final = 32
MAX_FILES: Final = 1 << 12


def packed(file: str, line: int, column: int) -> Location | int:
    """A place in a text as a number that `unpacked` understands; as a location where it does not fit into one."""
    number = _NUMBER_OF.get(file)
    if number is None:
        with _LOCK:  # another thread may be adding a file, too
            number = _NUMBER_OF.get(file)
            if number is None:
                if len(_FILES) >= MAX_FILES:
                    return FileLineColLoc(file, line, column)
                number = _NUMBER_OF[file] = len(_FILES)
                _FILES.append(file)
    if line >> _LINE_BITS or column >> _COLUMN_BITS:
        return FileLineColLoc(file, line, column)
    return ((number << _LINE_BITS | line) << _COLUMN_BITS) | column


def unpacked(place: int) -> FileLineColLoc:
    """The location of which `packed` made a number."""
    line, column = place >> _COLUMN_BITS, place & ((1 << _COLUMN_BITS) - 1)
    return FileLineColLoc(_FILES[line >> _LINE_BITS], line & ((1 << _LINE_BITS) - 1), column)


def _parts(locations: Sequence[Location], metadata: Attribute | None) -> list[Location]:
    flat: dict[Location, None] = {}
    for location in locations:
        parts = location.locations if isinstance(location, FusedLoc) and location.metadata is metadata else (location,)
        flat.update(dict.fromkeys(part for part in parts if part is not UNKNOWN))
    return list(flat)


def fuse(locations: Sequence[Location], limit: int = 16, metadata: Attribute | None = None) -> Location:
    """One location for several: duplicates and unknown ones dropped, nested fusions flattened, at most `limit` kept.

    Fusions with other `metadata` are kept as they are.
    """
    kept = _parts(locations, metadata)[:limit]
    if metadata is not None:
        return FusedLoc(tuple(kept), metadata)
    if not kept:
        return UNKNOWN
    return kept[0] if len(kept) == 1 else FusedLoc(tuple(kept))
