"""Dot products, convolutions, Fourier transforms and linear systems."""

from __future__ import annotations

from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import Transposition
from couloir.frontends.jax.calling.meanings import Run, means, sizes
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import TensorType, dtype_of


def _options(op: Any) -> dict[str, Any]:
    lax, type = jax_library().lax, op.result.type
    precision = op.precision_config
    return {
        "precision": None if precision is None else tuple(lax.Precision[item.value] for item in precision),
        "preferred_element_type": dtype_of(type.element_type),
    }


@means("dot_general")
def dot_general(run: Run, op: hlo.DotGeneral, lhs: Any, rhs: Any) -> Any:
    """Sums of products."""
    dims = op.dot_dimension_numbers
    contracting = dims.lhs_contracting_dimensions, dims.rhs_contracting_dimensions
    batching = dims.lhs_batching_dimensions, dims.rhs_batching_dimensions
    return jax_library().lax.dot_general(lhs, rhs, (contracting, batching), **_options(op))


@means("dot")
def dot(run: Run, op: hlo.Dot, lhs: Any, rhs: Any) -> Any:
    """A product of matrices and vectors."""
    return jax_library().lax.dot(lhs, rhs, **_options(op))


@means("einsum", "unary_einsum")
def einsum(run: Run, op: Any, *operands: Any) -> Any:
    """A sum of products by letters."""
    return jax_library().numpy.einsum(op.einsum_config, *operands).astype(dtype_of(op.result.type.element_type))


@means("chlo.ragged_dot")
def ragged_dot(run: Run, op: Any, lhs: Any, rhs: Any, groups: Any) -> Any:
    """Sums of products of groups of rows."""
    lax, dims = jax_library().lax, op.ragged_dot_dimension_numbers
    contracting = dims.lhs_contracting_dimensions, dims.rhs_contracting_dimensions
    batching = dims.lhs_batching_dimensions, dims.rhs_batching_dimensions
    numbers = lax.RaggedDotDimensionNumbers(
        (contracting, batching), dims.lhs_ragged_dimensions, dims.rhs_group_dimensions
    )
    return lax.ragged_dot_general(lhs, rhs, groups, numbers, **_options(op))


@means("convolution", "dynamic_conv")
def convolution(run: Run, op: Any, lhs: Any, rhs: Any, *padding: Any) -> Any:
    """A convolution."""
    lax, dims = jax_library().lax, op.dimension_numbers
    count = len(dims.input_spatial_dimensions)
    ones = (1,) * count
    if padding:
        pairs: Any = np.reshape(sizes(padding[0], op), (count, 2)).tolist()
    else:
        pairs = op.padding or ((0, 0),) * count
    if op.window_reversal is not None:
        turned = [axis for axis, flag in zip(dims.kernel_spatial_dimensions, op.window_reversal, strict=True) if flag]
        rhs = lax.rev(rhs, turned)
    numbers = lax.ConvDimensionNumbers(
        (dims.input_batch_dimension, dims.input_feature_dimension, *dims.input_spatial_dimensions),
        (dims.kernel_output_feature_dimension, dims.kernel_input_feature_dimension, *dims.kernel_spatial_dimensions),
        (dims.output_batch_dimension, dims.output_feature_dimension, *dims.output_spatial_dimensions),
    )
    return lax.conv_general_dilated(
        lhs,
        rhs,
        op.window_strides or ones,
        [tuple(pair) for pair in pairs],
        lhs_dilation=op.lhs_dilation or ones,
        rhs_dilation=op.rhs_dilation or ones,
        dimension_numbers=numbers,
        feature_group_count=op.feature_group_count,
        batch_group_count=op.batch_group_count,
        **_options(op),
    )


@means("fft")
def fft(run: Run, op: hlo.Fft, x: Any) -> Any:
    """A Fourier transform."""
    return jax_library().lax.fft(x, op.fft_type.value, op.fft_length)


@means("cholesky")
def cholesky(run: Run, op: hlo.Cholesky, a: Any) -> Any:
    """A triangular factor, made of the triangle of the operand that has its name."""
    jax = jax_library()
    if op.lower:
        return jax.lax.linalg.cholesky(a, symmetrize_input=False)
    adjoint = jax.numpy.conj(jax.numpy.swapaxes(a, -1, -2))
    return jax.numpy.conj(jax.numpy.swapaxes(jax.lax.linalg.cholesky(adjoint, symmetrize_input=False), -1, -2))


@means("triangular_solve")
def triangular_solve(run: Run, op: hlo.TriangularSolve, a: Any, b: Any) -> Any:
    """Solves triangular systems."""
    way = op.transpose_a
    return jax_library().lax.linalg.triangular_solve(
        a,
        b,
        left_side=op.left_side,
        lower=op.lower,
        transpose_a=way is not Transposition.NO_TRANSPOSE,
        conjugate_a=way is Transposition.ADJOINT and np.issubdtype(a.dtype, np.complexfloating),
        unit_diagonal=op.unit_diagonal,
    )


@means("batch_norm_inference")
def batch_norm_inference(
    run: Run, op: hlo.BatchNormInference, x: Any, scale: Any, offset: Any, mean: Any, variance: Any
) -> Any:
    """Normalizes each feature."""
    return _normalized(op, x, scale, offset, mean, variance)


@means("batch_norm_training")
def batch_norm_training(run: Run, op: hlo.BatchNormTraining, x: Any, scale: Any, offset: Any) -> Any:
    """Normalizes each feature by the mean and variance of the batch."""
    axes = tuple(axis for axis in range(len(x.shape)) if axis != op.feature_index)
    mean, variance = x.mean(axes), x.var(axes)
    return [_normalized(op, x, scale, offset, mean, variance), mean, variance]


@means("batch_norm_grad")
def batch_norm_grad(
    run: Run, op: hlo.BatchNormGrad, x: Any, scale: Any, mean: Any, variance: Any, gradient: Any
) -> Any:
    """The gradients of `batch_norm_training`, whose mean and variance are given."""
    jnp = jax_library().numpy
    axes = tuple(axis for axis in range(len(x.shape)) if axis != op.feature_index)
    shape = [x.shape[axis] if axis == op.feature_index else 1 for axis in range(len(x.shape))]
    count = np.prod([x.shape[axis] for axis in axes])
    centered = x - jnp.reshape(mean, shape)
    deviation = jnp.sqrt(jnp.reshape(variance, shape) + np.asarray(op.epsilon, x.dtype))
    total, weighted = gradient.sum(axes, keepdims=True), (gradient * centered).sum(axes, keepdims=True)
    inner = (gradient * count - total - centered * weighted / (deviation * deviation)) / np.asarray(count, x.dtype)
    made = jnp.reshape(scale, shape) / deviation * inner
    return [made.astype(x.dtype), (gradient * centered / deviation).sum(axes), gradient.sum(axes)]


def _normalized(op: Any, x: Any, *features: Any) -> Any:
    jnp = jax_library().numpy
    shape = [x.shape[axis] if axis == op.feature_index else 1 for axis in range(len(x.shape))]
    scale, offset, mean, variance = (jnp.reshape(feature, shape) for feature in features)
    return (x - mean) / jnp.sqrt(variance + np.asarray(op.epsilon, x.dtype)) * scale + offset


@means("rng_bit_generator")
def rng_bit_generator(run: Run, op: hlo.RngBitGenerator, state: Any) -> Any:
    """Random bits and a new state."""
    lax, type = jax_library().lax, op.output.type
    assert isinstance(type, TensorType), "the verifier says so"
    algorithm = getattr(lax.RandomAlgorithm, f"RNG_{op.rng_algorithm.value}")
    return lax.rng_bit_generator(state, type.shape, dtype_of(type.element_type), algorithm)
