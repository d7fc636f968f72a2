"""StableHLO: ops whose shapes are operands. `refine-shapes` turns them into the static ones when the sizes are known.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
`real_dynamic_slice` is not in the specification, but in upstream's dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects.hlo.attributes import GatherDimensionNumbers, TypeExtensions
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS, INTEGER, NUMBER
from couloir.dialects.hlo.indexing import GATHER_DIMENSIONS
from couloir.dialects.hlo.shape import BROADCASTS, same_size
from couloir.dialects.shapes import Dim, Dims, as_tensor, same_dim, unique, within
from couloir.ir import fields
from couloir.ir.constraints import Holds, SameElementType, one_of
from couloir.ir.fields import Operand, Result, attr, attr_optional, result
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type, i32, index

SIZES: Final = INTEGER | one_of("index", (index,))
"""Element types of an operand that holds sizes."""


def _length(operands: Sequence[str], rank: Callable[[Any], int], what: str, id: str = "") -> Holds:
    """The operands are lists with one entry for each dimension of something."""
    listed = ", ".join(f"`{name}`" for name in operands)
    return Holds(
        f"{listed}: one entry for each dimension of {what}",
        lambda op: all(same_dim(getattr(op, name).type.dims[0], rank(op)) for name in operands),
        id=id,
        verify_only=True,
    )


def _result_rank(op: Any) -> int:
    return op.results[0].type.rank


def _operand_rank(op: Any) -> int:
    return op.operand.type.rank


class DynamicReshape(Operation, name="stablehlo.dynamic_reshape", traits=(Pure,)):
    """The same elements in the same (row-major) order, in the shape that `output_shape` holds.

    Source: StableHLO specification, `dynamic_reshape`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    output_shape: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        SameElementType("operand", "result"),
        Holds("the result has as many elements as `operand`", same_size, id="C2", verify_only=True),
        _length(("output_shape",), _result_rank, "the result", "C4"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


class DynamicBroadcastInDim(Operation, name="stablehlo.dynamic_broadcast_in_dim", traits=(Pure,)):
    """As `broadcast_in_dim`, to the shape that `output_dimensions` holds.

    `known_expanding_dimensions` are dimensions of `operand` that have size 1 and repeat,
    `known_nonexpanding_dimensions` those that have the size of the result.

    Source: StableHLO specification, `dynamic_broadcast_in_dim`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    output_dimensions: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    broadcast_dimensions: tuple[int, ...]
    known_expanding_dimensions: tuple[int, ...] | None = attr_optional(default=None)
    known_nonexpanding_dimensions: tuple[int, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        SameElementType("operand", "result"),
        *BROADCASTS,
        _length(("output_dimensions",), _result_rank, "the result", "C7"),
        Holds(
            "`known_expanding_dimensions` and `known_nonexpanding_dimensions` are different",
            lambda op: unique([*(op.known_expanding_dimensions or ()), *(op.known_nonexpanding_dimensions or ())]),
            id="C8",
        ),
        Holds(
            "`known_expanding_dimensions` are dimensions of `operand`",
            lambda op: within(op.known_expanding_dimensions or (), op.operand.type.rank),
            id="C9",
        ),
        Holds(
            "`known_nonexpanding_dimensions` are dimensions of `operand`",
            lambda op: within(op.known_nonexpanding_dimensions or (), op.operand.type.rank),
            id="C10",
        ),
    )
    assembly_format = (
        "$operand `,` $output_dimensions `,` `dims` `=` $broadcast_dimensions attr-dict"
        " `:` functional-type(operands, results)"
    )


class DynamicIota(Operation, name="stablehlo.dynamic_iota", traits=(Pure,)):
    """As `iota`, in the shape that `output_shape` holds. Source: StableHLO specification, `dynamic_iota`."""

    output_shape: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    iota_dimension: int
    result: Result[TensorType] = result(elements=NUMBER)

    constraints = (
        Holds(
            "`iota_dimension` is a dimension of the result",
            lambda op: 0 <= op.iota_dimension < op.result.type.rank,
            id="C1",
            verify_only=True,
        ),
        _length(("output_shape",), _result_rank, "the result", "C2"),
    )
    assembly_format = "$output_shape `,` `dim` `=` $iota_dimension attr-dict `:` functional-type(operands, results)"


class DynamicPad(Operation, name="stablehlo.dynamic_pad", traits=(Pure,)):
    """As `pad`, by amounts that are operands. Source: StableHLO specification, `dynamic_pad`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    padding_value: Operand[TensorType] = fields.operand(elements=ANY, rank=0)
    edge_padding_low: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    edge_padding_high: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    interior_padding: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    result: Result[TensorType] = result()

    constraints = (
        SameElementType("operand", "padding_value"),
        SameElementType("operand", "result"),
        Holds(
            "the result has the rank of `operand`", lambda op: _result_rank(op) == _operand_rank(op), verify_only=True
        ),
        _length(("edge_padding_low", "edge_padding_high", "interior_padding"), _operand_rank, "`operand`", "C2"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


class RealDynamicSlice(Operation, name="stablehlo.real_dynamic_slice", traits=(Pure,)):
    """As `slice`, with bounds and strides that are operands."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    limit_indices: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    strides: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    result: Result[TensorType] = result()

    constraints = (
        SameElementType("operand", "result"),
        Holds(
            "the result has the rank of `operand`", lambda op: _result_rank(op) == _operand_rank(op), verify_only=True
        ),
        _length(("start_indices", "limit_indices", "strides"), _operand_rank, "`operand`"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


class DynamicGather(Operation, name="stablehlo.dynamic_gather", traits=(Pure,)):
    """As `gather`, with `slice_sizes` as an operand. Source: StableHLO specification, `dynamic_gather`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operand[TensorType] = fields.operand(elements=INTEGER)
    slice_sizes: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    dimension_numbers: GatherDimensionNumbers = attr()
    indices_are_sorted: bool = attr_optional(default=False)
    result: Result[TensorType] = result()

    constraints = (
        *GATHER_DIMENSIONS,
        SameElementType("operand", "result"),
        _length(("slice_sizes",), _operand_rank, "`operand`", "C20"),
    )


class SetDimensionSize(Operation, name="stablehlo.set_dimension_size", traits=(Pure,)):
    """The operand, of which only `size` elements along `dimension` count: its size there becomes dynamic, its bound stays.

    Not in the specification, but in upstream's dialect.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    size: Operand[TensorType] = fields.operand(elements=one_of("i32", (i32,)), rank=0)
    dimension: int
    result: Result[TensorType] = result()

    constraints = (
        Holds("`dimension` is a dimension of `operand`", lambda op: 0 <= op.dimension < op.operand.type.rank),
    )
    assembly_format = "$operand `,` $size `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        type, encoding = self.operand.type, self.operand.type.encoding
        bounds: list[Dim] = list(encoding.bounds) if isinstance(encoding, TypeExtensions) else [None] * type.rank
        dims = list(type.dims)
        if dims[self.dimension] is not None:
            bounds[self.dimension], dims[self.dimension] = dims[self.dimension], None
        return TensorType(tuple(dims), type.element_type, TypeExtensions(tuple(bounds)))


def _typed(operand: Value[TensorType] | Operation, dims: Sequence[Dim]) -> list[Type]:
    return [TensorType(tuple(dims), as_tensor(operand).type.element_type)]


def dynamic_reshape(
    operand: Value[TensorType] | Operation, output_shape: Value[TensorType], *, dims: Dims
) -> DynamicReshape:
    """A tensor in the shape that `output_shape` holds; `dims` is what is known of it."""
    return DynamicReshape(as_tensor(operand), output_shape, result_types=_typed(operand, dims))


def dynamic_broadcast_in_dim(
    operand: Value[TensorType] | Operation,
    output_dimensions: Value[TensorType],
    broadcast_dimensions: Sequence[int],
    *,
    dims: Dims,
    known_expanding_dimensions: Sequence[int] | None = None,
    known_nonexpanding_dimensions: Sequence[int] | None = None,
) -> DynamicBroadcastInDim:
    """Repeats a tensor to the shape that `output_dimensions` holds; `dims` is what is known of it."""
    return DynamicBroadcastInDim(
        as_tensor(operand),
        output_dimensions,
        tuple(broadcast_dimensions),
        None if known_expanding_dimensions is None else tuple(known_expanding_dimensions),
        None if known_nonexpanding_dimensions is None else tuple(known_nonexpanding_dimensions),
        result_types=_typed(operand, dims),
    )


def dynamic_iota(
    output_shape: Value[TensorType], element_type: Type, iota_dimension: int, *, dims: Dims
) -> DynamicIota:
    """Counts from 0 along a dimension of the shape that `output_shape` holds; `dims` is what is known of it."""
    return DynamicIota(output_shape, iota_dimension, result_types=[TensorType(tuple(dims), element_type)])


def dynamic_pad(
    operand: Value[TensorType] | Operation,
    padding_value: Value[TensorType],
    low: Value[TensorType],
    high: Value[TensorType],
    interior: Value[TensorType],
    *,
    dims: Dims,
) -> DynamicPad:
    """Pads a tensor by amounts that are operands; `dims` is what is known of the result."""
    return DynamicPad(as_tensor(operand), padding_value, low, high, interior, result_types=_typed(operand, dims))


def real_dynamic_slice(
    operand: Value[TensorType] | Operation,
    start_indices: Value[TensorType],
    limit_indices: Value[TensorType],
    strides: Value[TensorType],
    *,
    dims: Dims,
) -> RealDynamicSlice:
    """Cuts a tensor at bounds that are operands; `dims` is what is known of the result."""
    return RealDynamicSlice(
        as_tensor(operand), start_indices, limit_indices, strides, result_types=_typed(operand, dims)
    )
