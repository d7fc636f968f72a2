"""The attributes of an op in a few short lines, for a person: `strides = [2, 2]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from couloir.ir.attributes import DenseArrayAttr, FloatAttr, IntegerAttr
from couloir.ir.text.attribute_printer import AttributePrinter

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Operation

MAX_FACT: Final = 44

HIDDEN: Final = frozenset({"operandSegmentSizes", "resultSegmentSizes", "value", "fastmath"})
"""Attributes that say nothing to a reader of a picture."""


def facts(op: Operation) -> list[str]:
    """One line for each attribute that is not what it is by default."""
    defaults = op.definition.defaults if op.is_registered else {}
    return [
        cut(f"{key} = {_attribute(attribute)}")
        for key, attribute in sorted(op.stored_attributes.items())
        if key not in HIDDEN and defaults.get(key) is not attribute
    ]


def cut(text: str) -> str:
    """The text in one line of at most `MAX_FACT` characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_FACT else line[: MAX_FACT - 1] + "…"


def _attribute(attribute: Attribute) -> str:
    """An attribute's value without its type: `[2, 2]`, `3`."""
    if isinstance(attribute, DenseArrayAttr):
        return str(list(attribute.values))
    if isinstance(attribute, IntegerAttr | FloatAttr):
        return str(attribute.value)
    printer = AttributePrinter(elide_above=8)
    printer.attribute(attribute)
    return printer.text()
