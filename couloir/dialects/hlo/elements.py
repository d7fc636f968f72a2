"""The element types of StableHLO, under the names of the specification's sections."""

from __future__ import annotations

from typing import Final

from couloir.ir.constraints import BOOLEAN, COMPLEX, FLOAT, INTEGER, SIGNED, ElementTypes

PRED: Final = BOOLEAN
ANY: Final[ElementTypes] = FLOAT | INTEGER | PRED | COMPLEX
"""Every element type of a StableHLO tensor."""
INTEGER_OR_FLOAT: Final[ElementTypes] = INTEGER | FLOAT
PRED_OR_INTEGER: Final[ElementTypes] = PRED | INTEGER
FLOAT_OR_COMPLEX: Final[ElementTypes] = FLOAT | COMPLEX
NUMBER: Final[ElementTypes] = INTEGER | FLOAT | COMPLEX
SIGNED_FLOAT_OR_COMPLEX: Final[ElementTypes] = SIGNED | FLOAT | COMPLEX

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
    "SIGNED_FLOAT_OR_COMPLEX",
]
