"""Sampling between elements, transforms, sums of products and pools with positions, against onnxruntime and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from tests.passes.onnx_models import assert_close, integers, lower, onnxruntime_run, reference_run, run, single

EPS = float(np.finfo(np.float32).eps)


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@given(
    st.tuples(st.integers(1, 4), st.integers(2, 5)),
    st.sampled_from(["bilinear", "nearest", "bicubic"]),
    st.sampled_from(["zeros", "border", "reflection"]),
    st.booleans(),
)
def test_grid_sample(size, mode: str, padding: str, corners: bool):
    """Positions inside and far outside. Weights have errors of a few units of the position, which is at most 30 or so."""
    x = random(2, 3, *size)
    grid = np.random.default_rng(1).uniform(-3, 3, (2, 4, 5, 2)).astype(np.float32)
    options = {"mode": mode, "padding_mode": padding, "align_corners": int(corners)}
    model = single("GridSample", [x, grid], opset=16, **options)
    wanted = onnxruntime_run(model, x, grid)
    assert_close(run(model, x, grid), wanted, atol=512 * EPS)


@pytest.mark.parametrize("corners", [0, 1])
@pytest.mark.parametrize("size", [(1, 2, 3, 4), (2, 1, 5, 2), (1, 1, 2, 3, 4)])
def test_affine_grid(size: tuple[int, ...], corners: int):
    rank = len(size) - 2
    matrices, sizes = random(size[0], rank, rank + 1), np.asarray(size)
    model = single("AffineGrid", [matrices, sizes], opset=20, constants=[1], align_corners=corners)
    wanted = reference_run(model, matrices)
    assert_close(run(model, matrices), wanted, atol=16 * EPS)
    with pytest.raises(couloir.Error, match="the matrices are `tensor<7x"):
        lower(single("AffineGrid", [random(7, rank, rank + 1), sizes], opset=20, constants=[1]))


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_the_oldest_grid_sample_in_numpy(mode: str):
    x, grid = random(1, 2, 3, 4), np.random.default_rng(1).uniform(-1, 1, (1, 2, 3, 2)).astype(np.float32)
    model = single("GridSample", [x, grid], opset=16, mode=mode)
    assert_close(couloir.run(model, x, grid), onnxruntime_run(model, x, grid), atol=64 * EPS)


@pytest.mark.parametrize("opset", [10, 16])
@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("ratio", [1, 3])
def test_regions(opset: int, mode: str, ratio: int):
    x = random(2, 3, 9, 7)
    rois = np.asarray([[0, 0, 6, 8], [1.5, 2.5, 4, 3], [5, 1, 5.2, 1.1], [-3, -2, 12, 14]], np.float32)
    batches = np.asarray([0, 1, 1, 0])
    options = {"output_height": 3, "output_width": 2, "sampling_ratio": ratio, "spatial_scale": 0.75, "mode": mode}
    model = single("RoiAlign", [x, rois, batches], opset=opset, **options)
    assert_close(run(model, x, rois, batches), onnxruntime_run(model, x, rois, batches), atol=64 * EPS)


def test_regions_with_samples_by_their_size_are_reported():
    x, rois, batches = random(1, 1, 4, 4), np.zeros((1, 4), np.float32), np.zeros(1, np.int64)
    with pytest.raises(couloir.Error, match="the number of samples depends on the regions"):
        lower(single("RoiAlign", [x, rois, batches], opset=16))


# -- transforms --------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 12), st.booleans(), st.booleans(), st.sampled_from([1, 2]))
def test_transforms(size: int, length: int, inverse: bool, onesided: bool, parts: int):
    """Against `numpy.fft`. A sum of n terms is within n units of the largest."""
    if onesided:
        parts = 2 if inverse else 1
    x = random(3, size, parts)
    signal = x[..., 0] + (1j * x[..., 1] if parts == 2 else 0)
    transform = {(0, 0): np.fft.fft, (0, 1): np.fft.rfft, (1, 0): np.fft.ifft, (1, 1): np.fft.irfft}[inverse, onesided]
    if onesided and inverse and length < 2:
        length = 2
    wanted = transform(signal, length, axis=1)
    stacked = wanted[..., None] if inverse and onesided else np.stack([wanted.real, wanted.imag], -1)
    options = {"inverse": int(inverse), "onesided": int(onesided)}
    model = single("DFT", [x, np.asarray(length), np.asarray(1)], opset=20, constants=[1, 2], **options)
    assert_close(run(model, x), [stacked.astype(np.float32)], atol=16 * EPS * float(np.abs(x).sum()))


# -- sums of products --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba,ca", [(2, 3), (4, 3)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("...ij,...jk->...ik", [(2, 1, 3, 4), (1, 5, 4, 2)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("...ii->...i", [(2, 3, 3)]),
        ("ij->", [(2, 3)]),
        ("i,j,k->kji", [(2,), (3,), (4,)]),
        ("ij,ij->j", [(2, 3), (2, 3)]),
        ("ij,jk,kl->li", [(2, 3), (3, 4), (4, 5)]),
        ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 5, 4)]),
        ("i...->...", [(3, 2, 4)]),
        (",i->i", [(), (3,)]),
        ("ij,ik->ijk", [(2, 1), (2, 4)]),
    ],
)
def test_einsum(equation: str, shapes: list[tuple[int, ...]]):
    arrays = [integers(shape, seed=number) for number, shape in enumerate(shapes)]
    model = single("Einsum", arrays, opset=12, equation=equation)
    assert_close(run(model, *arrays), [np.asarray(np.einsum(equation, *arrays), np.float32)])


# -- determinants and pools --------------------------------------------------------------------------------------------------


@given(st.integers(1, 7), st.integers(0, 50))
def test_determinants(size: int, seed: int):
    """Hadamard's bound is what the error is relative to; elimination with pivots grows it little at these sizes."""
    x = np.random.default_rng(seed).integers(-2, 3, (2, size, size)).astype(np.float64)
    model = single("Det", [x], opset=11)
    bound = float(np.prod(np.sqrt((x**2).sum(-1)), -1).max())
    assert_close(run(model, x), [np.linalg.det(x)], atol=64 * float(np.finfo(np.float64).eps) * max(bound, 1))


@given(
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
)
def test_positions_of_largest_elements(size, kernel, stride: int, pads: bool, columns: bool):
    x = integers((2, 2, *size), low=-2, high=2)  # with many equal ones: the first counts
    border = [(k - 1) // 2 * pads for k in kernel]
    options = {"kernel_shape": kernel, "strides": [stride] * 2, "pads": border * 2, "storage_order": int(columns)}
    model = single("MaxPool", [x], opset=12, outputs=2, **options)
    assert_close(run(model, x), onnxruntime_run(model, x))


def test_offsets_of_a_deformable_convolution():
    x, w = random(1, 4, 5, 6), random(4, 2, 3, 2, seed=1)
    offset, mask = random(1, 2 * 2 * 6, 3, 5, seed=2), random(1, 2 * 6, 3, 5, seed=3)
    options = {"kernel_shape": [3, 2], "group": 2, "offset_group": 2}
    model = single("DeformConv", [x, w, offset, None, mask], opset=19, **options)
    assert_close(run(model, x, w, offset, mask), reference_run(model, x, w, offset, mask), atol=256 * EPS)
