"""StableHLO through loops and C gives what XLA gives; the report of what cannot be lowered is complete."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.dialects import chlo, func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import (
    ComparisonDirection,
    ConvDimensionNumbers,
    DotDimensionNumbers,
)
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import TensorType, bf16, f16, f32, f64, i1, i8, i32, i64, type_of_dtype, ui8
from couloir.ir.verify import verify
from couloir.passes.pipelines import HLO_TO_LOOPS
from tests.passes.loop_programs import agree, joined, program

CACHE_DIRECTORY: list[Path] = []


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    CACHE_DIRECTORY[:] = [tmp_path_factory.mktemp("cache") / "c"]


def tensors(arrays: Any) -> list[TensorType]:
    return [TensorType(a.shape, type_of_dtype(a.dtype)) for a in arrays]


def compiled(body: Any, arrays: Any, **options: Any) -> tuple[Any, ...]:
    """Builds a function with `body`, lowers it, compiles it and runs it."""
    function = func.FuncOp.build("main", tensors(arrays))
    with at_end(function.entry):
        made = body(*function.arguments)
        values = [v.results[0] if hasattr(v, "results") else v for v in (made if isinstance(made, list) else [made])]
        func.Return(values)
    from couloir.ir.types import FunctionType

    function.function_type = FunctionType(function.function_type.inputs, [v.type for v in values])
    module = ModuleOp.empty([function])
    verify(module)
    HLO_TO_LOOPS.run(module)
    program = CProgram.of(module)
    return compile_program(program, cache=Cache(CACHE_DIRECTORY[0]), **options)(*arrays)


def normal(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def test_elementwise_ops_of_floats_agree_with_numpy() -> None:
    x = np.array([-2.5, -1.0, -0.0, 0.0, 0.5, 1.5, 2.5, np.inf, -np.inf, np.nan], np.float32)
    cases = {
        hlo.Negate: -x, hlo.Abs: np.abs(x), hlo.Floor: np.floor(x), hlo.Ceil: np.ceil(x), hlo.RoundNearestEven: np.rint(x),
        hlo.IsFinite: np.isfinite(x),
    }  # fmt: skip
    for cls, expected in cases.items():
        (found,) = compiled(lambda v, cls=cls: cls(v), [x])
        np.testing.assert_array_equal(found, expected, err_msg=cls.name)
        if found.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected), err_msg=cls.name)


def test_the_error_function_agrees_with_the_c_library() -> None:
    x = np.linspace(-4, 4, 101).astype(np.float32)
    (found,) = compiled(chlo.Erf, [x])
    np.testing.assert_allclose(found, [math.erf(v) for v in x], rtol=4 * 2**-24, atol=0)


@pytest.mark.parametrize("largest", [True, False])
def test_maximum_and_minimum_keep_nan_and_the_sign_of_zero(largest: bool) -> None:
    values = [-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan]
    x, y = (np.array(v, np.float32) for v in zip(*[(a, b) for a in values for b in values], strict=True))
    (found,) = compiled(hlo.Maximum if largest else hlo.Minimum, [x, y])
    expected = np.maximum(x, y) if largest else np.minimum(x, y)
    zeros = (x == 0) & (y == 0)
    sign = (np.signbit(x) & np.signbit(y)) if largest else (np.signbit(x) | np.signbit(y))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found)[zeros], sign[zeros])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64])
def test_integer_arithmetic_wraps_and_has_no_undefined_case(dtype: Any) -> None:
    info = np.iinfo(dtype)
    values = sorted(
        {0, 1, 2, 3, 7, info.max, info.max - 1, info.min, info.min + 1, *([-1, -2, -7] if info.min else [])}
    )
    x, y = (np.array(v, dtype) for v in zip(*[(a, b) for a in values for b in values], strict=True))
    bits = info.bits

    def wrapped(numbers: list[int]) -> Any:
        return np.array([n & ((1 << bits) - 1) for n in numbers], np.uint64).astype(f"u{bits // 8}").view(dtype)

    pairs = [(int(a), int(b)) for a, b in zip(x, y, strict=True)]
    unsigned = [(a & ((1 << bits) - 1), b & ((1 << bits) - 1)) for a, b in pairs]

    def quotient(a: int, b: int) -> int:
        return -1 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)

    expected = {
        hlo.Add: wrapped([a + b for a, b in pairs]),
        hlo.Subtract: wrapped([a - b for a, b in pairs]),
        hlo.Multiply: wrapped([a * b for a, b in pairs]),
        hlo.Divide: wrapped([quotient(a, b) for a, b in pairs]),
        hlo.Remainder: wrapped([a if b == 0 else a - b * quotient(a, b) for a, b in pairs]),
        hlo.ShiftLeft: wrapped([a << b if b < bits else 0 for a, b in unsigned]),
        hlo.ShiftRightLogical: wrapped([a >> b if b < bits else 0 for a, b in unsigned]),
        hlo.Maximum: np.maximum(x, y),
        hlo.Minimum: np.minimum(x, y),
        hlo.And: x & y,
    }
    for cls, wanted in expected.items():
        (found,) = compiled(cls, [x, y])
        np.testing.assert_array_equal(found, wanted, err_msg=cls.name)


def test_conversions_saturate_and_nan_becomes_zero() -> None:
    x = np.array(
        [np.nan, np.inf, -np.inf, 1e20, -1e20, 127.9, 128.0, -128.9, -129.0, 255.5, 256.0, -0.5, 3.7], np.float32
    )
    for type, low, high in ((i8, -128, 127), (ui8, 0, 255), (i32, -(2**31), 2**31 - 1), (i64, -(2**63), 2**63 - 1)):
        (found,) = compiled(lambda v, type=type: hlo.convert(v, type), [x])
        expected = [
            0
            if np.isnan(v)
            else max(low, min(high, int(np.trunc(np.float64(v))) if np.isfinite(v) else (high if v > 0 else low)))
            for v in x
        ]
        assert found.tolist() == expected


@pytest.mark.parametrize(("element", "dtype"), [(f16, "f16"), (bf16, "bf16")])
def test_narrow_floats_round_each_result_to_nearest_even(element: Any, dtype: str) -> None:
    from couloir.ir.types import dtype_of

    numpy_dtype = dtype_of(element)
    bits = np.arange(1 << 16, dtype=np.uint16)
    x = bits.view(numpy_dtype)
    x = x[np.isfinite(x.astype(np.float32))]
    y = np.random.default_rng(0).permutation(x)
    (found,) = compiled(lambda a, b: hlo.Add(a, b), [x, y])
    with np.errstate(over="ignore"):
        expected = (x.astype(np.float32) + y.astype(np.float32)).astype(numpy_dtype)
    np.testing.assert_array_equal(found.view(np.uint16), expected.view(np.uint16))


@settings(max_examples=15)
@given(st.data())
def test_convolutions_agree_with_xla(data: st.DataObject) -> None:
    lax = pytest.importorskip("jax").lax
    rank = data.draw(st.integers(1, 3), label="spatial rank")
    groups = data.draw(st.sampled_from([1, 2, 3]), label="groups")
    inputs, outputs = groups * data.draw(st.integers(1, 5)), groups * data.draw(st.integers(1, 5))
    sizes = [data.draw(st.integers(4, 9)) for _ in range(rank)]
    kernel = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    strides = tuple(data.draw(st.integers(1, 3)) for _ in range(rank))
    padding = tuple((data.draw(st.integers(-1, 2)), data.draw(st.integers(-1, 2))) for _ in range(rank))
    lhs_dilation = tuple(data.draw(st.integers(1, 2)) for _ in range(rank))
    rhs_dilation = tuple(data.draw(st.integers(1, 2)) for _ in range(rank))
    reversal = tuple(data.draw(st.booleans()) for _ in range(rank))
    space = "".join(map(str, range(rank)))
    layouts = data.draw(
        st.sampled_from([("bf" + space, "oi" + space, "bf" + space), ("b" + space + "f", space + "io", "fb" + space)])
    )
    lhs_shape = [{"b": 2, "f": inputs}.get(c) or sizes[int(c)] for c in layouts[0]]
    rhs_shape = [{"i": inputs // groups, "o": outputs}.get(c) or kernel[int(c)] for c in layouts[1]]
    lhs, rhs = (
        np.random.default_rng(s).integers(-4, 5, shape).astype(np.float32)
        for s, shape in ((0, lhs_shape), (1, rhs_shape))
    )
    numbers = ConvDimensionNumbers.of(*layouts)
    if reversal != (False,) * rank:
        axes = [layouts[1].index(str(d)) for d in range(rank) if reversal[d]]
        reference_rhs = np.flip(rhs, axes)
    else:
        reference_rhs = rhs
    names = tuple(layout.upper().replace("B", "N").replace("F", "C") for layout in layouts)
    expected = lax.conv_general_dilated(
        lhs, reference_rhs, strides, padding, lhs_dilation, rhs_dilation, names, feature_group_count=groups
    )
    if 0 in expected.shape:
        return
    (found,) = compiled(
        lambda a, b: hlo.Convolution(
            a, b, window_strides=strides, padding=padding, lhs_dilation=lhs_dilation, rhs_dilation=rhs_dilation,
            window_reversal=reversal, dimension_numbers=numbers, feature_group_count=groups,
        ),
        [lhs, rhs],
    )  # fmt: skip
    np.testing.assert_array_equal(found, np.asarray(expected))  # small integers: exact


@settings(max_examples=15)
@given(st.data())
def test_dot_products_agree_with_xla(data: st.DataObject) -> None:
    lax = pytest.importorskip("jax").lax
    batch, sums, left, right = (data.draw(st.lists(st.integers(1, 6), max_size=2)) for _ in range(4))
    letters_left = [
        *(("b", i) for i in range(len(batch))),
        *(("k", i) for i in range(len(sums))),
        *(("l", i) for i in range(len(left))),
    ]
    letters_right = [
        *(("b", i) for i in range(len(batch))),
        *(("k", i) for i in range(len(sums))),
        *(("r", i) for i in range(len(right))),
    ]
    order_left, order_right = data.draw(st.permutations(letters_left)), data.draw(st.permutations(letters_right))
    size = {"b": batch, "k": sums, "l": left, "r": right}
    a, b = (
        np.random.default_rng(s).integers(-4, 5, [size[k][i] for k, i in order]).astype(np.float32)
        for s, order in ((0, order_left), (1, order_right))
    )

    def where(order: Any, kind: str) -> tuple[int, ...]:
        return tuple(order.index((kind, i)) for i in range(len(size[kind])))

    numbers = (where(order_left, "b"), where(order_right, "b"), where(order_left, "k"), where(order_right, "k"))
    expected = lax.dot_general(a, b, ((numbers[2], numbers[3]), (numbers[0], numbers[1])))
    (found,) = compiled(lambda x, y: hlo.DotGeneral(x, y, DotDimensionNumbers(*numbers)), [a, b])
    np.testing.assert_array_equal(found, np.asarray(expected))


@pytest.mark.parametrize("body", ["add", "multiply", "maximum", "minimum"])
@pytest.mark.parametrize("dimensions", [(0,), (1,), (0, 2), (0, 1, 2), ()])
def test_reductions_agree_with_numpy(body: str, dimensions: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).integers(-2, 3, (3, 4, 5)).astype(np.float32)
    start = {"add": 0.0, "multiply": 1.0, "maximum": -np.inf, "minimum": np.inf}[body]
    (found,) = compiled(lambda v: hlo.reduce(v, hlo.constant(start, f32), dimensions, body), [x])
    ufunc = {"add": np.add, "multiply": np.multiply, "maximum": np.maximum, "minimum": np.minimum}[body]
    np.testing.assert_array_equal(found, ufunc.reduce(x, axis=dimensions) if dimensions else x)


def test_a_reduction_of_two_tensors_finds_the_place_of_the_maximum() -> None:
    x = normal(4, 7)
    places = np.broadcast_to(np.arange(7, dtype=np.int32), (4, 7)).copy()

    def body(best: Any, place: Any, value: Any, index: Any) -> list[Any]:
        better = hlo.Compare(value, best, ComparisonDirection.GT)
        return [hlo.Select(better, value, best), hlo.Select(better, index, place)]

    found = compiled(
        lambda v, p: list(hlo.reduce([v, p], [hlo.constant(-np.inf, f32), hlo.constant(0, i32)], [1], body).results),
        [x, places],
    )
    np.testing.assert_array_equal(found[0], x.max(1))
    np.testing.assert_array_equal(found[1], x.argmax(1))


def test_pools_pad_with_the_initial_value() -> None:
    x = normal(1, 2, 5, 5)
    (found,) = compiled(
        lambda v: hlo.reduce_window(
            v,
            hlo.constant(-np.inf, f32),
            "maximum",
            window_dimensions=(1, 1, 3, 3),
            window_strides=(1, 1, 2, 2),
            padding=((0, 0), (0, 0), (1, 1), (1, 1)),
        ),
        [x],
    )
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    expected = np.stack(
        [np.stack([padded[:, :, i : i + 3, j : j + 3].max((2, 3)) for j in (0, 2, 4)], -1) for i in (0, 2, 4)], -2
    )
    np.testing.assert_array_equal(found, expected)


def test_moving_ops_are_computed_where_they_are_used() -> None:
    x = normal(2, 3, 4)

    def body(v: Any) -> Any:
        moved = hlo.Transpose(hlo.Reverse(v, (1,)), (2, 0, 1))
        cut = hlo.Slice(moved, (1, 0, 0), (4, 2, 3), (2, 1, 2))
        wide = hlo.broadcast_in_dim(cut, (5, 2, 2, 2), (1, 2, 3))
        return hlo.Add(wide, hlo.iota((5, 2, 2, 2), f32, 0))

    (found,) = compiled(body, [x])
    expected = (
        x[:, ::-1].transpose(2, 0, 1)[1:4:2, :, 0:3:2][None] + np.arange(5, dtype=np.float32)[:, None, None, None]
    )
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=15)
@given(st.data())
def test_padding_agrees_with_xla(data: st.DataObject) -> None:
    lax = pytest.importorskip("jax").lax
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    config = [
        (data.draw(st.integers(-2, 3)), data.draw(st.integers(-2, 3)), data.draw(st.integers(0, 2))) for _ in shape
    ]
    x = normal(*shape)
    final = [s + low + high + max(s - 1, 0) * inner for s, (low, high, inner) in zip(shape, config, strict=True)]
    if min(final) < 0:
        return
    low, high, inner = (tuple(c[i] for c in config) for i in range(3))
    (found,) = compiled(lambda v: hlo.Pad(v, hlo.constant(7.0, f32), low, high, inner), [x])
    np.testing.assert_array_equal(found, np.asarray(lax.pad(x, np.float32(7), config)))


def test_concatenation_reshapes_and_several_results() -> None:
    x, y = normal(2, 3), normal(2, 2, seed=1)

    def body(a: Any, b: Any) -> list[Any]:
        joined = hlo.Concatenate([a, b, hlo.Negate(a)], 1)
        return [joined, hlo.reshape(joined, (4, 4)), a, hlo.reshape(a, (3, 2)), joined, hlo.constant([1.0, 2.0], f32)]

    found = compiled(body, [x, y])
    joined = np.concatenate([x, y, -x], 1)
    for one, other in zip(
        found, (joined, joined.reshape(4, 4), x, x.reshape(3, 2), joined, np.array([1, 2], np.float32)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_empty_tensors_and_scalars() -> None:
    empty = np.zeros((0, 3), np.float32)
    (found,) = compiled(lambda v: hlo.reduce(hlo.Add(v, v), hlo.constant(0.0, f32), [0], "add"), [empty])
    np.testing.assert_array_equal(found, np.zeros(3, np.float32))
    (found,) = compiled(lambda v: hlo.Multiply(v, v), [np.float32(3)])
    assert found.shape == () and found == 9


def test_booleans_are_logical() -> None:
    x, y = np.array([False, False, True, True]), np.array([False, True, False, True])
    for cls, expected in (
        (hlo.Add, x | y),
        (hlo.Multiply, x & y),
        (hlo.Maximum, x | y),
        (hlo.Minimum, x & y),
        (hlo.Xor, x ^ y),
    ):
        np.testing.assert_array_equal(compiled(cls, [x, y])[0], expected, err_msg=cls.name)
    np.testing.assert_array_equal(compiled(hlo.Not, [x])[0], ~x)


def test_the_activation_is_computed_in_the_loops_of_the_convolution() -> None:
    function = func.FuncOp.build(
        "main", [TensorType((1, 3, 8, 8), f32), TensorType((4, 3, 3, 3), f32)], [TensorType((1, 4, 6, 6), f32)]
    )
    with at_end(function.entry):
        x, w = function.arguments
        made = hlo.Convolution(x, w, dimension_numbers=ConvDimensionNumbers.of("bf01", "oi01", "bf01"))
        func.Return([hlo.Tanh(hlo.Add(made, made.result.type and hlo.constant(1.0, f32, shape=(1, 4, 6, 6))))])
    module = ModuleOp.empty([function])
    HLO_TO_LOOPS.run(module)
    assert len(module.functions) == 2  # the entry and one kernel
    assert not [op for op in module.walk() if op.name == "memref.alloc"]


def test_everything_that_cannot_be_lowered_is_reported_at_once() -> None:
    text = """
func.func @main(%x: tensor<2xf32>, %a: tensor<f32>, %n: tensor<1xi64>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = stablehlo.custom_call @unknown(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.rng %a, %a, %n, distribution = NORMAL : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
"""
    with pytest.raises(Error, match="cannot be lowered to loops") as caught:
        HLO_TO_LOOPS.run(parse_module_op(text))
    assert "stablehlo.custom_call" in str(caught.value)
    assert "stablehlo.rng" in str(caught.value)


def test_equal_kernels_are_one_function() -> None:
    function = func.FuncOp.build("main", [TensorType((4,), f64)], [TensorType((4,), f64)])
    with at_end(function.entry):
        value: Any = function.arguments[0]
        for _ in range(3):
            total = hlo.reduce(value, hlo.constant(0.0, f64), [0], "add").results[0]
            value = hlo.broadcast_in_dim(total, (4,)).result
        func.Return([value])
    module = ModuleOp.empty([function])
    HLO_TO_LOOPS.run(module)
    assert sum("reduce" in f.sym_name for f in module.functions) == 2  # of an argument, and of a broadcast scalar
    assert i1


@pytest.mark.parametrize("constant", [-0.0, 0.0, 6.0, -1.5, np.inf, -np.inf, np.nan])
def test_maximum_and_minimum_with_a_constant_keep_nan_and_the_sign_of_zero(constant: float) -> None:
    x = np.array([-np.inf, -1.5, -0.0, 0.0, 1.0, 6.0, np.inf, np.nan], np.float32)

    def body(v: Any, c: Any) -> Any:
        fixed = hlo.constant(constant, f32, shape=(8,))
        return [cls(*pair) for cls in (hlo.Maximum, hlo.Minimum) for pair in ((v, fixed), (fixed, v), (v, c))]

    found = compiled(body, [x, np.full(8, constant, np.float32)])
    for with_constant, general in ((0, 2), (1, 2), (3, 5), (4, 5)):
        np.testing.assert_array_equal(found[with_constant], found[general])
        signs = [np.signbit(found[i][~np.isnan(found[i])]) for i in (with_constant, general)]
        np.testing.assert_array_equal(*signs)


@settings(max_examples=8)
@given(st.data())
def test_batch_groups_and_the_columns_of_convolutions(data: st.DataObject) -> None:
    cases: list[Any] = []
    for _ in range(4):
        groups = data.draw(st.sampled_from([1, 2, 3]))
        inputs, outputs, batch = data.draw(st.integers(1, 5)), groups * data.draw(st.integers(1, 5)), groups * 2
        sizes = [data.draw(st.sampled_from([1, 1, 4, 5])) for _ in range(2)]  # often of one column
        taps = [data.draw(st.integers(1, min(s, 3))) for s in sizes]
        x, w = (
            np.random.default_rng(s).integers(-4, 5, shape).astype(np.float32)
            for s, shape in ((0, (batch, inputs, *sizes)), (1, (outputs, inputs, *taps)))
        )

        def body(a: Any, b: Any, groups: int = groups) -> Any:
            numbers = ConvDimensionNumbers.of("bf01", "oi01", "bf01")
            return hlo.Convolution(a, b, dimension_numbers=numbers, batch_group_count=groups).result

        cases.append(([x, w], body))
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, CACHE_DIRECTORY[0])


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 7, 8])
def test_sizes_that_no_tile_divides(rows: int) -> None:
    """Tiles of rows, columns and steps of the sum, with a rest of each."""
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((rows, 13), (13, 641)))
    x, w = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((1, 5, 1031), (rows, 5, 1)))

    def body(*values: Any) -> Any:
        p, q, v, k = values
        numbers = ConvDimensionNumbers.of("bf0", "oi0", "bf0")
        return [
            hlo.DotGeneral(p, q, DotDimensionNumbers((), (), (1,), (0,))),
            hlo.Convolution(v, k, dimension_numbers=numbers),
        ]

    found = compiled(body, [a, b, x, w])
    np.testing.assert_array_equal(found[0], a @ b)
    np.testing.assert_array_equal(found[1][0], w[:, :, 0] @ x[0])
