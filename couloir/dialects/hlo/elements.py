"""The element types of StableHLO, under the names of the specification's sections."""

from __future__ import annotations

from typing import Final

from couloir.dialects.quant import UniformType
from couloir.ir import constraints
from couloir.ir.constraints import BOOLEAN, COMPLEX, INTEGER, SIGNED, ElementTypes

PRED: Final = BOOLEAN
QUANTIZED: Final = ElementTypes("quantized", lambda t: isinstance(t, UniformType))
FLOAT: Final[ElementTypes] = constraints.FLOAT | QUANTIZED
ANY: Final[ElementTypes] = constraints.FLOAT | INTEGER | PRED | COMPLEX | QUANTIZED
"""Every element type of a StableHLO tensor."""
INTEGER_OR_FLOAT: Final[ElementTypes] = INTEGER | constraints.FLOAT | QUANTIZED
PRED_OR_INTEGER: Final[ElementTypes] = PRED | INTEGER
FLOAT_OR_COMPLEX: Final[ElementTypes] = constraints.FLOAT | COMPLEX | QUANTIZED
NUMBER: Final[ElementTypes] = INTEGER | constraints.FLOAT | COMPLEX | QUANTIZED
SIGNED_FLOAT_OR_COMPLEX: Final[ElementTypes] = SIGNED | constraints.FLOAT | COMPLEX | QUANTIZED

__all__ = [
    "ANY",
    "COMPLEX",
    "FLOAT",
    "FLOAT_OR_COMPLEX",
    "INTEGER",
    "INTEGER_OR_FLOAT",
    "NUMBER",
    "PRED",
    "PRED_OR_INTEGER",
    "QUANTIZED",
    "SIGNED_FLOAT_OR_COMPLEX",
]
