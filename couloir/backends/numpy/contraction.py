"""Sums of products: `dot_general` and `convolution`, both by matrix multiplication in the domain."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, DType
from couloir.backends.numpy.structural import check_dimensions, check_positive, check_sizes, pad, reverse, transpose
from couloir.backends.numpy.windows import dilated, window_count
from couloir.ir.errors import Error

#: Patches are unfolded in blocks of at most this many bytes (but at least one row of the result), to bound memory.
_PATCH_BYTES: Final = 32 << 20


def dot_general(
    xp: ArrayNamespace,
    lhs: Array,
    rhs: Array,
    *,
    lhs_batching_dimensions: Sequence[int] = (),
    rhs_batching_dimensions: Sequence[int] = (),
    lhs_contracting_dimensions: Sequence[int],
    rhs_contracting_dimensions: Sequence[int],
    dtype: DType | None = None,
) -> Array:
    """Sums of products over the contracting dimensions, for each index of the batching ones. StableHLO `dot_general`.

    Args:
        xp: The domain.
        lhs: The left operand.
        rhs: The right operand.
        lhs_batching_dimensions: Dimensions of `lhs` that run together with those of `rhs`.
        rhs_batching_dimensions: Their partners.
        lhs_contracting_dimensions: Dimensions of `lhs` that are summed over together with those of `rhs`.
        rhs_contracting_dimensions: Their partners.
        dtype: The element type of the result, to which operands are converted first; by default that of the operands.

    Returns:
        [batching..., other dimensions of lhs..., other dimensions of rhs...].
    """
    for name, operand, dimensions in (
        ("lhs", lhs, [*lhs_batching_dimensions, *lhs_contracting_dimensions]),
        ("rhs", rhs, [*rhs_batching_dimensions, *rhs_contracting_dimensions]),
    ):
        check_dimensions("dot_general", f"dimensions of the {name}", dimensions, operand.ndim)
    _check_sizes_agree("batching", lhs, rhs, lhs_batching_dimensions, rhs_batching_dimensions)
    _check_sizes_agree("contracting", lhs, rhs, lhs_contracting_dimensions, rhs_contracting_dimensions)
    if dtype is not None:
        lhs, rhs = xp.convert(lhs, xp.carrier(dtype)), xp.convert(rhs, xp.carrier(dtype))
    lhs, rhs = xp.alike(lhs, rhs)
    if lhs.dtype != rhs.dtype:
        raise Error(f"`dot_general` of {lhs.dtype} and {rhs.dtype} needs the element type of the result")
    lhs_free = _others(lhs, lhs_batching_dimensions, lhs_contracting_dimensions)
    rhs_free = _others(rhs, rhs_batching_dimensions, rhs_contracting_dimensions)
    batch = [lhs.shape[d] for d in lhs_batching_dimensions]
    rows = [lhs.shape[d] for d in lhs_free]
    columns = [rhs.shape[d] for d in rhs_free]
    depth = math.prod(lhs.shape[d] for d in lhs_contracting_dimensions)
    left = lhs.transpose([*lhs_batching_dimensions, *lhs_free, *lhs_contracting_dimensions])
    right = rhs.transpose([*rhs_batching_dimensions, *rhs_contracting_dimensions, *rhs_free])
    product = xp.matmul(
        left.reshape([*batch, math.prod(rows), depth]), right.reshape([*batch, depth, math.prod(columns)])
    )
    return product.reshape(batch + rows + columns)


def _check_sizes_agree(what: str, lhs: Array, rhs: Array, lhs_dims: Sequence[int], rhs_dims: Sequence[int]) -> None:
    left, right = [lhs.shape[d] for d in lhs_dims], [rhs.shape[d] for d in rhs_dims]
    if left != right:
        raise Error(f"the {what} dimensions of `dot_general` have sizes {left} on the left, but {right} on the right")


def _others(operand: Array, batching: Sequence[int], contracting: Sequence[int]) -> list[int]:
    return [d for d in range(operand.ndim) if d not in batching and d not in contracting]


def convolution(
    xp: ArrayNamespace,
    lhs: Array,
    rhs: Array,
    *,
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    window_reversal: Sequence[bool],
    input_batch_dimension: int,
    input_feature_dimension: int,
    input_spatial_dimensions: Sequence[int],
    kernel_input_feature_dimension: int,
    kernel_output_feature_dimension: int,
    kernel_spatial_dimensions: Sequence[int],
    output_batch_dimension: int,
    output_feature_dimension: int,
    output_spatial_dimensions: Sequence[int],
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    dtype: DType | None = None,
) -> Array:
    """Dot products of windows of `lhs` with the filters `rhs`. StableHLO `convolution`, with its parameters.

    Windows are unfolded to columns (im2col), a bounded number at a time, and multiplied by the matrix of filters.

    Args:
        xp: The domain.
        lhs: The input; its dimensions are named by `input_*`.
        rhs: The filters; their dimensions are named by `kernel_*`.
        window_strides: How far windows lie apart, for each spatial dimension.
        padding: Zeros before and after, for each spatial dimension; negative ones cut off.
        lhs_dilation: How far elements of the input are spread.
        rhs_dilation: How far elements of a window lie apart.
        window_reversal: Which spatial dimensions of the windows are turned round.
        input_batch_dimension: The batch of `lhs`.
        input_feature_dimension: The features of `lhs`.
        input_spatial_dimensions: The spatial dimensions of `lhs`.
        kernel_input_feature_dimension: The features of `rhs` that are summed over.
        kernel_output_feature_dimension: The filters of `rhs`.
        kernel_spatial_dimensions: The spatial dimensions of `rhs`.
        output_batch_dimension: Where the batch of the result goes.
        output_feature_dimension: Where the features of the result go.
        output_spatial_dimensions: Where the spatial dimensions of the result go.
        feature_group_count: Into how many parts features and filters are split, each part convolved alone.
        batch_group_count: Into how many parts batch and filters are split, each part convolved alone.
        dtype: The element type of the result, to which operands are converted first; by default that of the operands.
    """
    if dtype is not None:
        lhs, rhs = xp.convert(lhs, xp.carrier(dtype)), xp.convert(rhs, xp.carrier(dtype))
    lhs, rhs = xp.alike(lhs, rhs)
    images = transpose(xp, lhs, permutation=[input_batch_dimension, input_feature_dimension, *input_spatial_dimensions])
    filters = transpose(
        xp,
        rhs,
        permutation=[kernel_output_feature_dimension, kernel_input_feature_dimension, *kernel_spatial_dimensions],
    )
    spatial = images.ndim - 2
    _check_convolution(images, filters, feature_group_count, batch_group_count)
    steps = {"window_strides": window_strides, "lhs_dilation": lhs_dilation, "rhs_dilation": rhs_dilation}
    check_sizes("convolution", spatial, **steps, padding=padding, window_reversal=window_reversal)
    check_positive("convolution", **steps)
    filters = reverse(xp, filters, dimensions=[2 + axis for axis in range(spatial) if window_reversal[axis]])
    images = _padded(xp, images, padding, lhs_dilation)
    grouped_images, grouped_filters = _grouped(images, filters, feature_group_count, batch_group_count)
    result = _convolve(xp, grouped_images, grouped_filters, window_strides, rhs_dilation)
    groups, batch, features, *sizes = result.shape
    merged = np.moveaxis(result, 0, 1).reshape([batch, groups * features, *sizes])
    places = [output_batch_dimension, output_feature_dimension, *output_spatial_dimensions]
    check_sizes("convolution", merged.ndim, output_dimensions=places)
    check_dimensions("convolution", "output dimensions", places, merged.ndim)
    return np.moveaxis(merged, range(merged.ndim), places)


def _padded(xp: ArrayNamespace, images: Array, padding: Sequence[tuple[int, int]], dilations: Sequence[int]) -> Array:
    """[batch, feature, spatial...] spread and padded with zeros; empty where padding cuts off more than all."""
    left = [
        low + dilated(size, dilation) + high
        for size, (low, high), dilation in zip(images.shape[2:], padding, dilations, strict=True)
    ]
    if any(size < 0 for size in left):
        return np.zeros([*images.shape[:2], *(max(size, 0) for size in left)], images.dtype)
    return pad(
        xp,
        images,
        np.zeros((), images.dtype),
        edge_padding_low=[0, 0, *(low for low, _ in padding)],
        edge_padding_high=[0, 0, *(high for _, high in padding)],
        interior_padding=[0, 0, *(dilation - 1 for dilation in dilations)],
    )


def _check_convolution(images: Array, filters: Array, feature_groups: int, batch_groups: int) -> None:
    """The constraints C1, C10, C11, C14 to C16, C21 to C23 and C27 of the specification."""
    batch, features = images.shape[:2]
    if images.ndim != filters.ndim or images.dtype != filters.dtype:
        raise Error(
            "`convolution` takes input and filters of one rank and element type, "
            f"not rank {images.ndim} of {images.dtype} and rank {filters.ndim} of {filters.dtype}"
        )
    check_positive("convolution", feature_group_count=[feature_groups], batch_group_count=[batch_groups])
    if min(feature_groups, batch_groups) > 1:
        raise Error(
            f"`convolution` has {feature_groups} feature groups and {batch_groups} batch groups; one of them is 1"
        )
    if filters.shape[0] % (feature_groups * batch_groups) or batch % batch_groups:
        raise Error(
            f"`convolution` cannot split {filters.shape[0]} filters and a batch of {batch} into "
            f"{feature_groups * batch_groups} groups"
        )
    if filters.shape[1] * feature_groups != features:
        raise Error(
            f"the filters of `convolution` take {filters.shape[1]} features a group, but the input has {features} "
            f"in {feature_groups} groups"
        )


def _grouped(images: Array, filters: Array, feature_groups: int, batch_groups: int) -> tuple[Array, Array]:
    """[group, batch, feature, spatial...] and [group, filter, feature, spatial...]."""
    batch, features, *sizes = images.shape
    if batch_groups > 1:
        images = images.reshape([batch_groups, batch // batch_groups, features, *sizes])
    else:
        split = images.reshape([batch, feature_groups, features // feature_groups, *sizes])
        images = np.moveaxis(split, 1, 0)
    groups = images.shape[0]
    return images, filters.reshape([groups, filters.shape[0] // groups, *filters.shape[1:]])


def _convolve(
    xp: ArrayNamespace, images: Array, filters: Array, strides: Sequence[int], dilations: Sequence[int]
) -> Array:
    """[group, batch, filter, spatial...] from padded, grouped operands."""
    if images.ndim == 3:  # no spatial dimension: as one of size 1
        return _convolve(xp, images[..., np.newaxis], filters[..., np.newaxis], [1], [1])[..., 0]
    groups, batch, features, *extents = images.shape
    kernel = filters.shape[3:]
    sizes = [
        window_count(extent, dilated(size, dilation), stride)
        for extent, size, dilation, stride in zip(extents, kernel, dilations, strides, strict=True)
    ]
    result = np.zeros([groups, batch, filters.shape[1], *sizes], images.dtype)
    if 0 in result.shape or 0 in filters.shape:
        return result
    matrix = filters.reshape([groups, 1, filters.shape[1], features * math.prod(kernel)])
    step = images.strides[3:]
    windows = as_strided(
        images,
        [groups, batch, features, *kernel, *sizes],
        [
            *images.strides[:3],
            *(stride * dilation for stride, dilation in zip(step, dilations, strict=True)),
            *(stride * window_stride for stride, window_stride in zip(step, strides, strict=True)),
        ],
        writeable=False,
    )
    first_row = 3 + len(kernel)
    for some, rows in _blocks(windows, first_row):
        block = windows[(builtins.slice(None), some, *[builtins.slice(None)] * (first_row - 2), rows)]
        columns = block.reshape([groups, block.shape[1], matrix.shape[-1], math.prod(block.shape[first_row:])])
        product = xp.matmul(matrix, columns)
        result[:, some, :, rows] = product.reshape([*product.shape[:3], *block.shape[first_row:]])
    return result


def _blocks(windows: Array, first_row: int) -> Iterator[tuple[builtins.slice, builtins.slice]]:
    """Parts of the batch and of the result's first spatial dimension whose patches stay within the limit."""
    batch, rows = windows.shape[1], windows.shape[first_row]
    image_bytes = windows.nbytes // batch
    images_at_once = max(1, min(batch, _PATCH_BYTES // image_bytes))
    rows_at_once = max(1, min(rows, _PATCH_BYTES * rows // image_bytes))
    for image in range(0, batch, images_at_once):
        for row in range(0, rows, rows_at_once):
            yield builtins.slice(image, image + images_at_once), builtins.slice(row, row + rows_at_once)
