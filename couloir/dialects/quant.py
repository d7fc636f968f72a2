"""The quant dialect: element types whose values are integers that stand for real numbers, `!quant.uniform<i8:f32, 0.5:3>`.

Source: MLIR quant dialect, and StableHLO specification, section "Types", whose constraints are named by their numbers
(C3, C5, ...). Of the others, C1, C2 and C8 (bounds and zero points are of the storage type) follow from C3 and C7.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.floats import float_dtype
from couloir.ir.types import FloatType, IntegerType, Signedness, f64

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter

#: `u8` is MLIR's older text for `ui8`.
_STORAGE: Final = re.compile(r"(i|si|u|ui)([1-9][0-9]{0,2})")
_SIGNEDNESS: Final[dict[str, Signedness]] = {"i": "signless", "si": "signed", "u": "unsigned", "ui": "unsigned"}
_PREFIX: Final[dict[Signedness, str]] = {"signless": "i", "signed": "si", "unsigned": "ui"}
MAX_STORAGE_BITS: Final = 32


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
        low, high = _storage_bounds(storage_type, storage_min, storage_max)
        points = tuple(int(point) for point in zero_points)
        return storage_type, expressed_type, tuple(float(scale) for scale in scales), points, axis, low, high

    def verify_parameters(self) -> None:
        low, high = _verify_storage(self.storage_type, self.storage_min, self.storage_max)
        for scale in self.scales:
            _verify_scale(scale, self.expressed_type)
        _needs(all(low <= point <= high for point in self.zero_points), f"zero points are in {low}:{high}", "C7")
        _needs(len(self.scales) == len(self.zero_points), "there is a zero point for each scale", "C9")
        _needs(len(self.scales) > 0, "there is a scale")
        _needs(self.axis is not None or len(self.scales) == 1, "without an axis there is one scale", "C10")
        _needs(self.axis is None or self.axis >= 0, "the axis is a dimension", "C11")

    def verify_dims(self, dims: Sequence[int | None]) -> None:
        """Checks a tensor type with such elements. Raises `couloir.Error`."""
        if self.axis is None:
            return
        _needs(self.axis < len(dims), f"the axis {self.axis} is one of {len(dims)} dimensions", "C12")
        size = dims[self.axis]
        _needs(size is None or size == len(self.scales), f"{len(self.scales)} scales for {size} along the axis", "C13")

    def compatible_with(self, other: Type) -> bool:
        if not isinstance(other, UniformType):
            return False
        ours, theirs = (
            (t.storage_type, t.storage_min, t.storage_max, t.expressed_type, t.axis is None) for t in (self, other)
        )
        return ours == theirs

    def print_parameters(self, p: AttributePrinter) -> None:
        _print_storage(p, self)
        texts = [_parameter_text(p, pair) for pair in zip(self.scales, self.zero_points, strict=True)]
        p.write(f", {texts[0]}>" if self.axis is None else f":{self.axis}, {{{','.join(texts)}}}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Any:
        storage, low, high = _parse_storage(p)
        p.expect(":")
        expressed = _parse_expressed(p)
        if not p.optional(":"):
            p.expect(",")
            pairs = [_parse_parameter(p)]
            axis = None
        elif p.at("{"):
            return SubChannelType.parse_blocks(p, storage, expressed, low, high)
        else:
            axis = p.integer("a dimension")
            p.expect(",")
            pairs = p.comma_separated(lambda: _parse_parameter(p), "{", "}")
        p.expect(">")
        scales, points = tuple(s for s, _ in pairs), tuple(z for _, z in pairs)
        return cls(storage, expressed, scales, points, axis, low, high)


class SubChannelType(Type):
    """A `!quant.uniform` whose scales differ from block to block: `<i8:f32:{0:2, 1:3}, {{1.0, 2.0}, {3.0, 4.0}}>`.

    Source: MLIR quant dialect, UniformQuantizedSubChannelType. StableHLO's ops do not take it.

    Attributes:
        scales: One for each block, in row-major order.
        zero_points: As many.
        block_counts: The shape of the list of scales.
        block_sizes: Pairs of a dimension of the tensor and the size of a block along it.
    """

    storage_type: IntegerType
    expressed_type: FloatType
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    block_counts: tuple[int, ...]
    block_sizes: tuple[tuple[int, int], ...]
    storage_min: int | None = None
    storage_max: int | None = None

    @classmethod
    def normalize(
        cls,
        storage_type: IntegerType,
        expressed_type: FloatType,
        scales: Sequence[float],
        zero_points: Sequence[int],
        block_counts: Sequence[int],
        block_sizes: Sequence[tuple[int, int]],
        storage_min: int | None,
        storage_max: int | None,
    ) -> tuple[Any, ...]:
        low, high = _storage_bounds(storage_type, storage_min, storage_max)
        points = tuple(int(point) for point in zero_points)
        sizes = tuple((dim, size) for dim, size in block_sizes)
        return storage_type, expressed_type, tuple(map(float, scales)), points, tuple(block_counts), sizes, low, high

    def verify_parameters(self) -> None:
        _verify_storage(self.storage_type, self.storage_min, self.storage_max)
        for scale in self.scales:
            _verify_scale(scale, self.expressed_type)
        count = math.prod(self.block_counts)
        _needs(
            len(self.scales) == len(self.zero_points) == count > 0, "there is a scale and a zero point for each block"
        )
        _needs(
            all(dim >= 0 and size > 0 for dim, size in self.block_sizes), "dimensions and sizes of blocks are positive"
        )

    def print(self, p: AttributePrinter) -> None:
        p.write("!" + UniformType.name)
        _print_storage(p, self)
        sizes = ", ".join(f"{dim}:{size}" for dim, size in self.block_sizes)
        texts = [_parameter_text(p, pair) for pair in zip(self.scales, self.zero_points, strict=True)]
        for count in reversed(self.block_counts):
            texts = [f"{{{', '.join(texts[i : i + count])}}}" for i in range(0, len(texts), count)]
        p.write(f":{{{sizes}}}, {texts[0]}>")

    @classmethod
    def parse_blocks(
        cls, p: AttributeParser, storage: IntegerType, expressed: FloatType, low: int | None, high: int | None
    ) -> SubChannelType:
        """Reads `{0:2, 1:3}, {{1.0, 2.0}, {3.0, 4.0}}>`."""

        def block() -> tuple[int, int]:
            dim = p.integer("a dimension")
            p.expect(":")
            return dim, p.integer("the size of a block")

        sizes = p.comma_separated(block, "{", "}")
        p.expect(",")
        pairs, counts = _parse_nested(p, lambda: _parse_parameter(p))
        p.expect(">")
        scales, points = tuple(s for s, _ in pairs), tuple(z for _, z in pairs)
        return cls(storage, expressed, scales, points, counts, tuple(sizes), low, high)


class AnyQuantizedType(Type, name="quant.any"):
    """Integers that stand for numbers in a way that is not said: `!quant.any<i8<-8:7>:f32>`.

    Source: MLIR quant dialect, AnyQuantizedType.
    """

    storage_type: IntegerType
    expressed_type: FloatType | None = None
    storage_min: int | None = None
    storage_max: int | None = None

    @classmethod
    def normalize(
        cls,
        storage_type: IntegerType,
        expressed_type: FloatType | None,
        storage_min: int | None,
        storage_max: int | None,
    ) -> tuple[Any, ...]:
        return storage_type, expressed_type, *_storage_bounds(storage_type, storage_min, storage_max)

    def verify_parameters(self) -> None:
        _verify_storage(self.storage_type, self.storage_min, self.storage_max)

    def print_parameters(self, p: AttributePrinter) -> None:
        _print_storage(p, self)
        p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> AnyQuantizedType:
        storage, low, high = _parse_storage(p)
        expressed = _parse_expressed(p) if p.optional(":") else None
        p.expect(">")
        return cls(storage, expressed, low, high)


class CalibratedType(Type, name="quant.calibrated"):
    """Numbers that were observed to lie between two bounds: `!quant.calibrated<f32<-0.998:1.2321>>`.

    Source: MLIR quant dialect, CalibratedQuantizedType.
    """

    expressed_type: FloatType
    min: float
    max: float

    def verify_parameters(self) -> None:
        if not self.min < self.max:
            raise Error(f"`!quant.calibrated`: {self.min} is not less than {self.max}")

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<")
        p.attribute(self.expressed_type)
        p.write(f"<{p.float_text(self.min, f64)}:{p.float_text(self.max, f64)}>>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> CalibratedType:
        p.expect("<")
        expressed = _parse_expressed(p)
        p.expect("<")
        low = p.float_literal()
        p.expect(":")
        high = p.float_literal()
        p.expect(">")
        p.expect(">")
        return cls(expressed, low, high)


def _needs(condition: bool, what: str, id: str = "") -> None:
    """Raises `couloir.Error` unless the condition holds."""
    if not condition:
        raise Error(f"`!quant.uniform`: {what}" + (f" ({id})" if id else ""))


def _storage_bounds(storage: IntegerType, low: int | None = None, high: int | None = None) -> tuple[int, int]:
    """The bounds that are given, or else those of the storage type; one signed bit is -1 or 0."""
    signed = IntegerType(storage.width, "signed") if storage.is_signed else storage
    return signed.minimum if low is None else low, signed.maximum if high is None else high


def _verify_storage(storage: IntegerType, low: int | None, high: int | None) -> tuple[int, int]:
    """The bounds of what is used of the storage type. Raises `couloir.Error` when there cannot be such integers."""
    _needs(
        1 <= storage.width <= MAX_STORAGE_BITS,
        f"the storage type is an integer of 1 to {MAX_STORAGE_BITS} bits, not `{storage}`",
    )
    assert low is not None and high is not None, "normalized"
    least, greatest = _storage_bounds(storage)
    _needs(least <= low < high <= greatest, f"{low}:{high} is a range of {storage.width}-bit integers", "C3")
    return low, high


def _print_storage(p: AttributePrinter, type: UniformType | SubChannelType | AnyQuantizedType) -> None:
    """Writes `<i8<-8:7>:f32`; bounds that are those of the storage type are left out."""
    storage = type.storage_type
    p.write(f"<{_PREFIX[storage.signedness]}{storage.width}")
    if (type.storage_min, type.storage_max) != _storage_bounds(storage):
        p.write(f"<{type.storage_min}:{type.storage_max}>")
    if type.expressed_type is not None:
        p.write(":")
        p.attribute(type.expressed_type)


def _verify_scale(scale: float, expressed: FloatType) -> None:
    """Raises `couloir.Error` unless a scale is a positive number of the expressed type."""
    _needs(scale > 0, f"scales are positive, not {scale}", "C5")
    _needs(math.isfinite(scale), f"scales are finite, not {scale}", "C6")
    dtype = float_dtype(expressed.kind)
    if dtype is not None:
        import ml_dtypes

        info = cast(Any, ml_dtypes.finfo(dtype))
        least, greatest = float(info.smallest_subnormal), float(info.max)
        _needs(least <= scale <= greatest, f"scales are of type `{expressed}`, which does not reach {scale}", "C4")


def _parameter_text(p: AttributePrinter, pair: tuple[float, int]) -> str:
    """A scale, and its zero point unless that is 0."""
    scale, point = pair
    return p.float_text(scale, f64) + (f":{point}" if point else "")


def _parse_parameter(p: AttributeParser) -> tuple[float, int]:
    """Reads a scale and its zero point: `0.5:3`, `0.5`."""
    return p.float_literal(), p.integer("a zero point") if p.optional(":") else 0


def _parse_storage(p: AttributeParser) -> tuple[IntegerType, int | None, int | None]:
    """Reads `<i8`, or `<i8<-8:7>`: the storage type, and the bounds if they are given."""
    p.expect("<")
    at = p.position
    found = _STORAGE.fullmatch(p.identifier("a storage type such as `i8`"))
    if found is None:
        raise p.error("expected a storage type: `i` or `u` and a number of bits", at=at)
    storage = IntegerType(int(found[2]), _SIGNEDNESS[found[1]])
    low = high = None
    if p.optional("<"):
        low = p.integer("the least integer")
        p.expect(":")
        high = p.integer("the greatest integer")
        p.expect(">")
    return storage, low, high


def _parse_expressed(p: AttributeParser) -> FloatType:
    """Reads the type of the numbers that integers stand for."""
    at = p.position
    expressed = p.type()
    if not isinstance(expressed, FloatType):
        raise p.error(f"expected a float type, found `{expressed}`", at=at)
    return expressed


def _parse_nested(
    p: AttributeParser, parse_one: Callable[[], tuple[float, int]]
) -> tuple[list[tuple[float, int]], tuple[int, ...]]:
    """Reads lists in lists, `{{a, b}, {c, d}}`: the items in row-major order, and the shape of the whole."""
    start = p.position
    items: list[tuple[float, int]] = []
    counts: dict[int, set[int]] = {}
    open_lists: list[int] = []  # how many entries each open list has so far
    leaves: set[int] = set()  # the depths at which items stand
    p.expect("{")
    open_lists.append(0)
    while open_lists:
        if p.optional("{"):
            open_lists.append(0)
            continue
        leaves.add(len(open_lists))
        items.append(parse_one())
        open_lists[-1] += 1
        while open_lists and not p.optional(","):
            p.expect("}")
            depth = len(open_lists)
            counts.setdefault(depth, set()).add(open_lists.pop())
            if open_lists:
                open_lists[-1] += 1
    if len(leaves) > 1 or any(len(found) > 1 for found in counts.values()):
        raise p.error("the lists of scales are not equally long", at=start)
    return items, tuple(min(counts[depth]) for depth in sorted(counts))
