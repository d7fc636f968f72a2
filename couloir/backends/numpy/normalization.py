"""Batch normalization."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.windows import reduce
from couloir.ir.errors import Error


def batch_norm_inference(
    xp: ArrayNamespace,
    operand: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float,
    feature_index: int,
) -> Array:
    """`scale * (operand - mean) / sqrt(variance + epsilon) + offset` by feature. StableHLO `batch_norm_inference`.

    Args:
        xp: The domain.
        operand: Floats of any shape.
        scale: Shape [features], as the three that follow.
        offset: What is added at the end.
        mean: What is subtracted first.
        variance: Of which the root divides.
        epsilon: An f32, added to the variance.
        feature_index: The dimension of `operand` that the features lie along.
    """
    if not 0 <= feature_index < operand.ndim:
        raise Error(f"the feature index of `batch_norm_inference` is from 0 to {operand.ndim - 1}, not {feature_index}")
    features = (operand.shape[feature_index],)
    for name, parameter in {"scale": scale, "offset": offset, "mean": mean, "variance": variance}.items():
        if parameter.shape != features or parameter.dtype != operand.dtype:
            raise Error(
                f"`{name}` of `batch_norm_inference` is {operand.dtype}{list(features)}, "
                f"not {parameter.dtype}{list(parameter.shape)}"
            )
    sizes = [size if axis == feature_index else 1 for axis, size in enumerate(operand.shape)]
    tiny = xp.convert(xp.array(np.asarray(epsilon, dtype=np.float32)), operand.dtype)
    deviation = xp.apply("sqrt", xp.apply("add", variance, tiny))
    centered = xp.apply("subtract", operand, mean.reshape(sizes))
    normalized = xp.apply("divide", centered, deviation.reshape(sizes))
    return xp.apply("add", xp.apply("multiply", scale.reshape(sizes), normalized), offset.reshape(sizes))


def _by_feature(operand: Array, parameter: Array, feature_index: int) -> Array:
    """A parameter of shape [features] in the shape of the operand."""
    sizes = [size if axis == feature_index else 1 for axis, size in enumerate(operand.shape)]
    return np.broadcast_to(parameter.reshape(sizes), operand.shape)


def _sum_by_feature(xp: ArrayNamespace, operand: Array, feature_index: int) -> Array:
    zero = xp.convert(np.zeros((), np.int32), operand.dtype)
    others = [axis for axis in range(operand.ndim) if axis != feature_index]
    return reduce(xp, operand, zero, dimensions=others, monoid="add")


def _scalar(xp: ArrayNamespace, value: float, like: Array) -> Array:
    return xp.convert(xp.array(np.asarray(value, dtype=np.float32)), like.dtype)


def batch_norm_training(
    xp: ArrayNamespace, operand: Array, scale: Array, offset: Array, *, epsilon: float, feature_index: int
) -> tuple[Array, Array, Array]:
    """Normalises by the mean and the (biased) variance of the operand itself. StableHLO `batch_norm_training`.

    Parameters are those of `batch_norm_inference`.

    Returns:
        What `batch_norm_inference` gives, the mean and the variance.
    """
    count = _scalar(xp, operand.size // operand.shape[feature_index] if operand.size else 0, operand)
    mean = xp.apply("divide", _sum_by_feature(xp, operand, feature_index), count)
    centered = xp.apply("subtract", operand, _by_feature(operand, mean, feature_index))
    squares = xp.apply("multiply", centered, centered)
    variance = xp.apply("divide", _sum_by_feature(xp, squares, feature_index), count)
    result = batch_norm_inference(
        xp, operand, scale, offset, mean, variance, epsilon=epsilon, feature_index=feature_index
    )
    return result, mean, variance


def batch_norm_grad(
    xp: ArrayNamespace,
    operand: Array,
    scale: Array,
    mean: Array,
    variance: Array,
    grad_output: Array,
    *,
    epsilon: float,
    feature_index: int,
) -> tuple[Array, Array, Array]:
    """The gradients of `batch_norm_training` by operand, scale and offset. StableHLO `batch_norm_grad`.

    Parameters are those of `batch_norm_inference`; `grad_output` has the shape of the operand.
    """

    def spread(parameter: Array) -> Array:
        return _by_feature(operand, parameter, feature_index)

    def total(values: Array) -> Array:
        return _sum_by_feature(xp, values, feature_index)

    count = _scalar(xp, operand.size // operand.shape[feature_index] if operand.size else 0, operand)
    stable = xp.apply("add", variance, _scalar(xp, epsilon, operand))
    deviation = xp.apply("sqrt", stable)
    centered = xp.apply("subtract", operand, spread(mean))
    normalized = xp.apply("divide", centered, spread(deviation))
    along_mean = xp.apply("subtract", xp.apply("multiply", grad_output, count), spread(total(grad_output)))
    product = spread(total(xp.apply("multiply", grad_output, centered)))
    along_variance = xp.apply("divide", xp.apply("multiply", product, centered), spread(stable))
    factor = xp.apply("divide", xp.apply("divide", scale, deviation), count)
    grad_operand = xp.apply("multiply", spread(factor), xp.apply("subtract", along_mean, along_variance))
    return grad_operand, total(xp.apply("multiply", grad_output, normalized)), total(grad_output)
