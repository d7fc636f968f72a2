"""StableHLO: ops that read and write at positions known only when the program runs, and sorting.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects.hlo.attributes import PADDING, GatherDimensionNumbers, ScatterDimensionNumbers
from couloir.dialects.hlo.elements import ANY, INTEGER
from couloir.dialects.hlo.window import WindowDimension, window_dimensions
from couloir.dialects.shapes import (
    Dim,
    ascending,
    entry_types,
    merge,
    returned_types,
    same_dim,
    same_dims,
    unique,
    within,
)
from couloir.ir import fields
from couloir.ir.constraints import Holds, SameElementType, SameShape, SameType, compatible, element_type
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, region
from couloir.ir.operation import Operation, Region
from couloir.ir.traits import Pure, RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock
from couloir.ir.types import TensorType, Type, i1


def _sizes_fit(sizes: Sequence[int], dims: Sequence[Dim]) -> bool | str:
    for axis, (size, available) in enumerate(zip(sizes, dims, strict=True)):
        if size < 0 or (available is not None and size > available):
            return f"dimension {axis} has {available} elements, not {size}"
    return True


class DynamicSlice(Operation, name="stablehlo.dynamic_slice", traits=(Pure,)):
    """The `slice_sizes` elements from `start_indices` on; a start is moved so that they all exist.

    Source: StableHLO specification, `dynamic_slice`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: Operands[TensorType] = fields.operands(elements=INTEGER, rank=0)
    slice_sizes: tuple[int, ...] = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        SameElementType("operand", "result"),
        Holds(
            "`start_indices` and `slice_sizes` have one entry for each dimension of `operand`",
            lambda op: len(op.start_indices) == len(op.slice_sizes) == op.operand.type.rank,
            id="C2",
        ),
        SameType("start_indices"),
        Holds("0 <= `slice_sizes` <= the sizes", lambda op: _sizes_fit(op.slice_sizes, op.operand.type.dims), id="C4"),
    )
    assembly_format = (
        "$operand `,` custom<VariadicOperandWithAttribute>($start_indices) `sizes` `=` $slice_sizes"
        " attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        return self.operand.type.with_dims(self.slice_sizes)


def _update_fits(op: DynamicUpdateSlice) -> bool | str:
    pairs = zip(op.update.type.dims, op.operand.type.dims, strict=True)
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
        SameElementType("operand", "update"),
        Holds("`update` has the rank of `operand`", lambda op: op.update.type.rank == op.operand.type.rank, id="C3"),
        Holds(
            "`start_indices` has one entry for each dimension of `operand`",
            lambda op: len(op.start_indices) == op.operand.type.rank,
            id="C4",
        ),
        SameType("start_indices"),
        Holds("the sizes of `update` are at most those of `operand`", _update_fits, id="C6"),
        SameType("operand", "result"),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return self.operand.type


def _index_vector_size(op: Gather | Scatter) -> Dim:
    indices = _indices(op).dims
    position = _numbers(op).index_vector_dim
    return indices[position] if position < len(indices) else 1


def _numbers(op: Gather | Scatter) -> GatherDimensionNumbers | ScatterDimensionNumbers:
    return op.scatter_dimension_numbers if isinstance(op, Scatter) else op.dimension_numbers


def _indices(op: Gather | Scatter) -> TensorType:
    return op.scatter_indices.type if isinstance(op, Scatter) else op.start_indices.type


def _source(op: Gather | Scatter) -> TensorType:
    return op.inputs[0].type if isinstance(op, Scatter) else op.operand.type


def _batch_dims(op: Gather | Scatter) -> list[Dim]:
    """The sizes of the indices without the dimension of the index vectors."""
    position = _numbers(op).index_vector_dim
    return [size for axis, size in enumerate(_indices(op).dims) if axis != position]


def _same_batches(op: Gather | Scatter, source: str, indices: str) -> bool | str:
    numbers = _numbers(op)
    lefts: tuple[int, ...] = getattr(numbers, source)
    rights: tuple[int, ...] = getattr(numbers, indices)
    for left, right in zip(lefts, rights, strict=True):
        a, b = _source(op).dims[left], _indices(op).dims[right]
        if not same_dim(a, b):
            return f"dimension {left} has size {a}, dimension {right} of the indices has size {b}"
    return True


def _dims(name: str) -> Callable[[Any], tuple[int, ...]]:
    return lambda op: getattr(_numbers(op), name)


def _in_source(name: str, id: str) -> Holds:
    return Holds(f"`{name}` are dimensions of the operand", lambda op: within(_dims(name)(op), _source(op).rank), id=id)


def _in_indices(name: str, id: str) -> Holds:
    return Holds(
        f"`{name}` are dimensions of the indices", lambda op: within(_dims(name)(op), _indices(op).rank), id=id
    )


def _sorted(name: str, id: str) -> Holds:
    return Holds(f"`{name}` ascend", lambda op: ascending(_dims(name)(op)), id=id)


def _different(names: tuple[str, ...], id: str) -> Holds:
    listed = " and ".join(f"`{name}`" for name in names)
    return Holds(f"{listed} are different", lambda op: unique([d for name in names for d in _dims(name)(op)]), id=id)


def _index_vector_in_range(id: str) -> Holds:
    return Holds(
        "`index_vector_dim` is a dimension of the indices, or one past the last",
        lambda op: 0 <= _numbers(op).index_vector_dim <= _indices(op).rank,
        id=id,
    )


def _index_vector_is_no_batch(name: str, id: str) -> Holds:
    return Holds(
        f"`index_vector_dim` is not one of `{name}`",
        lambda op: _numbers(op).index_vector_dim not in _dims(name)(op),
        id=id,
    )


def _index_map_size(name: str, id: str) -> Holds:
    return Holds(
        f"`{name}` has one entry for each element of an index vector",
        lambda op: same_dim(len(_dims(name)(op)), _index_vector_size(op)),
        id=id,
    )


def _offset_fits(op: Gather) -> bool:
    return within(op.dimension_numbers.offset_dims, len(_batch_dims(op)) + len(op.dimension_numbers.offset_dims))


def _one_element(name: str, id: str) -> Holds:
    return Holds(
        f"`slice_sizes` is at most 1 in `{name}`",
        lambda op: all(op.slice_sizes[axis] <= 1 for axis in _dims(name)(op)),
        id=id,
    )


GATHER_DIMENSIONS: Final = (
    Holds(
        "each dimension of `operand` is an offset (`offset_dims`), collapsed or batching one",
        lambda op: (
            op.operand.type.rank
            == sum(len(_dims(n)(op)) for n in ("offset_dims", "collapsed_slice_dims", "operand_batching_dims"))
        ),
        id="C1",
    ),
    _index_vector_in_range("C2"),
    _index_map_size("start_index_map", "C3"),
    Holds(
        "`offset_dims` are different and ascend",
        lambda op: unique(_dims("offset_dims")(op)) and ascending(_dims("offset_dims")(op)),
        id="C4",
    ),
    Holds("`offset_dims` are dimensions of the result", _offset_fits, id="C5"),
    _different(("collapsed_slice_dims", "operand_batching_dims"), "C6"),
    _sorted("collapsed_slice_dims", "C7"),
    _in_source("collapsed_slice_dims", "C8"),
    _sorted("operand_batching_dims", "C10"),
    _in_source("operand_batching_dims", "C11"),
    _different(("start_indices_batching_dims",), "C13"),
    _in_indices("start_indices_batching_dims", "C14"),
    _index_vector_is_no_batch("start_indices_batching_dims", "C15"),
    Holds(
        "`operand_batching_dims` and `start_indices_batching_dims` are as many",
        lambda op: len(_dims("operand_batching_dims")(op)) == len(_dims("start_indices_batching_dims")(op)),
        id="C16",
    ),
    Holds(
        "batching dimensions have the same sizes",
        lambda op: _same_batches(op, "operand_batching_dims", "start_indices_batching_dims"),
        id="C17",
    ),
    _different(("start_index_map", "operand_batching_dims"), "C18"),
    _in_source("start_index_map", "C19"),
)
"""What `gather` and `dynamic_gather` demand of their dimension numbers."""


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
        *GATHER_DIMENSIONS,
        Holds(
            "`slice_sizes` has one entry for each dimension of `operand`",
            lambda op: len(op.slice_sizes) == op.operand.type.rank,
            id="C20",
        ),
        _one_element("collapsed_slice_dims", "C9"),
        _one_element("operand_batching_dims", "C12"),
        Holds(
            "0 <= `slice_sizes` <= the sizes of `operand`",
            lambda op: _sizes_fit(op.slice_sizes, op.operand.type.dims),
            id="C21",
        ),
        SameElementType("operand", "result"),
    )

    def infer(self) -> Type:
        numbers = self.dimension_numbers
        hidden = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
        offsets = iter([size for axis, size in enumerate(self.slice_sizes) if axis not in hidden])
        batches = iter(_batch_dims(self))
        rank = len(_batch_dims(self)) + len(numbers.offset_dims)
        dims = [next(offsets) if axis in numbers.offset_dims else next(batches) for axis in range(rank)]
        return self.operand.type.with_dims(dims)


def _updates_fit(op: Scatter) -> bool | str:
    numbers = op.scatter_dimension_numbers
    update = op.updates[0].type.dims
    window = [size for axis, size in enumerate(update) if axis in numbers.update_window_dims]
    batches = [size for axis, size in enumerate(update) if axis not in numbers.update_window_dims]
    if not same_dims(batches, _batch_dims(op)):
        return f"`updates` have the batches {batches}, the indices {_batch_dims(op)}"
    hidden = (*numbers.inserted_window_dims, *numbers.input_batching_dims)
    available = [size for axis, size in enumerate(_source(op).dims) if axis not in hidden]
    fits = all(a is None or b is None or a <= b for a, b in zip(window, available, strict=True))
    return fits or f"windows of {window} do not fit into {available}"


def _same_shapes(values: Sequence[Any]) -> bool:
    return all(same_dims(values[0].type.dims, value.type.dims) for value in values)


def _update_elements_fit(op: Scatter) -> bool:
    pairs = zip(op.inputs, op.updates, strict=True)
    return all(value.type.element_type is update.type.element_type for value, update in pairs)


def _combiner_fits(body: Region, count: int) -> bool | str:
    given, taken = returned_types(body), entry_types(body)
    if given is None:
        return "it is empty"
    fits = len(given) == count and len(taken) == 2 * count and all(map(compatible, taken, given * 2))
    return fits or f"it takes ({', '.join(map(str, taken))}) and returns ({', '.join(map(str, given))})"


class Scatter(
    Operation, name="stablehlo.scatter", traits=(RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock)
):
    """`inputs` with `updates` combined in at the positions in `scatter_indices`.

    Source: StableHLO specification, `scatter`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    scatter_indices: Operand[TensorType] = fields.operand(elements=INTEGER)
    updates: Operands[TensorType] = fields.operands(elements=ANY)
    scatter_dimension_numbers: ScatterDimensionNumbers = attr()
    indices_are_sorted: bool = attr_optional(default=False)
    unique_indices: bool = attr_optional(default=False)
    update_computation: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C5"),
        Holds("the inputs have one shape", lambda op: _same_shapes(op.inputs), id="C1"),
        Holds(
            "each dimension of the inputs is a window (`update_window_dims`), inserted or batching one",
            lambda op: (
                op.inputs[0].type.rank
                == sum(len(_dims(n)(op)) for n in ("update_window_dims", "inserted_window_dims", "input_batching_dims"))
            ),
            id="C2",
        ),
        Holds("the updates have one shape", lambda op: _same_shapes(op.updates), id="C3"),
        Holds("each update has the element type of its input", _update_elements_fit, id="C6"),
        Holds(
            "`update_window_dims` are different and ascend",
            lambda op: unique(_dims("update_window_dims")(op)) and ascending(_dims("update_window_dims")(op)),
            id="C7",
        ),
        Holds(
            "`update_window_dims` are dimensions of the updates",
            lambda op: within(_dims("update_window_dims")(op), op.updates[0].type.rank),
            id="C8",
        ),
        _different(("inserted_window_dims", "input_batching_dims"), "C9"),
        _sorted("inserted_window_dims", "C10"),
        _in_source("inserted_window_dims", "C11"),
        _sorted("input_batching_dims", "C12"),
        _in_source("input_batching_dims", "C13"),
        _different(("scatter_indices_batching_dims",), "C14"),
        _in_indices("scatter_indices_batching_dims", "C15"),
        _index_vector_is_no_batch("scatter_indices_batching_dims", "C16"),
        Holds(
            "`input_batching_dims` and `scatter_indices_batching_dims` are as many",
            lambda op: len(_dims("input_batching_dims")(op)) == len(_dims("scatter_indices_batching_dims")(op)),
            id="C17",
        ),
        Holds(
            "batching dimensions have the same sizes",
            lambda op: _same_batches(op, "input_batching_dims", "scatter_indices_batching_dims"),
            id="C18",
        ),
        _index_vector_in_range("C22"),
        _index_map_size("scatter_dims_to_operand_dims", "C19"),
        _different(("scatter_dims_to_operand_dims", "input_batching_dims"), "C20"),
        _in_source("scatter_dims_to_operand_dims", "C21"),
        Holds("the updates are windows of the inputs, one for each index vector", _updates_fit, id="C4"),
        Holds(
            "`update_computation` takes two scalars for each input and returns one",
            lambda op: _combiner_fits(op.update_computation, len(op.inputs)),
            id="C23",
            verify_only=True,
        ),
    )

    def infer(self) -> list[Type]:
        given = returned_types(self.update_computation)
        if given is None or len(given) != len(self.inputs):
            return [value.type for value in self.inputs]
        pairs = zip(self.inputs, given, strict=True)
        return [value.type.with_element_type(element_type(type)) for value, type in pairs]


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
        SameElementType("operand", "source", "init_value"),
        Holds(
            "`window_dimensions`, `window_strides` and `padding` have one entry for each dimension of `operand`",
            lambda op: all(
                entries is None or len(entries) == op.operand.type.rank
                for entries in (op.window_dimensions, op.window_strides, op.padding)
            ),
            id="C4, C6, C8",
        ),
        Holds(
            "`window_dimensions` and `window_strides` are positive",
            lambda op: all(entry > 0 for entry in (*(op.window_dimensions or ()), *(op.window_strides or ()))),
            id="C5, C7",
        ),
        Holds(
            "`source` has one element for each window",
            lambda op: same_dims(
                op.source.type.dims,
                [window.count(size) for window, size in zip(op.window, op.operand.type.dims, strict=True)],
            ),
            id="C2",
        ),
        Holds(
            "`select` takes two scalars and returns a `tensor<i1>`",
            lambda op: len(entry_types(op.select)) == 2 and returned_types(op.select) == [TensorType((), i1)],
            id="C9",
            verify_only=True,
        ),
        Holds(
            "`scatter` takes two scalars and returns one",
            lambda op: _combiner_fits(op.scatter, 1),
            id="C10",
            verify_only=True,
        ),
    )

    @property
    def window(self) -> tuple[WindowDimension, ...]:
        """How the window moves along each dimension."""
        sizes = self.window_dimensions or (1,) * self.operand.type.rank
        return window_dimensions(sizes, self.window_strides, self.padding)

    def infer(self) -> Type:
        given = returned_types(self.scatter)
        return self.operand.type.with_element_type(element_type(given[0])) if given else self.operand.type


def _comparator_fits(op: Sort) -> bool | str:
    wanted = [TensorType((), value.type.element_type) for value in op.inputs for _ in range(2)]
    taken = entry_types(op.comparator)
    if taken != wanted:
        return f"it takes ({', '.join(map(str, taken))}), not ({', '.join(map(str, wanted))})"
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
        SameShape("inputs"),
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
    )

    def infer(self) -> list[Type]:
        return [value.type for value in self.inputs]


def _map_fits(op: Map) -> bool | str:
    wanted = [TensorType((), value.type.element_type) for value in op.inputs]
    taken, given = entry_types(op.computation), returned_types(op.computation)
    if taken != wanted:
        return f"it takes ({', '.join(map(str, taken))}), not ({', '.join(map(str, wanted))})"
    return (given is not None and len(given) == 1) or "it returns something else"


class Map(Operation, name="stablehlo.map", traits=(RecursiveMemoryEffects, SingleBlock)):
    """Applies `computation` to the elements at each place. Source: StableHLO specification, `map`."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    dimensions: tuple[int, ...] = attr()
    computation: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C2"),
        SameShape("inputs"),
        Holds(
            "`dimensions` are all dimensions in order",
            lambda op: op.dimensions == tuple(range(op.inputs[0].type.rank)),
            id="C3",
        ),
        Holds("`computation` takes a scalar for each input and returns one", _map_fits, id="C4", verify_only=True),
    )

    def infer(self) -> Type:
        given = returned_types(self.computation)
        dims = merge(value.type.dims for value in self.inputs)
        return TensorType(dims, element_type(given[0]) if given else self.inputs[0].type.element_type)
