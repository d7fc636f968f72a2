"""The memref dialect: buffers. Names and semantics are upstream's (MLIR, "memref" dialect)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.index_lists import DYNAMIC, Index, split
from couloir.dialects.shapes import same_dims
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import UNIT, DenseElementsAttr, UnitAttr
from couloir.ir.codecs import SYMBOL_NAME, UNIT_FLAG, array_of, integer
from couloir.ir.constraints import ElementOf, Holds, SameElementType, element_type
from couloir.ir.errors import Error
from couloir.ir.fields import (
    Operand,
    Operands,
    Result,
    attr,
    attr_default,
    attr_optional,
    operands,
    result,
)
from couloir.ir.operation import Operation, Value
from couloir.ir.text.custom import custom_directive
from couloir.ir.traits import MemoryAllocate, MemoryFree, MemoryRead, MemoryWrite, Pure, Symbol
from couloir.ir.types import IndexType, MemRefType, StridedLayoutAttr, TensorType, Type, UnrankedMemRefType, i64, index

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer


def _print_type_and_value(p: Printer, op: Operation, type: MemRefType, value: Attribute | None) -> None:
    p.type(type)
    if isinstance(value, UnitAttr):
        p.write(" = uninitialized")
    elif value is not None:
        text = p.attribute_text(value)
        p.write(" = ", text.removesuffix(f" : {tensor_type(type)}"))


def _parse_type_and_value(p: Parser) -> tuple[Attribute, Attribute | None]:
    at = p.position
    type = p.type()
    if not isinstance(type, MemRefType):
        raise p.error(f"expected a memref type, found `{type}`", at=at)
    if not p.optional("="):
        return type, None
    return type, UNIT if p.optional_keyword("uninitialized") else p.attribute(tensor_type(type))


custom_directive("TypeAndInitialValue", _print_type_and_value, _parse_type_and_value)


def tensor_type(type: MemRefType) -> TensorType:
    """The tensor with the dimensions and elements of a buffer."""
    return TensorType(type.dims, type.element_type)


def _marks_have_operands(op: ReinterpretCast | SubView) -> bool | str:
    for name in ("offsets", "sizes", "strides"):
        static: tuple[int, ...] = getattr(op, f"static_{name}")
        given = len(getattr(op, name))
        if static.count(DYNAMIC) != given:
            return f"`{name}` has {given} operands for {static.count(DYNAMIC)} marks"
    return True


def _one_index_per_dimension(op: Load | Store) -> bool | str:
    rank = op.memref.type.rank
    return len(op.indices) == rank or f"{len(op.indices)} indices for rank {rank}"


def _one_size_per_dynamic_dimension(op: Alloc | Alloca) -> bool | str:
    dynamic = op.memref.type.dims.count(None)
    return len(op.dynamic_sizes) == dynamic or f"{len(op.dynamic_sizes)} sizes for {dynamic} dynamic dimensions"


def _is_power_of_two(op: Any) -> bool:
    return op.alignment is None or (op.alignment.bit_count() == 1 and op.alignment > 0)


ALIGNED: Final = Holds("`alignment` is a power of two", _is_power_of_two)

_HINTS: Final = "(`alignment` `(` $alignment^ `)`)? (`nontemporal` `(` $nontemporal^ `)`)?"
"""How newer releases of upstream write these attributes."""


class Alloc(Operation, name="memref.alloc", traits=(MemoryAllocate,)):
    """A new buffer on the heap; its elements are undefined. The type is given: `Alloc(result_types=[type])`."""

    dynamic_sizes: Operands[IndexType] = operands(default=())
    symbol_operands: Operands[IndexType] = operands(default=())
    alignment: int | None = attr_optional(default=None)
    memref: Result[MemRefType] = result()

    constraints = (
        Holds("there is one size for each dynamic dimension", _one_size_per_dynamic_dimension, verify_only=True),
        ALIGNED,
    )
    assembly_format = "`(` $dynamic_sizes `)` (`` `[` $symbol_operands^ `]`)? attr-dict `:` type($memref)"
    strict_format = (
        "`(` $dynamic_sizes `)` (`` `[` $symbol_operands^ `]`)? (`alignment` `=` $alignment^)? attr-dict"
        " `:` type($memref)"
    )


class Alloca(Operation, name="memref.alloca", traits=(MemoryAllocate,)):
    """A new buffer on the stack: it lives until the op around it is done."""

    dynamic_sizes: Operands[IndexType] = operands(default=())
    symbol_operands: Operands[IndexType] = operands(default=())
    alignment: int | None = attr_optional(default=None)
    memref: Result[MemRefType] = result()

    constraints = (
        Holds("there is one size for each dynamic dimension", _one_size_per_dynamic_dimension, verify_only=True),
        ALIGNED,
    )
    assembly_format = "`(` $dynamic_sizes `)` (`` `[` $symbol_operands^ `]`)? attr-dict `:` type($memref)"
    strict_format = (
        "`(` $dynamic_sizes `)` (`` `[` $symbol_operands^ `]`)? (`alignment` `=` $alignment^)? attr-dict"
        " `:` type($memref)"
    )


class Dealloc(Operation, name="memref.dealloc", traits=(MemoryFree,)):
    """Frees a buffer made by `memref.alloc`."""

    memref: Operand[MemRefType]

    assembly_format = "$memref attr-dict `:` type($memref)"


class Load(Operation, name="memref.load", traits=(MemoryRead,)):
    """The element at the given indices."""

    memref: Operand[MemRefType]
    indices: Operands[IndexType] = operands(default=())
    nontemporal: bool = attr_optional(default=False)
    alignment: int | None = attr_optional(default=None)
    result: Result[Type] = result()

    constraints = (Holds("there is one index for each dimension", _one_index_per_dimension), ALIGNED)
    assembly_format = "$memref `[` $indices `]` attr-dict `:` type($memref)"
    strict_format = f"$memref `[` $indices `]` {_HINTS} attr-dict `:` type($memref)"

    def infer(self) -> Type:
        return self.memref.type.element_type


class Store(Operation, name="memref.store", traits=(MemoryWrite,)):
    """Writes an element at the given indices."""

    value: Operand[Type]
    memref: Operand[MemRefType]
    indices: Operands[IndexType] = operands(default=())
    nontemporal: bool = attr_optional(default=False)
    alignment: int | None = attr_optional(default=None)

    constraints = (
        Holds("there is one index for each dimension", _one_index_per_dimension),
        ElementOf("value", "memref"),
        ALIGNED,
    )
    assembly_format = "$value `,` $memref `[` $indices `]` attr-dict `:` type($memref)"
    strict_format = f"$value `,` $memref `[` $indices `]` {_HINTS} attr-dict `:` type($memref)"


class Copy(Operation, name="memref.copy", traits=(MemoryWrite,)):
    """Copies all elements; the two do not overlap unless they are the same."""

    source: Operand[MemRefType]
    target: Operand[MemRefType]

    constraints = (
        SameElementType("source", "target"),
        Holds("source and target have the same shape", lambda op: same_dims(op.source.type.dims, op.target.type.dims)),
    )
    assembly_format = "$source `,` $target attr-dict `:` type($source) `to` type($target)"


class Dim(Operation, name="memref.dim", traits=(Pure,)):
    """The size of one dimension."""

    source: Operand[MemRefType | UnrankedMemRefType]
    index: Operand[IndexType]
    result: Result[Type] = result()

    assembly_format = "attr-dict $source `,` $index `:` type($source)"

    def infer(self) -> Type:
        return index


class Cast(Operation, name="memref.cast", traits=(Pure,)):
    """The same buffer by a type that knows more or less about its dimensions."""

    source: Operand[MemRefType | UnrankedMemRefType]
    dest: Result[MemRefType | UnrankedMemRefType] = result()

    constraints = (SameElementType("source", "dest"),)
    assembly_format = "$source attr-dict `:` type($source) `to` type($dest)"


class Global(Operation, name="memref.global", traits=(Symbol,)):
    """A named buffer of the module; with `constant` its elements are `initial_value` for ever."""

    sym_name: str
    type: MemRefType
    sym_visibility: str | None = attr_optional(default=None)
    initial_value: Attribute | None = attr_optional(default=None)
    """A constant tensor, or `unit` for a buffer that begins uninitialized; without it, it is defined elsewhere."""
    constant: bool = attr_optional(default=False, codec=UNIT_FLAG)
    alignment: int | None = attr_optional(default=None)

    constraints = (ALIGNED,)
    assembly_format = (
        "($sym_visibility^)? (`constant` $constant^)? $sym_name"
        " `:` custom<TypeAndInitialValue>($type, $initial_value) attr-dict"
    )
    strict_format = (
        "($sym_visibility^)? (`constant` $constant^)? $sym_name"
        " `:` custom<TypeAndInitialValue>($type, $initial_value) (`alignment` `=` $alignment^)? attr-dict"
    )

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

    assembly_format = "$name_ `:` type($result) attr-dict"


def _type_follows(op: ReinterpretCast) -> bool | str:
    """Whether offset, sizes and strides of the result's type are those of the lists, or not known in the type."""
    if not isinstance(op.result.type.layout, StridedLayoutAttr | None):
        return "the layout of its type is not strided"
    strides, offset = strides_and_offset(op.result.type)
    for what, found, given in (
        ("offset", [offset], op.static_offsets),
        ("size", op.result.type.dims, op.static_sizes),
        ("stride", strides, op.static_strides),
    ):
        if len(found) != len(given):
            return f"there are {len(given)} {what}s, the type has {len(found)}"
        for number, (known, said) in enumerate(zip(found, given, strict=True)):
            if known is not None and known != said:
                return f"{what} {number} of the type is {known}, not {'dynamic' if said == DYNAMIC else said}"
    return True


class ReinterpretCast(Operation, name="memref.reinterpret_cast", traits=(Pure,)):
    """The same memory with another offset, other sizes and strides (in elements). The type is given."""

    source: Operand[MemRefType | UnrankedMemRefType]
    offsets: Operands[IndexType] = operands(default=())
    sizes: Operands[IndexType] = operands(default=())
    strides: Operands[IndexType] = operands(default=())
    static_offsets: tuple[int, ...] = attr_default(default=())
    static_sizes: tuple[int, ...] = attr_default(default=())
    static_strides: tuple[int, ...] = attr_default(default=())
    result: Result[MemRefType] = result()

    constraints = (
        Holds("each mark in a static list has an operand", _marks_have_operands),
        Holds("the type says what the lists say", _type_follows, verify_only=True),
    )
    assembly_format = (
        "$source `to` `offset` `` `:` custom<DynamicIndexList>($offsets, $static_offsets) `` `,`"
        " `sizes` `` `:` custom<DynamicIndexList>($sizes, $static_sizes) `` `,`"
        " `strides` `` `:` custom<DynamicIndexList>($strides, $static_strides)"
        " attr-dict `:` type($source) `to` type($result)"
    )


def _is_part(op: SubView) -> bool | str:
    source = op.source.type
    if not isinstance(source.layout, StridedLayoutAttr | None):
        return True
    part = _part_type(source, op.static_offsets, op.static_sizes, op.static_strides)
    found = op.result.type
    if found.rank == source.rank:
        same = found is part or (strides_and_offset(found) == strides_and_offset(part) and found.dims == part.dims)
        return same or f"the part is a `{part}`"
    kept = iter(found.dims)
    wanted = next(kept, 1)
    for size in part.dims:
        if size == wanted:
            wanted = next(kept, 1)
        elif size != 1:
            return f"the part is a `{part}`"
    return next(kept, None) is None


def _part_type(source: MemRefType, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int]) -> MemRefType:
    """The type of a part of a buffer; numbers that are `DYNAMIC` are not known."""
    old, offset = strides_and_offset(source)
    for stride, start in zip(old, offsets, strict=True):
        step = _product(stride, None if start == DYNAMIC else start)
        offset = None if offset is None or step is None else offset + step
    new = [_product(stride, None if step == DYNAMIC else step) for stride, step in zip(old, strides, strict=True)]
    dims = tuple(None if size == DYNAMIC else size for size in sizes)
    return MemRefType(dims, source.element_type, StridedLayoutAttr(tuple(new), offset), source.memory_space)


class SubView(Operation, name="memref.subview", traits=(Pure,)):
    """A part of a buffer, at an offset in each dimension, of a size, taking every stride-th element.

    `SubView.of(buffer, (0, i), (2, 2))` finds the type of the result; a type given may leave out dimensions of size 1.
    """

    source: Operand[MemRefType]
    offsets: Operands[IndexType] = operands(default=())
    sizes: Operands[IndexType] = operands(default=())
    strides: Operands[IndexType] = operands(default=())
    static_offsets: tuple[int, ...] = attr_default(default=())
    static_sizes: tuple[int, ...] = attr_default(default=())
    static_strides: tuple[int, ...] = attr_default(default=())
    result: Result[MemRefType] = result()

    constraints = (
        SameElementType("source", "result"),
        Holds("each mark in a static list has an operand", _marks_have_operands),
        Holds(
            "there is an offset, a size and a stride for each dimension of the source",
            lambda op: {len(op.static_offsets), len(op.static_sizes), len(op.static_strides)} == {op.source.type.rank},
        ),
        Holds("the type is that of the part, perhaps without dimensions of size 1", _is_part, verify_only=True),
    )
    assembly_format = (
        "$source `` custom<DynamicIndexList>($offsets, $static_offsets)"
        " custom<DynamicIndexList>($sizes, $static_sizes) custom<DynamicIndexList>($strides, $static_strides)"
        " attr-dict `:` type($source) `to` type($result)"
    )

    @classmethod
    def of(
        cls,
        source: Value[MemRefType],
        offsets: Sequence[Index],
        sizes: Sequence[Index],
        strides: Sequence[Index] | None = None,
    ) -> SubView:
        """A part of `source` with as many dimensions; each list has numbers and index values. Strides default to 1."""
        steps: Sequence[Index] = (1,) * len(offsets) if strides is None else strides
        if not len(offsets) == len(sizes) == len(steps) == source.type.rank:
            raise Error(f"a part of `{source.type}` has {source.type.rank} offsets, sizes and strides")
        static_offsets, dynamic_offsets = split(offsets)
        static_sizes, dynamic_sizes = split(sizes)
        static_strides, dynamic_strides = split(steps)
        type = _part_type(source.type, static_offsets, static_sizes, static_strides)
        return cls(
            source,
            dynamic_offsets,
            dynamic_sizes,
            dynamic_strides,
            static_offsets,
            static_sizes,
            static_strides,
            result_types=[type],
        )


def _product(stride: int | None, number: int | None) -> int | None:
    if stride is None or number is None:
        return 0 if number == 0 else None
    return stride * number


def strides_and_offset(type: MemRefType) -> tuple[list[int | None], int | None]:
    """How far apart neighbours in each dimension are, and where the first element is; in elements, None when not known.

    Raises:
        Error: for a layout that is not strided.
    """
    if isinstance(type.layout, StridedLayoutAttr):
        return list(type.layout.strides), type.layout.offset
    if type.layout is not None:
        raise Error(f"the layout of `{type}` is not strided")
    strides: list[int | None] = []
    step: int | None = 1
    for size in reversed(type.dims):
        strides.insert(0, step)
        step = None if step is None or size is None else step * size
    return strides, 0


_REASSOCIATION: Final = array_of(array_of(integer(i64)))


class ExpandShape(Operation, name="memref.expand_shape", traits=(Pure,)):
    """The same buffer with dimensions divided: group i of `reassociation` is made of dimension i. The type is given."""

    src: Operand[MemRefType]
    output_shape: Operands[IndexType] = operands(default=())
    reassociation: tuple[tuple[int, ...], ...] = attr(codec=_REASSOCIATION, kw_only=True)
    static_output_shape: tuple[int, ...] = attr(kw_only=True)
    result: Result[MemRefType] = result()

    constraints = (
        SameElementType("src", "result"),
        Holds(
            "the groups are the dimensions of the result in order, one group for each dimension of the source",
            lambda op: _groups_fit(op.reassociation, op.src.type.rank, op.result.type.rank),
            verify_only=True,
        ),
    )
    assembly_format = (
        "$src $reassociation `output_shape` custom<DynamicIndexList>($output_shape, $static_output_shape) attr-dict"
        " `:` type($src) `into` type($result)"
    )


class CollapseShape(Operation, name="memref.collapse_shape", traits=(Pure,)):
    """The same buffer with dimensions joined: group i of `reassociation` becomes dimension i. The type is given."""

    src: Operand[MemRefType]
    reassociation: tuple[tuple[int, ...], ...] = attr(codec=_REASSOCIATION)
    result: Result[MemRefType] = result()

    constraints = (
        SameElementType("src", "result"),
        Holds(
            "the groups are the dimensions of the source in order, one group for each dimension of the result",
            lambda op: _groups_fit(op.reassociation, op.result.type.rank, op.src.type.rank),
            verify_only=True,
        ),
    )
    assembly_format = "$src $reassociation attr-dict `:` type($src) `into` type($result)"


def _groups_fit(groups: Sequence[Sequence[int]], count: int, rank: int) -> bool:
    in_order = [axis for group in groups for axis in group] == list(range(rank))
    return in_order and (len(groups) == count or (count == 0 and not groups))
