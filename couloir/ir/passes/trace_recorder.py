"""Records a trace while a pipeline runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.passes.instrumentation import Instrumentation
from couloir.ir.passes.trace import Application, Edit, NearMiss, Place, RuleCount, Trace, TracedPass, packed
from couloir.ir.passes.trace_text import Constants, Line, LinePrinter, StableNames
from couloir.ir.rewriting.events import Observer

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes.base import PassContext
    from couloir.ir.passes.pipeline import PassPipeline
    from couloir.ir.passes.report import PassRun
    from couloir.ir.rewriting.events import Applied, Listener
    from couloir.ir.rewriting.matcher import Miss
    from couloir.ir.rewriting.rule import Rewrite

MAX_APPLICATIONS: Final = 5_000
"""Applications that are kept of each pass; more are counted."""
MAX_REASONS: Final = 300
"""Reasons of near misses that are kept of each pass; more are counted."""
MAX_PLACES: Final = 5
MAX_TEXT: Final = 4_000
"""Characters of the text before and after an application."""


class Recorder(Instrumentation):
    """Makes a trace: `recorder = Recorder(); pipeline.run(module, instrumentations=[recorder]); recorder.trace("lenet.onnx")`."""

    def __init__(self) -> None:
        self._start("", None)

    def _start(self, pipeline: str, module: Operation | None) -> None:
        self._pipeline = pipeline
        self._module = module
        self._names = StableNames()
        self._constants = Constants()
        self._table: dict[Line, int] = {}
        self._equations: dict[str, str] = {}
        self._text: list[int] = []
        self._place: dict[Operation, int] = {}
        self._before: tuple[tuple[int, int], ...] = ()
        self._passes: list[TracedPass] = []
        self._events: _Events | None = None

    def trace(self, model: str = "") -> Trace:
        """What has been recorded so far. `model` is its title."""
        return Trace(
            model,
            self._pipeline,
            tuple(self._table),
            tuple(self._constants.all),
            dict(self._equations),
            self._before,
            tuple(self._passes),
        )

    @property
    def failed(self) -> bool:
        """Whether a pass has failed."""
        return bool(self._passes) and bool(self._passes[-1].error)

    # -- hooks

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """Writes down the text before the first pass."""
        self._start(str(pipeline), module)
        self._take_text(module, module)
        self._before = packed(self._text)

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        """Listens to the pass."""
        printer = LinePrinter(self._names, self._constants)
        self._events = _Events(self._names, printer, self._place, self._equations, context.listener)
        context.listener = self._events

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """Writes down the text and what was heard."""
        self._end(run, op, "")

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        """The same, with the error. When only a check after the pass has failed, the pass is known already."""
        if self._events is None:
            last = self._passes[-1]
            self._passes[-1] = attrs.evolve(last, error=str(error), checks=run.checks)
        else:
            self._end(run, op, f"{type(error).__name__}: {error}" if type(error).__name__ != "Error" else str(error))

    # -- texts

    def _finished(self, made: _Made, events: _Events) -> Application:
        """An application with what has become of its new ops, and the names that they have now."""
        found = [self._place[op] for op in made.new if op in self._place]
        after = events.text(made.new) if found and len(found) == len(made.new) else made.application.after
        return attrs.evolve(made.application, lines_after=tuple(sorted(set(found))), after=after)

    def _end(self, run: PassRun, op: Operation, error: str) -> None:
        assert self._events is not None, "a pass has begun"
        events, self._events = self._events, None
        edit = Edit()
        if run.changed or error:
            module = self._module
            assert module is not None, "the pipeline has started"
            edit = self._take_text(module if op.parent is None else op, module)
        self._passes.append(
            TracedPass(
                run.number,
                run.name,
                run.text,
                type(run.item).summary(),
                run.target,
                run.seconds,
                run.memory,
                run.ops_before,
                run.ops_after,
                run.changed,
                edit,
                run.notes,
                error,
                tuple([RuleCount(r.rule, r.attempts, r.hits, r.seconds) for r in run.statistics.rules.values()]),
                tuple([self._finished(made, events) for made in events.applications]),
                events.more_applications,
                events.near_misses(),
                events.more_misses,
                run.checks,
            )
        )

    def _take_text(self, op: Operation, module: Operation) -> Edit:
        """Prints what a pass may have changed: the top-level op that it ran in, or the whole module."""
        self._names.refresh(module)
        printer = LinePrinter(self._names, self._constants)
        while op is not module and op.parent_op is not module:
            op = op.parent_op or module
        start = self._place.get(op)
        if op is module or start is None:
            lines, begun = printer.lines(module)
            start, end = 0, len(self._text)
            self._place = {op: number for number, op in begun}
            self._constants.forget_all_but(printer.seen)
        else:
            after = op.next_op
            end = len(self._text) - 1 if after is None else self._place[after]
            lines, begun = printer.lines(op, 1)
            shift = len(lines) - (end - start)
            kept = {o: n + (shift if n >= end else 0) for o, n in self._place.items() if not start <= n < end}
            self._place = {**kept, **{o: n + start for n, o in begun}}
        new = [self._table.setdefault(line, len(self._table)) for line in lines]
        edit = Edit.between(self._text[start:end], new, start)
        self._text[start:end] = new
        return edit


@attrs.define
class _Made:
    """An application whose new ops are still to be found in the text."""

    application: Application
    new: Sequence[Operation]


class _Events(Observer):
    """What is heard during one pass."""

    def __init__(
        self,
        names: StableNames,
        printer: LinePrinter,
        place: dict[Operation, int],
        equations: dict[str, str],
        listener: Listener | None,
    ) -> None:
        self.names = names
        self.printer = printer
        self.place = place
        self.equations = equations
        self.listener = listener
        self.applications: list[_Made] = []
        self.more_applications = 0
        self.more_misses = 0
        self._rule = ""
        self._matched: Sequence[Operation] = ()
        self._before = ""
        self._line: int | None = None
        self._misses: dict[tuple[str, str], _Misses] = {}

    def __call__(self, event: Applied) -> None:
        self.applied(event, ())

    def matched(self, rule: Rewrite, ops: Sequence[Operation]) -> None:
        if isinstance(self.listener, Observer):
            self.listener.matched(rule, ops)
        if len(self.applications) >= MAX_APPLICATIONS:
            return
        self._rule, self._matched = rule.name, ops
        self._line = self.place.get(ops[-1])
        self._before = self.text(ops)

    def applied(self, event: Applied, new: Sequence[Operation]) -> None:
        if isinstance(self.listener, Observer):
            self.listener.applied(event, new)
        elif self.listener is not None:
            self.listener(event)
        if len(self.applications) >= MAX_APPLICATIONS:
            self.more_applications += 1
            return
        self.equations.setdefault(event.rule, event.summary)
        if self._rule != event.rule or not self._matched or self._matched[-1].name != event.op:
            self._forget()  # other attempts came between: the rule converts regions
        after, text = list(new), self.text(new)
        if not after and self._matched and self._matched[-1].parent is not None:
            # A rule that edits in place leaves the matched op there; a conversion does, too, but not edited.
            edited = self.text(self._matched[-1:])
            if not self._before.endswith(edited):
                after, text = [self._matched[-1]], edited
        made = Application(
            event.rule,
            event.op,
            event.location.label,
            round(event.microseconds, 1),
            self._before or event.before or "",
            text or event.after or "",
            self._line,
        )
        self.applications.append(_Made(made, after))
        self._forget()

    def _forget(self) -> None:
        self._rule, self._matched, self._before, self._line = "", (), "", None

    def missed(self, rule: Rewrite, op: Operation, miss: Miss) -> None:
        if isinstance(self.listener, Observer):
            self.listener.missed(rule, op, miss)
        key = (rule.name, miss.reason)
        found = self._misses.get(key)
        if found is None:
            if len(self._misses) >= MAX_REASONS:
                self.more_misses += 1
                return
            self.equations.setdefault(rule.name, rule.summary)
            found = self._misses[key] = _Misses(miss.depth)
        found.count += 1
        if len(found.places) < MAX_PLACES:
            found.places.setdefault(op, Place(op.name, op.location.label, self.place.get(op)))

    def near_misses(self) -> tuple[NearMiss, ...]:
        """The nearest first."""
        found = sorted(self._misses.items(), key=lambda item: (-item[1].depth, -item[1].count, item[0]))
        return tuple([NearMiss(*key, m.count, m.depth, tuple(m.places.values())) for key, m in found])

    def text(self, ops: Sequence[Operation]) -> str:
        """The ops, one after the other, in the names of the trace; not endlessly much of them."""
        texts: list[str] = []
        size = 0
        for op in ops:
            self.names.ensure(op)
            texts.append(self.printer.op_text(op))
            size += len(texts[-1])
            if size > MAX_TEXT:
                texts[-1] = texts[-1][: MAX_TEXT - size] + " …"
                break
        return "\n".join(texts)


@attrs.define
class _Misses:
    """The misses of one rule for one reason."""

    depth: int
    count: int = 0
    places: dict[Operation, Place] = attrs.field(factory=dict)
