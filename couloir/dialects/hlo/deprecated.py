"""StableHLO: ops that are not in the specification any more, but in upstream's dialect and in older programs.

Source: openxla/stablehlo, stablehlo/dialect/StablehloOps.td; the specification names them under "Not in HLO".
"""

from __future__ import annotations

from couloir.dialects.hlo.attributes import Precision
from couloir.dialects.hlo.bounds import bounds_of, with_sizes
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS, INTEGER, along, quantization_dimension
from couloir.dialects.shapes import Dim, same_dim, same_dims
from couloir.ir import fields
from couloir.ir.constraints import Holds, SameElementType
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Result, attr, attr_optional
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type


class Broadcast(Operation, name="stablehlo.broadcast", traits=(Pure,)):
    """Repeats a tensor along new dimensions in front (upstream: deprecated, `broadcast_in_dim`)."""

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    broadcast_sizes: tuple[int, ...] = attr()
    result: Result[TensorType] = fields.result(elements=ANY_OR_PER_AXIS)

    constraints = (
        Holds("`broadcast_sizes` are not negative", lambda op: all(size >= 0 for size in op.broadcast_sizes)),
    )
    assembly_format = "$operand `,` `sizes` `=` $broadcast_sizes attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        type, new = self.operand.type, self.broadcast_sizes
        axis = quantization_dimension(type.element_type)
        element = type.element_type if axis is None else along(type.element_type, len(new) + axis)
        return with_sizes(type, (*new, *type.dims), (*[None] * len(new), *bounds_of(type)), element)


def _is_matrix_product(op: Dot) -> bool | str:
    lhs, rhs = op.lhs.type, op.rhs.type
    if not (1 <= lhs.rank <= 2 and 1 <= rhs.rank <= 2):
        return f"they have {lhs.rank} and {rhs.rank} dimensions"
    return same_dim(lhs.dims[-1], rhs.dims[0]) or f"sizes {lhs.dims[-1]} and {rhs.dims[0]} are summed over"


class Dot(Operation, name="stablehlo.dot", traits=(Pure,)):
    """The product of matrices or vectors (upstream: deprecated, `dot_general`).

    The element type of the result is that of `lhs` unless `result_types` says otherwise.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    precision_config: tuple[Precision, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result(elements=ANY_OR_PER_AXIS)

    constraints = (
        Holds("`lhs` and `rhs` are vectors or matrices that fit", _is_matrix_product),
        Holds(
            "`precision_config` has an entry for each operand",
            lambda op: op.precision_config is None or len(op.precision_config) in (0, 2),
        ),
    )
    assembly_format = (
        "$lhs `,` $rhs `` custom<PrecisionConfig>($precision_config) attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        element = self.result.type.element_type if self.results else self.lhs.type.element_type
        dims, bounds = (
            (*left[:-1], *right[1:])
            for left, right in (
                (self.lhs.type.dims, self.rhs.type.dims),
                (bounds_of(self.lhs.type), bounds_of(self.rhs.type)),
            )
        )
        return with_sizes(self.lhs.type, dims, bounds, element)


def _index_in_range(op: TorchIndexSelect) -> bool:
    batch, axis = op.batch_dims, op.dim
    return 0 <= batch <= min(axis, op.index.type.rank) and axis < op.operand.type.rank


class TorchIndexSelect(Operation, name="stablehlo.torch_index_select", traits=(Pure,)):
    """The slices of `operand` along `dim` that `index` names, for each index of the first `batch_dims` dimensions."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    index: Operand[TensorType] = fields.operand(elements=INTEGER)
    dim: int = attr()
    batch_dims: int = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("`dim` is a dimension of `operand`, behind the batch dimensions", _index_in_range),
        Holds(
            "batch dimensions have the same sizes",
            lambda op: same_dims(op.operand.type.dims[: op.batch_dims], op.index.type.dims[: op.batch_dims]),
        ),
    )

    def infer(self) -> Type:
        type, axis = self.operand.type, self.dim
        return type.with_dims((*type.dims[:axis], *self.index.type.dims[self.batch_dims :], *type.dims[axis + 1 :]))


def einsum_labels(config: str, count: int) -> tuple[list[str], str]:
    """The labels of each operand, and of the result: `ab,bc->ac`. Raises `couloir.Error`."""
    sides = config.replace(" ", "").split("->")
    operands = sides[0].split(",")
    wrong = (
        len(sides) != 2
        or len(operands) != count
        or not all(part == "" or (part.isascii() and part.isalpha()) for part in (*operands, sides[-1]))
    )
    if wrong:
        raise Error(f"`{config}` is not a sum over letters for {count} operands", hint="such as `ab,bc->ac`")
    if len(set(sides[1])) != len(sides[1]) or not set(sides[1]) <= set("".join(operands)):
        raise Error(f"`{config}`: each letter of the result occurs in it once, and in an operand")
    return operands, sides[1]


def _sizes(op: Einsum | UnaryEinsum) -> dict[str, Dim]:
    """The size of each label. Raises `couloir.Error` where they do not agree."""
    sizes: dict[str, Dim] = {}
    labels, _ = einsum_labels(op.einsum_config, len(op.operands))
    for value, letters in zip(op.operands, labels, strict=True):
        dims: tuple[Dim, ...] = value.type.dims
        if len(dims) != len(letters):
            raise Error(f"`{letters}` names {len(letters)} dimensions, the operand has {len(dims)}")
        for letter, size in zip(letters, dims, strict=True):
            if not same_dim(sizes.get(letter), size):
                raise Error(f"`{letter}` is of size {sizes[letter]} and of size {size}")
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    return sizes


def _labels_fit(op: Einsum | UnaryEinsum) -> bool | str:
    try:
        _sizes(op)
    except Error as error:
        return error.message
    return True


def _einsum_result(op: Einsum | UnaryEinsum) -> TensorType:
    sizes = _sizes(op)
    _, letters = einsum_labels(op.einsum_config, len(op.operands))
    element = op.result.type.element_type if op.results else op.operands[0].type.element_type
    return TensorType(tuple(sizes[letter] for letter in letters), element)


class Einsum(Operation, name="stablehlo.einsum", traits=(Pure,)):
    """The sum of products that `einsum_config` describes (upstream: deprecated, `dot_general`).

    The element type of the result is that of `lhs` unless `result_types` says otherwise.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY)
    einsum_config: str = attr(examples=("ab,bc->ac", "a,a->", "abc,acd->abd", "a,b->ab", "ab,ab->ab", "ab,cb->ca"))
    result: Result[TensorType] = fields.result(elements=ANY)

    constraints = (SameElementType("lhs", "rhs"), Holds("`einsum_config` fits the operands", _labels_fit))
    assembly_format = "$lhs `,` $rhs `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return _einsum_result(self)


class UnaryEinsum(Operation, name="stablehlo.unary_einsum", traits=(Pure,)):
    """Sums and transposes one tensor (upstream: deprecated)."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    einsum_config: str = attr(examples=("ab->ba", "ab->a", "a->", "abc->cab", "a->a"))
    result: Result[TensorType] = fields.result(elements=ANY)

    constraints = (Holds("`einsum_config` fits the operand", _labels_fit),)
    assembly_format = "$operand `,` `config` `=` $einsum_config attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return _einsum_result(self)
