"""The element types of StableHLO, and what its constraints ask of them.

Source: StableHLO specification, sections "Types", "Functions on types" and "Quantization computations"; the names are
those of the specification. Sets of element types contain types quantized per tensor where they are numbers; types
quantized per axis are in `PER_AXIS`, which few ops take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from couloir.dialects.quant import UniformType
from couloir.ir import constraints
from couloir.ir.constraints import BOOLEAN, COMPLEX, ElementTypes, SameElementType, SameType, one_of
from couloir.ir.floats import FLOATS
from couloir.ir.types import ComplexType, FloatType, IntegerType, Type, bit_width, f32, i1, index

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

WIDTHS: Final = (2, 4, 8, 16, 32, 64)
_NO_ELEMENTS: Final = ("tf32", "f80", "f128")


def is_integer(type: Type) -> bool:
    """Whether it is one of `i2`, ..., `i64` (read as signed) and `ui2`, ..., `ui64`."""
    return isinstance(type, IntegerType) and type.width in WIDTHS and type.signedness != "signed"


def is_quantized(type: Type) -> bool:
    """Whether its values are integers that stand for real numbers by one scale, or by one for each index of an axis."""
    return isinstance(type, UniformType)


def is_per_axis_quantized(type: Type) -> bool:
    """Whether it has a scale for each index of an axis."""
    return isinstance(type, UniformType) and type.axis is not None


def is_per_tensor_quantized(type: Type) -> bool:
    """Whether it has one scale for the whole tensor."""
    return isinstance(type, UniformType) and type.axis is None


def storage_type(type: Type) -> Type:
    """The integers that a quantized type is stored as; any other type is its own."""
    return type.storage_type if isinstance(type, UniformType) else type


def expressed_type(type: Type) -> Type:
    """The numbers that a quantized type stands for; any other type is its own."""
    return type.expressed_type if isinstance(type, UniformType) else type


def quantization_dimension(type: Type) -> int | None:
    """The dimension along which scales differ."""
    return type.axis if isinstance(type, UniformType) else None


def same_baseline(a: Type, b: Type) -> bool:
    """Whether two element types are equal, up to scales and zero points (the specification's `baseline_element_type`)."""
    return a is b or (a.compatible_with(b) and quantization_dimension(a) == quantization_dimension(b))


def is_promotable(narrow: Type, wide: Type) -> bool:
    """Whether a reduction may compute with `wide` what comes as `narrow`: the same kind, and at least as many bits.

    Source: StableHLO specification, `is_promotable`.
    """
    if narrow is wide:
        return True
    if isinstance(narrow, UniformType) and isinstance(wide, UniformType):
        same = narrow.expressed_type is wide.expressed_type
        return same and narrow.storage_type.width <= wide.storage_type.width
    if isinstance(narrow, FloatType | ComplexType):
        return isinstance(wide, type(narrow)) and bit_width(narrow) <= bit_width(wide)
    if isinstance(narrow, IntegerType) and isinstance(wide, IntegerType):
        return i1 not in (narrow, wide) and narrow.width <= wide.width
    return False


@attrs.frozen(init=False)
class SameBaselineElementType(SameElementType):
    """All values of these fields have one element type, up to scales and zero points."""

    def agree(self, a: Type, b: Type) -> bool:
        return same_baseline(a, b)


@attrs.frozen(init=False)
class SameElementTypeUpToAxis(SameElementType):
    """All values of these fields have one element type; quantized per axis, the axis may be another dimension."""

    def agree(self, a: Type, b: Type) -> bool:
        if not (is_per_axis_quantized(a) and is_per_axis_quantized(b)):
            return a is b
        return isinstance(a, UniformType) and isinstance(b, UniformType) and along(a, 0) is along(b, 0)


@attrs.frozen(init=False)
class SameElementTypeUpToScalesOfAxis(SameElementType):
    """All values of these fields have one element type; quantized per axis, axis, scales and zero points may differ."""

    def agree(self, a: Type, b: Type) -> bool:
        return a is b or (is_per_axis_quantized(a) and a.compatible_with(b))


@attrs.frozen(init=False)
class SameExactType(SameType):
    """All values of these fields have one type, scales and zero points included."""

    def check(self, op: Operation) -> str | None:
        return super().check(op) or SameElementType(*self.fields, id=self.id).check(op)


def along(type: Type, axis: int) -> Type:
    """A type quantized per axis with another axis; any other type is its own."""
    if not isinstance(type, UniformType) or type.axis is None:
        return type
    low, high = type.storage_min, type.storage_max
    return UniformType(type.storage_type, type.expressed_type, type.scales, type.zero_points, axis, low, high)


PRED: Final = BOOLEAN
INTEGER: Final = ElementTypes("integer", is_integer, constraints.INTEGER.examples)
SIZES: Final[ElementTypes] = INTEGER | one_of("index", (index,))
"""Element types of an operand that holds sizes or positions."""
SIGNED: Final = ElementTypes(
    "signed integer",
    lambda t: is_integer(t) and isinstance(t, IntegerType) and t.is_signed,
    constraints.SIGNED.examples,
)
FLOAT_ONLY: Final = ElementTypes(
    "float",
    lambda t: isinstance(t, FloatType) and t.kind not in _NO_ELEMENTS,
    tuple(FloatType(kind) for kind in FLOATS if kind not in _NO_ELEMENTS),
)
"""Floats, without quantized types."""
QUANTIZED: Final = ElementTypes(
    "quantized",
    lambda t: is_per_tensor_quantized(t) and is_integer(storage_type(t)),
    (UniformType(IntegerType(8), f32, (0.5,)), UniformType(IntegerType(8, "unsigned"), f32, (0.25,), (3,))),
)
PER_AXIS: Final = ElementTypes("quantized per axis", lambda t: is_per_axis_quantized(t) and is_integer(storage_type(t)))
NON_QUANTIZED: Final[ElementTypes] = FLOAT_ONLY | INTEGER | PRED | COMPLEX
FLOAT: Final[ElementTypes] = FLOAT_ONLY | QUANTIZED
ANY: Final[ElementTypes] = NON_QUANTIZED | QUANTIZED
"""Every element type of a StableHLO tensor but those quantized per axis."""
ANY_OR_PER_AXIS: Final[ElementTypes] = ANY | PER_AXIS
"""Every element type of a StableHLO tensor."""
INTEGER_OR_FLOAT: Final[ElementTypes] = INTEGER | FLOAT_ONLY | QUANTIZED
PRED_OR_INTEGER: Final[ElementTypes] = PRED | INTEGER
FLOAT_OR_COMPLEX: Final[ElementTypes] = FLOAT_ONLY | COMPLEX | QUANTIZED
NUMBER: Final[ElementTypes] = INTEGER | FLOAT_ONLY | COMPLEX | QUANTIZED
SIGNED_FLOAT_OR_COMPLEX: Final[ElementTypes] = SIGNED | FLOAT_ONLY | COMPLEX | QUANTIZED


__all__ = [
    "ANY",
    "ANY_OR_PER_AXIS",
    "COMPLEX",
    "FLOAT",
    "FLOAT_ONLY",
    "FLOAT_OR_COMPLEX",
    "INTEGER",
    "INTEGER_OR_FLOAT",
    "NON_QUANTIZED",
    "NUMBER",
    "PER_AXIS",
    "PRED",
    "PRED_OR_INTEGER",
    "QUANTIZED",
    "SIGNED",
    "SIGNED_FLOAT_OR_COMPLEX",
    "SIZES",
    "SameBaselineElementType",
    "SameElementTypeUpToAxis",
    "SameElementTypeUpToScalesOfAxis",
    "SameExactType",
    "along",
    "expressed_type",
    "is_integer",
    "is_per_axis_quantized",
    "is_per_tensor_quantized",
    "is_promotable",
    "is_quantized",
    "quantization_dimension",
    "same_baseline",
    "storage_type",
]
