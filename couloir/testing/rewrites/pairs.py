"""Two programs, of which the second is to take the place of the first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from time import monotonic

from couloir.dialects.builtin import ModuleOp
from couloir.ir.constraints import compatible
from couloir.ir.errors import Error
from couloir.ir.rewriting import Observer
from couloir.passes.running import public_functions, signature
from couloir.testing.peers.comparing import Peers
from couloir.testing.rewrites.fault import Fault
from couloir.testing.rewrites.programs import Program
from couloir.testing.rewrites.report import Obligation
from couloir.testing.rewrites.shrinking import Again
from couloir.testing.rewrites.stages import Check, Message, Options
from couloir.testing.rewrites.structure import paired_functions
from couloir.testing.rewrites.subjects import Subject
from couloir.testing.rewrites.worker import TimeUp, until

NAME = "equivalent"


def refuse_unlike(before: ModuleOp, after: ModuleOp) -> None:
    """Raises `couloir.Error` when two programs cannot be compared: the public functions of one do not answer those of the other."""
    old, new = public_functions(before), public_functions(after)
    if not old or not new:
        which = "first" if not old else "second"
        raise Error(f"there is no public function to compare in the {which} module")
    pairs = paired_functions(before, after)
    if len(pairs) < max(len(old), len(new)):
        names = {f.sym_name for f in old} ^ {f.sym_name for f in new}
        raise Error(
            f"only one of the modules has the public function @{min(names)}",
            hint="functions go together by their names; make private what is not to be compared",
        )
    for function, other in pairs:
        mine, its = signature(function), signature(other)
        name = f"@{function.sym_name}"
        for what, here, there in (("arguments", mine.inputs, its.inputs), ("results", mine.results, its.results)):
            if len(here) != len(there):
                raise Error(f"{name} has {len(here)} {what} in the first module, {len(there)} in the second")
            for number, (a, b) in enumerate(zip(here, there, strict=True)):
                if not compatible(a, b):
                    raise Error(
                        f"the functions have different types: {what[:-1]} {number} of {name} is {a} in the first module, {b} "
                        "in the second"
                    )


class PairCheck(Check):
    """A check of two programs, on inputs of every kind.

    Args:
        before, after: The programs; `refuse_unlike` has seen them.
        assumes: What is granted of the numbers.
        options, tell, watched: As of `Check`.
    """

    def __init__(
        self,
        before: ModuleOp,
        after: ModuleOp,
        assumes: Collection[str],
        options: Options,
        tell: Callable[[Message], None],
        *,
        watched: bool = False,
    ) -> None:
        super().__init__(_subject(assumes), options, tell, watched=watched)
        self.before = before
        self.after = after

    def _first_fault(self) -> Fault | None:
        self.pairs.append((self.before, self.after))
        self.report.programs = self.report.fired = 1
        self.tell({"doing": "running", "number": 1})
        try:
            with until(self.deadline, watched=self.watched):
                for number in range(self.options.cases):
                    if monotonic() > self.testing:
                        break
                    fault = self.wrong_values(self.before, self.after, self.options.seed + number, counted=True)
                    if fault is not None:
                        return fault
                    self.tell({"progress": [number + 1, self.options.cases, "inputs"]})
        except TimeUp:
            pass
        return None

    def _match(self, fault: Fault | None) -> Obligation | None:
        return None  # there is nothing to match

    def _rewritten(self, module: ModuleOp) -> ModuleOp | None:
        return self.after

    def _again(self, fault: Fault, peers: Peers) -> Again | None:
        return None  # the programs stay as they are


def _subject(assumes: Collection[str]) -> Subject:
    def apply(module: ModuleOp, observer: Observer | None) -> int:
        raise Error("two programs are not applied to a third")

    def programs(seed: int, deadline: float, tried: bool) -> Iterator[Program]:
        yield from ()

    return Subject(name=NAME, summary="", programs=programs, apply=apply, assumes=tuple(assumes), rounds=True)
