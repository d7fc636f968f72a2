"""Pipelines: passes in a row, as Python objects or as text, and their running with checks, dumps and times.

PassPipeline.parse("canonicalize,cse,func.func(loop-fusion{max-ops=8})").run(module)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.passes.base import Pass, PassContext, find_pass, option_value, unquoted
from couloir.ir.rewriting.events import Listener, Statistics
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

ELIDE_ABOVE: Final = 64
"""Constants with more elements than this are left out of dumps."""
MAX_NESTING: Final = 50


@attrs.frozen
class Nested:
    """A pipeline for each op of one kind inside the op at hand: `func.func(cse,canonicalize)`."""

    op_name: str
    items: tuple[Pass | Nested, ...] = attrs.field(converter=tuple)

    def __str__(self) -> str:
        return f"{self.op_name}({','.join(map(str, self.items))})"


Item: TypeAlias = Pass | Nested


@attrs.frozen
class PassRun:
    """What one pass did."""

    number: int
    name: str
    text: str
    """The pass with its options, in pipeline text."""
    seconds: float
    statistics: Statistics
    notes: tuple[str, ...] = ()
    dump: Path | None = None
    """The file that was written because the IR had changed."""


@attrs.define
class Report:
    """What a pipeline did."""

    runs: list[PassRun] = attrs.field(factory=list)

    @property
    def seconds(self) -> float:
        """Time of all passes."""
        return sum(run.seconds for run in self.runs)

    def __str__(self) -> str:
        """A table: pass, milliseconds, rules applied."""
        width = max([len(run.text) for run in self.runs] + [4])
        lines = [f"{'pass':<{width}}        ms  rules applied"]
        for run in self.runs:
            hits = sum(r.hits for r in run.statistics.rules.values())
            lines.append(f"{run.text:<{width}}  {run.seconds * 1000:8.1f}  {hits:13d}")
        lines.append(f"{'total':<{width}}  {self.seconds * 1000:8.1f}")
        return "\n".join(lines)


@attrs.frozen
class PassPipeline:
    """Passes in a row. Immutable; `a + b` joins two."""

    items: tuple[Item, ...] = attrs.field(converter=tuple, default=())

    @classmethod
    def of(cls, *items: Item | PassPipeline) -> PassPipeline:
        """A pipeline of passes, and of the passes of other pipelines."""
        flat: list[Item] = []
        for item in items:
            flat.extend(item.items if isinstance(item, PassPipeline) else [item])
        return cls(flat)

    @classmethod
    def parse(cls, text: str) -> PassPipeline:
        """Reads pipeline text: `"canonicalize,fuse{max-ops=8},func.func(cse)"`; `builtin.module(...)` around it is optional."""
        return cls(_Reader(text).pipeline())

    def __add__(self, other: PassPipeline) -> PassPipeline:
        return PassPipeline((*self.items, *other.items))

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __str__(self) -> str:
        return ",".join(map(str, self.items))

    def run(
        self,
        module: Operation,
        *,
        verify_each: bool = True,
        dump_dir: str | Path | None = None,
        listener: Listener | None = None,
        texts: bool = False,
        verify_rules: bool = False,
        on_pass: Callable[[int, int, str], None] | None = None,
    ) -> Report:
        """Runs the passes on `module`, in place.

        Args:
            module: The module, or any op.
            verify_each: Verify before the first and after each pass; a fault names the pass.
            dump_dir: Write the IR there before the first pass and after each pass that changed it: `00-input.mlir`, `03-cse.mlir`.
            listener: Called with an event for each application of a rule.
            texts: Events carry the IR before and after.
            verify_rules: Verify after each application of a rule, too.
            on_pass: Called before each pass with its number from 0, the count of passes and its text, to show progress.

        Raises:
            Error: what a pass raised, with the pass named.
        """
        runner = _Runner(module, verify_each, _Dumps(dump_dir, module), listener, texts, verify_rules, on_pass)
        runner.total = sum(1 for _ in _flat(self.items))
        if verify_each:
            verify(module)
        runner.run(self.items, module)
        return runner.report


def _flat(items: Iterable[Item]) -> Iterator[Pass]:
    for item in items:
        if isinstance(item, Nested):
            yield from _flat(item.items)
        else:
            yield item


class _Dumps:
    """Numbered files, written when the text has changed."""

    def __init__(self, directory: str | Path | None, module: Operation) -> None:
        self.directory = None if directory is None else Path(directory)
        self.last = ""
        if self.directory is not None:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Error(f"cannot write dumps to {self.directory}: {error.strerror}") from error
            self.write(0, "input", module)

    def write(self, number: int, name: str, module: Operation) -> Path | None:
        if self.directory is None:
            return None
        text = operation_text(module, elide_above=ELIDE_ABOVE) + "\n"
        if text == self.last:
            return None
        self.last = text
        path = self.directory / f"{number:02d}-{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.mlir"
        try:
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Error(f"cannot write {path}: {error.strerror}") from error
        return path


@attrs.define
class _Runner:
    module: Operation
    verify_each: bool
    dumps: _Dumps
    listener: Listener | None
    texts: bool
    verify_rules: bool
    on_pass: Callable[[int, int, str], None] | None
    report: Report = attrs.field(factory=Report)
    total: int = 0

    def run(self, items: Sequence[Item], target: Operation) -> None:
        for item in items:
            if isinstance(item, Nested):
                if target.name == item.op_name:
                    self.run(item.items, target)
                    continue
                for op in [o for o in target.walk() if o.name == item.op_name and o is not target]:
                    if op.parent is not None:  # passes on the ones before may have erased it
                        self.run(item.items, op)
            else:
                self.run_pass(item, target)

    def run_pass(self, item: Pass, target: Operation) -> None:
        number = len(self.report.runs) + 1
        if self.on_pass is not None:
            self.on_pass(number - 1, max(self.total, number), str(item))
        context = PassContext(listener=self.listener, texts=self.texts, verify_rules=self.verify_rules)
        start = perf_counter()
        try:
            item.run(target, context)
        except Error as error:
            error.notes = (*error.notes, f"while running pass {number}, `{item}`")
            raise
        except Exception as error:  # a mistake in the pass itself
            error.add_note(f"while running pass {number}, `{item}`")
            raise
        spent = perf_counter() - start
        if self.verify_each:
            try:
                verify(target)
            except Error as error:
                self.dumps.write(number, item.name, self.module)
                raise Error(
                    f"the pass `{item}` (number {number}) left ill-formed IR", notes=str(error).split("\n")
                ) from error
        dump = self.dumps.write(number, item.name, self.module)
        self.report.runs.append(
            PassRun(number, item.name, str(item), spent, context.statistics, tuple(context.notes), dump)
        )


class _Reader:
    """Reads pipeline text. `pipeline := item (',' item)*; item := name options? | op-name '(' pipeline ')'`."""

    _NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
    _VALUE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\[(?:"(?:[^"\\]|\\.)*"|[^\]{}"])*\])|([^\s,{}"]+)', re.DOTALL)

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, message: str, hint: str | None = None, at: int | None = None) -> ParseError:
        position = self.position if at is None else at
        start = max(0, position - 60)
        excerpt = f"{self.text[start : position + 60]}\n{' ' * (position - start)}^"
        return ParseError(message, file="<pipeline>", line=1, column=position + 1, excerpt=excerpt, hint=hint)

    def skip(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def optional(self, character: str) -> bool:
        self.skip()
        if self.text.startswith(character, self.position):
            self.position += 1
            return True
        return False

    def name(self, what: str) -> str:
        self.skip()
        found = self._NAME.match(self.text, self.position)
        if found is None:
            raise self.error(f"{what} is expected here")
        self.position = found.end()
        return found.group()

    def pipeline(self) -> list[Item]:
        items = self.items(0)
        self.skip()
        if self.position < len(self.text):
            raise self.error("a comma or the end is expected here", hint='for example "canonicalize,cse"')
        if len(items) == 1 and isinstance(items[0], Nested) and items[0].op_name == "builtin.module":
            return list(items[0].items)
        return items

    def items(self, depth: int) -> list[Item]:
        if depth > MAX_NESTING:
            raise self.error(f"pipelines nest at most {MAX_NESTING} deep")
        found: list[Item] = []
        self.skip()
        if self.position >= len(self.text) or self.text[self.position] == ")":
            return found
        while True:
            found.append(self.item(depth))
            if not self.optional(","):
                return found

    def item(self, depth: int) -> Item:
        start = self.position
        name = self.name("the name of a pass")
        if self.optional("("):
            if "." not in name:
                raise self.error(
                    f"`{name}(...)` nests passes in an op, so it starts with an op's name",
                    "for example func.func(cse)",
                    start,
                )
            inner = self.items(depth + 1)
            if not self.optional(")"):
                raise self.error("`)` is expected here")
            return Nested(name, inner)
        try:
            cls = find_pass(name)
        except Error as error:
            raise self.error(error.message, error.hint, start) from None
        return self.options(cls) if self.optional("{") else self.make(cls, {}, start)

    def options(self, cls: type[Pass]) -> Pass:
        start = self.position
        values: dict[str, object] = {}
        known = cls.options()
        while not self.optional("}"):
            self.optional(",")
            at = self.position
            key = self.name(f"an option of `{cls.name}` or `}}`")
            attribute = known.get(key) or known.get(key.replace("_", "-"))
            if attribute is None:
                hint = nearest(key, list(known)) or f"options of `{cls.name}`: {', '.join(known) or 'none'}"
                raise self.error(f"the pass `{cls.name}` has no option `{key}`", hint, at)
            if attribute.name in values:
                raise self.error(f"the option `{key}` is given twice", at=at)
            text = "true"
            if self.optional("="):
                self.skip()
                found = self._VALUE.match(self.text, self.position)
                if found is None:
                    raise self.error(f"a value for `{key}` is expected here")
                self.position = found.end()
                quoted = found.group(1)
                text = found.group() if quoted is None else unquoted(quoted)
            try:
                values[attribute.name] = option_value(cls, attribute, text)
            except Error as error:
                raise self.error(error.message, at=at) from None
        return self.make(cls, values, start)

    def make(self, cls: type[Pass], values: dict[str, object], start: int) -> Pass:
        try:
            return cls(**values)
        except TypeError:
            missing = [n for n, a in cls.options().items() if a.default is attrs.NOTHING and a.name not in values]
            raise self.error(f"the pass `{cls.name}` needs {', '.join(missing)}", at=start) from None
