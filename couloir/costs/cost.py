"""What an op costs, and how sizes are counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.dialects.hlo.attributes import Future, Token
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    MemRefType,
    NoneType,
    ShapedType,
    TensorType,
    TupleType,
    UnrankedMemRefType,
    VectorType,
    bit_width,
)

if TYPE_CHECKING:
    from couloir.ir.attribute import Type

_NUMBERS: Final = (IntegerType, FloatType, IndexType, ComplexType)
_WITHOUT_MEMORY: Final = (*_NUMBERS, NoneType, VectorType, MemRefType, UnrankedMemRefType, Token)


@attrs.frozen
class Cost:
    """Exact counts, by the conventions of XLA's HloCostAnalysis."""

    flops: int = 0
    """Operations on elements, of any element type: an addition is 1, a multiplication and an addition are 2."""
    transcendentals: int = 0
    """Evaluations of exponentials, roots, sines, ... These are not among `flops`."""
    bytes_accessed: int = 0
    """Bytes read and written when each op reads its operands from memory and writes its results to it."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.flops + other.flops,
            self.transcendentals + other.transcendentals,
            self.bytes_accessed + other.bytes_accessed,
        )

    def __mul__(self, times: int | Cost) -> Cost:
        """The cost of that many runs. Where runs count for some of the three alone, `times` is itself a `Cost`."""
        by = Cost(times, times, times) if isinstance(times, int) else times
        return Cost(
            self.flops * by.flops,
            self.transcendentals * by.transcendentals,
            self.bytes_accessed * by.bytes_accessed,
        )

    @property
    def arithmetic(self) -> Cost:
        """The same without memory: what is computed on values that are at hand."""
        return Cost(self.flops, self.transcendentals)

    @property
    def intensity(self) -> float | None:
        """Arithmetic intensity: flops for each byte accessed; None where no byte is."""
        return self.flops / self.bytes_accessed if self.bytes_accessed else None


NOTHING: Final = Cost()
ONCE: Final = Cost(1, 1, 1)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of costs."""
    flops = transcendentals = moved = 0
    for cost in costs:
        flops += cost.flops
        transcendentals += cost.transcendentals
        moved += cost.bytes_accessed
    return Cost(flops, transcendentals, moved)


def elements(value: Value[Any]) -> int:
    """The number of elements of a tensor, vector or buffer; 1 for a number.

    Raises:
        Error: for a size or rank that is not known before the program runs.
    """
    if isinstance(value.type, ShapedType):
        return value.type.size
    if isinstance(value.type, _NUMBERS):
        return 1
    raise _unknown(value.type)


def shape_of(value: Value[Any]) -> tuple[int, ...]:
    """The sizes of a tensor, vector or buffer.

    Raises:
        Error: for a size or rank that is not known before the program runs.
    """
    if isinstance(value.type, ShapedType):
        return value.type.shape
    raise _unknown(value.type)


def bytes_of(value: Value[Any]) -> int:
    """The bytes of a tensor, or of all tensors of a tuple; 0 for what is no tensor: numbers, vectors, references to buffers.

    Each element takes whole bytes, as in XLA's default layouts and in NumPy: an `i4` one, a `complex<f32>` eight.

    Raises:
        Error: for a size or rank that is not known before the program runs.
    """
    count = 0
    todo: list[Type] = [value.type]
    while todo:
        type = todo.pop()
        match type:
            case TensorType():
                count += type.size * element_bytes(type.element_type)
            case TupleType() | Future():
                todo += type.types
            case _ if not isinstance(type, _WITHOUT_MEMORY):
                raise _unknown(type)
            case _:
                pass
    return count


def element_bytes(type: Type) -> int:
    """The bytes that an element takes."""
    stored = getattr(type, "storage_type", type)  # of a quantized one
    return -(-bit_width(stored) // 8)


def _unknown(type: Type) -> Error:
    return Error(f"the size of `{type}` is not known before it runs")


def moving(op: Operation, *, flops: int = 0, transcendentals: int = 0) -> Cost:
    """The cost of an op that reads its operands once and writes its results once."""
    return Cost(flops, transcendentals, sum(map(bytes_of, (*op.operands, *op.results))))
