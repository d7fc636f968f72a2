"""What happened while a pipeline ran, as data: texts, rule applications, near misses, times. Written and read as JSON.

    trace = couloir.trace("lenet.onnx", to="loops")
    trace.save("lenet.trace.json")
    Trace.load("lenet.trace.json").passes[0].applications

A trace knows no op: it can be kept, sent and read where the passes are not installed. Lines of text are stored once, however many
of the texts have them, and a text as an edit of the one before, so that a pass that changes little adds little.
"""

from __future__ import annotations

import json
import math
import types as python_types
import typing
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import attrs

from couloir.ir.errors import Error, file_trouble
from couloir.ir.passes.report import Check
from couloir.ir.passes.trace_text import Constant, Line
from couloir.version import __version__

FORMAT: Final = "couloir-trace"
VERSION: Final = 1
"""Changes whenever a file of one version cannot be read as the other."""
MAX_BYTES: Final = 1 << 30
MAX_LINES: Final = 20_000_000
"""Of all texts together."""

T = TypeVar("T")


@attrs.frozen
class Application:
    """One application of a rule."""

    rule: str
    op: str
    """Name of the op at which it started."""
    location: str
    microseconds: float
    before: str
    """The ops that the pattern matched, one a line."""
    after: str
    """The ops that took their place; for a rule that edits in place, the op as it is then."""
    line: int | None = None
    """Where the op was in the text before the pass, counted from 0; None when the pass itself had made it."""
    lines_after: tuple[int, ...] = ()
    """Where the new ops are in the text after the pass, as far as they are still there."""


@attrs.frozen
class Place:
    """Where a rule did not apply."""

    op: str
    location: str
    line: int | None = None
    """In the text before the pass, counted from 0."""


@attrs.frozen
class NearMiss:
    """A rule that was tried and did not apply, for one reason, at one or more ops."""

    rule: str
    reason: str
    count: int
    depth: int
    """How much did fit: the larger, the nearer the miss. As in `couloir.ir.rewriting.Miss`."""
    places: tuple[Place, ...] = ()
    """The first few of them."""


@attrs.frozen
class RuleCount:
    """How often one rule was tried and did apply during one pass."""

    rule: str
    attempts: int
    hits: int
    seconds: float

    @property
    def misses(self) -> int:
        """Attempts that did not apply."""
        return self.attempts - self.hits


@attrs.frozen
class Edit:
    """How one text became the next: its lines from `start` to before `end` gave way to `lines`. By default it stayed as it is."""

    start: int = 0
    end: int = 0
    lines: tuple[tuple[int, int], ...] = ()
    """Runs of line numbers: (first, how many)."""

    @classmethod
    def between(cls, old: Sequence[int], new: Sequence[int], start: int = 0) -> Edit:
        """The least stretch in which they differ. `old` begins at line `start` of its text."""
        first, shorter = 0, min(len(old), len(new))
        while first < shorter and old[first] == new[first]:
            first += 1
        last = 0
        while last < shorter - first and old[-1 - last] == new[-1 - last]:
            last += 1
        if first == len(old) == len(new):
            return cls()
        return cls(start + first, start + len(old) - last, packed(new[first : len(new) - last]))

    def apply(self, text: list[int]) -> None:
        """Makes the next text of a text, in place."""
        text[self.start : self.end] = unpacked(self.lines)


@attrs.frozen
class TracedPass:
    """One run of one pass."""

    number: int
    name: str
    text: str
    """The pass with its options, in pipeline text."""
    summary: str
    target: str
    """The op that it ran on: `builtin.module`, `func.func @main`."""
    seconds: float
    memory: int
    """Bytes by which the peak of the process's memory grew."""
    ops_before: int
    ops_after: int
    changed: bool
    edit: Edit
    """What it did to the text."""
    notes: tuple[str, ...] = ()
    error: str = ""
    """What ended it, if it failed."""
    rules: tuple[RuleCount, ...] = ()
    applications: tuple[Application, ...] = ()
    more_applications: int = 0
    """Applications that are counted but not kept."""
    near_misses: tuple[NearMiss, ...] = ()
    more_misses: int = 0
    """Misses for reasons that are counted but not kept."""
    checks: tuple[Check, ...] = ()


@attrs.frozen
class Trace:
    """A pipeline's run on a model."""

    model: str
    pipeline: str
    lines: tuple[Line, ...]
    """All lines that occur in any of the texts."""
    constants: tuple[Constant, ...]
    """What stands behind `dense_resource<__elided_N__>`, by N."""
    equations: dict[str, str]
    """What the rules say, by name."""
    before: tuple[tuple[int, int], ...]
    """The text before the first pass, as runs of line numbers: (first, how many)."""
    passes: tuple[TracedPass, ...]

    def texts(self) -> Iterator[list[int]]:
        """The text before the first pass and after each one, as numbers of lines. Each is the same list, changed."""
        text = list(unpacked(self.before))
        yield text
        for run in self.passes:
            run.edit.apply(text)
            yield text

    def text(self, number: int) -> str:
        """The text after pass `number`, counted from 1; 0 is the text before the first."""
        (found,) = islice(self.texts(), number, number + 1)
        return "\n".join([self.lines[i].text for i in found]) + "\n"

    def __str__(self) -> str:
        """A table of rules: applications, misses and time in each pass."""
        rows = [(p.text, r) for p in self.passes for r in p.rules]
        width = max([len(r.rule) for _, r in rows] + [4])
        names = max([len(text) for text, _ in rows] + [4])
        lines = [f"{'pass':<{names}}  {'rule':<{width}}  applied   missed        ms"]
        for text, r in rows:
            lines.append(f"{text:<{names}}  {r.rule:<{width}}  {r.hits:7d}  {r.misses:7d}  {r.seconds * 1000:8.2f}")
        return "\n".join(lines)

    # -- files

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON's own types, with its version."""
        head = {"format": FORMAT, "version": VERSION, "couloir": __version__}
        return {**head, **attrs.asdict(self)}

    def save(self, path: str | Path) -> None:
        """Writes a JSON file."""
        try:
            text = json.dumps(self.to_json(), ensure_ascii=True, separators=(",", ":"))
            Path(path).write_text(text + "\n", encoding="ascii")
        except (OSError, ValueError) as error:
            raise Error(f"cannot write: {file_trouble(error)}", where=path) from error

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Reads a file that `save` wrote.

        Raises:
            Error: It cannot be read, is no trace, is damaged, or is of another version.
        """
        try:
            size = Path(path).stat().st_size
            if size > MAX_BYTES:
                raise Error(f"the file has {size} bytes; traces have at most {MAX_BYTES}", where=path)
            data = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            raise Error(f"cannot read: {file_trouble(error)}", where=path) from error
        return cls.of_json(data, file=str(path))

    @classmethod
    def of_json(cls, data: bytes | str, *, file: str = "<trace>") -> Trace:
        """Reads the text of such a file."""
        try:
            found: Any = json.loads(data)
        except ValueError as error:  # undecodable bytes, too
            raise Error(f"not a trace, or a damaged one: no JSON ({error})", where=file, hint=_MAKE) from error
        except RecursionError as error:
            raise Error("not a trace: its JSON is nested too deeply", where=file, hint=_MAKE) from error
        content = _object(found)
        if content is None or content.get("format") != FORMAT:
            raise Error("not a trace", where=file, hint=_MAKE)
        if content.get("version") != VERSION:
            written = content.get("couloir")
            by = f", written by Couloir {written}" if isinstance(written, str) else ""
            raise Error(
                f"a trace of version {content.get('version')!r}{by}; this is Couloir {__version__}, which reads version {VERSION}",
                where=file,
                hint="trace the model again with this Couloir",
            )
        body = {key: value for key, value in content.items() if key not in ("format", "version", "couloir")}
        try:
            trace = _structured(cls, body, "trace")
            _check(trace)
        except _Damaged as fault:
            raise Error(f"a damaged trace: {fault}", where=file, hint=_MAKE) from None
        return trace


_MAKE: Final = "`couloir view MODEL --trace --save FILE` writes traces"


def packed(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Numbers as runs: (first, how many)."""
    runs: list[tuple[int, int]] = []
    first = count = 0
    for number in numbers:
        if count and number == first + count:
            count += 1
            continue
        if count:
            runs.append((first, count))
        first, count = number, 1
    if count:
        runs.append((first, count))
    return tuple(runs)


def unpacked(runs: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """The numbers of runs."""
    return tuple([number for first, count in runs for number in range(first, first + count)])


# -- reading ---------------------------------------------------------------------------------------------------------------------


class _Damaged(Exception):
    """What is not as it should be, and where."""


_HINTS: Final[dict[type, dict[str, Any]]] = {}


def _object(data: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", data) if isinstance(data, dict) else None


def _structured(wanted: Any, data: Any, where: str) -> Any:
    """Data of JSON as what a field's annotation says. Types are nested as deep as the classes above, whatever the file says."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if attrs.has(wanted):
        return _record(wanted, data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise _Damaged(f"{where} is no list")
        items = cast("list[Any]", data)
        endless = len(arguments) == 2 and arguments[1] is Ellipsis
        if not endless and len(items) != len(arguments):
            raise _Damaged(f"{where} has {len(items)} items, not {len(arguments)}")
        kinds = [arguments[0]] * len(items) if endless else arguments
        return tuple([_structured(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kinds, items, strict=True))])
    if origin is dict:
        entries = _object(data)
        if entries is None:
            raise _Damaged(f"{where} is no object")
        return {key: _structured(arguments[1], value, f"{where}[{key!r}]") for key, value in entries.items()}
    if origin in (typing.Union, python_types.UnionType):
        return None if data is None else _structured(arguments[0], data, where)
    if wanted is float and isinstance(data, int) and not isinstance(data, bool) and abs(data) < 1 << 62:
        return float(data)
    if wanted is float and isinstance(data, float) and not math.isfinite(data):
        raise _Damaged(f"{where} is {data}, which is no finite number")
    if not isinstance(data, wanted) or (wanted is int and (isinstance(data, bool) or abs(data) >= 1 << 62)):
        raise _Damaged(f"{where} is {str(data)[:40]!r}, which is no {wanted.__name__}")
    return data


def _record(cls: type[T], data: Any, where: str) -> T:
    hints = _HINTS.get(cls)
    if hints is None:
        hints = _HINTS[cls] = typing.get_type_hints(cls)
    given = _object(data)
    if given is None:
        raise _Damaged(f"{where} is no object")
    if given.keys() != hints.keys():
        odd = sorted(given.keys() ^ hints.keys())
        raise _Damaged(f"{where} {'lacks' if odd[0] in hints else 'should not have'} `{odd[0]}`")
    return cls(**{key: _structured(hint, given[key], f"{where}.{key}") for key, hint in hints.items()})


def _check(trace: Trace) -> None:
    """What the numbers point at must be there."""
    edits = [p.edit for p in trace.passes]
    total = 0
    for index, runs in enumerate((trace.before, *(e.lines for e in edits))):
        for first, count in runs:
            total += count
            if first < 0 or count < 1 or first + count > len(trace.lines):
                raise _Damaged(f"text {index} has lines {first} to {first + count - 1} of {len(trace.lines)}")
            if total > MAX_LINES:
                raise _Damaged("the texts have too many lines")
    new = sum(count for _, count in trace.before)
    for index, run in enumerate(trace.passes):
        old, edit = new, run.edit
        if not 0 <= edit.start <= edit.end <= old:
            raise _Damaged(f"pass {index + 1} edits lines {edit.start} to {edit.end} of {old}")
        new = old - (edit.end - edit.start) + sum(count for _, count in edit.lines)
        for name, number, size in [
            *(("application", a.line, old) for a in run.applications),
            *(("application", line, new) for a in run.applications for line in a.lines_after),
            *(("near miss", place.line, old) for m in run.near_misses for place in m.places),
        ]:
            if number is not None and not 0 <= number < size:
                raise _Damaged(f"a {name} of pass {index + 1} is at line {number} of {size}")
