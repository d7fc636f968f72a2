"""Loops for convolutions, dot products and reductions.

Convolutions and dot products are computed in tiles: a few rows of results (output channels, or rows of the left
operand) times one row of adjacent results, accumulated in a small buffer. For each element of the input that is
loaded, all rows of the tile are updated, and several steps of the sum are taken at once, so that the accumulators are
loaded and stored rarely. The innermost loop runs over adjacent elements: compilers vectorise it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects import hlo
from couloir.ir.affine import AffineConstant, AffineExpr
from couloir.ir.operation import Value
from couloir.ir.types import Type
from couloir.passes.hlo_to_loops.bodies import body_scalars, unsupported_body
from couloir.passes.hlo_to_loops.kernels import (
    Kernel,
    multiply_add,
    to_type,
    write_result,
    zero_of,
)
from couloir.passes.hlo_to_loops.loops import ZERO, Index, Scalar, scratch
from couloir.passes.hlo_to_loops.scalars import computing_type, rounded
from couloir.passes.hlo_to_loops.table import kernel_of

ROWS: Final = 4
"""Rows of a tile. Four rows times a row of input reuse each loaded element four times; more rows need more registers."""
STEPS: Final = 4
"""Steps of the sum taken at once where no kernel dimension says how many."""
MAX_KERNEL_STEPS: Final = 7
COLUMNS: Final = 512
"""Adjacent results of a tile at the most: 4 rows of 512 floats are 8 KB, a quarter of a first-level cache."""


def part(number: int, limit: int) -> int:
    """Into parts of which size `number` is divided, at most `limit`: parts of one size, or all but the last."""
    if number <= limit:
        return max(number, 1)
    divisor = next(d for d in range(limit, 0, -1) if number % d == 0)
    if divisor > limit // 2:
        return divisor
    return min(limit, -(-number // -(-number // limit) // 16) * 16) if limit > 16 else limit


class _Tile:
    """A small buffer of accumulators, `rows` by `columns`."""

    def __init__(self, kernel: Kernel, rows: int, columns: int, type: Type) -> None:
        self.kernel, self.rows, self.columns, self.type = kernel, rows, columns, type
        self.buffer = scratch((rows, columns), type)

    def clear(self) -> None:
        loops = self.kernel.loops
        with loops.loop(self.columns) as column:
            for row in range(self.rows):
                loops.store(zero_of(self.type), self.buffer, (AffineConstant(row), column))

    def update(self, inputs: Any, weights: Sequence[Sequence[Scalar]]) -> None:
        """Adds `inputs(column, step) * weights[row][step]` for all steps to each accumulator."""
        loops = self.kernel.loops
        with loops.loop(self.columns) as column:
            loaded = [inputs(column, step) for step in range(len(weights[0]))]
            for row in range(self.rows):
                place = (AffineConstant(row), column)
                total = loops.load(self.buffer, place)
                for step, element in enumerate(loaded):
                    total = multiply_add(total, element, weights[row][step])
                loops.store(total, self.buffer, place)

    def finish(self, write: Any, place: Callable[[int, AffineExpr], Sequence[AffineExpr | int]], element: Type) -> None:
        """Writes the accumulated results: `place(row, column)` is their index."""
        loops = self.kernel.loops
        for row in range(self.rows):
            with loops.loop(self.columns) as column:
                total = loops.load(self.buffer, (AffineConstant(row), column))
                write(place(row, column), rounded(total, element))


def _column_last(shape: Sequence[int]) -> list[int]:
    """The spatial dimensions in the order of the loops: along the last, the column, compilers vectorise.

    It is the one whose elements lie closest together, of those that have several.
    """
    order = list(range(len(shape)))
    column = next((d for d in reversed(order) if shape[d] > 1), None)
    return order if column is None else [*(d for d in order if d != column), column]


@kernel_of(hlo.Convolution, finishes=True)
def convolution_kernel(kernel: Kernel, op: hlo.Convolution, roots: Sequence[Value[Any]]) -> None:
    """A convolution without padding and dilation of the input (passes make those explicit), of any rank and layout."""
    numbers, loops = op.dimension_numbers, kernel.loops
    lhs, rhs, result = op.lhs.type, op.rhs.type, op.result.type
    element = result.element_type
    batches = result.shape[numbers.output_batch_dimension]
    groups = op.feature_group_count * op.batch_group_count  # one of the two is 1
    outputs = rhs.shape[numbers.kernel_output_feature_dimension] // groups
    inputs = rhs.shape[numbers.kernel_input_feature_dimension]
    order = _column_last([result.shape[d] for d in numbers.output_spatial_dimensions])
    lhs_space, rhs_space, result_space = (
        [dimensions[d] for d in order]
        for dimensions in (
            numbers.input_spatial_dimensions,
            numbers.kernel_spatial_dimensions,
            numbers.output_spatial_dimensions,
        )
    )
    space = [result.shape[d] for d in result_space]
    sizes = [rhs.shape[d] for d in rhs_space]
    windows = [op.window[d] for d in order]
    if not space:  # no spatial dimension: one column
        space, sizes = [], []
    columns = space[-1] if space else 1
    source, weights = kernel.buffer(op.lhs), kernel.buffer(op.rhs)
    write = write_result(kernel, op, roots[0])
    last_taps = sizes[-1] if sizes else 1
    steps_in_kernel = last_taps if 1 < last_taps <= MAX_KERNEL_STEPS else 1
    steps_in_channels = part(inputs, STEPS) if steps_in_kernel == 1 else 1

    def lhs_index(batch: AffineExpr, channel: AffineExpr, place: Sequence[AffineExpr]) -> Index:
        index: list[AffineExpr] = [ZERO] * lhs.rank
        index[numbers.input_batch_dimension], index[numbers.input_feature_dimension] = batch, channel
        for dimension, expression in zip(lhs_space, place, strict=True):
            index[dimension] = expression
        return tuple(index)

    def rhs_index(output: AffineExpr, channel: AffineExpr, taps: Sequence[AffineExpr]) -> Index:
        index: list[AffineExpr] = [ZERO] * rhs.rank
        index[numbers.kernel_output_feature_dimension] = output
        index[numbers.kernel_input_feature_dimension] = channel
        for dimension, tap, window in zip(rhs_space, taps, windows, strict=True):
            mirrored = AffineConstant((window.size or 1) - 1) - tap if window.reversal else tap
            index[dimension] = mirrored
        return tuple(index)

    def result_index(batch: AffineExpr, output: AffineExpr, place: Sequence[AffineExpr]) -> Index:
        index: list[AffineExpr] = [ZERO] * result.rank
        index[numbers.output_batch_dimension], index[numbers.output_feature_dimension] = batch, output
        for dimension, expression in zip(result_space, place, strict=True):
            index[dimension] = expression
        return tuple(index)

    def fill(tile: _Tile, group: AffineExpr, batch: AffineExpr, first_output: AffineExpr, where: Any) -> None:
        """Adds up the results of `where(column)` and the outputs from the first on."""
        kernel_loops = sizes[:-1] + ([sizes[-1] // steps_in_kernel] if sizes else [])
        for first_channel, channels in loops.parts(inputs, steps_in_channels):
            with loops.loops(kernel_loops) as tap_blocks:
                steps: list[tuple[AffineExpr, list[AffineExpr]]] = []
                for step in range(channels):
                    for tap in range(steps_in_kernel):
                        taps = [*tap_blocks[:-1], tap_blocks[-1] * steps_in_kernel + tap] if sizes else []
                        steps.append((first_channel + step, taps))
                values = [
                    [
                        to_type(
                            loops.load(weights, rhs_index(first_output + row, channel, taps)),
                            tile.type,
                            rhs.element_type,
                        )
                        for channel, taps in steps
                    ]
                    for row in range(tile.rows)
                ]

                def element_at(column: AffineExpr, step: int, steps: Any = steps) -> Scalar:
                    channel, taps = steps[step]
                    places = zip(where(column), taps, windows, strict=True)
                    position = [p * w.stride + t * w.window_dilation for p, t, w in places]
                    if op.batch_group_count > 1:
                        index = lhs_index(group * batches + batch, channel, position)
                    else:
                        index = lhs_index(batch, group * inputs + channel, position)
                    return to_type(loops.load(source, index), tile.type, lhs.element_type)

                tile.update(element_at, values)

    with loops.loops([batches, groups]) as (batch, group):
        for first_row, rows in loops.parts(outputs, part(outputs, ROWS)):
            with loops.loops(space[:-1]) as place:
                for first_column, width in loops.parts(columns, part(columns, COLUMNS)):

                    def where(column: AffineExpr, first: Any = first_column, place: Any = place) -> list[AffineExpr]:
                        return [*place, first + column] if space else []

                    first_output = group * outputs + first_row
                    tile = _Tile(kernel, rows, width, computing_type(element))
                    tile.clear()
                    fill(tile, group, batch, first_output, where)

                    def index(row: int, column: AffineExpr, first: Any = first_output, where: Any = where) -> Index:
                        return result_index(batch, first + row, where(column))

                    tile.finish(write, index, element)


@kernel_of(hlo.DotGeneral, finishes=True)
def dot_kernel(kernel: Kernel, op: hlo.DotGeneral, roots: Sequence[Value[Any]]) -> None:
    """A general dot product."""
    numbers, loops = op.dot_dimension_numbers, kernel.loops
    lhs, rhs = op.lhs.type, op.rhs.type
    element = op.result.type.element_type
    batch_dims, sum_dims = numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions
    lhs_free = [d for d in range(lhs.rank) if d not in batch_dims + sum_dims]
    rhs_used = numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions
    rhs_free = [d for d in range(rhs.rank) if d not in rhs_used]
    row_sizes = [lhs.shape[d] for d in lhs_free]
    column_sizes = [rhs.shape[d] for d in rhs_free]
    columns = column_sizes[-1] if column_sizes else 1
    rows_in_all = row_sizes[-1] if row_sizes else 1
    sums = [lhs.shape[d] for d in sum_dims]
    last_sum = sums[-1] if sums else 1
    left, right = kernel.buffer(op.lhs), kernel.buffer(op.rhs)
    write = write_result(kernel, op, roots[0])

    def spread(rank: int, pairs: Sequence[tuple[Sequence[int], Sequence[AffineExpr]]]) -> Index:
        index: list[AffineExpr] = [ZERO] * rank
        for dimensions, expressions in pairs:
            for dimension, expression in zip(dimensions, expressions, strict=True):
                index[dimension] = expression
        return tuple(index)

    def fill(tile: _Tile, batch: Index, row_at: Any, column_at: Any) -> None:
        """Adds up the results of the rows and columns."""
        with loops.loops(sums[:-1]) as outer_sums:
            for first_sum, steps in loops.parts(last_sum, part(last_sum, STEPS)):

                def sum_at(step: int, outer: Any = outer_sums, first: Any = first_sum) -> list[AffineExpr]:
                    return [*outer, first + step] if sums else []

                def value_at(row: int, step: int, sum_at: Any = sum_at) -> Scalar:
                    pairs = [(batch_dims, batch), (lhs_free, row_at(row)), (sum_dims, sum_at(step))]
                    return to_type(loops.load(left, spread(lhs.rank, pairs)), tile.type, lhs.element_type)

                def element_at(column: AffineExpr, step: int, sum_at: Any = sum_at) -> Scalar:
                    pairs = [
                        (numbers.rhs_batching_dimensions, batch),
                        (rhs_free, column_at(column)),
                        (numbers.rhs_contracting_dimensions, sum_at(step)),
                    ]
                    return to_type(loops.load(right, spread(rhs.rank, pairs)), tile.type, rhs.element_type)

                values = [[value_at(row, step) for step in range(steps)] for row in range(tile.rows)]
                tile.update(element_at, values)

    batches = [lhs.shape[d] for d in batch_dims]
    with loops.loops([*batches, *row_sizes[:-1]]) as outer:
        batch, outer_rows = outer[: len(batches)], outer[len(batches) :]
        for first_row, rows in loops.parts(rows_in_all, part(rows_in_all, ROWS)):
            with loops.loops(column_sizes[:-1]) as outer_columns:
                for first_column, width in loops.parts(columns, part(columns, COLUMNS)):

                    def row_at(row: int, first: Any = first_row) -> list[AffineExpr]:
                        return [*outer_rows, first + row] if row_sizes else []

                    def column_at(
                        column: AffineExpr, first: Any = first_column, outer: Any = outer_columns
                    ) -> list[AffineExpr]:
                        return [*outer, first + column] if column_sizes else []

                    tile = _Tile(kernel, rows, width, computing_type(element))
                    tile.clear()
                    fill(tile, batch, row_at, column_at)

                    def index(row: int, column: AffineExpr, row_at: Any = row_at, column_at: Any = column_at) -> Index:
                        return (*batch, *row_at(row), *column_at(column))

                    tile.finish(write, index, element)


def _check_body(op: hlo.Reduce | hlo.ReduceWindow) -> str | None:
    return unsupported_body(op.body.block)


@kernel_of(hlo.Reduce, reads="once", finishes=True, check=_check_body)
def reduce_kernel(kernel: Kernel, op: hlo.Reduce, roots: Sequence[Value[Any]]) -> None:
    """A reduction over dimensions; `roots` are the stored values, one for each result."""
    shape = op.inputs[0].type.shape
    kept = [d for d in range(len(shape)) if d not in op.dimensions]
    loops = kernel.loops
    with loops.loops([shape[d] for d in kept]) as outer:
        totals = _start(kernel, op)
        with loops.loops([shape[d] for d in op.dimensions]) as inner:
            index: list[AffineExpr] = [ZERO] * len(shape)
            for dimension, expression in zip([*kept, *op.dimensions], [*outer, *inner], strict=True):
                index[dimension] = expression
            _accumulate(kernel, op, totals, [kernel.scalar(v, tuple(index)) for v in op.inputs])
        _finish(kernel, op, totals, roots, outer)


@kernel_of(hlo.ReduceWindow, reads="often", finishes=True, check=_check_body)
def reduce_window_kernel(kernel: Kernel, op: hlo.ReduceWindow, roots: Sequence[Value[Any]]) -> None:
    """A reduction over windows, without padding and dilation of the input (passes make those explicit)."""
    loops, windows = kernel.loops, op.window
    with loops.loops(op.outputs[0].type.shape) as outer:
        totals = _start(kernel, op)
        with loops.loops(op.window_dimensions) as inner:
            index = tuple(o * w.stride + i * w.window_dilation for o, i, w in zip(outer, inner, windows, strict=True))
            _accumulate(kernel, op, totals, [kernel.scalar(v, index) for v in op.inputs])
        _finish(kernel, op, totals, roots, outer)


def _start(kernel: Kernel, op: hlo.Reduce | hlo.ReduceWindow) -> list[Value[Any]]:
    totals: list[Value[Any]] = []
    for init in op.init_values:
        start = kernel.scalar(init, ())
        total = scratch((), start.type)
        kernel.loops.store(start, total, ())
        totals.append(total)
    return totals


def _accumulate(
    kernel: Kernel, op: hlo.Reduce | hlo.ReduceWindow, totals: Sequence[Value[Any]], elements: Sequence[Scalar]
) -> None:
    before = [kernel.loops.load(total, ()) for total in totals]
    for total, value in zip(totals, body_scalars(kernel, op.body.block, [*before, *elements]), strict=True):
        kernel.loops.store(value, total, ())


def _finish(
    kernel: Kernel,
    op: hlo.Reduce | hlo.ReduceWindow,
    totals: Sequence[Value[Any]],
    roots: Sequence[Value[Any]],
    index: Index,
) -> None:
    if len(op.results) == 1:
        write_result(kernel, op, roots[0])(index, kernel.loops.load(totals[0], ()))
        return
    for total, result in zip(totals, op.results, strict=True):
        if result in kernel.buffers:
            kernel.loops.store(kernel.loops.load(total, ()), kernel.buffer(result), index)
