"""Several devices in one process of the machine: who runs when, who meets whom, and who waits in vain.

A program is run once for each replica and partition. A run is a generator that goes on until it needs another process:
it then yields one of the requests below and is sent the answer. Processes take turns in the order of their numbers, so
a run gives the same results each time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from couloir.backends.numpy.element_types import Array
from couloir.ir.errors import Error
from couloir.ir.operation import Operation

Strategy: TypeAlias = Literal["cross_replica", "cross_partition", "cross_replica_and_partition", "flattened_ids"]
"""How numbers in `replica_groups` name processes: StableHLO specification, section "Collective ops"."""
Groups: TypeAlias = Sequence[Sequence[int]]
#: The number of the host among the processes.
_HOST: Final = -1
_UNITS: Final = {
    "cross_replica": "replica",
    "cross_partition": "partition",
    "cross_replica_and_partition": "replica",
    "flattened_ids": "device",
}


@attrs.frozen
class Process:
    """The answer to `Here`: which process this is."""

    replica: int
    partition: int


@attrs.frozen(eq=False)
class Here:
    """A request: which process runs this."""


@attrs.frozen(eq=False)
class Meet:
    """A request: the values that all processes of this one's group bring, in the order of the group; None in no group."""

    op: Operation
    strategy: Strategy
    groups: Groups
    key: Hashable
    values: Sequence[Array]


@attrs.frozen(eq=False)
class Post:
    """A request: send values to the process that this one is paired with as a source, or to the host. It does not wait."""

    op: Operation
    strategy: Strategy
    pairs: Groups | None
    key: Hashable
    values: Sequence[Array]


@attrs.frozen(eq=False)
class Fetch:
    """A request: the values that this process is sent, once they are there; None if it is no target of a pair.

    Without pairs, the host sends what it was sent, in the same order, to whoever asks first.
    """

    op: Operation
    strategy: Strategy
    pairs: Groups | None
    key: Hashable


@attrs.frozen(eq=False)
class Feed:
    """A request: the next values of the infeed; with `values`, write these to the outfeed."""

    op: Operation
    values: Sequence[Array] | None = None


Request: TypeAlias = "Here | Meet | Post | Fetch | Feed"
Running: TypeAlias = Generator[Request, Any, Sequence[Any]]


class Processes:
    """Runs of one program, one for each replica and partition.

    `infeed` has for each process what its infeeds read, one after the other; processes may share an iterator.
    """

    def __init__(
        self,
        runs: Sequence[Running],
        replicas: int,
        partitions: int,
        infeed: Sequence[Iterable[Sequence[Array]]] = (),
        outfeed: Callable[[int, Sequence[Array]], None] | None = None,
    ) -> None:
        assert len(runs) == replicas * partitions
        self._runs, self._replicas, self._partitions = runs, replicas, partitions
        self._ready: deque[tuple[int, Any]] = deque((number, None) for number in range(len(runs)))
        self._waiting: dict[int, Meet | Fetch] = {}
        self._mail: dict[tuple[Hashable, int, int], deque[Post]] = {}
        self._infeed = [iter(values) for values in infeed]
        self._outfeed = outfeed
        self._results: dict[int, Sequence[Any]] = {}

    def results(self) -> list[Sequence[Any]]:
        """Runs all to their end.

        Raises:
            Error: when processes wait for each other for ever, or something is sent that nobody receives.
        """
        while self._ready:
            self._advance(*self._ready.popleft())
        if self._waiting:
            raise self._deadlock()
        for (_, source, target), posts in self._mail.items():
            if posts and target != _HOST:
                raise Error(
                    f"{self._name(target)} never receives what {self._name(source)} sends to it",
                    where=_place(posts[0].op),
                )
        return [self._results[number] for number in range(len(self._runs))]

    def _advance(self, number: int, answer: Any) -> None:
        """Runs a process until it waits or ends."""
        while True:
            try:
                request = self._runs[number].send(answer)
            except StopIteration as end:
                self._results[number] = end.value
                return
            match request:
                case Here():
                    answer = Process(*divmod(number, self._partitions))
                case Feed():
                    answer = self._feed(number, request)
                case Post():
                    self._post(number, request)
                    answer = None
                case Fetch():
                    source = self._source(number, request)
                    if source is None:
                        answer = None
                        continue
                    mail = self._mail.get((request.key, source, _HOST if source == _HOST else number))
                    if not mail:
                        self._waiting[number] = request
                        return
                    answer = mail.popleft().values
                case Meet():
                    members = self._group(number, request)
                    if members is not None:
                        self._waiting[number] = request
                        self._meet(members)
                        return
                    answer = None

    # -- who is meant --------------------------------------------------------------------------------------------------

    def _numbers(self, number: int, strategy: Strategy, group: Sequence[int], op: Operation) -> list[int]:
        """The processes that a row of numbers names, seen from one process. Raises `couloir.Error` for one that is not."""
        replica, partition = divmod(number, self._partitions)
        replicas, partitions = self._replicas, self._partitions
        limit = {"cross_partition": partitions, "flattened_ids": replicas * partitions}.get(strategy, replicas)
        for member in group:
            if member >= limit:
                raise Error(
                    f"`{op.name}` names {_UNITS[strategy]} {member}, but the program runs on {limit}",
                    where=_place(op),
                    hint="`run_devices(module, arguments, replicas=..., partitions=...)` runs it on more",
                )
        members = [member for member in group if member >= 0]
        match strategy:
            case "cross_replica":
                return [member * partitions + partition for member in members]
            case "cross_partition":
                return [replica * partitions + member for member in members]
            case "cross_replica_and_partition":
                return [member * partitions + p for p in range(partitions) for member in members]
            case "flattened_ids":
                return members

    def _group(self, number: int, request: Meet) -> list[int] | None:
        groups = request.groups
        if not groups:  # all of them
            limit = self._partitions if request.strategy == "cross_partition" else self._replicas
            groups = [range(limit)]
        found = [self._numbers(number, request.strategy, group, request.op) for group in groups]
        return next((members for members in found if number in members), None)

    def _source(self, number: int, request: Fetch) -> int | None:
        if request.pairs is None:
            return _HOST
        for pair in request.pairs:
            source, target = self._numbers(number, request.strategy, pair, request.op)
            if target == number:
                return source
        return None

    # -- meeting and sending -------------------------------------------------------------------------------------------

    def _meet(self, members: Sequence[int]) -> None:
        """Gives all members what all brought, if all are there."""
        requests = [self._waiting.get(member) for member in members]
        first = requests[0]
        brought: list[Sequence[Array]] = []
        for member, request in zip(members, requests, strict=True):
            if not isinstance(request, Meet) or not isinstance(first, Meet) or request.key != first.key:
                return
            if list(self._group(member, request) or ()) != list(members):
                return
            brought.append(request.values)
        shapes = [[value.shape for value in values] for values in brought]
        for member, found in zip(members, shapes, strict=True):
            if found != shapes[0]:
                assert isinstance(first, Meet)
                raise Error(
                    f"`{first.op.name}`: {self._name(members[0])} brings {shapes[0]}, {self._name(member)} {found}",
                    where=_place(first.op),
                )
        for member in members:
            del self._waiting[member]
            self._ready.append((member, brought))

    def _post(self, number: int, post: Post) -> None:
        if post.pairs is None:
            waiting = next(
                (n for n, request in sorted(self._waiting.items()) if self._is_for(post, _HOST, n, request)), None
            )
            self._deliver(post, _HOST, _HOST, waiting)
            return
        for pair in post.pairs:
            source, target = self._numbers(number, post.strategy, pair, post.op)
            if source == number:
                is_waiting = self._is_for(post, number, target, self._waiting.get(target))
                self._deliver(post, number, target, target if is_waiting else None)

    def _is_for(self, post: Post, source: int, target: int, request: Meet | Fetch | None) -> bool:
        """Whether a process waits for this."""
        return isinstance(request, Fetch) and request.key == post.key and self._source(target, request) == source

    def _deliver(self, post: Post, source: int, target: int, waiting: int | None) -> None:
        if waiting is None:
            self._mail.setdefault((post.key, source, target), deque()).append(post)
        else:
            del self._waiting[waiting]
            self._ready.append((waiting, post.values))

    def _feed(self, number: int, request: Feed) -> Sequence[Array] | None:
        if request.values is not None:
            if self._outfeed is None:
                raise Error("there is no outfeed", hint="give `run_devices` one", where=_place(request.op))
            self._outfeed(number, request.values)
            return None
        found = next(self._infeed[number], None) if number < len(self._infeed) else None
        if found is None:
            raise Error(f"there is nothing in the infeed of {self._name(number)}", where=_place(request.op))
        return found

    # -- what is said --------------------------------------------------------------------------------------------------

    def _name(self, number: int) -> str:
        replica, partition = divmod(number, self._partitions)
        return f"replica {replica}" + (f", partition {partition}" if self._partitions > 1 else "")

    def _deadlock(self) -> Error:
        """What every process does that keeps others waiting."""
        notes: list[str] = []
        for number in range(len(self._runs)):
            request = self._waiting.get(number)
            if request is None:
                notes.append(f"{self._name(number)} has ended")
            else:
                notes.append(f"{self._name(number)} waits in `{request.op.name}` at {_place(request.op)}")
        number, request = next(iter(sorted(self._waiting.items())))
        return Error(
            f"deadlock: {self._name(number)} waits in `{request.op.name}` for others that do not come",
            where=_place(request.op),
            notes=notes,
            hint="all processes of a group run the same collectives in the same order",
        )


def _place(op: Operation) -> str:
    return op.location.label or f"`{op.name}`"
