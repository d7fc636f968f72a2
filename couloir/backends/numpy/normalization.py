"""Batch normalization."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
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
