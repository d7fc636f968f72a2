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

from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.passes.base import Pass, PassContext, find_pass, option_value, unquoted
from couloir.ir.passes.instrumentation import Dumping, Instrumentation, Listening, Progress, Verifying
from couloir.ir.passes.measuring import Meter, State, measuring
from couloir.ir.passes.report import PassRun, Report

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.events import Applied, Listener

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
        memory: bool = False,
        on_pass: Callable[[int, int, str], None] | None = None,
        instrumentations: Sequence[Instrumentation] = (),
    ) -> Report:
        """Runs the passes on `module`, in place.

        Args:
            module: The module, or any op.
            verify_each: Verify before the first and after each pass; a fault names the pass.
            dump_dir: Write the IR there before the first pass and after each pass that changed it: `00-input.mlir`, `03-cse.mlir`.
            listener: Called with an event for each application of a rule.
            texts: Events carry the IR before and after.
            verify_rules: Verify after each application of a rule, too.
            memory: Measure the allocations of each pass, which makes it several times slower (`PassRun.allocated`).
            on_pass: Called before each pass with its number from 0, the count of passes and its text, to show progress.
            instrumentations: What else looks on, after the above.

        Raises:
            Error: what a pass or an instrumentation raised, with the pass named.
        """
        watching: list[Instrumentation] = []
        if on_pass is not None:
            watching.append(Progress(on_pass))
        if listener is not None:
            watching.append(Listening(listener, texts))
        if verify_each:
            watching.append(Verifying())
        if dump_dir is not None:
            watching.append(Dumping(dump_dir))
        return _Runner(self, module, (*watching, *instrumentations), verify_rules, memory).run()


def passes_of(items: Iterable[Item]) -> Iterator[Pass]:
    """The passes among the items of a pipeline, and among those of the pipelines nested in it, in the order of the text."""
    for item in items:
        if isinstance(item, Nested):
            yield from passes_of(item.items)
        else:
            yield item


@attrs.define
class _Runner:
    pipeline: PassPipeline
    module: Operation
    watching: Sequence[Instrumentation]
    verify_rules: bool
    memory: bool
    report: Report = attrs.field(factory=Report)
    total: int = 0

    def run(self) -> Report:
        self.total = sum(1 for _ in passes_of(self.pipeline.items))
        for watcher in self.watching:
            watcher.before_pipeline(self.pipeline, self.module)
        try:
            with measuring(self.memory):
                self.run_items(self.pipeline.items, self.module, 1)
        finally:
            for watcher in self.watching:
                watcher.after_pipeline(self.report)
        return self.report

    def run_items(self, items: Sequence[Item], target: Operation, position: int) -> None:
        """Runs items on one op. `position` is that of the first pass."""
        attached = target.parent is not None
        for item in items:
            if attached and target.parent is None:
                return  # a pass before has erased it
            if isinstance(item, Nested):
                self.run_nested(item, target, position)
                position += sum(1 for _ in passes_of(item.items))
            else:
                self.run_pass(item, target, position)
                position += 1

    def run_nested(self, nested: Nested, target: Operation, position: int) -> None:
        if target.name == nested.op_name:
            self.run_items(nested.items, target, position)
            return
        for op in [o for o in target.walk() if o.name == nested.op_name and o is not target]:
            if op.parent is not None:  # passes on the ones before may have erased it
                self.run_items(nested.items, op, position)

    def run_pass(self, item: Pass, target: Operation, position: int) -> None:
        run = PassRun(len(self.report.runs) + 1, position, self.total, item, _described(target))
        context = PassContext(verify_rules=self.verify_rules)
        self.listen(run, context)
        for watcher in self.watching:
            watcher.before_pass(run, target, context)
        self.report.runs.append(run)
        try:
            self.run_measured(run, target, context)
            for watcher in self.watching:
                watcher.after_pass(run, target)
        except Exception as error:
            self.report.failed = run
            for watcher in self.watching:
                watcher.pass_failed(run, target, error)
            raise

    def listen(self, run: PassRun, context: PassContext) -> None:
        """Passes on the events of rules to those who want them."""
        hooks = [w.rule_applied for w in self.watching if type(w).rule_applied is not Instrumentation.rule_applied]
        if not hooks:
            return

        def applied(event: Applied) -> None:
            for hook in hooks:
                hook(run, event)

        context.listener = applied
        context.texts = any(watcher.texts for watcher in self.watching)

    def run_measured(self, run: PassRun, target: Operation, context: PassContext) -> None:
        before = State.of(target)
        run.ops_before = before.ops
        meter = Meter(self.memory)
        start = perf_counter()
        try:
            run.item.run(target, context)
        except Error as error:
            error.notes = (*error.notes, f"while running pass {run.number}, `{run.item}`")
            raise
        except Exception as error:  # a mistake in the pass itself
            error.add_note(f"while running pass {run.number}, `{run.item}`")
            raise
        finally:
            run.seconds = perf_counter() - start
            run.memory, run.allocated = meter.read()
            run.statistics, run.notes = context.statistics, tuple(context.notes)
            run.changed = True
        after = State.of(target)
        run.ops_after, run.changed = after.ops, after != before


def _described(op: Operation) -> str:
    name = op.attributes.get("sym_name")
    return f"{op.name} @{name.value}" if isinstance(name, StringAttr) else op.name


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
