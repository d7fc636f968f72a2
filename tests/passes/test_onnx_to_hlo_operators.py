"""Operators with drawn attributes, shapes and values, against NumPy, onnxruntime and onnx's reference evaluator."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import couloir
from couloir.ir.passes import PassPipeline
from couloir.passes.onnx_to_hlo import OnnxToHlo
from tests.passes.onnx_models import (
    assert_close,
    integers,
    lower,
    onnxruntime_run,
    reference_run,
    run,
    single,
    variables,
)

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
SOLID = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def check(
    operator: str, inputs: list[np.ndarray | None], wanted: list[np.ndarray], *, ulps: float = 0, **options: Any
) -> None:
    model = single(operator, inputs, **options)
    assert_close(run(model, *variables(inputs, options.get("constants", ()))), wanted, ulps=ulps)


# -- products ----------------------------------------------------------------------------------------------------------------


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1.0, 0.5, -2.0]),
    st.sampled_from([1.0, 0.0, 3.0]),
    st.sampled_from(["none", "mn", "1n", "m1", "n", "scalar"]),
    st.sampled_from([np.float32, np.float64, np.int32, np.uint64]),
    st.sampled_from([7, 9, 11, 13]),
)
def test_gemm(mnk, trans_a: bool, trans_b: bool, alpha: float, beta: float, bias: str, dtype: type, opset: int):
    m, n, k = mnk
    if opset < 11 and bias == "none":
        bias = "mn"
    if opset < 9 or np.dtype(dtype).kind != "f":
        dtype = np.float32 if opset < 9 else dtype
    if np.dtype(dtype).kind != "f":
        alpha, beta = float(abs(math.ceil(alpha))), abs(beta)
    low = 0 if np.dtype(dtype).kind == "u" else -8
    a, b = integers((m, k), dtype, seed=1, low=low), integers((k, n), dtype, seed=2, low=low)
    shape = {"none": None, "mn": (m, n), "1n": (1, n), "m1": (m, 1), "n": (n,), "scalar": ()}[bias]
    c = None if shape is None else integers(shape, dtype, seed=3, low=low)
    product = (a.astype(object) @ b.astype(object)) * (int(alpha) if np.dtype(dtype).kind != "f" else alpha)
    wanted = product if c is None else product + c.astype(object) * (int(beta) if np.dtype(dtype).kind != "f" else beta)
    inputs = [a.T.copy() if trans_a else a, b.T.copy() if trans_b else b, *([] if c is None else [c])]
    options = {"transA": int(trans_a), "transB": int(trans_b), "alpha": alpha, "beta": beta}
    check("Gemm", inputs, [wanted.astype(dtype)], opset=opset, **options)


def test_gemm_of_integers_takes_whole_factors():
    a = np.ones((2, 2), np.int32)
    with pytest.raises(couloir.Error, match=r"integers are multiplied by 0\.5"):
        lower(single("Gemm", [a, a], opset=13, alpha=0.5))


@st.composite
def matrix_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that `numpy.matmul` takes."""
    m, n, k = (draw(st.integers(1, 4)) for _ in range(3))
    batch = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)).input_shapes
    left = draw(st.sampled_from([(k,), (m, k), (*batch[0], m, k)]))
    right = draw(st.sampled_from([(k,), (k, n), (*batch[1], k, n)]))
    return left, right


@given(
    matrix_shapes(),
    st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint32]),
    st.sampled_from([7, 9, 13]),
)
def test_matmul(shapes, dtype: type, opset: int):
    if opset < 9 and np.dtype(dtype).kind != "f":
        opset = 9
    a, b = (
        integers(shape, dtype, seed=i, low=0 if np.dtype(dtype).kind == "u" else -8) for i, shape in enumerate(shapes)
    )
    check("MatMul", [a, b], [np.matmul(a, b)], opset=opset)


# -- moving elements ---------------------------------------------------------------------------------------------------------


@st.composite
def slices(draw: st.DrawFn, *, steps: bool) -> tuple[tuple[int, ...], dict[str, list[int]]]:
    shape = draw(SOLID)
    axes = draw(st.permutations(range(len(shape))))[: draw(st.integers(1, len(shape)))]
    bound = st.one_of(st.integers(-7, 7), st.sampled_from([2**62, -(2**62), 2**40]))
    parts = {
        "starts": [draw(bound) for _ in axes],
        "ends": [draw(bound) for _ in axes],
        "axes": [draw(st.sampled_from([a, a - len(shape)])) for a in axes] if steps else list(axes),
    }
    if steps:
        parts["steps"] = [draw(st.sampled_from([1, 2, 3, -1, -2])) for _ in axes]
    return shape, parts


def sliced(x: np.ndarray, parts: dict[str, list[int]]) -> np.ndarray:
    chosen = [slice(None)] * x.ndim
    for i, axis in enumerate(parts["axes"]):
        chosen[axis] = slice(parts["starts"][i], parts["ends"][i], parts.get("steps", [1] * x.ndim)[i])
    return x[tuple(chosen)]


@given(slices(steps=True), st.sampled_from([10, 11, 13]))
def test_slice(drawn, opset: int):
    shape, parts = drawn
    if opset == 10:
        parts["axes"] = [axis % len(shape) for axis in parts["axes"]]
    x = integers(shape)
    inputs = [x, *(np.array(parts[name], np.int64) for name in ("starts", "ends", "axes", "steps"))]
    model = single("Slice", inputs, opset=opset, constants=(1, 2, 3, 4))
    assert_close(run(model, x), onnxruntime_run(model, x))


def test_backward_slice_from_before_the_first_element():
    """Begins at the first element, by ONNX's rules for starts; Python's slice would be empty."""
    x = integers((3,))
    inputs = [x, *(np.array([n], np.int64) for n in (-10, -20, 0, -1))]
    check("Slice", inputs, [x[:1]], opset=13, constants=(1, 2, 3, 4))
    empty = integers((0,))
    check("Slice", [empty, *inputs[1:]], [empty], opset=13, constants=(1, 2, 3, 4))


@given(slices(steps=False))
def test_slice_with_attributes(drawn):
    shape, parts = drawn
    x = integers(shape)
    check("Slice", [x], [sliced(x, parts)], opset=7, **parts)


@st.composite
def paddings(draw: st.DrawFn) -> tuple[np.ndarray, list[tuple[int, int]], str]:
    shape = draw(SOLID)
    mode = draw(st.sampled_from(["constant", "edge", "reflect", "wrap"]))
    pads = [(draw(st.integers(-1, 5)), draw(st.integers(-1, 5))) for _ in shape]
    pads = [
        (low, high) if size + min(low, 0) + min(high, 0) > 0 else (0, 0)
        for size, (low, high) in zip(shape, pads, strict=True)
    ]
    return integers(shape), pads, mode


def padded(x: np.ndarray, pads: list[tuple[int, int]], mode: str, fill: float) -> np.ndarray:
    """Cuts off what is negative, and then pads."""
    cut = x[tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(x.shape, pads, strict=True))]
    rest = [(max(low, 0), max(high, 0)) for low, high in pads]
    return (
        np.pad(cut, rest, mode="constant", constant_values=fill) if mode == "constant" else np.pad(cut, rest, mode=mode)
    )


@given(paddings(), st.sampled_from([0.0, 3.0]), st.sampled_from([11, 13, 18, 19, 21]))
def test_pad(drawn, fill: float, opset: int):
    x, pads, mode = drawn
    if opset < 19 and mode == "wrap":
        opset = 19
    flat = np.array([low for low, _ in pads] + [high for _, high in pads], np.int64)
    value = np.array(fill, np.float32)
    check("Pad", [x, flat, value], [padded(x, pads, mode, fill)], opset=opset, constants=(1,), mode=mode)


@given(paddings(), st.data())
def test_pad_of_some_axes(drawn, data: st.DataObject):
    x, pads, mode = drawn
    axes = data.draw(st.permutations(range(x.ndim)))[: data.draw(st.integers(1, x.ndim))]
    flat = np.array([pads[axis][0] for axis in axes] + [pads[axis][1] for axis in axes], np.int64)
    chosen = [pads[axis] if axis in axes else (0, 0) for axis in range(x.ndim)]
    inputs = [x, flat, None, np.array([axis - x.ndim for axis in axes], np.int64)]
    check("Pad", inputs, [padded(x, chosen, mode, 0)], opset=19, constants=(1, 3), mode=mode)


@given(paddings(), st.sampled_from([0.0, 3.0]))
def test_pad_with_attributes(drawn, fill: float):
    x, pads, mode = drawn
    mode = "edge" if mode == "wrap" else mode
    flat = [low for low, _ in pads] + [high for _, high in pads]
    check("Pad", [x], [padded(x, pads, mode, fill)], opset=7, pads=flat, value=fill, mode=mode)


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_side=3), st.sampled_from([8, 13]))
def test_expand(shapes, opset: int):
    x, target = integers(shapes.input_shapes[0]), np.array(shapes.input_shapes[1], np.int64)
    check("Expand", [x, target], [np.broadcast_to(x, shapes.result_shape)], opset=opset, constants=(1,))


@given(SOLID, st.data())
def test_tile_transpose_and_concat(shape, data: st.DataObject):
    x = integers(shape)
    repeats = np.array([data.draw(st.integers(0, 3)) for _ in shape], np.int64)
    check("Tile", [x, repeats], [np.tile(x, repeats)], opset=13, constants=(1,))
    order = data.draw(st.permutations(range(len(shape))))
    check("Transpose", [x], [np.transpose(x, order)], opset=13, perm=order)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    check("Concat", [x, x + 1, x], [np.concatenate([x, x + 1, x], axis)], opset=13, axis=axis)


@given(SOLID, st.data(), st.sampled_from([7, 11, 13, 18]))
def test_split(shape, data: st.DataObject, opset: int):
    x = integers(shape)
    axis = data.draw(st.integers(0, len(shape) - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), min_size=1, max_size=3)))
    wanted = np.split(x, cuts, axis)
    sizes = [part.shape[axis] for part in wanted]
    if opset < 13:
        check("Split", [x], wanted, opset=opset, outputs=len(sizes), axis=axis, split=sizes)
    else:
        check("Split", [x, np.array(sizes)], wanted, opset=opset, constants=(1,), outputs=len(sizes), axis=axis)


def test_split_into_unequal_parts():
    x = integers((7,))
    wanted = [x[:3], x[3:6], x[6:]]
    check("Split", [x], wanted, opset=18, outputs=3, num_outputs=3)


@pytest.mark.parametrize("opset", [7, 11, 13, 21])
def test_squeeze_and_unsqueeze(opset: int):
    x = integers((1, 3, 1, 2))
    axes = [0, 2] if opset < 11 else [0, -2]
    y = x.reshape(3, 2)
    if opset < 13:
        check("Squeeze", [x], [y], opset=opset, axes=axes)
        check("Unsqueeze", [y], [x], opset=opset, axes=axes)
    else:
        check("Squeeze", [x, np.array(axes)], [y], opset=opset, constants=(1,))
        check("Unsqueeze", [y, np.array(axes)], [x], opset=opset, constants=(1,))
    check("Squeeze", [x], [y], opset=opset)


@pytest.mark.parametrize("opset", [7, 13, 14, 19, 21])
def test_reshape(opset: int):
    x = integers((2, 3, 4))
    check("Reshape", [x, np.array([0, -1])], [x.reshape(2, 12)], opset=opset, constants=(1,))
    empty = integers((0, 3))
    if opset >= 14:
        check("Reshape", [empty, np.array([3, 0])], [empty.reshape(3, 0)], opset=opset, constants=(1,), allowzero=1)


@given(SOLID, st.data(), st.sampled_from([7, 11, 13]), st.sampled_from([np.int32, np.int64]))
def test_gather(shape, data: st.DataObject, opset: int, dtype: type):
    x = integers(shape)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    size = shape[axis]
    low = -size if opset >= 11 else 0
    indices = data.draw(
        hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), elements=st.integers(low, size - 1))
    )
    wanted = [np.take(x, indices, axis)]
    check("Gather", [x, indices], wanted, opset=opset, axis=axis)
    check("Gather", [x, indices], wanted, opset=opset, constants=(1,), axis=axis)


def test_gather_beyond_the_end_is_an_error():
    with pytest.raises(couloir.Error, match="the index 5 is not within the 3 elements"):
        lower(single("Gather", [integers((3,)), np.array([1, 5])], opset=13, constants=(1,)))


def test_gather_of_a_range_is_a_slice():
    module = lower(single("Gather", [integers((6, 2)), np.array([1, 3, -1])], opset=13, constants=(1,)))
    assert "stablehlo.slice" in str(module) and "stablehlo.gather" not in str(module)


# -- reductions --------------------------------------------------------------------------------------------------------------

REDUCTIONS = {
    "ReduceSum": np.sum,
    "ReduceMax": np.max,
    "ReduceMin": np.min,
    "ReduceProd": np.prod,
    "ReduceL1": lambda x, **o: np.sum(np.abs(x), **o),
    "ReduceSumSquare": lambda x, **o: np.sum(x * x, **o),
    "ReduceMean": np.mean,
    "ReduceL2": lambda x, **o: np.sqrt(np.sum(x * x, **o)),
    "ReduceLogSumExp": lambda x, **o: np.log(np.sum(np.exp(x), **o)),
}


@pytest.mark.parametrize("operator", REDUCTIONS)
@given(
    SOLID,
    st.data(),
    st.booleans(),
    st.sampled_from([7, 11, 13, 18]),
    st.sampled_from([np.float32, np.float64, np.int32, np.int64]),
)
@settings(max_examples=15)
def test_reductions(operator: str, shape, data: st.DataObject, keep: bool, opset: int, dtype: type):
    x = integers(shape, dtype, low=-3, high=3)
    if opset < 11:
        axes = data.draw(st.permutations(range(len(shape))))
    else:
        axes = [
            a - len(shape) if data.draw(st.booleans()) else a for a in data.draw(st.permutations(range(len(shape))))
        ]
    axes = axes[: data.draw(st.integers(1, len(shape)))]
    wanted = REDUCTIONS[operator](x.astype(np.float64), axis=tuple(axes), keepdims=keep)
    if np.dtype(dtype).kind == "i":
        wanted = np.trunc(wanted)  # of integers, the fraction is dropped
    wanted = np.asarray(wanted, dtype)
    # Sums of whole numbers are exact; a root, logarithm or quotient is not, and of logarithms near 0 nothing relative holds.
    tolerance = {"ulps": 8}
    as_input = opset >= (13 if operator == "ReduceSum" else 18)
    inputs = [x, np.array(axes)] if as_input else [x]
    options = {"constants": (1,)} if as_input else {"axes": axes}
    if operator == "ReduceLogSumExp":
        model = single(operator, inputs, opset=opset, keepdims=int(keep), **options)
        found = run(model, x)[0]
        assert found.dtype == dtype
        atol = 8 * (1 if np.dtype(dtype).kind == "i" else float(np.finfo(dtype).eps))
        np.testing.assert_allclose(found, wanted, atol=atol, rtol=atol)
        return
    check(operator, inputs, [wanted], opset=opset, keepdims=int(keep), **tolerance, **options)


@pytest.mark.parametrize("opset", [13, 18])
def test_reductions_over_nothing(opset: int):
    x = integers((2, 3))
    check("ReduceSum", [x, np.zeros(0, np.int64)], [x], opset=opset, constants=(1,), noop_with_empty_axes=1)
    check("ReduceSum", [x, np.zeros(0, np.int64)], [x.sum(keepdims=True)], opset=opset, constants=(1,))
    if opset >= 18:
        check("ReduceSumSquare", [x], [x * x], opset=opset, noop_with_empty_axes=1)
        check("ReduceMax", [x], [x], opset=opset, noop_with_empty_axes=1)


def test_log_sum_exp_of_infinities():
    x = np.float32([[1000, 1000], [-np.inf, -np.inf], [np.inf, 0]])
    check(
        "ReduceLogSumExp",
        [x],
        [np.float32([1000 + math.log(2), -np.inf, np.inf])],
        opset=13,
        axes=[1],
        keepdims=0,
        ulps=1,
    )


@pytest.mark.parametrize("operator", ["ArgMax", "ArgMin"])
@given(SOLID, st.data(), st.booleans(), st.booleans(), st.sampled_from([7, 11, 12, 13]))
def test_arg_extremes(operator: str, shape, data: st.DataObject, keep: bool, last: bool, opset: int):
    x = integers(shape, low=-2, high=2)
    if data.draw(st.booleans()):
        x.flat[data.draw(st.integers(0, x.size - 1))] = np.nan
    axis = data.draw(st.integers(-len(shape) if opset >= 11 else 0, len(shape) - 1))
    find = np.argmax if operator == "ArgMax" else np.argmin
    if last and opset >= 12:
        wanted = shape[axis] - 1 - find(np.flip(x, axis), axis=axis, keepdims=keep)
        check(operator, [x], [wanted], opset=opset, axis=axis, keepdims=int(keep), select_last_index=1)
    else:
        check(operator, [x], [find(x, axis=axis, keepdims=keep)], opset=opset, axis=axis, keepdims=int(keep))


@given(SOLID, st.data(), st.booleans(), st.booleans(), st.sampled_from([np.float32, np.int32, np.float16]))
def test_cumulative_sums(shape, data: st.DataObject, exclusive: bool, reverse: bool, dtype: type):
    x = integers(shape, dtype)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    y = np.flip(x, axis) if reverse else x
    sums = np.cumsum(y, axis, dtype=np.float64) - (y if exclusive else 0)
    wanted = (np.flip(sums, axis) if reverse else sums).astype(dtype)
    options = {"exclusive": int(exclusive), "reverse": int(reverse)}
    check("CumSum", [x, np.array(axis)], [wanted], opset=14, constants=(1,), **options)


# -- along an axis -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Hardmax"])
@given(SOLID, st.data(), st.sampled_from([7, 11, 13]))
@settings(max_examples=20)
def test_softmax_in_every_version(operator: str, shape, data: st.DataObject, opset: int):
    """Before version 13 everything from the axis on counts as one dimension."""
    x = integers(shape, seed=data.draw(st.integers(0, 9)))
    axis = data.draw(st.integers(-len(shape) if opset >= 11 else 0, len(shape) - 1))
    model = single(operator, [x], opset=opset, axis=axis)
    # exp is within 2 ulps, and the sum of up to 256 positive numbers within 8 (pairwise) of those.
    assert_close(run(model, x), onnxruntime_run(model, x), ulps=16, atol=16 * float(np.finfo(np.float32).eps))


def test_softmax_of_large_numbers():
    x = np.float32([[1000, 1000], [-1000, -2000]])
    check("Softmax", [x], [np.float32([[0.5, 0.5], [1, 0]])], opset=13)


@pytest.mark.parametrize("opset", [7, 9, 14, 15])
def test_batch_normalization(opset: int):
    x = integers((2, 3, 4))
    scale, bias, mean = (integers((3,), seed=i) for i in range(3))
    variance = np.abs(integers((3,), seed=4)) + 1
    shape = (1, 3, 1)
    wanted = scale.reshape(shape) * (x - mean.reshape(shape)) / np.sqrt(
        variance.reshape(shape) + np.float32(1e-5)
    ) + bias.reshape(shape)
    model = single("BatchNormalization", [x, scale, bias, mean, variance], opset=opset)
    # Three roundings of products up to 64 each, and one sum.
    assert_close(run(model, x, scale, bias, mean, variance), [wanted], ulps=4, atol=1e-4)


def test_batch_normalization_for_training_in_old_models_is_reported():
    x, one = integers((2, 3, 4)), np.ones(3, np.float32)
    model = single("BatchNormalization", [x, one, one, one, one], opset=9, outputs=3)
    with pytest.raises(couloir.Error, match="its outputs with statistics are used"):
        lower(model)
    positions = single("BatchNormalization", [x, one, one, one, one], opset=7, spatial=0)
    with pytest.raises(couloir.Error, match="spatial = 0"):
        lower(positions)


@pytest.mark.parametrize("axes", [None, [0, 2], [-1]])
def test_mean_variance_normalization(axes):
    x = integers((2, 3, 4, 5))
    chosen = tuple(axes or (0, 2, 3))
    options = {"axes": axes} if axes else {}
    wide = x.astype(np.float64)
    wanted = (wide - wide.mean(chosen, keepdims=True)) / (wide.std(chosen, keepdims=True) + 1e-9)
    model = single("MeanVarianceNormalization", [x], opset=13, **options)
    assert_close(run(model, x), [wanted.astype(np.float32)], atol=1e-6, ulps=8)


def test_group_normalization_of_version_18_has_a_scale_for_each_group():
    x = integers((2, 4, 3))
    scale, bias = np.float32([2, 3]), np.float32([1, -1])
    grouped = x.reshape(2, 2, 6).astype(np.float64)
    y = (grouped - grouped.mean(-1, keepdims=True)) / np.sqrt(grouped.var(-1, keepdims=True) + 1e-5)
    wanted = (y * scale.reshape(1, 2, 1) + bias.reshape(1, 2, 1)).reshape(x.shape).astype(np.float32)
    model = single("GroupNormalization", [x, scale, bias], opset=18, num_groups=2)
    assert_close(run(model, x, scale, bias), [wanted], ulps=8, atol=1e-6)


# -- element by element ------------------------------------------------------------------------------------------------------


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), st.sampled_from([8, 13]))
def test_variadic_operators_broadcast(shapes, opset: int):
    values = [integers(shape, seed=i) for i, shape in enumerate(shapes.input_shapes)]
    a, b, c = values
    check("Sum", values, [a + b + c], opset=opset)
    check("Max", values, [np.maximum(np.maximum(a, b), c)], opset=opset)
    check("Min", values, [np.minimum(np.minimum(a, b), c)], opset=opset)
    check("Mean", values, [(a + b + c) / np.float32(3)], opset=opset, ulps=1)
    check("Sum", [a], [a], opset=opset)


@given(
    hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    st.sampled_from([np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float32]),
    st.booleans(),
)
def test_division_and_remainder(shapes, dtype: type, fmod: bool):
    kind = np.dtype(dtype).kind
    a = integers(shapes.input_shapes[0], dtype, low=0 if kind == "u" else -100, high=100)
    b = integers(shapes.input_shapes[1], dtype, seed=1, low=1, high=7)
    if kind != "u":
        b = (b * np.where(integers(b.shape, seed=2) < 0, -1, 1)).astype(dtype)
    if kind == "f":
        check("Div", [a, b], [a / b], opset=14)
        check("Mod", [a, b], [np.fmod(a, b)], opset=13, fmod=1)
        return
    truncated = np.trunc(a.astype(np.float64) / b.astype(np.float64)).astype(dtype)
    check("Div", [a, b], [truncated], opset=14)
    check("Mod", [a, b], [np.fmod(a, b) if fmod else np.mod(a, b)], opset=13, fmod=int(fmod))


def test_remainder_of_floats_has_the_sign_of_the_divisor():
    a, b = np.float32([5.5, -5.5, 5.5, -5.5, 6, -6, 5, 5]), np.float32([2, 2, -2, -2, 3, 3, np.inf, -np.inf])
    model = single("Mod", [a, b], opset=28, fmod=0)
    found = run(model, a, b)[0]
    np.testing.assert_array_equal(found, np.mod(a, b))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(np.mod(a, b)))


@pytest.mark.parametrize(
    ("base", "exponent"),
    [
        (np.float32([1.5, 2, 3]), np.int64([2, -1, 3])),
        (np.int32([2, 3, -4]), np.int64([3, 2, 3])),
        (np.int64([4, 9, 2]), np.float32([0.5, 0.5, 3])),
        (np.float16([1.5, 2, 3]), np.float32([2, 0.5, 1])),
    ],
    ids=str,
)
def test_power_of_mixed_types(base: np.ndarray, exponent: np.ndarray):
    wanted = np.power(base.astype(np.float64), exponent.astype(np.float64)).astype(base.dtype)
    check("Pow", [base, exponent], [wanted], opset=15, ulps=2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.uint64])
@pytest.mark.parametrize("direction", ["LEFT", "RIGHT"])
def test_bit_shift(dtype: type, direction: str):
    x, y = np.array([1, 200, 255, 64], dtype), np.array([1, 0, 7, 3], dtype)
    wanted = np.left_shift(x, y) if direction == "LEFT" else np.right_shift(x, y)
    check("BitShift", [x, y], [wanted], opset=11, direction=direction)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, np.int64, np.float32])
def test_signs(dtype: type):
    x = np.array([0, 1, 5, 127] if np.dtype(dtype).kind == "u" else [0, 1, 5, -3], dtype)
    check("Abs", [x], [np.abs(x)], opset=13)
    check("Sign", [x], [np.sign(x)], opset=13)


@pytest.mark.parametrize("opset", [7, 11, 12, 13])
def test_clip(opset: int):
    x = np.float32([-5, -1, 0, 2, 9, np.nan, np.inf, -np.inf])
    low, high = np.float32(-1), np.float32(2)
    if opset < 11:
        check("Clip", [x], [np.clip(x, low, high)], opset=opset, min=-1.0, max=2.0)
        check("Clip", [x], [x], opset=opset)
        check("Clip", [x], [np.minimum(x, high)], opset=opset, max=2.0)
    else:
        check("Clip", [x, low, high], [np.clip(x, low, high)], opset=opset)
        check("Clip", [x, None, high], [np.minimum(x, high)], opset=opset)
        check("Clip", [x, low], [np.maximum(x, low)], opset=opset)
        check("Clip", [x, high, low], [np.where(np.isnan(x), x, low)], opset=opset)


@pytest.mark.parametrize(("positive", "negative"), [(1, 1), (1, 0), (0, 1), (0, 0)])
def test_is_inf(positive: int, negative: int):
    x = np.float32([1, np.inf, -np.inf, np.nan])
    wanted = np.array([False, bool(positive), bool(negative), False])
    check("IsInf", [x], [wanted], opset=20, detect_positive=positive, detect_negative=negative)


def test_is_inf_of_a_type_without_infinity():
    x = np.array([1, np.nan, 448], ml_dtypes.float8_e4m3fn)
    check("IsInf", [x], [np.array([False] * 3)], opset=20)


@pytest.mark.parametrize("opset", [7, 10, 12, 13, 22])
def test_dropout_at_inference(opset: int):
    x = integers((2, 3))
    check("Dropout", [x], [x], opset=opset)
    mask = np.ones((2, 3), np.float32 if opset < 10 else bool)
    check("Dropout", [x], [x, mask], opset=opset, outputs=2)
    if opset >= 12:
        ratio, on, off = np.float32(0.5), np.array(True), np.array(False)
        check("Dropout", [x, ratio, off], [x], opset=opset, constants=(1, 2))
        check("Dropout", [x, np.float32(0), on], [x], opset=opset, constants=(1, 2))
        with pytest.raises(couloir.Error, match="drops elements at random"):
            lower(single("Dropout", [x, ratio, on], opset=opset, constants=(1, 2)))


@pytest.mark.parametrize("opset", [7, 9, 13, 19])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        (np.float32, np.int32),
        (np.float32, np.float16),
        (np.int64, np.float32),
        (np.int32, np.int8),
        (np.float64, np.bool_),
        (np.bool_, np.float32),
        (np.uint8, np.int64),
    ],
)
def test_cast(opset: int, source: type, target: type):
    import onnx

    x = np.array([0, 1, 2.7, -3.7, 100, 200]).astype(np.int64 if source is np.uint8 else source).astype(source)
    if target is np.int32:
        x = x[np.abs(x.astype(np.float64)) < 1e9]
    check("Cast", [x], [x.astype(target)], opset=opset, to=onnx.helper.np_dtype_to_tensor_dtype(np.dtype(target)))


@pytest.mark.parametrize("saturate", [0, 1])
def test_cast_to_exponents(saturate: int):
    """f8E8M0 holds powers of two; 0 and what is too small is the least of them."""
    import onnx

    x = np.float32([1, 1.5, 2, 3, 0.75, 2.0**127, 1.5 * 2.0**127, 0, np.nan, np.inf])
    options = {"to": onnx.TensorProto.FLOAT8E8M0, "saturate": saturate}
    up = np.float32(
        [1, 2, 2, 4, 1, 2.0**127, 2.0**127 if saturate else np.nan, 2.0**-127, np.nan, 2.0**127 if saturate else np.nan]
    )
    found = run(single("Cast", [x], opset=24, **options), x)[0].astype(np.float32)
    np.testing.assert_array_equal(found, up)
    down = run(single("Cast", [x[:6]], opset=24, round_mode="down", **options), x[:6])[0].astype(np.float32)
    np.testing.assert_array_equal(down, np.float32([1, 1, 2, 2, 0.5, 2.0**127]))
    near = run(single("Cast", [x[:6]], opset=24, round_mode="nearest", **options), x[:6])[0].astype(np.float32)
    np.testing.assert_array_equal(near, np.float32([1, 2, 2, 4, 1, 2.0**127]))


@pytest.mark.parametrize(
    ("start", "limit", "delta", "dtype"),
    [(0, 5, 1, np.int64), (5, 0, -2, np.int32), (0.5, 3, 0.75, np.float32), (3, 3, 1, np.int16), (1, 0, 1, np.float64)],
)
def test_range(start: float, limit: float, delta: float, dtype: type):
    numbers = [np.array(n, dtype) for n in (start, limit, delta)]
    check("Range", numbers, [np.arange(*numbers, dtype=dtype)], opset=11, constants=(0, 1, 2))


def test_range_without_steps_is_an_error():
    text = """func.func @f() -> tensor<?xi64> {
  %a = "onnx.Initializer"() <{value = dense<0> : tensor<i64>}> : () -> tensor<i64>
  %0 = "onnx.RangeV11"(%a, %a, %a) : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %0 : tensor<?xi64>
}"""
    with pytest.raises(couloir.Error, match="the delta of `Range` is 0"):
        PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))


@pytest.mark.parametrize("k", [-3, -1, 0, 1, 2, 2**62, -(2**62)])
@pytest.mark.parametrize("upper", [0, 1])
def test_triangles(k: int, upper: int):
    x = integers((2, 3, 4), low=1)
    bounded = max(min(k, 10), -10)
    check(
        "Trilu",
        [x, np.array(k)],
        [np.triu(x, bounded) if upper else np.tril(x, bounded)],
        opset=14,
        constants=(1,),
        upper=upper,
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32])
def test_one_hot(axis: int, dtype: type):
    indices = np.array([[0, 2, 5], [1, 3, 4]], dtype)
    inputs = [indices, np.array(4), np.float32([-1, 7])]
    model = single("OneHot", inputs, opset=11, constants=(1,), axis=axis)
    assert_close(run(model, indices, inputs[2]), reference_run(model, indices, inputs[2]))
    places = (np.arange(4) == indices[..., None]).astype(np.float32) * 8 - 1
    assert_close(run(model, indices, inputs[2]), [np.moveaxis(places, -1, axis).astype(np.float32)])


@pytest.mark.parametrize("opset", [7, 11, 13])
def test_depth_and_space(opset: int):
    x = integers((2, 8, 3, 2))
    depth = single("DepthToSpace", [x], opset=opset, blocksize=2)
    assert_close(run(depth, x), [x.reshape(2, 2, 2, 2, 3, 2).transpose(0, 3, 4, 1, 5, 2).reshape(2, 2, 6, 4)])
    back = single("SpaceToDepth", run(depth, x), opset=opset, blocksize=2)
    assert_close(run(back, *run(depth, x)), [x])


@pytest.mark.parametrize("opset", [7, 13])
def test_not(opset: int):
    x = np.array([True, False])
    check("Not", [x], [~x], opset=opset)
