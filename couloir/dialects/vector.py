"""The vector dialect: vectors of fixed sizes. Names and semantics are upstream's (MLIR, "vector" dialect)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.arith import FASTMATH, FastMath
from couloir.dialects.index_lists import DYNAMIC, Index, split
from couloir.dialects.memref import ALIGNED
from couloir.ir.attributes import EnumAttr, enum_attribute
from couloir.ir.constraints import FLOAT, Holds, SameElementType, SameType
from couloir.ir.fields import (
    Operand,
    Operands,
    OptionalOperand,
    Result,
    attr,
    attr_default,
    attr_optional,
    operand,
    operands,
    optional_operand,
    result,
)
from couloir.ir.operation import Operation, Value
from couloir.ir.text.custom import custom_directive
from couloir.ir.traits import Elementwise, MemoryRead, MemoryWrite, Pure
from couloir.ir.types import FloatType, IndexType, MemRefType, Type, VectorType

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer


@enum_attribute("vector.kind")
class CombiningKind(enum.Enum):
    """How the elements of a vector are combined."""

    ADD = "add"
    MUL = "mul"
    MINUI = "minui"
    MINSI = "minsi"
    MINNUMF = "minnumf"
    MAXUI = "maxui"
    MAXSI = "maxsi"
    MAXNUMF = "maxnumf"
    AND = "and"
    OR = "or"
    XOR = "xor"
    MINIMUMF = "minimumf"
    MAXIMUMF = "maximumf"


def _print_kind(p: Printer, op: Operation, kind: EnumAttr) -> None:
    p.write(f"<{kind.member.value}>")


def _parse_kind(p: Parser) -> tuple[Attribute]:
    p.expect("<")
    at = p.position
    text = p.identifier("how to combine")
    try:
        kind = CombiningKind(text)
    except ValueError:
        names = ", ".join(member.value for member in CombiningKind)
        raise p.error(f"`{text}` is no way to combine elements", at=at, hint=f"there are {names}") from None
    p.expect(">")
    return (EnumAttr(kind),)


custom_directive("CombiningKind", _print_kind, _parse_kind)


def _stretches(op: Broadcast) -> bool | str:
    source, target = op.source.type, op.vector.type
    dims = source.dims if isinstance(source, VectorType) else ()
    rest = target.dims[len(target.dims) - len(dims) :]
    fits = len(dims) <= len(target.dims) and all(a in (1, b) for a, b in zip(dims, rest, strict=True))
    return fits or f"`{source}` does not stretch to `{target}`"


class Broadcast(Operation, name="vector.broadcast", traits=(Pure,)):
    """Repeats a scalar or a vector: new dimensions come in front, those of size 1 are stretched. The type is given."""

    source: Operand[Type]
    vector: Result[VectorType] = result()

    constraints = (
        SameElementType("source", "vector"),
        Holds("the dimensions of the source stretch to those of the result", _stretches, verify_only=True),
    )
    assembly_format = "$source attr-dict `:` type($source) `to` type($vector)"


def _index_for_each_dimension(op: Load | Store) -> bool | str:
    rank = op.base.type.rank
    return len(op.indices) == rank or f"{len(op.indices)} indices for rank {rank}"


_INDICES = Holds("there is an index for each dimension", _index_for_each_dimension)


_HINTS: Final = "(`alignment` `=` $alignment^)? (`nontemporal` `=` $nontemporal^)?"
"""How newer releases of upstream write these attributes."""


class Load(Operation, name="vector.load", traits=(MemoryRead,)):
    """A vector of adjacent elements, the first at the given indices. The type is given."""

    base: Operand[MemRefType]
    indices: Operands[IndexType] = operands(default=())
    nontemporal: bool = attr_optional(default=False)
    alignment: int | None = attr_optional(default=None)
    result: Result[VectorType] = result()

    constraints = (_INDICES, SameElementType("base", "result"), ALIGNED)
    assembly_format = "$base `[` $indices `]` attr-dict `:` type($base) `,` type($result)"
    strict_format = f"$base `[` $indices `]` {_HINTS} attr-dict `:` type($base) `,` type($result)"


class Store(Operation, name="vector.store", traits=(MemoryWrite,)):
    """Writes a vector to adjacent elements, the first at the given indices."""

    value_to_store: Operand[VectorType]
    base: Operand[MemRefType]
    indices: Operands[IndexType] = operands(default=())
    nontemporal: bool = attr_optional(default=False)
    alignment: int | None = attr_optional(default=None)

    constraints = (_INDICES, SameElementType("value_to_store", "base"), ALIGNED)
    assembly_format = "$value_to_store `,` $base `[` $indices `]` attr-dict `:` type($base) `,` type($value_to_store)"
    strict_format = (
        f"$value_to_store `,` $base `[` $indices `]` {_HINTS} attr-dict `:` type($base) `,` type($value_to_store)"
    )


def _position_fits(op: Extract | Insert) -> bool | str:
    dims = (op.source if isinstance(op, Extract) else op.dest).type.dims
    if len(op.static_position) > len(dims):
        return f"{len(op.static_position)} indices for {len(dims)} dimensions"
    if op.static_position.count(DYNAMIC) != len(op.dynamic_position):
        return f"{len(op.dynamic_position)} operands for {op.static_position.count(DYNAMIC)} dynamic indices"
    for axis, (position, size) in enumerate(zip(op.static_position, dims, strict=False)):
        if position != DYNAMIC and not (size is not None and -1 <= position < size):
            return f"{position} is not an index of dimension {axis} of size {size}"
    return True


def _part_type(type: VectorType, indices: int) -> Type:
    """The type of what stands at a position of so many indices."""
    if indices == type.rank:
        return type.element_type
    return VectorType(type.dims[indices:], type.element_type, type.scalable[indices:])


class Extract(Operation, name="vector.extract", traits=(Pure,)):
    """The element or vector at a position; `Extract.at(v, 0)`."""

    source: Operand[VectorType]
    dynamic_position: Operands[IndexType] = operands(default=())
    static_position: tuple[int, ...] = attr(kw_only=True)
    result: Result[Type] = result()

    constraints = (Holds("the position is one of the source", _position_fits),)
    assembly_format = (
        "$source `` custom<DynamicIndexList>($dynamic_position, $static_position) attr-dict"
        " `:` type($result) `from` type($source)"
    )

    @classmethod
    def at(cls, source: Value[Any] | Operation, *position: Index | Operation) -> Extract:
        """What stands at `position`: numbers or index values, at most one for each dimension."""
        static, dynamic = split(position)
        return cls(source, dynamic, static_position=static)

    def infer(self) -> Type:
        return _part_type(self.source.type, len(self.static_position))


class Insert(Operation, name="vector.insert", traits=(Pure,)):
    """The vector with another element or vector at a position; `Insert.at(x, v, 0)`."""

    value_to_store: Operand[Type]
    dest: Operand[VectorType]
    dynamic_position: Operands[IndexType] = operands(default=())
    static_position: tuple[int, ...] = attr(kw_only=True)
    result: Result[VectorType] = result()

    constraints = (
        Holds("the position is one of the destination", _position_fits),
        Holds(
            "the value has the type of what stands at the position",
            lambda op: op.value_to_store.type is _part_type(op.dest.type, len(op.static_position)),
        ),
    )
    assembly_format = (
        "$value_to_store `,` $dest custom<DynamicIndexList>($dynamic_position, $static_position) attr-dict"
        " `:` type($value_to_store) `into` type($dest)"
    )

    @classmethod
    def at(cls, value: Value[Any] | Operation, dest: Value[Any] | Operation, *position: Index | Operation) -> Insert:
        """`dest` with `value` at `position`: numbers or index values, at most one for each dimension."""
        static, dynamic = split(position)
        return cls(value, dest, dynamic, static_position=static)

    def infer(self) -> Type:
        return self.dest.type


class FMA(Operation, name="vector.fma", traits=(Pure, Elementwise)):
    """`lhs * rhs + acc`, rounded once."""

    lhs: Operand[VectorType] = operand(elements=FLOAT)
    rhs: Operand[VectorType] = operand(elements=FLOAT)
    acc: Operand[VectorType] = operand(elements=FLOAT)
    result: Result[VectorType] = result()

    constraints = (SameType("lhs", "rhs", "acc", "result"),)
    assembly_format = "$lhs `,` $rhs `,` $acc attr-dict `:` type($lhs)"


_ANY_NUMBERS: Final = (CombiningKind.ADD, CombiningKind.MUL)
_FLOATS: Final = (CombiningKind.MINNUMF, CombiningKind.MAXNUMF, CombiningKind.MINIMUMF, CombiningKind.MAXIMUMF)


def _combines(op: Reduction) -> bool:
    is_float = isinstance(op.vector.type.element_type, FloatType)
    return op.kind in _ANY_NUMBERS or (op.kind in _FLOATS) == is_float


class Reduction(Operation, name="vector.reduction", traits=(Pure,)):
    """Combines all elements of a vector of rank 1, and `acc` where it is given, in any order if `fastmath` allows."""

    kind: CombiningKind
    vector: Operand[VectorType] = operand(rank=(0, 1))
    acc: OptionalOperand[Type] = optional_operand(default=None)
    fastmath: FastMath = attr_default(default=FastMath.NONE, codec=FASTMATH)
    dest: Result[Type] = result()

    constraints = (
        SameElementType("vector", "dest"),
        Holds(
            "`acc` has the element type of `vector`",
            lambda op: op.acc is None or op.acc.type is op.vector.type.element_type,
        ),
        Holds("`kind` combines elements of this type", _combines),
    )
    assembly_format = (
        "custom<CombiningKind>($kind) `,` $vector (`,` $acc^)? `` custom<FastMath>($fastmath) attr-dict"
        " `:` type($vector) `into` type($dest)"
    )

    def infer(self) -> Type:
        return self.vector.type.element_type


class ShapeCast(Operation, name="vector.shape_cast", traits=(Pure,)):
    """The same elements in the same order, in another shape. The type is given."""

    source: Operand[VectorType]
    result: Result[VectorType] = result()

    constraints = (
        SameElementType("source", "result"),
        Holds("there are as many elements", lambda op: op.source.type.size == op.result.type.size, verify_only=True),
    )
    assembly_format = "$source attr-dict `:` type($source) `to` type($result)"


class Bitcast(Operation, name="vector.bitcast", traits=(Pure,)):
    """The same bits by another element type; the last dimension changes with the width. The type is given."""

    source: Operand[VectorType]
    result: Result[VectorType] = result()

    assembly_format = "$source attr-dict `:` type($source) `to` type($result)"


class Transpose(Operation, name="vector.transpose", traits=(Pure,)):
    """Dimension i of the result is dimension `permutation[i]` of the vector."""

    vector: Operand[VectorType]
    permutation: tuple[int, ...]
    result: Result[VectorType] = result()

    constraints = (
        Holds(
            "`permutation` names each dimension once",
            lambda op: sorted(op.permutation) == list(range(op.vector.type.rank)),
        ),
    )
    assembly_format = "$vector `,` $permutation attr-dict `:` type($vector) `to` type($result)"

    def infer(self) -> Type:
        type = self.vector.type
        return type.with_dims([type.dims[axis] for axis in self.permutation])
