"""Results whose size depends on values: refused, or of the largest size on request; against onnxruntime and NumPy."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import couloir
from tests.passes.onnx_models import assert_close, integers, lower, onnxruntime_run, run, single


def padded(model: onnx.ModelProto, *arrays: np.ndarray) -> np.ndarray:
    module, _ = couloir.opt(model, "onnx-to-hlo{pad-indices=true}")
    return couloir.run(module, *arrays)[0]


def scored_boxes(batches: int, classes: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes on a coarse grid, so that many overlap and some are equal; scores that all differ."""
    generator = np.random.default_rng(seed)
    corners = generator.integers(0, 8, (batches, count, 2))
    boxes = np.concatenate([corners, corners + generator.integers(1, 5, (batches, count, 2))], -1)
    scores = generator.permutation(batches * classes * count).reshape(batches, classes, count) + 1
    return boxes.astype(np.float32), (scores / scores.size).astype(np.float32)


@given(
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(0, 9),
    st.sampled_from([0.0, 0.3, 0.5, 0.9]),
    st.sampled_from([None, 0.0, 0.4]),
    st.booleans(),
    st.integers(0, 100),
)
def test_boxes(batches, classes, count, wanted, overlap, threshold, centred: bool, seed: int):
    boxes, scores = scored_boxes(batches, classes, count, seed)
    if centred:
        boxes = np.concatenate([boxes[..., :2] + 4, boxes[..., 2:]], -1)
    inputs = [boxes, scores, np.asarray([wanted]), np.asarray([overlap], np.float32)]
    inputs += [] if threshold is None else [np.asarray([threshold], np.float32)]
    source = single("NonMaxSuppression", inputs, opset=11, constants=[2], center_point_box=int(centred))
    given = [array for number, array in enumerate(inputs) if number != 2]
    (rows,) = onnxruntime_run(source, *given)
    found = padded(source, *given)
    assert len(found) == batches * classes * min(wanted, count)
    np.testing.assert_array_equal(found[: len(rows)], rows)
    assert (found[len(rows) :] == -1).all()


def test_boxes_in_c():
    boxes, scores = scored_boxes(1, 2, 30, 0)
    inputs = [boxes, scores, np.asarray([10]), np.asarray([0.3], np.float32), np.asarray([0.2], np.float32)]
    source = single("NonMaxSuppression", inputs, opset=11, constants=[2])
    given = [array for number, array in enumerate(inputs) if number != 2]
    module, _ = couloir.opt(source, "onnx-to-hlo{pad-indices=true},canonicalize,cse")
    (rows,) = onnxruntime_run(source, *given)
    np.testing.assert_array_equal(couloir.compile(module)(*given)[0][: len(rows)], rows)


@given(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), st.integers(0, 100))
def test_what_is_not_zero(shape, seed: int):
    x = integers(shape, seed=seed, low=-1, high=1)
    found = padded(single("NonZero", [x], opset=13), x)
    wanted = np.stack(np.nonzero(x))
    assert found.shape == (len(shape), x.size)
    np.testing.assert_array_equal(found[:, : wanted.shape[1]], wanted)
    assert (found[:, wanted.shape[1] :] == -1).all()


@pytest.mark.parametrize("operator", ["NonZero", "Unique"])
def test_by_default_they_are_refused(operator: str):
    with pytest.raises(couloir.Error, match="depends on values") as caught:
        lower(single(operator, [integers((3,))], opset=13))
    assert ("pad-indices" in str(caught.value)) == (operator == "NonZero")


@given(st.lists(st.booleans(), min_size=1, max_size=4), st.sampled_from([None, 0, 1, -1]))
def test_slices_under_a_known_condition(condition: list[bool], axis: int | None):
    x = integers((4, 5))
    options = {} if axis is None else {"axis": axis}
    source = single("Compress", [x, np.asarray(condition)], opset=11, constants=[1], **options)
    assert_close(run(source, x), [np.compress(condition, x, axis)])
