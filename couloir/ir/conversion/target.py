"""What may remain after a conversion: which ops and dialects are legal, always or under a condition."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.rewriting.guards import Guard

Predicate: TypeAlias = "Callable[[Any], Guard | bool]"
"""Whether an op is legal; a `Guard` also says why it is not."""


class Legality(enum.Enum):
    """What a target says of an op."""

    LEGAL = "legal"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


@attrs.frozen
class Verdict:
    """The legality of one op."""

    legality: Legality
    reason: str = ""
    """Why it is illegal, when a condition says so."""
    recursive: bool = False
    """Whether the ops inside it are legal with it."""


_LEGAL: Final = Verdict(Legality.LEGAL)
_ILLEGAL: Final = Verdict(Legality.ILLEGAL)
_UNKNOWN: Final = Verdict(Legality.UNKNOWN)
_WHOLE: Final = Verdict(Legality.LEGAL, recursive=True)


@attrs.define
class _Entry:
    verdict: Verdict | None = None
    when: Predicate | None = None
    recursive: Predicate | bool = False

    @property
    def says_whether(self) -> bool:
        """Whether it says if the op is legal."""
        return self.verdict is not None or self.when is not None


class ConversionTarget:
    """The set of legal ops.

    Ops are named by class (subclasses included), by name (`"arith.addi"`) or by dialect (`"arith"`). What is said of a class
    beats what is said of a name, and that beats the dialect; of two things said of the same, the later holds. An op of which
    nothing is said is of unknown legality: a partial conversion lets it be, a full one does not.

    Args:
        name: What reports call the target: "12 ops cannot be lowered to StableHLO".
    """

    def __init__(self, name: str = "the target") -> None:
        self.name = name
        self._entries: dict[type[Operation] | str, _Entry] = {}
        self._unknown: Predicate | None = None
        self._found: dict[type[Operation], tuple[_Entry | None, Predicate | bool]] = {}

    # -- what is said --------------------------------------------------------------------------------------------------------

    def add_legal(self, *items: type[Operation] | str) -> None:
        """These ops or dialects are legal."""
        for entry in self._named(items):
            entry.verdict, entry.when = _LEGAL, None

    def add_illegal(self, *items: type[Operation] | str) -> None:
        """None of these ops or dialects may remain, not even after a partial conversion."""
        for entry in self._named(items):
            entry.verdict, entry.when = _ILLEGAL, None

    def add_dynamically_legal(self, *items: type[Operation] | str, when: Predicate) -> None:
        """These are legal when the predicate holds, and otherwise illegal, for the reason that its `Guard` gives."""
        for entry in self._named(items):
            entry.verdict, entry.when = None, when

    def mark_recursively_legal(self, *items: type[Operation] | str, when: Predicate | None = None) -> None:
        """When one of these is legal (and `when` holds), so is everything inside it: the conversion does not look there."""
        for entry in self._named(items):
            entry.recursive = True if when is None else when

    def mark_unknown_dynamically_legal(self, when: Predicate) -> None:
        """Ops of which nothing else is said are legal when the predicate holds, and otherwise illegal."""
        self._unknown = when
        self._found.clear()

    def _named(self, items: tuple[type[Operation] | str, ...]) -> list[_Entry]:
        for item in items:
            given: Any = item
            if not isinstance(given, str) and not (isinstance(given, type) and issubclass(given, Operation)):
                raise Error(f"{given!r} names no op: give a class, an op's name, or a dialect")
        self._found.clear()
        return [self._entries.setdefault(item, _Entry()) for item in items]

    # -- what is asked -------------------------------------------------------------------------------------------------------

    def legality(self, op: Operation) -> Verdict:
        """What the target says of an op as it is."""
        entry, recursive = self._said_of(op)
        if entry is None:
            verdict = _UNKNOWN if self._unknown is None else _judged(self._unknown, op)
        else:
            verdict = _judged(entry.when, op) if entry.verdict is None else entry.verdict
        if recursive is False or verdict.legality is not Legality.LEGAL:
            return verdict
        return _WHOLE if recursive is True or recursive(op) else verdict

    def _said_of(self, op: Operation) -> tuple[_Entry | None, Predicate | bool]:
        """What says whether the op is legal, and whether what is inside is legal with it."""
        cls = type(op)
        if op.is_registered and cls in self._found:
            return self._found[cls]
        keys = [*cls.__mro__, op.name, op.name.partition(".")[0]]
        entries = [self._entries[key] for key in keys if key in self._entries]
        entry = next((e for e in entries if e.says_whether), None)
        found = (entry, next((e.recursive for e in entries if e.recursive is not False), False))
        if op.is_registered:  # ops that no dialect defines share a class
            self._found[cls] = found
        return found


def _judged(predicate: Predicate | None, op: Operation) -> Verdict:
    outcome = predicate is None or predicate(op)
    if outcome:
        return _LEGAL
    return Verdict(Legality.ILLEGAL, outcome.reason) if isinstance(outcome, Guard) and outcome.reason else _ILLEGAL
