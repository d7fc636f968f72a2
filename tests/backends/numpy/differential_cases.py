"""For each op of StableHLO that its reference interpreter runs: modules to compare, and how far results may be apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from couloir.backends.numpy.domains import floats
from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection
from couloir.ir.types import TensorType, i32, i64, type_of_dtype
from tests.backends.numpy.differential import (
    ANY,
    BOOLEAN,
    COMPLEX,
    FINITE,
    FLOATS,
    INTEGERS,
    MOVED,
    NARROW,
    SIGNED,
    WIDE,
    Drawn,
    anything,
    moderate,
    region,
    scalars,
)
from tests.backends.numpy.programs import numbers

Draw = Callable[[Any], Any]
Make = Callable[[Draw], Drawn]
CASES: Final[dict[str, Make]] = {}

#: How many units in the last place a result may be from the interpreter's, which computes in f64 and rounds: NumPy's f32
#: functions are at most 4 off on every processor, narrow floats are computed in f32. Everything that is not here is exact.
#: Complex results are measured by their modulus.
ULPS: Final[dict[str, int]] = {
    **dict.fromkeys(("atan2", "cbrt", "cosine", "exponential", "exponential_minus_one", "log", "log_plus_one"), 4),
    **dict.fromkeys(("logistic", "power", "rsqrt", "sine", "tan", "tanh"), 4),
    "abs": 1,
    "multiply": 2,
    "divide": 2,
    "sqrt": 1,
    "sign": 2,  # of complex numbers; of reals, 0: see EXACT_ON_REALS
}
EXACT_ON_REALS: Final = ("abs", "multiply", "divide", "sqrt", "sign")
#: The interpreter's complex functions of these names cancel: exp(z) - 1, and a logarithm of a number near the unit circle.
CANCEL: Final = ("exponential_minus_one", "atan2", "log_plus_one", "power")

EXCEPTIONS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("batch_norm_grad", "batch_norm_inference", "batch_norm_training", "cholesky", "rng", "rng_bit_generator"),
        "the interpreter does not run it; XLA does: test_evaluate_hlo.py, test_differential_xla.py",
    ),
    **dict.fromkeys(
        ("fft", "triangular_solve"), "of f32 and of several systems the interpreter ends: test_differential_xla.py"
    ),
    **dict.fromkeys(
        ("broadcast", "create_token", "dot", "einsum", "torch_index_select", "unary_einsum", "cross-replica-sum"),
        "deprecated, the interpreter does not run it: test_evaluate_deprecated.py",
    ),
    **dict.fromkeys(("real_dynamic_slice", "set_dimension_size"), "deprecated: test_evaluate_deprecated.py"),
    **dict.fromkeys(
        ("all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_permute", "collective_reduce"),
        "it needs several devices: test_devices_xla.py, test_devices.py",
    ),
    **dict.fromkeys(
        (
            "reduce_scatter",
            "partition_id",
            "replica_id",
            "send",
            "recv",
            "infeed",
            "outfeed",
            "async_start",
            "async_done",
        ),
        "it needs several devices: test_devices_xla.py, test_devices.py",
    ),
    **dict.fromkeys(
        ("uniform_quantize", "uniform_dequantize"),
        "jaxlib has no quantized types: test_quantized.py, by the formulas of the specification",
    ),
    "custom_call": "what it means its target says: test_custom_calls.py",
    "composite": "it calls a function: test_evaluate.py",
    "return": "it ends the regions of the others",
}


def case(*names: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        CASES.update(dict.fromkeys(names, make))
        return make

    return register


SHAPES = st.lists(st.integers(0, 4), max_size=3).map(tuple)
SEEDS = st.integers(0, 9999)


def from_list(draw: Draw, items: Any) -> Any:
    return draw(st.sampled_from(list(items)))


# -- elementwise ------------------------------------------------------------------------------------------------------

UNARY: Final[dict[type[Any], Any]] = {
    **dict.fromkeys((hlo.Ceil, hlo.Floor, hlo.RoundNearestAfz, hlo.RoundNearestEven), WIDE),
    **dict.fromkeys((hlo.Cbrt, hlo.Cosine, hlo.Exponential, hlo.ExponentialMinusOne, hlo.Log), (*FLOATS, *COMPLEX)),
    **dict.fromkeys((hlo.LogPlusOne, hlo.Rsqrt, hlo.Sine, hlo.Sqrt, hlo.Tan, hlo.Tanh), (*FLOATS, *COMPLEX)),
    # In fewer bits the interpreter's steps overflow and are rounded.
    hlo.Logistic: [np.dtype(np.float32), np.dtype(np.float64), *COMPLEX],
    hlo.Abs: [*SIGNED, *FLOATS, *COMPLEX],
    hlo.Negate: [*INTEGERS, *FLOATS, *COMPLEX],
    hlo.Sign: [*SIGNED, *FLOATS, *COMPLEX],
    hlo.Real: [*FLOATS, *COMPLEX],
    hlo.Imag: [*FLOATS, *COMPLEX],
    hlo.IsFinite: FLOATS,
    hlo.Not: [*BOOLEAN, *INTEGERS],
    hlo.PopulationCount: INTEGERS,
    hlo.CountLeadingZeros: INTEGERS,
}
BINARY: Final[dict[type[Any], Any]] = {
    **dict.fromkeys((hlo.Add, hlo.Multiply, hlo.Maximum, hlo.Minimum), ANY),
    hlo.Subtract: [*INTEGERS, *FLOATS, *COMPLEX],
    hlo.Divide: [*INTEGERS, *FLOATS, *COMPLEX],
    hlo.Remainder: [*INTEGERS, *FLOATS],
    hlo.Power: [*INTEGERS, *FLOATS, *COMPLEX],
    hlo.Atan2: [*FLOATS, *COMPLEX],
    hlo.Complex: [np.dtype(np.float32), np.dtype(np.float64)],
    **dict.fromkeys((hlo.And, hlo.Or, hlo.Xor), (*BOOLEAN, *INTEGERS)),
    **dict.fromkeys((hlo.ShiftLeft, hlo.ShiftRightArithmetic, hlo.ShiftRightLogical), INTEGERS),
}
#: Of these, special complex operands are not said to have any meaning ("corner cases TBD").
SMOOTH: Final = frozenset(
    (
        *(
            hlo.Atan2,
            hlo.Cbrt,
            hlo.Cosine,
            hlo.Exponential,
            hlo.ExponentialMinusOne,
            hlo.Log,
            hlo.LogPlusOne,
            hlo.Logistic,
        ),
        *(hlo.Power, hlo.Rsqrt, hlo.Sign, hlo.Sine, hlo.Sqrt, hlo.Tan, hlo.Tanh, hlo.Multiply),
    )
)


def operands_of(cls: type[Any], dtype: Any, shape: Any, seed: int, count: int) -> list[Any]:
    overflows = cls is hlo.Logistic  # the interpreter's exp(-x)
    fill = moderate if overflows or (dtype.kind == "c" and cls in SMOOTH) else anything
    arrays = [fill(shape, dtype, seed + number) for number in range(count)]
    if cls in (hlo.Divide, hlo.Remainder) and dtype in INTEGERS:  # the interpreter's own division traps
        lhs, rhs = arrays
        traps = (rhs == 0) | (rhs.astype(np.int64) == -1)
        arrays = [lhs, np.where(traps, np.ones_like(rhs), rhs)]
    return arrays


def compared(cls: type[Any], arrays: list[Any]) -> Any:
    """Where results are compared: what a type without infinities makes of them, nobody says."""
    if arrays[0].dtype not in (*FINITE, *NARROW) or cls in (hlo.IsFinite, hlo.Real, hlo.Imag):
        return True
    wide = floats.apply(cls.name.partition(".")[2], *(array.astype(np.float64) for array in arrays))
    return np.isfinite(wide) if arrays[0].dtype in FINITE else ~np.isnan(wide)


def ulps_of(cls: type[Any], dtype: Any) -> int:
    name = cls.name.partition(".")[2]
    if dtype.kind == "c":
        return 256 if name in CANCEL else ULPS.get(name, 0)
    return 0 if name in EXACT_ON_REALS else ULPS.get(name, 0)


def elementwise(cls: type[Any], dtypes: Any, count: int) -> Make:
    def make(draw: Draw) -> Drawn:
        dtype, shape, seed = from_list(draw, dtypes), draw(SHAPES), draw(SEEDS)
        return Drawn(operands_of(cls, dtype, shape, seed, count), lambda *given: cls(*given))

    return make


for _count, _table in ((1, UNARY), (2, BINARY)):
    for _cls, _dtypes in _table.items():
        CASES[_cls.name.partition(".")[2]] = elementwise(_cls, _dtypes, _count)


@case("compare")
def _compare(draw: Draw) -> Drawn:
    """Not by TOTALORDER, which the interpreter takes for FLOAT: test_evaluate_hlo.py."""
    dtype, shape, seed = from_list(draw, ANY), draw(SHAPES), draw(SEEDS)
    direction = draw(st.sampled_from(ComparisonDirection))
    if dtype.kind == "c":
        direction = from_list(draw, [ComparisonDirection.EQ, ComparisonDirection.NE])
    arrays = [anything(shape, dtype, seed), anything(shape, dtype, seed + draw(st.integers(0, 1)))]
    return Drawn(arrays, lambda a, b: hlo.Compare(a, b, direction))


@case("select")
def _select(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, MOVED), draw(SHAPES), draw(SEEDS)
    of_all = draw(st.booleans())
    predicate = anything(() if of_all else shape, np.dtype(np.bool_), seed)
    return Drawn([predicate, anything(shape, dtype, seed), anything(shape, dtype, seed + 1)], hlo.Select)


@case("clamp")
def _clamp(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, ANY), draw(SHAPES), draw(SEEDS)
    low, high = (() if draw(st.booleans()) else shape for _ in range(2))
    return Drawn(
        [anything(low, dtype, seed), anything(shape, dtype, seed + 1), anything(high, dtype, seed + 2)], hlo.Clamp
    )


@case("convert")
def _convert(draw: Draw) -> Drawn:
    """What is out of range of an integer type is left open, and so it is with NaN and types that have none."""
    source, target, shape, seed = from_list(draw, ANY), from_list(draw, ANY), draw(SHAPES), draw(SEEDS)
    array = anything(shape, source, seed)
    if source in (*FLOATS, *COMPLEX) and target in (*INTEGERS, *FINITE):
        array = np.abs(numbers(shape, source, seed) if source.kind == "c" else numbers(shape, np.float32, seed)) % 2
        array = array.astype(source)
    return Drawn([array], lambda v: hlo.Convert(v, result_types=[TensorType(shape, type_of_dtype(target))]))


@case("bitcast_convert")
def _bitcast_convert(draw: Draw) -> Drawn:
    by_width = {
        64: [np.dtype(t) for t in ("f8", "i8", "u8")],
        32: [np.dtype(t) for t in ("f4", "i4", "u4")],
        16: [*WIDE[:2], np.dtype("i2")],
        8: [np.dtype("i1"), *NARROW[:3]],
    }
    source_width, target_width = (from_list(draw, by_width) for _ in range(2))
    source, target = from_list(draw, by_width[source_width]), from_list(draw, by_width[target_width])
    seed, shape = draw(SEEDS), [3]
    given = [*shape, target_width // source_width] if target_width > source_width else shape
    made = [*shape, source_width // target_width] if source_width > target_width else shape
    return Drawn(
        [anything(tuple(given), source, seed)],
        lambda v: hlo.BitcastConvert(v, result_types=[TensorType(made, type_of_dtype(target))]),
    )


@case("reduce_precision")
def _reduce_precision(draw: Draw) -> Drawn:
    """The interpreter gives denormals of the smaller format for what the specification makes zero: no such small numbers."""
    dtype, shape, seed = from_list(draw, WIDE[2:]), draw(SHAPES), draw(SEEDS)
    bits = draw(st.sampled_from([(8, 7), (5, 10), (8, 23), (11, 20), (6, 3)]))
    return Drawn([moderate(shape, dtype, seed)], lambda v: hlo.ReducePrecision(v, *bits))


@case("map")
def _map(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, [*WIDE, *INTEGERS]), draw(SHAPES), draw(SEEDS)

    def body(a: Any, b: Any) -> Any:
        computation = region(scalars(dtype, dtype), lambda x, y: hlo.Maximum(hlo.Add(x, y), y))
        return hlo.Map([a, b], tuple(range(len(shape))), computation)

    return Drawn([anything(shape, dtype, seed), anything(shape, dtype, seed + 1)], body)


# -- moving elements --------------------------------------------------------------------------------------------------


@case("constant")
def _constant(draw: Draw) -> Drawn:
    dtype = from_list(draw, [d for d in MOVED if d not in COMPLEX])
    array = anything(draw(SHAPES), dtype, draw(SEEDS))
    return Drawn([], lambda: hlo.constant(array))


@case("iota")
def _iota(draw: Draw) -> Drawn:
    dtype = from_list(draw, [*WIDE, *INTEGERS[2:], *COMPLEX])
    shape = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    axis = draw(st.integers(0, len(shape) - 1))
    return Drawn([], lambda: hlo.iota(shape, type_of_dtype(dtype), axis))


RANKED = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)


@case("transpose", "reverse", "reshape", "broadcast_in_dim", "concatenate", "get_dimension_size")
def _moves(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, MOVED), draw(RANKED), draw(SEEDS)
    order = draw(st.permutations(range(len(shape))))
    turned = draw(st.lists(st.sampled_from(range(len(shape))), unique=True))
    axis = draw(st.integers(0, len(shape) - 1))
    size = int(np.prod(shape))
    return Drawn(
        [anything(shape, dtype, seed)],
        lambda v: [
            hlo.Transpose(v, order),
            hlo.Reverse(v, turned),
            hlo.reshape(v, (1, size)),
            hlo.broadcast_in_dim(v, [2, *shape], range(1, len(shape) + 1)),
            hlo.Concatenate([v, v, hlo.Reverse(v, turned)], axis),
            hlo.GetDimensionSize(v, axis),
        ],
    )


@case("slice")
def _slice(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, MOVED), draw(RANKED), draw(SEEDS)
    starts = [draw(st.integers(0, size)) for size in shape]
    limits = [draw(st.integers(start, size)) for start, size in zip(starts, shape, strict=True)]
    strides = [draw(st.integers(1, 3)) for _ in shape]
    return Drawn([anything(shape, dtype, seed)], lambda v: hlo.Slice(v, starts, limits, strides))


def _padding(draw: Draw, shape: Any) -> tuple[list[int], list[int], list[int]]:
    inner = [draw(st.integers(0, 2)) for _ in shape]
    high = [draw(st.integers(0, 2)) for _ in shape]
    extents = [max(size + (size - 1) * i, 0) + h for size, i, h in zip(shape, inner, high, strict=True)]
    low = [draw(st.integers(max(-2, -extent), 2)) for extent in extents]
    return low, high, inner


@case("pad")
def _pad(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, MOVED), draw(RANKED), draw(SEEDS)
    amounts = _padding(draw, shape)
    return Drawn([anything(shape, dtype, seed), anything((), dtype, seed + 1)], lambda v, p: hlo.Pad(v, p, *amounts))


@case("dynamic_pad")
def _dynamic_pad(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, ANY), draw(RANKED), draw(SEEDS)
    amounts = _padding(draw, shape)
    sizes = [
        low + max(size + (size - 1) * inner, 0) + high for size, low, high, inner in zip(shape, *amounts, strict=True)
    ]
    return Drawn(
        [anything(shape, dtype, seed), anything((), dtype, seed + 1), *(np.array(a, "i8") for a in amounts)],
        lambda *given: hlo.DynamicPad(*given, result_types=[TensorType(sizes, type_of_dtype(dtype))]),
    )


@case("dynamic_slice", "dynamic_update_slice")
def _dynamic_slices(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, MOVED), draw(RANKED), draw(SEEDS)
    sizes = tuple(draw(st.integers(0, size)) for size in shape)
    starts = [np.asarray(draw(st.integers(-2, 5)), np.int32) for _ in shape]
    return Drawn(
        [anything(shape, dtype, seed), anything(sizes, dtype, seed + 1), *starts],
        lambda v, u, *at: [hlo.DynamicSlice(v, at, sizes), hlo.DynamicUpdateSlice(v, u, at)],
    )


@case("gather", "dynamic_gather")
def _gather(draw: Draw) -> Drawn:
    dtype, seed = from_list(draw, MOVED), draw(SEEDS)
    indices = np.random.default_rng(seed).integers(-1, 5, (2, 3, 2)).astype(from_list(draw, ["i4", "i8"]))
    rows = hlo.GatherDimensionNumbers((2, 3), (0,), (), (), (0, 2), 2)
    batched = hlo.GatherDimensionNumbers((2,), (1,), (0,), (0,), (1, 2), 2)
    sizes = np.array([1, 2, 4], "i8")

    def body(v: Any, i: Any, s: Any) -> list[Any]:
        shape = TensorType((2, 3, 2, 4), type_of_dtype(dtype))
        return [
            hlo.Gather(v, i, rows, (1, 2, 4)),
            hlo.Gather(hlo.Slice(v, (0, 0, 0), (2, 3, 5), (1, 1, 1)), i, batched, (1, 1, 3)),
            hlo.DynamicGather(v, i, s, rows, result_types=[shape]),
        ]

    return Drawn([anything((4, 3, 5), dtype, seed), indices, sizes], body)


@case("dynamic_reshape", "dynamic_iota", "dynamic_broadcast_in_dim")
def _dynamic_shapes(draw: Draw) -> Drawn:
    dtype, seed = from_list(draw, [*WIDE, *INTEGERS[2:]]), draw(SEEDS)
    rows, columns = draw(st.integers(0, 3)), draw(st.integers(1, 4))
    element = type_of_dtype(dtype)

    def body(v: Any, flat: Any, broad: Any) -> list[Any]:
        return [
            hlo.DynamicReshape(v, flat, result_types=[TensorType((columns, rows), element)]),
            hlo.DynamicIota(flat, 0, result_types=[TensorType((columns, rows), element)]),
            hlo.DynamicBroadcastInDim(v, broad, (1, 2), result_types=[TensorType((2, rows, columns), element)]),
        ]

    arrays = [
        anything((rows, columns), dtype, seed),
        np.array([columns, rows], "i4"),
        np.array([2, rows, columns], "i8"),
    ]
    return Drawn(arrays, body)


# -- contractions: whole numbers, so that every order of a sum is exact -------------------------------------------------


@case("dot_general")
def _dot_general(draw: Draw) -> Drawn:
    dtype, seed = from_list(draw, [*WIDE, *COMPLEX, *INTEGERS, *BOOLEAN]), draw(SEEDS)
    k, b, m, n = (draw(st.integers(least, 4)) for least in (1, 0, 0, 0))  # of empty sums the interpreter ends
    dims = hlo.DotDimensionNumbers((1,), (0,), (0, 3), (2, 3))
    return Drawn(
        [numbers((k, b, m, 2), dtype, seed), numbers((b, n, k, 2), dtype, seed + 1)],
        lambda x, y: hlo.DotGeneral(x, y, dims),
    )


#: Of the others the interpreter ends; XLA does not: test_evaluate_hlo.py.
LAYOUTS: Final = (("b01f", "01io", "b01f"), ("bf01", "oi01", "bf01"))


def _window(draw: Draw) -> dict[str, Any]:
    pair = st.tuples(st.integers(1, 2), st.integers(1, 2))
    return {
        "window_strides": draw(pair),
        "lhs_dilation": draw(pair),
        "rhs_dilation": draw(pair),
        "window_reversal": draw(st.tuples(st.booleans(), st.booleans())),
        "dimension_numbers": hlo.ConvDimensionNumbers.of(*draw(st.sampled_from(LAYOUTS))),
    }


@case("convolution", "dynamic_conv")
def _convolution(draw: Draw) -> Drawn:
    dtype, seed, groups = from_list(draw, [*WIDE, *COMPLEX, *INTEGERS[4:]]), draw(SEEDS), draw(st.integers(1, 2))
    window, padding = _window(draw), [draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in range(2)]

    def body(x: Any, w: Any, p: Any) -> list[Any]:
        static = hlo.Convolution(
            x, w, padding=tuple(padding), feature_group_count=groups, batch_group_count=1, **window
        )
        dynamic = hlo.DynamicConv(
            x, w, p, feature_group_count=groups, batch_group_count=1, **window, result_types=[static.result.type]
        )
        return [static, dynamic]

    x, w = numbers((2, 6, 5, 2 * groups), dtype, seed), numbers((2, 3, 2, 3 * groups), dtype, seed + 1)
    if window["dimension_numbers"] is hlo.ConvDimensionNumbers.of(*LAYOUTS[1]):
        x, w = x.transpose(0, 3, 1, 2).copy(), w.transpose(3, 2, 0, 1).copy()
    return Drawn([x, w, np.array(padding, "i8")], body)


# -- ops with a body ----------------------------------------------------------------------------------------------------

BODIES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": hlo.Add,
    "multiply": hlo.Multiply,
    "minimum": hlo.Minimum,
    "last": lambda a, b: b,
    "sum and more": lambda a, b: hlo.Subtract(hlo.Add(a, b), hlo.Multiply(a, hlo.Subtract(b, b))),
}


def units(shape: Any, dtype: Any, seed: int) -> Any:
    """-1, 0 and 1, of which products are exact."""
    values = numbers(shape, dtype, seed)
    parts = np.sign(values.real) + 1j * np.sign(values.imag) if values.dtype.kind == "c" else np.sign(values)
    return np.asarray(parts).astype(dtype)


@case("reduce")
def _reduce(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, [*WIDE, *COMPLEX, *INTEGERS]), draw(SHAPES), draw(SEEDS)
    axes = draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    body = BODIES[from_list(draw, BODIES)]
    x, init = units(shape, dtype, seed), numbers((), dtype, seed + 1)
    pairs = numbers(shape, np.float32, seed), np.arange(int(np.prod(shape)), dtype="i4").reshape(shape)

    def first_largest(a: Any, i: Any, b: Any, j: Any) -> list[Any]:
        same = hlo.And(hlo.Compare(a, b, ComparisonDirection.EQ), hlo.Compare(i, j, ComparisonDirection.LT))
        keep = hlo.Or(hlo.Compare(a, b, ComparisonDirection.GT), same)
        return [hlo.Select(keep, a, b), hlo.Select(keep, i, j)]

    return Drawn(
        [x, init, *pairs, np.asarray(-np.inf, np.float32), np.asarray(2**31 - 1, np.int32)],
        lambda v, i, k, n, low, far: [
            hlo.reduce(v, i, axes, body),
            hlo.reduce([k, n], [low, far], axes, first_largest),
        ],
    )


@case("reduce_window")
def _reduce_window(draw: Draw) -> Drawn:
    dtype, seed = from_list(draw, [*WIDE, *COMPLEX, *INTEGERS[4:]]), draw(SEEDS)
    body = BODIES[from_list(draw, BODIES)]
    pair = st.tuples(st.integers(1, 2), st.integers(1, 3))
    options: dict[str, Any] = {
        "window_dimensions": draw(pair),
        "window_strides": draw(pair),
        "padding": [draw(st.tuples(st.integers(-1, 2), st.integers(0, 2))) for _ in range(2)],
        "base_dilations": draw(pair),
        "window_dilations": draw(pair),
    }
    x, init = units((5, 6), dtype, seed), units((), dtype, seed + 1)
    return Drawn([x, init], lambda v, i: hlo.reduce_window(v, i, body, **options))


@case("scatter")
def _scatter(draw: Draw) -> Drawn:
    dtype, seed, count = from_list(draw, [*WIDE, *COMPLEX, *INTEGERS]), draw(SEEDS), draw(st.integers(0, 8))
    places = np.random.default_rng(seed).integers(-1, 4, (count, 2)).astype(np.int32)
    layout = hlo.ScatterDimensionNumbers((), (0, 1), (), (), (0, 1), 1)
    batched = hlo.ScatterDimensionNumbers((1,), (), (0,), (0,), (1,), 1)
    body = BODIES[from_list(draw, BODIES)]

    def of(v: Any, p: Any, u: Any, dims: Any) -> Any:
        return hlo.Scatter([v], p, [u], dims, update_computation=region(scalars(dtype, dtype), body))

    arrays = [
        numbers((3, 2), dtype, seed),
        places,
        numbers((count,), dtype, seed + 1),
        numbers((2, 4), dtype, seed + 2),
        places[:1].reshape(2, 1) if count else np.zeros((2, 1), "i4"),
        numbers((2, 3), dtype, seed + 3),
    ]
    return Drawn(arrays, lambda v, p, u, w, q, t: [of(v, p, u, layout), of(w, q, t, batched)])


@case("select_and_scatter")
def _select_and_scatter(draw: Draw) -> Drawn:
    """The initial value changes nothing here: it may be taken once or for each element."""
    seed, strides = draw(SEEDS), draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    dtype = from_list(draw, [*WIDE, np.dtype("i4")])
    x = (np.random.default_rng(seed).permutation(30).reshape(5, 6) // 2).astype(dtype)
    sizes, padding = (2, 3), ((1, 0), (0, 1))
    shape = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip((5, 6), padding, sizes, strides, strict=True)]
    source, init = numbers(shape, dtype, seed), np.asarray(0, dtype)
    direction = from_list(draw, [ComparisonDirection.GE, ComparisonDirection.GT, ComparisonDirection.LT])

    def body(v: Any, s: Any, i: Any) -> Any:
        select = region(scalars(dtype, dtype), lambda a, b: hlo.Compare(a, b, direction))
        combine = region(scalars(dtype, dtype), hlo.Add)
        return hlo.SelectAndScatter(v, s, i, sizes, strides, padding, select, combine)

    return Drawn([x, source, init], body)


@case("sort")
def _sort(draw: Draw) -> Drawn:
    dtype, seed = from_list(draw, [*WIDE, *INTEGERS]), draw(SEEDS)
    shape = draw(RANKED)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    direction = from_list(draw, [ComparisonDirection.LT, ComparisonDirection.GT])
    keys = numbers(shape, dtype, seed)
    places = np.arange(keys.size, dtype="i4").reshape(shape)

    def less(a: Any, b: Any, i: Any, j: Any) -> Any:
        return hlo.Compare(a, b, direction)

    def lexicographic(a: Any, b: Any, c: Any, d: Any) -> Any:
        same = hlo.Compare(a, b, ComparisonDirection.EQ)
        return hlo.Select(same, hlo.Compare(c, d, direction), hlo.Compare(a, b, ComparisonDirection.LT))

    def by_parity(a: Any, b: Any, i: Any, j: Any) -> Any:
        one = hlo.constant(1, i32)
        return hlo.Compare(hlo.And(i, one), hlo.And(j, one), direction)

    def of(comparator: Any, k: Any, p: Any) -> Any:
        return hlo.Sort([k, p], axis, True, region(scalars(dtype, dtype, "i4", "i4"), comparator))

    return Drawn([keys, places], lambda k, p: [of(body, k, p) for body in (less, lexicographic, by_parity)])


# -- control flow -----------------------------------------------------------------------------------------------------


@case("if", "case", "while", "optimization_barrier", "tuple", "get_tuple_element", "after_all")
def _control(draw: Draw) -> Drawn:
    dtype, shape, seed = from_list(draw, [*WIDE, *INTEGERS]), draw(SHAPES), draw(SEEDS)
    choice, index, rounds = draw(st.booleans()), draw(st.integers(-2, 4)), draw(st.integers(0, 4))
    state = [TensorType((), i64), TensorType(shape, type_of_dtype(dtype))]

    def body(v: Any, p: Any, i: Any, n: Any, zero: Any) -> list[Any]:
        chosen = hlo.If(p, region([], lambda: hlo.Negate(v)), region([], lambda: hlo.Add(v, v)))
        branches = [region([], lambda k=k: hlo.Maximum(v, hlo.Add(v, v) if k else v)) for k in range(3)]
        step = region(state, lambda j, w: [hlo.Add(j, hlo.constant(1, i64)), hlo.Add(w, v)])
        loop = hlo.While([zero, v], region(state, lambda j, w: hlo.Compare(j, n, ComparisonDirection.LT)), step)
        pair = hlo.Tuple([v, hlo.Negate(v)])
        hlo.AfterAll([hlo.AfterAll([])])
        return [
            chosen,
            hlo.Case(i, tuple(branches)),
            loop,
            hlo.GetTupleElement(pair, 1),
            hlo.OptimizationBarrier([v, v]),
        ]

    arrays = [
        anything(shape, dtype, seed),
        np.asarray(choice),
        np.asarray(index, np.int32),
        np.asarray(rounds, np.int64),
    ]
    return Drawn([*arrays, np.asarray(0, np.int64)], body)
