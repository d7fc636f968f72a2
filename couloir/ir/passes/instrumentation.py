"""What looks on while a pipeline runs: checks, dumps, progress, traces, reproducers. One mechanism for all of them.

    class Count(Instrumentation):
        def after_pass(self, run, op):
            print(run.text, run.seconds, run.changed)

    pipeline.run(module, instrumentations=[Count()])

The hooks are those of MLIR's `PassInstrumentation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from couloir.ir.errors import Error, file_trouble
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes.base import PassContext
    from couloir.ir.passes.pipeline import PassPipeline
    from couloir.ir.passes.report import PassRun, Report
    from couloir.ir.rewriting.events import Applied, Listener

ELIDE_ABOVE: Final = 64
"""Constants with more elements than this are left out of dumps."""


class Instrumentation:
    """Base of all instrumentations: hooks that do nothing. One object watches one pipeline at a time.

    When there are several, each hook is called on all of them in the order in which they were given.
    """

    texts: bool = False
    """Whether the events given to `rule_applied` carry the IR before and after."""

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """`pipeline` starts on `module`. An error raised here ends it before the first pass."""

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        """A pass starts on `op`. Of `run` only what is known beforehand is filled in; `context` is what the pass gets."""

    def rule_applied(self, run: PassRun, applied: Applied) -> None:
        """A pass has applied a rule."""

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """A pass has ended. An error raised here counts as a failure of the pass."""

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        """The pass, or a check after it, has raised `error`. The IR is as the failure left it."""

    def after_pipeline(self, report: Report) -> None:
        """The pipeline has ended, well or with a failure (`report.failed`)."""


class Verifying(Instrumentation):
    """Verifies before the first and after each pass; a fault names the pass."""

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """Verifies the module."""
        verify(module)

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """Verifies what the pass ran on."""
        try:
            verify(op)
        except Error as error:
            raise Error(
                f"the pass `{run.item}` (number {run.number}) left ill-formed IR", notes=str(error).split("\n")
            ) from error


class Progress(Instrumentation):
    """Calls a function before each run of a pass with its number from 0, the count of passes and the text of the pass."""

    def __init__(self, show: Callable[[int, int, str], None]) -> None:
        self.show = show

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        """Calls the function."""
        self.show(run.number - 1, max(run.total, run.number), run.text)


class Listening(Instrumentation):
    """Calls a function with the event of each application of a rule."""

    def __init__(self, listener: Listener, texts: bool = False) -> None:
        self.listener = listener
        self.texts = texts

    def rule_applied(self, run: PassRun, applied: Applied) -> None:
        """Calls the function."""
        self.listener(applied)


class Dumping(Instrumentation):
    """Writes the IR into numbered files: before the first pass, and after each pass that changed its text.

    `00-input.mlir`, `03-cse.mlir`; what a failing pass left is written, too. Large constants are left out.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.last = ""
        self.module: Operation | None = None

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """Makes the directory and writes the input."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise Error(f"cannot write dumps to {self.directory}: {file_trouble(error)}") from error
        self.module, self.last = module, ""
        self._write(0, "input")

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """Writes the module, when it has changed."""
        if run.changed:
            run.dump = self._write(run.number, run.name)

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        """Writes what the failing pass left."""
        run.dump = self._write(run.number, run.name)

    def _write(self, number: int, name: str) -> Path | None:
        assert self.module is not None, "the pipeline has started"
        text = operation_text(self.module, elide_above=ELIDE_ABOVE) + "\n"
        if text == self.last:
            return None
        self.last = text
        path = self.directory / f"{number:02d}-{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.mlir"
        try:
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Error(f"cannot write {path}: {error.strerror}") from error
        return path
