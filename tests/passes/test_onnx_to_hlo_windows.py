"""Convolutions and pools against onnxruntime, with drawn attributes.

The elements are small whole numbers, so that sums of products are exact in whatever order they are added, and results are compared for
equality; a mean is one division, rounded once.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.passes.onnx_models import assert_close, integers, onnxruntime_run, reference_run, run, single, variables

# Versions of the operator sets in which the windows' operators changed, up to what onnxruntime takes.
CONV = (7, 11)
POOL = (8, 10, 11, 12, 19)


@st.composite
def windows(draw: st.DrawFn, *, dilated: bool = True) -> dict[str, list[int] | str]:
    """Attributes of a convolution or pool of 1 to 3 spatial dimensions."""
    rank = draw(st.integers(1, 3))

    def each(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank))

    attributes: dict[str, list[int] | str] = {"kernel_shape": each(1, 3), "strides": each(1, 3)}
    if dilated and draw(st.booleans()):
        attributes["dilations"] = each(1, 2)
    mode = draw(st.sampled_from(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]))
    if mode == "NOTSET":
        kernel = attributes["kernel_shape"]
        attributes["pads"] = [draw(st.integers(0, int(k) - 1)) for k in (*kernel, *kernel)]
    else:
        attributes["auto_pad"] = mode
        if mode.startswith(
            "SAME"
        ):  # onnxruntime refuses windows that leave gaps; `test_same_padding_counts_dilation` has them
            attributes["strides"] = [
                min(pair) for pair in zip(attributes["strides"], attributes["kernel_shape"], strict=True)
            ]
    return attributes


def sizes(draw: st.DrawFn, attributes: dict[str, list[int] | str]) -> list[int]:
    """Spatial sizes into which at least one window fits."""
    kernel = attributes["kernel_shape"]
    dilations = attributes.get("dilations", [1] * len(kernel))
    return [(int(k) - 1) * int(d) + 1 + draw(st.integers(0, 5)) for k, d in zip(kernel, dilations, strict=True)]


@given(st.data(), windows(), st.sampled_from([1, 2, 3]), st.booleans(), st.sampled_from(CONV))
def test_conv(data: st.DataObject, attributes: dict, groups: int, bias: bool, opset: int):
    if "auto_pad" in attributes:
        attributes.pop("dilations", None)  # onnxruntime pads as if there were none
    shape = sizes(data.draw, attributes)
    features, outputs = groups * data.draw(st.integers(1, 2)), groups * data.draw(st.integers(1, 2))
    x = integers((2, features, *shape), seed=1)
    w = integers((outputs, features // groups, *attributes["kernel_shape"]), seed=2)
    inputs = [x, w, integers((outputs,), seed=3)] if bias else [x, w]
    model = single("Conv", inputs, opset=opset, group=groups, **attributes)
    assert_close(run(model, *inputs), onnxruntime_run(model, *inputs))


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER"])
@given(st.integers(3, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_same_padding_counts_dilation(mode: str, size: int, kernel: int, stride: int, dilation: int):
    """With SAME there are ceil(size / stride) windows, and the padding differs by one element at most."""
    x, w = np.ones((1, 1, size), np.float32), np.ones((1, 1, kernel), np.float32)
    model = single("Conv", [x, w], opset=11, strides=[stride], dilations=[dilation], auto_pad=mode)
    count = -(-size // stride)
    found = run(model, x, w)[0]
    assert found.shape == (1, 1, count)
    total = max((count - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    low = total // 2 if mode == "SAME_UPPER" else total - total // 2
    taps = [[0 <= i * stride + j * dilation - low < size for j in range(kernel)] for i in range(count)]
    np.testing.assert_array_equal(found[0, 0], np.sum(taps, axis=1))


@given(st.data(), windows(), st.sampled_from([1, 2]), st.booleans(), st.sampled_from(CONV))
def test_conv_transpose(data: st.DataObject, attributes: dict, groups: int, bias: bool, opset: int):
    shape = sizes(data.draw, attributes)
    kernel, strides = attributes["kernel_shape"], attributes["strides"]
    dilations = attributes.get("dilations", [1] * len(kernel))
    if attributes.get("auto_pad", "NOTSET") == "NOTSET" and data.draw(st.booleans()):
        # The extra elements are fewer than a stride or a dilation.
        bounds = [max(int(s), int(d)) - 1 for s, d in zip(strides, dilations, strict=True)]
        attributes["output_padding"] = [data.draw(st.integers(0, bound)) for bound in bounds]
    features, outputs = groups * data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    x = integers((2, features, *shape), seed=1)
    w = integers((features, outputs, *kernel), seed=2)
    inputs = [x, w, integers((outputs * groups,), seed=3)] if bias else [x, w]
    model = single("ConvTranspose", inputs, opset=opset, group=groups, **attributes)
    try:
        wanted = onnxruntime_run(model, *inputs)
    except Exception:
        assume(False)
        raise
    assert_close(run(model, *inputs), wanted)


@pytest.mark.parametrize(("size", "extra"), [(9, 0), (10, 1), (8, 0)])
def test_conv_transpose_output_shape(size: int, extra: int):
    x, w = integers((1, 1, 4, 4), seed=1), integers((1, 1, 3, 3), seed=2)
    options = {"output_padding": [extra, extra]} if extra else {}
    model = single("ConvTranspose", [x, w], opset=11, strides=[2, 2], output_shape=[size, size], **options)
    assert_close(run(model, x, w), onnxruntime_run(model, x, w))


@given(
    st.data(),
    windows(),
    st.booleans(),
    st.sampled_from(POOL),
    st.sampled_from([np.float32, np.float64, np.int8, np.uint8]),
)
def test_max_pool(data: st.DataObject, attributes: dict, ceil: bool, opset: int, dtype: type):
    if opset < 10:
        attributes.pop("dilations", None)
    if "auto_pad" in attributes:
        attributes.pop("dilations", None)
    elif opset >= 10 and ceil:
        attributes["ceil_mode"] = 1
    if opset < 12 and dtype in (np.int8, np.uint8):
        dtype = np.float32
    x = integers((1, 2, *sizes(data.draw, attributes)), dtype, low=0 if dtype is np.uint8 else -8)
    model = single("MaxPool", [x], opset=opset, **attributes)
    assert_close(run(model, x), onnxruntime_run(model, x))


@given(st.data(), windows(), st.booleans(), st.booleans(), st.sampled_from((7, 10, 11, 19)))
def test_average_pool(data: st.DataObject, attributes: dict, ceil: bool, padding: bool, opset: int):
    if opset < 19 or "auto_pad" in attributes:
        attributes.pop("dilations", None)
    if "auto_pad" not in attributes and opset >= 19 and ceil:
        attributes["ceil_mode"] = 1
    x = integers((1, 2, *sizes(data.draw, attributes)))
    model = single("AveragePool", [x], opset=opset, count_include_pad=int(padding), **attributes)
    assert_close(run(model, x), onnxruntime_run(model, x), ulps=1)


@pytest.mark.parametrize("include", [0, 1])
def test_average_pool_does_not_count_what_ceil_mode_adds(include: int):
    """The second window of [1, 2, 3, 4, pad] has 3, 4 and the padding."""
    x = np.float32([[[1, 2, 3, 4]]])
    model = single(
        "AveragePool", [x], opset=19, kernel_shape=[3], strides=[2], ceil_mode=1, count_include_pad=include, pads=[0, 1]
    )
    found = run(model, x)[0]
    assert_close([found], reference_run(model, x), ulps=1)
    np.testing.assert_array_equal(found, [[[2, np.float32(7 / (3 if include else 2))]]])


@given(st.data(), windows(dilated=False), st.sampled_from([1, 2, 3]), st.sampled_from((7, 11, 18)))
def test_lp_pool(data: st.DataObject, attributes: dict, p: int, opset: int):
    x = integers((1, 2, *sizes(data.draw, attributes)))
    model = single("LpPool", [x], opset=opset, p=p, **attributes)
    # Powers, a root and the sum of up to 27 of them: each is rounded.
    assert_close(run(model, x), onnxruntime_run(model, x), ulps=32)


@pytest.mark.parametrize("operator", ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"])
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=10)
def test_global_pools(operator: str, shape: list[int]):
    x = integers((2, 3, *shape))
    model = single(operator, [x], opset=7)
    assert_close(run(model, x), onnxruntime_run(model, x), ulps=4)


def test_half_precision_means_do_not_overflow():
    """The sum of 100 times 1000 is beyond f16, their mean is not."""
    x = np.full((1, 1, 10, 10), 1000, np.float16)
    for model in (
        single("GlobalAveragePool", [x], opset=7),
        single("AveragePool", [x], opset=11, kernel_shape=[10, 10]),
        single("ReduceMean", [x], opset=13),
    ):
        np.testing.assert_array_equal(run(model, *variables([x]))[0].reshape(-1), [1000])


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 2), (2, 3), (1, 3)])
def test_conv_transpose_with_gaps(mode: str, kernel: int, stride: int):
    x, w = integers((1, 1, 3), seed=1), integers((1, 1, kernel), seed=2)
    model = single("ConvTranspose", [x, w], opset=11, strides=[stride], auto_pad=mode)
    assert_close(run(model, x, w), onnxruntime_run(model, x, w))
