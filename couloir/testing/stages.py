"""A module after each pass of a pipeline, and the first pass after which it is ill-formed or computes something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.passes import Instrumentation, PassPipeline
from couloir.ir.verify import faults
from couloir.passes.bisection import bisect
from couloir.testing.peers.agreement import Expected

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes import PassContext, PassRun


@attrs.frozen(eq=False)
class Stage:
    """What a pass has made of a module."""

    item: str
    """The pass, in pipeline text."""
    number: int
    """Its place among the passes that have run, from 1; 0 where it is no pass."""
    before: ModuleOp
    after: ModuleOp


@attrs.frozen(eq=False)
class Fault:
    """What is wrong with a pass.

    Attributes:
        stage: The pass, with the module before and after it; `after` is as the pass left it.
        obligation: `structure` or `values`.
        message: What is wrong, in words.
    """

    stage: Stage
    obligation: str
    message: str

    def __str__(self) -> str:
        stage = self.stage
        return (
            f"pass {stage.number}, `{stage.item}`, {self.message}"
            if stage.number
            else f"{stage.item} {self.message}".lstrip()
        )


@attrs.define(eq=False)
class Stages:
    """A run of a pipeline.

    Attributes:
        changes: A stage for each pass that has changed something.
        last: The module at the end.
        fault: A pass that raises an error which is none of Couloir's, or that leaves an ill-formed module.
        refusal: Why a pass does not take the module: a `couloir.Error`.
    """

    changes: list[Stage]
    last: ModuleOp
    fault: Fault | None = None
    refusal: Error | None = None

    @property
    def arrived(self) -> bool:
        """Whether all passes have run well."""
        return self.fault is None and self.refusal is None


def run_stages(pipeline: PassPipeline, module: ModuleOp, tell: Callable[[str], None] | None = None) -> Stages:
    """Runs a pipeline on a copy of a module and keeps the module after each pass that changes it, until one fails.

    `tell` is called with the text of each pass before it runs.
    """
    work = module.clone()
    watch = _Watch(module, tell)
    found = Stages(watch.changes, work)
    try:
        pipeline.run(work, verify_each=False, instrumentations=[watch])
    except _IllFormed:
        stage = watch.changes.pop()
        told = str(next(iter(faults(stage.after, limit=1))).message)
        found.fault = Fault(stage, "structure", f"leaves a module that does not verify: {told}")
    except Error as error:
        found.refusal = error
    except Exception as error:
        if watch.running is None:
            raise
        stage = Stage(watch.running.text, watch.running.number, watch.last, work)
        found.fault = Fault(stage, "structure", f"raises {type(error).__name__}: {error}")
    return found


class _IllFormed(Exception):
    pass


class _Watch(Instrumentation):
    def __init__(self, module: ModuleOp, tell: Callable[[str], None] | None) -> None:
        self.last = module
        self.tell = tell
        self.changes: list[Stage] = []
        self.running: PassRun | None = None

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        self.module = module

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        self.running = run
        if self.tell is not None:
            self.tell(run.text)

    def after_pass(self, run: PassRun, op: Operation) -> None:
        if not run.changed:
            return
        now = cast("ModuleOp", self.module.clone())
        self.changes.append(Stage(run.text, run.number, self.last, now))
        self.last = now
        if faults(now, limit=1):
            raise _IllFormed


def wrong_values(stages: Sequence[Stage], wanted: Expected) -> Fault | None:
    """The first pass after which a module computes something else than at first.

    Args:
        stages: What the passes have made of it.
        wanted: What it computes at first, and on what.
    """
    for stage in stages:
        told = wanted.difference_of(stage.after)
        if told is not None:
            return Fault(stage, "values", told)
    return None


def culprit(fault: Fault, pipeline: PassPipeline, module: ModuleOp, wanted: Expected | None) -> str:
    """The application of a rule, or what else in the pass is at fault; empty where it is not known."""

    def holds(candidate: Any) -> bool:
        return wanted is None or wanted.difference_of(candidate) is None

    try:
        found = bisect(module, pipeline, holds)
    except Error:  # the fault does not show again
        return ""
    return "" if found is None or found.item != fault.stage.item else found.stage


def blame(pipeline: PassPipeline, module: ModuleOp, inputs: Sequence[Any]) -> str | None:
    """The first pass that breaks a module: that leaves it ill-formed, raises, or makes it compute something else.

    Args:
        pipeline: The passes.
        module: The module, which stays as it is.
        inputs: Arrays for its first public function.

    Returns:
        Which pass it is, what it does, and which application of a rule in it, in words; None when there is none.

    Raises:
        Error: The module cannot be run on the inputs.
    """
    wanted = Expected.of(module, inputs)
    found = run_stages(pipeline, module)
    fault = wrong_values(found.changes, wanted) or found.fault
    if fault is None:
        return None
    where = culprit(fault, pipeline, module, wanted)
    return f"{fault}; at fault: {where}" if where else str(fault)
