"""What ATen's operators are in StableHLO: one file for each family. Source: the operators' schemas and documentation.

Importing this package registers all lowerings. Operators outside core ATen are here where their decomposition would
hide what they are; all others are decomposed by PyTorch first.
"""

from __future__ import annotations

from couloir.frontends.torch.aten import (
    convolution,
    creation,
    elementwise,
    indexing,
    linear,
    normalization,
    ordering,
    pooling,
    recurrent,
    reduction,
    shape,
    signals,
)

__all__ = [
    "convolution",
    "creation",
    "elementwise",
    "indexing",
    "linear",
    "normalization",
    "ordering",
    "pooling",
    "recurrent",
    "reduction",
    "shape",
    "signals",
]
