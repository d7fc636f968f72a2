"""Running modules: `evaluate(module, *arrays)` computes what a function of a module means, in any domain.

The loop is `_Evaluation.loop`. What the ops mean is in `couloir.backends.numpy.tables`, one table for each dialect; how
a table is written, `couloir.backends.numpy.meanings` says.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, cast

import attrs
import numpy as np

from couloir.backends.numpy.arguments import argument_values, in_domain, new_outputs
from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, floats
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import (
    SAME_FOR_SCALARS,
    Call,
    Global,
    Jump,
    Leave,
    Meaning,
    Request,
    Run,
    Seen,
    Together,
    meaning_of,
)
from couloir.backends.numpy.plan import Plan, Step
from couloir.backends.numpy.processes import Feed, Fetch, Here, Meet, Post, Processes, Running
from couloir.dialects.func import FuncOp
from couloir.ir.errors import Error, nearest
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.traits import IsTerminator

MAX_FRAMES: Final = 100_000
"""Calls and regions inside each other, so that a program whose functions call themselves for ever ends with an error."""
#: What a meaning runs into when an op is not as its dialect demands, which the verifier would have said, or when there
#: is not enough memory.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)


def evaluate(
    program: Operation,
    *arrays: Any,
    function: str | None = None,
    domain: ArrayNamespace = floats,
    max_runs: int | None = None,
) -> tuple[Array, ...]:
    """Runs a function on arrays and gives its results.

    A function of buffers (memrefs) writes to the arrays that it is given. If its attribute `couloir.inputs` says how
    many of them are inputs, the others are its outputs: they are made here, and are the results.

    Args:
        program: A module, or a function in one.
        arrays: One for each argument, of exactly its shape and element type, or already of the domain's carrier.
        function: The name of a function of the module; by default the first one that is not private.
        domain: What floats are computed as; see `couloir.backends.numpy.domains`.
        max_runs: How many regions, blocks and functions may be run, counted each time, before a program that does not end
            is given up; by default any number.

    Returns:
        The results. They may share memory with constants of the program and with the arguments: nobody writes to them.

    Raises:
        Error: when there is no such function; when the arguments do not fit, saying which; when ops have no meaning,
            naming all of them, before anything runs; when an op fails, with its location; and when `max_runs` is reached.
        NotInDomain: when an op has no meaning in the domain.
    """
    chosen = _chosen(program, function)
    given = argument_values(chosen, arrays, domain)
    outputs = new_outputs(chosen, domain)
    evaluation = _Evaluation(domain, Plan(chosen, runs_root=False), max_runs)
    results = evaluation.loop(evaluation.entered(Run(chosen.body, [*given, *outputs]), {}))
    return tuple(outputs or results)


def run_devices(
    program: Operation,
    arguments: Sequence[Sequence[Any]],
    *,
    partitions: int = 1,
    function: str | None = None,
    domain: ArrayNamespace = floats,
    infeed: Sequence[Sequence[Sequence[Any]]] = (),
    outfeed: Callable[[int, Sequence[Array]], None] | None = None,
    max_runs: int | None = None,
) -> list[tuple[Array, ...]]:
    """Runs a function once for each of several devices, which exchange values by collectives.

    Args:
        program: A module, or a function in one.
        arguments: For each device the arguments of the function. Devices are numbered by replica, then partition:
            device `d` is partition `d % partitions` of replica `d // partitions`.
        partitions: How many partitions each replica has; it divides the number of devices.
        function: The name of a function of the module; by default the first one that is not private.
        domain: What floats are computed as.
        infeed: For each device what its infeeds read: a sequence of arrays for each.
        outfeed: Called with the number of a device and the arrays that it writes to its outfeed.
        max_runs: For each device, as of `evaluate`.

    Returns:
        The results of each device. Reductions go through a group in its order: they are the same each time.

    Raises:
        Error: as `evaluate` does; when groups name devices that there are not; when what the devices of a group bring
            does not fit together; and when devices wait for each other for ever, saying where each one waits.
    """
    if partitions < 1 or not arguments or len(arguments) % partitions:
        raise Error(f"{len(arguments)} devices cannot be replicas of {partitions} partitions each")
    chosen = _chosen(program, function)
    plan = Plan(chosen, runs_root=False)
    runs: list[Running] = []
    for number, arrays in enumerate(arguments):
        try:
            given = argument_values(chosen, arrays, domain)
        except Error as error:
            raise Error(f"device {number}: {error.message}", where=error.where, notes=error.notes) from error
        evaluation = _Evaluation(domain, plan, max_runs)
        runs.append(evaluation.steps(evaluation.entered(Run(chosen.body, given), {})))
    found = Processes(runs, len(arguments) // partitions, partitions, infeed, outfeed).results()
    return [tuple(results) for results in found]


def evaluate_op(
    op: Operation, *arrays: Any, domain: ArrayNamespace = floats, max_runs: int | None = None
) -> tuple[Array, ...]:
    """The results of one op, wherever it stands, for given operands. Raises as `evaluate` does, also when regions are run more
    often than `max_runs`.

    Values that its regions take from outside are not known here.
    """
    if len(arrays) != len(op.operands):
        raise Error(f"`{op.name}` has {len(op.operands)} operands; {len(arrays)} arrays were given")
    given = [in_domain(array, domain) for array in arrays]
    function = meaning_of(op)
    if function is not None and not op.regions:
        found = _at_once(domain, op, function, given)
        if found is not None:
            return found
    evaluation = _Evaluation(domain, Plan(op, runs_root=True), max_runs)
    values: dict[Value[Any], Any] = dict(zip(op.operands, given, strict=True))
    assert function is not None, "the plan has seen to it"
    steps = [Step(op, function, op.operands), Step(op, _leave, op.results)]
    return tuple(evaluation.loop(_Frame(steps, values)))


def _at_once(
    domain: ArrayNamespace, op: Operation, function: Meaning, given: Sequence[Array]
) -> tuple[Array, ...] | None:
    """The results of an op that asks for nothing; None for one that does."""
    try:
        outcome = function(domain, op, *given)
        if isinstance(outcome, Generator | Jump | Leave) or outcome is None:
            return None
        results = cast("Sequence[Any]", outcome) if isinstance(outcome, tuple | list) else [np.asarray(outcome)]
        return tuple([array for array, _ in zip(results, op.results, strict=True)])
    except Error as error:
        error.where = error.where or _place(op)
        raise
    except _FAULTS as error:
        raise _fault(op, error) from error


def _leave(xp: ArrayNamespace, op: Operation, *results: Array) -> Leave:
    return Leave(results)


def has_meaning(op: Operation) -> bool:
    """Whether an op and all ops inside it can be evaluated."""
    return all(meaning_of(inner) is not None for inner in op.walk())


def _chosen(program: Operation, name: str | None) -> FuncOp:
    """The function to run."""
    ops = [program] if isinstance(program, FuncOp) else [op for region in program.regions for op in region.ops]
    functions = [op for op in ops if isinstance(op, FuncOp)]
    wanted = [f for f in functions if f.sym_name == name or (name is None and (f is program or not f.is_private))]
    found = next((f for f in wanted if name is not None or not f.is_declaration), None)
    if found is None:
        known = [f.sym_name for f in functions]
        raise Error(
            "there is no public function to evaluate" if name is None else f"there is no function @{name} to evaluate",
            hint=(nearest(name or "", known) or "there are: " + ", ".join(f"@{n}" for n in known)) if known else None,
        )
    if found.is_declaration:
        raise Error(f"@{found.sym_name} is only declared: it has no body to run", where=found.location.label or None)
    return found


@attrs.define(eq=False)
class _Frame:
    """A region being run: where it is, and the op that waits for an answer."""

    steps: Sequence[Step]
    values: dict[Value[Any], Any]
    """The values of the function that are alive. Regions see those around them."""
    batch: tuple[int, ...] | None = None
    position: int = 0
    waiting: Generator[Request, Any, Any] | None = None


class TooManyRuns(Error):
    """A program runs more regions, blocks and functions than it may."""


class _Evaluation:
    """One run of a program."""

    def __init__(self, xp: ArrayNamespace, plan: Plan, max_runs: int | None = None) -> None:
        self.xp = xp
        self.plan = plan
        self.max_runs = max_runs
        self.globals: dict[Operation, Any] = {}
        self.seen: dict[str, list[Any]] = {}
        self.is_together = False

    def loop(self, frame: _Frame) -> Sequence[Any]:
        """Runs to the end, as the only device there is."""
        return Processes([self.steps(frame)], 1, 1).results()[0]

    def steps(self, frame: _Frame) -> Running:
        """One op after the other; what an op asks for is run in a frame of its own, and then is its answer.

        Requests to other processes are yielded.
        """
        frames, answer = [frame], None
        while frames:
            frame = frames[-1]
            step = frame.steps[frame.position]
            try:
                outcome, answer = self._outcome(frame, step, answer), None
                if len(frames) > MAX_FRAMES:
                    raise Error(
                        f"calls and regions are more than {MAX_FRAMES} deep here",
                        hint="does a function call itself without an end?",
                    )
                match outcome:
                    case Run():
                        self._count()
                        frames.append(self.entered(outcome, frame.values, frame.batch))
                    case Call():
                        callee = self.plan.symbol(step.op, outcome.symbol)
                        self._count()
                        frames.append(self.entered(Run(_body(callee), outcome.arguments), {}, frame.batch))
                    case Global():
                        answer = self._global(self.plan.symbol(step.op, outcome.symbol))
                    case Jump():
                        self._count()
                        self._enter(frame, outcome.block, outcome.arguments)
                    case Leave():
                        frames.pop()
                        answer = outcome.values
                    case Together():
                        answer = self._together(step.op, outcome)
                    case Seen():
                        answer = self.seen.setdefault(outcome.name, [])
                    case Here() | Meet() | Post() | Fetch() | Feed():
                        answer = yield outcome
                    case _:
                        _store(frame, step, outcome)
            except Error as error:
                error.where = error.where or _place(step.op)
                raise
            except _FAULTS as error:
                raise _fault(step.op, error) from error
        return answer or ()

    def _outcome(self, frame: _Frame, step: Step, answer: Any) -> Any:
        """The results of an op, or what it asks for next."""
        if frame.waiting is None:
            operands = [frame.values[value] for value in step.operands]
            if frame.batch is not None:  # constants, and scalars from outside, are the same for all elements
                operands = [np.broadcast_to(operand, frame.batch) for operand in operands]
                if type(step.op) in SAME_FOR_SCALARS:
                    return operands
            try:
                outcome = step.function(self.xp, step.op, *operands)
            except (NotInDomain, TypeError):
                outcome = self.xp.unknown(step.op, operands)
                if outcome is None:
                    raise
            if not isinstance(outcome, Generator):
                return outcome
            frame.waiting = outcome
        try:
            return frame.waiting.send(answer)
        except StopIteration as end:
            frame.waiting = None
            return end.value

    def _count(self) -> None:
        if self.max_runs is not None:
            if self.max_runs == 0:
                raise TooManyRuns("the program runs more regions than `max_runs` says", hint="does a loop never end?")
            self.max_runs -= 1

    def entered(self, request: Run, values: dict[Value[Any], Any], batch: tuple[int, ...] | None = None) -> _Frame:
        """A frame at the start of a region. What runs inside of a batch is a batch."""
        block = request.region.first_block
        if block is None:
            raise Error("it runs a region that is empty")
        frame = _Frame((), values, batch if request.batch is None else request.batch)
        self._enter(frame, block, request.arguments)
        return frame

    def _enter(self, frame: _Frame, block: Block, arguments: Sequence[Any]) -> None:
        last = block.last_op
        if last is None or not last.has_trait(IsTerminator):
            raise Error("it runs a block that has no terminator")
        frame.steps, frame.position = self.plan.steps(block), 0
        frame.values.update(zip(block.arguments, arguments, strict=True))

    def _together(self, op: Operation, request: Together) -> list[Sequence[Any]]:
        """Runs programs as processes; never inside of each other, so that no nest of them is too deep."""
        if self.is_together:
            raise Error(f"`{op.name}` is run by a program that runs together with others already")
        feeds = [self._inner(op, name, ()) for name in request.infeed]
        infeed = iter([Processes([feed], 1, 1).results()[0] for feed in feeds])
        names = [name for row in request.programs for name in row]
        runs = [self._inner(op, name, given) for name, given in zip(names, request.arguments, strict=True)]
        replicas, partitions = len(request.programs), len(request.programs[0])
        return Processes(runs, replicas, partitions, [infeed] * len(runs), lambda number, values: None).results()

    def _inner(self, op: Operation, name: str, arguments: Sequence[Any]) -> Running:
        """A run of another function of this program."""
        inner = _Evaluation(self.xp, self.plan, self.max_runs)
        inner.seen, inner.is_together = self.seen, True
        return inner.steps(inner.entered(Run(_body(self.plan.symbol(op, name)), arguments), {}))

    def _global(self, op: Operation) -> Any:
        if op not in self.globals:
            function = meaning_of(op)
            assert function is not None, "the plan has seen to it"
            self.globals[op] = function(self.xp, op)
        return self.globals[op]


def _body(callee: Operation) -> Any:
    if not isinstance(callee, FuncOp) or callee.is_declaration:
        raise Error(f"it calls `{callee.name}` {callee.attributes.get('sym_name')}, which has no body")
    return callee.body


def _store(frame: _Frame, step: Step, outcome: Any) -> None:
    """Keeps the results of an op, and forgets the values that were used for the last time."""
    if isinstance(outcome, tuple | list):
        frame.values.update(zip(step.op.results, cast("Sequence[Any]", outcome), strict=True))
    elif outcome is not None:
        (result,) = step.op.results
        frame.values[result] = np.asarray(outcome)  # NumPy makes scalars of what has rank 0
    elif step.op.results:
        raise TypeError(f"what it means gives nothing for {len(step.op.results)} results")
    for value in step.dead:
        frame.values.pop(value, None)
    frame.position += 1


def _place(op: Operation) -> str:
    return op.location.label or f"`{op.name}`"


def _fault(op: Operation, error: Exception) -> Error:
    operands = ", ".join(str(value.type) for value in op.operands)
    return Error(
        f"`{op.name}` ({operands}) cannot be computed: {type(error).__name__}: {error}",
        where=_place(op),
        hint=None if isinstance(error, MemoryError) else "`verify(module)` says whether the op is well-formed",
    )
