"""StableHLO: ops whose shapes are operands. `refine-shapes` turns them into the static ones when the sizes are known.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
`real_dynamic_slice` is not in the specification, but in upstream's dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from couloir.dialects.hlo.attributes import GatherDimensionNumbers
from couloir.dialects.hlo.bounds import bounds_of, most_of, with_sizes
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS, INTEGER, NUMBER, SIZES
from couloir.dialects.hlo.shape import BROADCASTS, RESHAPES, padded
from couloir.dialects.hlo.slice_numbers import (
    as_many,
    different,
    different_and_in_order,
    gathered,
    in_indices,
    in_order,
    in_source,
    index_map_size,
    index_vector_in_range,
    index_vector_is_no_batch,
    offsets_in_result,
    one_element,
    parts_of_source,
    same_batches,
    slices_fit,
)
from couloir.dialects.shapes import Dim, Dims, as_tensor, constant_integers, same_dim, same_dims, unique, within
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameElementType, SameType, one_of
from couloir.ir.fields import Operand, Result, attr, attr_optional, result
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type, i32


def _counted(*operands: str) -> Holds:
    """The operands say how many entries they have."""
    listed = " and ".join(f"`{name}`" for name in operands)
    return Holds(
        f"the number of entries of {listed} is known",
        lambda op: all(getattr(op, name).type.is_static for name in operands),
    )


def _length(operands: Sequence[str], rank: Callable[[Any], int], what: str, id: str = "") -> Holds:
    """The operands are lists with one entry for each dimension of something."""
    listed = ", ".join(f"`{name}`" for name in operands)
    return Holds(
        f"{listed}: one entry for each dimension of {what}",
        lambda op: all(same_dim(getattr(op, name).type.dims[0], rank(op)) for name in operands),
        id=id,
        verify_only=True,
    )


def _shape_of_result(operand: str, id: str) -> Holds:
    """The operand is the shape of the result; a constant one is compared with it."""

    def predicate(op: Any) -> bool | str:
        value, dims = getattr(op, operand), op.result.type.dims
        if not same_dim(value.type.dims[0], len(dims)):
            return f"it has {value.type.dims[0]} entries, the result {len(dims)} dimensions"
        wanted = constant_integers(value)
        fits = wanted is None or (min(wanted, default=0) >= 0 and same_dims(wanted, dims))
        return fits or f"it is {wanted}, the result has {dims}"

    return Holds(f"`{operand}` is the shape of the result", predicate, id=id, verify_only=True)


def _operand_rank(op: Any) -> int:
    return op.operand.type.rank


def _keeps_size(type: TensorType, shape: list[int] | None) -> bool | str:
    if shape is None or not type.is_static or prod(shape) == type.size:
        return True
    return f"{shape} has {prod(shape)} elements, `operand` {type.size}"


class DynamicReshape(Operation, name="stablehlo.dynamic_reshape", traits=(Pure,)):
    """The same elements in the same (row-major) order, in the shape that `output_shape` holds.

    Source: StableHLO specification, `dynamic_reshape`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    output_shape: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        _counted("output_shape"),
        *RESHAPES,
        Holds(
            "`output_shape` has as many elements as `operand`",
            lambda op: _keeps_size(op.operand.type, constant_integers(op.output_shape)),
        ),
        _shape_of_result("output_shape", "C4"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


def _expands_to_shape(op: DynamicBroadcastInDim) -> bool | str:
    wanted = constant_integers(op.output_dimensions)
    for size, axis in zip(op.operand.type.dims, op.broadcast_dimensions, strict=True):
        if wanted is not None and size not in (None, 1, wanted[axis]):
            return f"size {size} goes to dimension {axis} of {wanted}"
    return True


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
        _counted("output_dimensions"),
        *BROADCASTS,
        _shape_of_result("output_dimensions", "C7"),
        Holds("each dimension of `operand` has size 1 or that in `output_dimensions`", _expands_to_shape),
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
        _counted("output_shape"),
        Holds(
            "`iota_dimension` is a dimension of the result",
            lambda op: 0 <= op.iota_dimension < op.result.type.rank,
            id="C1",
            verify_only=True,
        ),
        _shape_of_result("output_shape", "C2"),
    )
    assembly_format = "$output_shape `,` `dim` `=` $iota_dimension attr-dict `:` functional-type(operands, results)"


def _pads(op: DynamicPad) -> bool | str:
    sizes, rank = op.result.type.dims, op.operand.type.rank
    if len(sizes) != rank:
        return f"it has {len(sizes)} dimensions, `operand` has {rank}"
    amounts = [constant_integers(value) for value in (op.edge_padding_low, op.edge_padding_high, op.interior_padding)]
    if None in amounts:
        return True
    wanted = tuple(padded(*each) for each in zip(op.operand.type.dims, *amounts, strict=True))
    return same_dims(wanted, sizes) or f"that is {wanted}, not {sizes}"


class DynamicPad(Operation, name="stablehlo.dynamic_pad", traits=(Pure,)):
    """As `pad`, by amounts that are operands. Source: StableHLO specification, `dynamic_pad`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    padding_value: Operand[TensorType] = fields.operand(elements=ANY, rank=0)
    edge_padding_low: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    edge_padding_high: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    interior_padding: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    result: Result[TensorType] = result()

    constraints = (
        _counted("edge_padding_low", "edge_padding_high", "interior_padding"),
        SameType("edge_padding_low", "edge_padding_high", "interior_padding"),
        SameElementType("operand", "padding_value", "result", id="C1"),
        _length(("edge_padding_low", "edge_padding_high", "interior_padding"), _operand_rank, "`operand`", "C2"),
        Holds(
            "`interior_padding` is not negative",
            lambda op: min(constant_integers(op.interior_padding) or (0,)) >= 0,
            id="C3",
        ),
        Holds("the result has the shape of the padded `operand`", _pads, id="C4", verify_only=True),
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
        SameType("start_indices", "limit_indices", "strides"),
        Holds(
            "the result has the rank of `operand`",
            lambda op: op.result.type.rank == op.operand.type.rank,
            verify_only=True,
        ),
        _length(("start_indices", "limit_indices", "strides"), _operand_rank, "`operand`"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


def _known_slice_sizes(op: DynamicGather) -> list[int] | None:
    return constant_integers(op.slice_sizes)


class DynamicGather(Operation, name="stablehlo.dynamic_gather", traits=(Pure,)):
    """As `gather`, with `slice_sizes` as an operand. Source: StableHLO specification, `dynamic_gather`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operand[TensorType] = fields.operand(elements=INTEGER)
    slice_sizes: Operand[TensorType] = fields.operand(elements=INTEGER, rank=1)
    dimension_numbers: GatherDimensionNumbers = attr()
    indices_are_sorted: bool = attr_optional(default=False)
    result: Result[TensorType] = result()

    constraints = (
        _counted("slice_sizes"),
        parts_of_source(
            ("offset_dims", "collapsed_slice_dims", "operand_batching_dims"),
            "each dimension of `operand` is an offset (`offset_dims`), collapsed or batching one",
            "C1",
        ),
        index_vector_in_range("C2"),
        index_map_size("start_index_map", "C3"),
        different_and_in_order("offset_dims", "C4"),
        offsets_in_result("C5"),
        different_and_in_order("collapsed_slice_dims", "C6"),
        in_source("collapsed_slice_dims", "C7"),
        different(("start_index_map",), "C9"),
        in_source("start_index_map", "C10"),
        # The specification does not number what batching dimensions must be; `gather` says it.
        different(("collapsed_slice_dims", "operand_batching_dims")),
        in_order("operand_batching_dims"),
        in_source("operand_batching_dims"),
        different(("start_indices_batching_dims",)),
        in_indices("start_indices_batching_dims"),
        index_vector_is_no_batch("start_indices_batching_dims"),
        as_many("operand_batching_dims", "start_indices_batching_dims"),
        same_batches("operand_batching_dims", "start_indices_batching_dims"),
        different(("start_index_map", "operand_batching_dims")),
        _length(("slice_sizes",), _operand_rank, "`operand`", "C11"),
        one_element(_known_slice_sizes, "collapsed_slice_dims", "C8"),
        one_element(_known_slice_sizes, "operand_batching_dims"),
        slices_fit(_known_slice_sizes, "C12"),
        Infers("C13"),
        SameElementType("operand", "result", id="C14"),
    )

    def infer(self) -> Type:
        sizes = _known_slice_sizes(self) or [None] * self.operand.type.rank
        indices = self.start_indices.type
        dims, bounds = (gathered(self, sizes, batches) for batches in (indices.dims, bounds_of(indices)))
        return with_sizes(self.operand.type, dims, bounds)


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
        type, axis = self.operand.type, self.dimension
        dims, bounds = list(type.dims), list(bounds_of(type))
        if constant_integers(self.size) == most_of(type)[axis]:
            dims[axis], bounds[axis] = most_of(type)[axis], None
        elif dims[axis] is not None:
            dims[axis], bounds[axis] = None, dims[axis]
        return with_sizes(type, dims, bounds)


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
