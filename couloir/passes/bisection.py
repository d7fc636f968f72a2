"""Which pass breaks a program, and which application of a rule in it.

    found = bisect(module, PassPipeline.parse("canonicalize,cse"))
    print(found)

The pipeline is run once, with the check after each run of a pass that changed something. The pass that fails is then run on
copies of the IR before it, with the rules stopped after ever fewer applications (`PassContext.stop_after`), until the check
holds after n of them and fails after n + 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from couloir.ir.errors import Error, VerifyError
from couloir.ir.passes import Instrumentation, PassContext, PassPipeline
from couloir.ir.passes.checkpoint import Checkpoint, checkpoint_text, described
from couloir.ir.passes.measuring import State
from couloir.ir.rewriting.events import Observer
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from couloir.passes.checking import CheckError, NumericCheck
from couloir.passes.prefixes import first_changed_op

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes import PassRun
    from couloir.ir.rewriting.events import Applied
    from couloir.ir.rewriting.rule import Rewrite

ModuleCheck: TypeAlias = Callable[[Any], object]
"""Takes a module; raises an exception, or returns False, when it is not as it should be. It must not change it."""
ELIDE_ABOVE: Final = 16
MAX_LINES: Final = 24
MAX_COLUMNS: Final = 160
"""Of the texts before and after an application."""


@attrs.frozen
class RuleApplication:
    """An application of a rule that breaks a program."""

    rule: str
    equation: str
    """The first line of the rule's docstring."""
    number: int
    """Counts applications in the run of the pass from 1."""
    total: int
    """Applications in that run."""
    location: str
    """Where the op comes from at which it was applied."""
    before: str
    """Text of what was matched."""
    after: str
    """Text of what took its place; empty when the rule raised an error instead."""


@attrs.frozen
class Bisection:
    """What breaks a program."""

    item: str
    """The pass, in pipeline text."""
    pipeline: PassPipeline
    """That pass alone, nested as it was."""
    number: int
    """Which run of a pass it is, counted from 1."""
    position: int
    """Which pass of the pipeline it is, counted from 1."""
    target: str
    """The op that it ran on."""
    error: Exception
    """What the check, or the pass itself, said."""
    application: RuleApplication | None
    """The application of a rule that is at fault; None when it is none, see `stage`."""
    stage: str
    """What of the pass is at fault, in words."""
    first_op: Operation | None = attrs.field(repr=False)
    """When no application is at fault: the first op of the function, in `module`, whose value the pass changes, if known."""
    module: Operation = attrs.field(repr=False)
    """The module before that pass."""

    def reproducer(self, inputs: str) -> str:
        """A text that `couloir replay` runs: the module and the pass, checked on `inputs` (`seed 0`)."""
        checked = isinstance(self.error, CheckError)
        checkpoint = Checkpoint(
            pipeline=str(self.pipeline),
            failed=self.item,
            error=self._said_again(),
            check_each=checked,
            check_inputs=inputs if checked else "",
        )
        return checkpoint_text(self.module, checkpoint)

    def _said_again(self) -> str:
        """What is said when the pass is replayed, where it is the pipeline that looks for the fault."""
        if isinstance(self.error, CheckError):
            said = f": the pass `{self.item}` changed what the program computes: "
            return described(self.error).replace(": ", said, 1)
        if isinstance(self.error, VerifyError):
            return f"Error: the pass `{self.item}` left ill-formed IR"
        return described(self.error)

    def __str__(self) -> str:
        """A report for people."""
        text = self.error.message if isinstance(self.error, Error) else f"{type(self.error).__name__}: {self.error}"
        lines = [f"pass {self.position}, `{self.item}`, on {self.target} breaks the program: {text}"]
        if isinstance(self.error, Error):
            lines += [f"  note: {note}" for note in self.error.notes]
        lines.append(f"at fault: {self.stage}")
        if self.application is not None:
            found = self.application
            lines.append(f"  equation: {found.equation}")
            lines.append(f"  at: {found.location or 'an unknown location'}")
            for title, part in (("before", found.before), ("after", found.after)):
                lines += [f"  {title}:", *(f"    {line}" for line in part.split("\n") if part)]
        if self.first_op is not None:
            lines.append(f"the first value that it changes: {self.first_op.location.label or 'at an unknown location'}")
            lines.append(
                "    " + _excerpt([operation_text(self.first_op, elide_above=ELIDE_ABOVE)]).replace("\n", "\n    ")
            )
        return "\n".join(lines)


def bisect(
    module: Operation,
    pipeline: PassPipeline,
    check: ModuleCheck | None = None,
    *,
    verify_each: bool = True,
    on_pass: Callable[[int, int, str], None] | None = None,
) -> Bisection | None:
    """Finds the first pass, and in it the application of a rule, after which a check fails. `module` is not changed.

    Args:
        module: The program.
        pipeline: What breaks it. A pass that raises an error breaks it as well.
        check: By default a `NumericCheck`: the program computes what it did at first.
        verify_each: Ill-formed IR counts as broken, too.
        on_pass: Called before each pass, to show progress.

    Returns:
        What is at fault, or None when nothing breaks the program.

    Raises:
        Error: when the check fails for the program as it is.
    """
    work = module.clone()
    predicate = check if check is not None else NumericCheck(work)
    if verify_each:
        verify(work)
    first = _fault(predicate, work, verify_each=False)
    if first is not None:
        raise Error(f"the check fails before any pass has run: {first}") from first
    search = _Search(predicate, verify_each)
    try:
        pipeline.run(work, verify_each=False, on_pass=on_pass, instrumentations=[search])
    except Exception:
        if search.culprit is None or search.error is None:
            raise
    if search.culprit is None or search.error is None:
        return None
    return search.narrow()


class _Broken(Error):
    """Ends the pipeline."""


def _fault(check: ModuleCheck, module: Operation, *, verify_each: bool) -> Exception | None:
    """What is wrong with a module."""
    try:
        if verify_each:
            verify(module)
        if check(module) is False:
            return Error("the check says no")
    except Exception as error:  # noqa: BLE001 -- whatever a check raises, it says that something is wrong
        return error
    return None


class _Search(Instrumentation):
    """Finds the run of a pass, with the IR before it."""

    def __init__(self, check: ModuleCheck, verify_each: bool) -> None:
        self.check = check
        self.verify_each = verify_each
        self.culprit: PassRun | None = None
        self.error: Exception | None = None
        self.copy: Operation | None = None

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        self.pipeline, self.module = pipeline, module

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        if self.copy is None:
            self.copy = self.module.clone()
        self.place = next(i for i, inner in enumerate(self.module.walk()) if inner is op)

    def after_pass(self, run: PassRun, op: Operation) -> None:
        if not run.changed:
            return
        error = _fault(self.check, self.module, verify_each=self.verify_each)
        if error is not None:
            self.culprit, self.error = run, error
            raise _Broken("found")
        self.copy = None

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        if self.culprit is None:
            self.culprit, self.error = run, error

    # -- inside the pass

    def attempt(self, stop_after: int | None, watch: _Watch | None = None) -> Exception | None:
        """Runs the pass again on a copy, with so many applications of rules; what is wrong afterwards."""
        assert self.culprit is not None and self.copy is not None, "a culprit was found"
        module = self.copy.clone()
        op = next(inner for i, inner in enumerate(module.walk()) if i == self.place)
        context = PassContext(stop_after=stop_after, listener=watch, texts=watch is not None and watch.fine is not None)
        if watch is not None:
            watch.start(module)
        try:
            self.culprit.item.run(op, context)
        except Exception as error:  # noqa: BLE001 -- a mistake in the pass is what is looked for
            return error
        return _fault(self.check, module, verify_each=self.verify_each)

    def narrow(self) -> Bisection:
        """Finds the application."""
        total = _Watch()
        self.attempt(None, total)
        none = _Watch()
        if self.attempt(0, none) is not None:
            if none.seen:
                return self._found(
                    None, f"the pass as a whole: its {len(none.seen)} applications of rules belong together"
                )
            reason = "no rule: the pass breaks the program before it applies any"
            return self._found(
                None, reason if total.seen or total.tried else "the pass itself: it reports no applications of rules"
            )
        count = len(total.seen)
        good, bad = 0, count if self.attempt(count) is not None else count + 1
        if bad > count and self.attempt(bad) is None:
            return self._found(None, "the pass as a whole: with its applications of rules counted, it breaks nothing")
        while bad - good > 1:
            middle = (good + bad) // 2
            if self.attempt(middle) is None:
                good = middle
            else:
                bad = middle
        fine = _Watch()
        self.attempt(good, fine)
        watch = _Watch(fine.seen)
        self.attempt(bad, watch)
        application = watch.application(len(total.seen))
        if application is None:
            return self._found(None, "the pass itself")
        of_all = (
            f" of {application.total}" if application.total >= application.number else ""
        )  # not where it ends the run
        named = f"application {application.number}{of_all} of rules: {application.rule}"
        if watch.event is None:
            return self._found(application, f"{named}: it raises an error")
        if watch.after is not None and _fault(self.check, watch.after, verify_each=self.verify_each) is None:
            return self._found(None, f"no rule: right after {named} all is well, and what the pass does next is wrong")
        return self._found(application, named)

    def _found(self, application: RuleApplication | None, stage: str) -> Bisection:
        assert self.culprit is not None and self.copy is not None and self.error is not None, "a culprit was found"
        run = self.culprit
        alone = self.pipeline.split(run.position)[0].split(run.position - 1)[1]
        first = None
        if application is None and isinstance(self.check, NumericCheck) and isinstance(self.error, CheckError):
            first = first_changed_op(self.copy, alone, self.check, self.error.function)
        return Bisection(
            run.text,
            alone,
            run.number,
            run.position,
            run.target,
            self.error,
            application,
            stage,
            first,
            self.copy,
        )


class _Watch(Observer):
    """Counts applications. Given those of a run in which all was well, it looks closely at the first one that is another."""

    def __init__(self, fine: Sequence[object] | None = None) -> None:
        self.fine = fine
        self.seen: list[object] = []
        """Rule, op and place of each application."""
        self.tried = 0
        self.rule: Rewrite | None = None
        self.number = 0
        self.event: Applied | None = None
        self.location = self.before = self.new = ""
        self.after: Operation | None = None
        """The module right after the application; None in a conversion, which changes it only at its end."""

    def start(self, module: Operation) -> None:
        """The pass begins on `module`."""
        self.module = module
        self.state = State.of(module) if self.fine is not None else None

    def matched(self, rule: Rewrite, ops: Sequence[Operation]) -> None:
        self.tried += 1
        if self.fine is not None and self.event is None and len(self.seen) >= len(self.fine):
            self.rule = rule
            self.location = ops[-1].location.label if ops else ""
            self.before = _excerpt([operation_text(op, elide_above=ELIDE_ABOVE) for op in ops])

    def applied(self, event: Applied, new: Sequence[Operation]) -> None:
        key = event.rule, event.op, event.location
        number = len(self.seen)
        self.seen.append(key)
        if self.fine is None or self.event is not None or (number < len(self.fine) and self.fine[number] == key):
            return
        self.event, self.number = event, number
        if self.rule is None or self.rule.name != event.rule:
            self.location, self.before = event.location.label, _excerpt([event.before or ""])
        self.new = _excerpt([operation_text(op, elide_above=ELIDE_ABOVE) for op in new] or [event.after or ""])
        if State.of(self.module) != self.state:
            self.after = self.module.clone()

    def __call__(self, event: Applied) -> None:
        self.applied(event, ())

    def application(self, total: int) -> RuleApplication | None:
        """What was looked at; None when no rule was even tried."""
        if self.event is not None:
            found = self.event.rule, self.event.summary, self.number + 1
        elif self.rule is not None:
            found = self.rule.name, self.rule.summary, len(self.seen) + 1
        else:
            return None
        return RuleApplication(*found, total, self.location, self.before, self.new)


def _excerpt(texts: Sequence[str]) -> str:
    """Some lines of some texts, none of them long."""
    lines = "\n".join(texts).split("\n")
    kept = [line if len(line) <= MAX_COLUMNS else line[: MAX_COLUMNS - 4] + " ..." for line in lines[:MAX_LINES]]
    return "\n".join(kept if len(lines) <= MAX_LINES else [*kept, "..."])
