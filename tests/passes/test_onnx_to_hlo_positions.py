"""Operators that write by position or sort, with drawn shapes and indices, against onnxruntime and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import couloir
from tests.passes.onnx_models import assert_close, integers, lower, onnxruntime_run, reference_run, run, single

SOLID = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


@st.composite
def scatters(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """A tensor, indices within it along an axis, updates, and the axis; without reduction no place is written twice."""
    shape = draw(SOLID)
    axis = draw(st.integers(0, len(shape) - 1))
    size = shape[axis]
    part = tuple(draw(st.integers(1, n)) for n in shape)
    seed = draw(st.integers(0, 1000))
    generator = np.random.default_rng(seed)
    order = generator.permuted(
        np.broadcast_to(np.arange(size).reshape(-1, *[1] * (len(shape) - axis - 1)), shape), axis=axis
    )
    indices = order[tuple(slice(n) for n in part)]
    negative = np.random.default_rng(seed + 1).random(part) < 0.5
    return integers(shape, seed=seed), np.where(negative, indices - size, indices), integers(part, seed=seed + 2), axis


@given(scatters(), st.sampled_from(["none", "add", "mul", "max", "min"]), st.sampled_from([np.int32, np.int64]))
def test_scatter_elements(case, reduction: str, index_type: type):
    x, indices, updates, axis = case
    inputs = [x, indices.astype(index_type), updates]
    model = single("ScatterElements", inputs, opset=18, axis=axis, reduction=reduction)
    assert_close(run(model, *inputs), onnxruntime_run(model, *inputs))


@given(
    SOLID,
    st.data(),
    st.sampled_from(["none", "add", "mul", "max", "min"]),
    st.sampled_from([np.float32, np.int64, np.float64]),
)
def test_scatter_nd(shape, data: st.DataObject, reduction: str, dtype: type):
    depth = data.draw(st.integers(1, len(shape)))
    count = data.draw(st.integers(1, 3))
    places = int(np.prod(shape[:depth]))
    distinct = reduction == "none"
    flat = np.random.default_rng(count).choice(places, min(count, places) if distinct else count, replace=not distinct)
    indices = np.stack(np.unravel_index(flat, shape[:depth]), -1).astype(np.int64)
    indices -= data.draw(st.booleans()) * np.asarray(shape[:depth])
    inputs = [integers(shape, dtype, seed=1), indices, integers((len(flat), *shape[depth:]), dtype, seed=2)]
    model = single("ScatterND", inputs, opset=18, reduction=reduction)
    assert_close(run(model, *inputs), reference_run(model, *inputs))


@given(SOLID, st.data(), st.booleans(), st.sampled_from([np.float32, np.int64]))
def test_top_k(shape, data: st.DataObject, largest: bool, dtype: type):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    k = np.asarray([data.draw(st.integers(1, shape[axis]))])
    x = integers(shape, dtype, low=-2, high=2)  # with many equal ones: the first is first
    model = single("TopK", [x, k], opset=11, constants=[1], outputs=2, axis=axis, largest=int(largest))
    assert_close(run(model, x), onnxruntime_run(model, x))


def test_the_oldest_top_k():
    x = integers((3, 5))
    model = single("TopK", [x], opset=9, outputs=2, k=2, axis=1)
    assert_close(run(model, x), onnxruntime_run(model, x))


def test_more_than_there_are():
    x, k = integers((3, 5)), np.asarray([6])
    with pytest.raises(couloir.Error, match="less than the requested"):
        lower(single("TopK", [x, k], opset=11, constants=[1], outputs=2))


@given(st.integers(1, 3), st.integers(1, 4), st.booleans(), st.data())
def test_reverse_sequence(batch: int, time: int, batch_first: bool, data: st.DataObject):
    x = integers((batch, time, 2) if batch_first else (time, batch, 2))
    lengths = np.asarray(data.draw(st.lists(st.integers(1, time), min_size=batch, max_size=batch)))
    axes = {"batch_axis": 0, "time_axis": 1} if batch_first else {"batch_axis": 1, "time_axis": 0}
    model = single("ReverseSequence", [x, lengths], opset=10, **axes)
    assert_close(run(model, x, lengths), onnxruntime_run(model, x, lengths))


def test_unpooling():
    x = np.asarray([[[[1, 2], [3, 4]]]], np.float32)
    indices = np.asarray([[[[5, 7], [13, 15]]]])
    model = single("MaxUnpool", [x, indices], opset=11, kernel_shape=[2, 2], strides=[2, 2])
    assert_close(run(model, x, indices), onnxruntime_run(model, x, indices))
