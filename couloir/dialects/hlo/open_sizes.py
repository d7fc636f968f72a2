"""Custom calls with which programs with open dimensions say what StableHLO has no ops for.

Source: openxla/stablehlo, StablehloRefineShapes.cpp and the experimental ops; JAX writes them (`jax.export`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from couloir.dialects.hlo.calls import CustomCall
from couloir.ir.attributes import StringAttr

SHAPE_ASSERTION: Final = "shape_assertion"
"""The target that says what must hold of sizes: a condition, then numbers for the message."""
DYNAMIC_REDUCE_WINDOW: Final = "stablehlo.dynamic_reduce_window"
"""Tensors and initial values, then sizes, strides, dilations (base, window) and padding of the windows."""
DYNAMIC_RNG_BIT_GENERATOR: Final = "stablehlo.dynamic_rng_bit_generator"
"""A state, and the shape of the bits."""
DYNAMIC_TOP_K: Final = "stablehlo.dynamic_top_k"
"""A tensor, and how many."""


def assertion_message(op: CustomCall, numbers: Sequence[Any]) -> str:
    """What is said when a condition on sizes does not hold; None for a number that is not known."""
    stored = op.attributes.get("error_message")
    text = stored.value if isinstance(stored, StringAttr) else "the sizes of the inputs do not fit"
    for index, number in enumerate(numbers):
        text = text.replace(f"{{{index}}}", "?" if number is None else str(number))
    return text
