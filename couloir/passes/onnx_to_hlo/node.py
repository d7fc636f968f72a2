"""What the lowering of one operator sees: a node of the model with lowered operands, and the table that it is registered in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import attrs

from couloir.dialects.onnx.types import AnyType
from couloir.ir.conversion import Inline
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import TensorType, Type
from couloir.passes.onnx_to_hlo.constants import Array, Constants

if TYPE_CHECKING:
    from couloir.dialects.onnx.base import OnnxOp

Tensor: TypeAlias = Value[TensorType]
Lowered: TypeAlias = "Tensor | Operation | Sequence[Tensor | Operation | None]"
"""One value for each result of the operator, by its position in the schema; None for one that is not there."""
Lowering: TypeAlias = Callable[["Node"], "Lowered | Generator[Inline, list[Tensor | None], Lowered]"]
"""A lowering that needs the contents of regions is a generator: `values = yield node.inline("body", arguments, into=block)`."""

LOWERINGS: Final[dict[tuple[str, str], Lowering]] = {}
"""From domain and name of an operator to the function that lowers it, for every version from opset 7 on."""


def lowers(*operators: str, domain: str = "") -> Callable[[Lowering], Lowering]:
    """Decorator: this function lowers these operators.

    @lowers("Relu")
    def relu(node: Node) -> Lowered:
        x = node[0]
        return hlo.Maximum(x, full_like(x, 0))

    The ops that it makes are inserted, with the location of the node. What it cannot lower it says with `NotLowered`.
    """

    def register(function: Lowering) -> Lowering:
        for operator in operators:
            LOWERINGS[domain, operator] = function
        return function

    return register


class NotLowered(Error):
    """Why a node cannot be lowered. The pass collects these, and reports all of them."""


@attrs.frozen(eq=False)
class Node:
    """An ONNX operator with lowered operands: `node[0]` is the first one."""

    op: OnnxOp
    inputs: tuple[Tensor | None, ...]
    """By position in the schema; None for one that is not given."""
    constants: Constants
    pad_indices: bool = False
    """Whether results whose size depends on values are to have the largest size; see the pass."""

    @property
    def version(self) -> int:
        """The version of the operator set since which the operator has this form."""
        return self.op.since_version

    # -- operands ------------------------------------------------------------------------------------------------------------

    def __getitem__(self, index: int) -> Tensor:
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise NotLowered(f"input {index} is missing")
        if isinstance(value, tuple):
            raise NotLowered(f"input {index} is a sequence")
        return value

    def sequence(self, index: int) -> tuple[Tensor, ...]:
        """An input that is a sequence, as the tensors in it."""
        value: Any = self.inputs[index] if index < len(self.inputs) else None
        if not isinstance(value, tuple):
            raise NotLowered(f"input {index} is no sequence")
        return cast("tuple[Tensor, ...]", value)

    def has(self, index: int) -> bool:
        """Whether the input is given."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def optional(self, index: int) -> Tensor | None:
        """An input, or None when it is not given."""
        return self.inputs[index] if index < len(self.inputs) else None

    @property
    def given(self) -> list[Tensor]:
        """All inputs that are given."""
        return [value for value in self.inputs if value is not None]

    def constant(self, index: int, what: str) -> Array:
        """The elements of an input that must be known now; `what` is its name in the message when it is not."""
        found = self.constants.array(self[index])
        if found is None:
            raise NotLowered(f"its {what} is computed only when the model runs")
        return found

    def constant_integers(self, index: int, what: str) -> tuple[int, ...]:
        """As `constant`, as a tuple of integers."""
        return tuple(int(item) for item in self.constant(index, what).reshape(-1))

    # -- regions -------------------------------------------------------------------------------------------------------------

    def region(self, name: str) -> Block:
        """The block of a graph inside the node, `"body"` or `"then_branch"`."""
        found: Region = getattr(self.op, name)
        return found.block

    def inline(self, name: str, arguments: Sequence[Tensor], into: Block | None = None) -> Inline:
        """To be yielded: lowers the nodes of a graph inside this node, with values for its inputs.

        The answer is a list of the graph's outputs, None for one that could not be lowered (which is reported). The ops go
        to the end of the block `into`, or where the lowering's own ops go. Yield outside of `with`.
        """
        return Inline(self.region(name), arguments, into)

    # -- attributes ----------------------------------------------------------------------------------------------------------

    def attribute(self, key: str) -> Any:
        """An attribute as a Python value, its default when it is not given; None when there is no default, or no such attribute."""
        name = next((field.name for field in type(self.op).definition.attributes if field.key == key), None)
        return None if name is None else getattr(self.op, name)

    def integer(self, key: str, default: int = 0) -> int:
        """An INT attribute; `default` where the schema gives none."""
        value = self.attribute(key)
        return default if value is None else value

    def number(self, key: str, default: float = 0.0) -> float:
        """A FLOAT attribute; `default` where the schema gives none."""
        value = self.attribute(key)
        return default if value is None else value

    def string(self, key: str, default: str = "") -> str:
        """A STRING attribute; `default` where the schema gives none."""
        value = self.attribute(key)
        return default if value is None else value

    def integers(self, key: str) -> tuple[int, ...] | None:
        """An INTS attribute, or None."""
        value = self.attribute(key)
        return None if value is None else tuple(value)

    def axis(self, rank: int, key: str = "axis", default: int = 0, *, end: bool = False) -> int:
        """An attribute that names a dimension, counted from the front. With `end` it may be one past the last."""
        return normal_axis(self.integer(key, default), rank, end=end)

    # -- results -------------------------------------------------------------------------------------------------------------

    def result_position(self, index: int) -> int | None:
        """Which result of the op is output number `index` of the schema; None when the node does not name it."""
        position = 0
        fields = type(self.op).definition.results
        for number, field in enumerate(fields[: index + 1]):
            value = getattr(self.op, field.name)
            if number == index:
                return None if value is None else position
            position += 0 if value is None else 1
        return None

    def present(self, values: Sequence[Tensor]) -> list[Tensor]:
        """Of a value for each output of the schema, those of the outputs that the node names."""
        return [value for index, value in enumerate(values) if self.result_position(index) is not None]

    def uses_result(self, index: int) -> bool:
        """Whether output number `index` of the schema is there, and somebody uses it."""
        position = self.result_position(index)
        return position is not None and self.op.results[position].has_uses

    def result_element(self, index: int = 0) -> Type:
        """The element type that a result has in the model."""
        type = self.op.results[index].type
        element = getattr(type, "element_type", None)
        if isinstance(type, AnyType) or element is None:
            raise NotLowered("the type of its result is not known")
        return element

    def only_first_result(self) -> None:
        """Raises `NotLowered` when another output than the first is used."""
        if any(result.has_uses for result in self.op.results[1:]):
            names = [field.key for field in type(self.op).definition.results[1:]]
            raise NotLowered(f"the output {' or '.join(names)} is used")


def normal_axis(axis: int, rank: int, *, end: bool = False) -> int:
    """A dimension counted from the front. Raises `couloir.Error` when a tensor of this rank has none such."""
    last = rank if end else rank - 1
    if not -rank <= axis <= last:
        raise Error(f"there is no axis {axis} in a tensor of rank {rank}")
    return axis + rank if axis < 0 else axis
