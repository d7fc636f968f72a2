"""Ops found by what a person calls them: a node's name, a line of a file, a value, a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.errors import Error, nearest
from couloir.ir.location import CallSiteLoc, FileLineColLoc, FusedLoc, Location, NameLoc
from couloir.ir.operation import OpResult
from couloir.ir.text.names import Names, legal_hint

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value

_NUMBER: Final = re.compile(r"#([0-9]{1,18})")
_PLACE: Final = re.compile(r"(.+?):([0-9]{1,18})(?::([0-9]{1,18}))?", re.DOTALL)
MAX_PLACES: Final = 10_000
"""Parts of one location that are looked at."""


def find_ops(root: Operation, at: str) -> list[Operation]:
    """The ops inside `root` that are meant by `at`, in the order of the text.

    * `#12`: the op with this number, counted from 0 in the order of the text; `root` is number 0;
    * `%x`, `%5`, `%5#1`: the op that defines this value, in each function that has it, by the name that it was read with or by
      the number in the printed text;
    * `model.mlir:12`, `model.mlir:12:5`: the ops that come from this line;
    * anything else: the ops whose location has this label, such as the name of an ONNX node.

    Raises:
        Error: There is none; names those that are nearest.
    """
    number = _NUMBER.fullmatch(at)
    if number is not None:
        ops = list(root.walk())
        if int(number[1]) >= len(ops):
            raise Error(f"there is no op {at}", hint=f"ops are numbered from #0 to #{len(ops) - 1}")
        return [ops[int(number[1])]]
    if at.startswith("%"):
        return _defining(root, at)
    found = [op for op in root.walk() if at in _labels(op.location)]
    place = _PLACE.fullmatch(at)
    if not found and place is not None:
        wanted = (int(place[2]), None if place[3] is None else int(place[3]))
        found = [op for op in root.walk() if any(_is_at(p, place[1], *wanted) for p in _parts(op.location))]
    if not found:
        labels = dict.fromkeys(label for op in root.walk() for label in _labels(op.location))
        raise Error(
            f"no op comes from `{at}`",
            hint=nearest(at, list(labels))
            or "a location is the name of a node, FILE:LINE, a value such as %3, or #NUMBER",
        )
    return found


def _parts(location: Location) -> Iterator[Location]:
    """A location and those inside it."""
    todo = [location]
    for _ in range(MAX_PLACES):
        if not todo:
            return
        part = todo.pop()
        yield part
        if isinstance(part, FusedLoc):
            todo += reversed(part.locations)
        elif isinstance(part, CallSiteLoc):
            todo += (part.caller, part.callee)
        elif isinstance(part, NameLoc) and part.child is not None:
            todo.append(part.child)


def _labels(location: Location) -> set[str]:
    return {part.label for part in _parts(location)} - {""}


def _is_at(location: Location, file: str, line: int, column: int | None) -> bool:
    """Whether it is this place; a file may be given by the end of its path."""
    return (
        isinstance(location, FileLineColLoc)
        and location.line == line
        and column in (None, location.column)
        and (location.file == file or location.file.endswith("/" + file))
    )


def _defining(root: Operation, name: str) -> list[Operation]:
    found: set[Operation] = set()
    arguments: list[str] = []
    for value, names in _named_values(root):
        if name in names:
            if isinstance(value, OpResult):
                found.add(value.owner)
            else:
                arguments.append(names[0])
    if found:
        return [op for op in root.walk() if op in found]
    if arguments:
        raise Error(f"`{name}` is an argument of a block, which no op defines", hint="name an op that uses it")
    known = dict.fromkeys(n for _, names in _named_values(root) for n in names)
    raise Error(f"there is no value `{name}`", hint=nearest(name, list(known)))


def _named_values(root: Operation) -> Iterator[tuple[Value[Any], list[str]]]:
    """All values with their names: the number in the text, and the name that they were read with."""
    names = Names()
    counters = names.enter_scope_of(root)
    todo = [(region, counters) for region in reversed(root.regions)]
    while todo:
        region, counters = todo.pop()
        inner = names.enter(region, counters)
        for block in region.blocks:
            values: list[Value[Any]] = list(block.arguments)
            for op in block.ops:
                values += op.results
            for value in values:
                written = names.value(value)
                hint = legal_hint(value.name_hint)
                yield value, [written, written.partition("#")[0], *([f"%{hint}"] if hint else [])]
        for block in region.blocks:
            for op in block.ops:
                todo += [(r, inner) for r in reversed(op.regions)]
