"""What an op is, apart from its name for a value and its place: its kind, attributes, types, and bodies.

Two ops have one label exactly if exchanging one for the other changes nothing. Attributes that are as they are by default, or that
only tell where an op comes from, do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
from numpy import broadcast_to
from numpy.typing import NDArray

from couloir.dialects import hlo
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.interfaces import LoopLikeOpInterface, RegionBranchOpInterface
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.traits import Commutative, ConstantLike, ReturnLike
from couloir.ir.types import TensorType, i1, i64

ARGUMENT: Final = "argument"
"""The name of what stands for arguments of the function, or of blocks."""


@attrs.frozen(eq=False, repr=False)
class Label:
    """What an op is. Of the labels that one `Labels` gives, equal ones are identical."""

    number: int
    name: str
    attributes: Mapping[str, Attribute]
    """Those that count."""
    types: tuple[Type, ...]
    """Of the results; of what returns, of the operands. Those of constants are without dimensions of size 1."""
    commutative: bool


class Labels:
    """Makes labels."""

    def __init__(self) -> None:
        self._known: dict[object, Label] = {}
        self._of: dict[Operation, Label] = {}

    def of(self, op: Operation) -> Label:
        """The label of an op."""
        found = self._of.get(op)
        if found is None:
            attributes = counting_attributes(op)
            types = tuple([value.type for value in (op.operands if op.has_trait(ReturnLike) else op.results)])
            stored = attributes.get("value")
            if (
                isinstance(stored, DenseElementsAttr)
                and isinstance(stored.type, TensorType)
                and op.has_trait(ConstantLike)
            ):
                attributes["value"], types = _squeezed(stored.type, stored.array)
            body = _body(op) if op.regions and not runs_regions(op) else ()
            found = self._of[op] = self._label(op.name, attributes, types, body, op.has_trait(Commutative))
        return found

    def partial(self, op: Operation, kept: Sequence[int]) -> Label:
        """The label of a loop, or of what returns from it, of which only some of the values count."""
        whole = self.of(op)
        return self._label(whole.name, whole.attributes, tuple([whole.types[n] for n in kept]), (), False)

    def spread(self, op: hlo.BroadcastInDim, constant: Label) -> Label | None:
        """The label of a broadcast of a constant that is one number: that of the constant which it gives; None for others."""
        stored, type = constant.attributes.get("value"), op.result.type
        if not isinstance(stored, DenseElementsAttr) or not stored.is_splat or not type.is_static:
            return None
        value, types = _squeezed(type, broadcast_to(stored.array.flat[0], type.shape))
        return self._label(constant.name, {"value": value}, types, (), False)

    def argument(self, type: Type, *place: object) -> Label:
        """The label of an argument. `place` has what counts besides the type: numbers of region, block and argument, a name."""
        return self._label(ARGUMENT, {}, (type,), ("argument", place), False)

    def _label(
        self, name: str, attributes: Mapping[str, Attribute], types: tuple[Type, ...], body: object, commutative: bool
    ) -> Label:
        key = (name, tuple([(k, id(v)) for k, v in attributes.items()]), tuple(map(id, types)), body)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Label(len(self._known), name, attributes, types, commutative)
        return found


def _squeezed(type: TensorType, array: NDArray[Any]) -> tuple[DenseElementsAttr, tuple[Type, ...]]:
    """The elements of a constant, and its type, without dimensions of size 1."""
    shape = tuple([size for size in array.shape if size != 1])
    squeezed = TensorType(shape, type.element_type)
    return DenseElementsAttr(squeezed, array.reshape(shape)), (squeezed,)


def counting_attributes(op: Operation) -> dict[str, Attribute]:
    """The attributes of an op that say what it computes, by name.

    Of the dimensions of a broadcast count those that are not of size 1.
    """
    if isinstance(op, hlo.BroadcastInDim):
        pairs = zip(op.broadcast_dimensions, op.operand.type.dims, strict=True)
        return {"broadcast_dimensions": DenseArrayAttr(i64, tuple(target for target, size in pairs if size != 1))}
    defaults = op.definition.defaults if op.is_registered else {}
    return {
        key: value
        for key, value in sorted(op.stored_attributes.items(), key=lambda item: item[0])
        if "." not in key and defaults.get(key) is not value and not _is_neutral(key, value)
    }


def _all(wanted: int) -> Callable[[Attribute], bool]:
    def holds(value: Attribute) -> bool:
        if isinstance(value, DenseArrayAttr):
            return all(entry == wanted for entry in value.values)
        return isinstance(value, DenseElementsAttr) and bool((value.array == wanted).all())

    return holds


def _is_default_precision(value: Attribute) -> bool:
    return isinstance(value, ArrayAttr) and all(str(entry).endswith("DEFAULT>") for entry in value)


_NEUTRAL: Final[dict[str, Callable[[Attribute], bool]]] = {
    "window_strides": _all(1),
    "base_dilations": _all(1),
    "window_dilations": _all(1),
    "lhs_dilation": _all(1),
    "rhs_dilation": _all(1),
    "padding": _all(0),
    "window_reversal": _all(0),
    "precision_config": _is_default_precision,
    "compare_type": lambda value: not str(value).endswith("TOTALORDER>"),
    "result_accuracy": lambda value: "DEFAULT" in str(value),
}
"""Attributes of StableHLO ops that may be left out when they are so."""


def _is_neutral(key: str, value: Attribute) -> bool:
    known = _NEUTRAL.get(key)
    if known is not None:
        return known(value)
    if not isinstance(value, IntegerAttr):
        return False
    return value.value == 0 if value.type is i1 else value.value == 1 and key.endswith("_group_count")


def runs_regions(op: Operation) -> bool:
    """Whether the regions of an op run as parts of the program; otherwise they are part of what the op is."""
    if RegionBranchOpInterface.of(op) is not None or LoopLikeOpInterface.of(op) is not None:
        return True
    return op.name.startswith("onnx.")  # If, Loop, Scan


def captured(op: Operation) -> list[Value[Any]]:
    """What the regions of an op take from outside, each value once."""
    inside: set[Block] = set()
    found: dict[Value[Any], None] = {}
    for inner in op.walk():
        if inner is not op:
            found.update((value, None) for value in inner.operands if value.parent_block not in inside)
        inside.update(block for region in inner.regions for block in region.blocks)
    return list(found)


def _body(op: Operation) -> tuple[object, ...]:
    """What the regions of an op are: the ops in them, with values numbered in the order in which they appear."""
    numbers: dict[Value[Any], int] = {value: -1 - place for place, value in enumerate(captured(op))}
    found: list[object] = []
    for inner in op.walk():
        if inner is not op:
            operands = tuple([numbers.setdefault(value, len(numbers)) for value in inner.operands])
            attributes = tuple([(key, id(value)) for key, value in counting_attributes(inner).items()])
            found.append((inner.name, operands, attributes, tuple([id(result.type) for result in inner.results])))
            numbers.update((result, len(numbers)) for result in inner.results if result not in numbers)
        for region in inner.regions:
            for block in region.blocks:
                numbers.update((argument, len(numbers)) for argument in block.arguments if argument not in numbers)
                found.append(tuple([id(argument.type) for argument in block.arguments]))
    return tuple(found)
