"""StableHLO: upper bounds of dimensions whose sizes are not known, and what ops make of them.

Source: openxla/stablehlo, docs/dynamism.md; the text is upstream's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error
from couloir.ir.types import TensorEncoding, TensorType

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter


class TypeExtensions(TensorEncoding, name="stablehlo.bounds"):
    """Upper bounds of dynamic dimensions, in a tensor's encoding: `tensor<?x8xf32, #stablehlo.bounds<4, ?>>`."""

    bounds: tuple[int | None, ...]

    @classmethod
    def normalize(cls, bounds: Sequence[int | None]) -> tuple[Any, ...]:
        return (tuple(bounds),)

    def verify_parameters(self) -> None:
        if any(bound is not None and bound < 0 for bound in self.bounds):
            raise Error("bounds of dimensions are not negative")

    def verify_dims(self, dims: Sequence[int | None]) -> None:
        if len(self.bounds) != len(dims):
            raise Error(f"{len(self.bounds)} bounds for {len(dims)} dimensions")
        for axis, (size, bound) in enumerate(zip(dims, self.bounds, strict=True)):
            if size is not None and bound is not None:
                raise Error(f"dimension {axis} has the size {size}, so it has no bound", hint="write `?` for its bound")

    def admits(self, dims: Sequence[int | None]) -> bool:
        return all(b is None or size is None or size <= b for size, b in zip(dims, self.bounds, strict=True))

    def merged(self, others: Sequence[Attribute | None], dims: Sequence[int | None]) -> Attribute | None:
        all_bounds = [self.bounds, *(other.bounds for other in others if isinstance(other, TypeExtensions))]
        return bounds_encoding(dims, [least(*column) for column in zip(*all_bounds, strict=True)])

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<" + ", ".join("?" if bound is None else str(bound) for bound in self.bounds) + ">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> TypeExtensions:
        return cls(_parse_bounds(p, "<", ">"))


def _parse_bounds(p: AttributeParser, open: str, close: str) -> tuple[int | None, ...]:
    return tuple(p.comma_separated(lambda: None if p.optional("?") else p.integer("a bound"), open, close))


class BoundsByName(Attribute, name="stablehlo.type_extensions"):
    """The older text of `TypeExtensions`: `#stablehlo.type_extensions<bounds = [4, ?]>`."""

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Any:
        p.expect("<")
        p.expect_keyword("bounds")
        p.expect("=")
        bounds = _parse_bounds(p, "[", "]")
        p.expect(">")
        return TypeExtensions(bounds)


def bounds_of(type: TensorType) -> tuple[int | None, ...]:
    """The bound of each dimension; None for one that has none, or a size."""
    encoding = type.encoding
    return encoding.bounds if isinstance(encoding, TypeExtensions) else (None,) * type.rank


def bounds_encoding(dims: Sequence[int | None], bounds: Sequence[int | None]) -> TypeExtensions | None:
    """The encoding for bounds, those of dimensions with a size left out; None when no bound is left."""
    kept = [bound if size is None else None for size, bound in zip(dims, bounds, strict=True)]
    return None if all(bound is None for bound in kept) else TypeExtensions(tuple(kept))


def bounded(dims: Sequence[int | None], bounds: Sequence[int | None], element_type: Type) -> TensorType:
    """A tensor type with bounds for those dimensions that have no size."""
    return TensorType(tuple(dims), element_type, bounds_encoding(dims, bounds))


def most_of(type: TensorType) -> tuple[int | None, ...]:
    """The most elements that each dimension can have: its size or its bound; None when neither is known."""
    return tuple(bound if size is None else size for size, bound in zip(type.dims, bounds_of(type), strict=True))


def with_sizes(
    type: TensorType, dims: Sequence[int | None], bounds: Sequence[int | None], element_type: Type | None = None
) -> TensorType:
    """A tensor type with other dimensions, which have bounds where they have no size; other encodings stay."""
    encoding = bounds_encoding(dims, bounds) if isinstance(type.encoding, TypeExtensions | None) else type.encoding
    return TensorType(tuple(dims), type.element_type if element_type is None else element_type, encoding)


def least(*bounds: int | None) -> int | None:
    """The tightest of some bounds."""
    return min((bound for bound in bounds if bound is not None), default=None)
