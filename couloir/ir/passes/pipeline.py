"""Pipelines: passes in a row, as Python objects or as text, and their running with checks, dumps and times.

PassPipeline.parse("canonicalize,cse,func.func(loop-fusion{max-ops=8})").run(module)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from couloir.ir.errors import Error, nearest
from couloir.ir.passes.instrumentation import Dumping, Instrumentation, Listening, Progress, Verifying
from couloir.ir.passes.items import Item, passes_of, split
from couloir.ir.passes.reader import Reader
from couloir.ir.passes.report import Report
from couloir.ir.passes.runner import Runner

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.events import Listener


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
        return cls(Reader(text).pipeline())

    def __add__(self, other: PassPipeline) -> PassPipeline:
        return PassPipeline((*self.items, *other.items))

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __str__(self) -> str:
        return ",".join(map(str, self.items))

    @property
    def size(self) -> int:
        """The number of passes, those in nested pipelines included."""
        return sum(1 for _ in passes_of(self.items))

    def position(self, which: int | str) -> int:
        """The position of a pass: of its number from 1, or of the first pass with that name.

        Raises:
            Error: when there is none; it lists those that there are.
        """
        names = [item.name for item in passes_of(self.items)]
        number = int(which) if isinstance(which, int) or (str(which).isdecimal() and len(which) < 10) else None
        if number is not None and 1 <= number <= len(names):
            return number
        if number is None and which in names:
            return names.index(str(which)) + 1
        listed = ", ".join(f"{n} {name}" for n, name in enumerate(names, 1)) or "none"
        wanted = f"pass number {number}" if number is not None else f"pass `{which}`"
        hint = None if number is not None else nearest(str(which), names)
        raise Error(f"the pipeline has no {wanted}", hint=hint or f"its passes: {listed}")

    def split(self, after: int | str) -> tuple[PassPipeline, PassPipeline]:
        """The pipeline up to and with a pass, and the rest. Number 0 is before the first. See `position`.

        A nested pipeline can be cut, too: its passes see one op at a time, so that it does not matter whether each op goes
        through all of them, or all ops through the first and then all through the rest.
        """
        head, tail = split(self.items, 0 if after in (0, "0") else self.position(after))
        return PassPipeline(head), PassPipeline(tail)

    def run(
        self,
        module: Operation,
        *,
        start_at: int | str | None = None,
        stop_after: int | str | None = None,
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
            start_at: The first pass to run, as a number from 1 or a name (the first pass that has it).
            stop_after: The last pass to run, likewise.
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
        skipped = 0 if start_at is None else self.position(start_at) - 1
        total = self.size
        last = total if stop_after is None else self.position(stop_after)
        if skipped and last <= skipped:
            raise Error(
                f"the pipeline cannot start at pass {skipped + 1} and stop after pass {last}, which comes before"
            )
        chosen = self.split(last)[0].split(skipped)[1]
        runner = Runner(chosen, module, (*watching, *instrumentations), verify_rules, memory, skipped + 1, total)
        return runner.run()
