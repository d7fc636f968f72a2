"""Result types of StableHLO ops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.types import ComplexType, TensorType, Type, bf16, f32, f64, i1, i8, i32, i64

NCHW = hlo.ConvDimensionNumbers.of("bf01", "oi01", "bf01")
NHWC = hlo.ConvDimensionNumbers.of("b01f", "01io", "b01f")


def dims(op) -> tuple[int | None, ...]:
    return op.result.type.dims


def test_elementwise_ops_keep_the_type_and_learn_dimensions_from_each_other(bench):
    assert hlo.Exponential(bench.tensor(2, 3)).result.type is TensorType((2, 3), f32)
    assert dims(hlo.Add(bench.tensor(None, 3), bench.tensor(2, None))) == (2, 3)
    assert dims(hlo.Compare(bench.tensor(None, 3), bench.tensor(2, None), hlo.ComparisonDirection.LT)) == (2, 3)
    assert dims(hlo.Select(bench.tensor(of=i1), bench.tensor(None, 3), bench.tensor(2, None))) == (2, 3)
    assert dims(hlo.Clamp(bench.tensor(), bench.tensor(4, None), bench.tensor(4, 5))) == (4, None)


def test_complex_numbers_come_from_and_go_to_real_ones(bench):
    pair = hlo.Complex(bench.tensor(3, of=f64), bench.tensor(None, of=f64))
    assert pair.result.type is TensorType((3,), ComplexType(f64))
    for op in (hlo.Abs, hlo.Real, hlo.Imag):
        assert op(pair).result.type is TensorType((3,), f64)
    assert hlo.Abs(bench.tensor(3, of=i32)).result.type is TensorType((3,), i32)


def test_comparisons_give_booleans(bench):
    x = bench.tensor(2, 3)
    assert hlo.Compare(x, x, hlo.ComparisonDirection.EQ).result.type is TensorType((2, 3), i1)
    assert hlo.IsFinite(x).y.type is TensorType((2, 3), i1)


def test_conversions(bench):
    x = bench.tensor(2, None)
    assert hlo.convert(x, i8).result.type is TensorType((2, None), i8)
    assert hlo.bitcast_convert(bench.tensor(4), i32).result.type is TensorType((4,), i32)
    assert hlo.bitcast_convert(bench.tensor(4), i8).result.type is TensorType((4, 4), i8)
    assert hlo.bitcast_convert(bench.tensor(3, 2, of=bf16), f32).result.type is TensorType((3,), f32)


def test_constants(bench):
    assert hlo.constant(1.5, f32).output.type is TensorType((), f32)
    assert hlo.constant(np.ones((2, 3), np.int8)).output.type is TensorType((2, 3), i8)
    assert hlo.constant([1, 2, 3], i64).output.type is TensorType((3,), i64)
    pair = TensorType((2, 1), f32)
    assert hlo.constant(2, pair).value is DenseElementsAttr.splat(pair, 2.0)
    assert hlo.constant([[1], [2]], pair).output.type is pair
    with pytest.raises(Error, match=r"has the shape \(3,\)"):
        hlo.constant([1, 2, 3], pair)
    with pytest.raises(Error, match="not both"):
        hlo.constant(2, pair, shape=(2, 1))
    with pytest.raises(Error, match="not known before it runs"):
        hlo.constant(2, TensorType((None,), f32))
    huge = hlo.constant(0, f32, shape=(1 << 20, 1 << 20))
    assert huge.output.type.shape == (1 << 20, 1 << 20)
    assert huge.value.is_splat
    with pytest.raises(Error, match="repeats one number"):
        hlo.constant([1.0, 2.0], f32, shape=(2, 2))


@given(st.data())
def test_transposing_moves_the_sizes_as_numpy_does(data):
    shape = tuple(data.draw(st.lists(st.integers(0, 5), max_size=4)))
    permutation = tuple(data.draw(st.permutations(range(len(shape)))))
    op = hlo.Transpose(hlo.constant(0.0, f32, shape=shape), permutation)
    assert dims(op) == np.zeros(shape).transpose(permutation).shape


@given(st.data())
def test_slices_have_the_sizes_that_numpy_gives(data):
    shape = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=3))
    cuts = [tuple(sorted((data.draw(st.integers(0, size)), data.draw(st.integers(0, size))))) for size in shape]
    strides = [data.draw(st.integers(1, 4)) for _ in shape]
    starts, limits = zip(*cuts, strict=True)
    op = hlo.Slice(hlo.constant(0.0, f32, shape=shape), starts, limits, tuple(strides))
    slices = tuple(itertools.starmap(slice, zip(starts, limits, strides, strict=True)))
    assert dims(op) == np.zeros(shape)[slices].shape


def test_other_ops_that_move_elements(bench):
    x = bench.tensor(2, 3, None)
    assert dims(hlo.Reverse(x, (0, 2))) == (2, 3, None)
    padded = hlo.Pad(x, bench.tensor(), (1, -1, 0), (0, 0, 2), (2, 0, 1))
    assert dims(padded) == (2 + 1 + 2, 2, None)
    assert dims(hlo.Pad(bench.tensor(0), bench.tensor(), (1,), (1,), (5,))) == (2,)
    assert dims(hlo.Concatenate([bench.tensor(2, None), bench.tensor(5, 3)], dimension=0)) == (7, 3)
    assert dims(hlo.Concatenate([bench.tensor(2, 3), bench.tensor(None, 3)], dimension=0)) == (None, 3)
    assert hlo.GetDimensionSize(x, 2).result.type is TensorType((), i32)
    assert dims(hlo.broadcast_in_dim(bench.tensor(3), (2, 3), (1,))) == (2, 3)
    assert dims(hlo.reshape(x, (6, None))) == (6, None)


def test_dynamic_slices(bench):
    x, starts = bench.tensor(8, None), bench.scalars(2, i32)
    assert dims(hlo.DynamicSlice(x, starts, slice_sizes=(2, 3))) == (2, 3)
    assert dims(hlo.DynamicUpdateSlice(x, bench.tensor(2, 3), starts)) == (8, None)


@given(st.data())
def test_dot_products_have_the_shape_that_einsum_gives(data):
    sizes = {name: data.draw(st.integers(0, 4)) for name in "abcdef"}
    batch, summed, left, right = "ab", "cd", "e", "f"
    lhs = "".join(data.draw(st.permutations(batch + summed + left)))
    rhs = "".join(data.draw(st.permutations(batch + summed + right)))
    numbers = hlo.DotDimensionNumbers(
        tuple(lhs.index(name) for name in batch),
        tuple(rhs.index(name) for name in batch),
        tuple(lhs.index(name) for name in summed),
        tuple(rhs.index(name) for name in summed),
    )
    arrays = [np.zeros([sizes[name] for name in names], np.float32) for names in (lhs, rhs)]
    op = hlo.DotGeneral(*map(hlo.constant, arrays), dot_dimension_numbers=numbers)
    assert dims(op) == np.einsum(f"{lhs},{rhs}->{batch}{left}{right}", *arrays).shape


def test_dot_products_may_accumulate_in_another_type(bench):
    x, y = bench.tensor(2, 3, of=i8), bench.tensor(3, None, of=i8)
    numbers = hlo.DotDimensionNumbers(lhs_contracting_dimensions=(1,), rhs_contracting_dimensions=(0,))
    with at_end(bench.block):
        narrow = hlo.DotGeneral(x, y, numbers)
        hlo.DotGeneral(x, y, numbers, result_types=[TensorType((2, None), i32)])
    assert narrow.result.type is TensorType((2, None), i8)
    assert bench.faults() == []


@pytest.mark.parametrize(
    ("numbers", "lhs", "rhs", "options", "expected"),
    [
        (NCHW, (1, 3, 8, 8), (5, 3, 3, 3), {}, (1, 5, 6, 6)),
        (NHWC, (1, 8, 8, 3), (3, 3, 3, 5), {}, (1, 6, 6, 5)),
        (NCHW, (1, 3, 8, 8), (5, 3, 3, 3), {"window_strides": (2, 2), "padding": ((1, 1), (0, 1))}, (1, 5, 4, 4)),
        (NCHW, (1, 3, 8, 8), (5, 3, 3, 3), {"rhs_dilation": (2, 3)}, (1, 5, 4, 2)),
        (NCHW, (1, 3, 8, 8), (5, 3, 3, 3), {"lhs_dilation": (2, 1)}, (1, 5, 13, 6)),
        (NCHW, (1, 4, 8, 8), (6, 2, 1, 1), {"feature_group_count": 2}, (1, 6, 8, 8)),
        (NCHW, (4, 3, 8, 8), (6, 3, 1, 1), {"batch_group_count": 2}, (2, 6, 8, 8)),
        (NCHW, (None, 3, None, 8), (5, 3, 3, 3), {}, (None, 5, None, 6)),
        (NCHW, (1, 3, 2, 8), (5, 3, 3, 3), {}, (1, 5, 0, 6)),
        (NCHW, (1, 3, 0, 8), (5, 3, 3, 3), {"padding": ((2, 2), (0, 0))}, (1, 5, 2, 6)),
        (hlo.ConvDimensionNumbers.of("bf", "io", "bf"), (4, 3), (3, 5), {}, (4, 5)),
    ],
)
def test_convolutions(bench, numbers, lhs, rhs, options, expected):
    op = hlo.Convolution(bench.tensor(*lhs), bench.tensor(*rhs), dimension_numbers=numbers, **options)
    assert dims(op) == expected


def test_windows_have_defaults_in_every_dimension(bench):
    op = hlo.Convolution(bench.tensor(1, 3, 8, 8), bench.tensor(5, 3, 3, 2), dimension_numbers=NCHW)
    assert op.window == (hlo.WindowDimension(3), hlo.WindowDimension(2))
    assert op.padding is None
    pool = hlo.reduce_window(bench.tensor(8), bench.tensor(), "maximum", window_dimensions=[2], padding=[(1, 0)])
    assert pool.window == (hlo.WindowDimension(2, padding_low=1),)


@given(st.data())
def test_a_window_counts_its_positions(data):
    size = data.draw(st.integers(0, 12))
    window = hlo.WindowDimension(
        data.draw(st.integers(1, 4)),
        stride=data.draw(st.integers(1, 3)),
        padding_low=data.draw(st.integers(0, 3)),
        padding_high=data.draw(st.integers(0, 3)),
        base_dilation=data.draw(st.integers(1, 3)),
        window_dilation=data.draw(st.integers(1, 3)),
    )
    line = [0] * window.padding_low + [1] * len(range((size - 1) * window.base_dilation + 1))
    line += [0] * window.padding_high
    span = [i * window.window_dilation for i in range(window.size)]
    fits = [start for start in range(0, len(line), window.stride) if start + span[-1] < len(line)]
    assert window.count(size) == len(fits)


def test_reductions(bench):
    x, y, zero, one = bench.tensor(2, 3, None), bench.tensor(2, None, 4, of=i32), bench.tensor(), bench.tensor(of=i32)
    assert dims(hlo.reduce(x, zero, (1,), "add")) == (2, None)
    both = hlo.reduce([x, y], [zero, one], (0, 2), lambda a, b, c, d: (c, d))
    assert [value.type for value in both.outputs] == [TensorType((3,), f32), TensorType((3,), i32)]
    pooled = hlo.reduce_window(
        x, zero, "maximum", window_dimensions=(1, 2, 2), window_strides=(1, 1, 2), window_dilations=(1, 2, 1)
    )
    assert dims(pooled) == (2, 1, None)
    with pytest.raises(Error, match="no reducer `max`") as caught:
        hlo.reduce(x, zero, (1,), "max")
    assert "maximum" in str(caught.value)


def test_a_reduction_has_the_element_types_that_its_body_returns(bench):
    body = hlo.reducer(lambda a, b: hlo.convert(hlo.Add(a, b), f64), [f32])
    for argument in body.block.arguments:
        argument.set_type(TensorType((), f64))
    op = hlo.Reduce([bench.tensor(4)], [bench.tensor()], (0,), body)
    assert op.outputs[0].type is TensorType((), f64)


def test_normalisation(bench):
    x, feature = bench.tensor(2, 3, 4), [bench.tensor(3) for _ in range(4)]
    assert dims(hlo.BatchNormInference(x, *feature, epsilon=1e-5, feature_index=1)) == (2, 3, 4)
    training = hlo.BatchNormTraining(x, *feature[:2], epsilon=1e-5, feature_index=1)
    assert [value.type.dims for value in training.results] == [(2, 3, 4), (3,), (3,)]
    gradient = hlo.BatchNormGrad(x, *feature[:3], x, epsilon=1e-5, feature_index=1)
    assert [value.type.dims for value in gradient.results] == [(2, 3, 4), (3,), (3,)]


def test_gathers(bench):
    rows = hlo.GatherDimensionNumbers(
        offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,), index_vector_dim=1
    )
    op = hlo.Gather(bench.tensor(10, 4), bench.tensor(5, 1, of=i32), rows, slice_sizes=(1, 4))
    assert dims(op) == (5, 4)
    batched = hlo.GatherDimensionNumbers(
        offset_dims=(2,),
        collapsed_slice_dims=(1,),
        operand_batching_dims=(0,),
        start_indices_batching_dims=(1,),
        start_index_map=(1,),
        index_vector_dim=2,
    )
    op = hlo.Gather(bench.tensor(3, 10, 4), bench.tensor(None, 3, of=i32), batched, slice_sizes=(1, 1, 2))
    assert dims(op) == (None, 3, 2)


def test_a_gather_of_which_the_offsets_are_not_dimensions_of_the_result_has_no_type(bench):
    for offsets in ((), (1, 2), (3,)):
        numbers = hlo.GatherDimensionNumbers(
            offset_dims=offsets, collapsed_slice_dims=(0,), start_index_map=(0,), index_vector_dim=1
        )
        with pytest.raises(Error, match="`offset_dims`"):
            hlo.Gather(bench.tensor(10, 4), bench.tensor(5, 1, of=i32), numbers, slice_sizes=(1, 4))


def test_scatter_sort_map_and_select_and_scatter(bench):
    x, y = bench.tensor(10, 4), bench.tensor(10, 4, of=i32)
    rows = hlo.ScatterDimensionNumbers(
        update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,), index_vector_dim=1
    )
    op = hlo.Scatter([x], bench.tensor(5, 1, of=i32), [bench.tensor(5, 4)], rows, update_computation=adder())
    assert [value.type for value in op.outputs] == [x.type]
    assert [value.type for value in hlo.Sort([x, y], dimension=0).outputs] == [x.type, y.type]
    assert hlo.Map([x, x], (0, 1), adder()).result.type is x.type
    pooled = hlo.SelectAndScatter(bench.tensor(4, 4), bench.tensor(2, 2), bench.tensor(), (2, 2), (2, 2))
    assert dims(pooled) == (4, 4)


def adder():
    return hlo.reducer("add", [f32])


def test_control_flow_takes_its_types_from_its_regions(bench):
    from couloir.ir.operation import Block, Region

    def branch(*values):
        block = Block()
        with at_end(block):
            hlo.Return(values)
        return Region([block])

    x, y = bench.tensor(3), bench.tensor(of=i1)
    chosen = hlo.If(y, branch(x, y), branch(x, y))
    assert [value.type for value in chosen.outputs] == [x.type, y.type]
    assert [value.type for value in hlo.Case(bench.tensor(of=i32), (branch(x),)).outputs] == [x.type]
    assert [value.type for value in hlo.While([x, y]).outputs] == [x.type, y.type]
    assert [value.type for value in hlo.OptimizationBarrier([x, y]).outputs] == [x.type, y.type]
    pair = hlo.Tuple([x, y])
    assert hlo.GetTupleElement(pair, 1).result.type is y.type
    with pytest.raises(Error, match="they are empty"):
        hlo.If(y)


def test_linear_algebra(bench):
    a, b = bench.tensor(5, 3, 3), bench.tensor(5, 3, 2)
    assert dims(hlo.Cholesky(a)) == (5, 3, 3)
    solved = hlo.TriangularSolve(
        a, b, left_side=True, lower=True, unit_diagonal=False, transpose_a=hlo.Transposition.NO_TRANSPOSE
    )
    assert dims(solved) == (5, 3, 2)
    spectrum = hlo.Fft(bench.tensor(2, 8), hlo.FftType.RFFT, (8,))
    assert spectrum.result.type is TensorType((2, 5), ComplexType(f32))
    assert hlo.Fft(spectrum, hlo.FftType.IRFFT, (8,)).result.type is TensorType((2, 8), f32)
    assert hlo.Fft(spectrum, hlo.FftType.FFT, (5,)).result.type is spectrum.result.type


def bounded(*sizes: int | tuple[int | None], of: Type = f32) -> TensorType:
    """A type from sizes; one in a tuple is the bound of a dimension without a size, None for no bound."""
    dims = [None if isinstance(size, tuple) else size for size in sizes]
    bounds = [size[0] if isinstance(size, tuple) else None for size in sizes]
    return TensorType(tuple(dims), of, hlo.TypeExtensions(tuple(bounds)) if any(bounds) else None)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x, y: hlo.Abs(x), bounded(2, (4,), (None,))),
        (lambda x, y: hlo.IsFinite(x), bounded(2, (4,), (None,), of=i1)),
        (lambda x, y: hlo.Add(x, y), bounded(2, (3,), (9,))),
        (lambda x, y: hlo.Compare(y, x, hlo.ComparisonDirection.LT), bounded(2, (3,), (9,), of=i1)),
        (lambda x, y: hlo.Transpose(x, (1, 2, 0)), bounded((4,), (None,), 2)),
        (lambda x, y: hlo.Reverse(x, (1,)), bounded(2, (4,), (None,))),
        (lambda x, y: hlo.Slice(x, (0, 1, 0), (2, 4, 3), (1, 2, 1)), bounded(2, 2, 3)),
        (lambda x, y: hlo.Pad(x, hlo.constant(0.0, f32), (1, 0, 0), (0, 1, 0), (0, 1, 0)), bounded(3, (8,), (None,))),
        (lambda x, y: hlo.Concatenate([x, y], dimension=1), bounded(2, (7,), (9,))),
        (lambda x, y: hlo.Concatenate([x, y], dimension=2), bounded(2, (3,), (None,))),
        (lambda x, y: hlo.Concatenate([x, y], dimension=0), bounded((None,), (3,), (9,))),
        (lambda x, y: hlo.Broadcast(x, (5,)), bounded(5, 2, (4,), (None,))),
        (lambda x, y: hlo.SetDimensionSize(x, hlo.constant(1, i32), 0), bounded((2,), (4,), (None,))),
        (lambda x, y: hlo.SetDimensionSize(x, hlo.constant(4, i32), 1), bounded(2, 4, (None,))),
    ],
)
def test_bounds_of_dimensions_are_followed(bench, build, expected):
    x, y = bench.value(bounded(2, (4,), (None,))), bench.value(bounded((None,), (3,), (9,)))
    with at_end(bench.block):
        assert build(x, y).results[0].type is expected


def test_bounds_of_indices_are_bounds_of_a_gather(bench):
    numbers = hlo.GatherDimensionNumbers((1,), (0,), (), (), (0,), 1)
    indices = bench.value(bounded((5,), 1, of=i32))
    assert hlo.Gather(bench.tensor(4, 6), indices, numbers, (1, 6)).result.type is bounded((5,), 6)


def test_a_size_above_a_bound_is_refused(bench):
    x = bench.value(bounded(2, (4,)))
    with pytest.raises(Error, match="the same type"):
        hlo.Add(x, bench.tensor(2, 5))
    with pytest.raises(Error, match=r"the sizes \(C3\): dimension 1 of size 4"):
        hlo.Slice(x, (0, 0), (2, 5), (1, 1))
    with pytest.raises(Error, match=r"negative padding leaves the shape \(None, -1\) \(C4\)"):
        hlo.Pad(x, bench.tensor(), (0, -5), (0, 0), (0, 0))


def test_shapes_are_compared_with_all_that_is_known(bench):
    with at_end(bench.block):
        hlo.Add(bench.tensor(None), bench.tensor(2), result_types=[TensorType((3,), f32)])
    assert "have the same type" in bench.faults()[0]


def test_the_number_of_results_follows(bench):
    sums = [TensorType((), f32)] * 2
    with at_end(bench.block):
        hlo.Reduce([bench.tensor(3)], [bench.tensor()], (0,), hlo.reducer("add", [f32]), result_types=sums)
    assert "`stablehlo.reduce` has 1 results by its operands, not 2" in bench.faults()[0]
