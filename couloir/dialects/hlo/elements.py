"""The element types of StableHLO, under the names of the specification's sections."""

from __future__ import annotations

from typing import Final

from couloir.dialects.quant import UniformType
from couloir.ir import constraints
from couloir.ir.constraints import BOOLEAN, COMPLEX, INTEGER, SIGNED, ElementTypes
from couloir.ir.types import ComplexType, FloatType, IntegerType, Type

PRED: Final = BOOLEAN
QUANTIZED: Final = ElementTypes("quantized", lambda t: isinstance(t, UniformType))
FLOAT: Final[ElementTypes] = constraints.FLOAT | QUANTIZED
ANY: Final[ElementTypes] = constraints.FLOAT | INTEGER | PRED | COMPLEX | QUANTIZED
"""Every element type of a StableHLO tensor."""
PER_AXIS: Final = ElementTypes("per-axis quantized", lambda t: isinstance(t, UniformType) and t.axis is not None)
ANY_OR_PER_AXIS: Final[ElementTypes] = ANY | PER_AXIS
INTEGER_OR_FLOAT: Final[ElementTypes] = INTEGER | constraints.FLOAT | QUANTIZED
PRED_OR_INTEGER: Final[ElementTypes] = PRED | INTEGER
FLOAT_OR_COMPLEX: Final[ElementTypes] = constraints.FLOAT | COMPLEX | QUANTIZED
NUMBER: Final[ElementTypes] = INTEGER | constraints.FLOAT | COMPLEX | QUANTIZED
SIGNED_FLOAT_OR_COMPLEX: Final[ElementTypes] = SIGNED | constraints.FLOAT | COMPLEX | QUANTIZED


def is_promotable(x: Type, y: Type) -> bool:
    """Whether values of element type `x` may become ones of `y`: the same kind of numbers, and not fewer bits.

    Source: StableHLO specification, section "Functions on types", `is_promotable`. Quantized types must stand for the
    same type of numbers; what counts is how many bits they store.
    """
    if isinstance(x, UniformType) and isinstance(y, UniformType):
        return x.expressed_type is y.expressed_type and x.storage_type.width <= y.storage_type.width
    if isinstance(x, ComplexType) and isinstance(y, ComplexType):
        x, y = x.element_type, y.element_type
    if isinstance(x, FloatType) and isinstance(y, FloatType):
        return x.width <= y.width
    if isinstance(x, IntegerType) and isinstance(y, IntegerType):
        return PRED.contains(x) == PRED.contains(y) and x.width <= y.width
    return False


__all__ = [
    "ANY",
    "ANY_OR_PER_AXIS",
    "COMPLEX",
    "FLOAT",
    "FLOAT_OR_COMPLEX",
    "INTEGER",
    "INTEGER_OR_FLOAT",
    "NUMBER",
    "PER_AXIS",
    "PRED",
    "PRED_OR_INTEGER",
    "QUANTIZED",
    "SIGNED_FLOAT_OR_COMPLEX",
    "is_promotable",
]
