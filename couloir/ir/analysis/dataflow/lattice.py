"""What the facts of an analysis are, and how two of them become one."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from couloir.ir.errors import Error

E = TypeVar("E")
H = TypeVar("H")


class Lattice(Generic[E]):
    """The facts of an analysis. They are immutable values that `==` compares.

    `join` must be commutative, associative and idempotent, and facts may only grow by it; then the analysis ends if
    nothing can grow for ever. Where it can (ranges), `widen` must make it stop.
    """

    name: str = "lattice"
    """What errors call it."""
    bottom: E
    """Nothing: no control has come here, no use has been seen."""
    top: E
    """Anything is possible."""
    widen_after: int = 8
    """How often a fact grows by `join` before `widen` takes over."""
    max_updates: int = 1000
    """How often one fact may grow before the solver gives up: more than any chain of facts is long."""
    narrowings: int = 0
    """How often a forward analysis, at the end, finds the facts once more from those it has, to undo what `widen` lost."""

    def join(self, a: E, b: E) -> E:
        """The least fact that covers both."""
        raise NotImplementedError

    def widen(self, old: E, new: E) -> E:
        """A fact that covers both, chosen so that a chain of them ends. By default the join."""
        return self.join(old, new)


class FlatLattice(Lattice[Any]):
    """Bottom, any number of facts of which none covers another, and top: `None`, your values, `FlatLattice.TOP`."""

    class _Top:
        def __repr__(self) -> str:
            return "TOP"

    TOP: Final = _Top()
    name = "flat lattice"
    bottom = None
    top = TOP

    def join(self, a: Any, b: Any) -> Any:
        if a is None or a == b:
            return b
        return a if b is None else self.TOP


class SetLattice(Lattice["frozenset[H] | None"], Generic[H]):
    """Sets that grow by union; None is bottom, and the empty set a fact. Top is what the analysis says is the universe, by
    default the empty set: that nothing is known of what is outside.
    """

    name = "sets"
    bottom = None
    max_updates = 1 << 62  # a set grows as often as there are things to be in it

    def __init__(self, universe: frozenset[H] = frozenset()) -> None:
        self.top = universe

    def join(self, a: frozenset[H] | None, b: frozenset[H] | None) -> frozenset[H] | None:
        if a is None or b is None:
            return b if a is None else a
        return a if b <= a else a | b


class Facts(Generic[E]):
    """The facts about some keys while they grow: what the solvers share."""

    def __init__(self, lattice: Lattice[E], *, widens: bool = True) -> None:
        self.lattice = lattice
        self._widens = widens
        self.widened = False
        """Whether `widen` has been used."""
        self._facts: dict[Any, E] = {}
        self._updates: dict[Any, int] = {}

    def get(self, key: Any) -> E:
        """The fact about a key; bottom when there is none yet."""
        return self._facts.get(key, self.lattice.bottom)

    def same_as(self, other: Facts[E]) -> bool:
        """Whether the facts are those of `other`."""
        return self._facts == other._facts

    def add(self, key: Any, fact: E) -> bool:
        """Joins a fact to what is known about a key, and tells whether that grew.

        Raises:
            Error: when it has grown too often, so that the analysis would not end.
        """
        old = self._facts.get(key, self.lattice.bottom)
        if old is fact:
            return False
        new = self.lattice.join(old, fact)
        if new == old:
            return False
        count = self._updates[key] = self._updates.get(key, 0) + 1
        if count > self.lattice.widen_after and self._widens:
            new = self.lattice.widen(old, new)
            self.widened = True
            if count > self.lattice.max_updates:
                raise Error(
                    f"the analysis does not come to an end: a fact of the lattice `{self.lattice.name}` has grown {count} times",
                    where=_place(key),
                    notes=[f"the last two were {old!r} and {new!r}"],
                    hint="its chains are endless: give it a `widen`, or a `join` that gives back what covers both; "
                    "if they are only long, a larger `max_updates`",
                )
        self._facts[key] = new
        return True


def _place(key: Any) -> str:
    """What a fact is about, for an error."""
    op = getattr(key, "owner", None)
    location = getattr(op, "location", None) or getattr(key, "location", None)
    return getattr(location, "label", "") or repr(key)
