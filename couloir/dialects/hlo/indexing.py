"""StableHLO: ops that read and write at positions known only when the program runs, and sorting.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from couloir.dialects.hlo.attributes import PADDING, GatherDimensionNumbers, ScatterDimensionNumbers
from couloir.dialects.hlo.bounds import bounds_of, most_of, with_sizes
from couloir.dialects.hlo.elements import ANY, INTEGER, SIZES, SameExactType
from couloir.dialects.hlo.regions import combines, listed
from couloir.dialects.hlo.slice_numbers import (
    as_many,
    different,
    different_and_in_order,
    dims_named,
    fit,
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
    without_index_vectors,
)
from couloir.dialects.hlo.window import WindowDimension, padding_fits, window_dimensions
from couloir.dialects.shapes import entry_types, returned_types, same_dims, within
from couloir.ir import fields
from couloir.ir.constraints import (
    Holds,
    Infers,
    SameElementType,
    SameShape,
    SameType,
    element_type,
    most_specific,
)
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, region
from couloir.ir.operation import Operation, Region
from couloir.ir.traits import Pure, RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock
from couloir.ir.types import TensorType, Type, i1


class DynamicSlice(Operation, name="stablehlo.dynamic_slice", traits=(Pure,)):
    """The `slice_sizes` elements from `start_indices` on; a start is moved so that they all exist.

    Source: StableHLO specification, `dynamic_slice`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operands[TensorType] = fields.operands(elements=INTEGER, rank=0)
    slice_sizes: tuple[int, ...] = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        SameElementType("operand", "result", id="C1"),
        Holds(
            "`start_indices` and `slice_sizes` have one entry for each dimension of `operand`",
            lambda op: len(op.start_indices) == len(op.slice_sizes) == op.operand.type.rank,
            id="C2",
        ),
        SameType("start_indices", id="C3"),
        Holds("0 <= `slice_sizes` <= the sizes", lambda op: fit(op.slice_sizes, most_of(op.operand.type)), id="C4"),
        Infers("C5"),
    )
    assembly_format = (
        "$operand `,` custom<VariadicOperandWithAttribute>($start_indices) `sizes` `=` $slice_sizes"
        " attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        return self.operand.type.with_dims(self.slice_sizes)


def _update_fits(op: DynamicUpdateSlice) -> bool | str:
    pairs = zip(op.update.type.dims, most_of(op.operand.type), strict=True)
    return all(size is None or available is None or size <= available for size, available in pairs) or (
        f"{op.update.type.dims} does not fit into {op.operand.type.dims}"
    )


class DynamicUpdateSlice(Operation, name="stablehlo.dynamic_update_slice", traits=(Pure,)):
    """`operand` with `update` in place of the elements from `start_indices` on; a start is moved so that it fits.

    Source: StableHLO specification, `dynamic_update_slice`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    update: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operands[TensorType] = fields.operands(elements=INTEGER, rank=0)
    result: Result[TensorType] = fields.result()

    constraints = (
        SameElementType("operand", "update", id="C2"),
        Holds("`update` has the rank of `operand`", lambda op: op.update.type.rank == op.operand.type.rank, id="C3"),
        Holds(
            "`start_indices` has one entry for each dimension of `operand`",
            lambda op: len(op.start_indices) == op.operand.type.rank,
            id="C4",
        ),
        SameType("start_indices", id="C5"),
        Holds("the sizes of `update` are at most those of `operand`", _update_fits, id="C6"),
        SameExactType("operand", "result", id="C1"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return self.operand.type


def _slice_sizes(op: Gather) -> tuple[int, ...]:
    return op.slice_sizes


class Gather(Operation, name="stablehlo.gather", traits=(Pure,)):
    """Slices of `operand` at the positions in `start_indices`, put together.

    Source: StableHLO specification, `gather`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operand[TensorType] = fields.operand(elements=INTEGER)
    dimension_numbers: GatherDimensionNumbers = attr()
    slice_sizes: tuple[int, ...] = attr()
    indices_are_sorted: bool = attr_optional(default=False)
    result: Result[TensorType] = fields.result()

    constraints = (
        parts_of_source(
            ("offset_dims", "collapsed_slice_dims", "operand_batching_dims"),
            "each dimension of `operand` is an offset (`offset_dims`), collapsed or batching one",
            "C1",
        ),
        index_vector_in_range("C2"),
        index_map_size("start_index_map", "C3"),
        different_and_in_order("offset_dims", "C4"),
        offsets_in_result("C5"),
        different(("collapsed_slice_dims", "operand_batching_dims"), "C6"),
        in_order("collapsed_slice_dims", "C7"),
        in_source("collapsed_slice_dims", "C8"),
        in_order("operand_batching_dims", "C10"),
        in_source("operand_batching_dims", "C11"),
        different(("start_indices_batching_dims",), "C13"),
        in_indices("start_indices_batching_dims", "C14"),
        index_vector_is_no_batch("start_indices_batching_dims", "C15"),
        as_many("operand_batching_dims", "start_indices_batching_dims", "C16"),
        same_batches("operand_batching_dims", "start_indices_batching_dims", "C17"),
        different(("start_index_map", "operand_batching_dims"), "C18"),
        in_source("start_index_map", "C19"),
        Holds(
            "`slice_sizes` has one entry for each dimension of `operand`",
            lambda op: len(op.slice_sizes) == op.operand.type.rank,
            id="C20",
        ),
        one_element(_slice_sizes, "collapsed_slice_dims", "C9"),
        one_element(_slice_sizes, "operand_batching_dims", "C12"),
        slices_fit(_slice_sizes, "C21"),
        Infers("C22"),
        SameElementType("operand", "result", id="C23"),
    )

    def infer(self) -> Type:
        indices = self.start_indices.type
        dims, bounds = (gathered(self, self.slice_sizes, sizes) for sizes in (indices.dims, bounds_of(indices)))
        return with_sizes(self.operand.type, dims, bounds)


def _updates_fit(op: Scatter) -> bool | str:
    windows = op.scatter_dimension_numbers.update_window_dims
    update = op.updates[0].type.dims
    window = [size for axis, size in enumerate(update) if axis in windows]
    batches = [size for axis, size in enumerate(update) if axis not in windows]
    wanted = without_index_vectors(op, op.scatter_indices.type.dims)
    if not same_dims(batches, wanted):
        return f"`updates` have the batches {batches}, the indices {wanted}"
    hidden = (*dims_named(op, "inserted_window_dims"), *dims_named(op, "input_batching_dims"))
    available = [size for axis, size in enumerate(most_of(op.inputs[0].type)) if axis not in hidden]
    fits = all(a is None or b is None or a <= b for a, b in zip(window, available, strict=True))
    return fits or f"windows of {window} do not fit into {available}"


def _same_shapes(values: Sequence[Any]) -> bool:
    return all(same_dims(values[0].type.dims, value.type.dims) for value in values)


def _update_elements_fit(op: Scatter) -> bool:
    pairs = zip(op.inputs, op.updates, strict=True)
    return all(value.type.element_type is update.type.element_type for value, update in pairs)


class Scatter(
    Operation, name="stablehlo.scatter", traits=(RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock)
):
    """`inputs` with `updates` combined in at the positions in `scatter_indices`.

    Source: StableHLO specification, `scatter`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    scatter_indices: Operand[TensorType] = fields.operand(elements=SIZES)
    updates: Operands[TensorType] = fields.operands(elements=ANY)
    scatter_dimension_numbers: ScatterDimensionNumbers = attr()
    indices_are_sorted: bool = attr_optional(default=False)
    unique_indices: bool = attr_optional(default=False)
    update_computation: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C5"),
        Holds("the inputs have one shape", lambda op: _same_shapes(op.inputs), id="C1"),
        parts_of_source(
            ("update_window_dims", "inserted_window_dims", "input_batching_dims"),
            "each dimension of the inputs is a window (`update_window_dims`), inserted or batching one",
            "C2",
        ),
        Holds("the updates have one shape", lambda op: _same_shapes(op.updates), id="C3"),
        Holds("each update has the element type of its input", _update_elements_fit, id="C6"),
        different_and_in_order("update_window_dims", "C7"),
        Holds(
            "`update_window_dims` are dimensions of the updates",
            lambda op: within(dims_named(op, "update_window_dims"), op.updates[0].type.rank),
            id="C8",
        ),
        different(("inserted_window_dims", "input_batching_dims"), "C9"),
        in_order("inserted_window_dims", "C10"),
        in_source("inserted_window_dims", "C11"),
        in_order("input_batching_dims", "C12"),
        in_source("input_batching_dims", "C13"),
        different(("scatter_indices_batching_dims",), "C14"),
        in_indices("scatter_indices_batching_dims", "C15"),
        index_vector_is_no_batch("scatter_indices_batching_dims", "C16"),
        as_many("input_batching_dims", "scatter_indices_batching_dims", "C17"),
        same_batches("input_batching_dims", "scatter_indices_batching_dims", "C18"),
        index_vector_in_range("C22"),
        index_map_size("scatter_dims_to_operand_dims", "C19"),
        different(("scatter_dims_to_operand_dims", "input_batching_dims"), "C20"),
        in_source("scatter_dims_to_operand_dims", "C21"),
        Holds("the updates are windows of the inputs, one for each index vector", _updates_fit, id="C4"),
        Holds(
            "`update_computation` takes two scalars for each input and returns one",
            lambda op: combines(op.update_computation, [value.type.element_type for value in op.inputs]),
            id="C23",
            verify_only=True,
        ),
        Infers("C24, C25"),
    )

    def infer(self) -> list[Type]:
        given = returned_types(self.update_computation)
        if given is None or len(given) != len(self.inputs):
            return [value.type for value in self.inputs]
        pairs = zip(self.inputs, given, strict=True)
        return [value.type.with_element_type(element_type(type)) for value, type in pairs]


def _selects(op: SelectAndScatter) -> bool | str:
    scalar = TensorType((), op.operand.type.element_type)
    taken, given = entry_types(op.select), returned_types(op.select)
    if taken != [scalar, scalar]:
        return f"it takes {listed(taken)}, not {listed([scalar, scalar])}"
    return given == [TensorType((), i1)] or f"it returns {listed(given or [])}"


class SelectAndScatter(Operation, name="stablehlo.select_and_scatter", traits=(RecursiveMemoryEffects, SingleBlock)):
    """Combines each element of `source` into the element that `select` chooses from its window of `operand`.

    It is the gradient of max pooling.

    Source: StableHLO specification, `select_and_scatter`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    source: Operand[TensorType] = fields.operand(elements=ANY)
    init_value: Operand[TensorType] = fields.operand(elements=ANY, rank=0)
    window_dimensions: tuple[int, ...] | None = attr_optional(default=None)
    window_strides: tuple[int, ...] | None = attr_optional(default=None)
    padding: tuple[tuple[int, int], ...] | None = attr_optional(default=None, codec=PADDING)
    select: Region = region(blocks="one", default=None)
    scatter: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result()

    constraints = (
        SameElementType("operand", "source", id="C1"),
        SameElementType("init_value", "operand", id="C3"),
        Holds(
            "`window_dimensions` has one entry for each dimension of `operand`",
            lambda op: op.window_dimensions is not None and len(op.window_dimensions) == op.operand.type.rank,
            id="C4",
        ),
        Holds("`window_dimensions` are positive", lambda op: all(size > 0 for size in op.window_dimensions), id="C5"),
        Holds(
            "`window_strides` has one entry for each dimension of `operand`",
            lambda op: not op.window_strides or len(op.window_strides) == op.operand.type.rank,
            id="C6",
        ),
        Holds("`window_strides` are positive", lambda op: all(step > 0 for step in op.window_strides or ()), id="C7"),
        Holds(
            "`padding` has a pair of numbers for each dimension of `operand`",
            lambda op: padding_fits(op, op.operand.type.rank),
            id="C8",
        ),
        Holds(
            "`source` has one element for each window",
            lambda op: same_dims(
                op.source.type.dims,
                [window.count(size) for window, size in zip(op.window, op.operand.type.dims, strict=True)],
            ),
            id="C2",
        ),
        Holds("`select` takes two scalars and returns a `tensor<i1>`", _selects, id="C9", verify_only=True),
        Holds(
            "`scatter` takes two scalars and returns one",
            lambda op: combines(op.scatter, [op.operand.type.element_type]),
            id="C10",
            verify_only=True,
        ),
        Infers("C11, C12"),
    )

    @property
    def window(self) -> tuple[WindowDimension, ...]:
        """How the window moves along each dimension."""
        sizes = self.window_dimensions or (1,) * self.operand.type.rank
        return window_dimensions(sizes, self.window_strides or None, self.padding)

    def infer(self) -> Type:
        given = returned_types(self.scatter)
        return self.operand.type.with_element_type(element_type(given[0])) if given else self.operand.type


def _comparator_fits(op: Sort) -> bool | str:
    wanted = [TensorType((), value.type.element_type) for value in op.inputs for _ in range(2)]
    taken = entry_types(op.comparator)
    if taken != wanted:
        return f"it takes {listed(taken)}, not {listed(wanted)}"
    return returned_types(op.comparator) == [TensorType((), i1)] or "it returns something else"


class Sort(Operation, name="stablehlo.sort", traits=(RecursiveMemoryEffects, SingleBlock)):
    """Sorts along `dimension`, all inputs by the same `comparator`, which says whether a pair is in order.

    Source: StableHLO specification, `sort`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    dimension: int = attr_optional(default=-1)
    is_stable: bool = attr_optional(default=False)
    comparator: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C1"),
        SameShape("inputs", "outputs", id="C3"),
        Holds(
            "`dimension` is a dimension of the inputs, perhaps counted from the end",
            lambda op: -op.inputs[0].type.rank <= op.dimension < op.inputs[0].type.rank,
            id="C4",
        ),
        Holds(
            "`comparator` takes two scalars for each input and returns a `tensor<i1>`",
            _comparator_fits,
            id="C5",
            verify_only=True,
        ),
        Infers("C2"),
    )

    def infer(self) -> list[Type]:
        return [value.type for value in self.inputs]


def _map_fits(op: Map) -> bool | str:
    wanted = [TensorType((), value.type.element_type) for value in op.inputs]
    taken, given = entry_types(op.computation), returned_types(op.computation)
    if taken != wanted:
        return f"it takes {listed(taken)}, not {listed(wanted)}"
    result = [TensorType((), op.result.type.element_type)]
    return given == result or f"it returns {listed(given or [])}, not {listed(result)}"


class Map(Operation, name="stablehlo.map", traits=(RecursiveMemoryEffects, SingleBlock)):
    """Applies `computation` to the elements at each place. Source: StableHLO specification, `map`."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    dimensions: tuple[int, ...] = attr()
    computation: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C2"),
        SameShape("inputs", "result", id="C1"),
        Holds(
            "`dimensions` are all dimensions in order",
            lambda op: op.dimensions == tuple(range(op.inputs[0].type.rank)),
            id="C3",
        ),
        Holds("`computation` takes a scalar for each input and returns one", _map_fits, id="C4", verify_only=True),
    )

    def infer(self) -> Type:
        differ = SameShape("inputs", id="C1").check(self)
        if differ is not None:
            raise Error(differ)
        given = returned_types(self.computation)
        type = cast("TensorType", most_specific([value.type for value in self.inputs]))
        return type.with_element_type(element_type(given[0])) if given else type
