"""Where an instruction comes from: the op of the traced program, and the line of its source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from couloir.frontends.hlo_text.lexer import Places, unescaped
from couloir.ir.location import FileLineColLoc, Location, NameLoc, packed

if TYPE_CHECKING:
    from couloir.frontends.hlo_text.syntax import HloModule, Instruction

_ENTRY: Final = re.compile(r'(\w+)=(?:"((?:[^"\\]++|\\.)*+)"|([0-9]{1,9})(?![0-9]))', re.DOTALL)


class Locations:
    """Finds the location of each instruction: from its metadata, else the line of the HLO text."""

    def __init__(self, module: HloModule) -> None:
        self._module = module
        self._places = Places(module.lexer.text)
        self._known: dict[str, Location | None] = {}

    def of(self, instruction: Instruction) -> Location | int:
        """The location of an instruction."""
        span = instruction.attributes.get("metadata")
        if span is not None:
            text = self._module.text(span)
            if text not in self._known:
                self._known[text] = self._from_metadata(text)
            found = self._known[text]
            if found is not None:
                return found
        return self.at(instruction.offset)

    def at(self, offset: int) -> Location | int:
        """A place in the HLO text."""
        return packed(self._module.lexer.file, *self._places.line_and_column(offset))

    def op_name(self, instruction: Instruction) -> str:
        """The name that the traced program gives to an instruction; empty if there is none."""
        span = instruction.attributes.get("metadata")
        return "" if span is None else unescaped(_entries(self._module.text(span)).get("op_name", ""))

    def _from_metadata(self, text: str) -> Location | None:
        entries = _entries(text)
        name, file = unescaped(entries.get("op_name", "")), unescaped(entries.get("source_file", ""))
        source: Location | None = None
        if file:
            column = int(entries.get("source_column", "1")) or 1
            source = FileLineColLoc(file, int(entries.get("source_line", "1")) or 1, column)
        elif "stack_frame_id" in entries:
            source = self._frame(int(entries["stack_frame_id"]))
        return NameLoc(name, source) if name else source

    def _frame(self, number: int) -> Location | None:
        """The place of a stack frame, in the tables at the head of newer texts."""
        frame = self._row("StackFrames", number)
        place = self._row("FileLocations", int(frame.get("file_location_id", "0")))
        span = self._module.tables.get("FileNames", {}).get(int(place.get("file_name_id", "0")))
        if span is None:
            return None
        file = unescaped(self._module.text(span).strip('"'))
        return FileLineColLoc(file, int(place.get("line", "1")) or 1, int(place.get("column", "1")) or 1)

    def _row(self, table: str, number: int) -> dict[str, str]:
        span = self._module.tables.get(table, {}).get(number)
        return {} if span is None else _entries(self._module.text(span))


def _entries(text: str) -> dict[str, str]:
    return {found[1]: found[3] if found[2] is None else found[2] for found in _ENTRY.finditer(text)}
