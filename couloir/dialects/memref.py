"""The memref dialect: buffers. Names and semantics are upstream's (MLIR, "memref" dialect)."""

from __future__ import annotations

from collections.abc import Iterator

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.codecs import SYMBOL_NAME, UNIT_FLAG
from couloir.ir.constraints import INDEX, Holds, SameElementType, element_type
from couloir.ir.fields import (
    Operand,
    Operands,
    Result,
    attr,
    attr_default,
    attr_optional,
    operand,
    operands,
    result,
)
from couloir.ir.operation import Operation
from couloir.ir.traits import MemoryAllocate, MemoryFree, MemoryRead, MemoryWrite, Pure, Symbol
from couloir.ir.types import MemRefType, Type


def _one_index_per_dimension(op: Load | Store) -> bool | str:
    rank = op.memref.type.rank
    return len(op.indices) == rank or f"{len(op.indices)} indices for rank {rank}"


def _one_size_per_dynamic_dimension(op: Alloc | Alloca) -> bool | str:
    dynamic = op.memref.type.dims.count(None)
    return len(op.dynamic_sizes) == dynamic or f"{len(op.dynamic_sizes)} sizes for {dynamic} dynamic dimensions"


class Alloc(Operation, name="memref.alloc", traits=(MemoryAllocate,)):
    """A new buffer on the heap; its elements are undefined. The type is given: `Alloc(result_types=[type])`."""

    dynamic_sizes: Operands[Type] = operands(elements=INDEX)
    symbol_operands: Operands[Type] = operands(elements=INDEX)
    alignment: int | None = attr_optional(default=None)
    memref: Result[MemRefType] = result()
    constraints = (Holds("there is one size for each dynamic dimension", _one_size_per_dynamic_dimension),)


class Alloca(Operation, name="memref.alloca", traits=(MemoryAllocate,)):
    """A new buffer on the stack: it lives until the op around it is done."""

    dynamic_sizes: Operands[Type] = operands(elements=INDEX)
    symbol_operands: Operands[Type] = operands(elements=INDEX)
    alignment: int | None = attr_optional(default=None)
    memref: Result[MemRefType] = result()
    constraints = (Holds("there is one size for each dynamic dimension", _one_size_per_dynamic_dimension),)


class Dealloc(Operation, name="memref.dealloc", traits=(MemoryFree,)):
    """Frees a buffer made by `memref.alloc`."""

    memref: Operand[MemRefType]


class Load(Operation, name="memref.load", traits=(MemoryRead,)):
    """The element at the given indices."""

    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    nontemporal: bool = attr_default(default=False)
    result: Result[Type] = result()
    constraints = (Holds("there is one index for each dimension", _one_index_per_dimension),)

    def infer(self) -> Type:
        return self.memref.type.element_type


class Store(Operation, name="memref.store", traits=(MemoryWrite,)):
    """Writes an element at the given indices."""

    value: Operand[Type]
    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    nontemporal: bool = attr_default(default=False)
    constraints = (
        Holds("there is one index for each dimension", _one_index_per_dimension),
        SameElementType("value", "memref"),
    )


class Copy(Operation, name="memref.copy", traits=(MemoryWrite,)):
    """Copies all elements; the two do not overlap unless they are the same."""

    source: Operand[MemRefType]
    target: Operand[MemRefType]
    constraints = (
        SameElementType("source", "target"),
        Holds("source and target have the same shape", lambda op: op.source.type.dims == op.target.type.dims),
    )


class Dim(Operation, name="memref.dim", traits=(Pure,)):
    """The size of one dimension."""

    source: Operand[MemRefType]
    index: Operand[Type] = operand(elements=INDEX)
    result: Result[Type] = result()

    def infer(self) -> Type:
        return self.index.type


class Cast(Operation, name="memref.cast", traits=(Pure,)):
    """The same buffer by a type that knows more or less about its dimensions."""

    source: Operand[Type]
    dest: Result[Type] = result()


class Global(Operation, name="memref.global", traits=(Symbol,)):
    """A named buffer of the module; with `constant` its elements are `initial_value` for ever."""

    sym_name: str
    type: MemRefType
    sym_visibility: str | None = attr_optional(default=None)
    initial_value: Attribute | None = attr_optional(default=None)
    constant: bool = attr_optional(default=False, codec=UNIT_FLAG)
    alignment: int | None = attr_optional(default=None)

    def verify(self) -> Iterator[str]:
        value = self.initial_value
        if isinstance(value, DenseElementsAttr) and (
            value.array.shape != self.type.shape or element_type(value.type) is not self.type.element_type
        ):
            yield f"the value `{value.type}` does not fit the type `{self.type}`"


class GetGlobal(Operation, name="memref.get_global", traits=(Pure,)):
    """The buffer of a `memref.global`. The type is given: `GetGlobal("weights", result_types=[type])`."""

    name_: str = attr(key="name", codec=SYMBOL_NAME)
    result: Result[MemRefType] = result()


class ReinterpretCast(Operation, name="memref.reinterpret_cast", traits=(Pure,)):
    """The same memory with another offset, other sizes and strides (in elements). The type is given."""

    source: Operand[Type]
    offsets: Operands[Type] = operands(elements=INDEX)
    sizes: Operands[Type] = operands(elements=INDEX)
    strides: Operands[Type] = operands(elements=INDEX)
    static_offsets: tuple[int, ...] = ()
    static_sizes: tuple[int, ...] = ()
    static_strides: tuple[int, ...] = ()
    result: Result[MemRefType] = result()
