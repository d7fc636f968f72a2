"""What goes into a region and comes out of it, as it follows from the types of the op's operands and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, Literal, TypeAlias, get_args

import attrs

from couloir.ir.attribute import Type
from couloir.ir.constraints import element_type
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, i1, index

Arrangement: TypeAlias = Literal[
    "as they are", "twice", "each twice", "behind an index", "behind an i1", "a truth value"
]
_ARRANGEMENTS: Final[tuple[Arrangement, ...]] = (*get_args(Arrangement), "as they are", "as they are")
_EVERYTHING: Final = ""


@attrs.frozen
class Signature:
    """Types that follow from those of an op's fields.

    Attributes:
        field: Of which field; empty for all operands and results.
        count: How many of them; None for all.
        scalars: Whether tensors without dimensions take the place of tensors.
        arrangement: What is made of these types.
    """

    field: str = _EVERYTHING
    count: int | None = None
    scalars: bool = False
    arrangement: Arrangement = "as they are"

    def types(self, groups: Mapping[str, Sequence[Type]]) -> tuple[Type, ...]:
        """The types, given those of each field."""
        every = groups.get(self.field, ()) if self.field else [type for group in groups.values() for type in group]
        found = tuple(every if self.count is None else every[: self.count])
        if self.scalars:
            found = tuple(TensorType((), element_type(type)) for type in found)
        match self.arrangement:
            case "twice":
                return found * 2
            case "each twice":
                return tuple(type for type in found for _ in range(2))
            case "behind an index":
                return (index, *found)
            case "behind an i1":
                return (i1, *found)
            case "a truth value":
                return (TensorType((), i1),)
            case "as they are":
                return found


def random_signature(rng: Random, groups: Mapping[str, Sequence[Type]]) -> Signature:
    """Some signature."""
    count = rng.choice((None, None, None, None, None, 0, 1, 2))
    field = rng.choice([_EVERYTHING, _EVERYTHING, *groups])
    return Signature(field, count, rng.random() < 0.6, rng.choice(_ARRANGEMENTS))


@attrs.frozen
class Body:
    """A region of one block.

    Attributes:
        takes: What its block's arguments follow from.
        gives: What that which its terminator takes follows from.
        terminator: The class of its last op; None for a block without ops.
        arguments, returns: The types, for the fields as they are.
    """

    takes: Signature
    gives: Signature
    terminator: type[Operation] | None = None
    arguments: tuple[Type, ...] = ()
    returns: tuple[Type, ...] = ()

    def for_types(self, groups: Mapping[str, Sequence[Type]]) -> Body:
        """The same with the types that go with those of the fields."""
        return Body(self.takes, self.gives, self.terminator, self.takes.types(groups), self.gives.types(groups))
