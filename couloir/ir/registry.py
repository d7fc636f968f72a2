"""Names to classes: which class is `"stablehlo.add"`, which is `!quant.uniform`.

A class registers itself when it is defined, so that an op written in a notebook cell is a full citizen. A dialect that is
not loaded yet is imported when one of its names is first met: our own dialects are declared by `couloir.dialects`, those
of other packages by the entry-point group `couloir.dialects` (`name = "module"`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from couloir.ir.operation import Operation

GROUP: Final = "couloir.dialects"


class Registry:
    """The table of operations, attributes and types by name."""

    __slots__ = ("_attributes", "_entry_points", "_factories", "_loaded", "_modules", "_newest", "_operations")

    def __init__(self) -> None:
        self._operations: dict[str, type[Operation]] = {}
        self._attributes: dict[str, Any] = {}
        self._modules: dict[str, str] = {}
        self._factories: dict[str, Callable[[str], type[Operation] | None]] = {}
        self._newest: dict[str, Callable[[], Sequence[type[Operation]]]] = {}
        self._loaded: set[str] = set()
        self._entry_points: dict[str, str] | None = None

    def declare(self, dialect: str, module: str) -> None:
        """Says which module defines a dialect; it is imported when the dialect is first needed."""
        self._modules[dialect] = module

    def declare_factory(
        self,
        dialect: str,
        factory: Callable[[str], type[Operation] | None],
        newest: Callable[[], Sequence[type[Operation]]] | None = None,
    ) -> None:
        """Gives a dialect whose classes are made on demand: `factory("onnx.ConvV11")` defines that class, or returns None.

        `newest` makes the newest version of each op.
        """
        self._factories[dialect] = factory
        if newest is not None:
            self._newest[dialect] = newest

    def add_operation(self, name: str, cls: type[Operation]) -> None:
        """Registers an op class; a later definition of the same name replaces the earlier one, as in a notebook."""
        self._operations[name] = cls

    def add_attribute(self, name: str, cls: Any) -> None:
        """Registers the class of an attribute or type under its dialect-qualified name."""
        self._attributes[name] = cls

    def operation(self, name: str) -> type[Operation] | None:
        """The class of ops called `name`, or None when no dialect defines it."""
        found = self._operations.get(name)
        if found is None and self.load(name.partition(".")[0]):
            found = self._operations.get(name)
        if found is None:
            factory = self._factories.get(name.partition(".")[0])
            found = factory(name) if factory else None
        return found

    def attribute(self, name: str) -> Any | None:
        """The class of attributes or types called `name` (without sigil), or None."""
        found = self._attributes.get(name)
        if found is None and self.load(name.partition(".")[0]):
            found = self._attributes.get(name)
        return found

    def load(self, dialect: str) -> bool:
        """Imports a dialect if it is declared and not loaded yet. True when something was imported."""
        if dialect in self._loaded:
            return False
        self._loaded.add(dialect)
        module = self._modules.get(dialect) or self._plugins().get(dialect)
        if module is None:
            return False
        try:
            importlib.import_module(module)
        except ImportError as error:
            self._loaded.discard(dialect)
            raise Error(f"cannot load the dialect `{dialect}` from `{module}`: {error}") from error
        return True

    def dialects(self) -> list[str]:
        """All dialects that are declared, loaded or not, or of which an op is defined; sorted."""
        defined = {name.partition(".")[0] for name in self._operations}
        return sorted({*self._modules, *self._plugins(), *defined})

    def operations(self, dialect: str) -> list[type[Operation]]:
        """The op classes of one dialect that are defined so far, by name."""
        self.load(dialect)
        prefix = dialect + "."
        return [cls for name, cls in sorted(self._operations.items()) if name.startswith(prefix)]

    def newest_operations(self, dialect: str) -> list[type[Operation]]:
        """The op classes of one dialect, defined so far or not; of ops with versions the newest."""
        self.load(dialect)
        newest = self._newest.get(dialect)
        return self.operations(dialect) if newest is None else list(newest())

    def attribute_names(self, dialect: str, *, types: bool) -> list[str]:
        """The names of one dialect's types, or of its attributes, that are defined so far; for "did you mean"."""
        prefix = dialect + "."
        sigil = "!" if types else "#"
        return sorted(name for name, cls in self._attributes.items() if name.startswith(prefix) and cls.sigil == sigil)

    def knows(self, dialect: str) -> bool:
        """Whether anybody declares or defines something of this dialect."""
        if dialect in self._modules or dialect in self._plugins():
            return True
        prefix = dialect + "."
        return any(name.startswith(prefix) for table in (self._attributes, self._operations) for name in table)

    def known_names(self, dialect: str) -> list[str]:
        """The op names of one dialect, for "did you mean"."""
        return [cls.name for cls in self.operations(dialect)]

    def _plugins(self) -> dict[str, str]:
        if self._entry_points is None:
            from importlib.metadata import entry_points

            self._entry_points = {point.name: point.value for point in entry_points(group=GROUP)}
        return self._entry_points


REGISTRY: Final = Registry()
