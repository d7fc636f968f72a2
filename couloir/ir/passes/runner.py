"""Runs pipelines, and calls what looks on."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import attrs

from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error
from couloir.ir.passes.base import Pass, PassContext
from couloir.ir.passes.instrumentation import Instrumentation
from couloir.ir.passes.items import Item, Nested, passes_of
from couloir.ir.passes.measuring import Meter, State, measuring
from couloir.ir.passes.report import PassRun, Report

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes.pipeline import PassPipeline
    from couloir.ir.rewriting.events import Applied


@attrs.define
class Runner:
    """One run of a pipeline."""

    pipeline: PassPipeline
    module: Operation
    watching: Sequence[Instrumentation]
    verify_rules: bool
    memory: bool
    first: int
    """The position of its first pass in a pipeline that it may be a part of."""
    total: int
    """The number of passes in that."""
    report: Report = attrs.field(factory=Report)
    step: int = 0
    known: tuple[Operation, State] | None = None
    """The state after the last run, and the op that it ran on."""

    def run(self) -> Report:
        for watcher in self.watching:
            watcher.before_pipeline(self.pipeline, self.module)
        try:
            with measuring(self.memory):
                self.run_items(self.pipeline.items, self.module, self.first, ())
        finally:
            for watcher in self.watching:
                watcher.after_pipeline(self.report)
        return self.report

    def run_items(self, items: Sequence[Item], target: Operation, position: int, nesting: tuple[str, ...]) -> None:
        """Runs items on one op. `position` is that of the first pass."""
        attached = target.parent is not None
        for step, item in enumerate(items):
            if not nesting:
                self.step = step
            if attached and target.parent is None:
                return  # a pass before has erased it
            if isinstance(item, Nested):
                self.run_nested(item, target, position, nesting)
                position += sum(1 for _ in passes_of(item.items))
            else:
                self.run_pass(item, target, position, nesting)
                position += 1

    def run_nested(self, nested: Nested, target: Operation, position: int, outer: tuple[str, ...]) -> None:
        nesting = (*outer, nested.op_name)
        if target.name == nested.op_name:
            self.run_items(nested.items, target, position, nesting)
            return
        for op in [o for o in target.walk() if o.name == nested.op_name and o is not target]:
            if op.parent is not None:  # passes on the ones before may have erased it
                self.run_items(nested.items, op, position, nesting)

    def run_pass(self, item: Pass, target: Operation, position: int, nesting: tuple[str, ...]) -> None:
        run = PassRun(len(self.report.runs) + 1, position, self.total, self.step, nesting, item, _described(target))
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
        before = self.known[1] if self.known is not None and self.known[0] is target else State.of(target)
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
            run.statistics, run.notes = context.statistics, tuple(map(str, context.notes))
            run.changed = True
        after = State.of(target)
        run.ops_after, run.changed = after.ops, after != before
        self.known = target, after


def _described(op: Operation) -> str:
    name = op.attributes.get("sym_name")
    return f"{op.name} @{name.value}" if isinstance(name, StringAttr) else op.name
