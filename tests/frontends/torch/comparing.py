"""How tests compare a model with PyTorch: many functions in one export, which takes a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import torch
from torch import nn

import couloir
from tests.frontends.tolerances import tolerance

Case = tuple[str, Callable[..., Any], tuple[Any, ...]]
"""Its name, a function of tensors, and the tensors."""


def array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor as an array."""
    if tensor.dtype is torch.bfloat16:
        return tensor.detach().contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.detach().resolve_conj().numpy()


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors of a result."""
    return [item for item in torch.utils._pytree.tree_leaves(value) if isinstance(item, torch.Tensor)]


class Functions(nn.Module):
    """All cases at once: takes the tensors of all, gives the results of all."""

    def __init__(self, cases: Sequence[Case]) -> None:
        super().__init__()
        self.cases = cases

    def forward(self, *tensors: torch.Tensor) -> list[Any]:
        found, position = [], 0
        for _, function, inputs in self.cases:
            found.append(flat(function(*tensors[position : position + len(inputs)])))
            position += len(inputs)
        return found


def same(found: np.ndarray, expected: np.ndarray, terms: int) -> str:
    """What differs, or nothing."""
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return f"{found.dtype}{list(found.shape)} instead of {expected.dtype}{list(expected.shape)}"
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64 if expected.dtype.kind not in "iub" else None
    a, b = (found, expected) if wide is None else (found.astype(wide), expected.astype(wide))
    if np.allclose(a, b, rtol=0, atol=tolerance(expected, terms), equal_nan=wide is not None):
        return ""
    return f"differs by {np.abs(a - b).max()} (allowed: {tolerance(expected, terms)}):\n{found}\n{expected}"


def check(cases: Sequence[Case], *, terms: int = 16) -> couloir.Module:
    """Every case computes with NumPy what it computes with PyTorch. Returns the module, for further checks."""
    model = Functions(cases)
    inputs = tuple(tensor for _, _, tensors in cases for tensor in tensors)
    module = couloir.from_torch(model.eval(), inputs)
    with np.errstate(all="ignore"):
        found = list(couloir.run(module, *map(array, inputs)))
    faults = []
    for (name, *_), results in zip(cases, model(*inputs), strict=True):
        for number, expected in enumerate(results):
            fault = same(found.pop(0), array(expected), terms)
            if fault:
                faults.append(f"{name}, result {number}: {fault}")
    assert not faults, "\n".join(faults)
    assert not found
    return module


def check_model(model: nn.Module, *inputs: Any, terms: int, **options: Any) -> couloir.Module:
    """A model computes with NumPy what it computes with PyTorch."""
    module = couloir.from_torch(model.eval(), inputs, **options)
    with torch.no_grad():
        expected = flat(model(*inputs))
    found = couloir.run(module, *(array(tensor) for tensor in flat(inputs)))
    assert len(found) >= len(expected)
    for mine, theirs in zip(found, expected, strict=False):
        assert not same(mine, array(theirs), terms)
    return module
