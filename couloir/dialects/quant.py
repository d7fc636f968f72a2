"""The quant dialect: element types whose values are integers that stand for real numbers, `!quant.uniform<i8:f32, 0.5:3>`.

Source: MLIR quant dialect, UniformQuantizedType and UniformQuantizedPerAxisType; StableHLO specification, section
"Types", whose constraints are named by their numbers (C1, C4, ...).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.types import FloatType, IntegerType, f64

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter

_STORAGE: Final = re.compile(r"([iu])([1-9][0-9]{0,2})")


class UniformType(Type, name="quant.uniform"):
    """Integers `q` that stand for `(q - zero_point) * scale`.

    Attributes:
        storage_type: The type of the integers: signless (read as signed), or unsigned.
        expressed_type: The type of the numbers that they stand for.
        scales: One for the whole tensor, or one for each index of the dimension `axis`.
        zero_points: As many.
        axis: The dimension along which scales differ; None for one scale.
        storage_min: The least integer that is used.
        storage_max: The greatest one.
    """

    storage_type: IntegerType
    expressed_type: FloatType
    scales: tuple[float, ...]
    zero_points: tuple[int, ...] = (0,)
    axis: int | None = None
    storage_min: int | None = None
    storage_max: int | None = None

    @classmethod
    def normalize(
        cls,
        storage_type: IntegerType,
        expressed_type: FloatType,
        scales: Sequence[float],
        zero_points: Sequence[int],
        axis: int | None,
        storage_min: int | None,
        storage_max: int | None,
    ) -> tuple[Any, ...]:
        low = storage_type.minimum if storage_min is None else storage_min
        high = storage_type.maximum if storage_max is None else storage_max
        return (
            storage_type,
            expressed_type,
            tuple(float(scale) for scale in scales),
            tuple(int(point) for point in zero_points),
            axis,
            low,
            high,
        )

    def verify_parameters(self) -> None:
        storage, low, high = self.storage_type, self.storage_min, self.storage_max
        assert low is not None and high is not None, "normalized"
        _needs(
            storage.signedness != "signed" and storage.width < self.expressed_type.width,
            "C1",
            f"the storage type has fewer bits than the expressed one: {storage.width} and {self.expressed_type.width}",
        )
        fits = storage.minimum <= low < high <= storage.maximum
        _needs(fits, "C4", f"{low}:{high} is a range of {storage.width}-bit integers")
        _needs(all(scale > 0 for scale in self.scales), "C6", "scales are positive")
        _needs(all(map(math.isfinite, self.scales)), "C7", "scales are finite")
        _needs(all(low <= point <= high for point in self.zero_points), "C8", f"zero points are in {low}:{high}")
        _needs(len(self.scales) == len(self.zero_points), "C10", "there is a zero point for each scale")
        _needs(self.axis is not None or len(self.scales) == 1, "C11", "without an axis there is one scale")
        _needs(self.axis is None or self.axis >= 0, "C12", "the axis is a dimension")

    def verify_dims(self, dims: Sequence[int | None]) -> None:
        """Checks a tensor type with such elements. Raises `couloir.Error`."""
        if self.axis is None:
            return
        _needs(self.axis < len(dims), "C12", f"the axis {self.axis} is one of {len(dims)} dimensions")
        size = dims[self.axis]
        _needs(size is None or size == len(self.scales), "C13", f"{len(self.scales)} scales for {size} along the axis")

    def print_parameters(self, p: AttributePrinter) -> None:
        storage = self.storage_type
        p.write(f"<{'i' if storage.is_signed else 'u'}{storage.width}")
        if (self.storage_min, self.storage_max) != (storage.minimum, storage.maximum):
            p.write(f"<{self.storage_min}:{self.storage_max}>")
        p.write(":")
        p.attribute(self.expressed_type)
        pairs = zip(self.scales, self.zero_points, strict=True)
        texts = [p.float_text(scale, f64) + (f":{point}" if point else "") for scale, point in pairs]
        p.write(f", {texts[0]}>" if self.axis is None else f":{self.axis}, {{{','.join(texts)}}}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> UniformType:
        p.expect("<")
        at = p.position
        found = _STORAGE.fullmatch(p.identifier("a storage type such as `i8`"))
        if found is None:
            raise p.error("expected a storage type: `i` or `u` and a number of bits", at=at)
        storage = IntegerType(int(found[2]), "unsigned" if found[1] == "u" else "signless")
        low = high = axis = None
        if p.optional("<"):
            low = p.integer("the least integer")
            p.expect(":")
            high = p.integer("the greatest integer")
            p.expect(">")
        p.expect(":")
        at = p.position
        expressed = p.type()
        if not isinstance(expressed, FloatType):
            raise p.error(f"expected a float type, found `{expressed}`", at=at)
        if p.optional(":"):
            axis = p.integer("a dimension")
        p.expect(",")

        def pair() -> tuple[float, int]:
            return p.float_literal(), p.integer("a zero point") if p.optional(":") else 0

        pairs = [pair()] if axis is None else p.comma_separated(pair, "{", "}")
        p.expect(">")
        scales, points = tuple(s for s, _ in pairs), tuple(z for _, z in pairs)
        return cls(storage, expressed, scales, points, axis, low, high)


def _needs(condition: bool, id: str, what: str) -> None:
    if not condition:
        raise Error(f"`!quant.uniform`: {what} ({id})")
