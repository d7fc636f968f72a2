"""What the lowering of one ATen operator sees, and the table that it is registered in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar

import attrs

from couloir.dialects.hlo.building import Size, Tensor, broadcast, convert, full
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import Type

Scalar: TypeAlias = "bool | int | float | complex"
Lowered: TypeAlias = "Tensor | Operation | Sequence[Tensor | Operation | None]"
"""One value for each result of the operator; None for one that nobody may use."""
Lowering: TypeAlias = Callable[..., Lowered]

F = TypeVar("F", bound="Callable[..., Lowered]")

LOWERINGS: Final[dict[str, Lowering]] = {}
"""From the name of an operator, with its overload or without, to the function that lowers it."""


def lowers(*operators: str) -> Callable[[F], F]:
    """Decorator: this function lowers these ATen operators, such as `aten.relu` (every overload) or `aten.add.Tensor`.

        @lowers("aten.relu")
        def relu(node: Node, x: Tensor) -> Lowered:
            return hlo.Maximum(x, full_like(x, 0))

    The parameters are those of the operator's schema, after the node: tensors are values of the program, numbers are
    numbers, sizes are numbers or values of type `tensor<i32>`, dtypes are element types; keyword-only ones stay so. The
    ops that the function makes are inserted, with the location of the node. What it cannot lower it says with
    `NotLowered`. Operators of other libraries are registered in the same way: `@lowers("mylib.my_op")`.
    """

    def register(function: F) -> F:
        for operator in operators:
            LOWERINGS[operator] = function
        return function

    return register


def lowering_of(target: str) -> Lowering | None:
    """The lowering of an operator: of `aten.add.Tensor` itself, or else of `aten.add`."""
    return LOWERINGS.get(target) or LOWERINGS.get(target.rpartition(".")[0])


class NotLowered(Error):
    """Why a node cannot be lowered. The importer collects these, and reports all of them."""


@attrs.frozen(eq=False)
class Node:
    """One call of an operator: its name, and what PyTorch says of its results and operands."""

    name: str
    """The name of the node in the exported graph: `relu_1`."""
    target: str
    """The operator: `aten.relu.default`."""
    elements: tuple[Type | None, ...]
    """The element type of each result; None for one that is no tensor."""
    shapes: tuple[Callable[[], tuple[Size, ...]], ...]
    """What gives the sizes of each result, made of those of the inputs."""
    used: Callable[[int], bool]
    """Whether anybody uses the result of this number."""
    promote: Callable[[], Type]
    """What gives the element type in which PyTorch computes with the operands."""

    @property
    def element(self) -> Type:
        """The element type of the first result."""
        found = self.elements[0]
        if found is None:
            raise NotLowered("its result is no tensor")
        return found

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes of the first result."""
        return self.shapes[0]()

    def operands(self, *values: Tensor | Scalar, element: Type | None = None) -> list[Tensor]:
        """Operands with the element type and shape of the result, or with another element type."""
        wanted = self.element if element is None else element
        sizes = self.sizes
        return [spread(value, sizes, wanted) for value in values]


def spread(value: Tensor | Scalar, sizes: Sequence[Size], element: Type) -> Tensor:
    """A tensor, or a number, with this element type and shape."""
    if isinstance(value, Value):
        return broadcast(convert(value, element), sizes)
    return full(value, sizes, element)


def normal_axis(axis: int, rank: int) -> int:
    """A dimension counted from the front; a scalar has one, 0. Raises `couloir.Error` when there is none such."""
    last = max(rank, 1)
    if not -last <= axis < last:
        raise Error(f"there is no dimension {axis} in a tensor of rank {rank}")
    return axis + last if axis < 0 else axis


def normal_axes(axes: Sequence[int] | int | None, rank: int) -> list[int]:
    """Dimensions counted from the front, in ascending order; all of them when none are given."""
    if axes is None:
        return list(range(rank))
    listed = [axes] if isinstance(axes, int) else list(axes)
    if not rank:
        return []
    return sorted({normal_axis(axis, rank) for axis in listed}) if listed else list(range(rank))
