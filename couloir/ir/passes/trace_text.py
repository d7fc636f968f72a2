"""The text of a module over time, line by line, made for comparing: what did not change has the same text.

Ordinary text numbers the values anew each time, so that one erased op changes every line below it. Here a value keeps its
name for as long as it lives, and an erased value's number is not used again. Each constant that is left out has a number
of its own, so that two texts differ where two constants do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.operation import BlockArgument, OpResult
from couloir.ir.text.facts import facts
from couloir.ir.text.names import Counters, Names, legal_hint
from couloir.ir.text.printer import Printer
from couloir.ir.traits import IsolatedFromAbove

if TYPE_CHECKING:
    import numpy as np

    from couloir.ir.attribute import Attribute
    from couloir.ir.attributes import DenseElementsAttr
    from couloir.ir.operation import Operation, Region, Value

    Array = np.ndarray[Any, np.dtype[Any]]

ELIDE_ABOVE: Final = 16
"""Constants with more elements than this are left out of lines; a trace keeps them, or part of them, beside the text."""
WHOLE_CONSTANT: Final = 1024
"""Constants with no more elements than this are kept whole."""
CONSTANT_TEXT: Final = 4_000_000
"""When constants have given this many characters, less is kept of each further one."""
MAX_MEASURED: Final = 1 << 26
"""Of larger constants no least and greatest element is sought."""
MAX_FACTS: Final = 6


@attrs.frozen
class Line:
    """A line of text. The first line of an op says what the op is; `}` and block headers have no op."""

    text: str
    op: str = ""
    """The name of the op that begins here."""
    location: str = ""
    depth: int = 0
    """How many ops it is inside of."""
    results: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """Names of the arguments of all blocks of its regions."""
    operands: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """The types of the results and then of the arguments."""
    facts: tuple[str, ...] = ()
    """Attributes for a person, a short text each."""


@attrs.frozen
class Constant:
    """A constant that is left out of the lines: the text of its elements, or the first and last of them."""

    type: str
    text: str
    whole: bool
    summary: str = ""
    """Least, greatest and mean element."""


@attrs.define
class _Scope:
    """The names inside one op that is isolated from above."""

    holders: dict[str, Value[Any]] = attrs.field(factory=dict)
    next_value: int = 0
    next_argument: int = 0


class StableNames(Names):
    """Names that stay with their values."""

    __slots__ = ("_early", "_owners", "_scopes")

    def __init__(self) -> None:
        super().__init__()
        self._early: set[Value[Any]] = set()
        self._scopes: dict[Operation | None, _Scope] = {}
        self._owners: dict[Operation, Operation | None] = {}

    def enter(self, region: Region, counters: Counters) -> Counters:
        """Names the blocks of a region; its values have their names already."""
        for number, block in enumerate(region.blocks):
            self._blocks[block] = f"^bb{number}"
        return counters

    def leave(self, region: Region) -> None:
        """Forgets the names of a region's blocks."""
        for block in region.blocks:
            self._blocks.pop(block, None)

    def refresh(self, root: Operation) -> None:
        """Names every value inside `root`, and forgets the values that are not there any more."""
        alive: dict[Operation | None, list[Value[Any]]] = {}
        self._owners = {}
        for op in root.walk():
            owner = self._owners.get(op.parent_op) if op is not root and op.parent_op is not None else None
            alive.setdefault(owner, []).extend(op.results)
            if op.regions:
                inner = self._owners[op] = op if op.has_trait(IsolatedFromAbove) else owner
                values = alive.setdefault(inner, [])
                for region in op.regions:
                    for block in region.blocks:
                        values.extend(block.arguments)
        known, self.values = self.values, {}
        old, self._scopes = self._scopes, {}
        for owner, values in alive.items():
            # A number that was given in the middle of a pass gives way to a hint that came later.
            kept = {v: known[v] for v in values if v in known and not (v in self._early and legal_hint(v.name_hint))}
            before = old.get(owner, _Scope()) if kept else _Scope()
            scope = _Scope({_base(n): v for v, n in kept.items()}, before.next_value, before.next_argument)
            self._scopes[owner] = scope
            self.values.update(kept)
            if len(kept) < len(values):
                for value in values:
                    if value not in self.values:
                        self._name_value(value, scope)
        self._early.clear()

    def ensure(self, op: Operation) -> None:
        """Names what `op` uses and defines, as far as it is new since `refresh`."""
        for inner in op.walk():
            values = [*inner.operands, *inner.results]
            for region in inner.regions:
                values += [a for block in region.blocks for a in block.arguments]
            for value in values:
                if value is not None and value not in self.values:  # pyright: ignore[reportUnnecessaryComparison] -- ill-formed IR
                    owner = self._owner_of(value)
                    self._name_value(value, self._scopes.setdefault(owner, _Scope()))
                    if legal_hint(value.name_hint) is None:
                        self._early.add(value)

    def _owner_of(self, value: Value[Any]) -> Operation | None:
        around = value.owner if isinstance(value, BlockArgument) else value.parent_block
        op = None if around is None else around.parent_op
        while op is not None and op not in self._owners and not op.has_trait(IsolatedFromAbove):
            op = op.parent_op
        return self._owners.get(op, op) if op is not None else None

    def _name_value(self, value: Value[Any], scope: _Scope) -> None:
        """Gives a value a name, and the other results of its op with it."""
        name = self._free_hint(value, scope)
        siblings: Sequence[Value[Any]] = value.owner.results if isinstance(value, OpResult) else (value,)
        if name is None and isinstance(value, BlockArgument) and value.owner.is_entry:
            name = f"%arg{scope.next_argument}"
            scope.next_argument += 1
        elif name is None:
            name = f"%{scope.next_value}"
            scope.next_value += 1
        scope.holders[name] = value
        for index, sibling in enumerate(siblings):
            self.values[sibling] = name if len(siblings) == 1 else f"{name}#{index}"

    def _free_hint(self, value: Value[Any], scope: _Scope) -> str | None:
        """A name made of the value's hint that is free; one that an erased value had is."""
        hint = legal_hint(value.name_hint)
        if hint is None:
            return None
        number, name = 0, f"%{hint}"
        while (holder := scope.holders.get(name)) is not None and not _is_gone(holder):
            number += 1
            name = f"%{hint}_{number}"
        return name


def _base(name: str) -> str:
    return name.partition("#")[0]


def _is_gone(value: Value[Any]) -> bool:
    return isinstance(value, OpResult) and value.owner.parent is None


class Constants:
    """The constants that were left out so far, each with its number."""

    def __init__(self) -> None:
        self.all: list[Constant] = []
        self._numbers: dict[DenseElementsAttr, int] = {}
        self._size = 0

    def number(self, attribute: DenseElementsAttr) -> int:
        """The number of a constant; a new one for a constant that is new."""
        found = self._numbers.get(attribute)
        if found is None:
            found = self._numbers[attribute] = len(self.all)
            constant = _constant(attribute, 3 if self._size < CONSTANT_TEXT else 1)
            self._size += len(constant.text)
            self.all.append(constant)
        return found

    def forget_all_but(self, seen: Iterable[DenseElementsAttr]) -> None:
        """Lets go of the others, which may be large."""
        self._numbers = {attribute: self._numbers[attribute] for attribute in seen}


def _constant(attribute: DenseElementsAttr, edge: int) -> Constant:
    import numpy as np

    array: Any = attribute.array
    whole = array.size <= WHOLE_CONSTANT
    text = np.array2string(
        array, threshold=WHOLE_CONSTANT, edgeitems=edge, max_line_width=100, separator=", ", precision=6
    )
    return Constant(str(attribute.type), text, whole, _summary(array))


def _summary(array: Any) -> str:
    import numpy as np

    if array.dtype.kind in "OSUcb" or not 0 < array.size <= MAX_MEASURED:
        return ""
    try:
        with np.errstate(all="ignore"):
            numbers = (
                array if array.dtype.kind in "fiu" else array.astype(np.float32)
            )  # no copy of what NumPy knows itself
            low, high, mean = float(numbers.min()), float(numbers.max()), float(numbers.mean(dtype=np.float64))
            return f"min {low:.6g}, max {high:.6g}, mean {mean:.6g}"
    except (TypeError, ValueError):  # an element type that is no number
        return ""


class LinePrinter(Printer):
    """Prints with stable names and notes where each op begins."""

    def __init__(self, names: StableNames, constants: Constants) -> None:
        super().__init__(elide_above=ELIDE_ABOVE)
        self._names = names
        self.constants = constants
        self.seen: dict[DenseElementsAttr, None] = {}
        """The constants that were left out."""
        self._starts: list[tuple[int, Operation]] = []

    def op_text(self, op: Operation) -> str:
        """The text of one op that stands in the module, with all inside it."""
        self._write_all(op)
        text = "".join(self.parts)
        self.parts.clear()
        self._starts.clear()
        return text

    def lines(self, op: Operation, depth: int = 0) -> tuple[list[Line], list[tuple[int, Operation]]]:
        """The lines of an op that is `depth` ops deep, and for each op inside the number of its first line."""
        indent = self._indent = "  " * depth
        self._write_all(op)
        begun: list[tuple[int, Operation]] = []
        starts = iter([*self._starts, (-1, None)])
        start, starting = next(starts)
        number = 0
        for index, part in enumerate(self.parts):
            while index == start and starting is not None:
                begun.append((number, starting))
                start, starting = next(starts)
            number += part.count("\n")
        texts = (indent + "".join(self.parts)).split("\n")
        self.parts.clear()
        self._starts.clear()
        return list(self._described(texts, begun, op, depth)), begun

    def _described(
        self, texts: Sequence[str], begun: Sequence[tuple[int, Operation]], root: Operation, depth: int
    ) -> Iterator[Line]:
        ops = dict(reversed(begun))  # of several ops in one line the first
        depths: dict[Operation, int] = {}
        for number, text in enumerate(texts):
            op = ops.get(number)
            if op is None:
                yield Line(text)
                continue
            around = op.parent_op
            own = depth if op is root or around is None else depths.get(around, depth) + 1
            if op.regions:
                depths[op] = own
            results: list[Value[Any]] = list(op.results)
            arguments = [a for region in op.regions for block in region.blocks for a in block.arguments]
            name = self._names.value
            yield Line(
                text,
                op.name,
                op.location.label,
                own,
                tuple([name(v) for v in results]),
                tuple([name(v) for v in arguments]),
                tuple([name(v) for v in op.operands]),
                tuple([self.type_text(v.type) for v in (*results, *arguments)]),
                tuple(facts(op)[:MAX_FACTS]),
            )

    # -- what is different from the ordinary text

    def _operation(self, op: Operation) -> Any:
        self._starts.append((len(self.parts), op))
        return super()._operation(op)

    def alias(self, attribute: Attribute) -> str | None:
        """None: aliases are numbered by first use, so that one more would change other lines."""
        return None

    def dense_elements(self, attribute: DenseElementsAttr) -> None:
        """Writes a constant, or its number for one that is left out."""
        if attribute.is_splat or attribute.array.size <= ELIDE_ABOVE:
            super().dense_elements(attribute)
            return
        self.seen[attribute] = None
        self.write(f"dense_resource<__elided_{self.constants.number(attribute)}__> : {self.type_text(attribute.type)}")
