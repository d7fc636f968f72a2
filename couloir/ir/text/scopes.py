"""What the parser knows of the regions it is in: names of values and blocks, and those not defined yet."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.traits import IsolatedFromAbove

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.location import Location
    from couloir.ir.text.line_parser import LineRecipe


class OperandName(NamedTuple):
    """A use of a value as read, not looked up yet: `x` or `x#1` for `%x` or `%x#1`, and its offset in the text."""

    name: str
    at: int


class Argument(NamedTuple):
    """A block argument as read: `%x: i32 {a = 1} loc(...)`."""

    name: OperandName
    type: Type
    location: Location | None
    attributes: dict[str, Attribute]


class RegionRequest(NamedTuple):
    """What the parser of an op yields to have a region read.

    The arguments are those of the entry block; None if the text of the region has them.
    """

    entry_arguments: Sequence[Argument] | None = None


OperationReader: TypeAlias = Generator[RegionRequest, Region, Operation]
"""A parser of an op with regions: yields a request for each region, is sent the region, returns the op."""


class ResultName(NamedTuple):
    """A name to the left of `=`, how many results it stands for, and its offset in the text."""

    name: str
    size: int
    at: int


class OperationStart(NamedTuple):
    """What is known of an op when its name is reached."""

    results: Sequence[ResultName]
    at: int
    line: int
    column: int


class ForwardUse(NamedTuple):
    """A value that was used before its definition: what stands for it, and where it was first used."""

    placeholder: Value[Any]
    at: int


class RegionFrame:
    """A region that is being read. `reader`, `start` and `cls` belong to the op that the region is part of."""

    __slots__ = (
        "block",
        "blocks",
        "cls",
        "depth",
        "dialect",
        "forward",
        "forward_blocks",
        "isolated",
        "mark",
        "opened_at",
        "parent",
        "reader",
        "recipes",
        "region",
        "start",
        "values",
    )

    def __init__(
        self,
        parent: RegionFrame | None,
        cls: type[Operation],
        reader: OperationReader | None,
        start: OperationStart,
        opened_at: int,
    ) -> None:
        self.parent: Final = parent
        self.cls: Final = cls
        self.reader: Final = reader
        self.start: Final = start
        self.opened_at: Final = opened_at
        self.depth: Final[int] = 0 if parent is None else parent.depth + 1
        self.region: Final = Region()
        self.block: Block | None = None
        self.dialect: Final[str] = getattr(cls, "default_dialect", "builtin" if parent is None else "")
        self.isolated: Final[bool] = parent is None or IsolatedFromAbove in cls.traits
        self.values: Final[dict[str, Value[Any]]] = {} if parent is None or self.isolated else parent.values
        # Names leave with their region: a dict gives its entries back in the order in which they came.
        self.mark: Final = len(self.values)
        self.forward: dict[str, ForwardUse] = {}
        self.blocks: Final[dict[str, Block]] = {}
        self.forward_blocks: Final[dict[str, tuple[Block, int]]] = {}
        self.recipes: dict[str, LineRecipe] = {}

    def forget_names(self) -> None:
        """Drops the names of this region's values."""
        values = self.values
        for _ in range(len(values) - self.mark):
            values.popitem()

    def names_in_sight(self) -> list[str]:
        """The names of values that can be used here, for "did you mean"."""
        return list(self.values)
