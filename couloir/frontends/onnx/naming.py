"""Names for the values of an exported graph: the model's own where they are known and free."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from couloir.ir.attributes import StringAttr
from couloir.ir.location import FusedLoc, Location, NameLoc
from couloir.ir.operation import Value


@attrs.define(eq=False)
class Scope:
    """The names given in one graph."""

    reserved: dict[Value[Any], str] = attrs.field(factory=dict)
    """Values that must have a certain name: the outputs of the main graph."""
    given: list[str] = attrs.field(factory=list)
    values: list[Value[Any]] = attrs.field(factory=list)
    taken: frozenset[str] = frozenset()
    """The reserved names."""


class Names:
    """The names of all values that are visible; graphs inside nodes see those of the graphs around them."""

    def __init__(self) -> None:
        self._names: dict[Value[Any], str] = {}
        self._used: set[str] = set()
        self._scopes: list[Scope] = []
        self._next = 0

    def enter(self, reserved: dict[Value[Any], str] | None = None, taken: Iterable[str] = ()) -> None:
        """Begins a graph: `reserved` values have their names already, and no other value gets a name that is `taken`."""
        wanted = reserved or {}
        self._scopes.append(Scope(wanted, taken=frozenset((*wanted.values(), *taken))))

    def leave(self) -> None:
        """Ends a graph: its names are free again."""
        scope = self._scopes.pop()
        self._used.difference_update(scope.given)
        for value in scope.values:
            del self._names[value]

    def of(self, value: Value[Any]) -> str:
        """The name of a value that has been defined."""
        return self._names[value]

    def knows(self, value: Value[Any]) -> bool:
        """Whether the value has been defined."""
        return value in self._names

    def define(self, value: Value[Any], wish: str | None = None) -> str:
        """Names a value: as it must be called, as `wish` says if that is free, as its hint says, or by a new name."""
        scope = self._scopes[-1]
        exact = scope.reserved.get(value) or wish
        name = self.claim(exact) if exact else self.fresh(value.name_hint)
        self._names[value] = name
        scope.values.append(value)
        return name

    def claim(self, wish: str) -> str:
        """This very name, even if it is taken, as long as nothing visible has it; otherwise one like it."""
        if wish in self._used:
            return self.fresh(wish)
        self._give(wish)
        return wish

    def fresh(self, wish: str | None = None) -> str:
        """A name that nothing visible has, like `wish` if there is one."""
        taken = self._scopes[-1].taken
        name, number = wish, 1
        while not name or name in self._used or name in taken:
            if wish:
                number += 1
                name = f"{wish}_{number}"
            else:
                name = f"v{self._next}"
                self._next += 1
        self._give(name)
        return name

    def _give(self, name: str) -> None:
        self._used.add(name)
        self._scopes[-1].given.append(name)


def name_of(location: Location) -> str:
    """The name that a location holds, or `""`: of several the first."""
    todo = [location]
    while todo:
        current = todo.pop()
        if isinstance(current, NameLoc):
            return current.label_text
        if isinstance(current, FusedLoc):
            todo += reversed(current.locations)
    return ""


def documentation_of(location: Location) -> str:
    """The documentation that the importer put into a location, or `""`."""
    if isinstance(location, FusedLoc) and isinstance(location.metadata, StringAttr):
        return location.metadata.value
    return ""
