"""The driver: applies rules until none fits.

A worklist of ops, rules indexed by the class of their root. "Changed" means that an edit happened, not that a rule
said so. When rules keep undoing each other, the driver stops with an error that names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.errors import Error
from couloir.ir.operation import collector_paused
from couloir.ir.rewriting.events import Applied, Listener, Observer, RuleStatistics, Statistics
from couloir.ir.rewriting.rewriter import Rewriter, is_dead
from couloir.ir.rewriting.rule import ANY_OP, Rewrite, Rule, as_rewrite
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.matcher import Miss

APPLICATIONS_PER_OP: Final = 50
"""More applications than this for each op of the program (and 1000 in all) count as endless."""


@attrs.define
class Outcome:
    """What a run of the driver did."""

    changed: bool = False
    applications: int = 0
    statistics: Statistics = attrs.field(factory=Statistics)


class RewriteCycle(Error):
    """Rules that undo each other. `rules` names them, in the order in which they are applied."""

    def __init__(self, rules: Sequence[str], message: str, **details: object) -> None:
        super().__init__(message, **details)  # pyright: ignore[reportArgumentType]
        self.rules = tuple(rules)


class _Worklist:
    """A stack of ops, each at most once."""

    __slots__ = ("_items", "_members")

    def __init__(self, ops: Iterable[Operation]) -> None:
        self._items = list(ops)
        self._members = set(self._items)

    def push(self, op: Operation) -> None:
        if op not in self._members:
            self._members.add(op)
            self._items.append(op)

    def pop(self) -> Operation | None:
        if not self._items:
            return None
        op = self._items.pop()
        self._members.discard(op)
        return op


def apply_rules(
    root: Operation,
    rules: Sequence[type[Rule] | Rewrite],
    *,
    listener: Listener | None = None,
    texts: bool = False,
    verify_each: bool = False,
    max_applications: int | None = None,
    erase_dead: bool = True,
    stop_after: int | None = None,
) -> Outcome:
    """Applies rules to the ops inside `root`, in program order, until none fits.

    Args:
        root: The op whose regions are rewritten; it is not itself replaced.
        rules: Tried in this order at each op.
        listener: Called with an `Applied` event for each application; with `texts` the events carry the IR before and after.
            An `Observer` also sees the ops, the matches and the misses.
        verify_each: Verify the whole of `root` after each application, and say which rule broke it.
        max_applications: Where to stop and look for a cycle; by default 50 for each op, at least 1000.
        erase_dead: Also erase ops without uses and side effects.
        stop_after: Make only this many applications (for bisection).

    Raises:
        RewriteCycle: when the rules do not come to an end.
    """
    rewrites = [as_rewrite(item) for item in rules]
    with collector_paused():  # erased ops are kept until the end anyway
        return _drive(root, rewrites, listener, texts, verify_each, max_applications, erase_dead, stop_after)


def _drive(
    root: Operation,
    rewrites: Sequence[Rewrite],
    listener: Listener | None,
    texts: bool,
    verify_each: bool,
    max_applications: int | None,
    erase_dead: bool,
    stop_after: int | None,
) -> Outcome:
    outcome = Outcome()
    by_root: dict[type[Operation], list[tuple[Rewrite, RuleStatistics]]] = {}
    ops = [op for op in root.walk() if op is not root]
    limit = max_applications if max_applications is not None else max(1000, APPLICATIONS_PER_OP * len(ops))
    worklist = _Worklist(reversed(ops))
    rewriter = Rewriter()
    rewriter.explains = isinstance(listener, Observer)
    recent: list[tuple[str, str]] = []
    while (op := worklist.pop()) is not None:
        if op.parent is None or op in rewriter.erased:
            continue
        if erase_dead and is_dead(op):
            rewriter.erase(op)
            outcome.changed = True
            _requeue(worklist, rewriter, root)
            continue
        candidates = by_root.get(op.__class__)
        if candidates is None:
            candidates = by_root[op.__class__] = [
                (item, outcome.statistics.of(item.name))
                for item in rewrites
                if op.__class__ in item.roots or ANY_OP in item.roots
            ]
        for item, counts in candidates:
            if outcome.applications == stop_after:
                return outcome
            if listener is None:
                start = perf_counter()
                missed = item.attempt(op, rewriter)
                counts.seconds += perf_counter() - start
                counts.attempts += 1
                if missed is not None:
                    if rewriter.touched or rewriter.new:
                        rewriter.take()
                    continue
                counts.hits += 1
                outcome.changed = True
                outcome.applications += 1
            elif not _apply(item, op, rewriter, outcome, counts, listener, texts):
                continue
            if outcome.applications > limit - 256:
                recent.append((item.name, op.name))
            _requeue(worklist, rewriter, root)
            if verify_each:
                _verify_after(item, root)
            if outcome.applications > limit:
                raise _cycle(recent, limit, root)
            break
    return outcome


def _apply(
    item: Rewrite,
    op: Operation,
    rewriter: Rewriter,
    outcome: Outcome,
    counts: RuleStatistics,
    listener: Listener,
    texts: bool,
) -> bool:
    """One attempt that somebody watches."""
    name, location = op.name, op.location
    before = operation_text(op) if texts else None
    observer = listener if isinstance(listener, Observer) else None
    if observer is None:
        start = perf_counter()
        missed = item.attempt(op, rewriter)
        spent = perf_counter() - start
    else:
        missed, spent = _observed(item, op, rewriter, observer)
    counts.attempts += 1
    counts.seconds += spent
    if missed is not None:
        if observer is not None:
            observer.missed(item, op, missed)
        rewriter.take()
        return False
    counts.hits += 1
    outcome.changed = True
    new = [o for o in rewriter.new if o.parent is not None]
    after = "\n".join(map(operation_text, new)) if texts else None
    event = Applied(item.name, item.summary, name, location, outcome.applications, spent * 1e6, before, after)
    if observer is not None:
        observer.applied(event, new)
    else:
        listener(event)
    outcome.applications += 1
    return True


def _observed(item: Rewrite, op: Operation, rewriter: Rewriter, observer: Observer) -> tuple[Miss | None, float]:
    """An attempt, and its seconds without those of the observer."""
    watching = 0.0

    def on_match(ops: Sequence[Operation]) -> None:
        nonlocal watching
        begun = perf_counter()
        observer.matched(item, ops)
        watching += perf_counter() - begun

    rewriter.on_match = on_match
    start = perf_counter()
    missed = item.attempt(op, rewriter)
    return missed, perf_counter() - start - watching


def _requeue(worklist: _Worklist, rewriter: Rewriter, root: Operation) -> None:
    for op in reversed(rewriter.take()):
        if op is not root and op.parent is not None and op not in rewriter.erased:
            worklist.push(op)
            for inner in op.walk() if op.regions else ():
                worklist.push(inner)


def _verify_after(item: Rewrite, root: Operation) -> None:
    try:
        verify(root)
    except Error as error:
        raise Error(f"the rule {item.name} left an ill-formed program", notes=[str(error)]) from error


def _cycle(recent: list[tuple[str, str]], limit: int, root: Operation) -> RewriteCycle:
    """Finds the shortest repetition at the end of the list of applications and names its rules."""
    names = [name for name, _ in recent]
    period = next((p for p in range(1, len(names) // 2 + 1) if names[-p:] == names[-2 * p : -p]), 0)
    rules = list(dict.fromkeys(names[-period:] if period else names))
    ops = list(dict.fromkeys(op for _, op in recent[-max(period, 1) :]))
    verb = "undoes itself" if len(rules) == 1 else "undo each other"
    return RewriteCycle(
        rules,
        f"the rules do not come to an end: {', '.join(rules)} {verb}, or grow the program without bound",
        where=root.location.label or None,
        notes=[f"{limit} applications were made; the last ones at {', '.join(f'`{o}`' for o in ops)}"],
        hint="give one of them a guard that fails on what the other makes",
    )
