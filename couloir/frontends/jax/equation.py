"""What the rule of one JAX primitive sees, and the table that it is registered in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

import attrs

from couloir.dialects.hlo.building import Size, Tensor
from couloir.frontends.jax.meshes import Mesh
from couloir.ir.errors import Error
from couloir.ir.location import Location
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, Type

if TYPE_CHECKING:
    from couloir.frontends.jax.symbolic import SymbolicSizes

Lowered: TypeAlias = "Tensor | Operation | Sequence[Tensor | Operation]"
"""One value for each result of the equation."""
Steps: TypeAlias = "Generator[Steps, list[Tensor], Any]"
"""Work that waits for other work: it yields `eqn.steps(...)`, and is sent what that returns. What it holds may be nested deep."""
Rule: TypeAlias = "Callable[..., Lowered | Steps]"

F = TypeVar("F", bound="Rule")

RULES: Final[dict[str, Rule]] = {}
"""From the name of a primitive to the function that lowers it."""


def lowers(*primitives: str) -> Callable[[F], F]:
    """Decorator: this function lowers these JAX primitives, by name.

        lowers("my_tanh")(lambda eqn, x: hlo.Tanh(x))

    The function takes the equation and its operands, and returns its result or results. The ops that it makes are
    inserted, with the location of the equation. What it cannot lower it says with `NotLowered`.
    """

    def register(function: F) -> F:
        for primitive in primitives:
            RULES[primitive] = function
        return function

    return register


class NotLowered(Error):
    """Why an equation cannot be lowered. The importer collects these, and reports all of them."""


@attrs.define(eq=False)
class Cell:
    """A mutable reference of JAX's, and what it holds at this point of the program."""

    value: Tensor


class Importing(Protocol):
    """What an equation needs of the importer."""

    mesh: Mesh | None
    """The devices that run what is lowered now, inside of `jax.shard_map`."""
    sizes: SymbolicSizes
    """The sizes of symbolic dimensions."""
    partitions: int
    """How many devices the program is for."""

    def inline(self, closed: Any, operands: Sequence[Any]) -> list[Tensor]: ...

    def steps(self, closed: Any, operands: Sequence[Any], mesh: Mesh | None = None) -> Steps: ...

    def retrace(
        self, location: Location, function: Callable[..., Any], avals: Sequence[Any], operands: Sequence[Tensor]
    ) -> list[Tensor]: ...

    def lowered_by_jax(
        self, equation: Any, operands: Sequence[Tensor], *, custom_calls: bool = False
    ) -> list[Tensor]: ...


@attrs.frozen(eq=False)
class Equation:
    """One equation of a jaxpr."""

    name: str
    """The primitive."""
    params: Mapping[str, Any]
    """Its parameters, as JAX gives them."""
    types: tuple[TensorType, ...]
    """The types of the results; that of a mutable reference is what it holds."""
    avals: tuple[Any, ...]
    """JAX's abstract values of the operands."""
    location: Location
    """Its place."""
    given: Any
    """The equation itself, as JAX has it."""
    importing: Importing

    @property
    def type(self) -> TensorType:
        """The type of the first result."""
        return self.types[0]

    @property
    def element(self) -> Type:
        """The element type of the first result."""
        return self.types[0].element_type

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the first result. Raises `NotLowered` where it has a symbolic dimension."""
        if not self.types[0].is_static:
            raise NotLowered(
                f"its result has a symbolic dimension (`{self.given.outvars[0].aval}`): trace with numbers"
            )
        return self.types[0].shape

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes of the first result: numbers, and values where it has symbolic dimensions."""
        return self.sizes_of(0)

    def sizes_of(self, number: int) -> tuple[Size, ...]:
        """The sizes of a result."""
        if self.types[number].is_static:
            return self.types[number].shape
        return tuple(map(self.size, self.given.outvars[number].aval.shape))

    def size(self, dim: Any) -> Size:
        """A number or symbolic dimension among the parameters, as a number or value."""
        return self.importing.sizes.size(dim)

    @property
    def mesh(self) -> Mesh:
        """The devices that run this equation together. Raises `NotLowered` outside of `jax.shard_map`."""
        if self.importing.mesh is None:
            raise NotLowered("its axis belongs to no mesh: it stands outside of `jax.shard_map`")
        return self.importing.mesh

    def inline(self, jaxpr: Any, operands: Sequence[Any]) -> list[Tensor]:
        """Lowers the equations of a jaxpr, open or closed, for operands, into the block that is written now."""
        return self.importing.inline(jaxpr, operands)

    def steps(self, jaxpr: Any, operands: Sequence[Any], mesh: Mesh | None = None) -> Steps:
        """As `inline`, for a rule that is a generator: `results = yield eqn.steps(jaxpr, operands)`.

        Rules of what users nest (calls, loops, branches) take this way: it needs no stack for each level. With `mesh`
        the equations run on its devices.
        """
        return self.importing.steps(jaxpr, operands, mesh)

    def retrace(self, function: Callable[..., Any], avals: Sequence[Any], operands: Sequence[Tensor]) -> list[Tensor]:
        """Traces a function of arrays, whose abstract values are given, and lowers it for operands."""
        return self.importing.retrace(self.location, function, avals, operands)

    def lowered_by_jax(self, operands: Sequence[Tensor], *, custom_calls: bool = False) -> list[Tensor]:
        """Calls what JAX lowers the equation to, for operands: a private function of the module.

        It may call LAPACK's routines; with `custom_calls` any other function that is not part of the module as well.
        """
        return self.importing.lowered_by_jax(self.given, operands, custom_calls=custom_calls)
