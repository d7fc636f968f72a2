"""The meaning of StableHLO's ops against XLA on the CPU, which runs the text of the same modules."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.numpy import evaluate_op, run
from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection
from couloir.ir import types as t
from couloir.ir.types import TensorType, f32, i1, i32
from tests.backends.numpy.differential import region
from tests.backends.numpy.programs import numbers, program
from tests.backends.numpy.xla import run_on_xla

few = settings(max_examples=3)  # each example is a compilation by XLA
shapes = st.lists(st.integers(1, 4), max_size=3)
seeds = st.integers(0, 999)
LT, GT, EQ = ComparisonDirection.LT, ComparisonDirection.GT, ComparisonDirection.EQ


def compare(module: Any, *arrays: Any, ulps: float = 0) -> None:
    """Our results are XLA's: bit for bit, or within some units of the last place of the result."""
    ours, theirs = run(module, *arrays), run_on_xla(module, *arrays)
    assert [(a.shape, a.dtype) for a in ours] == [(b.shape, b.dtype) for b in theirs]
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if ulps:
            bound = ulps * np.finfo(b.dtype).eps
            np.testing.assert_allclose(a, b, rtol=bound, atol=bound, err_msg=f"result {number}")
        else:
            np.testing.assert_array_equal(a, b, err_msg=f"result {number}")


def scalars(*elements: Any) -> list[TensorType]:
    return [TensorType((), element) for element in elements]


# -- elementwise ----------------------------------------------------------------------------------------------------

EXACT = [hlo.Abs, hlo.Ceil, hlo.Floor, hlo.Negate, hlo.RoundNearestAfz, hlo.RoundNearestEven, hlo.Sign, hlo.IsFinite]
ROUNDED = [
    *(hlo.Cbrt, hlo.Cosine, hlo.Exponential, hlo.ExponentialMinusOne, hlo.Logistic, hlo.Sine, hlo.Tan, hlo.Tanh),
]
OF_POSITIVE = [hlo.Log, hlo.LogPlusOne, hlo.Rsqrt, hlo.Sqrt]


@given(shape=shapes, dtype=st.sampled_from(["f4", "f8"]), seed=seeds)
@few
def test_float_functions(shape: Any, dtype: str, seed: int) -> None:
    x = np.asarray(np.random.default_rng(seed).uniform(-3, 3, shape)).astype(dtype)
    compare(program([x], lambda v: [op(v) for op in EXACT]), x)
    compare(
        program([x], lambda v: [*(op(v) for op in ROUNDED), *(op(hlo.Abs(v)) for op in OF_POSITIVE)]),
        x,
        ulps=8,
    )


@given(shape=shapes, dtype=st.sampled_from(["f4", "i1", "i4", "i8", "u1", "u8", "c8"]), seed=seeds)
@few
def test_arithmetic(shape: Any, dtype: str, seed: int) -> None:
    x, y = numbers(shape, dtype, seed), numbers(shape, dtype, seed + 1)
    ops = [hlo.Add, hlo.Subtract, hlo.Multiply]
    if dtype != "c8":
        ops += [hlo.Maximum, hlo.Minimum, hlo.Divide, hlo.Remainder]
        y = np.where(y == 0, np.ones_like(y), y)
    compare(program([x, y], lambda a, b: [op(a, b) for op in ops]), x, y)
    if dtype == "f4":
        compare(program([x, y], lambda a, b: [hlo.Atan2(a, b), hlo.Power(hlo.Abs(a), b)]), x, y, ulps=4)


@given(shape=shapes, dtype=st.sampled_from(["?", "i1", "i4", "u2", "u8"]), seed=seeds)
@few
def test_bits(shape: Any, dtype: str, seed: int) -> None:
    x, y = numbers(shape, dtype, seed), numbers(shape, dtype, seed + 1)
    compare(program([x, y], lambda a, b: [hlo.And(a, b), hlo.Or(a, b), hlo.Xor(a, b), hlo.Not(a)]), x, y)
    if dtype != "?":
        shifts = [hlo.ShiftLeft, hlo.ShiftRightArithmetic, hlo.ShiftRightLogical]
        compare(program([x, y], lambda a, b: [op(a, hlo.And(b, b)) for op in shifts]), x, np.abs(y))
        compare(program([x], lambda a: [hlo.PopulationCount(a), hlo.CountLeadingZeros(a)]), x)


@given(shape=shapes, dtype=st.sampled_from(["?", "i4", "u1", "f4"]), seed=seeds)
@few
def test_comparison_selection_and_clamping(shape: Any, dtype: str, seed: int) -> None:
    x, y = numbers(shape, dtype, seed), numbers(shape, dtype, seed + 1)
    compare(program([x, y], lambda a, b: [hlo.Compare(a, b, d) for d in ComparisonDirection]), x, y)
    compare(program([x, y], lambda a, b: hlo.Select(hlo.Compare(a, b, LT), a, b)), x, y)
    p = numbers((), "?", seed)
    compare(program([p, x, y], hlo.Select), p, x, y)
    if dtype != "?":
        low, high = np.asarray(1, x.dtype), np.asarray(3, x.dtype)
        compare(program([low, x, high], hlo.Clamp), low, x, high)


def test_total_order_puts_nan_and_zeros_in_place() -> None:
    values = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5], np.float32)
    x, y = (np.ascontiguousarray(a.reshape(-1)) for a in np.meshgrid(values, values))
    kind = hlo.ComparisonType.TOTALORDER
    compare(program([x, y], lambda a, b: [hlo.Compare(a, b, d, kind) for d in ComparisonDirection]), x, y)


def test_the_total_order_of_integers_is_their_order() -> None:
    x, y = np.array([1, -5, 3], np.int32), np.array([2, -6, 3], np.int32)
    total, signed = (
        program([x, y], lambda a, b, k=kind: [hlo.Compare(a, b, d, k) for d in ComparisonDirection])
        for kind in (hlo.ComparisonType.TOTALORDER, hlo.ComparisonType.SIGNED)
    )
    for found, wanted in zip(run(total, x, y), run(signed, x, y), strict=True):
        np.testing.assert_array_equal(found, wanted)


@given(shape=shapes, source=st.sampled_from(["?", "i1", "u4", "f4", "f8"]), seed=seeds)
@few
def test_conversions(shape: Any, source: str, seed: int) -> None:
    x = numbers(shape, source, seed)
    targets = [i1, t.i8, i32, t.ui8, t.ui64, t.f16, t.bf16, f32, t.f64]
    if np.dtype(source).kind in "if":
        targets = [target for target in targets if not (isinstance(target, t.IntegerType) and not target.is_signed)]
    compare(program([x], lambda v: [hlo.convert(v, target) for target in targets]), x)


def test_bitcasts_change_the_last_dimension() -> None:
    x = numbers((3, 2), "f4")
    compare(
        program([x], lambda v: [hlo.bitcast_convert(v, element) for element in (i32, t.i8, t.f64)]),
        x,
    )


@given(exponent=st.integers(2, 8), mantissa=st.integers(0, 23), seed=seeds)
@few
def test_reduce_precision(exponent: int, mantissa: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2**32, 64, dtype=np.uint32)
    special = np.array([0.0, -0.0, np.inf, -np.inf, 1e-45, 3e38, 1.0], np.float32)
    x = np.concatenate([bits.view(np.float32), special])
    x = x[~np.isnan(x)]
    compare(program([x], lambda v: hlo.ReducePrecision(v, exponent, mantissa)), x)


def test_reduce_precision_keeps_nan() -> None:
    op = hlo.ReducePrecision(hlo.constant(np.array([np.nan, 1.0], np.float32)), 5, 2)
    (result,) = evaluate_op(op, np.array([np.nan, 1.0], np.float32))
    assert np.isnan(result[0])
    assert result[1] == 1


@pytest.mark.parametrize(
    "format", ["float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e5m2"]
)
def test_reduce_precision_of_formats_of_8_bits_is_that_of_the_same_numbers_in_f32(format: str) -> None:
    """They differ in bias, in what is zero and in what is infinite."""
    dtype: Any = getattr(ml_dtypes, format)
    x = np.arange(256, dtype=np.uint8).view(dtype)
    x = x[np.isfinite(x)]
    (result,) = evaluate_op(hlo.ReducePrecision(hlo.constant(x), 3, 1), x)
    (wanted,) = evaluate_op(hlo.ReducePrecision(hlo.constant(x.astype(np.float32)), 3, 1), x.astype(np.float32))
    np.testing.assert_array_equal(result.astype(np.float32), wanted.astype(dtype).astype(np.float32))


def test_complex_numbers() -> None:
    x, y = numbers((3,), "f4", 1), numbers((3,), "f4", 2)

    def body(a: Any, b: Any) -> list[Any]:
        z = hlo.Complex(a, b)
        return [z, hlo.Real(z), hlo.Imag(z), hlo.Abs(z), hlo.Imag(a), hlo.Multiply(z, z)]

    compare(program([x, y], body), x, y, ulps=2)


@given(shape=shapes, seed=seeds)
@few
def test_map(shape: Any, seed: int) -> None:
    x, y = numbers(shape, "f4", seed), numbers(shape, "f4", seed + 1)
    body = region(scalars(f32, f32), lambda a, b: hlo.Add(hlo.Multiply(a, b), hlo.constant(2.0, f32)))
    compare(program([x, y], lambda a, b: hlo.Map([a, b], tuple(range(len(shape))), body)), x, y)


# -- moving elements ------------------------------------------------------------------------------------------------


@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3), seed=seeds)
@few
def test_moving_elements(data: Any, shape: Any, seed: int) -> None:
    x, rank = numbers(shape, "f4", seed), len(shape)
    order = data.draw(st.permutations(range(rank)))
    turned = data.draw(st.lists(st.sampled_from(range(rank)), unique=True))
    starts = [data.draw(st.integers(0, size - 1)) for size in shape]
    limits = [data.draw(st.integers(start, size)) for start, size in zip(starts, shape, strict=True)]
    strides = [data.draw(st.integers(1, 3)) for _ in shape]
    low = [data.draw(st.integers(-1, 2)) for _ in shape]
    high = [data.draw(st.integers(0, 2)) for _ in shape]
    inner = [data.draw(st.integers(0, 2)) for _ in shape]
    axis = data.draw(st.integers(0, rank - 1))

    def body(v: Any) -> list[Any]:
        return [
            hlo.Transpose(v, order),
            hlo.Reverse(v, turned),
            hlo.Slice(v, starts, limits, strides),
            hlo.Pad(v, hlo.constant(7.0, f32), low, high, inner),
            hlo.Concatenate([v, hlo.Negate(v)], axis),
            hlo.reshape(v, (x.size, 1)),
            hlo.broadcast_in_dim(v, [3, *shape], range(1, rank + 1)),
            hlo.iota([2, *shape], i32, axis),
            hlo.GetDimensionSize(v, axis),
        ]

    compare(program([x], body), x)


@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3), seed=seeds)
@few
def test_dynamic_slices(data: Any, shape: Any, seed: int) -> None:
    x = numbers(shape, "f4", seed)
    sizes = [data.draw(st.integers(1, size)) for size in shape]
    update = numbers(sizes, "f4", seed + 1)
    starts = [np.asarray(data.draw(st.integers(-2, 5)), np.int32) for _ in shape]

    def body(v: Any, u: Any, *at: Any) -> list[Any]:
        return [hlo.DynamicSlice(v, at, sizes), hlo.DynamicUpdateSlice(v, u, at)]

    compare(program([x, update, *starts], body), x, update, *starts)


@given(seed=seeds)
@few
def test_gather_rows_and_boxes(seed: int) -> None:
    x = numbers((4, 3, 5), "f4", seed)
    indices = np.random.default_rng(seed).integers(-1, 5, (2, 6, 2)).astype(np.int32)

    def body(v: Any, i: Any) -> list[Any]:
        rows = hlo.GatherDimensionNumbers((2, 3), (0,), (), (), (0, 2), 2)
        boxes = hlo.GatherDimensionNumbers((0, 1, 3), (), (), (), (2, 1), 2)
        return [hlo.Gather(v, i, rows, (1, 2, 4)), hlo.Gather(v, i, boxes, (4, 2, 1))]

    compare(program([x, indices], body), x, indices)


# -- contractions and normalisation ---------------------------------------------------------------------------------


@given(seed=seeds, m=st.integers(1, 4), k=st.integers(1, 4), b=st.integers(1, 3))
@few
def test_dot_general(seed: int, m: int, k: int, b: int) -> None:
    x, y = numbers((k, b, m), "f4", seed), numbers((b, 3, k), "f4", seed + 1)
    numbers_of = hlo.DotDimensionNumbers((1,), (0,), (0,), (2,))
    compare(program([x, y], lambda a, c: hlo.DotGeneral(a, c, numbers_of)), x, y)


@given(data=st.data(), seed=seeds, groups=st.integers(1, 2))
@few
def test_convolution(data: Any, seed: int, groups: int) -> None:
    pair = st.tuples(st.integers(1, 2), st.integers(1, 2))
    x = numbers((2, 6, 5, 2 * groups), "f4", seed)
    w = numbers((2, 3, 2, 3 * groups), "f4", seed + 1)
    padding = tuple(data.draw(st.tuples(st.integers(-1, 2), st.integers(0, 2))) for _ in range(2))

    def body(a: Any, b: Any) -> Any:
        return hlo.Convolution(
            a,
            b,
            data.draw(pair),
            padding,
            data.draw(pair),
            data.draw(pair),
            data.draw(st.tuples(st.booleans(), st.booleans())),
            dimension_numbers=hlo.ConvDimensionNumbers.of("b01f", "01io", "f0b1"),
            feature_group_count=groups,
        )

    compare(program([x, w], body), x, w)


def test_convolution_with_batch_groups_and_defaults() -> None:
    x, w = numbers((4, 3, 6), "f4"), numbers((2, 3, 2), "f4", 1)
    layout = hlo.ConvDimensionNumbers.of("bf0", "oi0", "bf0")
    compare(program([x, w], lambda a, b: hlo.Convolution(a, b, dimension_numbers=layout, batch_group_count=2)), x, w)


def test_products_of_narrow_integers_are_summed_in_wide_ones() -> None:
    x, w = np.full((2, 9), 100, np.int8), np.full((9, 2), 100, np.int8)
    sums = hlo.DotDimensionNumbers((), (), (1,), (0,))
    module = program([x, w], lambda a, b: hlo.DotGeneral(a, b, sums, result_types=[TensorType((2, 2), i32)]))
    np.testing.assert_array_equal(run(module, x, w)[0], np.full((2, 2), 90_000, np.int32))


@given(seed=seeds, axis=st.integers(0, 2))
@few
def test_batch_normalisation(seed: int, axis: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, 3, 4)
    x, grad = (rng.uniform(-1, 1, shape).astype("f4") for _ in range(2))
    scale, offset, mean = (rng.uniform(-1, 1, shape[axis]).astype("f4") for _ in range(3))
    variance = rng.uniform(0.5, 1, shape[axis]).astype("f4")

    def body(v: Any, g: Any, s: Any, o: Any, m: Any, var: Any) -> list[Any]:
        return [
            hlo.BatchNormInference(v, s, o, m, var, 1e-3, axis),
            hlo.BatchNormTraining(v, s, o, 1e-3, axis),
            hlo.BatchNormGrad(v, s, m, var, g, 1e-3, axis),
        ]

    inputs = (x, grad, scale, offset, mean, variance)
    compare(program(inputs, body), *inputs, ulps=64)  # sums of 12 numbers and what follows from them


# -- reductions, sorting, scattering --------------------------------------------------------------------------------


NEUTRAL = {"add": 0, "multiply": 1, "maximum": -(2**31), "minimum": 2**31 - 1, "and": -1, "or": 0, "xor": 0}


@given(data=st.data(), shape=st.lists(st.integers(0, 4), max_size=3), name=st.sampled_from([*NEUTRAL]), seed=seeds)
@few
def test_reductions_by_a_monoid(data: Any, shape: Any, name: str, seed: int) -> None:
    """The initial value is neutral: how often it is taken is the implementation's to choose."""
    x, init = numbers(shape, "i4", seed), np.asarray(NEUTRAL[name], np.int32)
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    compare(program([x, init], lambda v, i: hlo.reduce(v, i, axes, name)), x, init)


def first_largest(a: Any, i: Any, b: Any, j: Any) -> list[Any]:
    """The larger value; of equal ones that of the smaller index."""
    greater, equal = hlo.Compare(a, b, GT), hlo.Compare(a, b, EQ)
    left = hlo.Or(greater, hlo.And(equal, hlo.Compare(i, j, LT)))
    return [hlo.Select(left, a, b), hlo.Select(left, i, j)]


@given(data=st.data(), shape=st.lists(st.integers(0, 5), min_size=1, max_size=3), seed=seeds)
@few
def test_reductions_of_pairs(data: Any, shape: Any, seed: int) -> None:
    """The position of the largest element: a body of two accumulators with constants from outside."""
    x, places = numbers(shape, "f4", seed), np.arange(np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True))
    inits = np.asarray(-np.inf, np.float32), np.asarray(2**30, np.int32)
    module = program([x, places, *inits], lambda v, p, a, b: hlo.reduce([v, p], [a, b], axes, first_largest))
    compare(module, x, places, *inits)


@given(shape=st.lists(st.integers(0, 7), min_size=1, max_size=2), seed=seeds)
def test_any_associative_body_is_reduced_in_order(shape: Any, seed: int) -> None:
    """`(a, b) -> b`, which is associative but not commutative, gives the last element in row-major order."""
    x, init = numbers(shape, "i4", seed), numbers((), "i4", seed + 1)
    axes = list(range(len(shape)))
    module = program([x, init], lambda v, i: hlo.reduce(v, i, axes, lambda a, b: b))
    assert run(module, x, init)[0] == (x.reshape(-1)[-1] if x.size else init)


@given(data=st.data(), name=st.sampled_from(["add", "maximum", "body"]), seed=seeds)
@few
def test_windows(data: Any, name: str, seed: int) -> None:
    """The initial value changes nothing here: XLA takes it once, the specification for each element of the padding, too."""
    x, init = numbers((5, 6), "f4", seed), np.asarray(-99 if name == "maximum" else 0, np.float32)
    pair = st.tuples(st.integers(1, 2), st.integers(1, 3))
    padding = [data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in range(2)]
    options: dict[str, Any] = {
        "window_dimensions": data.draw(pair),
        "window_strides": data.draw(pair),
        "padding": padding,
        "base_dilations": data.draw(pair),
        "window_dilations": data.draw(pair),
    }
    body: Any = (lambda a, b: hlo.Maximum(hlo.Add(a, b), a)) if name == "body" else name
    ours = program([x, init], lambda v, i: hlo.reduce_window(v, i, body, **options))
    compare(ours, x, init)


@given(length=st.integers(0, 40), rows=st.integers(1, 3), seed=seeds)
@few
def test_sorting_pairs_is_stable(length: int, rows: int, seed: int) -> None:
    keys, values = numbers((length, rows), "f4", seed), np.arange(length * rows, dtype=np.int32).reshape(length, rows)
    less = region(scalars(f32, f32, i32, i32), lambda a, b, i, j: hlo.Compare(a, b, LT))
    compare(program([keys, values], lambda k, v: hlo.Sort([k, v], 0, True, less)), keys, values)


@given(length=st.integers(0, 200), seed=seeds)
def test_sorting_is_that_of_numpy(length: int, seed: int) -> None:
    keys = np.random.default_rng(seed).integers(-20, 20, (2, length)).astype(np.int32)
    more = region(scalars(i32, i32), lambda a, b: hlo.Compare(a, b, GT))
    module = program([keys], lambda k: hlo.Sort([k], -1, True, more))
    np.testing.assert_array_equal(run(module, keys)[0], -np.sort(-keys, axis=1))


def test_an_inconsistent_comparator_still_gives_a_permutation() -> None:
    keys = np.array([3, np.nan, 1, np.nan, 2, 0], np.float32)
    less = region(scalars(f32, f32), lambda a, b: hlo.Compare(a, b, LT))
    (result,) = run(program([keys], lambda k: hlo.Sort([k], 0, True, less)), keys)
    np.testing.assert_array_equal(np.sort(result), np.sort(keys))


SCATTERS: dict[str, Any] = {
    "add": hlo.Add,
    "replace": lambda a, b: b,
    "body": lambda a, b: hlo.Add(hlo.Multiply(a, hlo.constant(2.0, f32)), b),
}


@given(name=st.sampled_from(["add", "body"]), seed=seeds, count=st.integers(0, 12))
@few
def test_scattering_elements(name: str, seed: int, count: int) -> None:
    """Equal and outside places; a body that is not associative is applied to one update after the other."""
    x, updates = numbers((3, 2), "f4", seed), numbers((count,), "f4", seed + 1)
    places = np.random.default_rng(seed).integers(-1, 4, (count, 2)).astype(np.int32)
    layout = hlo.ScatterDimensionNumbers((), (0, 1), (), (), (0, 1), 1)
    body = region(scalars(f32, f32), SCATTERS[name])
    module = program([x, places, updates], lambda v, p, u: hlo.Scatter([v], p, [u], layout, update_computation=body))
    compare(module, x, places, updates)


@given(seed=seeds, count=st.integers(1, 9))
def test_of_equal_places_the_last_update_stays(seed: int, count: int) -> None:
    x, updates = numbers((4,), "f4", seed), np.arange(count, dtype=np.float32)
    places = np.random.default_rng(seed).integers(0, 4, (count, 1)).astype(np.int32)
    layout = hlo.ScatterDimensionNumbers((), (0,), (), (), (0,), 1)
    body = region(scalars(f32, f32), SCATTERS["replace"])
    module = program([x, places, updates], lambda v, p, u: hlo.Scatter([v], p, [u], layout, update_computation=body))
    expected = x.copy()
    for place, update in zip(places[:, 0], updates, strict=True):
        expected[place] = update
    np.testing.assert_array_equal(run(module, x, places, updates)[0], expected)


@given(seed=seeds)
@few
def test_scattering_windows_with_batches(seed: int) -> None:
    x, updates = numbers((2, 5, 4), "f4", seed), numbers((2, 3, 2, 3), "f4", seed + 1)
    places = np.random.default_rng(seed).integers(0, 2, (2, 3, 2)).astype(np.int32)
    layout = hlo.ScatterDimensionNumbers((2, 3), (), (0,), (0,), (1, 2), 2)
    body = region(scalars(f32, f32), hlo.Add)
    module = program([x, places, updates], lambda v, p, u: hlo.Scatter([v], p, [u], layout, update_computation=body))
    compare(module, x, places, updates)


@given(data=st.data(), seed=seeds)
@few
def test_select_and_scatter(data: Any, seed: int) -> None:
    x = np.random.default_rng(seed).permutation(30).reshape(5, 6).astype(np.float32)
    sizes, strides = (2, 3), data.draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    padding = ((1, 0), (0, 1))
    shape = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip((5, 6), padding, sizes, strides, strict=True)]
    source, init = numbers(shape, "f4", seed), np.asarray(1, np.float32)
    select = region(scalars(f32, f32), lambda a, b: hlo.Compare(a, b, ComparisonDirection.GE))
    combine = region(scalars(f32, f32), hlo.Add)
    module = program(
        [x, source, init], lambda v, s, i: hlo.SelectAndScatter(v, s, i, sizes, strides, padding, select, combine)
    )
    compare(module, x, source, init)


# -- control flow ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [True, False])
def test_if(value: bool) -> None:
    x, p = numbers((2,), "f4"), np.asarray(value)

    def body(v: Any, q: Any) -> Any:
        return hlo.If(q, region([], lambda: hlo.Negate(v)), region([], lambda: hlo.Add(v, v)))

    compare(program([x, p], body), x, p)


@pytest.mark.parametrize("value", [-1, 0, 1, 2, 7])
def test_case_takes_the_last_branch_for_what_is_out_of_range(value: int) -> None:
    x, index = numbers((2,), "f4"), np.asarray(value, np.int32)

    def body(v: Any, i: Any) -> Any:
        branches = [region([], lambda k=k: hlo.Add(v, hlo.constant(float(k), f32, shape=(2,)))) for k in range(3)]
        return hlo.Case(i, tuple(branches))

    compare(program([x, index], body), x, index)


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_while(limit: int) -> None:
    count, x, end = np.asarray(0, np.int32), numbers((2,), "f4"), np.asarray(limit, np.int32)
    state = [TensorType((), i32), TensorType((2,), f32)]

    def body(i: Any, v: Any, n: Any) -> Any:
        go_on = region(state, lambda j, _: hlo.Compare(j, n, LT))
        step = region(state, lambda j, w: [hlo.Add(j, hlo.constant(1, i32)), hlo.Add(w, v)])
        return hlo.While([i, v], go_on, step)

    compare(program([count, x, end], body), count, x, end)


def test_a_body_with_control_flow_of_its_own() -> None:
    """A reduction whose body branches: it is run for one pair of elements after the other."""
    x, init = numbers((3, 4), "f4"), np.asarray(0, np.float32)

    def combine(a: Any, b: Any) -> Any:
        larger = hlo.Compare(a, b, GT)
        return hlo.If(larger, region([], lambda: a), region([], lambda: b)).outputs[0]

    module = program([x, init], lambda v, i: hlo.reduce(v, i, [1], combine))
    np.testing.assert_array_equal(run(module, x, init)[0], np.maximum(x.max(1), 0))


def test_tuples_barriers_and_tokens() -> None:
    x = numbers((2,), "f4")

    def body(v: Any) -> list[Any]:
        pair = hlo.Tuple([v, hlo.Negate(v)])
        hlo.AfterAll([hlo.CreateToken()])
        return [hlo.GetTupleElement(pair, 1), hlo.OptimizationBarrier([v, v])]

    ours = run(program([x], body), x)
    for result, expected in zip(ours, [-x, x, x], strict=True):
        np.testing.assert_array_equal(result, expected)
