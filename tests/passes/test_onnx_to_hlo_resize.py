"""Resize and Upsample with drawn modes, sizes and scales, against onnxruntime and onnx's reference evaluator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import couloir
from tests.passes.onnx_models import assert_close, lower, onnxruntime_run, reference_run, run, single

#: A weight is rounded to f32 once, and four taps along each of two axes are added: the sum of the absolute weights is below 2.
ATOL = 64 * float(np.finfo(np.float32).eps)


def image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).random((1, 2, height, width), np.float32)


@given(
    st.tuples(st.integers(1, 6), st.integers(2, 6)),
    st.tuples(st.integers(1, 9), st.integers(2, 9)),
    st.sampled_from(["nearest", "linear", "cubic"]),
    st.sampled_from(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"]),
    st.sampled_from(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
    st.booleans(),
    st.booleans(),
)
def test_sizes(shape, sizes, mode: str, coordinates: str, rounding: str, antialias: bool, excluded: bool):
    assume(not (antialias and mode == "nearest"))
    x = image(*shape)
    options: dict[str, object] = {"mode": mode, "coordinate_transformation_mode": coordinates}
    if mode == "nearest":
        options["nearest_mode"] = rounding
    if antialias:
        options["antialias"] = 1
    if excluded and mode == "cubic":
        options["exclude_outside"] = 1
    wanted = np.asarray([1, 2, *sizes], np.int64)
    model = single("Resize", [x, None, None, wanted], opset=19, constants=[3], **options)
    assert_close(run(model, x), reference_run(model, x), atol=ATOL)


@given(
    st.tuples(st.integers(2, 5), st.integers(2, 5)),
    st.tuples(st.sampled_from([0.5, 0.75, 1.0, 1.5, 2.0, 3.0]), st.sampled_from([0.5, 1.0, 2.5, 4.0])),
    st.sampled_from([7, 9, 10]),
    st.sampled_from(["nearest", "linear"]),
)
def test_the_form_of_opset_10(shape, scales, opset: int, mode: str):
    x = image(*shape)
    factors = np.asarray([1, 1, *scales], np.float32)
    assume(opset == 10 or min(scales) >= 1)
    if opset == 7:
        model = single("Upsample", [x], opset=7, mode=mode, scales=factors.tolist())
    else:
        operator = "Upsample" if opset == 9 else "Resize"
        model = single(operator, [x, factors], opset=opset, constants=[1], mode=mode)
    assert_close(run(model, x), onnxruntime_run(model, x), atol=ATOL)


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners", "tf_half_pixel_for_nn"])
def test_the_form_of_opset_11(coordinates: str):
    """With a region of interest that is not optional yet, and coordinates that went later."""
    x, scales = image(3, 5), np.asarray([1, 1, 2.5, 0.6], np.float32)
    model = single(
        "Resize",
        [x, np.zeros(0, np.float32), scales],
        opset=11,
        constants=[1, 2],
        mode="nearest",
        coordinate_transformation_mode=coordinates,
    )
    assert_close(run(model, x), onnxruntime_run(model, x), atol=ATOL)


@pytest.mark.parametrize("policy", ["stretch", "not_larger", "not_smaller"])
def test_aspect_ratio(policy: str):
    x = image(4, 6)
    sizes = np.asarray([7, 8], np.int64)
    options = {"axes": [2, 3], "keep_aspect_ratio_policy": policy, "mode": "linear"}
    model = single("Resize", [x, None, None, sizes], opset=19, constants=[3], **options)
    assert_close(run(model, x), reference_run(model, x), atol=ATOL)


def test_doubling_is_a_broadcast():
    """What a runtime would do: no gather for whole factors."""
    x = image(3, 4)
    scales = np.asarray([1, 1, 2, 2], np.float32)
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    model = single("Resize", [x, None, scales], opset=13, constants=[2], **options)
    names = {op.name for op in lower(model).walk()}
    assert "stablehlo.broadcast_in_dim" in names
    assert "stablehlo.gather" not in names
    np.testing.assert_array_equal(run(model, x)[0], x.repeat(2, 2).repeat(2, 3))


@pytest.mark.parametrize(
    ("scales", "fault"),
    [([1, 1, 0, 1], "is not positive"), ([1, 1, 2], "same as rank"), ([1, 1, 1e-3, 1e-3], "is the sum of")],
)
def test_faults(scales: list[float], fault: str):
    factors = np.asarray(scales, np.float32)
    model = single("Resize", [image(2000, 3), None, factors], opset=19, constants=[2], mode="linear", antialias=1)
    with pytest.raises(couloir.Error, match=fault):
        lower(model)
