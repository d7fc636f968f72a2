"""The tensor dialect: tensors and their elements. Names and semantics are upstream's (MLIR, "tensor" dialect)."""

from __future__ import annotations

from couloir.ir.constraints import ElementOf, Holds, compatible
from couloir.ir.fields import Operand, Operands, Result, operands, result
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import IndexType, TensorType, Type, UnrankedTensorType, index


def _index_for_each_dimension(op: Extract | Insert) -> bool | str:
    rank = (op.tensor if isinstance(op, Extract) else op.dest).type.rank
    return len(op.indices) == rank or f"{len(op.indices)} indices for rank {rank}"


def _size_for_each_dynamic_dimension(op: Empty | Splat) -> bool | str:
    dynamic = (op.result if isinstance(op, Empty) else op.aggregate).type.dims.count(None)
    return len(op.dynamic_sizes) == dynamic or f"{len(op.dynamic_sizes)} sizes for {dynamic} dynamic dimensions"


class Empty(Operation, name="tensor.empty", traits=(Pure,)):
    """A tensor whose elements are not said. The type is given: `Empty(sizes, result_types=[type])`."""

    dynamic_sizes: Operands[IndexType] = operands(default=())
    result: Result[TensorType] = result()

    constraints = (
        Holds("there is a size for each dynamic dimension", _size_for_each_dynamic_dimension, verify_only=True),
    )
    assembly_format = "`(` $dynamic_sizes `)` attr-dict `:` type($result)"


class Extract(Operation, name="tensor.extract", traits=(Pure,)):
    """The element at the given indices."""

    tensor: Operand[TensorType]
    indices: Operands[IndexType] = operands(default=())
    result: Result[Type] = result()

    constraints = (Holds("there is an index for each dimension", _index_for_each_dimension),)
    assembly_format = "$tensor `[` $indices `]` attr-dict `:` type($tensor)"

    def infer(self) -> Type:
        return self.tensor.type.element_type


class Insert(Operation, name="tensor.insert", traits=(Pure,)):
    """The tensor with another element at the given indices."""

    scalar: Operand[Type]
    dest: Operand[TensorType]
    indices: Operands[IndexType] = operands(default=())
    result: Result[TensorType] = result()

    constraints = (
        ElementOf("scalar", "dest"),
        Holds("there is an index for each dimension", _index_for_each_dimension),
    )
    assembly_format = "$scalar `into` $dest `[` $indices `]` attr-dict `:` type($dest)"

    def infer(self) -> Type:
        return self.dest.type


class Dim(Operation, name="tensor.dim", traits=(Pure,)):
    """The size of one dimension."""

    source: Operand[TensorType | UnrankedTensorType]
    index: Operand[IndexType]
    result: Result[Type] = result()

    assembly_format = "attr-dict $source `,` $index `:` type($source)"

    def infer(self) -> Type:
        return index


class Cast(Operation, name="tensor.cast", traits=(Pure,)):
    """The same tensor by a type that knows more or less about its dimensions. The type is given."""

    source: Operand[TensorType | UnrankedTensorType]
    dest: Result[TensorType | UnrankedTensorType] = result()

    constraints = (
        Holds(
            "the types differ only in dimensions that one of them does not know",
            lambda op: compatible(op.source.type, op.dest.type),
            verify_only=True,
        ),
    )
    assembly_format = "$source attr-dict `:` type($source) `to` type($dest)"


class FromElements(Operation, name="tensor.from_elements", traits=(Pure,)):
    """A tensor of these elements, in row-major order. The type is given; it is static."""

    elements: Operands[Type]
    result: Result[TensorType] = result()

    constraints = (
        ElementOf("elements", "result"),
        Holds(
            "there is a value for each element of the result",
            lambda op: op.result.type.is_static and len(op.elements) == op.result.type.size,
            verify_only=True,
        ),
    )
    assembly_format = "$elements attr-dict `:` type($result)"


class Splat(Operation, name="tensor.splat", traits=(Pure,)):
    """A tensor whose elements are all the same. The type is given."""

    input: Operand[Type]
    dynamic_sizes: Operands[IndexType] = operands(default=())
    aggregate: Result[TensorType] = result()

    constraints = (
        ElementOf("input", "aggregate"),
        Holds("there is a size for each dynamic dimension", _size_for_each_dynamic_dimension, verify_only=True),
    )
    assembly_format = "$input (`[` $dynamic_sizes^ `]`)? attr-dict `:` type($aggregate)"
